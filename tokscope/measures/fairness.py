"""How evenly a tokenizer treats several corpora that say the same thing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]


def gini(costs: Costs) -> float:
    """Return sum_ij |k_i - k_j| / (2 n^2 mean k) of n costs: 0 if all pay the same.

    The largest possible value, 1 - 1/n, is never reached, since every cost is positive. NaN for
    fewer than two corpora. Costs are tokens per line of parallel text, shape (n,); per byte the
    ranking of tokenizers is another. Source: Gini (1912); for tokenizers, Foroutan et al. (2025).

    >>> gini(np.array([1.0, 3.0]))
    0.25
    """
    if len(costs) < 2 or not costs.sum() > 0:
        return math.nan
    ordered = np.sort(costs)
    weights = 2 * np.arange(1, len(costs) + 1) - len(costs) - 1
    return float((weights * ordered).sum() / (len(costs) * ordered.sum()))


def spread(costs: Costs) -> float:
    """Return the largest cost over the smallest; 1 if all pay the same, NaN for fewer than two.

    Source: Petrov et al. (2023), section 4.

    >>> spread(np.array([2.0, 5.0]))
    2.5
    """
    if len(costs) < 2 or not costs.min() > 0:
        return math.nan
    return float(costs.max() / costs.min())


def variation(values: NDArray[np.float64]) -> float:
    """Return the coefficient of variation, standard deviation (n - 1) over mean.

    NaN for fewer than two values or a mean of 0. Source: Pearson (1896).

    >>> variation(np.array([1.0, 3.0]))
    0.7071067811865476
    """
    if len(values) < 2 or not values.mean():
        return math.nan
    return float(values.std(ddof=1) / values.mean())
