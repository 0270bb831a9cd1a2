"""Other shares that explain the merges nearly as well, and what excluding a corpus costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokscope.mixture.master import Master
from tokscope.mixture.model import ENDLESS, Budget
from tokscope.mixture.program import Floats, Program
from tokscope.mixture.search import Search
from tokscope.mixture.solve import Solution

_TRIES = 4  # rounds of adding broken rows, for each end of a range


def without(
    program: Program,
    solution: Solution,
    *,
    most: int | None = None,
    budget: Budget = ENDLESS,
    live: bool = True,
) -> Floats:
    """Return by how much the objective rises, at least, if a corpus is excluded; shape (n,).

    The rise is relative to the objective. It is a lower bound: it uses the rows of the solution and
    those found broken in a few rounds, and more rows could only raise it. Corpora are excluded one
    at a time, those with the largest share first, `most` of them. The result is 0 for a corpus
    without a share. It is NaN for corpora not tried, when time is up, and if the objective is 0.
    """
    if solution.gap == 0 and solution.bound == 0:
        return np.full(len(solution.shares), np.nan)
    rises = np.where(solution.shares > 0, np.nan, 0.0)
    master = Master(program, solution.rows, live=live)
    search = Search(program, solution.steps)
    for corpus in np.argsort(-solution.shares)[:most]:
        if not solution.shares[corpus]:
            break
        master.leave_out(int(corpus))
        best = _bound(master, search, budget)
        if best is None:
            break
        rises[corpus] = max(best / solution.objective - 1, 0.0)
    return rises


def _bound(master: Master, search: Search, budget: Budget) -> float | None:
    """Return a lower bound of the objective; None if time ran out."""
    answer = master.solve(budget.lasts)
    for _ in range(_TRIES):
        if answer is None or not len(rows := search.look(answer[0])[1]):
            break
        master.add(rows)
        answer = master.solve(budget.lasts)
    return None if answer is None else answer[1]


def ranges(
    program: Program,
    solution: Solution,
    factors: Floats,
    slack: float,
    corpora: Sequence[int],
    *,
    budget: Budget = ENDLESS,
    live: bool = True,
) -> Floats:
    """Return the smallest and largest shares that cost little more than the best; shape (n, 2).

    Shares are multiplied by `factors` (bytes per pair, for example) and scaled to sum to 1. If the
    scaled shares are the variables (Charnes and Cooper 1962), the sum of the program's own shares
    is one more variable, and the limit on the objective is multiplied by it. So each end of a range
    is a linear program. Broken rows are added for a few rounds only, so a range can be too wide but
    never too narrow.

    Args:
        program: the linear program of n corpora.
        solution: the solution of the program.
        factors: (n,) what the shares are multiplied by.
        slack: by what part of itself the objective may rise.
        corpora: which corpora to try; NaN for the others, and for those when time is up.
        budget: how long this may take.
        live: whether HiGHS may start from its last solution.
    """
    ends = np.full((len(factors), 2), np.nan)
    factors = factors / factors.mean()  # does not change shares, and keeps all numbers on one scale
    limit = solution.objective * (1 + slack)
    master = Master(program, solution.rows, factors=factors, limit=limit, live=live)
    search = Search(program, solution.steps)
    for corpus in corpora:
        for side, sign in enumerate((1, -1)):
            goal = np.zeros(len(factors))
            goal[corpus] = factors[corpus] * sign
            end = _end(master, search, goal, budget)
            if end is None:
                return ends
            ends[corpus, side] = np.clip(sign * end, 0, 1)
    return ends


def _end(master: Master, search: Search, goal: Floats, budget: Budget) -> float | None:
    """Return a lower bound of the smallest value of a goal; None if time ran out."""
    answer = master.stretch(goal, primal=True, go=budget.lasts)
    for _ in range(_TRIES):
        if answer is None:
            return None
        _, rows = search.look(answer[0])
        if not len(rows):
            break
        master.add(rows)
        answer = master.stretch(goal, primal=False, go=budget.lasts)
    return None if answer is None else answer[1]
