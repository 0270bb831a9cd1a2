"""What an audit looks like: tokens out of reach, characters that are lost, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tokscope.plots import Mark, Plot, Values
from tokscope.reach.causes import UNREACHABLE
from tokscope.report import Report
from tokscope.rules import SEVERITIES
from tokscope.studies.audit_headline import NEVER, Outcome, outcomes
from tokscope.studies.audit_tables import is_review
from tokscope.wording import some

if TYPE_CHECKING:
    import pandas as pd

_LOST = ("round trip lost", "round trip unknown")
# Scripts in wide use today: those that Unicode recommends for names in programs (UAX 31, table 5).
_IN_USE = """
Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han
Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu
Thaana Thai Tibetan
"""


def plots(report: Report) -> list[Plot]:
    """Return what can be drawn, what is broken first: tokens, then characters, then findings."""
    audits = outcomes(report.rows, review=is_review(report))
    return [*_unreachable(audits), *_lost(report.frame), *_findings(audits)]


def _unreachable(audits: Sequence[Outcome]) -> Iterator[Plot]:
    """Draw the tokens that text was not found to produce, the most frequent cause first."""
    lacking = [one for one in audits if one.tried > one.reachable]
    causes = [
        cause for cause in (*UNREACHABLE, NEVER) if any(one.causes.get(cause) for one in lacking)
    ]
    causes.sort(key=lambda cause: -max(one.causes.get(cause, 0) for one in lacking))
    marks = tuple(
        Mark(cause, one.name, float(one.causes.get(cause, 0)))
        for cause in causes
        for one in lacking
    )
    whole = [one.name for one in audits if one.tried and one.tried == one.reachable]
    note = f"none in {some(whole)}" if whole else ""
    if marks:
        title = "Tokens that no text was found to produce, by cause"
        yield Values("bars", "unreachable", title, "tokens", marks, note)


def _lost(frame: pd.DataFrame) -> Iterator[Plot]:
    """Draw the characters that do not come back, the script that loses most first."""
    counts = frame[frame["by"].str.startswith("round trip") & frame["name"].isin(_IN_USE.split())]
    counts = counts.assign(lost=counts["value"].where(counts["by"].isin(_LOST), 0))
    sums = counts.groupby(["tokenizer", "name"], sort=False)[["value", "lost"]].sum()
    share = (sums["lost"] / sums["value"]).unstack("tokenizer")
    share = share.loc[:, share.max() > 0]
    order = share.mean(axis=1).sort_values(ascending=False, kind="stable").index
    marks = tuple(
        Mark(str(script), str(name), float(value))
        for script, values in share.loc[order].iterrows()
        for name, value in values.items()
    )
    if marks:
        title = "Characters that do not come back, by script"
        note = "every character of the scripts in wide use, each encoded and decoded by itself"
        yield Values("heat", "lost-characters", title, "share", marks, note)


def _findings(audits: Sequence[Outcome]) -> Iterator[Plot]:
    """Draw how many findings each tokenizer has."""
    marks = tuple(
        Mark(one.name, f"{severity}s", float(one.findings.get(severity, 0)))
        for one in audits
        for severity in SEVERITIES
    )
    if marks:
        yield Values("bars", "findings", "Findings by severity", "findings", marks)
