"""What was this tokenizer trained on?"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose
from tokscope.mixture.count import Counts, count
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.inference import Inference
from tokscope.mixture.model import ENDLESS, Budget, seconds_from_now
from tokscope.mixture.program import Program, require_rows
from tokscope.mixture.saved import packed, unpacked
from tokscope.mixture.solve import Stage, solve
from tokscope.mixture.uncertainty import bootstrapped, half_widths, refits
from tokscope.report import Report
from tokscope.studies import mixture_notes
from tokscope.studies.counted import loaded, require_own_names, require_resamples, versions
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.tokenizers import Tokenizer, load, parse
from tokscope.tokenizers.pipeline import Pipeline, pipeline_of
from tokscope.tokenizers.sample import FOLDER
from tokscope.workers import HERE, Workers

T = TypeVar("T")
Floats = NDArray[np.float64]
# Merges that are used unless more are asked for. In 20 controlled trials (see the benchmarks) 3,000
# and 10,000 merges gave the same error, and the second took ten times as long to solve.
MOST = 3_000
SECONDS = 60.0
_DOUBTING = 10.0  # seconds for what the merges leave open, where that is in doubt
_BAR = 20  # cells of the longest bar
_EIGHTHS = "▏▎▍▌▋▊▉█"
_ALONE = "a mixture needs two corpora or more; one alone is always all of it"
Tell = Callable[[Stage, int], None]
Watch = Callable[[], AbstractContextManager[Callable[[], bool]]]


def log_error(shares: Floats, truth: Floats) -> float:
    """Return the log10 of the mean squared error of shares (Hayase et al. 2024, section 4).

    >>> round(log_error(np.array([0.6, 0.4]), np.array([0.5, 0.5])), 9)
    -2.0
    """
    error = float(np.mean((shares - truth) ** 2))
    return float(np.log10(error)) if error else -np.inf


@contextmanager
def nobody() -> Iterator[Callable[[], bool]]:
    """Yield what says that nobody wants to stop."""
    yield lambda: False


def infer_mixture(
    word: str,
    corpora: Sequence[Corpus] | None = None,
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
    only: Sequence[str] = (),
    truth: Mapping[str, float] | None = None,
    counts: Path | None = None,
    save: Callable[[bytes], None] | None = None,
    workers: Workers = HERE,
    tell: Tell = lambda *_: None,
    watch: Watch = nobody,
) -> Report:
    """Infer the share of each corpus in what a tokenizer was trained on.

    Args:
        word: the tokenizer, as `[LABEL=]SPEC`.
        corpora: text of the kinds it may have been trained on; None for the embedded sample.
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
        tell: is told after every round where the search is, of so many merges.
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
    begin = time.monotonic()
    subject = _subject(word, merges, from_merge)
    _require_effort(gap, seconds)
    truth = truth or _known(word, corpora, counts)
    if corpora is not None:
        _aligned(truth, _chosen([corpus.name for corpus in corpora], only))
    found = _gathered(subject, corpora, only, counts=counts, save=save, workers=workers)
    known = _aligned(truth, found.counts.names)
    with watch() as stopped:
        result = _solved(subject, found, gap, _budget(seconds, begin, stopped), tell=tell)
        more = ENDLESS if math.isinf(seconds) else seconds_from_now(_DOUBTING, stopped)
        told = mixture_notes.of(result, more)
        asked = Budget(stopped=stopped)
        spread = _spread(result, bootstrap, refit, seed, workers=workers, budget=asked)
        every = range(len(result.names))
        limits = result.ranges(every, asked) if ranges and asked.lasts() else None
        guesses = _guesses(result, baselines and asked.lasts(), seed, workers)
        hurried = (mixture_notes.HURRIED,) if stopped() else ()
    frame = _frame(result, spread, limits, guesses, known)
    notes = (*hurried, *told.notes, *spread.notes)
    notes += (mixture_notes.RANGES,) if limits is not None else ()
    notes += (mixture_notes.scores(frame),) if known is not None else ()
    return Report(
        "infer-mixture",
        f"What {result.name} was trained on: inferred shares of bytes",
        frame,
        notes,
        _signature(
            subject,
            result,
            gap,
            bootstrap=bootstrap,
            refit=refit,
            seed=seed if bootstrap or refit or baselines else None,
        ),
        across="measure",
        headline=told.headline,
        details=told.details,
    )


def infer(
    word: str, corpora: Sequence[Corpus] | None = None, *, merges: int | None = None
) -> Inference:
    """Infer shares to the end, for programs.

    Raises:
        TokscopeError: as `infer_mixture`.
    """
    subject = _subject(word, merges, 0)
    return _solved(subject, _gathered(subject, corpora), 0.0, ENDLESS)


