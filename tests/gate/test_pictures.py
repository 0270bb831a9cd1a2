"""The picture of a check and of a difference; where nothing has changed, one line and no picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_gates import planted
from tests.conftest import Run
from tests.gate.folder import ALL_ON
from tests.gate.planted import split_digits
from tests.laws import refusal

NOTHING = "tokscope: nothing to draw: no text was found to take more or fewer tokens; left out: "


@pytest.fixture
def limited(locked: Path) -> Path:
    """The same folder with one limit, which is all that pictures show."""
    head = ALL_ON.partition("\n[identity]")[0]
    text = f'{head}\n[limits.tokens]\nworse = "0.5%"\n'
    (locked / "tokscope.toml").write_text(text, encoding="utf-8")
    return locked


@pytest.mark.deep
def test_a_check_draws_the_change_beside_the_limit_and_its_exit_code_stays(
    limited: Path, run: Run
) -> None:
    words = ["check", planted(limited, split_digits)]
    done = run(*words, "-o", "x.svg", "-o", "x.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == run(*words).stdout
    drawn = (limited / "x.svg").read_text(encoding="utf-8")
    rows = json.loads((limited / "x.json").read_text(encoding="utf-8"))["rows"]
    tokens = [row for row in rows if row["code"] == "TS101" and row["measure"] == "tokens"]
    assert {row["corpus"] for row in tokens} == {"all", "en", "de", "ru"}
    for row in tokens:
        assert f"<title>{row['corpus']}, change: {100 * row['change']:.1f} % [" in drawn
        assert f"<title>{row['corpus']}, limit: 0.5 %<" in drawn
    assert run(*words, "-f", "svg").stdout == drawn


@pytest.mark.deep
def test_a_check_is_drawn_for_slides_and_papers(limited: Path, run: Run) -> None:
    pytest.importorskip("matplotlib")
    done = run("check", planted(limited, split_digits), "-o", "x.png", "-o", "x.pdf")
    assert (done.returncode, done.stderr) == (1, "")
    assert (limited / "x.png").read_bytes().startswith(b"\x89PNG")
    assert (limited / "x.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.deep
def test_the_same_tokenizer_passes_and_has_no_picture(limited: Path, run: Run) -> None:
    done = run("check", "-o", "x.svg", "-o", "x.csv")
    assert (done.returncode, done.stderr) == (0, f"{NOTHING}--output x.svg\n")
    assert done.stdout == run("check").stdout
    assert (limited / "x.csv").exists()
    assert not (limited / "x.svg").exists()
    printed = run("check", "-f", "svg")
    assert (printed.returncode, printed.stdout) == (0, "")
    assert printed.stderr == f"{NOTHING}--format svg\n"


def test_without_text_a_check_fails_as_always_and_has_no_picture(locked: Path, run: Run) -> None:
    whole = (locked / "tokscope.toml").read_text(encoding="utf-8")
    _, identity, rest = whole.partition("[identity]")
    kept = identity + rest.partition("[limits")[0].replace('documents = "0%"\n', "")
    named = whole.splitlines()[0]
    (locked / "tokscope.toml").write_text(f"{named}\n{kept}", encoding="utf-8")
    done = run("check", planted(locked, split_digits), "-o", "x.svg")
    assert (done.returncode, done.stderr) == (1, f"{NOTHING}--output x.svg\n")
    assert done.stdout.startswith("FAIL")


def test_a_check_of_identity_reads_no_text_and_draws_nothing(locked: Path, run: Run) -> None:
    told = refusal(run("check", "nowhere.json", "--identity", "-o", "x.svg"))
    assert "there is no plot of this" in told


def test_a_difference_between_equal_tokenizers_has_no_picture(locked: Path, run: Run) -> None:
    words = ["diff", "tokenizer.json", "same=tokenizer.json", "-c", "en.txt"]
    done = run(*words, "-o", "x.svg")
    assert (done.returncode, done.stderr) == (0, f"{NOTHING}--output x.svg\n")
    assert "no difference is seen" in done.stdout
    assert not (locked / "x.svg").exists()
    done = run("diff", "tokenizer.json", planted(locked, split_digits), *words[3:], "-o", "x.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert (locked / "x.svg").read_text(encoding="utf-8").startswith("<svg ")
