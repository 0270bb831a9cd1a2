"""The tables of `morph` that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from tokscope.report import Report, Rows, grouped

# measure -> what its column is called
_BRIEF = {
    "words": "words",
    "precision": "precision",
    "recall": "recall",
    "by_chance": "by chance",
    "kappa": "kappa",
    "one_token": "one token",
    "hard": "hard",
}
_ALL = {
    **_BRIEF,
    "recall_if_cut": "recall if cut",
    "f1": "F1",
    "exact": "exact",
    "kept": "kept",
    "hits": "hits",
    "false": "false cuts",
    "missed": "missed",
    "inside": "in characters",
    "unknown": "unknown",
    "respelled": "respelled",
}
_MANY = 12  # boundaries that are shown of all lists together
_KEYS = ("gold", "tokenizer")


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: agreement, by category, and what is missed most.

    Categories are shown if there is one gold. `details` adds them anyway, the other measures,
    intervals, whole lists and all notes.
    """
    parts = grouped(report.rows, "part")
    shown = _ALL if details else _BRIEF
    every = _measures(parts["all"], shown, intervals=details)
    views = [Report("morph", report.title, every, across="measure", headline=report.headline)]
    categories = [{**row, "category": row["name"]} for row in parts.get("category", ())]
    if categories and (details or len(grouped(report.rows, "gold")) == 1):
        views.append(_of_categories(categories, details))
    listed = _missed(parts.get("boundary", ()), details)
    if listed:
        views.append(Report("morph", "Boundaries missed most", listed))
    if "strings" in parts:
        told = "As strings, with the words left out (SIGMORPHON 2022)"
        found = _measures(parts["strings"], _ALL, intervals=False)
        views.append(Report("morph", told, found, across="measure"))
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _measures(
    own: Rows, shown: Mapping[str, str], *, intervals: bool, keys: Sequence[str] = _KEYS
) -> Rows:
    """Return a long table of some measures, those that no row has a value of left out."""
    columns = (*keys, "measure", "value", *(("low", "high") if intervals else ()), "unit")
    known = grouped([row for row in own if row["measure"] in shown], "measure")
    return [
        {column: row[column] for column in columns} | {"measure": told}
        for name, told in shown.items()
        if any(not isnan(row["value"]) for row in known.get(name, ()))
        for row in known[name]
    ]


def _of_categories(own: Rows, details: bool) -> Report:
    """Return all measures of each category, or kappa alone with tokenizers side by side."""
    keys = ("gold", "category", "tokenizer")
    if details:
        table = _measures(own, _ALL, intervals=True, keys=keys)
        return Report("morph", "By category", table, across="measure")
    by_measure = grouped(own, "measure")
    table = [
        {
            "gold": row["gold"],
            "category": row["category"],
            "words": int(words["value"]),
            "tokenizer": row["tokenizer"],
            "value": row["value"],
            "unit": row["unit"],
        }
        for words, row in zip(by_measure["words"], by_measure["kappa"], strict=True)
    ]
    return Report("morph", "Kappa by category", table, across="tokenizer")


def _missed(own: Rows, details: bool) -> Rows:
    """Return the boundaries that are missed most, fewer of each list if there are many lists."""
    lists = grouped(own, *_KEYS).values()
    most = None if details else max(1, _MANY // max(1, len(lists)))
    return [row for rows in lists for row in list(_listed(rows))[:most]]


def _listed(rows: Rows) -> Iterator[Mapping[str, Any]]:
    for name, (first, second) in grouped(rows, "name").items():
        yield {
            "gold": first["gold"],
            "tokenizer": first["tokenizer"],
            "boundary": name,
            "missed": int(first["value"]),
            "of": int(second["value"]),
            "cut as": first["examples"],
        }
