"""Characters that a tokenizer's own steps tell apart, against encoding every prefix."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from tests.counting.test_stable import PIECES, TEXTS, every_prefix, rows_of
from tests.laws import at_most
from tests.tokenizers.families import byte_level
from tokscope.counting.alike import Alike
from tokscope.counting.kinds import (
    ASIAN,
    BLANK,
    HAN,
    KANA,
    LEFT,
    LETTER,
    NUMBER,
    PAIRS,
    RIGHT,
    SIGN,
)
from tokscope.counting.seams import Seams
from tokscope.counting.stable import Places
from tokscope.counting.turns import Turns
from tokscope.tokenizers.given import load_one
from tokscope.tokenizers.patterns import PATTERNS

# Expressions of one to four of these, with sets that part what is a kind to others
SETS = (
    *(r"[一-龥]", r"[㐀-䶵]", r"[㐀-鿿]", r"\p{Han}", r"\p{L}", r"\p{Lu}", r"\p{Ll}", r"\p{Lo}"),
    *(r"[\p{L}\p{M}]", r"\p{N}", r"\d", r"[0-9]", r"\w", r"[a-zA-Z]", r"\p{Latin}", r"[ぁ-ヿ]"),
    *(r"\p{P}", r"[!-/]", r"[^\s\p{L}\p{N}]", r"[^\r\n\p{L}\p{N}]", r"[^\s一-龥]", r"[Ā-ɏ]"),
)
FORMS = ("A", "A+", " ?A+", "B?A+", "A+B*", "A{1,3}", "A(?=B)", "A+(?!B)", "A*B+", "\\s+A", "A+ ?")
ALTERNATIVES = st.tuples(st.sampled_from(FORMS), st.sampled_from(SETS), st.sampled_from(SETS)).map(
    lambda one: one[0].replace("B", "{}").replace("A", one[1]).replace("{}", one[2])
)
RANDOM = st.lists(ALTERNATIVES, min_size=1, max_size=4).map(lambda some: "|".join([*some, "\\s+"]))


def of_words(pattern: str) -> tokenizers.Tokenizer:
    """WordPiece, whose tokens depend on all cuts."""
    chars = sorted(set("".join(PIECES)) - {" "})
    pieces = ["[UNK]", *chars[::2], *(f"##{char}" for char in chars[::3]), "a中", "##1中", "世."]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = Split(Regex(pattern), "isolated")
    return made


SIGNED = "中/世㐀/.㐀中/㐀㐀世. 𠀀/"


def of_signs(pattern: str) -> tokenizers.Tokenizer:
    """WordPiece of Han characters and signs."""
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", *"中世㐀/.", "##/", "##㐀"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = Split(Regex(pattern), "isolated")
    return made


@pytest.mark.deep
@pytest.mark.parametrize("make", [of_words, lambda pattern: byte_level(pattern=pattern)])
@at_most(6)
@given(RANDOM, TEXTS)
@example(r"[一-龥]|[a-zA-Z]+|\d|\s+", ["㐀/.", "中𠀀. 世㐀/"])
def test_any_expression_gives_what_encoding_every_prefix_gives(
    make: Callable[[str], tokenizers.Tokenizer], pattern: str, texts: list[str]
) -> None:
    tokenizer = load_one(make(pattern))
    rows = [row for text in texts for row in every_prefix(tokenizer, text)]
    assert rows_of(Places(Seams(tokenizer)).of(texts)) == rows


def test_characters_that_an_expression_tells_apart_do_not_stand_for_each_other() -> None:
    """It cuts around each character of a range; a rarer Han one is left together with a sign."""
    tokenizer = load_one(of_signs(r"[一-龥]|[a-zA-Z]+|\d|\s+"))
    places = Places(Seams(tokenizer))
    assert rows_of(places.of([SIGNED])) == every_prefix(tokenizer, SIGNED)
    assert np.flatnonzero(places.seams.inside(SIGNED)).tolist() == [1, 2, 3, 7, 8, 11, 12, 13]


def of_pairs(pattern: str, *pairs: str, behavior: str = "isolated") -> tokenizers.Tokenizer:
    """BPE of characters, of which some pairs are merged."""
    numbers = {piece: i for i, piece in enumerate([*"abAB1234#/.,中㐀香 ", *pairs])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(numbers, [(*pair,) for pair in pairs]))
    made.pre_tokenizer = Split(Regex(pattern), behavior)
    return made


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (of_pairs(r"#\w+|\p{L}+|\p{N}{1,3}|[^\p{L}\p{N}]+", "34"), "a1234 #a1234"),  # a sign
        (of_pairs(r"\x{9999}\p{N}|\p{L}+|\p{N}+| ", "12"), "香12"),  # a character by its number
        (of_pairs(r"[A-Z]{3}\d\d|[A-Z]+|\d{1,3}| ", "23"), "AA123 AAA123"),  # it counts
        (of_pairs(r"\d+(?:,\d\d\d)+|\d|\D", "34"), "1,2344 1,234"),
        (of_signs(r"\c/|[一-龥]|[a-zA-Z]+|\d|\s+"), SIGNED),  # classes are not told
        (of_pairs(r"\p{N}\p{Han}{1,2}", "a1", "12", behavior="removed"), "aBa1中㐀.a2 "),
    ],
)
def test_what_is_hard_to_try_is_what_encoding_every_prefix_gives(
    made: tokenizers.Tokenizer, text: str
) -> None:
    tokenizer = load_one(made)
    assert rows_of(Places(Seams(tokenizer)).of([text])) == every_prefix(tokenizer, text)


def test_a_word_that_nothing_cuts_is_unknown_as_a_whole() -> None:
    """It does not fall apart, although all letters that are tried may be known."""
    tried = "".join(text for some in (LEFT, RIGHT) for texts in some.values() for text in texts)
    pieces = dict.fromkeys(["[UNK]", *tried, *(f"##{char}" for char in tried), "##ab"])
    numbers = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = load_one(tokenizers.Tokenizer(tokenizers.models.WordPiece(numbers)))
    text = "☃12ab"
    assert rows_of(Places(Seams(tokenizer)).of([text])) == every_prefix(tokenizer, text)


def test_letters_without_case_are_cut_by_the_letter_before_them_under_o200k() -> None:
    """Behind a small letter a capital is cut off; alone, it goes on until the last one."""
    pieces = [*"abAカ无码", "码A", "无码A", "无码AA"]
    merges = [("码", "A"), ("无", "码A"), ("无码A", "A")]
    numbers = {piece: i for i, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(numbers, merges))
    made.pre_tokenizer = Split(Regex(PATTERNS["o200k_base"]), "isolated")
    tokenizer, texts = load_one(made), ["aカ无码AA无", "カ无 aカ无码"]
    places = Places(Seams(tokenizer))
    rows = [row for text in texts for row in every_prefix(tokenizer, text)]
    assert rows_of(places.of(texts)) == rows
    assert places.seams.turning(texts).tolist() == [True, False]


CHARACTERS = {
    **{BLANK: " ", SIGN: "./，", NUMBER: "1½", LETTER: "aAʰǅªп"},
    **{HAN: "中㐀龦", KANA: "カな", ASIAN: "ก"},
}


@pytest.mark.deep
@pytest.mark.parametrize("name", PATTERNS)
def test_published_expressions_cut_as_it_is_said_of_them(name: str) -> None:
    """With characters of all classes around all places where text may fall apart."""
    tokenizer = load_one(byte_level(pattern=PATTERNS[name]))
    alike = Alike(tokenizer)
    known, tried = Turns(tokenizer, alike), Turns(tokenizer, alike, {})
    for left, right in PAIRS:
        for one, two in product(CHARACTERS[left], CHARACTERS[right]):
            found = tried(one, two).classes
            assert found is not None
            assert found <= (known(one, two).classes or frozenset())
