"""The table of a plot: every value that it shows, as a report."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from tokscope.late import Late
from tokscope.plots import Cuts, Lines, Plot, Values
from tokscope.report import Report

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")  # JSON is written beside it, and needs none


@singledispatch
def table(plot: Plot) -> Report:
    """Return the values of a plot: a row for each of its rows, a column for each of its series."""
    raise TypeError(plot)


@table.register
def _(plot: Values) -> Report:
    labels = any(mark.label for mark in plot.marks)
    rows = [
        (mark.row, *([mark.label] if labels else []), mark.series, *mark[2:5], plot.unit, "neither")
        for mark in plot.marks
    ]
    names = ["", *([" "] if labels else []), "series", "value", "low", "high", "unit", "better"]
    return Report("", plot.title, pd.DataFrame(rows, columns=names), across="series")


@table.register
def _(plot: Lines) -> Report:
    rows = [
        (f"{x:,.10g}", line.series, y, plot.unit)
        for line in plot.lines
        for x, y in zip(line.xs, line.ys, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=[plot.across, "series", "value", "unit"])
    return Report("", plot.title, frame, across="series")


@table.register
def _(plot: Cuts) -> Report:
    rows = [
        (cut.row, cut.series, len(cut.pieces), "|".join(piece.text for piece in cut.pieces))
        for cut in plot.cuts
    ]
    frame = pd.DataFrame(rows, columns=["text", "tokenizer", "tokens", "cut into"])
    return Report("", plot.title, frame if frame["text"].any() else frame.drop(columns="text"))
