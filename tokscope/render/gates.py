"""Verdicts in formats of other programs: one line per gate, JUnit, and GitHub annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree

from tokscope.report import Report, mapped
from tokscope.visible import uncommanding, visible

ANNOTATIONS = 10  # GitHub shows no more for one step
_LEVELS: Mapping[str, str] = {"fail": "error", "inconclusive": "warning", "warn": "warning"}


def _rows(report: Report) -> list[Any]:
    return list(mapped(report.frame, visible).itertuples(index=False))


def concise(report: Report) -> str:
    """Write a line for each gate that did not pass, and a summary of two lines."""
    lines = [
        f"{row.file}:{row.line}: {row.code} {row.verdict} {row.gate}: {row.message}"
        for row in _rows(report)
        if row.verdict != "pass"
    ]
    return uncommanding("\n".join((*lines, *_sums(report)))) + "\n"


def _sums(report: Report) -> list[str]:
    return [visible(line) for line in (report.headline, report.title) if line]


# JUnit


def junit(report: Report) -> str:
    """Write a test suite: class = rule, name = gate; open or waived gates count as skipped."""
    rows = _rows(report)
    counts = {
        "tests": len(rows),
        "failures": sum(row.verdict == "fail" for row in rows),
        "errors": 0,
        "skipped": sum(row.verdict not in ("fail", "pass") for row in rows),
    }
    told = {name: str(count) for name, count in counts.items()}
    suites = ElementTree.Element("testsuites", told)
    name = rows[0].tokenizer if rows else visible(report.title)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": name, **told})
    for row in rows:
        where = {"file": row.file, "line": str(row.line)}
        case = {"classname": row.code, "name": row.gate, "time": "0", **where}
        _outcome(ElementTree.SubElement(suite, "testcase", case), row)
    ElementTree.indent(suites, " ")
    return ElementTree.tostring(suites, "unicode", xml_declaration=True) + "\n"


def _outcome(case: ElementTree.Element, row: Any) -> None:
    message = f"{row.verdict}: {row.message}"
    if row.verdict == "fail":
        failure = {"message": message, "type": row.code}
        ElementTree.SubElement(case, "failure", failure).text = f"decided by {row.file}:{row.line}"
    elif row.verdict != "pass":
        ElementTree.SubElement(case, "skipped", {"message": message})


# GitHub


def github(report: Report) -> str:
    """Write an annotation for each failure and warning, on the line of the rule that decided.

    There are at most ten; the last one says how many more there are.
    """
    rows = [row for row in _rows(report) if row.verdict in _LEVELS]
    kept = rows if len(rows) <= ANNOTATIONS else rows[: ANNOTATIONS - 1]
    lines = [_annotation(row) for row in kept]
    if len(rows) > len(kept):
        more = f"{len(rows) - len(kept)} more gates did not pass; see the log or the job summary"
        level = _LEVELS[rows[len(kept)].verdict]
        lines.append(f"::{level} title=tokscope check::{more}")
    return "\n".join((*lines, *map(uncommanding, _sums(report)))) + "\n"


def _annotation(row: Any) -> str:
    place = f"file={_property(row.file)},line={row.line}"
    title = _property(f"{row.code} {row.gate}")
    return f"::{_LEVELS[row.verdict]} {place},title={title}::{_data(row.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25")  # line feeds are already made visible


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def shortened(parts: Iterable[str], most: int) -> str:
    """Join lines up to a number of bytes, and say how many were left out."""
    lines = list(parts)
    sizes = [len(line.encode()) + 1 for line in lines]
    if sum(sizes) <= most:
        return "\n".join(lines) + "\n"
    kept = sum(size <= most - 100 for size in accumulate(sizes))
    return "\n".join((*lines[:kept], "", f"… and {len(lines) - kept:,} more lines")) + "\n"
