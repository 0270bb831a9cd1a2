"""Whether a file is still what it was: noticed by its size, its times and its place on the disk."""

from __future__ import annotations

import os
import platform
import stat
import sys
import time
from dataclasses import dataclass
from functools import cache

from tokscope.errors import TokscopeError

_COARSEST = 0.02  # seconds between two times that a file system writes down, at most, mostly
_STEP = 0.001
_FUTURE = 1_000_000_000  # nanoseconds; a time that is further ahead is of another clock
_STDIN = "-"


class ChangedError(TokscopeError):
    """A file is not what it was when it was named, or when reading it began."""


@dataclass(frozen=True)
class Stamp:
    """What tells one state of a file from another, and the machine on which it was seen."""

    machine: str
    size: int
    inode: int
    modified: int
    changed: int  # which nobody can set back
    device: int = 0

    def agrees(self, other: Stamp) -> bool:
        """Tell whether both are of one state; of another machine's copy, only the size tells."""
        return self == other or (self.machine != other.machine and self.size == other.size)


@cache
def _machine() -> str:
    return platform.node()


def stamp(path: str, handle: int | None = None) -> Stamp | None:
    """Return the stamp of a regular file, also as standard input; None for a pipe, or nothing.

    Where it is open already, `handle` is what is looked at.

    A file that was written just now is waited for, until what is written next has another time.
    """
    found = _seen(path, handle)
    patience = time.monotonic() + _COARSEST
    while found and 0 <= found.changed - _now() < _FUTURE and time.monotonic() < patience:
        time.sleep(_STEP)
        found = _seen(path, handle)
    return found


def _seen(path: str, handle: int | None = None) -> Stamp | None:
    try:
        handle = sys.stdin.fileno() if path == _STDIN else handle
        found = os.stat(path if handle is None else handle)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):  # it is closed, or no file at all
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    times = found.st_mtime_ns, found.st_ctime_ns
    return Stamp(_machine(), found.st_size, found.st_ino, *times, found.st_dev)


def _now() -> int:
    """Return the time that a file written now would get, or one before it."""
    if hasattr(time, "CLOCK_REALTIME_COARSE"):
        return time.clock_gettime_ns(time.CLOCK_REALTIME_COARSE)
    return time.time_ns() - int(_COARSEST * 1e9)


def require_same(path: str, before: Stamp | None, handle: int | None = None) -> None:
    """Raise if a file, which may be open already, is not what it was.

    Raises:
        ChangedError: it has changed.
    """
    if before is None:
        return
    now = _seen(path, handle)
    if now is None or not before.agrees(now):
        what = "vanished" if now is None else _change(before, now)
        name = "standard input" if path == _STDIN else path
        raise ChangedError(
            f"{name}: it {what} while it was read; run this again when nothing writes to it"
        )


def _change(before: Stamp, now: Stamp) -> str:
    if before.inode != now.inode and before.machine == now.machine:
        return "was replaced"
    if before.size != now.size:
        how = "grew" if before.size < now.size else "shrank"
        return f"{how} by {abs(now.size - before.size):,} bytes"
    return "changed"
