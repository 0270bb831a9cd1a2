"""The one kind of error that a user can mend, and the one door for every word that a user types."""

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
_KNOWN = 40  # names that one lists
_LONGEST = 60  # characters of a name in one
_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABELLED = re.compile(r"([\w.-]+)=(.+)", re.DOTALL)


class TokscopeError(Exception):
    """One line: what happened, then what would work.

    >>> len(str(TokscopeError("[" * 100_000 + "; mend it"))) < 1_500
    True
    >>> str(TokscopeError(f"what a file says moves no cursor: {chr(27)}[2J")).isprintable()
    True
    """

    def __str__(self) -> str:
        return one_line(super().__str__())


class UnitError(TokscopeError):
    """A unit of text that cannot be processed; `unit` is its place in the batch it came in."""

    def __init__(self, message: str, unit: int = 0) -> None:
        super().__init__(message)
        self.unit = unit


def is_panic(error: BaseException) -> bool:
    """Tell whether a library in Rust gave up; what it raises then is no Exception."""
    return type(error).__name__ == "PanicException"


def require_of_library(error: BaseException) -> None:
    """Raise again what is no error of a library, such as an interrupt."""
    if not isinstance(error, Exception) and not is_panic(error):
        raise error


@contextmanager
def blaming(what: str, then: str = "") -> Iterator[None]:
    """Turn whatever a library raises into one line: `what`, its reason, `then`.

    For libraries that raise nothing narrower than any error, or panic.
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
        TokscopeError: the name is unknown; says the nearest one and all that are known.

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
    """Return what people read of a word, if a file made it longer than any name.

    >>> shortened("endless", 3), shortened("end", 3)
    ('end…', 'end')
    """
    return word if len(word) <= longest else f"{word[:longest]}…"


def require_shown(name: str, word: str) -> None:
    """Refuse a name that no table can show: bytes that are no text, or control characters.

    Raises:
        TokscopeError: it is one.
    """
    if _NO_NAME.search(name):
        raise TokscopeError(f"{word!r}: its name cannot be shown; write NAME= before it")


def split_label(word: str) -> tuple[str, str]:
    """Split `[LABEL=]REST`; what exists as a path has no label.

    >>> split_label("en=data/english.txt"), split_label("data/a=b.txt")
    (('en', 'data/english.txt'), ('', 'data/a=b.txt'))
    """
    match = _LABELLED.fullmatch(word)
    if match and not exists(word):
        return match[1], match[2]
    return "", word


def exists(path: str | Path) -> bool:
    """Tell whether there is such a file; no where no file system has such a name."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises then


def path_of(place: str) -> Path:
    """Return the path that a user wrote, `~` meaning a home folder.

    Raises:
        TokscopeError: there is no path, or no such home.
    """
    if not place:
        raise TokscopeError("a path is missing; write KIND:PATH, or NAME=PATH")
    try:
        path = Path(place).expanduser()
        path.is_file()  # which tells whether there can be such a path
    except (RuntimeError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TokscopeError(f"{shortened(place)}: {reason}") from error
    return path


def require_inside(name: str, where: str) -> None:
    r"""Refuse a name, as git or the hub gives it to a file, that would lead out of a folder.

    Raises:
        TokscopeError: it would, on this system or another.

    >>> require_inside("templates/a.jinja", "main")
    >>> require_inside("templates/../../a", "main")
    Traceback (most recent call last):
    tokscope.errors.TokscopeError: main: 'templates/../../a' is no name of a file below a folder
    """
    parts = re.split(r"[/\\]", name)
    outside = any(part.lower() in ("", ".", "..", ".git") for part in parts)
    if outside or PureWindowsPath(name).drive:
        raise TokscopeError(f"{where}: '{shortened(name)}' is no name of a file below a folder")


def extra(module: str, name: str, purpose: str) -> ModuleType:
    """Import a module that only an extra of this package brings.

    Raises:
        TokscopeError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise TokscopeError(
            f'{purpose} needs {library}; install it with: pip install "tokscope[{name}]"'
        ) from error
