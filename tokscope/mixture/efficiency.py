"""The guess by efficiency: a tokenizer needs fewer tokens for text like its training text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words, lengths
from tokscope.mixture.training import trained
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
TRIALS = 8  # known mixtures to which the line is fitted
# Symbols used of each corpus. Half as many, or all symbols of ten corpora of 2 MB, gave the same
# error on eight known mixtures: log10 MSE -2.27, where the uniform guess has -2.11.
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
    """Guess shares of bytes from how few tokens the tokenizer makes of each corpus; shape (n,).

    The baseline TEE of Hayase et al. 2024, section 4.2. Efficiency is bytes per token, divided by
    that of a reference tokenizer trained on the corpus alone. So it is the number of tokens of the
    reference per token of the tokenizer. The log of a share is modelled as a line in the log of
    efficiency; shares are then scaled to sum to 1. The line is fitted to tokenizers trained on
    known mixtures. The paper does not say which mixtures; here they mix the same words in shares
    drawn uniformly from the simplex. Each training makes as many merges as the tokenizer has, on as
    many bytes as a corpus has on average. A long corpus is sampled: about a million symbols.

    Args:
        words: the W words.
        counts: (W, n) how often each word occurs in each corpus; every corpus has a word.
        sizes: (n,) bytes of text of each corpus.
        rules: the merges of the tokenizer.
        seed: for the sample, the known mixtures, and the rounding of counts.
        trials: how many known mixtures to train on.
        workers: the processes that train; the result does not depend on them.
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
    """Return shares of n corpora from a line in logs, fitted to K trials; shape (n,).

    Least squares of the log of known shares (K, n) on the log of efficiency in trials (K, n). If
    all trials are equal, nothing can be fitted, and the guess is uniform.
    """
    at = np.log(trials) - np.log(trials).mean()
    spread = float((at**2).sum())
    slope = (at * np.log(known)).sum() / spread if spread else 0.0
    logs = slope * np.log(efficiency)  # scaling to a sum of 1 removes the intercept
    shares = np.exp(logs - logs.max())
    return np.asarray(shares / shares.sum())


@dataclass(frozen=True)
class _Text:
    """W words, their counts in n corpora, and the bytes of text of each corpus."""

    words: Words
    counts: Floats  # (W, n)
    sizes: Floats  # (n,)

    def alone(self, corpus: int) -> _Text:
        """Return one corpus with only its own words."""
        return _held(self.words, self.counts[:, [corpus]], self.sizes[[corpus]])

    def tokens(self, rules: Rules) -> Floats:
        """Return the number of tokens of each corpus; shape (n,)."""
        return np.asarray(lengths(self.words, rules) @ self.counts)


def _held(words: Words, counts: Floats, sizes: Floats) -> _Text:
    """Return the text without words that occur nowhere."""
    held = np.any(counts, axis=1)
    return _Text(words.taken(held), counts[held], sizes)


def _sample(text: _Text, random: np.random.Generator) -> _Text:
    """Sample each long corpus down to the expected number of symbols."""
    symbols = np.diff(text.words.ends, prepend=0) @ text.counts
    parts = np.minimum(1, _MOST / symbols)
    return _held(text.words, _rounded(text.counts * parts, random), text.sizes * parts)


def _rounded(counts: Floats, random: np.random.Generator) -> Floats:
    """Round at random and keep the expected counts."""
    return np.floor(counts + random.random(counts.shape))


def _tokens(
    text: _Text, shares: Floats, size: float, rules: Rules, state: np.random.SeedSequence
) -> Floats:
    """Train on `size` bytes of a mixture, and return the number of tokens of each corpus."""
    expected = text.counts @ (shares * size / text.sizes)
    drawn = _rounded(expected, np.random.default_rng(state)).astype(np.int64)
    seen = drawn > 0
    steps = int(np.count_nonzero(rules.keys >= 0))
    return text.tokens(trained(text.words.taken(seen), drawn[seen], rules.alphabet, steps))
