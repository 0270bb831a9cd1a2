"""Tables for a terminal; in a pipe, the same tables as plain text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tokscope.render.cells import StandIns
from tokscope.render.grid import Grid, grid
from tokscope.report import Report
from tokscope.visible import uncommanding, visible

NARROWEST = 40  # cells; the narrowest table
LONGEST_TEXT = 30  # cells; a wider column of text is wrapped if that saves a table
_COLORS = ("black on cyan", "black on yellow", "black on green", "black on magenta")


def render(report: Report, *, width: int = 80, color: bool = False, brief: bool = False) -> str:
    """Draw a report to a width in cells; columns that do not fit go into a table below.

    `brief` shortens the signature to one line, as a terminal shows it.
    If a terminal is too narrow for any table, it wraps the lines itself.
    """
    out = io.StringIO()
    held = StandIns()
    cells = held.laid(grid(report))
    cells = replace(cells, signature=visible(report.brief)) if brief else cells
    _draw(cells, _console(out, max(width, NARROWEST), color))
    lines = held.restored(out.getvalue()).split("\n")
    return uncommanding("\n".join(line.rstrip() for line in lines))


def _console(out: io.StringIO, width: int, color: bool) -> Console:
    return Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )


def _draw(cells: Grid, console: Console) -> None:
    if cells.headline:
        console.print(Text(f"{cells.headline}\n", style="bold"))
    console.print(Text(cells.title, style="" if cells.headline else "bold"))
    if cells.flow:
        _draw_flow(cells, console)
    else:
        _draw_tables(_fitted(cells, console.width), console)
    for note in cells.notes:
        console.print(_item(note))
    if cells.signature:
        console.print(Text(cells.signature, style="dim"), soft_wrap=not console.is_terminal)


def _draw_tables(cells: Grid, console: Console) -> None:
    for i, columns in enumerate(_blocks(cells, console.width)):
        if i:
            console.print()
        console.print(_table(cells, columns, console.width))
    if legend := cells.legend("*"):
        console.print(Text(legend, "dim"))


def _draw_flow(cells: Grid, console: Console) -> None:
    """Write the rows of each entry of the first column as running lines, in alternating colours."""
    for name, stacks in cells.flow:
        console.print(Text(f"\n{name}", style="bold"))
        for start, end in _lines([max(map(cell_len, stack)) for stack in stacks], console.width):
            for level in range(len(stacks[0])):
                console.print(_level(stacks, range(start, end), level))


def _lines(widths: list[int], width: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the past-the-end cell of every line."""
    start = used = 0
    for i, cell in enumerate(widths):
        if i > start and used + cell + 1 > width:
            yield start, i
            start, used = i, 0
        used += cell + 1
    if widths:
        yield start, len(widths)


def _level(stacks: list[list[str]], cells: range, level: int) -> Text:
    """Return one layer of a line of cells: coloured tokens, or dim details under them."""
    line = Text(overflow="fold")
    for i in cells:
        text = stacks[i][level]
        padding = " " * (max(map(cell_len, stacks[i])) - cell_len(text) + 1)
        line.append(text, style=_COLORS[i % len(_COLORS)] if level == 0 else "dim")
        line.append(padding)
    return line


def _item(note: str) -> Table:
    """Indent a note behind its bullet."""
    item = Table.grid(padding=(0, 1, 0, 0))
    item.add_row("·", Text(note))
    return item


def _broken(header: str) -> str:
    """Break a long name after punctuation."""
    return re.sub(r"(?<=[-_./:])(?=[^-_./:])", "\n", header)


def _width(cells: Grid, column: int) -> int:
    mark = 1 if cells.directions or column < cells.keys else 0  # a star, or a space
    widths = [cell_len(row[column]) + mark for row in cells.rows]
    wide = max([*map(cell_len, cells.headers[column].split("\n")), *widths]) + 1
    is_value = column >= cells.keys and not cells.numeric[column]
    return min(wide, LONGEST_TEXT) if is_value else wide


def _key_widths(cells: Grid, width: int) -> list[int]:
    """Return the widths of the key columns, less than they ask for if no value would fit."""
    widths = [_width(cells, key) for key in range(cells.keys)]
    values = [_width(cells, i) for i in range(cells.keys, len(cells.headers)) if cells.numeric[i]]
    if not values:
        return [min(widths[0], width // 2), *widths[1:]] if len(cells.headers) > 1 else widths
    left = max(width - max(values), width // 2)
    for place, key in enumerate(sorted(range(cells.keys), key=lambda key: widths[key])):
        widths[key] = min(widths[key], left // (cells.keys - place))
        left -= widths[key]
    return widths


def _blocks(cells: Grid, width: int) -> list[list[int]]:
    """Distribute the columns over tables that fit; each table repeats the key columns."""
    keys = list(range(cells.keys))
    free = width - sum(_key_widths(cells, width))
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
    """Break the names of columns if that saves a table."""
    if len(_blocks(cells, width)) == 1:
        return cells
    headers = [_broken(h) if i >= cells.keys else h for i, h in enumerate(cells.headers)]
    broken = replace(cells, headers=headers)
    return broken if len(_blocks(broken, width)) < len(_blocks(cells, width)) else cells


def _table(cells: Grid, columns: list[int], width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    widths = _key_widths(cells, width)
    narrowed = {key: own - 1 for key, own in enumerate(widths) if own < _width(cells, key)}
    for column in columns:
        justify: Literal["left", "right"] = "right" if cells.numeric[column] else "left"
        header = Text(cells.headers[column])
        table.add_column(
            header,
            justify=justify,
            overflow="fold",
            no_wrap=column == 0 and column not in narrowed,
            max_width=narrowed.get(column),
        )
    for row, best in zip(cells.rows, cells.best, strict=True):
        table.add_row(*(_cell(cells, row, column, column in best) for column in columns))
    return table


def _cell(cells: Grid, row: list[str], column: int, best: bool) -> Text:
    if column < cells.keys:
        return Text(f"{row[column]} ")
    if not cells.directions:
        return Text(row[column])
    return Text(f"{row[column]}*", "bold green") if best else Text(f"{row[column]} ")
