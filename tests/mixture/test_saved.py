"""Saved counts answer like the text they were counted in; anything else is refused in a line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tokenizers.families import tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.mixture.count import count
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.saved import _digest as digest
from tokscope.mixture.saved import packed, unpacked
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.pipeline import pipeline_of

NAME = "fingerprint"


@pytest.fixture(scope="module")
def merges() -> Merges:
    return pipeline_of(load("sample:bpe")).merges


@pytest.fixture(scope="module")
def found(merges: Merges) -> Evidence:
    pipeline = pipeline_of(load("sample:bpe"))
    return evidence(
        count(read_corpora(["sample:en", "sample:ja", "sample:python"]), pipeline), merges, 50
    )


@pytest.fixture(scope="module")
def saved(found: Evidence) -> bytes:
    """What is written of these counts."""
    return packed(found, NAME)


def same(first: Evidence, second: Evidence) -> bool:
    one, other = first.linear_program(), second.linear_program()
    return np.array_equal(one.values.toarray(), other.values.toarray()) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("own", "start", "stop", "pair", "merged", "free")
    )


def test_what_is_read_is_what_was_saved(
    found: Evidence, saved: bytes, merges: Merges, tmp_path: Path
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(saved)
    again = unpacked(path, merges, NAME)
    assert same(again, found)
    assert again.counts.names == ("en", "ja", "python")
    assert again.counts.pretokens == list(found.counts.pretokens)
    assert again.bytes_of(np.ones(3)).tolist() == found.bytes_of(np.ones(3)).tolist()
    assert same(again.subset(["en", "ja"]), found.subset(["en", "ja"]))


@pytest.mark.parametrize("spec", ["sample:wordpiece", "bpe.model"])
def test_so_it_is_where_text_is_merged_as_characters(spec: str, tmp_path: Path) -> None:
    tokenizer = load(spec) if ":" in spec else tokenizer_of(spec)
    pipeline = pipeline_of(tokenizer)
    whole = evidence(count(read_corpora(["sample:en", "sample:ja"]), pipeline), pipeline.merges, 7)
    path = tmp_path / "counts"
    path.write_bytes(packed(whole, NAME))
    again = unpacked(path, pipeline.merges, NAME)
    assert same(again, whole)
    assert (again.alphabet, again.marks) == (whole.alphabet, whole.marks)
    assert same(unpacked(path, pipeline.merges, NAME, steps=5), whole)


def test_more_merges_than_were_replayed_are_replayed(
    found: Evidence, saved: bytes, merges: Merges, tmp_path: Path
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(saved)
    again = unpacked(path, merges, NAME, steps=100, first=20)
    assert same(again, evidence(found.counts, merges, 100, first=20))


def test_the_same_counts_are_the_same_bytes(found: Evidence, saved: bytes) -> None:
    assert packed(found, NAME) == saved


Header, Arrays = dict[str, Any], dict[str, np.ndarray]


def changed(
    data: bytes, change: Callable[[Header, Arrays], object], *, hashed: bool = False
) -> bytes:
    """Change what a file holds; where it is hashed again, as one who knows how would do."""
    arrays = {name: array.copy() for name, array in arrays_of(data).items()}
    header = json.loads(arrays.pop("header").tobytes())
    change(header, arrays)
    if hashed:
        header["sha256"] = digest(header, arrays)
    out = io.BytesIO()
    line = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(out, header=line, **arrays)
    return out.getvalue()


@cache
def arrays_of(data: bytes) -> Arrays:
    with np.load(io.BytesIO(data)) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: b"", "a damaged one"),
        (lambda data: b"plain text", "a damaged one"),
        (lambda data: data[: len(data) // 2], "a damaged one"),
        (lambda data: data[:3000] + bytes([data[3000] ^ 1]) + data[3001:], "damaged"),
        (lambda data: changed(data, lambda h, a: a.pop("header", h.pop("format"))), "a damaged one"),
        (lambda data: changed(data, lambda h, a: h.update(format="other")), "no file of counts"),
        (lambda data: changed(data, lambda h, a: h.update(version=99)), "counts of version 99"),
        (lambda data: changed(data, lambda h, a: h.update(version=1)), "counts of version 1, not 2"),
        (lambda data: changed(data, lambda h, a: a["sizes"].__iadd__(1)), "its hash is another one"),
        (lambda data: changed(data, lambda h, a: h.update(names=["x", "y", "z"])), "its hash is another one"),
        (lambda data: changed(data, lambda h, a: a.update(sizes=a["sizes"].astype("M8[D]"))), "a damaged one"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_file_is_refused(
    saved: bytes, merges: Merges, tmp_path: Path, spoil: Callable[[bytes], bytes], message: str
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(spoil(saved))
    with pytest.raises(TokscopeError, match=message) as caught:
        unpacked(path, merges, NAME)
    assert "\n" not in str(caught.value)


def test_counts_of_another_tokenizer_are_refused(
    saved: bytes, merges: Merges, tmp_path: Path
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(saved)
    with pytest.raises(TokscopeError, match="counted with another tokenizer"):
        unpacked(path, merges, "another")
    with pytest.raises(TokscopeError, match="no such file"):
        unpacked(tmp_path / "nowhere", merges, NAME)


def at(name: str, place: int | slice, value: float) -> Callable[[Header, Arrays], None]:
    """Return what sets numbers of an array."""

    def change(header: Header, arrays: Arrays) -> None:
        arrays[name][place] = value

    return change


def turned(name: str, turn: Callable[[np.ndarray], np.ndarray]) -> Callable[[Header, Arrays], None]:
    """Return what puts another array in the place of one."""

    def change(header: Header, arrays: Arrays) -> None:
        arrays[name] = turn(arrays[name])

    return change


def told(**values: object) -> Callable[[Header, Arrays], None]:
    """Return what sets a value of the header."""
    return lambda header, arrays: header.update(values)


EVERY = (
    "pretokens", "lengths", "counts", "columns", "rows", "owner", "sizes", "left_out", "keys",
    "start", "records.0", "starts.0", "words.0",
)  # fmt: skip
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "one less": lambda array: array[:-1],
    "one more": lambda array: np.append(array, array[-1:]),
    "none": lambda array: array[:0],
    "a table": lambda array: array[None],
    "one number": lambda array: array[0],
    "complex": lambda array: array.astype(complex),
    "words": lambda array: array.astype("U9"),
}
UNFIT: dict[str, Callable[[Header, Arrays], object]] = {
    **{f"{name}: {how}": turned(name, turn) for name in EVERY for how, turn in SHAPES.items()},
    **{f"{name}: gone": (lambda _, arrays, name=name: arrays.pop(name)) for name in EVERY},
    **{f"{name}: negative": at(name, 1, -1) for name in EVERY if name not in ("pretokens", "words.0")},
    **{f"{name}: huge": at(name, 1, 2**31 - 1) for name in EVERY
       if name not in ("pretokens", "counts", "sizes", "left_out")},
    **{f"{name}: backwards": turned(name, lambda array: array[::-1].copy())
       for name in ("rows", "keys", "records.0", "starts.0")},
    **{f"{name}: not from 0": at(name, 0, 1) for name in ("rows", "starts.0")},
    "words.0: before the first": at("words.0", 0, -(2**31)),
    "records.0: one twice": at("records.0", 1, 0),
    "counts: none": at("counts", 0, np.nan),
    "counts: endless": at("counts", 0, np.inf),
    "counts: a half": at("counts", 0, 0.5),
    "counts: too large": at("counts", slice(None), 2.0**53),
    "sizes: too large": at("sizes", 0, 2**60),
    "sizes: no text": turned("sizes", np.zeros_like),
    "owner: nobody": at("owner", 0, 3),
    "owner: one has all": turned("owner", np.zeros_like),
    "words.0: pairs only go": turned("words.0", lambda array: -1 - np.abs(array)),
    "words.0: pairs go before they come": turned("words.0", lambda array: array[::-1].copy()),
    "no corpora": told(names=[]),
    "corpora of no name": told(names=["", "", ""]),
    "two corpora of a name": told(names=["en", "en", "ja"]),
    "corpora in a table": told(names={"en": 1, "ja": 2, "python": 3}),
    "a number as a name": told(names=["en", "ja", 3]),
    "half a character in a name": told(names=["en", "ja", "\ud800"]),
    "one corpus less": told(names=["en", "ja"]),
    "no hash of the text": told(text=None),
    **{f"{name}: {value}": told(**{name: value}) for name in ("merges", "parts")
       for value in (-1, 1.5, True, "1", None, 10**18, [1])},
    "no parts": told(parts=0),
    "a part that is not there": told(parts=2),
    "more merges than there are": told(merges=10**6),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNFIT)
def test_what_does_not_fit_is_one_line_though_its_hash_does(
    saved: bytes, merges: Merges, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(changed(saved, UNFIT[kind], hashed=True))
    with pytest.raises(TokscopeError, match=r"counts.*count again") as caught:
        unpacked(path, merges, NAME)
    assert "\n" not in str(caught.value)


def test_numbers_that_fit_and_are_wrong_are_read_or_refused(
    saved: bytes, merges: Merges, tmp_path: Path
) -> None:
    """Whoever writes a hash may write any counts: no library is given what it cannot take."""
    path, rng = tmp_path / "counts", np.random.default_rng(3)
    for name in ("counts", "columns", "words.0", "lengths", "owner", "start"):
        mixed = changed(saved, turned(name, rng.permutation), hashed=True)
        path.write_bytes(mixed)
        with suppress(TokscopeError):
            assert unpacked(path, merges, NAME).linear_program().values.shape[1] == 3


def test_the_hash_of_what_was_not_changed_is_the_same(saved: bytes) -> None:
    again = changed(saved, lambda header, arrays: None, hashed=True)
    assert arrays_of(again)["header"].tobytes() == arrays_of(saved)["header"].tobytes()
