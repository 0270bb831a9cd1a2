"""What can be measured?"""

from __future__ import annotations

import pandas as pd

from tokscope.counting.catalog import MEASURES
from tokscope.report import Report


def list_measures() -> Report:
    """Return the catalog: measure, unit, better, over, formula, source."""
    rows = [
        (name, measure.unit, measure.better, measure.over, measure.formula, measure.source)
        for name, measure in MEASURES.items()
    ]
    columns = ["measure", "unit", "better", "over", "formula", "source"]
    return Report("measures", "Measures", pd.DataFrame(rows, columns=columns))
