"""How many tokens a text has after every number of merges, in one replay of its pre-tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.growth.base import Base
from tokscope.growth.count import GROUPS, Counted
from tokscope.measures.uncertainty import interval, resample
from tokscope.mixture.replay import Rules, Words

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """The tokens of a text after the first k of T merges, in G groups of its units."""

    tokens: Ints  # (T + 1, G)
    pretokens: Ints  # (G,) which no number of merges inside them can pass
    words: Ints  # (G,) words and runs of signs, whatever the pre-tokens are

    @property
    def totals(self) -> Ints:
        """The tokens after each number of merges; shape (T + 1,)."""
        return np.asarray(self.tokens.sum(axis=1))

    def saving(self, tokens: int) -> float:
        """Return the share of the first tokens that is saved; NaN for no text."""
        first = int(self.totals[0])
        return 1 - tokens / first if first else np.nan

    def intervals(self, steps: Sequence[int], draws: int, seed: int) -> list[tuple[float, float]]:
        """Return an interval of the saving after each of some numbers of merges.

        Groups of units are drawn again; all numbers of merges get the same ones. One group alone
        tells nothing: NaN.
        """
        rows = self.tokens[[0, *steps]].T
        rows = rows[rows[:, 0] > 0]
        if len(rows) < 2:
            return [(np.nan, np.nan)] * len(steps)
        sums = resample(rows, draws, [seed])
        return [interval(1 - sums[:, i] / sums[:, 0]) for i in range(1, len(steps) + 1)]


def curve_of(base: Base, counted: Counted, rules: Rules) -> Curve:
    """Return the curve of what was held out."""
    tokens, pretokens = _tokens(base, counted.held, rules)
    return Curve(tokens, pretokens, counted.words)


def tokens_after(words: Words, counts: Ints, gone: Ints) -> Ints:
    """Return the tokens of counted words after each number of merges; shape (T + 1,).

    `gone` says how many tokens each merge saves.
    """
    first = int(np.diff(words.ends, prepend=0) @ counts)
    return first - np.append(0, np.cumsum(gone))


def _tokens(base: Base, counts: Mapping[int, Counter[str]], rules: Rules) -> tuple[Ints, Ints]:
    """Return tokens after each number of merges, and pre-tokens, of groups of counts."""
    places: dict[str, int] = {}
    rows = [places.setdefault(word, len(places)) for own in counts.values() for word in own]
    columns = np.repeat([*counts], [len(own) for own in counts.values()])
    values = [count for own in counts.values() for count in own.values()]
    entries = (values, (rows, columns.astype(np.int64)))
    matrix = csr_array(entries, shape=(len(places), GROUPS), dtype=np.int64)
    words = base.words(list(places))
    first = np.diff(words.ends, prepend=0) @ matrix
    gone = (base.saved(list(places), words, rules) @ matrix).toarray()
    tokens = np.concatenate((first[None], first - np.cumsum(gone, axis=0)))
    return tokens, np.asarray(matrix.sum(axis=0))


def worth(totals: Ints, share: float, each: int) -> int:
    """Return the number of merges from which on `each` more save less than a share of all tokens.

    A multiple of 100, or all merges if the last `each` save that much still.
    """
    last = len(totals) - 1
    for k in range(0, last, 100):
        more = min(k + each, last)
        if totals[k] - totals[more] < share * totals[0] * (more - k) / each:
            return k
    return last
