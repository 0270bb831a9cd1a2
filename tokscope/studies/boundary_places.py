"""Where can text be cut, and where do the tokens of a prefix stay?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from math import isnan, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.counted import ALL, Counted, require_countable, texts_of
from tokscope.counting.places import KINDS, Asked, Found, look
from tokscope.counting.signature import signed_text
from tokscope.counting.stable import LONGEST
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, UnitError
from tokscope.measures.ratios import ratio
from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report, Rows, grouped
from tokscope.studies.boundary_places_headline import NAMES, At, Told, headline
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.wording import many
from tokscope.workers import HERE, Workers

Counts = NDArray[np.int64]
_TITLE = "Places where a prefix keeps its tokens, and where a cut is safe"


class Row(NamedTuple):
    """A value of the report."""

    tokenizer: str
    corpus: str
    place: str  # its kind, or "all"
    measure: str
    value: float
    unit: str
    better: str


def boundary_places(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    lines: int | None = None,
    seed: int = 0,
    specials: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return where text can be cut without other tokens, by kind of place.

    A prefix is stable if its tokens begin those of the whole text. A cut is safe if the tokens of
    both sides, encoded each for itself, are those of the whole text.

    Args:
        tokenizers: given as to `compare`.
        corpora: text, given as to `compare`; the embedded sample if you leave it out.
        lines: how many lines are drawn from each corpus; all if you leave it out.
        seed: for the lines that are drawn.
        specials: take special tokens in text as such.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: tokenizer, corpus, place (a kind, or all), measure (places, prefix_stable, cut_safe,
    given_up_mean, given_up_99, given_up_max), value, unit, better.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used.
    """
    if lines is not None and lines < 1:
        raise TokscopeError(f"--lines {lines}: write how many lines of each corpus, from 1 up")
    if seed < 0:
        raise TokscopeError(f"--seed {seed}: a seed is a number from 0 up")
    texts = texts_of(corpora)
    require_countable(texts)
    used = load_all(tokenizers)
    looked = list(look(used, texts, Asked(specials, lines, seed), workers))
    parted, found, readings = zip(*looked, strict=True)
    names = [corpus.name for corpus in parted]
    text = signed_text(parted, readings, Counting(frozenset(), specials=specials))
    del text["words"]
    counted = Counted(used, parted, (), readings, False, text)
    drawn = {"lines": f"{lines}", "seed": f"{seed}"} if lines else {}
    together = [reduce(Found.joined, of_one) for of_one in zip(*found, strict=True)]
    rows = [row for name, own in zip(names, found, strict=True) for row in _rows(used, name, own)]
    rows += _rows(used, ALL, together) if len(names) > 1 else ()
    return Report(
        "boundary",
        _TITLE,
        [row._replace(value=float(row.value))._asdict() for row in rows],
        (*_left_out(used, together), *counted.doubts()),
        {**counted.provenance, **drawn},
        headline=headline(
            [_told(one, own) for one, own in zip(used, together, strict=True)],
            whole=not (lines or any(one.left_out for one in together)),
        ),
        details=(*_DETAILS, *counted.skips()),
        view=tables,
        plots=plots,
    )


_DETAILS = (
    "stable: the tokens of the text before the place begin those of the whole line; safe: with "
    "those of the text behind it, they are those of the whole line",
    "tokens given up: those of the text before the place that the whole line does not begin with; "
    "99 %: at 99 of 100 places there are no more",
    "places are between two characters; around line feeds, lines are looked at two by two",
    "inside unspaced: beside a letter of a script without spaces, such as Chinese",
)


def _rows(tokenizers: Sequence[Tokenizer], corpus: str, found: Sequence[Found]) -> Iterator[Row]:
    """Yield the values of a corpus."""
    for one, own in zip(tokenizers, found, strict=True):
        places = [*zip(KINDS, own.counts.T.tolist(), own.given_up, strict=True)]
        whole = (ALL, own.counts.sum(axis=1).tolist(), own.given_up.sum(axis=0))
        for place, (total, stable, safe), given_up in (*places, whole):
            if total or place == ALL:
                for value in _values(total, stable, safe, given_up):
                    yield Row(one.name, corpus, place, *value)


