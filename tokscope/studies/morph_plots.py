"""What agreement with morphemes looks like: kappa of each gold, with its interval."""

from __future__ import annotations

from math import isnan

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report


def plots(report: Report) -> list[Plot]:
    """Return a row for each gold, a mark for each tokenizer."""
    marks = tuple(
        Mark(row["gold"], row["tokenizer"], row["value"], row["low"], row["high"])
        for row in report.rows
        if row["part"] == "all" and row["measure"] == "kappa" and not isnan(row["value"])
    )
    if not marks:
        return []
    title = "How cuts agree with morphemes beyond chance"
    note = "lines: 95 % intervals; 0 is what cuts at random would reach; a description, no score"
    return [Values("dots", "kappa", title, "kappa", marks, note, 0.0)]
