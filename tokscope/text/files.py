"""Files of text: the part of one that a worker is sent, how it is opened, what is read of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import TokscopeError
from tokscope.text.changes import Stamp
from tokscope.text.packing import packing, unpacked, unpacked_name

BLOCK = 1 << 20  # bytes read at once
MAX_UNIT = 64_000_000
REPLACING = "--errors replace (in tokscope.toml: errors)"
_LONGER = "--max-unit (in tokscope.toml: max_unit)"
STDIN = "-"


@dataclass(frozen=True)
class Shard:
    """One file, or standard input as "-", or a part of a file, and how it is read."""

    path: str
    field: str = "text"
    errors: str = "strict"
    keep_empty: bool = False
    max_unit: int = MAX_UNIT
    cluster: str = ""  # a field: units with one value of it belong together
    start: int = 0  # the first byte, that of a unit
    end: int | None = None  # where the next part begins; None for the end of the file
    kind: str = ""  # of its content; "" for what its suffix says
    member: str = ""  # of a zip file
    stamp: Stamp | None = None  # of the file when it was named

    @property
    def place(self) -> str:
        """Return how it is called in messages."""
        return f"{self.path}/{self.member}" if self.member else self.path

    @property
    def suffix(self) -> str:
        """Return the suffix that says what it holds, in small letters."""
        return Path(self.member or unpacked_name(self.path)).suffix.lower()

    def error(self, line: int, message: str) -> TokscopeError:
        """Return an error that names the file and the line or row, counted from 1 in this part."""
        before = sum(raw.count(b"\n") for raw in raw_of(replace(self, start=0, end=self.start)))
        return TokscopeError(f"{self.place}:{line + before}: {message}")

    def too_long(self, line: int) -> TokscopeError:
        """Return the error for a unit on a line or row that is longer than any may be."""
        limit = f"{self.max_unit / 1e6:g} MB"
        return self.error(line, f"a unit of over {limit}; split it, or raise {_LONGER}")


def pieces(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the bytes of a shard, a block at a time."""
    if shard.start:
        stream.seek(shard.start)
    left = None if shard.end is None else shard.end - shard.start
    while piece := stream.read(BLOCK if left is None else min(BLOCK, left)):
        left = None if left is None else left - len(piece)
        yield piece


def raw_of(part: Shard) -> Iterator[bytes]:
    """Yield the bytes of a part of a file as they are there, a block at a time; none before 0.

    Raises:
        TokscopeError: the file cannot be read.
    """
    if part.end != 0:
        with opened(part) as stream:
            yield from pieces(stream, part)


@contextmanager
def opened(shard: Shard) -> Iterator[BinaryIO]:
    """Open a file, unpacked; every way in which it cannot be read is one clear line."""
    path = shard.path
    try:
        if path == STDIN:
            yield standard_input()
        else:
            with Path(path).open("rb") as stream, unpacked(stream, path, shard.member) as inside:
                yield inside
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error


def standard_input() -> BinaryIO:
    """Return standard input.

    Raises:
        TokscopeError: there is none.
    """
    if sys.stdin is None:
        raise TokscopeError("standard input is closed; name a file, or send text into it")
    return sys.stdin.buffer


def beginning(shard: Shard, size: int) -> bytes:
    """Return the first bytes of a file, none of a pipe: what is read from it does not come again.

    Raises:
        TokscopeError: it cannot be read.
    """
    if shard.path == STDIN:
        stream = standard_input()
        if isinstance(stream, io.BufferedReader):
            return stream.peek(size)
        if isinstance(stream, io.BytesIO):
            return stream.getbuffer()[stream.tell() :][:size].tobytes()
        return b""
    if not Path(shard.path).is_file():
        return b""
    with opened(shard) as stream:
        return stream.read(size)[:size]


def size(shard: Shard) -> int | None:
    """Return how many bytes a file holds; None where only reading it tells."""
    if shard.path == STDIN or packing(shard.path):
        return None
    return Path(shard.path).stat().st_size
