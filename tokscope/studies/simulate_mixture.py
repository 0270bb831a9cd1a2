"""How well are mixtures inferred from text like mine? Test on known mixtures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc

from tokscope.counting.counted import require_own_names, require_resamples
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError
from tokscope.measures.uncertainty import ENOUGH, intervals_of
from tokscope.mixture.count import Counts, count
from tokscope.mixture.subject import require_gap
from tokscope.mixture.trials import (
    BYTES,
    METHODS,
    Setup,
    finished,
    gpt2_pipeline,
    halves,
    run_trial,
    write_trials,
)
from tokscope.report import Report
from tokscope.studies.simulate_mixture_plots import plots
from tokscope.text.corpus import corpora_given, require_again
from tokscope.text.given import Corpora
from tokscope.wording import amount, many
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
_FEW = 5  # trials: with fewer, winning all of them may be chance
_CHANCE = 0.05  # a result that chance gives more often than this says nothing
_JUDGED = 59  # true shares: with fewer, intervals that hold 95 % may well hold all
_SCORES = (
    "log10 of the mean squared error of shares of bytes: lower is better, 1 lower is 3.2 times "
    "nearer; mean, sd, best and worst over tokenizers"
)
_UNITS = (
    "each error is the root mean square over the corpora of a mixture; typical is the geometric "
    "mean over tokenizers"
)


def simulate_mixture(
    corpora: Corpora,
    *,
    trials: int = 8,
    size: int | None = None,
    vocabulary: int = 10_256,
    bytes_: int = 20_000_000,
    merges: int | None = None,
    gap: float = 1e-4,
    bootstrap: int = 0,
    seed: int = 0,
    state: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
    workers: Workers = HERE,
) -> Report:
    """Train tokenizers on known mixtures of half of the text, and infer them from the other half.

    Args:
        corpora: the text, given as to `compare`.
        trials: tokenizers to train.
        size: corpora in each mixture, drawn at random; None for all.
        vocabulary: tokens of each tokenizer, 256 of them bytes.
        bytes_: of training text.
        merges: how many are used to infer; None for as many as the text supports.
        gap: as for `infer_mixture`.
        bootstrap: draws of noise for intervals, of which the report says how often they hold.
        seed: of halves, mixtures and resamples.
        state: a file that keeps finished trials, and goes on from them.
        advance: is told of every trial done.
        workers: who counts and trains, from `tokscope.workers`; the result is the same.

    Columns: method, log10 MSE (mean over trials), sd, best, worst.

    Raises:
        TokscopeError: a text cannot be used, or what is asked makes no sense.
    """
    texts = corpora_given(corpora)
    size = len(texts) if size is None else size
    require_resamples(seed, bootstrap=bootstrap)
    _require_sense(len(texts), trials, size, vocabulary)
    require_own_names(texts)
    require_gap(gap)
    if merges is not None and merges < 1:
        raise TokscopeError(f"--merges {merges}: write how many merges, from 1 up")
    require_again(texts, "simulate-mixture reads text a second time")
    keep = partial(halves, seed=seed, trained=False)
    counts = count(texts, gpt2_pipeline(), keep=keep, workers=workers, source=gpt2_pipeline)
    setup = Setup(counts.digest[:12], size, vocabulary, bytes_, merges, gap, bootstrap, seed)
    done = finished(state, setup)
    write_trials(state, setup, done)
    advance(len(done))
    calls = [(number, setup, texts, counts) for number in range(trials) if number not in done]
    worth = workers.are_worth(bytes_ * len(calls))
    for trial in (workers if worth else HERE).map(run_trial, calls):
        done[trial["trial"]] = trial
        write_trials(state, setup, done)
        advance(1)
    return _report([done[number] for number in range(trials)], setup, counts)


def _require_sense(known: int, trials: int, size: int, vocabulary: int) -> None:
    if trials < 1:
        raise TokscopeError(f"--trials {trials}: run one or more")
    if known < 2:
        raise TokscopeError("a mixture needs two corpora or more; name them with --corpus")
    if not 2 <= size <= known:
        raise TokscopeError(f"--size {size}: mix from 2 to {known} corpora, as many as are named")
    if vocabulary <= BYTES:
        raise TokscopeError(f"--vocabulary {vocabulary}: more than {BYTES} bytes, to have merges")


def _report(trials: Sequence[Mapping[str, Any]], setup: Setup, counts: Counts) -> Report:
    scores = {name: np.array([trial["scores"][name] for trial in trials]) for name in METHODS}
    rows = []
    for method, own in scores.items():
        spread = float(own.std(ddof=1)) if len(own) > 1 else np.nan
        rows.append((method, float(own.mean()), spread, own.min(), own.max()))
    frame = pd.DataFrame(rows, columns=["method", "log10 MSE", "sd", "best", "worst"])
    steps = sorted({trial["merges"] for trial in trials})
    used = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
    note = (
        f"{many(len(trials), 'tokenizer')} of {setup.vocabulary:,} tokens, each trained on "
        f"{amount(setup.bytes)} of half of the text in random shares of {setup.size} corpora; "
        f"inferred from the other half, {amount(counts.bytes().sum())}, with {used} merges"
    )
    text, held, details = _errors(scores), "", [_SCORES]
    if setup.bootstrap:
        count, total = sum(trial["held"] for trial in trials), len(trials) * setup.size
        held = f" {_intervals(count, total, setup.bootstrap)}"
        drawn = f"{intervals_of(setup.bootstrap)} of {setup.bootstrap} draws of noise in the counts"
        details.append(f"{drawn} held {count} of {total} true shares")
    return Report(
        "simulate-mixture",
        "Mixtures inferred",
        frame,
        (note,),
        {**versions(), **{name: str(value) for name, value in asdict(setup).items()}},
        headline=f"{text}{held}",
        details=tuple(details),
        view=tables,
        plots=partial(plots, trials=trials),
    )


def _errors(scores: Mapping[str, Floats]) -> str:
    """Say how far off inferred shares were, and in how many trials nearer than the best guess."""
    inferred, *guesses = scores
    rival = min(guesses, key=lambda name: float(scores[name].mean()))
    own = scores[inferred]
    trials, wins = len(own), int(np.sum(own < scores[rival]))
    off = f"off by {_points(_off(own.mean()))} percentage points"
    off += f" ({_points(_off(own.max()))} at worst)" if trials > 1 else ""
    only = "only " if trials >= _FEW and 2 * wins <= trials else ""
    told = (
        f"nferred shares were {off}, and beat the best simple guess ({rival}) in {only}{wins} of "
    )
    told += many(trials, "trial")
    if trials < _FEW:
        return f"Cannot tell from {many(trials, 'trial')}, as {_FEW} are needed: i{told}."
    may_be_chance = not only and bdtrc(wins - 1, trials, 0.5) > _CHANCE
    return f"I{told}{', which may be chance' if may_be_chance else ''}."


def _intervals(held: int, total: int, draws: int) -> str:
    """Say how often intervals held the truth, and whether that is as often as they say."""
    if draws < ENOUGH:
        return (
            f"Ranges of {draws} draws held {held} of {total} true shares; it takes {ENOUGH} draws "
            "to make a 95 % interval."
        )
    text = f"The 95 % intervals held {held} of {total} true shares"
    if bdtr(held, total, 0.95) < _CHANCE:
        return f"{text}, fewer than they should."
    return f"{text}, too few to judge them." if total < _JUDGED else f"{text}."


def _off(score: Any) -> Any:
    """Return the root mean squared error of shares, of a score."""
    return np.sqrt(10.0**score)


def _points(error: float) -> str:
    """Write an error in percentage points, as the table has it.

    >>> _points(0.0123), _points(0.000123)
    ('1.2', 'under 0.1')
    """
    return f"{100 * error:.1f}" if error >= 0.001 else "under 0.1"


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return what people see: how far off each method is; with `details`, also the scores."""
    frame = report.frame
    shown = {"log10 MSE": "typical", "best": "best", "worst": "worst"}
    long = frame[["method", *shown]].rename(columns=shown)
    long = long.melt("method", var_name="measure").assign(unit="share", better="neither")
    long["value"] = _off(long["value"])
    title = "How far off shares of bytes are; 1.0 % is one percentage point"
    notes = (*report.notes, _UNITS)
    first = replace(report, title=title, table=long, notes=notes, across="measure", view=None)
    if not details:
        return [first]
    scores = replace(report, title="Scores", headline="", notes=report.details, view=None)
    return [replace(first, provenance={}), scores]
