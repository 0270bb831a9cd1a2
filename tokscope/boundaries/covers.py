"""Every way in which a continuation of a prompt can be encoded, up to where the prompt ends.

A *cover* of a prompt is what a tokenizer makes of the prompt and the rest of a token: its last
token holds the end of the prompt, and nothing comes behind it. A model that is given the canonical
tokens of the prompt cannot go on to a cover that begins with others.

Source: Phan et al. 2024, "Understanding and Mitigating Tokenization Bias in Language Models".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.boundaries.prompts import Tail, as_read, tails
from tokscope.errors import TokscopeError
from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.vocabulary import Vocabulary

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SURROGATES = 0xDC00  # a byte of a cut character is decoded as this and its value
_BETWEEN = 0xFF  # a byte that UTF-8 does not have
_CUT = re.compile("[\udc80-\udcfe]")
_MOST = 20_000_000  # characters that are encoded for a prompt


class Candidates(NamedTuple):
    """Tokens that could hold the end of a prompt, by their bytes alone; K of them."""

    ids: Ids  # (K,)
    held: Ids  # (K,) bytes of the prompt that each would hold
    rest: Ids  # (K,) which of the texts it has behind the prompt
    rests: Sequence[str]  # each once, or the text of each token
    incomplete: int  # tokens that end inside a character, which are left out


def candidates(vocabulary: Vocabulary, prompt: bytes) -> Candidates:
    """Return the tokens that begin with an end of a prompt."""
    found = list(_beginning(vocabulary, prompt))
    ids = np.concatenate([np.zeros(0, np.int64), *(own for _, own in found)])
    held = np.repeat([size for size, _ in found], [len(own) for _, own in found]).astype(np.int64)
    texts, cut = _rests(vocabulary, ids, held)
    if cut.any():
        texts, ids, held = list(compress(texts, ~cut)), ids[~cut], held[~cut]
    if len(found) == 1:  # then they are as different as tokens are
        return Candidates(ids, held, np.arange(len(ids)), texts, int(cut.sum()))
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    rest = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
    return Candidates(ids, held, rest, list(numbers), int(cut.sum()))


def _rests(vocabulary: Vocabulary, ids: Ids, held: Ids) -> tuple[list[str], Flags]:
    """Return tokens without their first bytes, and which of them begin or end in a character.

    All are decoded at once, with a byte between them that UTF-8 does not have. Bytes of a cut
    character are surrogates.
    """
    begins = _begins(vocabulary)[ids] + held
    sizes = vocabulary.ends[ids] - begins
    places = np.arange(sizes.sum() + len(ids))
    ends = np.cumsum(sizes + 1)
    places += np.repeat(begins - ends + sizes + 1, sizes + 1)
    data = vocabulary.blob[np.minimum(places, len(vocabulary.blob) - 1)]
    data[ends - 1] = _BETWEEN
    joined = data.tobytes().decode(errors="surrogateescape")
    texts = joined.split(chr(_SURROGATES + _BETWEEN))[:-1]
    if len(texts) > len(ids):  # a token holds that byte
        blob, spans = vocabulary.blob.tobytes(), zip(begins.tolist(), sizes.tolist(), strict=True)
        texts = [blob[b : b + size].decode(errors="surrogateescape") for b, size in spans]
        return texts, np.fromiter(map(bool, map(_CUT.search, texts)), bool, len(texts))
    cut, at = np.zeros(len(ids), bool), [match.start() for match in _CUT.finditer(joined)]
    if at:
        behind = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
        cut[np.searchsorted(behind, at, side="right")] = True
    return texts, cut


def _beginning(vocabulary: Vocabulary, prompt: bytes) -> Iterator[tuple[int, Ids]]:
    """Yield the tokens that begin with the last 1, 2, 3, ... bytes of a prompt."""
    blob, lengths, begins = vocabulary.blob, vocabulary.lengths, _begins(vocabulary)
    known, longest = np.flatnonzero(lengths), int(lengths.max(initial=0))
    first = blob[begins[known]]
    by_first = {byte: known[first == byte] for byte in set(prompt[-longest:])}
    for held in range(1, min(longest, len(prompt)) + 1):
        end = prompt[len(prompt) - held :]
        ids = by_first[end[0]]
        ids = ids[lengths[ids] >= held]
        for place in range(1, held):
            if not len(ids):
                break
            ids = ids[blob[begins[ids] + place] == end[place]]
        if len(ids):
            yield held, ids


def _begins(vocabulary: Vocabulary) -> Ids:
    """Return where the bytes of each token begin."""
    return vocabulary.ends - vocabulary.lengths


@dataclass(frozen=True)
class Covers:
    """The covers of a prompt, C of them: canonical tokens, those of a stem, and a last token."""

    text: str  # the prompt as the tokenizer reads it
    canonical: Ids  # its tokens
    settled: Ids  # (C,) number of canonical tokens before the stem
    stem: Ids  # (C,) which of the stems
    stems: Sequence[tuple[int, ...]]
    last: Ids  # (C,) the last token
    rest: Ids  # (C,) which of the rests
    rests: Sequence[str]  # texts behind the prompt
    kept: Ids  # (C,) number of canonical tokens that it begins with
    candidates: int  # tokens that begin with an end of the prompt
    incomplete: int  # those of them that end inside a character, which are left out
    lost: bool = False  # no token holds the end of the prompt, which is dropped or unknown

    def __len__(self) -> int:
        return len(self.last)

    @property
    def given_up(self) -> Ids:
        """The number of canonical tokens from the first one in which each cover differs; (C,)."""
        return len(self.canonical) - self.kept

    @property
    def final(self) -> int:
        """The number of canonical tokens that all covers begin with."""
        return int(self.kept.min(initial=len(self.canonical)))

    def ids(self, cover: int) -> list[int]:
        """Return the tokens of a cover."""
        before = self.canonical[: self.settled[cover]].tolist()
        return [*before, *self.stems[self.stem[cover]], int(self.last[cover])]

    def behind(self, cover: int) -> str:
        """Return the text of a cover behind the prompt."""
        return self.rests[self.rest[cover]]


def covers(tokenizer: Tokenizer, prompt: str) -> Covers:
    """Return all covers of a prompt, those that give up least first, then by their last token.

    If no token holds the end of the prompt, which is then dropped or unknown, the canonical tokens
    are the only cover.
    """
    text, canonical = as_read(tokenizer, prompt)
    found = candidates(tokenizer.vocabulary, text.encode())
    made = _Asked(tokenizer, text, canonical, found).covers()
    return made if len(made) or not len(canonical) else _only(made)


def _only(made: Covers) -> Covers:
    """Return the canonical tokens as the only cover."""
    size, none = len(made.canonical), np.zeros(1, np.int64)
    last = made.canonical[-1:]
    return replace(
        made,
        settled=none + size - 1,
        stem=none,
        stems=[()],
        last=last,
        rest=none,
        rests=[""],
        kept=none + size,
        lost=True,
    )


class _Asked(NamedTuple):
    """What is asked of a tokenizer."""

    tokenizer: Tokenizer
    text: str
    canonical: Ids
    found: Candidates

    def covers(self) -> Covers:
        """Return the covers among the candidates; each rest is encoded behind what decides it."""
        found = self.found
        stems: dict[tuple[int, ...], int] = {}
        parts = [np.zeros((5, 0), np.int64)]
        left = np.arange(len(found.rests))
        for tail in tails(self.tokenizer, self.text, self.canonical, len(left)):
            if not len(left):
                break
            decided, rows = self.ends(tail, left, stems)
            parts.append(rows)
            left = left[~decided]
        rows = np.concatenate(parts, axis=1)
        settled, stem, last, rest, kept = rows[:, np.lexsort((rows[2], -rows[4]))]
        return Covers(
            self.text, self.canonical, settled, stem, list(stems), last, rest, found.rests, kept,
            len(found.ids) + found.incomplete, found.incomplete,
        )  # fmt: skip

    def ends(self, tail: Tail, which: Ids, stems: dict[tuple[int, ...], int]) -> tuple[Flags, Ids]:
        """Return which of some rests a tail decides, and the covers that end in these.

        The rows of covers are settled, stem, last, rest and kept; (5, C). New stems are added to
        those that are known.
        """
        self.require_short(tail, len(which))
        found = self.found
        rests = [found.rests[i] for i in which] if len(which) < len(found.rests) else found.rests
        encoded = encode_what_can_be(self.tokenizer, [*map(tail.text.__add__, rests)])
        ids, starts, ends = encoded.ids, encoded.starts[:-1], encoded.starts[1:]
        decided = starts + len(tail.first) < ends
        begins = ids[starts[decided][:, None] + np.arange(len(tail.first))]
        decided[decided] = (begins == tail.first).all(axis=1)
        last, place = np.full((2, len(found.rests)), -1)
        last[which[decided]] = ids[ends[decided] - 1]
        place[which] = np.arange(len(which))
        valid = last[found.rest] == found.ids
        rest, last = found.rest[valid], found.ids[valid]
        own = place[rest]
        stem = _numbered(ids, starts[own] + tail.skip, ends[own] - 1, stems)
        settled = np.full(len(rest), tail.settled)
        kept = tail.settled + self.kept(stem, last, list(stems), tail.settled)
        return decided | (not len(tail.first)), np.stack([settled, stem, last, rest, kept])

    def require_short(self, tail: Tail, rests: int) -> None:
        """Raise TokscopeError if the whole of a long prompt would be encoded again and again."""
        if len(tail.text) * rests > _MOST:
            raise TokscopeError(
                f"{self.tokenizer.name}: {len(tail.text):,} characters of the prompt may decide "
                f"how its end is cut, and {rests:,} ways to go on are tried; give only the end of "
                "the prompt"
            )

    def kept(self, stem: Ids, last: Ids, stems: Sequence[tuple[int, ...]], settled: int) -> Ids:
        """Return how many canonical tokens behind the settled ones covers begin with."""
        own = self.canonical[settled:].tolist()
        same = np.zeros(len(stems), np.int64)
        for number in np.unique(stem).tolist():
            pairs = zip(stems[number], own, strict=False)
            same[number] = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        sizes = np.array([len(one) for one in stems], np.int64)
        following = np.append(self.canonical[settled:], -1)[np.minimum(same, len(own))]
        return same[stem] + ((same == sizes)[stem] & (following[stem] == last))


def _numbered(
    ids: NDArray[np.int32], starts: Ids, ends: Ids, known: dict[tuple[int, ...], int]
) -> Ids:
    """Return the number of each of several spans of ids; new ones are added to the known."""
    numbers, sizes = np.zeros(len(starts), np.int64), ends - starts
    for size in np.unique(sizes).tolist():
        own = np.flatnonzero(sizes == size)
        rows = ids[starts[own][:, None] + np.arange(size)]
        while len(own):
            same = (rows == rows[0]).all(axis=1)
            numbers[own[same]] = known.setdefault(tuple(rows[0].tolist()), len(known))
            own, rows = own[~same], rows[~same]
    return numbers
