"""Counting is as fast as it was, beside the bare libraries: see `benchmarks/guard.py`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.deep
# Whatever is counted takes half as much CPU again.
SLOWED = """
import time
from benchmarks import guard
def slow(*given, right=guard.count):
    start = time.process_time()
    right(*given)
    end = start + 1.5 * (time.process_time() - start)
    while time.process_time() < end:
        pass
guard.count, guard.TRIES = slow, 1
assert not guard.check(guard.CASES[1:2])
"""


def guarded(*words: str) -> subprocess.CompletedProcess[str]:
    """Measure in a process of its own, whose memory and threads are those of the benchmark."""
    pytest.importorskip("fastokens")
    call = [sys.executable, *words]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=600)


def test_counting_costs_what_was_recorded_beside_the_bare_libraries() -> None:
    """If a change is worth its cost, `python -m benchmarks.guard --record` writes it down."""
    done = guarded("-m", "benchmarks.guard")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guard_notices_what_is_half_as_slow_again() -> None:
    done = guarded("-c", SLOWED)
    assert done.returncode == 0, done.stderr
    assert "default measures, bpe.json beside fastokens: 1." in done.stdout
    assert done.stdout.count("more than 1.25") == 2
