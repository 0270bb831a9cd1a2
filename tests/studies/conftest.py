"""What tests of studies share."""

import io
import sys
from collections.abc import Iterator
from copy import copy
from functools import cache
from subprocess import CompletedProcess

import pytest

from tests.conftest import Run
from tests.laws import done_here
from tokscope import tokenizers
from tokscope.equivalence import made
from tokscope.numerals import drawn
from tokscope.reach import fidelity, findings, probes, search

_anew = tokenizers._load


@cache
def _once(word: str, label: str) -> tokenizers.Tokenizer:
    loaded = _anew(word, label)
    loaded.encode(["a"])  # which finds out how it may encode, for all copies
    return loaded


def _load(word: str, label: str) -> tokenizers.Tokenizer:
    kept = word.startswith("sample:") or word in ("bytes", "characters")
    return copy(_once(word, label)) if kept else _anew(word, label)


@pytest.fixture(autouse=True, scope="module")
def _loaded_once() -> Iterator[None]:
    """Load embedded tokenizers once for all tests of a process; none of these tests changes one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tokenizers, "_load", _load)
        yield


@cache
def _few() -> str:
    return "".join(
        char
        for place, char in enumerate(probes.characters())
        if char < "\u0500" or char.isspace() or not place % 61
    )


@pytest.fixture(autouse=True, scope="module")
def _fewer_characters() -> Iterator[None]:
    """Of what audits and comparisons try, all characters below U+0500, all white space, one of 61.

    Of the embedded sample they search 1,000 characters of each language. Golden files are made with
    all. What a module makes once is made after this, because it has the same scope.
    """
    search.sample.cache_clear()
    with pytest.MonkeyPatch.context() as patched:
        for module in (fidelity, findings, made):
            patched.setattr(module, "characters", _few)
        patched.setattr(search, "_AT_HAND", 42_000)
        yield
    search.sample.cache_clear()


@pytest.fixture(autouse=True, scope="module")
def _fewer_numbers() -> Iterator[None]:
    """Of the numbers that `numbers` cuts, all of up to three digits and 100 of each greater length.

    Golden files are made with all of them. Notes say what is tried without this.
    """
    kept = (drawn.numbers_of, drawn.few, drawn.kinds_of_numbers)
    with pytest.MonkeyPatch.context() as patched:
        for name, size in {"EXHAUSTIVE": 3, "SAMPLE": 100, "FEW": 40}.items():
            patched.setattr(drawn, name, size)
        for one in kept:
            one.cache_clear()
        yield
    for one in kept:
        one.cache_clear()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, where it tries as little as these tests do."""
    for name, value in {"COLUMNS": "80", "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)

    def run(*words: object, stdin: bytes = b"") -> CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["tokscope", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return done_here(capsys)

    return run
