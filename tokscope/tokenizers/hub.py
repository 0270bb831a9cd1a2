"""Files of a Hugging Face repository: the local cache first, then the hub, if it can be reached.

The hub's own library would write to any path that a server names, follow its links with the token,
and wait as long as it says. Here one answer names the commit, the files and their hashes; names are
checked before paths are made of them, and the files are kept as that library keeps and reads them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from tokscope.errors import TokscopeError, require_inside
from tokscope.reading import opened
from tokscope.tokenizers.download import (
    MOST,
    SECONDS,
    Answer,
    DownloadError,
    ask,
    git_hash,
    keep,
    offline,
    within,
)

# The library's own bars and warnings go to stderr even where nobody looks.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_LISTING = 16_000_000  # bytes of the list of files
_MOST_FILES = 1_000
_SHORT = 1_000  # bytes of a file that names a commit
_COMMIT = re.compile("[0-9a-f]{40}")
_REVISION = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,200}")  # as git allows


# Of the names of a repository's files, those that are needed; none where it holds no tokenizer.
Wanted = Callable[[Iterable[str]], Sequence[str]]


@dataclass(frozen=True)
class _Repository:
    """A repository at a revision, on the hub and in the cache."""

    name: str
    revision: str
    word: str  # what the user wrote
    endpoint: str
    home: Path

    @property
    def commit(self) -> str:
        """The commit that the cache has for the revision; empty if none."""
        reference = self.home / "refs" / self.revision
        if not reference.is_file():
            return self.revision
        with opened(reference) as stream:
            return stream.read(_SHORT).decode(errors="replace").strip()


def hub_folder(repository: str, revision: str | None, wanted: Wanted, known: str = "") -> Path:
    """Return the folder of the local cache that holds a repository's tokenizer.

    A token in the environment (HF_TOKEN) goes to the hub alone and is never shown. What is cached
    is used as it is: nothing is asked of the hub then. `known` names the files that would do.

    Raises:
        TokscopeError: neither cached nor to be had; says what would work.
    """
    asked = _asked(repository, revision)
    try:
        folder = _snapshot(asked)
        held = sorted(path.name for path in folder.iterdir()) if folder else []
        if folder and wanted(held):
            return folder
        if offline():
            raise DownloadError("HF_HUB_OFFLINE is set")
        commit, files = within(SECONDS, lambda: _downloaded(asked, wanted))
    except DownloadError as error:
        place = re.sub("//.*@", "//", asked.endpoint)  # which may hold a password
        raise TokscopeError(
            f"{asked.word} {_state(held, known)} and cannot be downloaded from {place} "
            f"({error}); on a machine that reaches it, run `hf download` for it and copy the cache,"
            " or load the file with file:PATH"
        ) from error
    except (OSError, ValueError) as error:
        raise TokscopeError(f"{asked.word}: the cache cannot be read ({error})") from error
    try:
        return _kept(asked, commit, files)
    except (OSError, ValueError) as error:
        raise TokscopeError(
            f"{asked.word} cannot be kept in {asked.home} ({error}); let HF_HOME name another place"
        ) from error


def cached_repositories(wanted: Wanted) -> list[str]:
    """Return the repositories of the local cache that hold a tokenizer, sorted."""
    from huggingface_hub import constants

    snapshots = Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*")
    folders = {
        snapshot.parents[1].name
        for snapshot in snapshots
        if snapshot.is_dir() and wanted([path.name for path in snapshot.iterdir()])
    }
    return sorted(folder.removeprefix("models--").replace("--", "/") for folder in folders)


def _asked(name: str, revision: str | None) -> _Repository:
    """Return a repository whose name and revision are safe to make paths and addresses of.

    Raises:
        TokscopeError: they are not.
    """
    from huggingface_hub import constants, errors
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    word = f"hf:{name}" + (f"@{revision}" if revision else "")
    try:
        validate_repo_id(name)
    except errors.HFValidationError as error:
        raise TokscopeError(f"'{name}' is not the name of a hub repository") from error
    revision = revision or constants.DEFAULT_REVISION
    if not _REVISION.fullmatch(revision):
        raise TokscopeError(f"{word}: not a revision; write a branch, a tag or a commit")
    require_inside(revision, word)
    home = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    return _Repository(name, revision, word, constants.ENDPOINT, home)


def _snapshot(asked: _Repository) -> Path | None:
    """Return the folder of a revision in the cache, if it is there."""
    commit = asked.commit
    folder = asked.home / "snapshots" / commit
    return folder if re.fullmatch("[0-9a-f]+", commit) and folder.is_dir() else None


def _state(held: Sequence[str], known: str) -> str:
    if not held:
        return "is not cached"
    more = f" and {len(held) - 9} more" if len(held) > 9 else ""
    return (
        f"is cached without a tokenizer of a known kind ({', '.join(held[:9])}{more}), "
        f"which would be one of {known},"
    )


# From the hub


def _downloaded(asked: _Repository, wanted: Wanted) -> tuple[str, Mapping[str, tuple[str, bytes]]]:
    """Return the commit, and the hash and content of each file that is needed.

    Raises:
        TokscopeError: the hub refuses, or has no tokenizer there.
        DownloadError: what comes is not what it should be.
    """
    token = _token()
    place = f"{asked.endpoint}/api/models/{asked.name}/revision/{quote(asked.revision, safe='')}"
    answer = ask(f"{place}?blobs=true", most=_LISTING, token=token)
    commit, hashes = _listing(_allowed(asked, answer))
    if _COMMIT.fullmatch(asked.revision) and asked.revision != commit:
        raise DownloadError("the answer is about another commit")
    names = wanted(hashes)
    if not names:
        raise TokscopeError(f"{asked.word}: the repository holds no tokenizer of a known kind")
    if len(names) > _MOST_FILES:
        raise DownloadError(f"{len(names):,} files; at most {_MOST_FILES:,} are taken")
    files: dict[str, tuple[str, bytes]] = {}
    left = MOST
    for name in names:
        require_inside(name, asked.word)
        url = f"{asked.endpoint}/{asked.name}/resolve/{commit}/{quote(name)}"
        content = _allowed(asked, ask(url, most=left, token=token, name=name))
        left -= len(content)
        files[name] = _hash(content, hashes[name], name), content
    return commit, files


def _token() -> str:
    """Return the token that the hub's library would send."""
    from huggingface_hub import constants, get_token

    return "" if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token() or ""


