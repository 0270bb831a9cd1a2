"""The tables of `morph` that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from tokscope.report import Report, Rows

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
_KEYS = ["gold", "tokenizer"]


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: agreement, by category, and what is missed most.

    Categories are shown if there is one gold. `details` adds them anyway, the other measures,
    intervals, whole lists and all notes.
    """
    frame = report.frame
    shown = _ALL if details else _BRIEF
    every = _measures(frame[frame["part"] == "all"], shown, intervals=details)
    views = [Report("morph", report.title, every, across="measure", headline=report.headline)]
    categories = frame[frame["part"] == "category"].rename(columns={"name": "category"})
    if len(categories) and (details or frame["gold"].nunique() == 1):
        views.append(_of_categories(categories, details))
    listed = _missed(frame[frame["part"] == "boundary"], details)
    if listed:
        views.append(Report("morph", "Boundaries missed most", listed))
    strings = frame[frame["part"] == "strings"]
    if len(strings):
        told = "As strings, with the words left out (SIGMORPHON 2022)"
        found = _measures(strings, _ALL, intervals=False)
        views.append(Report("morph", told, found, across="measure"))
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _measures(
    own: pd.DataFrame, shown: Mapping[str, str], *, intervals: bool, keys: list[str] = _KEYS
) -> pd.DataFrame:
    """Return a long table of some measures, those that no row has a value of left out."""
    known = set(own[own["value"].notna()]["measure"])
    own = pd.concat([own[own["measure"] == name] for name in shown if name in known])
    columns = [*keys, "measure", "value", *(["low", "high"] if intervals else []), "unit"]
    return own.assign(measure=own["measure"].map(dict(shown)))[columns]


def _of_categories(own: pd.DataFrame, details: bool) -> Report:
    """Return all measures of each category, or kappa alone with tokenizers side by side."""
    if details:
        keys = ["gold", "category", "tokenizer"]
        frame = _measures(own, _ALL, intervals=True, keys=keys)
        return Report("morph", "By category", frame, across="measure")
    words = own[own["measure"] == "words"].set_index(["gold", "category", "tokenizer"])["value"]
    kappas = own[own["measure"] == "kappa"]
    places = pd.MultiIndex.from_frame(kappas[["gold", "category", "tokenizer"]])
    frame = kappas.assign(words=words.loc[places].to_numpy().astype(int))
    columns = ["gold", "category", "words", "tokenizer", "value", "unit"]
    return Report("morph", "Kappa by category", frame[columns], across="tokenizer")


def _missed(own: pd.DataFrame, details: bool) -> Rows:
    """Return the boundaries that are missed most, fewer of each list if there are many lists."""
    lists = list(own.groupby(_KEYS, sort=False))
    most = None if details else max(1, _MANY // max(1, len(lists)))
    return [row for _, rows in lists for row in list(_listed(rows))[:most]]


def _listed(rows: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    for name, pair in rows.groupby("name", sort=False):
        (missed, whole), first = map(int, pair["value"]), pair.iloc[0]
        yield {
            "gold": first["gold"],
            "tokenizer": first["tokenizer"],
            "boundary": name,
            "missed": missed,
            "of": whole,
            "cut as": first["examples"],
        }
