"""An inferred mixture in words: how it was found, and the doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.measures.uncertainty import intervals_of
from tokscope.mixture.diagnostics import distances
from tokscope.mixture.inference import SLACK, UNEXPLAINED, Doubts, Inference
from tokscope.mixture.model import Budget
from tokscope.mixture.solve import Stage
from tokscope.mixture.uncertainty import Refit
from tokscope.studies.infer_mixture_headline import MISSING, MOVED, Answer
from tokscope.text.scripts import COMMON, NAMES, run_scripts
from tokscope.text.spelled import spelled
from tokscope.wording import amount, many, some

Floats = NDArray[np.float64]
FAR = (
    f"how far a share can go while the fit is within {100 * SLACK:.0f} % of the best: what the "
    "data leave open may be less, never more"
)
RANGES = f"least, most: {FAR}"
HURRIED = "interrupted: what was not finished is left out"
_LISTED = 3  # corpora or merges that a sentence names
_ALIKE = 1.5  # times sampling noise: closer corpora cannot be told apart
_NEEDED = 0.005  # of the objective: a needed corpus raises it by more if excluded
_NOTHING = 1e-12  # a smaller excuse is only rounding by the solver


@dataclass(frozen=True)
class Told:
    """An inference in words."""

    notes: tuple[str, ...]  # what changes the meaning of the shares
    details: tuple[str, ...]
    alike: tuple[tuple[int, int], ...]  # corpora that can hardly be told apart


def of(result: Inference, budget: Budget) -> Told:
    """Describe how the answer was found, and its doubts, which take time."""
    apart = np.triu(distances(result.program, result.evidence.pairs()) < _ALIKE, 1)
    alike = tuple((int(i), int(j)) for i, j in np.argwhere(apart))
    doubts = None if result.is_explained or not budget.lasts() else result.doubts(budget)
    notes = [*_moved(result), *_alike(result, alike), *_badly(result, doubts), *_lacking(result)]
    details = [*_needed(result, doubts), _solved(result), *_unexplained(result)]
    found = [_found(result)]
    notes = [*found, *notes] if result.steps < result.wanted else [*notes, *found]
    return Told(tuple(notes), tuple(details), alike)


def answer(
    result: Inference, alike: tuple[tuple[int, int], ...], low: Floats, high: Floats
) -> Answer:
    """Return what the headline is made of; `low` and `high` are the ends of what is open."""
    solution, before = result.solution, _stage_before(result)
    is_settled = solution.move() <= MOVED if before else result.steps == result.wanted
    return Answer(
        result.name,
        result.names,
        result.shares,
        low,
        high,
        result.evidence.bytes_of(before.best.shares) if before else None,
        alike,
        len(result.evidence.missing(result.steps)),
        int(np.sum(~result.program.free)),
        solution.gap,
        result.is_explained,
        is_settled,
    )


def _stage_before(result: Inference) -> Stage | None:
    """Return the stage with fewer merges, if there is one."""
    before = [stage for stage in result.solution.stages if stage.steps < result.steps]
    return before[-1] if before else None


def _found(result: Inference) -> str:
    """Say from what the shares were inferred, and whether there was time for all of it."""
    text = amount(result.evidence.counts.bytes().sum())
    merges = f"{result.steps:,} of {len(result.merges):,} merges"
    if result.first:
        merges = f"merges {result.first + 1:,} to {result.steps:,} of {len(result.merges):,}"
    why = result.why
    if result.steps < result.wanted:
        why = f"there was no time to explain {result.wanted - result.first:,}; --exact takes it"
    return f"from {merges} ({why}) and {text} of text"


def _solved(result: Inference) -> str:
    """Say how near to the optimum the shares are."""
    solution = result.solution
    objective = solution.objective if solution.objective > _NOTHING else 0
    rows = f"{len(solution.rows):,} rows in {solution.rounds} rounds"
    note = f"objective {objective:.4g} ({_proven(result)}; {rows})"
    return note + (f", {objective / result.noise:.2g} times sampling noise" if result.noise else "")


def _proven(result: Inference) -> str:
    """Say what is proven about the objective; rounded up, since it is a bound."""
    gap = result.solution.gap
    if result.solution.is_exact:
        return "exact"
    if not np.isfinite(gap):
        return "nothing is proven"
    return f"proven to be at most {np.ceil(gap * 1e4) / 100:g} % above the optimum"


def _moved(result: Inference) -> Iterator[str]:
    """Say that shares still moved when merges were added."""
    solution, before = result.solution, _stage_before(result)
    if before and solution.move() > MOVED:
        corpus = result.names[int(np.abs(solution.shares - before.best.shares).argmax())]
        yield (
            f"shares still move: from {before.steps:,} to {solution.steps:,} merges that of "
            f"{corpus} moved by {100 * solution.move():.1f} % of pairs"
        )


def _alike(result: Inference, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Name corpora that look the same."""
    alike = [f"{result.names[i]} and {result.names[j]}" for i, j in pairs]
    if alike:
        more = f" (and {many(len(alike) - _LISTED, 'pair')} more)" if len(alike) > _LISTED else ""
        yield (
            f"look alike, or have too little text to be told apart: {', '.join(alike[:_LISTED])}"
            f"{more}; read the sum of their shares, and see with --ranges how far each can go"
        )


