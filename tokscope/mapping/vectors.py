"""Vectors of new ids: weighted sums of old ones, a block at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.mapping.kinds import Ids, Map

Numbers = NDArray[Any]
# The types of numbers that are added, as they are in a file; NumPy has no bfloat16
TYPES: Mapping[str, str] = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_BLOCK = 1 << 20  # bytes of vectors that are made at once


def without_row(made: Map, rows: int) -> NDArray[np.bool_]:
    """Tell which new ids have an old id for which a tensor of so many rows has no row."""
    return np.bincount(made.rows[made.pieces >= rows], minlength=made.height) > 0


@dataclass(frozen=True)
class Vectors:
    """The new rows of a tensor.

    A new id with one old id gets the same bytes. One with several gets their weighted sum, in
    float64 for float32, else in float32, rounded once. One with none, or with one for which the
    tensor has no row, gets zeros.
    """

    map: Map
    weights: NDArray[np.float64]
    old: Numbers  # (rows, width)
    dtype: str
    counts: Ids  # old ids of each new id; 0 if the tensor lacks one; (V_new,)

    @classmethod
    def of(cls, made: Map, weights: NDArray[np.float64], old: Numbers, dtype: str) -> Vectors:
        """Return the new rows of a tensor, which may be of one dimension."""
        counts = np.where(without_row(made, len(old)), 0, made.counts)
        return cls(made, weights, old.reshape(len(old), -1), dtype, counts)

    @property
    def size(self) -> int:
        """How many rows are made at once."""
        return max(1, _BLOCK // max(1, 8 * self.old.shape[1]))

    def room(self) -> Room:
        """Return room for any block."""
        sums = np.add.reduceat(self.counts, np.arange(0, len(self.counts), self.size))
        return Room.of(self.size, int(sums.max(initial=0)), self.old, self.dtype)

    def block(self, start: int, room: Room) -> Numbers:
        """Return the rows from one on; use them before you ask for others in the same room."""
        own = self.counts[start : start + self.size]
        new, one, several = room.new[: len(own)], np.flatnonzero(own == 1), np.flatnonzero(own > 1)
        new[own == 0] = 0
        new[one] = room.taken(self.old, self.map.pieces[self.map.starts[start + one]])
        if len(several):
            new[several] = narrow(self._summed(start + several, room), self.dtype)
        return new

    def _summed(self, rows: Ids, room: Room) -> Numbers:
        """Return the weighted sums of old rows for some new ids."""
        counts = self.counts[rows]
        starts = np.concatenate(([0], np.cumsum(counts)))
        at = np.arange(starts[-1]) + np.repeat(self.map.starts[rows] - starts[:-1], counts)
        numbers = room.widened(room.taken(self.old, self.map.pieces[at]), self.dtype)
        entries = (self.weights[at].astype(numbers.dtype), np.arange(len(at)), starts)
        sums: Numbers = csr_array(entries, shape=(len(rows), len(at))) @ numbers
        return sums


class Room(NamedTuple):
    """Memory for rows of a tensor, used again and again: the system takes long to give new one."""

    new: Numbers
    old: Numbers
    wide: Numbers  # float64 for float32 and float64, else float32

    @classmethod
    def of(cls, new: int, old: int, table: Numbers, dtype: str) -> Room:
        """Return room for some new rows that are made of some old ones."""
        width = table.shape[1]
        wide = np.empty((old, width), np.float64 if dtype in ("F64", "F32") else np.float32)
        return cls(np.empty((new, width), table.dtype), np.empty((old, width), table.dtype), wide)

    def taken(self, table: Numbers, ids: NDArray[np.int32]) -> Numbers:
        """Return some rows of a tensor."""
        return np.take(table, ids, axis=0, out=self.old[: len(ids)], mode="clip")

    def widened(self, rows: Numbers, dtype: str) -> Numbers:
        """Return rows as numbers that can be added."""
        wide = self.wide[: len(rows)]
        if dtype == "BF16":  # the upper half of float32
            bits = wide.view(np.uint32)
            bits[:] = rows
            bits <<= 16
        elif dtype == "F16":  # NumPy computes each, and takes four times as long
            np.take(_every_half(), rows.view(np.uint16), out=wide, mode="clip")
        else:
            wide[:] = rows
        return wide


@cache
def _every_half() -> NDArray[np.float32]:
    """Return the value of each float16, by its bits."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


def narrow(numbers: Numbers, dtype: str) -> Numbers:
    """Round numbers to the type of a tensor, to the nearest, of two to the even one."""
    if dtype != "BF16":
        with np.errstate(over="ignore"):
            return numbers.astype(TYPES[dtype], copy=False)
    bits = numbers.view(np.uint32)
    nothing = np.isnan(numbers) if np.isnan(numbers.min()) else None
    half = bits >> 16  # in place from here: a block is read and written often
    half &= 1
    half += 0x7FFF
    half += bits
    half >>= 16
    if nothing is not None:
        half[nothing] = (bits[nothing] >> 16) | 0x40
    return half.astype("<u2")
