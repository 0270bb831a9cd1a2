"""The tables of vocabularies for people: a part each, or a measure of a part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from tokscope.report import Report

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
    there = set(report.frame["by"])
    parts = [part for part in BY[by] if part in there and (by or details or part != "position")]
    views = [
        view
        for part in parts
        for view in _tables(report, part, brief=not by and not details, details=details)
    ]
    more = report.details if details else (_more(there),) if not by else ()
    views[0] = replace(views[0], headline=report.headline)
    notes = (*report.notes, *more)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _more(there: Collection[str]) -> str:
    ways = "--details, --by script, --by length, --by language"
    return f"more tables, and what names mean: {ways}{', --by terms' if 'terms' in there else ''}"


def _tables(report: Report, part: str, *, brief: bool, details: bool) -> list[Report]:
    frame = report.frame[report.frame["by"] == part].drop(columns="by")
    title = _TITLES[part]
    if part == "total":
        return [Report("vocab", title, frame.drop(columns="name"), across="tokenizer")]
    frame = _binned(frame) if part == "length" else frame
    if part in ("kind", "script", "length"):
        frame = frame[frame.groupby("name")["value"].transform("max") > 0]
    if part == "script" and brief:
        frame, title = _largest(frame), f"{title}, the largest"
    frame = frame.rename(columns={"name": _KEYS.get(part, part)})
    if part in ("code", "affix"):  # tokenizers stand together
        frame = frame[[frame.columns[1], "tokenizer", *frame.columns[2:]]]
    if part in ("overlap", "retention", "terms", "code", "affix"):
        return [Report("vocab", title, frame, across="measure")]
    if part == "term":
        return [Report("vocab", title, frame.drop(columns="measure"), across="tokenizer")]
    if frame["tokenizer"].nunique() == 1:
        name = frame["tokenizer"].iloc[0]
        frame = frame.drop(columns="tokenizer")
        return [Report("vocab", f"{title}: {name}", frame, across="measure")]
    chosen = (_BRIEF if brief else {} if details else _COMPARED).get(part)
    return [
        Report("vocab", f"{title}: {measure}", own.drop(columns="measure"), across="tokenizer")
        for measure, own in frame.groupby("measure", sort=False)
        if chosen is None or measure in chosen
    ]


def _largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the tokens and shares of scripts that are a part of some vocabulary worth a row."""
    shares = frame[frame["measure"] == "share"].groupby("name")["value"].max()
    kept = frame["name"].isin(shares[shares >= _LEAST].index)
    return frame[kept & frame["measure"].isin(("tokens", "share"))]


def _binned(frame: pd.DataFrame) -> pd.DataFrame:
    """Join neighbouring lengths to keep the table short."""
    last = np.array(_BINS)
    first = np.append(1, last[:-1] + 1)
    names = [str(b) if a == b else f"{a} to {b}" for a, b in zip(first, last, strict=True)]
    names.append(f"over {last[-1]}")
    place = np.searchsorted(last, frame["name"].astype(int))
    keys = ["tokenizer", "place", "measure", "unit"]
    joined = frame.assign(place=place).groupby(keys, sort=False)["value"].sum().reset_index()
    joined = joined.sort_values("place", kind="stable")
    return joined.assign(name=[names[i] for i in joined["place"]]).drop(columns="place")
