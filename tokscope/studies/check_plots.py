"""What a check looks like: the change of tokens by corpus, beside the limit."""

from __future__ import annotations

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report
from tokscope.studies.diff_plots import has_changed, largest_first

_WORSE = "TS101"  # tokens may become more by so much


def plots(report: Report) -> list[Plot]:
    """Return the change of tokens: all corpora together, then each, the largest increase first.

    If it is 0 everywhere, there is nothing to draw.
    """
    frame = report.frame
    rows = frame[(frame["code"] == _WORSE) & (frame["measure"] == "tokens")]
    rows = rows[rows["unit"] == "share"]
    rows = largest_first(rows, "corpus")
    if not has_changed(rows):
        return []
    columns = (rows[name].tolist() for name in ("corpus", "change", "low", "high", "limit"))
    marks = [
        mark
        for corpus, change, low, high, limit in zip(*columns, strict=True)
        for mark in (
            Mark(corpus, "change", change, low, high),
            Mark(corpus, "limit", limit),
        )
    ]
    title = "Tokens on the same text, against the baseline"
    note = "right of 0 are more tokens; lines: 95 % intervals, for all corpora at once"
    return [Values("dots", "change", title, "share", tuple(marks), note, 0.0)]
