"""Equality is shown on texts of every kind, and what differs is shrunk and explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken

from tests.tokenizers.families import byte_level, write
from tokscope.equivalence.made import texts_of
from tokscope.equivalence.two import IDS, Differs, Two
from tokscope.errors import TokscopeError
from tokscope.studies.equiv import differs, equiv, tables
from tokscope.text.corpus import read_corpora
from tokscope.text.spelled import spelled
from tokscope.tokenizers import load
from tokscope.tokenizers.bpe import from_alphabet

Json = dict[str, Any]
Save = Callable[[str, str | bytes], Path]


def changed(change: Callable[[Json], object]) -> str:
    data = json.loads(byte_level().to_str())
    change(data)
    return json.dumps(data)


def last_merge(data: Json) -> None:
    del data["model"]["merges"][-1]


def swapped_ids(data: Json) -> None:
    vocabulary = data["model"]["vocab"]
    one, other = list(vocabulary)[-2:]
    vocabulary[one], vocabulary[other] = vocabulary[other], vocabulary[one]


def flagged(**flags: bool) -> str:
    return byte_level(
        added=[AddedToken("<tool>", special=False, normalized=False, **flags)]
    ).to_str()


DIGITS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


# what differs -> the other file, the stage where they part, a text as short as it goes
def other_pattern(data: Json) -> None:
    byte_level = data["pre_tokenizer"] | {"use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": DIGITS}, "behavior": "Isolated", "invert": False}
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, byte_level]}


def prefixed(data: Json) -> None:
    data["pre_tokenizer"]["add_prefix_space"] = True


def composed(data: Json) -> None:
    data["normalizer"] = {"type": "NFC"}


# what differs -> the change, the stage where they part, a text as short as it goes, the headline
PARTED: dict[str, tuple[Callable[[Json], object], str, str, str]] = {
    "a dropped merge": (last_merge, "merges", "", " at this step: merges."),
    "another regular expression": (other_pattern, "pre-tokenizer", "12", " step: pre-tokenizer."),
    # the space before text is a token or part of it
    "a dummy prefix": (prefixed, "dummy prefix", "1", " at this step: dummy prefix."),
    "a normalizer": (composed, "normalizer", "e\u0301", " at this step: normalizer."),
    "other ids": (swapped_ids, "merges", "", "; the text is cut alike, and only ids differ."),
}


def test_a_long_token_is_not_shrunk_without_end(
    write: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "x" * 9_000
    long = byte_level(added=[AddedToken(token, special=False, normalized=False)]).to_str()
    two = Two(
        (load(str(write("a.json", changed(lambda _: None)))), load(str(write("b.json", long)))), IDS
    )
    tried: list[int] = []
    differ = Two.differ

    def counted(self: Two, texts: Sequence[str]) -> Differs:
        tried.append(sum(map(len, texts)))
        return differ(self, texts)

    monkeypatch.setattr(Two, "differ", counted)
    short = two.shrunk("some words " * 500 + token)
    assert token in short
    assert len(short) < 9_200
    assert sum(tried) < 2_500_000  # over 80,000,000 to take out each character in turn


@pytest.mark.parametrize("what", PARTED)
def test_what_differs_is_found_shrunk_and_explained(write: Save, what: str) -> None:
    other, stage, text, headline = PARTED[what]
    first = write("first.json", byte_level().to_str())
    second = write("second.json", changed(other))
    report = equiv(str(first), str(second), fuzz=100, top=3)
    assert differs(report)
    assert report.headline.endswith(headline)
    found = report.frame[report.frame["part"] == "mismatch"]
    assert set(found["stage"]) == {stage}
    assert not text or text in set(found["text"])
    one, two = load(str(first)), load(str(second))
    for short in found["text"]:
        assert one.encode([short]).ids.tolist() != two.encode([short]).ids.tolist()
        for i in range(len(short) if len(short) > 1 else 0):  # nothing more can be left out
            less = [short[:i] + short[i + 1 :]]
            assert one.encode(less).ids.tolist() == two.encode(less).ids.tolist()
    assert len(tables(report)) == 2
    assert len(tables(report, details=True)) == 1 + len(found)
    if what == "a dropped merge":
        left, right = json.loads(byte_level().to_str())["model"]["merges"][-1]
        token = spelled(from_alphabet(left + right))
        assert set(found["why"]) == {
            f"{token}: second has the token, but no merge or score makes it here"
        }
    if what == "other ids":
        assert set(found["why"]) == {"the same tokens, under other ids"}


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word"])
def test_added_tokens_with_other_flags_are_told(write: Save, flag: str) -> None:
    """One flag is found by the texts that are made, the others are told of a text that shows them."""
    first, second = write("first.json", flagged()), write("second.json", flagged(**{flag: True}))
    how = {"fuzz": 10} if flag == "lstrip" else {"corpora": {"x": ["a <tool> a<tool>"]}, "fuzz": 0}
    row = equiv(str(first), str(second), top=1, **how).frame.iloc[-1]  # type: ignore[arg-type]
    assert (row["stage"], row["why"]) == ("added tokens", f"<tool>: as it is / {flag}")


def test_ids_may_differ_where_cuts_do_not(write: Save) -> None:
    first = write("first.json", byte_level().to_str())
    second = write("second.json", changed(swapped_ids))
    assert not differs(equiv(str(first), str(second), fuzz=10, by="bytes"))
    third = write("third.json", changed(prefixed))
    assert differs(equiv(str(first), str(third), fuzz=10, by="bytes"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("gpt.json", "gpt.gguf"), ("gpt.json", "old.json")],
)
def test_formats_of_one_tokenizer_are_equal(tmp_path: Path, first: str, second: str) -> None:
    words = [f"{label}={write(tmp_path, name)}" for label, name in (("a", first), ("b", second))]
    report = equiv(words[0], words[1], fuzz=200)
    assert not differs(report)
    assert report.frame["texts"].sum() > 25_000


def test_a_corpus_is_read_and_mismatches_in_it_are_counted(write: Save) -> None:
    first = write("first.json", byte_level().to_str())
    second = write("second.json", changed(other_pattern))
    text = write("some.txt", "none\nin 1234 there is\nnone\n56\n")
    report = equiv(str(first), str(second), read_corpora([str(text)]), fuzz=0)
    rows = report.frame.set_index("name")
    assert rows.loc["corpus some"].iloc[0]["texts"] == 4
    assert len(rows) == 1 + 2
    for wrong, message in (
        ({"fuzz": 0}, "leaves no text"),
        ({"by": "idds"}, "did you mean 'ids'"),
        ({"top": 0}, "--top 0"),
    ):
        with pytest.raises(TokscopeError, match=message):
            equiv(str(first), str(second), **wrong)  # type: ignore[arg-type]


def test_mixtures_depend_on_their_seed_alone() -> None:
    two = [load("sample:bpe"), load("sample:unigram")]
    drawn = [dict(texts_of(two, 50, seed))["mixtures"] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 50


def test_special_tokens_that_differ_are_named_where_texts_do_not(write: Save) -> None:
    def with_tool(data: Json) -> None:
        size = len(data["model"]["vocab"])
        flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        token = {"id": size + 1, "content": "<|tool|>", "special": True, **flags}
        data["added_tokens"].append(token)

    first = write("first.json", byte_level().to_str())
    second = write("second.json", changed(with_tool))
    report = equiv(str(first), str(second), fuzz=100)
    assert report.passed
    assert report.headline.startswith("Equal as far as tried: first and second give the same ids")
    assert report.headline.endswith("Special tokens were not tried; they differ: <|tool|>.")
    same = equiv(str(first), f"same={first}", fuzz=100)
    assert same.headline.endswith("that proves nothing about other text.")
