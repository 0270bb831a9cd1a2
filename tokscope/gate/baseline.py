"""Where a baseline comes from: a lock, another tokenizer, or either of them in git."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tokscope.errors import TokscopeError
from tokscope.gate import lock
from tokscope.gate.config import Config
from tokscope.gate.snapshot import Snapshot, Wanted, snapshot
from tokscope.workers import Workers

_GIT = "git:"
_LFS = b"version https://git-lfs"


def baseline(against: str, config: Config, wanted: Wanted, workers: Workers) -> Snapshot | None:
    """Return the baseline: a lock, a tokenizer, or `git:REV:PATH`; the lock where none is named.

    None where none is named and there is no lock.

    Raises:
        TokscopeError: it cannot be read or loaded.
    """
    if not against:
        return lock.read(config.lock).snapshot if config.lock.exists() else None
    with checked_out(against) as word:
        return replace(_at(word, config, wanted, workers), spec=against)


@contextmanager
def checked_out(word: str) -> Iterator[str]:
    """Yield where `git:REV:PATH` is for as long as it is needed; any other word as it is.

    Raises:
        TokscopeError: git does not have it.
    """
    if not word.startswith(_GIT):
        yield word
        return
    revision, colon, path = word.removeprefix(_GIT).partition(":")
    if not (revision and colon and path):
        example = f"git:main:{path or 'tokenizer.json'}"
        raise TokscopeError(f"{word}: write git:REV:PATH, such as {example}")
    with tempfile.TemporaryDirectory() as folder:
        place = str(_checked_out(revision, path, Path(folder)))
        try:
            yield place
        except TokscopeError as error:  # the folder says nothing to who asked
            told = str(error).replace(f"{folder}/", f"{_GIT}{revision}:")
            raise TokscopeError(told) from error


def _at(word: str, config: Config, wanted: Wanted, workers: Workers) -> Snapshot:
    if Path(word).suffix == ".lock":
        return lock.read(Path(word)).snapshot
    return snapshot(word, config, wanted, None, workers)


def _git(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)
    except OSError as error:
        raise TokscopeError(f"git cannot be run ({error.strerror})") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        if reason == "Needed a single revision":
            reason = f"there is no revision '{words[-1].partition('^{')[0]}' here"
        raise TokscopeError(f"git {words[0]}: {reason}")
    return done.stdout


def _checked_out(revision: str, path: str, folder: Path) -> Path:
    """Write a file of a revision, or a folder, with the counts of a lock; paths are from git's top.

    Raises:
        TokscopeError: git does not have it.
    """
    # resolved first, so that no name of a revision can be taken for an option
    commit = (
        _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    )
    names = [path, path + lock.SIDECAR] if Path(path).suffix == ".lock" else [path]
    listed = _git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *names)
    entries = [entry for entry in listed.decode(errors="surrogateescape").split("\0") if entry]
    if not entries:
        raise TokscopeError(
            f"git has no {path} at {revision}; paths begin at the top of the repository"
        )
    for entry in entries:
        head, _, name = entry.partition("\t")
        content = _git("cat-file", "blob", head.split()[2])
        if content.startswith(_LFS):
            raise TokscopeError(
                f"{name} at {revision} is kept by git-lfs; check it out, and name the file"
            )
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder / path
