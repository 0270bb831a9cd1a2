"""What was this tokenizer trained on?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose
from tokscope.mixture.baselines import token_classification
from tokscope.mixture.count import Counts, count
from tokscope.mixture.diagnostics import distances, sampling_noise
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.program import Program, Solution, solve
from tokscope.mixture.saved import packed, unpacked
from tokscope.mixture.uncertainty import bootstrapped, ranges_near, refits
from tokscope.report import Report
from tokscope.studies.counted import loaded, require_own_names, require_resamples, versions
from tokscope.studies.show import spelled
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.text.scripts import COMMON, NAMES, run_scripts
from tokscope.tokenizers import Tokenizer, load, parse
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.pipeline import Pipeline, pipeline_of
from tokscope.tokenizers.sample import FOLDER
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
# Merges that are used unless more are asked for. In controlled trials (see the README) 3,000 and
# 10,000 merges gave the same error, and the second took ten times as long to solve.
MOST = 5_000
_SLACK = 0.01  # what --ranges allows above the optimum
_LISTED = 3  # violations that a note names
_MISSING = 0.005  # of the merges, above which a corpus seems to be left out
_UNEXPLAINED = 1.5  # times sampling noise, above which one does
_ALIKE = 1.5  # times sampling noise, below which two corpora cannot be told apart
_NOTHING = 1e-12  # below which an excuse is the solver's rounding
_ALONE = "a mixture needs two corpora or more; one alone is always all of it"


def log_error(shares: Floats, truth: Floats) -> float:
    """Return the log10 of the mean squared error of shares (Hayase et al. 2024, section 4).

    >>> round(log_error(np.array([0.6, 0.4]), np.array([0.5, 0.5])), 9)
    -2.0
    """
    error = float(np.mean((shares - truth) ** 2))
    return float(np.log10(error)) if error else -np.inf


def infer_mixture(
    word: str,
    corpora: Sequence[Corpus] | None = None,
    *,
    merges: int | None = None,
    from_merge: int = 0,
    tolerance: float = 0.0,
    bootstrap: int = 0,
    refit: int = 0,
    ranges: bool = False,
    seed: int = 0,
    only: Sequence[str] = (),
    truth: Mapping[str, float] | None = None,
    counts: Path | None = None,
    save: Callable[[bytes], None] | None = None,
    workers: Workers = HERE,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Infer the share of each corpus in what a tokenizer was trained on.

    Args:
        word: the tokenizer, as `[LABEL=]SPEC`.
        corpora: text of the kinds it may have been trained on; None for the embedded sample.
        merges: how many of its merges are used; None for as many as the text supports.
        from_merge: earlier merges are applied, but not explained.
        tolerance: stop when a round moves no share of pairs by more; 0 solves exactly.
        bootstrap: resamples of the text, for intervals.
        refit: tokenizers to train on the inferred mixture, for intervals that cover more.
        ranges: whether to find how far shares can move at little cost.
        seed: of resamples.
        only: the corpora to use; all if empty.
        truth: known shares of bytes, to score the result against.
        counts: a file of counts, in place of corpora.
        save: is given counts and replayed merges, as such a file.
        workers: who counts and resamples, from `tokscope.workers`; the result is the same.
        tell: is told in words how far the solution is.

    Columns: corpus, measure (bytes: the inferred share of bytes; pairs: of pairs before the first
    merge; uniform, token classification: two guesses; truth, if known), value, low, high, unit,
    better. Where the truth is known, corpus "all" scores the measures.

    Raises:
        TokscopeError: the tokenizer has no merges, a text cannot be used, or what is asked makes no
            sense for them.
    """
    require_resamples(seed, bootstrap=bootstrap, refit=refit)
    if bootstrap and refit:
        raise TokscopeError("--refit resamples the text too; leave --bootstrap away")
    tokenizer = load(word)
    pipeline = pipeline_of(tokenizer)
    _require_sense(len(pipeline.merges), merges, from_merge, tolerance)
    if counts:
        found = unpacked(
            counts, pipeline.merges, tokenizer.fingerprint, steps=merges, first=from_merge
        )
    else:
        steps = merges or min(len(pipeline.merges), from_merge + MOST)
        source = _Source(word, tokenizer.fingerprint)
        counts_ = _counted(pipeline, corpora, source, workers)
        found = evidence(counts_, pipeline.merges, steps, first=from_merge)
    if save:
        save(packed(found, tokenizer.fingerprint))
    found = _chosen(found, only)
    known = _aligned(truth or _known(word, corpora, counts), found.counts.names)
    program, why = _program(found, merges, from_merge)
    solution = solve(
        program,
        tolerance=tolerance,
        advance=lambda gap: tell(f"solving: at most {min(gap, 9.99):.1%} off"),
    )
    result = Inference(tokenizer.name, pipeline.merges, found, program, solution)
    spread = _spread(result, bootstrap, refit, seed, workers)
    limits = ranges_near(found, program, solution, _SLACK) if ranges else None
    frame = _frame(result, spread, limits, known)
    notes = [_summary(result, why), *_warnings(result), *_unexplained(result), *spread.notes]
    notes += [_RANGES] if ranges else []
    title = f"What {tokenizer.name} was trained on: inferred shares"
    signature = _signature(tokenizer, result, from_merge, tolerance)
    if bootstrap or refit:
        signature += f"|bootstrap:{bootstrap}|refit:{refit}|seed:{seed}"
    return Report("infer-mixture", title, frame, tuple(notes), signature, across="measure")


