"""Which neighbouring characters tokens hold, whole or in part: no seam is between those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers.vocabulary import Vocabulary


def crossings(vocabulary: Vocabulary, more: Sequence[bytes] = ()) -> NDArray[np.uint64]:
    """Return the bytes of neighbouring characters inside tokens, or of what they hold of them.

    Sorted; those of the left one are in the upper half of a number.
    """
    added = np.frombuffer(b"".join(more), np.uint8)
    data = np.concatenate((vocabulary.blob, added))
    size = len(vocabulary.blob)
    ends = np.concatenate((vocabulary.ends, size + np.cumsum([*map(len, more)], dtype=np.int64)))
    begins = (data & 0xC0) != 0x80
    begins[ends[ends < len(data)]] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=len(data))
    packed = np.zeros(len(starts), np.uint64)
    padded = np.append(data, np.zeros(4, np.uint8))
    for k in range(4):
        more_bytes = lengths > k
        packed[more_bytes] <<= np.uint64(8)
        packed[more_bytes] |= padded[starts[more_bytes] + k]
    token = np.searchsorted(ends, starts, side="right")
    inside = token[1:] == token[:-1]
    return np.unique((packed[:-1][inside] << np.uint64(32)) | packed[1:][inside])


def _parts(left: str, right: str) -> list[int]:
    """Return what a token may hold of two neighbouring characters, packed as in `crossings`."""
    one, two = left.encode(), right.encode()
    ends = [int.from_bytes(one[i:], "big") for i in range(len(one))]
    return [
        end << 32 | int.from_bytes(two[:j], "big") for end in ends for j in range(1, len(two) + 1)
    ]


def are_free(both: Sequence[tuple[str, str]], crossed: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which pairs of characters no token crosses."""
    parts = [_parts(*pair) for pair in both]
    if not parts:
        return np.zeros(0, bool)
    ends = np.cumsum([*map(len, parts)])
    found = np.isin(np.array([part for some in parts for part in some], np.uint64), crossed)
    return ~np.logical_or.reduceat(found, np.append(0, ends[:-1]))
