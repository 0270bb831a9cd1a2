"""Languages and completeness: by hand on tiny text, and laws for every family."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

import tokscope
from tests.studies.test_vocab import values
from tests.tokenizers.families import FAMILIES, tokenizer_of
from tests.tokenizers.families import write as write_family
from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError
from tokscope.studies import vocab_tokens as listing
from tokscope.studies.vocab import tables
from tokscope.text.corpus import Corpus
from tokscope.tokenizers import load
from tokscope.tokenizers.given import load_all
from tokscope.vocabularies.languages import UNSEEN, Words
from tokscope.vocabularies.terms import listed, retention

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def corpora(write: Write) -> list[Corpus]:
    write("two/aa.txt", "ab ab b\nab\n")
    folder = write("two/bb.txt", "b é\n").parent
    return tokscope.read_corpora([str(folder)])


def test_languages_by_hand(corpora: list[Corpus]) -> None:
    frame = tokscope.vocab(["bytes"], corpora, by="language").frame
    found = values(frame, by="language")
    # aa: 9 bytes, a 3, b 4, space 2; bb: 4 bytes, b 1, space 1, and two of é
    b, space = (4 / 9) / (4 / 9 + 1 / 4), (2 / 9) / (2 / 9 + 1 / 4)
    assert found["aa/tokens"] == pytest.approx(1 + b + space)
    assert found["aa/share"] == pytest.approx((1 + b + space) / 5)
    assert found["bb/share"] == pytest.approx(1 - found["aa/share"])
    assert (found["aa/seen"], found["aa/only"]) == (3, 1)
    assert (found["bb/seen"], found["bb/only"]) == (4, 2)
    assert found[f"{UNSEEN}/tokens"] == 256 - 5


def test_completeness_by_hand(corpora: list[Corpus]) -> None:
    found = values(tokscope.vocab(["bytes"], corpora, by="language").frame, by="completeness")
    assert (found["aa/letters"], found["aa/alphabet"], found["aa/alphabet_used"]) == (2, 1, 1)
    assert (found["bb/letters"], found["bb/alphabet"], found["bb/alphabet_used"]) == (2, 0.5, 0.5)
    # words: ab three times, never one token; b once, one token
    assert (found["aa/words"], found["aa/frequent_words"], found["aa/whole_words"]) == (2, 0.5, 0.5)
    first = tokscope.vocab(["bytes"], corpora, by="language", frequent=1).frame
    assert values(first, by="completeness")["aa/frequent_words"] == 0


def test_a_word_that_is_cut_in_one_place_is_not_whole(write: Write) -> None:
    """gpt.json has a token for " cat", and none for "cat" at the start of a line."""
    vocabulary = tokenizer_of("gpt.json").vocabulary
    pieces = {vocabulary[i] for i in range(vocabulary.size)}
    assert b" cat" in pieces
    assert b"cat" not in pieces
    path = write("en.txt", "cat cat cat\n")
    place = write_family(path.parent, "gpt.json")
    frame = tokscope.vocab([place], tokscope.read_corpora([str(path)]), by="language").frame
    found = values(frame, by="completeness")
    assert found["en/frequent_words"] == pytest.approx(2 / 3)
    assert found["en/whole_words"] == 0


@pytest.mark.parametrize("name", [*FAMILIES, "bytes", "characters"])
def test_language_shares_sum_to_1_for_every_family(name: str, tmp_path: Path) -> None:
    word = write_family(tmp_path, name) if name in FAMILIES else name
    texts = {"de": ["Grüße aus Köln, 12 Worte"], "ja": ["世界の本、本"], "ar": ["كتاب العالم"]}
    frame = tokscope.vocab([word], tokscope.read_corpora(texts), by="language").frame
    part = frame[frame["by"] == "language"]
    shares = part[part["measure"] == "share"]
    assert len(shares) == 3
    assert shares["value"].sum() == pytest.approx(1, abs=1e-12)
    tokens = part[part["measure"] == "tokens"]
    assert tokens["value"].sum() == pytest.approx(len(load(word).vocabulary))
    complete = frame[(frame["by"] == "completeness") & (frame["unit"] == "share")]
    assert complete["value"].dropna().between(0, 1).all()


@pytest.mark.parametrize("name", ["gpt.json", "llama.json", "lower.json", "bpe.model", "bert.json"])
def test_words_that_are_one_token_are_those_that_are_not_split(name: str, tmp_path: Path) -> None:
    """And not unknown: counted here word by word, through the tokenizer's own boundaries."""
    word = write_family(tmp_path, name)
    tokenizer = load(word)
    texts = ["hello hello world! hello中", "he llo café 中 xyz", "Hello WORLD"]
    words = Words.of(1)
    text = Text(texts, "unicode")
    words.observe([Tokens(text, tokenizer, tokenizer.encode(texts), specials=False)])
    starts, ends = text.words
    expected = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        unit = int(np.searchsorted(text.unit_bytes, start, side="right")) - 1
        cuts = tokenizer.boundaries(texts[unit]) + text.unit_bytes[unit]
        ids = tokenizer.encode([texts[unit]]).ids
        at = int(np.searchsorted(cuts, start, side="right"))
        held = at < len(ids) and cuts[at] >= end and ids[at] != tokenizer.vocabulary.unknown
        piece = text.data[start:end].tobytes()
        uses, whole = expected.get(piece, (0, 0))
        expected[piece] = (uses + 1, whole + int(held))
    found = {piece: tuple(words.counts[:, i].tolist()) for piece, i in words.places.items()}
    assert found == expected
    split = tokscope.compare([word], tokscope.read_corpora(["sample:de"]), measures=["split_words"])
    assert 0 <= split.frame["value"].iloc[0] <= 1


