"""How often each pretoken occurs in each corpus, by blocks of its text.

A text is a line with its line feed, or a record. If there are too many different pretokens to hold,
blocks are joined first. Then the rarest pretokens are dropped, and their bytes are counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.text.corpus import Corpus, Shard, Units, has_fields, read
from tokscope.text.parts import Task, by_parts
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.workers import HERE, Workers

BLOCKS = 32  # a long corpus has from 33 to 64 blocks of one size, a short one fewer
FEWEST = 16  # blocks are joined down to this number before any pretoken is dropped
MOST = 6_000_000  # pretokens held at once, counted in each block they occur in
LONGEST = 4_096  # characters; longer pretokens are dropped
NONE = np.zeros(0, np.int64)
_STEP = 1_024  # bytes of the first blocks


@dataclass(frozen=True)
class Counts:
    """Counts of W pretokens in n corpora, which have B blocks in total.

    `blocks` (W, B) holds how often each pretoken occurs in each block, `owner` (B,) the corpus of
    each block. `sizes` (B,) are the bytes of text of each block, dropped pretokens included.
    """

    names: tuple[str, ...]
    pretokens: Sequence[bytes]
    blocks: csr_array
    owner: NDArray[np.int64]
    sizes: NDArray[np.int64]
    left_out: NDArray[np.int64]  # (n,) bytes of the pretokens that were dropped
    digest: str  # a hash of all the text

    def matrix(self, weights: NDArray[np.float64] | None = None) -> csr_array:
        """Return how often each pretoken occurs in each corpus; shape (W, n).

        A block counts as often as its weight says; a bootstrap draws these weights.
        """
        return csr_array(self.blocks @ csr_array(self._of_corpus(weights)))

    def bytes(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the bytes of text of each corpus; shape (n,)."""
        return np.asarray(self.sizes @ self._of_corpus(weights))

    def _of_corpus(self, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the weight of each block in each corpus; shape (B, n)."""
        member = self.owner[:, None] == np.arange(len(self.names))
        return member * (1.0 if weights is None else weights[:, None])

    def subset(self, names: Sequence[str]) -> Counts:
        """Return the named corpora, in the order given, with all pretokens."""
        places = [self.names.index(name) for name in names]
        order = np.concatenate([np.flatnonzero(self.owner == place) for place in places])
        owner = np.concatenate(
            [np.full((self.owner == place).sum(), i) for i, place in enumerate(places)]
        )
        return Counts(
            tuple(names),
            self.pretokens,
            self.blocks[:, order],
            owner,
            self.sizes[order],
            self.left_out[places],
            self.digest,
        )


def texts_of(units: Units, line_feeds: bool) -> Sequence[str]:
    """Return the texts of units as training and counting see them, with or without line feeds."""
    return [f"{text}\n" for text in units.texts] if line_feeds else units.texts


@dataclass
class _Block:
    """Counts of one stretch of text."""

    counts: Counter[str] = field(default_factory=Counter)
    size: int = 0


@dataclass
class Piece:
    """The blocks of a corpus, or of the part of it that a worker counts; grows while text is read.

    The length of a block in the file is a power of two. Blocks are joined in pairs when there are
    too many of them, or too many pretokens in them.
    """

    most: int  # pretokens to hold at most
    width: int = field(default_factory=lambda: _STEP)
    blocks: dict[int, _Block] = field(default_factory=dict)  # by number, ascending
    left_out: int = 0
    size: int = 0  # bytes read
    digest: str = ""  # SHA-256 of these bytes

    def block(self, place: int) -> _Block:
        """Return the block at a position in the text: the last block, or a new one after it."""
        while place // self.width >= 2 * BLOCKS:
            self._fold()
        number = place // self.width
        if number not in self.blocks:
            self._make_room()
        return self.blocks.setdefault(place // self.width, _Block())

    def join(self, other: Piece, before: int) -> None:
        """Add the counts of the text that begins after the first `before` bytes."""
        for number, block in other.blocks.items():
            mine = self.block(before + number * other.width)
            mine.counts.update(block.counts)
            mine.size += block.size
        self.left_out += other.left_out

    def _make_room(self) -> None:
        while sum(len(block.counts) for block in self.blocks.values()) > self.most:
            if len(self.blocks) > FEWEST:
                self._fold()
            else:
                self._forget()

    def _fold(self) -> None:
        folded: dict[int, _Block] = {}
        for number, block in self.blocks.items():
            half = folded.setdefault(number // 2, block)
            if half is not block:
                half.counts.update(block.counts)
                half.size += block.size
        self.blocks, self.width = folded, 2 * self.width

    def _forget(self) -> None:
        """Drop the rarest pretokens until half of the room is free."""
        totals: Counter[str] = Counter()
        for block in self.blocks.values():
            totals.update(block.counts)
        ranked = np.sort(np.fromiter(totals.values(), np.int64))
        rare = int(ranked[len(ranked) // 2])
        self._drop(lambda word: totals[word] <= rare)

    def drop_long(self) -> None:
        """Drop pretokens that are too long to replay."""
        self._drop(lambda word: len(word) > LONGEST)

    def _drop(self, unwanted: Callable[[str], bool]) -> None:
        for block in self.blocks.values():
            for word in list(filter(unwanted, block.counts)):
                self.left_out += len(word.encode()) * block.counts.pop(word)


Keep = Callable[[Units], Units]


def everything(units: Units) -> Units:
    """Keep all units."""
    return units


def piece(pipeline: Pipeline, keep: Keep, most: int, part: Shard) -> Piece:
    """Count the pretokens of a part of a corpus.

    Raises:
        TokscopeError: the text cannot be read.
    """
    whole = Piece(most)
    digest, long = hashlib.sha256(), False
    feeds = pipeline.line_feeds and not has_fields(part)
    for units in read(part):
        digest.update(units.raw)
        whole.size += len(units.raw)
        kept = keep(units)
        texts = texts_of(kept, feeds)
        long |= max(map(len, texts), default=0) > LONGEST
        at = 0
        while at < len(texts):
            place = int(kept.offsets[at])
            block = whole.block(place)
            border = (place // whole.width + 1) * whole.width
            end = int(np.searchsorted(kept.offsets, border))
            block.counts.update(pipeline.cut(texts[at:end]))
            block.size += sum(len(text.encode()) for text in texts[at:end])
            at = end
    if long:
        whole.drop_long()
    whole.digest = digest.hexdigest()
    return whole


# Pickled by name, so that workers can import it; equal sources make equal pipelines.
Source = Callable[[], Pipeline]


@cache
def _made(source: Source) -> Pipeline:
    """Make a pipeline once for each worker."""
    return source()


def _piece(source: Source, keep: Keep, most: int, part: Shard) -> Piece:
    """Count the pretokens of a part of a corpus in a worker."""
    return piece(_made(source), keep, most, part)


def count(
    corpora: Sequence[Corpus],
    pipeline: Pipeline,
    *,
    keep: Keep = everything,
    workers: Workers = HERE,
    source: Source | None = None,
) -> Counts:
    """Split corpora into pretokens as the tokenizer does, and count them.

    Args:
        corpora: the n corpora.
        pipeline: the pipeline of the tokenizer.
        keep: chooses the units that count.
        workers: the processes that count, and report how many bytes have been read.
        source: makes the same pipeline in a worker; without it, this process counts everything.

    Raises:
        TokscopeError: a text cannot be read.
    """
    most = MOST // len(corpora)
    task = Task(
        partial(piece, pipeline, keep, most), _piece if source else None, (source, keep, most)
    )
    wholes = [_whole(pieces, most) for _, pieces in by_parts(corpora, task, workers)]
    ids: dict[str, int] = {}
    rows, columns, values = [NONE], [], [NONE]
    blocks = [block for whole in wholes for block in whole.blocks.values() if block.size]
    for block in blocks:
        numbers = (ids.setdefault(word, len(ids)) for word in block.counts)
        rows.append(np.fromiter(numbers, np.int64, len(block.counts)))
        values.append(np.fromiter(block.counts.values(), np.int64, len(block.counts)))
        columns.append(len(block.counts))
    entries = (
        np.concatenate(values),
        (np.concatenate(rows), np.repeat(np.arange(len(blocks)), columns)),
    )
    names = [corpus.name for corpus in corpora]
    filled = [sum(block.size > 0 for block in whole.blocks.values()) for whole in wholes]
    told = "".join(f"{name}={one.digest}\n" for name, one in zip(names, wholes, strict=True))
    return Counts(
        tuple(names),
        list(map(pipeline.spell, ids)),
        csr_array(entries, shape=(len(ids), len(blocks)), dtype=np.float64),
        np.repeat(np.arange(len(corpora)), filled),
        np.array([block.size for block in blocks], np.int64),
        np.array([whole.left_out for whole in wholes], np.int64),
        hashlib.sha256(told.encode()).hexdigest(),
    )


def _whole(pieces: Iterator[tuple[int, Piece]], most: int) -> Piece:
    """Join the pieces of one corpus; its digest is a hash of their digests."""
    whole = Piece(most)
    digests = []
    for before, part in pieces:
        whole.join(part, before)
        digests.append(part.digest)
    whole.digest = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return whole
