"""What was inferred about one tokenizer, and what else can be asked of it."""

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

SLACK = 0.01  # what ranges allow above the optimum
# Times sampling noise. In 20 controlled trials of 3,000 merges the objective was .28 to .81 times
# the noise with all corpora there, and .97 to 3.0 with one left out that shares a script (one with
# a script of its own shows in missing merges); of eight published tokenizers it is 3.8 to 6.6.
UNEXPLAINED = 0.9
_NEAR = 1e-3  # the gap to which the program of those merges is solved
_EARLY = 1_000  # merges by which doubts are told: in seconds, as a rule
_RANGED, _LEFT_OUT = 3, 10  # corpora with the largest shares, for which doubts are told


@dataclass(frozen=True)
class Doubts:
    """What the first merges alone leave open, where the text is of another kind."""

    steps: int  # merges that are explained
    ranges: Floats  # (n, 2) least and most share of bytes at little cost; NaN where not asked
    without: Floats  # (n,) by what part the objective rises without a corpus; NaN where not asked


@dataclass(frozen=True)
class Inference:
    """Shares of n corpora in what a tokenizer was trained on, and what they come from."""

    name: str
    merges: Merges
    evidence: Evidence
    program: Program  # of the merges that the answer explains
    solution: Solution
    wanted: int  # merges that should have been explained, if there was time
    why: str  # so many
    first: int  # merges before it make no rows

    @property
    def names(self) -> tuple[str, ...]:
        """The corpora."""
        return self.evidence.counts.names

    @property
    def steps(self) -> int:
        """How many merges are applied; those from the first on are explained."""
        return self.solution.steps

    @property
    def shares(self) -> Floats:
        """Shares of bytes."""
        return self.evidence.bytes_of(self.solution.shares)

    @cached_property
    def noise(self) -> float:
        """What the objective would be, by its order, if all text were of the same kinds."""
        return sampling_noise(self.evidence, self.program, self.solution.shares)

    @property
    def is_explained(self) -> bool:
        """Whether the text is of the kinds that were trained on, as far as the objective tells."""
        return self.solution.objective <= UNEXPLAINED * self.noise

    def classified(self) -> Floats:
        """Return the guess by token classification."""
        counts = self.evidence.counts
        tokens = self.merges.plain[: self.steps]
        return token_classification(tokens, counts.pretokens, counts.matrix(), counts.bytes())

    def efficient(self, seed: int, workers: Workers = HERE) -> Floats:
        """Return the guess by token efficiency, for which tokenizers are trained."""
        found = self.evidence
        counts = found.counts.matrix().toarray()[found.origin]
        rules = found.replay.rules.head(self.steps)
        return token_efficiency(
            found.words, counts, found.counts.bytes(), rules, seed=seed, workers=workers
        )

    def ranges(self, corpora: Sequence[int], budget: Budget = ENDLESS) -> Floats:
        """Return the least and the most share of bytes of some corpora; (n, 2)."""
        return _ranges(self.evidence, self.program, self.solution, corpora, budget)

    def doubts(self, budget: Budget = ENDLESS) -> Doubts:
        """Tell what the first merges leave open, for the corpora with the largest shares."""
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
    found: Evidence, program: Program, solution: Solution, corpora: Sequence[int], budget: Budget
) -> Floats:
    factors = found.bytes_of(np.ones(len(found.counts.names)))
    return ranges(program, solution, factors, SLACK, corpora, budget=budget)
