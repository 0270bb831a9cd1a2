"""Which tokenizer treats which language how well?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from tokscope.catalog import DEFAULT, MEASURES, Measure, has_words
from tokscope.errors import TokscopeError, choose
from tokscope.report import Report
from tokscope.studies.counted import ALL, Counted, count, embedded
from tokscope.tally import Counting, Tally
from tokscope.text.corpus import Corpus, units_at
from tokscope.text.words import WORDS

COST = "cost"
COLUMNS = ["tokenizer", "corpus", "measure", "value", "low", "high", "unit", "better"]
Row = tuple[str, str, str, float, float, float, str, str]


def choose_measures(names: Sequence[str]) -> list[str]:
    """Return the names of known measures, in order and once each; "all" is all of them."""
    if not names:
        return list(DEFAULT)
    for name in names:
        if name != ALL:
            choose(MEASURES, name, "measure")
    return list(MEASURES) if ALL in names else list(dict.fromkeys(names))


def compare(
    tokenizers: Sequence[str],
    corpora: Sequence[Corpus] | None = None,
    *,
    measures: Sequence[str] = (),
    reference: str = "",
    words: str = "unicode",
    prices: Mapping[str, float] | None = None,
    specials: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Measure tokenizers on corpora, all in one pass over the text.

    Args:
        tokenizers: `[LABEL=]KIND:PLACE` or bare words, as on the command line.
        corpora: from `read_corpora`; the embedded sample where none are given.
        measures: names of the catalog; "all" for all; a default set where none are given.
        reference: the corpus that premiums are relative to; "en" or the first one by default.
        words: the rule that cuts words, "unicode" or "whitespace".
        prices: per million tokens, by the name of a tokenizer.
        specials: find special tokens in text instead of taking them for text.
        advance: called with the number of bytes of every piece of text that is done.

    Returns:
        One row for every tokenizer, corpus and measure, and for the corpora together ("all"):
        tokenizer, corpus, measure, value, low, high, unit, better. Undefined values are NaN.

    Raises:
        TokscopeError: what a user can mend, in one line.
    """
    chosen = choose_measures(measures)
    choose(WORDS, words, "word rule")
    corpora = embedded() if corpora is None else corpora
    columns = frozenset.union(*(MEASURES[name].columns for name in chosen))
    always = {"units", "bytes", "tokens"} if prices else {"units", "bytes"}
    counting = Counting(columns | always, words, specials)
    counted = count(tokenizers, corpora, counting, advance=advance)
    first = _reference(counted, reference)
    usable = [name for name in chosen if counted.parallel or MEASURES[name].over == "corpus"]
    rows = [row for name in usable for row in _rows(name, MEASURES[name], counted, first)]
    rows += _costs(counted, prices or {})
    frame = pd.DataFrame(_sorted(rows, counted), columns=COLUMNS).astype({"value": float})
    notes = (*_notes(chosen, usable, counted, first), *counted.notes())
    title = "Tokenizers compared"
    signature = counted.signature
    if counted.parallel:
        signature += f"|reference:{counted.corpora[first].name}"
    return Report("compare", title, frame, notes, signature, across="tokenizer")


def _reference(counted: Counted, name: str) -> int:
    places = {corpus.name: i for i, corpus in enumerate(counted.corpora)}
    return choose(places, name, "reference corpus") if name else places.get("en", 0)


def _row(counted: Counted, k: int, corpus: str, name: str, value: float) -> Row:
    measure = MEASURES[name]
    tokenizer = counted.tokenizers[k].name
    return tokenizer, corpus, name, value, math.nan, math.nan, measure.unit, measure.better


def _rows(name: str, measure: Measure, counted: Counted, first: int) -> list[Row]:
    """Return the values of one measure: by corpus, and for all corpora together."""
    rows = []
    for k in range(len(counted.tokenizers)):
        tallies = [row[k] for row in counted.tallies]
        if measure.over == "corpora":
            ordered = [tallies[first], *tallies[:first], *tallies[first + 1 :]]
            rows.append(_row(counted, k, ALL, name, measure.compute(ordered)))
            continue
        reference = [tallies[first]] if measure.over == "reference" else []
        values = [measure.compute([tally, *reference]) for tally in tallies]
        for corpus, value in zip(counted.corpora, values, strict=True):
            rows.append(_row(counted, k, corpus.name, name, value))
        if measure.over == "corpus" and len(tallies) > 1:
            rows.append(_row(counted, k, ALL, name, _pooled(measure, tallies, values)))
    return rows


