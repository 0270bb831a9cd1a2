"""What was held out, what it has after every number of merges, and which lines keep their ids."""

import io
from functools import cache

import numpy as np
import pytest
import sentencepiece
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import AddedToken, normalizers

from tests.tokenizers.families import TEXT, byte_level
from tokscope.growth.base import Base, base_of
from tokscope.growth.count import counted, hashes_of
from tokscope.growth.curve import curve_of, worth
from tokscope.growth.kept import kept
from tokscope.growth.learning import learn
from tokscope.growth.pieces import may_be_piece, without_digits, writes_digits_alone
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.sentencepiece import of_model
from tokscope.tokenizers.tokenizer_json import of_library

TEXTS = [f"Die Möwe {i} fliegt über das Wattenmeer, {i % 7} Stunden lang." for i in range(400)]


@pytest.fixture(scope="module")
def base():
    return base_of(load("sample:bpe"))


def rules_of(base, counted, steps):
    words = base.words(list(counted.learned))
    return learn(words, np.array([*counted.learned.values()]), base.symbols, steps)[0]


def test_a_tenth_is_held_out_by_its_hash(base) -> None:
    (one,) = counted(base, read_corpora({"de": TEXTS * 2}), "both")
    held = 2 * int((hashes_of(TEXTS) % 10 == 0).sum())
    assert (one.held_units, one.units) == (held, 800 - held)
    (other,) = counted(base, read_corpora({"de": [*reversed(TEXTS)] * 2}), "both")
    assert (one.learned, one.held) == (other.learned, other.held)


def test_units_that_were_learned_from_are_not_held_out(base) -> None:
    (learned,) = counted(base, read_corpora({"de": TEXTS[:300]}), "learn")
    known = np.concatenate(learned.hashes)
    (held,) = counted(base, read_corpora({"other": TEXTS[200:]}), "held", known)
    assert (held.repeats, held.held_units, held.units) == (100, 100, 0)


def test_the_curve_begins_with_the_tokens_of_the_library(base) -> None:
    (one,) = counted(base, read_corpora({"de": TEXTS}), "both")
    rules = rules_of(base, one, 30)
    curve = curve_of(base, one, rules)
    held = [text for text, h in zip(TEXTS, hashes_of(TEXTS), strict=True) if h % 10 == 0]
    assert curve.totals[0] == len(base.tokenizer.encode(held).ids)
    assert curve.pretokens.sum() == len(list(base.cut(held)))
    assert (np.diff(curve.totals) <= 0).all()
    assert curve.totals[-1] >= curve.pretokens.sum()


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word", "normalized"])
def test_added_tokens_are_found_as_their_file_says(flag: str) -> None:
    made = byte_level(added=[AddedToken("hel", **{flag: True}), AddedToken("  ")])
    one = base_of(of_library(made, "added"))
    texts = ["help hel hel.", " hel  hel\n\nhel", "xhelx hel", "日本hel", "no", "hel", ""]
    ours = [len(one.words(list(one.cut([text]))).symbols) for text in texts]
    assert ours == np.diff(one.tokenizer.encode(texts).starts).tolist()


@given(st.lists(st.text(alphabet="HEeLlOo wab\n", max_size=12), max_size=5))
@example(["HEL", "a hel b", "helO abab", "AB ab aB hel", "xHello", " o W "])
def test_added_tokens_are_found_before_and_after_normalising(texts: list[str]) -> None:
    one = normalising()
    ours = [one.words(list(one.cut([text]))).symbols.tolist() for text in texts]
    assert ours == [one.tokenizer.encode([text]).ids.tolist() for text in texts]
    together = one.words(list(one.cut(texts))).symbols.tolist()
    assert together == [token for ids in ours for token in ids]


