"""The tables of a comparison for people: parts of the long table, a column for each tokenizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import ALL
from tokscope.report import Report, Rows
from tokscope.studies import compare_references as references
from tokscope.studies.compare_headline import unranked
from tokscope.studies.compare_rows import COST
from tokscope.studies.compare_standings import Standings

_BY_DEFAULT = ("tokens", "premium", COST)  # the measures that are shown by corpus


def tables(
    report: Report,
    standing: Standings,
    *,
    by: str = "",
    sort: str = "",
    named: Sequence[str] = (),
    details: bool = False,
) -> list[Report]:
    """Return the tables that people read: tokens by corpus, premiums, then all measures.

    `by` is "tokenizer" for the measures of all corpora together, "language" for a table by corpus
    of every measure. `named` are the measures that were asked for: each gets a table by corpus.
    """
    table, lines = references.apart(_ranked(report.rows, standing), standing)
    each = list(dict.fromkeys(row["measure"] for row in table if row["corpus"] != ALL))
    shown = (
        each if details or by == "language" else [m for m in each if m in (named or _BY_DEFAULT)]
    )
    shown += [m for m in each if m == COST and m not in shown]
    if by == "tokenizer" or (not by and len(standing.corpora) < 2):
        shown = []
    views = _by_corpus(table, standing, shown, sort, whole=by == "language")
    if by != "language" or not views:
        views += [view for view in [_summary(table, standing)] if view.rows]
    views += references.table(lines, standing, whole=by == "tokenizer")
    if any(row.get("verdict") for row in table):
        views.append(_differences(table))
    notes = (*report.notes, *(report.details if details else ()))
    views[0] = replace(views[0], headline=report.headline)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _ranked(rows: Rows, standing: Standings) -> Rows:
    """Leave directions only where a value can be the best; `doubt` is where text was not read."""
    baselines = [n for n, base in zip(standing.tokenizers, standing.baseline, strict=True) if base]
    unread = {
        (name, corpus)
        for c, corpus in enumerate(standing.corpora)
        for k, name in enumerate(standing.tokenizers)
        if standing.unread[c, k]
    }
    without = {row["measure"] for row in rows}
    without = {measure for measure in without if unranked(measure, standing.sizes)}
    ranked = []
    for row in rows:
        doubt = (row["tokenizer"], row["corpus"]) in unread
        hidden = doubt or row["tokenizer"] in baselines or row["measure"] in without
        better = "neither" if hidden else row["better"]
        doubt = doubt and row["measure"] != "unknown_rate"
        ranked.append({**row, "better": better, "doubt": doubt})
    return ranked


def _by_corpus(
    table: Rows, standing: Standings, shown: Sequence[str], sort: str, *, whole: bool
) -> list[Report]:
    """Return a table for each measure; of one tokenizer, tokens and premiums share a table."""
    if len(standing.tokenizers) == 1 and not whole:
        return [_of_one(table, shown, sort)] if shown else []
    return [
        _relative(standing, sort)
        if measure == "tokens" and len(standing.tokenizers) > 1
        else _of_measure(table, standing, measure, sort)
        for measure in shown
    ]


def _of_measure(table: Rows, standing: Standings, measure: str, sort: str) -> Report:
    """Return the values of one measure, one row for each corpus.

    `sort` is "name", or a tokenizer; its worst corpora come first.
    """
    part = [row for row in table if row["measure"] == measure and row["corpus"] != ALL]
    unit, better = part[0]["unit"], _direction(measure)
    if measure == "premium":
        unit = f"tokens / tokens of {standing.corpora[standing.first]}"
    ranks = better != "neither" and not unranked(measure, standing.sizes)
    units = {"currency": "in the currency of the prices", measure: ""}
    told = [units.get(unit, unit), f"{better} is better" if ranks else ""]
    title = f"{measure} by corpus ({', '.join(filter(None, told))})"
    return _view(title, _without("measure", _ordered(part, sort)))


def _of_one(table: Rows, shown: Sequence[str], sort: str) -> Report:
    """Return the measures of one tokenizer side by side, one row for each corpus."""
    part = [row for row in table if row["measure"] in shown and row["corpus"] != ALL]
    title = f"{part[0]['tokenizer']} by corpus"
    part = [
        {**row, "better": "neither", "doubt": row["doubt"] and row["measure"] == "premium"}
        for row in _ordered(part, sort)
    ]
    return replace(_view(title, _without("tokenizer", part)), across="measure")


def _relative(standing: Standings, sort: str) -> Report:
    """Return tokens relative to the tokenizer with the fewest, by corpus."""
    columns = ["corpus", "fewest", "tokenizer", "value", "low", "high", "unit", "better", "doubt"]
    part = []
    for c, corpus in enumerate(standing.corpora):
        base = standing.cheapest(c)
        fewest = None if base is None else int(standing.tokens[c, base])
        for k, name in enumerate(standing.tokenizers):
            value, *ends = standing.relative(c, k, base)
            low, high = (math.nan, math.nan) if k == base else ends
            better = "lower" if standing.ranks(c, k) else "neither"
            doubt = bool(standing.unread[c, k])
            row = (corpus, fewest, name, value, low, high, "times", better, doubt)
            part.append(dict(zip(columns, row, strict=True)))
    whole = [row for row in part if row["corpus"] == ALL]
    each = [row for row in part if row["corpus"] != ALL]
    title = "Tokens by corpus, relative to the fewest"
    title += " (baselines aside)" if any(standing.baseline) and not all(standing.baseline) else ""
    return _view(title, [*whole, *_ordered(each, sort)])


def _ordered(rows: Rows, sort: str) -> Rows:
    """Return rows by the names of corpora, or by the values of a tokenizer, the worst first."""
    if not sort:
        return rows
    if sort == "name":
        return sorted(rows, key=lambda row: str(row["corpus"]))
    own = [row for row in rows if row["tokenizer"] == sort]
    own = [row for row in own if row.get("measure") == own[-1].get("measure")]
    better = _direction(own[0]["measure"]) if "measure" in own[0] else own[0]["better"]
    sign = 1 if better == "higher" else -1
    known = sorted(
        (row for row in own if not math.isnan(row["value"])), key=lambda row: sign * row["value"]
    )
    place = {row["corpus"]: i for i, row in enumerate(known)}
    return sorted(rows, key=lambda row: place.get(row["corpus"], len(place)))


def _direction(measure: str) -> str:
    return MEASURES[measure].better if measure in MEASURES else "lower"


def _summary(table: Rows, standing: Standings) -> Report:
    """Return the values of all corpora together, one row for each measure."""
    whole, several = standing.corpora[-1], len(standing.corpora) - 1
    part = [row for row in table if row["corpus"] in (whole, ALL) and row["measure"] != "premium"]
    title = f"{several} corpora together" if several else f"Corpus {whole}"
    return _view(title, _without("corpus", part))


def _differences(table: Rows) -> Report:
    """Return how the other tokenizers differ from the first, all corpora together."""
    whole = ALL if any(row["corpus"] == ALL for row in table) else table[0]["corpus"]
    names = {"difference": "value", "difference_low": "low", "difference_high": "high"}
    columns = ["measure", "tokenizer", *names, "unit", "verdict"]
    part = [
        {names.get(name, name): row[name] for name in columns}
        for row in table
        if row["corpus"] == whole and row["verdict"]
    ]
    place = {name: i for i, name in enumerate(MEASURES)}
    part.sort(key=lambda row: place.get(row["measure"], len(place)))
    return Report("compare", f"Difference from {table[0]['tokenizer']}, with intervals", part)


def _without(column: str, rows: Rows) -> Rows:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def _view(title: str, table: Rows) -> Report:
    return Report("compare", title, table, across="tokenizer")
