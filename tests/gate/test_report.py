"""A report with a lock: its page says whether the first tokenizer passes, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest

import tokscope
from tests.cli.test_gates import planted
from tests.conftest import Run
from tests.gate.planted import lowercase
from tests.laws import refusal, require_safe
from tokscope.errors import TokscopeError
from tokscope.render import page
from tokscope.report import Report

TEXT = {"en": ["the one and the other"] * 3}


def check_of(tokenizer: object, lock: Path) -> tuple[Report, str]:
    """Return the part of a report about the lock, and the page of the report."""
    made = tokscope.full_report([tokenizer, "bytes"], TEXT, lock=lock, seconds=0)
    assert [part.command for part in made.parts][-1] == "check"
    return made.parts[-1], page.render(made)


@pytest.mark.deep
def test_a_tokenizer_that_is_that_of_the_lock_passes(locked: Path) -> None:
    check, drawn = check_of(str(locked / "tokenizer.json"), locked / "tokscope.lock")
    assert check.headline.startswith("PASS")
    require_safe("html", drawn)


@pytest.mark.deep
def test_a_changed_tokenizer_fails_and_the_summary_says_why(locked: Path) -> None:
    check, drawn = check_of(str(planted(locked, lowercase)), locked / "tokscope.lock")
    assert check.headline.startswith("FAIL because")
    assert drawn.index("FAIL because") < drawn.index("<section")
    require_safe("html", drawn)


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
