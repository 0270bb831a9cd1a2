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
Bits = NDArray[np.uint32]
# The types of numbers that are added, as they are in a file; NumPy has no bfloat16
TYPES: Mapping[str, str] = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_BLOCK = 768 << 10  # bytes of vectors that are made at once, so that they stay in the cache
_OFTEN = 4 << 20  # bytes of old vectors that stay there, of those that come up most
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
    often: Ids  # the old ids that come up most among them: three of four come from few
    places: Ids  # where each of them is in `often`, or -1

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
        pieces = made.pieces[own]
        most = np.argsort(-np.bincount(pieces, minlength=len(old)), kind="stable")
        room = _OFTEN // max(1, factors.itemsize * table.shape[1])
        often = most[: min(room, len(old) // 64)]
        places = np.full(len(old), -1)
        places[often] = np.arange(len(often))
        return cls(table, dtype, counts, copies, starts, pieces, factors, often, places[pieces])

    @property
    def size(self) -> int:
        """How many rows are made at once."""
        return max(1, _BLOCK // max(1, self.weights.itemsize * self.old.shape[1]))

    def room(self) -> Room:
        """Return room for any block."""
        bounds = self.starts[:: self.size]
        most = np.diff(np.append(bounds, self.starts[-1])).max(initial=0)
        room = Room.of(self.size, int(most), len(self.often), (self.old, self.dtype))
        widen(self.old[self.often], self.dtype, room.wide[: len(self.often)])
        return room

    def block(self, start: int, room: Room) -> Numbers:
        """Return the rows from one on; use them before you ask for others in the same room."""
        own = self.counts[start : start + self.size]
        copies = self.copies[start : start + self.size]
        new = np.take(self.old, copies, axis=0, out=room.new[: len(own)], mode="clip")
        new[own == 0] = 0
        several = np.flatnonzero(own > 1)
        if len(several):
            new[several] = room.narrowed(self._summed(start + several, room), self.dtype)
        return new

    def _summed(self, rows: Ids, room: Room) -> Numbers:
        """Return the weighted sums of old rows for some new ids, all those of a block."""
        first, last = self.starts[rows[0]], self.starts[rows[-1] + 1]
        places, often = self.places[first:last].copy(), len(self.often)
        rare = np.flatnonzero(places < 0)
        taken = room.taken(self.old, self.pieces[first:last][rare])
        widen(taken, self.dtype, room.rare[: len(rare)])
        places[rare] = np.arange(often, often + len(rare))
        starts = np.append(self.starts[rows], last) - first
        entries = (self.weights[first:last], places, starts)
        sums: Numbers = sparse.csr_array(entries, shape=(len(rows), len(room.wide))) @ room.wide
        return sums


class Room(NamedTuple):
    """Memory for rows of a tensor, used again and again: the system takes long to give new one."""

    new: Numbers
    old: Numbers
    wide: Numbers  # numbers that can be added: those of rows that come up often, then `rare`
    rare: Numbers  # those of other rows

    @classmethod
    def of(cls, new: int, old: int, often: int, kind: tuple[Numbers, str]) -> Room:
        """Return room for new rows that are made of old ones, beside those that come up often."""
        table, dtype = kind
        width = table.shape[1]
        wide = np.empty((often + old, width), _type_of_sums(dtype))
        return cls(
            np.empty((new, width), table.dtype),
            np.empty((old, width), table.dtype),
            wide,
            wide[often:],
        )

    def taken(self, table: Numbers, ids: NDArray[np.int32]) -> Numbers:
        """Return some rows of a tensor."""
        return np.take(table, ids, axis=0, out=self.old[: len(ids)], mode="clip")

    def narrowed(self, sums: Numbers, dtype: str) -> Numbers:
        """Return sums in the type of the tensor, in room that is free once they are made."""
        return narrow(sums, dtype, self.old[: len(sums)], self.rare)


def _type_of_sums(dtype: str) -> type[np.floating]:
    """Return the type in which the numbers of a tensor are added."""
    return np.float64 if dtype in ("F64", "F32") else np.float32


def widen(rows: Numbers, dtype: str, wide: Numbers) -> None:
    """Make numbers that can be added of rows, once they are multiplied by their scale."""
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


def narrow(numbers: Numbers, dtype: str, found: Numbers, spare: Numbers) -> Numbers:
    """Round numbers to the type of a tensor, to the nearest, of two to the even one.

    Args:
        numbers: what is rounded; (rows, width).
        dtype: the type.
        found: room for the result.
        spare: room that is as large as `numbers` twice.
    """
    if dtype in ("F32", "F64"):
        with np.errstate(over="ignore"):
            np.copyto(found, numbers, casting="same_kind")
    else:
        bits, spare = numbers.view(np.uint32), spare.view(np.uint32)
        fill = _bfloats if dtype == "BF16" else _halves
        fill(
            numbers, bits, found.view("<u2"), (spare[: len(bits)], spare[len(bits) :][: len(bits)])
        )
    return found


def _upper(bits: Bits, dropped: int, upper: Bits) -> None:
    """Make the upper bits of float32, rounded by those that are dropped."""
    np.right_shift(bits, dropped, out=upper)
    upper &= 1
    upper += (1 << (dropped - 1)) - 1
    upper += bits
    upper >>= dropped


def _bfloats(numbers: Numbers, bits: Bits, found: Numbers, spare: tuple[Bits, Bits]) -> None:
    _upper(bits, 16, spare[0])
    np.copyto(found, spare[0], casting="same_kind")
    if np.isnan(numbers.min(initial=0)):
        nothing = np.isnan(numbers)
        found[nothing] = (bits[nothing] >> 16) | 0x40


def _halves(numbers: Numbers, bits: Bits, found: Numbers, spare: tuple[Bits, Bits]) -> None:
    """Round to float16 as NumPy does, which takes twice as long; it gets those that are special."""
    upper, other = spare
    _upper(bits, 13, upper)
    upper -= 112 << 10  # the bias of the exponent
    np.right_shift(bits, 16, out=other)
    other &= 0x8000
    upper &= 0xFFFF
    upper |= other
    np.copyto(found, upper, casting="same_kind")
    np.left_shift(bits, 1, out=other)
    other -= 113 << 24
    special = np.flatnonzero(other >= 30 << 24)  # the smallest and the largest
    with np.errstate(over="ignore"):
        rest = numbers.reshape(-1)[special].astype("<f2")
    found.reshape(-1)[special] = rest.view("<u2")
