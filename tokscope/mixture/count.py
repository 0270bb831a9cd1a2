"""How often each pretoken occurs in each corpus, by blocks of its text.

Texts are lines with their line feed, or records as they are. Where there are too many pretokens,
blocks are joined; then the rarest pretokens are left out, and what is left out is counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count as counter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.text.corpus import Corpus, Units, has_fields, read, size
from tokscope.tokenizers.pipeline import Cut, Pipeline

BLOCKS = 32  # a corpus has from 32 to 63 blocks of one size, fewer if it is short
FEWEST = 16  # to which blocks are joined when there are too many pretokens, before any is left out
MOST = 6_000_000  # pretokens held, each in every block that it is in
LONGEST = 4_096  # characters of a pretoken; a longer one is left out
NONE = np.zeros(0, np.int64)
_STEP = 1_024  # bytes of the first blocks


@dataclass(frozen=True)
class Counts:
    """W pretokens in n corpora of B blocks in all.

    `blocks` (W, B) holds how often each pretoken occurs in each block, `owner` (B,) the corpus of
    each block. `sizes` (B,) are the bytes of text, among them those of pretokens left out.
    """

    names: tuple[str, ...]
    pretokens: Sequence[bytes]
    blocks: csr_array
    owner: NDArray[np.int64]
    sizes: NDArray[np.int64]
    left_out: NDArray[np.int64]  # (n,) bytes of pretokens left out
    digest: str  # of all that was read

    def matrix(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return how often each pretoken occurs in each corpus; shape (W, n).

        Blocks count as often as their weights say: a bootstrap draws them.
        """
        return np.asarray(self.blocks @ self._of_corpus(weights))

    def bytes(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the bytes of text of each corpus; shape (n,)."""
        return np.asarray(self.sizes @ self._of_corpus(weights))

    def _of_corpus(self, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the weight of each block in each corpus; shape (B, n)."""
        member = self.owner[:, None] == np.arange(len(self.names))
        return member * (1.0 if weights is None else weights[:, None])

    def subset(self, names: Sequence[str]) -> Counts:
        """Return some of the corpora, in the order given; all pretokens stay."""
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
    """Return units as they are trained on and counted: lines with their line feed, or without."""
    return [f"{text}\n" for text in units.texts] if line_feeds else units.texts


@dataclass
class _Block:
    """Some text that is counted together."""

    counts: Counter[str]
    size: int = 0


def _folded(blocks: list[_Block]) -> list[_Block]:
    """Join blocks two by two."""
    for first, second in zip(blocks[::2], blocks[1::2], strict=False):
        first.counts.update(second.counts)
        first.size += second.size
    return blocks[::2]


def _chunks(texts: Sequence[str], size: int) -> Iterator[tuple[Sequence[str], int]]:
    """Cut texts into runs of about so many bytes."""
    lengths = np.cumsum([len(text.encode()) for text in texts])
    at = before = 0
    while at < len(texts):
        end = max(int(np.searchsorted(lengths, before + size)) + 1, at + 1)
        end = min(end, len(texts))
        yield texts[at:end], int(lengths[end - 1]) - before
        at, before = end, int(lengths[end - 1])


class _Counting:
    """The blocks of one corpus as they grow: of one size, which doubles when they are too many."""

    def __init__(self, cut: Cut, corpus: Corpus, most: int) -> None:
        self.cut, self.most = cut, most
        self.blocks: list[_Block] = [_Block(Counter())]
        self.width = max(_STEP, sum(size(shard) or 0 for shard in corpus.shards) // (2 * BLOCKS))
        self.left_out = 0
        self.long = False  # whether a text is so long that a pretoken may be

    def add(self, texts: Sequence[str]) -> None:
        for chunk, length in _chunks(texts, self.width):
            self.long |= max(map(len, chunk)) > LONGEST
            last = self.blocks[-1]
            last.counts.update(self.cut(chunk))
            last.size += length
            if last.size >= self.width:
                self._close()

    def _close(self) -> None:
        if len(self.blocks) >= 2 * BLOCKS:
            self._fold()
        while sum(len(block.counts) for block in self.blocks) > self.most:
            if len(self.blocks) > FEWEST:
                self._fold()
            else:
                self._forget()
        self.blocks.append(_Block(Counter()))

    def _fold(self) -> None:
        self.blocks = _folded(self.blocks)
        self.width *= 2

    def _forget(self) -> None:
        """Leave out the rarest pretokens, as many as make half of the room free."""
        totals: Counter[str] = Counter()
        for block in self.blocks:
            totals.update(block.counts)
        ranked = np.sort(np.fromiter(totals.values(), np.int64))
        rare = int(ranked[len(ranked) // 2])
        for block in self.blocks:
            for word in [word for word in block.counts if totals[word] <= rare]:
                self.left_out += len(word.encode()) * block.counts.pop(word)

    def drop_long(self) -> None:
        """Leave out pretokens that are too long to replay."""
        for block in self.blocks if self.long else ():
            for word in [word for word in block.counts if len(word) > LONGEST]:
                self.left_out += len(word.encode()) * block.counts.pop(word)


def count(
    corpora: Sequence[Corpus],
    pipeline: Pipeline,
    *,
    keep: Callable[[Units], Units] = lambda units: units,
    advance: Callable[[int], None] = lambda _: None,
) -> Counts:
    """Cut corpora as the tokenizer does, and count its pretokens.

    Args:
        corpora: n of them.
        pipeline: the tokenizer's.
        keep: returns the units that count.
        advance: is told how many bytes have been read.

    Raises:
        TokscopeError: a text cannot be read.
    """
    ids: dict[str, int] = {}  # in order, with gaps
    numbering = counter()
    rows: list[NDArray[np.int64]] = []
    columns: list[int] = []
    values: list[NDArray[np.int64]] = []
    owner, sizes, left_out = [], [], []
    digest = hashlib.sha256()
    for place, corpus in enumerate(corpora):
        found = _Counting(pipeline.cut, corpus, MOST // len(corpora))
        digest.update(f"{corpus.name}\n".encode())
        for shard in corpus.shards:
            feeds = pipeline.line_feeds and not has_fields(shard)
            for units in read(shard):
                digest.update(units.raw)
                found.add(texts_of(keep(units), feeds))
                advance(len(units.raw))
        found.drop_long()
        left_out.append(found.left_out)
        for block in filter(lambda block: block.size, found.blocks):
            numbers = map(ids.setdefault, block.counts, numbering)
            rows.append(np.fromiter(numbers, np.int64, len(block.counts)))
            values.append(np.fromiter(block.counts.values(), np.int64, len(block.counts)))
            columns.append(len(block.counts))
            owner.append(place)
            sizes.append(block.size)
    at = np.repeat(np.arange(len(columns)), columns)
    row = np.searchsorted(np.fromiter(ids.values(), np.int64), np.concatenate([NONE, *rows]))
    entries = (np.concatenate([NONE, *values]), (row, at))
    return Counts(
        tuple(corpus.name for corpus in corpora),
        [pipeline.spell(word) for word in ids],
        csr_array(entries, shape=(len(ids), len(columns)), dtype=np.float64),
        np.array(owner, np.int64),
        np.array(sizes, np.int64),
        np.array(left_out, np.int64),
        digest.hexdigest(),
    )
