"""One process, several, or a cluster: the same bytes; and when one of them dies, a clear end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest

import tokscope
from tests.tokenizers.families import write as write_family
from tokscope import workers as module
from tokscope.errors import TokscopeError
from tokscope.gate.config import Config, Text
from tokscope.gate.snapshot import snapshot
from tokscope.gate.wanted import everything, opened
from tokscope.render import RENDERERS
from tokscope.report import Report
from tokscope.studies.equiv import equiv
from tokscope.text import corpus as corpus_module
from tokscope.text.corpus import Corpus, first_lines, read, read_corpora, split
from tokscope.text.parts import in_parts
from tokscope.workers import HERE, Workers, cluster, cores, local

Write = Callable[[str, str | bytes], Path]
SPECS = ["sample:bpe", "sample:unigram"]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sample be more than enough for workers, and cut it into many parts."""
    monkeypatch.setattr(corpus_module, "PART", 1_000)
    monkeypatch.setattr(module, "WORTH", 1)


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with local(2) as workers:
        yield workers


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> list[Corpus]:
    """Lines with both ends, an empty one, two files in one, and a file that comes with tokscope."""
    tmp_path = tmp_path_factory.mktemp("corpora")
    prose = read_corpora(["sample:en", "sample:ja"])
    lines = [text for shard in prose[0].shards for units in read(shard) for text in units.texts]
    (tmp_path / "en.txt").write_text("\n".join(lines), encoding="utf-8")
    words = [text for shard in prose[1].shards for units in read(shard) for text in units.texts]
    (tmp_path / "ja.txt").write_text("\r\n".join([*words, "", *lines]), encoding="utf-8")
    return read_corpora(
        [f"both={tmp_path}", *(str(tmp_path / f"{name}.txt") for name in ("en", "ja")), "sample:de"]
    )


Study = Callable[[Workers, list[Corpus]], Report]


@pytest.fixture(scope="module")
def alone(corpora: list[Corpus]) -> Callable[[Study], str]:
    """What a study gives in this process, found once for each."""
    return cache(lambda study: RENDERERS["json"](study(HERE, corpora)))


def compared(workers: Workers, corpora: list[Corpus]) -> Report:
    return tokscope.compare(SPECS, corpora, measures=["all"], bootstrap=20, workers=workers)


def parallel(workers: Workers, _: list[Corpus]) -> Report:
    corpora = read_corpora(["sample:en", "sample:de", "sample:ja"], parallel=True)
    return tokscope.compare(SPECS, corpora, measures=["all"], bootstrap=20, workers=workers)


def lines(workers: Workers, _: list[Corpus]) -> Report:
    corpora = read_corpora(["sample:en", "sample:de"], parallel=True)
    return tokscope.worst_lines(SPECS, corpora, workers=workers)


def places(workers: Workers, corpora: list[Corpus]) -> Report:
    return tokscope.boundary_places(SPECS, corpora, workers=workers)


def vocabularies(workers: Workers, corpora: list[Corpus]) -> Report:
    return tokscope.vocab(SPECS, corpora, workers=workers)


def mixture(workers: Workers, corpora: list[Corpus]) -> Report:
    how = {"merges": 20, "gap": 1e-3, "bootstrap": 2, "refit": 2}
    return tokscope.infer_mixture("sample:bpe", corpora, workers=workers, **how)


def trials(workers: Workers, corpora: list[Corpus]) -> Report:
    how = {"trials": 3, "vocabulary": 300, "bytes_": 20_000}
    return tokscope.simulate_mixture(corpora, workers=workers, **how)


def equal(workers: Workers, corpora: list[Corpus]) -> Report:
    return equiv("sample:bpe", "sample:unigram", corpora, fuzz=0, workers=workers)


def locked(workers: Workers, corpora: list[Corpus]) -> Report:
    words = tuple(corpus.shards[0].path for corpus in corpora[1:])
    levels = {("identity", "nested"): "fail"}
    config = Config(Path("tokscope.toml"), {}, text=Text(words), levels=levels)
    with patch("tokscope.gate.snapshot.MOST_IDS", 3_000):  # fewer than the text has
        found = snapshot("sample:bpe", opened(config.text, everything(config)), None, workers)
    samples = found.measured.samples.items()
    held = {name: [sample.hashes.tolist(), sample.ids.tolist()] for name, sample in samples}
    return Report("lock", json.dumps(held), [])


def transferred(workers: Workers, corpora: list[Corpus]) -> Report:
    return tokscope.transfer(*SPECS, corpora, workers=workers)


ALSO = (compared, equal, parallel, lines, places, mixture, trials, locked, transferred)
STUDIES = (vocabularies, *(pytest.param(study, marks=pytest.mark.deep) for study in ALSO))


