"""Shares from replayed pairs: the linear program of Hayase et al. 2024 (arXiv 2407.16607).

Merge t was the most frequent pair of what the tokenizer was trained on. With c[p](t) the counts of
a pair before merge t in each of n corpora, as parts of the corpus's own pairs,

    minimise  sum v + sum w   over shares alpha, v >= 0, w >= 0
    with      alpha · c[m(t)](t) + v[t] + w[p] >= alpha · c[p](t)   for all t and p other than m(t).

There are millions of such rows, and few that matter. A pair's counts stay the same from one of its
records to the next (a segment), so the row of a segment that is broken most is where its merges
have least: all are found with one product and one table of range minima. Broken rows are added and
the program solved again, until none is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from tokscope.errors import TokscopeError
from tokscope.mixture.replay import Replay

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SCALE = 1e6  # the solver's tolerance of 1e-7 is then 1e-13 of a corpus
_BROKEN = 1e-11  # rows broken by less are kept
_SEARCHED = 30_000  # ranges searched for broken rows in a round,
_PARTS = (8, 256)  # as parts of every broken segment, from so many to so many
_MOST = (5, 20)  # rows that a merge gets in a round; the latter where segments are in many parts
_IDLE = 10  # rounds after which a row that does not bind is dropped,
_NEAR = 1e-3  # until the gap is this part of the objective
# The cost of v at first; w costs 1. Among the many optima of v and w this finds one that keeps most
# of the rows that are not there yet; else rounds that change next to nothing follow each other.
_CHEAPER = 1 - 1e-5
_STAGES = (10, 3)  # parts of the merges that are solved first, roughly
_ROUGH = 1e-3
_TRIES = 4  # rounds of rows for each end of a range
_EXACT = 1e-10  # of the objective


@dataclass(frozen=True)
class Program:
    """S segments of P pairs, T merges and n corpora; counts are parts of a corpus's pairs."""

    values: Floats  # (S, n) counts of a pair from `start` to `stop`
    own: Floats  # (T, n) counts of the pair that is merged, before it is
    start: Ints  # (S,)
    stop: Ints  # (S,)
    pair: Ints  # (S,)
    merged: Ints  # (T,) the pair of each merge, -1 if no corpus ever holds it
    free: NDArray[np.bool_]  # (T,) merges that make no rows, whatever the counts are
    records: Ints  # (S,) the replay's record of each segment
    merging: Ints  # (T,) the replay's record of each merge

    @property
    def bound(self) -> NDArray[np.bool_]:
        """Whether a merge makes rows: some corpus holds its pair; shape (T,)."""
        return np.any(self.own > 0, axis=1) & ~self.free

    def head(self, steps: int) -> Program:
        """Return the program of the first merges alone."""
        seen = self.start < steps
        return Program(
            self.values[seen],
            self.own[:steps],
            self.start[seen],
            np.minimum(self.stop[seen], steps),
            self.pair[seen],
            self.merged[:steps],
            self.free[:steps],
            self.records[seen],
            self.merging[:steps],
        )

    def reweighted(self, occurrences: Floats, pairs: Floats) -> Program:
        """Return the same rows with other counts."""
        values = occurrences / np.maximum(pairs, 1)
        own = np.zeros((len(self.merged), len(pairs)))
        there = self.merged >= 0
        own[there] = values[self.merging[there]]
        return replace(self, values=values[self.records], own=own)


@dataclass(frozen=True)
class Rows:
    """Rows of the program: at a merge, against a segment."""

    step: Ints
    segment: Ints

    def __len__(self) -> int:
        return len(self.step)

    def only(self, chosen: NDArray[Any]) -> Rows:
        """Return some of them."""
        return Rows(self.step[chosen], self.segment[chosen])

    def unique(self) -> Rows:
        """Return each of them once."""
        order = np.lexsort((self.segment, self.step))
        step, segment = self.step[order], self.segment[order]
        new = np.append(True, (np.diff(step) > 0) | (np.diff(segment) > 0))[: len(step)]
        return Rows(step[new], segment[new])