@given(st.lists(st.text("ab é\n世", max_size=12), min_size=1, max_size=4))
def test_pieces_of_text_add_up(texts: list[str]) -> None:
    """However text comes in, its words and letters are counted once."""
    tokenizer = load("bytes")
    lines = [line for text in texts for line in text.split("\n")]

    def seen(pieces: list[list[str]]) -> tuple[dict[int, int], dict[bytes, list[int]]]:
        words = Words.of(1)
        for piece in pieces:
            text = Text(piece, "whitespace")
            words.observe([Tokens(text, tokenizer, tokenizer.encode(piece), specials=False)])
        letters = {code: count for code, count in words.letters.items() if code != 10}
        return letters, {w: words.counts[:, i].tolist() for w, i in words.places.items()}

    assert seen([lines]) == seen([[line] for line in lines])


def test_whole_words_are_those_that_compare_does_not_split() -> None:
    corpora = tokscope.read_corpora(["sample:de"])
    columns = MEASURES["split_words"].columns | {"units", "bytes"}
    counting = Counting(columns, observers=(partial(Words.of, 1),))
    (seen,) = count(load_all(["sample:bpe"]), corpora, counting).observed(Words)
    uses, whole = seen.counts
    frame = tokscope.compare(["sample:bpe"], corpora, measures=["split_words"]).frame
    assert 1 - whole.sum() / uses.sum() == pytest.approx(frame["value"].iloc[0], abs=1e-12)


def test_words_need_a_script_with_spaces_or_a_dictionary() -> None:
    corpora = tokscope.read_corpora(["sample:ja"])
    report = tokscope.vocab(["bytes"], corpora, by="language")
    assert math.isnan(values(report.frame, by="completeness")["ja/whole_words"])
    assert any(note.startswith("no words for ja") for note in report.notes)
    report = tokscope.vocab(["bytes"], corpora, by="language", word_rule="icu")
    assert values(report.frame, by="completeness")["ja/words"] > 0


def test_retention_by_hand() -> None:
    names = ("gpt.json", "bert.json", "llama.json")
    tokenizers = [tokenizer_of(name) for name in names]
    found = {}
    for name, row in retention(listed(tokenizers, {"x": ["cat", "hello"]})):
        found.setdefault(row[2], []).append((name, row[3]))
    # gpt has "hello", " hello" and " cat"; bert has hello, and cat is unknown; llama ▁he ll o
    assert [value for _, value in found["words"]] == [2, 2, 2]
    assert [value for _, value in found["alone"]] == [0.5, 0.5, 0]
    assert [value for _, value in found["after_a_space"]] == [1, 0.5, 0]


def test_a_list_has_words(write: Write) -> None:
    path = write("words.txt", "the\n\nthe\n")
    report = tokscope.vocab(["sample:bpe"], lists=tokscope.read_corpora([str(path)]))
    found = values(report.frame, by="retention")
    assert (found["words/words"], found["words/after_a_space"]) == (1, 1)
    assert "1 line repeats a term of a list: each term counts once" in report.notes
    assert "list:words:" in report.signature
    empty = tokscope.read_corpora([str(write("none.txt", "\n"))])
    with pytest.raises(TokscopeError, match="no word in it; write one on each line"):
        tokscope.vocab(["bytes"], lists=empty)


def test_use_weighs_the_overlap(corpora: list[Corpus]) -> None:
    """11 of the 13 bytes of the text are ASCII."""
    pieces = {"<unk>": 128, **{chr(code): code for code in range(128)}}
    ascii_ = Tokenizer(models.BPE(pieces, [], unk_token="<unk>"))
    frame = tokscope.vocab({"bytes": "bytes", "ascii": ascii_}, corpora).frame
    found = values(frame, by="overlap", tokenizer="bytes")
    assert found["ascii/used"] == pytest.approx(11 / 13)
    assert found["ascii/contained"] == 128 / 256


def test_the_tokens_of_a_language(corpora: list[Corpus]) -> None:
    frame = listing.of_language(["bytes"], corpora, "aa").frame
    b, space = (4 / 9) / (4 / 9 + 1 / 4), (2 / 9) / (2 / 9 + 1 / 4)
    assert frame["token"].tolist() == ["a", "b", "␣"]
    assert frame["count"].tolist() == [3, 4, 2]
    assert frame["probability"].tolist() == pytest.approx([1, b, space])
    assert listing.of_language(["bytes"], None, "de").frame["count"].min() >= 1


def test_corpora_without_letters_or_a_language_without_tokens(write: Write) -> None:
    corpora = tokscope.read_corpora([str(write("n.txt", "12 34\n")), str(write("m.txt", "!\n"))])
    frame = tokscope.vocab(["bytes"], corpora, by="language").frame
    found = values(frame, by="completeness")
    assert found["n/letters"] == 0
    assert math.isnan(found["n/alphabet"])
    assert found["n/words"] == 2
    assert math.isnan(found["m/whole_words"])


def test_several_tokenizers_have_a_table_a_measure(corpora: list[Corpus]) -> None:
    report = tokscope.vocab(["bytes", "characters"], corpora, by="language")
    titles = [view.title for view in tables(report, "language")]
    assert titles[:2] == ["Languages of the tokens: tokens", "Languages of the tokens: share"]
    assert len(titles) == 5
    (first, second) = tables(tokscope.vocab(["bytes"], corpora, by="language"), "language")
    assert first.title == "Languages of the tokens: bytes"
    assert isinstance(second.frame, pd.DataFrame)
