"""How far inferred shares can be trusted: other text, and another target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tokscope.measures.uncertainty import ENOUGH
from tokscope.mixture.diagnostics import scatter
from tokscope.mixture.evidence import Evidence
from tokscope.mixture.program import Floats, Program
from tokscope.mixture.replay import Rules, replay
from tokscope.mixture.solve import Solution, solve
from tokscope.mixture.training import characters, trained
from tokscope.workers import HERE, Workers

NEAR = 1e-3  # drawn programs are solved to this gap
_AT_ONCE = 4  # draws in one call of a worker
_NORMAL = 1.96  # standard deviations, on either side, that hold 95 %


def half_widths(errors: Floats) -> Floats:
    """Return how far from an estimate its interval goes, from errors of draws (N, n); shape (n,).

    Of 95 % intervals, if draws are enough: by the root of the mean square, in which a bias counts
    too. Of fewer draws the largest error. Both hold the estimate itself.
    """
    if len(errors) < ENOUGH:
        return np.asarray(np.abs(errors).max(axis=0))
    return np.asarray(_NORMAL * np.sqrt((errors**2).mean(axis=0)))


def drawn_blocks(owner: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """Draw for every corpus as many of its blocks as it has; return how often each was drawn."""
    weights = np.zeros(len(owner))
    for corpus in range(int(owner.max(initial=-1)) + 1):
        blocks = np.flatnonzero(owner == corpus)
        weights[blocks] = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)))
    return weights


@dataclass(frozen=True)
class Noise:
    """What the mixture's counts may differ by, for W pretokens in B blocks of n corpora.

    Two things at once: other subjects, as blocks of the text have them, and words that come by
    chance in the text counted and in the text trained on. The size of the second is what the
    counts of merged pairs scatter by.
    """

    words: Floats  # (W,) standard deviation of each pretoken's part of the mixture
    blocks: Floats  # (B,) what one more of a block adds to the mixture

    def drawn(self, evidence: Evidence, random: np.random.Generator) -> Floats:
        """Draw what every pretoken's part of the mixture differs by; shape (W,)."""
        owner = evidence.counts.owner
        more = drawn_blocks(owner, random) - 1
        return self.words * random.standard_normal(len(self.words)) + np.asarray(
            evidence.counts.blocks @ (more * self.blocks)
        )


def noise_of(evidence: Evidence, program: Program, shares: Floats) -> Noise:
    """Return the noise of a mixture in shares of pairs."""
    pairs = evidence.pairs()
    parts = shares**2 * scatter(program, pairs, shares) / pairs**2
    words = np.sqrt(evidence.counts.matrix() @ parts)
    return Noise(np.asarray(words), (shares / pairs)[evidence.counts.owner])


def bootstrapped(
    evidence: Evidence,
    program: Program,
    solution: Solution,
    draws: int,
    seed: int,
    *,
    workers: Workers = HERE,
) -> Iterator[Floats]:
    """Yield shares of bytes inferred from counts that have so much noise more; some draws at once.

    Every draw adds to the counts of pairs what one column of words makes of the same replay, and
    begins with the rows that the solution needed. Each part has shape (some, n).
    """
    if not draws:
        return
    states = np.random.SeedSequence(seed).spawn(draws)
    groups = [states[k : k + _AT_ONCE] for k in range(0, draws, _AT_ONCE)]
    noise = noise_of(evidence, program, solution.shares)
    calls = [(evidence, program, solution, noise, group) for group in groups]
    yield from workers.map(_inferred, calls)


def _inferred(
    evidence: Evidence,
    program: Program,
    solution: Solution,
    noise: Noise,
    states: Sequence[np.random.SeedSequence],
) -> Floats:
    """Infer shares of bytes from some draws."""
    found = np.zeros((len(states), len(evidence.counts.names)))
    for i, state in enumerate(states):
        more = evidence.mixed_occurrences(noise.drawn(evidence, np.random.default_rng(state)))
        again = solve(program.with_noise(more), gap=NEAR, rows=solution.rows)
        found[i] = evidence.bytes_of(again.shares)
    return found


@dataclass(frozen=True)
class Refit:
    """A tokenizer trained again, on the inferred mixture, and what is inferred from it."""

    shares: Floats  # (n,) of bytes
    prefix: int  # merges that it has in common with the target before they part
    rank_correlation: float  # Spearman's, of the merges that both have


def refits(
    evidence: Evidence,
    program: Program,
    shares: Floats,
    count: int,
    seed: int,
    *,
    workers: Workers = HERE,
) -> Iterator[Refit]:
    """Train on resampled text in inferred shares of bytes, and infer from other resamples.

    How the shares inferred here scatter about those trained on covers both the text counted and
    the text trained on; their mean shift is the bias.
    """
    states = np.random.SeedSequence([seed, 1]).spawn(count)
    steps = len(program.merged)
    return workers.map(_refit, [(evidence, steps, shares, state) for state in states])


def _refit(evidence: Evidence, steps: int, shares: Floats, state: np.random.SeedSequence) -> Refit:
    random = np.random.default_rng(state)
    rules = _trained(evidence, shares, steps, random)
    nothing = np.zeros(len(rules), bool)
    again = replace(evidence, free=nothing, replay=replay(evidence.words, rules))
    weights = drawn_blocks(evidence.counts.owner, random)
    found = again.program.reweighted(again.occurrences(weights), again.pairs(weights))
    solution = solve(found, gap=NEAR)
    return Refit(
        again.bytes_of(solution.shares, weights),
        *_likeness(evidence.replay.rules.head(steps), rules),
    )


def _trained(evidence: Evidence, shares: Floats, steps: int, random: np.random.Generator) -> Rules:
    """Train merges on resampled text in which corpora have these shares of bytes."""
    weights = drawn_blocks(evidence.counts.owner, random)
    sizes = evidence.counts.bytes(weights)
    expected = evidence.counts.matrix(weights) @ (shares * sizes.sum() / sizes)
    counts = np.floor(expected + random.random(len(expected))).astype(np.int64)[evidence.origin]
    return trained(evidence.words, counts, evidence.replay.rules.alphabet, steps)


def _products(rules: Rules) -> list[str]:
    """Return what every merge makes, as characters; nothing for one that is never done."""
    found = list(characters(np.arange(rules.alphabet)))
    for left, right in zip(rules.left.tolist(), rules.right.tolist(), strict=True):
        found.append(found[left] + found[right] if min(left, right) >= 0 else "")
    return found[rules.alphabet :]


def _likeness(first: Rules, second: Rules) -> tuple[int, float]:
    """Return the length of the common beginning, and Spearman's correlation of common products."""
    ours, theirs = _products(first), _products(second)
    prefix = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    place = {product: step for step, product in enumerate(theirs)}
    common = [(step, place[product]) for step, product in enumerate(ours) if product in place]
    if len(common) < 3:
        return prefix, np.nan
    return prefix, float(spearmanr(*zip(*common, strict=True)).statistic)
