"""Measure tokscope beside libraries and other tools in one run, and print Markdown tables.

    TOKSCOPE_DATA=FOLDER python -m benchmarks [--quick]

Needs `pip install -e '.[test,bench]'`. Both sides of a ratio run in turn, on as many cores; the
middle and the range of several rounds are printed, because machines are noisy.
"""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import version

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

from benchmarks import commands, encoders, growth, mixture, peers
from benchmarks.measuring import ROUNDS

NAMED = ("tokscope", "tokenizers", "tiktoken", "sentencepiece", "numpy", "scipy", "pandas")
PEERS = ("tokenization-scorer", "toksight", "qtok")


def main() -> None:
    """Print every table."""
    libraries = ", ".join(f"{name} {version(name)}" for name in (*NAMED, *PEERS))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    print(f"{date.today()}; {machine}; Python {platform.python_version()}; {libraries}.")
    print(f"Middle and range of {ROUNDS} rounds.")
    for part in (encoders, peers, commands, growth, mixture):
        part.run()


if __name__ == "__main__":
    main()
