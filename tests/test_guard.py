"""The guard notices what got slower; `.ci/run` runs it while nothing else runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Whatever is counted takes three times as much CPU, so that noise cannot hide it.
SLOWED = """
import time
from benchmarks import guard
def slow(*given, right=guard.count):
    start = time.process_time()
    right(*given)
    end = start + 3 * (time.process_time() - start)
    while time.process_time() < end:
        pass
guard.count, guard.ROUNDS, guard.TRIES = slow, 4, 1
assert not guard.check([guard.CASES[1]._replace(megabytes=0.3)])
"""


@pytest.mark.deep
def test_the_guard_notices_what_takes_three_times_as_long() -> None:
    pytest.importorskip("fastokens")
    call = [sys.executable, "-c", SLOWED]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("more than 1.25") == 2
