"""Byte-pair encoding as the book says it, slow and obvious: what the tests hold ours against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from tokscope.mixture.replay import Rules, Words

Word = tuple[int, ...]


def merged(word: Word, pair: tuple[int, int], symbol: int) -> Word:
    """Merge a pair in a word from left to right."""
    out: list[int] = []
    for item in word:
        if out and (out[-1], item) == pair and out[-1] != -1:
            out[-1] = symbol
            continue
        out.append(item)
    return tuple(out)


def windows(words: Mapping[Word, int]) -> Counter[tuple[int, int]]:
    """Count every window of two symbols."""
    found: Counter[tuple[int, int]] = Counter()
    for word, count in words.items():
        for pair in pairwise(word):
            found[pair] += count
    return found


def histories(words: Sequence[Word], rules: Rules) -> list[list[Word]]:
    """Return what all words are before each merge, and after the last."""
    states = [list(words)]
    for step, pair in enumerate(zip(rules.left.tolist(), rules.right.tolist(), strict=True)):
        done = min(pair) < 0
        states.append([w if done else merged(w, pair, rules.alphabet + step) for w in states[-1]])
    return states


def trained(words: Sequence[Word], counts: Sequence[float], alphabet: int, steps: int) -> Rules:
    """Learn merges: the most frequent pair, the smallest of equals."""
    now = list(words)
    pairs: list[tuple[int, int]] = []
    for step in range(steps):
        found: dict[tuple[int, int], float] = {}
        for word, count in zip(now, counts, strict=True):
            for pair in pairwise(word):
                found[pair] = found.get(pair, 0) + count
        if not found:
            break
        best = min(found, key=lambda pair: (-found[pair], pair))
        pairs.append(best)
        now = [merged(word, best, alphabet + step) for word in now]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    return Rules(alphabet, left, right)


def words_of(words: Sequence[Word]) -> Words:
    """Write words as one array."""
    symbols = np.array([symbol for word in words for symbol in word], np.int32)
    return Words(symbols, np.cumsum([len(word) for word in words]))


ALPHABETS = {"a": "abcdefgh", "b": "abcdefgh", "c": "abcdefgh", "x": "αβγδεζηθ"}


@cache
def language(name: str, seed: int, size: int) -> str:
    """Return text of an invented language: words of its own letters, as frequent as Zipf says."""
    random = np.random.default_rng([*name.encode()])
    letters = random.dirichlet(np.full(8, 0.6), 8)  # how often a letter follows another
    words = []
    for _ in range(400):
        word = [int(random.integers(8))]
        while len(word) < 8 and random.random() > 0.2:
            word.append(int(random.choice(8, p=letters[word[-1]])))
        words.append("".join(ALPHABETS[name][letter] for letter in word))
    weights = 1 / np.arange(1, 401)
    drawn = np.random.default_rng(seed).choice(words, size, p=weights / weights.sum()).tolist()
    return "".join(f"{' '.join(drawn[i : i + 10])}\n" for i in range(0, size, 10))


WORDS = st.lists(
    st.lists(st.integers(0, 2), min_size=1, max_size=9).map(tuple),
    min_size=1,
    max_size=8,
    unique=True,
)
