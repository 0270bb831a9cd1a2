"""How well does each tokenizer treat each language?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.counted import (
    ALL,
    Counted,
    are_parallel,
    count,
    reference_of,
    require_countable,
    require_resamples,
    texts_of,
)
from tokscope.counting.resampled import resampled
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose
from tokscope.given import words
from tokscope.measures.uncertainty import intervals_of
from tokscope.provenance import Provenance
from tokscope.report import Report
from tokscope.studies.compare_plots import plots
from tokscope.studies.compare_rows import COST, Row, costs, in_order, rows
from tokscope.text.corpus import Corpus
from tokscope.text.given import Corpora
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.workers import HERE, Workers

COLUMNS = list(Row._fields)


@dataclass(frozen=True)
class Asked:
    """What is asked of a comparison; `compare` says what each means."""

    measures: Sequence[str] = ()
    reference: str = ""
    word_rule: str = "unicode"
    prices: Mapping[str, float] = field(default_factory=dict)
    by: str = ""
    sort: str = ""
    specials: bool = False
    bootstrap: int = 0
    seed: int = 0


def choose_measures(names: Sequence[str]) -> list[str]:
    """Return the names of known measures, in order, each once; "all" means all of them."""
    if not names:
        return list(DEFAULT)
    for name in names:
        if name != ALL:
            choose(MEASURES, name, "measure")
    return list(MEASURES) if ALL in names else list(dict.fromkeys(names))


def compare(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    measures: str | Sequence[str] = (),
    reference: str = "",
    word_rule: str = "unicode",
    prices: Mapping[str, float] | None = None,
    by: str = "",
    sort: str = "",
    specials: bool = False,
    parallel: bool = False,
    bootstrap: int = 0,
    seed: int = 0,
    workers: Workers = HERE,
) -> Report:
    """Measure tokenizers on corpora, all in one pass over the text.

    Args:
        tokenizers: a word as on the command line, such as "sample:bpe"; a path; a tokenizer that
            `load` returned; a `tokenizers.Tokenizer`, `tiktoken.Encoding` or
            `SentencePieceProcessor` of yours; a list of them, or a mapping of names to them.
        corpora: a path; a list of paths; a mapping of names to paths, or to lists of strings; or
            what `read_corpora` returned. The embedded sample if you leave it out.
        measures: names of the catalog; "all" for all; a default set where none are given.
        reference: the corpus that premiums are relative to; "en" or the first one by default.
        word_rule: the rule that cuts words, "unicode", "whitespace" or "icu" (an extra).
        prices: per million tokens, by the name of a tokenizer.
        by: as `tables` is going to be asked, so that it is refused before any text is read.
        sort: likewise.
        specials: find special tokens in text instead of taking them for text.
        parallel: line i says the same in every corpus.
        bootstrap: how many resamples of units give 95 % intervals, and paired differences from
            the first tokenizer; 0 for none. Frequency measures have none.
        seed: of the resamples.
        workers: who works, from `tokscope.workers`; the result is the same. Objects of other
            libraries and strings in memory stay in this process, which then counts alone.

    Returns:
        One row for every tokenizer, corpus and measure, and for the corpora together ("all"):
        tokenizer, corpus, measure, value, low, high, unit, better; with a bootstrap also
        difference, difference_low, difference_high and verdict. Undefined values are NaN.

    Raises:
        TokscopeError: what a user can mend, in one line.
    """
    asked = Asked(
        words(measures, "measures"),
        reference,
        word_rule,
        prices or {},
        by,
        sort,
        specials,
        bootstrap,
        seed,
    )
    return compared(tokenizers, texts_of(corpora, parallel=parallel), asked, workers)


def compared(
    tokenizers: Tokenizers, corpora: Sequence[Corpus], asked: Asked, workers: Workers = HERE
) -> Report:
    """Measure tokenizers on corpora that were found, as `compare` does.

    Raises:
        TokscopeError: what a user can mend, in one line.
    """
    chosen = choose_measures(asked.measures)
    usable = _usable(chosen, corpora)
    require_countable(corpora, asked.word_rule)
    require_resamples(asked.seed, bootstrap=asked.bootstrap)
    first = reference_of(corpora, asked.reference)
    choose(_BY, asked.by, "way to look --by")
    _require_prices(asked.prices)
    used = load_all(tokenizers)
    _require_labels([one.name for one in used], asked.sort, asked.prices)
    counted = count(used, corpora, _counting(chosen, asked), workers=workers)
    drawn = resampled(counted, asked.bootstrap, asked.seed, workers) if asked.bootstrap else []
    values = [row for name in usable for row in rows(name, counted, first, drawn)]
    values += costs(counted, asked.prices)
    frame = pd.DataFrame(in_order(values, counted), columns=COLUMNS).astype({"value": float})
    if not asked.bootstrap:
        frame = frame[COLUMNS[: COLUMNS.index("difference")]]
    notes = (*_notes(chosen, usable, counted, first), *_unknowns(frame), *counted.notes())
    if asked.bootstrap:
        notes += (_sampling(counted, asked.bootstrap, asked.seed),)
    provenance = _provenance(counted, first, asked)
    view = partial(tables, by=asked.by, sort=asked.sort)
    title, across = "Tokenizers compared", "tokenizer"
    return Report("compare", title, frame, notes, provenance, across, view=view, plots=plots)


def _counting(measures: Sequence[str], asked: Asked) -> Counting:
    """Return what is counted for some measures."""
    needed = frozenset.union(*(MEASURES[name].columns for name in measures))
    always = {"units", "bytes", "tokens"} if asked.prices else {"units", "bytes"}
    return Counting(needed | always, asked.word_rule, asked.specials)


def _provenance(counted: Counted, first: int, asked: Asked) -> Provenance:
    provenance = counted.provenance
    if counted.parallel:
        provenance |= {"reference": counted.corpora[first].name}
    provenance["price"] = tuple(f"{label}={price:g}" for label, price in asked.prices.items())
    if asked.bootstrap:
        provenance |= {"bootstrap": f"{asked.bootstrap}", "seed": f"{asked.seed}"}
    return provenance


_BY = dict.fromkeys(("", "tokenizer", "language"))


def _usable(measures: Sequence[str], corpora: Sequence[Corpus]) -> list[str]:
    """Return the measures that apply to these corpora; some need parallel ones."""
    usable = [name for name in measures if MEASURES[name].over == "corpus"]
    if are_parallel(corpora):
        return list(measures)
    if not usable:
        raise TokscopeError(
            f"{', '.join(measures)}: only for parallel text; add --parallel if line i says the "
            "same in every corpus"
        )
    return usable


def _require_labels(names: Sequence[str], sort: str, prices: Mapping[str, float]) -> None:
    """Raise TokscopeError if a label names no tokenizer, before any text is read."""
    choose(dict.fromkeys((*names, "name", "")), sort, "column to sort by")
    for label in prices:
        choose(dict.fromkeys(names), label, "tokenizer in --price")


def _require_prices(prices: Mapping[str, float]) -> None:
    for label, price in prices.items():
        if not (price >= 0 and math.isfinite(price)):
            raise TokscopeError(f"--price {label}={price}: a price is a number from 0 up")


def _unknowns(frame: pd.DataFrame) -> list[str]:
    """Name tokenizers that cannot read the text; few tokens are not an advantage then."""
    rates = frame[(frame["measure"] == "unknown_rate") & (frame["value"] > 0.01)]
    whole = rates.drop_duplicates("tokenizer", keep="last")  # the last row is for all corpora
    return [
        f"{row.tokenizer} cannot read all of the text, {row.value:.1%} of its tokens are unknown; "
        "its other values say little there"
        for row in whole.itertuples()
    ]


def _sampling(counted: Counted, bootstrap: int, seed: int) -> str:
    """Explain the intervals."""
    sizes = [
        len(reading.clusters) or len(row[0].rows)
        for row, reading in zip(counted.tallies, counted.readings, strict=True)
    ]
    rows, kind = min(sizes), "clusters" if counted.readings[0].clusters else "rows"
    paired = "tokenizers and corpora" if counted.parallel else "tokenizers"
    few = f"; with {rows} {kind} they are rough" if rows < 100 else ""
    drawn = f"{intervals_of(bootstrap)} of {bootstrap:,} resamples of {rows:,} {kind} of text"
    return (
        f"{drawn}, paired over {paired}, seed {seed}{few}; each is for one value, and some of many "
        "miss by chance"
    )


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
        unspaced = counted.unspaced()
        if unspaced:
            notes.append(
                f"no {' and '.join(by_words)} for {', '.join(unspaced)}: written without spaces, "
                "so left out of all; --words icu finds words by dictionary"
            )
    return notes


# The tables for people: parts of the long frame, with a column for each tokenizer


def summary(report: Report) -> Report:
    """Return the values of all corpora together, one row for each measure."""
    frame = report.frame
    whole = ALL if ALL in set(frame["corpus"]) else frame["corpus"].iloc[0]
    part = frame[(frame["corpus"] == whole) & (frame["measure"] != "premium")]
    corpora = len(set(frame["corpus"]) - {ALL})
    title = f"{corpora} corpora together" if corpora > 1 else f"Corpus {whole}"
    part = part.drop(columns="corpus")
    return replace(report, title=title, frame=part, notes=(), provenance={}, view=None)


def by_corpus(report: Report, measure: str, sort: str = "") -> Report:
    """Return the values of one measure, one row for each corpus.

    `sort` is "name", or a tokenizer; its worst corpora come first.
    """
    frame = report.frame
    part = frame[(frame["measure"] == measure) & (frame["corpus"] != ALL)]
    if sort:
        part = _order(part, sort)
    unit, better = part["unit"].iloc[0], part["better"].iloc[0]
    direction = "" if better == "neither" else f", {better} is better"
    title = f"{measure} by corpus ({unit}{direction})"
    part = part.drop(columns="measure")
    return replace(report, title=title, frame=part, notes=_worst(part), provenance={}, view=None)


def differences(report: Report) -> Report:
    """Return how the other tokenizers differ from the first, all corpora together."""
    frame = report.frame
    whole = ALL if ALL in set(frame["corpus"]) else frame["corpus"].iloc[0]
    first = frame["tokenizer"].iloc[0]
    part = frame[(frame["corpus"] == whole) & (frame["verdict"] != "")]
    names = {"difference": "value", "difference_low": "low", "difference_high": "high"}
    part = part[["measure", "tokenizer", *names, "unit", "verdict"]].rename(columns=names)
    title = f"Difference from {first}, with intervals"
    order = {name: i for i, name in enumerate(MEASURES)}
    part = part.sort_values("measure", key=lambda names: names.map(order), kind="stable")
    return Report(report.command, title, part)


def _order(part: pd.DataFrame, sort: str) -> pd.DataFrame:
    if sort == "name":
        return part.sort_values("corpus", kind="stable")
    own = part[part["tokenizer"] == sort]
    falling = own["better"].iloc[0] != "higher"
    ordered = own.sort_values("value", ascending=not falling, kind="stable")["corpus"]
    place = {corpus: i for i, corpus in enumerate(ordered)}
    return part.sort_values("corpus", key=lambda names: names.map(place), kind="stable")


def _worst(part: pd.DataFrame) -> tuple[str, ...]:
    """Name the three worst corpora of each tokenizer."""
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
    """Return the tables that people read: a summary, then one table by corpus.

    `by` is "tokenizer" for the summary alone, "language" for a table by corpus of every measure.
    """
    frame = report.frame
    corpora = frame.loc[frame["corpus"] != ALL]
    per_corpus = list(dict.fromkeys(corpora["measure"]))
    choose(_BY, by, "way to look --by")
    _require_labels(list(frame["tokenizer"]), sort, {})
    headline = next((m for m in ("premium", "bytes_per_token") if m in per_corpus), "")
    shown = [m for m in (headline or (per_corpus or [""])[0], COST) if m in per_corpus]
    if by == "tokenizer" or (not by and corpora["corpus"].nunique() < 2):
        shown = []
    elif by == "language":
        shown = per_corpus
    views = [] if by == "language" else [summary(report)]
    views = [view for view in views if len(view.frame)]
    if not shown and not views:  # measures across corpora have no table by corpus
        views = [summary(report)]
    views += [by_corpus(report, measure, sort) for measure in shown]
    if "verdict" in frame and (frame["verdict"] != "").any():
        views.append(differences(report))
    last = views[-1]
    views[-1] = replace(last, notes=(*last.notes, *report.notes), provenance=report.provenance)
    return views
