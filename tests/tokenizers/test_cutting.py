"""Pretokens are those of the libraries, whatever Unicode tables they have."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

import pytest
import regex
import tiktoken
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.tokenizers.cutting import (
    Classes,
    Cutter,
    classes_of_core,
    classes_of_library,
    with_gaps,
)
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.patterns import PATTERNS

TEXTS = st.lists(
    st.sampled_from(["It's ", "we'LL", " 1234", "\n\n ", "\r\n", "ſ", "'ſ", "ﬀ", "中文", "é", "\u3000", "x  y", "..."])
    | st.text(max_size=4)
).map("".join)  # fmt: skip
# of the planes in which no version of Unicode has assigned anything, one character of 99
EMPTY = [*range(0x33500, 0xE0000), *range(0xE0200, sys.maxunicode + 1)]
LEFT_OUT = {*range(0xD800, 0xE000), *EMPTY} - {*EMPTY[::99]}
EVERY = "".join(chr(code) for code in range(sys.maxunicode + 1) if code not in LEFT_OUT)
# as Hugging Face's files write them: of GPT-2 and Llama 3
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@cache
def core(pattern: str) -> tiktoken.Encoding:
    """Return an encoding whose ids show where text is cut: whatever is next to a, b, 1, 2 or a
    space joins it unless a cut is between them."""
    marks = [bytes([a]) for a in b"ab12 "]
    others = [bytes([b]) for b in range(256)]
    pairs = [a + b for a in marks for b in others] + [b + a for a in marks for b in others]
    tokens = dict.fromkeys([*others, *pairs])
    ranks = {token: rank for rank, token in enumerate(tokens)}
    return tiktoken.Encoding("t", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def ids(pattern: str, texts: Iterable[str]) -> list[int]:
    return list(chain.from_iterable(map(core(pattern).encode_ordinary, texts)))


cutter = cache(Cutter)  # to make one takes longer than to cut a text


@cache
def split(pattern: str) -> tokenizers.pre_tokenizers.Split:
    return tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")


def splits(pattern: str, text: str) -> list[str]:
    """Cut as Hugging Face's library does."""
    return [piece for piece, _ in split(pattern).pre_tokenize_str(text)]


STEP = 64  # of characters where another expression of the family is tried with all of them


CLASSES = ("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "N")


@cache
def probes(classes: Classes, names: Sequence[str], step: int) -> list[str]:
    """Return every character that `regex` and a library put into these classes differently, and some
    others, each beside a letter, a digit and a space: it joins them, or not. A step passes characters
    over."""
    every = EVERY[::step]
    characters = set(EVERY[0x80 :: 1_552 * step])
    for name in names:
        expression = rf"\p{{{name}}}"
        characters |= set(classes(expression, every)) ^ set(regex.findall(expression, every))
    return [f"a{char}b 1{char}2 {char}" for char in sorted(characters)]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        *((name, STEP) for name in PATTERNS),
        pytest.param("o200k_base", 1, marks=pytest.mark.deep),
    ],
)
def test_every_character_is_cut_as_the_core_cuts_it(name: str, step: int) -> None:
    pattern, texts = PATTERNS[name], probes(classes_of_core, CLASSES, step)
    pieces = list(Cutter(pattern, classes_of_core)(texts))
    assert "".join(pieces) == "".join(texts)
    assert ids(pattern, pieces) == ids(pattern, texts)


@pytest.mark.parametrize(
    ("pattern", "step"),
    [(GPT2, STEP), (LLAMA3, STEP), pytest.param(LLAMA3, 1, marks=pytest.mark.deep)],
    ids=["gpt2", "llama3", "llama3, all"],
)
def test_every_character_is_cut_as_hugging_face_cuts_it(pattern: str, step: int) -> None:
    """Both expressions tell letters and numbers apart, and no other classes."""
    texts = probes(classes_of_library, ("L", "N"), step)
    pieces = Cutter(with_gaps(pattern), classes_of_library)(texts)
    assert list(pieces) == [piece for text in texts for piece in splits(pattern, text)]


