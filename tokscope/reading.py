"""Read whole files: tokenizers and the files beside them, configurations, locks.

They must be regular files, because a pipe can block and a device has no end. Their size is limited,
far above any published file. A file that changes while it is read, or between two readings that
belong together, is an error.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from tokscope.changes import Stamp, require_same, stamp
from tokscope.errors import TokscopeError

MOST = 256_000_000  # bytes of a tokenizer's file; 900,000 pieces take 60 MB
MOST_OF_SETTINGS = 1_000_000  # bytes of a configuration
BLOCK = 1 << 20  # bytes read at once
_SEEN: ContextVar[MutableMapping[str, Stamp] | None] = ContextVar("seen", default=None)
_HOW = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path) -> BinaryIO:
    """Open a regular file, without waiting for a pipe.

    Raises:
        OSError: it is not a regular file, or cannot be opened.
    """
    handle = os.open(path, _HOW)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


@contextmanager
def together() -> Iterator[None]:
    """Require that a file which is read twice in this block is the same both times."""
    before = _SEEN.set({} if _SEEN.get() is None else _SEEN.get())
    try:
        yield
    finally:
        _SEEN.reset(before)


@contextmanager
def one_state() -> Iterator[None]:
    """As `together`; at the end, every file that was read in this block must be unchanged.

    Raises:
        ChangedError: a file has changed.
    """
    own: dict[str, Stamp] = {}
    outer = _SEEN.get()
    before = _SEEN.set(ChainMap(own, {} if outer is None else outer))
    try:
        yield
    except TokscopeError:
        _require_as_seen(own)  # a change explains the error better
        raise
    finally:
        _SEEN.reset(before)
    _require_as_seen(own)
    if outer is not None:
        outer.update(own)


def _require_as_seen(seen: Mapping[str, Stamp]) -> None:
    for path, before in seen.items():
        require_same(path, before)


@contextmanager
def steady(path: Path, *, remember: bool = True) -> Iterator[BinaryIO]:
    """Open a regular file that must not change while it is read.

    Its state is remembered for later readings. Pass `remember=False` for a file that we may write
    ourselves before we read it again.

    Raises:
        OSError: it is not a regular file, or cannot be opened.
        ChangedError: it changes, or has changed since it was read before.
    """
    with opened(path) as stream:
        seen = _SEEN.get() if remember else None
        before = stamp(str(path), stream.fileno())
        if before and seen is not None:
            seen[str(path)] = seen.get(str(path), before)
            require_same(str(path), seen[str(path)], stream.fileno())
        try:
            yield stream
        except Exception:
            require_same(str(path), before)  # a change explains the error better
            raise
        require_same(str(path), before)


def content(path: Path, most: int = MOST) -> bytes:
    """Return the bytes of a file.

    Raises:
        TokscopeError: it cannot be read, is a device or a pipe, has more bytes than `most`, or
            changes meanwhile.
    """
    try:
        require_regular(path)
        with steady(path) as stream:
            data = whole(stream, most)
    except (OSError, ValueError) as error:  # ValueError: an invalid name
        reason = getattr(error, "strerror", None) or error
        raise TokscopeError(f"{path}: cannot be read ({reason})") from error
    if data is None:
        raise TokscopeError(f"{path}: over {most // 1_000_000} MB, too large for such a file")
    return data


def whole(stream: BinaryIO, most: int) -> bytes | None:
    """Return the content of a file; None if it has more than `most` bytes."""
    if os.fstat(stream.fileno()).st_size > most:
        return None
    blocks, left = [], most
    while left >= 0 and (block := stream.read(min(BLOCK, left + 1))):
        blocks.append(block)
        left -= len(block)  # the file may grow meanwhile
    return b"".join(blocks) if left >= 0 else None


def text(path: Path, most: int = MOST) -> str:
    """Return the text of a file.

    Raises:
        TokscopeError: it cannot be read, or is not UTF-8.
    """
    try:
        return content(path, most).decode()
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: cannot be read (it is not UTF-8 text)") from error


def require_regular(path: Path) -> None:
    """Raise if a path is not a regular file: a device has no end, and a pipe can block.

    Raises:
        TokscopeError: it is a device, a pipe or a folder.
        OSError: its state cannot be read.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return
    told = "not a regular file; save its content in a file, and name that file"
    raise TokscopeError(f"{path}: {'a folder; name a file in it' if stat.S_ISDIR(mode) else told}")
