"""What tests share: the installed command, the real data where it is, and tiny tokenizers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
os.environ["TOKENIZERS_PARALLELISM"] = "false"  # threads cost more than they give on tiny texts

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def run() -> Run:
    """Run the installed entry point, in a pipe and 80 columns wide."""
    script = Path(sys.executable).with_name("tokscope")

    def call(
        *words: object, stdin: bytes = b"", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"COLUMNS": "80", "HF_HUB_OFFLINE": "1"} | variables
        done = subprocess.run(
            [script, *map(str, words)],
            input=stdin,
            capture_output=True,
            env=environment,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return call


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
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
