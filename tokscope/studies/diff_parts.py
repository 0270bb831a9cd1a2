"""How a part of a tokenizer's file changed, in words instead of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tokscope.errors import shortened
from tokscope.wording import some

_LONGEST, _BEFORE = 56, 10  # characters that are shown, and those before a difference
_HASH = re.compile("[0-9a-f]{32,}")
_MOST = 4  # changes that are named
ABSENT = ("", "–", "null")


def told(old: str, new: str) -> str:
    """Say how a part changed: by the names of its steps, or by the settings that differ.

    >>> told('{"type":"Digits"}', '{"type":"Sequence","all":[{"type":"Digits"},{"type":"NFC"}]}')
    'Digits -> Digits, NFC'
    >>> told('[{"content":"<s>","id":1}]', '[{"content":"<s>","id":2},{"content":"<t>","id":3}]')
    '<s> id: 1 -> 2 and <t>: new'
    """
    try:
        before, after = (None if one in ABSENT else json.loads(one) for one in (old, new))
    except ValueError:  # text, or the hash of what is long
        return _scalars(old, new)
    steps = [", ".join(_steps(one)) or ("none" if one is None else "") for one in (before, after)]
    if steps[0] != steps[1] and all(steps):
        return " -> ".join(shortened(one, _LONGEST) for one in steps)
    return some(list(_changes(before, after)) or ["none in both"], _MOST)


def _steps(value: Any) -> Iterator[str]:
    """Yield the types of the steps of a part, in order."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str) and value["type"] != "Sequence":
            yield shortened(value["type"], _LONGEST)
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _steps(one)


def _changes(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield what differs in two values of a file, with the settings that lead to it."""
    if old == new:
        return
    before, after = _named(old), _named(new)
    if before is None or after is None:
        yield f"{path}: {_written(old, new)}" if path else _written(old, new)
        return
    for name in {**before, **after}:
        inside = f"{path} {shortened(name, _LONGEST)}".strip()
        if name in before and name in after:
            yield from _changes(before[name], after[name], inside)
        else:
            yield f"{inside}: {'new' if name in after else 'gone'}"


def _named(value: Any) -> dict[str, Any] | None:
    """Return the items of a value by name: a token by its text, an entry of a list by its place."""
    if isinstance(value, list):
        return {
            str(one.get("content", i)) if isinstance(one, dict) else str(i): one
            for i, one in enumerate(value, start=1)
        }
    return value if isinstance(value, dict) else None


def _written(old: Any, new: Any) -> str:
    """Write two values that differ."""
    return _scalars(_plain(old), _plain(new))


def _plain(value: Any) -> str:
    """Write a value of a file without braces and quotes."""
    if isinstance(value, dict | list):
        names = [shortened(name, _LONGEST) for name in _named(value) or ()]
        return ", ".join(_steps(value)) or (some(names) if names else "none")
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def _scalars(old: str, new: str) -> str:
    if all(one in ABSENT or _HASH.search(one) for one in (old, new)):
        return " -> ".join(_HASH.sub(lambda found: found[0][:8], one) for one in (old, new))
    return " -> ".join(where_they_differ(old, new))


def where_they_differ(old: str, new: str) -> list[str]:
    """Shorten two texts to where they first differ.

    >>> where_they_differ("a" * 60 + "b", "a" * 60 + "c")[0]
    '…aaaaaaaaaab'
    """
    pairs = zip(old, new, strict=False)
    alike = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    first = max(alike - _BEFORE, 0) if max(len(old), len(new)) > _LONGEST else 0
    return [f"{'…' if first else ''}{shortened(one[first:], _LONGEST)}" for one in (old, new)]