@dataclass(frozen=True)
class Inference:
    """What was inferred about a tokenizer, and from what."""

    name: str
    merges: Merges
    evidence: Evidence
    program: Program  # of the merges used
    solution: Solution

    @property
    def names(self) -> tuple[str, ...]:
        """The corpora."""
        return self.evidence.counts.names

    @property
    def steps(self) -> int:
        """How many merges are used."""
        return len(self.program.merged)

    @property
    def shares(self) -> Floats:
        """Shares of bytes."""
        return self.evidence.bytes_of(self.solution.shares)

    def classified(self) -> Floats:
        """Return the guess by token classification."""
        counts = self.evidence.counts
        tokens = self.merges.plain[: self.steps]
        return token_classification(tokens, counts.pretokens, counts.matrix(), counts.bytes())


@dataclass(frozen=True)
class _Spread:
    """Ends of intervals, and what they are of."""

    low: Floats  # (n,)
    high: Floats
    notes: tuple[str, ...] = ()


def _require_sense(known: int, merges: int | None, first: int, tolerance: float) -> None:
    """Refuse numbers that ask for nothing, or for more than there is."""
    if merges is not None and not 0 < merges <= known:
        raise TokscopeError(
            f"--merges {merges}: the tokenizer has {known:,}; use from 1 to {known}"
        )
    last = known if merges is None else merges
    if not 0 <= first < last:
        raise TokscopeError(f"--from-merge {first}: merges before it, of {last}, make no rows")
    if not 0 <= tolerance < 1:
        raise TokscopeError(f"--tolerance {tolerance:g}: a share is from 0 to 1; try 0.0001")


@dataclass(frozen=True)
class _Source:
    """What makes the pipeline of a tokenizer in a worker."""

    word: str
    fingerprint: str

    def __call__(self) -> Pipeline:
        return pipeline_of(loaded(self.word, self.fingerprint))


def _counted(
    pipeline: Pipeline, corpora: Sequence[Corpus] | None, source: _Source, workers: Workers
) -> Counts:
    if corpora is None:
        corpora = read_corpora(["sample:prose", "sample:code"])
    require_own_names(corpora)
    if len(corpora) < 2:
        raise TokscopeError(_ALONE)
    return count(corpora, pipeline, workers=workers, source=source)


def _chosen(found: Evidence, only: Sequence[str]) -> Evidence:
    """Keep the corpora that were named."""
    table = {name: name for name in found.counts.names}
    names = list(dict.fromkeys(choose(table, name, "corpus") for name in only)) or list(table)
    if len(names) < 2:
        raise TokscopeError(_ALONE)
    return found.subset(names)


def _known(
    word: str, corpora: Sequence[Corpus] | None, counts: Path | None
) -> Mapping[str, float] | None:
    """Return the shares of the embedded tokenizer in the embedded sample."""
    spec = parse(word)
    if corpora is None and counts is None and (spec.kind, spec.place) == ("sample", "bpe"):
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


