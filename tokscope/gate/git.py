"""Files of a commit. Git reads them, and runs no program that the repository configures.

A tree may give a file any name, even one that leads out of a folder: names are checked before they
become paths, and only the files that a tokenizer or a lock needs are written.
"""

from __future__ import annotations

import io
import os
import posixpath
import re
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer

from tokscope.errors import TokscopeError, require_inside
from tokscope.gate.lockfile import SIDECAR
from tokscope.tokenizers.download import git_hash
from tokscope.tokenizers.folder import lacking, wanted

PREFIX = "git:"
SECONDS = 60.0  # for each call of git
MOST = 256_000_000  # bytes of the files together
_MOST_FILES = 1_000
_LISTING = 16_000_000  # bytes that git may tell of names
_LFS = b"version https://git-lfs"
_LINK, _MODULE = "120000", "160000"
# The configuration of a repository may name programs. None of git's commands that are used here
# runs a filter, an alias, a helper or a hook; these settings stand before what a repository says.
_SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
_VARIABLES = {
    "GIT_ALLOC_LIMIT": "300m",  # for one object: a commit or a folder may be packed zeros
    "GIT_ALLOW_PROTOCOL": "none",  # stands before protocol.NAME.allow too
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# What git tells its hooks: inside one, too, the repository is that of the current folder.
_TOLD_TO_HOOKS = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}


@dataclass(frozen=True)
class _Entry:
    """An entry of a tree; the size is "-" for a folder, "BAD" if git lacks the object."""

    mode: str
    kind: str
    object: str
    size: str
    name: str


@contextmanager
def checked_out(word: str) -> Iterator[str]:
    """Yield the path of a temporary copy of `git:REV:PATH`; yield any other word unchanged.

    Raises:
        TokscopeError: git does not have it, or it cannot be read.
    """
    if not word.startswith(PREFIX):
        yield word
        return
    revision, colon, path = word.removeprefix(PREFIX).partition(":")
    if not (revision and colon and path):
        example = f"{PREFIX}main:{path or 'tokenizer.json'}"
        raise TokscopeError(f"{word}: write git:REV:PATH, such as {example}")
    path = posixpath.normpath(path)
    if path != ".":
        require_inside(path, f"{word}: paths begin at the top of the repository")
    with TemporaryDirectory() as folder:
        place = _write(revision, path, Path(folder))
        try:
            yield place
        except TokscopeError as error:  # users do not know the temporary folder
            told = str(error).replace(f"{folder}/", f"{PREFIX}{revision}:")
            raise TokscopeError(told) from error


def last_change(path: Path) -> str:
    """Return the commit, shortened, that last changed a file; empty if git has none."""
    try:
        found = _git("rev-list", "--max-count=1", "HEAD", "--", str(path)).decode().strip()
    except (TokscopeError, UnicodeDecodeError):
        return ""
    return found[:12] if re.fullmatch("[0-9a-f]{40,64}", found) else ""


def at_top(path: Path) -> str:
    """Return a path from the top of its repository; empty outside a repository."""
    place = path.resolve()
    top = next((one for one in place.parents if (one / ".git").exists()), None)
    return place.relative_to(top).as_posix() if top else ""


