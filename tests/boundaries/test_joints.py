"""Which tokens may stand beside each other: what merges alone tell is what the model does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import published
from tests.boundaries.oracle import in_order
from tests.boundaries.test_covers import require_same
from tests.laws import at_most
from tests.tokenizers.families import tokenizer_of
from tokscope.boundaries import covers
from tokscope.boundaries.joints import Joints, joints
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.forms import all_pieces
from tokscope.tokenizers.given import load_one


def merging(merges: list[tuple[str, str]]) -> Tokenizer:
    """BPE over spaces, a and b, without a cut."""
    pieces = dict.fromkeys([*"▁ab", *map("".join, merges)])
    model = tokenizers.models.BPE({piece: i for i, piece in enumerate(pieces)}, merges)
    made = tokenizers.Tokenizer(model)
    steps = [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    made.normalizer = tokenizers.normalizers.Sequence(steps)
    return load_one(made)


def require_alike(tokenizer: Tokenizer, found: Joints, pairs: list[tuple[int, int]]) -> None:
    spelled = tokenizer.vocabulary.pieces
    wanted = [
        ids == list(pair)
        for ids, pair in zip(
            all_pieces(tokenizer, [spelled[one] + spelled[two] for one, two in pairs]),
            pairs,
            strict=True,
        )
    ]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    held = found.pairs.hold(left, right, np.full(len(pairs), np.iinfo(np.int64).max))
    assert held.tolist() == wanted


@at_most(10)
@given(st.data())
def test_pairs_that_hold_are_those_that_the_model_leaves_apart(data: st.DataObject) -> None:
    """Any merges of earlier pieces, in which a token may have several."""
    pieces, merges = [*"▁ab"], list[tuple[str, str]]()
    for _ in range(data.draw(st.integers(1, 12))):
        pair = data.draw(st.tuples(st.sampled_from(pieces), st.sampled_from(pieces)))
        if pair not in merges and len("".join(pair)) < 9:
            merges.append(pair)
            pieces.append("".join(pair))
    assume(merges)
    tokenizer = merging(merges)
    found = joints(tokenizer)
    assume(found)  # None where a merge comes before those of its parts
    assert found
    own = np.flatnonzero(found.pairs.whole).tolist()
    spelled = tokenizer.vocabulary.pieces
    alone = all_pieces(tokenizer, spelled)
    assert own == [i for i, ids in enumerate(alone) if ids == [i]]
    require_alike(tokenizer, found, list(product(own, own)))


def test_merges_that_do_not_come_in_their_order_tell_nothing() -> None:
    """ab a is made before b a, which is a part of a ba: the order of its merges is not theirs."""
    assert joints(merging([("a", "ba"), ("b", "a")])) is None
    assert joints(merging([("b", "a"), ("a", "ba")])) is not None


@pytest.mark.parametrize("family", ["llama.json", "scored.gguf", "bpe.model"])
def test_covers_are_found_by_merges(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covers, "_MANY", 0)  # else few ways to go on are encoded
    tokenizer = tokenizer_of(family)
    tokens = in_order(tokenizer)
    found = joints(tokenizer)
    assert found
    assert (found.decide("hello "), found.decide("▁")) == (True, False)
    for prompt in (" ", "hel", "he  ", "a" + " " * 40, "hello hell" * 30 + " ", "é", "日"):
        require_same(tokenizer, prompt, tokens)


def test_what_added_tokens_are_found_in_is_not_decided_by_merges() -> None:
    found = joints(merging([("a", "b")]))
    assert found
    named = replace(found, names=("<x>", " y"))
    told = [named.decide(text) for text in ("a", "a<", "a<x", "<x>", "<x> a", "<a", "▁", "y", "ay")]
    assert told == [True, False, False, False, False, True, False, False, True]


@pytest.mark.parametrize("name", ["llama.json", "mistral-v3.spm.model"])
def test_pairs_of_published_tokenizers(data: Path, name: str) -> None:
    """Both parts of each place of every tenth token, and spaces before tokens that begin with one."""
    tokenizer = published.load(data / "tokenizers" / name)
    found = joints(tokenizer)
    assert found
    spelled = tokenizer.vocabulary.pieces
    texts = [spelled[i].decode() for i in np.flatnonzero(found.pairs.whole)[::10].tolist()]
    cut = [(text[:at], text[at:]) for text in texts for at in range(1, len(text))]
    left, right = (
        all_pieces(tokenizer, [one.encode() for one in some]) for some in zip(*cut, strict=True)
    )
    pairs = [(one[-1], two[0]) for one, two in zip(left, right, strict=True) if one and two]
    blank = [i for i, own in enumerate(spelled) if own and not own.strip(b" ")]
    behind = [i for i, own in enumerate(spelled) if own.startswith(b" ")]
    pairs += list(product(blank, behind))[::40]
    require_alike(tokenizer, found, [pair for pair in pairs if found.pairs.whole[list(pair)].all()])