def _program(found: Evidence, merges: int | None, first: int) -> tuple[Program, str]:
    """Return the program of the merges to use, and why it is so many."""
    most, supported = len(found.replay.rules), found.supported()
    if merges is not None:
        why = "as asked"
        if merges > supported:
            why += f"; the text supports about {supported:,}, and later ones add noise"
        return found.program.head(merges), why
    if supported < most:
        why = "as many as the text supports: later ones are rare in it; more text, or --merges"
    elif most == first + MOST:
        why = "which settle shares as a rule; more with --merges"
    else:
        why = "all that were replayed"
    return found.program.head(supported), why


def _spread(result: Inference, bootstrap: int, refit: int, seed: int, workers: Workers) -> _Spread:
    """Return intervals, from what was asked for."""
    undefined = np.full(len(result.names), np.nan)
    if refit:
        return _refitted(result, refit, seed, workers)
    if not bootstrap:
        return _Spread(undefined, undefined)
    drawn = (result.evidence, result.program, result.solution.rows)
    found = bootstrapped(*drawn, bootstrap, seed, workers=workers)
    low, high = np.quantile(found, (0.025, 0.975), axis=0)
    note = (
        f"95 % intervals from {bootstrap} resamples of blocks of the text, seed {seed}; they leave "
        "out the noise of the text that the tokenizer was trained on, so they are too narrow: "
        "--refit has it"
    )
    return _Spread(low, high, (note,))


def _refitted(result: Inference, count: int, seed: int, workers: Workers) -> _Spread:
    """Return intervals from how far inferred shares fall from those that were trained on."""
    again = list(
        refits(result.evidence, result.program, result.shares, count, seed, workers=workers)
    )
    errors = np.array([one.shares for one in again]) - result.shares
    low, high = np.quantile(errors, (0.025, 0.975), axis=0)
    bias = errors.mean(axis=0)
    worst = int(np.abs(bias).argmax())
    prefix = np.median([one.prefix for one in again])
    likeness = np.mean([one.rank_correlation for one in again])
    notes = (
        f"95 % intervals from {count} tokenizers trained on resampled text in the inferred shares, "
        f"seed {seed}: they cover the text counted and the text trained on, if the latter was as "
        "much, and of the same kinds",
        f"bias: at most {bias[worst]:+.2%} of bytes ({result.names[worst]}), not taken off",
        f"fit: the first {prefix:.0f} merges are the same (median), and the order of the common "
        f"ones has a rank correlation of {likeness:.3f}",
    )
    return _Spread(np.clip(result.shares - high, 0, 1), np.clip(result.shares - low, 0, 1), notes)


_RANGES = (
    f"least, most: how far a share can go while the objective is within {_SLACK:.0%} of its "
    "optimum: what the data do not settle; at most too wide"
)


def _frame(
    result: Inference, spread: _Spread, limits: Floats | None, truth: Floats | None
) -> pd.DataFrame:
    """Return every measure of every corpus, and their scores."""
    n = len(result.names)
    measures = {"bytes": result.shares, "pairs": result.solution.shares}
    if limits is not None:
        measures |= {"least": limits[:, 0], "most": limits[:, 1]}
    guesses = {"uniform": np.full(n, 1 / n), "token classification": result.classified()}
    measures |= guesses
    if truth is not None:
        measures["truth"] = truth
    frame = pd.DataFrame(
        {
            "corpus": np.tile(result.names, len(measures)),
            "measure": np.repeat(list(measures), n),
            "value": np.concatenate(list(measures.values())),
            "low": np.nan,
            "high": np.nan,
            "unit": "share",
            "better": "neither",
        }
    )
    frame.loc[: n - 1, "low"], frame.loc[: n - 1, "high"] = spread.low, spread.high
    if truth is None:
        return frame
    scored = {"bytes": result.shares, **guesses}
    scores = pd.DataFrame(
        {
            "corpus": "all",
            "measure": list(scored),
            "value": [log_error(shares, truth) for shares in scored.values()],
            "low": np.nan,
            "high": np.nan,
            "unit": "log10 MSE",
            "better": "lower",
        }
    )
    return pd.concat([frame, scores], ignore_index=True)


def _summary(result: Inference, why: str) -> str:
    """Say what was solved, and how well."""
    solution = result.solution
    size = result.evidence.counts.bytes().sum() / 1e3
    text = f"{size / 1e3:,.1f} MB" if size >= 1e3 else f"{size:,.1f} kB"
    how = f"exact, {len(solution.rows):,} rows in {solution.sweeps} sweeps"
    if solution.gap:
        how = f"stopped after {solution.sweeps} sweeps; exact, at most {solution.gap:.2g} higher"
    objective = solution.objective if solution.objective > _NOTHING else 0
    return (
        f"from {result.steps:,} of {len(result.merges):,} merges ({why}) and {text} of "
        f"text; objective {objective:.4g} ({how})"
    )


