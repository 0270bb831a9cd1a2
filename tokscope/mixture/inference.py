"""The shares inferred for one tokenizer, and further questions about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tokscope.mixture.alternatives import ranges, without
from tokscope.mixture.baselines import token_classification
from tokscope.mixture.diagnostics import sampling_noise
from tokscope.mixture.efficiency import token_efficiency
from tokscope.mixture.evidence import Evidence
from tokscope.mixture.model import ENDLESS, Budget
from tokscope.mixture.program import Floats, Program
from tokscope.mixture.solve import Solution, solve
from tokscope.tokenizers.merges import Merges
from tokscope.workers import HERE, Workers

SLACK = 0.01  # by what part ranges let the objective rise
# The limit, as a multiple of sampling noise. In 20 controlled trials of 3,000 merges, the objective
# was .28 to .81 times the noise with all corpora, and .97 to 3.0 times without one that shares a
# script (one with its own script shows up as missing merges). It is 3.8 to 6.6 for eight published
# tokenizers.
UNEXPLAINED = 0.9
_NEAR = 1e-3  # gap to which the program of the first merges is solved
_EARLY = 1_000  # merges used to estimate doubts; this usually takes seconds
_RANGED = 3  # corpora with the largest shares, for which ranges are estimated
_LEFT_OUT = 10  # corpora with the largest shares, each excluded once


@dataclass(frozen=True)
class Doubts:
    """What the first merges alone leave open, for text unlike the training text."""

    steps: int  # merges that are explained
    ranges: Floats  # (n, 2) smallest and largest share of bytes at little cost; NaN if not asked
    without: Floats  # (n,) relative rise of the objective without a corpus; NaN if not asked


@dataclass(frozen=True)
class Inference:
    """Shares of n corpora in the training text of a tokenizer, and how they were inferred."""

    name: str
    merges: Merges
    evidence: Evidence
    program: Program  # of the merges that the answer explains
    solution: Solution
    wanted: int  # merges to explain, if time allows
    why: str  # that many
    first: int  # merges before this one make no rows

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the corpora."""
        return self.evidence.counts.names

    @property
    def steps(self) -> int:
        """How many merges are applied; those from `first` on are explained."""
        return self.solution.steps

    @property
    def shares(self) -> Floats:
        """Shares of bytes."""
        return self.evidence.bytes_of(self.solution.shares)

    @cached_property
    def noise(self) -> float:
        """Roughly what the objective would be if sampling were the only source of error."""
        return sampling_noise(self.evidence, self.program, self.solution.shares)

    @property
    def is_explained(self) -> bool:
        """Whether the objective is small enough for text like the training text."""
        return self.solution.objective <= UNEXPLAINED * self.noise

    def classified(self) -> Floats:
        """Return the guess by token classification."""
        counts = self.evidence.counts
        tokens = self.merges.plain[: self.steps]
        return token_classification(tokens, counts.pretokens, counts.matrix(), counts.bytes())

    def efficient(self, seed: int, workers: Workers = HERE) -> Floats:
        """Return the guess by token efficiency; this trains tokenizers."""
        evidence = self.evidence
        counts = evidence.counts.matrix().toarray()[evidence.origin]
        rules = evidence.replay.rules.head(self.steps)
        return token_efficiency(
            evidence.words, counts, evidence.counts.bytes(), rules, seed=seed, workers=workers
        )

    def ranges(self, corpora: Sequence[int], budget: Budget = ENDLESS) -> Floats:
        """Return the smallest and largest share of bytes of some corpora; shape (n, 2)."""
        return _ranges(self.evidence, self.program, self.solution, corpora, budget)

    def doubts(self, budget: Budget = ENDLESS) -> Doubts:
        """Estimate what the first merges leave open, for the corpora with the largest shares."""
        steps = min(self.steps, self.first + _EARLY)
        if not self.program.bound[:steps].any():
            steps = self.steps
        early = self.program.head(steps)
        solution = solve(early, gap=_NEAR, budget=budget)
        early = early.head(solution.steps)
        largest = np.argsort(-self.shares, kind="stable")
        needed = without(early, solution, most=_LEFT_OUT, budget=budget)
        near = _ranges(self.evidence, early, solution, largest[:_RANGED].tolist(), budget)
        return Doubts(solution.steps - self.first, near, needed)


def _ranges(
    evidence: Evidence, program: Program, solution: Solution, corpora: Sequence[int], budget: Budget
) -> Floats:
    factors = evidence.bytes_of(np.ones(len(evidence.counts.names)))
    return ranges(program, solution, factors, SLACK, corpora, budget=budget)
