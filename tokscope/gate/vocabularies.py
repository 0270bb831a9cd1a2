"""Which ids were added, removed or changed, as far as the baseline can tell.

A lock keeps a hash of all ids. It proves that ids were only added or only removed at the end; which
ids changed among the others is known if the baseline is a tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tokscope.errors import shortened
from tokscope.gate.snapshot import Identity, hash_of_ids
from tokscope.text.spelled import spelled
from tokscope.tokenizers.vocabulary import Vocabulary

_LONGEST = 24  # characters of a token
Pieces = dict[int, bytes]  # by id


def changed_ids(head: Identity, base: Identity, examples: int = 3) -> str:
    """Name the ids that were added, removed, moved or changed; empty if all are the same."""
    if head.vocabulary == base.vocabulary:
        return ""
    if head.tokens and base.tokens:
        return _between(_pieces(base.tokens), _pieces(head.tokens), examples)
    return _at_the_end(head, base, examples) or _unknown(head, base)


def _pieces(vocabulary: Vocabulary) -> Pieces:
    """Return what every id stands for; ids that stand for nothing are left out."""
    pieces = {i: vocabulary.spelling(i) for i in range(vocabulary.size)}
    return {i: piece for i, piece in pieces.items() if piece}


def _between(old: Pieces, new: Pieces, examples: int) -> str:
    """Tell added, removed and moved tokens apart, by their bytes."""
    before = {piece: i for i, piece in reversed(old.items()) if new.get(i) != piece}
    after = {piece: i for i, piece in reversed(new.items()) if old.get(i) != piece}
    added = [(i, p) for p, i in after.items() if p not in before][::-1]
    removed = [(i, p) for p, i in before.items() if p not in after][::-1]
    moved = [(i, p) for p, i in before.items() if p in after][::-1]
    parts = [
        _listed("added", added, examples),
        _listed("removed", removed, examples),
        _listed("moved", moved, examples, lambda i, p: f"{_written(p)} {i} -> {after[p]}"),
    ]
    told = "; ".join(filter(None, parts))
    if not told:
        return "ids became special, ordinary or unused, with the same text"
    return told if moved else f"{told}, no other id changed"


def _at_the_end(head: Identity, base: Identity, examples: int) -> str:
    """Name ids behind those of the other side, if a hash proves that those are the same."""
    tokens = head.tokens
    if tokens is None:
        return ""
    told = _listed("added", list(_more(tokens, base)), examples)
    told = _listed("removed", list(_fewer(tokens, base)), examples) or told
    shared = min(tokens.size, base.size)
    same = {n: i for n, i in base.specials.items() if i < shared}.items() <= head.specials.items()
    return f"{told}, no other id changed" if told and same else told


def same_ids(tokens: Vocabulary, base: Identity) -> Vocabulary | None:
    """Return all ids of the baseline, if a hash proves that these ids begin with them."""
    for size in sorted({base.size, base.size + tokens.gaps, tokens.size}):
        if 0 < size <= tokens.size:
            ends = tokens.ends[:size]
            blob = tokens.blob[: int(ends[-1])]
            if hash_of_ids(blob, ends) == base.vocabulary:
                return Vocabulary(blob, ends, base.specials)
    return None


def _more(tokens: Vocabulary, base: Identity) -> Iterator[tuple[int, bytes]]:
    old = same_ids(tokens, base)
    if old:
        yield from ((i, tokens.spelling(i)) for i in range(old.size, tokens.size))


def _fewer(tokens: Vocabulary, base: Identity) -> Iterator[tuple[int, bytes]]:
    """Yield special tokens of the baseline, which have no bytes, if they alone are missing."""
    gone = sorted((i, name.encode()) for name, i in base.specials.items() if i >= tokens.size)
    last = tokens.ends[-1] if tokens.size else 0
    longer = np.append(tokens.ends, np.full(len(gone), last, np.int64))
    if gone and hash_of_ids(tokens.blob, longer) == base.vocabulary:
        yield from gone


def _unknown(head: Identity, base: Identity) -> str:
    sizes = f"{base.size:,} -> " if head.size != base.size else "still "
    sizes += f"{head.size:,} ids"
    return f"ids stand for other bytes ({sizes}; the lock has only their hash, not which changed)"


def _named(token: int, piece: bytes) -> str:
    return f"{token} {_written(piece)}"


def _listed(
    what: str,
    items: Sequence[tuple[int, bytes]],
    examples: int,
    name: Callable[[int, bytes], str] = _named,
) -> str:
    """Say how many ids there are and name the first; empty if there are none."""
    if not items:
        return ""
    more = f" and {len(items) - examples:,} more" if len(items) > examples else ""
    count = f"{len(items):,} id{'s' if len(items) > 1 else ''}"
    return f"{count} {what}: {', '.join(name(*item) for item in items[:examples])}{more}"


def _written(piece: bytes) -> str:
    return shortened(spelled(piece), _LONGEST)
