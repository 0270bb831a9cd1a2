"""Which of millions of rows are broken, and what it costs to make all of them hold.

Both questions are answered for all segments at once, with tables over ranges of merges: where the
merges of a segment have the lowest count, and the highest count of any segment at a merge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tokscope.arrays import distinct
from tokscope.mixture.program import Floats, Ints, Program, Rows

BROKEN = 1e-12  # rows broken by less count as holding
_SEARCHED = 30_000  # ranges searched for broken rows in a round
_PARTS = (8, 256)  # smallest and largest number of ranges in each broken segment
_MOST = 3  # rows added for one merge in a round


@dataclass(frozen=True)
class Point:
    """A point of the program: shares of pairs, and the excuses v and w that they need."""

    shares: Floats  # (n,)
    over: Floats  # (T,) v: merges that came too early for their counts
    under: Floats  # (P,) w: pairs with higher counts than their merges suggest

    @property
    def cost(self) -> float:
        """What the program minimises."""
        return float(self.over.sum() + self.under.sum())

    def towards(self, other: Point, part: float) -> Point:
        """Return a point on the way to another one; `part` is how far along."""
        return Point(
            (1 - part) * self.shares + part * other.shares,
            (1 - part) * self.over + part * other.over,
            (1 - part) * self.under + part * other.under,
        )


class _Lows:
    """The place of the smallest number in any range: a sparse table."""

    def __init__(self, numbers: Floats) -> None:
        self.numbers = numbers
        levels = [np.arange(len(numbers))]
        while 1 << len(levels) <= len(numbers):
            half = 1 << (len(levels) - 1)
            levels.append(self._lower(levels[-1][:-half], levels[-1][half:]))
        self._flat = np.concatenate(levels)
        self._offset = np.cumsum([0, *map(len, levels)])

    def _lower(self, first: Ints, second: Ints) -> Ints:
        return np.where(self.numbers[first] <= self.numbers[second], first, second)

    def where(self, start: Ints, stop: Ints) -> Ints:
        """Return the place of the smallest number in each range; ranges must not be empty."""
        level = _level(start, stop)
        at = self._offset[level]
        return self._lower(self._flat[at + start], self._flat[at + stop - (1 << level)])


class _Highs:
    """The greatest number at every place, if each number covers a range of places.

    Two blocks whose length is a power of two cover a range. The greatest number of every block is
    computed first, then passed down to the two halves of the block, level by level.
    """

    def __init__(self, start: Ints, stop: Ints, places: int) -> None:
        sizes = [places]
        while 1 << len(sizes) <= places:
            sizes.append(places - (1 << len(sizes)) + 1)
        self._offset = np.cumsum([0, *sizes])
        level = _level(start, stop)
        block = self._offset[level] + np.stack((start, stop - (1 << level)))
        order = np.argsort(block, axis=None, kind="stable")
        blocks = block.ravel()[order]
        self._numbers = order % max(len(start), 1)
        self._firsts = np.flatnonzero(np.diff(blocks, prepend=-1))
        self._blocks = blocks[self._firsts]

    def of(self, numbers: Floats) -> Floats:
        """Return the greatest number at every place; -inf where no range is."""
        table = np.full(self._offset[-1], -np.inf)
        if len(self._firsts):
            table[self._blocks] = np.maximum.reduceat(numbers[self._numbers], self._firsts)
        levels = np.split(table, self._offset[1:-1])
        for height in range(len(levels) - 1, 0, -1):
            above, below, half = levels[height], levels[height - 1], 1 << (height - 1)
            for begin in (0, half):
                part = below[begin : begin + len(above)]
                np.maximum(part, above, out=part)
        return levels[0]


def _level(start: Ints, stop: Ints) -> Ints:
    """Return the exponent of the largest power of two that fits into each range."""
    return np.frexp(stop - start)[1].astype(np.int64) - 1


class Search:
    """A search in the rows of the first merges of a program; skips merges without rows."""

    def __init__(self, program: Program, steps: int) -> None:
        self.program, self.steps = program, steps
        bound = program.bound & (np.arange(len(program.merged)) < steps)
        self.merges = np.flatnonzero(bound)
        before = np.append(0, np.cumsum(bound))  # merges with rows before each merge
        start, stop = before[program.start], before[program.stop]
        self.segments = np.flatnonzero(start < stop)
        self.start, self.stop = start[self.segments], stop[self.segments]
        self.values = program.values[self.segments]
        self.pair = program.pair[self.segments]
        self.noise = program.noise[self.segments]
        self.own = program.own[self.merges]
        self.own_noise = program.own_noise[self.merges]
        self.highs = _Highs(self.start, self.stop, len(self.merges))

    def look(self, at: Point) -> tuple[Point, Rows]:
        """Return the point with the v that makes all rows hold, and the rows that were broken.

        This is the lowest such v for the shares and w of the point:
        v[t] = max(0, max over pairs p of (alpha · c[p](t) - w[p]) - alpha · c[m(t)](t)).
        """
        own, value = self._mixed(at.shares)
        rows = self._broken(value - at.under[self.pair], own + at.over[self.merges])
        return self._mended(at, own, value), rows

    def eased(self, at: Point) -> Point:
        """Return a point with the same shares where all rows hold, often at a lower cost.

        Raising only v, as `look` does, is expensive where one pair is ahead of many merges. Here w
        is raised until all rows hold, and then v is lowered as far as this allows:
        w[p] = max(0, max over merges t of alpha · (c[p](t) - c[m(t)](t)) - v[t]).
        """
        own, value = self._mixed(at.shares)
        least = own + at.over[self.merges]
        by = value - least[_Lows(least).where(self.start, self.stop)]
        under = np.zeros(len(at.under))
        np.maximum.at(under, self.pair, by)
        return self._mended(replace(at, under=under), own, value)

    def _mixed(self, shares: Floats) -> tuple[Floats, Floats]:
        """Return the counts of the merged pairs, and of all segments, in a mixture."""
        return self.own @ shares + self.own_noise, self.values @ shares + self.noise

    def _mended(self, at: Point, own: Floats, value: Floats) -> Point:
        """Return a point with the smallest v for its shares and w."""
        over = np.zeros(len(at.over))
        most = self.highs.of(value - at.under[self.pair])
        over[self.merges] = np.maximum(most - own, 0)
        return replace(at, over=over)

    def _broken(self, value: Floats, least: Floats) -> Rows:
        """Return the most broken rows of every merge."""
        lows = _Lows(least)
        step = lows.where(self.start, self.stop)
        low = np.flatnonzero(value - least[step] > BROKEN)
        steps, segments = [step[low]], [low]
        start, length = self.start[low], (self.stop - self.start)[low]
        parts = int(np.clip(_SEARCHED / max(len(low), 1), *_PARTS))
        for part in range(parts):
            begin, end = start + length * part // parts, start + length * (part + 1) // parts
            some = np.flatnonzero(end > begin)
            steps.append(lows.where(begin[some], end[some]))
            segments.append(low[some])
        rows = _unique(np.concatenate(steps), np.concatenate(segments))
        by = value[rows.segment] - least[rows.step]
        real = by > BROKEN
        rows = rows.only(real)
        rows = rows.only(_worst(rows.step, by[real], _MOST))
        return Rows(self.merges[rows.step], self.segments[rows.segment])


def _unique(steps: Ints, segments: Ints) -> Rows:
    """Return every row once."""
    width = int(segments.max(initial=0)) + 1
    keys = distinct(steps * width + segments)
    return Rows(keys // width, keys % width)


def _worst(steps: Ints, by: Floats, most: int) -> NDArray[np.int64]:
    """Return for every step the places of its `most` most broken rows."""
    order = np.lexsort((-by, steps))
    rank = np.arange(len(order)) - np.searchsorted(steps[order], steps[order])
    return order[rank < most]
