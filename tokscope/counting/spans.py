"""Spans of text held against the tokens over them: words, parts of words, lexemes, terms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Counts, Tokens

Flags = NDArray[np.bool_]


class Covered(NamedTuple):
    """How tokens cover S spans. Blanks beside a span belong to the token that holds them."""

    first: Counts  # (S,) the number of the token that holds the first byte
    last: Counts  # (S,) the same for the last byte; `first` - 1 where no token holds either
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

    Each span has a byte or more and lies inside a unit. Where tokens do not spell the text, they
    end where the library says. A span that its tokens do not cover to the end, as where a
    tokenizer drops what it does not know, is not clean.
    """
    cuts, text = tokens.cuts, tokens.text
    unit = np.searchsorted(text.unit_bytes, starts, "right") - 1
    behind = tokens.encoded.starts[unit + 1]
    first = np.minimum(np.searchsorted(cuts, starts, "right"), behind)
    last = np.minimum(np.searchsorted(cuts, ends, "left"), behind - 1)
    bounds = np.append(0, cuts)
    begin, stop = np.maximum(bounds[first], text.unit_bytes[unit]), bounds[last + 1]
    inked = text.inked
    start, end = inked[starts] == inked[begin], (stop >= ends) & (inked[stop] == inked[ends])
    return Covered(first, last, start & (first < behind), end)
