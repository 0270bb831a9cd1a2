"""CSV and JSON: the whole frame at full precision, for programs.

JSON reads back exactly as it was. CSV cannot escape hidden characters, and people read it too, so
it shows them as a table does. A cell that begins with = is not changed: spreadsheets may compute
it, and their users must decide about that.
"""

from __future__ import annotations

import json
import math
import re

from tokscope.report import Report, mapped
from tokscope.visible import escaped, visible

SCHEMA = 1
# GitHub Actions would obey a line that begins like this, but not if it is in quotes.
_OBEYED = re.compile(r"^([^\S\n]*::[^,\n]*)", re.MULTILINE)


def render_csv(report: Report) -> str:
    """Write the frame, one line per row; an undefined value is an empty cell."""
    written = mapped(report.frame, visible).to_csv(index=False, lineterminator="\n")
    return _OBEYED.sub(r'"\1"', written)


def render_json(report: Report) -> str:
    """Write one object: schema, command, headline, title, signature, notes, rows.

    An undefined value is null. Without a headline, the key is missing.
    """
    columns = {name: report.frame[name].tolist() for name in report.frame.columns}
    rows = [
        {
            name: None if isinstance(v, float) and not math.isfinite(v) else v
            for name, v in zip(columns, row, strict=True)
        }
        for row in zip(*columns.values(), strict=True)
    ]
    record = {
        "schema": SCHEMA,
        "command": report.command,
        **({"headline": report.headline} if report.headline else {}),
        "title": report.title,
        "signature": report.signature,
        "notes": [*report.notes, *report.details],
        "rows": rows,
    }
    return escaped(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)) + "\n"
