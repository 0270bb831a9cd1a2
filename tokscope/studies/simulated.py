"""How well are mixtures inferred from text like mine? Tokenizers with known mixtures tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tokenizers
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, exists
from tokscope.measures.uncertainty import intervals_of
from tokscope.mixture.baselines import token_classification
from tokscope.mixture.count import Counts, count, texts_of
from tokscope.mixture.evidence import evidence
from tokscope.mixture.solve import solve
from tokscope.mixture.uncertainty import bootstrapped, half_widths
from tokscope.reading import opened
from tokscope.report import Report
from tokscope.studies.counted import require_resamples, versions
from tokscope.studies.mixture import MOST, log_error
from tokscope.text.corpus import Corpus, Units, has_fields, read, require_again
from tokscope.tokenizers.bpe import byte_alphabet, from_alphabet
from tokscope.tokenizers.cutting import Cutter, classes_of_library
from tokscope.tokenizers.merges import Merges, listed
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.tokenizers.tiktoken import PATTERNS
from tokscope.workers import HERE, Workers
from tokscope.writing import write

BYTES = 256  # tokens before the first merge
METHODS = ("inferred", "token classification", "uniform", "random")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setup:
    """What a trial is; a file of trials holds those of one setup."""

    corpora: str  # a hash of their names and text
    size: int  # corpora in a mixture
    vocabulary: int
    bytes: int  # of training text
    merges: int | None  # used to infer; None for as many as the text supports
    gap: float
    bootstrap: int
    seed: int


def halves(units: Units, seed: int, *, trained: bool) -> Units:
    """Return the units of one half: each falls to a side by a hash of where it stands."""
    hashed = (units.offsets.astype(np.uint64) + np.uint64(seed + 1)) * np.uint64(0x9E3779B97F4A7C15)
    hashed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    side = (hashed >> np.uint64(63)) == np.uint64(trained)
    texts = [text for text, here in zip(units.texts, side.tolist(), strict=True) if here]
    return replace(units, texts=texts, offsets=units.offsets[side])


def half(corpus: Corpus, seed: int) -> Iterator[str]:
    """Yield the texts of a corpus that are trained on."""
    for shard in corpus.shards:
        for units in read(shard):
            yield from texts_of(halves(units, seed, trained=True), not has_fields(shard))


def mixed(corpora: Sequence[Corpus], shares: Floats, size: int, seed: int) -> Iterator[str]:
    """Yield training text in given shares of bytes; short corpora are read again from the start."""
    for corpus, share in zip(corpora, shares.tolist(), strict=True):
        wanted = round(share * size)
        read_: list[str] = []
        for text in half(corpus, seed):
            if wanted <= 0:
                break
            read_.append(text)
            wanted -= len(text.encode())
        if wanted > 0 and not read_:
            raise TokscopeError(f"corpus '{corpus.name}' has too little text to be halved")
        yield from read_
        for text in cycle(read_):
            if wanted <= 0:
                break
            yield text
            wanted -= len(text.encode())


def trained_merges(texts: Iterator[str], vocabulary: int) -> Merges:
    """Train byte-level BPE with the library's own trainer."""
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(texts, trainer)
    table = byte_alphabet()
    pairs = json.loads(model.to_str())["model"]["merges"]
    return listed(
        [(from_alphabet(left, table), from_alphabet(right, table)) for left, right in pairs],
        bytewise=True,
    )


def _trial(number: int, setup: Setup, corpora: Sequence[Corpus], counts: Counts) -> dict[str, Any]:
    """Draw a mixture, train on it, and infer it."""
    random = np.random.default_rng([setup.seed, number])
    chosen = np.sort(random.choice(len(corpora), setup.size, replace=False))
    truth, guess = random.dirichlet(np.ones(setup.size), 2)
    names = [corpora[i].name for i in chosen]
    text = mixed([corpora[i] for i in chosen], truth, setup.bytes, setup.seed)
    merges = trained_merges(text, setup.vocabulary)
    found = evidence(counts.subset(names), merges, len(merges))
    steps = min(setup.merges or min(found.supported(), MOST), len(merges))
    program = found.program.head(steps)
    solution = solve(program, gap=setup.gap)
    shares = found.bytes_of(solution.shares)
    matrix = found.counts.matrix()
    classified = token_classification(
        merges.tokens[:steps], counts.pretokens, matrix, found.counts.bytes()
    )
    guesses = (shares, classified, np.full(setup.size, 1 / setup.size), guess)
    held = None
    if setup.bootstrap:
        drawn = np.concatenate(
            list(bootstrapped(found, program, solution, setup.bootstrap, number))
        )
        held = int(np.sum(np.abs(truth - shares) <= half_widths(drawn - shares)))
    return {
        "trial": number,
        "corpora": names,
        "truth": truth.tolist(),
        "inferred": shares.tolist(),
        "merges": steps,
        "objective": solution.objective,
        "gap": solution.gap,
        "held": held,
        "scores": dict(zip(METHODS, [log_error(g, truth) for g in guesses], strict=True)),
    }


def finished(state: Path | None, setup: Setup) -> dict[int, dict[str, Any]]:
    """Read the trials of a file; a new file begins with its setup."""
    if state is None:
        return {}
    header = {"setup": asdict(setup)}
    if not exists(state):
        return {}
    try:
        with opened(state) as stream:
            first, *lines = stream.read().splitlines()
        trials = [json.loads(line) for line in lines]
        same = json.loads(first) == header
        found = {trial["trial"]: trial for trial in trials}
    except OSError as error:
        raise TokscopeError(f"--state {state}: cannot be used ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(f"--state {state}: no file of trials, or cut off; remove it") from error
    if not same:
        raise TokscopeError(
            f"--state {state}: holds trials of another setup or text; name another file"
        )
    return found


def _keep(state: Path | None, setup: Setup, trials: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the file of trials, if there is one: a line for the setup, and one a trial."""
    if state is not None:
        lines = [{"setup": asdict(setup)}, *trials.values()]
        write(state, "".join(f"{json.dumps(line)}\n" for line in lines).encode())


def simulate_mixture(
    corpora: Sequence[Corpus],
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
    """Train tokenizers on known mixtures of one half of the text, and infer those from the other.

    Args:
        corpora: the text.
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
    size = len(corpora) if size is None else size
    require_resamples(seed, bootstrap=bootstrap)
    _require_sense(len(corpora), trials, size, vocabulary)
    require_again(corpora, "simulate-mixture reads text a second time")
    keep = partial(halves, seed=seed, trained=False)
    counts = count(corpora, gpt2_pipeline(), keep=keep, workers=workers, source=gpt2_pipeline)
    setup = Setup(counts.digest[:12], size, vocabulary, bytes_, merges, gap, bootstrap, seed)
    done = finished(state, setup)
    _keep(state, setup, done)
    advance(len(done))
    calls = [(number, setup, corpora, counts) for number in range(trials) if number not in done]
    worth = workers.are_worth(bytes_ * len(calls))
    for trial in (workers if worth else HERE).map(_trial, calls):
        done[trial["trial"]] = trial
        _keep(state, setup, done)
        advance(1)
    return _report([done[number] for number in range(trials)], setup, counts)


def gpt2_pipeline() -> Pipeline:
    """Return GPT-2's way of cutting, which is that of the tokenizers trained here."""
    return Pipeline(Cutter(PATTERNS["gpt2"], classes_of_library), listed([], bytewise=True))


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
    signature = "|".join((versions(), *(f"{k}:{v}" for k, v in asdict(setup).items())))
    return Report("simulate-mixture", "Mixtures inferred", frame, tuple(notes), signature)
