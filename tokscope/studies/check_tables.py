"""What people see of a check: the cause, then what it does, one line for each rule."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tokscope.counting.catalog import MEASURES
from tokscope.errors import shortened
from tokscope.gate.config import FAIL
from tokscope.gate.verdict import PASS, VERDICTS, amount, signed
from tokscope.report import Report, Rows
from tokscope.rulebook import GROUPS, RULES

CAUSES = ("TS005", "TS008", "TS009", "TS003", "TS002", "TS006")  # what a file or a library is
_LONGEST = 200  # gates that did not pass, with all details
_SHORT, _WIDEST = 20, 80  # characters of a reason that stands in a cell
_SHOWN = 3  # corpora of a rule
Cells = Mapping[str, Any]  # a row of the report


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables for people; with `details`, all gates that did not pass and all notes."""
    views = _everything(report) if details else _first(report)
    title, notes = report.title, report.notes + (report.details if details else ())
    if any(row["verdict"] == FAIL for row in report.rows):  # what to do first is read first
        title, notes = f"{title}; {notes[0]}", notes[1:]
    views[0] = replace(views[0], title=title, headline=report.headline)
    last = views[-1]
    views[-1] = replace(last, notes=(*last.notes, *notes), provenance=report.provenance)
    return views


# One line for each rule


def _first(report: Report) -> list[Report]:
    rest = [row for row in report.rows if row["verdict"] != PASS]
    if not rest:
        return [Report("check", "", _summary(report.rows))]
    causes = [row for row in rest if row["code"] in CAUSES]
    effects = [row for row in rest if row["code"] not in CAUSES]
    parts = {"": causes, "What that does": effects} if causes else {"": effects}
    return [
        Report("check", title, list(map(_line, _by_rule(part))), tuple(_examples(part)))
        for title, part in parts.items()
        if part
    ]


def _by_rule(rows: Rows) -> Iterable[Rows]:
    groups: dict[tuple[str, ...], list[Cells]] = {}
    for row in rows:
        groups.setdefault((row["verdict"], row["code"], row["measure"]), []).append(row)
    return groups.values()


def _line(rows: Sequence[Cells]) -> dict[str, str]:
    """Return one line for a rule: the worst of its gates, and how many more there are."""
    worst = max(rows, key=_badness)
    others = [row["corpus"] for row in rows if row is not worst and row["corpus"]]
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    also = f"; also {', '.join(others[:_SHOWN])}{more}" if others else ""
    return {
        "code": worst["code"],
        "verdict": worst["verdict"],
        "gate": _what(worst),
        "found": found(worst) + also,
        "limit": limit(worst),
    }


def _badness(row: Cells) -> float:
    """Return how far a value is beyond its limit; NaN last."""
    sign = -1 if _kind(row) == "min" else 1
    value = row["head"] if _kind(row) in ("max", "min") else row["change"]
    distance = sign * (value - row["limit"])
    return math.inf if math.isnan(distance) and row["verdict"] == FAIL else distance


def _kind(row: Cells) -> str:
    """Return the last word of the rule: of limits max, min, worse or better."""
    return str(row["rule"]).rpartition(".")[2]


def _what(row: Cells) -> str:
    if row["gate"] == "audit":
        return RULES[row["code"]].title
    if row["measure"] in MEASURES:
        word = {"worse": " worse", "better": " better than likely"}.get(_kind(row), "")
        return f"{row['measure']}{word}"
    return row["measure"] or row["gate"]


def found(row: Cells) -> str:
    """Write what was found, in the unit of its limit."""
    where = f" in {row['corpus']}" if row["corpus"] else ""
    if math.isnan(row["head"]):
        return f"undefined{where}" if row["corpus"] else _reason(row["message"])
    if _kind(row) in ("max", "min"):
        return amount(row["head"], row["unit"]) + where
    if row["measure"] == "documents":
        return f"{amount(row['head'], 'share')} of units{where}"
    if row["gate"] == "audit":
        return f"{row['base']:,.0f} -> {row['head']:,.0f}"
    if math.isnan(row["limit"]):  # it is reported, not judged
        return amount(row["head"], "share") + where
    change = _signed(row, row["change"])
    if row["verdict"] == "inconclusive" and not math.isnan(row["low"]):
        change += f" ({_signed(row, row['low'])} to {_signed(row, row['high'])})"
    return change + where


def limit(row: Cells) -> str:
    """Write the limit, in the same unit."""
    if math.isnan(row["limit"]) or row["gate"] == "audit":
        return ""
    if _kind(row) in ("max", "min"):
        return f"{_kind(row)} {amount(row['limit'], row['unit'])}"
    if row["measure"] == "documents":
        return amount(row["limit"], "share")
    return _signed(row, row["limit"]).lstrip("+") if row["limit"] else "0"


def _signed(row: Cells, value: float) -> str:
    """Write a change; one of a share is in points if it is the difference of both values."""
    unit = MEASURES[row["measure"]].unit if row["measure"] in MEASURES else ""
    points = unit == "share" and math.isclose(
        abs(row["change"]), abs(row["head"] - row["base"]), rel_tol=1e-6, abs_tol=1e-12
    )
    return signed(value, share=row["unit"] == "share" and not points, unit=unit)


def _reason(message: str) -> str:
    """Return the beginning of a reason; all of a long one goes below the table."""
    first = message.partition(": ")[0]
    return first if _SHORT < len(first) < len(message) else shortened(message, _WIDEST)


def _examples(part: Rows) -> list[str]:
    """Return the reasons that do not fit into a cell."""
    return [
        f"{row['code']} {row['gate']}: {row['message']}"
        for row in part
        if not row["corpus"]
        and math.isnan(row["head"])
        and _reason(row["message"]) != row["message"]
    ]


# All of it


def _summary(table: Rows) -> Rows:
    counts = Counter((row["code"][:3], row["verdict"]) for row in table)
    seen = [one for one in VERDICTS if any(verdict == one for _, verdict in counts)]
    return [
        {"rules": code, "about": GROUPS[code], **{one: counts[code, one] for one in seen}}
        for code in sorted({code for code, _ in counts})
    ]


def _everything(report: Report) -> list[Report]:
    views = [Report("check", "", _summary(report.rows))]
    rest = [row for row in report.rows if row["verdict"] != PASS][:_LONGEST]
    if rest:
        lines = tuple(f"{row['code']} {row['gate']}: {row['message']}" for row in rest)
        table = [
            {
                "code": row["code"],
                "verdict": row["verdict"],
                "gate": row["gate"],
                "found": found({**row, "corpus": ""}) if row["corpus"] else "",
                "limit": limit(row),
                "decided by": f"{row['file']}:{row['line']}",
            }
            for row in rest
        ]
        views.append(Report("check", "What did not pass", table, lines))
    return views
