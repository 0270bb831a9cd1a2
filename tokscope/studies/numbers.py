"""How does a tokenizer treat numbers? Rules, alignment, separators, contexts, scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pandas as pd

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
from tokscope.report import Report
from tokscope.studies import show_plots
from tokscope.studies.numbers_headline import counted, headline, summary
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
        (one.name, *(getattr(line, column) for column in COLUMNS[1:]))
        for one in used
        for part in parts
        for line in part(one, seed)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["digits"] = pd.Series([row[3] for row in rows], dtype=object)
    provenance = {**signed(used), "seed": f"{seed}"}
    there = set(frame["by"])
    return Report(
        "numbers",
        "Numbers",
        frame,
        (*([_SAMPLES] if there & _SAMPLED else []), *switched_off(used)),
        provenance,
        headline=headline(frame),
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
    rules = Report("numbers", _RULES, summary(report.frame))
    if not (by or details):
        notes = (*report.notes, _MORE)
        shown = replace(rules, headline=report.headline, notes=notes)
        return [replace(shown, provenance=report.provenance)]
    views = [
        rules if part == "rule" else _view(str(part), frame, everything=details or by != ALL)
        for part, frame in report.frame.groupby("by", sort=False)
    ]
    views = [view for view in views if len(view.frame)]
    notes = (*views[0].notes, *report.notes)
    views[0] = replace(views[0], headline=report.headline, notes=notes)
    views[-1] = replace(views[-1], provenance=report.provenance)
    return views


_MORE = "--by all shows coverage, alignment, separators, contexts, scripts and kinds of numbers"


def _view(part: str, frame: pd.DataFrame, *, everything: bool) -> Report:
    keys = list(_KEYS.get(part, ("name",)))
    # pandas drops groups with a missing key, but that means all lengths here
    frame = frame.assign(digits=frame["digits"].map(lambda n: "all" if n is None else str(n)))
    most = frame.groupby([*keys, "measure"], sort=False)["value"].transform("max")
    shown = frame[_shown(part, frame, most, everything=everything)]
    columns = ["tokenizer", *keys, "value", "unit", "better"]
    notes = _NOTES.get(part, ())
    return Report("numbers", _TITLES[part], shown[columns], notes, across="tokenizer")


def _shown(
    part: str, frame: pd.DataFrame, most: pd.Series[float], *, everything: bool
) -> pd.Series[bool]:
    """Return which rows to show; `most` is the largest value of the row over tokenizers."""
    measure = frame["measure"]
    if part == "scheme":
        return (measure == "share") & (most >= _SMALL)
    if part == "partition":
        summaries = ("tokens", "match_probability", "entropy")
        few_digits = frame["digits"].isin(("2", "3", "4")) & frame["name"].isin(PLACES)
        own = measure.isin(summaries) | (most >= _USUAL)
        return own if everything else (measure == "match_probability") & few_digits
    if part == "coverage" and not everything:
        covered = (measure == "covered") & frame["digits"].isin(("1", "2", "3", "4"))
        return covered | (measure == "unreachable") & (most > 0)
    if part == "alignment" and not everything:
        written = ~frame["name"].isin(SEPARATORS) | frame["name"].isin(WITH_SEPARATORS)
        return written & ~measure.str.endswith("_fully")
    if part == "script" and not everything:
        return (measure == "tokens_per_digit") | (most > 0)
    return pd.Series(True, frame.index)


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
    told = counted(written, cuts.frame)
    return Report(
        "numbers",
        title,
        cuts.frame,
        cuts.assumed,
        cuts.provenance,
        flow=flow,
        headline=told,
        details=(cuts.counts, legend),
        plots=show_plots.plots,
    )
