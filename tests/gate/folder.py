"""A tokenizer file with a configuration that switches every gate on, and small text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokscope.gate import lockfile as lock
from tokscope.gate import settings
from tokscope.studies import lock as locking
from tokscope.text.corpus import SAMPLE
from tokscope.tokenizers import load

ALL_ON = """\
tokenizer = "mine=tokenizer.json"

[text]
corpora = ["en.txt", "de.txt", "ru.txt"]
parallel = true

[identity]
golden = "fail"
specials = "fail"
vocabulary = "fail"
components = "fail"
backends = "fail"
documents = "0%"

[limits.tokens]
worse = "0.5%"
better = "1%"

[limits.gini]
worse = "0.5%"

[limits.round_trip]
worse = 0

[numbers]
scheme = "fail"
tokens_per_digit = "1%"

[audit]
new = "fail"
"""


@pytest.fixture(scope="session")
def saved() -> str:
    """The embedded BPE tokenizer as a `tokenizer.json`."""
    return str(load("sample:bpe").library.to_str())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def locks(tmp_path_factory: pytest.TempPathFactory, saved: str) -> tuple[bytes, bytes]:
    """The lock of `folder`, made once, and its counts."""
    return lock_of(tmp_path_factory.mktemp("locks"), saved)


def lock_of(folder: Path, saved: str) -> tuple[bytes, bytes]:
    """Return the lock of a folder with this tokenizer, and its counts."""
    fill(folder, saved)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        return lock.packed(locking.locked(settings.read(Path("tokscope.toml"))))


@pytest.fixture
def locked(folder: Path, locks: tuple[bytes, bytes]) -> Path:
    """The same folder with its lock."""
    (folder / "tokscope.lock").write_bytes(locks[0])
    (folder / "tokscope.lock.npz").write_bytes(locks[1])
    return folder


@pytest.fixture
def folder(tmp_path: Path, saved: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are run: a tokenizer, its gates, three corpora of 40 parallel lines."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path, saved)
    return tmp_path


def fill(folder: Path, saved: str) -> None:
    """Write the files that gates are about."""
    (folder / "tokenizer.json").write_text(saved, encoding="utf-8")
    (folder / "tokscope.toml").write_text(ALL_ON, encoding="utf-8")
    for name in ("en", "de", "ru"):
        text = (SAMPLE / "prose" / f"{name}.txt").read_bytes()
        (folder / f"{name}.txt").write_bytes(text)
