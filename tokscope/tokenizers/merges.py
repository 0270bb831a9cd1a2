"""The order in which a BPE vocabulary was learned: one pair of parts for each token.

A merge list may hold every split of a token (SentencePiece), and a vocabulary may hold no list at
all (ranks, scores). In both cases the merge of a token is what is left when BPE, with the tokens
before it alone, is applied to it: two parts. This gives back the lists that trainers wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tokscope.errors import TokscopeError

Pair = tuple[bytes, bytes]
SPACE = "▁".encode()
_BLANKS = b"\t\n\r \x0b\x0c"


@dataclass(frozen=True)
class Merges:
    """The learned tokens in order.

    A token of `pairs[t]` is None where no two earlier ones make it: it was added, not learned.
    """

    tokens: Sequence[bytes]  # (T,)
    pairs: Sequence[Pair | None]  # (T,)
    bytewise: bool  # merging begins with bytes; else with characters

    def __len__(self) -> int:
        return len(self.tokens)

    def is_manual(self, step: int) -> bool:
        """Tell whether a token was put there by hand: in text of characters, a run of white space.

        Trainers that begin with characters cut text before white space, and never join it.
        """
        return not self.bytewise and not self.tokens[step].replace(SPACE, b"").strip(_BLANKS)


def _parts(symbols: list[bytes], order: Mapping[bytes, int], limit: int) -> list[bytes]:
    """Apply BPE with the tokens before `limit` alone."""
    ranks = [order.get(a + b, limit) for a, b in pairwise(symbols)]
    while ranks and (best := min(ranks)) < limit:
        at = ranks.index(best)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        del ranks[at]
        for i in (at - 1, at):
            if 0 <= i < len(ranks):
                ranks[i] = order.get(symbols[i] + symbols[i + 1], limit)
    return symbols


def _start(token: bytes, bytewise: bool) -> list[bytes]:
    if bytewise:
        return [token[i : i + 1] for i in range(len(token))]
    return [char.encode() for char in token.decode()]


def learned(tokens: Sequence[bytes], *, bytewise: bool) -> Merges:
    """Return the merges of tokens of two symbols or more that are given in order."""
    order = {token: step for step, token in enumerate(tokens)}
    pairs: list[Pair | None] = []
    for step, token in enumerate(tokens):
        parts = _parts(_start(token, bytewise), order, step)
        pairs.append((parts[0], parts[1]) if len(parts) == 2 else None)
    return Merges(tokens, pairs, bytewise)


def listed(pairs: Sequence[Pair], *, bytewise: bool) -> Merges:
    """Return the merges of a list, which may hold several splits of one token."""
    tokens = list(dict.fromkeys(left + right for left, right in pairs))
    if len(tokens) < len(pairs):
        return learned(tokens, bytewise=bytewise)
    return Merges(tokens, pairs, bytewise)


def require_some(merges: Merges, name: str) -> Merges:
    """Raise TokscopeError unless there is a merge."""
    if not any(merges.pairs):
        raise TokscopeError(f"{name}: its vocabulary holds no merge")
    return merges
