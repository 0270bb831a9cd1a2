"""What new tokens look like: what they save, and how much other text they change."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from tokscope.plots import Line, Lines, Plot
from tokscope.report import Report
from tokscope.studies.extend_rows import LIMITS

_ACROSS = "new tokens"
_MANY = 8  # corpora; the curves of more could not be told apart


def plots(report: Report) -> list[Plot]:
    """Return what can be drawn: what is saved, then which lines keep their ids."""
    frame = report.frame
    return [*_saving(frame), *_kept(frame)]


def _saving(frame: pd.DataFrame) -> Iterator[Lines]:
    """Draw the saving of each corpus; of one alone, also the most that there could be."""
    curve = frame[frame["part"] == "curve"]
    names = curve["corpus"].unique().tolist()
    groups = {name: [name] for name in names}
    if len(names) > _MANY:
        groups = {f"{len(names)} corpora together": names}
    lines = []
    for series, members in groups.items():
        tokens = _tokens(curve[curve["corpus"].isin(members)], "merges")
        if tokens.iloc[0]:
            lines.append(_line(series, tokens, tokens.iloc[0]))
    if len(groups) == 1 and lines and len(lines[0].xs) > 1:
        limits = frame[(frame["part"] == "limit") & (frame["name"] == LIMITS[0])]
        least = float(_tokens(limits, "name").iloc[0] / tokens.iloc[0])
        ends = (lines[0].xs[0], lines[0].xs[-1])
        lines.append(Line(f"at most: {LIMITS[0]}", ends, (1 - least, 1 - least)))
    if lines:
        title = "What new tokens save on text that was held out"
        note = "share of the tokens that the base needs"
        yield Lines("saving", title, _ACROSS, "share", tuple(lines), note)


def _tokens(rows: pd.DataFrame, by: str) -> pd.Series[float]:
    """Return the tokens of rows that are of different corpora, together."""
    return rows.groupby(by, sort=False)["tokens"].sum().astype(float)


def _line(series: str, tokens: pd.Series[float], first: float) -> Line:
    shares = (1 - tokens / first).tolist()
    return Line(series, tuple(map(float, tokens.index)), tuple(shares))


def _kept(frame: pd.DataFrame) -> Iterator[Lines]:
    """Draw the share of lines of other text that keep their ids."""
    sums = frame[frame["part"] == "kept"].groupby("merges")[["kept", "units"]].sum()
    sums = sums[sums["units"] > 0]
    if len(sums):
        shares = tuple(float(one) for one in sums["kept"] / sums["units"])
        line = Line("other text", tuple(map(float, sums.index)), shares)
        yield Lines("kept", "Lines of other text that keep their ids", _ACROSS, "share", (line,))
