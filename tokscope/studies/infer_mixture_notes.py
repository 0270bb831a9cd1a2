"""An inferred mixture in words: the answer in a sentence, and the doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.measures.uncertainty import intervals_of
from tokscope.mixture.diagnostics import distances
from tokscope.mixture.inference import SLACK, UNEXPLAINED, Inference
from tokscope.mixture.model import Budget
from tokscope.mixture.uncertainty import Refit
from tokscope.text.scripts import COMMON, NAMES, run_scripts
from tokscope.text.spelled import spelled

Floats = NDArray[np.float64]
RANGES = (
    f"least, most: how far a share can go while the objective is within {100 * SLACK:.0f} % of its "
    "optimum: what the data leave open; it may be less, never more"
)
HURRIED = "interrupted: what was not finished is left out"
_LISTED = 3  # corpora or merges that a sentence names
_MOSTLY = 0.6  # a share that is most of the text, whatever the doubts
_SMALL = 0.01  # a share too small for the headline, if there are others
_MISSING = 0.005  # of the merges: if more are missing, a corpus seems to be missing
_ALIKE = 1.5  # times sampling noise: closer corpora cannot be told apart
_NEEDED = 0.005  # of the objective: a needed corpus raises it by more if excluded
_MOVED = 0.02  # of all pairs: a share that moves by more between stages is not settled
_NOTHING = 1e-12  # a smaller excuse is only rounding by the solver


@dataclass(frozen=True)
class Told:
    """An inference in words."""

    headline: str
    notes: tuple[str, ...]  # what changes the meaning of the shares
    details: tuple[str, ...]


def of(result: Inference, budget: Budget) -> Told:
    """Describe the answer, how it was found, and its doubts, which take time."""
    notes = [_found(result), *_stopped(result), *_moved(result), *_warnings(result, budget)]
    details = [_solved(result), *_unexplained(result)]
    return Told(_headline(result), tuple(notes), tuple(details))


def _headline(result: Inference) -> str:
    """Name the corpora, the largest first, and say how reliable this is."""
    shares, order = result.shares, np.argsort(-result.shares, kind="stable")
    named = [order[0], *(i for i in order[1:_LISTED] if shares[i] >= _SMALL)]
    first, *others = (f"{result.names[i]} (about {_percent(shares[i])})" for i in named)
    mostly = "mostly " if shares[order[0]] > _MOSTLY else ""
    text = f"{result.name} was trained {mostly}on {first}"
    if others:
        text += f", with {' and '.join(others)}"
    rest, count = 1 - float(shares[named].sum()), len(order) - len(named)
    if rest >= _SMALL:
        text += f"; {_many(count, 'other has', 'others have')} {_percent(rest)} together"
    return f"{text}{''.join(f'; {doubt}' for doubt in _reservations(result))}."


def _reservations(result: Inference) -> Iterator[str]:
    """Yield what a reader of only the headline must know."""
    if not result.solution.is_done:
        yield f"it was stopped after {result.steps - result.first:,} merges"
    if _is_missing_much(result):
        yield "some of its text is in no corpus here, and shares are of the rest"
    if not result.is_explained:
        yield "these corpora explain the merges badly: read the order, not the per cent"


def _many(count: int, one: str, more: str) -> str:
    """Write a count with what it counts."""
    return f"{count:,} {one if count == 1 else more}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _found(result: Inference) -> str:
    """Say how the shares were inferred."""
    size = result.evidence.counts.bytes().sum() / 1e3
    text = f"{size / 1e3:,.1f} MB" if size >= 1e3 else f"{size:,.1f} kB"
    merges = f"{result.steps:,} of {len(result.merges):,} merges"
    if result.first:
        merges = f"merges {result.first + 1:,} to {result.steps:,} of {len(result.merges):,}"
    return f"from {merges} ({result.why}) and {text} of text"


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


def _stopped(result: Inference) -> Iterator[str]:
    """Say how far the search came, if it was stopped."""
    if not result.solution.is_done:
        done, wanted = result.steps - result.first, result.wanted - result.first
        yield (
            f"stopped after {done:,} of {wanted:,} merges were explained; their objective is "
            f"{_proven(result)}; --exact goes on to the end"
        )


def _moved(result: Inference) -> Iterator[str]:
    """Say that shares still moved when merges were added."""
    solution = result.solution
    move = solution.move()
    if move > _MOVED:
        before = [stage for stage in solution.stages if stage.steps < solution.steps][-1]
        corpus = result.names[int(np.abs(solution.shares - before.best.shares).argmax())]
        yield (
            f"shares still move: from {before.steps:,} to {solution.steps:,} merges that of "
            f"{corpus} moved by {100 * move:.1f} % of pairs"
        )


def _warnings(result: Inference, budget: Budget) -> Iterator[str]:
    """Yield the doubts."""
    found, program, names = result.evidence, result.program, result.names
    left_out = found.counts.left_out
    if left_out.any():
        where = ", ".join(f"{names[i]} {left_out[i]:,}" for i in np.flatnonzero(left_out))
        yield f"bytes in pretokens that are too long or too rare to be held: {where}"
    missing = found.missing(result.steps)
    if len(missing):
        yield _missing(result, missing)
    if not result.is_explained:
        yield from _badly(result, budget)
    apart = distances(program, found.pairs())
    alike = [f"{names[i]} and {names[j]}" for i, j in np.argwhere(np.triu(apart < _ALIKE, 1))]
    if alike:
        more = f" (and {len(alike) - _LISTED} pairs more)" if len(alike) > _LISTED else ""
        yield (
            f"can hardly be told apart, for so little text or such likeness: "
            f"{', '.join(alike[:_LISTED])}{more}; --ranges shows how far each share can go"
        )


def _is_missing_much(result: Inference) -> bool:
    """Return whether too many merges are in no corpus, so that some text seems to be missing."""
    missing = result.evidence.missing(result.steps)
    return bool(len(missing) > _MISSING * np.sum(~result.program.free))


def _missing(result: Inference, steps: NDArray[np.int64]) -> str:
    """Name the merges that are in no corpus."""
    scripts = Counter(_script(result.merges.plain[step]) for step in steps.tolist())
    most = ", ".join(f"{script} {count:,}" for script, count in scripts.most_common(5))
    note = f"{_many(len(steps), 'merge is', 'merges are')} in no corpus ({most})"
    if _is_missing_much(result):
        note += (
            ": it was trained on other text, or on a kind that is left out; shares are of the rest"
        )
    return note


def _script(token: bytes) -> str:
    """Name the script of a token."""
    codes = np.frombuffer(token.decode(errors="ignore").encode("utf-32-le"), np.uint32)
    if not len(codes):
        return "parts of characters"
    script = run_scripts(codes, np.zeros(1, np.int64))[0]
    return "no letters" if script == COMMON else NAMES[script]


def _badly(result: Inference, budget: Budget) -> Iterator[str]:
    """Say what is still certain if the text is unlike the training text."""
    times = result.solution.objective / result.noise if result.noise else np.inf
    like = ", ".join(result.names[i] for i in _unexplained_like(result))
    yield (
        f"the objective is {times:.1f} times sampling noise, where text of the same kinds has at "
        f"most {UNEXPLAINED:g}: the text is other than what was trained on, or a kind is left out, "
        f"whose share is then with what is like it, most of all {like}"
    )
    doubts = result.doubts(budget)
    asked = np.flatnonzero(~np.isnan(doubts.ranges).any(axis=1))
    if len(asked):
        spans = (
            f"{result.names[i]} {100 * doubts.ranges[i, 0]:.0f} to {_percent(doubts.ranges[i, 1])}"
            for i in asked[np.argsort(-result.shares[asked], kind="stable")]
        )
        yield (
            f"the first {doubts.steps:,} merges leave open: {', '.join(spans)} (where the "
            f"objective is within {_percent(SLACK)} of its optimum; it may be less, never more)"
        )
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
    found = frame[frame["corpus"] == "all"].set_index("measure")["value"]
    others = ", ".join(f"{name} {value:.2f}" for name, value in found.iloc[1:].items())
    return f"log10 MSE of shares: {found.iloc[0]:.2f} ({others}); lower is nearer"
