"""Count all corpora under all tokenizers: the first step of every study of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from tokscope.counting.catalog import has_words
from tokscope.counting.signature import signed, signed_text
from tokscope.counting.tally import Counting, Piece, Reading, Tally, piece, tally
from tokscope.counting.tokens import Counts
from tokscope.errors import TokscopeError, choose
from tokscope.provenance import Provenance
from tokscope.text.corpus import SAMPLE, Corpus, Shard, corpora_given, read_corpora
from tokscope.text.given import Corpora
from tokscope.text.parts import Task, by_parts
from tokscope.text.words import rule_version
from tokscope.tokenizers import Tokenizer, for_workers, have_words, loaded, switched_off
from tokscope.workers import HERE, Workers

T = TypeVar("T")
ALL = "all"  # the name of all corpora taken together


@dataclass(frozen=True)
class Counted:
    """Tallies by corpus and tokenizer, and where they come from."""

    tokenizers: Sequence[Tokenizer]
    corpora: Sequence[Corpus]
    tallies: Sequence[Sequence[Tally]]  # a row per corpus, a column per tokenizer
    readings: Sequence[Reading]
    parallel: bool
    text: Provenance  # what can change a count, besides the tokenizers

    @property
    def provenance(self) -> Provenance:
        """Everything that can change a count."""
        return {**signed(self.tokenizers), **self.text}

    def observed(self, kind: type[T]) -> list[T]:
        """Return the observers of one kind, by corpus."""
        every = (one for reading in self.readings for one in reading.observed)
        return [one for one in every if isinstance(one, kind)]

    def unspaced(self) -> list[str]:
        """Return the names of corpora without words, because they are written without spaces."""
        pairs = zip(self.corpora, self.tallies, strict=True)
        return [corpus.name for corpus, row in pairs if not has_words(row[0])]

    def notes(self) -> list[str]:
        """Say what was left out of the text and what was changed."""
        return self.doubts() + self.skips()

    def skips(self) -> list[str]:
        """Say how many units were skipped, which changes no ratio."""
        skipped = sum(reading.skipped for reading in self.readings)
        return [f"{skipped:,} empty units were skipped"] if skipped else []

    def doubts(self) -> list[str]:
        """Say what changes how the numbers are read."""
        notes = []
        if all(str(SAMPLE) in shard.path for corpus in self.corpora for shard in corpus.shards):
            lines = sorted({reading.units for reading in self.readings})
            each = (
                f"{lines[0]} lines each" if len(lines) == 1 else f"{lines[0]} to {lines[-1]} lines"
            )
            notes.append(f"text: the embedded sample, {each}; yours with --corpus PATH")
        return notes + self.replacements() + switched_off(self.tokenizers)

    def replacements(self) -> list[str]:
        """Say how much text was not valid, if some was not."""
        replaced = sum(reading.replaced for reading in self.readings)
        return [f"{replaced:,} invalid UTF-8 sequences were replaced by U+FFFD"] if replaced else []


def require_resamples(seed: int, **counts: int) -> None:
    """Raise if a number of resamples gives no interval, or if the seed is negative."""
    for option, resamples in counts.items():
        if resamples < 0 or resamples == 1:
            raise TokscopeError(f"--{option} {resamples}: two or more make an interval; try 100")
    if seed < 0:
        raise TokscopeError(f"--seed {seed}: a seed is a number from 0 up")


def require_countable(corpora: Sequence[Corpus], word_rule: str = "unicode") -> None:
    """Raise if corpora or a word rule cannot be counted; call this before anything is read.

    Raises:
        TokscopeError: there are no corpora, one is named "all", or the rule is unknown or needs
            an extra.
    """
    if not corpora:
        raise TokscopeError("no corpus is named; drop --corpus to use the embedded sample")
    require_own_names(corpora)
    rule_version(word_rule)


def are_parallel(corpora: Sequence[Corpus]) -> bool:
    """Tell whether line i means the same in every corpus."""
    return all(shard.keep_empty for corpus in corpora for shard in corpus.shards)


def require_own_names(corpora: Sequence[Corpus]) -> None:
    """Raise if a corpus has the name that stands for all of them."""
    if any(corpus.name == ALL for corpus in corpora):
        raise TokscopeError(f"'{ALL}' stands for all corpora together; name this one NAME=PATH")


def embedded() -> list[Corpus]:
    """Return the prose of the embedded sample, which is parallel."""
    return read_corpora(["sample:prose"], parallel=True)


def texts_of(corpora: Corpora | None, *, parallel: bool = False) -> list[Corpus]:
    """Return the corpora that a caller gives, or the embedded sample.

    Raises:
        TokscopeError: the argument cannot be used.
    """
    return embedded() if corpora is None else corpora_given(corpora, parallel=parallel)


def count(
    tokenizers: Sequence[Tokenizer],
    corpora: Sequence[Corpus],
    counting: Counting,
    *,
    workers: Workers = HERE,
) -> Counted:
    """Count corpora under tokenizers in one pass over the text.

    Raises:
        TokscopeError: a text cannot be used, or parallel corpora are not aligned.
    """
    require_countable(corpora, counting.words)
    parallel = are_parallel(corpora)
    task = Task(
        partial(piece, tokenizers, counting),
        _piece if have_words(tokenizers) else None,
        (for_workers(tokenizers), counting),
        times=len(tokenizers),
    )
    parted: list[Corpus] = []
    tallies, readings = [], []
    for corpus, pieces in by_parts(corpora, task, workers):
        counts, reading = tally(corpus, pieces, tokenizers, counting)
        parted.append(corpus)
        tallies.append(counts)
        readings.append(reading)
    if parallel:
        _require_aligned(parted, tallies)
        if any(reading.members != readings[0].members for reading in readings):
            raise TokscopeError("parallel corpora need the same clusters; align them")
    text = signed_text(parted, readings, counting)
    return Counted(tokenizers, parted, tallies, readings, parallel, text)


def _piece(named: Sequence[tuple[str, str]], counting: Counting, part: Shard) -> Piece:
    """Count a part of a corpus in a worker."""
    return piece([loaded(*one) for one in named], counting, part)


def _require_aligned(corpora: Sequence[Corpus], tallies: Sequence[Sequence[Tally]]) -> None:
    """Raise if unit i of the corpora cannot be the same sentence in all of them."""
    first, sizes = corpora[0], tallies[0][0]["bytes"]
    for corpus, counts in zip(corpora[1:], tallies[1:], strict=True):
        others = counts[0]["bytes"]
        if len(others) != len(sizes):
            raise TokscopeError(
                f"parallel corpora need the same units: '{first.name}' has {len(sizes):,}, "
                f"'{corpus.name}' has {len(others):,}; align them, or drop --parallel"
            )
        for unit in np.flatnonzero((sizes == 0) != (others == 0))[:1].tolist():
            empty, full = (first, corpus) if sizes[unit] == 0 else (corpus, first)
            raise TokscopeError(
                f"parallel corpora need the same units: unit {unit + 1} of '{empty.name}' is "
                f"empty, that of '{full.name}' is not; align them, or drop --parallel"
            )


def types_of(counted: Counted, k: int) -> Counts:
    """Return how often each id of one tokenizer occurs in each corpus; (corpora, size)."""
    return np.stack([row[k].types for row in counted.tallies])


def all_types_of(counted: Counted, k: int) -> Counts:
    """Return how often each id of one tokenizer occurs in all corpora together; (size,)."""
    whole = counted.tallies[0][k].types.copy()
    for row in counted.tallies[1:]:
        whole += row[k].types
    return whole


def reference_of(corpora: Sequence[Corpus], name: str) -> int:
    """Return the place of the corpus that others are compared with; default "en" or the first."""
    places = {corpus.name: i for i, corpus in enumerate(corpora)}
    return choose(places, name, "reference corpus") if name else places.get("en", 0)
