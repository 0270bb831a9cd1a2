"""Compressors beside tokenizers in a comparison: their rows, their table and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

from tokscope.counting.compressors import COMPRESSORS, compressed
from tokscope.counting.counted import ALL, Counted
from tokscope.errors import TokscopeError, choose
from tokscope.report import Report, Rows
from tokscope.studies.compare_rows import Row
from tokscope.studies.compare_standings import Standings
from tokscope.text.corpus import Corpus, require_again
from tokscope.workers import HERE, Workers

BESIDE = "kt_bits_per_byte"  # the measure of tokenizers that pays for its model too
NOTE = (
    "fewer bits per byte do not make a better tokenizer: models learned less from text that was "
    "compressed more (Lester et al. 2024); a compressor begins with nothing, and what the tokens "
    "of a vocabulary spell is not paid for"
)
DETAIL = (
    "a compressor begins anew with each corpus, and gets a line feed after each line or record; "
    f"tokenizers stand beside it by {BESIDE}"
)


def require_lines(names: Sequence[str], corpora: Sequence[Corpus]) -> None:
    """Refuse compressors that are not known, and text that cannot be read a second time.

    Raises:
        TokscopeError: there is one.
    """
    for name in names:
        choose(COMPRESSORS, name, "compressor in --reference-lines")
    if names:
        require_again(corpora, "--reference-lines reads text twice")


def require_apart(names: Sequence[str], labels: Sequence[str]) -> None:
    """Refuse a tokenizer that has the name of a compressor.

    Raises:
        TokscopeError: there is one.
    """
    for label in labels:
        if label in names:
            raise TokscopeError(
                f"--reference-lines: a tokenizer is called '{label}' too; write another LABEL=SPEC"
            )


def rows(counted: Counted, names: Sequence[str], workers: Workers = HERE) -> list[Row]:
    """Return the bits per byte of compressors: by corpus, and of all corpora together."""
    if not names:
        return []
    made = list(compressed(counted.corpora, names, workers))
    found = dict(zip((corpus.name for corpus in counted.corpora), made, strict=True))
    if len(made) > 1:
        found[ALL] = reduce(add, made)
    return [
        Row(
            name,
            corpus,
            "bits_per_byte",
            one.bits_per_byte(name),
            math.nan,
            math.nan,
            "bits/byte",
            "lower",
        )
        for name in names
        for corpus, one in found.items()
    ]


def apart(table: Rows, standing: Standings) -> tuple[Rows, Rows]:
    """Return the rows of tokenizers, and those of compressors with what stands beside them."""
    known = set(standing.tokenizers)
    own = [row for row in table if row["tokenizer"] in known]
    lines = [r for r in table if r["tokenizer"] not in known or r["measure"] == BESIDE]
    return own, lines if len(own) < len(table) else []


def table(lines: Rows, standing: Standings, *, whole: bool) -> Iterator[Report]:
    """Yield the table of bits per byte, if there are compressors; `whole` leaves corpora out."""
    last = standing.corpora[-1]
    kept = [
        {name: value for name, value in row.items() if name != "measure"} | {"better": "neither"}
        for row in lines
        if row["corpus"] == last or not whole
    ]
    if kept:
        title = "Bits per byte, with what it costs to learn the model"
        yield Report("compare", title, kept, across="tokenizer")


def sentence(made: Sequence[Row], standing: Standings) -> str:
    """Say what the best tokenizer and the best compressor need, if there are compressors."""
    able = {standing.tokenizers[k] for k in standing.able}
    last = standing.corpora[-1]
    whole = [row for row in made if row.corpus == last and not math.isnan(row.value)]
    lines = [row for row in whole if row.tokenizer not in standing.tokenizers]
    own = [row for row in whole if row.measure == BESIDE and row.tokenizer in able]
    if not lines or not own:
        return ""
    one, other = (min(each, key=lambda row: row.value) for each in (own, lines))
    return (
        f"With the cost of the model, {one.tokenizer} needs {one.value:.2f} bits per byte, and "
        f"{other.tokenizer} {other.value:.2f}."
    )
