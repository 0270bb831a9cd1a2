"""What the benchmarks share: text, whole commands, ratios with their spread, Markdown tables."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

if "TOKSCOPE_DATA" not in os.environ:
    sys.exit("TOKSCOPE_DATA names no folder of real text and tokenizers; nothing can be measured")
QUICK = "--quick" in sys.argv
ROUNDS = 3 if QUICK else 5
DATA = Path(os.environ["TOKSCOPE_DATA"])
TOKENIZERS = DATA / "tokenizers"
GPT2 = TOKENIZERS / "gpt-2.json"


@contextmanager
def prose(megabytes: int, language: str = "en") -> Iterator[Path]:
    """Write prose, its lines repeated only as often as the size needs."""
    text = (DATA / "text" / f"{language}.txt").read_bytes()
    left = megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{language}.txt"
        with path.open("wb") as stream:
            while left >= len(text):
                left -= stream.write(text)
            stream.write(text[: text[:left].rfind(b"\n") + 1])
        yield path


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command(*words: object) -> None:
    """Run a whole command, start-up included."""
    call = [sys.executable, "-m", "tokscope", *map(str, words), "--format", "csv"]
    subprocess.run(call, check=True, capture_output=True)


def timed(*words: object) -> list[float]:
    """Return the seconds of a whole command, `ROUNDS` times."""
    return [seconds(lambda: command(*words)) for _ in range(ROUNDS)]


def ratios(one: Callable[[], object], other: Callable[[], object]) -> list[float]:
    """Run two actions in turn; return how many times as long the first took."""
    return [seconds(one) / seconds(other) for _ in range(ROUNDS)]


def spread(found: Sequence[float], unit: str = "") -> str:
    """Write the middle and the range.

    >>> spread([1.0, 2.0, 4.0], "x")
    '2.00x (1.00 to 4.00)'
    """
    return f"{statistics.median(found):.2f}{unit} ({min(found):.2f} to {max(found):.2f})"


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table, each row when it is known."""
    print(f"\n### {title}\n\n| {' | '.join(header)} |\n|{' --- |' * len(header)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)
