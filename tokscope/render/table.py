"""Tables for a terminal; in a pipe the same in plain text."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tokscope.render.grid import Grid, grid
from tokscope.report import Report


def render(report: Report, *, width: int = 80, color: bool = False) -> str:
    """Draw a report to a width in cells; columns that do not fit come in a table below."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, color_system="standard" if color else None,
        highlight=False, legacy_windows=False,
    )  # fmt: skip
    cells = _fitted(grid(report), width)
    console.print(Text(report.title, style="bold"))
    for i, columns in enumerate(_blocks(cells, width)):
        if i:
            console.print()
        console.print(_table(cells, columns))
    if cells.directions:
        arrows = "; ↓ lower is better, ↑ higher is better" if "unit" in cells.headers else ""
        console.print(Text(f"* best of its row{arrows}", "dim"))
    for note in report.notes:
        console.print(_item(note))
    if report.signature:
        console.print(Text(report.signature, style="dim"), soft_wrap=not color)
    lines = out.getvalue().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _item(note: str) -> Table:
    """Hang a note under its bullet."""
    item = Table.grid(padding=(0, 1, 0, 0))
    item.add_row("·", Text(note))
    return item


def _broken(header: str) -> str:
    """Break a long name after its marks of punctuation."""
    return re.sub(r"(?<=[-_./:])(?=[^-_./:])", "\n", header)


def _width(cells: Grid, column: int) -> int:
    texts = [*cells.headers[column].split("\n"), *(row[column] for row in cells.rows)]
    mark = cells.directions and column >= cells.keys
    return max(map(cell_len, texts)) + (2 if mark or column < cells.keys else 1)


def _blocks(cells: Grid, width: int) -> list[list[int]]:
    """Share the columns out over tables that fit; the columns that name a row are in each."""
    keys = list(range(cells.keys))
    free = width - sum(_width(cells, key) for key in keys)
    blocks: list[list[int]] = [[]]
    used = 0
    for column in range(cells.keys, len(cells.headers)):
        if blocks[-1] and used + _width(cells, column) > free:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += _width(cells, column)
    return [keys + block for block in blocks]


def _fitted(cells: Grid, width: int) -> Grid:
    """Break the names of columns where that saves a table."""
    if len(_blocks(cells, width)) == 1:
        return cells
    headers = [_broken(h) if i >= cells.keys else h for i, h in enumerate(cells.headers)]
    return replace(cells, headers=headers)


def _table(cells: Grid, columns: list[int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if cells.numeric[column] else "left"
        header = Text(cells.headers[column])
        table.add_column(header, justify=justify, overflow="fold", no_wrap=column == 0)
    for row, best in zip(cells.rows, cells.best, strict=True):
        table.add_row(*(_cell(cells, row, column, column in best) for column in columns))
    return table


def _cell(cells: Grid, row: list[str], column: int, best: bool) -> Text:
    if column < cells.keys:
        return Text(f"{row[column]} ")
    if not cells.directions:
        return Text(row[column])
    return Text(f"{row[column]}*", "bold green") if best else Text(f"{row[column]} ")
