"""The shares that need the least excuse, with a proof of how near they are.

There are millions of rows, and few that matter. The rows at hand are solved, those that their
solution breaks are added, and so on. Every round has both ends of a proof: what it costs to excuse
all rows at some shares is never less than the optimum, and the optimum of some of the rows, taken
from its dual, is never more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from tokscope.mixture.model import ENDLESS, Budget, Go, new_model
from tokscope.mixture.program import NO_ROWS, Floats, Ints, Program, Rows
from tokscope.mixture.search import Point, Search

SCALE = 1e6  # of counts in the model: the solver's tolerance is then 1e-13 of a corpus
_STAGES = (300, 1_000, 3_000, 10_000, 30_000, 100_000)  # merges that are solved one after another
_EXACT = 1e-10  # of the objective
_NOTHING = 1e-12  # of all pairs: an objective below it is the solver's rounding
_SETTLED = 0.01  # of the objective: an answer that is nearer than this is one
_PART = 0.7  # of the way from the best shares to those of the model, where rows are looked for
_IDLE = 4  # rounds after which a row that does not bind is dropped,
_NEAR = 1e-3  # until the gap is this part of the objective


def _gap(cost: float, bound: float) -> float:
    """Return by what part a cost is above a bound; 0 for what is rounding, inf above no bound."""
    if cost < _NOTHING:
        return 0.0
    return max(cost - bound, 0.0) / bound if bound > 0 else np.inf


@dataclass(frozen=True)
class Stage:
    """The answer of the first merges alone: the optimum is from `bound` to the cost of the best."""

    steps: int
    best: Point
    bound: float
    rounds: int
    is_done: bool = False  # no row is broken, or the gap is as small as was asked for

    @property
    def gap(self) -> float:
        """By what part the best can cost more than the optimum, at most."""
        return _gap(self.best.cost, self.bound)


@dataclass(frozen=True)
class Solution:
    """Shares of pairs, and what had to be excused for them.

    The least objective is from `bound` to `objective`.
    """

    steps: int  # T merges that are explained
    shares: Floats  # (n,) of pairs
    over: Floats  # (T,) v: merges that are ahead of their counts
    under: Floats  # (P,) w: pairs with more counts than merges show
    objective: float
    bound: float
    rows: Rows  # of the program's first merges, so many
    rounds: int
    is_done: bool  # all merges are explained, as near to the optimum as was asked for
    stages: Sequence[Stage]  # up to the last one begun

    @property
    def gap(self) -> float:
        """By what part the objective can be above the optimum, at most."""
        return _gap(self.objective, self.bound)

    @property
    def is_exact(self) -> bool:
        """Whether the optimum is proven, to the solver's precision."""
        return self.gap <= 2 * _EXACT

    def move(self) -> float:
        """Return the most that a share moved from the stage before; NaN if there is none."""
        before = [stage for stage in self.stages if stage.steps < self.steps]
        if not before:
            return np.nan
        return float(np.abs(self.shares - before[-1].best.shares).max())


