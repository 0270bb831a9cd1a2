"""The tests here take a smaller tokenizer: it is loaded and audited for nearly each of them."""

from __future__ import annotations

import json

import pytest

from tests.gate.folder import lock_of
from tests.gate.planted import cut


@pytest.fixture(scope="session")
def saved(saved: str) -> str:
    """The first 700 merges of the embedded BPE tokenizer."""
    return json.dumps(cut(json.loads(saved), 700))


@pytest.fixture(scope="session")
def locks(tmp_path_factory: pytest.TempPathFactory, saved: str) -> tuple[bytes, bytes]:
    """The lock of `folder` with this tokenizer, made once, and its counts."""
    return lock_of(tmp_path_factory.mktemp("locks"), saved)
