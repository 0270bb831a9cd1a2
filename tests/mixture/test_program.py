"""The program found row by row has the optimum of the whole program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import csr_array

from tests.laws import at_most
from tests.mixture.small import Word, histories, trained, windows, words_of
from tokscope.errors import TokscopeError
from tokscope.mixture.alternatives import ranges, without
from tokscope.mixture.master import Given
from tokscope.mixture.model import ENDLESS, Budget
from tokscope.mixture.program import Program, program
from tokscope.mixture.replay import Rules, replay
from tokscope.mixture.search import Point, Search
from tokscope.mixture.solve import Stage, solve


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
    return program(done, csr_array(done.occurrences(counts)), pairs, np.zeros(len(rules), bool))


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


def whole(rows: np.ndarray, noise: np.ndarray | float = 0.0, out: int | None = None) -> float:
    """Return the optimum with every row written out; noise is added, one corpus may be out."""
    steps, pairs, n = rows.shape
    matrix = np.zeros((steps * pairs, n + steps + pairs))
    for t in range(steps):
        for p in range(pairs):
            matrix[t * pairs + p, :n] = rows[t, p]
            matrix[t * pairs + p, n + t] = matrix[t * pairs + p, n + steps + p] = -1
    costs = np.concatenate((np.zeros(n), np.ones(steps + pairs)))
    simplex = (costs == 0).astype(float)[None, :]
    above = -np.broadcast_to(noise, (steps, pairs)).ravel()
    ends = [(0, 0 if i == out else None) for i in range(len(costs))]
    found = linprog(costs, matrix, above, simplex, [1.0], bounds=ends, method="highs-ds")
    return float(found.fun)


def matching(broken: np.ndarray) -> float:
    """Return the least sum of v and w for fixed shares: the heaviest matching of merges and pairs."""
    weights = np.maximum(broken, 0)
    return float(weights[linear_sum_assignment(weights, maximize=True)].sum())


INSTANCES = (st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 7))


@at_most(16)
@given(*INSTANCES, st.booleans())
def test_rows_found_one_by_one_have_the_optimum_of_all(
    seed: int, corpora: int, steps: int, live: bool
) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    solution = solve(written(words, counts, rules), live=live)
    assert solution.objective == pytest.approx(whole(rows), abs=1e-9)
    assert solution.bound == pytest.approx(solution.objective, abs=1e-9)
    assert solution.is_exact
    assert solution.is_done
    assert solution.shares.sum() == pytest.approx(1)
    # the rows that were never added hold too: for these shares, v and w are enough
    assert matching(rows @ solution.shares) == pytest.approx(solution.objective, abs=1e-9)
    # and no other shares need less
    for shares in np.random.default_rng(seed).dirichlet(np.ones(corpora), 20):
        assert matching(rows @ shares) >= solution.objective - 1e-9


@at_most(12)
@given(*INSTANCES)
def test_excuses_are_as_small_as_they_can_be_and_broken_rows_are_found(
    seed: int, corpora: int, steps: int
) -> None:
    """For any shares, v and w: against all rows written out."""
    words, counts, rules = instance(seed, corpora, steps)
    rows, pairs = differences(words, counts, rules)
    found = written(words, counts, rules)
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(corpora))
    keys = np.unique(replay(words_of(words), rules).keys).tolist()
    numbers = {divmod(key, rules.symbols): number for number, key in enumerate(keys)}
    mine = [numbers[pair] for pair in pairs]
    over, under = random.random(len(rules)) / 20, random.random(len(keys)) / 20
    search, at = Search(found, len(rules)), Point(shares, over, under)
    mended, broken = search.look(at)
    by = np.full((len(rules), len(keys)), -1.0)
    by[:, mine] = np.where(np.any(rows != 0, axis=2), rows @ shares - under[mine], -1)
    assert mended.over == pytest.approx(np.maximum(by, 0).max(axis=1), abs=1e-12)
    eased = search.eased(at)
    excused = by + under[None, :] - eased.over[:, None] - eased.under[None, :]
    assert excused[:, mine].max() <= 1e-12  # all rows hold
    real = by - over[:, None] > 1e-9
    assert (len(broken) > 0) == bool(real.any())
    assert (by[broken.step, found.pair[broken.segment]] > over[broken.step]).all()
    assert np.bincount(broken.step, minlength=len(rules)).max() <= 3


@at_most(6)
@given(*INSTANCES)
def test_given_shares_cost_what_the_heaviest_matching_weighs(
    seed: int, corpora: int, steps: int
) -> None:
    """Also when the rows at hand are those of other shares."""
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    found = written(words, counts, rules)
    hand = solve(found).rows
    assume(len(hand))
    search, fixed = Search(found, len(rules)), Given(found, hand)
    for shares in np.random.default_rng(seed).dirichlet(np.ones(corpora), 3):
        settled = fixed.settle(shares, search, 0.0, ENDLESS.lasts)
        assert settled is not None
        point, binding = settled
        assert point.cost == pytest.approx(matching(rows @ shares), abs=1e-9)
        assert len(search.look(point)[1]) == 0
        value, own = found.mixed(shares)
        slack = value[binding.segment] - own[binding.step] - point.over[binding.step]
        assert slack == pytest.approx(point.under[found.pair[binding.segment]], abs=1e-9)


@at_most(12)
@given(*INSTANCES)
def test_both_ends_are_proven_in_every_round_and_only_come_nearer(
    seed: int, corpora: int, steps: int
) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    optimum = whole(rows)
    told: list[Stage] = []
    solve(written(words, counts, rules), tell=lambda stage, _: told.append(stage))
    for stage in told:
        assert stage.bound <= optimum + 1e-9
        assert stage.best.cost >= optimum - 1e-9
    assert [one.bound for one in told] == sorted(one.bound for one in told)
    costs = [one.best.cost for one in told]
    assert costs == sorted(costs, reverse=True)


@at_most(8)
@given(*INSTANCES)
@example(4348, 2, 9)
def test_noise_is_added_to_the_counts_of_the_mixture(seed: int, corpora: int, steps: int) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, pairs = differences(words, counts, rules)
    found, done = written(words, counts, rules), replay(words_of(words), rules)
    of_words = np.random.default_rng(seed).normal(size=(len(words), 1)) / 50
    of_words[~counts.any(axis=1)] = 0  # what is in no corpus is in no mixture
    noisy = found.with_noise(done.occurrences(of_words)[:, 0])
    states = histories(words, rules)[:-1]
    noise = np.zeros(rows.shape[:2])
    for t, state in enumerate(states):
        total = windows_of(state, of_words[:, 0])
        own = total.get((int(rules.left[t]), int(rules.right[t])), 0.0)
        for p, pair in enumerate(pairs):
            if pair != (rules.left[t], rules.right[t]) and found.bound[t]:
                noise[t, p] = total.get(pair, 0.0) - own
    assert solve(noisy).objective == pytest.approx(whole(rows, noise), abs=1e-8)


@at_most(8)
@given(*INSTANCES)
def test_without_a_corpus_the_objective_rises_by_no_less_than_said(
    seed: int, corpora: int, steps: int
) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    found = written(words, counts, rules)
    solution = solve(found)
    rises = without(found, solution)
    if solution.objective < 1e-9:
        return
    for corpus, rise in enumerate(rises.tolist()):
        assert 0 <= rise <= whole(rows, out=corpus) / solution.objective - 1 + 1e-6
    some = without(found, solution, most=1)
    assert np.isnan(some).sum() == (solution.shares > 0).sum() - 1


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
    near = ranges(found, solution, np.ones(2), 0.0, [0, 1])
    assert near.ravel() == pytest.approx([0.5, 1, 0, 0.5])
    assert np.isnan(without(found, solution)).all()  # no part of nothing


def test_without_the_corpus_that_was_merged_first() -> None:
    # ab .75 and .25 as above, cd never merged: without corpus 0, .5 has to be excused. As it is,
    # nothing has to; so begin where .1 has to be: ab .45 and .25, cd .55 and .75.
    words: list[Word] = [(0, 1), (2, 3)]
    found = written(words, np.array([[9.0, 5], [11, 15]]), Rules(4, np.array([0]), np.array([1])))
    solution = solve(found)
    assert solution.shares == pytest.approx([1, 0])
    assert solution.objective == pytest.approx(0.1)
    assert without(found, solution) == pytest.approx([4, 0])  # .5 is 400 % more


@pytest.mark.parametrize("live", [True, False])
def test_shares_may_stray_by_what_the_limit_allows(live: bool) -> None:
    # From .1 as above: alpha0 = 1 - d has to be excused by .1 + .4 d, which is 20 % more at d = .05.
    # Factors 1 and 3 make (.95, .05) of pairs (.95, .15) / 1.1.
    words: list[Word] = [(0, 1), (2, 3)]
    found = written(words, np.array([[9.0, 5], [11, 15]]), Rules(4, np.array([0]), np.array([1])))
    solution = solve(found)
    near = ranges(found, solution, np.ones(2), 0.2, [0], live=live)
    assert near[0] == pytest.approx([0.95, 1])
    assert np.isnan(near[1]).all()  # nobody asked
    near = ranges(found, solution, np.array([1.0, 3]), 0.2, [0, 1], live=live)
    assert near.ravel() == pytest.approx([0.95 / 1.1, 1, 0, 0.15 / 1.1])
    ended = Budget(stopped=lambda: True)
    assert np.isnan(ranges(found, solution, np.ones(2), 0.2, [0], budget=ended)).all()


def test_an_early_stop_states_its_bound() -> None:
    words, counts, rules = instance(0, 4, 10)
    found = written(words, counts, rules)
    exact = solve(found)
    early = solve(found, gap=0.5)
    assert exact.gap < 1e-9
    assert 0 < early.gap <= 0.5
    assert early.is_done
    assert not early.is_exact
    assert early.bound - 1e-12 <= exact.objective <= early.objective + 1e-12


def test_when_time_is_up_the_last_stage_that_is_settled_is_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tokscope.mixture.solve._STAGES", (4, 7))
    words, counts, rules = instance(3, 4, 10)
    found = written(words, counts, rules)
    told: list[tuple[int, int]] = []
    never = solve(
        found,
        budget=Budget(stopped=lambda: True),
        tell=lambda stage, steps: told.append((stage.steps, steps)),
    )
    assert never.steps == 4  # the first stage is always solved
    assert set(told) == {(4, 10)}
    assert not never.is_done
    assert np.isnan(never.move())
    short = solve(found.head(4))
    assert never.objective == pytest.approx(short.objective, abs=1e-12)
    assert len(never.over) == 4
    # its rows are those of the program of the first merges
    again = solve(found.head(4), rows=never.rows)
    assert again.objective == pytest.approx(short.objective, abs=1e-12)
    whole = solve(found)
    assert [stage.steps for stage in whole.stages] == [4, 7, 10]
    middle = whole.stages[1].best.shares
    assert whole.move() == pytest.approx(np.abs(whole.shares - middle).max())


def test_stages_begin_where_merges_make_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokscope.mixture.solve._STAGES", (2, 4))
    words, counts, rules = instance(3, 4, 10)
    found = replace(written(words, counts, rules), free=np.arange(10) < 5)
    assert [stage.steps for stage in solve(found).stages] == [7, 9, 10]


@at_most(8)
@given(*INSTANCES, st.data())
def test_merges_that_make_no_rows_are_as_if_not_there(
    seed: int, corpora: int, steps: int, data: st.DataObject
) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    free = np.array(data.draw(st.lists(st.booleans(), min_size=steps, max_size=steps)))
    found = replace(written(words, counts, rules), free=free)
    assume(found.bound.any())
    solution = solve(found)
    assert solution.objective == pytest.approx(whole(rows[~free]), abs=1e-8)
    assert not solution.over[free].any()


def test_rows_of_another_solution_are_a_start() -> None:
    words, counts, rules = instance(3, 4, 10)
    found = written(words, counts, rules)
    first = solve(found)
    again = solve(found, rows=first.rows)
    assert again.objective == pytest.approx(first.objective, abs=1e-12)
    assert again.is_exact
    assert again.rounds <= first.rounds


@at_most(6)
@given(st.integers(0, 10_000))
def test_stages_that_add_nothing_are_as_settled_as_those_before(seed: int) -> None:
    """Where the objective is 0, or later merges break no row."""
    words, counts, rules = instance(seed, 3, 7)
    found = written(words, counts, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokscope.mixture.solve._STAGES", (3, 6))
        solution = solve(found)
    assert solution.steps == 7
    assert solution.is_done
    assert solution.is_exact


@at_most(12)
@given(*INSTANCES, st.sampled_from([0.01, 0.3, 0.9]))
def test_a_gap_is_how_far_the_objective_can_be_above_the_optimum(
    seed: int, corpora: int, steps: int, gap: float
) -> None:
    words, counts, rules = instance(seed, corpora, steps)
    rows, _ = differences(words, counts, rules)
    solution = solve(written(words, counts, rules), gap=gap)
    assert solution.gap <= gap + 1e-9
    assert solution.objective <= whole(rows) * (1 + solution.gap) + 1e-9


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