class Master:
    """The rows at hand, in a model."""

    def __init__(
        self,
        program: Program,
        rows: Rows = NO_ROWS,
        *,
        factors: Floats | None = None,
        limit: float | None = None,
        live: bool = True,
    ) -> None:
        """Begin with some rows.

        Shares times factors, if there are any, add up to 1; what is excused is at most a limit.
        """
        self.program = program
        self.n = program.values.shape[1]
        self.model = new_model(self.n, live=live)
        self.model.add_columns(np.zeros(self.n))
        one, total = np.ones(1), np.ones(self.n) if factors is None else factors
        self.model.add_rows(csr_array(total[None, :]), one, one)
        if limit is not None:
            most = np.full(self.n, limit * SCALE)
            self.model.add_rows(csr_array(most[None, :]), 0 * one, np.inf * one)
        self.limit = None if limit is None else 1  # its row, behind that of the shares
        self.fixed = 1 if limit is None else 2  # rows that are always there
        self.over = np.full(len(program.merged), -1)  # the column of each v,
        self.under = np.full(int(program.pair.max(initial=-1)) + 1, -1)  # and of each w
        self.columns = self.n
        self.rows, self.idle = NO_ROWS, np.zeros(0, np.int64)
        self.matrix, self.least = csr_array((0, self.n)), np.zeros(0)
        self.open = np.ones(self.n, bool)  # corpora that may have a share
        self.add(rows)

    def add(self, rows: Rows) -> None:
        """Add rows to those at hand."""
        if not len(rows):
            return
        program, pair = self.program, self.program.pair[rows.segment]
        of_shares = csr_array(program.own[rows.step]) - program.values[rows.segment]
        of_shares = csr_array(of_shares * SCALE)
        least = self._least(rows)
        self._add_columns(self.over, rows.step)
        self._add_columns(self.under, pair)
        excuses = np.column_stack((self.over[rows.step], self.under[pair]))
        whole = _with_ones(of_shares, excuses, self.columns)
        self.model.add_rows(whole, least, np.full(len(rows), np.inf))
        self.rows = self.rows.and_(rows)
        self.idle = np.append(self.idle, np.zeros(len(rows), np.int64))
        self.matrix = _below(self.matrix, of_shares)
        self.least = np.append(self.least, least)

    def _add_columns(self, table: Ints, wanted: Ints) -> None:
        """Give every v or w that is wanted a column of its own, if it has none."""
        new = np.unique(wanted[table[wanted] < 0])
        table[new] = self.columns + np.arange(len(new))
        self.columns += len(new)
        self.model.add_columns(np.ones(len(new)), self.limit)

    def solve(self, go: Go = ENDLESS.lasts) -> tuple[Point, float] | None:
        """Return the best point for the rows at hand, and a bound of the optimum of all rows."""
        found = self.model.solve(go)
        if found is None:
            return None
        slack = found.activity[self.fixed :] - self.least
        self.idle = np.where(slack > 1e-6, self.idle + 1, 0)
        return self.point(found.x), self._proven(found.dual[self.fixed :])

    def stretch(self, goal: Floats, *, primal: bool, go: Go) -> tuple[Point, float] | None:
        """Return the point with the least goal, of shares times factors, and that."""
        costs = np.zeros(self.columns)
        costs[: self.n] = goal
        self.model.change(costs=costs, primal=primal)
        found = self.model.solve(go)
        return None if found is None else (self.point(found.x), found.value)

    def point(self, x: Floats) -> Point:
        """Return the place in the program of a solution of the model."""
        x = np.maximum(x, 0) / np.maximum(x[: self.n], 0).sum()
        excuses = np.append(x, 0) / SCALE  # the last one is of what has no column
        return Point(x[: self.n], excuses[self.over], excuses[self.under])

    def _proven(self, dual: Floats) -> float:
        """Return what the objective is at least, by weak duality.

        For all y >= 0 whose sums over the rows of any v or w are at most 1, it is no less than the
        least, over corpora, of y · (c[p] - c[m]).
        """
        weights = np.maximum(dual, 0)
        pair = self.program.pair[self.rows.segment]
        sums = np.bincount(self.rows.step, weights), np.bincount(pair, weights)
        weights = weights / max(1.0, *(float(part.max(initial=0)) for part in sums))
        gains = (self.least @ weights - self.matrix.T @ weights)[self.open]
        return max(float(gains.min()) / SCALE, 0.0)

    def leave_out(self, corpus: int) -> None:
        """Let one corpus have no share, and all others what they want."""
        upper = np.full(self.columns, np.inf)
        upper[corpus] = 0.0
        self.open = np.arange(self.n) != corpus
        self.model.change(upper=upper)

    def _least(self, rows: Rows) -> Floats:
        """Return what rows are at least."""
        noise = self.program.noise[rows.segment] - self.program.own_noise[rows.step]
        return np.asarray(SCALE * noise)

    def drop_idle(self) -> None:
        """Drop rows that have long not mattered."""
        idle = self.idle >= _IDLE
        if idle.sum() * 10 < len(idle):
            return
        self.model.delete_rows(np.flatnonzero(idle) + self.fixed)
        self.rows, self.idle = self.rows.only(~idle), self.idle[~idle]
        self.matrix, self.least = self.matrix[~idle], self.least[~idle]


def _with_ones(left: csr_array, ones: Ints, columns: int) -> csr_array:
    """Return a matrix with two more entries in every row, which are 1."""
    count, width = ones.shape
    row = np.arange(count)
    rows = np.concatenate((np.repeat(row, np.diff(left.indptr)), np.repeat(row, width)))
    at = np.concatenate((left.indices, ones.ravel()))
    entries = np.concatenate((left.data, np.ones(ones.size)))
    return csr_array((entries, (rows, at)), shape=(count, columns))


