"""What can be measured?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.report import Report


def list_measures() -> Report:
    """Return the catalog: measure, unit, better, over, formula, source."""
    rows = [
        (name, measure.unit, measure.better, measure.over, measure.formula, measure.source)
        for name, measure in MEASURES.items()
    ]
    columns = ["measure", "unit", "better", "over", "formula", "source"]
    frame = pd.DataFrame(rows, columns=columns)
    return Report("measures", "Measures", frame, headline=headline(), view=tables)


def headline() -> str:
    """Say how many measures there are, and which of them are shown when nobody asks."""
    return (
        f"{len(MEASURES)} measures. tokscope compare shows {len(DEFAULT)} of them, others by "
        "--measure NAME, and all by --measure all."
    )


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the table that people read; `details` keeps what it is measured over, and sources."""
    if details:
        return [replace(report, view=None)]
    frame = report.frame[["measure", "unit", "better", "formula"]]
    notes = ("--details shows the source of every measure",)
    return [replace(report, table=frame, notes=notes, view=None)]
