"""What the benchmarks share: text, what something costs, ratios with their spread, tables."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

QUICK = "--quick" in sys.argv
ROUNDS = 3 if QUICK else 5
DATA = Path(os.environ.get("TOKSCOPE_DATA", "no-data"))  # real text and published tokenizers
REAL = (DATA / "tokenizers").is_dir()
TOKENIZERS = DATA / "tokenizers"
GPT2 = TOKENIZERS / "gpt-2.json"
SAMPLE = Path(__file__).parent.parent / "tokscope/text/sample/prose"
ONE_CORE = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "FASTOKENS_BPE_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@contextmanager
def prose(megabytes: float, language: str = "en") -> Iterator[Path]:
    """Write prose, its lines repeated only as often as the size needs; made up without data."""
    source = DATA / "text" / f"{language}.txt"
    text = source.read_bytes() if REAL else made(min(megabytes, 5), [language])
    left = round(megabytes * 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{language}.txt"
        with path.open("wb") as stream:
            while left >= len(text):
                left -= stream.write(text)
            stream.write(text[: text[:left].rfind(b"\n") + 1])
        yield path


def made(megabytes: float, languages: Iterable[str]) -> bytes:
    """Make lines of the words of the embedded sample, and of words put together from halves."""
    words: list[str] = []
    for language in languages:
        words += (SAMPLE / f"{language}.txt").read_text(encoding="utf-8").split()
    draw = random.Random(0)
    words += [one[: len(one) // 2] + draw.choice(words)[1:] for one in words for _ in range(9)]
    often = list(accumulate(1 / (10 + place) for place in range(len(words))))
    lines, left = [], round(megabytes * 1_000_000)
    while left > 0:
        some = draw.choices(words, cum_weights=often, k=draw.randint(4, 25))
        lines.append(f"{' '.join(some)}\n".encode())
        left -= len(lines[-1])
    return b"".join(lines)


class Cost(NamedTuple):
    """Seconds that something takes, and what it says on standard error."""

    cpu: float
    wall: float
    told: str = ""


def here(action: Callable[[], object]) -> Cost:
    """Call something in this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def process(*words: object, cwd: Path | None = None, **variables: str) -> Cost:
    """Run a module of Python as a process; the cost includes what that starts and waits for."""
    call = [sys.executable, "-m", *map(str, words)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        own = os.environ | ONE_CORE | variables
        start = time.perf_counter()
        child = subprocess.Popen(call, stdout=out, stderr=told, cwd=cwd, env=own)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        cost = Cost(usage.ru_utime + usage.ru_stime, wall, told.read().decode())
    if child.returncode:
        sys.exit(f"{' '.join(call)}: exit code {child.returncode}: {cost.told}")
    return cost


command = partial(process, "tokscope")


def in_turn(
    actions: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS
) -> dict[str, list[Cost]]:
    """Do several things one after the other, in rounds; return what each costs."""
    found: dict[str, list[Cost]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            found[name].append(action())
    return found


def faster(other: Sequence[Cost], ours: Sequence[Cost]) -> tuple[str, str]:
    """Write how many times as long the other takes, by CPU with the range, and by the clock."""
    pairs = list(zip(other, ours, strict=True))
    clock = statistics.median(one.wall / own.wall for one, own in pairs)
    return spread([one.cpu / own.cpu for one, own in pairs], "x"), f"{clock:.2f}x"


def seconds(found: Sequence[Cost]) -> tuple[str, str]:
    """Write the seconds of CPU, and the middle of those by the clock."""
    return spread([one.cpu for one in found]), f"{statistics.median(c.wall for c in found):.2f}"


def timed(*words: object) -> tuple[str, str]:
    """Write the seconds of a whole command."""
    return seconds([command(*words, "--format", "csv") for _ in range(ROUNDS)])


def there(library: str) -> bool:
    """Tell whether a library is installed; those of the extra `bench` may not be."""
    return find_spec(library.replace("-", "_")) is not None


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
