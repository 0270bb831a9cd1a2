"""Controlled trials: halves that share nothing, mixtures as drawn, states that go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.mixture.small import ALPHABETS, language
from tokscope.errors import TokscopeError
from tokscope.mixture import trials
from tokscope.mixture.trials import halves
from tokscope.report import Report
from tokscope.studies import simulate_mixture as simulated
from tokscope.studies.simulate_mixture import simulate_mixture
from tokscope.text.corpus import Corpus, read, read_corpora

Write = Callable[[str, str], Path]
SMALL = {"trials": 2, "vocabulary": 450, "bytes_": 100_000}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> list[Corpus]:
    path = tmp_path_factory.mktemp("text")
    for name in ALPHABETS:
        (path / f"{name}.txt").write_text(language(name, 1, 20_000))
    return read_corpora([str(path)])


@pytest.fixture(scope="module")
def finished(
    corpora: list[Corpus], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, list[int], str]:
    """Two trials, what they told of their progress, and their state."""
    done: list[int] = []
    state = tmp_path_factory.mktemp("state") / "trials"
    report = simulate_mixture(corpora, **SMALL, state=state, advance=done.append)  # type: ignore[arg-type]
    return report, done, state.read_text()


def test_halves_are_apart_and_about_equal(corpora: list[Corpus]) -> None:
    sizes = np.zeros(2)
    for corpus in read_corpora(["sample:prose"]):
        for units in read(corpus.shards[0]):
            sides = [halves(units, 3, trained=trained) for trained in (True, False)]
            assert sorted([*sides[0].texts, *sides[1].texts]) == sorted(units.texts)
            assert not set(sides[0].offsets.tolist()) & set(sides[1].offsets.tolist())
            sizes += [len(side.texts) for side in sides]
    assert abs(sizes[0] / sizes.sum() - 0.5) < 0.05
    units = next(iter(read(corpora[0].shards[0])))
    assert halves(units, 3, trained=True).texts != halves(units, 4, trained=True).texts


def test_training_text_has_the_shares_that_were_drawn(corpora: list[Corpus]) -> None:
    shares = np.array([0.5, 0.3, 0.2])
    texts = list(trials.mixed(corpora[:3], shares, 100_000, 0))
    half = {name: set(trials.half(corpus, 0)) for name, corpus in zip("abc", corpora, strict=False)}
    sizes = [sum(len(text.encode()) for text in texts if text in half[name]) for name in "abc"]
    assert np.array(sizes) / 100_000 == pytest.approx(shares, abs=0.02)


def test_inferred_mixtures_beat_guesses(finished: tuple[Report, list[int], str]) -> None:
    frame = finished[0].frame.set_index("method")
    scores = frame["log10 MSE"]
    assert scores["inferred"] < scores["token classification"] - 0.5
    assert scores["inferred"] < scores["uniform"] - 1
    assert (frame.best <= frame["log10 MSE"]).all()
    assert (frame["log10 MSE"] <= frame.worst).all()


def test_finished_trials_are_kept_and_gone_on_from(
    corpora: list[Corpus],
    finished: tuple[Report, list[int], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = tmp_path / "trials"
    whole, done, text = finished
    assert done == [0, 1, 1]
    lines = text.splitlines()
    assert len(lines) == 3
    trial = json.loads(lines[1])
    assert sum(trial["truth"]) == pytest.approx(1)
    assert trial["corpora"] == ["a", "b", "c", "x"]
    state.write_text("\n".join(lines[:2]) + "\n")  # as if it had been stopped after the first
    again = simulate_mixture(corpora, **SMALL, state=state)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(again.frame, whole.frame)
    assert state.read_text().splitlines() == lines
    monkeypatch.setattr(simulated, "run_trial", None)  # nothing is left to do
    pd.testing.assert_frame_equal(
        simulate_mixture(corpora, **SMALL, state=state).frame,  # type: ignore[arg-type]
        whole.frame,
    )
    with pytest.raises(TokscopeError, match="holds trials of another setup"):
        simulate_mixture(corpora, **{**SMALL, "vocabulary": 500}, state=state)  # type: ignore[arg-type]
    for broken in ("", "{}\n{", "\n".join(lines)[:-9]):
        state.write_text(broken)
        with pytest.raises(TokscopeError, match="--state"):
            simulate_mixture(corpora, **SMALL, state=state)  # type: ignore[arg-type]


def test_intervals_are_told_to_hold_or_not(corpora: list[Corpus]) -> None:
    report = simulate_mixture(corpora, **SMALL, size=2, bootstrap=5, merges=50)  # type: ignore[arg-type]
    (note,) = [note for note in report.details if "draws of noise in the counts held" in note]
    assert note.endswith("of 4 true shares")
    assert "Ranges of 5 draws held" in report.headline
    assert "with 50 merges" in report.notes[0]


def reported(inferred: list[float], guess: float, held: int | None = None, draws: int = 0) -> str:
    """Return the headline of trials in which all guesses had the same score."""
    setup = trials.Setup("", 4, 450, 100_000, None, 0.0, draws, 0)
    done = [
        {
            "merges": 50,
            "held": held,
            "scores": dict.fromkeys(trials.METHODS, guess) | {"inferred": x},
        }
        for x in inferred
    ]
    counts = SimpleNamespace(bytes=lambda: np.array([1e6]))
    return simulated._report(done, setup, counts).headline  # type: ignore[arg-type]


BEAT = "beat the best simple guess (token classification) in"


@pytest.mark.parametrize(
    ("scores", "headline"),
    [
        # a root mean squared error of 1 percentage point is a score of -4, one of 10 is -2
        (
            [-4.0] * 6,
            "Inferred shares were off by 1.0 percentage points (1.0 at worst), and "
            f"{BEAT} 6 of 6 trials.",
        ),
        (
            [*[-4.0] * 6, *[-2.0] * 3],
            "Inferred shares were off by 2.2 percentage points (10.0 at worst), and "
            f"{BEAT} 6 of 9 trials, which may be chance.",
        ),
        (
            [-4.0, -2.0, -2.0, -2.0, -2.0],
            "Inferred shares were off by 6.3 percentage points (10.0 at worst), and "
            f"{BEAT} only 1 of 5 trials.",
        ),
        (
            [-4.0, -2.0],
            "Cannot tell from 2 trials, as 5 are needed: inferred shares were off by 3.2 "
            f"percentage points (10.0 at worst), and {BEAT} 1 of 2 trials.",
        ),
        (
            [-9.0],
            "Cannot tell from 1 trial, as 5 are needed: inferred shares were off by under 0.1 "
            f"percentage points, and {BEAT} 1 of 1 trial.",
        ),
    ],
)
def test_the_headline_says_how_far_off_shares_are_and_what_may_be_chance(
    scores: list[float], headline: str
) -> None:
    assert reported(scores, -2.5) == headline


def test_the_headline_says_how_often_intervals_held() -> None:
    """There are 4 shares in each trial, 80 in all 20."""
    assert reported([-4.0] * 20, -2.0, 4, 40).endswith(
        "trials. The 95 % intervals held 80 of 80 true shares."
    )
    assert reported([-4.0] * 20, -2.0, 3, 40).endswith(
        " 60 of 80 true shares, fewer than they should."
    )
    assert reported([-4.0], -2.0, 4, 40).endswith(" 4 of 4 true shares, too few to judge them.")
    assert reported([-4.0], -2.0, 3, 9).endswith(
        " Ranges of 9 draws held 3 of 4 true shares; it takes 40 draws to make a 95 % interval."
    )


def test_tables_show_errors_and_details_their_scores(
    finished: tuple[Report, list[int], str],
) -> None:
    report = finished[0]
    (view,) = simulated.tables(report)
    typical = view.frame[view.frame.measure == "typical"].set_index("method").value
    score = report.frame.set_index("method")["log10 MSE"]
    assert 2 * np.log10(typical["inferred"]) == pytest.approx(score["inferred"])
    first, scores = simulated.tables(report, details=True)
    pd.testing.assert_frame_equal(first.frame, view.frame)
    pd.testing.assert_frame_equal(scores.frame, report.frame)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 0}, "--trials 0: run one or more"),
        ({"size": 1}, "--size 1: mix from 2 to 4 corpora"),
        ({"size": 5}, "--size 5: mix from 2 to 4 corpora"),
        ({"vocabulary": 256}, "--vocabulary 256: more than 256 bytes"),
    ],
)
def test_what_makes_no_sense_is_refused(
    corpora: list[Corpus], options: dict[str, int], message: str
) -> None:
    with pytest.raises(TokscopeError, match=message):
        simulate_mixture(corpora, **options)  # type: ignore[arg-type]


def test_a_corpus_of_one_line_cannot_be_halved(write: Write) -> None:
    paths = [write(f"{name}.txt", "one line\n") for name in "ab"]
    with pytest.raises(TokscopeError, match=r"has too little text to be halved|no two characters"):
        simulate_mixture(
            read_corpora([str(path) for path in paths]), trials=3, vocabulary=260, bytes_=1_000
        )
