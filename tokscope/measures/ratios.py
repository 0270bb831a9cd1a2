"""Ratios of sums: what most measures of a corpus are."""

from __future__ import annotations

import math


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator / denominator; NaN where the denominator is 0 or either is NaN.

    Corpus values are ratios of sums over the whole corpus, never means of ratios per line: a mean
    of ratios weighs a line of two words as much as one of fifty.

    >>> ratio(6, 4), ratio(1, 0)
    (1.5, nan)
    """
    return numerator / denominator if denominator else math.nan
