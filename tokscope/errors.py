"""The error that a user can fix, and the checks of what a user types."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path, PureWindowsPath
from types import ModuleType
from typing import TypeVar

from tokscope.visible import one_line

T = TypeVar("T")
_KNOWN = 40  # names that an error lists
_LONGEST = 60  # characters that an error shows of a name
_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABELLED = re.compile(r"([\w.-]+)=(.+)", re.DOTALL)


class TokscopeError(Exception):
    """An error in one line: what happened, then what would work.

    >>> len(str(TokscopeError("[" * 100_000 + "; mend it"))) < 1_500
    True
    >>> str(TokscopeError(f"what a file says moves no cursor: {chr(27)}[2J")).isprintable()
    True
    """

    def __str__(self) -> str:
        return one_line(super().__str__())


class UnitError(TokscopeError):
    """A unit of text cannot be processed; `unit` is its position in its batch."""

    def __init__(self, message: str, unit: int = 0) -> None:
        super().__init__(message)
        self.unit = unit


def is_panic(error: BaseException) -> bool:
    """Tell whether a library in Rust panicked; a panic is not an `Exception`."""
    return type(error).__name__ == "PanicException"


def require_of_library(error: BaseException) -> None:
    """Raise the error again unless a library caused it: an interrupt must not be hidden."""
    if not isinstance(error, Exception) and not is_panic(error):
        raise error


@contextmanager
def blaming(what: str, then: str = "") -> Iterator[None]:
    """Turn any error of a library into one line: `what`, its reason, `then`.

    It is for libraries that panic or raise errors of any type.
    """
    try:
        yield
    except TokscopeError:
        raise
    except BaseException as error:
        require_of_library(error)
        raise TokscopeError(f"{what} ({error}){then}") from error


def choose(table: Mapping[str, T], name: str, kind: str) -> T:
    """Return the entry that a user named.

    Raises:
        TokscopeError: the name is unknown; the message lists the nearest and the known names.

    >>> choose({"csv": 1, "json": 2}, "jsno", "format")
    Traceback (most recent call last):
    tokscope.errors.TokscopeError: unknown format 'jsno'; did you mean 'json'? Known: csv, json
    """
    if name in table:
        return table[name]
    near = get_close_matches(name, table, n=1)
    hint = f"did you mean '{shortened(near[0])}'? " if near else ""
    names = list(map(shortened, filter(None, table)))
    known = ", ".join(names[:_KNOWN]) or "none"
    more = f" and {len(names) - _KNOWN} more" if len(names) > _KNOWN else ""
    raise TokscopeError(f"unknown {kind} '{shortened(name)}'; {hint}Known: {known}{more}")


def shortened(word: str, longest: int = _LONGEST) -> str:
    """Shorten a word for a message: a file may hold names of any length.

    >>> shortened("endless", 3), shortened("end", 3)
    ('end…', 'end')
    """
    return word if len(word) <= longest else f"{word[:longest]}…"


def require_shown(name: str, word: str) -> None:
    """Raise if a name cannot be printed: undecodable bytes or control characters.

    Raises:
        TokscopeError: the name cannot be printed.
    """
    if _NO_NAME.search(name):
        raise TokscopeError(f"{word!r}: its name cannot be shown; write NAME= before it")


def split_label(word: str) -> tuple[str, str]:
    """Split `[LABEL=]REST`; a word that is an existing path has no label.

    >>> split_label("en=data/english.txt"), split_label("data/a=b.txt")
    (('en', 'data/english.txt'), ('', 'data/a=b.txt'))
    """
    match = _LABELLED.fullmatch(word)
    if match and not exists(word):
        return match[1], match[2]
    return "", word


def exists(path: str | Path) -> bool:
    """Tell whether a file exists; False if the name is invalid on this file system."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists would raise


def path_of(place: str) -> Path:
    """Return the path that a user wrote, with `~` replaced by the home folder.

    Raises:
        TokscopeError: the path is empty or invalid, or the home folder is unknown.
    """
    if not place:
        raise TokscopeError("a path is missing; write KIND:PATH, or NAME=PATH")
    try:
        path = Path(place).expanduser()
        path.is_file()  # raises if the path is invalid
    except (RuntimeError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TokscopeError(f"{shortened(place)}: {reason}") from error
    return path


def require_inside(name: str, where: str) -> None:
    r"""Raise if a file name from git or the hub would lead out of its folder.

    Raises:
        TokscopeError: it would, on this system or another.

    >>> require_inside("templates/a.jinja", "main")
    >>> require_inside("templates/../../a", "main")
    Traceback (most recent call last):
    tokscope.errors.TokscopeError: main: 'templates/../../a' is not the name of a file in the folder
    """
    parts = re.split(r"[/\\]", name)
    outside = any(part.lower() in ("", ".", "..", ".git") for part in parts)
    if outside or PureWindowsPath(name).drive:
        raise TokscopeError(f"{where}: '{shortened(name)}' is not the name of a file in the folder")


def extra(module: str, name: str, purpose: str) -> ModuleType:
    """Import a module that an extra of this package installs.

    Raises:
        TokscopeError: the module is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise TokscopeError(
            f'{purpose} needs {library}; install it with: pip install "tokscope[{name}]"'
        ) from error
