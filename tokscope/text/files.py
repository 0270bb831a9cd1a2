"""Files of text: the parts that workers read, how files are opened, and their bytes."""

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
PATIENCE = 10.0  # seconds to wait until somebody writes into a named pipe
_HOW = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Shard:
    """A file, a part of a file, or standard input ("-"), and how to read it."""

    path: str
    field: str = "text"
    errors: str = "strict"
    keep_empty: bool = False
    max_unit: int = MAX_UNIT
    cluster: str = ""  # a field; units with the same value belong together
    start: int = 0  # the first byte, where a unit begins
    end: int | None = None  # where the next part begins; None for the end of the file
    kind: str = ""  # the format of its content; "" to go by the suffix
    member: str = ""  # the file inside a zip file
    stamp: Stamp | None = None  # the state of the file when it was named
    texts: tuple[str, ...] | None = None  # the units, if they are in memory and not in a file
    language: str = ""  # of source code, if it is cut into lexemes

    @property
    def place(self) -> str:
        """Return its name in messages."""
        return f"{self.path}/{self.member}" if self.member else self.path

    @property
    def suffix(self) -> str:
        """Return the suffix that tells the format, in lower case."""
        return Path(self.member or unpacked_name(self.path)).suffix.lower()

    def error(self, line: int, message: str) -> TokscopeError:
        """Return an error that names the file and the line or row, counted from 1 in this part."""
        before = sum(raw.count(b"\n") for raw in raw_of(replace(self, start=0, end=self.start)))
        return TokscopeError(f"{self.place}:{line + before}: {message}")

    def too_long(self, line: int) -> TokscopeError:
        """Return the error for a unit that is longer than `max_unit`."""
        limit = f"{self.max_unit / 1e6:g} MB"
        return self.error(line, f"a unit of over {limit}; split it, or raise {_LONGER}")


@dataclass(frozen=True)
class Corpus:
    """A language or another category: a name, and the shards that hold its text, in order."""

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
    """Yield the raw bytes of a part in blocks; nothing if the part ends at byte 0.

    Raises:
        TokscopeError: the file cannot be read.
    """
    if part.end != 0:
        with opened(part) as stream:
            yield from pieces(stream, part)


@contextmanager
def opened(shard: Shard) -> Iterator[BinaryIO]:
    """Open a file and unpack it; every failure becomes one clear line."""
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
    """Open a file, or a pipe with a writer."""
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
    """Wait for text in a pipe, but not for ever: a named pipe may have no writer."""
    if not exists(Path(path).resolve()):
        return
    with DefaultSelector() as selector:
        selector.register(handle, EVENT_READ)
        if not selector.select(PATIENCE):
            message = f"nobody writes into this pipe, for {PATIENCE:g} seconds"
            raise OSError(errno.ETIMEDOUT, message)


def once(path: str) -> object:
    """Return the identity of standard input or a pipe; None for a file that can be read again.

    A missing file gives None too: opening it reports the error.
    """
    try:
        status = os.fstat(sys.stdin.fileno()) if path == STDIN else os.stat(path)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):
        return STDIN if path == STDIN else None
    again = path != STDIN and stat.S_ISREG(status.st_mode)
    return None if again else (status.st_dev, status.st_ino)


def standard_input() -> BinaryIO:
    """Return standard input.

    Raises:
        TokscopeError: it is closed.
    """
    if sys.stdin is None:
        raise TokscopeError("standard input is closed; name a file, or send text into it")
    return sys.stdin.buffer


def beginning(shard: Shard, size: int) -> bytes:
    """Return the first bytes of a file; b"" for a named pipe, which can be read only once.

    Raises:
        TokscopeError: the file cannot be read.
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
    """Return how many bytes a file holds; None if only reading it can tell."""
    if shard.texts is not None or shard.path == STDIN or packing(shard.path):
        return None
    return Path(shard.path).stat().st_size
