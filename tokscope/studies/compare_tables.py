"""The tables of a comparison for people: parts of the long frame, a column for each tokenizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import ALL
from tokscope.report import Report
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
    corpora = report.frame.loc[report.frame["corpus"] != ALL]
    each = list(dict.fromkeys(corpora["measure"]))
    shown = (
        each if details or by == "language" else [m for m in each if m in (named or _BY_DEFAULT)]
    )
    shown += [m for m in each if m == COST and m not in shown]
    if by == "tokenizer" or (not by and len(standing.corpora) < 2):
        shown = []
    marked = replace(report, frame=_ranked(report.frame, standing))
    views = _by_corpus(marked, standing, shown, sort, whole=by == "language")
    if by != "language" or not views:
        views += [view for view in [_summary(marked, standing)] if len(view.frame)]
    if "verdict" in report.frame and (report.frame["verdict"] != "").any():
        views.append(_differences(report))
    notes = (*report.notes, *(report.details if details else ()))
    views[0] = replace(views[0], headline=report.headline)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _ranked(frame: pd.DataFrame, standing: Standings) -> pd.DataFrame:
    """Leave directions only where a value can be the best; `doubt` is where text was not read."""
    baselines = [n for n, base in zip(standing.tokenizers, standing.baseline, strict=True) if base]
    unread = {
        (name, corpus)
        for c, corpus in enumerate(standing.corpora)
        for k, name in enumerate(standing.tokenizers)
        if standing.unread[c, k]
    }
    pairs = zip(frame["tokenizer"], frame["corpus"], strict=True)
    doubt = pd.Series([pair in unread for pair in pairs], index=frame.index, dtype=bool)
    measures = frame["measure"].unique()
    without = [m for m in measures if unranked(m, standing.sizes)]
    hidden = doubt | frame["tokenizer"].isin(baselines) | frame["measure"].isin(without)
    better = frame["better"].where(~hidden, "neither")
    return frame.assign(better=better, doubt=doubt & (frame["measure"] != "unknown_rate"))


def _by_corpus(
    report: Report, standing: Standings, shown: Sequence[str], sort: str, *, whole: bool
) -> list[Report]:
    """Return a table for each measure; of one tokenizer, tokens and premiums share a table."""
    if len(standing.tokenizers) == 1 and not whole:
        return [_of_one(report, shown, sort)] if shown else []
    return [
        _relative(report, standing, sort)
        if measure == "tokens" and len(standing.tokenizers) > 1
        else _of_measure(report, standing, measure, sort)
        for measure in shown
    ]


def _of_measure(report: Report, standing: Standings, measure: str, sort: str) -> Report:
    """Return the values of one measure, one row for each corpus.

    `sort` is "name", or a tokenizer; its worst corpora come first.
    """
    part = report.frame
    part = part[(part["measure"] == measure) & (part["corpus"] != ALL)]
    part = _order(part, sort) if sort else part
    unit, better = part["unit"].iloc[0], MEASURES[measure].better if measure != COST else "lower"
    if measure == "premium":
        unit = f"tokens / tokens of {standing.corpora[standing.first]}"
    ranks = better != "neither" and not unranked(measure, standing.sizes)
    told = [unit if unit != "currency" else "", f"{better} is better" if ranks else ""]
    title = f"{measure} by corpus ({', '.join(filter(None, told))})"
    return _view(report, title, part.drop(columns="measure"))


def _of_one(report: Report, shown: Sequence[str], sort: str) -> Report:
    """Return the measures of one tokenizer side by side, one row for each corpus."""
    part = report.frame[report.frame["measure"].isin(shown) & (report.frame["corpus"] != ALL)]
    part = _order(part, sort) if sort else part
    part = part.assign(better="neither", doubt=part["doubt"] & (part["measure"] == "premium"))
    title = f"{part['tokenizer'].iloc[0]} by corpus"
    part = part.drop(columns="tokenizer")
    return replace(_view(report, title, part), across="measure")


def _relative(report: Report, standing: Standings, sort: str) -> Report:
    """Return tokens relative to the tokenizer with the fewest, by corpus."""
    rows = []
    for c, corpus in enumerate(standing.corpora):
        base = standing.cheapest(c)
        fewest = math.nan if base is None else float(standing.tokens[c, base])
        for k, name in enumerate(standing.tokenizers):
            value, *ends = standing.relative(c, k, base)
            low, high = (math.nan, math.nan) if k == base else ends
            better = "lower" if standing.ranks(c, k) else "neither"
            doubt = bool(standing.unread[c, k])
            rows.append((corpus, fewest, name, value, low, high, "times", better, doubt))
    columns = ["corpus", "fewest", "tokenizer", "value", "low", "high", "unit", "better", "doubt"]
    part = pd.DataFrame(rows, columns=columns).astype({"fewest": "Int64"})
    whole, each = part[part["corpus"] == ALL], part[part["corpus"] != ALL]
    part = pd.concat((whole, _order(each, sort) if sort else each), ignore_index=True)
    title = "Tokens by corpus, relative to the fewest"
    title += " (baselines aside)" if any(standing.baseline) and not all(standing.baseline) else ""
    return _view(report, title, part)


def _order(part: pd.DataFrame, sort: str) -> pd.DataFrame:
    if sort == "name":
        return part.sort_values("corpus", kind="stable")
    own = part[part["tokenizer"] == sort]
    own = own[own["measure"] == own["measure"].iloc[-1]] if "measure" in own else own
    better = own["better"] if "measure" not in own else own["measure"].map(_direction)
    falling = better.iloc[0] != "higher"
    worst = own.sort_values("value", ascending=not falling, kind="stable")["corpus"]
    place = {corpus: i for i, corpus in enumerate(worst)}
    return part.sort_values("corpus", key=lambda names: names.map(place), kind="stable")


def _direction(measure: str) -> str:
    return MEASURES[measure].better if measure in MEASURES else "lower"


def _summary(report: Report, standing: Standings) -> Report:
    """Return the values of all corpora together, one row for each measure."""
    whole, several = standing.corpora[-1], len(standing.corpora) - 1
    part = report.frame[report.frame["corpus"].isin((whole, ALL))]
    part = part[part["measure"] != "premium"].drop(columns="corpus")
    return _view(report, f"{several} corpora together" if several else f"Corpus {whole}", part)


def _differences(report: Report) -> Report:
    """Return how the other tokenizers differ from the first, all corpora together."""
    frame = report.frame
    whole = ALL if ALL in set(frame["corpus"]) else frame["corpus"].iloc[0]
    first = frame["tokenizer"].iloc[0]
    part = frame[(frame["corpus"] == whole) & (frame["verdict"] != "")]
    names = {"difference": "value", "difference_low": "low", "difference_high": "high"}
    part = part[["measure", "tokenizer", *names, "unit", "verdict"]].rename(columns=names)
    order = {name: i for i, name in enumerate(MEASURES)}
    part = part.sort_values("measure", key=lambda names: names.map(order), kind="stable")
    return Report(report.command, f"Difference from {first}, with intervals", part)


def _view(report: Report, title: str, part: pd.DataFrame) -> Report:
    return Report(report.command, title, part, across="tokenizer")
