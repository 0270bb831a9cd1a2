"""The guess by efficiency: a line in logs, fitted to known mixtures."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from tests.mixture.small import language, words_of
from tokscope.mixture import efficiency as module
from tokscope.mixture.efficiency import shares_on_line, token_efficiency
from tokscope.mixture.replay import Rules, Words
from tokscope.mixture.training import trained
from tokscope.workers import Workers

NAMES = "abx"


@cache
def counted(seed: int, size: int) -> tuple[list[bytes], np.ndarray, np.ndarray]:
    """Return the words of three languages, their counts, and the bytes of text."""
    texts = [language(name, seed, size) for name in NAMES]
    found = [Counter(word.encode() for word in text.split()) for text in texts]
    words = sorted(set().union(*found))
    counts = np.array([[float(corpus[word]) for corpus in found] for word in words])
    return words, counts, np.array([float(len(text.encode())) for text in texts])


def numbered(words: list[bytes]) -> Words:
    return words_of([tuple(word) for word in words])


def target(shares: np.ndarray, steps: int) -> Rules:
    """Train on other text of the languages, in these shares of bytes."""
    words, counts, sizes = counted(2, 8_000)
    expected = counts @ (shares * sizes.sum() / sizes)
    return trained(numbered(words), np.rint(expected).astype(np.int64), 256, steps)


def test_a_share_is_a_power_of_efficiency() -> None:
    # Trials on the line log(share) = 2 log(efficiency) + log(1.25): efficiencies .4 and .8 are
    # shares .2 and .8. So .3 and .6 are as 1 to 4 too, and .3 and .9 as 1 to 9.
    trials, known = np.array([[0.4, 0.8], [0.8, 0.4]]), np.array([[0.2, 0.8], [0.8, 0.2]])
    assert shares_on_line(np.array([0.3, 0.6]), trials, known).tolist() == pytest.approx([0.2, 0.8])
    assert shares_on_line(np.array([0.3, 0.9]), trials, known).tolist() == pytest.approx([0.1, 0.9])


def test_the_line_is_that_of_least_squares() -> None:
    # Logs of efficiency -1, 0, 1 and of shares -3, -2, 1: slope (-1 * -3 + 1 * 1) / (1 + 1) = 2.
    trials = np.exp([[-1.0, 0, 1]])
    known = np.exp([[-3.0, -2, 1]])
    shares = shares_on_line(np.array([1.0, 1, np.sqrt(2)]), trials, known)
    assert shares.tolist() == pytest.approx([0.25, 0.25, 0.5])


def test_where_trials_do_not_differ_the_guess_is_uniform() -> None:
    known = np.array([[0.2, 0.8], [0.8, 0.2]])
    shares = shares_on_line(np.array([0.3, 0.6]), np.ones((2, 2)), known)
    assert shares.tolist() == [0.5, 0.5]


def test_words_of_one_symbol_say_nothing() -> None:
    words, counts = words_of([(0,), (1,)]), np.array([[3.0, 1], [1, 3]])
    rules = Rules(2, np.array([0]), np.array([1]))
    assert token_efficiency(words, counts, np.full(2, 4.0), rules, seed=0).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("shares", [(0.6, 0.3, 0.1), (0.1, 0.8, 0.1), (0.15, 0.15, 0.7)])
def test_it_is_better_than_no_guess(shares: tuple[float, ...]) -> None:
    words, counts, sizes = counted(1, 4_000)
    truth = np.array(shares)
    found = token_efficiency(numbered(words), counts, sizes, target(truth, 100), seed=0)
    assert found.sum() == pytest.approx(1)
    assert found.argmax() == truth.argmax()
    assert ((found - truth) ** 2).mean() < ((1 / 3 - truth) ** 2).mean() / 2


def test_merges_that_are_never_done_are_not_given_to_others() -> None:
    words, counts, sizes = counted(1, 2_000)
    rules = target(np.full(3, 1 / 3), 20)
    padded = Rules(256, np.append(rules.left, -1), np.append(rules.right, -1))
    expected = token_efficiency(numbered(words), counts, sizes, rules, seed=0, trials=2)
    found = token_efficiency(numbered(words), counts, sizes, padded, seed=0, trials=2)
    assert found.tolist() == expected.tolist()


def test_a_sample_of_long_corpora_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    words, counts, sizes = counted(1, 4_000)
    rules = target(np.array([0.6, 0.3, 0.1]), 100)
    whole = token_efficiency(numbered(words), counts, sizes, rules, seed=0, trials=4)
    monkeypatch.setattr(module, "_MOST", 8_000)  # of 18,000 and more
    part = token_efficiency(numbered(words), counts, sizes, rules, seed=0, trials=4)
    assert part.tolist() != whole.tolist()
    assert part == pytest.approx(whole, abs=0.05)


def test_how_long_a_corpus_is_does_not_matter() -> None:
    words, counts, sizes = counted(1, 2_000)
    rules, longer = target(np.array([0.6, 0.3, 0.1]), 100), np.array([20.0, 1, 1])
    expected = token_efficiency(numbered(words), counts, sizes, rules, seed=0, trials=4)
    found = token_efficiency(
        numbered(words), counts * longer, sizes * longer, rules, seed=0, trials=4
    )
    assert found == pytest.approx(expected, abs=0.02)


def test_the_same_seed_gives_the_same_guess_whoever_trains() -> None:
    words, counts, sizes = counted(1, 2_000)
    text, rules = (numbered(words), counts, sizes), target(np.array([0.6, 0.3, 0.1]), 50)
    first = token_efficiency(*text, rules, seed=5, trials=2).tolist()
    with ThreadPoolExecutor(2) as executor:
        workers = Workers(executor, 2)
        assert token_efficiency(*text, rules, seed=5, trials=2, workers=workers).tolist() == first
    assert token_efficiency(*text, rules, seed=6, trials=2).tolist() != first
