"""How far inferred shares can be trusted: other text, another target, other optima."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tokscope.mixture.evidence import Evidence
from tokscope.mixture.program import NO_ROWS, Program, Rows, Solution, best_parts, solve
from tokscope.mixture.replay import Rules, replay
from tokscope.mixture.training import characters, trained
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
NEAR = 1e-4  # resampled programs are solved until no share moves by more


def drawn_blocks(owner: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """Draw for every corpus as many of its blocks as it has; return how often each was drawn."""
    weights = np.zeros(len(owner))
    for corpus in range(int(owner.max(initial=-1)) + 1):
        blocks = np.flatnonzero(owner == corpus)
        weights[blocks] = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)))
    return weights


def bootstrapped(
    evidence: Evidence,
    program: Program,
    rows: Rows,
    resamples: int,
    seed: int,
    *,
    workers: Workers = HERE,
) -> Floats:
    """Infer shares of bytes from resampled blocks of the text; shape (resamples, n).

    Every resample is a reweighting of what was replayed once, and begins with the rows that the
    whole text needed. It covers the noise of the text that was counted, not that of the text that
    the tokenizer was trained on.
    """
    states = np.random.SeedSequence(seed).spawn(resamples)
    groups = [states[k :: workers.count] for k in range(min(workers.count, resamples))]
    drawn = list(workers.map(_inferred, [(evidence, program, rows, group) for group in groups]))
    found = np.zeros((resamples, len(evidence.counts.names)))
    for k, shares in enumerate(drawn):
        found[k :: workers.count] = shares
    return found


def _inferred(
    evidence: Evidence, program: Program, rows: Rows, states: Sequence[np.random.SeedSequence]
) -> Floats:
    """Infer shares of bytes from some resamples."""
    found = np.zeros((len(states), len(evidence.counts.names)))
    for i, state in enumerate(states):
        weights = drawn_blocks(evidence.counts.owner, np.random.default_rng(state))
        other = program.reweighted(evidence.occurrences(weights), evidence.pairs(weights))
        solution = solve(other, tolerance=NEAR, rows=rows)
        found[i] = evidence.bytes_of(solution.shares, weights)
    return found


def ranges_near(evidence: Evidence, program: Program, solution: Solution, slack: float) -> Floats:
    """Return the least and the most share of bytes of each corpus that cost little more; (n, 2).

    Over all shares whose objective on the rows at hand is at most (1 + slack) of the optimum.
    """
    factors = evidence.bytes_of(np.ones(len(evidence.counts.names)))
    limit = solution.cost * (1 + slack)
    return best_parts(program, solution.rows, factors, limit)


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
    solution = solve(found.head(len(rules)), tolerance=NEAR, rows=NO_ROWS)
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
