"""The guard: what counting costs beside the bare library, held against what was recorded.

    python -m benchmarks.guard [--record]

fails where a ratio is more than a quarter above that of `benchmarks/guard.json`; `--record` writes
that file. How fast the machine is does not matter: both sides of a ratio take the same small text
in turn, in one process and on one core. Only CPU counts, and of it only the best rounds, because
another program can make a round slower but not faster.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import ONE_CORE, here, made

os.environ |= ONE_CORE  # before libraries are imported

import regex

from benchmarks.bare import GPT2, LIBRARIES
from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.mixture import count as pretokens
from tokscope.mixture.trials import gpt2_pipeline
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.engine import VARIABLE
from tokscope.tokenizers.sample import FOLDER

RECORDED = Path(__file__).with_name("guard.json")
ALLOWED = 1.25
ROUNDS = 12  # the first makes tables and is not counted
BEST = 3
# Bytes. Once that much was freed, glibc keeps what is freed later, so that the order of cases does
# not matter: getting memory from the system anew is a fifth of what the quickest of ours cost.
KEPT = 30_000_000
TRIES = 6
LANGUAGES = ("en", "de", "ru", "ja", "hi")
COUNTED = {
    "tokens": MEASURES["tokens"].columns | {"units", "bytes"},
    "default measures": frozenset.union(*(MEASURES[name].columns for name in DEFAULT)),
}
Side = Callable[[], object]
Sides = tuple[Side, Mapping[str, Side]]  # what is bare, and what is ours by its name


def encoded(file: str, library: str, text: Path) -> Sides:
    """Return what a library does with text under a tokenizer of the sample, and what we do."""
    os.environ[VARIABLE] = library if library == "fastokens" else "tiktoken"
    place = str(FOLDER / file)
    tokenizer, corpora = load(place), read_corpora([str(text)])
    bare = LIBRARIES[library](place, GPT2)
    lines = text.read_text(encoding="utf-8").split("\n")
    return partial(bare.encode, lines), {
        f"{name}, {file} beside {library}": partial(count, [tokenizer], corpora, Counting(columns))
        for name, columns in COUNTED.items()
    }


def cut(text: Path) -> Sides:
    """Return what finds the pretokens of text, and what counts them for `infer-mixture`."""
    find, lines = regex.compile(GPT2).findall, text.read_text(encoding="utf-8").split("\n")
    corpora, pipeline = read_corpora([str(text)]), gpt2_pipeline()
    return lambda: [find(line) for line in lines], {
        "pretokens beside findall": lambda: pretokens.count(corpora, pipeline)
    }


class Case(NamedTuple):
    """How much text, and what is done with it."""

    megabytes: float
    sides: Callable[[Path], Sides]


CASES = (
    Case(0.4, partial(encoded, "bpe.json", "tiktoken")),
    Case(1.0, partial(encoded, "bpe.json", "fastokens")),
    Case(0.4, partial(encoded, "unigram.model", "sentencepiece")),
    Case(0.2, partial(encoded, "wordpiece.json", "tokenizers")),
    Case(0.2, cut),
)


def ratios(bare: Side, ours: Mapping[str, Side]) -> dict[str, float]:
    """Return how many times as much CPU ours take, by the best rounds of each."""
    costs: dict[str, list[float]] = {name: [] for name in ("", *ours)}
    for _ in range(ROUNDS):
        for name, side in {"": bare, **ours}.items():
            costs[name].append(here(side).cpu)
    best = {name: sum(sorted(found[1:])[:BEST]) for name, found in costs.items()}
    return {name: best[name] / best[""] for name in ours}


def measured(case: Case) -> dict[str, float]:
    """Return the ratios of a case by their names."""
    bytearray(KEPT)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        text.write_bytes(made(case.megabytes, LANGUAGES))
        return ratios(*case.sides(text))


def held(case: Case, recorded: Mapping[str, float]) -> dict[str, float]:
    """Return how many times the recorded ratios a case has; try again where it is too much."""
    found: dict[str, float] = {}
    for _ in range(TRIES):
        for name, ratio in measured(case).items():
            found[name] = min(found.get(name, ratio), ratio)
        change = {name: ratio / recorded[name] for name, ratio in found.items()}
        if max(change.values()) <= ALLOWED:
            break
    return change


def check(cases: Iterable[Case]) -> bool:
    """Print how ratios changed; tell whether all are allowed."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    changes: dict[str, float] = {}
    for case in cases:
        changes |= held(case, recorded)
    for name, change in changes.items():
        told = "" if change <= ALLOWED else f", more than {ALLOWED}"
        print(f"{name}: {change:.2f} times what was recorded{told}")
    return max(changes.values()) <= ALLOWED


def record(cases: Iterable[Case]) -> None:
    """Write the middle of several tries."""
    found = {}
    for case in cases:
        tries = [measured(case) for _ in range(3)]
        for name in tries[0]:
            found[name] = round(statistics.median(one[name] for one in tries), 3)
    text = json.dumps(found, indent=2)
    RECORDED.write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if "--record" in sys.argv:
        record(CASES)
    else:
        sys.exit(not check(CASES))
