"""Counts of code under tokens: by hand, against a slow way, and added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

import tokscope
from tests.laws import at_most
from tokscope.counting.tokens import Text, Tokens
from tokscope.lexemes.counts import Code, Key, under
from tokscope.lexemes.lexing import CATEGORIES
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.given import load_one

ALPHABET = sorted({*"getfoBarxy_.();= \n\t#'1"})


def glue(*merges: tuple[str, str]) -> Tokenizer:
    """BPE over a few characters, which nothing cuts before it merges."""
    pieces = [*ALPHABET, *map("".join, merges)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    return load_one(tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, list(merges))))


GLUE = glue((".", "g"), (".g", "e"), (".ge", "t"), (" ", " "), ("  ", "  "))
WILD = glue(
    (")", ")"),
    ("))", ")"),
    (")))", ")"),
    (")", ";"),
    (");", "\n"),
    ("\n", " "),
    ("\n ", " "),
    (" ", "x"),
    ("x", "."),
    ("(", "'"),
)


def counted(texts: Sequence[str], tokenizer: Tokenizer, language: str = "python") -> Counter[Key]:
    code = Code(Text(texts, "unicode"), language)
    return under(code, Tokens(code.text, tokenizer, tokenizer.encode(texts), specials=False)).counts


load = cache(tokscope.load)


def part(counts: Counter[Key], part: str, name: str = "") -> dict[str, int]:
    return {k.measure: n for k, n in counts.items() if (k.part, k.name) == (part, name)}


def test_by_hand() -> None:
    # x .get ( a ) LF ␣␣␣␣ y ␣ = ␣ x LF
    found = counted(["x.get(a)\n    y = x\n"], GLUE)
    assert part(found, "total") == {
        **{"bytes": 19, "lines": 2, "indented_lines": 1, "indentation_bytes": 4, "lexemes": 9},
        **{"tokens": 13, "blank_tokens": 5, "unknown": 0, "over_lexemes": 1},
        **{"indentation_tokens": 1, "positions": 2, "hits": 0, "false": 0, "missed": 0},
    }
    assert part(found, "category", "identifier") == {
        **{"lexemes": 5, "tokens": 5, "one_token": 5, "start": 4, "end": 5, "clean": 4, "exact": 4}
    }
    assert part(found, "kind", "operator+identifier") == {"tokens": 1}
    assert part(found, "depth", "4") == {"lines": 1, "tokens": 1}
    glued = [GLUE.vocabulary[int(key.name)] for key in found if key.part == "glued"]
    assert glued == [b".get"]


def test_a_kind_names_three_lexemes_and_says_that_there_are_more() -> None:
    three, four = glue((")", ")"), ("))", ")")), glue((")", ")"), ("))", "))"))
    assert part(counted(["x)))"], three), "kind", "+".join(["punctuation"] * 3)) == {"tokens": 1}
    name = "+".join(["punctuation"] * 3 + ["…"])
    assert part(counted(["x))))"], four), "kind", name) == {"tokens": 1}


def test_words_of_an_identifier_that_is_cut_into_letters() -> None:
    found = part(counted(["fooBar_f"], GLUE), "total")  # f o o B a r _ f
    assert [found[name] for name in ("hits", "false", "missed", "positions")] == [2, 4, 0, 6]


LINES = st.lists(
    st.sampled_from(
        [*ALPHABET, "x.get", ".get(", "fooBar", "))))", ")))", ");\n", "\n  ", " x", "(' ", "= 1"]
    ),
    max_size=12,
).map("".join)


@given(LINES, st.sampled_from([GLUE, WILD]), st.sampled_from(["python", "java"]))
def test_the_arrays_are_what_one_finds_one_by_one(
    text: str, tokenizer: Tokenizer, language: str
) -> None:
    """Of every byte: which token holds it, and which lexeme."""
    if not text:
        return
    code = Code(Text([text], "unicode"), language)
    lexemes = list(zip(*(column.tolist() for column in code.lexemes), strict=True))
    ends = np.cumsum([len(tokenizer.vocabulary[i]) for i in tokenizer.encode([text]).ids]).tolist()
    tokens = [range(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    owner = {byte: n for n, (start, end, _) in enumerate(lexemes) for byte in range(start, end)}
    inked = {byte for byte, char in enumerate(text) if not char.isspace()}
    found = counted([text], tokenizer, language)
    clean: Counter[str] = Counter()
    for n, (start, end, category) in enumerate(lexemes):
        over = {byte for one in tokens if one.start < end and one.stop > start for byte in one}
        clean[CATEGORIES[category]] += all(owner[byte] == n for byte in over & inked)
    for name, number in clean.items():
        assert found[Key("category", name, "clean")] == number
    kinds: Counter[str] = Counter()
    glued: Counter[str] = Counter()
    for one, token in zip(tokens, tokenizer.encode([text]).ids.tolist(), strict=True):
        own = sorted({owner[byte] for byte in one if byte in owner})
        if len(own) > 1:
            named = [CATEGORIES[lexemes[n][2]] for n in own]
            kinds["+".join([*named[:3], *["…"][: len(own) > 3]])] += 1
            glued[f"{token}"] += "identifier" in named
    assert {key.name: n for key, n in found.items() if key.part == "kind"} == kinds
    assert {key.name: n for key, n in found.items() if key.part == "glued"} == +glued
    before, place = set(), 0
    for line in text.split("\n"):
        if line.strip():
            before |= set(range(place, place + len(line) - len(line.lstrip())))
        place += len(line) + 1
    blank = [one for one in tokens if not inked.intersection(one) and before.intersection(one)]
    assert found[Key("total", "", "indentation_tokens")] == len(blank)
    assert found[Key("total", "", "indentation_bytes")] == len(before)


@at_most(8)
@given(st.lists(LINES.filter(bool), min_size=1, max_size=4))
def test_counts_of_several_texts_are_the_sums_of_those_of_each(texts: list[str]) -> None:
    for word in ("sample:bpe", "sample:unigram", "sample:wordpiece"):
        tokenizer = load(word)
        summed: Counter[Key] = Counter()
        for text in texts:
            summed.update(counted([text], tokenizer))
        assert counted(texts, tokenizer) == summed


def test_a_token_without_bytes_is_not_blank() -> None:
    found = part(counted(["("], load("sample:unigram")), "total")  # ▁ of a space that is not there
    assert (found["tokens"], found["blank_tokens"]) == (2, 0)
