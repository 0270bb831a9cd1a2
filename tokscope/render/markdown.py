"""Tables in GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from tokscope.render.grid import grid
from tokscope.report import Report
from tokscope.visible import visible

_RUN = re.compile(r"[^\s|]+|\|")
# GitHub turns these into links, mentions, formulas and pictures, even if escaped; not in code.
_LIVE = re.compile(r"://|(?i:www\.)|@|\$|:[a-z0-9_+-]+:")
# Tables, code, emphasis, tags such as <s>, headings; entities; links; _ except inside a name.
_SPECIAL = re.compile(r"[\\|`*<~#]|&(?=[#\w])|\](?=\()|(?<![^\W_])_|_(?![^\W_])")
# At the start of a note, these would begin a list, a quotation, a task or a link target.
_FIRST = re.compile(r"^(\d*)(?=[.)])|^(?=[>+[-])")


def render(report: Report) -> str:
    """Write the headline, a heading, a table with the best values bold, and the notes as a list."""
    cells = grid(report, escaped)
    rules = ["---:" if numeric else "---" for numeric in cells.numeric]
    lines = [f"**{cells.headline}**", ""] if cells.headline else []
    lines += [f"### {cells.title}", "", _line(cells.headers), _line(rules)]
    for row, best in zip(cells.rows, cells.best, strict=True):
        lines.append(_line([f"**{c}**" if i in best else c for i, c in enumerate(row)]))
    lines += ["", *(f"* {_begun(note)}" for note in cells.notes)]
    if report.signature:
        lines += ["", _code(visible(report.signature))]
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    r"""Escape Markdown syntax; text that works even if escaped becomes code.

    >>> escaped("![a](b) <s> a_b _c"), escaped("to @all")
    ('![a\\](b) \\<s> a_b \\_c', 'to `@all`')
    """
    return _RUN.sub(lambda run: _inert(run[0]), text)


def _begun(note: str) -> str:
    return _FIRST.sub(r"\1\\", note.strip())


def _inert(run: str) -> str:
    return _code(run) if _LIVE.search(run) else _SPECIAL.sub(r"\\\g<0>", run)


def _code(text: str) -> str:
    """Put text between more backticks than it contains in a row."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
