"""Rows of text files: the first row names the columns; one column is the text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Protocol

import numpy as np

from tokscope.errors import TokscopeError, choose, shortened
from tokscope.text import files
from tokscope.text.files import Shard
from tokscope.text.lines import Block, Units, blocks

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class _Rows(Protocol):
    """An iterator over rows that knows the line where the last row ends."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...


class _Tabbed:
    """Rows with tabs between cells.

    Quotes are part of the text, except where only a CSV writer can have put them: all names of
    columns are quoted, so every cell is; or a quoted cell contains doubled quotes.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.line_num = lines, 0

    def __iter__(self) -> Iterator[list[str]]:
        for line in self.lines:
            cells = line.removesuffix("\n").removesuffix("\r").split("\t")
            if not self.line_num and all(_in_quotes(cell) for cell in cells):
                yield from self._quoted(line)
                return
            self.line_num += 1
            cells = [_unquoted(cell) for cell in cells] if '""' in line else cells
            yield cells if cells != [""] else []

    def _quoted(self, first: str) -> Iterator[list[str]]:
        rows = csv.reader(chain([first], self.lines), delimiter="\t", strict=True)
        for row in rows:
            self.line_num = rows.line_num
            yield row


def _in_quotes(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"'


def _unquoted(cell: str) -> str:
    """Return a cell without the quotes around it, if it contains quotes and all are doubled.

    >>> [_unquoted(cell) for cell in ('"say ""hi"" now"', '"Hello!"')]
    ['say "hi" now', '"Hello!"']
    """
    inside = cell[1:-1]
    doubled = '""' in inside and '"' not in inside.replace('""', "")
    return inside.replace('""', '"') if _in_quotes(cell) and doubled else cell


def read_rows(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row of CSV as a unit; the first row names the columns."""
    return _read(stream, shard, lambda lines: csv.reader(lines, strict=True))


def read_tabs(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row of tab-separated text as a unit."""
    return _read(stream, shard, _Tabbed)


def _read(
    stream: BinaryIO, shard: Shard, rows_of: Callable[[Iterator[str]], _Rows]
) -> Iterator[Units]:
    read: list[Block] = []

    def feed() -> Iterator[str]:
        for block in blocks(stream, shard):
            read.append(block)
            yield from io.StringIO(block.text, newline="\n")

    csv.field_size_limit(min(shard.max_unit, 2**31 - 1))
    rows = rows_of(feed())
    batch: list[list[str]] = []
    lines: list[int] = []
    offset = size = 0
    for cells, line in _cells(rows, shard):
        batch.append(cells)
        lines.append(line)
        size += len(cells[0]) + 1
        if size > files.BLOCK:
            yield _units(batch, lines, offset, read)
            batch, lines, offset, size = [], [], offset + size, 0
    yield _units(batch, lines, offset, read)


def _cells(rows: _Rows, shard: Shard) -> Iterator[tuple[list[str], int]]:
    """Yield the text of every row, its cluster if one is named, and the line where it ends."""
    columns: list[int] = []
    width = 0
    try:
        for row in rows:
            if not columns:
                columns, width = _columns(row, shard) if row else [], len(row)
                continue
            if row and max(columns) >= len(row):
                raise shard.error(rows.line_num, f"{len(row)} columns, too few for the header")
            if any(row[width:]):
                problem = f"{len(row)} columns, the header has {width}"
                raise shard.error(rows.line_num, f"{problem}; put quotes around cells as CSV does")
            yield [row[column] for column in columns] if row else [""] * len(columns), rows.line_num
    except csv.Error as error:
        raise shard.error(rows.line_num, f"not valid CSV: {error}") from error


def _units(batch: list[list[str]], lines: list[int], offset: int, read: list[Block]) -> Units:
    """Turn rows into units, and empty the list of blocks that they came from."""
    texts = [row[0] for row in batch]
    lengths = [len(text) + 1 for text in texts]
    offsets = offset + np.cumsum([0, *lengths])[: len(texts)]
    raw, replaced = b"".join(block.raw for block in read), sum(block.replaced for block in read)
    read.clear()
    clusters = [row[1] for row in batch if len(row) > 1]
    return Units(texts, offsets, lines, raw, replaced=replaced, clusters=clusters)


def _columns(header: Sequence[str], shard: Shard) -> list[int]:
    """Return the place of the text column and, if one is named, of the cluster column."""
    places = {name: i for i, name in enumerate(header)}
    options = {"--field": shard.field, "--cluster": shard.cluster}
    columns = []
    for option, name in options.items():
        if not name:
            continue
        if header.count(name) > 1:
            raise shard.error(1, f"two columns are named '{shortened(name)}'; rename one")
        try:
            columns.append(choose(places, name, "column"))
        except TokscopeError as error:
            raise shard.error(1, f"{error}; name one with {option}{_separated(header)}") from error
    return columns


def _separated(header: Sequence[str]) -> str:
    """Return a hint if another character seems to separate the columns, or ""."""
    mark = next((mark for mark in _SEPARATORS if len(header) == 1 and mark in header[0]), "")
    return f"; columns are separated by {_SEPARATORS[mark]}, write commas" if mark else ""
