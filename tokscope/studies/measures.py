"""What can be measured?"""

from __future__ import annotations

from dataclasses import replace

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.report import Report


def list_measures() -> Report:
    """Return the catalog: measure, unit, better, over, formula, source."""
    columns = "unit", "better", "over", "formula", "source"
    rows = [
        {"measure": name, **{column: getattr(measure, column) for column in columns}}
        for name, measure in MEASURES.items()
    ]
    return Report("measures", "Measures", rows, headline=headline(), view=tables)


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
    columns = "measure", "unit", "better", "formula"
    rows = [{column: row[column] for column in columns} for row in report.rows]
    notes = ("--details shows the source of every measure",)
    return [replace(report, table=rows, notes=notes, view=None)]