def _values(
    places: int, stable: int, safe: int, given_up: Counts
) -> Iterator[tuple[str, float, str, str]]:
    """Yield measures, values, units and directions; `given_up` counts places by tokens."""
    yield "places", places, "places", "neither"
    yield "prefix_stable", ratio(stable, places), "share", "higher"
    yield "cut_safe", ratio(safe, places), "share", "higher"
    tokens = int(given_up @ np.arange(len(given_up)))
    yield "given_up_mean", ratio(tokens, places), "tokens", "lower"
    yield "given_up_99", _most(given_up, 0.99), "tokens", "lower"
    yield "given_up_max", _most(given_up, 1), "tokens", "lower"


def _most(given_up: Counts, share: float) -> float:
    """Return how many tokens are given up at most, at a share of places."""
    total = np.cumsum(given_up)
    return float(np.searchsorted(total, share * total[-1])) if total[-1] else nan


def _told(tokenizer: Tokenizer, found: Found) -> Told:
    """Return what the headline is about."""
    places, stable, safe = found.counts.tolist()
    by_kind = zip(KINDS, places, stable, safe, strict=True)
    most = _most(found.given_up.sum(axis=0), 1)
    return Told(
        tokenizer.name, tuple(At(*one) for one in by_kind if one[1]), most, _adds(tokenizer)
    )


def _adds(tokenizer: Tokenizer) -> bool:
    """Tell whether a tokenizer puts a space before a text."""
    try:
        ids = tokenizer.encode(["a"]).ids
    except UnitError:
        return False
    return tokenizer.vocabulary.spell(ids).tobytes() == b" a"


def _left_out(tokenizers: Sequence[Tokenizer], found: Sequence[Found]) -> Iterator[str]:
    """Say how many places are not looked at."""
    for one, own in zip(tokenizers, found, strict=True):
        if own.left_out:
            yield (
                f"{one.name}: {many(own.left_out, 'place')} left out, in over {LONGEST:,} "
                "characters that do not fall apart by rule"
            )


# What people see

_SHOWN = {"prefix_stable": "stable", "cut_safe": "safe"}
_GIVEN_UP = {"given_up_mean": "mean", "given_up_99": "99 %", "given_up_max": "most"}


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the shares by kind of place, the tokens given up, and the shares by corpus."""
    corpora = grouped(report.rows, "corpus")
    whole = [*corpora.values()][-1]
    views = [
        Report("boundary", report.title, _shares(whole), headline=report.headline, across="of"),
        Report("boundary", "Tokens given up", _given_up(whole, by_place=details)),
    ]
    if len(corpora) > 1:
        by_corpus = [
            {name: row[name] for name in ("tokenizer", "corpus", "value", "unit", "better")}
            for row in report.rows
            if row["measure"] == "cut_safe" and row["place"] == ALL
        ]
        title = "Safe cuts by corpus: share of all places"
        views.append(Report("boundary", title, by_corpus, across="tokenizer"))
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def plots(report: Report) -> list[Plot]:
    """Return the share of safe cuts by kind of place, in all corpora together."""
    corpus = report.rows[-1]["corpus"]
    marks = tuple(
        Mark(NAMES[row["place"]], row["tokenizer"], row["value"])
        for row in report.rows
        if row["corpus"] == corpus and row["measure"] == "cut_safe" and row["place"] != ALL
    )
    return [Values("bars", "places", "Places where a cut is safe", "share", marks)] if marks else []


def _shares(rows: Rows) -> Rows:
    """Return shares by kind of place, with two columns for each tokenizer."""
    counts = grouped([row for row in rows if row["measure"] == "places"], "place")
    places = {place: int(max(row["value"] for row in own)) for place, own in counts.items()}
    return [
        {
            "of": f"{row['tokenizer']} {_SHOWN[row['measure']]}",
            "place": NAMES[row["place"]],
            "places": places[row["place"]],
            "value": row["value"],
            "unit": row["unit"],
            "better": "neither",
        }
        for row in rows
        if row["measure"] in _SHOWN
    ]


def _given_up(rows: Rows, *, by_place: bool) -> Rows:
    """Return the tokens given up by tokenizer, and by kind of place if asked."""
    shown = [
        row for row in rows if row["measure"] in _GIVEN_UP and (by_place or row["place"] == ALL)
    ]
    return [
        {"tokenizer": tokenizer}
        | ({"place": NAMES[place]} if by_place else {})
        | {
            _GIVEN_UP[row["measure"]]: row["value"]
            if row["measure"] == "given_up_mean" or isnan(row["value"])
            else int(row["value"])
            for row in own
        }
        for (tokenizer, place), own in grouped(shown, "tokenizer", "place").items()
    ]
