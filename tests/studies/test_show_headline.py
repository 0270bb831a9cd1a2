"""The sentence over the tokens of a text."""

from functools import cache

import pytest

import tokscope
from tokscope.studies.show import Segmentation, headline
from tokscope.tokenizers import Tokenizer, load


@pytest.mark.parametrize(
    ("text", "tokenizers", "sentence"),
    [
        ("é", ["bytes"], "bytes cuts the text into 2 tokens."),
        ("é", ["bytes", "characters"],
         "bytes needs 2 tokens and characters needs 1 token: only baselines, so there is nothing "
         "to rank."),
        ("the eye", ["bytes", "sample:bpe"], "sample-bpe cuts the text into 4 tokens."),
        ("ab", ["bytes", "characters"],
         "bytes needs 2 tokens and characters needs 2 tokens: only baselines, so there is nothing "
         "to rank."),
        ("ᚑ", ["bytes", "sample:wordpiece"],
         "sample-wordpiece cuts the text into 1 token, but cannot read all of it."),
    ],
)  # fmt: skip
def test_who_needs_the_fewest(text: str, tokenizers: list[str], sentence: str) -> None:
    assert tokscope.show(text, list(map(loaded, tokenizers))).headline == sentence


@cache
def loaded(word: str) -> Tokenizer:
    """Load a tokenizer once; all characters take half a second."""
    return load(word)


@pytest.mark.parametrize(
    ("ends", "sentence"),
    [
        ({"a": (2, 4), "b": (2, 4)},
         "No difference in number: a and b each cut the text into 2 tokens, at the same places."),
        ({"a": (1, 4), "b": (3, 4)},
         "No difference in number: a and b each cut the text into 2 tokens, but not at the same "
         "places. They cut these parts differently: “abcd”."),
        ({"a": (1, 2, 4), "b": (2, 4), "c": (2, 3, 4)},
         "b needs the fewest tokens, 2; the 2 others need 3. They cut these parts differently: “ab” "
         "and “cd”."),
        ({"a": (2, 4), "bytes": (4,)}, "a cuts the text into 2 tokens."),
    ],
)  # fmt: skip
def test_where_the_cuts_differ(ends: dict[str, tuple[int, ...]], sentence: str) -> None:
    rows = [{"tokenizer": name, "end": end} for name, own in ends.items() for end in own]
    assert headline(Segmentation(rows, "", (), {}, (), ("bytes",)), b"abcd") == sentence


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("abx", "a needs the fewest tokens, 1; b needs 2. They cut these parts differently: “abcd”. "
                "Not compared: x cannot read all of the text."),
        ("ax", "Cannot tell which needs the fewest tokens: x cannot read all of the text. They cut "
               "these parts differently: “abcd”."),
        ("x", "x cuts the text into 2 tokens, but cannot read all of it."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_compared(names: str, sentence: str) -> None:
    ends = {"a": (4,), "b": (2, 4), "x": (1, 4)}
    rows = [{"tokenizer": name, "end": end} for name in names for end in ends[name]]
    assert headline(Segmentation(rows, "", (), {}, ("x",)), b"abcd") == sentence


def test_a_tokenizer_without_a_token_is_not_compared() -> None:
    rows = [{"tokenizer": name, "end": end} for name, end in (("a", 4), ("b", 2), ("b", 4))]
    assert headline(Segmentation(rows, "", (), {}, ("mute",)), b"abcd").endswith(
        " Not compared: mute cannot read all of the text."
    )


def test_a_part_that_is_cut_differently_is_whole_characters() -> None:
    pairs = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 3)]
    rows = [{"tokenizer": name, "end": end} for name, end in pairs]
    assert headline(Segmentation(rows, "", (), {}, ()), "世".encode()) == (
        "b needs the fewest tokens, 2; a needs 3. They cut these parts differently: “世”."
    )
