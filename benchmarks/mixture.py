"""Measure how mixtures are inferred, phase by phase, and how each grows.

A tokenizer is trained on a random mixture of half of the lines of ten corpora; the other half is
counted. Counting is held against a bare loop of `regex.findall` over the same text.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import regex

from benchmarks.measuring import DATA, QUICK
from tokscope.mixture.count import Counts, count, texts_of
from tokscope.mixture.evidence import evidence
from tokscope.mixture.program import solve
from tokscope.studies.mixture import log_error
from tokscope.studies.simulated import gpt2_pipeline, halves, mixed, trained_merges
from tokscope.text.corpus import Corpus, Units, read, read_corpora
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.tiktoken import PATTERNS

T = TypeVar("T")
MERGES = 1_000 if QUICK else 10_000
MEGABYTES = 2 if QUICK else 20  # trained on
TEXTS = ("en", "fr", "de", "ru", "ja", "ko", "ar", "zh-Hans")
CODE = ("python", "java")
SEED = 0


def timed(action: Callable[[], T]) -> tuple[float, T]:
    """Time one call."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def ten_corpora() -> list[Corpus]:
    """Return the corpora of the controlled experiments."""
    paths = [DATA / "text" / f"{name}.txt" for name in TEXTS]
    paths += [DATA / "code" / f"{name}.txt" for name in CODE]
    return read_corpora([str(path) for path in paths])


def counted(units: Units) -> Units:
    """Return the half of the lines that is counted."""
    return halves(units, SEED, trained=False)


def bare(corpora: Sequence[Corpus]) -> float:
    """Time `findall` alone over the same text, read and counted by nobody."""
    find = regex.compile(PATTERNS["gpt2"]).findall
    seconds = 0.0
    for corpus in corpora:
        for units in read(corpus.shards[0]):
            lines = texts_of(counted(units), True)
            seconds += timed(lambda: [find(line) for line in lines])[0]  # noqa: B023
    return seconds


def phases(counts: Counts, merges: Merges, steps: int, truth: np.ndarray, exact: bool) -> str:
    """Time replay and solutions with some of the merges; return a row of a table."""
    replaying, found = timed(lambda: evidence(counts, merges, steps))
    program = found.program
    early, solution = timed(lambda: solve(program, tolerance=1e-4))
    row = f"{replaying:.1f} | {early:.1f} | {log_error(found.bytes_of(solution.shares), truth):.2f}"
    if not exact:
        return f"{row} | – | – | –"
    late, solution = timed(lambda: solve(program))
    score = log_error(found.bytes_of(solution.shares), truth)
    return f"{row} | {late:.1f} | {score:.2f} | {len(solution.rows):,}"


def run() -> None:
    """Print Markdown tables."""
    print("\n### infer-mixture by phase\n")
    corpora = ten_corpora()
    truth = np.random.default_rng(SEED).dirichlet(np.ones(len(corpora)))
    alone = bare(corpora)
    counting, counts = timed(lambda: count(corpora, gpt2_pipeline(), keep=counted))
    size = counts.bytes().sum() / 1e6
    print(f"counting {size:.1f} MB: {counting:.1f} s, {len(counts.pretokens):,} pretokens; ")
    print(f"bare findall {alone:.1f} s: {alone / counting:.2f}x of it\n")
    for first in (2, 5):
        part, some = timed(lambda: count(corpora[:first], gpt2_pipeline(), keep=counted))  # noqa: B023
        print(f"counting {some.bytes().sum() / 1e6:.1f} MB: {part:.1f} s")
    print()
    merges = trained_merges(mixed(corpora, truth, MEGABYTES * 1_000_000, SEED), 256 + 3 * MERGES)
    print("| merges | corpora | replay s | to 1e-4 s | log10 MSE | exact s | log10 MSE | rows |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for steps in (MERGES // 10, MERGES // 3, MERGES, 3 * MERGES):
        row = phases(counts, merges, steps, truth, exact=steps <= MERGES)
        print(f"| {steps:,} | {len(corpora)} | {row} |", flush=True)
    five = [corpus.name for corpus in corpora[:5]]
    known = truth[:5] / truth[:5].sum()
    few = trained_merges(mixed(corpora[:5], known, MEGABYTES * 1_000_000, SEED), 256 + MERGES)
    row = phases(counts.subset(five), few, MERGES // 3, known, exact=True)
    print(f"| {MERGES // 3:,} | 5 | {row} |")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
