"""The tables about code that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from tokscope.lexemes.counts import CATEGORY, DEPTH, GLUED, KIND
from tokscope.report import Report
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
_LONG = ["measure", "value", "unit"]
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
    frame = report.frame
    first = _measures(frame, _FIRST, "Tokens and lexemes")
    views = [replace(first, headline=report.headline, notes=(_LEGEND,))]
    views.append(_measures(frame, _WORDS, "Words in identifiers, against cuts"))
    if details:
        views += [view for view in _details(frame) if len(view.frame)]
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _measures(frame: pd.DataFrame, names: Mapping[str, str], title: str) -> Report:
    own = frame[(frame["part"] == MEASURE) & frame["measure"].isin(list(names))]
    own = own.assign(measure=own["measure"].map(names), language=own["corpus"])
    shown = own[["language", "tokenizer", *_LONG]]
    return Report("code", title, shown, across="measure")


def _details(frame: pd.DataFrame) -> Iterator[Report]:
    yield _measures(frame, _MORE, "Names and indentation")
    own = frame.assign(language=frame["corpus"])
    yield Report("code", "Lexemes by category", _lexemes(own), across="measure")
    by = ["language", "tokenizer"]
    kinds = own[own["part"] == KIND].groupby(by, sort=False).head(_KINDS)
    yield Report("code", "Tokens over several lexemes", _listed(kinds, "lexemes"))
    glued = own[own["part"] == GLUED]
    yield Report("code", "Tokens that glue identifiers", _listed(glued, "token"))
    depths = own[own["part"] == DEPTH].rename(columns={"name": "depth"}).assign(unit="tokens")
    shown = depths[["language", "tokenizer", "depth", *_LONG]]
    yield Report("code", "Indentation by depth in bytes", shown, across="measure")


def _lexemes(own: pd.DataFrame) -> pd.DataFrame:
    """Return how many lexemes each category has, and shares of them."""
    by = ["language", "tokenizer", "category"]
    lexemes = own[(own["part"] == CATEGORY) & own["measure"].isin(list(_LEXEMES))]
    lexemes = lexemes.rename(columns={"name": "category"})
    whole = lexemes.groupby(by, sort=False)["value"].transform("first")
    counted = lexemes["measure"] == "lexemes"
    shares = (lexemes["value"] / whole).where(~counted, lexemes["value"])
    units = counted.map({True: "tokens", False: "share"})
    named = lexemes["measure"].map(_LEXEMES)
    return lexemes.assign(value=shares, unit=units, measure=named)[[*by, *_LONG]]


def _listed(own: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return tokens, or kinds of them, with how many there are."""
    listed = own[["language", "tokenizer", "name"]].rename(columns={"name": name})
    return listed.assign(tokens=own["value"].astype(int))
