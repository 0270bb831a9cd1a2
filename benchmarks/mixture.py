"""Measure how mixtures are inferred, phase by phase, and how each grows.

A tokenizer is trained on a random mixture of half of the lines of ten corpora; the other half is
counted. Counting is held against a bare loop of `regex.findall` over the same text.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
import regex

from benchmarks.measuring import DATA, QUICK, TOKENIZERS
from tokscope.mixture.count import Counts, count, texts_of
from tokscope.mixture.diagnostics import log_error
from tokscope.mixture.evidence import evidence
from tokscope.mixture.solve import Stage, solve
from tokscope.mixture.trials import gpt2_pipeline, halves, mixed, trained_merges
from tokscope.text.corpus import Corpus, Units, read, read_corpora
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.tiktoken import PATTERNS
from tokscope.workers import local

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


def cpu(action: Callable[[], T]) -> tuple[float, T]:
    """Time one call by the seconds of CPU that it takes."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def phases(counts: Counts, merges: Merges, steps: int, truth: np.ndarray, cold: bool) -> str:
    """Time replay and solutions with some of the merges; return a row of a table."""
    replaying, found = timed(lambda: evidence(counts, merges, steps))
    program = found.linear_program()
    live, solution = cpu(lambda: solve(program))
    score = log_error(found.bytes_of(solution.shares), truth)
    row = f"{replaying:.1f} | {live:.1f} | {len(solution.rows):,} | {score:.2f} | "
    if not cold:
        return row + "–"
    slow, again = cpu(lambda: solve(program, live=False))
    assert abs(again.objective - solution.objective) < 1e-9 * solution.objective
    return row + f"{slow:.1f} ({slow / live:.1f}x)"


