"""How far a value would move on other text like this: the bootstrap of rows.

Rows are what a corpus is a sample of: units, blocks of units, or clusters of records. The same
weights serve every column, so values that stand side by side are paired.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ENOUGH = 40  # draws, below which there is no 95 % interval: one in forty is beyond either end
_BATCH = 100
_CELLS = 4_000_000  # weights drawn at once


def intervals_of(draws: int) -> str:
    """Name what so many draws make.

    >>> intervals_of(100), intervals_of(5)
    ('95 % intervals', 'no 95 % intervals, for which it takes 40, but the range')
    """
    if draws >= ENOUGH:
        return "95 % intervals"
    return f"no 95 % intervals, for which it takes {ENOUGH}, but the range"


def resample(rows: NDArray[np.int64], count: int, seed: Sequence[int]) -> Array:
    """Return the sums of every column in `count` resamples of the rows with replacement.

    `rows` has shape (R, columns), the result (count, columns). The weights of a resample are
    multinomial, R draws over R rows, and depend on the seed and R alone. Source: Efron (1979).

    >>> resample(np.array([[1, 10], [1, 10]]), 2, seed=[0])
    array([[ 2., 20.],
           [ 2., 20.]])
    """
    generator = np.random.default_rng(seed)
    size = len(rows)
    values = rows.astype(np.float64)
    step = max(1, _CELLS // max(size, 1))
    parts = []
    for start in range(0, count, step):
        draws = min(step, count - start)
        weights = generator.multinomial(size, np.full(size, 1 / size), size=draws)
        parts.append(weights.astype(np.float64) @ values)
    return np.concatenate(parts)


def batches(count: int) -> list[int]:
    """Cut a number of resamples into batches that are drawn on their own, each with its seed.

    >>> batches(250)
    [100, 100, 50]
    """
    return [min(_BATCH, count - start) for start in range(0, count, _BATCH)]


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values; NaN where any of them is undefined.

    Of fewer than 40 it is the range. Source: Efron & Tibshirani (1993).

    >>> interval(np.arange(101.0), level=0.5), interval(np.arange(5.0))
    ((25.0, 75.0), (0.0, 4.0))
    """
    tail = (1 - level) / 2 if len(values) >= ENOUGH else 0.0
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def simultaneous(values: Array, resampled: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return intervals that hold for all values at once: value ± t · standard error.

    `values` has shape (C,), `resampled` (C, resamples), drawn together; t is the quantile over
    resamples of the largest |deviation| / standard error of all C. A value that no resample moves
    is its own interval; NaN where a resample is undefined. Source: Romano & Wolf (2005), max-t.

    >>> low, high = simultaneous(np.array([2.0]), np.array([[1.0, 2.0, 3.0]]), level=1.0)
    >>> low.tolist(), high.tolist()
    ([1.0], [3.0])
    """
    with np.errstate(invalid="ignore"):
        errors = resampled.std(axis=1)
        deviations = np.abs(resampled - resampled.mean(axis=1, keepdims=True))
    moved = np.isfinite(errors) & (errors > 1e-12 * (1 + np.abs(values)))
    width = np.where(np.isfinite(errors), 0.0, np.nan)
    if moved.any():
        largest = (deviations[moved] / errors[moved, None]).max(axis=0)
        width[moved] = np.quantile(largest, level) * errors[moved]
    return values - width, values + width
