"""What every study of tokenizers on text begins with: all of the text counted under all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np

from tokscope import __version__
from tokscope.catalog import has_words
from tokscope.errors import TokscopeError
from tokscope.tally import Counting, Piece, Reading, Tally, piece, tally
from tokscope.text.corpus import (
    SAMPLE,
    Corpus,
    Shard,
    has_fields,
    in_parts,
    parts_for_workers,
    read_corpora,
    work,
)
from tokscope.text.words import rule_version
from tokscope.tokenizers import Tokenizer, load, parse
from tokscope.workers import HERE, Workers, one_core

ALL = "all"  # the name under which corpora are taken together
_LIBRARIES = ("tokenizers", "tiktoken", "sentencepiece")


@dataclass(frozen=True)
class Counted:
    """Tallies by corpus and tokenizer, and what is needed to say where they come from."""

    tokenizers: Sequence[Tokenizer]
    corpora: Sequence[Corpus]
    tallies: Sequence[Sequence[Tally]]  # one row a corpus, one column a tokenizer
    readings: Sequence[Reading]
    parallel: bool
    signature: str

    def unspaced(self) -> list[str]:
        """Name the corpora without words: written without spaces."""
        pairs = zip(self.corpora, self.tallies, strict=True)
        return [corpus.name for corpus, row in pairs if not has_words(row[0])]

    def notes(self) -> list[str]:
        """Say what was left out of the text and what was changed in it."""
        skipped = sum(reading.skipped for reading in self.readings)
        replaced = sum(reading.replaced for reading in self.readings)
        notes = []
        if all(str(SAMPLE) in shard.path for corpus in self.corpora for shard in corpus.shards):
            lines = sorted({reading.units for reading in self.readings})
            each = (
                f"{lines[0]} lines each" if len(lines) == 1 else f"{lines[0]} to {lines[-1]} lines"
            )
            notes.append(f"text: the embedded sample, {each}; yours with --corpus PATH")
        if skipped:
            notes.append(f"{skipped:,} empty units were skipped")
        if replaced:
            notes.append(f"{replaced:,} invalid UTF-8 sequences were replaced by U+FFFD")
        return notes + switched_off(self.tokenizers)


def switched_off(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Say of each tokenizer whether it is measured without what its file asks for."""
    found = {one.name: without_dropout(one.name, one.processing()) for one in tokenizers}
    return [note for notes in found.values() for note in notes]


def without_dropout(name: str, processing: Mapping[str, str]) -> list[str]:
    """Say so of a tokenizer whose file sets dropout, under which no count is twice the same."""
    rate = processing.get("dropout", "null")
    if rate == "null":
        return []
    return [f"{name}: measured without the dropout of {rate} in its file, which makes ids random"]


def require_resamples(seed: int, **counts: int) -> None:
    """Refuse numbers of resamples that give no interval, and what is no seed."""
    for option, resamples in counts.items():
        if resamples < 0 or resamples == 1:
            raise TokscopeError(f"--{option} {resamples}: two or more make an interval; try 100")
    if seed < 0:
        raise TokscopeError(f"--seed {seed}: a seed is a number from 0 up")


def load_all(words: Sequence[str]) -> list[Tokenizer]:
    """Load tokenizers, each under a name of its own.

    Raises:
        TokscopeError: none is named, one cannot be loaded, or two would share a name.
    """
    if not words:
        raise TokscopeError("no tokenizer is named; try: tokscope compare sample:bpe bytes")
    named: dict[str, str] = {}
    tokenizers = []
    for word in words:
        tokenizer = load(word)
        if tokenizer.name in named:
            other = named[tokenizer.name]
            raise TokscopeError(
                f"'{other}' and '{word}' would both be called '{tokenizer.name}'; "
                f"write LABEL={word}"
            )
        named[tokenizer.name] = word
        tokenizers.append(tokenizer)
    return tokenizers


def require_own_names(corpora: Sequence[Corpus]) -> None:
    """Refuse a corpus that is called what all of them together are."""
    if any(corpus.name == ALL for corpus in corpora):
        raise TokscopeError(f"'{ALL}' stands for all corpora together; name this one NAME=PATH")


def embedded() -> list[Corpus]:
    """Return the prose of the embedded sample, which is parallel."""
    return read_corpora(["sample:prose"], parallel=True)


