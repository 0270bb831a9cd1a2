"""Linear programs with only some of the rows, where shares are unknown or given.

Counts are scaled in the model, so that the solver's tolerance is far below one occurrence of
a pair.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from tokscope.mixture.model import Go, Model, Optimum, new_model
from tokscope.mixture.program import NO_ROWS, Floats, Ints, Program, Rows
from tokscope.mixture.search import Point, Search

SCALE = 1e6  # of counts in the model: the solver's tolerance is then 1e-13 of a corpus
_SLACK = 1e-6  # a row that exceeds its bound by more than this does not bind
_BINDS = 1e-9  # a row with a greater dual binds
_IDLE = 4  # rounds after which a row that does not bind is dropped


class Held:
    """The rows in a model: its first columns, then a column for each v and w that rows need."""

    def __init__(self, program: Program, model: Model, columns: int, limit: int | None) -> None:
        self.pair, self.model, self.columns, self.limit = program.pair, model, columns, limit
        self.over = np.full(len(program.merged), -1)  # the column of each v
        self.under = np.full(int(program.pair.max(initial=-1)) + 1, -1)  # the column of each w
        self.rows, self.least = NO_ROWS, np.zeros(0)
        self.idle = np.zeros(0, np.int64)

    def add(self, rows: Rows, before: csr_array, least: Floats) -> None:
        """Add rows, with their entries in the first columns."""
        pair = self.pair[rows.segment]
        self._add_columns(self.over, rows.step)
        self._add_columns(self.under, pair)
        excuses = np.column_stack((self.over[rows.step], self.under[pair]))
        whole = _with_ones(before, excuses, self.columns)
        self.model.add_rows(whole, least, np.full(len(rows), np.inf))
        self.rows, self.least = self.rows.and_(rows), np.append(self.least, least)
        self.idle = np.append(self.idle, np.zeros(len(rows), np.int64))

    def _add_columns(self, table: Ints, wanted: Ints) -> None:
        """Give every wanted v or w a column if it has none."""
        new = np.unique(wanted[table[wanted] < 0])
        table[new] = self.columns + np.arange(len(new))
        self.columns += len(new)
        self.model.add_columns(np.ones(len(new)), self.limit)

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum, and note which rows bind; the rows held are the last in the model."""
        optimum = self.model.solve(go)
        if optimum is not None:
            slack = optimum.activity[len(optimum.activity) - len(self.rows) :] - self.least
            self.idle = np.where(slack > _SLACK, self.idle + 1, 0)
        return optimum

    def excused(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the v and w of a solution."""
        excuses = np.append(x, 0) / SCALE  # the last value is for a v or w without a column
        return excuses[self.over], excuses[self.under]

    def drop_idle(self, fixed: int) -> Ints:
        """Drop rows behind the fixed ones that have not bound for some rounds; return the rest."""
        idle = self.idle >= _IDLE
        if idle.sum() * 10 < len(idle):
            return np.arange(len(idle))
        self.model.delete_rows(np.flatnonzero(idle) + fixed)
        self.rows, self.idle = self.rows.only(~idle), self.idle[~idle]
        self.least = self.least[~idle]
        return np.flatnonzero(~idle)


class Master:
    """The program with some of its rows, where shares are unknown."""

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

        Shares, multiplied by `factors` if given, sum to 1. `limit` bounds the sum of v and w.
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
        self.fixed = 1 if limit is None else 2  # rows that are never dropped
        self.held = Held(program, self.model, self.n, None if limit is None else 1)
        self.matrix = csr_array((0, self.n))  # of the rows held, in the columns of shares
        self.open = np.ones(self.n, bool)  # corpora that may have a share
        self.add(rows)

    @property
    def rows(self) -> Rows:
        """The rows held."""
        return self.held.rows

    def add(self, rows: Rows) -> None:
        """Add rows."""
        if not len(rows):
            return
        program = self.program
        of_shares = csr_array(program.own[rows.step]) - program.values[rows.segment]
        of_shares = csr_array(of_shares * SCALE)
        noise = program.noise[rows.segment] - program.own_noise[rows.step]
        self.held.add(rows, of_shares, SCALE * noise)
        self.matrix = _below(self.matrix, of_shares)

    def add_new(self, rows: Rows) -> None:
        """Add those of the rows that are not held yet."""
        width = len(self.program.start)
        known = self.rows.step * width + self.rows.segment
        self.add(rows.only(~np.isin(rows.step * width + rows.segment, known)))

    def solve(self, go: Go) -> tuple[Point, float] | None:
        """Return the best point for these rows, and a lower bound of the optimum of all rows."""
        optimum = self.held.solve(go)
        if optimum is None:
            return None
        return self.point(optimum.x), self._proven(optimum.dual[self.fixed :])

    def stretch(self, goal: Floats, *, primal: bool, go: Go) -> tuple[Point, float] | None:
        """Minimise a goal over shares times factors; return the point and the value of the goal."""
        costs = np.zeros(self.held.columns)
        costs[: self.n] = goal
        self.model.change(costs=costs, primal=primal)
        optimum = self.model.solve(go)
        return None if optimum is None else (self.point(optimum.x), optimum.value)

    def point(self, x: Floats) -> Point:
        """Convert a solution of the model to a point of the program."""
        x = np.maximum(x, 0) / np.maximum(x[: self.n], 0).sum()
        return Point(x[: self.n], *self.held.excused(x))

    def _proven(self, dual: Floats) -> float:
        """Return a lower bound of the objective, by weak duality.

        Take any y >= 0 whose sum over the rows of each v and each w is at most 1. The objective is
        at least the minimum over corpora of y · (c[p] - c[m]).
        """
        weights = np.maximum(dual, 0)
        pair = self.program.pair[self.rows.segment]
        sums = np.bincount(self.rows.step, weights), np.bincount(pair, weights)
        weights = weights / max(1.0, *(float(part.max(initial=0)) for part in sums))
        gains = (self.held.least @ weights - self.matrix.T @ weights)[self.open]
        return max(float(gains.min()) / SCALE, 0.0)

    def leave_out(self, corpus: int) -> None:
        """Fix the share of one corpus at 0, and free all others."""
        upper = np.full(self.held.columns, np.inf)
        upper[corpus] = 0.0
        self.open = np.arange(self.n) != corpus
        self.model.change(upper=upper)

    def drop_idle(self) -> None:
        """Drop rows that have not bound for some rounds."""
        self.matrix = self.matrix[self.held.drop_idle(self.fixed)]


class Given:
    """The program with some of its rows and given shares: only v and w are unknown.

    A row has two entries here rather than one for each corpus, so that solving is fast. The rows
    that bind at good shares are the ones that help to find better shares.
    """

    def __init__(self, program: Program, rows: Rows, *, live: bool = True) -> None:
        """Begin with some rows, at least one."""
        self.program = program
        self.model = new_model(0, live=live)
        self.held = Held(program, self.model, 0, None)
        self._add(rows, np.zeros(len(rows)))

    def _add(self, rows: Rows, least: Floats) -> None:
        self.held.add(rows, csr_array((len(rows), 0)), least)

    def settle(
        self, shares: Floats, search: Search, gap: float, go: Go
    ) -> tuple[Point, Rows] | None:
        """Return the cheapest point with these shares where all rows hold, and the rows that bind.

        Its cost is at most `gap` above the smallest, relative to it. None if time ran out.
        """
        value, own = self.program.mixed(shares)
        held = self.held
        held.least = SCALE * (value[held.rows.segment] - own[held.rows.step])
        self.model.raise_rows(held.least)
        best = None
        while True:
            optimum = held.solve(go)
            if optimum is None:
                return None
            at = Point(shares, *held.excused(np.maximum(optimum.x, 0)))
            looked, rows = search.look(at)
            points = (looked, search.eased(at), *([best] if best else []))
            best = min(points, key=lambda point: point.cost)
            if not len(rows) or best.cost <= optimum.value / SCALE * (1 + gap):
                return best, held.rows.only(optimum.dual > _BINDS)
            held.drop_idle(0)
            self._add(rows, SCALE * (value[rows.segment] - own[rows.step]))


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