@dataclass(frozen=True)
class Solution:
    """Shares of pairs, and what had to be excused for them.

    The least objective is from `objective` to `objective + gap`; the gap of an exact solution is 0.
    """

    shares: Floats  # (n,) of pairs
    over: Floats  # (T,) v: merges that are ahead of their counts
    under: Floats  # (P,) w: pairs with more counts than merges show
    objective: float
    gap: float
    rows: Rows
    sweeps: int

    @property
    def cost(self) -> float:
        """What the program minimises, at these shares."""
        return float(self.over.sum() + self.under.sum())


def program(replay: Replay, occurrences: Floats, pairs: Floats, free: NDArray[np.bool_]) -> Program:
    """Write the program of replayed words.

    Args:
        replay: of words in n corpora under T merges, with R records.
        occurrences: (R, n) `replay.occurrences` of their counts.
        pairs: (n,) pairs before the first merge.
        free: (T,) merges that make no rows, whatever the counts are.

    Raises:
        TokscopeError: no merge makes rows.
    """
    rules, steps = replay.rules, len(replay.rules)
    last = np.append(replay.first[1:], True)[: len(replay)]
    stop = np.where(last, steps, np.append(replay.start[1:], 0)[: len(replay)])
    pair = np.cumsum(replay.first) - 1
    # the record that holds when a merge is done
    moments = replay.keys * (steps + 1) + replay.start
    merging = np.searchsorted(moments, rules.keys * (steps + 1) + np.arange(steps), "right") - 1
    there = (rules.keys >= 0) & (merging >= 0)
    there[there] = replay.keys[merging[there]] == rules.keys[there]
    merged = np.full(steps, -1)
    merged[there] = pair[merging[there]]
    used = np.flatnonzero((stop > replay.start) & np.any(occurrences > 0, axis=1))
    unweighted = Program(
        np.zeros((0, 0)),
        np.zeros((0, 0)),
        replay.start[used],
        stop[used],
        pair[used],
        merged,
        free,
        used,
        merging,
    )
    found = unweighted.reweighted(occurrences, pairs)
    if not found.bound.any():
        raise TokscopeError(
            "no merge can be found in these corpora: their text is too little, or nothing like "
            "what the tokenizer was trained on"
        )
    return found


class _Lows:
    """Where numbers are least, for any range of them: a sparse table."""

    def __init__(self, numbers: Floats) -> None:
        self.numbers = numbers
        self.levels = [np.arange(len(numbers))]
        while 1 << len(self.levels) <= len(numbers):
            half = 1 << (len(self.levels) - 1)
            below = self.levels[-1]
            self.levels.append(self._lower(below[:-half], below[half:]))
        flat = np.concatenate(self.levels)
        self._flat = flat
        self._offset = np.cumsum([0, *map(len, self.levels)])

    def _lower(self, first: Ints, second: Ints) -> Ints:
        return np.where(self.numbers[first] <= self.numbers[second], first, second)

    def where(self, start: Ints, stop: Ints) -> Ints:
        """Return the place of the least number in each range, which is not empty."""
        level = np.frexp(stop - start)[1].astype(np.int64) - 1
        at = self._offset[level]
        return self._lower(self._flat[at + start], self._flat[at + stop - (1 << level)])


