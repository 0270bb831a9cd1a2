"""A report as strings for people; the only place that rounds numbers and makes text safe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tokscope.render.scale import COUNTS
from tokscope.report import Report
from tokscope.visible import visible

Row = Mapping[str, Any]

UNDEFINED = "–"
_VALUES = ("value", "low", "high")
_DIFFERENCES = ("difference", "difference_low", "difference_high", "verdict")
# the values to assume for missing columns
_PLAIN: Mapping[str, Any] = {
    "low": None,
    "high": None,
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


def _with_interval(row: Row) -> str:
    """Write a value with its interval; a question mark says that it cannot be taken as it is."""
    value = rounded(row["value"], row["unit"])
    if row["low"] is not None:
        value += f" [{rounded(row['low'], row['unit'])}, {rounded(row['high'], row['unit'])}]"
    return f"{value} ?" if row["doubt"] else value


def grid(report: Report, escape: Callable[[str], str] = str) -> Grid:
    """Lay a report out: long values side by side, anything else column by column.

    Every string goes through `visible`, and then through the `escape` of the format.
    """
    table = _table(report)
    laid = _side_by_side(table, report.across) if report.across else _by_column(table)

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
        flow=tuple(_flow(table, report.flow, door)),
    )


class _Table(NamedTuple):
    """The columns and rows of a report as plain values of Python, None where one is missing."""

    columns: list[str]
    rows: Sequence[Row]
    numeric: set[str]  # the columns that hold numbers


def _table(report: Report) -> _Table:
    table = report.table
    if isinstance(table, Sequence):
        columns = list(table[0]) if table else []
        rows = [{name: _plain(value) for name, value in row.items()} for row in table]
        kinds = {name: {type(row[name]) for row in rows} for name in columns}
        numeric = {name for name in columns if kinds[name] <= {int, float, bool, type(None)}}
        return _Table(columns, rows, numeric)
    columns = list(table.columns)
    cells = [
        [
            None if is_missing else value
            for value, is_missing in zip(own.tolist(), own.isna(), strict=True)
        ]
        for _, own in table.items()
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]
    return _Table(columns, rows, {name for name in columns if table[name].dtype.kind in "biuf"})


def _plain(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain


def _grouped(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _flow(
    table: _Table, flow: Sequence[str], door: Callable[[str], str]
) -> Iterator[tuple[str, list[list[str]]]]:
    if flow:
        for (name,), own in _grouped(table.rows, table.columns[:1]).items():
            cells = [[row[key] for key in flow] for row in own]
            yield door(str(name)), [[door(_told(cell)) for cell in row] for row in cells]


def _told(cell: object) -> str:
    return UNDEFINED if cell is None else str(cell)


def _by_column(table: _Table) -> Grid:
    has_values = {"value", "unit"} <= set(table.columns)
    shown = [column for column in table.columns if not (has_values and column == "unit")]
    rows = [
        [
            rounded(row[column], row["unit"] if has_values and column in _VALUES else column)
            for column in shown
        ]
        for row in table.rows
    ]
    numeric = [column in table.numeric for column in shown]
    keys = numeric.index(True) if True in numeric else len(shown)
    return Grid(shown, rows, keys, numeric, [set() for _ in rows], directions=False)


def _side_by_side(table: _Table, across: str) -> Grid:
    given = [{**_PLAIN, **row} for row in table.rows]
    names = list(dict.fromkeys(row[across] for row in given))
    keys = [column for column in table.columns if column not in (*_NOT_KEYS, across)]
    units = set(_grouped(given, [across, "unit"]))
    with_unit = len(units) > len(names)
    named = "measure" if "measure" in keys else keys[-1]
    place = {name: i for i, name in enumerate(names)}
    rows: list[list[str]] = []
    best: list[set[int]] = []
    arrows = False
    for key, group in _grouped(given, keys).items():
        cells, values = [UNDEFINED] * len(names), [math.nan] * len(names)
        for row in group:
            cells[place[row[across]]] = _with_interval(row)
            if row["better"] != "neither" and row["value"] is not None:
                values[place[row[across]]] = float(row["value"])
        better = next((row["better"] for row in group if row["better"] != "neither"), "neither")
        head = dict(zip(keys, key, strict=True))
        if with_unit:
            head[named] = f"{head[named]}{_unit(str(head[named]), group[0]['unit'], better)}"
        arrows |= with_unit and better in _ARROWS
        rows.append([*(rounded(one, name) for name, one in head.items()), *cells])
        best.append({i + len(keys) for i in _best(values, better)})
    numeric = [not with_unit and name in table.numeric for name in keys]
    numeric += ["value" in table.numeric] * len(names)
    return Grid([*keys, *names], rows, len(keys), numeric, best, any(best), arrows)


def _unit(name: str, unit: str, better: str) -> str:
    """Return what follows the name of a measure: its unit, if the name does not say it, and arrow.

    >>> _unit("fertility", "tokens/word", "lower"), _unit("tokens", "tokens", "lower")
    (' (tokens/word) ↓', ' ↓')
    """
    told = unit in _TOLD or unit == name or "_per_" in name
    return f"{'' if told else f' ({unit})'}{_ARROWS.get(better, '')}"
