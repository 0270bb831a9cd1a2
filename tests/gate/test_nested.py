"""A tokenizer that grew passes the gate of its lock; one whose old ids changed does not."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokscope
from tests.gate.folder import fill
from tests.tokenizers.families import unigram
from tokscope.counting.tokens import Tokens
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile
from tokscope.gate.snapshot import _First, first_units, hashed
from tokscope.tokenizers import Encoded

Json = dict[str, Any]
Change = Callable[[Json], None]
NESTED = """tokenizer = "tokenizer.json"

[text]
corpora = ["de.txt", "en.txt"]

[identity]
nested = "fail"
"""
NOTHING: Any = None


@pytest.fixture(scope="module")
def locks(tmp_path_factory: pytest.TempPathFactory, saved: str) -> tuple[bytes, bytes]:
    """The lock of `folder`, made once, and its counts."""
    made = tmp_path_factory.mktemp("nested")
    fill(made, saved)
    (made / "tokscope.toml").write_text(NESTED, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(made)
        tokscope.lock()
    return tuple((made / f"tokscope.lock{end}").read_bytes() for end in ("", ".npz"))


@pytest.fixture
def locked(locked: Path) -> Path:
    (locked / "tokscope.toml").write_text(NESTED, encoding="utf-8")
    return locked


def plant(change: Change, path: str = "tokenizer.json") -> None:
    data = json.loads(Path("tokenizer.json").read_text(encoding="utf-8"))
    change(data)
    Path(path).write_text(json.dumps(data), encoding="utf-8")


def found(**how: Any) -> list[tuple[str, str, str]]:
    rows = tokscope.check(**how).rows
    return [(row["code"], row["verdict"], row["message"]) for row in rows]


def failures(**how: Any) -> list[str]:
    return [code for code, verdict, _ in found(**how) if verdict == "fail"]


def joined(data: Json, place: int, *pairs: tuple[str, str]) -> None:
    model = data["model"]
    for pair in pairs:
        model["merges"].insert(place, list(pair))
        model["vocab"].setdefault("".join(pair), len(model["vocab"]))


def grown(data: Json) -> None:
    """Join tokens behind all merges."""
    joined(data, len(data["model"]["merges"]), ("h", "r"), ("l", "t"))


def early(data: Json) -> None:
    """Join h and r first, so that no token with an r in it is made behind an h."""
    joined(data, 0, ("h", "r"))


def added(data: Json) -> None:
    """Cut a token out of text before anything else, also inside words."""
    size = len(data["model"]["vocab"])
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    data["added_tokens"].append({"id": size, "content": "hr", **flags})


def moved(data: Json) -> None:
    """Let the last two tokens change places."""
    vocab = data["model"]["vocab"]
    one, other = list(vocab)[-2:]
    vocab[one], vocab[other] = vocab[other], vocab[one]


def test_the_same_tokenizer_passes(locked: Path) -> None:
    tried = "tried on 293 golden strings and 80 units of text"
    assert found() == [("TS010", "pass", tried)]
    assert f"nested: {tried}" in tokscope.check().notes


def test_a_tokenizer_that_grew_passes(locked: Path) -> None:
    plant(grown)
    assert failures() == failures(identity=True) == []


@pytest.mark.deep
def test_a_tokenizer_that_was_extended_passes(locked: Path) -> None:
    texts = {"hu": ["Az egész világ hallgatott, és a kék hegyek mögött lement a nap."] * 5}
    size = len(tokscope.load("tokenizer.json").vocabulary)
    path = Path("tokenizer.json").absolute()
    tokscope.extend("tokenizer.json", texts, keep=texts, merges=20, write=path)
    assert len(tokscope.load("tokenizer.json").vocabulary) == size + 20
    assert failures() == []


def test_an_id_that_moved_fails(locked: Path) -> None:
    plant(moved)
    assert failures() == failures(identity=True) == ["TS010"]


def test_a_merge_that_comes_too_early_fails(locked: Path) -> None:
    """Hello is H|ell|o, whose last two letters now come first: golden strings are enough."""
    plant(lambda data: joined(data, 0, ("l", "o")))
    ((_, verdict, message),) = found(identity=True)
    assert verdict == "fail"
    assert " of 293 golden strings are more than joined old tokens: " in message


@pytest.mark.parametrize("change", [early, added])
def test_what_no_golden_string_shows_is_found_on_text(locked: Path, change: Change) -> None:
    plant(change, "new.json")
    assert failures(tokenizer="new.json", identity=True) == []
    (one,) = found(tokenizer="new.json")
    assert one[:2] == ("TS010", "fail")
    pattern = (
        r"9 of 80 units of text \(9 in de\) are more than joined old tokens: "
        r'"hre" \[\d+, \d+\] -> \[957, \d+\] in de:38; tried on 293 golden .* 80 units of text'
    )
    assert re.fullmatch(pattern, one[2])
    assert found(tokenizer="new.json", against="tokenizer.json") == [one]


def test_pieces_with_the_best_score_fail(folder: Path) -> None:
    """Of a Unigram model a new piece has to score worse than those that spell it."""
    (folder / "tokscope.toml").write_text(NESTED, encoding="utf-8")
    (folder / "en.txt").write_text("ello hello\n", encoding="utf-8")
    data = json.loads(unigram().to_str())
    for path, score in (("base.json", None), ("worse.json", -20.0), ("best.json", 0.0)):
        pieces = [] if score is None else [["▁h", score], ["ello", score]]
        model = data["model"] | {"vocab": data["model"]["vocab"] + pieces}
        Path(path).write_text(json.dumps(data | {"model": model}), encoding="utf-8")
    assert failures(tokenizer="worse.json", against="base.json") == []
    ((_, verdict, message),) = found(tokenizer="best.json", against="base.json")
    assert verdict == "fail"
    assert '"␣hello" [2] -> [12, 13] in en:1' in message


def test_ids_may_have_gaps(locked: Path) -> None:
    def spread(data: Json) -> None:
        *_, last = data["model"]["vocab"]
        data["model"]["vocab"][last] += 3

    def behind(data: Json) -> None:
        joined(data, len(data["model"]["merges"]), ("h", "r"))
        data["model"]["vocab"]["hr"] = max(data["model"]["vocab"].values()) + 1

    plant(spread)
    plant(lambda data: data["model"]["merges"].reverse(), "broken.json")
    plant(behind, "grown.json")
    for name, codes in (("broken", ["TS010"]), ("grown", [])):
        how = {"tokenizer": f"{name}.json", "against": "tokenizer.json"}
        assert failures(**how) == failures(**how, identity=True) == codes


# Locks


def arrays() -> dict[str, Any]:
    return dict(np.load("tokscope.lock.npz"))


def write(counts: dict[str, Any]) -> None:
    """Write the counts of the lock anew, with their hash: as made by who knows how."""
    record = json.loads(Path("tokscope.lock").read_text(encoding="utf-8"))
    record["counts"] = lockfile.digest(counts)
    Path("tokscope.lock").write_text(json.dumps(record), encoding="utf-8")
    np.savez("tokscope.lock.npz", **counts)


def without_ids() -> None:
    write({name: array for name, array in arrays().items() if not name.endswith(".ids")})


def test_a_lock_without_ids_is_tried_on_golden_strings(locked: Path) -> None:
    without_ids()
    plant(early)
    ((_, verdict, message),) = found()
    assert verdict == "pass"
    assert message.startswith("tried on 293 golden strings alone, as the baseline holds no ids")
    assert "tokscope lock --update" in message
    plant(moved)
    assert failures() == ["TS010"]


@pytest.mark.deep
def test_an_update_adds_the_ids(locked: Path) -> None:
    without_ids()
    differs = tokscope.verify_lock()
    assert "ids of text: added, for nested" in differs.headline
    report = tokscope.lock(update=True, reason="text as well")
    assert "ids of text: added, for nested" in report.headline
    assert tokscope.verify_lock().passed


@pytest.mark.deep
def test_only_nested_asks_for_ids(locked: Path) -> None:
    Path("tokscope.toml").write_text(NESTED.replace("nested", "golden"), encoding="utf-8")
    assert not tokscope.verify_lock().passed
    tokscope.lock(update=True, reason="golden strings are enough")
    assert not [name for name in arrays() if name.endswith(".ids")]


def consistent(counts: dict[str, Any], ids: Any) -> None:
    """Give a corpus other ids, and the hashes of these."""
    first = first_units(ids.astype(np.int64), counts["de.tokens"].astype(np.int64))
    counts.update({"de.ids": ids, "de.hashes": hashed(first.ids, first.starts)})


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "of one corpus alone": lambda counts: counts.pop("de.ids"),
    "of no corpus": lambda counts: counts.update({"fr.ids": counts["de.ids"]}),
    "one is missing": lambda counts: counts.update({"de.ids": counts["de.ids"][:-1]}),
    "one too many": lambda counts: counts.update({"de.ids": np.append(counts["de.ids"], 5)}),
    "none": lambda counts: counts.update({"de.ids": counts["de.ids"][:0]}),
    "another one": lambda counts: counts.update({"de.ids": counts["de.ids"] ^ 1}),
    "those of another corpus": lambda counts: counts.update({"de.ids": counts["en.ids"]}),
    "a table": lambda counts: counts.update({"de.ids": counts["de.ids"][None]}),
    "a column": lambda counts: counts.update({"de.ids": counts["de.ids"][:, None]}),
    "a number": lambda counts: counts.update({"de.ids": np.uint64(3)}),
    "signed": lambda counts: counts.update({"de.ids": counts["de.ids"].astype(np.int32)}),
    "floats": lambda counts: counts.update({"de.ids": counts["de.ids"] * 1.0}),
    "text": lambda counts: counts.update({"de.ids": counts["de.ids"].astype(str)}),
    "huge": lambda counts: consistent(counts, counts["de.ids"] + np.uint64(2**31)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_ids_that_do_not_fit_are_one_line(locked: Path, kind: str) -> None:
    counts = arrays()
    HOSTILE[kind](counts)
    record = json.loads(Path("tokscope.lock").read_text(encoding="utf-8"))
    packed = io.BytesIO()
    np.savez(packed, **counts)
    if all(array.dtype.kind == "u" for array in counts.values()):
        record["counts"] = lockfile.digest(counts)
    with pytest.raises(TokscopeError, match=r"^here(\.npz)?: .*(ids|counts)") as refused:
        lockfile.unpacked(json.dumps(record).encode(), packed.getvalue(), "here")
    assert "\n" not in str(refused.value)


def test_ids_beyond_the_vocabulary_are_one_line(locked: Path) -> None:
    counts = arrays()
    consistent(counts, counts["de.ids"] + np.uint64(2**20))
    write(counts)
    ((code, verdict, message),) = found()
    assert (code, verdict) == ("TS010", "fail")
    assert message == "the baseline holds ids that its tokenizer does not have; lock it again"


# What is kept


@pytest.mark.deep
def test_the_lock_holds_the_first_units(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the ids for each of two corpora, to the end of a unit."""
    monkeypatch.setattr("tokscope.gate.snapshot.MOST_IDS", 2_000)
    every = {name: array for name, array in arrays().items() if name.endswith(".ids")}
    tokscope.lock(update=True, reason="less")
    for name, ids in every.items():
        kept = arrays()[name]
        ends = np.cumsum(arrays()[name.replace("ids", "tokens")], dtype=int)
        assert len(kept) == ends[np.searchsorted(ends, 1_000)]
        assert np.array_equal(kept, ids[: len(kept)])
    ((_, verdict, message),) = found()
    assert verdict == "pass"
    assert re.search(r"and \d\d of 80 units of text$", message)


@given(st.lists(st.lists(st.integers(0, 5), min_size=1), min_size=1), st.integers(1, 20))
def test_what_is_kept_does_not_depend_on_how_text_is_shared(
    parts: list[list[int]], most: int
) -> None:
    """Each part is read by a worker, in batches of three units."""
    counts = np.array([count for part in parts for count in part], np.int64)
    ids = np.arange(counts.sum(), dtype=np.int32)
    whole, place = _First(most), 0
    for part in parts:
        one = _First(most)
        for begin in range(0, len(part), 3):
            sizes = np.array(part[begin : begin + 3], np.int64)
            starts = np.append(0, np.cumsum(sizes))
            encoded = Encoded(ids[place : place + starts[-1]], starts)
            one.observe([Tokens(NOTHING, NOTHING, encoded, specials=False)])
            place += int(sizes.sum())
        assert one.held < most + 5
        whole.join(one)
    assert whole.held < 2 * most + 10
    kept = whole.ids(counts)
    assert kept.tolist() == ids[: len(kept)].tolist()
    ends = [0, *np.cumsum(counts).tolist()]
    assert len(kept) == min([end for end in ends if end >= most], default=ends[-1])
    assert first_units(kept, counts).starts[-1] == len(kept)
