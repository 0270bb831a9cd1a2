"""How much worse each value is than at the baseline, and how certain that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.catalog import MEASURES, Measure
from tokscope.counting.counted import Counted, reference_of
from tokscope.counting.groups import BLOCKS
from tokscope.counting.resampled import NO_TYPES, Resampled, resampled, sums_by
from tokscope.counting.tally import Tally
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.counting.values import values_of
from tokscope.errors import TokscopeError
from tokscope.gate.config import Evidence
from tokscope.gate.snapshot import Measured, Snapshot, is_of_whole_text
from tokscope.measures.uncertainty import simultaneous

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """How much worse a value is, with a 95 % interval; 0 is as good, below 0 is better.

    The intervals of one measure hold for all corpora at once. NaN if nothing was resampled.
    """

    base: float
    head: float
    worse: float
    low: float = np.nan
    high: float = np.nan
    least: float = np.nan  # of all resamples
    most: float = np.nan
    documents: int = 0  # resampled; 0 if the measure cannot be


def worsening(head: Floats, base: Floats, measure: Measure, *, share: bool) -> Floats:
    """Return how much worse values are than others, as a share of those or in units.

    If 1 is best, return how much farther from 1 a value is, as a difference of logarithms, which is
    nearly a share. As a share of 0, any change is infinite.

    >>> worsening(np.array([1.5]), np.array([1.0]), MEASURES["fertility"], share=True)
    array([0.5])
    """
    if measure.better == "nearer 1":
        with np.errstate(divide="ignore"):
            return np.abs(np.log(head)) - np.abs(np.log(base))
    difference = base - head if measure.better == "higher" else head - base
    if not share:
        return difference
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0, 0.0, difference / base)


@dataclass(frozen=True)
class Pair:
    """The same text under a candidate and under the baseline."""

    head: Snapshot
    base: Snapshot
    counted: Counted  # two columns of tallies: candidate, baseline
    evidence: Evidence
    reference: int  # the corpus that others are measured against

    @cached_property
    def drawn(self) -> Sequence[Sequence[Resampled]]:
        """The resamples, drawn when first needed."""
        return resampled(self.counted, self.evidence.resamples, self.evidence.seed)

    @property
    def documents(self) -> int:
        """How many units, clusters or blocks are resampled; the fewest of any corpus."""
        return min(len(row[0].rows) for row in self.counted.tallies)

    def changes(self, name: str, *, share: bool) -> dict[str, Change]:
        """Return how a measure changed, for each corpus and for all together.

        Raises:
            TokscopeError: the baseline has no value of it.
        """
        measure = MEASURES[name]
        base, head = self._values(name)
        worse = {
            corpus: float(
                worsening(np.array(head[corpus]), np.array(base[corpus]), measure, share=share)
            )
            for corpus in head
        }
        changes = {c: Change(base[c], head[c], worse[c]) for c in head}
        if is_of_whole_text(name):
            return changes
        names = [corpus for corpus in head if np.isfinite(worse[corpus])]
        if not names:
            return changes
        if self._is_alike(measure):
            spread = np.zeros((len(names), 1))  # as in every resample
        else:
            heads, bases = (self._spread(measure, k, known) for k, known in ((0, head), (1, base)))
            spread = np.stack(
                [worsening(heads[corpus], bases[corpus], measure, share=share) for corpus in names]
            )
        low, high = simultaneous(np.array([worse[corpus] for corpus in names]), spread)
        for i, corpus in enumerate(names):
            changes[corpus] = replace(
                changes[corpus],
                low=float(low[i]),
                high=float(high[i]),
                least=float(spread[i].min()),
                most=float(spread[i].max()),
                documents=self._drawn(corpus),
            )
        return changes

    def _is_alike(self, measure: Measure) -> bool:
        """Tell whether both have the same counts, and none is 0: then all resamples are alike."""
        return all(
            np.array_equal(head[name], base[name]) and head[name].all()
            for head, base in self.counted.tallies
            for name in measure.columns
        )

    def _drawn(self, corpus: str) -> int:
        sizes = {
            one.name: len(row[0].rows)
            for one, row in zip(self.counted.corpora, self.counted.tallies, strict=True)
        }
        return sizes.get(
            corpus, sum(sizes.values()) if not self.counted.parallel else self.documents
        )

    def _values(self, name: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
        if is_of_whole_text(name):
            if name not in self.base.measured.values:
                raise TokscopeError(
                    f"the lock holds no {name}, which was limited later; run tokscope lock --update"
                )
            head, base = self.head.measured.values[name], self.base.measured.values[name]
            return {corpus: base.get(corpus, np.nan) for corpus in head}, head
        return self._exact(name, 1), self._exact(name, 0)

    def _exact(self, name: str, k: int) -> dict[str, float]:
        tallies = [row[k] for row in self.counted.tallies]
        return values_of(MEASURES[name], tallies, self._names, self.reference)

    def _spread(self, measure: Measure, k: int, known: Mapping[str, float]) -> dict[str, Floats]:
        totals = [row[k] for row in self.drawn]
        return values_of(measure, totals, self._names, self.reference, known)

    @property
    def _names(self) -> list[str]:
        return [corpus.name for corpus in self.counted.corpora]


def pair(head: Snapshot, base: Snapshot, reference: str, evidence: Evidence) -> Pair:
    """Pair a candidate and a baseline on the same text.

    `reference` names the corpus that others are measured against, "" for the usual one.

    Raises:
        TokscopeError: they were counted on different text or under different settings.
    """
    counted = head.measured.counted
    if counted is None:
        raise ValueError("the candidate was not counted")
    require_same(head.measured, base.measured)
    rows = []
    for i, corpus in enumerate(counted.corpora):
        tally, sample = counted.tallies[i][0], base.measured.samples[corpus.name]
        groups = _groups(len(tally.rows), counted.readings[i].members)
        other = tally.rows.copy()
        for k, column in enumerate(tally.columns):
            if column in TOKEN_COLUMNS:
                other[:, k] = sample.columns[column]
        rows.append(
            [
                Tally(tally.columns, sums_by(groups, tally.rows), NO_TYPES, head.identity.size),
                Tally(tally.columns, sums_by(groups, other), NO_TYPES, base.identity.size),
            ]
        )
    together = replace(
        counted,
        tokenizers=[*counted.tokenizers] * 2,
        tallies=rows,
        readings=[replace(reading, members=[]) for reading in counted.readings],
    )
    return Pair(head, base, together, evidence, reference_of(counted.corpora, reference))


def require_same(head: Measured, base: Measured) -> None:
    """Refuse to compare counts of different text or under different settings.

    Raises:
        TokscopeError: a corpus is missing on one side, or its text differs.
    """
    require_same_names(list(head.samples), head.settings, base)
    for name, sample in head.samples.items():
        if base.samples[name].digest != sample.digest:
            raise TokscopeError(
                f"TS902 the text of corpus '{name}' is not that of the baseline (another hash); "
                "restore it, or run tokscope lock --update --reason TEXT"
            )


def require_same_names(names: Sequence[str], settings: str, base: Measured) -> None:
    """Refuse corpora and settings that differ from those of the baseline, before text is read.

    Raises:
        TokscopeError: a corpus is missing on one side, or a setting is another one.
    """
    for name in base.samples:
        if name not in names:
            raise TokscopeError(
                f"TS902 corpus '{name}' of the baseline is missing; restore it, or run "
                "tokscope lock --update --reason TEXT"
            )
    if settings != base.settings:
        raise TokscopeError(
            f"TS903 the baseline was counted otherwise ({base.settings or 'no text'}, now "
            f"{settings}); set [text] back, or run tokscope lock --update --reason TEXT"
        )
    for name in names:
        if name not in base.samples:
            raise TokscopeError(
                f"TS902 the baseline has no corpus '{name}'; it has {', '.join(base.samples)}; "
                "run tokscope lock --update --reason TEXT"
            )


def _groups(units: int, members: Sequence[int]) -> NDArray[np.int64]:
    """Return what is resampled together: clusters, or neighbours if there are many units."""
    if members:
        return np.asarray(members, np.int64)
    return np.arange(units) * min(units, BLOCKS) // max(units, 1)
