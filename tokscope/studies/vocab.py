"""What does a vocabulary hold, and how does it compare with others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pandas as pd

from tokscope.errors import choose
from tokscope.kinds import Spelled
from tokscope.report import Report
from tokscope.studies.composition import composition, scripts_of
from tokscope.studies.counted import identities, load_all, versions
from tokscope.studies.overlap import overlap

COLUMNS = ["tokenizer", "by", "name", "measure", "value", "unit"]
# what a user asks for -> the parts of the report that it shows
BY: Mapping[str, tuple[str, ...]] = {
    "": ("total", "kind", "position", "overlap"),
    "kind": ("kind",),
    "script": ("script",),
    "length": ("length",),
}
_TITLES = {
    "total": "Vocabularies",
    "kind": "Kinds of tokens",
    "position": "Where in words tokens stand",
    "script": "Scripts",
    "length": "Lengths",
    "overlap": "Overlap by bytes",
}
_NOTES = {
    "total": "distinct: different byte strings; lengths of tokens that have bytes; those in "
    "characters of whole ones",
    "kind": "byte: what any text can be spelled with, a byte-level alphabet or byte fallbacks; "
    "letters may have spaces and signs around them",
    "position": "starts: set off from a letter before it, by a space or another sign; continues: "
    "not set off; neither: without letters and numbers, or of a script without spaces",
    "script": "Unicode scripts and extensions; Common: signs and digits of all; Mixed: several, as "
    "in Japanese words; none: special tokens and cut characters",
    "length": "only whole characters have a length in characters",
    "overlap": "jaccard: common byte strings / those of either; contained: common / those of the "
    "first",
}
_BINS = (*range(1, 9), 11, 16, 32, 64, 128)  # the last length of each line of the table


def vocab(words: Sequence[str], *, by: str = "") -> Report:
    """Return what vocabularies hold: tokenizer, by, name, measure, value, unit.

    Raises:
        TokscopeError: a tokenizer cannot be loaded, or two share a name.
    """
    chosen = choose(BY, by, "way to look --by")
    tokenizers = load_all(words)
    named = {tokenizer.name: Spelled(tokenizer.vocabulary) for tokenizer in tokenizers}
    scripts = scripts_of(list(named.values()))
    rows = [(name, *row) for name, one in named.items() for row in composition(one, scripts)]
    if not by:
        rows += [(name, *row) for name, row in overlap(named)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame[frame["by"].isin(chosen)] if by else frame
    notes = tuple(_NOTES[part] for part in chosen if part in set(frame["by"]))
    notes += _unspaced(named) if "overlap" in set(frame["by"]) else ()
    unicode = f"scripts:regex {version('regex')}"
    signature = "|".join((versions(), *identities(words, tokenizers), unicode))
    return Report("vocab", "Vocabularies", frame, notes, signature)


def _unspaced(named: Mapping[str, Spelled]) -> tuple[str, ...]:
    """Say whose tokens never begin with the space that those of others begin with."""
    marked = [name for name, one in named.items() if one.vocabulary.continuing is not None]
    if len(marked) in (0, len(named)):
        return ()
    return (f"the tokens of {', '.join(marked)} that start words are without a space before them",)


def tables(report: Report, by: str = "") -> list[Report]:
    """Return what people read: a table for each part, for several tokenizers one a measure."""
    there = set(report.frame["by"])
    views = [view for part in BY[by] if part in there for view in _tables(report, part)]
    views[-1] = replace(views[-1], notes=report.notes, signature=report.signature)
    return views


def _tables(report: Report, part: str) -> list[Report]:
    frame = report.frame[report.frame["by"] == part].drop(columns="by")
    title = _TITLES[part]
    if part == "total":
        return [Report("vocab", title, frame.drop(columns="name"), across="tokenizer")]
    if part == "overlap":
        frame = frame.rename(columns={"name": "other"})
        return [Report("vocab", title, frame, across="measure")]
    frame = _binned(frame) if part == "length" else frame
    frame = frame[frame.groupby("name")["value"].transform("max") > 0]
    frame = frame.rename(columns={"name": part})
    if frame["tokenizer"].nunique() == 1:
        name = frame["tokenizer"].iloc[0]
        frame = frame.drop(columns="tokenizer")
        return [Report("vocab", f"{title}: {name}", frame, across="measure")]
    return [
        Report("vocab", f"{title}: {measure}", own.drop(columns="measure"), across="tokenizer")
        for measure, own in frame.groupby("measure", sort=False)
    ]


def _binned(frame: pd.DataFrame) -> pd.DataFrame:
    """Join lengths that are close, so that a table of them is short."""
    last = np.array(_BINS)
    first = np.append(1, last[:-1] + 1)
    names = [str(b) if a == b else f"{a} to {b}" for a, b in zip(first, last, strict=True)]
    names.append(f"over {last[-1]}")
    place = np.searchsorted(last, frame["name"].astype(int))
    keys = ["tokenizer", "place", "measure", "unit"]
    joined = frame.assign(place=place).groupby(keys, sort=False)["value"].sum().reset_index()
    joined = joined.sort_values("place", kind="stable")
    return joined.assign(name=[names[i] for i in joined["place"]]).drop(columns="place")
