"""CSV and JSON: the whole frame at full precision, for programs.

JSON reads back exactly as it was. CSV cannot escape hidden characters, and people read it too, so
it shows them as a table does. A cell that begins with = is not changed: spreadsheets may compute
it, and their users must decide about that.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokscope.report import Report, Rows, mapped
from tokscope.visible import escaped, visible

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
# Types of one column that a frame gives back as they were
_SAME: Sequence[set[type]] = ({bool}, {float}, {int}, {int, type(None)}, {str}, {type(None)})
# GitHub Actions would obey a line that begins like this, but not if it is in quotes.
_OBEYED = re.compile(r"^([^\S\n]*::[^,\n]*)", re.MULTILINE)


def render_csv(report: Report) -> str:
    """Write the frame, one line per row; an undefined value is an empty cell."""
    columns = _alike(report.table)
    if columns is None:
        written = mapped(report.frame, visible).to_csv(index=False, lineterminator="\n")
    else:
        written = _csv(columns)
    return _OBEYED.sub(r'"\1"', written)


def _csv(columns: Mapping[str, Sequence[object]]) -> str:
    """Write plain values as a frame does."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(map(visible, columns))
    writer.writerows(zip(*(map(_cell, values) for values in columns.values()), strict=True))
    return lines.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    return None if value != value else value


def render_json(report: Report) -> str:
    """Write one object: schema, command, headline, title, signature, notes, rows.

    An undefined value is null. Without a headline, the key is missing.
    """
    columns = _columns(report)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return _written({**_head(report), "rows": rows}, indent=1) + "\n"


def columns_json(report: Report) -> str:
    """Write the same object in one line, with a list for each column, which is shorter.

    A column of strings that come again and again is `{"levels": [...], "codes": [...]}`: each
    string once, and for each row its place among them.
    """
    columns = {name: _packed(values) for name, values in _columns(report).items()}
    return _written({**_head(report), "columns": columns}, separators=(",", ":"))


def _packed(values: list[object]) -> list[object] | dict[str, list[object]]:
    if not all(isinstance(value, str) for value in values):
        return values
    levels = list(dict.fromkeys(values))
    if 2 * len(levels) > len(values):
        return values
    code = {level: i for i, level in enumerate(levels)}
    return {"levels": levels, "codes": [code[value] for value in values]}


def _columns(report: Report) -> dict[str, list[object]]:
    table = _alike(report.table)
    if table is None:
        table = {name: report.frame[name].tolist() for name in report.frame.columns}
    return {
        name: [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]
        for name, values in table.items()
    }


def _alike(rows: pd.DataFrame | Rows) -> dict[str, list[object]] | None:
    """Return the columns of rows, if a frame would change no value; pandas takes long to import."""
    if not isinstance(rows, Sequence):
        return None
    columns: dict[str, list[object]] = {
        name: [row.get(name) for row in rows] for name in (rows[0] if rows else ())
    }
    kinds = ({*map(type, values)} for values in columns.values())
    same = all(kind in _SAME for kind in kinds)
    return columns if same and all(len(row) == len(columns) for row in rows) else None


def _head(report: Report) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "command": report.command,
        **({"headline": report.headline} if report.headline else {}),
        "title": report.title,
        "signature": report.signature,
        "notes": [*report.notes, *report.details],
    }


def _written(
    record: object, indent: int | None = None, separators: tuple[str, str] | None = None
) -> str:
    drawn = json.dumps(
        record, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False
    )
    return escaped(drawn)
