"""The shares with the smallest cost, and a proof of how near they are to the optimum.

There are millions of rows, but few of them matter. The first phase comes near the optimum: it makes
all rows hold at given shares, solves for shares with the rows that bind there, and repeats. The
second phase solves the program of the rows held so far, adds the rows that the solution breaks, and
repeats until no row is broken.

Every round gives both bounds. The cost of making all rows hold at some shares is never below the
optimum. The dual value of the program with only some of the rows is never above it.
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
_NOTHING = 1e-12  # of all pairs: a smaller objective is only rounding by the solver
_SETTLED = 0.01  # of the objective: an answer with a smaller gap can be used
_CLOSER = 0.1  # of the wanted gap: precision of the costs of given shares
_PART = 0.7  # of the way from the best shares to those of the model: where to look for rows
_NEAR = 1e-3  # of the objective: with a smaller gap, rows that do not bind are kept


def _gap(cost: float, bound: float) -> float:
    """Return by what part a cost exceeds a bound; 0 for rounding, inf without a bound."""
    if cost < _NOTHING:
        return 0.0
    return max(cost - bound, 0.0) / bound if bound > 0 else np.inf


@dataclass(frozen=True)
class Stage:
    """The answer for the first merges; the optimum is between `bound` and the cost of `best`."""

    steps: int
    best: Point
    bound: float
    rounds: int
    is_done: bool = False  # no row is broken, or the gap is as small as wanted

    @property
    def gap(self) -> float:
        """By what part the best can cost more than the optimum, at most."""
        return _gap(self.best.cost, self.bound)


@dataclass(frozen=True)
class Solution:
    """Shares of pairs, and the excuses v and w that they need.

    The optimum is between `bound` and `objective`.
    """

    steps: int  # T merges that are explained
    shares: Floats  # (n,) of pairs
    over: Floats  # (T,) v: merges that came too early for their counts
    under: Floats  # (P,) w: pairs with higher counts than their merges suggest
    objective: float
    bound: float
    rows: Rows  # of the first `steps` merges of the program
    rounds: int
    is_done: bool  # all merges are explained, with a gap as small as wanted
    stages: Sequence[Stage]  # all that were begun

    @property
    def gap(self) -> float:
        """By what part the objective can be above the optimum, at most."""
        return _gap(self.objective, self.bound)

    @property
    def is_exact(self) -> bool:
        """Whether the optimum is proven, to the solver's precision."""
        return self.gap <= 2 * _EXACT

    def move(self) -> float:
        """Return how far any share moved since the stage before; NaN for the first stage."""
        before = [stage for stage in self.stages if stage.steps < self.steps]
        if not before:
            return np.nan
        return float(np.abs(self.shares - before[-1].best.shares).max())


Tell = Callable[[Stage, int], None]  # gets the stage and the number of merges in total


def solve(
    program: Program,
    *,
    gap: float = 0.0,
    rows: Rows = NO_ROWS,
    budget: Budget = ENDLESS,
    tell: Tell = lambda *_: None,
    live: bool = True,
) -> Solution:
    """Find the shares with the smallest cost, for more and more merges.

    Args:
        program: the linear program of n corpora.
        gap: stop when the cost is proven to be at most this much above the optimum, relative to it.
        rows: rows to begin with, from another solution with the same segments. With rows there is
            only one stage.
        budget: when it ends, the answer is the last settled stage. The first stage is always
            solved.
        tell: called after every round with the current stage.
        live: whether HiGHS may start from its last solution.
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
    """Return the number of merges of each stage, plus those before the first one with rows."""
    steps, first = len(program.merged), int(np.argmin(program.free))
    sizes = [first + size for size in _STAGES if first + size < steps]
    return [*(size for size in sizes if program.bound[:size].any()), steps]


@dataclass(frozen=True)
class _Task:
    """One stage to solve: the first merges, with the wanted gap."""

    master: Master
    search: Search
    gap: float
    go: Go
    tell: Tell
    steps: int  # of the whole program

    def begin(self, shares: Floats) -> Stage:
        """Return the first answer, from an upper bound of the cost of some shares."""
        return Stage(self.search.steps, self.search.look(self._bare(shares))[0], 0.0, 0)

    def _bare(self, shares: Floats) -> Point:
        """Return the point with some shares and no excuses."""
        program = self.master.program
        nothing = np.zeros(len(program.merged)), np.zeros(len(self.master.held.under))
        return Point(shares, *nothing)

    def approach(self, stage: Stage, given: Given) -> Stage:
        """Make all rows hold at given shares, solve for shares with the binding rows, repeat."""
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
            answer = self.master.solve(self.go)
            if answer is None:
                break
            rose = answer[1] > stage.bound * (1 + 1e-9)
            stage = self._told(stage, best, answer[1])
            if not rose:
                break
            self.master.drop_idle()
            shares = answer[0].shares
        return replace(stage, is_done=stage.gap <= self.gap)

    def climb(self, stage: Stage) -> Stage:
        """Add broken rows and solve again, until the gap is small enough or time is up."""
        if stage.is_done or not self.go():
            return stage
        at = self._bare(stage.best.shares)
        if len(self.master.rows) and (answer := self.master.solve(self.go)):
            at, bound = answer  # a bound for fewer merges is valid for all
            stage = replace(stage, bound=max(stage.bound, bound))
        best, rows = self.search.look(at)
        stage = replace(stage, best=min(stage.best, best, key=_cost))
        while len(rows) and stage.gap > self.gap:
            self.master.add(rows)
            answer = self.master.solve(self.go)
            if answer is None:
                break
            at, bound = answer
            rose = bound > stage.bound * (1 + 1e-9)  # otherwise dropped rows could return for ever
            best, rows = self._between(stage.best, at)
            if stage.gap > _SETTLED:
                best = min(best, self.search.eased(at), key=_cost)
            stage = self._told(stage, best, bound)
            if rose and stage.gap > _NEAR:
                self.master.drop_idle()
        return replace(stage, is_done=not len(rows) or stage.gap <= self.gap)

    def _told(self, stage: Stage, best: Point, bound: float) -> Stage:
        """Return a stage after one more round, and report it."""
        stage = Stage(stage.steps, best, max(stage.bound, bound), stage.rounds + 1)
        self.tell(stage, self.steps)
        return stage

    def _between(self, best: Point, at: Point) -> tuple[Point, Rows]:
        """Look for broken rows between the best point and that of the model, then at the latter.

        Rows broken on the way are broken at the end too, and they cut off more.
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
    """Return the last settled stage as the solution; the first stage always counts as settled."""
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
