"""How the time of whole commands grows, and that memory does not."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import DATA, GPT2, QUICK, TOKENIZERS, prose, ratios, spread, table, timed
from benchmarks.measuring import command as run_command

SIZES = (2, 4, 8) if QUICK else (10, 20, 40)
MEMORY = (10, 40) if QUICK else (100, 1_000, 5_000)
JOBS = 40 if QUICK else 200
MORE = [GPT2, *(TOKENIZERS / f"{name}.json" for name in ("claude", "llama", "bert-base-uncased"))]


@contextmanager
def first_ranks(size: int) -> Iterator[str]:
    """Write the first ranks of o200k_base, and yield the word that loads them."""
    lines = (TOKENIZERS / "o200k_base.tiktoken").read_bytes().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.tiktoken"
        path.write_bytes(b"".join(lines[:size]))
        yield f"{path}?pattern=o200k_base"


def grown() -> Iterator[tuple[str, str, str, str]]:
    """Yield what grows, how much of it there is, and the seconds it takes."""
    for size in SIZES:
        with prose(size) as text:
            found = timed("compare", GPT2, "--corpus", text, "--jobs", 1)
            yield "text", f"{size} MB", "compare", spread(found)
    with prose(SIZES[0]) as text:
        for count in range(1, len(MORE) + 1):
            found = timed("compare", *MORE[:count], "--corpus", text, "--jobs", 1)
            yield "tokenizers", str(count), "compare", spread(found)
    files = sorted((DATA / "parallel" / "flores-dev").iterdir())
    for count in (9, 18, len(files)):
        words = [word for file in files[:count] for word in ("--corpus", file)]
        yield (
            "languages",
            str(count),
            "compare --parallel",
            spread(timed("compare", GPT2, *words, "--parallel", "--jobs", 1)),
        )
    for size in (32_000, 64_000, 128_000, 199_998):
        with first_ranks(size) as spec:
            for words in (("vocab",), ("audit",)):
                yield "vocabulary", f"{size:,}", words[0], spread(timed(words[0], spec))
    corpora = [DATA / "text" / f"{name}.txt" for name in ("en", "de", "fr", "ru", "es", "ar")]
    for count in (2, 4, 6):
        named = [word for path in corpora[:count] for word in ("--corpus", path)]
        how = ("--merges", 300, "--gap", 1e-3, "--jobs", 1)
        found = timed("infer-mixture", GPT2, *named, *how)
        yield "corpora", str(count), "infer-mixture --merges 300", spread(found)
    for merges in (300, 1_000, 3_000):
        named = [word for path in corpora[:4] for word in ("--corpus", path)]
        how = ("--merges", merges, "--gap", 1e-3, "--jobs", 1)
        found = timed("infer-mixture", GPT2, *named, *how)
        yield "merges", f"{merges:,}", "infer-mixture, 4 corpora", spread(found)


def jobs() -> Iterator[tuple[str, str]]:
    """Yield how many times faster two processes are than one."""
    with prose(JOBS) as text:
        for words in (
            ("compare", GPT2, "--corpus", text),
            ("compare", GPT2, TOKENIZERS / "llama.json", "--corpus", text),
        ):
            found = ratios(
                lambda: run_command(*words, "--jobs", 1),  # noqa: B023
                lambda: run_command(*words, "--jobs", 2),  # noqa: B023
            )
            yield " ".join(Path(str(word)).name for word in words), spread(found, "x")


def resident(process: int) -> int:
    """Return the bytes that a process and its children hold."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if process in (parent, int(folder.name)):
                status = (folder / "status").read_text()
                found = re.search(r"RssAnon:\s+(\d+)", status)
                total += int(found[1]) * 1024 if found else 0
        except (OSError, ValueError):
            continue
    return total


def peak(*words: object) -> float:
    """Return the most memory of a whole command with all of its processes, in MB; Linux only."""
    call = [sys.executable, "-m", "tokscope", *map(str, words), "--format", "csv"]
    most = 0
    with subprocess.Popen(call, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, resident(process.pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{call} failed")
    return most / 1e6


def memory() -> Iterator[tuple[str, str, str]]:
    """Yield the peak of commands over growing text."""
    for size in MEMORY:
        with prose(size) as text, prose(2, "de") as other:
            yield (
                f"{size:,} MB",
                *(
                    f"{peak(*words, '--jobs', 2):.0f} MB"
                    for words in (
                        ("compare", GPT2, "--corpus", text),
                        (
                            *("infer-mixture", GPT2, "--corpus", text, "--corpus", other),
                            *("--merges", 100, "--gap", 0.01),
                        ),
                    )
                ),
            )


def run() -> None:
    """Print the tables."""
    header = ("what grows", "to", "command, one core", "seconds")
    table("Growth", header, grown())
    table(f"Two processes beside one, {JOBS} MB", ("command", "faster"), jobs())


def run_memory() -> None:
    """Print the table of the largest text."""
    header = ("text", "compare", "infer-mixture, counting included")
    table("Peak memory, two processes and their parent", header, memory())
