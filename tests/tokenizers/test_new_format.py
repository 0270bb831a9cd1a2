"""A new format is one file with a loader, and one line in LOADERS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from tokscope.studies.available import available
from tokscope.studies.diff import diff
from tokscope.studies.inspect import inspect
from tokscope.studies.numbers import numbers
from tokscope.studies.show import show
from tokscope.studies.vocab import vocab
from tokscope.tokenizers import LOADERS, NOWHERE, Encoded, Spec
from tokscope.tokenizers.vocabulary import Vocabulary

LETTERS = [chr(code) for code in range(0x20, 0x7F)]


@dataclass(frozen=True)
class Toy:
    """The least that a family has: no more than the protocol asks."""

    name: str
    vocabulary: Vocabulary
    family: str = "toy"
    path: str = "Python"
    spec: Spec = NOWHERE

    @property
    def fingerprint(self) -> str:
        return self.components()["vocabulary"]

    def components(self) -> Mapping[str, str]:
        return {"vocabulary": f'"{self.vocabulary.blob.tobytes().hex()}"'}

    def processing(self) -> Mapping[str, str]:
        return {}

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        ids = {self.vocabulary[i]: i for i in range(self.vocabulary.size)}
        return Encoded.of([[ids.get(char.encode(), 0) for char in text] for text in texts])

    def model_input(self, texts: Sequence[str]) -> Encoded:
        return self.encode(texts)

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(self.vocabulary[i] for i in ids).decode()

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        return np.cumsum([len(char.encode()) for char in text], dtype=np.int64)


def load_file(spec: Spec) -> Toy:
    pieces = Path(spec.place).read_text(encoding="utf-8").split("\n")
    tokens = [b"", *(piece.encode() for piece in pieces)]
    name = spec.label or Path(spec.place).stem
    return Toy(name, Vocabulary.of(tokens, specials={"<unk>": 0}, unknown=0))


@pytest.fixture
def words(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[str, str | bytes], Path]
) -> tuple[str, str]:
    """Two files of the format, which is there for this test alone."""
    module = ModuleType("tokscope.tokenizers.toy")
    module.load_file = load_file  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(LOADERS, "toy", ("toy", "load_file"))  # type: ignore[arg-type]
    old, new = write("old.toy", "\n".join(LETTERS)), write("new.toy", "\n".join([*LETTERS, "é"]))
    return f"toy:{old}", f"toy:{new}"


@pytest.mark.deep
def test_what_families_may_tell_is_asked_of_none(words: tuple[str, str]) -> None:
    """Anatomy, ranks, merges and added tokens are told by those who have them."""
    facts = inspect(words).frame.set_index(["tokenizer", "property"])["value"]
    assert (facts["old", "family"], facts["new", "added tokens"]) == ("toy", "0")
    assert facts["new", "vocabulary"] == "97 ids"
    shown = show("a é", list(words)).frame
    assert shown["token"].tolist() == ["a", "␣", "<unk>", "a", "␣", "é"]
    assert "distinct" in vocab(words).frame["measure"].tolist()
    assert set(numbers(words[:1], by="coverage").frame["tokenizer"]) == {"old"}
    assert "vocabulary" in diff(*words).frame["name"].tolist()
    kinds = available().frame.set_index("name")["how"]
    assert kinds["toy"] == "toy:PATH"
