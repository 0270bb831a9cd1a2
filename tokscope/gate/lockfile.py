"""The lock: a snapshot in a file that people review, and counts by unit in another beside it.

The lock is JSON with an entry a line; the counts are a NumPy archive of plain arrays. The lock
holds their hash, taken of the arrays: the compressed file may come out otherwise elsewhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from tokscope.arrays import read_arrays
from tokscope.counting.counted import ALL
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.errors import TokscopeError, exists, shortened
from tokscope.gate import pair
from tokscope.gate.schema import HISTORY, LOCK, Check, Json, parsed
from tokscope.gate.snapshot import (
    Extras,
    Identity,
    Measured,
    Numbers,
    Sample,
    Snapshot,
    first_units,
    hashed,
)

SCHEMA = 3
SIDECAR = pair.SIDECAR
_HASHES, _IDS = "hashes", "ids"
_COLUMNS = (_HASHES, *TOKEN_COLUMNS)
_LARGEST = 2**31 - 1  # of ids
_MOST = 2**53  # tokens of a corpus, so that every sum is exact
_AGAIN = "move it away, then run: tokscope lock"
Arrays = dict[str, Any]  # by name


@dataclass(frozen=True)
class Lock:
    """A baseline, with the reasons for its changes."""

    snapshot: Snapshot
    history: Sequence[Mapping[str, str]]  # reason and fingerprint, the oldest first


def is_there(path: Path) -> bool:
    """Tell whether a lock exists, or part of one: its counts, or a broken link."""
    return path.is_symlink() or any(map(exists, pair.files(path)))


# Writing


def packed(lock: Lock) -> tuple[bytes, bytes]:
    """Return the lock and its counts as files."""
    held, identity, extras = lock.snapshot, lock.snapshot.identity, lock.snapshot.extras
    arrays = _arrays(held.measured)
    record: Json = {
        "schema": SCHEMA,
        "tokenizer": {
            "spec": held.spec,
            "family": identity.family,
            "size": identity.size,
            "fingerprint": identity.fingerprint,
            "vocabulary": identity.vocabulary,
        },
        "components": identity.components,
        "processing": identity.processing,
        "specials": identity.specials,
        "backends": identity.backends,
        "numbers": _defined(extras.numbers._asdict()) if extras.numbers else None,
        "findings": extras.findings,
        "mixture": extras.mixture,
        "settings": held.measured.settings,
        "corpora": {
            name: {"sha256": sample.digest, "units": sample.units}
            for name, sample in held.measured.samples.items()
        },
        "values": {measure: _defined(values) for measure, values in held.measured.values.items()},
        "golden": {text: list(ids) for text, ids in identity.golden.items()},
        "model_input": {text: list(ids) for text, ids in identity.model_input.items()},
        "counts": digest(arrays),
        "history": list(lock.history),
    }
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return (_written(record) + "\n").encode(), out.getvalue()


def lines(content: bytes) -> list[str]:
    """Return the lines of a lock for a comparison, with all keys sorted."""
    return _written(_ordered(parsed(content))).splitlines()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def _defined(values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace NaN by None, as JSON has no NaN."""
    return {name: None if value != value else value for name, value in values.items()}


def _undefined(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.nan if value is None else value for name, value in values.items()}


def _written(value: Any, indent: str = "") -> str:
    """Write JSON with one entry per line, lists of numbers on one line, all of it visible."""
    deeper = indent + " "
    if isinstance(value, Mapping) and value:
        entries = [f"{_word(name)}: {_written(entry, deeper)}" for name, entry in value.items()]
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        entries = [_written(entry, deeper) for entry in value]
    else:
        return _word(value)
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(entries) + f"\n{indent}{closing}"


