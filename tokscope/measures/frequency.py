"""How tokens are distributed over types. `counts` is how often each id occurs, shape (V,)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def _shares(counts: Counts) -> NDArray[np.float64]:
    """Return p(v) of the types that occur, in any order."""
    present = counts[counts > 0]
    return present / present.sum()


def _sizes(counts: Counts) -> list[tuple[int, int]]:
    """Return each count that occurs, and how many types have it."""
    sizes, types = np.unique(counts[counts > 0], return_counts=True)
    return list(zip(sizes.tolist(), types.tolist(), strict=True))


def type_token_ratio(counts: Counts) -> float:
    """Return U / T: distinct ids per token, in (0, 1]; NaN without tokens.

    Falls with the length of the text, so compare it on the same text only. Source: Templin (1957).

    >>> type_token_ratio(np.array([3, 1, 0]))
    0.5
    """
    total = int(counts.sum())
    return int((counts > 0).sum()) / total if total else math.nan


def vocabulary_use(counts: Counts, vocabulary: int) -> float:
    """Return U / V: the share of the V ids of a vocabulary that the text uses, in [0, 1].

    NaN without tokens. Source: TokEval, "vocabulary utilization".

    >>> vocabulary_use(np.array([3, 1, 0, 0]), 4)
    0.5
    """
    return int((counts > 0).sum()) / vocabulary if counts.any() else math.nan


def renyi_entropy(counts: Counts, order: float) -> float:
    """Return log2(sum p^a) / (1 - a) in bits; for order a = 1 Shannon's -sum p log2 p.

    At least 0, at most log2 U; NaN without tokens. This is the plug-in estimate, which is too low
    by about (U - 1) / (2 T ln 2) bits at a = 1. Source: Rényi (1961); Shannon (1948).

    >>> renyi_entropy(np.array([2, 1, 1]), 1), renyi_entropy(np.array([1, 1, 1, 1]), 2.5)
    (1.5, 2.0)
    """
    if not counts.any():
        return math.nan
    total = int(counts.sum())
    # One by one: the last digit of powers and logarithms of arrays depends on the processor.
    shares = [(size / total, types) for size, types in _sizes(counts)]
    if order == 1:
        return -math.fsum(types * p * math.log2(p) for p, types in shares) + 0.0
    return math.log2(math.fsum(types * p**order for p, types in shares)) / (1 - order) + 0.0


def renyi_efficiency(counts: Counts, vocabulary: int, order: float = 2.5) -> float:
    """Return the Rényi entropy over log2 V: how evenly the vocabulary's V ids are used, in [0, 1].

    NaN without tokens or where V < 2. tokenization-scorer divides by log2 U instead unless it is
    given the vocabulary: pass U as `vocabulary` for that variant. Source: Zouhar et al. (2023),
    a = 2.5.

    >>> renyi_efficiency(np.array([1, 1, 1, 1, 0, 0, 0, 0]), 8)
    0.6666666666666666
    """
    return renyi_entropy(counts, order) / math.log2(vocabulary) if vocabulary > 1 else math.nan


def kt_bits(counts: Counts, vocabulary: int) -> float:
    """Return the bits that the tokens cost under a model which learns them in the same pass.

    -sum log2 (c + 1/2) / (n + V/2), for a token that came up c times among the n before it. The
    order of tokens does not change the sum, so it follows from the final counts: log2 of
    G(T + V/2) / G(V/2), less the sum of log2 G(c + 1/2) / G(1/2), G being the gamma function.
    All V ids share the first guess, so a large vocabulary has its price. At least the entropy times
    T; NaN without tokens. Source: Krichevsky and Trofimov (1981).

    >>> [round(kt_bits(np.array(counts), 2), 12) for counts in ([1, 0], [1, 1])]
    [1.0, 3.0]
    """
    total = int(counts.sum())
    if not total:
        return math.nan
    known = math.fsum(n * (math.lgamma(c + 0.5) - math.lgamma(0.5)) for c, n in _sizes(counts))
    half = vocabulary / 2
    return (math.lgamma(total + half) - math.lgamma(half) - known) / math.log(2) + 0.0


def percentile_frequency(counts: Counts, low: float = 0.03, high: float = 0.83) -> float:
    """Return the share of tokens whose type is neither among the most frequent nor the rarest.

    Types are sorted by falling count. The result is the sum of p over ranks
    [int(low U), int(high U)), counted from 0. In [0, 1]; NaN without tokens. Source: Zouhar
    et al. (2023).

    >>> percentile_frequency(np.array([5, 3, 2]), 0.34, 1.0)
    0.5
    """
    if not counts.any():
        return math.nan
    shares = np.sort(_shares(counts))[::-1]
    return float(shares[int(low * len(shares)) : int(high * len(shares))].sum())


def average_token_rank(counts: Counts) -> float:
    """Return the mean frequency rank of a token, 1 for the most frequent type; NaN without tokens.

    Source: TokEval, "average token rank".

    >>> average_token_rank(np.array([2, 1, 1]))
    1.75
    """
    total = int(counts.sum())
    if not total:
        return math.nan
    falling = np.sort(counts[counts > 0])[::-1]
    return int((falling * np.arange(1, len(falling) + 1)).sum()) / total


def unseen_under_zipf(tokens: int, types: int) -> float:
    """Return the expected number of types that a text does not contain if Zipf's law holds.

    Sum over ranks r = 1..V of (1 - p_r)^T, for T tokens and V types, where p_r is proportional to
    1 / r. From 0 to V types; it falls as text grows. Source: Zipf (1949), with exponent 1.

    >>> unseen_under_zipf(0, 7), unseen_under_zipf(1, 2)
    (7.0, 1.0)
    """
    shares = 1 / np.arange(1, types + 1)
    return float(((1 - shares / shares.sum()) ** tokens).sum()) if types else 0.0
