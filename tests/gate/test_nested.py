"""A tokenizer that grew passes the gate of its lock; one whose old ids changed does not."""

import json
from pathlib import Path

import pytest

import tokscope

NESTED = """tokenizer = "tokenizer.json"

[identity]
nested = "fail"
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "tokscope.toml").write_text(NESTED, encoding="utf-8")
    tokscope.lock()
    return folder


def failures() -> list[str]:
    frame = tokscope.check().frame
    return frame[frame["verdict"] == "fail"]["code"].tolist()


def test_the_same_tokenizer_passes(folder: Path) -> None:
    assert failures() == []


@pytest.mark.deep
def test_a_tokenizer_that_grew_passes(folder: Path) -> None:
    texts = {"hu": ["Az egész világ hallgatott, és a kék hegyek mögött lement a nap."] * 5}
    size = len(tokscope.load("tokenizer.json").vocabulary)
    path = Path("tokenizer.json").absolute()
    tokscope.extend("tokenizer.json", texts, keep=texts, merges=20, write=path)
    assert len(tokscope.load("tokenizer.json").vocabulary) == size + 20
    assert failures() == []


def test_an_id_that_moved_fails(folder: Path) -> None:
    path = Path("tokenizer.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    vocab = data["model"]["vocab"]
    one, other = list(vocab)[-2:]
    vocab[one], vocab[other] = vocab[other], vocab[one]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert failures() == ["TS010"]


def test_a_merge_that_comes_too_early_fails(folder: Path) -> None:
    path = Path("tokenizer.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    model = data["model"]
    # Hello is H|ell|o, whose last two letters now come first
    model["merges"].insert(0, ["l", "o"])
    model["vocab"].setdefault("lo", len(model["vocab"]))
    path.write_text(json.dumps(data), encoding="utf-8")
    assert failures() == ["TS010"]
