"""Where a baseline comes from: a lock, another tokenizer, or either of them in git."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tokscope.gate import lockfile as lock
from tokscope.gate.config import Config
from tokscope.gate.git import checked_out
from tokscope.gate.snapshot import Snapshot, snapshot
from tokscope.gate.wanted import Wanted
from tokscope.workers import Workers


def baseline(against: str, config: Config, wanted: Wanted, workers: Workers) -> Snapshot | None:
    """Return the baseline: a lock, a tokenizer, or `git:REV:PATH`; the lock where none is named.

    None where none is named and there is no lock.

    Raises:
        TokscopeError: it cannot be read or loaded.
    """
    if not against:
        return lock.read(config.lock).snapshot if lock.is_there(config.lock) else None
    with checked_out(against) as word:
        return replace(_at(word, config, wanted, workers), spec=against)


def _at(word: str, config: Config, wanted: Wanted, workers: Workers) -> Snapshot:
    if Path(word).suffix == ".lock":
        return lock.read(Path(word)).snapshot
    return snapshot(word, config, wanted, None, workers)
