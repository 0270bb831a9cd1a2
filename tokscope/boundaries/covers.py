"""Every way in which a continuation of a prompt can be encoded, up to where the prompt ends.

A *cover* of a prompt is what a tokenizer makes of the prompt and the rest of a token: its last
token holds the end of the prompt, and nothing comes behind it. A model that is given the canonical
tokens of the prompt cannot go on to a cover that begins with others.

Source: Phan et al. 2024, "Understanding and Mitigating Tokenization Bias in Language Models".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.boundaries.joints import Joints, joints
from tokscope.boundaries.prompts import Tail, as_read, tails
from tokscope.boundaries.spaced import Spaced, spaced, texts_of
from tokscope.errors import TokscopeError
from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.tokenizers.vocabulary import Vocabulary

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
_ONE_BY_ONE = 4  # bytes that are compared alone; few tokens are left then
_MANY = 1_000  # ways to go on; fewer are encoded before merges are looked through
_MOST = 20_000_000  # characters that are encoded for a prompt


class Candidates(NamedTuple):
    """Tokens that could hold the end of a prompt, by their bytes alone; K of them."""

    ids: Ids  # (K,)
    held: Ids  # (K,) bytes of the prompt that each would hold
    rest: Ids  # (K,) which of the texts it has behind the prompt
    rests: Sequence[str]  # each once
    incomplete: int  # tokens that end inside a character, which are left out


def candidates(vocabulary: Vocabulary, prompt: bytes, known: Spaced | None = None) -> Candidates:
    """Return the tokens that begin with an end of a prompt.

    If that is a space, the tokens that begin with one may be known; their rests come first.
    """
    numbers: dict[str, int] = {}
    parts = [np.zeros((3, 0), np.int64)]
    incomplete = 0
    if known:
        incomplete = known.incomplete
        numbers |= zip(known.rests, range(len(known.rests)), strict=True)
        parts.append(np.stack([known.ids, np.ones_like(known.ids), known.rest]))
    for held, ids in _beginning(vocabulary, prompt):
        if held == 1 and known:
            continue
        texts, whole = texts_of(vocabulary, ids, held)
        incomplete += int((~whole).sum())
        rest = [numbers.setdefault(text, len(numbers)) for text in texts]
        ids = ids[whole]
        parts.append(np.stack([ids, np.full(len(ids), held), np.array(rest, np.int64)]))
    ids, held_by, rest_of = np.concatenate(parts, axis=1)
    return Candidates(ids, held_by, rest_of, list(numbers), incomplete)


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
        for place in range(1, min(held, _ONE_BY_ONE)):
            ids = ids[blob[begins[ids] + place] == end[place]]
        places = begins[ids][:, None] + np.arange(held)
        ids = ids[(blob[places] == np.frombuffer(end, np.uint8)).all(axis=1)]
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
    known = spaced(tokenizer) if text.endswith(" ") else None
    found = candidates(tokenizer.vocabulary, text.encode(), known)
    merged = joints(tokenizer) if len(found.rests) >= _MANY else None
    merged = merged if merged and merged.decide(text) else None
    made = _Asked(tokenizer, text, canonical, found, known, merged).covers()
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
    spaced: Spaced | None  # if the text ends in a space
    joints: Joints | None  # if merges decide alone

    def covers(self) -> Covers:
        """Return the covers among the candidates."""
        found, stems = self.found, dict[tuple[int, ...], int]()
        settled, stem, last, rest, kept = self.rows(stems)
        order = np.lexsort((last, -kept))
        return Covers(
            self.text, self.canonical, settled[order], stem[order], list(stems), last[order],
            rest[order], found.rests, kept[order], len(found.ids) + found.incomplete,
            found.incomplete,
        )  # fmt: skip

    def rows(self, stems: dict[tuple[int, ...], int]) -> Ids:
        """Return the rows of all covers, by merges if they decide alone.

        Where text is cut before its last space, by samples.
        """
        left, one = np.ones(len(self.found.rests), bool), self.spaced
        if self.joints:
            return self.merged(self.joints, stems)
        if one is None:
            return self.encoded(left, stems)
        cut = np.append(one.cut(self.text), False)  # the last one for those without a group
        alike = np.flatnonzero(cut[one.group])
        left[alike] = False
        left[one.samples[cut[:-1]]] = True
        rows = self.encoded(left, stems)
        place = np.full(len(self.found.rests), -1)
        place[rows[3]] = np.arange(rows.shape[1])
        alike = alike[~left[alike]]
        sample = one.samples[one.group[alike]]
        found = place[sample] >= 0  # the sample is a cover; its last token is then that of its text
        found[found] = rows[2][place[sample[found]]] == one.token[sample[found]]
        more = rows[:, place[sample[found]]]
        more[2], more[3] = one.token[alike[found]], alike[found]
        left[:] = False
        left[alike[~found]] = True
        return np.concatenate((rows, more, self.encoded(left, stems)), axis=1)

    def merged(self, joints: Joints, stems: dict[tuple[int, ...], int]) -> Ids:
        """Return the covers with a token that may stand behind those of the text before it.

        Candidates that no merge makes, such as bytes of characters, are encoded.
        """
        found, parts = self.found, [np.zeros((5, 0), np.int64)]
        made = joints.pairs.whole[found.ids]
        before = self.before(np.unique(found.held[made]).tolist(), joints.first)
        made &= np.isin(found.held, list(before))
        for held, (settled, ids) in before.items():
            own = np.flatnonzero(made & (found.held == held))
            own = own[joints.pairs.may_follow(ids[-1] if ids else -1, found.ids[own])]
            stem = np.full(len(own), stems.setdefault(tuple(ids), len(stems)))
            last, rest = found.ids[own], found.rest[own]
            kept = settled + self.kept(stem, last, list(stems), settled)
            parts.append(np.stack([np.full(len(own), settled), stem, last, rest, kept]))
        others = found._replace(
            ids=found.ids[~made], held=found.held[~made], rest=found.rest[~made]
        )
        which = np.zeros(len(found.rests), bool)
        which[others.rest] = True
        return np.concatenate((*parts, self._replace(found=others).encoded(which, stems)), axis=1)

    def before(self, sizes: Sequence[int], first: int) -> dict[int, tuple[int, list[int]]]:
        """Return the tokens of the text without each of several numbers of bytes at its end.

        They are the number of settled ones, and those behind them; the first one stands alone
        before no text. What the tokenizer refuses is left out.
        """
        data = self.text.encode()
        found = {size: (0, [first] if first >= 0 else []) for size in sizes if size == len(data)}
        cut = {size: len(data[-size:].decode()) for size in sizes}
        for tail in tails(self.tokenizer, self.text, self.canonical, 0):
            left = [size for size in sizes if size not in found and cut[size] < len(tail.text)]
            if not left:
                break
            encoded, decided = self.behind(tail, [tail.text[: -cut[size]] for size in left])
            ids = np.split(encoded.ids[: encoded.starts[-1]], encoded.starts[1:-1])
            pairs = zip(left, ids, decided.tolist(), strict=True)
            found |= {
                size: (tail.settled, own[tail.skip :].tolist())
                for size, own, is_told in pairs
                if is_told
            }
        return found

    def behind(self, tail: Tail, texts: Sequence[str]) -> tuple[Encoded, Flags]:
        """Return the tokens of texts that begin with a tail, and which have its first ones."""
        encoded = encode_what_can_be(self.tokenizer, texts)
        ids, starts, ends = encoded.ids, encoded.starts[:-1], encoded.starts[1:]
        decided = starts + len(tail.first) < ends
        begins = ids[starts[decided][:, None] + np.arange(len(tail.first))]
        decided[decided] = (begins == tail.first).all(axis=1)
        return encoded, decided

    def encoded(self, which: Flags, stems: dict[tuple[int, ...], int]) -> Ids:
        """Return the covers that end in some rests; each is encoded behind what decides it."""
        left, parts = np.flatnonzero(which), [np.zeros((5, 0), np.int64)]
        for tail in tails(self.tokenizer, self.text, self.canonical, len(left)):
            if not len(left):
                break
            decided, rows = self.ends(tail, left, stems)
            parts.append(rows)
            left = left[~decided]
        return np.concatenate(parts, axis=1)

    def ends(self, tail: Tail, which: Ids, stems: dict[tuple[int, ...], int]) -> tuple[Flags, Ids]:
        """Return which of some rests a tail decides, and the covers that end in these.

        The rows of covers are settled, stem, last, rest and kept; (5, C). New stems are added to
        those that are known.
        """
        self.require_short(tail, len(which))
        found = self.found
        rests = [found.rests[i] for i in which] if len(which) < len(found.rests) else found.rests
        encoded, decided = self.behind(tail, [*map(tail.text.__add__, rests)])
        ids, starts, ends = encoded.ids, encoded.starts[:-1], encoded.starts[1:]
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
