"""Measure tokscope beside libraries and other tools in one run, and print Markdown tables.

    TOKSCOPE_DATA=FOLDER python -m benchmarks [--quick] [PART...]

Needs `pip install -e '.[test,bench]'`. Both sides of a ratio run in turn, on as many cores; the
middle and the range of several rounds are printed, because machines are noisy.
"""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from importlib.metadata import version

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

from benchmarks import commands, encoders, gates, growth, mixture, peers
from benchmarks.measuring import ROUNDS
from tokscope.errors import TokscopeError, choose

NAMED = (
    "tokscope",
    "tokenizers",
    "tiktoken",
    "sentencepiece",
    "numpy",
    "scipy",
    "highspy",
    "pandas",
)
PEERS = ("tokenization-scorer", "toksight", "qtok")
PARTS = {
    "encoders": encoders.run,
    "whole": commands.run_whole,
    "peers": peers.run,
    "commands": commands.run,
    "growth": growth.run,
    "memory": growth.run_memory,
    "mixture": mixture.run,
    "published": mixture.run_published,
    "many": mixture.run_many,
    "gates": gates.run,
}


def main() -> None:
    """Print the tables of the parts that are named, or of all."""
    named = [word for word in sys.argv[1:] if word != "--quick"]
    try:
        parts = [choose(PARTS, word, "part") for word in named or PARTS]
    except TokscopeError as error:
        sys.exit(str(error))
    libraries = ", ".join(f"{name} {version(name)}" for name in (*NAMED, *PEERS))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    print("# tokscope beside libraries and other tools\n")
    print(f"{date.today()}; {machine}; Python {platform.python_version()}; {libraries}.")
    print(f"`python -m benchmarks {' '.join(sys.argv[1:])}`".replace(" `", "`"), end="; ")
    print(f"middle and range of {ROUNDS} rounds.")
    for part in parts:
        part()


if __name__ == "__main__":
    main()
