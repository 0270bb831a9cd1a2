"""What is judged, and what a verdict is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.gate.changes import Change, Pair, pair
from tokscope.gate.config import FAIL, WARN, Config, Key
from tokscope.gate.snapshot import Snapshot, Values

PASS, INCONCLUSIVE, WAIVED, NOTE = "pass", "inconclusive", "waived", "note"
VERDICTS = (FAIL, INCONCLUSIVE, WARN, WAIVED, NOTE, PASS)  # the heaviest first
REPORT = "TS121"  # information, not a gate
_NAN = math.nan


def is_decisive(code: str, verdict: str, head: float) -> bool:
    """Tell whether this verdict decides: it is not a report, undefined or inconclusive."""
    noted = verdict == NOTE and (code == REPORT or math.isnan(head))
    return not noted and verdict != INCONCLUSIVE


class Gate(NamedTuple):
    """What is judged: a rule, of one measure and one corpus where it has them."""

    code: str
    name: str  # "tokens[ar]", "golden"
    measure: str = ""
    corpus: str = ""


class Figures(NamedTuple):
    """The numbers behind a verdict; NaN if there is none."""

    base: float = _NAN
    head: float = _NAN
    change: float = _NAN
    low: float = _NAN
    high: float = _NAN
    limit: float = _NAN
    share: bool = False  # whether change and limit are shares of the base
    documents: int = 0  # drawn again


_NONE = Figures()


@dataclass(frozen=True)
class Judged:
    """The verdict of one gate, with all that is needed to understand it."""

    gate: Gate
    key: Key  # the setting that decided
    verdict: str
    text: str = ""  # what happened or was tried, in words; empty where nothing did
    figures: Figures = _NONE


@dataclass(frozen=True)
class Case:
    """What is judged."""

    config: Config
    head: Snapshot
    base: Snapshot | None

    @property
    def baseline(self) -> Snapshot:
        """The baseline.

        Raises:
            TokscopeError: nothing was given to compare with.
        """
        if self.base is None:
            raise no_baseline(self.config)
        return self.base

    @cached_property
    def pair(self) -> Pair:
        """Both on the same text."""
        evidence = self.config.evidence
        return pair(self.head, self.baseline, self.config.text.reference, evidence)

    @property
    def values_before(self) -> Values:
        """Values of the baseline on the same text; empty without a baseline."""
        return self.base.measured.values if self.base else {}

    @cached_property
    def _changes(self) -> dict[tuple[str, bool], Mapping[str, Change]]:
        return {}

    def changes(self, measure: str, *, share: bool) -> Mapping[str, Change]:
        """Return how a measure changed, by corpus."""
        if (measure, share) not in self._changes:
            self._changes[measure, share] = self.pair.changes(measure, share=share)
        return self._changes[measure, share]

    def changed(self, corpus: str) -> NDArray[np.bool_]:
        """Tell which units of a corpus have other ids."""
        _ = self.pair  # refuses other text
        base, head = self.baseline.measured, self.head.measured
        return head.samples[corpus].hashes != base.samples[corpus].hashes

    def wrong(self, key: Key, message: str) -> TokscopeError:
        """Return the error that a setting leaves nothing to judge."""
        return wrong(self.config, key, message)


def judged_by(
    text: str, gate: Gate, key: Key, *, level: str = FAIL, figures: Figures = _NONE
) -> Judged:
    """Return a pass if `text` is empty, else `level` with `text` as the reason."""
    return Judged(gate, key, level if text else PASS, text, figures)


def wrong(config: Config, key: Key, message: str) -> TokscopeError:
    """Return the error that a setting leaves nothing to judge."""
    return TokscopeError(f"TS906 {config.path}:{config.line(key)}: {message}")


def no_baseline(config: Config) -> TokscopeError:
    """Return the error that there is no baseline."""
    return TokscopeError(
        f"TS905 there is no baseline ({config.lock}); run tokscope lock, or name one with --against"
    )


# How numbers are written in a verdict


def amount(value: float, unit: str = "") -> str:
    """Write a value; a share in percent, so that one near 0 % or 100 % is not taken for it.

    >>> amount(12345.6), amount(0.99996, "share"), amount(1.0, "share")
    ('12,346', '99.996 %', '100 %')
    """
    if unit == "share":
        short = f"{100 * value:.4g}"
        return (
            f"{100 * value:.6g} %"
            if short in ("0", "100") and value not in (0, 1)
            else f"{short} %"
        )
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: float) -> str:
    """Write a share."""
    return f"{100 * share:.3g} %"


def signed(value: float, *, share: bool, unit: str = "") -> str:
    """Write a change: of the base in percent, else in units, and of shares in percentage points.

    >>> signed(0.004, share=True), signed(0.004, share=False, unit="share")
    ('+0.4 %', '+0.4 percentage points')
    """
    if share or unit == "share":
        number = f"{100 * value:+,.0f}" if abs(value) >= 10 else f"{100 * value:+.3g}"
        return f"{number} {'%' if share else 'percentage points'}"
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"


def spread(one: Figures, unit: str = "") -> str:
    """Write the interval of a change, in the unit of the change before it.

    >>> spread(Figures(low=-0.01, high=0.02, share=True)), spread(Figures(low=0, high=1), "share")
    ('95 % CI -1 % .. +2 %', '95 % CI +0 .. +100')
    """
    low, high = (
        signed(value, share=one.share, unit=unit).removesuffix(" percentage points")
        for value in (one.low, one.high)
    )
    return f"95 % CI {low} .. {high}"
