"""What new tokens look like: what they save, and how much other text they change."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from tokscope.plots import Line, Lines, Plot
from tokscope.report import Report
from tokscope.studies.extend_rows import LIMITS

_ACROSS = "new tokens"


def plots(report: Report) -> list[Plot]:
    """Return what can be drawn: what is saved, then which lines keep their ids."""
    frame = report.frame
    return [*_saving(frame), *_kept(frame)]


def _saving(frame: pd.DataFrame) -> Iterator[Lines]:
    """Draw the saving of each corpus; of one alone, also the most that there could be."""
    curve = frame[(frame["part"] == "curve") & frame["saving"].notna()]
    lines = [
        Line(str(name), tuple(map(float, rows["merges"])), tuple(rows["saving"]))
        for name, rows in curve.groupby("corpus", sort=False)
    ]
    if len(lines) == 1 and len(lines[0].xs) > 1:
        most = frame[(frame["part"] == "limit") & (frame["name"] == LIMITS[0])]["saving"].item()
        ends = (lines[0].xs[0], lines[0].xs[-1])
        lines.append(Line(f"at most: {LIMITS[0]}", ends, (most, most)))
    if lines:
        title = "What new tokens save on text that was held out"
        yield Lines(
            "saving",
            title,
            _ACROSS,
            "share",
            tuple(lines),
            "share of the tokens that the base needs",
        )


def _kept(frame: pd.DataFrame) -> Iterator[Lines]:
    """Draw the share of lines of other text that keep their ids."""
    sums = frame[frame["part"] == "kept"].groupby("merges")[["kept", "units"]].sum()
    sums = sums[sums["units"] > 0]
    if len(sums):
        shares = tuple(float(one) for one in sums["kept"] / sums["units"])
        line = Line("other text", tuple(map(float, sums.index)), shares)
        yield Lines("kept", "Lines of other text that keep their ids", _ACROSS, "share", (line,))
