"""Reading, encoding and counting beside the bare libraries, in one process on one core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.bare import LIBRARIES
from benchmarks.families import Family, families
from benchmarks.measuring import QUICK, faster, here, in_turn, prose, table
from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.engine import VARIABLE

MEGABYTES = 2 if QUICK else 10
COLUMNS = {
    "tokens": MEASURES["tokens"].columns | {"units", "bytes"},
    "the default measures": frozenset.union(*(MEASURES[name].columns for name in DEFAULT)),
}


def rows(text: Path) -> Iterator[tuple[str, ...]]:
    """Yield how many times as long each library takes to encode the lines, held in memory."""
    lines = text.read_text(encoding="utf-8").split("\n")
    (corpus,) = read_corpora([str(text)])
    for family in families():
        yield from beside(family, corpus, lines)


def beside(family: Family, corpus: Corpus, lines: list[str]) -> Iterator[tuple[str, ...]]:
    # Ready at once: that it is built after some text is part of whole commands.
    os.environ[VARIABLE] = family.engine or "fastokens"
    tokenizer = load(str(family.path))
    libraries = {
        name: LIBRARIES[name](str(path), family.pattern) for name, path in family.peers.items()
    }
    actions = {
        name: partial(here, partial(library.encode, lines)) for name, library in libraries.items()
    }
    for counted, columns in COLUMNS.items():
        counting = partial(count, [tokenizer], [corpus], Counting(columns))
        actions[counted] = partial(here, counting)
    in_turn(actions, 1)  # tables that are made once
    found = in_turn(actions)
    for name in libraries:
        for counted in COLUMNS:
            yield family.name, name, counted, *faster(found[name], found[counted])


def run() -> None:
    """Print how many times faster text is read, encoded and counted than the library encodes."""
    title = f"Reading, encoding and counting {MEGABYTES} MB beside encoding alone, one core"
    header = ("tokenizer", "bare library", "what is counted", "faster, CPU", "faster, clock")
    with prose(MEGABYTES) as text:
        table(title, header, rows(text))
