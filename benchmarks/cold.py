"""Text that is read once, as it comes: natural text of many kinds, no line twice, nothing warm.

    python -m benchmarks.cold SPEC WHAT TEXT

counts TEXT in a process of its own, and prints the seconds of CPU without start and loading.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.encoders import COLUMNS
from benchmarks.families import families
from benchmarks.measuring import DATA, ROUNDS, in_turn, process, spread, table
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.engine import VARIABLE


def rows(text: Path) -> Iterator[tuple[str, ...]]:
    """Yield seconds of the fast engine alone, and of reading, encoding and counting with it."""
    for family in families():
        if "fastokens" not in family.peers or not family.name.endswith("fast"):
            continue
        bare = ("benchmarks.bare", f"--pattern={family.pattern}", "encode", "fastokens")
        ours = {
            what: partial(
                process, "benchmarks.cold", family.path, what, text, **{VARIABLE: "fastokens"}
            )
            for what in COLUMNS
        }
        found = in_turn({"bare": partial(process, *bare, family.path, text), **ours}, ROUNDS)
        seconds = {name: [float(one.told.split()[0]) for one in found[name]] for name in found}
        for what in COLUMNS:
            shares = [one / own for one, own in zip(seconds["bare"], seconds[what], strict=True)]
            middle = (f"{statistics.median(seconds[name]):.2f}" for name in ("bare", what))
            yield family.name, what, *middle, spread(shares)


def run() -> None:
    """Print how much of the speed of the fast engine is left, on all text of the data folder."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "mixed.txt"
        files = sorted(path for name in ("text", "code") for path in (DATA / name).glob("*.txt"))
        text.write_bytes(b"".join(path.read_bytes() for path in files))
        title = f"{text.stat().st_size / 1e6:.0f} MB of languages and code, read once, one core"
        header = ("tokenizer", "what is counted", "fastokens, s", "ours, s", "share of its speed")
        table(title, header, rows(text))


def main() -> None:
    """Count, and print the seconds."""
    spec, what, path = sys.argv[1:]
    tokenizer, counting = load(spec), Counting(COLUMNS[what])
    count([tokenizer], read_corpora(["sample:en"]), counting)  # builds the engine
    start = time.process_time()
    count([tokenizer], read_corpora([path]), counting)
    print(time.process_time() - start, file=sys.stderr)


if __name__ == "__main__":
    main()