def _below(first: csr_array, second: csr_array) -> csr_array:
    """Return the rows of one matrix, then those of another."""
    return csr_array(
        (
            np.append(first.data, second.data),
            np.append(first.indices, second.indices),
            np.append(first.indptr, first.nnz + second.indptr[1:]),
        ),
        shape=(first.shape[0] + second.shape[0], second.shape[1]),
    )


Tell = Callable[[Stage, int], None]  # where the search is, of so many merges


def solve(
    program: Program,
    *,
    gap: float = 0.0,
    rows: Rows = NO_ROWS,
    budget: Budget = ENDLESS,
    tell: Tell = lambda *_: None,
    live: bool = True,
) -> Solution:
    """Find the shares that need the least excuse, for more and more merges.

    Args:
        program: of n corpora.
        gap: of the objective; shares that are proven to be so near to the best are good enough.
        rows: to begin with, of another solution with the same segments; then in one stage.
        budget: when it ends, the last stage that is settled is the answer. The first stage is
            always solved.
        tell: is told after every round where the search is.
        live: whether HiGHS may go on from what it has solved.
    """
    steps = len(program.merged)
    master = Master(program, rows, live=live)
    n = master.n
    at = Point(np.full(n, 1 / n), np.zeros(steps), np.zeros(len(master.under)))
    stages: list[Stage] = []
    for size in [steps] if len(rows) else _sizes(program):
        limit = budget if stages else ENDLESS
        if not limit.lasts():
            break
        search = Search(program, size)
        stage, at = _climb(master, search, at, gap, limit, tell=lambda one: tell(one, steps))
        stages.append(stage)
    return _answer(program, master.rows, stages, gap)


def _sizes(program: Program) -> list[int]:
    """Return how many merges each stage has; those before the first that makes rows are extra."""
    steps, first = len(program.merged), int(np.argmin(program.free))
    sizes = [first + size for size in _STAGES if first + size < steps]
    return [*(size for size in sizes if program.bound[:size].any()), steps]


def _climb(
    master: Master,
    search: Search,
    at: Point,
    gap: float,
    budget: Budget,
    *,
    tell: Callable[[Stage], None],
) -> tuple[Stage, Point]:
    """Add rows and solve until shares are near enough, or time is up."""
    bound = 0.0
    if len(master.rows) and (found := master.solve()):
        at, bound = found  # fewer merges cannot ask for more
    best, rows = search.look(at)
    stage = Stage(search.steps, best, bound, 0)
    while len(rows) and stage.gap > max(gap, _EXACT):
        master.add(rows)
        found = master.solve(budget.lasts)
        if found is None:
            break
        at, bound = found
        rose = bound > stage.bound * (1 + 1e-9)  # else rows might come and go for ever
        best, rows = _between(search, stage.best, at)
        if stage.gap > _SETTLED:
            best = min(best, search.eased(at), key=lambda point: point.cost)
        stage = Stage(search.steps, best, max(stage.bound, bound), stage.rounds + 1)
        tell(stage)
        if rose and stage.gap > _NEAR:
            master.drop_idle()
    return replace(stage, is_done=not len(rows) or stage.gap <= max(gap, _EXACT)), at


def _between(search: Search, best: Point, at: Point) -> tuple[Point, Rows]:
    """Look for broken rows on the way from the best point to that of the model, then at its end.

    Rows that are broken on the way are broken at the end too, and cut off more.
    """
    for part in (_PART, 1.0):
        mended, rows = search.look(best.towards(at, part))
        best = min(best, mended, key=lambda point: point.cost)
        if len(rows):
            break
    return best, rows


def _answer(program: Program, rows: Rows, stages: Sequence[Stage], gap: float) -> Solution:
    """Return the last stage that is settled; the first one always is."""
    settled = [stage for stage in stages if stage.gap <= max(gap, _SETTLED)]
    stage = (settled or stages)[-1]
    rows = rows.only(rows.step < stage.steps)
    segments = np.flatnonzero(program.start < stage.steps)
    best = stage.best
    return Solution(
        stage.steps,
        best.shares,
        best.over[: stage.steps],
        best.under,
        best.cost,
        min(stage.bound, best.cost),
        replace(rows, segment=np.searchsorted(segments, rows.segment)),
        sum(stage.rounds for stage in stages),
        stage.is_done and stage.steps == len(program.merged),
        stages,
    )
