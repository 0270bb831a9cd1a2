"""What gates compare of a tokenizer. A lock is the snapshot of the baseline in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.catalog import MEASURES, TYPES
from tokscope.counting.counted import Counted, count
from tokscope.counting.tally import Counting
from tokscope.counting.tokens import SLOW_COLUMNS, TOKEN_COLUMNS, Tokens
from tokscope.counting.values import values_of
from tokscope.errors import TokscopeError
from tokscope.gate.wanted import Source
from tokscope.late import Late
from tokscope.measures.ratios import ratio_of_sums
from tokscope.measures.schemes import scheme
from tokscope.numerals.cuts import cut, known_cuts
from tokscope.numerals.drawn import LENGTHS, SPACED, leading, numbers_of
from tokscope.numerals.golden import golden_strings
from tokscope.provenance import version_of
from tokscope.reach.findings import findings
from tokscope.reach.search import by_what_can_be, encode_what_can_be
from tokscope.tokenizers import Encoded, Tokenizer, load, parse
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.version import __version__
from tokscope.workers import HERE, Workers

if TYPE_CHECKING:
    from tokscope.mixture import subject
else:
    subject = Late("tokscope.mixture.subject")  # SciPy takes long to import

Hashes = NDArray[np.uint64]
Values = Mapping[str, Mapping[str, float]]  # measure -> corpus -> value
BACKENDS = ("tokenizers", "tiktoken", "sentencepiece", "regex")
MOST_IDS = 1_000_000  # that are kept of all corpora; the last unit of each may go beyond
_SEED = 0  # of the numbers that are cut
_SHORT = 200  # characters of a part that is kept as it is


class Numbers(NamedTuple):
    """How numbers of 1 to 12 digits are cut when they follow a space."""

    scheme: str
    share: float  # of numbers that follow the scheme
    tokens_per_digit: float  # every length weighs the same


@dataclass(frozen=True)
class Sample:
    """One corpus under the tokenizer: what a comparison on the same text needs."""

    digest: str
    units: int
    columns: Mapping[str, NDArray[np.int64]]  # of `TOKEN_COLUMNS`, (N,) each
    hashes: Hashes  # of the ids of each unit, (N,)
    ids: NDArray[np.int32] | None = None  # of the first units; None if nobody asked for them

    @property
    def first(self) -> Encoded | None:
        """The first units, as far as their ids are held."""
        return None if self.ids is None else first_units(self.ids, self.columns["tokens"])


@dataclass(frozen=True)
class Identity:
    """What a tokenizer is made of, and its ids of golden strings: nothing of the text."""

    family: str
    size: int
    fingerprint: str
    vocabulary: str  # a hash of the bytes of every id
    components: Mapping[str, str]  # name -> hash
    specials: Mapping[str, int]
    backends: Mapping[str, str]
    golden: Mapping[str, tuple[int, ...]]
    processing: Mapping[str, str]  # name -> what is said, or its hash
    # golden string -> what a model gets, where that is more than its ids
    model_input: Mapping[str, tuple[int, ...]]
    # what a lock does not hold
    tokens: Vocabulary | None = field(default=None, compare=False)
    parts: Mapping[str, str] = field(default_factory=dict, compare=False)  # name -> JSON


@dataclass(frozen=True)
class Measured:
    """Counts and values of the text; empty if none was read."""

    settings: str = ""  # how text was read and counted
    samples: Mapping[str, Sample] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    counted: Counted | None = field(default=None, compare=False)  # not in a lock


@dataclass(frozen=True)
class Extras:
    """What only some gates need; None where it was not asked for."""

    numbers: Numbers | None = None
    findings: Mapping[str, int] | None = None  # code -> how many
    mixture: Mapping[str, float] | None = None
    examples: Mapping[str, str] = field(default_factory=dict, compare=False)  # not in a lock


@dataclass(frozen=True)
class Snapshot:
    """A tokenizer as far as gates look at it."""

    spec: str
    name: str
    identity: Identity
    measured: Measured = Measured()
    extras: Extras = Extras()


def snapshot(
    given: str | Tokenizer,
    source: Source,
    strings: Sequence[str] | None = None,
    workers: Workers = HERE,
) -> Snapshot:
    """Return what gates compare of a tokenizer.

    `strings` are those of the baseline; without them they are made for this tokenizer.

    Raises:
        TokscopeError: the tokenizer or the text cannot be used.
    """
    tokenizer = load(given) if isinstance(given, str) else given
    wanted = source.wanted
    if wanted.mixture:
        subject.subject_of(tokenizer, wanted.mixture, 0)
    measured = _measured(tokenizer, source, workers) if wanted.columns else Measured()
    identity = _identity(tokenizer, wanted.strings, strings)
    extras = _extras(tokenizer, source)
    return Snapshot(tokenizer.spec.word, tokenizer.name, identity, measured, extras)


def _identity(tokenizer: Tokenizer, more: Sequence[str], strings: Sequence[str] | None) -> Identity:
    vocabulary, parts = tokenizer.vocabulary, tokenizer.components()
    texts = list(golden_strings(vocabulary.specials, more) if strings is None else strings)
    golden = _ids(texts, encode_what_can_be(tokenizer, texts))
    fed = _ids(texts, by_what_can_be(tokenizer.model_input, texts))
    specials = sorted(vocabulary.specials.items(), key=lambda entry: (entry[1], entry[0]))
    return Identity(
        family=tokenizer.family,
        size=len(vocabulary),
        fingerprint=tokenizer.fingerprint,
        vocabulary=hash_of_ids(vocabulary.blob, vocabulary.ends),
        components={name: hash_of(part) for name, part in parts.items()},
        specials=dict(specials),
        backends={"tokscope": __version__, **{name: version_of(name) for name in BACKENDS}},
        golden=golden,
        processing={name: _told(part) for name, part in tokenizer.processing().items()},
        model_input={text: ids for text, ids in fed.items() if ids != golden[text]},
        tokens=vocabulary,
        parts=parts,
    )


def hash_of_ids(blob: NDArray[np.uint8], ends: NDArray[np.int64]) -> str:
    """Return a hash of the bytes of every id, laid out as in `Vocabulary`."""
    content = hashlib.sha256(blob.tobytes())
    content.update(ends.astype("<i8").tobytes())
    return content.hexdigest()


def _ids(texts: Sequence[str], encoded: Encoded) -> dict[str, tuple[int, ...]]:
    edges = pairwise(encoded.starts.tolist())
    ids = [tuple(encoded.ids[start:end].tolist()) for start, end in edges]
    return dict(zip(texts, ids, strict=True))


def _told(part: str) -> str:
    """Return a part that is short enough to review, else its hash."""
    return part if len(part) <= _SHORT else hash_of(part)


def hash_of(part: str) -> str:
    """Return the hash by which parts of a file are compared."""
    return hashlib.sha256(part.encode(errors="surrogatepass")).hexdigest()


class _Hashing:
    """Hashes the ids of every unit of a corpus while it is read."""

    def __init__(self) -> None:
        self.parts: list[Hashes] = []

    def observe(self, tokens: Sequence[Tokens]) -> None:
        (one,) = tokens
        self.parts.append(hashed(one.encoded.ids, one.encoded.starts))

    def join(self, other: _Hashing) -> None:
        self.parts += other.parts


class _First:
    """Keeps the ids of the first units of a corpus, until there are enough."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0
        self.parts: list[NDArray[np.int32]] = []

    def observe(self, tokens: Sequence[Tokens]) -> None:
        (one,) = tokens
        if self.held < self.most:
            self._keep(one.encoded.ids[: begun(one.counts, self.most - self.held)])

    def join(self, other: _First) -> None:
        if self.held < self.most:
            self._keep(*other.parts)

    def _keep(self, *parts: NDArray[np.int32]) -> None:
        self.parts += parts
        self.held += sum(map(len, parts))

    def ids(self, counts: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return them by the tokens of each unit; so they do not depend on how text was shared."""
        every = np.concatenate([np.zeros(0, np.int32), *self.parts])
        return every[: begun(counts, self.most)]


def begun(counts: NDArray[np.int64], most: int) -> int:
    """Return how many tokens the units have that begin before a number of tokens.

    >>> begun(np.array([2, 3, 4]), 5), begun(np.array([2, 3, 4]), 6)
    (5, 9)
    """
    ends = np.cumsum(counts)
    return int(ends[ends - counts < most].max(initial=0))


def first_units(ids: NDArray[np.int32], counts: NDArray[np.int64]) -> Encoded:
    """Return ids as units, by the tokens of each unit, as far as the ids go."""
    starts = np.append(0, np.cumsum(counts))
    return Encoded(ids, starts[: np.searchsorted(starts, len(ids), side="right")])


def hashed(ids: NDArray[np.int32], starts: NDArray[np.int64]) -> Hashes:
    """Return a hash of the ids of each unit, (D,): the sum of a mix of every id with its place.

    It mixes like SplitMix64 (Steele et al. 2014), which is a bijection.
    """
    counts = np.diff(starts)
    place = np.arange(len(ids), dtype=np.uint64) - np.repeat(starts[:-1], counts).astype(np.uint64)
    mixed = (ids.astype(np.uint64) + np.uint64(1) << np.uint64(32)) ^ place
    for factor, shift in ((0xBF58476D1CE4E5B9, 30), (0x94D049BB133111EB, 27)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    sums = np.append(np.uint64(0), np.cumsum(mixed, dtype=np.uint64))
    return sums[starts[1:]] - sums[starts[:-1]]


def require_tokens(now: Snapshot) -> None:
    """Refuse text that gives no tokens, as its values mean nothing.

    Raises:
        TokscopeError: a corpus is empty, or the tokenizer gives no tokens for it.
    """
    for name, sample in now.measured.samples.items():
        if not sample.columns["tokens"].any():
            raise TokscopeError(
                f"TS906 {now.name} makes no token of corpus '{name}', so that there is nothing "
                "to judge; use text that is not empty, or fix the tokenizer"
            )


def _measured(tokenizer: Tokenizer, source: Source, workers: Workers) -> Measured:
    how = (source.wanted.columns, source.words, source.specials)
    most = -(-MOST_IDS // len(source.corpora))
    first = (partial(_First, most),) if source.wanted.ids else ()
    counting = Counting(*how, by_unit=True, observers=(_Hashing, *first))
    counted = count([tokenizer], source.corpora, counting, workers=workers)
    values = _values(counted, source.wanted.measures, source.reference)
    return Measured(source.settings, _samples(counted), values, counted)


def _samples(counted: Counted) -> dict[str, Sample]:
    samples = {}
    seen, first = counted.observed(_Hashing), counted.observed(_First)
    for i, corpus in enumerate(counted.corpora):
        tally, reading = counted.tallies[i][0], counted.readings[i]
        columns = {name: tally[name] for name in tally.columns if name in TOKEN_COLUMNS}
        hashes = np.concatenate(seen[i].parts)
        ids = first[i].ids(columns["tokens"]) if first else None
        samples[corpus.name] = Sample(reading.digest, reading.units, columns, hashes, ids)
    return samples


def _values(counted: Counted, measures: Sequence[str], first: int) -> dict[str, dict[str, float]]:
    """Return values to ten digits: more of them differ between machines."""
    names = [corpus.name for corpus in counted.corpora]
    tallies = [row[0] for row in counted.tallies]
    measured = {}
    for name in measures:
        values = values_of(MEASURES[name], tallies, names, first)
        measured[name] = {corpus: float(f"{value:.10g}") for corpus, value in values.items()}
    return measured


def _extras(tokenizer: Tokenizer, source: Source) -> Extras:
    wanted = source.wanted
    own = findings(tokenizer) if wanted.findings else []
    return Extras(
        numbers=_numbers(tokenizer) if wanted.numbers else None,
        findings={one.code: one.count for one in own} if wanted.findings else None,
        mixture=_mixture(tokenizer, source) if wanted.mixture else None,
        examples={one.code: ", ".join(one.examples[:3]) for one in own},
    )


def _numbers(tokenizer: Tokenizer) -> Numbers:
    samples, costs = {}, []
    for digits in LENGTHS:
        runs = cut(tokenizer, numbers_of(digits, _SEED), SPACED)
        samples[digits] = known_cuts(runs, digits)
        known = ~runs.unknown[leading(digits) :]
        costs.append(ratio_of_sums(runs.tokens[leading(digits) :][known], known) / digits)
    words, share = scheme(samples).in_words()
    mean = float(np.mean(costs))
    return Numbers(words, float(f"{share:.10g}"), float(f"{mean:.10g}"))


def _mixture(tokenizer: Tokenizer, source: Source) -> dict[str, float]:
    """Infer shares of the corpora, or of the embedded sample where none are named."""
    inferred = subject.infer(tokenizer, source.corpora or None, merges=source.wanted.mixture)
    return dict(zip(inferred.names, inferred.shares.round(4).tolist(), strict=True))


def is_of_whole_text(measure: str) -> bool:
    """Tell whether a lock holds no counts by unit of a measure, so that it cannot be resampled."""
    return bool(MEASURES[measure].columns & {TYPES, *SLOW_COLUMNS})


def kind(snapshot: Snapshot) -> str:
    """Name the kind of file that the tokenizer comes from; "object" if it comes from none."""
    return parse(snapshot.spec).kind if snapshot.spec else "object"
