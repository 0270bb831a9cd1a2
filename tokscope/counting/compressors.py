"""How small compressors make a text: numbers to hold beside those of tokenizers."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tokscope.text.corpus import Corpus, read
from tokscope.text.parts import by_corpus
from tokscope.workers import HERE, Workers


class _Stream(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Compressor(NamedTuple):
    """A way to compress: which one exactly, and how a new stream begins."""

    version: str
    stream: Callable[[], _Stream]


COMPRESSORS: Mapping[str, Compressor] = {
    "gzip": Compressor(
        f"gzip -9 (zlib {zlib.ZLIB_RUNTIME_VERSION})",
        lambda: zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS),
    ),
    "bz2": Compressor("bz2 -9", lambda: bz2.BZ2Compressor(9)),
    "xz": Compressor("xz -9e", lambda: lzma.LZMACompressor(preset=9 | lzma.PRESET_EXTREME)),
}


@dataclass(frozen=True)
class Compressed:
    """The bytes of a corpus, with a line feed after each unit, and what compressors make of them.

    `size` is how many bytes were read for it.
    """

    text: int
    packed: Mapping[str, int]
    size: int

    def bits_per_byte(self, name: str) -> float:
        """Return the bits that one compressor needs for a byte of the text."""
        return 8 * self.packed[name] / self.text

    def __add__(self, other: Compressed) -> Compressed:
        packed = {name: size + other.packed[name] for name, size in self.packed.items()}
        return Compressed(self.text + other.text, packed, self.size + other.size)


def compressed(
    corpora: Sequence[Corpus], names: Sequence[str], workers: Workers = HERE
) -> Iterator[Compressed]:
    """Yield what compressors make of each corpus, in one stream that one process writes.

    Raises:
        TokscopeError: a text cannot be read.
    """
    return by_corpus(corpora, _compressed, (tuple(names),), workers)


def _compressed(
    names: Sequence[str], corpus: Corpus, advance: Callable[[int], None] = lambda _: None
) -> Compressed:
    streams = {name: COMPRESSORS[name].stream() for name in names}
    text, size, packed = 0, 0, dict.fromkeys(names, 0)
    for units in (units for shard in corpus.shards for units in read(shard)):
        data = "\n".join((*units.texts, "")).encode()
        text += len(data)
        size += len(units.raw)
        advance(len(units.raw))
        for name, stream in streams.items():
            packed[name] += len(stream.compress(data))
    rest = {name: len(stream.flush()) for name, stream in streams.items()}
    return Compressed(text, {name: packed[name] + rest[name] for name in names}, size)
