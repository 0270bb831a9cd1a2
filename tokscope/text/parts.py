"""Corpora read by parts, here or by workers: the one way to whatever is counted in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tokscope.text.corpus import Corpus, split
from tokscope.text.files import STDIN, Shard
from tokscope.workers import HERE, Workers


class Done(Protocol):
    """What is made of a part of text."""

    @property
    def size(self) -> int:
        """How many bytes were read."""
        ...


D = TypeVar("D", bound=Done)


@dataclass(frozen=True)
class Task(Generic[D]):
    """What is done with every part of some text, here or by workers."""

    here: Callable[[Shard], D]
    there: Callable[..., D] | None = None  # what a worker calls; None if only this process can
    named: tuple[object, ...] = ()  # what the worker is given before the part
    times: int = 1  # how often the text is worked through: what decides whether workers pay


def by_parts(
    corpora: Sequence[Corpus], task: Task[D], workers: Workers = HERE
) -> Iterator[tuple[Corpus, Iterator[tuple[int, D]]]]:
    """Yield every corpus with what is made of its parts, in order, and where each begins, in bytes.

    Use up what is made of one corpus before you ask for the next. The parts depend on the text
    alone, so results are the same whoever works. Workers are told how many bytes are done.

    Raises:
        TokscopeError: a text cannot be read.
    """
    corpora = list(map(in_parts, corpora))
    if task.there and workers.are_worth(_work(corpora) * task.times):
        calls = [(*task.named, part) for part in _for_workers(corpora)]
        made = workers.map(task.there, calls)
    else:
        made = (task.here(part) for corpus in corpora for part in corpus.shards)
    for corpus in corpora:
        yield corpus, _placed(corpus, made, workers.advance)


def _placed(
    corpus: Corpus, made: Iterator[D], advance: Callable[[int], None]
) -> Iterator[tuple[int, D]]:
    before = 0
    for part, done in zip(corpus.shards, made, strict=False):  # parts of other corpora follow
        yield before, done
        advance(done.size)
        if part.end is None:  # the end of a file
            before += part.start + done.size


def in_parts(corpus: Corpus) -> Corpus:
    """Return a corpus whose shards are parts that can be read one without the other."""
    return replace(corpus, shards=tuple(part for shard in corpus.shards for part in split(shard)))


def _for_workers(corpora: Sequence[Corpus]) -> list[Shard]:
    """Return the parts of corpora, their paths in full: a worker may be at work elsewhere."""
    parts = (part for corpus in corpora for part in corpus.shards)
    return [replace(part, path=str(Path(part.path).absolute())) for part in parts]


def _work(corpora: Sequence[Corpus]) -> int:
    """Return how many bytes the files have; 0 where this process alone can read them."""
    shards = [shard for corpus in corpora for shard in corpus.shards]
    sizes = {shard.path: shard.stamp.size for shard in shards if shard.stamp}
    return (
        sum(sizes.values()) if all(shard.stamp and shard.path != STDIN for shard in shards) else 0
    )
