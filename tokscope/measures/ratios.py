"""Ratios of sums: what most measures of a corpus are."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@overload
def ratio(numerator: float, denominator: float) -> float: ...
@overload
def ratio(numerator: Array, denominator: Array | float) -> Array: ...


def ratio(numerator: Any, denominator: Any) -> Any:
    """Return numerator / denominator; NaN where the denominator is 0 or either is NaN.

    Corpus values are ratios of sums over the whole corpus, never means of ratios per line: a mean
    of ratios weighs a line of two words as much as one of fifty. Arrays go element by element.

    >>> ratio(6, 4), ratio(1, 0)
    (1.5, nan)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(np.equal(denominator, 0), math.nan, np.divide(numerator, denominator))
    return value if value.ndim else float(value)


def ratio_of_sums(above: NDArray[Any], below: NDArray[Any]) -> float:
    """Return the ratio of the sums of two arrays; NaN where the second is 0.

    >>> ratio_of_sums(np.array([3, 1]), np.array([True, True]))
    2.0
    """
    return ratio(float(above.sum()), float(below.sum()))
