"""The program found row by row has the optimum of the whole program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from tests.mixture.small import Word, histories, trained, windows, words_of
from tokscope.errors import TokscopeError
from tokscope.mixture.program import Program, best_parts, program, solve
from tokscope.mixture.replay import Rules, replay


def instance(seed: int, corpora: int, steps: int) -> tuple[list[Word], np.ndarray, Rules]:
    """Return words, their counts, and merges trained on a mixture of other counts."""
    random = np.random.default_rng(seed)
    words: list[Word] = list(
        {tuple(random.integers(0, 4, random.integers(2, 8)).tolist()) for _ in range(12)}
    )
    counts = random.integers(0, 9, (len(words), corpora)).astype(float)
    counts[0] += 1  # no corpus is empty
    noisy = random.poisson(counts) @ random.dirichlet(np.ones(corpora))
    return words, counts, trained(words, noisy.tolist(), 4, steps)


def written(words: list[Word], counts: np.ndarray, rules: Rules) -> Program:
    done = replay(words_of(words), rules)
    pairs = words_of(words).pairs @ counts
    return program(done, done.occurrences(counts), pairs, np.zeros(len(rules), bool))


def differences(
    words: list[Word], counts: np.ndarray, rules: Rules
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return c[p](t) - c[m(t)](t) for all t and p, (T, P, n); 0 where there is no row."""
    states = histories(words, rules)[:-1]
    totals = [[windows_of(state, column) for column in counts.T] for state in states]
    pairs = sorted({pair for row in totals for total in row for pair in total})
    scale = np.array([sum(total.values()) for total in totals[0]])
    found = np.zeros((len(states), len(pairs), counts.shape[1]))
    for t, row in enumerate(totals):
        own = (int(rules.left[t]), int(rules.right[t]))
        mine = np.array([total.get(own, 0) for total in row]) / scale
        for p, pair in enumerate(pairs):
            if pair != own and mine.any():
                found[t, p] = np.array([total.get(pair, 0) for total in row]) / scale - mine
    return found, pairs


def windows_of(state: list[Word], column: np.ndarray) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for word, count in zip(state, column.tolist(), strict=True):
        for pair, times in windows({word: 1}).items():
            found[pair] = found.get(pair, 0) + times * count
    return found


def whole(rows: np.ndarray) -> float:
    """Return the optimum with every row written out."""
    steps, pairs, n = rows.shape
    matrix = np.zeros((steps * pairs, n + steps + pairs))
    for t in range(steps):
        for p in range(pairs):
            matrix[t * pairs + p, :n] = rows[t, p]
            matrix[t * pairs + p, n + t] = matrix[t * pairs + p, n + steps + p] = -1
    costs = np.concatenate((np.zeros(n), np.ones(steps + pairs)))
    simplex = (costs == 0).astype(float)[None, :]
    found = linprog(costs, matrix, np.zeros(len(matrix)), simplex, [1.0], method="highs-ds")
    return float(found.fun)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 10))
def test_rows_found_one_by_one_have_the_optimum_of_all(seed: int, corpora: int, steps: int) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    solution = solve(written(words, counts, rules))
    assert solution.objective == pytest.approx(whole(rows), abs=1e-9)
    assert solution.shares.sum() == pytest.approx(1)
    assert solution.cost == pytest.approx(solution.objective, abs=1e-9)
    # the rows that were never added hold too: for these shares, v and w are enough
    broken = rows @ solution.shares
    assert matching(broken) == pytest.approx(solution.objective, abs=1e-9)


def matching(broken: np.ndarray) -> float:
    """Return the least sum of v and w for fixed shares: the heaviest matching of merges and pairs."""
    weights = np.maximum(broken, 0)
    return float(weights[linear_sum_assignment(weights, maximize=True)].sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_shares_need_less(seed: int) -> None:
    words, counts, rules = instance(seed, 3, 8)
    rows, _ = differences(words, counts, rules)
    optimum = solve(written(words, counts, rules)).objective
    for shares in np.random.default_rng(seed).dirichlet(np.ones(3), 20):
        assert matching(rows @ shares) >= optimum - 1e-9


def test_a_small_case_by_hand() -> None:
    # Corpus 0 is "ab ab ab cd" and corpus 1 "cd cd cd ab": pairs 4 each, ab .75 and .25. A target
    # that merges ab first says alpha0 >= 1/2: nothing to excuse, and any such share is an optimum.
    words: list[Word] = [(0, 1), (2, 3)]
    counts = np.array([[3.0, 1], [1, 3]])
    rules = Rules(4, np.array([0, 2]), np.array([1, 3]))
    found = written(words, counts, rules)
    solution = solve(found)
    assert solution.objective == 0
    assert solution.shares[0] >= 0.5 - 1e-9
    assert best_parts(found, solution.rows, np.ones(2), 0.0)[0] == pytest.approx([0.5, 1])
    assert best_parts(found, solution.rows, np.ones(2), 0.0)[1] == pytest.approx([0, 0.5])


def test_shares_may_stray_by_what_the_limit_allows() -> None:
    # ab .75 and .25 as above: alpha0 = .5 - d needs v = d to be excused, and factors 1 and 3 turn
    # shares (.5, .5) into (.25, .75)
    words: list[Word] = [(0, 1), (2, 3)]
    found = written(words, np.array([[3.0, 1], [1, 3]]), Rules(4, np.array([0]), np.array([1])))
    rows = solve(found).rows
    least = best_parts(found, rows, np.ones(2), 0.1)[0, 0]
    assert least == pytest.approx(0.4)
    assert best_parts(found, rows, np.array([1.0, 3]), 0.0)[0, 0] == pytest.approx(0.25)


def test_an_early_stop_states_its_bound() -> None:
    words, counts, rules = instance(3, 4, 10)
    found = written(words, counts, rules)
    exact = solve(found)
    early = solve(found, tolerance=0.9)
    assert exact.gap == 0
    assert early.objective <= exact.objective + 1e-12 <= early.objective + early.gap + 2e-12


def test_rows_of_another_solution_are_a_start() -> None:
    words, counts, rules = instance(3, 4, 10)
    found = written(words, counts, rules)
    first = solve(found)
    again = solve(found, rows=first.rows)
    assert again.objective == pytest.approx(first.objective, abs=1e-12)
    assert again.sweeps <= first.sweeps


def test_the_head_of_a_program_is_the_program_of_fewer_merges() -> None:
    words, counts, rules = instance(5, 3, 10)
    short = written(words, counts, rules.head(6))
    assert solve(written(words, counts, rules).head(6)).objective == pytest.approx(
        solve(short).objective, abs=1e-12
    )


def test_merges_without_a_pair_make_no_rows() -> None:
    words: list[Word] = [(0, 1), (2, 3)]
    rules = Rules(4, np.array([1, 0, -1]), np.array([0, 1, 2]))
    found = written(words, np.array([[3.0, 1], [1, 3]]), rules)
    assert found.bound.tolist() == [False, True, False]
    with pytest.raises(TokscopeError, match="no merge can be found in these corpora"):
        written(words, np.array([[3.0, 1], [1, 3]]), rules.head(1))
