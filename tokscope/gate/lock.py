"""The lock: a snapshot in a file that people review, and counts by unit in another beside it.

The lock is JSON with an entry a line; the counts are a NumPy archive of plain arrays. The lock
holds their hash, taken of the arrays: the compressed file may come out otherwise elsewhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tokscope.arrays import read_arrays
from tokscope.errors import TokscopeError, exists
from tokscope.gate import pair
from tokscope.gate.snapshot import Numbers, Sample, Snapshot

SCHEMA = 2
_OLDER = 1  # said nothing of processing and of what a model gets: neither is known
SIDECAR = pair.SIDECAR
_HASHES = "hashes"
_AGAIN = "move it away, then run: tokscope lock"
Json = dict[str, Any]
Arrays = dict[str, Any]  # by name


@dataclass(frozen=True)
class Lock:
    """A baseline, and why it is what it is."""

    snapshot: Snapshot
    history: Sequence[Mapping[str, str]]  # reason and fingerprint, the oldest first


# Writing


def packed(lock: Lock) -> tuple[bytes, bytes]:
    """Return the lock and its counts as files."""
    found = lock.snapshot
    arrays = _arrays(found)
    record: Json = {
        "schema": SCHEMA,
        "tokenizer": {
            "spec": found.spec,
            "family": found.family,
            "size": found.size,
            "fingerprint": found.fingerprint,
            "vocabulary": found.vocabulary,
        },
        "components": found.components,
        "processing": found.processing,
        "specials": found.specials,
        "backends": found.backends,
        "numbers": _defined(found.numbers._asdict()) if found.numbers else None,
        "findings": found.findings,
        "mixture": found.mixture,
        "settings": found.settings,
        "corpora": {
            name: {"sha256": sample.digest, "units": sample.units}
            for name, sample in found.samples.items()
        },
        "values": {measure: _defined(values) for measure, values in found.values.items()},
        "golden": {text: list(ids) for text, ids in found.golden.items()},
        "model_input": _listed(found.model_input),
        "counts": digest(arrays),
        "history": list(lock.history),
    }
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return (_written(record) + "\n").encode(), out.getvalue()


def _listed(ids: Mapping[str, Sequence[int]] | None) -> dict[str, list[int]] | None:
    return None if ids is None else {text: list(own) for text, own in ids.items()}


def _defined(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with None for NaN, which JSON does not have."""
    return {name: None if value != value else value for name, value in values.items()}


def _undefined(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.nan if value is None else value for name, value in values.items()}


def _written(value: Any, indent: str = "") -> str:
    """Write JSON with one entry a line, lists of numbers on theirs, and nothing invisible."""
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


def _arrays(found: Snapshot) -> Arrays:
    arrays: Arrays = {}
    for i, sample in enumerate(found.samples.values()):
        arrays[f"{i}.{_HASHES}"] = sample.hashes
        for name, counts in sample.columns.items():
            arrays[f"{i}.{name}"] = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
    return arrays


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 of arrays, whatever their order and the width of their integers."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].shape}\n".encode())
        found.update(np.ascontiguousarray(arrays[name].astype("<u8")).data)
    return found.hexdigest()


