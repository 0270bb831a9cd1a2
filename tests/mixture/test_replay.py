"""The replay holds the counts that merging word by word gives, before every merge."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mixture.small import WORDS, Word, histories, trained, windows, words_of
from tokscope.mixture import replay as module
from tokscope.mixture.replay import Rules, lengths, replay

NONE = np.zeros(0, np.int64)


def counted(
    words: list[Word], rules: Rules, counts: np.ndarray
) -> list[dict[tuple[int, int], list[float]]]:
    """Return counts of pairs in every corpus before each merge, from the replay."""
    done = replay(words_of(words), rules)
    values = done.occurrences(counts)
    found: list[dict[tuple[int, int], list[float]]] = []
    for step in range(len(rules)):
        now: dict[tuple[int, int], list[float]] = {}
        for key, start, value in zip(done.keys, done.start, values.tolist(), strict=True):
            if start <= step:
                now[divmod(int(key), rules.symbols)] = value
        found.append({pair: value for pair, value in now.items() if any(value)})
    return found


def expected(
    words: list[Word], rules: Rules, counts: np.ndarray
) -> list[dict[tuple[int, int], list[float]]]:
    found = []
    for state in histories(words, rules)[:-1]:
        totals = []
        for column in counts.T.tolist():
            words_now: Counter[Word] = Counter()
            for word, count in zip(state, column, strict=True):
                words_now[word] += count
            totals.append(windows(words_now))
        pairs = set().union(*totals)
        rows = {pair: [float(total[pair]) for total in totals] for pair in pairs}
        found.append({pair: row for pair, row in rows.items() if any(row)})
    return found


@given(WORDS, st.integers(1, 12), st.integers(0, 3))
def test_counts_are_those_of_merging_word_by_word(words: list[Word], steps: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 5, (len(words), 2)).astype(float)
    rules = trained(words, counts.sum(1).tolist(), 3, steps)
    assert counted(words, rules, counts) == expected(words, rules, counts)


@given(WORDS, st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), max_size=6))
def test_so_they_are_for_any_list_of_merges(
    words: list[Word], pairs: list[tuple[int, int]]
) -> None:
    # a merge can only be of symbols that are there before it, and each pair is merged once
    kept = []
    for pair in dict.fromkeys(pairs):
        kept.append(pair if max(pair) < 3 + len(kept) else (-1, -1))
    left, right = np.array(kept, np.int64).reshape(-1, 2).T
    rules = Rules(3, left, right)
    counts = np.ones((len(words), 1))
    assert counted(words, rules, counts) == expected(words, rules, counts)


def test_a_window_of_two_counts_and_runs_merge_from_the_left() -> None:
    rules = Rules(3, np.array([0, 3]), np.array([0, 3]))
    done = replay(words_of([(0, 0, 0, 0, 0)]), rules)
    rows = zip(
        done.keys.tolist(),
        done.start.tolist(),
        done.occurrences(np.ones((1, 1)))[:, 0],
        strict=True,
    )
    # aaaaa holds (a, a) four times; then AAa: (A, A), (A, a); then Ba: (B, a)
    assert list(rows) == [
        (0, 0, 4.0), (0, 1, 0.0),
        (3 * 5 + 0, 1, 1.0), (3 * 5 + 0, 2, 0.0),
        (3 * 5 + 3, 1, 1.0), (3 * 5 + 3, 2, 0.0),
        (4 * 5 + 0, 2, 1.0),
    ]  # fmt: skip


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    words: list[Word] = [(0, 1, 0, 1), (1, 0, 1), (2,), (0, 0, 0, 1)]
    rules = trained(words, [3, 2, 1, 1], 3, 4)
    counts = np.array([[3.0, 1], [2, 0], [1, 1], [1, 5]])
    whole = counted(words, rules, counts)
    monkeypatch.setattr(module, "BATCH", 4)
    assert len(replay(words_of(words), rules).changes) > 1
    assert counted(words, rules, counts) == whole


def test_no_words_make_no_records() -> None:
    done = replay(words_of([]), Rules(3, np.array([0]), np.array([1])))
    assert len(done) == 0
    assert done.occurrences(np.zeros((0, 2))).shape == (0, 2)


@given(WORDS, st.integers(0, 12))
def test_lengths_are_those_of_merging_word_by_word(words: list[Word], steps: int) -> None:
    rules = trained(words, [1.0] * len(words), 3, steps) if steps else Rules(3, NONE, NONE)
    words = [*words, ()]
    expected = [len(word) for word in histories(words, rules)[-1]]
    assert lengths(words_of(words), rules).tolist() == expected


def test_lengths_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # aaaaa -> AAa -> Ba; ab has no merge; ba is never merged, as its parts never come to be
    rules = Rules(2, np.array([0, 2, -1]), np.array([0, 2, 0]))
    words = words_of([(0, 0, 0, 0, 0), (0, 1), (1,), (1, 0), (0, 0)])
    assert lengths(words, rules).tolist() == [2, 2, 1, 2, 1]
    monkeypatch.setattr(module, "BATCH", 4)
    assert lengths(words, rules).tolist() == [2, 2, 1, 2, 1]
    assert lengths(words_of([]), rules).tolist() == []


def test_some_of_the_words_are_taken_in_their_order() -> None:
    words = words_of([(0, 1), (), (2,), (1, 1, 0)])
    found = words.taken(np.array([True, True, False, True]))
    assert (found.symbols.tolist(), found.ends.tolist()) == ([0, 1, 1, 1, 0], [2, 2, 5])
    assert len(words.taken(np.zeros(4, bool))) == 0
