"""Cuts against morphemes: by hand, one word at a time, and laws."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.published import load
from tokscope.measures.agreement import kappa, recall_by_chance
from tokscope.morphemes.gold import Gold, How, read
from tokscope.morphemes.scored import CONTEXTS, COUNTS, Laid, cut, most_missed, pieces
from tokscope.morphemes.strings import in_common
from tokscope.tokenizers import Tokenizer as Tokscope
from tokscope.tokenizers.given import load_one

PARTS = st.lists(st.text("abcdeé中", min_size=1, max_size=4), min_size=1, max_size=3)
WORDS = st.lists(PARTS, min_size=1, max_size=6)
TOKENS = "[UNK] a un walk walked foot sunb ##happ ##i ##ly ##ball ##s ##ed"


def gold_of(words: Sequence[Sequence[str]]) -> Gold:
    (gold,) = read({"x": [("".join(parts), parts) for parts in words]}, How())
    return gold


def wordpiece() -> Tokscope:
    """Lower-cases, and knows few words."""
    vocabulary = {token: i for i, token in enumerate(TOKENS.split())}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return load_one(made)


def sums(laid: Laid, tokenizer: Tokscope) -> dict[str, int]:
    return dict(zip(COUNTS, cut(laid, tokenizer).counts.sum(axis=0).tolist(), strict=True))


def test_by_hand() -> None:
    """un|happ|i|ly, walked, foot|ball, Walk|s, one word that is unknown, and sunb|ed."""
    words = ["un|happi|ly", "walk|ed", "foot|ball", "Walk|s", "qq|q", "sun|bed"]
    gold = gold_of([one.split("|") for one in words])
    gold.compounds[[2, 5]] = True
    laid, tokenizer = Laid(gold, CONTEXTS["after-space"]), wordpiece()
    found = cut(laid, tokenizer)
    assert [pieces(laid, found, word) for word in range(6)] == [
        "un|happ|i|ly",
        "walked",
        "foot|ball",
        "Walk|s",
        "qqq",
        "sunb|ed",
    ]
    assert sums(laid, tokenizer) == {
        "words": 6,
        "positions": 8 + 5 + 7 + 4 + 2 + 5,
        "hits": 2 + 1 + 1,
        "false": 1 + 1,
        "missed": 1 + 1 + 1,
        "inside": 0,
        "open": 2 + 1 + 1 + 1,
        "one_token": 1,
        "exact": 2,
        "morphemes": 3 + 5 * 2,
        "kept": 3 + 2 + 2,
        "compounds": 2,
        "hard": 1,
        "unknown": 1,
        "respelled": 1,
    }
    listed = [(one.name, one.missed, one.boundaries) for one in most_missed(laid, found, 9)]
    assert listed == [("walk-", 1, 2), ("-q", 1, 1), ("-bed", 1, 1)]


def test_strings_by_hand() -> None:
    """Tokens un happ i ly, walk s, and the unknown token; run is not in ran, so it is left out."""
    words = {
        "x": [("unhappily", ["un", "happy", "ly"]), ("walks", ["walk", "s"]), ("ran", ["run"])]
    }
    (gold,) = read(words, How())
    assert gold.words == ["walks"]
    for before in CONTEXTS.values():
        counted = in_common(gold, before, wordpiece())
        assert counted == {"words": 3, "tokens": 7, "morphemes": 6, "common": 4}


@settings(max_examples=10)
@given(WORDS)
@pytest.mark.parametrize("word", ["bytes", "sample:bpe", "sample:unigram", "sample:wordpiece"])
@pytest.mark.parametrize("context", CONTEXTS)
def test_the_cuts_are_those_of_each_word_alone(
    word: str, context: str, words: list[list[str]]
) -> None:
    tokenizer, before = load(word), CONTEXTS[context]
    laid = Laid(gold_of(words), before)
    found = cut(laid, tokenizer)
    for i, text in enumerate(laid.gold.words):
        ends = set(tokenizer.boundaries(before + text).tolist())
        places = [len((before + text[:n]).encode()) for n in range(1, len(text))]
        start = int(laid.starts[i])
        own = found.at[start + 1 : start + len(text)].tolist()
        assert own == [place in ends for place in places]
        inside = {end for end in ends if len(before) < end < len((before + text).encode())}
        assert found.counts[i, COUNTS.index("inside")] == len(inside - set(places))


@given(WORDS)
def test_cuts_everywhere_find_all_by_chance(words: list[list[str]]) -> None:
    own = sums(Laid(gold_of(words), "a "), load("characters"))
    assert own["missed"] == own["inside"] == 0
    assert own["hits"] + own["false"] == own["positions"]
    assert own["kept"] == own["morphemes"]
    value = kappa(own["hits"], own["false"], own["missed"], own["positions"])
    assert value == 0 or value != value
    chance = recall_by_chance(own["hits"], own["false"], own["positions"])
    assert chance == 1 or not own["positions"]


@given(WORDS)
def test_gold_that_is_the_cuts_is_found_in_full(words: list[list[str]]) -> None:
    tokenizer = load("sample:unigram")
    first = Laid(gold_of(words), "a ")
    found = cut(first, tokenizer)
    own = [pieces(first, found, word).split("|") for word in range(len(words))]
    counts = sums(Laid(gold_of(own), "a "), tokenizer)
    assert counts["false"] == counts["missed"] == 0
    assert counts["hits"] == sum(map(len, own)) - len(own)
    if not counts["unknown"] + counts["inside"]:
        assert counts["exact"] == len(own)
        assert counts["kept"] == counts["morphemes"]
    if 0 < counts["hits"] < counts["positions"]:
        assert kappa(counts["hits"], 0, 0, counts["positions"]) == 1
