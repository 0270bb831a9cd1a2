"""Linear programs that grow: in one live model of HiGHS, or solved anew by SciPy each time.

Minimise costs · x over x >= 0, subject to lower <= matrix · x <= upper. A live model starts from
its last basis. After a few new rows, the next optimum is only a few pivots away from it.
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
# Work of HiGHS (pivots times entries of the matrix) before we ask whether to go on: some tenths of
# a second. A limit of time would stop at a different pivot each time, and so lead to a different
# one of the many optima of v and w.
_WORK = 300_000_000
_PIVOTS = (50, 5_000)
# Counts are scaled by `master.SCALE`; one occurrence of a pair is far above these tolerances.
_TOLERANCE = 1e-7
_OPTIONS: dict[str, object] = {
    "output_flag": False,
    "presolve": "off",
    "solver": "simplex",
    "parallel": "off",
    "threads": 1,
    "simplex_scale_strategy": 0,  # counts are scaled already, and this is cheaper
    "primal_feasibility_tolerance": _TOLERANCE,
    "dual_feasibility_tolerance": _TOLERANCE,
}
_DUAL, _PRIMAL = 1, 4  # HiGHS' numbers for its simplex methods
_DEVEX, _STEEPEST = 1, 2  # HiGHS' numbers for the edge weights of the dual simplex
_SCALED = 2  # HiGHS' number for its default scaling
_WIDE = 30  # dense columns; from here on, steepest edge weights save more than they cost
Go = Callable[[], bool]  # called now and then: whether to go on


@dataclass(frozen=True)
class Optimum:
    """The best x, with the duals and activities of the rows in order."""

    x: Floats
    dual: Floats  # rise of the optimum per rise of the bound of a row
    activity: Floats  # matrix · x
    value: float


class Model(Protocol):
    """A linear program that grows."""

    def add_columns(self, costs: Floats, row: int | None = None) -> None:
        """Add variables, in no row yet, or in `row` alone with the factor -1."""
        ...

    def add_rows(self, matrix: csr_array, lower: Floats, upper: Floats) -> None:
        """Add rows over all current variables."""
        ...

    def raise_rows(self, lower: Floats) -> None:
        """Set the lower bounds of all rows."""
        ...

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows that do not bind; later rows move up."""
        ...

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or upper bounds of variables; `primal` if the last x is still feasible."""
        ...

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum; None if time ran out."""
        ...


class Cold:
    """A program that the HiGHS inside SciPy solves anew each time."""

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
        """Set lower bounds."""
        self.ends[:, 0] = lower

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows."""
        keep = np.ones(len(self.ends), bool)
        keep[rows] = False
        self.matrix, self.ends = self.matrix[keep], self.ends[keep]

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or upper bounds."""
        self.costs = self.costs if costs is None else costs
        self.upper = self.upper if upper is None else upper

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum; this cannot be interrupted."""
        if not go():
            return None
        equal = self.ends[:, 0] == self.ends[:, 1]
        result = linprog(
            self.costs,
            A_ub=-self.matrix[~equal],  # all other rows have only a lower bound
            b_ub=-self.ends[~equal, 0],
            A_eq=self.matrix[equal],
            b_eq=self.ends[equal, 0],
            bounds=np.column_stack((np.zeros(len(self.costs)), self.upper)),
            method="highs-ipm",
        )
        if result.status != 0:
            raise RuntimeError(f"HiGHS did not solve the program: {result.message}")
        dual = np.empty(len(equal))
        dual[equal], dual[~equal] = result.eqlin.marginals, -result.ineqlin.marginals
        return Optimum(result.x, dual, self.matrix @ result.x, float(result.fun))


class Live:
    """A model of HiGHS that is kept between solutions."""

    def __init__(self, dense: int) -> None:
        # the public class `highspy.Highs` sets up callbacks, and prints a line when it does
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
        """Set lower bounds."""
        every = np.arange(len(lower), dtype=np.int32)
        self.highs.changeRowsBounds(len(lower), every, lower, np.full(len(lower), np.inf))
        self.method = _DUAL

    def delete_rows(self, rows: Ints) -> None:
        """Delete rows; the basis stays valid, since rows that do not bind are basic."""
        self.highs.deleteRows(len(rows), rows.astype(np.int32))

    def change(
        self, *, costs: Floats | None = None, upper: Floats | None = None, primal: bool = False
    ) -> None:
        """Set costs or upper bounds."""
        every = np.arange(self.highs.getNumCol(), dtype=np.int32)
        if costs is not None:
            self.highs.changeColsCost(len(every), every, costs)
        if upper is not None:
            self.highs.changeColsBounds(len(every), every, np.zeros(len(every)), upper)
        self.method = _PRIMAL if primal else _DUAL

    def solve(self, go: Go) -> Optimum | None:
        """Return the optimum, or None; runs are short so that an interrupt takes effect."""
        highs, again = self.highs, False
        pivots = np.clip(_WORK // max(highs.getNumNz(), 1), *_PIVOTS)
        highs.setOptionValue("simplex_iteration_limit", int(pivots))
        highs.setOptionValue("simplex_strategy", self.method)
        while go():
            highs.run()
            status = highs.getModelStatus()
            if status == self.optimal:
                result = highs.getSolution()
                return Optimum(
                    np.array(result.col_value),
                    np.array(result.row_dual),
                    np.array(result.row_value),
                    float(highs.getInfo().objective_function_value),
                )
            if status != self.limit:
                if again:
                    raise RuntimeError(f"HiGHS did not solve the program: {status}")
                again = True
                highs.clearSolver()  # do not start again from a bad basis
                highs.setOptionValue("simplex_scale_strategy", _SCALED)
        return None


def new_model(dense: int, *, live: bool = True) -> Model:
    """Return an empty program, a live one if highspy is installed.

    `dense` is the number of variables that will be in nearly all rows.
    """
    return Live(dense) if live and highspy else Cold()


@dataclass(frozen=True)
class Budget:
    """How long a search may take."""

    until: float = np.inf  # a time of `time.monotonic`
    stopped: Callable[[], bool] = lambda: False

    def lasts(self) -> bool:
        """Return whether there is time left."""
        return time.monotonic() < self.until and not self.stopped()


def seconds_from_now(count: float, stopped: Callable[[], bool] = lambda: False) -> Budget:
    """Return a budget that begins now."""
    return Budget(time.monotonic() + count, stopped)


ENDLESS = Budget()