@pytest.mark.parametrize("study", STUDIES)
def test_processes_give_the_same_bytes(
    study: Study, corpora: list[Corpus], two: Workers, alone: Callable[[Study], str]
) -> None:
    assert RENDERERS["json"](study(two, corpora)) == alone(study)


def test_parts_hold_what_the_file_holds(corpora: list[Corpus]) -> None:
    for corpus in corpora:
        parts = in_parts(corpus).shards
        assert len(parts) > 2
        whole = [pair for shard in corpus.shards for units in read(shard) for pair in at(units)]
        assert [pair for part in parts for units in read(part) for pair in at(units)] == whole


def at(units: corpus_module.Units) -> list[tuple[int, str]]:
    return list(zip(units.offsets.tolist(), units.texts, strict=True))


def test_only_lines_are_cut_and_long_ones_are_not(write: Write) -> None:
    text = "".join(f"line {i}\n" for i in range(2_000))
    assert len(split(shard_of(write("a.txt", text)))) == 19
    assert len(split(shard_of(write("a.csv", f"text\n{text}")))) == 1
    long = shard_of(write("b.txt", "x" * 20_000 + "\n" + text))
    parts = split(long)
    assert parts[0].end == 20_001
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]


def test_a_beginning_is_whole_lines_of_its_part(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_module, "BEGINNING", 100)
    text = "".join(f"line {i}\n" for i in range(2_000))
    for part in split(shard_of(write("a.txt", text))):
        first = first_lines(part)
        assert first
        assert first.end
        assert 100 < first.end - part.start < 120
        lines = [pair for units in read(part) for pair in at(units)]
        found = [pair for units in read(first) for pair in at(units)]
        assert found == lines[: len(found)]
    short = split(shard_of(write("b.txt", "few words\n")))[0]
    assert first_lines(short) == replace(short, end=10)
    assert first_lines(split(shard_of(write("c.txt", "x" * 200)))[0]) is None  # no line ends there
    assert first_lines(split(shard_of(write("d.csv", f"text\n{text}")))[0]) is None


def shard_of(path: Path) -> corpus_module.Shard:
    return read_corpora([str(path)])[0].shards[0]


def test_records_in_clusters_are_numbered_alike(write: Write, two: Workers) -> None:
    records = (f'{{"text": "word {i} of {i % 13}", "who": "w{i % 29}"}}\n' for i in range(900))
    corpora = read_corpora([str(write("a.jsonl", "".join(records)))], cluster="who")
    alone = tokscope.compare(["bytes"], corpora, bootstrap=100)
    spread = tokscope.compare(["bytes"], corpora, bootstrap=100, workers=two)
    assert len(split(corpora[0].shards[0])) > 5
    assert RENDERERS["json"](spread) == RENDERERS["json"](alone)


@pytest.mark.parametrize(("name", "line"), [("a.txt", b"\xff broken"), ("a.jsonl", b'{"text": 1}')])
def test_errors_in_a_part_name_the_line_of_the_file(
    write: Write, two: Workers, name: str, line: bytes
) -> None:
    good = b'{"text": "good"}' if name.endswith("l") else b"good words"
    path = write(name, b"\n".join([*[good] * 1_500, line, *[good] * 500, line]))
    for workers in (HERE, two):
        with pytest.raises(TokscopeError, match=rf"{name}:1501: "):
            tokscope.compare(["bytes"], read_corpora([str(path)]), workers=workers)


def test_workers_find_the_tokenizer_that_was_named(tmp_path: Path, two: Workers) -> None:
    """A worker keeps what it has loaded; a file that has changed since is loaded again."""
    path = tmp_path / "tokenizer.json"
    corpora = read_corpora(["sample:de"])
    for family in ("gpt.json", "lower.json"):
        Path(write_family(tmp_path, family)).replace(path)
        found = [tokscope.compare([str(path)], corpora, workers=w) for w in (HERE, two)]
        assert RENDERERS["csv"](found[0]) == RENDERERS["csv"](found[1])


def test_results_come_in_the_order_of_calls(two: Workers) -> None:
    assert list(two.map(pow, [(i, 2) for i in range(50)])) == [i * i for i in range(50)]


@pytest.mark.deep
def test_a_process_that_dies_ends_in_one_clear_line() -> None:
    with pytest.raises(TokscopeError, match="one of 2 processes died"), local(2) as workers:
        list(workers.map(signal.raise_signal, [(signal.SIGKILL,)] * 2))


