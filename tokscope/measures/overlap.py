"""How much two sets, or two distributions over the same things, have in common."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def jaccard(common: int, first: int, second: int) -> float:
    """Return the size of the intersection of two sets over that of their union.

    |A & B| / |A | B|, in [0, 1]; NaN where both are empty. Jaccard 1901.

    >>> jaccard(2, 4, 3)
    0.4
    """
    union = first + second - common
    return common / union if union else math.nan


def containment(common: int, first: int) -> float:
    """Return the share of a set that another holds too: |A & B| / |A|; NaN where A is empty.

    Broder 1997.

    >>> containment(2, 4)
    0.5
    """
    return common / first if first else math.nan


def weighted_jaccard(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return what two distributions share: sum min(p, q) / sum max(p, q), in [0, 1].

    `first` and `second` are weights of the same things, each scaled to sum to 1; NaN where the
    weights of one are all 0. Ružička 1958.

    >>> weighted_jaccard(np.array([3.0, 1.0]), np.array([1.0, 1.0]))
    0.6
    """
    if not first.sum() or not second.sum():
        return math.nan
    p, q = first / first.sum(), second / second.sum()
    return float(np.minimum(p, q).sum() / np.maximum(p, q).sum())
