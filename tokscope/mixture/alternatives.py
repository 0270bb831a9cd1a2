"""Other shares that explain the merges nearly as well, or would have to without one corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokscope.mixture.master import Master
from tokscope.mixture.model import ENDLESS, Budget
from tokscope.mixture.program import Floats, Program
from tokscope.mixture.search import Search
from tokscope.mixture.solve import Solution

_TRIES = 4  # rounds of rows for each end of a range


def without(
    program: Program,
    solution: Solution,
    *,
    most: int | None = None,
    budget: Budget = ENDLESS,
    live: bool = True,
) -> Floats:
    """Return how much the objective rises, at least, when a corpus may have no share; (n,).

    As a part of the objective, by the rows of a solution and those that are broken in a few rounds:
    all rows could only ask for more. Corpora are left out by turns, those with the largest share
    first, and at most so many; others are NaN, and so are those for which time was up, and all
    where the objective is 0. One that has no share costs nothing.
    """
    if solution.gap == 0 and solution.bound == 0:
        return np.full(len(solution.shares), np.nan)
    found = np.where(solution.shares > 0, np.nan, 0.0)
    master = Master(program, solution.rows, live=live)
    search = Search(program, solution.steps)
    for corpus in np.argsort(-solution.shares)[:most]:
        if not solution.shares[corpus]:
            break
        master.leave_out(int(corpus))
        best = _bound(master, search, budget)
        if best is None:
            break
        found[corpus] = max(best / solution.objective - 1, 0.0)
    return found


def _bound(master: Master, search: Search, budget: Budget) -> float | None:
    """Return what the objective is at least; None where time was up."""
    found = master.solve(budget.lasts)
    for _ in range(_TRIES):
        if found is None or not len(rows := search.look(found[0])[1]):
            break
        master.add(rows)
        found = master.solve(budget.lasts)
    return None if found is None else found[1]


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
    """Return the least and the most that shares can be where little more is excused; (n, 2).

    Shares are taken by `factors` (bytes per pair, say) and made to add up to 1 again. With those as
    variables (Charnes and Cooper 1962) the sum of the program's own shares is one more variable,
    and the limit is that many times as high: a linear program for each end. Rows that its solution
    breaks are added a few times; ends are at most too far apart.

    Args:
        program: of n corpora.
        solution: of the program.
        factors: (n,) that shares are taken by.
        slack: the part of the objective that may be excused beyond it.
        corpora: those that are asked for; others are NaN, and so are those for which time was up.
        budget: how long this may take.
        live: whether HiGHS may go on from what it has solved.
    """
    found = np.full((len(factors), 2), np.nan)
    factors = factors / factors.mean()  # shares are the same, and all numbers of one scale
    limit = solution.objective * (1 + slack)
    master = Master(program, solution.rows, factors=factors, limit=limit, live=live)
    search = Search(program, solution.steps)
    for corpus in corpora:
        for side, sign in enumerate((1, -1)):
            goal = np.zeros(len(factors))
            goal[corpus] = factors[corpus] * sign
            end = _end(master, search, goal, budget)
            if end is None:
                return found
            found[corpus, side] = np.clip(sign * end, 0, 1)
    return found


def _end(master: Master, search: Search, goal: Floats, budget: Budget) -> float | None:
    """Return the least that a goal can be, or something lower; None where time was up."""
    found = master.stretch(goal, primal=True, go=budget.lasts)
    for _ in range(_TRIES):
        if found is None:
            return None
        _, rows = search.look(found[0])
        if not len(rows):
            break
        master.add(rows)
        found = master.stretch(goal, primal=False, go=budget.lasts)
    return None if found is None else found[1]
