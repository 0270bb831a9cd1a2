"""Notice that a file has changed, by its size, its times and its place on the disk."""

from __future__ import annotations

import os
import platform
import stat
import sys
import time
from dataclasses import dataclass
from functools import cache

from tokscope.errors import TokscopeError

_COARSEST = 0.02  # seconds; the times of most file systems are at least this precise
_STEP = 0.001  # seconds between two looks at a file
_FUTURE = 1_000_000_000  # nanoseconds; a time further ahead comes from another clock
_STDIN = "-"


class ChangedError(TokscopeError):
    """A file has changed since it was named, or since reading it began."""


@dataclass(frozen=True)
class Stamp:
    """The state of a file, and the machine that observed it."""

    machine: str
    size: int
    inode: int
    modified: int
    changed: int  # the change time, which programs cannot set
    device: int = 0

    def agrees(self, other: Stamp) -> bool:
        """Tell whether both are the same state; across machines, only the size is compared."""
        return self == other or (self.machine != other.machine and self.size == other.size)


@cache
def _machine() -> str:
    return platform.node()


def stamp(path: str, handle: int | None = None) -> Stamp | None:
    """Return the stamp of a regular file, or of one on standard input; None for anything else.

    `handle` is the open file, if it is open already.

    If the file was written just now, wait until a further write would change its time.
    """
    state = _seen(path, handle)
    patience = time.monotonic() + _COARSEST
    while state and 0 <= state.changed - _now() < _FUTURE and time.monotonic() < patience:
        time.sleep(_STEP)
        state = _seen(path, handle)
    return state


def _seen(path: str, handle: int | None = None) -> Stamp | None:
    try:
        handle = sys.stdin.fileno() if path == _STDIN else handle
        status = os.stat(path if handle is None else handle)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):  # standard input is closed, or there is no file
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    times = status.st_mtime_ns, status.st_ctime_ns
    return Stamp(_machine(), status.st_size, status.st_ino, *times, status.st_dev)


def _now() -> int:
    """Return the time that a file would get if it were written now, or an earlier time."""
    if hasattr(time, "CLOCK_REALTIME_COARSE"):
        return time.clock_gettime_ns(time.CLOCK_REALTIME_COARSE)
    return time.time_ns() - int(_COARSEST * 1e9)


def require_same(path: str, before: Stamp | None, handle: int | None = None) -> None:
    """Raise if a file has changed; `handle` is the open file, if it is open already.

    Raises:
        ChangedError: the file has changed.
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
