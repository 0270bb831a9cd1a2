"""HTML for a notebook, in the notebook's own style, with the tables of the command line."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tokscope.render.grid import Grid, grid
from tokscope.report import Report

_STACK = "display: inline-block; margin: 0 0.5em 0.3em 0; vertical-align: top"
_BOLD = "; font-weight: bold"


def render(reports: Sequence[Report]) -> str:
    """Write each report as a heading, a table with the best values bold, and the notes."""
    return "".join(_drawn(grid(report, html.escape)) for report in reports)


def _drawn(cells: Grid) -> str:
    headline = f"<p>{cells.headline}</p>" if cells.headline else ""
    table = "".join(_stacks(*one) for one in cells.flow) if cells.flow else _table(cells)
    notes = "".join(f"<li>{note}</li>" for note in cells.notes)
    signature = f"<small>{cells.signature}</small>" if cells.signature else ""
    return f"{headline}<h4>{cells.title}</h4>{table}<ul>{notes}</ul>{signature}"


def _table(cells: Grid) -> str:
    rows = [_row("th", cells.headers, cells.numeric, set())]
    for row, best in zip(cells.rows, cells.best, strict=True):
        rows.append(_row("td", row, cells.numeric, best))
    legend = cells.legend("bold:")
    return f"<table>{''.join(rows)}</table>{f'<small>{legend}</small>' if legend else ''}"


def _row(kind: str, row: list[str], numeric: list[bool], best: set[int]) -> str:
    drawn = [
        f'<{kind} style="text-align: {"right" if number else "left"}'
        f'{_BOLD if i in best else ""}">{cell}</{kind}>'
        for i, (cell, number) in enumerate(zip(row, numeric, strict=True))
    ]
    return f"<tr>{''.join(drawn)}</tr>"


def _stacks(name: str, stacks: list[list[str]]) -> str:
    """Write tokens as running lines, each with its details below."""
    return f"<p>{name}</p><p>{''.join(map(_stack, stacks))}</p>"


def _stack(levels: list[str]) -> str:
    lines = "".join(f'<span style="display: block">{level}</span>' for level in levels)
    return f'<span style="{_STACK}">{lines}</span>'
