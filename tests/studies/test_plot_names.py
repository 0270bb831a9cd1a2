"""`--plot NAME` chooses among the plots of a command; its help names exactly those that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import tokscope
from tests.conftest import Run
from tests.laws import refusal
from tokscope.cli import app, whole
from tokscope.report import Report
from tokscope.studies import audit_plots, simulate_mixture_plots
from tokscope.studies.audit import COLUMNS, Line

TEXTS = {"en": ["The house stands.", "It is old."], "ru": ["Дом стоит.", "Он стар."]}


def options() -> dict[str, list[str]]:
    """Return the names of plots in the help of each command."""
    told = {
        str(one.name): parameter.help
        for one in app.registered_commands
        for parameter in whole(str(one.name)).params
        if parameter.name == "plot"
    }
    lists = {name: re.sub(r" \(with[^)]*\)", "", words) for name, words in told.items()}
    return {
        name: words.partition(": ")[2].partition(".")[0].split(", ")
        for name, words in lists.items()
    }


def made() -> dict[str, list[Report]]:
    """Return results that have all plots, by command."""
    lines = [
        Line("cause", "reachable", value=9.0),
        Line("cause", "merges", value=3.0),
        Line("round trip lost", "Latin", value=1.0),
        Line("finding", "a special token", "TS424", "note", 2.0),
    ]
    audited = pd.DataFrame([("a", *line) for line in lines], columns=COLUMNS)
    audit = Report("audit", "", audited, provenance={"rules": "all"}, plots=audit_plots.plots)
    trial = {"trial": 0, "corpora": ["a"], "inferred": [1.0], "truth": [1.0]}
    scored = pd.DataFrame([{"method": "inferred", "log10 MSE": -4.0, "best": -5.0, "worst": -3.0}])
    simulated = Report(
        "simulate-mixture",
        "",
        scored,
        plots=lambda one: simulate_mixture_plots.plots(
            one, [{**trial, "scores": {"inferred": -4}}]
        ),
    )
    return {
        "compare": [
            tokscope.compare(["sample:unigram", "sample:bpe"], TEXTS, parallel=is_parallel)
            for is_parallel in (True, False)
        ],
        "numbers": [tokscope.numbers("bytes")],
        "audit": [audit],
        "vocab": [
            tokscope.vocab(["sample:bpe"], TEXTS, lists={"words": ["the", "house"]}),
            tokscope.vocab(["sample:bpe"], by="kind"),
        ],
        "simulate-mixture": [simulated],
        "code": [tokscope.code(["sample:bpe", "bytes"], ["sample:python"])],
        "extend": [
            tokscope.extend("sample:bpe", {"x": ["ab ab"]}, held_out=TEXTS, keep=TEXTS, merges=1)
        ],
    }


@pytest.mark.deep
def test_the_help_names_the_plots_that_there_are() -> None:
    found = {
        command: {plot.name for one in reports for plot in one.plots(one)}  # type: ignore[misc]
        for command, reports in made().items()
    }
    assert {command: set(names) for command, names in options().items()} == found
    assert all(len(names) == len(set(names)) > 1 for names in options().values())


FEW = "sample:unigram sample:bpe -c sample:en -c sample:ru --parallel"


def title(path: Path) -> str:
    return str(ElementTree.parse(path).getroot().get("aria-label"))


@pytest.mark.parametrize(
    ("line", "begins"),
    {
        f"compare {FEW} -o x.svg": "Tokens, relative to the tokenizer",
        f"compare {FEW} -o x.svg --plot relative": "Tokens, relative to the tokenizer",
        f"compare {FEW} -o x.svg --plot premium-by-script": "Premium by script",
        "vocab bytes -o x.svg --plot scripts": "Scripts of tokens",
        "vocab bytes --by kind -o x.svg --plot kinds": "Kinds of tokens",
        "vocab sample:bpe --by language -c sample:en -c sample:de -o x.svg --plot frequent-words": "Words that are one",
        "numbers bytes -o x.svg --plot tokens": "Tokens of a number, by its length",
    }.items(),
)  # fmt: skip
def test_the_plot_that_is_named_is_drawn(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, begins: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert title(tmp_path / "x.svg").startswith(begins)


def test_only_pictures_change_with_the_name_of_a_plot(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["compare", *FEW.split()]
    files = [word for name in ("x.svg", "x.json") for word in ("-o", name)]
    plain = run(*words, *files)
    before = (tmp_path / "x.json").read_text()
    named = run(*words, *files, "--plot", "premium-map")
    assert (named.returncode, named.stdout) == (0, plain.stdout)
    assert (tmp_path / "x.json").read_text() == before
    assert json.loads(before)["command"] == "compare"
    assert title(tmp_path / "x.svg").startswith("Premium")


def test_a_plot_that_this_result_lacks_is_refused_with_those_that_it_has(
    run: Run, tmp_path: Path
) -> None:
    picture = tmp_path / "x.svg"
    told = refusal(run("vocab", "bytes", "--by", "kind", "--plot", "lengths", "-o", picture))
    assert "unknown plot of this result 'lengths'; Known: kinds" in told
    assert not picture.exists()
