"""Read archives of NumPy arrays without running code from them; sort numbers without repeats."""

from __future__ import annotations

import os
import zipfile
import zlib
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError

_MAX_RATIO = 200  # the largest allowed ratio of unpacked to packed size
_ALWAYS_ALLOWED = 100_000_000  # bytes; the ratio of smaller archives is not checked


def read_arrays(stream: BinaryIO, problem: str) -> dict[str, Any]:
    """Return the arrays of an archive by their names.

    Raises:
        TokscopeError: with the message `problem`, if the stream is not an archive of arrays, is
            damaged, or would fill the memory.
    """
    try:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        with zipfile.ZipFile(stream) as packed:
            held = sum(entry.file_size for entry in packed.infolist())
        if held > max(_ALWAYS_ALLOWED, _MAX_RATIO * size):
            raise ValueError("made to be unpacked for ever")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("a file that is not an array")
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError,
        RuntimeError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise TokscopeError(problem) from error
    return arrays


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct numbers in ascending order; no number may be negative.

    `np.unique` hashes, which takes ten times as long for millions of numbers.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]
