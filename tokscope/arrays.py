"""Arrays: an archive of NumPy's, read without running what is in it; numbers, each once."""

from __future__ import annotations

import os
import zipfile
import zlib
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError

_RATIO = 200  # how much larger arrays are than their file at most,
_SMALL = 100_000_000  # where they have more bytes than this


def read_arrays(stream: BinaryIO, problem: str) -> dict[str, Any]:
    """Return the arrays of an archive by their names.

    Raises:
        TokscopeError: with this message, if it is none, or a damaged one, or one that would fill
            the memory.
    """
    try:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        with zipfile.ZipFile(stream) as packed:
            held = sum(entry.file_size for entry in packed.infolist())
        if held > max(_SMALL, _RATIO * size):
            raise ValueError("made to be unpacked for ever")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        if not all(isinstance(array, np.ndarray) for array in found.values()):
            raise ValueError("a file that is no array")
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError,
        RuntimeError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise TokscopeError(problem) from error
    return found


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return every number once, in order; none is negative.

    `np.unique` hashes, which takes ten times as long where there are millions.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]
