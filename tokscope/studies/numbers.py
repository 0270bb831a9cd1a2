"""How does a tokenizer treat numbers? Rules, alignment, separators, contexts, scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import isnan, nan
from typing import Any

from tokscope.counting.signature import signed
from tokscope.errors import TokscopeError, choose
from tokscope.numerals.cuts import is_number
from tokscope.numerals.drawn import (
    EXHAUSTIVE,
    FEW,
    LENGTHS,
    PLACES,
    SAMPLE,
    SEPARATORS,
)
from tokscope.report import Report, Rows, grouped
from tokscope.studies import show_plots
from tokscope.studies.numbers_headline import SUMMARIES, counted, headline, summary
from tokscope.studies.numbers_plots import examples, plots
from tokscope.studies.numbers_rows import PARTS
from tokscope.studies.show import segmentation
from tokscope.tokenizers import switched_off
from tokscope.tokenizers.given import Tokenizers, load_all

RISK = (
    "alignment is a risk, not a forecast: with groups from the left gpt-3.5-turbo-0301 had 8.3 % "
    "of the sums right that are longer than their operands, and 98.5 % of them with groups from "
    "the right; for gpt-4-0314 the effect of length is the reverse (Singh & Strouse 2024)"
)
WITH_SEPARATORS = ("comma",)  # separators in the table of alignment, unless users ask for it
ALL = "all"  # parts
RULES = "scheme"  # the part that people see if they ask for none
COLUMNS = ["tokenizer", "by", "name", "digits", "measure", "value", "unit", "better"]


def numbers(tokenizers: Tokenizers, *, by: str = "", seed: int = 0) -> Report:
    """Return how tokenizers treat numbers.

    Columns: tokenizer, by, name, digits (None over all lengths), measure, value, unit, better.
    `by` is one of PARTS, "all", or empty: all of them, of which people see the rule alone.

    Raises:
        TokscopeError: a tokenizer cannot be loaded, or no part has such a name; says the nearest.
    """
    if seed < 0:
        raise TokscopeError(f"--seed {seed}: a seed is a number from 0 up")
    every = list(PARTS.values())
    parts = choose(
        {**{name: [part] for name, part in PARTS.items()}, ALL: every, "": every}, by, "part"
    )
    used = load_all(tokenizers)
    rows = [
        {"tokenizer": one.name, **{column: getattr(line, column) for column in COLUMNS[1:]}}
        for one in used
        for part in parts
        for line in part(one, seed)
    ]
    provenance = {**signed(used), "seed": f"{seed}"}
    there = {row["by"] for row in rows}
    return Report(
        "numbers",
        "Numbers",
        rows,
        (*([_SAMPLES] if there & _SAMPLED else []), *switched_off(used)),
        provenance,
        headline=headline(rows),
        details=tuple(note for part in _NOTES if part in there for note in _NOTES[part]),
        view=partial(tables, by=by),
        plots=partial(plots, cuts=examples(used)),
    )


_SAMPLES = (
    f"tried: all numbers of 1 to {EXHAUSTIVE} digits and {SAMPLE:,} of each longer length, drawn "
    "at random"
)
_SAMPLED = {"rule", "coverage", "kind"}  # parts that try these numbers
_FEW = f"tried: {FEW} numbers of each length"
_NOTES: Mapping[str, tuple[str, ...]] = {
    "scheme": (
        "rules are told by numbers after a space, every length weighing the same; groups of k from "
        "the left and from the right differ only in lengths over k that k does not divide; within: "
        "numbers are cut at the borders of those groups, and further",
    ),
    "partition": (
        "match probability: how likely two random numbers of a length are cut alike; unpadded: "
        "without leading zeros, as all of more than four digits are",
    ),
    "coverage": (
        "covered: one token where the number stands in text, with its space where there is one; "
        "unreachable: in the vocabulary, and never so",
    ),
    "alignment": (
        f"tried: {SAMPLE:,} sums; addition: share of a sum's cuts that are where an operand is cut "
        "or ends; match: sums as long as an operand, mismatch: longer ones, carry: those where a "
        "carry crosses a cut",
        RISK,
    ),
    "separator": (f"{_FEW}; cost: tokens with separators for one token without",),
    "context": (_FEW,),
    "script": (f"{_FEW}; collisions: numbers whose ids another number has too",),
    "kind": ("kinds: signs and units are counted too",),
}
_RULES = f"How numbers of {LENGTHS[0]} to {LENGTHS[-1]} digits are cut"
_TITLES = {
    "evidence": "Evidence: numbers of each length of which the rule, or the nearest, is true",
    "scheme": "Rules: share of numbers",
    "partition": "How likely two numbers are cut alike",
    "coverage": "Numbers that are one token",
    "alignment": "Alignment of cuts, a risk in arithmetic",
    "separator": "Cost of separators",
    "context": "Contexts: share of numbers that are cut as after “=”",
    "script": "Digits of other scripts",
    "kind": "Tokens for each digit, by kind of number",
}


_KEYS = {  # columns that identify a row, if `name` is not enough
    "evidence": ("digits",),
    "partition": ("name", "digits", "measure"),
    "coverage": ("name", "digits", "measure"),
    "alignment": ("name", "measure"),
    "script": ("name", "measure"),
}


def tables(report: Report, by: str = "", *, details: bool = False) -> list[Report]:
    """Return the tables that people read: the rules; or what matters of all parts, or all of one.

    `details` shows all of every part, with all notes.
    """
    rules = Report("numbers", _RULES, summary(report.rows))
    if not (by or details):
        notes = (*report.notes, _MORE)
        shown = replace(rules, headline=report.headline, notes=notes)
        return [replace(shown, provenance=report.provenance)]
    views = [
        rules if part == "rule" else _view(part, rows, everything=details or by != ALL)
        for part, rows in grouped(report.rows, "by").items()
    ]
    views = [view for view in views if view.rows]
    notes = (*views[0].notes, *report.notes)
    views[0] = replace(views[0], headline=report.headline, notes=notes)
    views[-1] = replace(views[-1], provenance=report.provenance)
    return views


_MORE = "--by all shows coverage, alignment, separators, contexts, scripts and kinds of numbers"


def _view(part: str, rows: Rows, *, everything: bool) -> Report:
    keys = _KEYS.get(part, ("name",))
    columns = ("tokenizer", *keys, "value", "unit", "better")
    told = [
        {**row, "digits": "all" if row["digits"] is None else f"{row['digits']}"} for row in rows
    ]
    shown = []
    most = {
        key: max((row["value"] for row in own if not isnan(row["value"])), default=nan)
        for key, own in grouped(told, *keys, "measure").items()
    }
    for row in told:
        largest = most[tuple(row[key] for key in (*keys, "measure"))]
        if _is_shown(part, row, largest, everything=everything):
            shown.append({column: row[column] for column in columns})
    return Report("numbers", _TITLES[part], shown, _NOTES.get(part, ()), across="tokenizer")


def _is_shown(part: str, row: Mapping[str, Any], most: float, *, everything: bool) -> bool:
    """Return whether to show a row; `most` is the largest value of it over tokenizers."""
    measure, name = row["measure"], row["name"]
    if part == "scheme":
        return measure == "share" and most >= _SMALL
    if part == "partition":
        few_digits = row["digits"] in ("2", "3", "4") and name in PLACES
        if everything:
            return measure in SUMMARIES or most >= _USUAL
        return measure == "match_probability" and few_digits
    if part == "coverage" and not everything:
        covered = measure == "covered" and row["digits"] in ("1", "2", "3", "4")
        return covered or (measure == "unreachable" and most > 0)
    if part == "alignment" and not everything:
        written = name not in SEPARATORS or name in WITH_SEPARATORS
        return written and not measure.endswith("_fully")
    if part == "script" and not everything:
        return measure == "tokens_per_digit" or most > 0
    return True


_SMALL = 0.001  # a share that makes no difference to people
_USUAL = 0.05  # and one of numbers that are cut in the same of many ways


def number(written: str, tokenizers: Tokenizers) -> Report:
    """Return how every tokenizer cuts a number; columns as those of `show`.

    Raises:
        TokscopeError: it is not a number, or a tokenizer cannot be loaded.
    """
    if not is_number(written):
        raise TokscopeError(
            f"--number '{written}' is not a number; write one as 1234567 or 1,234.5"
        )
    cuts = segmentation(written, tokenizers)
    legend = "under each token the place value of its last digit"
    title, flow = f"The number {written}", ("token", "place")
    told = counted(written, cuts.rows)
    return Report(
        "numbers",
        title,
        cuts.rows or cuts.frame,
        cuts.assumed,
        cuts.provenance,
        flow=flow,
        headline=told,
        details=(cuts.counts, legend),
        plots=show_plots.plots,
    )
