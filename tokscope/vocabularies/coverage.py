"""How many of the first words of a text, by frequency, or of a list are one token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.catalog import has_words
from tokscope.counting.counted import Counted
from tokscope.vocabularies.languages import Words
from tokscope.vocabularies.terms import Listed

Shares = NDArray[np.float64]


class Coverage(NamedTuple):
    """The share of the first words that are one token, for more and more of them."""

    tokenizer: str
    words: str  # the name of the text or of the list
    ranks: tuple[int, ...]  # how many words
    shares: tuple[float, ...]


def by_frequency(counted: Counted, seen: Sequence[Words]) -> Iterator[Coverage]:
    """Yield the coverage of each text that has words, the most frequent ones first.

    A word counts by the share of its uses that are one token.
    """
    for corpus, row, words in zip(counted.corpora, counted.tallies, seen, strict=True):
        order = np.argsort(-words.counts[0], kind="stable")
        uses, *whole = words.counts[:, order]
        for tokenizer, own, tally in zip(counted.tokenizers, whole, row, strict=True):
            if len(uses) and has_words(tally):
                yield Coverage(tokenizer.name, corpus.name, *_means(own / uses))


def in_order(found: Sequence[Listed]) -> Iterator[Coverage]:
    """Yield the coverage of each list, in its order, where words stand after a space."""
    for one in found:
        shares = one.spaced.held.astype(float)
        if len(shares):
            yield Coverage(one.tokenizer.name, one.name, *_means(shares))


def _means(values: Shares) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the means of the first 1, 2, 5, 10, ... values, and of all.

    >>> _means(np.array([1.0, 0.0, 0.5]))
    ((1, 2, 3), (1.0, 0.5, 0.5))
    """
    powers = range(len(str(len(values))))
    ranks = [step * 10**power for power in powers for step in (1, 2, 5)]
    ranks = [*(rank for rank in ranks if rank < len(values)), len(values)]
    means = np.cumsum(values)[np.array(ranks) - 1] / ranks
    return tuple(ranks), tuple(means.tolist())
