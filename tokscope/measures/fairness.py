"""How evenly a tokenizer treats several corpora that say the same thing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.ratios import ratio

Costs = NDArray[np.float64]  # shape (..., n), with n corpora along the last axis
Value = float | NDArray[np.float64]


def gini(costs: Costs) -> Value:
    """Return sum_ij |k_i - k_j| / (2 n^2 mean k) of n costs: 0 if all pay the same.

    The largest possible value, 1 - 1/n, is never reached, since every cost is positive. NaN for
    fewer than two corpora. Costs are tokens per line of parallel text, shape (n,). Costs per byte
    would rank tokenizers differently. Source: Gini (1912); for tokenizers, Foroutan et al. (2025).

    >>> gini(np.array([1.0, 3.0]))
    0.25
    """
    n = costs.shape[-1]
    if n < 2:
        return math.nan
    ordered = np.sort(costs, axis=-1)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return ratio((weights * ordered).sum(axis=-1), n * ordered.sum(axis=-1))


def spread(costs: Costs) -> Value:
    """Return the largest cost over the smallest; 1 if all pay the same, NaN for fewer than two.

    Source: Petrov et al. (2023).

    >>> spread(np.array([2.0, 5.0]))
    2.5
    """
    if costs.shape[-1] < 2:
        return math.nan
    return ratio(costs.max(axis=-1), costs.min(axis=-1))


def variation(values: NDArray[np.float64]) -> float:
    """Return the coefficient of variation, standard deviation (n - 1) over mean.

    NaN for fewer than two values or a mean of 0. Source: Pearson (1896).

    >>> variation(np.array([1.0, 3.0]))
    0.7071067811865476
    """
    if len(values) < 2 or not values.mean():
        return math.nan
    return float(values.std(ddof=1) / values.mean())
