"""Which units share a row: those of a block of the file, those of a cluster, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokscope.counting.tokens import Counts

BLOCKS = 4096  # the most rows of a corpus that is not parallel


@dataclass
class Blocks:
    """Sums of rows by place in the file: at most `BLOCKS` sums, however long the file is.

    The size of a block is the smallest power of two that suffices. So it depends on the text alone.
    """

    rows: Counts  # (BLOCKS, tokenizers, columns)
    width: int = 1

    def add(self, counts: Counts, offsets: Counts) -> None:
        """Add the counts of consecutive units, (units, tokenizers, columns), to their blocks."""
        while offsets[-1] // self.width >= BLOCKS:
            half = self.rows[0::2] + self.rows[1::2]
            self.rows = np.concatenate((half, np.zeros_like(half)))
            self.width *= 2
        blocks = offsets // self.width
        begin = np.flatnonzero(np.diff(blocks, prepend=-1))  # the first unit of each block
        self.rows[blocks[begin]] += np.add.reduceat(counts, begin)

    def filled(self) -> tuple[Counts, Counts]:
        """Return the rows that are not empty, and the bytes where their blocks begin."""
        full = np.flatnonzero(self.rows.any(axis=(1, 2)))
        return self.rows[full], full * self.width


@dataclass
class Clusters:
    """Sums of rows by the number of their cluster."""

    rows: Counts  # (clusters, tokenizers, columns)

    def add(self, counts: Counts, numbers: Counts) -> None:
        """Add the counts of some units to their clusters."""
        missing = int(numbers.max()) + 1 - len(self.rows)
        if missing > 0:
            self.rows = np.pad(self.rows, ((0, missing), (0, 0), (0, 0)))
        np.add.at(self.rows, numbers, counts)

    def filled(self) -> tuple[Counts, Counts]:
        """Return all rows, and their numbers."""
        return self.rows, np.arange(len(self.rows))


@dataclass
class Apart:
    """Rows that are kept apart, one per unit."""

    rows: list[Counts]

    def add(self, counts: Counts, _: Counts) -> None:
        """Keep the counts of each unit."""
        self.rows.append(counts)

    def filled(self) -> tuple[Counts, Counts]:
        """Return all rows; their places do not matter."""
        rows = np.concatenate(self.rows)
        return rows, np.zeros(len(rows), np.int64)
