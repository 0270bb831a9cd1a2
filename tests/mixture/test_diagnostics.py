"""What noise is, by hand; what is drawn has as much of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tokscope.mixture.count import Counts
from tokscope.mixture.diagnostics import block_variances, distances, sampling_noise, scatter
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.program import Program
from tokscope.mixture.uncertainty import drawn_blocks, half_widths, noise_of
from tokscope.tokenizers.merges import listed

MERGES = listed([(b"a", b"b"), (b"c", b"d")], bytewise=True)


@pytest.fixture(scope="module")
def found() -> Evidence:
    """Corpus x of two blocks, "ab ab ab cd" and "ab cd", and corpus y of one, "ab ab cd cd"."""
    blocks = csr_array(np.array([[3.0, 1, 2], [1, 1, 2]]))
    counts = Counts(
        ("x", "y"),
        [b"ab", b"cd"],
        blocks,
        np.array([0, 0, 1]),
        np.array([8, 4, 8]),
        np.zeros(2, np.int64),
        "",
    )
    return evidence(counts, MERGES, 2)


def test_blocks_hold_the_merged_pairs(found: Evidence) -> None:
    assert found.merged_by_block(found.linear_program()).toarray().tolist() == [
        [3, 1, 2],
        [1, 1, 2],
    ]


def test_variances_of_blocks_by_hand(found: Evidence) -> None:
    # x has ab 4 times in 6 pairs; of its blocks, of 8 and 4 bytes, 8/3 and 4/3 are expected. Both
    # are off by 1/3: 2 · (1/9 + 1/9) / 6². y is one block: 2 occurrences by chance, 2 / 4².
    # cd: 2 in x, 4/3 and 2/3 expected, off by 1/3 too.
    variances = block_variances(found, found.linear_program())
    assert variances.ravel() == pytest.approx([1 / 81, 1 / 8, 1 / 81, 1 / 8])
    noise = sampling_noise(found, found.linear_program(), np.array([0.5, 0.5]))
    assert noise == pytest.approx(2 * np.sqrt((1 / 81 + 1 / 8) / 4))


def falling(counts: np.ndarray) -> Program:
    """Return a program that has nothing but the counts of merged pairs; shape (T, n)."""
    steps, none = len(counts), np.zeros(0, np.int64)
    return Program(
        csr_array((0, counts.shape[1])),
        counts,
        none,
        none,
        none,
        np.arange(steps),
        np.zeros(steps, bool),
        none,
        np.arange(steps),
        np.zeros(0),
        np.zeros(steps),
    )


def test_counts_that_fall_do_not_scatter() -> None:
    counts = np.linspace(0.9, 0.1, 50)[:, None]
    assert scatter(falling(counts), np.array([100.0]), np.ones(1)).tolist() == [0]


@pytest.mark.parametrize("times", [1.0, 4.0])
def test_scatter_is_that_of_independent_words_and_grows_with_clumps(times: float) -> None:
    """Counts by chance have 1; those of words that come four at a time have four."""
    random = np.random.default_rng(0)
    rates = np.geomspace(4_000, 400, 3_000)
    counts = times * random.poisson(rates / times)
    pairs = float(rates.sum())
    (found,) = scatter(falling(counts[:, None] / pairs), np.array([pairs]), np.ones(1))
    assert 0.75 * times < found < 1.1 * times  # the falling curve follows a little of the noise


def test_a_corpus_with_few_merges_scatters_like_all() -> None:
    random = np.random.default_rng(1)
    counts = np.zeros((200, 2))
    counts[:, 0] = random.poisson(np.geomspace(4_000, 400, 200))
    counts[5] = [0, 9_000]
    found = scatter(falling(counts / 1e6), np.full(2, 1e6), np.array([0.5, 0.5]))
    assert found[0] == pytest.approx(found[1], rel=0.2)


def test_two_samples_of_one_source_are_at_a_distance_of_one() -> None:
    random = np.random.default_rng(0)
    counts = random.poisson(np.geomspace(4_000, 400, 2_000)[:, None], (2_000, 2)) / 1e6
    far = distances(falling(counts), np.full(2, 1e6))
    assert far[0, 1] == far[1, 0] == pytest.approx(1, abs=0.05)
    assert far[0, 0] == 0


def test_half_widths_by_hand() -> None:
    few = np.array([[0.1, -0.3], [-0.2, 0.1]])
    assert half_widths(few).tolist() == [0.2, 0.3]  # the largest error: no normal curve is assumed
    many = np.tile(few, (20, 1))
    expected = 1.96 * np.sqrt([(0.01 + 0.04) / 2, (0.09 + 0.01) / 2])
    assert half_widths(many) == pytest.approx(expected)


def test_drawn_noise_has_the_variance_that_is_said(found: Evidence) -> None:
    """Blocks as they are drawn with replacement, and words by how they scatter."""
    shares = np.array([0.25, 0.75])
    noise = noise_of(found, found.linear_program(), shares)
    assert noise.blocks == pytest.approx([0.25 / 6, 0.25 / 6, 0.75 / 4])
    draws = np.array([noise.drawn(found, np.random.default_rng(seed)) for seed in range(2_000)])
    # of x's two blocks both are drawn once, or one twice: ab is off by 2, or not at all
    blocks = 0.5 * (2 * 0.25 / 6) ** 2
    assert draws.mean(axis=0) == pytest.approx([0, 0], abs=0.004)
    assert draws[:, 0].var() == pytest.approx(blocks + noise.words[0] ** 2, rel=0.1)
    weights = drawn_blocks(found.counts.owner, np.random.default_rng(0))
    assert weights[:2].sum() == 2
    assert weights[2] == 1
