"""Measure tokscope beside libraries and other tools in one run, and print Markdown tables.

    TOKSCOPE_DATA=FOLDER python -m benchmarks [--quick] [PART...]

Needs `pip install -e '.[test,bench]'`. Both sides of a ratio run in turn, on as many cores; the
middle and the range of several rounds are printed, because machines are noisy. Without a folder of
real text and published tokenizers, text is made up and the tokenizers of the sample are measured.
"""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from importlib.metadata import version

from benchmarks.measuring import ONE_CORE, REAL, ROUNDS, there

os.environ |= ONE_CORE  # before libraries are imported

from benchmarks import (
    boundaries,
    changing,
    cold,
    commands,
    encoders,
    gates,
    growth,
    mixture,
    others,
    spans,
)
from tokscope.errors import TokscopeError, choose

NAMED = (
    *("tokscope", "tokenizers", "tiktoken", "fastokens", "sentencepiece", "numpy", "scipy"),
    *("highspy", "pandas", "tokenization-scorer", "toksight", "qtok"),
)
PARTS = {
    "encoders": encoders.run,
    "cold": cold.run,
    "commands": commands.run,
    "others": others.run,
    "growth": growth.run,
    "changing": changing.run,
    "boundaries": boundaries.run,
    "spans": spans.run,
    "memory": growth.run_memory,
    "mixture": mixture.run,
    "published": mixture.run_published,
    "many": mixture.run_many,
    "gates": gates.run,
}
NEED_DATA = {"cold", "others", "mixture", "published", "many", "gates"}


def main() -> None:
    """Print the tables of the parts that are named, or of all."""
    named = [word for word in sys.argv[1:] if word != "--quick"]
    try:
        names = named or [name for name in PARTS if REAL or name not in NEED_DATA]
        parts = [choose(PARTS, word, "part") for word in names]
    except TokscopeError as error:
        sys.exit(str(error))
    if not REAL and NEED_DATA.intersection(named):
        sys.exit("TOKSCOPE_DATA names no folder of real text and tokenizers, which this needs")
    libraries = ", ".join(f"{name} {version(name)}" for name in NAMED if there(name))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    print("# tokscope beside libraries and other tools\n")
    print(f"{date.today()}; {machine}; Python {platform.python_version()}; {libraries}.")
    print(f"`python -m benchmarks {' '.join(sys.argv[1:])}`".replace(" `", "`"), end="; ")
    print(f"middle and range of {ROUNDS} rounds.")
    for part in parts:
        part()


if __name__ == "__main__":
    main()
