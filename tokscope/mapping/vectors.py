"""Vectors of new ids: weighted sums of old ones, a block at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.late import Late
from tokscope.mapping.kinds import Ids, Map

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = Late("scipy.sparse")  # only a model that is written needs it

Numbers = NDArray[Any]
# The types of numbers that are added, as they are in a file; NumPy has no bfloat16
TYPES: Mapping[str, str] = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_BLOCK = 768 << 10  # bytes of vectors that are made at once, so that they stay in the cache
# A float16 that is read as the upper bits of a float32 is too small by this factor, exactly
_HALF_SCALE = 2.0**112
_HALF_BITS = np.int32(-0x70002000)  # the bits of a float32 that a float16 has: 8FFFE000
_HALF_TOP = 0x0F800000  # the exponent of an infinite float16 in these bits


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

    old: Numbers  # (rows, width)
    dtype: str
    counts: Ids  # old ids of each new id; 0 if the tensor lacks one; (V_new,)
    copies: Ids  # the old id of those that have one; (V_new,)
    starts: Ids  # where the old ids of those that have several begin, and the end; (V_new + 1,)
    pieces: NDArray[np.int32]  # those old ids
    weights: NDArray[np.floating]

    @classmethod
    def of(cls, made: Map, weights: NDArray[np.float64], old: Numbers, dtype: str) -> Vectors:
        """Return the new rows of a tensor, which may be of one dimension."""
        counts = np.where(without_row(made, len(old)), 0, made.counts)
        copies = np.zeros(made.height, np.int64)
        copies[counts == 1] = made.pieces[made.starts[:-1][counts == 1]]
        starts = np.concatenate(([0], np.cumsum(np.where(counts > 1, counts, 0))))
        own = np.repeat(counts > 1, made.counts)
        factors = weights[own].astype(_type_of_sums(dtype))
        if dtype == "F16":
            factors *= _HALF_SCALE
        table = old.reshape(len(old), -1)
        return cls(table, dtype, counts, copies, starts, made.pieces[own], factors)

    @property
    def size(self) -> int:
        """How many rows are made at once."""
        return max(1, _BLOCK // max(1, self.weights.itemsize * self.old.shape[1]))

    def room(self) -> Room:
        """Return room for any block."""
        bounds = self.starts[:: self.size]
        most = np.diff(np.append(bounds, self.starts[-1])).max(initial=0)
        return Room.of(self.size, int(most), self.old, self.dtype)

    def block(self, start: int, room: Room) -> Numbers:
        """Return the rows from one on; use them before you ask for others in the same room."""
        own = self.counts[start : start + self.size]
        copies = self.copies[start : start + self.size]
        new = np.take(self.old, copies, axis=0, out=room.new[: len(own)], mode="clip")
        new[own == 0] = 0
        several = np.flatnonzero(own > 1)
        if len(several):
            new[several] = narrow(self._summed(start + several, room), self.dtype)
        return new

    def _summed(self, rows: Ids, room: Room) -> Numbers:
        """Return the weighted sums of old rows for some new ids, all those of a block."""
        first, last = self.starts[rows[0]], self.starts[rows[-1] + 1]
        numbers = room.widened(room.taken(self.old, self.pieces[first:last]), self.dtype)
        starts = np.append(self.starts[rows], last) - first
        entries = (self.weights[first:last], np.arange(last - first), starts)
        sums: Numbers = sparse.csr_array(entries, shape=(len(rows), len(numbers))) @ numbers
        return sums


class Room(NamedTuple):
    """Memory for rows of a tensor, used again and again: the system takes long to give new one."""

    new: Numbers
    old: Numbers
    wide: Numbers  # numbers that can be added

    @classmethod
    def of(cls, new: int, old: int, table: Numbers, dtype: str) -> Room:
        """Return room for some new rows that are made of some old ones."""
        width = table.shape[1]
        wide = np.empty((old, width), _type_of_sums(dtype))
        return cls(np.empty((new, width), table.dtype), np.empty((old, width), table.dtype), wide)

    def taken(self, table: Numbers, ids: NDArray[np.int32]) -> Numbers:
        """Return some rows of a tensor."""
        return np.take(table, ids, axis=0, out=self.old[: len(ids)], mode="clip")

    def widened(self, rows: Numbers, dtype: str) -> Numbers:
        """Return rows as numbers that can be added, once they are multiplied by their scale."""
        wide = self.wide[: len(rows)]
        if dtype == "BF16":  # the upper half of float32
            bits = wide.view(np.uint32)
            bits[:] = rows
            bits <<= 16
        elif dtype == "F16":  # the same bits in other places; NumPy takes six times as long
            signed, bits = rows.view(np.int16), wide.view(np.int32)
            bits[:] = signed
            bits <<= 13
            bits &= _HALF_BITS
            if signed.max(initial=0) >= 0x7C00 or signed.view(np.uint16).max(initial=0) >= 0xFC00:
                bits[bits & _HALF_TOP == _HALF_TOP] |= 0x7F800000  # infinity, or none
        else:
            wide[:] = rows
        return wide


def _type_of_sums(dtype: str) -> type[np.floating]:
    """Return the type in which the numbers of a tensor are added."""
    return np.float64 if dtype in ("F64", "F32") else np.float32


def narrow(numbers: Numbers, dtype: str) -> Numbers:
    """Round numbers to the type of a tensor, to the nearest, of two to the even one."""
    if dtype == "BF16":
        return _bfloats(numbers)
    if dtype == "F16":
        return _halves(numbers)
    with np.errstate(over="ignore"):
        return numbers.astype(TYPES[dtype], copy=False)


def _upper(bits: NDArray[np.uint32], dropped: int) -> Numbers:
    """Return the upper bits of float32, rounded by those that are dropped."""
    upper = bits >> dropped  # in place from here: a block is read and written often
    upper &= 1
    upper += (1 << (dropped - 1)) - 1
    upper += bits
    upper >>= dropped
    return upper


def _bfloats(numbers: NDArray[np.float32]) -> NDArray[np.uint16]:
    bits = numbers.view(np.uint32)
    found = _upper(bits, 16).astype("<u2")
    if np.isnan(numbers.min(initial=0)):
        nothing = np.isnan(numbers)
        found[nothing] = (bits[nothing] >> 16) | 0x40
    return found


def _halves(numbers: NDArray[np.float32]) -> NDArray[np.float16]:
    """Round to float16 as NumPy does, which takes twice as long; it gets those that are special."""
    bits = numbers.view(np.uint32)
    found = _upper(bits, 13).astype("<u2")
    found -= (112 << 10) & 0xFFFF  # the bias of the exponent
    signs = (bits >> 16).astype("<u2")
    signs &= 0x8000
    found |= signs
    sizes = bits << 1
    sizes -= 113 << 24
    special = np.flatnonzero(sizes >= 30 << 24)  # the smallest and the largest
    with np.errstate(over="ignore"):
        rest = numbers.reshape(-1)[special].astype("<f2")
    found.reshape(-1)[special] = rest.view("<u2")
    return found.view("<f2")
