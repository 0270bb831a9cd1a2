"""A report with a lock: its page says whether the first tokenizer passes, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest

import tokscope
from tests.conftest import Run
from tests.gate.folder import ALL_ON
from tests.laws import refusal, require_safe
from tokscope.errors import TokscopeError
from tokscope.render import page

TEXT = {"en": ["the one and the other"] * 3}


def check_of_bytes(lock: Path) -> tuple[str, str]:
    """Return what a report says about the lock, and its page; bytes are reported in least time."""
    made = tokscope.full_report("bytes", TEXT, lock=lock, seconds=0)
    assert [part.command for part in made.parts][-1] == "check"
    drawn = page.render(made)
    require_safe("html", drawn)
    return made.parts[-1].headline, drawn


@pytest.mark.deep
def test_a_tokenizer_that_is_that_of_the_lock_passes(folder: Path) -> None:
    config = folder / "tokscope.toml"
    config.write_text(ALL_ON.replace("mine=tokenizer.json", "bytes"), encoding="utf-8")
    tokscope.lock()
    assert check_of_bytes(folder / "tokscope.lock")[0].startswith("PASS")


@pytest.mark.deep
def test_another_tokenizer_fails_and_the_summary_says_why(locked: Path) -> None:
    headline, drawn = check_of_bytes(locked / "tokscope.lock")
    assert headline.startswith("FAIL because")
    assert drawn.index("FAIL because") < drawn.index("<section")


def test_a_lock_that_cannot_be_read_is_refused_before_any_text(locked: Path, run: Run) -> None:
    (locked / "tokscope.lock").write_text("{}")
    words = "report", "tokenizer.json", "--lock", "tokscope.lock", "--output", "report.html"
    assert "tokscope.lock" in refusal(run(*words))
    assert not (locked / "report.html").exists()


def test_a_lock_without_a_configuration_is_refused(
    locked: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "tokscope.lock").write_bytes((locked / "tokscope.lock").read_bytes())
    monkeypatch.chdir(elsewhere)
    with pytest.raises(TokscopeError, match=r"tokscope\.toml"):
        tokscope.full_report("bytes", TEXT, lock="tokscope.lock")
