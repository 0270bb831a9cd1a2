"""What an inferred mixture looks like: bars of shares, beside the truth if it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, isfinite, nan

import numpy as np
import pandas as pd

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report
from tokscope.wording import percent, some

_ROWS = 20  # corpora that are drawn; more would not fit a page


def plots(report: Report, doubt: str = "", lines: Sequence[str] = ()) -> list[Plot]:
    """Return a bar for each corpus, the largest share first, with a line for what is open.

    `doubt` says how far to trust the shares, `lines` what the lines come from.
    """
    frame = report.frame[report.frame["corpus"] != "all"]
    shares = frame[frame["measure"] == "bytes"]
    shares = shares.sort_values("value", ascending=False, kind="stable")
    every = [mark for corpus in shares["corpus"] for mark in _marks(frame, corpus)]
    marks, rest = largest(every)
    told = (doubt, f"Lines: {'; '.join(lines)}." if lines else "", f"{rest}." if rest else "")
    note = " ".join(filter(None, told))
    return [Values("bars", "mixture", report.title, "share", marks, note)]


def largest(marks: Sequence[Mark]) -> tuple[tuple[Mark, ...], str]:
    """Return the marks of the corpora whose shares are or may be the largest, and what the rest is.

    How large a share may be is what it is, the end of its line, or the truth.
    """
    most = {mark.row: 0.0 for mark in marks}
    for mark in marks:
        most[mark.row] = float(np.fmax(most[mark.row], np.fmax(mark.value, mark.high)))
    others = sorted(most, key=lambda row: -most[row])[_ROWS:]
    if len(others) < 2:
        return tuple(marks), ""
    sums: dict[str, float] = {}
    for mark in marks:
        if mark.row in others:
            sums[mark.series] = sums.get(mark.series, 0) + mark.value
    told = f"Not drawn: {len(others)} others"
    if all(map(isfinite, sums.values())):
        together = some([f"{percent(share)} ({series})" for series, share in sums.items()])
        bound = f"{ceil(1000 * most[others[0]]) / 10:g} %"
        told += f", each at most {bound}, together {together}"
    return tuple(mark for mark in marks if mark.row not in others), told


def _marks(frame: pd.DataFrame, corpus: str) -> Iterator[Mark]:
    """Yield the share of a corpus with all that is open, and the true one."""
    own = frame[frame["corpus"] == corpus].set_index("measure")
    known = dict(zip(own.index, own["value"], strict=True))
    low = np.fmin(own["low"]["bytes"], known.get("least", nan))
    high = np.fmax(own["high"]["bytes"], known.get("most", nan))
    yield Mark(corpus, "inferred", known["bytes"], float(low), float(high))
    if "truth" in known:
        yield Mark(corpus, "truth", known["truth"])
