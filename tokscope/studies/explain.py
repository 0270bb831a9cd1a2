"""What does this finding mean?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from tokscope.given import words
from tokscope.report import Report, Rows
from tokscope.rulebook import GROUPS, RULES, Rule
from tokscope.rules import SEVERITIES, chosen

FEW = 16  # show reasons for up to this many rules, and only titles for more
_NAMED = 3


def explain(codes: str | Sequence[str] = ()) -> Report:
    """Return rules: code, severity, title, why, fix.

    `codes` is a code, the beginning of codes such as "TS4", or a list of them; all by default.

    Raises:
        TokscopeError: no rule has such a code; says the nearest.
    """
    kept = sorted(chosen(words(codes, "codes")))
    rows = [{"code": code, **asdict(RULES[code])} for code in kept]
    return Report("explain", "Rules", rows, headline=_headline(kept), view=tables)


def _headline(codes: Sequence[str]) -> str:
    """Say what one rule means and what helps; name several, or count many."""
    if len(codes) == 1:
        rule = RULES[codes[0]]
        return f"{codes[0]} ({rule.severity}): {rule.title}. {rule.fix}"
    if len(codes) <= _NAMED:
        return "; ".join(f"{code}: {RULES[code].title}" for code in codes) + "."
    counts = Counter(RULES[code].severity for code in codes)
    told = [f"{counts[s]} {s}{'s' if counts[s] > 1 else ''}" for s in SEVERITIES if counts[s]]
    about = [GROUPS[group] for group in dict.fromkeys(code[:3] for code in codes)]
    kinds = {title.partition(": ")[0] for title in (RULES[code].title for code in codes)}
    what = f" about {about[0]}" if len(about) == 1 else ""
    what += f" ({kinds.pop()})" if len(kinds) == 1 else ""
    return f"{len(codes)} rules{what}, from {codes[0]} to {codes[-1]}: {', '.join(told)}."


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: a few rules with reasons, or the titles of many.

    `details` gives the reasons of all.
    """
    rows = report.rows
    if len(rows) > FEW and not details:
        notes = ("tokscope explain CODE says why it matters and what helps",)
        columns = "code", "severity", "title"
        short = [{column: row[column] for column in columns} for row in rows]
        return [Report("explain", report.title, short, notes, headline=report.headline)]
    rules = {row["code"]: RULES[row["code"]] for row in rows}
    views = [
        Report("explain", f"{code}: {rule.title}", _facts(rule)) for code, rule in rules.items()
    ]
    views[0] = replace(views[0], headline=report.headline)
    return views


def _facts(rule: Rule) -> Rows:
    facts = {"severity": rule.severity, "why": rule.why, "what helps": rule.fix}
    return [{"part": part, "text": text} for part, text in facts.items()]
