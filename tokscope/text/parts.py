"""Read corpora by parts, in this process or by workers; every study reads text this way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tokscope.given import unlike
from tokscope.text.corpus import Corpus, first_lines, split
from tokscope.text.files import STDIN, Shard
from tokscope.workers import HERE, Workers


class Done(Protocol):
    """The result for one part of the text."""

    @property
    def size(self) -> int:
        """How many bytes were read."""
        ...


D = TypeVar("D", bound=Done)


@dataclass(frozen=True)
class Task(Generic[D]):
    """The work on every part of some text, in this process or by workers."""

    here: Callable[[Shard], D]
    there: Callable[..., D] | None = None  # what workers call; None if they cannot do it
    named: tuple[object, ...] = ()  # arguments that the worker gets before the part
    times: int = 1  # how often the text is processed, to judge whether workers pay off


def by_parts(
    corpora: Sequence[Corpus], task: Task[D], workers: Workers = HERE
) -> Iterator[tuple[Corpus, Iterator[tuple[int, D]]]]:
    """Yield every corpus with the results of its parts, in order, and the byte where each begins.

    Use up the results of a corpus before you ask for the next one. The parts depend on the text
    alone, so results are the same with any number of workers. Progress is told in bytes.

    Raises:
        TokscopeError: a text cannot be read, or `workers` is not from `tokscope.workers`.
    """
    if not isinstance(workers, Workers):
        raise unlike(workers, "workers", "what `with tokscope.workers.local(4) as workers` gives")
    corpora = list(map(in_parts, corpora))
    if task.there and workers.are_worth(_work(corpora) * task.times):
        parts = _for_workers(corpora)
        if len(parts) > 1 and (first := first_lines(parts[0])):
            workers.rehearse(task.there, (*task.named, first))
        calls = [(*task.named, part) for part in parts]
        made = workers.map(task.there, calls)
    else:
        made = (task.here(part) for corpus in corpora for part in corpus.shards)
    for corpus in corpora:
        yield corpus, _placed(corpus, made, workers.advance)


def by_corpus(
    corpora: Sequence[Corpus], task: Callable[..., D], named: tuple[object, ...], workers: Workers
) -> Iterator[D]:
    """Yield the result for every corpus, each of which one process reads from end to end.

    `task` gets the named arguments, the corpus and, in this process, whom to tell how many bytes
    were read. Workers must be able to import it.

    Raises:
        TokscopeError: a text cannot be read.
    """
    if len(corpora) < 2 or not workers.are_worth(_work(corpora)):
        yield from (task(*named, corpus, workers.advance) for corpus in corpora)
        return
    calls = [(*named, replace(one, shards=tuple(_for_workers([one])))) for one in corpora]
    for done in workers.map(task, calls):
        workers.advance(done.size)
        yield done


def _placed(
    corpus: Corpus, made: Iterator[D], advance: Callable[[int], None]
) -> Iterator[tuple[int, D]]:
    before = 0
    for part, done in zip(corpus.shards, made, strict=False):  # `made` goes on with other corpora
        yield before, done
        advance(done.size)
        if part.end is None:  # the end of a file
            before += part.start + done.size


def in_parts(corpus: Corpus) -> Corpus:
    """Return the corpus with its shards split into independent parts."""
    return replace(corpus, shards=tuple(part for shard in corpus.shards for part in split(shard)))


def _for_workers(corpora: Sequence[Corpus]) -> list[Shard]:
    """Return the parts of corpora with absolute paths: a worker may run in another folder."""
    parts = (part for corpus in corpora for part in corpus.shards)
    return [replace(part, path=str(Path(part.path).absolute())) for part in parts]


def _work(corpora: Sequence[Corpus]) -> int:
    """Return the bytes of all files; 0 if only this process can read them."""
    shards = [shard for corpus in corpora for shard in corpus.shards]
    sizes = {shard.path: shard.stamp.size for shard in shards if shard.stamp}
    return (
        sum(sizes.values()) if all(shard.stamp and shard.path != STDIN for shard in shards) else 0
    )