class _Solver:
    """The rows at hand, and the best shares for them."""

    def __init__(self, program: Program, rows: Rows) -> None:
        self.program = program
        self.values, self.own = program.values * _SCALE, program.own * _SCALE
        self.bound = program.bound
        self.rows, self.idle = rows, np.zeros(len(rows), np.int64)
        n = program.values.shape[1]
        self.shares = np.full(n, 1 / n)
        self.over = np.zeros(len(program.merged))
        self.under = np.zeros(int(program.pair.max()) + 1)
        self.least = 0.0  # the optimum of the rows at hand, at most that of all
        self.moved = self.raised = np.inf
        self.sweeps = 0

    @property
    def gap(self) -> float:
        """How far the optimum can be above that of the rows at hand."""
        cost = self.over.sum() + self.under.sum() + self.raised  # raising v mends every row
        return max(float(cost - self.least), 0.0)

    def broken(self) -> Rows:
        """Find rows that do not hold; of every merge, those that are broken most."""
        program = self.program
        self.sweeps += 1
        least = np.where(self.bound, self.own @ self.shares + self.over, np.inf)
        lows = _Lows(least)
        value = self.values @ self.shares - self.under[program.pair]
        step = lows.where(program.start, program.stop)
        low = np.flatnonzero(value - least[step] > _BROKEN * _SCALE)
        steps, segments = [step[low]], [low]
        start, length = program.start[low], (program.stop - program.start)[low]
        parts = int(np.clip(_SEARCHED / max(len(low), 1), *_PARTS))
        for part in range(parts):
            begin, end = start + length * part // parts, start + length * (part + 1) // parts
            some = np.flatnonzero(end > begin)
            steps.append(lows.where(begin[some], end[some]))
            segments.append(low[some])
        rows = Rows(np.concatenate(steps), np.concatenate(segments)).unique()
        by = value[rows.segment] - least[rows.step]
        real = (by > _BROKEN * _SCALE) & (program.pair[rows.segment] != program.merged[rows.step])
        rows, by = rows.only(real), by[real]
        raised = np.zeros(len(self.over))
        np.maximum.at(raised, rows.step, by)
        self.raised = float(raised.sum())
        return rows.only(_worst(rows.step, by, _MOST[parts > _PARTS[0]]))

    def add(self, rows: Rows) -> None:
        """Add rows to those at hand."""
        self.rows = Rows(
            np.append(self.rows.step, rows.step), np.append(self.rows.segment, rows.segment)
        )
        self.idle = np.append(self.idle, np.zeros(len(rows), np.int64))

    def solve(self, cost: float) -> None:
        """Find the best shares for the rows at hand, and drop rows that have long not mattered."""
        n = len(self.shares)
        matrix, steps, pairs = _matrix(self.rows, self.values, self.own, self.program.pair)
        costs = np.repeat((0.0, cost, 1.0), (n, len(steps), len(pairs)))
        simplex = csr_array((costs == 0).astype(float)[None, :])
        found = _linprog(costs, matrix, simplex)
        self.moved = float(np.abs(found.x[:n] - self.shares).max())
        self._take(found.x, steps, pairs)
        # while the optimum rises: else rows might come and go for ever
        drop = found.fun > self.least * (1 + 1e-9) and self.raised > _NEAR * found.fun
        self.least = max(self.least, found.fun)
        self.idle = np.where(matrix @ found.x > -1e-6, 0, self.idle + 1)
        if drop:
            keep = self.idle < _IDLE
            self.rows, self.idle = self.rows.only(keep), self.idle[keep]

    def stretch(self, corpus: int, sign: int, factors: Floats, limit: float) -> float:
        """Find the least (1) or most (-1) of one share within a limit of the objective."""
        n = len(factors)
        matrix, steps, pairs = _matrix(self.rows, self.values, self.own, self.program.pair)
        free = len(steps) + len(pairs)
        costs = np.concatenate((np.full(n, -limit * _SCALE), np.ones(free)))
        above = vstack((matrix, csr_array(costs[None, :])), format="csr")
        total = csr_array(np.concatenate((factors, np.zeros(free)))[None, :])
        goal = np.zeros(n + free)
        goal[corpus] = factors[corpus] * sign
        found = _linprog(goal, above, total)
        self._take(found.x / found.x[:n].sum(), steps, pairs)
        return abs(float(found.fun))

    def _take(self, variables: Floats, steps: Ints, pairs: Ints) -> None:
        """Take shares, v and w from a solution."""
        n = len(self.shares)
        self.shares, over, under = np.split(variables, (n, n + len(steps)))
        self.over, self.under = np.zeros_like(self.over), np.zeros_like(self.under)
        self.over[steps], self.under[pairs] = over, under

    def search(self, cost: float, tolerance: float, advance: Callable[[float], None]) -> bool:
        """Add rows and solve until no row is broken; tell whether it came to that."""
        if len(self.rows):
            self.solve(cost)
        self.moved = np.inf
        while len(broken := self.broken()):
            if self.moved < tolerance:
                return False
            advance(self.gap / self.least if self.least else np.inf)
            self.add(broken)
            self.solve(cost)
        return True

    def solution(self) -> Solution:
        """Return what was found."""
        return Solution(
            self.shares,
            np.maximum(self.over, 0) / _SCALE,
            np.maximum(self.under, 0) / _SCALE,
            max(self.least, 0.0) / _SCALE,
            self.gap / _SCALE,
            self.rows,
            self.sweeps,
        )


