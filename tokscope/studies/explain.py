"""What does this finding mean?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from tokscope.given import words
from tokscope.report import Report
from tokscope.rulebook import RULES, Rule
from tokscope.rules import chosen

FEW = 3  # show reasons for up to this many rules, and only titles for more


def explain(codes: str | Sequence[str] = ()) -> Report:
    """Return rules: code, severity, title, why, fix.

    `codes` is a code, the beginning of codes such as "TS4", or a list of them; all by default.

    Raises:
        TokscopeError: no rule has such a code; says the nearest.
    """
    kept = sorted(chosen(words(codes, "codes")))
    frame = pd.DataFrame([{"code": code, **asdict(RULES[code])} for code in kept])
    return Report("explain", "Rules", frame, view=tables)


def tables(report: Report) -> list[Report]:
    """Return the tables that people read: a few rules with reasons, or the titles of many."""
    frame = report.frame
    if len(frame) > FEW:
        notes = ("tokscope explain CODE says why it matters and what helps",)
        return [Report("explain", report.title, frame[["code", "severity", "title"]], notes)]
    return [
        Report("explain", f"{code}: {RULES[code].title}", _facts(RULES[code]))
        for code in frame["code"]
    ]


def _facts(rule: Rule) -> pd.DataFrame:
    facts = {"severity": rule.severity, "why": rule.why, "what helps": rule.fix}
    return pd.DataFrame({"of the rule": facts.keys(), "": facts.values()})
