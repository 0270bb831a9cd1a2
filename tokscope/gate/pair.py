"""Reads and writes a lock and the counts beside it together. The lock holds the hash of the counts.

New counts are written beside the old ones, then the lock is renamed, then the new counts replace
the old ones. A reader takes the counts that fit the lock. So if the writer is stopped at any
moment, either the old pair or the new pair can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tokscope import reading
from tokscope.changes import ChangedError
from tokscope.errors import TokscopeError, exists
from tokscope.writing import write_all

SIDECAR = ".npz"
_COMING = ".new"
_TRIES = 5
_MOST = 2_000_000_000  # bytes of counts; ten million units have 150 MB
T = TypeVar("T")
Unpack = Callable[[bytes, bytes, str], T]  # lock, counts and place; raises where they do not fit


def files(path: Path) -> tuple[Path, Path, Path]:
    """Return all files that writing a lock touches: the lock, its counts, and new counts."""
    counts = path.with_name(path.name + SIDECAR)
    return path, counts, counts.with_name(counts.name + _COMING)


def content(path: Path) -> bytes:
    """Return what is in one of the files.

    Raises:
        TokscopeError: it cannot be read, or is too large for a lock or for counts.
    """
    most = reading.MOST if path.suffix == ".lock" else _MOST
    for tried in range(_TRIES):
        try:
            with reading.steady(path, remember=False) as stream:
                data = reading.whole(stream, most)
            break
        except ChangedError:  # another writer was faster
            if tried == _TRIES - 1:
                raise
        except OSError as error:
            raise TokscopeError(
                f"TS905 {path}: the baseline cannot be read ({error.strerror}); "
                "write it with tokscope lock, and commit both files"
            ) from error
    if data is None:
        size = f"{most // 1_000_000:,} MB"
        raise TokscopeError(f"TS905 {path}: larger than {size}, the limit for such a file")
    return data


def read(path: Path, unpacked: Unpack[T]) -> T:
    """Return what both hold, even if writing them was interrupted.

    Raises:
        TokscopeError: one is missing or damaged, or they do not belong together.
    """
    _, counts, coming = files(path)
    for _ in range(_TRIES):
        lock, problems = content(path), []
        for place in (counts, coming, counts):  # counts may be renamed meanwhile
            try:
                return unpacked(lock, content(place), str(path))
            except TokscopeError as error:
                problems.append(error)
        if content(path) == lock:  # else it changed while it was read
            break
    raise problems[0]


def write(path: Path, lock: bytes, counts: bytes, unpacked: Unpack[object]) -> None:
    """Write both.

    Raises:
        TokscopeError: they cannot be written.
    """
    _settle(path, unpacked)  # after a writer that was interrupted
    write_all({files(path)[2]: counts, path: lock})
    _settle(path, unpacked)


def _settle(path: Path, unpacked: Unpack[object]) -> None:
    """Move new counts to their place if they belong to the lock."""
    _, counts, coming = files(path)
    if not (exists(path) and exists(coming)):
        return
    try:
        unpacked(content(path), content(coming), str(path))
    except TokscopeError:  # they belong to another lock
        return
    try:
        coming.replace(counts)
    except OSError as error:
        raise TokscopeError(f"{counts}: cannot be written ({error.strerror})") from error