@pytest.mark.deep
def test_a_cluster_gives_the_same_bytes_while_it_has_workers(
    tmp_path: Path,
    corpora: list[Corpus],
    alone: Callable[[Study], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All send their work through the same door: parts of text, and refits.

    A worker that is killed changes nothing. When all are gone, there is one clear line.
    """
    distributed = pytest.importorskip("distributed")

    def once(flag: str, number: int) -> int:
        """Kill the worker that comes first; whoever tries again is done."""
        try:
            Path(flag).touch(exist_ok=False)
        except FileExistsError:
            return number
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
        return -1

    with (
        patch.dict(os.environ),  # its processes leave variables; then `run` would start anew
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as machines,
    ):
        address = machines.scheduler_address
        with cluster(address) as workers:
            calls = [(str(tmp_path / "flag"), number) for number in range(6)]
            assert list(workers.map(once, calls)) == list(range(6))
            assert RENDERERS["json"](mixture(workers, corpora)) == alone(mixture)

        def lose_all() -> None:
            with cluster(address) as workers:
                results = workers.map(time.sleep, [(0,), (600,), (600,)])
                next(results)
                machines.scale(0)
                list(results)

        monkeypatch.setattr(module, "_PATIENCE", 1)
        with pytest.raises(TokscopeError, match="its workers are gone"):
            lose_all()
        with pytest.raises(TokscopeError, match="it has no workers; start one"), cluster(address):
            pass


@pytest.mark.deep
def test_no_scheduler_and_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    with pytest.raises(TokscopeError, match="no scheduler answers"), cluster("tcp://127.0.0.1:1"):
        pass
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"tcp://127.0.0.1:{server.server_port}"
        with pytest.raises(TokscopeError, match="no scheduler answers"), cluster(place):
            pass
        server.shutdown()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes calls and says nothing
        place = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TokscopeError, match="no scheduler answers"), cluster(place):
            pass
    with pytest.raises(TokscopeError, match="--jobs 0: must be at least 1"), local(0):
        pass
    with local(1) as workers:
        assert workers is HERE
    assert cores() >= 1


COPIES = """
import os, threading
from tokscope.workers import local

def add(number):
    globals().setdefault("seen", []).append(number)
    return seen

if __name__ == "__main__":
    for copied in (True, False):
        seen = []
        with local(2, copied=copied) as workers:
            workers.rehearse(add, (7,))
            print(seen, workers.copied(), next(workers.map(add, [(1,), (2,)]))[:1])
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    with local(2, copied=True) as workers:
        print(workers.copied())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux")
def test_copies_begin_with_what_a_rehearsal_has_made(tmp_path: Path) -> None:
    """Without copies there is no rehearsal; a process with threads is not copied."""
    script = tmp_path / "copies.py"
    script.write_text(COPIES)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "[7] True [7]\n[] False [1]\nFalse\n"


STUDY = """
from tests.test_workers import *

corpus_module.PART, corpus_module.BEGINNING, module.WORTH = 1_000, 300, 1
corpora = read_corpora(sys.argv[1:])
with local(2, copied=True) as workers:
    assert workers.copied()
    spread = RENDERERS["json"]({study}(workers, corpora))
    assert not workers.copied()
assert spread == RENDERERS["json"]({study}(HERE, corpora))
"""


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux")
@pytest.mark.parametrize("study", ["compared", "equal", "locked", "mixture", "places"])
def test_copies_give_the_same_bytes(study: str, corpora: list[Corpus]) -> None:
    """In a process of its own, which has one thread."""
    paths = [corpus.shards[0].path for corpus in corpora[1:]]
    script = [sys.executable, "-c", STUDY.format(study=study), *paths]
    subprocess.run(script, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, check=True)


SLEEPING = """
import ctypes, sys, time
from tokscope.workers import local
def hold(seconds):
    if seconds:  # in a library that holds the interpreter
        libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
        libc.pthread_mutex_lock(mutex), libc.pthread_mutex_lock(mutex)
if __name__ == "__main__":
    with local(2, copied={copied}) as workers:
        calls = workers.map({function}, [(0,), (0,), (600,), (600,)])
        next(calls)
        import multiprocessing
        print(*[child.pid for child in multiprocessing.active_children()], flush=True)
        list(calls)
"""


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize(
    ("number", "function"),
    [
        (signal.SIGINT, "time.sleep"),
        (signal.SIGTERM, "time.sleep"),
        pytest.param(
            signal.SIGKILL,
            "hold",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="fcntl"),
        ),
    ],
)
def test_workers_end_with_their_parent(
    tmp_path: Path, number: int, function: str, copied: bool
) -> None:
    script = tmp_path / "sleeping.py"
    script.write_text(SLEEPING.format(function=function, copied=copied))
    with subprocess.Popen([sys.executable, script], stdout=-1, stderr=-1, text=True) as parent:
        assert parent.stdout
        children = list(map(int, parent.stdout.readline().split()))
        assert len(children) == 2
        parent.send_signal(number)
        parent.wait(30)
    for _ in range(100):
        if not any(map(is_running, children)):
            return
        time.sleep(0.1)
    raise AssertionError(children)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
