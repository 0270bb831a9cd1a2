"""The rank of every token: when merging makes it, or how likely it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.vocabulary import Vocabulary

UNRANKED = -1
Ranks = NDArray[np.int64]


@runtime_checkable
class HasRanks(Protocol):
    """A tokenizer whose tokens have an order."""

    def ranks(self) -> Ranks:
        """Return the rank of every id from 0 up, -1 where it has none; shape (size,)."""
        ...


def ranks_of(tokenizer: Tokenizer) -> Ranks:
    """Return the rank of every id from 0 up, -1 where it has none; shape (size,).

    Of a rank file, the rank; of a list of merges, the place of the first that makes the token; of
    scored pieces, the place among them by falling score. WordPiece and the baselines have none.
    """
    if isinstance(tokenizer, HasRanks):
        return tokenizer.ranks()
    return unranked(tokenizer.vocabulary)


def unranked(vocabulary: Vocabulary) -> Ranks:
    """Return ranks of which none is known yet."""
    return np.full(vocabulary.size, UNRANKED)


def by_score(vocabulary: Vocabulary, scores: Sequence[float]) -> Ranks:
    """Rank pieces with bytes of their own; those of byte fallback have no meaningful score."""
    pieces = [
        i for i in range(len(scores)) if vocabulary.lengths[i] and i not in vocabulary.fallbacks
    ]
    order = sorted(pieces, key=lambda token: -scores[token])
    ranks = unranked(vocabulary)
    ranks[order] = np.arange(len(order))
    return ranks
