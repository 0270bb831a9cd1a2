"""Merges are learned from counts as from text that is written out."""

from __future__ import annotations

import numpy as np

from tests.mixture import small
from tests.mixture.small import Word, language, words_of
from tokscope.mixture.training import characters, trained


def test_the_most_frequent_pair_is_merged_first_and_the_end_is_where_none_is_left() -> None:
    # (1, 2) is there 3 + 2 times, then (0, 3) 3 times; the word that does not occur is not used
    words = words_of([(0, 1, 2), (1, 2), (2, 0, 2, 0)])
    rules = trained(words, np.array([3, 2, 0]), 3, 10)
    assert (rules.alphabet, rules.left.tolist(), rules.right.tolist()) == (3, [1, 0], [2, 3])


def test_without_steps_or_words_there_are_no_merges() -> None:
    assert len(trained(words_of([(0, 1)]), np.array([4]), 2, 0)) == 0
    assert len(trained(words_of([]), np.zeros(0, np.int64), 2, 5)) == 0


def test_merges_are_those_of_the_book() -> None:
    text = language("a", 1, 200).split()
    words: list[Word] = sorted({tuple(ord(char) - ord("a") for char in word) for word in text})
    counts = np.random.default_rng(0).integers(1, 2_000, len(words))  # more than one text of them
    mine = trained(words_of(words), counts, 8, 25)
    book = small.trained(words, counts.tolist(), 8, 25)
    assert (mine.left.tolist(), mine.right.tolist()) == (book.left.tolist(), book.right.tolist())


def test_symbols_are_characters_that_are_no_white_space() -> None:
    written = characters(np.arange(300))
    assert len(set(written)) == 300
    assert not any(char.isspace() for char in written)
