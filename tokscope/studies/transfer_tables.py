"""The tables of a transfer that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import fsum
from typing import Any

from tokscope.counting.counted import ALL
from tokscope.mapping.kinds import COMPOSED, COPIED, NONE, SPECIAL
from tokscope.report import Report, Rows

_NAMES = {
    COPIED: "copied, byte for byte",
    SPECIAL: "special, by text or role",
    NONE: "no way",
}
_FEW = 10  # corpora that are shown without details
_MANY = 5  # old tokens from which composed ones are in one row
# list -> its title, and what the columns of a token are called
_LISTS = {
    "worst": ("Composed tokens that cost most", {"old": "made of"}),
    "none": ("Tokens that have no way", {}),
    "lost": ("Old tokens without a copy, by use", {}),
    "special": ("Special tokens", {"old": "from"}),
}
_ORDER = (COPIED, *map(str, range(1, _MANY + 1)), SPECIAL, NONE)
_BRIEF = ("worst", "none")  # lists that are shown without details


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: kinds, corpora, tokens, and what a model gets.

    `details` adds the tokens that are lost, the special ones, and all notes.
    """
    rows = report.rows
    first = Report("transfer", report.title, _kinds(rows), across="measure")
    views = [replace(first, headline=report.headline)]
    corpora = _corpora(rows)
    least = corpora if details else _least(rows)
    title = "By corpus" if len(least) == len(corpora) else "Corpora of which least is copied"
    views.append(Report("transfer", title, _by_corpus(rows, least), across="measure"))
    for part in _LISTS if details else _BRIEF:
        listed = _of(rows, part)
        if listed:
            views.append(_list(listed, part))
    views += _model(rows)
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _of(rows: Rows, *parts: str) -> Rows:
    """Return the rows of some parts."""
    return [row for row in rows if row["part"] in parts]


def _corpora(rows: Rows) -> list[str]:
    """Return the names of the corpora."""
    return [name for name in dict.fromkeys(row["corpus"] for row in rows) if name not in ("", ALL)]


def _least(rows: Rows) -> list[str]:
    """Return the corpora to show: all if they are few, or else those of which least is copied."""
    names = _corpora(rows)
    copied = (row for row in rows if row["name"] == COPIED and row["measure"] == "share")
    shares = {row["corpus"]: row["value"] for row in copied}
    return names if len(names) <= _FEW else sorted(names, key=shares.__getitem__)[:_FEW]


def _kinds(rows: Rows) -> Rows:
    """Return ids and tokens of each kind; the composed ones by their old tokens."""
    corpora = _corpora(rows)
    whole = ALL if len(corpora) > 1 else corpora[0]
    told = {"": "share of ids", whole: "share of tokens"}
    values: dict[tuple[str, str, str], list[float]] = {}
    for row in _of(rows, "kind", "pieces"):
        if row["corpus"] in told and row["name"] != COMPOSED:
            measure = told[row["corpus"]] if row["measure"] == "share" else row["measure"]
            key = (_named(row["name"]), measure, row["unit"])
            values.setdefault(key, []).append(row["value"])
    order = {_named(name): place for place, name in enumerate(_ORDER)}
    return [
        _long("kind", kind, measure, fsum(own), unit)
        for (kind, measure, unit), own in sorted(values.items(), key=lambda one: order[one[0][0]])
    ]


def _long(key: str, name: str, measure: str, value: float, unit: str) -> dict[str, Any]:
    return {key: name, "measure": measure, "value": value, "unit": unit}


def _named(name: str) -> str:
    """Return what a row is called; many old tokens are one row."""
    if not name.isdecimal():
        return _NAMES[name]
    if int(name) >= _MANY:
        return f"composed of {_MANY} or more old tokens"
    return f"composed of {name} old token{'s'[: name != '1']}"


def _by_corpus(rows: Rows, names: list[str]) -> Rows:
    """Return the shares of each kind in each corpus, and its tokens under both."""
    shown = [
        row
        for row in _of(rows, "kind", "total")
        if row["part"] == "total" or row["measure"] == "share"
    ]
    return [
        _long("corpus", name, row["name"], row["value"], row["unit"])
        for name in names
        for row in shown
        if row["corpus"] == name
    ]


def _list(listed: Rows, part: str) -> Report:
    """Return a list of tokens."""
    title, columns = _LISTS[part]
    rows = [
        {"token": row["name"], "id": row["id"], "tokens": int(row["value"])}
        | {shown: row[column] for column, shown in columns.items()}
        for row in listed
    ]
    return Report("transfer", title, rows)


def _model(rows: Rows) -> Iterator[Report]:
    """Yield the tensors that were written anew, and what the configuration must say."""
    tensors = _of(rows, "tensor")
    if not tensors:
        return
    told = [
        {"tensor": row["name"], "before": row["old"], "rows now": int(row["value"])}
        for row in tensors
    ]
    yield Report("transfer", "Tensors written anew", told)
    config = _of(rows, "config")
    settings = [{"setting": row["name"], "value": f"{row['value']:.0f}"} for row in config]
    yield Report("transfer", "Set in config.json", settings)