@dataclass(frozen=True)
class _Subject:
    """A tokenizer, and which of its merges are to be explained."""

    word: str
    tokenizer: Tokenizer
    pipeline: Pipeline
    merges: int | None  # as many as the text supports, if None
    first: int

    @property
    def steps(self) -> int:
        """How many merges are replayed."""
        known = len(self.pipeline.merges)
        return min(known, self.first + MOST) if self.merges is None else self.merges


def _subject(word: str, merges: int | None, first: int) -> _Subject:
    """Load a tokenizer; refuse numbers of merges that ask for nothing, or for more than it has."""
    tokenizer = load(word)
    pipeline = pipeline_of(tokenizer)
    known = len(pipeline.merges)
    if merges is not None and not 0 < merges <= known:
        raise TokscopeError(
            f"--merges {merges}: the tokenizer has {known:,}; use from 1 to {known}"
        )
    last = known if merges is None else merges
    if not 0 <= first < last:
        raise TokscopeError(f"--from-merge {first}: merges before it, of {last}, make no rows")
    return _Subject(word, tokenizer, pipeline, merges, first)


def _budget(seconds: float, begin: float, stopped: Callable[[], bool]) -> Budget:
    """Return how long shares are sought: what is left since the beginning, half at least."""
    left = seconds - _DOUBTING - (time.monotonic() - begin)
    return seconds_from_now(max(left, seconds / 2), stopped)


def _require_effort(gap: float, seconds: float) -> None:
    """Refuse a gap or a time that asks for nothing."""
    if not 0 <= gap < 1:
        raise TokscopeError(f"--gap {gap:g}: a part of the objective, from 0 to 1; try 0.01")
    if not seconds > 0:
        raise TokscopeError(f"--seconds {seconds:g}: give a time above 0, or --exact for no end")


@dataclass(frozen=True)
class _Source:
    """What makes the pipeline of a tokenizer in a worker."""

    word: str
    fingerprint: str

    def __call__(self) -> Pipeline:
        return pipeline_of(loaded(self.word, self.fingerprint))


def _gathered(
    subject: _Subject,
    corpora: Sequence[Corpus] | None,
    only: Sequence[str] = (),
    *,
    counts: Path | None = None,
    save: Callable[[bytes], None] | None = None,
    workers: Workers = HERE,
) -> Evidence:
    """Count the text and replay the merges, or read what was counted."""
    merges, fingerprint = subject.pipeline.merges, subject.tokenizer.fingerprint
    if counts:
        found = unpacked(counts, merges, fingerprint, steps=subject.merges, first=subject.first)
    else:
        source = _Source(subject.word, fingerprint)
        text = _counted(subject.pipeline, corpora, source, workers)
        found = evidence(text, merges, subject.steps, first=subject.first, workers=workers)
    if save:
        save(packed(found, fingerprint))
    return found.subset(_chosen(found.counts.names, only))


def _counted(
    pipeline: Pipeline, corpora: Sequence[Corpus] | None, source: _Source, workers: Workers
) -> Counts:
    if corpora is None:
        corpora = read_corpora(["sample:prose", "sample:code"])
    require_own_names(corpora)
    if len(corpora) < 2:
        raise TokscopeError(_ALONE)
    return count(corpora, pipeline, workers=workers, source=source)


def _chosen(known: Sequence[str], only: Sequence[str]) -> list[str]:
    """Return the names of the corpora that are asked for; all, if none is named."""
    table = {name: name for name in known}
    names = list(dict.fromkeys(choose(table, name, "corpus") for name in only)) or list(table)
    if len(names) < 2:
        raise TokscopeError(_ALONE)
    return names


def _known(
    word: str, corpora: Sequence[Corpus] | None, counts: Path | None
) -> Mapping[str, float] | None:
    """Return the shares of the embedded tokenizers in the embedded sample."""
    spec = parse(word)
    learned = spec.kind == "sample" and spec.place in ("bpe", "wordpiece")
    if corpora is None and counts is None and learned:
        shares: dict[str, float] = json.loads((FOLDER / "shares.json").read_text())
        return shares
    return None


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


def _solved(
    subject: _Subject,
    found: Evidence,
    gap: float,
    budget: Budget,
    *,
    tell: Tell = lambda *_: None,
) -> Inference:
    """Find the shares."""
    program, why = _program(found, subject)
    solution = solve(program, gap=gap, budget=budget, tell=tell)
    return Inference(
        subject.tokenizer.name,
        subject.pipeline.merges,
        found,
        program.head(solution.steps),
        solution,
        len(program.merged),
        why,
        subject.first,
    )


