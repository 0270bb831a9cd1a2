"""Tokenizers trained on known mixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from tokscope.errors import TokscopeError, exists
from tokscope.mixture.baselines import token_classification
from tokscope.mixture.count import Counts, texts_of
from tokscope.mixture.diagnostics import log_error
from tokscope.mixture.evidence import evidence
from tokscope.mixture.program import Floats
from tokscope.mixture.solve import solve
from tokscope.mixture.subject import MOST
from tokscope.mixture.uncertainty import bootstrapped, half_widths
from tokscope.reading import steady
from tokscope.text.corpus import Corpus, Units, has_fields, read
from tokscope.tokenizers.bpe import from_alphabet
from tokscope.tokenizers.cutting import Cutter, classes_of_library
from tokscope.tokenizers.library import pre_tokenizers, train_merges
from tokscope.tokenizers.merges import Merges, listed
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.writing import write

BYTES = 256  # tokens before the first merge
METHODS = ("inferred", "token classification", "uniform", "random")


@dataclass(frozen=True)
class Setup:
    """The settings of trials; a file of trials belongs to one setup."""

    corpora: str  # a hash of names and text
    size: int  # corpora in a mixture
    vocabulary: int
    bytes: int  # of training text
    merges: int | None  # to infer from; None for as many as the text supports
    gap: float
    bootstrap: int
    seed: int


def halves(units: Units, seed: int, *, trained: bool) -> Units:
    """Return the units of one half; a hash of its position decides the half of a unit."""
    hashed = (units.offsets.astype(np.uint64) + np.uint64(seed + 1)) * np.uint64(0x9E3779B97F4A7C15)
    hashed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    side = (hashed >> np.uint64(63)) == np.uint64(trained)
    texts = [text for text, here in zip(units.texts, side.tolist(), strict=True) if here]
    return replace(units, texts=texts, offsets=units.offsets[side])


def half(corpus: Corpus, seed: int) -> Iterator[str]:
    """Yield the texts of the half of a corpus that is for training."""
    for shard in corpus.shards:
        for units in read(shard):
            yield from texts_of(halves(units, seed, trained=True), not has_fields(shard))


def mixed(corpora: Sequence[Corpus], shares: Floats, size: int, seed: int) -> Iterator[str]:
    """Yield training text in given shares of bytes; short corpora repeat."""
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
    """Train byte-level BPE with the trainer of the tokenizers library."""
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs = train_merges(texts, cut, vocabulary, cut.alphabet())
    return listed(
        [(from_alphabet(left), from_alphabet(right)) for left, right in pairs],
        bytewise=True,
    )


def run_trial(
    number: int, setup: Setup, corpora: Sequence[Corpus], counts: Counts
) -> dict[str, Any]:
    """Draw a mixture, train a tokenizer on it, and infer the mixture."""
    random = np.random.default_rng([setup.seed, number])
    chosen = np.sort(random.choice(len(corpora), setup.size, replace=False))
    truth, guess = random.dirichlet(np.ones(setup.size), 2)
    names = [corpora[i].name for i in chosen]
    text = mixed([corpora[i] for i in chosen], truth, setup.bytes, setup.seed)
    merges = trained_merges(text, setup.vocabulary)
    replayed = evidence(counts.subset(names), merges, len(merges))
    steps = min(setup.merges or min(replayed.supported(), MOST), len(merges))
    program = replayed.linear_program().head(steps)
    solution = solve(program, gap=setup.gap)
    shares = replayed.bytes_of(solution.shares)
    matrix = replayed.counts.matrix()
    classified = token_classification(
        merges.tokens[:steps], counts.pretokens, matrix, replayed.counts.bytes()
    )
    guesses = (shares, classified, np.full(setup.size, 1 / setup.size), guess)
    held = None
    if setup.bootstrap:
        drawn = np.concatenate(
            list(bootstrapped(replayed, program, solution, setup.bootstrap, number))
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
    """Read the trials in a file, if there is one; they must have the same setup."""
    if state is None:
        return {}
    header = {"setup": asdict(setup)}
    if not exists(state):
        return {}
    try:
        with steady(state, remember=False) as stream:
            first, *lines = stream.read().splitlines()
        trials = [json.loads(line) for line in lines]
        same = json.loads(first) == header
        done = {trial["trial"]: trial for trial in trials}
    except OSError as error:
        raise TokscopeError(f"--state {state}: cannot be used ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(f"--state {state}: no file of trials, or cut off; remove it") from error
    if not same:
        raise TokscopeError(
            f"--state {state}: holds trials of another setup or text; name another file"
        )
    return done


def write_trials(state: Path | None, setup: Setup, trials: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the file of trials, if one is wanted: a line for the setup, then one for each trial."""
    if state is not None:
        lines = [{"setup": asdict(setup)}, *trials.values()]
        write(state, "".join(f"{json.dumps(line)}\n" for line in lines).encode())


def gpt2_pipeline() -> Pipeline:
    """Return the pipeline of GPT-2, which the tokenizers trained here share."""
    return Pipeline(Cutter(PATTERNS["gpt2"], classes_of_library), listed([], bytewise=True))