def _lacking(result: Inference) -> Iterator[str]:
    """Say what the text lacks, and what was left out of it."""
    names, left_out = result.names, result.evidence.counts.left_out
    missing = result.evidence.missing(result.steps)
    if len(missing):
        yield _missing(result, missing)
    if left_out.any():
        where = ", ".join(f"{names[i]} {left_out[i]:,}" for i in np.flatnonzero(left_out))
        yield f"bytes in pretokens that are too long or too rare to be held: {where}"


def _missing(result: Inference, steps: NDArray[np.int64]) -> str:
    """Name the merges that are in no corpus."""
    scripts = Counter(_script(result.merges.plain[step]) for step in steps.tolist())
    most = ", ".join(f"{script} {count:,}" for script, count in scripts.most_common(5))
    note = f"{many(len(steps), 'merge is', 'merges are')} in no corpus ({most})"
    if len(steps) > MISSING * np.sum(~result.program.free):
        note += ": some of its training text is of a kind that is not here; shares are of the rest"
    return note


def _script(token: bytes) -> str:
    """Name the script of a token."""
    codes = np.frombuffer(token.decode(errors="ignore").encode("utf-32-le"), np.uint32)
    if not len(codes):
        return "parts of characters"
    script = run_scripts(codes, np.zeros(1, np.int64))[0]
    return "no letters" if script == COMMON else NAMES[script]


def _badly(result: Inference, doubts: Doubts | None) -> Iterator[str]:
    """Say that the text is unlike the training text, and what is still certain."""
    if result.is_explained:
        return
    times = result.solution.objective / result.noise if result.noise else np.inf
    yield (
        f"these corpora explain the merges badly ({times:.1f} times the error of sampling, where "
        f"text of the same kinds has at most {UNEXPLAINED:g}): it was trained on other text, or on "
        "a kind that is not here, whose share is then with what is like it, most of all "
        f"{some([result.names[i] for i in _unexplained_like(result)])}"
    )
    if doubts is None:
        return
    asked = np.flatnonzero(~np.isnan(doubts.ranges).any(axis=1))
    if len(asked):
        order, ends = asked[np.argsort(-result.shares[asked], kind="stable")], 100 * doubts.ranges
        spans = (f"{result.names[i]} {ends[i, 0]:.0f} to {ends[i, 1]:.0f} %" for i in order)
        yield (
            f"the first {doubts.steps:,} merges alone leave open: {', '.join(spans)}; what is open "
            "may be less, never more"
        )


