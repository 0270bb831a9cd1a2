"""Spans of text held against the tokens over them: words, parts of words, lexemes, terms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Counts, Tokens

Flags = NDArray[np.bool_]
_BLANK = np.zeros(256, bool)
_BLANK[list(b" \t\n\v\f\r")] = True


class Covered(NamedTuple):
    """How tokens cover S spans. Blanks beside a span belong to the token that holds them."""

    first: Counts  # (S,) the number of the token that holds the first byte
    last: Counts  # (S,) the same for the last byte
    start: Flags  # (S,) no other byte but blanks before the span, in its first token
    end: Flags  # (S,) no other byte but blanks behind the span, in its last token

    @property
    def tokens(self) -> Counts:
        """The number of tokens over each span."""
        return self.last - self.first + 1

    @property
    def clean(self) -> Flags:
        """Whether the tokens over each span hold nothing else but blanks."""
        return self.start & self.end


def cover(tokens: Tokens, starts: Counts, ends: Counts) -> Covered:
    """Return how tokens cover spans `[start, end)` of bytes of `Text.data`.

    Each span has a byte or more and lies inside a unit that its tokens cover to the end. Where
    tokens do not spell the text, they end where the library says.
    """
    cuts, data = tokens.cuts, tokens.text.data
    first = np.searchsorted(cuts, starts, "right")
    last = np.searchsorted(cuts, ends, "left")
    unit = np.searchsorted(tokens.text.unit_bytes, starts, "right") - 1
    begin = np.maximum(np.append(0, cuts)[first], tokens.text.unit_bytes[unit])
    inked = np.append(0, np.cumsum(~_BLANK[data]))
    return Covered(first, last, inked[starts] == inked[begin], inked[cuts[last]] == inked[ends])
