"""What was this tokenizer trained on?"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.counting.counted import require_own_names, require_resamples
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError, choose
from tokscope.given import words
from tokscope.mixture.diagnostics import log_error
from tokscope.mixture.inference import Inference
from tokscope.mixture.model import ENDLESS, Budget, seconds_from_now
from tokscope.mixture.solve import Tell
from tokscope.mixture.subject import (
    Subject,
    chosen,
    gathered,
    mixed,
    require_gap,
    solved,
    subject_of,
)
from tokscope.mixture.uncertainty import bootstrapped, half_widths, refits
from tokscope.provenance import Provenance
from tokscope.report import Report
from tokscope.studies import infer_mixture_notes as mixture_notes
from tokscope.studies.infer_mixture_headline import doubt, headline
from tokscope.studies.infer_mixture_plots import plots
from tokscope.text.corpus import Corpus, corpora_given
from tokscope.text.given import Corpora
from tokscope.tokenizers import Spec
from tokscope.tokenizers.given import One, load_one
from tokscope.tokenizers.sample import FOLDER
from tokscope.workers import HERE, Workers

T = TypeVar("T")
Floats = NDArray[np.float64]
SECONDS = 60.0
_DOUBTING = 10.0  # seconds to estimate what the first merges leave open, in case of doubt
_BAR = 20  # cells of the longest bar
_EIGHTHS = "▏▎▍▌▋▊▉█"
Watch = Callable[[], AbstractContextManager[Callable[[], bool]]]


@contextmanager
def nobody() -> Iterator[Callable[[], bool]]:
    """Yield a function that says that nobody wants to stop."""
    yield lambda: False


def infer_mixture(
    tokenizer: One | Mapping[str, One],
    corpora: Corpora | None = None,
    *,
    merges: int | None = None,
    from_merge: int = 0,
    gap: float = 0.0,
    seconds: float = SECONDS,
    bootstrap: int = 0,
    refit: int = 0,
    ranges: bool = False,
    baselines: bool = False,
    seed: int = 0,
    only: str | Sequence[str] = (),
    truth: Mapping[str, float] | None = None,
    counts: Path | None = None,
    save: Callable[[bytes], None] | None = None,
    workers: Workers = HERE,
    tell: Tell = lambda *_: None,
    watch: Watch = nobody,
) -> Report:
    """Infer the share of each corpus in what a tokenizer was trained on.

    Args:
        tokenizer: a single one, given as to `compare`.
        corpora: text of the kinds it may have been trained on, given as to `compare`; the embedded
            sample if you leave it out.
        merges: how many of its merges are used; None for as many as the text supports, and no more
            than 3,000.
        from_merge: earlier merges are applied, but not explained.
        gap: stop when the objective is proven to be no further above the least one, as a part.
        seconds: how long it may take until the best answer so far is given, at least half of it to
            solve; `math.inf` for no end.
        bootstrap: draws of noise in the counts, for intervals.
        refit: tokenizers to train on the inferred mixture, for intervals and a goodness of fit.
        ranges: whether to find how far shares can move at little cost.
        baselines: whether to train tokenizers for the guess by token efficiency.
        seed: of draws, refits and baselines.
        only: the corpora to use; all if empty.
        truth: known shares of bytes, to score the result against.
        counts: a file of counts, in place of corpora.
        save: is given counts and replayed merges, as such a file.
        workers: who counts and resamples, from `tokscope.workers`; the result is the same.
        tell: is called after every round with its stage, and the number of merges in all.
        watch: is open while shares are sought; what it yields tells whether somebody wants the best
            answer so far.

    Columns: corpus, measure (bytes: the inferred share of bytes; pairs: of pairs before the first
    merge; uniform, token classification, token efficiency: guesses; least, most: see `ranges`;
    truth, if known), value, low, high, unit, better. Where the truth is known, corpus "all" scores
    the measures.

    Raises:
        TokscopeError: the tokenizer has no merges, a text cannot be used, or what is asked makes no
            sense for them.
    """
    require_resamples(seed, bootstrap=bootstrap, refit=refit)
    begin, only = time.monotonic(), words(only, "only")
    _require_effort(gap, seconds)
    texts = None if corpora is None else corpora_given(corpora)
    _require_names(counts, texts, only, truth)
    subject = subject_of(load_one(tokenizer), merges, from_merge)
    truth = truth or _known(subject.tokenizer.spec, sample=not (texts or counts or only))
    evidence = gathered(subject, texts, only, counts=counts, save=save, workers=workers)
    known = _aligned(truth, evidence.counts.names)
    with watch() as stopped:
        result = solved(subject, evidence, gap, _budget(seconds, begin, stopped), tell=tell)
        more = ENDLESS if math.isinf(seconds) else seconds_from_now(_DOUBTING, stopped)
        told = mixture_notes.of(result, more)
        asked = Budget(stopped=stopped)
        spread = _spread(result, bootstrap, refit, seed, workers=workers, budget=asked)
        every = range(len(result.names))
        limits = result.ranges(every, asked) if ranges and asked.lasts() else None
        guesses = _guesses(result, baselines and asked.lasts(), seed, workers)
        hurried = (mixture_notes.HURRIED,) if stopped() else ()
    frame = _frame(result, spread, limits, guesses, known)
    answer = mixture_notes.answer(result, told.alike, *_ends(result.shares, spread, limits))
    lines = (*spread.notes, *((mixture_notes.FAR,) if limits is not None else ()))
    notes = (*hurried, *told.notes, *spread.notes)
    notes += (mixture_notes.RANGES,) if limits is not None else ()
    notes += (mixture_notes.known(result, known),) if known is not None else ()
    scores = (mixture_notes.scores(frame),) if known is not None else ()
    drawn = seed if bootstrap or refit or baselines else None
    provenance = _provenance(subject, result, gap, bootstrap=bootstrap, refit=refit, seed=drawn)
    return Report(
        "infer-mixture",
        f"What {result.name} was trained on: inferred shares of bytes",
        frame,
        notes,
        provenance,
        across="measure",
        headline=headline(answer),
        details=(*spread.details, *scores, *told.details),
        view=tables,
        plots=partial(plots, doubt=doubt(answer), lines=lines),
    )


def _budget(seconds: float, begin: float, stopped: Callable[[], bool]) -> Budget:
    """Return the time for solving: what is left of `seconds`, but at least half."""
    left = seconds - _DOUBTING - (time.monotonic() - begin)
    return seconds_from_now(max(left, seconds / 2), stopped)


def _require_effort(gap: float, seconds: float) -> None:
    """Raise TokscopeError if a gap or a time makes no sense."""
    require_gap(gap)
    if not seconds > 0:
        raise TokscopeError(f"--seconds {seconds:g}: give a time above 0, or --exact for no end")


def _known(spec: Spec, *, sample: bool) -> Mapping[str, float] | None:
    """Return the shares of the embedded tokenizers in the embedded sample."""
    if sample and spec.kind == "sample" and spec.place in ("bpe", "wordpiece"):
        shares: dict[str, float] = json.loads((FOLDER / "shares.json").read_text())
        return shares
    return None


def _require_names(
    counts: Path | None,
    texts: Sequence[Corpus] | None,
    only: Sequence[str],
    truth: Mapping[str, float] | None,
) -> None:
    """Raise TokscopeError for unknown names of corpora and shares, before anything is read.

    The names in a file of counts are known only when it is read.
    """
    if counts:
        return
    texts = mixed() if texts is None else texts
    require_own_names(texts)
    _aligned(truth, chosen([corpus.name for corpus in texts], only))


def _aligned(truth: Mapping[str, float] | None, names: Sequence[str]) -> Floats | None:
    """Return known shares in the order of the corpora."""
    if truth is None:
        return None
    for name in truth:
        choose(dict.fromkeys(names), name, "corpus")
    missing = [name for name in names if name not in truth]
    if missing:
        raise TokscopeError(
            f"--truth gives no share for {', '.join(missing)}; give each, 0 if none"
        )
    shares = np.array([truth[name] for name in names], float)
    if not (np.all(shares >= 0) and abs(shares.sum() - 1) < 0.01):
        raise TokscopeError(f"--truth: shares of bytes add up to 1, not {shares.sum():g}")
    return shares / shares.sum()


@dataclass(frozen=True)
class _Spread:
    """Half the width of intervals around the shares of bytes, and their source."""

    half: Floats  # (n,)
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def _spread(
    result: Inference, bootstrap: int, refit: int, seed: int, *, workers: Workers, budget: Budget
) -> _Spread:
    """Return intervals from the wanted draws; both kinds of draws count the same."""
    drawn = (result.evidence, result.program, result.solution)
    errors = list(_until(budget, bootstrapped(*drawn, bootstrap, seed, workers=workers)))
    drawn_ = (result.evidence, result.program, result.shares)
    again = list(_until(budget, refits(*drawn_, refit, seed, workers=workers)))
    count = sum(map(len, errors))
    if count + len(again) == 0:
        return _Spread(np.full(len(result.names), np.nan))
    every = np.concatenate([*errors, *(one.shares[None, :] for one in again)]) - result.shares
    notes = (mixture_notes.intervals(count, len(again), seed),)
    details = [mixture_notes.bias(every, result.names)]
    details += [mixture_notes.fit(again)] if again else []
    return _Spread(half_widths(every), notes, tuple(details))


def _ends(shares: Floats, spread: _Spread, limits: Floats | None) -> tuple[Floats, Floats]:
    """Return the least and the most that each share can be, by intervals and ranges."""
    low, high = shares - spread.half, shares + spread.half
    if limits is None:
        return low, high
    return np.fmin(low, limits[:, 0]), np.fmax(high, limits[:, 1])


def _until(budget: Budget, made: Iterator[T]) -> Iterator[T]:
    """Yield items as long as there is time."""
    while budget.lasts():
        try:
            yield next(made)
        except StopIteration:
            return


def _guesses(result: Inference, baselines: bool, seed: int, workers: Workers) -> dict[str, Floats]:
    """Return the guesses that do not use the order of merges."""
    n = len(result.names)
    guesses = {"uniform": np.full(n, 1 / n), "token classification": result.classified()}
    return guesses | ({"token efficiency": result.efficient(seed, workers)} if baselines else {})


def _frame(
    result: Inference,
    spread: _Spread,
    limits: Floats | None,
    guesses: Mapping[str, Floats],
    truth: Floats | None,
) -> pd.DataFrame:
    """Return every measure of every corpus, and their scores."""
    measures = {"bytes": result.shares, "pairs": result.solution.shares}
    if limits is not None:
        measures |= {"least": limits[:, 0], "most": limits[:, 1]}
    measures |= guesses
    if truth is not None:
        measures["truth"] = truth
    n = len(result.names)
    names, values = np.tile(result.names, len(measures)), np.concatenate(list(measures.values()))
    frame = _rows(names, np.repeat(list(measures), n), values, "share", "neither")
    frame.loc[: n - 1, "low"] = np.clip(result.shares - spread.half, 0, 1)
    frame.loc[: n - 1, "high"] = np.clip(result.shares + spread.half, 0, 1)
    if truth is None:
        return frame
    scored = {"bytes": result.shares, **guesses}
    scores = [log_error(shares, truth) for shares in scored.values()]
    return pd.concat(
        [frame, _rows("all", list(scored), scores, "log10 MSE", "lower")], ignore_index=True
    )


def _rows(names: Any, measures: Any, values: Any, unit: str, better: str) -> pd.DataFrame:
    """Return values without intervals, one for each row."""
    return pd.DataFrame(
        {
            "corpus": names,
            "measure": measures,
            "value": values,
            "low": np.nan,
            "high": np.nan,
            "unit": unit,
            "better": better,
        }
    )


def _provenance(
    subject: Subject,
    result: Inference,
    gap: float,
    *,
    bootstrap: int,
    refit: int,
    seed: int | None,
) -> Provenance:
    """Name everything that can change a number."""
    counts, tokenizer = result.evidence.counts, subject.tokenizer
    settings: Provenance = {
        **versions(),
        # without a value, since a tokenizer may have the same name
        f"{tokenizer.name}:{tokenizer.fingerprint[:12]}": None,
        "corpora": f"{len(counts.names)}:{counts.digest[:12]}",
        "merges": f"{subject.first}-{result.steps}",
        "gap": f"{gap:g}",
    }
    settings |= {} if result.solution.is_done else {"stopped early": None}
    settings |= {"bootstrap": f"{bootstrap}", "refit": f"{refit}"} if bootstrap or refit else {}
    settings |= {} if seed is None else {"seed": f"{seed}"}
    return settings


# what people see without details; a guess is there only if they asked for it
_SHOWN = {
    "bytes": "share",
    "least": "least",
    "most": "most",
    "token efficiency": "by efficiency",
    "truth": "truth",
}


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: corpora, largest first, with their shares.

    `details` adds all measures and all notes.
    """
    frame = report.frame
    shares = frame[(frame["measure"] == "bytes") & (frame["corpus"] != "all")]
    shares = shares.sort_values("value", ascending=False, kind="stable")
    place = {name: rank for rank, name in enumerate([*shares["corpus"], "all"])}
    frame = frame.sort_values("corpus", key=lambda names: names.map(place), kind="stable")
    if details:
        notes = (*report.notes, *report.details)
        return [replace(report, table=frame, notes=notes, details=(), view=None)]
    frame = frame[frame["measure"].isin(_SHOWN) & (frame["corpus"] != "all")]
    bars = map(_bar, shares["value"] / shares["value"].max())
    bar_of = dict(zip(shares["corpus"], bars, strict=True))
    frame = frame.assign(measure=frame["measure"].map(_SHOWN))
    frame.insert(1, "", frame["corpus"].map(bar_of))
    return [replace(report, table=frame, view=None)]


def _bar(part: float) -> str:
    """Draw a bar, to an eighth of a cell.

    >>> _bar(1.0), _bar(0.06)
    ('████████████████████', '█▎')
    """
    full, rest = divmod(round(part * _BAR * 8), 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")