def count(
    words: Sequence[str],
    corpora: Sequence[Corpus],
    counting: Counting,
    *,
    workers: Workers = HERE,
) -> Counted:
    """Count corpora under tokenizers in one pass over the text.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or parallel corpora are not aligned.
    """
    if not corpora:
        raise TokscopeError("no corpus is named; leave --corpus away for the embedded sample")
    require_own_names(corpora)
    tokenizers = load_all(words)
    parallel = all(shard.keep_empty for corpus in corpora for shard in corpus.shards)
    tallies, readings = [], []
    pieces = None
    corpora = list(map(in_parts, corpora))  # whoever counts: rows are blocks of parts
    if workers.are_worth(work(corpora) * len(words)):
        named = tuple((word, one.fingerprint) for word, one in zip(words, tokenizers, strict=True))
        pieces = workers.map(
            _piece, [(named, part, counting) for part in parts_for_workers(corpora)]
        )
    for corpus in corpora:
        counts, reading = tally(corpus, tokenizers, counting, workers.advance, pieces=pieces)
        tallies.append(counts)
        readings.append(reading)
    if parallel:
        _require_aligned(corpora, tallies)
        if any(reading.members != readings[0].members for reading in readings):
            raise TokscopeError("parallel corpora need the same clusters; align them")
    signature = _signature(words, tokenizers, corpora, readings, counting)
    return Counted(tokenizers, corpora, tallies, readings, parallel, signature)


def _piece(named: Sequence[tuple[str, str]], part: Shard, counting: Counting) -> Piece:
    """Count a part of a corpus in a worker."""
    return piece(part, [loaded(*one) for one in named], counting)


@cache
def loaded(word: str, fingerprint: str) -> Tokenizer:
    """Return a tokenizer that a worker keeps, on the one core that it has.

    Raises:
        TokscopeError: what it finds there is not what was asked for.
    """
    one_core()
    try:
        tokenizer = load(word)
    except TokscopeError as error:
        raise TokscopeError(f"workers do not find it: {error}; name its full path") from error
    if tokenizer.fingerprint != fingerprint:
        raise TokscopeError(f"{word}: workers find another tokenizer there; name its full path")
    return tokenizer


def _require_aligned(corpora: Sequence[Corpus], tallies: Sequence[Sequence[Tally]]) -> None:
    """Raise unless unit i of every corpus can be the same sentence."""
    first, sizes = corpora[0], tallies[0][0]["bytes"]
    for corpus, counts in zip(corpora[1:], tallies[1:], strict=True):
        others = counts[0]["bytes"]
        if len(others) != len(sizes):
            raise TokscopeError(
                f"parallel corpora need the same units: '{first.name}' has {len(sizes):,}, "
                f"'{corpus.name}' has {len(others):,}; align them, or leave --parallel away"
            )
        for unit in np.flatnonzero((sizes == 0) != (others == 0))[:1].tolist():
            empty, full = (first, corpus) if sizes[unit] == 0 else (corpus, first)
            raise TokscopeError(
                f"parallel corpora need the same units: unit {unit + 1} of '{empty.name}' is "
                f"empty, that of '{full.name}' is not; align them, or leave --parallel away"
            )


def versions() -> str:
    """Name this version and those of the libraries that encode and cut words."""
    libraries = (f"{library}:{version(library)}" for library in _LIBRARIES)
    return "|".join((f"tokscope:{__version__}", *libraries))


def identities(words: Sequence[str], tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Name each tokenizer, the kind of its file and all that decides its ids."""
    return [
        f"{tokenizer.name}={parse(word).kind}:{tokenizer.fingerprint[:12]}"
        for word, tokenizer in zip(words, tokenizers, strict=True)
    ]


def assumptions(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Say what the file of a tokenizer leaves open and ids depend on, wherever ids are shown."""
    told = {one.name: getattr(one, "assumed", "") for one in tokenizers}
    return [f"{name}: assumed, {assumed}" for name, assumed in told.items() if assumed]


def signed(words: Sequence[str], tokenizers: Sequence[Tokenizer], *more: str) -> str:
    """Name everything that can change a number, in the manner of sacreBLEU (Post 2018)."""
    return "|".join((versions(), *identities(words, tokenizers), *more))


def _signature(
    words: Sequence[str],
    tokenizers: Sequence[Tokenizer],
    corpora: Sequence[Corpus],
    readings: Sequence[Reading],
    counting: Counting,
) -> str:
    """Name tokenizers and text, and how they were read."""
    digest = hashlib.sha256()
    for corpus, reading in zip(corpora, readings, strict=True):
        digest.update(f"{corpus.name}={reading.digest}\n".encode())
    shards = [shard for corpus in corpora for shard in corpus.shards if has_fields(shard)]
    fields = ",".join(dict.fromkeys(shard.field for shard in shards))
    return signed(
        words,
        tokenizers,
        f"corpora:{len(corpora)}:{digest.hexdigest()[:12]}",
        f"field:{fields}" if fields else "unit:line",
        f"words:{counting.words} ({rule_version(counting.words)})",
        f"specials:{'found' if counting.specials else 'text'}",
    )
