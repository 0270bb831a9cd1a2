"""For every id of a new tokenizer, the ids of an old one that spell what it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import choose
from tokscope.late import Late
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import Prepared, added_tokens, anatomy_of
from tokscope.tokenizers.forms import all_pieces, by_form, forms
from tokscope.tokenizers.roles import roles_of

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = Late("scipy.sparse")  # only a map that is written needs it

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
COPIED, COMPOSED, SPECIAL, NONE = KINDS = ("copied", "composed", "special", "none")
MEAN, FIRST, LAST, LENGTH = METHODS = ("mean", "first", "last", "length")
_BETWEEN, _BATCH = "|", 512  # a sign that normalizers keep, and texts at once
GAP = -1  # an id that does not exist
# role -> the role that stands in for it if the old tokenizer does not have it
_ELSE: Mapping[str, str] = {"bos": "cls", "eos": "sep", "cls": "bos", "sep": "eos", "mask": "pad"}


@dataclass(frozen=True)
class Map:
    """The old ids of each new id, in the order in which they spell it."""

    kinds: NDArray[np.int8]  # (V_new,) the place in KINDS, or -1 for an id that does not exist
    starts: Ids  # (V_new + 1,) new id n has the old ids pieces[starts[n] : starts[n + 1]]
    pieces: NDArray[np.int32]
    sizes: Ids  # bytes of each of these pieces; at least 1
    width: int  # V_old, the largest old id plus one

    @property
    def height(self) -> int:
        """V_new, the largest new id plus one."""
        return len(self.kinds)

    @cached_property
    def counts(self) -> Ids:
        """How many old ids each new id has; (V_new,)."""
        return np.diff(self.starts)

    @property
    def rows(self) -> Ids:
        """The new id of each piece."""
        return np.repeat(np.arange(self.height), self.counts)

    def of(self, kind: str) -> Flags:
        """Tell which new ids are of a kind; (V_new,)."""
        return self.kinds == KINDS.index(kind)

    def old(self, token: int) -> list[int]:
        """Return the old ids of a new id."""
        found: list[int] = self.pieces[self.starts[token] : self.starts[token + 1]].tolist()
        return found


def map_of(old: Tokenizer, new: Tokenizer) -> Map:
    """Map every id of `new` to ids of `old` by bytes, and special tokens by their role.

    Raises:
        TokscopeError: the family of `old` cannot spell given bytes.
    """
    table, every = by_form(old.vocabulary), forms(new.vocabulary)
    copy = np.fromiter(map(table.get, every, repeat(-1)), np.int64, len(every))
    rest = [token for token in np.flatnonzero(copy < 0).tolist() if every[token]]
    found = all_pieces(old, [every[token] for token in rest])
    composed = {token: ids for token, ids in zip(rest, found, strict=True) if ids}
    kinds = np.where(copy < 0, KINDS.index(NONE), KINDS.index(COPIED)).astype(np.int8)
    kinds[[*composed]] = KINDS.index(COMPOSED)
    for token, other in by_role(old, new).items():
        copy[token], kinds[token] = other, KINDS.index(SPECIAL)
        composed.pop(token, None)
    kinds[_gaps(new)] = GAP
    counts = (copy >= 0).astype(np.int64)
    counts[[*composed]] = [len(ids) for ids in composed.values()]
    starts = np.concatenate(([0], np.cumsum(counts)))
    pieces = np.repeat(copy, counts).astype(np.int32)
    pieces[pieces < 0] = np.fromiter(chain.from_iterable(composed.values()), np.int32)
    sizes = np.maximum(old.vocabulary.lengths[pieces], 1)
    return Map(kinds, starts, pieces, sizes, old.vocabulary.size)


def _gaps(tokenizer: Tokenizer) -> Flags:
    """Tell which ids do not exist, where a family tells: they are not of special tokens."""
    vocabulary = tokenizer.vocabulary
    gaps = vocabulary.lengths == 0
    gaps[list(vocabulary.specials.values())] = False
    if vocabulary.unknown is not None:
        gaps[vocabulary.unknown] = False
    return gaps


def by_role(old: Tokenizer, new: Tokenizer) -> dict[int, int]:
    """Return the old id for special tokens of `new`: one of the same text, or of the same role.

    A role that `old` lacks has another that stands in for it. If a new token has several roles, the
    most important one that `old` has counts. What is special in one of the two may be an added
    token in the other.
    """
    own, roles = old.vocabulary.specials, roles_of(old)
    found = {}
    for role, token in reversed(roles_of(new).items()):
        other = roles.get(role, roles.get(_ELSE.get(role, "")))
        if other is not None:
            found[token] = other
    known = {one.text: one.id for one in added_tokens(old)} | dict(own)
    specials = new.vocabulary.specials
    found |= {token: known[text] for text, token in specials.items() if text in known}
    return found | {one.id: own[one.text] for one in added_tokens(new) if one.text in own}


def weights_of(made: Map, method: str) -> NDArray[np.float64]:
    """Return the weight of each piece; those of a new id sum to 1.

    Methods: mean, all the same (Gee et al. 2022); first or last, that piece alone; length, by
    bytes.

    Raises:
        TokscopeError: the method is unknown.
    """
    choose(dict.fromkeys(METHODS), method, "method")
    full = made.counts > 0
    weights = np.ones(len(made.pieces))
    if method == LENGTH:
        weights = made.sizes.astype(float)
    elif method in (FIRST, LAST):
        weights[:] = 0
        weights[made.starts[:-1][full] if method == FIRST else made.starts[1:][full] - 1] = 1
    sums = np.bincount(made.rows, weights, made.height)
    return weights / sums[made.rows]


def matrix_of(made: Map, weights: NDArray[np.floating]) -> sparse.csr_array:
    """Return W, of which row n makes the new vector n of the old ones; (V_new, V_old).

    Weights of a piece that comes up twice are added; those of 0 are left out.
    """
    entries = (weights, made.pieces, made.starts)
    matrix = sparse.csr_array(entries, shape=(made.height, made.width), copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def changed_by(old: Tokenizer, new: Tokenizer, made: Map) -> Ids:
    """Return the new ids whose text `old` normalizes to another: no text gave its model these ids.

    White space around the text does not count.
    """
    if old.components().get("normalizer", "null") == "null":
        return np.zeros(0, np.int64)
    whole = (made.of(COPIED) | made.of(COMPOSED)) & ~new.vocabulary.incomplete
    tokens, every = np.flatnonzero(whole), forms(new.vocabulary)
    texts = [every[token].decode().strip() for token in tokens.tolist()]
    prepare = anatomy_of(old).prepare
    usual = [text for text in texts if _BETWEEN not in text]
    found = (
        one
        for start in range(0, len(usual), _BATCH)
        for one in _normalized(prepare, usual[start : start + _BATCH])
    )
    own = (prepare(text).text if _BETWEEN in text else next(found) for text in texts)
    return tokens[[one.strip() != text for one, text in zip(own, texts, strict=True)]]


def _normalized(prepare: Callable[[str], Prepared], texts: Sequence[str]) -> list[str]:
    """Normalize texts, all at once if that leaves what is put between them."""
    found = prepare(_BETWEEN.join(texts)).text.split(_BETWEEN)
    if len(found) == len(texts):
        return found
    return [prepare(text).text for text in texts]


def lost_ids(old: Tokenizer, made: Map) -> Ids:
    """Return the old ids with bytes of which no new id is a copy."""
    lost = old.vocabulary.lengths > 0
    kept = made.of(COPIED)
    lost[made.pieces[made.starts[:-1][kept]]] = False
    return np.flatnonzero(lost)