def _warnings(result: Inference) -> list[str]:
    """Say what there is to doubt."""
    found, program = result.evidence, result.program
    pairs, names = found.pairs(), result.names
    notes = []
    left_out = found.counts.left_out
    if left_out.any():
        where = ", ".join(f"{names[i]} {left_out[i]:,}" for i in np.flatnonzero(left_out))
        notes.append(f"bytes in pretokens that are too long or too rare to be held: {where}")
    missing = found.missing(result.steps)
    if len(missing):
        notes.append(
            _missing([result.merges.plain[step] for step in missing], int(np.sum(~program.free)))
        )
    noise = sampling_noise(program, pairs, result.solution.shares)
    if noise and result.solution.objective > _UNEXPLAINED * noise:
        times = result.solution.objective / noise
        notes.append(
            f"the objective is {times:.1f} times what sampling noise leaves: the text is of another"
            " kind than what was trained on, or a corpus is left out that shares a script"
        )
    apart = distances(program, pairs)
    alike = [f"{names[i]} and {names[j]}" for i, j in np.argwhere(np.triu(apart < _ALIKE, 1))]
    if alike:
        more = f" (and {len(alike) - _LISTED} pairs more)" if len(alike) > _LISTED else ""
        notes.append(
            f"can hardly be told apart, for so little text or such likeness: "
            f"{', '.join(alike[:_LISTED])}{more}; --ranges shows how far each share can go"
        )
    return notes


def _missing(tokens: Sequence[bytes], steps: int) -> str:
    """Say which merges no corpus holds."""
    scripts = Counter(map(_script, tokens))
    most = ", ".join(f"{script} {count:,}" for script, count in scripts.most_common(5))
    note = f"{len(tokens):,} merges are in no corpus ({most})"
    if len(tokens) > _MISSING * steps:
        note += ": it was trained on text that is left out here, and shares are of the rest"
    return note


def _script(token: bytes) -> str:
    """Name the script of a token."""
    codes = np.frombuffer(token.decode(errors="ignore").encode("utf-32-le"), np.uint32)
    if not len(codes):
        return "parts of characters"
    script = run_scripts(codes, np.zeros(1, np.int64))[0]
    return "no letters" if script == COMMON else NAMES[script]


def _unexplained(result: Inference) -> list[str]:
    """Name the merges and pairs that had to be excused most."""
    solution, program, names = result.solution, result.program, result.names
    notes = []
    steps = np.argsort(-solution.over)[:_LISTED]
    steps = steps[solution.over[steps] > _NOTHING]
    if len(steps):
        told = (
            f"{_spelled(result.merges.tokens[step])} ({names[program.own[step].argmax()]}, "
            f"{solution.over[step]:.2g})"
            for step in steps.tolist()
        )
        notes.append(f"merged earlier than the text explains: {', '.join(told)}")
    pairs = np.argsort(-solution.under)[:_LISTED]
    pairs = pairs[solution.under[pairs] > _NOTHING]
    if len(pairs):
        told = (_excess(result, pair) for pair in pairs.tolist())
        notes.append(f"more in the text than merges show: {', '.join(told)}")
    return notes


def _spelled(token: bytes) -> str:
    return f"“{spelled(token)}”"


def _excess(result: Inference, pair: int) -> str:
    """Name a pair that the text has too much of, and the corpus that has most of it."""
    program = result.program
    segment = int(np.flatnonzero(program.pair == pair)[0])
    most = result.names[program.values[segment].argmax()]
    token = result.evidence.product(int(program.records[segment]))
    return f"{_spelled(token)} ({most}, {result.solution.under[pair]:.2g})"


def _signature(tokenizer: Tokenizer, result: Inference, first: int, tolerance: float) -> str:
    """Name everything that can change a number."""
    counts = result.evidence.counts
    parts = (
        versions(),
        f"{tokenizer.name}:{tokenizer.fingerprint[:12]}",
        f"corpora:{len(counts.names)}:{counts.digest[:12]}",
        f"merges:{first}-{result.steps}",
        f"tolerance:{tolerance:g}",
    )
    return "|".join(parts)
