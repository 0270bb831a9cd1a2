"""Finds the line of each key of a TOML file, in one pass over its text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

Key = tuple[str, ...]
# Strings and comments, which may hide brackets and line feeds, then brackets and line feeds.
_SIGN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{\]}\n]',
    re.DOTALL,
)


def lines_of(text: str) -> Iterator[tuple[Key, int]]:
    """Yield each key of a valid file with the line of its first use."""
    seen: set[Key] = set()
    table: Key = ()
    arrays: dict[Key, int] = {}  # how many tables of a name there are: `[[name]]`
    for line, statement in _statements(text):
        data = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            keys = list(_headed(data, arrays))
            table = keys[-1]
        else:
            keys = [(*table, *key) for key in _keys(data)]
        for key in keys:
            if key not in seen:
                seen.add(key)
                yield key, line


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each setting and each table header, with its first line."""
    begin, line, first, depth = 0, 1, 1, 0
    for match in _SIGN.finditer(f"{text}\n"):
        sign = match[0]
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        line += sign.count("\n")
        if sign == "\n" and not depth:
            statement = text[begin : match.start()]
            if statement.strip() and not statement.lstrip().startswith("#"):
                yield first, statement
            begin, first = match.end(), line


def _headed(data: Any, arrays: dict[Key, int]) -> Iterator[Key]:
    """Yield the keys of a table header, from the outside in; tables of an array are numbered.

    Later headers continue the last table of an array.
    """
    key: Key = ()
    while data:
        ((name, data),) = data.items()
        key = (*key, name)
        yield key
        if isinstance(data, list):
            arrays[key] = arrays.get(key, 0) + 1
            data = data[0]
        if key in arrays:
            key = (*key, str(arrays[key] - 1))
            yield key


def _keys(data: Any, key: Key = ()) -> Iterator[Key]:
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in entries:
        yield (*key, str(name))
        if isinstance(value, dict | list):
            yield from _keys(value, (*key, str(name)))
