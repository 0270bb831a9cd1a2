"""The sentence over the tokens of a text."""

import pytest

import tokscope


@pytest.mark.parametrize(
    ("text", "tokenizers", "sentence"),
    [
        ("é", ["bytes"], "bytes cuts the text into 2 tokens."),
        ("é", ["bytes", "characters"],
         "characters needs the fewest tokens: 1 token, against bytes 2."),
        ("ab", ["bytes", "characters"],
         "No difference in number: bytes and characters each cut the text into 2 tokens, "
         "at the same places."),
        ("ᚑ", ["bytes", "sample:wordpiece"],
         "Cannot tell which needs the fewest tokens: sample-wordpiece cannot read all of it."),
    ],
)  # fmt: skip
def test_who_needs_the_fewest(text: str, tokenizers: list[str], sentence: str) -> None:
    assert tokscope.show(text, tokenizers).headline == sentence
