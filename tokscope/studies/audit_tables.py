"""What people see of an audit: what to mend first, or all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from tokscope.errors import shortened
from tokscope.report import Report
from tokscope.rules import SEVERITIES
from tokscope.studies.audit_headline import FOR_REVIEW, outcomes, summary
from tokscope.wording import many

_EXAMPLE = 36  # characters of examples in a row
# the part of a tokenizer that likely makes a finding; codes that begin otherwise are of "text"
_PARTS: Mapping[str, str] = {
    "TS301": "vocabulary",
    "TS302": "vocabulary",
    "TS303": "pre-tokenizer, decoder",
    "TS304": "normalizer",
    "TS401": "normalizer",
    "TS402": "pre-tokenizer",
    "TS403": "merges or scores",
    "TS404": "added tokens",
    "TS405": "vocabulary",
    "TS406": "not known",
    "TS407": "vocabulary",
    "TS41": "merges or scores",
    "TS42": "added tokens",
    "TS431": "vocabulary",
    "TS43": "config.json",
    FOR_REVIEW: "for review",
    "TS451": "text",
}


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read; with `details`, causes, lists for review and all notes.

    Lists for review are shown too if rules were chosen.
    """
    review = details or is_review(report)
    frame = report.frame
    findings = frame[frame["by"] == "finding"]
    shown = findings if review else findings[~findings["code"].str.startswith(FOR_REVIEW)]
    audits = outcomes(frame, review=review)
    views = (
        [Report("audit", "Tokenizers", summary(audits))] if len(audits) > 1 or shown.empty else []
    )
    views += [_causes(frame)] if details else []
    views += [
        Report("audit", f"Findings: {name}", _findings(own, details=details))
        for name, own in shown.groupby("tokenizer", sort=False)
    ]
    notes = (*report.notes, *(report.details if details else _hints(findings, shown)))
    views[0] = replace(views[0], headline=report.headline)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def is_review(report: Report) -> bool:
    """Return whether lists for review were asked for by choosing rules."""
    return report.provenance.get("rules") != "all"


def _hints(findings: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Say where the rest is, and what explains a finding."""
    lists = findings["code"].nunique() - shown["code"].nunique()
    hints = [f"{many(lists, 'list')} of tokens to review: see --details"] if lists else []
    if len(shown):
        hints.append(f"tokscope explain {shown['code'].iloc[0]} says what it means and what helps")
    return hints


def _causes(frame: pd.DataFrame) -> Report:
    causes = frame[(frame["by"] == "cause") & (frame["value"] > 0)]
    shown = causes.rename(columns={"name": "cause"})[["tokenizer", "cause", "value", "unit"]]
    return Report("audit", "Tokens by cause", shown, across="tokenizer")


def _findings(frame: pd.DataFrame, *, details: bool) -> pd.DataFrame:
    """Return findings, the part that has the worst first, and those of one part together."""
    parts = frame["code"].map(part_of)
    worst = frame["severity"].map(SEVERITIES.index).groupby(parts).transform("min")
    first = parts.map({part: place for place, part in enumerate(dict.fromkeys(parts))})
    frame = frame.assign(part=parts, worst=worst, first=first)
    frame = frame.sort_values(["worst", "first"], kind="stable")
    longest = len(max(frame["examples"], key=len)) if details else _EXAMPLE
    told = [
        f"{title}: {shortened(examples, longest)}"
        for title, examples in zip(frame["name"], frame["examples"], strict=True)
    ]
    return pd.DataFrame(
        {
            "made by": frame["part"],
            "severity": frame["severity"],
            "code": frame["code"],
            "number": frame["value"].astype(int),
            "finding": told,
        }
    )


def part_of(code: str) -> str:
    """Return the part of a tokenizer that likely makes the findings of a rule.

    >>> part_of("TS402"), part_of("TS432")
    ('pre-tokenizer', 'config.json')
    """
    return next(part for start, part in _PARTS.items() if code.startswith(start))