def _pooled(measure: Measure, tallies: Sequence[Tally], values: Sequence[float]) -> float:
    """Return the value of all corpora together that have one: a ratio of their sums."""
    defined = [tally for tally, value in zip(tallies, values, strict=True) if not math.isnan(value)]
    return measure.compute([reduce(Tally.__add__, defined)]) if defined else math.nan


def _costs(counted: Counted, prices: Mapping[str, float]) -> list[Row]:
    """Return what each corpus costs as input at a price per million tokens."""
    places = {tokenizer.name: k for k, tokenizer in enumerate(counted.tokenizers)}
    rows: list[Row] = []
    for label, price in prices.items():
        k = choose(places, label, "tokenizer in --price")
        if not (price >= 0 and math.isfinite(price)):
            raise TokscopeError(f"--price {label}={price}: a price is a number from 0 up")
        costs = [row[k].total("tokens") * price / 1e6 for row in counted.tallies]
        names = [corpus.name for corpus in counted.corpora]
        totals = zip([*names, ALL], [*costs, sum(costs)], strict=True)
        shown = totals if len(names) > 1 else zip(names, costs, strict=True)
        rows += [
            (label, name, COST, cost, math.nan, math.nan, "currency", "lower")
            for name, cost in shown
        ]
    return rows


def _sorted(rows: list[Row], counted: Counted) -> list[Row]:
    """Order rows by tokenizer, corpus and measure, each as given."""
    tokenizers = {tokenizer.name: i for i, tokenizer in enumerate(counted.tokenizers)}
    corpora = {name: i for i, name in enumerate((*(c.name for c in counted.corpora), ALL))}
    return sorted(rows, key=lambda row: (tokenizers[row[0]], corpora[row[1]]))


def _notes(chosen: Sequence[str], usable: Sequence[str], counted: Counted, first: int) -> list[str]:
    notes = []
    left_out = [name for name in chosen if name not in usable]
    if left_out:
        notes.append(
            f"left out, because they compare like with like: {', '.join(left_out)}; "
            "add --parallel if line i says the same in every corpus"
        )
    if any(MEASURES[name].over != "corpus" for name in usable):
        notes.append(f"premiums are relative to {counted.corpora[first].name}")
    by_words = [name for name in usable if "words" in MEASURES[name].columns]
    if by_words:
        unspaced = [
            corpus.name
            for corpus, row in zip(counted.corpora, counted.tallies, strict=True)
            if not has_words(row[0])
        ]
        if unspaced:
            notes.append(
                f"no {' and '.join(by_words)} for {', '.join(unspaced)}: written without spaces, "
                "words would need a dictionary; left out of all"
            )
    return notes


# The tables for people: parts of the long frame, side by side by tokenizer


def summary(report: Report) -> Report:
    """Return the values of all corpora together, one row a measure."""
    frame = report.frame
    whole = ALL if ALL in set(frame["corpus"]) else frame["corpus"].iloc[0]
    part = frame[(frame["corpus"] == whole) & (frame["measure"] != "premium")]
    corpora = len(set(frame["corpus"]) - {ALL})
    title = f"{corpora} corpora together" if corpora > 1 else f"Corpus {whole}"
    return replace(report, title=title, frame=part.drop(columns="corpus"), notes=(), signature="")


def by_corpus(report: Report, measure: str, sort: str = "") -> Report:
    """Return the values of one measure, one row a corpus.

    `sort` is "name", or a tokenizer whose worst corpora then come first.
    """
    frame = report.frame
    part = frame[(frame["measure"] == measure) & (frame["corpus"] != ALL)]
    if sort:
        part = _order(part, sort)
    unit, better = part["unit"].iloc[0], part["better"].iloc[0]
    direction = "" if better == "neither" else f", {better} is better"
    title = f"{measure} by corpus ({unit}{direction})"
    part = part.drop(columns="measure")
    return replace(report, title=title, frame=part, notes=_worst(part), signature="")


def _order(part: pd.DataFrame, sort: str) -> pd.DataFrame:
    keys: dict[str, Any] = {name: name for name in part["tokenizer"].unique()}
    if sort == "name":
        return part.sort_values("corpus", kind="stable")
    own = part[part["tokenizer"] == choose(keys | {"name": ""}, sort, "column to sort by")]
    falling = own["better"].iloc[0] != "higher"
    ordered = own.sort_values("value", ascending=not falling, kind="stable")["corpus"]
    place = {corpus: i for i, corpus in enumerate(ordered)}
    return part.sort_values("corpus", key=lambda names: names.map(place), kind="stable")


