"""Whether lines have lengths such as translations of each other have."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Lengths = NDArray[np.int64]
_SPREAD = 6.8  # variance of the length of a translation, for each character of the original
_CERTAIN = 2.576  # standard errors on either side of a 99 % interval
_TELLING = 0.5  # where lines are so alike that translations correlate less, lengths tell nothing


def rank_correlation(one: Lengths, other: Lengths) -> float:
    """Return the correlation of the ranks of two lists, from -1 to 1; equal values share a rank.

    NaN if all values of a list are equal. Source: Spearman (1904).

    >>> rank_correlation(np.array([1, 2, 3]), np.array([10, 20, 90]))
    1.0
    """
    ranks = np.stack([_ranks(one), _ranks(other)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return float(np.divide(ranks[0] @ ranks[1], math.sqrt(np.prod((ranks**2).sum(axis=1)))))


def _ranks(values: Lengths) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks


def correlation_of_translations(lengths: Lengths) -> float:
    """Return how much the lengths of lines correlate with those of their translations.

    The length of a translation varies by 6.8 for each character of the line. So the correlation is
    sqrt(variance / (variance + 6.8 mean)): near 1 where lines differ a lot, 0 where all are equally
    long. NaN if there are no characters. Source: Gale & Church (1993).

    >>> correlation_of_translations(np.array([100, 100])) == 0
    True
    """
    variance, noise = float(lengths.var()), _SPREAD * float(lengths.mean())
    return math.sqrt(variance / (variance + noise)) if noise else math.nan


def unlike_translations(lengths: Lengths, others: Lengths) -> bool:
    """Tell whether two lists of lengths are surely not those of lines and their translations.

    They are not if their correlation is less than half of what translations have, and the end of
    its 99 % interval too (Fisher's z, with the variance of Bonett & Wright 2000). False where lines
    are few, or too much alike for their lengths to tell.
    """
    expected = correlation_of_translations(lengths) if len(lengths) > 3 else math.nan
    if not expected >= _TELLING:
        return False
    found = rank_correlation(lengths, others)
    error = math.sqrt((1 + found**2 / 2) / (len(lengths) - 3))
    inside = np.clip(found, -1 + 1e-9, 1 - 1e-9)
    return math.tanh(math.atanh(inside) + _CERTAIN * error) < expected / 2
