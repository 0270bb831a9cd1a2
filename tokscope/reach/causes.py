"""Classify every token: can text produce it, and if not, why not? One primary cause for each."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.reach.search import CONTEXTS, LEFT, NOT_FOUND, RIGHT, AtHand, Pair, Search, stands
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import Anatomy
from tokscope.tokenizers.vocabulary import Vocabulary

Flags = NDArray[np.bool_]
Ids = NDArray[np.int64]
# The first cause that applies to a token is its primary cause.
CAUSES: Mapping[str, str] = {
    "special": "stands for no text, or for text only when special tokens are allowed",
    "added": "cut out of text before the model sees it",
    "repeated fallback": "byte fallback for a byte that has a piece of its own",
    "single byte": "one byte",
    "never valid UTF-8": "no valid text holds its bytes",
    "incomplete UTF-8": "its bytes are not whole characters",
    "reachable": "found at its own bytes in a context, or produced by a text",
    "normalizer": "unreachable: normalisation changes it",
    "pretokenizer": "unreachable: kept whole before the model nowhere that was tried",
    "merges": "unreachable: merges or scores prefer other tokens for its bytes",
    "shadowed": "unreachable: an added token takes some of its text first",
    "duplicate": "unreachable: another token has the same bytes",
    "not found": "not found where it was looked for, which proves nothing",
}
UNREACHABLE = ("normalizer", "pretokenizer", "merges", "shadowed", "duplicate", "not found")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf]\Z")
WHOLE_ONLY = "whole only"  # a flag: reachable, but merges alone would not produce it
# Whether a text stays whole depends on one side at a time; trying all pairs would be slow.
_SIDES = [*((left, "") for left in LEFT), *(("", right) for right in RIGHT[1:])]
NO_TEXT = AtHand()
_SEARCHED = 20_000  # lost tokens to search for in depth; published vocabularies have about 1,000
_BEHIND = 1_000_000  # words to try for all lost tokens together
_PLAIN = [("", ""), (".", "."), ("a", "a")]  # contexts that no normalizer changes


@dataclass(frozen=True)
class Causes:
    """What is known about every id; all arrays are (size,)."""

    primary: Sequence[str]  # "" for an id without a token
    flags: Mapping[str, Flags]
    context: Ids  # the first of CONTEXTS in which the token was found, or NOT_FOUND
    around: Mapping[int, Pair | None]  # for tokens in no context: where a search found them
    limited: str = ""  # what was not tried because very many tokens were lost

    def found_in(self, token: int) -> Pair | None:
        """Return the text before and after a token where it was found."""
        if token in self.around:
            return self.around[token]
        number = int(self.context[token])
        return None if number == NOT_FOUND else CONTEXTS[number]

    def of(self, cause: str) -> Ids:
        """Return the ids whose primary cause this is."""
        return np.array(self._by_cause.get(cause, []), np.int64)

    @cached_property
    def _by_cause(self) -> Mapping[str, Sequence[int]]:
        """The ids of every primary cause."""
        ids: dict[str, list[int]] = {}
        for token, cause in enumerate(self.primary):
            ids.setdefault(cause, []).append(token)
        return ids


def never_valid(piece: bytes) -> bool:
    r"""Return whether no valid UTF-8 text contains these bytes.

    >>> [never_valid(piece) for piece in (b"\xad\xe4\xb8", b"\xe4a", b"\xff", b"\xed\xa0")]
    [False, True, True, True]
    """
    tail = piece.lstrip(bytes(range(0x80, 0xC0)))  # a character may end in three of these
    if len(piece) - len(tail) > 3:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(tail)
    except UnicodeDecodeError:
        return True
    return _SURROGATE.search(tail) is not None  # the decoder needs a third byte to refuse it


def causes(tokenizer: Tokenizer, parts: Anatomy, at_hand: AtHand = NO_TEXT) -> Causes:
    """Classify every token of a tokenizer; search for tokens in contexts first, then in texts."""
    vocabulary, search = tokenizer.vocabulary, Search(tokenizer, at_hand)
    flags = _by_bytes(vocabulary, parts)
    tested = np.flatnonzero(~vocabulary.incomplete & ~flags["special"] & (vocabulary.lengths > 0))
    texts = [vocabulary[token].decode() for token in tested.tolist()]
    context = np.full(vocabulary.size, NOT_FOUND)
    context[tested], number = search.contexts(texts, tested)
    lost = [pair for pair in zip(texts, tested.tolist(), strict=True) if context[pair[1]] < 0]
    around: dict[int, Pair | None] = {}
    around |= {token: (word, "") for token, word in _behind_words(tokenizer, lost, flags).items()}
    lost = [pair for pair in lost if pair[1] not in around]
    limited = _limited(number, len(lost))
    around |= search.counterexamples(lost[:_SEARCHED])
    flags["reachable"] |= context != NOT_FOUND
    flags["reachable"][list(around)] = True
    flags["merges"][list(around)] = False
    _by_the_model(vocabulary, parts, flags)
    lost = [(text, token) for text, token in lost if token not in around]
    _explain(parts, vocabulary, lost[:_SEARCHED], flags)
    flags["not found"][[token for _, token in lost]] = True
    for name in UNREACHABLE[:-1]:
        flags["not found"] &= ~flags[name]
    primary = np.select([flags[name] for name in CAUSES], list(CAUSES), "special")
    primary[parts.missing] = ""
    return Causes(primary.tolist(), flags, context, around, limited)


def _limited(contexts: int, lost: int) -> str:
    """Describe what was not tried because very many tokens were not found."""
    if contexts == len(CONTEXTS) and lost <= _SEARCHED:
        return ""
    searched = min(lost, _SEARCHED)
    return (
        f"very many tokens were not found at once: {contexts} of {len(CONTEXTS)} contexts were "
        f"tried, and {searched:,} of {lost:,} lost tokens were looked for elsewhere and explained"
    )


def _by_the_model(vocabulary: Vocabulary, parts: Anatomy, flags: Mapping[str, Flags]) -> None:
    """Flag tokens that the model does not make from their own piece."""
    if parts.arrives is None:
        return
    lost = ~parts.arrives & ~flags["special"] & ~flags["added"] & (vocabulary.lengths > 0)
    lost[list(vocabulary.fallbacks)] = False
    flags[WHOLE_ONLY][:] = lost & flags["reachable"]
    flags["merges"] |= lost & ~flags["reachable"]


def _by_bytes(vocabulary: Vocabulary, parts: Anatomy) -> dict[str, Flags]:
    """Return the flags that follow from the bytes of tokens alone."""
    flags = {name: np.zeros(vocabulary.size, bool) for name in (*CAUSES, WHOLE_ONLY)}
    for one in parts.added:
        flags["special" if one.special else "added"][one.id] = True
    nothing = vocabulary.lengths == 0
    nothing[parts.missing] = False
    flags["special"] |= nothing
    flags["single byte"] |= vocabulary.byte_tokens
    flags["incomplete UTF-8"] |= vocabulary.incomplete
    for token in np.flatnonzero(vocabulary.incomplete).tolist():
        flags["never valid UTF-8"][token] = never_valid(vocabulary[token])
    for group in duplicates(vocabulary):
        flags["duplicate"][group] = True
        plain = [token for token in group if token not in vocabulary.fallbacks]
        if plain:
            repeated = [token for token in group if token in vocabulary.fallbacks]
            flags["repeated fallback"][repeated] = True
    return flags


def duplicates(vocabulary: Vocabulary) -> list[list[int]]:
    """Return groups of ids with the same bytes, and the same place in a word if places are marked.

    Special tokens and ids without bytes are in no group.
    """
    pieces = vocabulary.pieces
    if len({*pieces, b""}) == 1 + np.count_nonzero(vocabulary.lengths):
        return []
    twice = {piece for piece, uses in Counter(pieces).items() if piece and uses > 1}
    groups: dict[tuple[object, ...], list[int]] = {}
    for token in (i for i, piece in enumerate(pieces) if piece in twice):
        key = vocabulary[token], *_place(vocabulary, token)
        groups.setdefault(key, []).append(token)
    return [group for group in groups.values() if len(group) > 1]


# Reachability


def _behind_words(
    tokenizer: Tokenizer,
    lost: Sequence[tuple[str, int]],
    flags: Mapping[str, Flags],
) -> dict[int, str]:
    """Look for continuing tokens after tokens that begin a word; return those found.

    The model takes the longest token that fits. So a continuing token appears after a token that no
    longer one extends there. If every token is extended, no text can reach it, and it is flagged.
    """
    vocabulary, marks = tokenizer.vocabulary, tokenizer.vocabulary.continuing
    if marks is None:
        return {}
    ids = np.flatnonzero((vocabulary.lengths > 0) & ~vocabulary.incomplete).tolist()
    begin = dict.fromkeys(vocabulary[token].decode() for token in ids if token not in marks)
    go_on = dict.fromkeys(vocabulary[token].decode() for token in ids if token in marks)
    words = sorted((w for w in begin if w.isascii() and w.isalpha()), key=lambda w: (len(w), w))
    tried = []
    steps = iter(range(_BEHIND))  # the steps that are left; zip stops when there are none
    for text, token in lost:
        if token in marks:
            word = _first_end(text, ((word, begin) for word in words), steps)
            if word:
                tried.append((word, text, token))
                continue
            everything = ((word, among) for among in (begin, go_on) for word in among)
            if not _first_end(text, everything, steps) and next(steps, None) is not None:
                flags["merges"][token] = True
    texts = [word + text for word, text, _ in tried]
    starts = np.array([len(word.encode()) for word, _, _ in tried], np.int64)
    sizes = np.array([len(text.encode()) for _, text, _ in tried], np.int64)
    wanted = np.array([token for _, _, token in tried], np.int64)
    there = stands(tokenizer, texts, wanted, starts, starts + sizes)
    return {token: word for (word, _, token), ok in zip(tried, there, strict=True) if ok}


def _first_end(text: str, pairs: Iterable[tuple[str, Container[str]]], steps: Iterator[int]) -> str:
    """Return the first word that no longer token of its kind extends, or "" if steps run out."""
    tried = zip(pairs, steps, strict=False)
    return next((word for (word, among), _ in tried if _ends(word, text, among)), "")


def _ends(word: str, text: str, among: Container[str]) -> bool:
    """Return whether no token in `among` extends a word into the text after it."""
    return not any(word + text[:size] in among for size in range(1, len(text) + 1))


# Why a token is unreachable


def _explain(
    parts: Anatomy,
    vocabulary: Vocabulary,
    lost: Sequence[tuple[str, int]],
    flags: Mapping[str, Flags],
) -> None:
    """Flag the reasons why tokens are unreachable."""
    matched = {one.text: one.id for one in parts.added if not one.special and one.text}
    sizes = sorted({len(text) for text in matched})
    for text, token in lost:
        if not _survives(parts, text):
            flags["normalizer"][token] = True
        elif not _kept_whole(parts, text, _place(vocabulary, token)):
            flags["pretokenizer"][token] = True
        flags["shadowed"][token] = any(
            matched.get(text[at : at + size], token) != token
            for size in sizes
            for at in range(len(text) - size + 1)
        )
        flags["duplicate"][token] &= not flags["shadowed"][token]


def _place(vocabulary: Vocabulary, token: int) -> tuple[bool | None, bool | None]:
    """Return whether a token begins the input of the model, and ends it; None without marks."""
    begins = None if vocabulary.continuing is None else token not in vocabulary.continuing
    return begins, None if vocabulary.ending is None else token in vocabulary.ending


def _survives(parts: Anatomy, text: str) -> bool:
    """Return whether normalisation keeps a text in some context."""
    for left, right in _PLAIN:
        normal = parts.prepare(f"{left}{text}{right}").text
        if normal.count(text) > (left + right).count(text):
            return True
    return False


def _kept_whole(parts: Anatomy, text: str, place: tuple[bool | None, bool | None]) -> bool:
    """Return whether the model gets a text whole in any context, and at its place in a word."""
    for left, right in _SIDES:
        for piece in parts.prepare(f"{left}{text}{right}").pieces:
            at = piece.find(text)
            while at >= 0:
                stands_there = at == 0, at + len(text) == len(piece)
                if all(
                    own in (None, there) for own, there in zip(place, stands_there, strict=True)
                ):
                    return True
                at = piece.find(text, at + 1)
    return False