def write(path: Path, lock: Lock) -> None:
    """Write a lock and its counts: whatever happens, both are the old ones or the new ones.

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
    """Return why a lock is what it is, whatever became of its counts.

    Raises:
        TokscopeError: it is missing, damaged, or of another version.
    """
    return _history(_parsed(pair.content(path), str(path)), str(path))


def require_ours(path: Path) -> None:
    """Refuse to replace what is where the counts of a lock would be, if it is something else.

    Raises:
        TokscopeError: it is.
    """
    for place in filter(exists, pair.files(path)[1:]):
        try:
            ours = all("." in name for name in _loaded(pair.content(place), str(path)))
        except TokscopeError:
            ours = False
        if not ours:
            raise TokscopeError(
                f"{place}: no counts of a lock, or damaged ones; move it away, then run this again"
            )


def unpacked(content: bytes, counts: bytes, place: str) -> Lock:
    """Return the lock that two files hold.

    Raises:
        TokscopeError: they are damaged, do not belong together, or are of another version.
    """
    record = _parsed(content, place)
    arrays = _loaded(counts, place)
    if digest(arrays) != record.get("counts"):
        raise TokscopeError(
            f"{place}{SIDECAR}: not the counts of this lock (another hash); commit both files, or "
            "write both again: tokscope lock --update --reason TEXT"
        )
    history = _history(record, place)
    try:
        if record["schema"] == _OLDER:
            known = _snapshot({**record, "processing": {}, "model_input": {}}, arrays)
            return Lock(replace(known, processing=None, model_input=None), history)
        return Lock(_snapshot(record, arrays), history)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TokscopeError(f"{place}: a damaged lock ({error!r}); {_AGAIN}") from error


def _parsed(content: bytes, place: str) -> Json:
    try:
        record: Json = json.loads(content)
        schema = record["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(
            f"{place}: no tokscope.lock, or a damaged one ({error}); {_AGAIN}"
        ) from error
    if schema not in (_OLDER, SCHEMA):
        raise TokscopeError(
            f"{place}: a lock of schema {schema}, not {SCHEMA}; check with the version of tokscope "
            f"that wrote it, or {_AGAIN}"
        )
    return record


def _history(record: Json, place: str) -> list[dict[str, str]]:
    try:
        return [{"reason": e["reason"], "fingerprint": e["fingerprint"]} for e in record["history"]]
    except (KeyError, TypeError) as error:
        raise TokscopeError(f"{place}: a damaged lock ({error!r}); {_AGAIN}") from error


def _loaded(counts: bytes, place: str) -> Arrays:
    problem = f"{place}{SIDECAR}: no counts of a lock, or damaged ones"
    arrays = read_arrays(io.BytesIO(counts), problem)
    if any(array.dtype.kind != "u" for array in arrays.values()):
        raise TokscopeError(problem)
    return arrays


# of a lock's tables, what their values are; None: the table may be missing
_KINDS: Mapping[str, tuple[type, ...]] = {
    "tokenizer": (str, int),
    "components": (str,),
    "processing": (str,),
    "specials": (int,),
    "backends": (str,),
    "numbers": (str, float, int, type(None)),
    "findings": (int, type(None)),
    "mixture": (float, int, type(None)),
    "corpora": (dict,),
    "values": (dict,),
    "golden": (list,),
    "model_input": (list,),
}


def _require_kinds(record: Json) -> None:
    """Raise where a table of a lock holds what it cannot."""
    for name, kinds in _KINDS.items():
        table = record[name]
        if table is None and type(None) in kinds:
            continue
        if not isinstance(table, dict) or any(type(value) not in kinds for value in table.values()):
            raise TypeError(name)
    numbers = [*record["golden"].values(), *record["model_input"].values()]
    numbers += [list(by_corpus.values()) for by_corpus in record["values"].values()]
    if any(type(one) not in (int, float, type(None)) for part in numbers for one in part):
        raise TypeError("no number")
    cut = record["numbers"]
    if cut and [isinstance(value, str) for value in cut.values()] != [True, False, False]:
        raise TypeError("numbers")


def _golden(table: Json) -> dict[str, tuple[int, ...]]:
    return {text: tuple(ids) for text, ids in table.items()}


def _snapshot(record: Json, arrays: Arrays) -> Snapshot:
    _require_kinds(record)
    told = record["tokenizer"]
    samples = {}
    for i, (name, corpus) in enumerate(record["corpora"].items()):
        prefix = f"{i}."
        columns = {
            key.removeprefix(prefix): array.astype(np.int64)
            for key, array in arrays.items()
            if key.startswith(prefix) and not key.endswith(_HASHES)
        }
        hashes = arrays[prefix + _HASHES]
        samples[name] = Sample(corpus["sha256"], corpus["units"], columns, hashes)
    values = {measure: _undefined(values) for measure, values in record["values"].items()}
    return Snapshot(
        **told,
        name=told["spec"],
        components=record["components"],
        specials=record["specials"],
        backends=record["backends"],
        golden=_golden(record["golden"]),
        processing=record["processing"],
        model_input=_golden(record["model_input"]),
        numbers=Numbers(**_undefined(record["numbers"])) if record["numbers"] else None,
        findings=record["findings"],
        settings=record["settings"],
        samples=samples,
        values=values,
        mixture=record["mixture"],
    )
