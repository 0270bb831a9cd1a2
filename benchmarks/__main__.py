"""Measure tokscope against the bare libraries on the same text, one thread on both sides.

    TOKSCOPE_DATA=FOLDER python -m benchmarks [--quick]

A ratio is the library's time over that of tokscope's tally: 2x is twice as fast.
Both sides run in turn, `ROUNDS` times; the middle ratio and the range are printed.
Vocabularies of growing size are timed as whole commands, imports and loading included.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import sentencepiece
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

from tokscope.catalog import DEFAULT, MEASURES
from tokscope.tally import Counting, tally
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.tiktoken import PATTERNS

QUICK = "--quick" in sys.argv
ROUNDS = 3 if QUICK else 5
MEGABYTES = 2 if QUICK else 20
DATA = Path(os.environ["TOKSCOPE_DATA"])
COLUMNS = {
    "default measures": frozenset.union(*(MEASURES[name].columns for name in DEFAULT)),
    "--measure tokens": MEASURES["tokens"].columns | {"units", "bytes"},
}


@contextmanager
def prose(megabytes: int) -> Iterator[Path]:
    """Write English prose, its lines repeated only as often as the size needs."""
    text = (DATA / "text" / "en.txt").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "en.txt"
        size = megabytes * 1_000_000
        cut = (text * (size // len(text) + 1))[:size]
        path.write_bytes(cut[: cut.rfind(b"\n") + 1])
        yield path


def library_of(place: Path) -> Callable[[list[str]], object]:
    """Return the library's own fastest way to encode lines."""
    if place.suffix == ".json":
        library = tokenizers.Tokenizer.from_file(str(place))
        library.no_padding()
        library.no_truncation()
        return lambda lines: library.encode_batch_fast(lines, add_special_tokens=False)
    if place.suffix == ".model":
        model = sentencepiece.SentencePieceProcessor(model_file=str(place))
        return lambda lines: model.encode(lines, num_threads=1)
    core = tiktoken.Encoding(
        "bare",
        pat_str=PATTERNS[place.stem],
        mergeable_ranks=load_tiktoken_bpe(str(place)),
        special_tokens={},
    )
    return lambda lines: [core.encode_ordinary(line) for line in lines]


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ratios(place: Path, text: Path) -> Iterator[tuple[str, list[float]]]:
    """Yield for each set of columns how many times faster than the library the tally is."""
    library, tokenizer = library_of(place), load(str(place))
    lines = text.read_text(encoding="utf-8").split("\n")
    (corpus,) = read_corpora([str(text)])
    for name, columns in COLUMNS.items():
        counting = Counting(columns)
        tally(corpus, [tokenizer], counting)  # tables that are made once
        found = []
        for _ in range(ROUNDS):
            ours = seconds(lambda: tally(corpus, [tokenizer], counting))  # noqa: B023
            found.append(seconds(lambda: library(lines)) / ours)
        yield name, found


# A child begins with its parent's peak in ru_maxrss; the kernel's own high-water mark is its own.
WATCHED = """
import re, sys
from pathlib import Path
from tokscope.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\\s+(\\d+)", status)[1], file=sys.stderr)
"""


def peak(place: Path, text: Path) -> float:
    """Return the peak memory in MB of a whole command; Linux only."""
    words = [sys.executable, "-c", WATCHED, "compare", place, "--corpus", text, "-f", "csv"]
    done = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
    return int(done.stderr) / 1000


@contextmanager
def first_ranks(size: int) -> Iterator[str]:
    """Write the first ranks of o200k_base, and yield the word that loads them."""
    lines = (DATA / "tokenizers" / "o200k_base.tiktoken").read_bytes().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.tiktoken"
        path.write_bytes(b"".join(lines[:size]))
        yield f"{path}?pattern=o200k_base"


def whole_command(*words: str) -> list[float]:
    """Return the seconds of a whole process, `ROUNDS` times."""
    call = [sys.executable, "-m", "tokscope", *words, "--format", "csv"]
    return [
        seconds(lambda: subprocess.run(call, check=True, capture_output=True))
        for _ in range(ROUNDS)
    ]


def vocabularies() -> None:
    """Print how commands that look at every token grow with the vocabulary."""
    print("\n| tokens | command | seconds | range |\n| ---: | --- | ---: | --- |")
    for size in (32_000, 64_000, 128_000, 199_998):
        with first_ranks(size) as spec:
            for command in (("vocab",), ("vocab", "--grep", "^ the"), ("audit",)):
                found = whole_command(command[0], spec, *command[1:])
                span = f"{min(found):.2f}-{max(found):.2f}"
                middle = statistics.median(found)
                print(f"| {size:,} | {' '.join(command)} | {middle:.2f} | {span} |")


def main() -> None:
    """Print Markdown tables."""
    libraries = ", ".join(f"{n} {version(n)}" for n in ("tokenizers", "tiktoken", "sentencepiece"))
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}, {libraries}")
    print(f"{MEGABYTES} MB of English prose, one thread, {ROUNDS} rounds\n")
    print("| tokenizer | against | what is counted | ratio | range |")
    print("| --- | --- | --- | ---: | --- |")
    against = {".json": "encode_batch_fast", ".model": "encode", ".tiktoken": "encode_ordinary"}
    with prose(MEGABYTES) as text:
        for file in ("gpt-2.json", "cl100k_base.tiktoken", "llama.json", "mistral-v3.spm.model"):
            place = DATA / "tokenizers" / file
            for counted, found in ratios(place, text):
                middle = statistics.median(found)
                span = f"{min(found):.2f}-{max(found):.2f}"
                print(f"| {file} | {against[place.suffix]} | {counted} | {middle:.2f}x | {span} |")
    print("\n| text | peak memory of the command |\n| ---: | ---: |")
    for megabytes in (2, 20) if QUICK else (20, 200):
        with prose(megabytes) as text:
            print(f"| {megabytes} MB | {peak(DATA / 'tokenizers' / 'gpt-2.json', text):.0f} MB |")
    vocabularies()


if __name__ == "__main__":
    main()
