"""CSV and JSON: the whole frame at full precision, for programs."""

from __future__ import annotations

import json
import math

from tokscope.report import Report

SCHEMA = 1


def render_csv(report: Report) -> str:
    """Write the frame; an undefined value is empty."""
    return report.frame.to_csv(index=False, lineterminator="\n")


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
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
