"""What a difference looks like: the change of tokens by corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokscope.counting.counted import ALL
from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report

if TYPE_CHECKING:
    import pandas as pd


def plots(report: Report) -> Sequence[Plot]:
    """Return the change of tokens: all corpora together, then each, the largest increase first.

    If it is 0 everywhere, there is nothing to draw.
    """
    frame = report.frame
    rows = frame[(frame["part"] == "text") & (frame["measure"] == "tokens")]
    rows = largest_first(rows, "name")
    if not has_changed(rows):
        return []
    columns = (rows[name].tolist() for name in ("name", "change", "low", "high"))
    marks = tuple(Mark(name, "change", *values) for name, *values in zip(*columns, strict=True))
    title = f"{report.title}: change of tokens on the same text"
    note = "left of 0 are fewer tokens; lines: 95 % intervals, for all corpora at once"
    return [Values("dots", "change", title, "share", marks, note, 0.0)]


def has_changed(rows: pd.DataFrame) -> bool:
    """Tell whether any change, or an end of its interval, is known and not 0."""
    return bool(rows[["change", "low", "high"]].any(axis=None))


def largest_first(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the known changes: all corpora together, then the largest increase first."""
    rows = rows[rows["change"].notna()].sort_values("change", ascending=False, kind="stable")
    return rows.sort_values(name, key=lambda names: names != ALL, kind="stable")
