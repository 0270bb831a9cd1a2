"""Controlled trials: halves that share nothing, mixtures as drawn, states that go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.mixture.small import ALPHABETS, language
from tokscope.errors import TokscopeError
from tokscope.mixture import trials
from tokscope.mixture.trials import halves
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


def test_inferred_mixtures_beat_guesses(corpora: list[Corpus]) -> None:
    frame = simulate_mixture(corpora, **SMALL).frame.set_index("method")  # type: ignore[arg-type]
    scores = frame["log10 MSE"]
    assert scores["inferred"] < scores["token classification"] - 0.5
    assert scores["inferred"] < scores["uniform"] - 1
    assert (frame.best <= frame["log10 MSE"]).all()
    assert (frame["log10 MSE"] <= frame.worst).all()


def test_finished_trials_are_kept_and_gone_on_from(
    corpora: list[Corpus], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, done = tmp_path / "trials", []
    whole = simulate_mixture(corpora, **SMALL, state=state, advance=done.append)  # type: ignore[arg-type]
    assert done == [0, 1, 1]
    lines = state.read_text().splitlines()
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
    (note,) = [note for note in report.notes if "draws of noise in the counts held" in note]
    assert note.endswith("of 4 true shares")
    assert "with 50 merges" in report.notes[0]


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
