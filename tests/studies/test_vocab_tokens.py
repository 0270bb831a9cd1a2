"""Lists of tokens and overlap: by hand on tiny vocabularies, and against plain sets."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokscope
from tests.tokenizers.families import FAMILIES, tokenizer_of
from tests.tokenizers.families import write as write_family
from tokscope.studies.vocab_tokens import first, grep, only_in, tables
from tokscope.tokenizers import load
from tokscope.tokenizers.ranks import ranks_of
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.overlap import overlap

PIECES = st.lists(st.sampled_from([b"", b"a", b"b", b" a", b"\xe4", b"ab", b" b"]), min_size=1, max_size=6)  # fmt: skip


def shared(one: list[bytes], other: list[bytes], **types: np.ndarray) -> dict[tuple[str, str], float]:  # fmt: skip
    named = {name: Vocabulary.of(pieces) for name, pieces in (("x", one), ("y", other))}
    return {(name, row[2]): row[3] for name, row in overlap(named, types or None)}


def test_overlap_by_hand() -> None:
    one, other = [b"", b"a", b"b", b" a", b"a"], [b"b", b"c", b"a"]
    found = shared(one, other, x=np.array([4, 1, 2, 8, 1]), y=np.array([5, 3, 2]))
    assert found["x", "common"] == found["y", "common"] == 2
    assert found["x", "jaccard"] == 2 / 4
    assert (found["x", "contained"], found["y", "contained"]) == (2 / 3, 2 / 3)
    # x: a 1 + 1, b 2 of 16 tokens; y: b 5, a 2 of 10
    assert (found["x", "used"], found["y", "used"]) == (4 / 16, 7 / 10)
    smaller = 2 / 16 + 2 / 16
    assert found["x", "used_jaccard"] == pytest.approx(smaller / (2 - smaller))


@given(PIECES, PIECES)
def test_overlap_is_that_of_sets(one: list[bytes], other: list[bytes]) -> None:
    a, b = set(filter(None, one)), set(filter(None, other))
    found = shared(one, other)
    assert found["x", "common"] == len(a & b)
    if a | b:
        assert found["x", "jaccard"] == found["y", "jaccard"] == len(a & b) / len(a | b)
    if a:
        assert found["x", "contained"] == len(a & b) / len(a)
        assert shared(one, one)["x", "jaccard"] == 1


def test_what_only_one_has_is_a_difference_of_sets() -> None:
    report = only_in(["sample:bpe", "sample:unigram"], "sample-bpe")
    vocabularies = [load(f"sample:{name}").vocabulary for name in ("bpe", "unigram")]
    one, other = ([v[i] for i in range(v.size)] for v in vocabularies)
    others = set(other)
    assert report.frame["id"].tolist() == [
        i for i, piece in enumerate(one) if piece and piece not in others
    ]
    assert report.title == "Only in sample-bpe, not in sample-unigram"
    by_kind, by_script, listing = tables(first(report, 3), 3, counted=True)
    assert by_kind.frame["tokens"].sum() == by_script.frame["tokens"].sum() == 3
    assert len(listing.frame) == 3
    assert only_in(["bytes", "sample:bpe"], "bytes").frame.empty


def test_a_search_finds_text_names_and_nothing_in_cut_characters() -> None:
    frame = grep(["sample:bpe"], r"^ the$").frame
    (row,) = frame.itertuples()
    assert (row.token, row.bytes, row.script, row.position) == (
        "␣the", "20 74 68 65", "Latin", "starts a word",
    )  # fmt: skip
    vocabulary = load("sample:bpe").vocabulary
    assert grep(["sample:bpe"], "end.*text").frame["kind"].tolist() == ["special"]
    assert grep(["sample:bpe"], "\ufffd").frame.empty
    everything = grep(["sample:bpe"], "(?s).").frame["id"].tolist()
    cut = {i for i in range(vocabulary.size) if vocabulary.incomplete[i]}
    assert set(everything) >= {i for i in range(vocabulary.size) if i not in cut}


def test_a_search_without_a_find_says_so() -> None:
    report = grep(["bytes", "sample:bpe"], "zzzz")
    assert report.headline == "No token of bytes and sample-bpe matches."
    (view,) = tables(report)
    assert view.frame.empty


def test_long_tokens_are_cut_in_tables_alone() -> None:
    report = grep(["sample:bpe"], "^.{13}")
    (view,) = tables(report)
    assert report.frame["bytes"].str.len().max() > 17
    assert view.frame["bytes"].str.len().max() == 18
    assert view.frame["bytes"].str.endswith("…").any()


def test_ranks_by_family(tmp_path: Path) -> None:
    merged = tokenizer_of("gpt.json")
    found = ranks_of(merged)
    merges = merged.config["model"]["merges"]  # type: ignore[attr-defined]
    for rank, (left, right) in enumerate(merges):
        assert found[merged.config["model"]["vocab"][left + right]] == rank  # type: ignore[attr-defined]
    assert (found >= 0).sum() == len(merges)
    ranked = tokenizer_of("ranks.tiktoken")
    assert ranks_of(ranked)[: 256 + 7].tolist() == list(range(256 + 7))
    scored = tokenizer_of("unigram.json")  # ▁hello -2, ▁ -3, fi -4, then ties by id, f and i last
    assert ranks_of(scored).tolist() == [-1, 1, 0, 3, 4, 5, 6, 2, 9, 10, 7, 8]
    assert (ranks_of(tokenizer_of("bert.json")) == -1).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_ranks_are_distinct_and_of_tokens_with_bytes(name: str) -> None:
    tokenizer = tokenizer_of(name)
    found = ranks_of(tokenizer)
    assert found.shape == (tokenizer.vocabulary.size,)
    ranked = found[found >= 0]
    assert len(set(ranked.tolist())) == len(ranked)
    assert (tokenizer.vocabulary.lengths[found >= 0] > 0).all()
    if name.endswith(".model"):
        assert len(ranked) > 50


def test_overlap_is_part_of_what_is_said_of_several(tmp_path: Path) -> None:
    words = ["sample:bpe", write_family(tmp_path, "bert.json")]
    report = tokscope.vocab(words)
    assert "overlap" in set(report.frame["by"])
    assert any("that start words are without a space" in note for note in report.notes)
    assert "overlap" not in set(tokscope.vocab(["bytes"]).frame["by"])
    assert "overlap" not in set(tokscope.vocab(words, by="kind").frame["by"])
