"""How the cost of whole commands grows, what a second process brings, and that memory stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.measuring import (
    DATA,
    GPT2,
    QUICK,
    REAL,
    TOKENIZERS,
    command,
    in_turn,
    prose,
    spread,
    table,
    timed,
)
from tokscope.tokenizers.sample import FOLDER

SIZES = (2, 4, 8) if QUICK else (10, 20, 40)
MEMORY = (40, 80) if QUICK else (500, 1_000, 2_000, 10_000)
MIXTURE = 40 if QUICK else 1_000  # its counts stay in memory, up to a limit
JOBS = 40 if QUICK else 200
ONE = ("--jobs", 1)
BPE = GPT2 if REAL else FOLDER / "bpe.json"
MORE = [BPE, *(TOKENIZERS / f"{name}.json" for name in ("claude", "llama", "bert-base-uncased"))]
Row = tuple[str, ...]


def text_grows() -> Iterator[Row]:
    for size in SIZES:
        with prose(size) as text:
            cost = timed("compare", BPE, "--corpus", text, *ONE)
            yield "text", f"{size} MB", "compare", *cost


def grown() -> Iterator[Row]:
    """Yield what grows, how much of it there is, and the seconds it takes."""
    yield from text_grows()
    if not REAL:
        return
    with prose(SIZES[0]) as text:
        for count in range(1, len(MORE) + 1):
            cost = timed("compare", *MORE[:count], "--corpus", text, *ONE)
            yield "tokenizers", str(count), "compare", *cost
    files = sorted((DATA / "parallel" / "flores-dev").iterdir())
    for count in (9, 18, len(files)):
        cost = timed("compare", GPT2, *corpora(files[:count]), "--parallel", *ONE)
        yield "languages", str(count), "compare --parallel", *cost
    for size in (32_000, 64_000, 128_000, 199_998):
        with first_ranks(size) as spec:
            for name in ("vocab", "audit"):
                yield "vocabulary", f"{size:,}", name, *timed(name, spec)
    files = [DATA / "text" / f"{name}.txt" for name in ("en", "de", "fr", "ru", "es", "ar")]
    for count, merges in ((2, 300), (4, 300), (6, 300), (4, 1_000), (4, 3_000)):
        how = ("--merges", merges, "--gap", 1e-3, *ONE)
        cost = timed("infer-mixture", GPT2, *corpora(files[:count]), *how)
        yield "corpora x merges", f"{count} x {merges:,}", "infer-mixture", *cost


def corpora(paths: Sequence[Path]) -> list[object]:
    return [word for path in paths for word in ("--corpus", path)]


@contextmanager
def first_ranks(size: int) -> Iterator[str]:
    """Write the first ranks of o200k_base, and yield the word that loads them."""
    lines = (TOKENIZERS / "o200k_base.tiktoken").read_bytes().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.tiktoken"
        path.write_bytes(b"".join(lines[:size]))
        yield f"{path}?pattern=o200k_base"


def jobs() -> Iterator[Row]:
    """Yield how many times faster two processes are than one."""
    specs = [BPE, TOKENIZERS / "llama.json"][: 1 + REAL]
    with prose(JOBS) as text:
        for count in range(1, len(specs) + 1):
            words = "compare", *specs[:count], "--corpus", text, "--jobs"
            found = in_turn({f"{n}": partial(command, *words, n) for n in (1, 2)})
            pairs = list(zip(found["1"], found["2"], strict=True))
            clock = spread([one.wall / two.wall for one, two in pairs], "x")
            names = " ".join(path.name for path in specs[:count])
            yield f"compare {names}", clock, spread([two.cpu / one.cpu for one, two in pairs], "x")


@contextmanager
def linked(megabytes: int) -> Iterator[Path]:
    """Yield a folder with that much text, most of it links to one file of 100 MB or less."""
    size = min(megabytes, 100)
    with prose(size) as text:
        for place in range(1, megabytes // size):
            os.link(text, text.with_name(f"{text.stem}{place}.txt"))
        yield text.parent


def held(process: int) -> int:
    """Return the bytes that a process and those below it hold; what they share counts once."""
    total, waiting = 0, [process]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        try:
            lines = (folder / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):  # it has just ended
            continue
    return total * 1024


def peak(*words: object) -> tuple[float, float]:
    """Return the most memory in MB of a command with all its processes, and its seconds."""
    call = [sys.executable, "-m", "tokscope", *map(str, words), "--format", "csv"]
    most, start = 0, time.perf_counter()
    with subprocess.Popen(call, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(0.5)  # looking costs CPU too
    if process.returncode:
        sys.exit(f"{call} failed")
    return most / 1e6, time.perf_counter() - start


def memory() -> Iterator[Row]:
    """Yield the peak of commands over growing text; Linux only."""
    for size in MEMORY:
        with linked(size) as folder:
            most, seconds = peak("compare", BPE, "--corpus", f"en={folder}", "--jobs", 2)
        yield "compare", f"{size:,} MB", f"{most:.0f} MB", f"{seconds:.0f}"
    with prose(MIXTURE) as text, prose(2, "de") as other:
        how = ("--merges", 100, "--gap", 0.01, "--jobs", 2)
        most, seconds = peak("infer-mixture", BPE, *corpora([text, other]), *how)
        yield "infer-mixture", f"{MIXTURE:,} MB", f"{most:.0f} MB", f"{seconds:.0f}"


def run() -> None:
    """Print the tables."""
    header = ("what grows", "to", "command, one core", "seconds of CPU", "seconds")
    table("Growth", header, grown())
    title = f"Two processes beside one, {JOBS} MB"
    table(title, ("command", "faster, clock", "CPU of two / of one"), jobs())


def run_memory() -> None:
    """Print the table of the largest text."""
    header = ("command", "text", "peak", "seconds")
    table("Peak memory, two processes and their parent", header, memory())
