"""Where a baseline comes from: a lock, another tokenizer, or either of them in git."""

from __future__ import annotations

from pathlib import Path

from tokscope.gate import lockfile as lock
from tokscope.gate.git import checked_out
from tokscope.gate.snapshot import Snapshot, snapshot
from tokscope.gate.wanted import Source
from tokscope.workers import Workers


def baseline(against: str, path: Path, source: Source, workers: Workers) -> Snapshot | None:
    """Return the baseline: a lock, a tokenizer, or `git:REV:PATH`; by default the lock at `path`.

    None if none is named and there is no lock.

    Raises:
        TokscopeError: it cannot be read or loaded.
    """
    if not against:
        return lock.read(path).snapshot if lock.is_there(path) else None
    with checked_out(against) as word:
        return _at(word, source, workers)


def _at(word: str, source: Source, workers: Workers) -> Snapshot:
    if Path(word).suffix == ".lock":
        return lock.read(Path(word)).snapshot
    return snapshot(word, source, None, workers)
