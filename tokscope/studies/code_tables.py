"""The tables about code that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tokscope.lexemes.counts import CATEGORY, DEPTH, GLUED, KIND
from tokscope.report import Report, Rows, grouped
from tokscope.studies.code_rows import MEASURE

# measure -> the heading of its column
_FIRST = {
    "tokens_per_line": "per line",
    "identifiers_one_token": "one token",
    "tokens_per_identifier": "per name",
    "identifiers_glued": "glued",
    "tokens_over_lexemes": "several",
    "indentation": "indent",
}
_WORDS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "by_chance": "by chance",
    "kappa": "kappa",
}
_MORE = {
    "names_one_token": "names in one token",
    "tokens_per_indentation": "tokens/indented line",
}
Row = Mapping[str, Any]
_KINDS = 8  # kinds of tokens that are shown for each language
_LEXEMES = {
    "lexemes": "lexemes",
    "one_token": "one token",
    "clean": "clean",
}
_LEGEND = (
    "per line, per name: tokens of a line and of an identifier; one token, glued: identifiers in "
    "one token, and in a token that holds something else too; several: tokens over parts of two "
    "lexemes or more; indent: tokens that are indentation"
)


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: tokens and identifiers, and the words in these.

    `details` adds lexemes by category, kinds of tokens over several, glued tokens and depths.
    """
    rows = report.rows
    first = _measures(rows, _FIRST, "Tokens and lexemes")
    views = [replace(first, headline=report.headline, notes=(_LEGEND,))]
    views.append(_measures(rows, _WORDS, "Words in identifiers, against cuts"))
    if details:
        views += [view for view in _details(rows) if view.rows]
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _measures(rows: Rows, names: Mapping[str, str], title: str) -> Report:
    own = [row for row in rows if row["part"] == MEASURE and row["measure"] in names]
    shown = [_long(row, names[row["measure"]], row["value"], row["unit"]) for row in own]
    return Report("code", title, shown, across="measure")


def _long(
    row: Row, measure: str, value: float, unit: str, key: Mapping[str, str] = MappingProxyType({})
) -> Row:
    """Return a row of a long table, with the key that it has beside those of all tables."""
    names = {"language": row["corpus"], "tokenizer": row["tokenizer"], **key}
    return {**names, "measure": measure, "value": value, "unit": unit}


def _details(rows: Rows) -> Iterator[Report]:
    yield _measures(rows, _MORE, "Names and indentation")
    parts = grouped(rows, "part")
    lexemes = _lexemes(parts.get(CATEGORY, ()))
    yield Report("code", "Lexemes by category", lexemes, across="measure")
    kinds = grouped(parts.get(KIND, ()), "corpus", "tokenizer").values()
    first = [row for own in kinds for row in own[:_KINDS]]
    yield Report("code", "Tokens over several lexemes", _listed(first, "lexemes"))
    glued = parts.get(GLUED, ())
    yield Report("code", "Tokens that glue identifiers", _listed(glued, "token"))
    depths = [
        _long(row, row["measure"], row["value"], "tokens", {"depth": row["name"]})
        for row in parts.get(DEPTH, ())
    ]
    yield Report("code", "Indentation by depth in bytes", depths, across="measure")


def _lexemes(rows: Rows) -> Rows:
    """Return how many lexemes each category has, and shares of them."""
    counted = [row for row in rows if row["measure"] in _LEXEMES]
    return [
        _long(
            row,
            _LEXEMES[row["measure"]],
            row["value"] if row is lexemes else row["value"] / lexemes["value"],
            "tokens" if row is lexemes else "share",
            {"category": row["name"]},
        )
        for lexemes, *others in grouped(counted, "corpus", "tokenizer", "name").values()
        for row in (lexemes, *others)
    ]


def _listed(rows: Rows, name: str) -> Rows:
    """Return tokens, or kinds of them, with how many there are."""
    return [
        {
            "language": row["corpus"],
            "tokenizer": row["tokenizer"],
            name: row["name"],
            "tokens": int(row["value"]),
        }
        for row in rows
    ]
