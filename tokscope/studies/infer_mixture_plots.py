"""What an inferred mixture looks like: bars of shares, beside the truth if it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan

import numpy as np
import pandas as pd

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report


def plots(report: Report, doubt: str = "", lines: Sequence[str] = ()) -> list[Plot]:
    """Return a bar for each corpus, the largest share first, with a line for what is open.

    `doubt` says how far to trust the shares, `lines` what the lines come from.
    """
    frame = report.frame[report.frame["corpus"] != "all"]
    shares = frame[frame["measure"] == "bytes"]
    shares = shares.sort_values("value", ascending=False, kind="stable")
    marks = tuple(mark for corpus in shares["corpus"] for mark in _marks(frame, corpus))
    note = " ".join(filter(None, (doubt, f"Lines: {'; '.join(lines)}." if lines else "")))
    return [Values("bars", "mixture", report.title, "share", marks, note)]


def _marks(frame: pd.DataFrame, corpus: str) -> Iterator[Mark]:
    """Yield the share of a corpus with all that is open, and the true one."""
    own = frame[frame["corpus"] == corpus].set_index("measure")
    known = dict(zip(own.index, own["value"], strict=True))
    low = np.fmin(own["low"]["bytes"], known.get("least", nan))
    high = np.fmax(own["high"]["bytes"], known.get("most", nan))
    yield Mark(corpus, "inferred", known["bytes"], float(low), float(high))
    if "truth" in known:
        yield Mark(corpus, "truth", known["truth"])
