"""A file of gold as rows of cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from tokscope.errors import TokscopeError, choose, shortened
from tokscope.wording import many

LONGEST = 1_000_000  # characters of a line
_COUNT = re.compile("[0-9]{1,12}")


class Table(NamedTuple):
    """The rows of a file, all with the same number of cells."""

    path: str
    lines: Sequence[int]  # the number of the line of each row
    rows: Sequence[Sequence[str]]
    header: Sequence[str] = ()  # the names of the columns, if the file has them


def table_of(path: str, text: str, headers: Iterable[Set[str]], named: bool = False) -> Table:
    """Return the rows of a text: CSV, or cells with tabs between them.

    Args:
        path: the name of the file, for messages.
        text: its content.
        headers: names of columns; a first row that has all names of one of these is a header.
        named: the first row is a header, whatever it has.

    Raises:
        TokscopeError: there are no rows, a line is too long, or rows differ in their columns.
    """
    table = _rows(path, text)
    if named or any(names <= set(table.rows[0]) for names in headers):
        table = Table(path, table.lines[1:], table.rows[1:], table.rows[0])
    if not (table.rows and table.rows[0]):
        raise TokscopeError(f"{path}: no rows in it; write a word, a tab and its parts on each")
    return table


def _rows(path: str, text: str) -> Table:
    """Return the rows of a text, without empty lines and without remarks, which begin with #."""
    kept = {
        number: line.removesuffix("\r")
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1)
        if line.strip() and not (line.startswith("#") and "\t" not in line)
    }
    for number, line in kept.items():
        if len(line) > LONGEST:
            raise TokscopeError(f"{path}:{number}: a line of over {LONGEST:,} characters is no row")
    lines = list(kept)
    if any("\t" in line for line in kept.values()):
        rows = [line.split("\t") for line in kept.values()]
    else:
        rows = _of_csv(path, list(kept.values()))
    for number, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            told = f"{many(len(row), 'column')}, but {len(rows[0])} in the first row"
            raise TokscopeError(f"{path}:{number}: {told}")
    return Table(path, lines, rows or [[]])


def _of_csv(path: str, lines: list[str]) -> list[list[str]]:
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise TokscopeError(f"{path}: not valid CSV ({error})") from error
    if len(rows) != len(lines):
        raise TokscopeError(f"{path}: not valid CSV (a cell goes on in the next line)")
    return rows


def without(table: Table, column: str) -> tuple[Table, list[int]]:
    """Return a table without a column of whole numbers, and the numbers.

    `column` is its name in the header, or its number from 1.

    Raises:
        TokscopeError: there is no such column, or it holds something else, or nothing but 0.
    """
    width = len(table.rows[0])
    places = {name: place for place, name in enumerate(table.header)}
    places |= {str(place + 1): place for place in range(width)}
    place = choose(places, column, f"column of --frequency in {table.path}")
    for line, row in zip(table.lines, table.rows, strict=True):
        if not _COUNT.fullmatch(row[place]):
            what = f"'{shortened(row[place])}' is not a whole number from 0 up"
            raise TokscopeError(f"{table.path}:{line}: --frequency {column}: {what}")
    numbers = [int(row[place]) for row in table.rows]
    if not any(numbers):
        raise TokscopeError(f"{table.path}: --frequency {column}: no word has a number above 0")
    header, *rows = ([*row[:place], *row[place + 1 :]] for row in (table.header, *table.rows))
    return Table(table.path, table.lines, rows, header), numbers
