"""Intervals for what was counted: every measure again on resamples of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.catalog import Value
from tokscope.measures.uncertainty import batches, interval, resample
from tokscope.studies.counted import Counted
from tokscope.tally import Tally
from tokscope.workers import HERE, Workers

SAME = "no difference seen"
_WORTH = 50_000_000  # weights that are drawn about as fast as workers start
NO_TYPES = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Resampled:
    """Sums of columns, an array of resamples each; measures take it for a tally."""

    columns: tuple[str, ...]
    sums: NDArray[np.float64]  # (resamples, columns)
    types: NDArray[np.int64]  # empty: how often ids occur is not resampled
    vocabulary: int

    def total(self, column: str) -> NDArray[np.float64]:
        """Return the sum of a column in every resample."""
        return self.sums[:, self.columns.index(column)]

    def __add__(self, other: Resampled) -> Resampled:
        return Resampled(self.columns, self.sums + other.sums, self.types, self.vocabulary)


def sums_by(numbers: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the rows with one number, such as that of their cluster."""
    sums = np.zeros((int(numbers.max()) + 1, rows.shape[1]), np.int64)
    np.add.at(sums, numbers, rows)
    return sums


def _rows(tallies: Sequence[Tally], members: Sequence[int]) -> NDArray[np.int64]:
    """Return tallies whose rows belong together side by side, or their sums by cluster."""
    rows = np.concatenate([tally.rows for tally in tallies], axis=1)
    return sums_by(np.array(members, np.int64), rows) if members else rows


def _apart(tallies: Sequence[Tally], sums: NDArray[np.float64]) -> list[Resampled]:
    """Return the resamples of each of the tallies that were side by side."""
    parts = np.split(sums, len(tallies), axis=1)
    return [
        Resampled(tally.columns, part, NO_TYPES, tally.vocabulary)
        for tally, part in zip(tallies, parts, strict=True)
    ]


def resampled(
    counted: Counted, count: int, seed: int, workers: Workers = HERE
) -> list[list[Resampled]]:
    """Resample every corpus under every tokenizer, laid out as `counted.tallies`.

    Tokenizers are always paired; corpora are paired where they are parallel, and each drawn on its
    own elsewhere.
    """
    if not counted.parallel:
        tables = [_rows(row, ()) for row in counted.tallies]
        calls = [(table, count, [seed, number]) for number, table in enumerate(tables)]
        sums = _drawn(calls, workers)
        return [_apart(row, own) for row, own in zip(counted.tallies, sums, strict=True)]
    tallies = [tally for row in counted.tallies for tally in row]
    table = _rows(tallies, counted.readings[0].members)
    flat = _apart(tallies, *_drawn([(table, count, [seed])], workers))
    width = len(counted.tokenizers)
    return [flat[start : start + width] for start in range(0, len(flat), width)]


Call = tuple[NDArray[np.int64], int, Sequence[int]]


def _drawn(calls: Sequence[Call], workers: Workers) -> list[NDArray[np.float64]]:
    """Resample tables, so many times and with such a seed each."""
    parts = [
        (table, draws, [*seed, number])
        for table, count, seed in calls
        for number, draws in enumerate(batches(count))
    ]
    cells = sum(len(table) * count for table, count, _ in calls)
    drawn = (workers if cells >= _WORTH else HERE).map(resample, parts)
    return [np.concatenate([next(drawn) for _ in batches(count)]) for _, count, _ in calls]


@dataclass(frozen=True)
class Uncertainty:
    """An interval of a value, and of its difference from that of the first tokenizer."""

    low: float = math.nan
    high: float = math.nan
    difference_low: float = math.nan
    difference_high: float = math.nan
    verdict: str = ""


def uncertainty(values: Value, base: Value | None, better: str) -> Uncertainty:
    """Return what resampled values say; `base` are those of the first tokenizer, if another one."""
    low, high = interval(values)
    if base is None:
        return Uncertainty(low, high)
    return Uncertainty(low, high, *interval(values - base), _verdict(values, base, better))


def _verdict(values: Value, base: Value, better: str) -> str:
    """Say in words on which side of no difference the 95 % interval lies."""
    if better == "nearer 1":
        with np.errstate(divide="ignore"):
            low, high = interval(np.abs(np.log(values)) - np.abs(np.log(base)))
    else:
        low, high = interval(values - base)
    below, above = {
        "lower": ("better", "worse"),
        "nearer 1": ("better", "worse"),
        "higher": ("worse", "better"),
    }.get(better, ("lower", "higher"))
    if math.isnan(low):
        return ""
    return below if high < 0 else above if low > 0 else SAME
