"""A report as strings for people; the only place that rounds numbers and makes text safe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tokscope.render.scale import COUNTS
from tokscope.report import Report
from tokscope.visible import visible

UNDEFINED = "–"
_VALUES = ("value", "low", "high")
_DIFFERENCES = ("difference", "difference_low", "difference_high", "verdict")
# the values to assume for missing columns
_PLAIN: Mapping[str, Any] = {
    "low": math.nan,
    "high": math.nan,
    "unit": "",
    "better": "neither",
    "doubt": False,
}
_NOT_KEYS = (*_VALUES, *_DIFFERENCES, "unit", "better", "doubt")
_ARROWS = {"lower": " ↓", "higher": " ↑"}
_TOLD = (
    "",
    "share",
    "ratio",
    "index",
    "currency",
)  # units that need no words


@dataclass(frozen=True)
class Grid:
    """A table and the text around it; the first `keys` columns name a row, the others hold values.

    Renderers for people take all their strings from here, so that every string is safe.
    """

    headers: list[str]
    rows: list[list[str]]
    keys: int
    numeric: list[bool]  # whether a column holds numbers
    best: list[set[int]]  # for each row, the columns with its best value
    directions: bool  # whether the best value of a row is marked anywhere
    arrows: bool = False  # whether rows say which direction is better
    headline: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    signature: str = ""
    flow: tuple[tuple[str, list[list[str]]], ...] = ()  # names, and the running cells under each

    def legend(self, mark: str) -> str:
        """Explain the mark of the best values, and the arrows; empty without either."""
        arrows = "↓ lower is better, ↑ higher is better" if self.arrows else ""
        best = f"{mark} best of its row" if self.directions else ""
        return "; ".join(filter(None, (best, arrows)))


def rounded(value: object, unit: str = "") -> str:
    """Write a value for people: a share in percent, a count in full, others to three decimals.

    >>> rounded(0.1234, "share"), rounded(1234567, "tokens"), rounded(1234567, "id")
    ('12.3 %', '1,234,567', '1234567')
    """
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNDEFINED
    if not isinstance(value, float):
        return str(value) if unit in ("id", "rank") else f"{value:,}"
    if unit == "share":
        percent = 100 * value
        small = 0 < percent < 0.05 or 99.95 < percent < 100
        return f"{percent:.2g} %" if small and percent < 1 else f"{percent:.{3 if small else 1}f} %"
    if unit in COUNTS:
        return f"{value:,.0f}"
    if unit == "times":
        return f"{value:.2f}"
    if unit == "currency":
        return f"{value:,.{1 - math.floor(math.log10(value)) if 0 < value < 1 else 2}f}"
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"


def _badness(value: float, better: str) -> float:
    """Return a number that is smaller for a better value."""
    if better == "nearer 1":
        return abs(math.log(value)) if value > 0 else math.inf
    return -value if better == "higher" else value


def _best(values: list[float], better: str) -> set[int]:
    """Return the places of the best values; none if all are equal or no direction is better."""
    if better == "neither":
        return set()
    ranked = {i: _badness(value, better) for i, value in enumerate(values) if not math.isnan(value)}
    least = min(ranked.values(), default=math.nan)
    best = {i for i, badness in ranked.items() if math.isclose(badness, least, rel_tol=1e-12)}
    return best if len(best) < len(ranked) else set()


def _with_interval(row: pd.Series[Any]) -> str:
    """Write a value with its interval; a question mark says that it cannot be taken as it is."""
    value = rounded(row["value"], row["unit"])
    if not math.isnan(row["low"]):
        value += f" [{rounded(row['low'], row['unit'])}, {rounded(row['high'], row['unit'])}]"
    return f"{value} ?" if row["doubt"] else value


def grid(report: Report, escape: Callable[[str], str] = str) -> Grid:
    """Lay a report out: long values side by side, anything else column by column.

    Every string goes through `visible`, and then through the `escape` of the format.
    """
    laid = _side_by_side(report.frame, report.across) if report.across else _by_column(report.frame)

    def door(text: str) -> str:
        return escape(visible(text))

    return replace(
        laid,
        headers=[door(str(header)) for header in laid.headers],
        rows=[list(map(door, row)) for row in laid.rows],
        headline=door(report.headline),
        title=door(report.title),
        notes=tuple(map(door, report.notes)),
        signature=door(report.signature),
        flow=tuple(_flow(report, door)),
    )


def _flow(report: Report, door: Callable[[str], str]) -> Iterator[tuple[str, list[list[str]]]]:
    if report.flow:
        for name, rows in report.frame.groupby(report.frame.columns[0], sort=False):
            cells = rows[list(report.flow)].to_numpy()
            yield door(str(name)), [[door(str(cell)) for cell in row] for row in cells]


def _by_column(frame: pd.DataFrame) -> Grid:
    has_values = {"value", "unit"} <= set(frame.columns)
    units = frame["unit"] if has_values else [""] * len(frame)
    shown = [column for column in frame.columns if not (has_values and column == "unit")]
    rows = [
        [rounded(_plain(row[column]), unit if column in _VALUES else column) for column in shown]
        for (_, row), unit in zip(frame.iterrows(), units, strict=True)
    ]
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in shown]
    keys = numeric.index(True) if True in numeric else len(shown)
    return Grid(shown, rows, keys, numeric, [set() for _ in rows], directions=False)


def _plain(value: Any) -> object:
    return value.item() if hasattr(value, "item") else value


def _side_by_side(frame: pd.DataFrame, across: str) -> Grid:
    frame = frame.copy()
    for name, kept in _PLAIN.items():
        if name not in frame:
            frame[name] = kept
    names = list(dict.fromkeys(frame[across]))
    keys = [column for column in frame.columns if column not in (*_NOT_KEYS, across)]
    with_unit = bool(frame.groupby(across, sort=False)["unit"].nunique().max() > 1)
    named = "measure" if "measure" in keys else keys[-1]
    place = {name: i for i, name in enumerate(names)}
    rows: list[list[str]] = []
    best: list[set[int]] = []
    arrows = False
    for key, group in frame.groupby(keys, sort=False, dropna=False):
        cells, values = [UNDEFINED] * len(names), [math.nan] * len(names)
        for _, row in group.iterrows():
            cells[place[row[across]]] = _with_interval(row)
            if row["better"] != "neither":
                values[place[row[across]]] = float(row["value"])
        better = next((one for one in group["better"] if one != "neither"), "neither")
        head = dict(zip(keys, key, strict=True))
        if with_unit:
            head[named] = f"{head[named]}{_unit(str(head[named]), group['unit'].iloc[0], better)}"
        arrows |= with_unit and better in _ARROWS
        rows.append([*(rounded(_plain(one), name) for name, one in head.items()), *cells])
        best.append({i + len(keys) for i in _best(values, better)})
    numeric = [not with_unit and pd.api.types.is_numeric_dtype(frame[name]) for name in keys]
    numeric += [pd.api.types.is_numeric_dtype(frame["value"])] * len(names)
    return Grid([*keys, *names], rows, len(keys), numeric, best, any(best), arrows)


def _unit(name: str, unit: str, better: str) -> str:
    """Return what follows the name of a measure: its unit, if the name does not say it, and arrow.

    >>> _unit("fertility", "tokens/word", "lower"), _unit("tokens", "tokens", "lower")
    (' (tokens/word) ↓', ' ↓')
    """
    told = unit in _TOLD or unit == name or "_per_" in name
    return f"{'' if told else f' ({unit})'}{_ARROWS.get(better, '')}"
