"""Every measure by its name; no other place maps names to functions.

Tables, help, documentation and tests use this table. A new measure needs only its function and an
entry here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tokscope.measures import fairness, frequency
from tokscope.measures.ratios import ratio

TYPES = "types"  # how often each id was produced; not a column

Value = Any  # a float, or an array of floats for resamples


class Totals(Protocol):
    """The part of a tally that measures use: sums of columns, as numbers or arrays of resamples."""

    @property
    def types(self) -> NDArray[np.int64]:
        """How often each id was produced."""
        ...

    @property
    def vocabulary(self) -> int:
        """V, the size of the vocabulary."""
        ...

    def total(self, column: str) -> Value:
        """Return the sum of a column."""
        ...


Tallies = Sequence[Totals]


@dataclass(frozen=True)
class Measure:
    """A number about corpora under one tokenizer.

    `over` says what `compute` gets: the tally of one "corpus", of a corpus and then the
    "reference", or of all "corpora". The last two need parallel text. If the value is a share,
    `share` names its two columns, because the interval of a rare event depends on its counts.
    """

    unit: str
    better: Literal["lower", "higher", "nearer 1", "neither"]
    formula: str
    source: str
    columns: frozenset[str]
    compute: Callable[[Tallies], Value]
    over: Literal["corpus", "reference", "corpora"] = "corpus"
    share: tuple[str, str] | None = None


def has_words(tally: Totals) -> Any:
    """Tell whether most letters belong to scripts with spaces between words."""
    return 2 * tally.total("unspaced") <= tally.total("letters")


def _words(tally: Totals) -> Value:
    words = np.where(has_words(tally), tally.total("words"), math.nan)
    return words if words.ndim else float(words)


def _over(numerator: str, denominator: str) -> Callable[[Tallies], Value]:
    return lambda tallies: ratio(tallies[0].total(numerator), tallies[0].total(denominator))


def _total(column: str) -> Callable[[Tallies], Value]:
    return lambda tallies: tallies[0].total(column)


def _costs(tallies: Tallies) -> NDArray[np.float64]:
    """Return tokens per unit, with the corpora along the last axis."""
    costs = [ratio(tally.total("tokens"), tally.total("units")) for tally in tallies]
    return np.stack(costs, axis=-1)


def _worst_premium(tallies: Tallies) -> Value:
    """Return the largest premium; the first tally is the reference."""
    if len(tallies) < 2:
        return math.nan
    costs = _costs(tallies)
    return ratio(costs.max(axis=-1), costs[..., 0])


def _use(tally: Totals) -> float:
    return frequency.vocabulary_use(tally.types, tally.vocabulary)


_WORDS = frozenset(("words", "letters", "unspaced"))
_ZOUHAR = "Zouhar et al. 2023"
_COUNTED = "counted"

MEASURES: Mapping[str, Measure] = {
    "tokens": Measure("tokens", "lower", "T", _COUNTED, frozenset(("tokens",)), _total("tokens")),
    "bytes": Measure(
        "bytes", "neither", "B, in UTF-8", _COUNTED, frozenset(("bytes",)), _total("bytes")
    ),
    "characters": Measure(
        "characters",
        "neither",
        "C, code points",
        _COUNTED,
        frozenset(("characters",)),
        _total("characters"),
    ),
    "words": Measure(
        "words",
        "neither",
        "W",
        "Unicode Standard Annex 29",
        _WORDS,
        lambda tallies: _words(tallies[0]),
    ),
    "units": Measure(
        "units", "neither", "N, lines or records", _COUNTED, frozenset(("units",)), _total("units")
    ),
    "fertility": Measure(
        "tokens/word",
        "lower",
        "T / W",
        "Ács 2019; Rust et al. 2021",
        _WORDS | {"tokens"},
        lambda tallies: ratio(tallies[0].total("tokens"), _words(tallies[0])),
    ),
    "bytes_per_token": Measure(
        "bytes/token",
        "higher",
        "B / T",
        _COUNTED,
        frozenset(("bytes", "tokens")),
        _over("bytes", "tokens"),
    ),
    "characters_per_token": Measure(
        "chars/token",
        "higher",
        "C / T",
        _COUNTED,
        frozenset(("characters", "tokens")),
        _over("characters", "tokens"),
    ),
    "tokens_per_unit": Measure(
        "tokens/line",
        "lower",
        "T / N",
        "Petrov et al. 2023",
        frozenset(("tokens", "units")),
        _over("tokens", "units"),
    ),
    "split_words": Measure(
        "share",
        "lower",
        "words of more than one token / W",
        "Rust et al. 2021, proportion of continued words",
        _WORDS | {"split_words"},
        lambda tallies: ratio(tallies[0].total("split_words"), _words(tallies[0])),
        share=("split_words", "words"),
    ),
    "split_characters": Measure(
        "share",
        "lower",
        "multi-byte characters covered by several tokens / multi-byte characters",
        "TokEval, boundary crossing",
        frozenset(("split_characters", "multibyte")),
        _over("split_characters", "multibyte"),
        share=("split_characters", "multibyte"),
    ),
    "incomplete_tokens": Measure(
        "share",
        "lower",
        "tokens that are not whole UTF-8 characters / T",
        "TokEval, UTF-8 completeness",
        frozenset(("incomplete", "tokens")),
        _over("incomplete", "tokens"),
        share=("incomplete", "tokens"),
    ),
    "unknown_rate": Measure(
        "share",
        "lower",
        "unknown tokens / T",
        "Rust et al. 2021",
        frozenset(("unknown", "tokens")),
        _over("unknown", "tokens"),
        share=("unknown", "tokens"),
    ),
    "round_trip": Measure(
        "share",
        "higher",
        "units with decode(encode(x)) = x / N",
        "Kudo & Richardson 2018, lossless tokenization",
        frozenset(("round_trip", "units")),
        _over("round_trip", "units"),
        share=("round_trip", "units"),
    ),
    "cut_safe": Measure(
        "share",
        "higher",
        "places with enc(s[:i]) + enc(s[i:]) = enc(s) / places",
        _COUNTED,
        frozenset(("cut_places", "cut_safe")),
        _over("cut_safe", "cut_places"),
        share=("cut_safe", "cut_places"),
    ),
    "shift_robustness": Measure(
        "share",
        "higher",
        "cuts with and without the first character of a unit / cuts in either",
        _COUNTED,
        frozenset(("cuts_in_both", "cuts_in_either")),
        _over("cuts_in_both", "cuts_in_either"),
        share=("cuts_in_both", "cuts_in_either"),
    ),
    "type_token_ratio": Measure(
        "types/token",
        "neither",
        "U / T",
        "Templin 1957",
        frozenset((TYPES,)),
        lambda tallies: frequency.type_token_ratio(tallies[0].types),
    ),
    "vocabulary_use": Measure(
        "share",
        "higher",
        "U / V",
        "TokEval, vocabulary utilization",
        frozenset((TYPES,)),
        lambda tallies: _use(tallies[0]),
    ),
    "entropy": Measure(
        "bits",
        "neither",
        "-sum p log2 p; low by about (U - 1) / (2 T ln 2)",
        "Shannon 1948",
        frozenset((TYPES,)),
        lambda tallies: frequency.renyi_entropy(tallies[0].types, 1),
    ),
    "bits_per_byte": Measure(
        "bits/byte",
        "lower",
        "entropy * T / B: the cost under a unigram model of tokens",
        "Shannon 1948",
        frozenset((TYPES, "tokens", "bytes")),
        lambda tallies: (
            frequency.renyi_entropy(tallies[0].types, 1)
            * ratio(tallies[0].total("tokens"), tallies[0].total("bytes"))
        ),
    ),
    "kt_bits_per_byte": Measure(
        "bits/byte",
        "lower",
        "-sum log2((c + 1/2) / (n + V/2)) / B, with c of the n tokens before: the cost under a "
        "unigram model that is learned on the way",
        "Krichevsky & Trofimov 1981",
        frozenset((TYPES, "bytes")),
        lambda tallies: ratio(
            frequency.kt_bits(tallies[0].types, tallies[0].vocabulary), tallies[0].total("bytes")
        ),
    ),
    "renyi_entropy": Measure(
        "bits",
        "higher",
        "log2(sum p^a) / (1 - a), a = 2.5",
        _ZOUHAR,
        frozenset((TYPES,)),
        lambda tallies: frequency.renyi_entropy(tallies[0].types, 2.5),
    ),
    "renyi_efficiency": Measure(
        "share",
        "higher",
        "renyi_entropy / log2 V",
        _ZOUHAR,
        frozenset((TYPES,)),
        lambda tallies: frequency.renyi_efficiency(tallies[0].types, tallies[0].vocabulary),
    ),
    "percentile_frequency": Measure(
        "share",
        "higher",
        "sum of p over ranks [.03 U, .83 U) by falling count",
        _ZOUHAR,
        frozenset((TYPES,)),
        lambda tallies: frequency.percentile_frequency(tallies[0].types),
    ),
    "average_token_rank": Measure(
        "rank",
        "neither",
        "mean frequency rank of a token, 1 = most frequent",
        "TokEval",
        frozenset((TYPES,)),
        lambda tallies: frequency.average_token_rank(tallies[0].types),
    ),
    "premium": Measure(
        "ratio",
        "nearer 1",
        "T / T of the reference, parallel text",
        "Petrov et al. 2023",
        frozenset(("tokens",)),
        lambda tallies: ratio(tallies[0].total("tokens"), tallies[1].total("tokens")),
        over="reference",
    ),
    "gini": Measure(
        "index",
        "lower",
        "sum |k_i - k_j| / (2 n^2 mean k), k = tokens/line of each corpus",
        "Foroutan et al. 2025",
        frozenset(("tokens", "units")),
        lambda tallies: fairness.gini(_costs(tallies)),
        over="corpora",
    ),
    "worst_premium": Measure(
        "ratio",
        "lower",
        "largest premium",
        "Petrov et al. 2023",
        frozenset(("tokens", "units")),
        _worst_premium,
        over="corpora",
    ),
    "premium_spread": Measure(
        "ratio",
        "lower",
        "largest premium / smallest",
        "Petrov et al. 2023",
        frozenset(("tokens", "units")),
        lambda tallies: fairness.spread(_costs(tallies)),
        over="corpora",
    ),
    "vocabulary_use_cv": Measure(
        "ratio",
        "lower",
        "standard deviation (n - 1) / mean of U / V over corpora",
        "Pearson 1896",
        frozenset((TYPES,)),
        lambda tallies: fairness.variation(np.array([_use(tally) for tally in tallies])),
        over="corpora",
    ),
}

# The measures that are shown by default; users name others.
DEFAULT = (
    "tokens",
    "fertility",
    "bytes_per_token",
    "characters_per_token",
    "split_words",
    "split_characters",
    "unknown_rate",
    "vocabulary_use",
    "renyi_efficiency",
    "premium",
    "worst_premium",
    "gini",
)
