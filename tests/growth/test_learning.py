"""Merges learned behind others, against the plain loop that defines them."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.growth import learning
from tokscope.growth.learning import Symbols, learn, spellings
from tokscope.mixture.replay import Rules, Words, saved

FORMS = [b"a", b"b", b"c", b"ab", b"", b"bc"]


def words_of(texts: list[list[int]]) -> Words:
    flat = np.array([symbol for text in texts for symbol in text], np.int32)
    return Words(flat, np.cumsum([len(text) for text in texts], dtype=np.int64))


def joined(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    out: list[int] = []
    for symbol in text:
        if out and (out[-1], symbol) == pair:
            out[-1] = new
        else:
            out.append(symbol)
    return out


def naive(texts: list[list[int]], counts: list[int], steps: int) -> list[tuple[int, int]]:
    """Count all pairs anew for every merge."""
    forms, merges = list(FORMS), []
    while len(merges) < steps:
        totals: Counter[tuple[int, int]] = Counter()
        for text, count in zip(texts, counts, strict=True):
            for pair in pairwise(text):
                totals[pair] += count
        ranked = sorted(totals, key=lambda pair: (-totals[pair], pair))
        fit = [
            pair
            for pair in ranked
            if totals[pair] >= 2
            and forms[pair[0]]
            and forms[pair[1]]
            and forms[pair[0]] + forms[pair[1]] not in forms
        ]
        if not fit:
            break
        merges.append(fit[0])
        forms.append(forms[fit[0][0]] + forms[fit[0][1]])
        texts = [joined(text, fit[0], len(forms) - 1) for text in texts]
    return merges


TEXTS = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), min_size=1, max_size=8)


@given(TEXTS, st.integers(0, 9), st.sampled_from([1, 3, 100]), st.randoms(use_true_random=False))
def test_merges_are_those_of_the_plain_loop(texts, steps, queued, random) -> None:
    counts = [random.randint(1, 3) for _ in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "_QUEUED", queued)  # the queue is filled again, as in long texts
        rules, _ = learn(words_of(texts), np.array(counts), Symbols(FORMS), steps)
    found = list(zip(rules.left.tolist(), rules.right.tolist(), strict=True))
    assert found == naive(texts, counts, steps)


@given(TEXTS)
def test_each_merge_saves_what_joining_it_saves(texts) -> None:
    rules, _ = learn(words_of(texts), np.full(len(texts), 2), Symbols(FORMS), 9)
    told = saved(words_of(texts), rules).toarray()
    for step, pair in enumerate(zip(rules.left.tolist(), rules.right.tolist(), strict=True)):
        after = [joined(text, pair, len(FORMS) + step) for text in texts]
        gone = [len(a) - len(b) for a, b in zip(texts, after, strict=True)]
        assert told[step].tolist() == gone
        texts = after


@given(TEXTS, st.booleans(), st.randoms(use_true_random=False))
def test_learning_tells_what_each_merge_saves(texts, by_bytes, random) -> None:
    words, counts = words_of(texts), np.array([random.randint(1, 3) for _ in texts])
    rules, gone = learn(words, counts, Symbols(FORMS, by_bytes=by_bytes), 9)
    assert gone.tolist() == (saved(words, rules) @ counts).tolist()


def test_windows_count_twice_and_ties_go_to_lower_ids() -> None:
    """aaa holds aa twice, as often as b c occurs; (a, a) has the lower left id."""
    texts = [[0, 0, 0], [1, 2], [1, 2]]
    rules, _ = learn(words_of(texts), np.array([1, 1, 1]), Symbols([b"a", b"b", b"c"]), 9)
    assert spellings(rules, [b"a", b"b", b"c"])[3:] == [b"aa", b"bc"]
    assert rules.left.tolist() == [0, 1]


def test_no_number_of_merges_is_too_large() -> None:
    texts, symbols = [[0, 1, 2]], Symbols([b"a", b"b", b"c"])
    rules, gone = learn(words_of(texts), np.array([3]), symbols, 10**18)
    assert spellings(rules, symbols.forms)[3:] == [b"ab", b"abc"]
    assert gone.tolist() == [3, 3]


def test_a_pair_that_spells_a_token_is_not_joined() -> None:
    rules, _ = learn(words_of([[0, 1]]), np.array([9]), Symbols([b"a", b"b", b"ab"]), 1)
    assert len(rules) == 0


def test_what_may_not_be_joined_is_passed_over() -> None:
    symbols = Symbols([b"a", b"1", b"b"], lambda one, other: not other.isdigit())
    rules, _ = learn(words_of([[0, 1], [0, 2]]), np.array([9, 2]), symbols, 9)
    assert (rules.left.tolist(), rules.right.tolist()) == ([0], [2])


def test_where_bytes_decide_all_pairs_that_spell_a_token_are_joined() -> None:
    """ab|c is more frequent than a|bc, and both become abc."""
    forms = [b"a", b"c", b"ab", b"bc"]
    texts, counts = [[2, 1], [0, 3]], np.array([3, 2])
    rules, _ = learn(words_of(texts), counts, Symbols(forms, by_bytes=True), 9)
    assert len(rules) == 1
    assert saved(words_of(texts), rules).toarray().tolist() == [[1, 1]]
    rules, _ = learn(words_of(texts), counts, Symbols(forms), 9)
    assert isinstance(rules, Rules)
    assert saved(words_of(texts), rules).toarray().tolist() == [[1, 0]]
