"""A lock is deterministic, made to be read, and whole or refused."""

from __future__ import annotations

import io
import json
import os
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.synthetic import changed
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile as lock
from tokscope.gate import pair, settings
from tokscope.gate.snapshot import Numbers, hashed
from tokscope.numerals.golden import golden_strings
from tokscope.studies import lock as locking
from tokscope.tokenizers import Encoded, load


def test_a_lock_comes_out_the_same_and_is_read_as_it_was(locked: Path) -> None:
    config = settings.read(Path("tokscope.toml"))
    found = lock.read(config.lock)
    again = lock.packed(found)
    assert again[0] == (locked / "tokscope.lock").read_bytes()
    assert again[1] == (locked / "tokscope.lock.npz").read_bytes()
    assert locking.verify(config).frame.empty
    assert [dict(entry)["reason"] for entry in found.history] == ["first lock"]


def test_a_vocabulary_without_digits_can_be_locked(locked: Path) -> None:
    """No number has a cost then: NaN, which is null in the lock."""
    found = lock.read(settings.read(Path("tokscope.toml")).lock)
    bare = replace(found, snapshot=changed(found.snapshot, numbers=Numbers("none", 0.0, np.nan)))
    content, counts = lock.packed(bare)
    assert json.loads(content)["numbers"]["tokens_per_digit"] is None
    numbers = lock.unpacked(content, counts, "here").snapshot.extras.numbers
    assert numbers is not None
    assert np.isnan(numbers.tokens_per_digit)


def test_a_lock_holds_what_it_says(locked: Path) -> None:
    record = json.loads((locked / "tokscope.lock").read_text(encoding="utf-8"))
    bpe = load("tokenizer.json")
    assert record["tokenizer"]["fingerprint"] == bpe.fingerprint
    assert 200 <= len(record["golden"]) <= 400
    for text in ("2023", "\u200d", "a  b", "\r\n"):
        found = [ids for golden, ids in record["golden"].items() if text in golden]
        assert found, text
    assert record["golden"]["1234"] == bpe.encode(["1234"]).ids.tolist()
    assert record["corpora"]["en"]["units"] == 40
    tokens = np.load(locked / "tokscope.lock.npz")["en.tokens"]
    assert record["values"]["tokens"]["en"] == tokens.sum()
    text = (locked / "tokscope.lock").read_text(encoding="utf-8")
    assert all(char.isprintable() for char in text.replace("\n", ""))


def test_golden_strings_are_some_hundred_and_each_is_there_once() -> None:
    strings = golden_strings(["<|mine|>", ""], ["also"])
    assert 200 <= len(strings) <= 400
    assert not [text for text, times in Counter(strings).items() if times > 1]
    assert strings[-2:] == ["<|mine|>", "also"]


def test_updates_keep_the_history(locked: Path) -> None:
    config = settings.read(Path("tokscope.toml"))
    made = locking.locked(config, update=True, reason="why not")
    assert [entry["reason"] for entry in made.history] == ["first lock", "why not"]
    for refused, words in (
        ({}, "already exists"),
        ({"update": True}, "an update needs --reason"),
    ):
        with pytest.raises(TokscopeError, match=words):
            locking.locked(config, **refused)  # type: ignore[arg-type]
    (locked / "tokscope.lock").unlink()
    with pytest.raises(TokscopeError, match=r"no .*tokscope.lock to update"):
        locking.locked(config, update=True, reason="x")


def test_counts_are_verified_as_decoded(locked: Path) -> None:
    """Compressed otherwise they are the same; a count that was changed is found."""
    path = locked / "tokscope.lock.npz"
    arrays = dict(np.load(path))
    out = io.BytesIO()
    np.savez(out, **{name: arrays[name].astype(np.uint64) for name in reversed(list(arrays))})
    path.write_bytes(out.getvalue())
    assert lock.read(locked / "tokscope.lock").snapshot.measured.samples["de"].units == 40
    arrays["en.tokens"][3] += 1
    np.savez(path, **arrays)
    with pytest.raises(TokscopeError, match="not the counts of this lock"):
        lock.read(locked / "tokscope.lock")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tokscope.lock", b"{", "not a tokscope.lock, or a damaged one"),
        ("tokscope.lock", b"[]", "not a tokscope.lock, or a damaged one"),
        (
            "tokscope.lock",
            b'{"schema": 99}',
            "a lock of schema 99, not 3; check with the version of tokscope that wrote it, or "
            "move it away, then run: tokscope lock",
        ),
        ("tokscope.lock.npz", b"PK", "not the counts of a lock, or damaged"),
        ("tokscope.lock.npz", b"", "not the counts of a lock, or damaged"),
    ],
)
def test_damaged_files_are_refused(locked: Path, name: str, content: bytes, words: str) -> None:
    (locked / name).write_bytes(content)
    with pytest.raises(TokscopeError, match=words):
        lock.read(locked / "tokscope.lock")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tokscope.lock", r"TS905 .*tokscope.lock: larger than 256 MB"),
        ("tokscope.lock.npz", r"TS905 .*tokscope.lock.npz: larger than 2,000 MB"),
    ],
)
def test_files_without_an_end_are_not_read(locked: Path, name: str, words: str) -> None:
    os.truncate(locked / name, 40_000_000_000)  # takes no room
    with pytest.raises(TokscopeError, match=words):
        lock.read(locked / "tokscope.lock")


