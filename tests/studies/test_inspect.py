"""What the small commands say first: inspect, measures and list."""

from __future__ import annotations

import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

import tokscope
from tests.conftest import Run
from tests.laws import refusal
from tokscope.studies import available, inspect, measures

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def byte_level(*merges: tuple[str, str], digits: bool = False) -> tokenizers.Tokenizer:
    """A byte-level BPE with some merges, which may cut digits apart."""
    vocabulary = {one: i for i, one in enumerate([*BYTES, *map("".join, merges)])}
    made = tokenizers.Tokenizer(models.BPE(vocabulary, list(merges)))
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False))
    made.pre_tokenizer = pre_tokenizers.Sequence(steps)
    made.decoder = decoders.ByteLevel()
    return made


def lowercasing() -> tokenizers.Tokenizer:
    made = byte_level()
    made.normalizer = normalizers.Lowercase()
    return made


def wordpiece(*words: str) -> tokenizers.Tokenizer:
    vocabulary = {word: i for i, word in enumerate(["[UNK]", *words])}
    made = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


SAID = {
    "It makes every digit a token, keeps case and makes spaces tokens of their own.": byte_level(),
    "It joins up to 3 digits into a token, keeps case and joins a space to the word after it.": byte_level(
        ("1", "2"), ("12", "3"), ("Ġ", "a")
    ),
    # a token of two digits that nothing produces is no claim
    "It makes every digit a token, keeps case and joins a space to the word after it.": (
        byte_level(("1", "2"), ("Ġ", "a"), digits=True)
    ),
    "It makes every digit a token, ignores case and makes spaces tokens of their own.": lowercasing(),
    # what it does not know is not spoken of
    "It joins up to 2 digits into a token and drops spaces.": wordpiece("a", "7", "12"),
    "It keeps case.": wordpiece("HELLO", "hello"),
}


@pytest.mark.parametrize("said", SAID)
def test_a_tokenizer_is_told_in_two_sentences(said: str) -> None:
    told = tokscope.inspect({"mine": SAID[said]}).headline
    kind, encoded = told.removesuffix(f" {said}").split(", encoded by ")
    assert (
        kind
        == f"mine: {tokscope.inspect({'mine': SAID[said]}).frame['value'][0]}, {SAID[said].get_vocab_size()} ids"
    )
    assert encoded in ("tiktoken's core.", "the library.")


def test_nothing_is_said_of_characters_that_are_unknown() -> None:
    assert tokscope.inspect({"mine": wordpiece("x")}).headline.endswith("encoded by the library.")


def test_several_tokenizers_are_named() -> None:
    given = dict.fromkeys("abcdef", "bytes")
    kinds = "; ".join(f"{name}: bytes, 256 ids" for name in "abcd")
    assert tokscope.inspect(given).headline == f"{kinds}; and 2 more."
    assert tokscope.inspect(["bytes", "sample:bpe"]).headline == (
        "bytes: bytes, 256 ids; sample-bpe: byte-level BPE, 4,000 ids."
    )


def test_what_is_not_set_is_a_detail() -> None:
    report = tokscope.inspect("bytes")
    (short,), (whole,) = inspect.tables(report), inspect.tables(report, details=True)
    assert len(whole.frame) == len(report.frame) > len(short.frame)
    left = short.notes[-1].partition("not set: ")[2].split(", ")
    assert {*short.frame["property"], *left} == set(whole.frame["property"])
    assert "padding" in left
    assert "family" not in left
    assert whole.notes == report.details
    (known,) = inspect.tables(tokscope.inspect("sample:wordpiece"))  # whose unknown token is 0
    assert known.frame.set_index("property").loc["unknown token", "value"] == "0"


@pytest.mark.deep
def test_measures_show_sources_as_details(run: Run) -> None:
    report = tokscope.list_measures()
    assert report.headline.startswith(f"{len(tokscope.MEASURES)} measures. ")
    assert "source" not in measures.tables(report)[0].frame
    assert "source" in measures.tables(report, details=True)[0].frame
    for words in (["measures"], ["inspect", "bytes"]):
        assert "--details has no effect on csv" in refusal(run(*words, "--details", "-f", "csv"))
    both = run("inspect", "bytes", "--components", "--details")
    assert "--components prints all parts; drop --details" in refusal(both)


ROWS = [
    {"what": what, "name": name, "state": state}
    for what, name, state in (
        ("kind", "hf", "ready"),
        ("extra", "icu", "missing"),
        ("encoding", "gpt2", "cached"),
    )
]


def test_what_is_ready_is_counted() -> None:
    kinds = len(tokscope.available().frame.query("what == 'kind'"))
    assert available.headline(ROWS) == (
        f"1 of {kinds} kinds of tokenizers are ready. In the caches: 1 encoding of tiktoken. "
        "Missing extras: icu."
    )
    none = available.headline(ROWS[:1])
    assert none.endswith("ready. No tokenizer is in the caches.")
    more = [{"what": "repository", "name": name, "state": "cached"} for name in "ab"]
    told = available.headline([*ROWS, *more])
    assert "In the caches: 1 encoding of tiktoken and 2 repositories of the hub. " in told
