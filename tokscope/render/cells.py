"""How many cells of a terminal text takes, where terminals do not agree.

Some join a vowel sign with its letter in one cell, and others give it a cell of its own. A line
that is to fit everywhere is laid out by the larger of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unicodedata import category, east_asian_width

from rich.cells import cell_len

from tokscope.render.grid import Grid

_ONE, _TWO = 0xF0000, 0x34000  # where stand-ins of one and of two cells begin
_MANY = 0xBFFE
_JOINING = ("Mn", "Me", "Mc", "Cf")  # marks, and characters such as joiners


def cells_of(text: str) -> int:
    """Return the most cells that a text takes in any terminal.

    >>> cells_of("abc"), cells_of("é"), cells_of("नि"), cells_of("世界")
    (3, 1, 2, 4)
    """
    return len(text) if text.isascii() else sum(map(_width, _pieces(text)))


def _width(piece: str) -> int:
    return max(cell_len(piece), sum(map(_cells, piece)))


def _cells(char: str) -> int:
    """Return the cells of a character in a terminal that joins none."""
    if category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into characters with their marks, of at most two cells."""
    piece = ""
    for char in text:
        joins = piece not in ("", "\n") and category(char) in _JOINING
        if piece and not (joins and _width(piece + char) <= 2):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


class StandIns:
    """Characters that stand for pieces of text while a table is laid out.

    All programs give each of them the same number of cells, the most that its piece takes.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._of: dict[str, str] = {}

    def laid(self, cells: Grid) -> Grid:
        """Return a table with stand-ins."""
        return replace(
            cells,
            headers=[self.put(header) for header in cells.headers],
            rows=[[self.put(cell) for cell in row] for row in cells.rows],
            headline=self.put(cells.headline),
            title=self.put(cells.title),
            notes=tuple(map(self.put, cells.notes)),
            signature=self.put(cells.signature),
            flow=tuple(
                (self.put(name), [[self.put(cell) for cell in stack] for stack in stacks])
                for name, stacks in cells.flow
            ),
        )

    def put(self, text: str) -> str:
        """Return a text with stand-ins, if terminals may not agree about it."""
        reserved = any(ord(char) >= _TWO for char in text)
        if text.isascii() or (not reserved and cells_of(text) == cell_len(text)):
            return text
        return "".join(p if p.isascii() else self._one(p) for p in _pieces(text))

    def restored(self, text: str) -> str:
        """Return a text with the pieces that its stand-ins stand for."""
        return text.translate({ord(one): piece for piece, one in self._of.items()})

    def _one(self, piece: str) -> str:
        width = _width(piece)
        if piece not in self._of and width and len(self._of) < _MANY:
            start = _TWO if width == 2 else _ONE
            self._of[piece] = chr(start + len(self._of))
        return self._of.get(piece, piece)
