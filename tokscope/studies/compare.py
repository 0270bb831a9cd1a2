"""How well does each tokenizer treat each language?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.compressors import COMPRESSORS
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
from tokscope.counting.letters import Letters
from tokscope.counting.resampled import resampled
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose
from tokscope.given import words
from tokscope.measures.uncertainty import intervals_of
from tokscope.provenance import Provenance
from tokscope.report import Report
from tokscope.studies import compare_references as references
from tokscope.studies.compare_headline import FAIR, headline, unranked
from tokscope.studies.compare_plots import plots
from tokscope.studies.compare_rows import Row, costs, in_order, rows
from tokscope.studies.compare_standings import UNREADABLE, Standings, standings
from tokscope.studies.compare_tables import tables
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
    details: bool = False
    reference_lines: Sequence[str] = ()


def choose_measures(names: Sequence[str]) -> list[str]:
    """Return the names of known measures, in order, each once; "all" means all of them."""
    if not names:
        return list(DEFAULT)
    for name in names:
        if name != ALL:
            choose(MEASURES, name, "measure")
    return list(MEASURES) if ALL in names else list(dict.fromkeys(names))


def _chosen(asked: Asked) -> list[str]:
    """Return the measures to compute: those that are asked for, and what compressors need."""
    chosen = choose_measures(asked.measures)
    beside = references.BESIDE
    return [*chosen, beside] if asked.reference_lines and beside not in chosen else chosen


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
    reference_lines: str | Sequence[str] = (),
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
        by: as `--by` of the command line, checked before any text is read.
        sort: as `--sort` of the command line, checked as early.
        specials: find special tokens in text instead of taking them for text.
        parallel: line i says the same in every corpus.
        bootstrap: how many resamples of units give 95 % intervals, and paired differences from
            the first tokenizer; 0 for none. Frequency measures have none.
        seed: of the resamples.
        reference_lines: compressors to show beside tokenizers, of "gzip", "bz2" and "xz".
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
        reference_lines=list(dict.fromkeys(words(reference_lines, "reference_lines"))),
    )
    return compared(tokenizers, texts_of(corpora, parallel=parallel), asked, workers)


def compared(
    tokenizers: Tokenizers, corpora: Sequence[Corpus], asked: Asked, workers: Workers = HERE
) -> Report:
    """Measure tokenizers as `compare` does, on corpora whose files are known.

    Raises:
        TokscopeError: what a user can mend, in one line.
    """
    _usable(_chosen(asked), corpora)
    require_countable(corpora, asked.word_rule)
    require_resamples(asked.seed, bootstrap=asked.bootstrap)
    reference_of(corpora, asked.reference)
    choose(_BY, asked.by, "way to look --by")
    _require_prices(asked.prices)
    references.require_lines(asked.reference_lines, corpora)
    used = load_all(tokenizers)
    names = [one.name for one in used]
    _require_labels(names, asked.sort, asked.prices)
    references.require_apart(asked.reference_lines, names)
    return of_counted(count(used, corpora, counting(asked), workers=workers), asked, workers)


def of_counted(counted: Counted, asked: Asked, workers: Workers = HERE) -> Report:
    """Measure tokenizers on text that was counted, by `counting` or more."""
    usable = _usable(_chosen(asked), counted.corpora)
    first = reference_of(counted.corpora, asked.reference)
    drawn = resampled(counted, asked.bootstrap, asked.seed, workers) if asked.bootstrap else []
    values = [row for name in usable for row in rows(name, counted, first, drawn)]
    values += costs(counted, asked.prices)
    values = in_order(values, counted)
    every = [*values, *references.rows(counted, asked.reference_lines, workers)]
    columns = COLUMNS if asked.bootstrap else COLUMNS[: COLUMNS.index("difference")]
    table = [dict(zip(columns, row, strict=False), value=float(row.value)) for row in every]
    standing = standings(counted, drawn, first)
    said = headline(standing, usable, values, asked.prices), references.sentence(every, standing)
    named = [] if ALL in asked.measures else list(asked.measures)
    shown = partial(tables, by=asked.by, sort=asked.sort, named=named, details=asked.details)
    return Report(
        "compare",
        "Tokenizers compared",
        table,
        tuple(_notes(asked, usable, counted, standing)),
        _provenance(counted, first, asked),
        across="tokenizer",
        headline=" ".join(filter(None, said)),
        details=tuple(_details(asked, usable, counted, standing)),
        view=partial(shown, standing=standing),
        plots=partial(plots, standing=standing, letters=counted.observed(Letters)),
    )


def counting(asked: Asked) -> Counting:
    """Return what is counted for a comparison."""
    needed = frozenset.union(*(MEASURES[name].columns for name in _chosen(asked)))
    always = {"units", "bytes", "tokens", "unknown"}
    return Counting(needed | always, asked.word_rule, asked.specials, observers=(Letters,))


def _provenance(counted: Counted, first: int, asked: Asked) -> Provenance:
    provenance = counted.provenance
    if counted.parallel:
        provenance |= {"reference": counted.corpora[first].name}
    provenance["price"] = tuple(f"{label}={price:g}" for label, price in asked.prices.items())
    lines = tuple(COMPRESSORS[name].version for name in asked.reference_lines)
    provenance |= {"reference line": lines} if lines else {}
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


def _notes(asked: Asked, usable: Sequence[str], counted: Counted, standing: Standings) -> list[str]:
    """Say what changes how a number is read."""
    notes = []
    if not counted.parallel and len(counted.corpora) > 1:
        notes.append(
            "no premiums, as the text is not parallel; add --parallel if line i says the same in "
            "every corpus"
        )
    by_words = [name for name in usable if "words" in MEASURES[name].columns]
    unspaced = counted.unspaced() if by_words else []
    if unspaced:
        notes.append(
            f"no {' and '.join(by_words)} for {', '.join(unspaced)}: written without spaces, "
            "so left out of all; --words icu finds words by dictionary"
        )
    if standing.unread.any():
        notes.append(
            f"? not all of the text was read: over {100 * UNREADABLE:g} % of the tokens are "
            "unknown, or text is dropped; such values are not compared"
        )
    if standing.unlike and any(MEASURES[name].over != "corpus" for name in usable):
        names = ", ".join(one.corpus for one in standing.unlike)
        notes.append(
            f"premiums and gini with {names}: right if the whole texts say the same, in another "
            "order of lines; their intervals are then too wide"
        )
    notes += counted.doubts() + ([references.NOTE] if asked.reference_lines else [])
    return notes + ([_sampling(counted, asked.bootstrap, asked.seed)] if asked.bootstrap else [])


def _details(
    asked: Asked, usable: Sequence[str], counted: Counted, standing: Standings
) -> list[str]:
    """Say what else was done."""
    details = counted.skips() + ([references.DETAIL] if asked.reference_lines else [])
    left_out = [name for name in _chosen(asked) if name not in usable]
    if left_out:
        details.append(
            f"left out, because they compare like with like: {', '.join(left_out)}; "
            "add --parallel if line i says the same in every corpus"
        )
    if any(MEASURES[name].over != "corpus" for name in usable):
        details.append(f"premiums are relative to {standing.corpora[standing.first]}")
        details.append(f"called fair: from 1/{FAIR:g} to {FAIR:g} times the tokens")
    unmarked = [name for name in usable if unranked(name, standing.sizes)]
    if unmarked:
        details.append(f"no best {', '.join(unmarked)}: the vocabularies have different sizes")
    return details
