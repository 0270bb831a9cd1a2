"""What people see of an audit: what to mend first, or all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tokscope.errors import shortened
from tokscope.report import Report, Rows
from tokscope.rules import SEVERITIES
from tokscope.studies.audit_headline import FOR_REVIEW, by_tokenizer, found, outcomes, summary
from tokscope.wording import many

_CAUSE = {"tokenizer": "tokenizer", "cause": "name", "value": "value", "unit": "unit"}
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
    rows = report.rows
    shown, audits = found(rows, review=review), outcomes(rows, review=review)
    views = [Report("audit", "Tokenizers", summary(audits))] if len(audits) > 1 or not shown else []
    views += [_causes(rows)] if details else []
    views += [
        Report("audit", f"Findings: {name}", _findings(own, details=details))
        for name, own in by_tokenizer(shown).items()
    ]
    notes = (*report.notes, *(report.details if details else _hints(rows, shown)))
    views[0] = replace(views[0], headline=report.headline)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def is_review(report: Report) -> bool:
    """Return whether lists for review were asked for by choosing rules."""
    return report.provenance.get("rules") != "all"


def _hints(rows: Rows, shown: Rows) -> list[str]:
    """Say where the rest is, and what explains a finding."""
    lists = len({row["code"] for row in found(rows, review=True)} - {row["code"] for row in shown})
    hints = [f"{many(lists, 'list')} of tokens to review: see --details"] if lists else []
    if shown:
        hints.append(f"tokscope explain {shown[0]['code']} says what it means and what helps")
    return hints


def _causes(rows: Rows) -> Report:
    shown = [
        {name: row[key] for name, key in _CAUSE.items()}
        for row in rows
        if row["by"] == "cause" and row["value"] > 0
    ]
    return Report("audit", "Tokens by cause", shown, across="tokenizer")


def _findings(rows: Rows, *, details: bool) -> Rows:
    """Return findings, the part that has the worst first, and those of one part together."""
    worst: dict[str, int] = {}  # by part, in the order in which they come
    for row in rows:
        part, severity = part_of(row["code"]), SEVERITIES.index(row["severity"])
        worst[part] = min(severity, worst.get(part, severity))
    parts = sorted(worst, key=lambda part: worst[part])
    longest = max(len(row["examples"]) for row in rows) if details else _EXAMPLE
    return [
        {
            "made by": part,
            "severity": row["severity"],
            "code": row["code"],
            "number": int(row["value"]),
            "finding": f"{row['name']}: {shortened(row['examples'], longest)}",
        }
        for part in parts
        for row in rows
        if part_of(row["code"]) == part
    ]


def part_of(code: str) -> str:
    """Return the part of a tokenizer that likely makes the findings of a rule.

    >>> part_of("TS402"), part_of("TS432")
    ('pre-tokenizer', 'config.json')
    """
    return next(part for start, part in _PARTS.items() if code.startswith(start))
