"""How well are mixtures inferred from text like mine? Test on known mixtures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.counting.counted import require_own_names, require_resamples
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError
from tokscope.measures.uncertainty import intervals_of
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
from tokscope.text.corpus import corpora_given, require_again
from tokscope.text.given import Corpora
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]


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
    rows = []
    for method in METHODS:
        scores = np.array([trial["scores"][method] for trial in trials])
        spread = float(scores.std(ddof=1)) if len(scores) > 1 else np.nan
        rows.append((method, float(scores.mean()), spread, scores.min(), scores.max()))
    frame = pd.DataFrame(rows, columns=["method", "log10 MSE", "sd", "best", "worst"])
    steps = sorted({trial["merges"] for trial in trials})
    used = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
    notes = [
        f"{len(trials)} tokenizers of {setup.vocabulary:,} tokens, each trained on "
        f"{setup.bytes / 1e6:g} MB of half of the text in random shares of {setup.size} corpora; "
        f"inferred from the other half, {counts.bytes().sum() / 1e6:,.1f} MB, with {used} merges",
        "log10 of the mean squared error of shares of bytes: lower is better, 1 lower is 3.2 times "
        "nearer; mean, sd, best and worst over tokenizers",
    ]
    if setup.bootstrap:
        held = sum(trial["held"] for trial in trials)
        drawn = f"{intervals_of(setup.bootstrap)} of {setup.bootstrap} draws of noise in the counts"
        notes.append(f"{drawn} held {held} of {len(trials) * setup.size} true shares")
    provenance = {**versions(), **{name: str(value) for name, value in asdict(setup).items()}}
    return Report("simulate-mixture", "Mixtures inferred", frame, tuple(notes), provenance)
