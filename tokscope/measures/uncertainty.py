"""How much a value would change on other text of the same kind: the bootstrap of rows.

Rows are the items that a corpus samples: units, blocks of units, or clusters of records. All
columns get the same weights, so values of different columns are paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ENOUGH = 40  # draws needed for a 95 % interval: one in forty is beyond each end
_FEW = 30  # rows with an event; with fewer, intervals of resampled shares are too narrow
_BATCH = 100
_CELLS = 4_000_000  # weights to draw at once


@cache
def _special() -> ModuleType:
    """Import SciPy's functions late: few tables need them, and the import is slow."""
    return import_module("scipy.special")


def intervals_of(draws: int) -> str:
    """Name the kind of intervals that `draws` draws give.

    >>> intervals_of(100), intervals_of(5)
    ('95 % intervals', 'no 95 % intervals, for which it takes 40, but the range')
    """
    if draws >= ENOUGH:
        return "95 % intervals"
    return f"no 95 % intervals, for which it takes {ENOUGH}, but the range"


def resample(rows: NDArray[np.int64], count: int, seed: Sequence[int]) -> Array:
    """Return the sums of every column in `count` resamples of the rows with replacement.

    `rows` has shape (R, columns), the result (count, columns). The weights of a resample are
    multinomial, R draws over R rows; they depend only on the seed and on R. Source: Efron (1979).

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
    """Split a number of resamples into batches; each is drawn alone, with its own seed.

    >>> batches(250)
    [100, 100, 50]
    """
    return [min(_BATCH, count - start) for start in range(0, count, _BATCH)]


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values; NaN where any of them is undefined.

    With fewer than 40 values, it is their range. Source: Efron & Tibshirani (1993).

    >>> interval(np.arange(101.0), level=0.5), interval(np.arange(5.0))
    ((25.0, 75.0), (0.0, 4.0))
    """
    tail = (1 - level) / 2 if len(values) >= ENOUGH else 0.0
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def share_interval(
    events: NDArray[np.int64], trials: NDArray[np.int64], values: Array, level: float = 0.95
) -> tuple[float, float]:
    """Return an interval of sum(events) / sum(trials) that is valid for rare events too.

    `events` and `trials` count by row, (R,); `values` are the resampled shares. If few rows have an
    event, or few have a trial without one, the result also covers the exact interval of Clopper &
    Pearson (1934). That interval uses the number of independent trials with the same information
    (the design effect of Korn & Graubard 1998). If there are no events, or only events, nothing is
    known about how they cluster, so each row counts as one trial: the rule of three. NaN if there
    is no trial. Resamples without a trial do not enter the percentile interval.

    >>> none = np.zeros(100, np.int64)
    >>> low, high = share_interval(none, none + 7, np.zeros(50))
    >>> low, round(high, 4) == round(1 - 0.025 ** (1 / 100), 4)
    (0.0, True)
    """
    low, high = interval(values, level)
    affected, spared = int((events > 0).sum()), int((events < trials).sum())
    if min(affected, spared) >= _FEW or not trials.any():
        return low, high
    size = _independent(events, trials)
    seen = size * float(events.sum() / trials.sum())
    tail = (1 - level) / 2
    exact_low = float(_special().betaincinv(seen, size - seen + 1, tail)) if seen else 0.0
    exact_high = (
        float(_special().betaincinv(seen + 1, size - seen, 1 - tail)) if seen < size else 1.0
    )
    return float(np.fmin(low, exact_low)), float(np.fmax(high, exact_high))


def _independent(events: NDArray[np.int64], trials: NDArray[np.int64]) -> float:
    """Return how many independent trials say as much about a share as the trials in rows do."""
    total, share = float(trials.sum()), float(events.sum() / trials.sum())
    if share in (0, 1):
        return total**2 / float((trials.astype(float) ** 2).sum())
    rows = int((trials > 0).sum())
    if rows < 2:
        return 1.0
    spread = float(((events - share * trials) ** 2).sum()) * rows / (rows - 1) / total**2
    size = min(share * (1 - share) / spread, total) if spread else total
    # with few rows, the variance itself is uncertain, as in Student's t
    quantile = _special().stdtrit
    return size * float(quantile(max(total - 1, 1), 0.975) / quantile(rows - 1, 0.975)) ** 2


def simultaneous(values: Array, resampled: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return intervals that hold for all values at once: value ± t · standard error.

    `values` has shape (C,), `resampled` (C, resamples), drawn together; t is the quantile over
    resamples of the largest |deviation| / standard error of all C. The interval of a value that
    no resample changes is the value alone; NaN where a resample is undefined. Source: Romano & Wolf
    (2005), max-t.

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
