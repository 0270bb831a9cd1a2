"""Write files: either whole or not at all, and never over an input.

A file is written beside its target and then renamed. So no link is followed, and no reader sees
half a file.
"""

from __future__ import annotations

import os
import stat
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import TokscopeError, exists

try:
    import fcntl
except ImportError:  # Windows cannot lock folders
    fcntl = None  # type: ignore[assignment]

PATIENCE = 20.0  # seconds to wait for another writer
_PAUSE = 0.02
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def identity(path: Path) -> object:
    """Return a value that is equal for two names of the same file.

    That is its place on the disk. For a file that does not exist, it is the place of its folder and
    its name without differences of case or of Unicode normalization.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        name = unicodedata.normalize("NFC", path.name).casefold()
        folder = path.absolute().parent
        return (identity(folder) if folder != folder.parent else folder), name
    return status.st_dev, status.st_ino


def require_writable(path: Path, option: str = "") -> None:
    """Raise if a file cannot be written at a path, or would be written elsewhere.

    `option` names the option that asked for the file.

    Raises:
        TokscopeError: the path is -, a link, read-only or not a regular file; or its folder does
            not exist, cannot be written in, or is a link that leads out of the current folder.
    """
    start = f"{option}: " if option else ""
    if str(path) == "-":
        raise TokscopeError(f"{start}this is written to a file, not to standard output; name one")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        mode = 0
    except (OSError, ValueError) as error:  # the name is invalid
        reason = getattr(error, "strerror", None) or error
        raise TokscopeError(f"{start}{path}: {reason}") from error
    problem = _occupied(path, mode) if mode else ""
    problem = problem or _unusable(path)
    if problem:
        raise TokscopeError(start + problem)


def _occupied(path: Path, mode: int) -> str:
    """Say why the existing file cannot be replaced, or return ""."""
    if exists(path) and not path.is_file():
        return f"{path} exists and is not a regular file"
    if stat.S_ISLNK(mode):
        return f"{path} is a link; name the file itself, or remove the link"
    if not (mode & 0o222 and os.access(path, os.W_OK)):
        return f"{path} exists and is read-only"
    return ""


def _unusable(path: Path) -> str:
    """Say why the folder of a path cannot take a file, or return ""."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return f"the folder {path.parent} does not exist"
    target = folder.resolve()
    near = not path.is_absolute() and ".." not in path.parts
    if near and not target.is_relative_to(Path.cwd().resolve()):
        return (
            f"{path}: a link leads out of this folder; name {target / path.name} if that is meant"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"no file can be written in the folder {path.parent}"
    return ""


def require_apart(outputs: Sequence[tuple[str, Path]]) -> None:
    """Raise if two options write to the same file.

    `outputs` holds each option with its path.

    Raises:
        TokscopeError: two paths are the same file.
    """
    seen: dict[object, str] = {}
    for option, path in outputs:
        one = identity(path)
        if one in seen:
            raise TokscopeError(f"{option}: {seen[one]} writes there too; name another file")
        seen[one] = option


def write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        TokscopeError: the file cannot be written.
    """
    write_all({path: data})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write several files: all are on the disk, beside their targets, before the first is renamed.

    Raises:
        TokscopeError: a file cannot be written; then none is, unless a rename failed.
    """
    with streams(list(files)) as targets:
        for stream, data in zip(targets, files.values(), strict=True):
            stream.write(data)


@contextmanager
def streams(paths: Sequence[Path], *, synced: bool = True) -> Iterator[list[BinaryIO]]:
    """Yield a stream for each of several files; they are there when the block has ended well.

    All are on the disk, beside their targets, before the first is renamed. If they need not be
    `synced`, the system brings them there in its own time, as those that `cp` makes: that suits
    large files that can be made again after a power cut.

    Raises:
        TokscopeError: a file cannot be written; then none is, unless a rename failed.
    """
    beside: dict[Path, Path] = {}
    path = Path()
    try:
        with ExitStack() as stack:
            stack.callback(_remove, beside)
            made: list[BinaryIO] = []
            for path in paths:
                require_writable(path)
                beside[path] = path.absolute().parent / f".tokscope-{os.urandom(8).hex()}.part"
                handle = os.open(beside[path], _NEW, 0o666)
                made.append(stack.enter_context(os.fdopen(handle, "wb")))
            yield made
            for stream, (path, partial) in zip(made, beside.items(), strict=True):
                _finish(stream, partial, path, synced=synced)
            for path, partial in beside.items():
                partial.replace(path)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be written ({error.strerror or error})") from error


def _remove(beside: Mapping[Path, Path]) -> None:
    for partial in beside.values():
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _finish(stream: BinaryIO, partial: Path, path: Path, *, synced: bool) -> None:
    """Bring a new file to the disk, with the permissions of the file that it replaces, if any."""
    stream.flush()
    if synced:
        os.fsync(stream.fileno())
    stream.close()
    with suppress(FileNotFoundError):
        partial.chmod(stat.S_IMODE(path.stat().st_mode) & 0o777)


def append(path: Path, data: bytes) -> None:
    """Append to a regular file, or create it; never wait for a pipe.

    Raises:
        TokscopeError: it is not a regular file, or cannot be written.
    """
    require_writable(path)
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, how | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "ab") as stream:
            stream.write(data)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Keep other writers out of a folder while this block runs, by a lock on the folder itself.

    Nothing is left behind, however this process ends. Where a file system cannot lock a folder,
    such as NFS, other writers are not kept out.

    Raises:
        TokscopeError: another writer holds the lock for too long.
    """
    if fcntl is None:
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TokscopeError(f"{folder}: cannot be written in ({error.strerror})") from error
    try:
        patience = time.monotonic() + PATIENCE
        while not _locked(handle):
            if time.monotonic() > patience:
                raise TokscopeError(
                    f"{what}: another process has locked the folder for {PATIENCE:.0f} seconds; "
                    "run this again when it is done"
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Try to take the lock; True where the file system has no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
