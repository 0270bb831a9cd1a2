"""Files of text: the part of one that a worker is sent, how it is opened, what is read of it."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import BinaryIO

from tokscope.changes import Stamp, require_same
from tokscope.errors import TokscopeError, exists
from tokscope.text.packing import packing, unpacked, unpacked_name

BLOCK = 1 << 20  # bytes read at once
MAX_UNIT = 64_000_000
REPLACING = "--errors replace (in tokscope.toml: errors)"
_LONGER = "--max-unit (in tokscope.toml: max_unit)"
STDIN = "-"
PATIENCE = 10.0  # seconds until somebody writes into a pipe that has a name
_HOW = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


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
    texts: tuple[str, ...] | None = None  # its units, where it is in memory and has no file

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


@dataclass(frozen=True)
class Corpus:
    """A language or another category: a name, and shards that are read one after the other."""

    name: str
    shards: tuple[Shard, ...]


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
            with _stream(path) as stream, unpacked(stream, path, shard.member) as inside:
                require_same(path, shard.stamp, stream.fileno())
                yield inside
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error


def _stream(path: str) -> BinaryIO:
    """Open a file, or a pipe that somebody writes into."""
    handle = os.open(path, _HOW)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISFIFO(mode):
            _await_text(handle, path)
            os.set_blocking(handle, True)
        elif not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "neither a file nor a pipe")
    except BaseException:
        os.close(handle)
        raise
    return open(path, "rb", opener=lambda *_: handle)


def _await_text(handle: int, path: str) -> None:
    """Wait for a while: a pipe with a name may have nobody who writes; others have, or had."""
    if not exists(Path(path).resolve()):
        return
    with DefaultSelector() as selector:
        selector.register(handle, EVENT_READ)
        if not selector.select(PATIENCE):
            message = f"nobody writes into this pipe, for {PATIENCE:g} seconds"
            raise OSError(errno.ETIMEDOUT, message)


def once(path: str) -> object:
    """Return what tells standard input, or a pipe, from others; None for what is read again.

    A file that is not there is told from others when it is opened.
    """
    try:
        found = os.fstat(sys.stdin.fileno()) if path == STDIN else os.stat(path)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):
        return STDIN if path == STDIN else None
    again = path != STDIN and stat.S_ISREG(found.st_mode)
    return None if again else (found.st_dev, found.st_ino)


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
    if shard.texts is not None or shard.path == STDIN or packing(shard.path):
        return None
    return Path(shard.path).stat().st_size
