"""What a token stands for, and which tokens a model alone makes of given bytes.

No normalizer, no cutting into words and no space before a text: only the model. So the bytes of a
token of one tokenizer can be spelled with the tokens of another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Protocol, cast, runtime_checkable

import numpy as np

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Pieces = Sequence[int]
# Bytes that are not whole characters, and the character that would be read as a space
_APART = re.compile(f"([\udc80-\udcff{SPACE}]+)")


@runtime_checkable
class HasPieces(Protocol):
    """A tokenizer whose model can be asked for the tokens of given bytes."""

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> Sequence[list[int]]:
        """Return the ids that the model alone gives for each of several bytes.

        Where it has no way to spell them, it may return anything that spells something else.

        Args:
            data: in families that mark places in words, without a space.
            starts: whether each begins a word, for those families.
        """
        ...


def forms(vocabulary: Vocabulary) -> list[bytes]:
    """Return what each id stands for; nothing for special tokens and gaps.

    These are its bytes. A WordPiece token that begins a word gets the space that its bytes lack,
    unless it is an ASCII sign: BERT writes `word,` without one.
    """
    tokens, continuing = vocabulary.pieces, vocabulary.continuing
    if continuing is None:
        return [*tokens]
    return [
        b" " + token if _is_word(token) and i not in continuing else token
        for i, token in enumerate(tokens)
    ]


def form(vocabulary: Vocabulary, token: int) -> bytes:
    """Return what an id stands for, as `forms` does."""
    own, continuing = vocabulary[token], vocabulary.continuing
    starts = continuing is not None and token not in continuing
    return b" " + own if starts and _is_word(own) else own


def _is_word(token: bytes) -> bool:
    """Tell whether a token begins with a letter, a number, or a byte that is not ASCII."""
    return token[:1].isalnum() or token[:1] >= b"\x80"


def by_form(vocabulary: Vocabulary) -> dict[bytes, int]:
    """Return the id for each form: the lowest one that is not a byte fallback, or else the lowest.

    Special tokens and gaps have no form.
    """
    every, last = forms(vocabulary), vocabulary.fallbacks
    first = [token for token in reversed(range(len(every))) if token not in last]
    found = dict(zip(map(every.__getitem__, first), first, strict=True))
    for token in sorted(last):
        found.setdefault(every[token], token)
    found.pop(b"", None)
    return found


def pieces(tokenizer: Tokenizer, data: bytes, *, start: bool | None = None) -> list[int] | None:
    """Return the ids that the model alone gives for bytes, as `all_pieces` does."""
    return all_pieces(tokenizer, [data], None if start is None else [start])[0]


def all_pieces(
    tokenizer: Tokenizer, data: Sequence[bytes], starts: Sequence[bool] | None = None
) -> list[list[int] | None]:
    """Return the ids that the model alone gives for each of several bytes; None if it has no way.

    The bytes of the ids are always those that were asked for. Where words have marks, their tokens
    never hold the space before them: it is left out of data that begin a word.

    Args:
        tokenizer: any whose family can tell.
        data: bytes; nothing spells none of them.
        starts: whether each begins a word; by default, if it begins with a space.

    Raises:
        TokscopeError: the family cannot tell.
    """
    if not isinstance(tokenizer, HasPieces):
        raise TokscopeError(
            f"{tokenizer.name}: its kind of tokenizer, {tokenizer.family}, cannot spell given bytes"
        )
    vocabulary = tokenizer.vocabulary
    begin = [one[:1] == b" " for one in data] if starts is None else starts
    if vocabulary.continuing is not None or vocabulary.ending is not None:
        data = [
            one.removeprefix(b" ") if start else one for one, start in zip(data, begin, strict=True)
        ]
    found = tokenizer.pieces(data, begin)
    if _all_spell(vocabulary, found, data):
        return [ids or None for ids in found]
    spell = vocabulary.pieces.__getitem__
    return [
        ids if ids and b"".join(map(spell, ids)) == one else None
        for one, ids in zip(data, found, strict=True)
    ]


def _all_spell(vocabulary: Vocabulary, found: Sequence[Pieces], data: Sequence[bytes]) -> bool:
    """Tell whether each of several lists of ids spells its bytes, all at once."""
    counts = np.fromiter(map(len, found), np.int64, len(found))
    ids = np.fromiter(chain.from_iterable(found), np.int32, counts.sum())
    ends = np.concatenate(([0], np.cumsum(vocabulary.lengths[ids])))[np.cumsum(counts)]
    sizes = np.fromiter(map(len, data), np.int64, len(data))
    same = np.array_equal(ends, np.cumsum(sizes))
    return same and vocabulary.spell(ids).tobytes() == b"".join(data)


def in_characters(
    vocabulary: Vocabulary,
    data: Sequence[bytes],
    encode: Callable[[list[str]], Iterable[Pieces]],
) -> list[list[int]]:
    """Return the ids of a model that reads characters, ▁ as a space, and other bytes by fallback.

    Nothing stands for bytes without a fallback. `encode` returns the ids of texts.
    """
    parts = [_APART.split(one.decode(errors="surrogateescape")) for one in data]
    texts = [text for own in parts for text in own[::2] if text]
    ids = iter(encode(texts))
    bytes_of = {vocabulary[i][0]: i for i in vocabulary.fallbacks}
    found: list[list[int]] = []
    for own in parts:
        whole: list[int] = []
        for place, part in enumerate(own):
            if place % 2:
                rest = part.encode(errors="surrogateescape")
                whole += (bytes_of[byte] for byte in rest if byte in bytes_of)
            elif part:
                whole += next(ids)
        found.append(whole)
    return found


def in_words(
    vocabulary: Vocabulary, data: Sequence[bytes], starts: Sequence[bool]
) -> list[list[int]]:
    """Return the longest tokens from the left, of WordPiece: starts of words, then continuing ones.

    What begins a word is looked up among the starts alone: a continuing `##` would else be `####`.
    """
    marks = vocabulary.continuing or frozenset()
    tables: tuple[dict[bytes, int], dict[bytes, int]] = ({}, {})
    for token, own in enumerate(vocabulary.pieces):
        if own:
            tables[token in marks].setdefault(own, token)
    longest = cast(tuple[int, int], tuple(max(map(len, table), default=0) for table in tables))
    return [
        _longest(one, tables, longest, 0 if start else 1)
        for one, start in zip(data, starts, strict=True)
    ]


def _longest(
    data: bytes,
    tables: tuple[dict[bytes, int], dict[bytes, int]],
    longest: tuple[int, int],
    table: int,
) -> list[int]:
    found: list[int] = []
    at = 0
    while at < len(data):
        known = tables[table]
        for end in range(min(at + longest[table], len(data)), at, -1):
            token = known.get(data[at:end])
            if token is not None:
                break
        else:
            return []
        found.append(token)
        at, table = end, 1
    return found
