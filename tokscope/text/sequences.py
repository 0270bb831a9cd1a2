"""Sequences of FASTA files: every record is a unit, without its heading and its line ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from tokscope.text.files import Shard
from tokscope.text.lines import Units, blocks, whole_records


def read_sequences(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the sequence of every record as a unit; letters stay as they are.

    A line that begins with > opens a record.

    Raises:
        TokscopeError: there is text before the first record.
    """
    for block in blocks(stream, shard, whole_records):
        lines = block.lines()
        heads = [i for i, line in enumerate(lines) if line.startswith(">")]
        first = heads[0] if heads else len(lines)
        for i, line in enumerate(lines[:first]):
            if line.strip():
                problem = "no line before it begins with >, as a record of FASTA does"
                hint = f"read it as plain text with txt:{shard.path}"
                raise shard.error(block.line + i + 1, f"{problem}; {hint}")
        ends = [*heads[1:], len(lines)][: len(heads)]
        texts = ["".join(lines[a + 1 : b]) for a, b in zip(heads, ends, strict=True)]
        places = block.offsets(len(lines))[np.array(heads, np.int64)]
        last = [block.line + end for end in ends]
        yield Units(texts, places, last, block.raw, replaced=block.replaced)