def _allowed(asked: _Repository, answer: Answer) -> bytes:
    """Return the hub's answer, or raise why there is none."""
    if answer.code == "GatedRepo":
        raise TokscopeError(f"{asked.word} is gated: ask for access on its page, then set HF_TOKEN")
    if answer.code == "RevisionNotFound":
        raise TokscopeError(f"{asked.word}: the repository has no such revision")
    if answer.code == "RepoNotFound" or answer.status == 401:
        raise TokscopeError(
            f"{asked.word}: no such repository, or a private one; check the name, or set HF_TOKEN"
        )
    return answer.require_content()


def _listing(content: bytes) -> tuple[str, dict[str, str]]:
    """Return a commit, and the hashes of its files by name: empty if the hub gives none."""
    try:
        told = json.loads(content)
        commit, files = told["sha"], told["siblings"]
        hashes = {
            file["rfilename"]: (file.get("lfs") or {}).get("sha256") or file.get("blobId") or ""
            for file in files
            if file["rfilename"].isprintable()
        }
        if not _COMMIT.fullmatch(commit):
            raise ValueError("no commit")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DownloadError("the answer is not a list of a repository's files") from error
    return commit, hashes


def _hash(content: bytes, told: object, name: str) -> str:
    """Return the hash by which the cache knows a file: large ones have a SHA-256, others git's."""
    large = isinstance(told, str) and len(told) == 64
    own = hashlib.sha256(content).hexdigest() if large else git_hash(content)
    if told not in ("", own):
        raise DownloadError(f"{name} is not the file that the hub lists")
    return own


# Into the cache, as the hub's library lays it out


def _kept(asked: _Repository, commit: str, files: Mapping[str, tuple[str, bytes]]) -> Path:
    """Write the files of a commit to the cache, then the revision; return their folder."""
    folder = asked.home / "snapshots" / commit
    for name, (digest, content) in files.items():
        blob = asked.home / "blobs" / digest
        keep(content, blob)
        _link(folder / name, blob, content)
    if asked.revision != commit:
        keep(commit.encode(), asked.home / "refs" / asked.revision)
    return folder


def _link(path: Path, blob: Path, content: bytes) -> None:
    """Link a file's name to its content, or copy it if the system has no links."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex}.partial")
    try:
        partial.symlink_to(os.path.relpath(blob, path.parent))
    except OSError:
        keep(content, path)
        return
    try:
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
