"""Bytes of a model file that stay, copied to another while its vectors are made."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from threading import Event, Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.mapping.tensors import ALIGNED, Tensor, lengthened

Numbers = NDArray[Any]
_BLOCK = 1 << 20  # bytes that are copied at once
_RANGE = 1 << 26  # and of those that the kernel copies
_PAGE = 4096


class Run(NamedTuple):
    """Neighbouring tensors that stay as they are: their bytes, and where those go."""

    start: int
    end: int
    to: int


def runs_of(tensors: Mapping[str, Tensor], places: Mapping[str, int]) -> list[Run]:
    """Return the bytes of some tensors with their new places, joined where they stay neighbours."""
    runs: list[Run] = []
    for name, to in places.items():
        start, end = tensors[name].start, tensors[name].end
        if runs and runs[-1].end == start:
            runs[-1] = runs[-1]._replace(end=end)
        else:
            runs.append(Run(start, end, to))
    return runs


def in_pages(header: bytes, runs: Sequence[Run]) -> bytes:
    """Return a header with more spaces, so that most bytes stay where they are in their pages.

    The kernel copies whole pages a third faster than parts of two.
    """
    if not runs:
        return header
    most = max(runs, key=lambda run: run.end - run.start)
    more = (most.start - most.to - len(header)) % _PAGE
    return header if more % ALIGNED else lengthened(header, more)


@dataclass(frozen=True)
class Work:
    """A file that is read and one that is written."""

    source: FileIO
    target: FileIO
    path: Path  # of what is read
    advance: Callable[[int], None]
    stop: Event = field(default_factory=Event)  # set when other threads should give up
    _alone: Lock = field(default_factory=Lock)

    def reserve(self, size: int) -> None:
        """Get the room for the whole file at once, which is faster than page by page.

        Where the file system cannot, the C library would read and write every page; it fails at
        once, since the file is open for writing alone.
        """
        self.target.truncate(size)
        try:
            os.posix_fallocate(self.target.fileno(), 0, size)
        except AttributeError:  # macOS and Windows have none
            return
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise

    def read(self, tensor: Tensor, kind: str) -> Numbers:
        """Return a whole tensor."""
        found = np.empty(tensor.shape, kind)
        self._fill(raw(found), tensor.start)
        return found

    def copy_by_kernel(self, runs: Sequence[Run]) -> list[Run]:
        """Copy runs of bytes, and return what is left: not every system can, nor between all disks.

        The places of both files stay, so that others can read and write at the same time.
        """
        left = [run for run in runs if run.start < run.end]
        with suppress(AttributeError, OSError):
            while left and not self.stop.is_set():
                start, end, to = left[0]
                files = self.source.fileno(), self.target.fileno()
                done = os.copy_file_range(*files, min(_RANGE, end - start), start, to)
                if not done:
                    break
                left[:1] = [Run(start + done, end, to + done)] if start + done < end else []
                self.advance(done)
        return left

    def copy(self, run: Run) -> None:
        """Copy a run of bytes."""
        block = memoryview(bytearray(min(_BLOCK, run.end - run.start)))
        for at in range(run.start, run.end, _BLOCK):
            part = block[: run.end - at]
            self._fill(part, at)
            self.write(part, run.to + at - run.start)

    def write(self, data: bytes | memoryview, at: int) -> None:
        """Write all of some bytes at a place, which one call need not do."""
        rest = memoryview(data)
        while rest:
            done = self._write(rest, at)
            rest, at = rest[done:], at + done

    def _write(self, rest: memoryview, at: int) -> int:
        """Write some bytes, or all, while other threads write elsewhere."""
        if hasattr(os, "pwrite"):
            return os.pwrite(self.target.fileno(), rest, at)
        with self._alone:  # on Windows a file has one place for all threads
            self.target.seek(at)
            return self.target.write(rest)

    def _fill(self, part: memoryview, start: int) -> None:
        try:
            self.source.seek(start)
            done = 0
            while done < len(part):
                more = self.source.readinto(part[done : done + _BLOCK])
                if not more:
                    raise TokscopeError(f"{self.path}: it ended early; run this again")
                done += more
                self.advance(more)
        except OSError as error:
            raise TokscopeError(f"{self.path}: cannot be read ({error.strerror})") from error


def raw(numbers: Numbers) -> memoryview:
    """Return the bytes of an array, which can be written to."""
    return numbers.reshape(-1).view(np.uint8).data