def _needed(result: Inference, doubts: Doubts | None) -> Iterator[str]:
    """Name the corpora that the merges need."""
    if doubts is None:
        return
    order = np.argsort(-np.nan_to_num(doubts.without), kind="stable")
    needed = [i for i in order if doubts.without[i] >= _NEEDED]
    if needed:
        listed = ", ".join(f"{result.names[i]} {100 * doubts.without[i]:.1f} %" for i in needed)
        yield (
            f"the first {doubts.steps:,} merges need these corpora; without one the objective "
            f"rises by at least: {listed}"
        )


def _unexplained_like(result: Inference) -> list[int]:
    """Return the corpora that are most like the merges that came too early."""
    most = result.program.own.argmax(axis=1)
    weights = np.bincount(most, result.solution.over, minlength=len(result.names))
    return [int(i) for i in np.argsort(-weights, kind="stable")[:_LISTED] if weights[i] > 0]


def _unexplained(result: Inference) -> Iterator[str]:
    """Name the merges and pairs that had to be excused most."""
    solution, program, names = result.solution, result.program, result.names
    steps = np.argsort(-solution.over, kind="stable")[:_LISTED]
    steps = steps[solution.over[steps] > _NOTHING]
    if len(steps):
        told = (
            f"{_spelled(result.merges.plain[step])} ({names[program.own[step].argmax()]}, "
            f"{solution.over[step]:.2g})"
            for step in steps.tolist()
        )
        yield f"merged earlier than the text explains: {', '.join(told)}"
    pairs = np.argsort(-solution.under, kind="stable")[:_LISTED]
    pairs = pairs[solution.under[pairs] > _NOTHING]
    if len(pairs):
        told = (_excess(result, pair) for pair in pairs.tolist())
        yield f"more in the text than merges show: {', '.join(told)}"


def _spelled(token: bytes) -> str:
    return f"“{spelled(token)}”"


def _excess(result: Inference, pair: int) -> str:
    """Name a pair that the text has too much of, and the corpus that has most of it."""
    program = result.program
    segment = int(np.flatnonzero(program.pair == pair)[0])
    most = result.names[program.values[[segment]].toarray().argmax()]
    token = result.evidence.product(int(program.records[segment]))
    return f"{_spelled(token)} ({most}, {result.solution.under[pair]:.2g})"


def intervals(bootstrap: int, refit: int, seed: int) -> str:
    """Say where intervals come from; few draws give none."""
    sources = [f"{bootstrap} draws of noise in the counts"] if bootstrap else []
    if refit:
        sources.append(f"{refit} tokenizers trained on resampled text in the inferred shares")
    drawn = f"{intervals_of(bootstrap + refit)} of {' and '.join(sources)}, seed {seed}"
    return f"{drawn}: true where the text is of the kinds that were trained on"


def bias(errors: Floats, names: Sequence[str]) -> str:
    """Say if draws fall on one side of the estimate."""
    means = errors.mean(axis=0)
    worst = int(np.abs(means).argmax())
    return (
        f"bias: at most {100 * means[worst]:+.2f} % of bytes ({names[worst]}); it makes intervals "
        "wider, and is not taken off"
    )


def fit(again: Sequence[Refit]) -> str:
    """Say how similar the retrained tokenizers are to the target."""
    prefix = np.median([one.prefix for one in again])
    likeness = np.mean([one.rank_correlation for one in again])
    return (
        f"fit: the first {prefix:.0f} merges are the same (median), and the order of the common "
        f"ones has a rank correlation of {likeness:.3f}"
    )


def scores(frame: pd.DataFrame) -> str:
    """Say how near the inferred shares and the guesses are to the known shares."""
    values = frame[frame["corpus"] == "all"].set_index("measure")["value"]
    others = ", ".join(f"{name} {value:.2f}" for name, value in values.iloc[1:].items())
    return f"log10 MSE of shares: {values.iloc[0]:.2f} ({others}); lower is nearer"


def known(result: Inference, truth: Floats) -> str:
    """Say how far the inferred shares are from the known ones."""
    off = np.abs(result.shares - truth)
    worst = int(off.argmax())
    most = f"{100 * off[worst]:.1f} percentage points ({result.names[worst]})"
    return f"off from the truth by at most {most}"
