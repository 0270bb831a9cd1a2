"""What a machine is like, how many cores it has and who works never changes what programs read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from tests.conftest import Run, running
from tokscope.cli.infer_mixture import _interruptible, _told
from tokscope.cli.text import Scale, workers
from tokscope.mixture.search import Point
from tokscope.mixture.solve import Stage
from tokscope.text import corpus as corpus_module
from tokscope.text.corpus import read_corpora
from tokscope.text.parts import in_parts

Write = Callable[[str, str | bytes], Path]
MEGABYTES = 17  # more than is worth starting workers for
LINES = "Grüße aus Köln, 12 Worte in einer Zeile: 世界! x=1;\nplain words and no more\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "de.txt"
    path.write_bytes(LINES.encode() * (MEGABYTES * 1_000_000 // len(LINES.encode())))
    return path


def test_no_more_processes_start_than_there_are_parts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = read_corpora([str(write("a.txt", "x\n" * 200)), str(write("b.txt", "x\n"))])
    monkeypatch.setattr(corpus_module, "PART", 100)

    def counts(jobs: int) -> tuple[int, int]:
        with workers(corpora, Scale(jobs=jobs)) as few, workers(None, Scale(jobs=jobs)) as none:
            return few.count, none.count

    assert (counts(64), counts(3)) == ((6, 1), (3, 1))
    assert len(in_parts(corpora[0]).shards) == 4


def test_jobs_and_a_scheduler_give_the_same_bytes(run: Run, large: Path) -> None:
    distributed = pytest.importorskip("distributed")
    words = ("compare", "bytes", "-m", "tokens", "--corpus", large, "--bootstrap", 50)
    words = (*words, "--format", "json")
    alone = run(*words, "--jobs", 1)
    assert alone.returncode == 0, alone.stderr
    assert alone.stdout == run(*words, "--jobs", 2).stdout
    with (
        patch.dict(os.environ),  # it leaves variables; then `run` would start anew
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://",
            dashboard_address=":0", silence_logs=50,
        ) as machines,
    ):  # fmt: skip
        spread = run(*words, "--scheduler", machines.scheduler_address)
    assert alone.stdout == spread.stdout
    assert spread.stderr == ""


@pytest.mark.deep
def test_machines_that_differ_give_the_same_bytes_and_nothing_is_left_on_them(
    run: Run, tmp_path: Path
) -> None:
    """Not at home, and not among temporary files; commands read a sample of the corpora."""
    home = tmp_path / "home"
    home.mkdir()
    other = {
        "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "2",
        "COLUMNS": "240", "PYTHON_CPU_COUNT": "1", "OMP_NUM_THREADS": "1",
        "HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": str(home),
        "MPLCONFIGDIR": str(tmp_path),  # `running` imports what draws, no command here does
    }  # fmt: skip
    some = ("--corpus", "sample:en", "--corpus", "sample:ru")
    with running(**other) as there:
        for command in (
            ("compare", "sample:bpe", "sample:unigram", "-m", "all", "--bootstrap", "9", *some),
            ("infer-mixture", "sample:bpe", "--merges", "40", *some),
            ("vocab", "sample:bpe", "--by", "language", *some),
            ("audit", "sample:bpe"),
            ("diff", "sample:bpe", "sample:unigram", *some),
            ("equiv", "sample:bpe", "sample:unigram", "--fuzz", "0", *some),
            ("inspect", "sample:wordpiece"),
            ("show", "a b", "bytes"),
        ):
            shown = run(*command, "--format", "json").stdout
            assert shown
            assert shown == there(*command, "--format", "json").stdout, command
    assert list(home.iterdir()) == []


def descendants(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [one for child in map(int, children) for one in (child, *descendants(child))]


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
        while len(descendants(process.pid)) < 3:  # the command, workers, and what starts them
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
        "tokscope: --jobs 0: must be at least 1\n",
    )
    done = run("compare", "bytes", "--jobs", 2, "--scheduler", "tcp://x:1")
    assert done.stderr == "tokscope: --scheduler has workers of its own; drop --jobs\n"


def write_hard(folder: Path) -> None:
    """Write six corpora of letters that no tokenizer was trained on: seconds to solve."""
    letters = np.array(list("etaoinshrdlucmfwypvbgk "))
    for number in range(6):
        random = np.random.default_rng(number)
        odds = random.dirichlet(np.full(len(letters), 3))
        lines = random.choice(letters, (100, 60), p=odds)
        text = "\n".join(map("".join, lines))
        (folder / f"{chr(ord('a') + number)}.txt").write_text(text)


def until(word: bytes, terminal: int) -> bytes:
    """Read a terminal up to a word or its end."""
    seen = b""
    with suppress(OSError):  # nobody has its other end any more
        while word not in seen:
            seen += os.read(terminal, 1_000)
    return seen


@pytest.mark.deep
def test_whoever_interrupts_a_mixture_gets_the_best_answer_so_far(run: Run, tmp_path: Path) -> None:
    write_hard(tmp_path)
    words, counts = ["infer-mixture", "sample:bpe"], tmp_path / "counts"
    done = run(*words, "--merges", "20", "--corpus", tmp_path, "--save-counts", counts)
    assert done.returncode == 0
    answer = interrupted([*words, "--merges", "3000", "--exact", "--counts", str(counts)])
    assert "interrupted: what was not finished is left out" in answer["notes"]
    assert any(note.startswith("objective ") for note in answer["notes"])
    shares = [row["value"] for row in answer["rows"] if row["measure"] == "bytes"]
    assert sum(shares) == pytest.approx(1)


def interrupted(words: list[str]) -> dict[str, Any]:
    """Return the answer to an interrupt that comes while the command solves."""
    terminal, stderr = os.openpty()  # on which it says that it solves
    script = Path(sys.executable).with_name("tokscope")
    with subprocess.Popen(
        [script, *words, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(stderr)
        assert b"solving" in until(b"solving", terminal)
        process.send_signal(signal.SIGINT)
        until(b"its end", terminal)  # what nobody reads would hold it up
        out, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 0
    return dict(json.loads(out))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_is_heard_by_the_program(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    before = signal.signal(number, signal.default_int_handler)
    with _interruptible() as stopped:
        assert not stopped()
        signal.raise_signal(number)
        signal.raise_signal(number)  # as `timeout` does: to the program and to its group
        assert stopped()
        clock[0] = 1.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.signal(number, before) is signal.default_int_handler


def test_who_ignores_interrupts_goes_on_to_ignore_them() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _interruptible() as stopped:
            signal.raise_signal(signal.SIGINT)
            assert not stopped()
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_bar_of_a_search_never_goes_back() -> None:
    found: list[tuple[float, str]] = []
    told = _told(lambda done, words: found.append((done, words)))
    nowhere = Point(np.array([0.5, 0.5]), np.array([2.0]), np.zeros(1))
    elsewhere = Point(np.array([0.3, 0.7]), np.array([2.0]), np.zeros(1))
    for steps, best, bound in (
        (300, nowhere, 0.0), (300, nowhere, 1.0), (300, nowhere, 2.0),
        (1_000, elsewhere, 1.0), (1_000, elsewhere, 1.99), (1_000, elsewhere, 2.0),
    ):  # fmt: skip
        told(Stage(steps, best, bound, 1), 1_000)
    done = [part for part, _ in found]
    assert done == sorted(done)
    assert done[2] == 0.3
    assert done[-1] == 1
    assert [words for _, words in found[:2]] == [
        "300 of 1,000 merges",  # nothing is proven yet
        "300 of 1,000 merges, at most 100.00% above the optimum",
    ]
    assert found[-1][1].endswith("at most 0.00% above the optimum, a share moved by 20.0%")
