"""Linear programs that grow: HiGHS with one model kept alive, or SciPy from the start each time.

Minimise costs · x over x >= 0, with rows of lower <= matrix · x <= upper. A live model goes on from
the basis that it ended with, which after some new rows is a few pivots from the next optimum.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

try:
    import highspy
except ImportError:  # no wheel for this machine
    highspy: Any = None  # type: ignore[no-redef]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# HiGHS does so many pivots, times entries of the matrix, before we ask whether to go on: some
# tenths of a second. A limit of time would cut at another place each time, and lead to another of
# the many optima of v and w.
_WORK = 300_000_000
_PIVOTS = (50, 5_000)
# Scaled by `program.SCALE`, these are far below what one occurrence of a pair makes.
_TOLERANCE = 1e-7
_OPTIONS: dict[str, object] = {
    "output_flag": False,
    "presolve": "off",
    "solver": "simplex",
    "parallel": "off",
    "threads": 1,
    "simplex_scale_strategy": 0,  # all is of one scale: without it, pivots are cheaper
    "primal_feasibility_tolerance": _TOLERANCE,
    "dual_feasibility_tolerance": _TOLERANCE,
}
_DUAL, _PRIMAL = 1, 4  # HiGHS' numbers of its simplex methods,
_DEVEX, _STEEPEST = 1, 2  # and of the edge weights of the dual one
_SCALED = 2  # and of how it scales as a rule
_WIDE = 30  # dense columns, from which a pivot costs more than the weights that save some
Go = Callable[[], bool]  # asked now and then whether to go on


@dataclass(frozen=True)
class Optimum:
    """The best x; duals and slacks are those of the rows, in their order."""

    x: Floats
    dual: Floats  # what the optimum rises by where the bound of a row that binds does
    activity: Floats  # matrix · x
    value: float


class Model(Protocol):
    """A linear program that grows."""

    def add_columns(self, costs: Floats, row: int | None = None) -> None:
        """Add variables; they are in no row yet, or in one, with a factor of -1."""
        ...

    def add_rows(self, matrix: csr_array, lower: Floats, upper: Floats) -> None:
        """Add rows over all variables that there are."""
        ...

    def raise_rows(self, lower: Floats) -> None:
        """Set the lower ends of all rows."""
        ...

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows that do not bind; those behind them move up."""
        ...

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or the upper ends of variables; `primal` where the last x is still allowed."""
        ...

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum; None if there was no time for it."""
        ...