def _worst(steps: Ints, by: Floats, most: int) -> Ints:
    """Return the places of some rows for every step: those that are broken most."""
    order = np.lexsort((-by, steps))
    rank = np.arange(len(order)) - np.searchsorted(steps[order], steps[order])
    return order[rank < most]


def _matrix(rows: Rows, values: Floats, own: Floats, pair: Ints) -> tuple[csr_array, Ints, Ints]:
    """Return the rows as (c[p] - c[m]) · alpha - v - w <= 0, and which v and w are in them."""
    steps, over = np.unique(rows.step, return_inverse=True)
    pairs, under = np.unique(pair[rows.segment], return_inverse=True)
    count, n = len(rows), values.shape[1]
    row = np.arange(count)
    entries = np.concatenate(
        ((values[rows.segment] - own[rows.step]).ravel(), np.full(2 * count, -1.0))
    )
    at_row = np.concatenate((np.repeat(row, n), row, row))
    at = np.concatenate((np.tile(np.arange(n), count), n + over, n + len(steps) + under))
    matrix = csr_array((entries, (at_row, at)), shape=(count, n + len(steps) + len(pairs)))
    return matrix, steps, pairs


def _linprog(costs: Floats, matrix: csr_array, total: csr_array) -> Any:
    """Minimise costs · x over x >= 0 with matrix · x <= 0 and total · x = 1."""
    found = linprog(
        costs,
        A_ub=matrix,
        b_ub=np.zeros(matrix.shape[0]),
        A_eq=total,
        b_eq=[1.0],
        method="highs-ipm",
    )
    if found.status != 0:
        raise RuntimeError(f"HiGHS did not solve the program: {found.message}")
    return found


NO_ROWS = Rows(np.zeros(0, np.int64), np.zeros(0, np.int64))


def solve(
    program: Program,
    *,
    tolerance: float = 0.0,
    rows: Rows = NO_ROWS,
    advance: Callable[[float], None] = lambda _: None,
) -> Solution:
    """Find the shares that need the least excuse.

    Args:
        program: of n corpora.
        tolerance: stop when a round moves no share by more; 0 goes on until no row is broken.
        rows: to begin with, of another solution with the same segments.
        advance: is told after every round how far the optimum can still be, as part of itself.
    """
    solver = _Solver(program, rows)
    bound = solver.bound
    for part in _STAGES if not len(rows) else ():
        solver.bound = bound & (np.arange(len(bound)) < len(bound) // part)
        solver.search(_CHEAPER, max(tolerance, _ROUGH), advance)
    solver.bound = bound
    if not solver.search(_CHEAPER, tolerance, advance):
        return solver.solution()
    found = solver.solution()
    solver.solve(1.0)  # on the same rows: a lower bound
    if found.cost - solver.least / _SCALE <= _EXACT * found.cost:
        return replace(found, objective=found.cost, gap=0.0)
    solver.search(1.0, tolerance, advance)
    return solver.solution()


def best_parts(program: Program, rows: Rows, factors: Floats, limit: float) -> Floats:
    """Return the least and the most that each share can be where the program costs no more; (n, 2).

    Shares are taken by `factors` and made to add up to 1 again. With those as variables (Charnes
    and Cooper 1962) the sum of the program's own shares is one more variable, and the limit is
    that many times as high: a linear program for each end. Rows that its solution breaks are added
    a few times; ends are at most too far apart.

    Args:
        program: of n corpora.
        rows: to begin with.
        factors: (n,) bytes per pair, say.
        limit: of the objective.
    """
    solver = _Solver(program, rows)
    found = np.zeros((len(factors), 2))
    for corpus, side in product(range(len(factors)), (0, 1)):
        for _ in range(_TRIES):
            found[corpus, side] = solver.stretch(corpus, (1, -1)[side], factors, limit)
            broken = solver.broken()
            if not len(broken):
                break
            solver.add(broken)
    return found
