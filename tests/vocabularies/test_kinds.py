"""Kinds, scripts and positions of tokens: by hand for each family, and against rules written out."""

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenizers.families import FAMILIES, tokenizer_of
from tokscope.text.words import WORDS, codes, properties
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.kinds import KINDS, POSITIONS, SCRIPTS, Spelled

CHARS = "abéяक世のカ\u093e\u094d\u0301\ufe0f12½ \n\u00a0'’.,_-(€😀\u200b\ue000"


def described(tokens: list[bytes], **settings: object) -> list[tuple[str, str, str]]:
    spelled = Spelled(Vocabulary.of(tokens, **settings))  # type: ignore[arg-type]
    columns = zip(spelled.kinds, spelled.scripts, spelled.positions, strict=True)
    return [(KINDS[kind], SCRIPTS[script], POSITIONS[place]) for kind, script, place in columns]


@pytest.mark.parametrize(
    ("token", "kind", "script", "position"),
    [
        (" the", "letters, one script", "Latin", "starts a word"),
        ("the", "letters, one script", "Latin", "continues a word"),
        ("'s", "letters, one script", "Latin", "continues a word"),
        ("’ll", "letters, one script", "Latin", "continues a word"),
        ("(self", "letters, one script", "Latin", "starts a word"),
        ("_name", "letters, one script", "Latin", "continues a word"),
        ("[]", "punctuation, symbol", "Common", "neither"),
        ("<>", "punctuation, symbol", "Common", "neither"),
        (" €", "punctuation, symbol", "Common", "neither"),
        ("❤\ufe0f", "punctuation, symbol", "Common", "neither"),
        (" 12", "number", "Common", "starts a word"),
        ("1,5", "number", "Common", "continues a word"),
        ("B2", "letters and numbers", "Latin", "continues a word"),
        ("aя", "letters, several scripts", "Mixed", "continues a word"),
        ("日本", "letters, one script", "Han", "neither"),
        (" 日本", "letters, one script", "Han", "starts a word"),
        ("日本の", "letters, several scripts", "Mixed", "neither"),
        ("カー", "letters, one script", "Katakana", "neither"),
        ("\u093e", "letters, one script", "Devanagari", "continues a word"),
        ("\u0301", "other", "Common", "neither"),
        ("\u200b", "other", "Common", "neither"),
        (" \n\u00a0", "white space", "Common", "neither"),
    ],
)
def test_whole_tokens(token: str, kind: str, script: str, position: str) -> None:
    assert described([token.encode()]) == [(kind, script, position)]


def test_bytes_and_specials() -> None:
    found = described([b"", b"a", b"\xe4", b" \xe4\xb8", b"", b""], specials={"<s>": 0}, unknown=4)
    assert [kind for kind, _, _ in found] == [
        "special", "byte", "byte", "incomplete UTF-8", "special", "other",
    ]  # fmt: skip
    assert [script for _, script, _ in found] == ["none", "Latin", "none", "none", "none", "none"]
    assert {position for _, _, position in found[2:]} == {"neither"}


def test_a_single_character_is_a_byte_only_where_a_vocabulary_is_written_in_bytes() -> None:
    assert [kind for kind, _, _ in described([b"a", b"b"])] == ["letters, one script"] * 2
    found = described([b"a", b"a"], fallbacks=frozenset([0]))
    assert [kind for kind, _, _ in found] == ["byte", "letters, one script"]


def test_marks_of_a_vocabulary_decide_where_words_begin() -> None:
    tokens = [b"hello", b"llo", b"!", "中".encode(), b"12"]
    found = described(tokens, continuing=frozenset([1, 4]))
    assert [position for _, _, position in found] == [
        "starts a word", "continues a word", "neither", "neither", "continues a word",
    ]  # fmt: skip
    vocabulary = tokenizer_of("bert.json").vocabulary
    assert [vocabulary[i] for i in sorted(vocabulary.continuing or ())] == [b"llo", b"ll", b"or", b"ld"]  # fmt: skip
    assert tokenizer_of("gpt.json").vocabulary.continuing is None


def kind_by_rule(token: str) -> str:
    letter = regex.search(r"(?V1)[\p{L}[\p{M}--\p{sc=Zyyy}--\p{sc=Zinh}]]", token)
    number = regex.search(r"\p{N}", token)
    if letter and number:
        return "letters and numbers"
    if letter:
        own = Spelled(Vocabulary.of([token.encode()])).scripts[0]
        several = SCRIPTS[own] == "Mixed"
        return "letters, several scripts" if several else "letters, one script"
    if number:
        return "number"
    if regex.search(r"[\p{P}\p{S}]", token):
        return "punctuation, symbol"
    return "white space" if token.isspace() else "other"


def position_by_rule(token: str) -> str:
    ink = regex.search(r"(?V1)[\p{L}\p{N}[\p{M}--\p{sc=Zyyy}--\p{sc=Zinh}]]", token)
    if not ink:
        return "neither"
    _, ends = WORDS["unicode"](f"a{token}", properties()[codes(f"a{token}")])
    if ends[0] > 1 + ink.start():
        return "continues a word"
    return "starts a word" if ink.start() else "neither"


@given(st.lists(st.text(CHARS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_many_tokens_at_once_are_each_what_the_rules_say(tokens: list[str]) -> None:
    found = described([token.encode() for token in tokens])
    assert [kind for kind, _, _ in found] == [kind_by_rule(token) for token in tokens]
    assert [place for _, _, place in found] == [position_by_rule(token) for token in tokens]


@pytest.mark.parametrize("name", [*FAMILIES, "bytes"])
def test_every_id_of_every_family_has_one_kind_script_and_position(name: str) -> None:
    vocabulary = tokenizer_of(name).vocabulary if name != "bytes" else Vocabulary.of([bytes([i]) for i in range(256)])  # fmt: skip
    spelled = Spelled(vocabulary)
    for found, names in ((spelled.kinds, KINDS), (spelled.scripts, SCRIPTS), (spelled.positions, POSITIONS)):  # fmt: skip
        assert found.shape == (vocabulary.size,)
        assert found.min() >= 0
        assert found.max() < len(names)
    whole = [vocabulary[i].decode() for i in np.flatnonzero(spelled.whole)]
    assert spelled.lengths[spelled.whole].tolist() == [len(token) for token in whole]
