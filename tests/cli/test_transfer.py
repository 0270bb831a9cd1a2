"""`tokscope transfer` writes maps and models; what is refused leaves every file as it was."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import load_npz

from tests.conftest import Run
from tests.laws import refusal_here
from tests.mapping.test_checkpoint import HOSTILE, model, read

Write = Callable[[str, str | bytes], Path]
PAIR = ["transfer", "sample:wordpiece", "sample:bpe", "--corpus", "sample:en"]


Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Ask this process for a transfer, and return the line that refuses it."""

    def call(*words: object) -> str:
        words = ("transfer", "sample:bpe", "bytes", *words)
        monkeypatch.setattr(sys, "argv", ["tokscope", *map(str, words)])
        return refusal_here(capfd)

    return call


def test_a_model_is_the_map_times_the_old_one(run: Run, write: Write, tmp_path: Path) -> None:
    """From one tokenizer to the other on a random matrix, by the map that is written."""
    old = np.random.default_rng(1).standard_normal((4000, 6)).astype("<f4")
    path = write("model.safetensors", model({"wte.weight": ("F32", old)}))
    target, maps = tmp_path / "new.safetensors", [tmp_path / "map.npz", tmp_path / "map.jsonl"]
    outputs = [word for one in (*maps, tmp_path / "r.json") for word in ("--output", one)]
    done = run(*PAIR, "--apply", path, "--write", target, *outputs, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    new = read(target)["wte.weight"]
    assert np.allclose(new, load_npz(maps[0]) @ old, atol=1e-6)
    for line in maps[1].read_text().splitlines()[1:]:
        row = json.loads(line)
        exact = np.zeros(6)
        for token, weight in zip(row["old"], row["weights"], strict=True):
            exact += weight * old[token].astype(np.float64)
        assert np.allclose(new[row["id"]], exact, atol=1e-6)
    told = json.loads((tmp_path / "r.json").read_text())
    assert {row["part"] for row in told["rows"]} >= {"kind", "total", "tensor", "config"}


@pytest.mark.parametrize("name", ["huge header", "overlap", "beyond", "control character", "empty"])
def test_a_hostile_model_is_one_line_and_nothing_is_written(
    refused: Refused, write: Write, tmp_path: Path, name: str
) -> None:
    path = write("model.safetensors", HOSTILE[name])
    kept = write("new.safetensors", "kept")
    told = refused("--apply", path, "--write", kept, "-o", tmp_path / "map.npz")
    assert "not a safetensors file that can be read" in told
    assert kept.read_text() == "kept"
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "model.safetensors",
        "new.safetensors",
    ]


def test_a_model_of_another_tokenizer_is_refused(
    refused: Refused, write: Write, tmp_path: Path
) -> None:
    path = write("m.safetensors", model({"wte.weight": ("F32", np.zeros((50257, 2), "<f4"))}))
    told = refused("--apply", path, "--write", tmp_path / "n.safetensors")
    assert (
        "no tensor with a row for each of the 4,000 old ids; it has wte.weight [50257, 2]" in told
    )
    assert not (tmp_path / "n.safetensors").exists()


def test_nothing_is_written_onto_what_is_read(refused: Refused, write: Write) -> None:
    path = write("m.safetensors", model({"wte.weight": ("F32", np.zeros((4000, 2), "<f4"))}))
    before = path.read_bytes()
    assert "which is read" in refused("--apply", path, "--write", path)
    assert "which is read" in refused("--apply", path, "--write", f"{path}.new", "-o", path)
    assert path.read_bytes() == before