def _worst(part: pd.DataFrame) -> tuple[str, ...]:
    """Name the three corpora that fare worst under each tokenizer."""
    better = part["better"].iloc[0]
    if better == "neither" or part["corpus"].nunique() < 4:
        return ()
    notes = []
    for name, own in part.groupby("tokenizer", sort=False):
        badness = own["value"] if better != "higher" else -own["value"]
        worst = own.assign(badness=badness).nlargest(3, "badness")
        named = ", ".join(f"{row.corpus} {row.value:.2f}" for row in worst.itertuples())
        notes.append(f"worst under {name}: {named}")
    return tuple(notes)


def tables(report: Report, by: str = "", sort: str = "") -> list[Report]:
    """Return what people read: a summary, then one table by corpus.

    `by` is "tokenizer" for the summary alone, "language" for a table by corpus of every measure.
    """
    frame = report.frame
    corpora = frame.loc[frame["corpus"] != ALL]
    per_corpus = list(dict.fromkeys(corpora["measure"]))
    choose({"": 0, "tokenizer": 0, "language": 0}, by, "way to look --by")
    headline = next((m for m in ("premium", "bytes_per_token") if m in per_corpus), "")
    shown = [m for m in (headline or (per_corpus or [""])[0], COST) if m in per_corpus]
    if by == "tokenizer" or (not by and corpora["corpus"].nunique() < 2):
        shown = []
    elif by == "language":
        shown = per_corpus
    views = [] if by == "language" else [summary(report)]
    views = [view for view in views if len(view.frame)]
    views += [by_corpus(report, measure, sort) for measure in shown]
    last = views[-1]
    views[-1] = replace(last, notes=(*last.notes, *report.notes), signature=report.signature)
    return views


def worst_lines(
    tokenizers: Sequence[str],
    corpora: Sequence[Corpus] | None = None,
    *,
    top: int = 10,
    reference: str = "",
    specials: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Return the units of parallel text with the largest premium, `top` for each tokenizer.

    Columns: tokenizer, corpus, line (from 1), value (the premium), unit, tokens,
    reference_tokens, text.

    Raises:
        TokscopeError: the corpora are not parallel, or cannot be used.
    """
    corpora = embedded() if corpora is None else corpora
    counting = Counting(frozenset(("units", "bytes", "tokens")), specials=specials)
    counted = count(tokenizers, corpora, counting, advance=advance)
    if not counted.parallel:
        raise TokscopeError("--lines compares lines with their translations; add --parallel")
    first = _reference(counted, reference)
    frame = pd.concat([_worst_of(counted, k, first, top) for k in range(len(tokenizers))])
    name = counted.corpora[first].name
    notes = (f"premiums are relative to {name}", *counted.notes())
    signature = f"{counted.signature}|reference:{name}"
    return Report("compare", "Lines with the largest premium", frame, notes, signature)


def _worst_of(counted: Counted, k: int, first: int, top: int) -> pd.DataFrame:
    tokens = np.stack([row[k]["tokens"] for row in counted.tallies])  # (corpora, units)
    base = tokens[first]
    premiums = np.where(base > 0, tokens / np.maximum(base, 1), -np.inf)
    premiums[first] = -np.inf
    order = np.argsort(-premiums, axis=None, kind="stable")[:top]
    places = [divmod(int(at), len(base)) for at in order if np.isfinite(premiums.flat[at])]
    texts: dict[tuple[int, int], str] = {}
    for c in {corpus for corpus, _ in places}:
        lines = [line for corpus, line in places if corpus == c]
        found = units_at(counted.corpora[c], lines)
        texts |= {(c, line): text for line, text in found.items()}
    rows = {
        "tokenizer": [counted.tokenizers[k].name for _ in places],
        "corpus": [counted.corpora[c].name for c, _ in places],
        "line": [line + 1 for _, line in places],
        "value": [float(premiums[place]) for place in places],
        "unit": ["ratio" for _ in places],
        "tokens": [int(tokens[place]) for place in places],
        "reference_tokens": [int(base[line]) for _, line in places],
        "text": [texts[place] for place in places],
    }
    return pd.DataFrame(rows)
