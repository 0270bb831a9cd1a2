"""What a machine is like, how many cores it has and who works never changes what programs read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Write = Callable[[str, str | bytes], Path]
MEGABYTES = 17  # more than is worth starting workers for
LINES = "Grüße aus Köln, 12 Worte in einer Zeile: 世界! x=1;\nplain words and no more\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "de.txt"
    path.write_bytes(LINES.encode() * (MEGABYTES * 1_000_000 // len(LINES.encode())))
    return path


def test_jobs_and_a_scheduler_give_the_same_bytes(run: Run, large: Path) -> None:
    distributed = pytest.importorskip("distributed")
    words = ("compare", "sample:bpe", "--corpus", large, "--bootstrap", 50, "--format", "json")
    alone = run(*words, "--jobs", 1)
    assert alone.returncode == 0, alone.stderr
    assert alone.stdout == run(*words, "--jobs", 2).stdout
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as machines:
        spread = run(*words, "--scheduler", machines.scheduler_address)
    assert alone.stdout == spread.stdout
    assert spread.stderr == ""


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "sample:bpe", "bytes", "--bootstrap", "20"),
        ("infer-mixture", "sample:bpe", "--merges", "40"),
        ("vocab", "sample:bpe", "--by", "language"),
        ("audit", "sample:wordpiece"),
        ("diff", "sample:bpe", "sample:unigram"),
        ("equiv", "sample:bpe", "sample:wordpiece", "--fuzz", "100"),
        ("inspect", "sample:bpe"),
    ],
    ids=lambda command: command[0],
)
def test_machines_that_differ_give_the_same_bytes(run: Run, command: tuple[str, ...]) -> None:
    here = run(*command, "--format", "json", LC_ALL="C", TZ="UTC", PYTHONHASHSEED="1")
    there = run(
        *command,
        "--format",
        "json",
        LC_ALL="tr_TR.UTF-8",
        LANG="tr_TR.UTF-8",
        TZ="Asia/Kathmandu",
        PYTHONHASHSEED="2",
        COLUMNS="240",
        PYTHON_CPU_COUNT="1",
        OMP_NUM_THREADS="1",
    )
    assert here.stdout
    assert here.stdout == there.stdout


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_at_once_in_silence_and_leaves_nothing(
    large: Path, tmp_path: Path, number: int
) -> None:
    script = Path(sys.executable).with_name("tokscope")
    words = ["compare", "sample:unigram", "sample:bpe", "--corpus", large, "--jobs", "2"]
    with subprocess.Popen(
        [script, *map(str, words), "-o", str(tmp_path / "out.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as process:
        while len(children(process.pid)) < 2:  # workers and what multiprocessing starts for them
            time.sleep(0.05)
        process.send_signal(number)
        out, error = process.communicate(timeout=20)
    assert process.returncode in (128 + number, -number)
    assert (out, error) == (b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_jobs_and_schedulers_that_make_no_sense(run: Run) -> None:
    done = run("compare", "bytes", "--jobs", 0)
    assert (done.returncode, done.stderr) == (
        2,
        "tokscope: --jobs 0: write how many processes, from 1 up\n",
    )
    done = run("compare", "bytes", "--jobs", 2, "--scheduler", "tcp://x:1")
    assert done.stderr == "tokscope: --scheduler has workers of its own; leave --jobs away\n"
