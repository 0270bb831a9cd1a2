"""What merges alone tell of tokens is what the model makes."""

from __future__ import annotations

import numpy as np
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tokscope.tokenizers.given import load_one
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.library import encode_alone


def byte_level(
    merges: list[tuple[str, str]], *, more: tuple[str, ...] = (), **settings: bool
) -> HuggingFaceTokenizer:
    """Byte-level BPE over spaces, a and b, and a piece that is not of bytes."""
    pieces = dict.fromkeys([*"Ġab▁", *more, *map("".join, merges)])
    model = tokenizers.models.BPE({piece: i for i, piece in enumerate(pieces)}, merges, **settings)
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = load_one(made)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    return tokenizer


@at_most(25)
@given(st.data())
def test_what_is_made_of_bytes_is_what_the_model_makes(data: st.DataObject) -> None:
    """Of any merges, of which several may make one token."""
    pieces, merges = [*"Ġab"], list[tuple[str, str]]()
    for _ in range(data.draw(st.integers(1, 14))):
        pair = data.draw(st.tuples(st.sampled_from(pieces), st.sampled_from(pieces)))
        once = data.draw(st.booleans()) and "".join(pair) in pieces
        if pair not in merges and not once and len("".join(pair)) < 12:
            merges.append(pair)
            pieces.append("".join(pair))
    if not merges:
        return
    tokenizer = byte_level(data.draw(st.permutations(merges)))
    size = tokenizer.vocabulary.size
    told = tokenizer.makes(np.arange(size))
    if told is not None:  # a merge comes before those of its parts
        names = [tokenizer.library.id_to_token(i) for i in range(size)]
        found = encode_alone(tokenizer.library.model, names)
        assert told.tolist() == [ids == [i] and names[i] != "▁" for i, ids in enumerate(found)]


def test_merges_tell_of_a_token_that_others_break_up() -> None:
    """ab comes first, so that b a never meets in aba, nor what is made of that."""
    tokenizer = byte_level([("a", "b"), ("b", "a"), ("a", "ba"), ("aba", "a"), ("Ġ", "ab")])
    told = tokenizer.makes(np.arange(tokenizer.vocabulary.size))
    assert told is not None
    assert told.tolist() == [True, True, True, False, True, True, False, False, True]


def test_what_is_made_of_a_token_that_no_merge_makes_is_not_made() -> None:
    """bb is a token without a merge, so that it never meets an a, nor what is made of both."""
    tokenizer = byte_level([("a", "bb"), ("abb", "a")], more=("bb",))
    told = tokenizer.makes(np.arange(tokenizer.vocabulary.size))
    assert told is not None
    assert told.tolist() == [True, True, True, False, False, False, False]


def test_merges_do_not_tell_where_pretokens_are_looked_up_whole() -> None:
    assert byte_level([("a", "b")], ignore_merges=True).makes(np.arange(3)) is None
    assert byte_level([("a", "ba"), ("b", "a")]).makes(np.arange(3)) is None
