"""GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from tokscope.render.grid import grid
from tokscope.report import Report


def render(report: Report) -> str:
    """Write the headline, a heading, a table with the best values bold, and the notes as a list."""
    cells = grid(report)
    rules = ["---:" if numeric else "---" for numeric in cells.numeric]
    lines = [f"**{_safe(report.headline)}**", ""] if report.headline else []
    lines += [f"### {_safe(report.title)}", "", _line(cells.headers), _line(rules, raw=True)]
    for row, best in zip(cells.rows, cells.best, strict=True):
        lines.append(
            _line(
                [f"**{_safe(c)}**" if i in best else _safe(c) for i, c in enumerate(row)], raw=True
            )
        )
    lines += ["", *(f"* {_safe(note)}" for note in report.notes)]
    if report.signature:
        lines += ["", f"`{report.signature}`"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _safe(text: str) -> str:
    """Escape what Markdown would take for a table, bold text or a tag, such as <s> and <C3>."""
    return re.sub(r"[\\|*<]", r"\\\g<0>", text).replace("\n", " ")


def _line(cells: list[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cells if raw else map(_safe, cells)) + " |"