def test_a_lock_without_its_parts_is_refused(locked: Path) -> None:
    path = locked / "tokscope.lock"
    record = json.loads(path.read_text(encoding="utf-8"))
    for name in ("tokenizer", "golden", "corpora", "values"):
        path.write_text(json.dumps({**record, name: 3}))
        with pytest.raises(TokscopeError, match="a damaged lock"):
            lock.read(path)
    (locked / "tokscope.lock.npz").unlink()
    with pytest.raises(TokscopeError, match=r"lock.npz: the baseline cannot be read"):
        lock.read(path)


def test_an_update_mends_a_pair_that_does_not_fit(locked: Path) -> None:
    """It goes on with the history; what cannot be counts of a lock is told to be moved away."""
    config = settings.read(Path("tokscope.toml"))
    path, counts, coming = pair.files(config.lock)
    of_lock = counts.read_bytes()
    np.savez(counts, **{"0.tokens": np.ones(3, np.uint8)})
    with pytest.raises(TokscopeError, match="write both again: tokscope lock --update --reason"):
        lock.read(path)
    for break_ in (lambda: None, counts.unlink):
        break_()
        made = locking.locked(config, update=True, reason="mended")
        assert [entry["reason"] for entry in made.history] == ["first lock", "mended"]
    for content in (b"PK", of_lock[:500], b"a user's own"):
        counts.write_bytes(content)
        with pytest.raises(
            TokscopeError, match=r"npz: not the counts .* move it away, then run this"
        ):
            locking.locked(config, update=True, reason="mended")
        assert counts.read_bytes() == content
    counts.unlink()
    locking.write(config, made, update=True)
    assert [entry["reason"] for entry in lock.read(path).history] == ["first lock", "mended"]
    assert not coming.exists()


def test_a_lock_is_read_where_its_writer_was_killed(locked: Path) -> None:
    """The lock is the new one then, and its counts are still beside the old ones."""
    path, counts, coming = pair.files(Path("tokscope.lock"))
    counts.rename(coming)
    np.savez(counts, **{"0.tokens": np.ones(3, np.uint8)})
    found = lock.read(path)
    assert found.snapshot.measured.samples["de"].units == 40
    lock.write(path, found)
    assert lock.read(path).snapshot.measured.samples["de"].units == 40
    assert not coming.exists()


def test_updates_at_once_are_all_kept(locked: Path) -> None:
    config = settings.read(Path("tokscope.toml"))
    kept = lock.read(config.lock)
    made = [
        replace(kept, history=[*kept.history, {"reason": f"{i}", "fingerprint": "x"}])
        for i in range(8)
    ]
    writers = [
        threading.Thread(target=locking.write, args=(config, one), kwargs={"update": True})
        for one in made
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = [entry["reason"] for entry in lock.read(config.lock).history]
    assert found[0] == "first lock"
    assert sorted(found[1:]) == list(map(str, range(8)))
    with pytest.raises(TokscopeError, match="already exists"):
        locking.write(config, kept)


@pytest.mark.parametrize(
    "word",
    [
        "/tmp/x.lock",
        "../x.lock",
        "a/../../x.lock",
        "out/x.lock",
        "data",
        "tokscope.toml",
        "a\\u0000.lock",
        "",
    ],
)
def test_a_lock_stays_in_the_folder_of_its_configuration(folder: Path, word: str) -> None:
    (folder / "out").symlink_to("/tmp")
    (folder / "tokscope.toml").write_text(f'lock = "{word}"\n')
    with pytest.raises(TokscopeError, match=r"^tokscope.toml:1: lock must be "):
        settings.read(Path("tokscope.toml"))


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=6), min_size=1, max_size=6))
def test_ids_have_the_same_hash_only_if_they_are_the_same(units: list[list[int]]) -> None:
    encoded = Encoded.of(units)
    found = hashed(encoded.ids, encoded.starts)
    for one, hash_of_one in zip(units, found, strict=True):
        for other, hash_of_other in zip(units, found, strict=True):
            assert (one == other) == (hash_of_one == hash_of_other)
    alone = [hashed(e.ids, e.starts)[0] for e in (Encoded.of([unit]) for unit in units)]
    assert found.tolist() == [int(value) for value in alone]


def test_order_and_number_of_ids_change_the_hash() -> None:
    encoded = Encoded.of([[1, 2], [2, 1], [1], [1, 0], [0, 1], []])
    assert len(set(hashed(encoded.ids, encoded.starts).tolist())) == 6