def _word(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _arrays(measured: Measured) -> Arrays:
    arrays: Arrays = {}
    for corpus, sample in measured.samples.items():
        arrays[_name(corpus, _HASHES)] = sample.hashes
        numbers: Arrays = {**sample.columns}
        if sample.ids is not None:
            numbers[_IDS] = sample.ids
        for column, counts in numbers.items():
            narrow = np.min_scalar_type(int(counts.max(initial=0)))
            arrays[_name(corpus, column)] = counts.astype(narrow)
    return arrays


def _name(corpus: str, column: str) -> str:
    return f"{corpus}.{column}"


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 of arrays; their order and the width of their integers do not matter."""
    sha256 = hashlib.sha256()
    for name in sorted(arrays):
        sha256.update(f"{name} {arrays[name].shape}\n".encode())
        sha256.update(np.ascontiguousarray(arrays[name].astype("<u8")).data)
    return sha256.hexdigest()


def write(path: Path, lock: Lock) -> None:
    """Write a lock and its counts. If that fails, both old files remain.

    Raises:
        TokscopeError: they cannot be written.
    """
    pair.write(path, *packed(lock), unpacked)


# Reading


def read(path: Path) -> Lock:
    """Read a lock and its counts.

    Raises:
        TokscopeError: one of them is missing, damaged, or of another version.
    """
    return pair.read(path, unpacked)


def history(path: Path) -> list[dict[str, str]]:
    """Return the history of a lock, even if it is of an older version or its counts are missing.

    Raises:
        TokscopeError: it is missing or damaged.
    """
    record = _parsed(pair.content(path), str(path))
    _require(HISTORY, record.get("history"), str(path), "history")
    return list(record["history"])


def require_ours(path: Path) -> None:
    """Refuse to overwrite a file that is not the counts of a lock.

    Raises:
        TokscopeError: there is such a file.
    """
    for place in filter(exists, pair.files(path)[1:]):
        try:
            ours = all("." in name for name in _loaded(pair.content(place), str(path)))
        except TokscopeError:
            ours = False
        if not ours:
            raise TokscopeError(
                f"{place}: not the counts of a lock, or damaged; move it away, then run this again"
            )


def unpacked(content: bytes, counts: bytes, place: str) -> Lock:
    """Return the lock that two files hold.

    Raises:
        TokscopeError: they are damaged, do not belong together, or are of another version.
    """
    record = _parsed(content, place)
    if record["schema"] < SCHEMA:
        raise TokscopeError(
            f"{place}: a lock of an older version, whose counts do not name their corpus; make it "
            "again: tokscope lock --update --reason TEXT"
        )
    _require(LOCK, record, place, "")
    arrays = _loaded(counts, place)
    if digest(arrays) != record["counts"]:
        raise TokscopeError(
            f"{place}{SIDECAR}: not the counts of this lock (another hash); commit both files, or "
            "write both again: tokscope lock --update --reason TEXT"
        )
    try:
        _require_together(record, arrays)
    except ValueError as error:
        raise _damaged(place, error) from error
    return Lock(_snapshot(record, arrays), record["history"])


def _damaged(place: str, error: Exception) -> TokscopeError:
    return TokscopeError(f"{place}: a damaged lock ({error}); {_AGAIN}")


def _parsed(content: bytes, place: str) -> Json:
    try:
        data = parsed(content)
        schema = data["schema"]
        if type(schema) is not int:
            raise TypeError("schema is not a number")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(
            f"{place}: not a tokscope.lock, or a damaged one ({error}); {_AGAIN}"
        ) from error
    if schema > SCHEMA:
        raise TokscopeError(
            f"{place}: a lock of schema {schema}, not {SCHEMA}; check with the version of tokscope "
            f"that wrote it, or {_AGAIN}"
        )
    return cast(Json, data)


def _require(check: Check, value: object, place: str, name: str) -> None:
    try:
        check(value, name)
    except ValueError as error:
        raise _damaged(place, error) from error


def _loaded(counts: bytes, place: str) -> Arrays:
    problem = f"{place}{SIDECAR}: not the counts of a lock, or damaged"
    arrays = read_arrays(io.BytesIO(counts), problem)
    if any(array.dtype.kind != "u" for array in arrays.values()):
        raise TokscopeError(problem)
    return arrays


def _require_together(record: Json, arrays: Arrays) -> None:
    """Raise unless there are values and counts of every corpus, and of no other."""
    corpora = record["corpora"]
    ids = {_name(corpus, _IDS): corpus for corpus in corpora}
    owed = {_name(corpus, column): corpus for corpus in corpora for column in _COLUMNS}
    every = owed | ids if ids.keys() & arrays else owed  # of all corpora or of none
    for name in {**every, **arrays}:
        if name not in every or name not in arrays:
            word = "unknown" if name in arrays else "missing"
            raise ValueError(f"the counts '{shortened(name)}' are {word}")
    for name in owed:
        if arrays[name].shape != (corpora[owed[name]]["units"],):
            raise ValueError(f"the counts '{shortened(name)}' are not one for each unit")
        if not name.endswith(_HASHES) and arrays[name].sum(dtype=float) > _MOST:
            raise ValueError(f"the counts '{shortened(name)}' are too large")
    for measure, values in record["values"].items():
        if set(values) - {ALL} not in (set(), set(corpora)):
            raise ValueError(f"values.{shortened(measure)} are not those of the corpora")
    for corpus in corpora:
        _require_possible(record, {c: arrays[_name(corpus, c)] for c in TOKEN_COLUMNS}, corpus)
        if every != owed:
            _require_ids({c: arrays[_name(corpus, c)] for c in (_IDS, "tokens", _HASHES)}, corpus)
    for name in record["model_input"]:
        if name not in record["golden"]:
            raise ValueError(f"model_input has '{shortened(name)}', which is not in golden")


def _require_possible(record: Json, columns: Arrays, corpus: str) -> None:
    """Raise if no text can have such counts, or if their sum is not that in the lock."""
    tokens = columns["tokens"]
    for name in ("unknown", "incomplete"):
        if (columns[name] > tokens).any():
            raise ValueError(f"the counts of '{shortened(corpus)}' have more {name} than tokens")
    if columns["round_trip"].max(initial=0) > 1:
        raise ValueError(f"the counts of '{shortened(corpus)}' count a unit twice in round_trip")
    told = record["values"].get("tokens", {}).get(corpus)
    if "tokens" in record["values"] and told != float(f"{int(tokens.sum(dtype=float)):.10g}"):
        raise ValueError(f"values.tokens.{shortened(corpus)} is not the sum of its counts")


def _require_ids(columns: Arrays, corpus: str) -> None:
    """Raise unless ids are those of the first units, of which the lock has a hash each."""
    ids, hashes = columns[_IDS], columns[_HASHES]
    first = first_units(ids.ravel(), columns["tokens"].astype(np.int64))
    units = len(first.starts) - 1
    whole = units and ids.ndim == 1 and first.starts[-1] == len(ids)
    if not whole or not np.array_equal(hashed(first.ids, first.starts), hashes[:units]):
        raise ValueError(f"the ids of '{shortened(corpus)}' are not those of its first units")
    if ids.max(initial=0) > _LARGEST:
        raise ValueError(f"the ids of '{shortened(corpus)}' are too large")


def _golden(table: Json) -> dict[str, tuple[int, ...]]:
    return {text: tuple(ids) for text, ids in table.items()}


def _snapshot(record: Json, arrays: Arrays) -> Snapshot:
    told = record["tokenizer"]
    samples = {
        name: Sample(
            corpus["sha256"],
            corpus["units"],
            {column: arrays[_name(name, column)].astype(np.int64) for column in TOKEN_COLUMNS},
            arrays[_name(name, _HASHES)].astype(np.uint64),
            arrays[_name(name, _IDS)].astype(np.int32) if _name(name, _IDS) in arrays else None,
        )
        for name, corpus in record["corpora"].items()
    }
    values = {measure: _undefined(values) for measure, values in record["values"].items()}
    numbers = Numbers(**_undefined(record["numbers"])) if record["numbers"] else None
    return Snapshot(
        told["spec"],
        told["spec"],
        _identity(record),
        Measured(record["settings"], samples, values),
        Extras(numbers, record["findings"], record["mixture"]),
    )


def _identity(record: Json) -> Identity:
    told = record["tokenizer"]
    return Identity(
        family=told["family"],
        size=told["size"],
        fingerprint=told["fingerprint"],
        vocabulary=told["vocabulary"],
        components=record["components"],
        specials=record["specials"],
        backends=record["backends"],
        golden=_golden(record["golden"]),
        processing=record["processing"],
        model_input=_golden(record["model_input"]),
    )
