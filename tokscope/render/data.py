"""CSV and JSON: the whole frame at full precision, for programs.

JSON reads back exactly what it was given. CSV has no way to write what is hidden, and is read by
people too: there it is written out as in a table. A cell that begins with = is left as it is: what
a spreadsheet does to text that it was asked to compute is for those who open one.
"""

from __future__ import annotations

import json
import math
import re

from tokscope.report import Report, mapped
from tokscope.visible import escaped, visible

SCHEMA = 1
# A job on GitHub would obey a line that begins so; between quotation marks it does not.
_OBEYED = re.compile(r"^([^\S\n]*::[^,\n]*)", re.MULTILINE)


def render_csv(report: Report) -> str:
    """Write the frame, one row a line; an undefined value is empty."""
    written = mapped(report.frame, visible).to_csv(index=False, lineterminator="\n")
    return _OBEYED.sub(r'"\1"', written)


def render_json(report: Report) -> str:
    """Write one object: schema, command, headline, title, signature, notes, rows.

    Undefined is null; a command without a headline has none.
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
