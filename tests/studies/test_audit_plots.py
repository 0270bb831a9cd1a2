"""Plots of an audit: what is broken comes first, and a clean tokenizer has a picture too."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import tokscope
from tests.conftest import Run
from tests.laws import HOSTILE, require_safe
from tokscope.plots import Values
from tokscope.render import svg
from tokscope.report import Report
from tokscope.studies.audit import COLUMNS, Line
from tokscope.studies.audit_plots import plots

CLEAN = Line("cause", "reachable", value=90.0)
NOTE = Line("finding", "a special token", "TS424", "note", 2.0)


def drawn(*rows: tuple[str, Line]) -> dict[str, Values]:
    """Return the plots of an audit that found these lines, by name."""
    frame = pd.DataFrame([(name, *line) for name, line in rows], columns=COLUMNS)
    found = plots(Report("audit", "Audit", frame, provenance={"rules": "all"}))
    return {plot.name: plot for plot in found if isinstance(plot, Values)}


def told(plot: Values) -> list[tuple[str, str, float]]:
    return [(mark.row, mark.series, mark.value) for mark in plot.marks]


def swept(script: str, **outcomes: float) -> list[Line]:
    named = {
        outcome: outcomes.get(outcome, 0) for outcome in ("exact", "normalised", "lost", "unknown")
    }
    return [Line(f"round trip {name}", script, value=float(n)) for name, n in named.items()]


def test_causes_are_drawn_the_most_frequent_first_and_only_where_tokens_are_lost() -> None:
    found = drawn(
        ("a", CLEAN),
        ("a", Line("cause", "merges", value=3.0)),
        ("a", Line("cause", "not found", value=0.0)),
        ("b", CLEAN),
        ("c", CLEAN),
        ("c", Line("cause", "never valid UTF-8", value=7.0)),
    )
    assert list(found) == ["unreachable", "findings"]
    assert told(found["unreachable"]) == [
        ("never valid UTF-8", "a", 0), ("never valid UTF-8", "c", 7),
        ("merges", "a", 3), ("merges", "c", 0),
    ]  # fmt: skip
    assert found["unreachable"].note == "none in b"


def test_a_clean_tokenizer_has_a_picture_of_its_findings() -> None:
    found = drawn(("a", CLEAN), ("a", NOTE), ("a", NOTE._replace(code="TS443")))
    assert list(found) == ["findings"]
    assert told(found["findings"]) == [("a", "errors", 0), ("a", "warnings", 0), ("a", "notes", 1)]


def test_a_file_that_cannot_be_loaded_has_an_error_and_nothing_else() -> None:
    found = drawn(("a", Line("finding", "cannot be loaded", "TS411", "error", 1.0)))
    assert list(found) == ["findings"]
    assert told(found["findings"])[0] == ("a", "errors", 1)


def test_lost_characters_are_shares_of_the_scripts_in_use() -> None:
    lines = [
        *(("a", line) for line in swept("Latin", exact=6, normalised=1, lost=1, unknown=2)),
        *(("a", line) for line in swept("Thai", unknown=5)),
        *(("a", line) for line in swept("Gothic", unknown=27)),
        *(("b", line) for line in swept("Latin", exact=10)),
        *(("b", line) for line in swept("Thai", exact=5)),
    ]
    found = drawn(*lines)
    assert told(found["lost-characters"]) == [("Thai", "a", 1), ("Latin", "a", pytest.approx(0.3))]
    assert "lost-characters" not in drawn(*lines[-8:])


def test_what_is_empty_or_hostile_is_drawn() -> None:
    assert drawn() == {}
    for plot in drawn((HOSTILE, CLEAN), (HOSTILE, Line("cause", "merges", value=3.0))).values():
        require_safe("svg", svg.picture(plot))


def test_an_audit_draws_what_is_broken(run: Run, tmp_path: Path) -> None:
    made = tokscope.audit("sample:wordpiece")
    assert made.plots
    assert [plot.name for plot in made.plots(made)] == ["lost-characters", "findings"]
    picture = tmp_path / "audit.svg"
    assert run("audit", "sample:bpe", "-o", picture).returncode == 0
    assert "sample-bpe, notes: 1 findings" in picture.read_text()
    for option in "--tokens", "--adversarial=3":
        refused = run("audit", "sample:bpe", option, "-f", "svg")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "there is no plot of this" in refused.stderr
