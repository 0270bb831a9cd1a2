"""The shares that need the least excuse, with a proof of how near they are.

There are millions of rows, and few that matter. First shares are brought near: what it takes to
excuse all rows at given shares is found, shares are found by the rows that bind there, and so on.
Then the rows at hand are solved, those that their solution breaks are added, to the end.

Every round has both ends of a proof: what it costs to excuse all rows at some shares is never less
than the optimum, and the optimum of some of the rows, taken from its dual, is never more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tokscope.mixture.master import Given, Master
from tokscope.mixture.model import ENDLESS, Budget, Go
from tokscope.mixture.program import NO_ROWS, Floats, Program, Rows
from tokscope.mixture.search import Point, Search

# Merges that are solved one after another.
_STAGES = (300, 1_000, 3_000, 10_000, 18_000, 30_000, 55_000, 100_000)
_EXACT = 1e-10  # of the objective
_NOTHING = 1e-12  # of all pairs: an objective below it is the solver's rounding
_SETTLED = 0.01  # of the objective: an answer that is nearer than this is one
_CLOSER = 0.1  # of the gap that is asked for: how near excuses of given shares are to their least
_PART = 0.7  # of the way from the best shares to those of the model, where rows are looked for
_NEAR = 1e-3  # of the objective: rows that do not bind are kept when the gap is less


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
    steps, n = len(program.merged), program.values.shape[1]
    master = Master(program, rows, live=live)
    given: Given | None = None
    shares = np.full(n, 1 / n)
    stages: list[Stage] = []
    for size in [steps] if len(rows) else _sizes(program):
        limit = budget if stages else ENDLESS
        if not limit.lasts():
            break
        task = _Task(master, Search(program, size), max(gap, _EXACT), limit.lasts, tell, steps)
        stage = task.begin(shares)
        if stages and len(master.rows):
            given = given or Given(program, master.rows, live=live)
            stage = task.approach(stage, given)
        stages.append(task.climb(stage))
        shares = stages[-1].best.shares
    return _answer(program, master.rows, stages, gap)


def _sizes(program: Program) -> list[int]:
    """Return how many merges each stage has; those before the first that makes rows are extra."""
    steps, first = len(program.merged), int(np.argmin(program.free))
    sizes = [first + size for size in _STAGES if first + size < steps]
    return [*(size for size in sizes if program.bound[:size].any()), steps]


@dataclass(frozen=True)
class _Task:
    """The first merges are to be explained, as near to the optimum as is asked for."""

    master: Master
    search: Search
    gap: float
    go: Go
    tell: Tell
    steps: int  # of the whole program

    def begin(self, shares: Floats) -> Stage:
        """Return what some shares cost, at most."""
        return Stage(self.search.steps, self.search.look(self._bare(shares))[0], 0.0, 0)

    def _bare(self, shares: Floats) -> Point:
        """Return the point of some shares where nothing is excused."""
        program = self.master.program
        nothing = np.zeros(len(program.merged)), np.zeros(len(self.master.held.under))
        return Point(shares, *nothing)

    def approach(self, stage: Stage, given: Given) -> Stage:
        """Excuse all rows at given shares, find shares by the rows that bind there, and so on."""
        goal, shares = max(self.gap, _SETTLED), stage.best.shares
        while stage.gap > goal and self.go():
            settled = given.settle(shares, self.search, goal * _CLOSER, self.go)
            if settled is None:
                break
            best = min(stage.best, settled[0], key=_cost)
            stage = replace(stage, best=best)
            if stage.gap <= goal:
                break
            self.master.add_new(settled[1])
            found = self.master.solve(self.go)
            if found is None:
                break
            rose = found[1] > stage.bound * (1 + 1e-9)
            stage = self._told(stage, best, found[1])
            if not rose:
                break
            self.master.drop_idle()
            shares = found[0].shares
        return replace(stage, is_done=stage.gap <= self.gap)

    def climb(self, stage: Stage) -> Stage:
        """Add rows that are broken and solve, until shares are near enough, or time is up."""
        if stage.is_done or not self.go():
            return stage
        at = self._bare(stage.best.shares)
        if len(self.master.rows) and (found := self.master.solve(self.go)):
            at, bound = found  # fewer merges cannot ask for more
            stage = replace(stage, bound=max(stage.bound, bound))
        best, rows = self.search.look(at)
        stage = replace(stage, best=min(stage.best, best, key=_cost))
        while len(rows) and stage.gap > self.gap:
            self.master.add(rows)
            found = self.master.solve(self.go)
            if found is None:
                break
            at, bound = found
            rose = bound > stage.bound * (1 + 1e-9)  # else rows might come and go for ever
            best, rows = self._between(stage.best, at)
            if stage.gap > _SETTLED:
                best = min(best, self.search.eased(at), key=_cost)
            stage = self._told(stage, best, bound)
            if rose and stage.gap > _NEAR:
                self.master.drop_idle()
        return replace(stage, is_done=not len(rows) or stage.gap <= self.gap)

    def _told(self, stage: Stage, best: Point, bound: float) -> Stage:
        """Return a stage after one more round, and tell of it."""
        stage = Stage(stage.steps, best, max(stage.bound, bound), stage.rounds + 1)
        self.tell(stage, self.steps)
        return stage

    def _between(self, best: Point, at: Point) -> tuple[Point, Rows]:
        """Look for broken rows on the way from the best point to the model's, then at its end.

        Rows that are broken on the way are broken at the end too, and cut off more.
        """
        for part in (_PART, 1.0):
            mended, rows = self.search.look(best.towards(at, part))
            best = min(best, mended, key=_cost)
            if len(rows):
                break
        return best, rows


def _cost(point: Point) -> float:
    return point.cost


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