class Cold:
    """Solved from the start each time, by the HiGHS that SciPy has in it."""

    def __init__(self) -> None:
        self.costs, self.upper = np.zeros(0), np.zeros(0)
        self.matrix = csr_array((0, 0))
        self.ends = np.zeros((0, 2))

    def add_columns(self, costs: Floats, row: int | None = None) -> None:
        """Add variables."""
        new = np.arange(len(self.costs), len(self.costs) + len(costs))
        self.costs = np.append(self.costs, costs)
        self.upper = np.append(self.upper, np.full(len(costs), np.inf))
        self.matrix.resize(self.matrix.shape[0], len(self.costs))
        if row is not None:
            ones = (np.ones(len(new)), (np.full(len(new), row), new))
            self.matrix = self.matrix - csr_array(ones, shape=self.matrix.shape)

    def add_rows(self, matrix: csr_array, lower: Floats, upper: Floats) -> None:
        """Add rows."""
        self.matrix = csr_array(vstack((self.matrix, matrix), format="csr"))
        self.ends = np.vstack((self.ends, np.column_stack((lower, upper))))

    def raise_rows(self, lower: Floats) -> None:
        """Set lower ends."""
        self.ends[:, 0] = lower

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows."""
        keep = np.ones(len(self.ends), bool)
        keep[rows] = False
        self.matrix, self.ends = self.matrix[keep], self.ends[keep]

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or upper ends."""
        self.costs = self.costs if costs is None else costs
        self.upper = self.upper if upper is None else upper

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum; it is not interrupted."""
        if not go():
            return None
        equal = self.ends[:, 0] == self.ends[:, 1]
        found = linprog(
            self.costs,
            A_ub=-self.matrix[~equal],  # all other rows have a lower end alone
            b_ub=-self.ends[~equal, 0],
            A_eq=self.matrix[equal],
            b_eq=self.ends[equal, 0],
            bounds=np.column_stack((np.zeros(len(self.costs)), self.upper)),
            method="highs-ipm",
        )
        if found.status != 0:
            raise RuntimeError(f"HiGHS did not solve the program: {found.message}")
        dual = np.empty(len(equal))
        dual[equal], dual[~equal] = found.eqlin.marginals, -found.ineqlin.marginals
        return Optimum(found.x, dual, self.matrix @ found.x, float(found.fun))


class Live:
    """One model of HiGHS that is kept alive."""

    def __init__(self, dense: int) -> None:
        # its own class sets up callbacks, and prints a line when it does
        self.highs = highspy.Highs.__mro__[1]()
        self.limit = highspy.HighsModelStatus.kIterationLimit
        self.optimal = highspy.HighsModelStatus.kOptimal
        for name, value in _OPTIONS.items():
            self.highs.setOptionValue(name, value)
        weights = _STEEPEST if dense > _WIDE else _DEVEX
        self.highs.setOptionValue("simplex_dual_edge_weight_strategy", weights)
        self.method = _DUAL

    def add_columns(self, costs: Floats, row: int | None = None) -> None:
        """Add variables."""
        count = len(costs)
        each = 0 if row is None else count
        starts = np.arange(count, dtype=np.int32) if each else np.zeros(count, np.int32)
        entries = np.full(each, row or 0, np.int32), np.full(each, -1.0)
        ends = np.zeros(count), np.full(count, np.inf)
        self.highs.addCols(count, costs, *ends, each, starts, *entries)

    def add_rows(self, matrix: csr_array, lower: Floats, upper: Floats) -> None:
        """Add rows."""
        starts, at = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        self.highs.addRows(len(lower), lower, upper, matrix.nnz, starts, at, matrix.data)
        self.method = _DUAL

    def raise_rows(self, lower: Floats) -> None:
        """Set lower ends."""
        every = np.arange(len(lower), dtype=np.int32)
        self.highs.changeRowsBounds(len(lower), every, lower, np.full(len(lower), np.inf))
        self.method = _DUAL

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows; the basis is kept, since they are in it."""
        self.highs.deleteRows(len(rows), rows.astype(np.int32))

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or upper ends."""
        every = np.arange(self.highs.getNumCol(), dtype=np.int32)
        if costs is not None:
            self.highs.changeColsCost(len(every), every, costs)
        if upper is not None:
            self.highs.changeColsBounds(len(every), every, np.zeros(len(every)), upper)
        self.method = _PRIMAL if primal else _DUAL

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum, or None; runs are short, so that an interrupt is heard."""
        highs, again = self.highs, False
        pivots = np.clip(_WORK // max(highs.getNumNz(), 1), *_PIVOTS)
        highs.setOptionValue("simplex_iteration_limit", int(pivots))
        highs.setOptionValue("simplex_strategy", self.method)
        while go():
            highs.run()
            status = highs.getModelStatus()
            if status == self.optimal:
                found = highs.getSolution()
                return Optimum(
                    np.array(found.col_value),
                    np.array(found.row_dual),
                    np.array(found.row_value),
                    float(highs.getInfo().objective_function_value),
                )
            if status != self.limit:
                if again:
                    raise RuntimeError(f"HiGHS did not solve the program: {status}")
                again = True
                highs.clearSolver()  # a basis that went wrong is not gone on from
                highs.setOptionValue("simplex_scale_strategy", _SCALED)
        return None


def new_model(dense: int, *, live: bool = True) -> Model:
    """Return an empty program: a live one where highspy is installed.

    So many of its variables will be in nearly all rows.
    """
    return Live(dense) if live and highspy else Cold()


@dataclass(frozen=True)
class Budget:
    """How long a search may take."""

    until: float = np.inf  # of `time.monotonic`
    stopped: Callable[[], bool] = lambda: False

    def lasts(self) -> bool:
        """Tell whether there is time left."""
        return time.monotonic() < self.until and not self.stopped()


def seconds_from_now(count: float, stopped: Callable[[], bool] = lambda: False) -> Budget:
    """Return a budget that begins now."""
    return Budget(time.monotonic() + count, stopped)


ENDLESS = Budget()
