"""What code looks like under tokenizers: glued identifiers, indentation, tokens per identifier."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
    frame = report.frame[report.frame["part"] == MEASURE]
    drawn = []
    for name, (measure, title) in PLOTS.items():
        own = frame[(frame["measure"] == measure) & np.isfinite(frame["value"])]
        values = zip(own["corpus"], own["tokenizer"], own["value"], strict=True)
        marks = tuple(Mark(*value) for value in values)
        if marks:
            drawn.append(Values("dots", name, title, own["unit"].iloc[0], marks))
    return list(drawn)
