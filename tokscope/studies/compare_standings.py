"""Who needs how many tokens: the arrays behind the headline of a comparison and its first table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.alignment import Doubt, doubts_of
from tokscope.counting.counted import ALL, Counted
from tokscope.counting.resampled import Resampled
from tokscope.counting.tally import Tally
from tokscope.measures.uncertainty import interval
from tokscope.tokenizers.baselines import Baseline

UNREADABLE = 0.01  # with a larger share of unknown tokens, few tokens are no advantage
Array = NDArray[Any]


@dataclass(frozen=True)
class Standings:
    """Tokens by corpus and tokenizer; the last corpus is all of them, if there are several."""

    tokenizers: Sequence[str]
    corpora: Sequence[str]
    tokens: Array  # (corpora, tokenizers)
    drawn: Array  # (corpora, tokenizers, resamples), without resamples (corpora, tokenizers, 0)
    bytes: Array  # (corpora,)
    unknown: Array  # (corpora, tokenizers), the share of tokens that are unknown
    unread: NDArray[np.bool_]  # (corpora, tokenizers), whether much of the text is lost
    baseline: Sequence[bool]
    sizes: Sequence[int]  # of the vocabularies
    first: int  # the place of the reference, which premiums are relative to
    unlike: Sequence[Doubt] = ()  # corpora that do not look like translations of the reference

    @property
    def able(self) -> list[int]:
        """The tokenizers that can be ranked on all of the text."""
        return [k for k in range(len(self.tokenizers)) if self.ranks(len(self.corpora) - 1, k)]

    def ranks(self, corpus: int, k: int) -> bool:
        """Whether a tokenizer can be the best: it is not a baseline and reads the text."""
        return not (self.baseline[k] or self.unread[corpus, k])

    def cheapest(self, corpus: int) -> int | None:
        """Return the tokenizer with the fewest tokens, or the baseline if there are no others."""
        places = [k for k in range(len(self.tokenizers)) if self.ranks(corpus, k)]
        if all(self.baseline):
            places = list(range(len(self.tokenizers)))
        return min(places, key=lambda k: self.tokens[corpus, k], default=None)

    def relative(self, corpus: int, k: int, base: int | None) -> tuple[float, float, float]:
        """Return the tokens divided by those of another tokenizer, with their interval."""
        if base is None or not self.tokens[corpus, base]:
            return math.nan, math.nan, math.nan
        value = float(self.tokens[corpus, k] / self.tokens[corpus, base])
        return value, *_interval(self.drawn[corpus, k], self.drawn[corpus, base])

    def more(self, corpus: int, k: int, base: int) -> bool:
        """Whether a tokenizer needs more tokens than another, and not by chance."""
        _, low, _ = self.relative(corpus, k, base)
        if math.isnan(low):
            return bool(self.tokens[corpus, k] > self.tokens[corpus, base])
        return low > 1

    def premium(self, corpus: int, k: int) -> tuple[float, float, float]:
        """Return the premium with its interval; without resamples that is the value itself."""
        base = self.tokens[self.first, k]
        if not base or self.unread[corpus, k] or self.unread[self.first, k]:
            return math.nan, math.nan, math.nan
        value = float(self.tokens[corpus, k] / base)
        low, high = _interval(self.drawn[corpus, k], self.drawn[self.first, k])
        return value, *((value, value) if math.isnan(low) else (low, high))

    def at_prices(self, prices: Mapping[str, float]) -> Standings:
        """Return what the text costs under the tokenizers that have a price, in place of tokens."""
        kept = [k for k, name in enumerate(self.tokenizers) if name in prices]
        names = [self.tokenizers[k] for k in kept]
        each = np.array([prices[name] for name in names]) / 1e6
        return replace(
            self,
            tokenizers=names,
            tokens=self.tokens[:, kept] * each,
            drawn=self.drawn[:, kept] * each[:, None],
            unknown=self.unknown[:, kept],
            unread=self.unread[:, kept],
            baseline=[self.baseline[k] for k in kept],
            sizes=[self.sizes[k] for k in kept],
        )


def _interval(above: Array, below: Array) -> tuple[float, float]:
    if not len(above) or not below.all():
        return math.nan, math.nan
    return interval(above / below)


def standings(counted: Counted, drawn: Sequence[Sequence[Resampled]], reference: int) -> Standings:
    """Return the tokens of every corpus under every tokenizer, with their resamples."""
    tokens = _summed([[own.total("tokens") for own in row] for row in counted.tallies])
    unknown = _summed([[own.total("unknown") for own in row] for row in counted.tallies])
    lost = np.array([[_lost(own, one) for own, one in zip(row, counted.tokenizers, strict=True)]
                     for row in counted.tallies])  # fmt: skip
    resamples = _summed([[own.total("tokens") for own in row] for row in drawn])
    share = unknown / np.maximum(tokens, 1)
    unread = share > UNREADABLE
    unread[: len(lost)] |= lost
    unread[-1] |= unread.any(axis=0)
    names = [corpus.name for corpus in counted.corpora]
    return Standings(
        [one.name for one in counted.tokenizers],
        [*names, ALL] if len(names) > 1 else names,
        tokens,
        resamples if drawn else np.zeros((*tokens.shape, 0)),
        _summed([row[0].total("bytes") for row in counted.tallies]),
        share,
        unread,
        [isinstance(one, Baseline) for one in counted.tokenizers],
        [len(one.vocabulary) for one in counted.tokenizers],
        reference,
        doubts_of(counted, reference),
    )


def _summed(rows: Sequence[Any]) -> Array:
    """Return the rows as an array, followed by their sum if there are several."""
    array = np.array(rows)
    return np.concatenate((array, array.sum(axis=0, keepdims=True))) if len(array) > 1 else array


def _lost(tally: Tally, tokenizer: Any) -> bool:
    """Whether the tokens hold less than half of the text, as far as the counts tell.

    What normalizers drop or shorten on purpose, such as spaces and accents, is less than that.
    """
    size, types = tally.total("bytes"), tally.types
    if not len(types):
        return bool(size and not tally.total("tokens"))
    vocabulary = tokenizer.vocabulary
    named = [token for token in vocabulary.specials.values() if token != vocabulary.unknown]
    held = int(types @ vocabulary.lengths)
    return 2 * held < size and not types[named].any()  # special tokens hold text, but no bytes
