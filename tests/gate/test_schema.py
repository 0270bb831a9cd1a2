"""A lock has one schema: what it does not know, or what does not fit, is refused in one line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tokscope.errors import TokscopeError
from tokscope.gate import lockfile as lock
from tokscope.gate import settings
from tokscope.gate.schema import parsed
from tokscope.studies.lock import locked as lock_again
from tokscope.studies.lock import verify

Json = dict[str, Any]
Files = tuple[bytes, bytes]


def opened(files: Files) -> tuple[Json, dict[str, Any]]:
    with np.load(io.BytesIO(files[1])) as archive:
        return json.loads(files[0]), dict(archive)


def closed(record: object, arrays: dict[str, Any]) -> Files:
    """Return the files with the right hash of the counts: as made by who knows how."""
    out = io.BytesIO()
    np.savez(out, **arrays)
    if isinstance(record, dict):
        record = record | {"counts": lock.digest(arrays)}
    return json.dumps(record).encode(), out.getvalue()


def at(place: str, value: object) -> Callable[[Json], None]:
    """Return what sets a value of a lock; `...` removes it."""

    def edit(record: Json) -> None:
        *path, last = place.split("/")
        for name in path:
            record = record[name]
        if value is ...:
            del record[last]
        else:
            record[last] = value

    return edit


NO_NUMBER = (None, "3", True, [3], {"a": 3})
SHAPES = [
    *((f"{name}", value) for name in (
        "tokenizer", "components", "processing", "specials", "backends", "corpora", "values",
        "golden", "model_input",
    ) for value in (None, 3, "x", [], ..., [["en", 1]])),
    *((name, value) for name in ("numbers", "findings", "mixture") for value in (3, [], ..., "x")),
    *((name, value) for name in ("settings", "counts") for value in (None, 3, ..., [])),
    *(("history", value) for value in (None, [], {}, ["x"], [{"reason": "x"}], ...)),
    *(("schema", value) for value in (True, "3", 3.0, None, 4, -1, ..., 10**400)),
    ("more", 1),
    ("tokenizer/more", "x"),
    ("corpora/en/more", 1),
]  # fmt: skip
VALUES = [
    *(("tokenizer/size", value) for value in (*NO_NUMBER, 0, -1, 2**40, 3.5)),
    *(("tokenizer/spec", value) for value in (None, 3, "\ud800", ...)),
    *(("specials/<x>", value) for value in (*NO_NUMBER, -1, 2**31, 1.0)),
    *(("golden/1", value) for value in (None, 3, [None], ["1"], [-1], [2**31], [1.5], [True])),
    *(("golden/\ud800", value) for value in ([1], [])),
    *(("model_input/1", value) for value in (None, [None], [float("nan")])),
    *(("numbers/tokens_per_digit", value) for value in (0, -1, "1", True, [], 10**400)),
    *(("numbers/share", value) for value in (2, -0.5, "1", True)),
    *(("numbers/scheme", value) for value in (None, 3, ...)),
    *(("findings/TS401", value) for value in (*NO_NUMBER, -1, 0.5)),
    *(("mixture", {"en": value}) for value in (*NO_NUMBER, -1, 2)),
    *(("corpora/en/units", value) for value in (*NO_NUMBER, 0, 39, 41, 2**60)),
    *(("corpora/en/sha256", value) for value in (None, 3, ...)),
    *(("values/tokens/en", value) for value in ("3", True, [3])),
    ("values/tokens", 3),
    ("values/tokens/fr", 3),
    ("values/tokens/en", ...),
    *(("values/tokens/en", value) for value in (None, 99999, -1, 0)),
    ("model_input/not golden", [1]),
    ("values/tokens", {}),
    ("values/tokens", {"en": 3}),
]


@pytest.mark.parametrize(("place", "value"), SHAPES + VALUES)
def test_what_does_not_fit_is_one_line(locks: Files, place: str, value: object) -> None:
    record = json.loads(locks[0])
    if place == "golden/1" and value == ["1"]:
        assert record["golden"]["1"]  # what is edited is there
    at(place, value)(record)
    with pytest.raises(TokscopeError) as refused:
        lock.unpacked(json.dumps(record).encode(), locks[1], "here")
    assert "here: " in str(refused.value)
    assert "lock" in str(refused.value)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("place", ["tokens_per_digit", "share", "size", "units"])
def test_numbers_that_are_none_are_refused(locks: Files, word: str, place: str) -> None:
    head, colon, rest = locks[0].decode().partition(f'"{place}": ')
    content = f"{head}{colon}{word},{rest.partition(',')[2]}".encode()
    with pytest.raises(TokscopeError, match="damaged"):
        lock.unpacked(content, locks[1], "here")


def test_a_key_that_comes_twice_is_refused_at_every_depth(locks: Files) -> None:
    text = locks[0].decode()
    for name in ("golden", "schema", "corpora", "sha256", "en", "tokens", "1"):
        twice = text.replace(f'"{name}": ', f'"{name}": {{}}, "{name}": ', 1)
        assert twice != text
        with pytest.raises(TokscopeError, match=f"the key '{name}' twice"):
            lock.unpacked(twice.encode(), locks[1], "here")


def test_a_lock_has_golden_strings(locks: Files) -> None:
    record, arrays = opened(locks)
    for golden in ({}, dict(list(record["golden"].items())[:100])):
        with pytest.raises(TokscopeError, match="golden is not a table with 200 or more"):
            lock.unpacked(*closed(record | {"golden": golden}, arrays), "here")


ARRAYS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a column is missing": lambda arrays: arrays.pop("en.unknown"),
    "hashes are missing": lambda arrays: arrays.pop("de.hashes"),
    "a corpus is missing": lambda arrays: [arrays.pop(n) for n in list(arrays) if n[:2] == "ru"],
    "one too many": lambda arrays: arrays.update({"fr.tokens": arrays["en.tokens"]}),
    "a column of no name": lambda arrays: arrays.update({"en.more": arrays["en.tokens"]}),
    "a unit is missing": lambda arrays: arrays.update({"en.tokens": arrays["en.tokens"][1:]}),
    "a table": lambda arrays: arrays.update({"en.tokens": arrays["en.tokens"].reshape(2, -1)}),
    "one number": lambda arrays: arrays.update({"en.tokens": np.uint64(3)}),
    "signed": lambda arrays: arrays.update({"en.tokens": arrays["en.tokens"].astype(np.int64)}),
    "floats": lambda arrays: arrays.update({"en.tokens": arrays["en.tokens"] * 1.0}),
    "huge": lambda arrays: arrays.update({"en.tokens": arrays["en.tokens"] + np.uint64(2**63)}),
    "huge together": lambda arrays: arrays.update(
        {"en.tokens": arrays["en.tokens"] + np.uint64(2**52)}
    ),
    "more unknown than tokens": lambda arrays: arrays.update(
        {"en.unknown": arrays["en.tokens"] + np.uint64(1)}
    ),
    "more incomplete than tokens": lambda arrays: arrays.update(
        {"en.incomplete": arrays["en.tokens"] + np.uint64(1)}
    ),
    "a unit comes back twice": lambda arrays: arrays.update(
        {"en.round_trip": arrays["en.round_trip"] + np.uint64(1)}
    ),
    "another sum than the lock says": lambda arrays: arrays.update(
        {"en.tokens": arrays["en.tokens"] + np.uint64(1)}
    ),
    "by place, as of an older version": lambda arrays: [
        arrays.update({n.replace("en", "0"): arrays.pop(n)}) for n in list(arrays) if n[:2] == "en"
    ],
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_counts_that_do_not_fit_are_one_line(locks: Files, kind: str) -> None:
    record, arrays = opened(locks)
    arrays = {name: array.astype(np.uint64) for name, array in arrays.items()}
    ARRAYS[kind](arrays)
    with pytest.raises(TokscopeError, match="here"):
        lock.unpacked(*closed(record, arrays), "here")


def ordered(value: Any, order: Callable[[list[str]], list[str]]) -> Any:
    if isinstance(value, dict):
        return {name: ordered(value[name], order) for name in order(list(value))}
    return [ordered(one, order) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("order", [sorted, lambda names: names[::-1]])
def test_the_order_of_keys_says_nothing(
    locked: Path, locks: Files, order: Callable[[list[str]], list[str]]
) -> None:
    """As `jq -S` writes it: counts belong to their corpus by name."""
    content = json.dumps(ordered(json.loads(locks[0]), order)).encode()
    old, new = (lock.unpacked(one, locks[1], "here").snapshot for one in (locks[0], content))
    assert old.identity.golden == new.identity.golden
    assert old.measured.values == new.measured.values
    for name, sample in old.measured.samples.items():
        assert sample.digest == new.measured.samples[name].digest
        assert np.array_equal(sample.hashes, new.measured.samples[name].hashes)
        for column in sample.columns:
            assert np.array_equal(
                sample.columns[column], new.measured.samples[name].columns[column]
            )
    (locked / "tokscope.lock").write_bytes(content)
    assert verify(settings.read(Path("tokscope.toml"))).frame.empty


@pytest.mark.parametrize("schema", [1, 2])
def test_a_lock_of_an_older_version_says_what_to_do_and_keeps_its_history(
    locked: Path, locks: Files, schema: int
) -> None:
    """Its counts stood in the order of the keys, which anyone may change."""
    record, arrays = opened(locks)
    content, counts = closed(record | {"schema": schema}, arrays)
    with pytest.raises(TokscopeError, match=r"older version.*tokscope lock --update --reason TEXT"):
        lock.unpacked(content, counts, "here")
    (locked / "tokscope.lock").write_bytes(content)
    (locked / "tokscope.lock.npz").unlink()
    config = settings.read(Path("tokscope.toml"))
    made = lock_again(config, update=True, reason="a newer version")
    assert [entry["reason"] for entry in made.history] == ["first lock", "a newer version"]


@pytest.mark.parametrize(
    "content", [b"", b"null", b"3", b"[]", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"a":1,}']
)
def test_what_is_no_lock_is_one_line(content: bytes) -> None:
    with pytest.raises(TokscopeError, match=r"not a tokscope.lock, or a damaged one"):
        lock.unpacked(content, b"", "here")


def test_json_is_read_as_it_stands() -> None:
    assert parsed(b'{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}
