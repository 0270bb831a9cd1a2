"""Start-up, audit and check as whole commands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

from benchmarks.measuring import (
    DATA,
    GPT2,
    QUICK,
    ROUNDS,
    TOKENIZERS,
    command,
    prose,
    ratios,
    seconds,
    spread,
    table,
    timed,
)

MEGABYTES = 10 if QUICK else 50
COUNTED = {"tokens": ("--measure", "tokens"), "the default measures": ()}
# What one writes without tokscope: a megabyte of lines at a time, so that memory does not grow.
ALONE = """
import sys, tokenizers
library, tokens = tokenizers.Tokenizer.from_file(sys.argv[1]), 0
with open(sys.argv[2], encoding="utf-8") as text:
    while lines := text.readlines(1 << 20):
        lines = [line.rstrip("\\n") for line in lines]
        tokens += sum(len(one.ids) for one in library.encode_batch(lines, add_special_tokens=False))
print(tokens)
"""


def end_to_end() -> Iterator[tuple[str, int, str]]:
    """Yield how many times as long the library takes to count tokens as a process of its own."""
    with prose(MEGABYTES) as text:
        for (counted, how), cores in product(COUNTED.items(), (1, 2)):
            threads = {"TOKENIZERS_PARALLELISM": "true", "RAYON_NUM_THREADS": str(cores)}
            alone = partial(
                subprocess.run,
                [sys.executable, "-c", ALONE, str(GPT2), str(text)],
                check=True,
                capture_output=True,
                env=os.environ | threads,
            )
            ours = partial(command, "compare", GPT2, "-c", text, "--jobs", cores, *how)
            yield counted, cores, spread(ratios(alone, ours), "x")


def script(*words: str, folder: Path) -> float:
    """Time the installed entry point in a folder."""
    call = [str(Path(sys.executable).with_name("tokscope")), *words]
    return seconds(lambda: subprocess.run(call, cwd=folder, check=True, capture_output=True))


def start_up() -> Iterator[tuple[str, int, str]]:
    """Yield how many modules are imported before any work, and how long that takes."""
    for code in ("pass", "import tokscope", "import tokscope.cli", "from tokscope import compare"):
        count = f"import sys; {code}; print(len(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", count], check=True, capture_output=True, text=True
        )
        call = [sys.executable, "-c", code]
        found = [seconds(lambda: subprocess.run(call, check=True)) for _ in range(ROUNDS)]  # noqa: B023
        yield code, int(done.stdout), spread(found)


def audits() -> Iterator[tuple[str, str]]:
    for name in ("gpt-2.json", "llama.json", "bert-base-uncased.json", "german-unigram-30k.json"):
        yield name, spread(timed("audit", TOKENIZERS / name))


def checks() -> Iterator[tuple[str, str]]:
    """Yield the ratio of check to compare on the same text, and identity alone."""
    corpora = ["--corpus", str(DATA / "parallel" / "flores-dev"), "--parallel"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        script("init", str(GPT2), *corpora, folder=folder)
        script("lock", folder=folder)
        found = [
            script("check", folder=folder) / script("compare", str(GPT2), *corpora, folder=folder)
            for _ in range(ROUNDS)
        ]
        yield "check / compare, 36 languages x 997 lines", spread(found, "x")
        alone = [script("check", "--identity", folder=folder) for _ in range(ROUNDS)]
        yield "check --identity, seconds", spread(alone)


def run() -> None:
    """Print the tables."""
    table("Start-up", ("code", "modules", "seconds"), start_up())
    table("audit", ("tokenizer", "seconds"), audits())
    table("check on gpt-2.json", ("what", "value"), checks())


def run_whole() -> None:
    """Print the table of whole processes."""
    title = f"compare on {MEGABYTES} MB beside encode_batch alone, gpt-2.json, whole processes"
    table(title, ("what is counted", "cores", "faster"), end_to_end())
