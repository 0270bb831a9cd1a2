"""How far inferred shares can be trusted: resampled text, and retrained tokenizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.alignment import rank_correlation
from tokscope.measures.uncertainty import ENOUGH
from tokscope.mixture.diagnostics import scatter
from tokscope.mixture.evidence import Evidence
from tokscope.mixture.program import Floats, Program
from tokscope.mixture.replay import Rules, replay
from tokscope.mixture.solve import Solution, solve
from tokscope.mixture.training import characters, trained
from tokscope.workers import HERE, Workers

NEAR = 1e-3  # the gap to which programs of draws are solved
_AT_ONCE = 4  # draws in one call of a worker
_NORMAL = 1.96  # standard deviations, on either side, that hold 95 %


def half_widths(errors: Floats) -> Floats:
    """Return half the width of intervals, from the errors of N draws (N, n); shape (n,).

    With enough draws, these are 95 % intervals from the root mean square error, which includes any
    bias. With fewer draws, the half width is the largest error. Both contain the estimate.
    """
    if len(errors) < ENOUGH:
        return np.asarray(np.abs(errors).max(axis=0))
    return np.asarray(_NORMAL * np.sqrt((errors**2).mean(axis=0)))


def drawn_blocks(owner: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """Draw the blocks of every corpus with replacement; return how often each was drawn."""
    weights = np.zeros(len(owner))
    for corpus in range(int(owner.max(initial=-1)) + 1):
        blocks = np.flatnonzero(owner == corpus)
        weights[blocks] = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)))
    return weights


@dataclass(frozen=True)
class Noise:
    """Noise in the counts of a mixture, for W pretokens in B blocks of n corpora.

    It has two sources: subjects, which differ between blocks of text, and words that occur by
    chance in the counted text and in the training text. The scatter of the counts of merged pairs
    gives the size of the second.
    """

    words: Floats  # (W,) standard deviation of each pretoken's share of the mixture
    blocks: Floats  # (B,) what one more copy of a block adds to the mixture

    def drawn(self, evidence: Evidence, random: np.random.Generator) -> Floats:
        """Draw the noise in every pretoken's share of the mixture; shape (W,)."""
        owner = evidence.counts.owner
        more = drawn_blocks(owner, random) - 1
        return self.words * random.standard_normal(len(self.words)) + np.asarray(
            evidence.counts.blocks @ (more * self.blocks)
        )


def noise_of(evidence: Evidence, program: Program, shares: Floats) -> Noise:
    """Return the noise of a mixture with given shares of pairs."""
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
    """Yield shares of bytes inferred from counts with noise added, several draws at a time.

    Every draw uses the same replay: its noise in words becomes noise in the counts of pairs. It
    begins with the rows of the solution. Each item has shape (some draws, n).
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
    shares = np.zeros((len(states), len(evidence.counts.names)))
    for i, state in enumerate(states):
        more = evidence.mixed_occurrences(noise.drawn(evidence, np.random.default_rng(state)))
        again = solve(program.with_noise(more), gap=NEAR, rows=solution.rows)
        shares[i] = evidence.bytes_of(again.shares)
    return shares


@dataclass(frozen=True)
class Refit:
    """The result for a tokenizer trained again, on the inferred mixture."""

    shares: Floats  # (n,) of bytes
    prefix: int  # merges in common with the target before the first difference
    rank_correlation: float  # Spearman's, over the merges that both have


def refits(
    evidence: Evidence,
    program: Program,
    shares: Floats,
    count: int,
    seed: int,
    *,
    workers: Workers = HERE,
) -> Iterator[Refit]:
    """Train on resampled text in the inferred shares of bytes, and infer from other resamples.

    The scatter of these results around the shares trained on covers both the counted text and the
    training text. Their mean error is the bias.
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
    reweighted = again.linear_program().reweighted(again.occurrences(weights), again.pairs(weights))
    solution = solve(reweighted, gap=NEAR)
    return Refit(
        again.bytes_of(solution.shares, weights),
        *_likeness(evidence.replay.rules.head(steps), rules),
    )


def _trained(evidence: Evidence, shares: Floats, steps: int, random: np.random.Generator) -> Rules:
    """Train merges on resampled text with these shares of bytes."""
    weights = drawn_blocks(evidence.counts.owner, random)
    sizes = evidence.counts.bytes(weights)
    expected = evidence.counts.matrix(weights) @ (shares * sizes.sum() / sizes)
    counts = np.floor(expected + random.random(len(expected))).astype(np.int64)[evidence.origin]
    return trained(evidence.words, counts, evidence.replay.rules.alphabet, steps)


def _products(rules: Rules) -> list[str]:
    """Return the product of every merge, as characters; empty if the merge never applies."""
    products = list(characters(np.arange(rules.alphabet)))
    for left, right in zip(rules.left.tolist(), rules.right.tolist(), strict=True):
        products.append(products[left] + products[right] if min(left, right) >= 0 else "")
    return products[rules.alphabet :]


def _likeness(first: Rules, second: Rules) -> tuple[int, float]:
    """Return the number of equal first merges, and Spearman's correlation of common products."""
    ours, theirs = _products(first), _products(second)
    prefix = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    place = {product: step for step, product in enumerate(theirs)}
    common = [(step, place[product]) for step, product in enumerate(ours) if product in place]
    if len(common) < 3:
        return prefix, np.nan
    return prefix, rank_correlation(*np.array(common).T)
