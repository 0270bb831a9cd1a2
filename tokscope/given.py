"""Read an argument of the library: one object, a sequence, or a mapping of names to objects."""

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
    """Return the given objects, each with its name in the mapping, or "".

    Args:
        given: one object, a sequence of objects, or a mapping of names to objects.
        is_one: tells whether something is a single object.
        argument: the name of the argument, for messages.
        wanted: what the caller can give, for messages.

    Raises:
        TokscopeError: `given` is something else, or empty.
    """
    if is_one(given):
        return [("", given)]
    if isinstance(given, Mapping):
        pairs = [(_name(name, argument), one) for name, one in given.items()]
    else:
        pairs = [("", one) for one in several(given, argument, wanted)]
    if not pairs:
        raise TokscopeError(f"{argument}: it is empty; give {wanted}")
    return pairs


def words(given: str | Sequence[str], argument: str) -> list[str]:
    """Return one word or several words as a list.

    Raises:
        TokscopeError: `given` is something else.
    """
    each = [given] if isinstance(given, str) else several(given, argument, _WORDS)
    for one in each:
        if not isinstance(one, str):
            raise unlike(one, argument, _WORDS)
    return [str(one) for one in each]


def place(given: str | PathLike[str], argument: str) -> str:
    """Return a word or a path as a string.

    Raises:
        TokscopeError: `given` is something else.
    """
    if not isinstance(given, str | PathLike):
        raise unlike(given, argument, "a word or a path")
    return os.fspath(given)


def several(given: object, argument: str, wanted: str) -> Sequence[object]:
    """Return a sequence; strings and bytes do not count as sequences here.

    Raises:
        TokscopeError: `given` is something else.
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