@cache
def normalising() -> Base:
    added = [
        AddedToken("Hel", normalized=True),
        AddedToken("HELO", normalized=True),
        AddedToken("aB", normalized=False),
        AddedToken("o W", normalized=True, single_word=True),
    ]
    made = byte_level(added=added)
    made.normalizer = normalizers.Lowercase()
    return base_of(of_library(made, "lower"))


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@given(texts=st.lists(st.text(alphabet="hel o日本語wx ", max_size=12), max_size=5))
@example(texts=["a hello b", " hel 日本 x", "hel hel", "w xw x", ""])
def test_pieces_that_users_defined_are_found_as_the_library_finds_them(
    kind: str, texts: list[str]
) -> None:
    one = with_defined(kind)
    ours = [one.words(list(one.cut([text]))).symbols.tolist() for text in texts]
    assert ours == [one.tokenizer.encode([text]).ids.tolist() for text in texts]


@cache
def with_defined(kind: str) -> Base:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 3),
        model_writer=model,
        model_type=kind,
        vocab_size=360,
        byte_fallback=True,
        hard_vocab_limit=False,
        user_defined_symbols=["hel", "日本", "w x"],
        num_threads=1,
        minloglevel=2,
    )
    return base_of(of_model(model.getvalue(), kind))


def test_one_group_of_lines_has_no_interval(base) -> None:
    (one,) = counted(base, read_corpora({"de": TEXTS[:1] * 9}), "held")
    curve = curve_of(base, one, rules_of(base, one, 0))
    assert np.isnan(curve.intervals((0,), 50, 0)).all()


def test_intervals_hold_the_saving(base) -> None:
    (one,) = counted(base, read_corpora({"de": TEXTS}), "both")
    curve = curve_of(base, one, rules_of(base, one, 30))
    for step, (low, high) in zip((10, 30), curve.intervals((10, 30), 100, 0), strict=True):
        assert low <= curve.saving(curve.totals[step]) <= high


def test_a_line_keeps_its_ids_until_a_merge_changes_one_of_its_words(base) -> None:
    (one,) = counted(base, read_corpora({"de": TEXTS}), "both")
    rules = rules_of(base, one, 30)
    lines = ["that was", "Die Möwe", TEXTS[1]]
    (found,) = kept(base, read_corpora({"x": lines}), rules)
    assert (found.units, found.after(0)) == (3, 3)
    (alone,) = kept(base, read_corpora({"x": lines[:1]}), rules)
    assert alone.after(30) == 1
    for k in (1, 5, 30):
        some = [len(base.words(list(base.cut([line]))).symbols) for line in lines]
        left = [curve_after(base, line, rules, k) for line in lines]
        assert found.after(k) == sum(a == b for a, b in zip(some, left, strict=True))


def curve_after(base, line, rules, k):
    (one,) = counted(base, read_corpora({"x": [line]}), "held")
    return int(curve_of(base, one, rules).totals[k])


def test_how_many_merges_are_worth_it() -> None:
    """1,000 tokens; the first 200 merges save 2 each, later ones nothing."""
    totals = 1000 - 2 * np.minimum(np.arange(2001), 200)
    assert worth(totals, 0.01, 1000) == 200
    assert worth(totals[:201], 0.01, 1000) == 200
    assert worth(np.full(2001, 1000), 0.01, 1000) == 0


@pytest.mark.parametrize(
    ("left", "right", "may"),
    [
        (" Jeho", "va", True),
        ("en", ".", False),
        (",", " der", False),
        ("a", "1", False),
        ("1", "0", True),
        (",", "000", False),
        ("漢", "かな", True),
        ("a", "я", False),
        ("x" * 10, "y" * 6, True),
        ("x" * 10, "y" * 7, False),
        (" ", "a", True),
        (" ", " ", False),
        ("क", "्", True),
    ],
)
def test_pieces_are_of_one_kind(left: str, right: str, may: bool) -> None:
    assert may_be_piece(left.encode(), right.encode()) is may


def test_bytes_alone_are_no_piece() -> None:
    assert not may_be_piece("é".encode()[:1], "é".encode()[1:2] + b"\xff")


def test_digits_stay_alone_where_they_are() -> None:
    assert writes_digits_alone([b"1", b"ab"])
    assert not writes_digits_alone([b"1", b" 1"])
    assert not without_digits(b" ", b"1")
    assert without_digits(b" ", b"a")
