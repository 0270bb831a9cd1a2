"""The tables of vocabularies for people: a part each, or a measure of a part."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import replace
from math import fsum, isnan

from tokscope.report import Report, Rows, grouped

# value of `by` -> the parts of the report to show
BY: Mapping[str, tuple[str, ...]] = {
    "": (
        *("total", "kind", "script", "position", "overlap", "language", "completeness"),
        *("retention", "terms", "code", "affix"),
    ),
    "kind": ("kind",),
    "script": ("script",),
    "language": ("language", "completeness", "retention"),
    "length": ("length",),
    "terms": ("retention", "terms", "code", "affix", "term"),
}
_TITLES = {
    "total": "Vocabularies",
    "kind": "Kinds of tokens",
    "position": "Where in words tokens stand",
    "script": "Scripts",
    "length": "Tokens by length",
    "overlap": "Overlap by bytes",
    "language": "Languages of the tokens",
    "completeness": "Letters and words that are one token",
    "retention": "Terms of a list that are one token",
    "terms": "Tokens of a term",
    "code": "Codes, by pattern",
    "affix": "Cuts at affixes",
    "term": "Terms with the most tokens",
}
_BINS = (*range(1, 9), 11, 16, 32, 64, 128)  # the greatest length in each line of the table
_KEYS = {
    "overlap": "other",
    "completeness": "language",
    "retention": "list",
    "terms": "list",
    "code": "pattern",
}
_LEAST = 0.01  # the share of a script that is shown without details
# measures to show for several tokenizers without details, and with them, if a part has many
_BRIEF = {
    "kind": ("share",),
    "script": ("share",),
    "language": ("share",),
    "completeness": ("alphabet_used", "frequent_words", "whole_words"),
}
_COMPARED = {
    "script": ("tokens", "share", "starts", "continues", "neither", "ends", "leaves"),
    "language": ("tokens", "share"),
    "completeness": ("alphabet_used", "frequent_words", "whole_words"),
}


def tables(report: Report, by: str = "", *, details: bool = False) -> list[Report]:
    """Return the tables that people read: one for each part, or for each measure.

    `details` adds where in words tokens stand, rare scripts, all measures and all notes.
    """
    there = grouped(report.rows, "by")
    parts = [part for part in BY[by] if part in there and (by or details or part != "position")]
    views = [
        view
        for part in parts
        for view in _tables(there[part], part, brief=not by and not details, details=details)
    ]
    more = report.details if details else (_more(there),) if not by else ()
    views[0] = replace(views[0], headline=report.headline)
    notes = (*report.notes, *more)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _more(there: Collection[str]) -> str:
    ways = "--details, --by script, --by length, --by language"
    return f"more tables, and what names mean: {ways}{', --by terms' if 'terms' in there else ''}"


def _tables(rows: Rows, part: str, *, brief: bool, details: bool) -> list[Report]:
    title, key = _TITLES[part], _KEYS.get(part, part)
    if part == "total":
        return [Report("vocab", title, _long(rows, "tokenizer", "measure"), across="tokenizer")]
    rows = _binned(rows) if part == "length" else rows
    if part in ("kind", "script", "length"):
        most = _largest_values(rows)
        rows = [row for row in rows if most.get(row["name"], 0) > 0]
    if part == "script" and brief:
        rows, title = _largest(rows), f"{title}, the largest"
    rows = [{**row, key: row["name"]} for row in rows]
    if part in ("overlap", "retention", "terms"):
        table = _long(rows, "tokenizer", key, "measure")
        return [Report("vocab", title, table, across="measure")]
    if part in ("code", "affix"):  # tokenizers stand together
        table = _long(rows, key, "tokenizer", "measure")
        return [Report("vocab", title, table, across="measure")]
    if part == "term":
        return [Report("vocab", title, _long(rows, "tokenizer", key), across="tokenizer")]
    names = [*grouped(rows, "tokenizer")]
    if len(names) == 1:
        table = _long(rows, key, "measure")
        return [Report("vocab", f"{title}: {names[0]}", table, across="measure")]
    chosen = (_BRIEF if brief else {} if details else _COMPARED).get(part)
    return [
        Report("vocab", f"{title}: {measure}", _long(own, "tokenizer", key), across="tokenizer")
        for measure, own in grouped(rows, "measure").items()
        if chosen is None or measure in chosen
    ]


def _long(rows: Rows, *keys: str) -> Rows:
    """Return the values of rows, with some of the columns that say of what they are."""
    return [{name: row[name] for name in (*keys, "value", "unit")} for row in rows]


def _largest_values(rows: Rows) -> dict[str, float]:
    """Return the largest value of each name that has any."""
    known = [row for row in rows if not isnan(row["value"])]
    return {name: max(row["value"] for row in own) for name, own in grouped(known, "name").items()}


def _largest(rows: Rows) -> Rows:
    """Keep the tokens and shares of scripts that are a part of some vocabulary worth a row."""
    shares = _largest_values([row for row in rows if row["measure"] == "share"])
    kept = {name for name, share in shares.items() if share >= _LEAST}
    return [row for row in rows if row["name"] in kept and row["measure"] in ("tokens", "share")]


def _binned(rows: Rows) -> Rows:
    """Join neighbouring lengths to keep the table short."""
    first = [1, *(last + 1 for last in _BINS)]
    names = [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(first, _BINS, strict=False)]
    names.append(f"over {_BINS[-1]}")
    placed = [{**row, "place": bisect_left(_BINS, int(row["name"]))} for row in rows]
    joined = grouped(placed, "place", "tokenizer", "measure", "unit").values()
    return [
        {**own[0], "name": names[own[0]["place"]], "value": _sum(own)}
        for own in sorted(joined, key=lambda own: own[0]["place"])
    ]


def _sum(rows: Rows) -> float:
    return fsum(row["value"] for row in rows if not isnan(row["value"]))
