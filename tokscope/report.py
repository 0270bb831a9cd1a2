"""What every study returns: a tidy frame with what is needed to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from tokscope.errors import TokscopeError, choose, extra
from tokscope.late import Late
from tokscope.plots import Plot
from tokscope.provenance import Provenance, brief, rendered

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
else:
    pd = Late("pandas")  # a table can be printed without it, in half the time

_NOTEBOOK = Late("tokscope.render.notebook")  # imported late because it imports this module
_FIGURES = Late("tokscope.render.figures")  # because it needs an extra


Rows = Sequence[Mapping[str, Any]]  # values by the name of their column, all rows with the same


@dataclass(frozen=True)
class Report:
    """A result, at full precision; only a renderer rounds or drops anything.

    A frame with a column `value` is long: each row has one value, its `unit` and the direction that
    is `better`. `across` names the column whose entries people want to see side by side. `flow`
    names the columns that they read as running lines under the entry of the first column.
    """

    command: str
    title: str
    table: pd.DataFrame | Rows
    notes: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=dict)  # what can change the result
    across: str = ""
    flow: tuple[str, ...] = ()
    headline: str = ""
    details: tuple[str, ...] = ()
    passed: bool | None = None  # None if nothing can fail, as gates can
    view: Callable[[Report], Sequence[Report]] | None = None  # the parts that people see
    plots: Callable[[Report], Sequence[Plot]] | None = None  # what can be drawn, the main one first
    parts: tuple[Report, ...] = ()  # reports that this one is made of

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as a data frame; whole numbers stay so where some are missing."""
        if not isinstance(self.table, Sequence):
            return self.table
        frame = pd.DataFrame(self.table)
        for name in frame.columns:
            values = [row.get(name) for row in self.table]
            if {*map(type, values)} == {int, type(None)}:
                frame[name] = pd.Series(values, dtype=object)
        return frame

    @property
    def rows(self) -> Rows:
        """The table as rows."""
        if isinstance(self.table, Sequence):
            return self.table
        return cast(Rows, self.table.to_dict("records"))

    @property
    def signature(self) -> str:
        """All that can change the result, in one line."""
        return rendered(self.provenance)

    @property
    def brief(self) -> str:
        """The signature for a terminal: the versions, and a hash of the whole."""
        return brief(self.provenance)

    def plot(self, name: str = "") -> Figure:
        """Return the main plot, or the one of this name, as a figure of matplotlib.

        Raises:
            TokscopeError: there is no such plot, or matplotlib is not installed.
        """
        chosen = plot_of(self, name)
        extra("matplotlib", "plot", "a plot")
        drawn: Figure = _FIGURES.figure(chosen)
        return drawn

    def _repr_html_(self) -> str:
        """Show in a notebook what the command line shows."""
        views = self.view(self) if self.view else [self]
        return str(_NOTEBOOK.render(views))


def grouped(rows: Rows, *keys: str) -> dict[Any, Rows]:
    """Return rows by the values of some columns, or of one, in order of their first rows.

    >>> grouped([{"a": 1}, {"a": 2}, {"a": 1}], "a")
    {1: [{'a': 1}, {'a': 1}], 2: [{'a': 2}]}
    """
    key = itemgetter(*keys)
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {**groups}


def plot_of(report: Report, name: str = "") -> Plot:
    """Return the main plot of a report or its parts, or the one of this name.

    Raises:
        TokscopeError: there is no such plot.
    """
    plots = [one for part in (report, *report.parts) if part.plots for one in part.plots(part)]
    if not plots:
        raise TokscopeError("there is nothing to draw here; see .html, .csv, .json or the frame")
    named: dict[str, Plot] = {}
    for one in plots:
        named.setdefault(one.name, one)
    return choose(named, name, "plot of this result") if name else plots[0]


def mapped(frame: pd.DataFrame, door: Callable[[str], str]) -> pd.DataFrame:
    """Return a frame with `door` applied to all strings, including the names of columns."""
    result = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if kind.kind == "O":  # strings, or objects that may be strings
            cells = frame.iloc[:, place].to_numpy(object, copy=True)  # a list may change the dtype
            for i, cell in enumerate(cells):
                if isinstance(cell, str):
                    cells[i] = door(cell)
            result.isetitem(place, cells)
    result.columns = frame.columns.map(lambda name: door(name) if isinstance(name, str) else name)
    return result
