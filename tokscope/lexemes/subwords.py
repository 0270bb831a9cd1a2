"""Where words end inside identifiers, as in `parseHTTPHeader_v2`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.spans import Flags
from tokscope.counting.tokens import Counts
from tokscope.text.words import codes

_LOWER, _UPPER, _DIGIT, _LINE = range(4)


class Places(NamedTuple):
    """The N places inside identifiers where a token may end.

    The places beside and between underscores that touch are one: two cuts there count once.
    """

    inside: Counts  # (I,) the characters before which tokens may end, in order
    begins: Counts  # (N,) the first of `inside` of each place
    words: Flags  # (N,) whether a word ends there

    def held(self, ends: Flags) -> Flags:
        """Return which places have a cut; `ends` tells before which characters a token ends."""
        return _any(ends[self.inside], self.begins)


def places(text: str, starts: Counts, ends: Counts) -> Places:
    """Return the places inside identifiers `[start, end)`.

    A word ends before a capital that follows a small letter, before the last of several capitals
    if a small letter follows it, between letters and digits, and at underscores that follow
    something.
    """
    sizes = ends - starts - 1
    first = np.cumsum(sizes) - sizes
    inside = np.arange(sizes.sum()) + np.repeat(starts + 1 - first, sizes)
    shapes = _shapes(text)
    before, here = shapes[inside - 1], shapes[inside]
    behind = np.where(inside + 1 < np.repeat(ends, sizes), np.append(shapes, 0)[inside + 1], _UPPER)
    begins = before != _LINE
    begins[first[sizes > 0]] = True
    places = np.flatnonzero(begins)
    words = (before == _LOWER) & (here == _UPPER)
    words |= (before == _UPPER) & (here == _UPPER) & (behind == _LOWER)
    words |= ((before == _DIGIT) != (here == _DIGIT)) | (here == _LINE)
    return Places(inside, places, _any(words & (before != _LINE), places))


def _any(flags: Flags, begins: Counts) -> Flags:
    """Return which stretches have a flag that is set; each begins where the one before it ends."""
    found: Flags = np.logical_or.reduceat(flags, begins) if len(begins) else flags[:0]
    return found


def _shapes(text: str) -> NDArray[np.int8]:
    """Return what each character is: a capital, a digit, an underscore, or anything else."""
    each = codes(text)
    known = np.flatnonzero(np.bincount(each))
    shapes = np.zeros(int(known.max(initial=0)) + 1, np.int8)
    shapes[known] = [_shape(chr(code)) for code in known.tolist()]
    return shapes[each]


def _shape(char: str) -> int:
    if char == "_":
        return _LINE
    return _UPPER if char.isupper() else _DIGIT if char.isdigit() else _LOWER
