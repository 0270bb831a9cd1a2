"""What code looks like under tokenizers: glued identifiers, indentation, tokens per identifier."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report
from tokscope.studies.code_rows import MEASURE

# name of a plot -> its measure and its title
PLOTS: Mapping[str, tuple[str, str]] = {
    "glued": ("identifiers_glued", "Identifiers glued to something beside them"),
    "indentation": ("indentation", "Tokens that are indentation"),
    "identifiers": ("tokens_per_identifier", "Tokens per identifier"),
}


def plots(report: Report) -> list[Plot]:
    """Return what can be drawn: a measure each, by language."""
    rows = [row for row in report.rows if row["part"] == MEASURE and isfinite(row["value"])]
    drawn = []
    for name, (measure, title) in PLOTS.items():
        own = [row for row in rows if row["measure"] == measure]
        marks = tuple(Mark(row["corpus"], row["tokenizer"], row["value"]) for row in own)
        if marks:
            drawn.append(Values("dots", name, title, own[0]["unit"], marks))
    return list(drawn)
