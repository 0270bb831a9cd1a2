"""What a transfer looks like: the kinds of ids, and how often the text has them."""

from __future__ import annotations

from math import isfinite

from tokscope.mapping.kinds import COMPOSED, COPIED, NONE, SPECIAL
from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report

_ROWS = {COPIED: "copied", COMPOSED: "composed", SPECIAL: "special", NONE: "no way"}


def plots(report: Report) -> list[Plot]:
    """Return a bar for each kind of id: its share of the ids, and of the tokens of the text."""
    frame = report.frame
    shares = frame[(frame["part"] == "kind") & (frame["measure"] == "share")]
    whole = shares["corpus"].tolist()[-1]  # all corpora, or the one that there is
    marks = [
        Mark(_ROWS[kind], series, float(value))
        for kind, corpus, value in shares[["name", "corpus", "value"]].itertuples(index=False)
        for place, series in (("", "ids"), (whole, "tokens of the text"))
        if corpus == place and isfinite(value)
    ]
    note = "how new ids are made of old ones: shares of the ids, and of the tokens of the text"
    return [Values("bars", "kinds", report.title, "share", tuple(marks), note)] if marks else []
