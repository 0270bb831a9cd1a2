"""Intervals of measures, computed again on resamples of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.catalog import Value
from tokscope.counting.counted import ALL, Counted
from tokscope.counting.tally import Tally
from tokscope.measures.uncertainty import batches, interval, resample, share_interval
from tokscope.workers import HERE, Workers

SAME = "no difference seen"
_WORTH = 50_000_000  # weights; drawing them takes about as long as starting workers
NO_TYPES = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Resampled:
    """Sums of columns, each an array of resamples; measures use it like a tally."""

    columns: tuple[str, ...]
    sums: NDArray[np.float64]  # (resamples, columns)
    types: NDArray[np.int64]  # always empty: counts of ids are not resampled
    vocabulary: int

    def total(self, column: str) -> NDArray[np.float64]:
        """Return the sum of a column in every resample."""
        return self.sums[:, self.columns.index(column)]

    def __add__(self, other: Resampled) -> Resampled:
        return Resampled(self.columns, self.sums + other.sums, self.types, self.vocabulary)


def sums_by(numbers: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the rows with the same number, such as that of a cluster."""
    sums = np.zeros((int(numbers.max()) + 1, rows.shape[1]), np.int64)
    np.add.at(sums, numbers, rows)
    return sums


def _rows(tallies: Sequence[Tally], members: Sequence[int]) -> NDArray[np.int64]:
    """Put tallies with matching rows side by side, or sum their rows by cluster."""
    rows = np.concatenate([tally.rows for tally in tallies], axis=1)
    return sums_by(np.array(members, np.int64), rows) if members else rows


def _apart(tallies: Sequence[Tally], sums: NDArray[np.float64]) -> list[Resampled]:
    """Split resamples of tallies that were put side by side into one per tally."""
    parts = np.split(sums, len(tallies), axis=1)
    return [
        Resampled(tally.columns, part, NO_TYPES, tally.vocabulary)
        for tally, part in zip(tallies, parts, strict=True)
    ]


def resampled(
    counted: Counted, count: int, seed: int, workers: Workers = HERE
) -> list[list[Resampled]]:
    """Resample every corpus under every tokenizer, laid out as `counted.tallies`.

    Tokenizers are always paired. Parallel corpora are paired too; other corpora are drawn
    independently.
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
    """Resample each table; a call also gives the number of resamples and the seed."""
    parts = [
        (table, draws, [*seed, number])
        for table, count, seed in calls
        for number, draws in enumerate(batches(count))
    ]
    cells = sum(len(table) * count for table, count, _ in calls)
    drawn = (workers if cells >= _WORTH else HERE).map(resample, parts)
    return [np.concatenate([next(drawn) for _ in batches(count)]) for _, count, _ in calls]


@dataclass(frozen=True)
class Events:
    """The counts behind a share: in each row, the events and the times they could occur."""

    seen: NDArray[np.int64]  # (R,)
    times: NDArray[np.int64]  # (R,)

    def uncertainty(self, values: Value) -> tuple[float, float]:
        """Return the interval of the share; `values` are its resamples."""
        return share_interval(self.seen, self.times, values)

    @property
    def unseen(self) -> bool:
        """Whether the share is 0 or 1; then it is the same in every resample."""
        return int(self.seen.sum()) in (0, int(self.times.sum()))


def events_of(
    counted: Counted, k: int, share: tuple[str, str], among: Sequence[str]
) -> dict[str, Events]:
    """Return the events of a share under one tokenizer, by corpus and for all corpora in `among`.

    Rows of parallel corpora are added; those of other corpora are put one after the other.
    """
    tables = {
        corpus.name: np.stack([row[k][column] for column in share], axis=1)
        for corpus, row in zip(counted.corpora, counted.tallies, strict=True)
    }
    if counted.parallel and counted.readings[0].members:
        members = np.array(counted.readings[0].members, np.int64)
        tables = {name: sums_by(members, table) for name, table in tables.items()}
    own = [tables[name] for name in among]
    if own:
        tables[ALL] = np.sum(own, axis=0) if counted.parallel else np.concatenate(own)
    return {name: Events(*table.T) for name, table in tables.items()}


@dataclass(frozen=True)
class Uncertainty:
    """The interval of a value, and of its difference from the value of the first tokenizer."""

    low: float = math.nan
    high: float = math.nan
    difference_low: float = math.nan
    difference_high: float = math.nan
    verdict: str = ""


@dataclass(frozen=True)
class Spread:
    """Resampled values of a measure, and the events behind them if they are shares."""

    values: Value
    events: Events | None = None

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the value."""
        return self.events.uncertainty(self.values) if self.events else interval(self.values)

    def room(self) -> tuple[float, float]:
        """Return how far a share of 0 or 1 may be from its value; resamples cannot show that."""
        if self.events is None or not self.events.unseen:
            return 0.0, 0.0
        low, high = self.interval()
        share = float(self.events.seen.any())
        return share - low, high - share


def uncertainty(own: Spread, base: Spread | None, better: str) -> Uncertainty:
    """Return the intervals; `base` holds the values of the first tokenizer, if it is another."""
    low, high = own.interval()
    if base is None:
        return Uncertainty(low, high)
    below, above = interval(own.values - base.values)
    (own_down, own_up), (base_down, base_up) = own.room(), base.room()
    below, above = below - own_down - base_up, above + own_up + base_down
    if better == "nearer 1":
        with np.errstate(divide="ignore"):
            away = interval(np.abs(np.log(own.values)) - np.abs(np.log(base.values)))
        return Uncertainty(low, high, below, above, _verdict(*away, better))
    return Uncertainty(low, high, below, above, _verdict(below, above, better))


def _verdict(low: float, high: float, better: str) -> str:
    """Say whether the 95 % interval of a difference means better, worse or neither."""
    below, above = {
        "lower": ("better", "worse"),
        "nearer 1": ("better", "worse"),
        "higher": ("worse", "better"),
    }.get(better, ("lower", "higher"))
    if math.isnan(low):
        return ""
    return below if high < 0 else above if low > 0 else SAME
