"""The guess by efficiency: text of which a tokenizer saw much becomes few tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words, lengths
from tokscope.mixture.training import trained
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
TRIALS = 8  # known mixtures that the line is fitted to
# Symbols of each corpus that are used. Half as many, and all of ten corpora of 2 MB, gave the same
# error for eight known mixtures: log10 MSE -2.27, where a uniform guess has -2.11.
_MOST = 1_000_000


def token_efficiency(
    words: Words,
    counts: Floats,
    sizes: Floats,
    rules: Rules,
    *,
    seed: int,
    trials: int = TRIALS,
    workers: Workers = HERE,
) -> Floats:
    """Return shares of bytes by how few tokens a tokenizer makes of each corpus; shape (n,).

    The baseline TEE of Hayase et al. 2024, section 4.2. Efficiency is bytes per token, divided by
    that of a reference trained on the corpus alone: so it is tokens of the reference per token of
    the tokenizer. The log of a share is taken for a line in the log of efficiency, and what the
    line says is normalised. The line is fitted to tokenizers trained on known mixtures. The paper
    does not say which; here they are mixtures of the same words, drawn uniformly from the simplex.
    All are trained for as many merges as the tokenizer does, on as many bytes as a corpus has on
    average. Of a long corpus only a sample of about a million symbols is used.

    Args:
        words: W of them.
        counts: (W, n) how often each word occurs in each corpus; every corpus holds one.
        sizes: (n,) bytes of text.
        rules: the merges of the tokenizer.
        seed: of the sample, the known mixtures, and how their counts are rounded.
        trials: how many known mixtures.
        workers: who trains; the result is the same.
    """
    random = np.random.default_rng([seed, 2])
    text = _sample(_Text(words, counts, sizes), random)
    known = random.dirichlet(np.ones(len(sizes)), trials)
    parts = [(text.alone(corpus), np.ones(1)) for corpus in range(len(sizes))]
    parts += [(text, shares) for shares in known]
    size = float(text.sizes.mean())
    states = np.random.SeedSequence([seed, 3]).spawn(len(parts))
    calls = [(*part, size, rules, state) for part, state in zip(parts, states, strict=True)]
    tokens = list(workers.map(_tokens, calls))
    reference = np.concatenate(tokens[: len(sizes)])
    others = np.reshape(tokens[len(sizes) :], known.shape)
    return shares_on_line(reference / text.tokens(rules), reference / others, known)


def shares_on_line(efficiency: Floats, trials: Floats, known: Floats) -> Floats:
    """Return shares of n corpora by a line in logs that is fitted to K trials; shape (n,).

    Least squares of the log of known shares (K, n) on the log of efficiency in trials (K, n). Where
    no trial differs from another, nothing is known, and the guess is uniform.
    """
    at = np.log(trials) - np.log(trials).mean()
    spread = float((at**2).sum())
    slope = (at * np.log(known)).sum() / spread if spread else 0.0
    logs = slope * np.log(efficiency)  # the intercept is lost when shares are normalised
    found = np.exp(logs - logs.max())
    return np.asarray(found / found.sum())


@dataclass(frozen=True)
class _Text:
    """W words of n corpora, how often they occur there, and bytes of text."""

    words: Words
    counts: Floats  # (W, n)
    sizes: Floats  # (n,)

    def alone(self, corpus: int) -> _Text:
        """Return one corpus, with its own words."""
        return _held(self.words, self.counts[:, [corpus]], self.sizes[[corpus]])

    def tokens(self, rules: Rules) -> Floats:
        """Return how many tokens each corpus becomes; shape (n,)."""
        return np.asarray(lengths(self.words, rules) @ self.counts)


def _held(words: Words, counts: Floats, sizes: Floats) -> _Text:
    """Leave out words that occur nowhere."""
    held = np.any(counts, axis=1)
    return _Text(words.taken(held), counts[held], sizes)


def _sample(text: _Text, random: np.random.Generator) -> _Text:
    """Keep of each corpus at most so many symbols, in expectation."""
    symbols = np.diff(text.words.ends, prepend=0) @ text.counts
    parts = np.minimum(1, _MOST / symbols)
    return _held(text.words, _rounded(text.counts * parts, random), text.sizes * parts)


def _rounded(counts: Floats, random: np.random.Generator) -> Floats:
    """Round at random, so that the expected counts stay."""
    return np.floor(counts + random.random(counts.shape))


def _tokens(
    text: _Text, shares: Floats, size: float, rules: Rules, state: np.random.SeedSequence
) -> Floats:
    """Train as many merges on so many bytes of a mixture; return the tokens of each corpus."""
    expected = text.counts @ (shares * size / text.sizes)
    drawn = _rounded(expected, np.random.default_rng(state)).astype(np.int64)
    seen = drawn > 0
    steps = int(np.count_nonzero(rules.keys >= 0))
    return text.tokens(trained(text.words.taken(seen), drawn[seen], rules.alphabet, steps))
