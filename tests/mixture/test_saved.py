"""Saved counts answer like the text they were counted in; anything else is refused in a line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.tokenizers.families import tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.mixture.count import count
from tokscope.mixture.evidence import Evidence, evidence
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
        count(read_corpora(["sample:en", "sample:ja", "sample:python"]), pipeline), merges, 200
    )


def same(first: Evidence, second: Evidence) -> bool:
    one, other = first.program, second.program
    return np.array_equal(one.values.toarray(), other.values.toarray()) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("own", "start", "stop", "pair", "merged", "free")
    )


def test_what_is_read_is_what_was_saved(found: Evidence, merges: Merges, tmp_path: Path) -> None:
    path = tmp_path / "counts"
    path.write_bytes(packed(found, NAME))
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
    found: Evidence, merges: Merges, tmp_path: Path
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(packed(found, NAME))
    again = unpacked(path, merges, NAME, steps=300, first=20)
    assert same(again, evidence(found.counts, merges, 300, first=20))


def test_the_same_counts_are_the_same_bytes(found: Evidence) -> None:
    assert packed(found, NAME) == packed(found, NAME)


def changed(
    data: bytes, change: Callable[[dict[str, object], dict[str, np.ndarray]], None]
) -> bytes:
    with np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop("header").tobytes())
    change(header, arrays)
    out = io.BytesIO()
    line = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed(out, header=line, **arrays)
    return out.getvalue()


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
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_file_is_refused(
    found: Evidence, merges: Merges, tmp_path: Path, spoil: Callable[[bytes], bytes], message: str
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(spoil(packed(found, NAME)))
    with pytest.raises(TokscopeError, match=message) as caught:
        unpacked(path, merges, NAME)
    assert "\n" not in str(caught.value)


def test_counts_of_another_tokenizer_are_refused(
    found: Evidence, merges: Merges, tmp_path: Path
) -> None:
    path = tmp_path / "counts"
    path.write_bytes(packed(found, NAME))
    with pytest.raises(TokscopeError, match="counted with another tokenizer"):
        unpacked(path, merges, "another")
    with pytest.raises(TokscopeError, match="no such file"):
        unpacked(tmp_path / "nowhere", merges, NAME)
