"""The order in which a vocabulary was learned, given back from whatever a file holds."""

from __future__ import annotations

import json

import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tokscope.tokenizers.merges import Merges, learned, listed

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