def _write(revision: str, path: str, folder: Path) -> str:
    """Write the files that a path needs below a folder; return the path there."""
    # resolved first, so that no name of a revision can be taken for an option
    asked = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    commit = _git(*asked).decode(errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        raise TokscopeError(f"git:{revision}: not a revision; write a branch, a tag or a commit")
    entries = _needed(commit, path, f"{path} at {revision}")
    for entry in entries:
        _require_file(entry, revision)
    size = sum(int(entry.size) for entry in entries)
    if size > MOST or len(entries) > _MOST_FILES:
        raise TokscopeError(
            f"{path} at {revision} has {len(entries):,} files with {size / 1e6:,.0f} MB; "
            f"at most {_MOST_FILES:,} with {MOST / 1e6:,.0f} MB are read from git"
        )
    for entry, content in zip(entries, _contents(entries, size), strict=True):
        if content.startswith(_LFS):
            raise TokscopeError(
                f"{entry.name} at {revision} is kept by git-lfs; check it out, and name the file"
            )
        target = folder / entry.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise TokscopeError(f"{entry.name} at {revision}: {error.strerror}") from error
    return str(folder / path)


def _needed(commit: str, path: str, where: str) -> list[_Entry]:
    """Return the files of a path: a lock and its counts, or what a folder's tokenizer needs."""
    names = [path, path + SIDECAR] if Path(path).suffix == ".lock" else [path]
    found = [_Entry("", "tree", commit, "-", ".")] if path == "." else _listed(commit, "--", *names)
    if not found or found[0].name != path:
        raise TokscopeError(f"git has no {where}; paths begin at the top of the repository")
    if found[0].kind != "tree":
        _require_one_each(found, found, where)
        return found
    listed = _listed("-r", found[0].object)
    for entry in listed:
        require_inside(entry.name, where)
    wants = set(wanted(entry.name for entry in listed))
    if not wants:
        raise TokscopeError(f"{where}: {lacking([entry.name for entry in listed])}")
    needed = [entry for entry in listed if entry.name in wants]
    _require_one_each(needed, listed, where)
    return [replace(entry, name=posixpath.join(path, entry.name)) for entry in needed]


def _listed(*words: str) -> list[_Entry]:
    answer = _git("ls-tree", "-z", "-l", "--full-tree", *words, most=_LISTING)
    entries = filter(None, answer.decode(errors="surrogateescape").split("\0"))
    split = (entry.partition("\t") for entry in entries)
    parts = ((*head.split(), name) for head, _, name in split)
    return [_Entry(mode, kind, to, size, name) for mode, kind, to, size, name in parts]


def _require_one_each(needed: Sequence[_Entry], listed: Sequence[_Entry], where: str) -> None:
    """Refuse a name that two files share, also on disks that ignore case or accents."""
    count = Counter(_on_disk(entry.name) for entry in listed)
    for entry in needed:
        if count[_on_disk(entry.name)] > 1:
            raise TokscopeError(
                f"{where}: two files are called {entry.name}, or differ only in capitals "
                "or accents; keep one of them"
            )


def _on_disk(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _require_file(entry: _Entry, revision: str) -> None:
    where = f"{entry.name} at {revision}"
    if entry.mode == _LINK:
        raise TokscopeError(f"{where} is a symbolic link; name the file that it stands for")
    if entry.mode == _MODULE:
        raise TokscopeError(f"{where} is another repository; name a file in that one")
    if entry.kind != "blob":
        raise TokscopeError(f"{where} is not a file")
    if not entry.size.isdecimal():
        raise TokscopeError(
            f"{where}: git lacks its content, and nothing is fetched here; fetch it first, "
            "such as with git checkout"
        )


def _contents(entries: Sequence[_Entry], size: int) -> Iterator[bytes]:
    """Yield the content of every entry, read by one process."""
    asked = "".join(f"{entry.object}\n" for entry in entries).encode()
    answer = io.BytesIO(_git("cat-file", "--batch", asked=asked, most=size + 200 * len(entries)))
    for entry in entries:
        answer.readline()
        content = answer.read(int(entry.size))
        if entry.object != git_hash(content, "sha1" if len(entry.object) == 40 else "sha256"):
            raise TokscopeError(
                f"{entry.name}: git gives other content than its hash; try git fsck"
            )
        yield content
        answer.readline()


def _git(*words: str, asked: bytes = b"", most: int = 1_000) -> bytes:
    """Return the answer of git.

    Raises:
        TokscopeError: it cannot be run, fails, answers more than `most` bytes, or takes too long.
    """
    settings = (part for setting in _SETTINGS for part in ("-c", setting))
    kept = {name: it for name, it in os.environ.items() if name not in _TOLD_TO_HOOKS}
    with TemporaryFile() as asking, TemporaryFile() as told:
        asking.write(asked)
        asking.seek(0)
        try:
            process = subprocess.Popen(
                ["git", "--no-pager", *settings, *words],
                env=kept | _VARIABLES,
                stdin=asking,
                stdout=subprocess.PIPE,
                stderr=told,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TokscopeError(f"git cannot be run ({reason})") from error
        answer, late = _read(process, most)
        told.seek(0)
        reason = told.read(2_000).decode(errors="replace").strip().removeprefix("fatal: ")
    if late:
        raise TokscopeError(f"git {words[0]} did not end within {SECONDS:g} s")
    if len(answer) > most:
        raise TokscopeError(f"git {words[0]} answers more than {most / 1e6:,.0f} MB; name one file")
    if process.returncode:
        if reason == "Needed a single revision":
            reason = f"there is no revision '{words[-1].partition('^{')[0]}' here"
        raise TokscopeError(f"git {words[0]}: {reason}")
    return answer


def _read(process: subprocess.Popen[bytes], most: int) -> tuple[bytes, bool]:
    """Return what a process writes, up to one byte over the limit, and whether it was too late."""
    timer = Timer(SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        with process:
            answer = process.stdout.read(most + 1) if process.stdout else b""
            if len(answer) > most:
                process.kill()
            process.wait()
            return answer, not timer.is_alive()
    finally:
        timer.cancel()
