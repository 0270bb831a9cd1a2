"""What tests share: the installed command, the real data where it is, and tiny tokenizers."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.laws import USUAL
from tests.warm import Warm, cold
from tokscope import changes
from tokscope.workers import one_core

pytest_plugins = ["tests.gate.folder"]  # fixtures of gates
EXAMPLES = int(os.environ.get("TOKSCOPE_EXAMPLES", USUAL))  # of each law that sets no number itself
settings.register_profile("tokscope", deadline=None, max_examples=EXAMPLES)
settings.load_profile("tokscope")
# Threads cost more than they give on tiny texts, and a command that sets this later would leave the
# environment other than that of the process in `tests/warm.py`, which then could not be used.
one_core()

# Fixtures that make a test deep: published tokenizers, a cluster, text that is worth workers.
DEEP = {"data", "dask", "large"}
Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is deep."""
    for item in items:
        if isinstance(item, pytest.Function) and DEEP.intersection(item.fixturenames):
            item.add_marker(pytest.mark.deep)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Measure no coverage of deep tests and of laws, nor of what they set up.

    They would take up to twice as long, and reach hardly a line that other tests do not reach. The
    marker `no_cover` of pytest-cov stops nothing in the processes of pytest-xdist.
    """
    law = isinstance(item, pytest.Function) and is_hypothesis_test(item.function)
    measured = item.config.pluginmanager.hasplugin("_cov")
    if not measured or not (law or item.get_closest_marker("deep")):
        return (yield)
    here, there = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(there)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over modules and tests, which stay to the end anyway.

    Looking at them again and again took a twentieth of the time, and so did passing so often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a file that was written just now without a wait for the clock of the file system.

    Tests whose files change while they are read have the marker `waits`.
    """
    if not request.node.get_closest_marker("waits"):
        monkeypatch.setattr(changes, "_COARSEST", 0)


def _runner(
    call: Callable[[list[str], bytes, dict[str, str], float], subprocess.CompletedProcess[bytes]],
) -> Run:
    """Return how tests run a command: offline, in a pipe and 80 columns wide."""

    def run(
        *words: object, stdin: bytes = b"", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"COLUMNS": "80", "HF_HUB_OFFLINE": "1"} | variables
        done = call([*map(str, words)], stdin, environment, 120)
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Run the command in a fork of a process that has imported everything, where there are forks.

    Where the start itself is tested, use `start`.
    """
    with running() as run:
        yield run


@contextmanager
def running(**variables: str) -> Iterator[Run]:
    """Return `run` with these variables, which are there before anything is imported."""
    if sys.platform != "linux":
        yield partial(_runner(cold), **variables)
        return
    warm = Warm(**variables)
    yield partial(_runner(warm.call), **variables)
    warm.close()


@pytest.fixture(scope="session")
def start() -> Run:
    """Start the installed entry point, which takes a second more than `run`."""
    return _runner(cold)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data that TOKSCOPE_DATA names; tests that need it are skipped without."""
    if "TOKSCOPE_DATA" not in os.environ:
        pytest.skip("TOKSCOPE_DATA does not name a folder of real data")
    return Path(os.environ["TOKSCOPE_DATA"])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file of the given name and content, and return its path."""

    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # to write over a file makes some systems wait for the disk
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