def _program(found: Evidence, subject: _Subject) -> tuple[Program, str]:
    """Return the program of the merges to use, and why it is so many."""
    most, supported = len(found.replay.rules), found.supported()
    if subject.merges is not None:
        why = "as asked"
        if subject.merges > supported:
            why += f"; the text supports about {supported:,}, and later ones add noise"
        return require_rows(found.program.head(subject.merges)), why
    if supported < most:
        why = "as many as the text supports: later ones are rare in it; more text, or --merges"
    elif most == subject.first + MOST:
        why = "more with --merges"
    else:
        why = "all that were replayed"
    return require_rows(found.program.head(supported)), why


@dataclass(frozen=True)
class _Spread:
    """Half the width of intervals about the shares of bytes, and what they are of."""

    half: Floats  # (n,)
    notes: tuple[str, ...] = ()


def _spread(
    result: Inference, bootstrap: int, refit: int, seed: int, *, workers: Workers, budget: Budget
) -> _Spread:
    """Return intervals, from what was asked for: both kinds of draws count alike."""
    drawn = (result.evidence, result.program, result.solution)
    errors = list(_until(budget, bootstrapped(*drawn, bootstrap, seed, workers=workers)))
    drawn_ = (result.evidence, result.program, result.shares)
    again = list(_until(budget, refits(*drawn_, refit, seed, workers=workers)))
    count = sum(map(len, errors))
    if count + len(again) == 0:
        return _Spread(np.full(len(result.names), np.nan))
    every = np.concatenate([*errors, *(one.shares[None, :] for one in again)]) - result.shares
    notes = [
        mixture_notes.intervals(count, len(again), seed),
        mixture_notes.bias(every, result.names),
        *([mixture_notes.fit(again)] if again else []),
    ]
    return _Spread(half_widths(every), tuple(notes))


def _until(budget: Budget, made: Iterator[T]) -> Iterator[T]:
    """Yield what is made as long as there is time."""
    while budget.lasts():
        try:
            yield next(made)
        except StopIteration:
            return


def _guesses(result: Inference, baselines: bool, seed: int, workers: Workers) -> dict[str, Floats]:
    """Return what is guessed without the order of merges."""
    n = len(result.names)
    found = {"uniform": np.full(n, 1 / n), "token classification": result.classified()}
    return found | ({"token efficiency": result.efficient(seed, workers)} if baselines else {})


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
    """Return values without intervals, one a row."""
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


def _signature(
    subject: _Subject,
    result: Inference,
    gap: float,
    *,
    bootstrap: int,
    refit: int,
    seed: int | None,
) -> str:
    """Name everything that can change a number."""
    counts, tokenizer = result.evidence.counts, subject.tokenizer
    parts = [
        versions(),
        f"{tokenizer.name}:{tokenizer.fingerprint[:12]}",
        f"corpora:{len(counts.names)}:{counts.digest[:12]}",
        f"merges:{subject.first}-{result.steps}",
        f"gap:{gap:g}",
    ]
    parts += [] if result.solution.is_done else ["stopped early"]
    parts += [f"bootstrap:{bootstrap}", f"refit:{refit}"] if bootstrap or refit else []
    parts += [] if seed is None else [f"seed:{seed}"]
    return "|".join(parts)


_SHOWN = {"bytes": "share", "least": "least", "most": "most", "token classification": "by tokens"}


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return what people look at: corpora, largest first, with their shares and a check.

    With details all measures and all notes.
    """
    frame = report.frame
    shares = frame[(frame["measure"] == "bytes") & (frame["corpus"] != "all")]
    shares = shares.sort_values("value", ascending=False, kind="stable")
    place = {name: rank for rank, name in enumerate([*shares["corpus"], "all"])}
    frame = frame.sort_values("corpus", key=lambda names: names.map(place), kind="stable")
    if details:
        notes = (*report.notes, *report.details)
        return [replace(report, frame=frame, notes=notes, details=())]
    shown = {**_SHOWN, "token efficiency": "by efficiency", "truth": "truth"}
    frame = frame[frame["measure"].isin(shown) & (frame["corpus"] != "all")]
    bars = map(_bar, shares["value"] / shares["value"].max())
    bar_of = dict(zip(shares["corpus"], bars, strict=True))
    frame = frame.assign(measure=frame["measure"].map(shown))
    frame.insert(1, "", frame["corpus"].map(bar_of))
    return [replace(report, frame=frame)]


def _bar(part: float) -> str:
    """Draw a bar, to an eighth of a cell.

    >>> _bar(1.0), _bar(0.06)
    ('████████████████████', '█▎')
    """
    full, rest = divmod(round(part * _BAR * 8), 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")
