"""The order in which a vocabulary was learned, given back from whatever a file holds."""

from __future__ import annotations

import json
import random

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tokscope.errors import TokscopeError
from tokscope.tokenizers import load
from tokscope.tokenizers.merges import Marks, Merges, learned, listed, require_training_order
from tokscope.tokenizers.pipeline import pipeline_of

TEXTS = st.lists(st.text("abcd ", min_size=1, max_size=12), min_size=3, max_size=20)


def trained(texts: list[str], vocabulary: int) -> list[tuple[bytes, bytes]]:
    """Return the merges that the library's trainer writes."""
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=vocabulary, show_progress=False)
    model.train_from_iterator(texts, trainer)
    pairs = json.loads(model.to_str())["model"]["merges"]
    return [(left.encode(), right.encode()) for left, right in pairs]


def test_the_list_of_a_small_text_is_given_back() -> None:
    # u+g stands there 10 + 5 + 5 times, u+n 12 + 4 times, then h+ug 10 + 5 times
    texts = ["hug"] * 10 + ["pug"] * 5 + ["pun"] * 12 + ["bun"] * 4 + ["hugs"] * 5
    pairs = [(b"u", b"g"), (b"u", b"n"), (b"h", b"ug")]
    assert trained(texts, 10) == pairs  # seven letters, three merges
    assert learned([b"ug", b"un", b"hug"], bytewise=True).pairs == pairs


@given(TEXTS)
def test_the_list_of_a_trainer_is_given_back_from_its_tokens(texts: list[str]) -> None:
    pairs = trained(texts, 40)
    tokens = [left + right for left, right in pairs]
    assert learned(tokens, bytewise=True) == Merges(tokens, pairs, bytewise=True)
    assert listed(pairs, bytewise=True).pairs == pairs


MARKS = [Marks(b"##"), Marks(suffix=b"</w>"), Marks(b"##", b"</w>")]


@given(TEXTS)
@pytest.mark.parametrize("marks", MARKS, ids=str)
def test_so_it_is_where_pieces_have_marks(marks: Marks, texts: list[str]) -> None:
    """From the ids alone: characters were there first, then one token for each merge."""
    told = {
        "continuing_subword_prefix": marks.prefix.decode(),
        "end_of_word_suffix": marks.suffix.decode(),
    }
    told = {name: mark for name, mark in told.items() if mark}
    model = tokenizers.Tokenizer(tokenizers.models.BPE(**told))
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=60, show_progress=False, **told)
    model.train_from_iterator(texts, trainer)
    data = json.loads(model.to_str())["model"]
    pairs = [(left.encode(), right.encode()) for left, right in data["merges"]]
    pieces = [piece.encode() for piece in sorted(data["vocab"], key=data["vocab"].get)]
    found = learned(pieces, bytewise=False, marks=marks)
    assert found.pairs == pairs
    assert found == listed(pairs, bytewise=False, pieces=pieces, marks=marks)
    assert [*found.known, *found.tokens] == pieces
    assert require_training_order(found, "t") is found


def test_pieces_are_read_with_their_marks() -> None:
    marks = Marks(b"##", b"</w>")
    assert marks.read(b"##ing</w>") == (b"##", b"ing", b"</w>")
    assert marks.read(b"the") == (b"", b"the", b"")
    # a mark with nothing beside it is text
    assert marks.read(b"##") == (b"", b"##", b"")
    assert marks.read(b"</w>") == (b"", b"</w>", b"")
    assert marks.read(b"##</w>") == (b"##", b"</w>", b"")
    assert marks.read(b"") == (b"", b"", b"")
    assert marks.symbols("##né</w>".encode(), bytewise=False) == [b"##n", "##é</w>".encode()]
    assert marks.symbols("né".encode(), bytewise=True) == [b"n", b"##\xc3", b"##\xa9"]
    assert marks.join([b"a", b"##b", b"##c</w>"]) == b"abc</w>"
    assert not Marks()
    assert Marks().read(b"##ing</w>") == (b"", b"##ing</w>", b"")


def test_what_tokens_spell_is_without_marks() -> None:
    pieces = [b"t", b"##h", b"##e", b"##he", b"the", b"##e</w>", b"##he</w>", b"the</w>"]
    merges = learned(pieces, bytewise=False, marks=Marks(b"##", b"</w>"))
    assert merges.tokens == [b"##he", b"the", b"##he</w>", b"the</w>"]
    assert merges.plain == [b"he", b"the", b"he", b"the"]
    assert merges.pairs[1] == (b"t", b"##he")


def test_ids_in_another_order_are_refused() -> None:
    trained = pipeline_of(load("sample:wordpiece")).merges
    pieces, marks = list(trained.tokens), trained.marks
    assert marks == Marks(prefix=b"##")

    def check(pieces: list[bytes]) -> None:
        require_training_order(learned(pieces, bytewise=False, marks=marks), "t")

    check(pieces)
    # a few that were added by hand are borne, and any number of places kept for more
    check([*pieces, b"wxyz"])
    check([*(b"[unused%d]" % i for i in range(99)), *pieces])
    mixed = random.Random(1).sample(pieces, len(pieces))
    for other in (pieces[::-1], sorted(pieces), mixed):
        with pytest.raises(TokscopeError, match="are not in the order of training") as caught:
            check(other)
        assert "\n" not in str(caught.value)


def test_of_all_splits_the_one_that_was_merged_is_found() -> None:
    # SentencePiece lists "the" as t+he and th+e; "he" was there first, and takes the e
    rows = [(b"h", b"e"), (b"t", b"h"), (b"t", b"he"), (b"th", b"e")]
    found = listed(rows, bytewise=False)
    assert found.tokens == [b"he", b"th", b"the"]
    assert found.pairs == [(b"h", b"e"), (b"t", b"h"), (b"t", b"he")]


def test_characters_are_the_start_of_text_and_bytes_that_of_bytes() -> None:
    token = "éé".encode()
    assert learned([token], bytewise=False).pairs == [("é".encode(), "é".encode())]
    assert learned([token], bytewise=True).pairs == [None]
    e = "é".encode()
    assert learned([e, token], bytewise=True).pairs == [(e[:1], e[1:]), (e, e)]


def test_a_token_that_no_two_make_was_added() -> None:
    found = learned([b"ab", b"wxyz", b"abc"], bytewise=True)
    assert found.pairs == [(b"a", b"b"), None, (b"ab", b"c")]
    assert len(found) == 3


def test_white_space_alone_is_put_there_by_hand_where_text_begins_with_characters() -> None:
    tokens = ["▁▁".encode(), b"\n\n", "▁a".encode(), b"ab", "▁\t".encode()]
    found = learned(tokens, bytewise=False)
    assert [found.is_manual(step) for step in range(5)] == [True, True, False, False, True]
    assert not learned([b"  "], bytewise=True).is_manual(0)
