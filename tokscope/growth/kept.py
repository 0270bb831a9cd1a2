"""How many lines of other text keep their ids, after every number of merges."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tokscope.growth.base import Base, loaded_base
from tokscope.mixture.replay import Rules
from tokscope.text.corpus import Corpus, Shard, read
from tokscope.text.parts import Task, by_parts
from tokscope.tokenizers import for_workers, have_words
from tokscope.tokenizers.components import digest as digest_of
from tokscope.workers import HERE, Workers

Ints = NDArray[np.int64]


@dataclass
class Kept:
    """Units by the merge that changes them first; the last entry is for those that none changes."""

    first: Ints  # (T + 1,)
    size: int = 0  # bytes read
    digest: str = ""

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.first.sum())

    def after(self, merges: int) -> int:
        """Return how many units have their old ids after a number of merges."""
        return int(self.first[merges:].sum())


def kept(
    base: Base, corpora: Sequence[Corpus], rules: Rules, workers: Workers = HERE
) -> list[Kept]:
    """Return for each corpus which merge changes each unit first."""
    (spec,) = for_workers([base.tokenizer])
    there = _part_there if have_words([base.tokenizer]) else None
    task = Task(partial(_part, base, rules), there, (spec, rules), times=2)
    wholes = []
    for _, parts in by_parts(corpora, task, workers):
        whole, digests = Kept(np.zeros(len(rules) + 1, np.int64)), []
        for _, part in parts:
            whole.first += part.first
            digests.append(part.digest)
        whole.digest = digest_of(digests)
        wholes.append(whole)
    return wholes


def _part_there(spec: tuple[str, str], rules: Rules, part: Shard) -> Kept:
    return _part(loaded_base(*spec), rules, part)


def _part(base: Base, rules: Rules, part: Shard) -> Kept:
    found, seen = Kept(np.zeros(len(rules) + 1, np.int64)), _Seen(base, rules)
    digest = hashlib.sha256()
    for units in read(part):
        digest.update(units.raw)
        found.size += len(units.raw)
        pretokens = [list(base.cut([text])) for text in units.texts]
        seen.add({word for words in pretokens for word in words})
        first = [
            min((seen.first[word] for word in words), default=len(rules)) for words in pretokens
        ]
        found.first += np.bincount(first, minlength=len(rules) + 1)
    found.digest = digest.hexdigest()
    return found


@dataclass
class _Seen:
    """Pre-tokens, and the first merge that changes each."""

    base: Base
    rules: Rules
    first: dict[str, int] = field(default_factory=dict)

    def add(self, words: set[str]) -> None:
        """Replay the merges on pre-tokens that are new."""
        new = sorted(words - self.first.keys())
        changes = self.base.saved(new, self.base.words(new), self.rules).T.tocsr()
        changes.sort_indices()
        found = np.full(len(new), len(self.rules))
        some = np.diff(changes.indptr) > 0
        found[some] = changes.indices[changes.indptr[:-1][some]]
        self.first.update(zip(new, found.tolist(), strict=True))
