"""Where tokens end in text, from the spans of characters that a library reports for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
_BEYOND = 0x3001  # behind the last character that is white space
_IS_SPACE = np.array([*map(str.isspace, map(chr, range(_BEYOND + 1)))])


def borders(texts: Sequence[str], counts: Counts, spans: Counts, space: Flags) -> Counts:
    """Return where each token ends, in UTF-8 bytes of its text; ascending in every text, (T,).

    `counts` has the number of tokens of each text; `spans` has the first and the past-the-end
    character of each token, (T, 2); `space` tells which tokens are one space. Tokens whose spans
    overlap share a character: the cut between them is inside it.

    >>> spans = np.array([(0, 1), (1, 2), (1, 2)])
    >>> borders(["aé"], np.array([3]), spans, np.zeros(3, bool)).tolist()
    [1, 2, 3]
    """
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    before = np.repeat(np.cumsum(sizes) - sizes, counts)  # characters of the texts before
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    start, end = spans[:, 0] + before, spans[:, 1] + before
    stop = np.repeat(
        np.cumsum(sizes), counts
    )  # behind which a library that is led astray may point
    if space.any():
        end = np.where(space & _have_ink(codes, start, np.minimum(end, stop)), start, end)
    following = np.append(start[1:], 0)
    last = np.cumsum(counts)[counts > 0] - 1
    following[last] = stop[last]
    places = _places(codes, end, following, stop)
    byte = np.append(0, np.cumsum(1 + sum((codes >= least) for least in (0x80, 0x800, 0x10000))))
    return np.maximum.accumulate(byte[places] - (following < end)) - byte[before]


def _spaces(codes: NDArray[np.uint32]) -> Flags:
    return _IS_SPACE.take(np.minimum(codes, _BEYOND))


def _have_ink(codes: NDArray[np.uint32], starts: Counts, ends: Counts) -> Flags:
    """Tell which spans of characters hold more than white space."""
    ink = np.append(0, np.cumsum(~_spaces(codes)))
    return ink[ends] > ink[np.minimum(starts, len(codes))]


def _places(codes: NDArray[np.uint32], ends: Counts, following: Counts, stop: Counts) -> Counts:
    """Return where tokens end, from their own ends and the starts of the next ones.

    Text that was dropped between the two belongs to the first, as an accent does to its letter; but
    behind white space it belongs to the next word. Nothing ends behind `stop`.
    """
    own, places = np.minimum(ends, stop), np.minimum(np.maximum(ends, following), stop)
    wide = np.flatnonzero((places - own > 1) & (following < stop))
    if len(wide):
        blanks = np.append(-1, np.flatnonzero(_spaces(codes)) + 1)
        blank = blanks[np.searchsorted(blanks, places[wide], side="right") - 1]
        places[wide] = np.where(blank > own[wide], blank, places[wide])
    return places
