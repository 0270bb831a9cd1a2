"""What a lock may hold: its names, types and ranges. Anything else is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from tokscope.errors import shortened

Json = dict[str, Any]
Check = Callable[[Any, str], None]  # of a value and the place where it stands
_MOST = 2**53  # up to here every whole number is a float too


def parsed(content: bytes) -> Any:
    """Read JSON strictly.

    Raises:
        ValueError: it is not JSON, has a key twice, or has numbers that JSON does not allow.
        RecursionError: it is nested too deeply.
    """
    return json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in table if names.count(name) > 1)
        raise ValueError(f"the key '{shortened(twice)}' twice")
    return table


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number in JSON")


# Checks. Each raises ValueError, naming the place.


def text(value: Any, place: str) -> None:
    """Accept a string without lone surrogates."""
    if type(value) is not str:
        raise ValueError(f"{place} is not text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{place} has half a character")


def whole(low: int, high: int = _MOST) -> Check:
    """Accept whole numbers from `low` to `high`, both included."""

    def check(value: Any, place: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{place} is not a whole number from {low:,} to {high:,}")

    return check


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """Accept finite numbers from `low` to `high`, both included."""
    between = f" from {low:g} to {high:g}" if math.isfinite(low) else ""

    def check(value: Any, place: str) -> None:
        if type(value) not in (int, float) or abs(value) == math.inf or not low <= value <= high:
            raise ValueError(f"{place} is not a number{between}")

    return check


def optional(known: Check) -> Check:
    """Accept null as well."""

    def check(value: Any, place: str) -> None:
        if value is not None:
            known(value, place)

    return check


def listed(entry: Check, least: int = 0) -> Check:
    """Accept lists whose entries all pass one check."""

    def check(value: Any, place: str) -> None:
        if type(value) is not list or len(value) < least:
            raise ValueError(f"{place} is not a list" + f" with {least:,} or more" * (least > 0))
        for i, one in enumerate(value):
            entry(one, f"{place}[{i}]")

    return check


def table(entry: Check, least: int = 0) -> Check:
    """Accept tables with any keys, whose entries all pass one check."""

    def check(value: Any, place: str) -> None:
        if type(value) is not dict or len(value) < least:
            raise ValueError(f"{place} is not a table" + f" with {least:,} or more" * (least > 0))
        for name, one in value.items():
            text(name, f"a key of {place}")
            entry(one, f"{place}.{shortened(name)}")

    return check


def record(entries: Mapping[str, Check]) -> Check:
    """Accept tables with exactly these keys."""

    def check(value: Any, place: str) -> None:
        if type(value) is not dict:
            raise ValueError(f"{place or 'it'} is not a table")
        for name in {**entries, **value}:
            if name not in value or name not in entries:
                word = "unknown" if name in value else "missing"
                raise ValueError(f"{f'{place}.' if place else ''}{shortened(name)} is {word}")
        for name, known in entries.items():
            known(value[name], f"{place}.{name}".lstrip("."))

    return check


_ID = whole(0, 2**31 - 1)
HISTORY = listed(record({"reason": text, "fingerprint": text}), least=1)
LOCK = record(
    {
        "schema": whole(0),
        "tokenizer": record(
            {
                "spec": text,
                "family": text,
                "size": whole(1, 2**31),
                "fingerprint": text,
                "vocabulary": text,
            }
        ),
        "components": table(text),
        "processing": table(text),
        "specials": table(_ID),
        "backends": table(text),
        "numbers": optional(
            record(
                {
                    "scheme": text,
                    "share": optional(number(0, 1)),
                    "tokens_per_digit": optional(number(0.001, 1000)),
                }
            )
        ),
        "findings": optional(table(whole(0))),
        "mixture": optional(table(number(0, 1))),
        "settings": text,
        "corpora": table(record({"sha256": text, "units": whole(1)})),
        "values": table(table(optional(number()), least=1)),
        "golden": table(listed(_ID), least=200),  # as many as every lock has
        "model_input": table(listed(_ID)),
        "counts": text,
        "history": HISTORY,
    }
)
