"""The order in which a BPE vocabulary was learned: one pair of parts for each token.

A merge list may hold every split of a token (SentencePiece), and a vocabulary may hold no list at
all (ranks, scores). In both cases the merge of a token is what is left when BPE, with the tokens
before it alone, is applied to it: two parts. This gives back the lists that trainers wrote.

Some vocabularies mark where in a word a piece stands: WordPiece writes `##` before what does not
begin one, GPT-1 and CLIP write `</w>` behind what ends one. Pieces that differ in a mark are
different symbols to the trainer, so tokens, parts and the alphabet are written with their marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise, zip_longest

from tokscope.errors import TokscopeError
from tokscope.tokenizers.vocabulary import BYTE, CONTROL, SPACE, UNKNOWN

Pair = tuple[bytes, bytes]
_SPACE = SPACE.encode()
_IN_ORDER = 0.995  # of the tokens; the others were added by hand to those that were learned
_PLACEHOLDER = re.compile(rb"\[\w+\]")  # an entry that is not text: [unused7]
_BLANKS = b"\t\n\r \x0b\x0c"


@dataclass(frozen=True)
class Marks:
    """How pieces mark their place in a word; empty if they do not."""

    prefix: bytes = b""  # of what does not begin a word
    suffix: bytes = b""  # of what ends a word

    def __bool__(self) -> bool:
        return bool(self.prefix or self.suffix)

    def read(self, piece: bytes) -> tuple[bytes, bytes, bytes]:
        """Return the prefix of a piece, what it spells, and its suffix.

        A mark with nothing beside it is text: the piece `##` is two number signs.
        """
        start = len(self.prefix) if piece.startswith(self.prefix) else 0
        start = start if start < len(piece) else 0
        end = len(piece) - (len(self.suffix) if piece.endswith(self.suffix) else 0)
        end = end if end > start else len(piece)
        return piece[:start], piece[start:end], piece[end:]

    def join(self, parts: Iterable[bytes]) -> bytes:
        """Return what neighbours in a word make: the prefix of the first alone is kept."""
        first, *others = parts
        return first + b"".join(part.removeprefix(self.prefix) for part in others)

    def symbols(self, piece: bytes, *, bytewise: bool) -> list[bytes]:
        """Return the symbols that a piece is made of, each with its marks."""
        before, body, behind = self.read(piece)
        symbols = _units(body, bytewise)
        symbols[1:] = [self.prefix + symbol for symbol in symbols[1:]]
        if symbols:
            symbols[0] = before + symbols[0]
            symbols[-1] += behind
        return symbols


NO_MARKS = Marks()


@dataclass(frozen=True)
class Merges:
    """The learned tokens in order.

    A token of `pairs[t]` is None where no two earlier ones make it: it was added, not learned.
    """

    tokens: Sequence[bytes]  # (T,) with their marks
    pairs: Sequence[Pair | None]  # (T,)
    bytewise: bool  # merging begins with bytes; else with characters
    known: Sequence[bytes] = ()  # characters of the vocabulary, in a merge or not
    marks: Marks = NO_MARKS

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def plain(self) -> Sequence[bytes]:
        """What the tokens spell, without marks; shape (T,), and two may be the same."""
        return [self.marks.read(token)[1] for token in self.tokens] if self.marks else self.tokens

    @cached_property
    def alphabet(self) -> Sequence[bytes]:
        """The symbols that merging begins with.

        All bytes in every place of a word, or the characters that the vocabulary holds. The
        trainer did not know any other character.
        """
        marks = self.marks
        if self.bytewise:
            symbols = [bytes([byte]) for byte in range(256)]
            if marks.prefix:
                symbols += [marks.prefix + symbol for symbol in symbols]
            return symbols + [symbol + marks.suffix for symbol in symbols if marks.suffix]
        made = (marks.symbols(token, bytewise=False) for token in self.tokens)
        return sorted({*self.known, *chain.from_iterable(made)})

    def is_manual(self, step: int) -> bool:
        """Tell whether a token was put there by hand: in text of characters, a run of white space.

        Trainers that begin with characters cut text before white space, and never join it.
        """
        return not self.bytewise and not self.plain[step].replace(_SPACE, b"").strip(_BLANKS)


def _units(text: bytes, bytewise: bool) -> list[bytes]:
    if bytewise:
        return [text[i : i + 1] for i in range(len(text))]
    return [char.encode() for char in text.decode()]


def _parts(symbols: list[bytes], order: Mapping[bytes, int], limit: int, mark: int) -> list[bytes]:
    """Apply BPE with the tokens before `limit`; symbols but the first begin with a mark."""
    ranks = [order.get(a + b[mark:], limit) for a, b in pairwise(symbols)]
    while ranks and (best := min(ranks)) < limit:
        at = ranks.index(best)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1][mark:]]
        del ranks[at]
        for i in (at - 1, at):
            if 0 <= i < len(ranks):
                ranks[i] = order.get(symbols[i] + symbols[i + 1][mark:], limit)
    return symbols


def learned(pieces: Iterable[bytes], *, bytewise: bool, marks: Marks = NO_MARKS) -> Merges:
    """Return the merges of a vocabulary in the order in which it was learned.

    Pieces of one symbol were there before the first merge, wherever they stand.
    """
    spelled = {piece: marks.symbols(piece, bytewise=bytewise) for piece in pieces}
    tokens = [piece for piece, symbols in spelled.items() if len(symbols) > 1]
    order = {token: step for step, token in enumerate(tokens)}
    pairs: list[Pair | None] = []
    for step, token in enumerate(tokens):
        parts = _parts(spelled[token], order, step, len(marks.prefix))
        pairs.append((parts[0], parts[1]) if len(parts) == 2 else None)
    return Merges(tokens, pairs, bytewise, _singles(spelled, bytewise, marks), marks)


def listed(
    pairs: Sequence[Pair],
    *,
    bytewise: bool,
    pieces: Iterable[bytes] = (),
    marks: Marks = NO_MARKS,
) -> Merges:
    """Return the merges of a list, which may hold several splits of one token.

    Args:
        pairs: in order.
        bytewise: whether text is merged as bytes.
        pieces: the vocabulary, which may know characters that are in no merge.
        marks: of places in words.
    """
    tokens = list(dict.fromkeys(map(marks.join, pairs)))
    known = _singles(pieces, bytewise, marks)
    if len(tokens) < len(pairs):
        return replace(learned(tokens, bytewise=bytewise, marks=marks), known=known)
    return Merges(tokens, pairs, bytewise, known, marks)


def _singles(pieces: Iterable[bytes], bytewise: bool, marks: Marks) -> tuple[bytes, ...]:
    """Return the pieces that are one character; all bytes are known anyway."""
    if bytewise:
        return ()
    return tuple(piece for piece in pieces if len(marks.symbols(piece, bytewise=False)) == 1)


def merges_of(
    pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int] = ()
) -> list[tuple[str, str]]:
    """Return the merges that a SentencePiece BPE vocabulary stands for, as Hugging Face lists them.

    Every split of a piece into two pieces is a merge; higher scores come first, then earlier
    pieces, then the splits of one piece by the ids of their parts. Control, unknown and byte
    pieces are neither made nor merged.
    """
    ids = {
        piece: i
        for i, (piece, kind) in enumerate(zip_longest(pieces, kinds))
        if kind not in (UNKNOWN, CONTROL, BYTE)
    }
    order = sorted(ids.values(), key=lambda i: -scores[i])
    merges = []
    for i in order:
        piece = pieces[i]
        splits = ((piece[:k], piece[k:]) for k in range(1, len(piece)))
        known = [(a, b) for a, b in splits if a in ids and b in ids]
        merges += sorted(known, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    return merges


def require_training_order(merges: Merges, name: str) -> Merges:
    """Raise TokscopeError if merges come from ids that are not in the order of training.

    Every token of a trained list is made of two earlier ones. Where words stand in the order of
    their frequency, or of their letters, many are not.
    """
    told = zip(merges.tokens, merges.pairs, strict=True)
    made = [pair is not None for token, pair in told if pair or not _PLACEHOLDER.fullmatch(token)]
    if sum(made) < _IN_ORDER * len(made):
        share = 100 * sum(made) / len(made)
        raise TokscopeError(
            f"{name}: WordPiece keeps no merges, and its ids are not in the order of training, "
            f"which would tell them (only {share:.1f} % of its tokens are made of two earlier ones)"
        )
    return merges


def require_some(merges: Merges, name: str) -> Merges:
    """Raise TokscopeError unless there is a merge."""
    if not any(merges.pairs):
        raise TokscopeError(f"{name}: its vocabulary holds no merges")
    return merges
