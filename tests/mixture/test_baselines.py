"""The guess by tokens: overlapping substrings, per byte of text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tokscope.mixture.baselines import occurrences, token_classification

SMALL = st.lists(
    st.binary(min_size=1, max_size=5).map(lambda b: bytes(x % 3 for x in b)),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(SMALL, SMALL, st.integers(0, 5))
def test_substrings_are_counted_with_overlaps(
    tokens: list[bytes], words: list[bytes], seed: int
) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, (len(words), 2)).astype(float)
    expected = [
        sum(
            sum(word.startswith(token, at) for at in range(len(word))) * row
            for word, row in zip(words, counts, strict=True)
        )
        for token in tokens
    ]
    assert occurrences(tokens, words, csr_array(counts)).tolist() == np.array(expected).tolist()


def test_tokens_go_to_the_corpus_that_holds_most_of_them_per_byte() -> None:
    # "aa" is in "aaa" twice. Corpus 0 has 3 bytes and it twice (.67); corpus 1 has 12 bytes and it
    # four times (.33) and "b" six times; "c" is nowhere and does not count.
    words = [b"aaa", b"b"]
    counts = csr_array([[1.0, 2], [0, 6]])
    shares = token_classification([b"aa", b"b", b"c"], words, counts, np.array([3.0, 12]))
    assert shares.tolist() == [0.5, 0.5]
    assert token_classification([b"aa"], words, counts, np.array([3.0, 12])).tolist() == [1, 0]


def test_tokens_that_differ_in_a_mark_alone_are_counted_each() -> None:
    words, counts = [b"aba", b"b"], np.array([[1.0, 2], [0, 6]])
    found = occurrences([b"a", b"b", b"a"], words, csr_array(counts))
    assert found.tolist() == [[2, 4], [1, 8], [2, 4]]
    shares = token_classification([b"a", b"b", b"a"], words, csr_array(counts), np.array([3.0, 12]))
    assert shares.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_where_no_token_is_held_the_guess_is_uniform() -> None:
    shares = token_classification([b"z"], [b"a"], csr_array(np.ones((1, 2))), np.ones(2))
    assert shares.tolist() == [0.5, 0.5]