def run() -> None:
    """Print Markdown tables."""
    print("\n### infer-mixture by phase\n")
    corpora = ten_corpora()
    truth = np.random.default_rng(SEED).dirichlet(np.ones(len(corpora)))
    alone = bare(corpora)
    counting, counts = timed(lambda: count(corpora, gpt2_pipeline(), keep=counted))
    size = counts.bytes().sum() / 1e6
    print(f"counting {size:.1f} MB: {counting:.1f} s, {len(counts.pretokens):,} pretokens; ")
    print(f"bare findall {alone:.1f} s: {alone / counting:.2f}x of it")
    with local(2) as workers:
        source = gpt2_pipeline
        how = {"keep": counted, "workers": workers, "source": source}
        count(corpora[:2], source(), **how)  # workers start
        counting, _ = timed(lambda: count(corpora, source(), **how))
    print(f"two processes {counting:.1f} s: bare findall takes {alone / counting:.2f}x of it\n")
    merges = trained_merges(mixed(corpora, truth, MEGABYTES * 1_000_000, SEED), 256 + 3 * MERGES)
    print("| merges | replay s | exact, CPU s | rows | log10 MSE | cold each round, CPU s |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for steps in (MERGES // 10, MERGES // 3, MERGES // 2, MERGES, 3 * MERGES):
        row = phases(counts, merges, steps, truth, cold=steps <= MERGES // 2)
        print(f"| {steps:,} | {row} |", flush=True)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


PUBLISHED: Sequence[tuple[str, *tuple[str, ...]]] = (
    ("gpt-2.json",),
    ("cl100k_base.tiktoken",),
    ("o200k_base.tiktoken",),
    ("llama3.tiktoken",),
    ("llama3.tiktoken", "--from-merge", "100000"),
    ("claude.json",),
    ("llama.json",),
    ("mistral-v3.spm.model",),
    ("german-bpe-50k.json",),
)


def run_published() -> None:
    """Print what the command answers by default for published tokenizers, and how soon."""
    print("\n### infer-mixture on published tokenizers, default options\n")
    texts = [
        DATA / "text" / f"{name}.txt" for name in ("en", "fr", "de", "es", "ru", "ja", "zh-Hans")
    ]
    paths = [*texts, *(DATA / "code" / f"{name}.txt" for name in ("python", "c", "html"))]
    named = [word for path in paths for word in ("--corpus", str(path))]
    size = sum(path.stat().st_size for path in paths) / 1e6
    print(f"Ten corpora, {size:.1f} MB, two processes; shares of bytes.\n")
    print("| tokenizer | s | largest shares | proven gap | times noise |")
    print("| --- | ---: | --- | ---: | ---: |")
    for name, *how in PUBLISHED:
        words = [sys.executable, "-m", "tokscope", "infer-mixture", str(TOKENIZERS / name), *how]
        call = [*words, *named, "--jobs", "2", "--format", "json"]
        taken, done = timed(lambda: subprocess.run(call, capture_output=True, check=True))  # noqa: B023
        answer = json.loads(done.stdout)
        rows = [row for row in answer["rows"] if row["measure"] == "bytes"]
        rows = sorted(rows, key=lambda row: -row["value"])[:4]
        shares = ", ".join(f"{row['corpus']} {row['value']:.1%}" for row in rows)
        solved = next(note for note in answer["notes"] if note.startswith("objective "))
        gap = "0" if "(exact;" in solved else re.search(r"at most (\S+ %)", solved)[1]
        noise = solved.rsplit(", ", 1)[1].split(" ")[0]
        label = " ".join([name, *how])
        print(f"| {label} | {taken:.1f} | {shares} | {gap} | {noise} |", flush=True)


def many_corpora(folder: Path) -> list[Path]:
    """Write 112 corpora: languages, prose and code, each in parts, and mixtures of two."""
    sources = [*sorted((DATA / "parallel" / "flores-dev").glob("*.txt"))]
    large = [*sorted((DATA / "text").glob("*.txt")), *sorted((DATA / "code").glob("*.txt"))]
    paths = []
    for path in sources:
        paths += _parts(path, folder, 1)
    for path in large:
        paths += _parts(path, folder, 4)
    pairs = list(combinations(large, 2))
    for one, other in pairs[:: max(len(pairs) // (112 - len(paths)), 1)][: 112 - len(paths)]:
        lines = [line for path in (one, other) for line in path.read_bytes().splitlines(True)[::9]]
        paths.append(folder / f"{one.stem}-{other.stem}.txt")
        paths[-1].write_bytes(b"".join(lines))
    return paths


def _parts(path: Path, folder: Path, count: int) -> list[Path]:
    """Write parts of a file that follow each other."""
    lines = path.read_bytes().splitlines(keepends=True)
    kind = "p" if "parallel" in str(path) else ""
    found = []
    for part in range(count):
        found.append(folder / f"{path.stem}{kind}{part}.txt")
        first, last = len(lines) * part // count, len(lines) * (part + 1) // count
        found[-1].write_bytes(b"".join(lines[first:last]))
    return found


def run_many() -> None:
    """Print how long 112 corpora and 30,000 merges take to a proven gap of 1 %."""
    print("\n### infer-mixture with 112 corpora\n")
    with tempfile.TemporaryDirectory() as name:
        paths = many_corpora(Path(name))
        corpora = read_corpora([str(path) for path in paths])
        truth = np.random.default_rng(SEED).dirichlet(np.ones(len(corpora)))
        pipeline = gpt2_pipeline()
        counting, counts = timed(lambda: count(corpora, pipeline, keep=counted))
        text = mixed(corpora, truth, MEGABYTES * 2_000_000, SEED)
        merges = trained_merges(text, 256 + 3 * MERGES)
    replaying, found = timed(lambda: evidence(counts, merges, len(merges)))
    program = found.linear_program()
    print(f"{len(corpora)} corpora, {counts.bytes().sum() / 1e6:.1f} MB, {len(merges):,} merges: ")
    print(f"counting {counting:.1f} s, replay {replaying:.1f} s")
    solving, solution = timed(lambda: solve(program, gap=0.01, tell=_say))
    score = log_error(found.bytes_of(solution.shares), truth)
    print(f"gap of {solution.gap:.2%} after {solving:.0f} s; log10 MSE {score:.2f}, ", end="")
    print(f"uniform {log_error(np.full(len(truth), 1 / len(truth)), truth):.2f}")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _say(stage: Stage, steps: int) -> None:
    print(f"{stage.steps:,} of {steps:,} merges: {stage.gap:.3%}", file=sys.stderr, flush=True)
