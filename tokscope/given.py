"""What a caller of the library gives for an argument: one thing, a list, or a mapping of names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from tokscope.errors import TokscopeError

_BYTES = (bytes, bytearray, memoryview)
_WORDS = "a word or a list of words"


def entries(
    given: object, is_one: Callable[[object], bool], argument: str, wanted: str
) -> list[tuple[str, Any]]:
    """Return what was given, each with its name in a mapping, or "".

    Args:
        given: one thing, a sequence of things, or a mapping of names to things.
        is_one: tells whether something is one thing.
        argument: what the caller knows it by.
        wanted: what the caller can give, in words.

    Raises:
        TokscopeError: it is something else, or empty.
    """
    if is_one(given):
        return [("", given)]
    if isinstance(given, Mapping):
        found = [(_name(name, argument), one) for name, one in given.items()]
    else:
        found = [("", one) for one in several(given, argument, wanted)]
    if not found:
        raise TokscopeError(f"{argument}: it is empty; give {wanted}")
    return found


def words(given: str | Sequence[str], argument: str) -> list[str]:
    """Return one word or several as a list.

    Raises:
        TokscopeError: it is something else.
    """
    found = [given] if isinstance(given, str) else several(given, argument, _WORDS)
    for one in found:
        if not isinstance(one, str):
            raise unlike(one, argument, _WORDS)
    return [str(one) for one in found]


def place(given: str | PathLike[str], argument: str) -> str:
    """Return a word or a path as a string.

    Raises:
        TokscopeError: it is something else.
    """
    if not isinstance(given, str | PathLike):
        raise unlike(given, argument, "a word or a path")
    return os.fspath(given)


def several(given: object, argument: str, wanted: str) -> Sequence[object]:
    """Return a sequence; a string and bytes are not one here.

    Raises:
        TokscopeError: it is something else.
    """
    if isinstance(given, (str, *_BYTES)) or not isinstance(given, Sequence):
        raise unlike(given, argument, wanted)
    return given


def unlike(given: object, argument: str, wanted: str) -> TokscopeError:
    """Return the error for something that cannot be used."""
    kind = "None" if given is None else f"an object of type {type(given).__name__}"
    loose = isinstance(given, Iterable) and not isinstance(given, Sequence | Mapping)
    hint = "; make a list of it" if loose else ""
    return TokscopeError(f"{argument}: {kind} cannot be used{hint}; give {wanted}")


def _name(name: object, argument: str) -> str:
    if isinstance(name, str) and name:
        return name
    raise TokscopeError(f"{argument}: {name!r} cannot be a name; give each a string that is not ''")