def test_characters_are_what_the_library_takes_them_for() -> None:
    def older(expression: str, characters: str) -> str:
        """Before é was a letter, and when ½ was one."""
        found = set(regex.findall(expression, characters))
        change = {r"\p{L}": {"é", "½"}, r"\p{N}": {"½"}}.get(expression, set())
        return "".join(found ^ (change & set(characters)))

    assert list(Cutter(GPT2, older)(["café 中½ 1½"])) == ["caf", "é", " 中½", " 1", "½"]
    assert list(Cutter(GPT2, older)(["café", "b 1"])) == ["caf", "é", "b", " 1"]


@at_most(12)
@given(TEXTS)
@pytest.mark.parametrize("name", PATTERNS)
def test_pretokens_alone_have_the_ids_of_the_whole_text(name: str, text: str) -> None:
    pieces = cutter(PATTERNS[name], classes_of_core)([text])
    assert ids(PATTERNS[name], pieces) == ids(PATTERNS[name], [text])


@at_most(10)
@given(TEXTS)
@pytest.mark.parametrize("name", ["gpt.json", "split.json", "gaps.json"])
def test_so_they_have_in_hugging_faces_byte_level_bpe(name: str, text: str) -> None:
    tokenizer = tokenizer_of(name)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    pieces = list(tokenizer.pipeline().cut([text]))
    alone, whole = tokenizer._encode_slowly(pieces), tokenizer._encode_slowly([text])
    assert alone.ids.tolist() == whole.ids.tolist()


@given(TEXTS)
@pytest.mark.parametrize(
    "pattern",
    [
        GPT2,
        LLAMA3,
        r"\p{L}+| ",
        r"[0-9]| b",
        r"(?:x|y)+é",
        r"\p{L}*",
        r"(?=\p{Lu})|\s+",
        r"|\p{L}+",
    ],
)
def test_cuts_are_those_of_hugging_face(pattern: str, text: str) -> None:
    """Also of expressions that leave text out, or that match empty text."""
    assert list(cutter(with_gaps(pattern), classes_of_library)([text])) == splits(pattern, text)


def test_what_an_expression_leaves_out_is_a_piece_of_its_own() -> None:
    def cut(pattern: str, text: str) -> list[str]:
        return list(Cutter(with_gaps(pattern), classes_of_library)([text]))

    assert cut(r"\p{L}+", "ab, cd! 12") == ["ab", ", ", "cd", "! 12"]
    assert cut(r"(?=[A-Z])", "oneTwo Three") == ["one", "Two ", "Three"]
    assert cut(r"x", "") == []


@given(TEXTS)
def test_our_expression_for_gpt2_is_that_of_the_library(text: str) -> None:
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    spans = [span for _, span in level.pre_tokenize_str(text)]
    pieces = list(cutter(PATTERNS["gpt2"], classes_of_library)([text]))
    assert pieces == [text[start:end] for start, end in spans]


@given(st.lists(TEXTS, max_size=4))
def test_texts_are_cut_one_by_one(texts: list[str]) -> None:
    cut = cutter(PATTERNS["gpt2"], classes_of_library)
    assert list(cut(texts)) == [piece for text in texts for piece in cut([text])]


def test_neighbours_of_a_character_are_looked_at_with_it() -> None:
    looked: list[str] = []

    def classes(expression: str, characters: str) -> str:
        looked.append(characters)
        return classes_of_core(expression, characters)

    cut = Cutter(r"\p{L}+|\P{L}+", classes)
    assert list(cut(["ж1"])) == ["ж", "1"]
    before = len(looked)
    assert list(cut(["Ц", "щ2"])) == ["Ц", "щ", "2"]
    assert len(looked) == before
    assert list(cut(["\ud7fb\ue000\U0010fffd"])) == ["\ud7fb", "\ue000\U0010fffd"]


def test_groups_in_an_expression_are_no_pieces() -> None:
    assert list(Cutter(r"(a|b)+|(c)", classes_of_library)(["abc"])) == ["ab", "c"]


def test_an_expression_that_cannot_be_followed_is_refused() -> None:
    with pytest.raises(TokscopeError, match=r"cannot cut by the expression \\x\{61\}"):
        Cutter(r"\x{61}", classes_of_core)
