"""Does any text produce a token? A search in contexts, in given texts, and among rare neighbours.

A token counts as found if it stands at its own bytes; its id elsewhere in a context proves nothing.
A token that is not found may still appear in a text that nobody tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, zip_longest

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError
from tokscope.text.corpus import Corpus, again, read, read_corpora
from tokscope.text.words import LETTER, MARK, NUMBER, SIGN, UNSPACED, properties
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.kinds import Spelled

Flags = NDArray[np.bool_]
Ids = NDArray[np.int64]
Pair = tuple[str, str]  # the text before and after
LEFT = ("", "«", "\n", "a", "1", " ", "A", ".")
RIGHT = ("", "a", "A", "1", ".", "'", "s", "S", "m", "t", "ll", "\n", "/", " ", "中")
# An empty right side comes first: most tokens are found with one of the left sides.
CONTEXTS = [(left, right) for right in RIGHT for left in LEFT]
NOT_FOUND = -1
NEAR = 3  # characters to try on either side
_TRIES = 66  # pairs of neighbours for each token
_ALL_TRIES = 40_000  # for all tokens; if very many are lost, each gets fewer
_FEWEST = 6
_ALL_CONTEXTS = (
    1_500_000  # tries of all tokens in contexts; published vocabularies need some 300,000
)
_WINDOWS = 12  # places in the texts for each token
_AT_HAND = 1_000_000  # characters of the texts to search again
_BETWEEN = "\n"  # separates units of a text


@dataclass(frozen=True)
class AtHand:
    """Texts to search for tokens, and their names."""

    texts: Sequence[str] = ()
    name: str = "no text"
    produced: Flags | None = field(default=None, compare=False)  # whether all text produced an id


@cache
def sample() -> AtHand:
    """Return the embedded sample, prose and code."""
    corpora = [*read_corpora(["sample:prose"]), *read_corpora(["sample:code"])]
    return AtHand(list(_units(corpora)), "the embedded sample")


def at_hand(corpora: Sequence[Corpus], produced: Flags) -> AtHand:
    """Return the beginnings of corpora, and which ids all of their text produces."""
    return AtHand(list(_units(list(filter(again, corpora)))), "the text given", produced)


def _units(corpora: Sequence[Corpus]) -> Iterator[str]:
    """Yield units of all corpora, the same number of characters of each, up to the limit."""
    for corpus in corpora:
        left = _AT_HAND // len(corpora)
        texts = (text for shard in corpus.shards for units in read(shard) for text in units.texts)
        for text in texts:
            yield text[:left]
            left -= len(text)
            if left <= 0:
                break


# Whether a token stands at a given place


def encode_what_can_be(tokenizer: Tokenizer, texts: Sequence[str]) -> Encoded:
    """Encode texts; a text that the tokenizer refuses gets no tokens."""
    return by_what_can_be(tokenizer.encode, texts)


Encode = Callable[[Sequence[str]], Encoded]


def by_what_can_be(encode: Encode, texts: Sequence[str]) -> Encoded:
    """Encode texts with a given function; a text that it refuses gets no tokens."""
    try:
        return encode(texts)
    except TokscopeError:
        return Encoded.of([_one(encode, text) for text in texts])


def _one(encode: Encode, text: str) -> list[int]:
    try:
        return encode([text]).ids.tolist()
    except TokscopeError:
        return []


def stands(
    tokenizer: Tokenizer, texts: Sequence[str], wanted: Ids, starts: Ids, ends: Ids
) -> Flags:
    """Return in which texts a token stands at its span; its id elsewhere proves nothing."""
    encoded = encode_what_can_be(tokenizer, texts)
    counts = np.diff(encoded.starts)
    hits = np.bincount(
        np.repeat(np.arange(len(texts)), counts)[encoded.ids == np.repeat(wanted, counts)],
        minlength=len(texts),
    )
    near = np.flatnonzero(hits)
    there = np.zeros(len(texts), bool)
    if len(near):
        counts = counts[near]
        some = _some(encoded, near)
        before, after = _spans(tokenizer, [texts[i] for i in near.tolist()], some)
        matches = some.ids == np.repeat(wanted[near], counts)
        matches &= before == np.repeat(starts[near], counts)
        matches &= after == np.repeat(ends[near], counts)
        there[near[np.repeat(np.arange(len(near)), counts)[matches]]] = True
    return there


def _some(encoded: Encoded, units: Ids) -> Encoded:
    """Return the ids of some units."""
    starts = np.append(0, np.cumsum(np.diff(encoded.starts)[units]))
    told = encoded.reported
    reported = None if told is None else lambda own: told(units[own])
    return Encoded(encoded.ids[encoded.of_units(units)], starts, reported=reported)


def _spans(tokenizer: Tokenizer, texts: Sequence[str], encoded: Encoded) -> tuple[Ids, Ids]:
    """Return where tokens begin and end, in bytes of their own text."""
    text, counts = Text(texts, "unicode"), np.diff(encoded.starts)
    cuts = Tokens(text, tokenizer, encoded, specials=False).cuts
    after = cuts - np.repeat(text.unit_bytes[:-1], counts)
    before = np.append(0, after[:-1])
    before[encoded.starts[:-1][counts > 0]] = 0
    return before, after


# The search


@dataclass(frozen=True)
class Search:
    """A search for the tokens of a tokenizer."""

    tokenizer: Tokenizer
    at_hand: AtHand = field(default_factory=AtHand)

    def contexts(self, texts: Sequence[str], wanted: Ids) -> tuple[Ids, int]:
        """Return for every token the first of CONTEXTS in which it stands, or NOT_FOUND.

        Also return how many contexts were tried: not all if very many tokens are left.
        """
        found = np.full(len(texts), NOT_FOUND)
        waiting, left = np.arange(len(texts)), _ALL_CONTEXTS
        for number, pair in enumerate(CONTEXTS):
            if number and len(waiting) > left:
                return found, number
            left -= len(waiting)
            there = self._stand([texts[i] for i in waiting.tolist()], pair, wanted[waiting])
            found[waiting[there]] = number
            waiting = waiting[~there]
            if not len(waiting):
                break
        return found, len(CONTEXTS)

    def counterexamples(self, lost: Sequence[tuple[str, int]]) -> dict[int, Pair | None]:
        """Return tokens that some text produces after all, each with the text around it.

        The search tries the given texts, then each token as the first word, which may get a space
        that is not in the text, then neighbours: up to three characters from the texts, or rare
        ones. The value is None if only the text as a whole is known to produce a token.
        """
        found: dict[int, Pair | None] = {}
        if self.at_hand.produced is not None:
            found = {token: None for _, token in lost if self.at_hand.produced[token]}
        for step in (self._in_texts, self._first_words, self._near):
            left = [(text, token) for text, token in lost if found.get(token) is None]
            found |= step(left) if left else {}
        return found

    def _stand(self, texts: Sequence[str], pair: Pair, wanted: Ids) -> Flags:
        """Return which tokens, of whole characters, stand between the same neighbours."""
        left, right = pair
        starts = np.full(len(texts), len(left.encode()))
        ends = starts + self.tokenizer.vocabulary.lengths[wanted]
        whole = [f"{left}{text}{right}" for text in texts]
        return stands(self.tokenizer, whole, wanted, starts, ends)

    def _stands(self, asked: Sequence[tuple[str, Pair]], wanted: Ids) -> Flags:
        """Return which tokens stand between their pair of neighbours."""
        texts = [f"{left}{text}{right}" for text, (left, right) in asked]
        starts = np.array([len(left.encode()) for _, (left, _) in asked], np.int64)
        sizes = np.array([len(text.encode()) for text, _ in asked], np.int64)
        return stands(self.tokenizer, texts, wanted, starts, starts + sizes)

    def _in_texts(self, lost: Sequence[tuple[str, int]]) -> dict[int, Pair | None]:
        """Find the tokens that the given texts produce."""
        encoded = encode_what_can_be(self.tokenizer, self.at_hand.texts)
        flags = np.zeros(self.tokenizer.vocabulary.size, bool)
        flags[[token for _, token in lost]] = True
        hits = np.flatnonzero(flags[encoded.ids])
        _, first = np.unique(encoded.ids[hits], return_index=True)
        found: dict[int, Pair | None] = {}
        for place in hits[first].tolist():
            unit = int(np.searchsorted(encoded.starts, place, side="right")) - 1
            start, end = encoded.starts[unit : unit + 2].tolist()
            text = self.at_hand.texts[unit]
            own = Encoded.of([encoded.ids[start:end].tolist()])
            before, after = _spans(self.tokenizer, [text], own)
            found[int(encoded.ids[place])] = self._around(
                text, int(encoded.ids[place]), int(before[place - start]), int(after[place - start])
            )
        return found

    def _around(self, text: str, token: int, start: int, end: int) -> Pair:
        """Return the context of a span: a few characters if they suffice, else the whole text."""
        data = text.encode()
        left, piece, right = (
            part.decode(errors="replace") for part in (data[:start], data[start:end], data[end:])
        )
        for size in range(1, NEAR + 1):
            pair = left[-size:], right[:size]
            if self._stands([(piece, pair)], np.array([token]))[0]:
                return pair
        return left, right

    def _first_words(self, lost: Sequence[tuple[str, int]]) -> dict[int, Pair | None]:
        """Find tokens with a leading space that only the first word of a text gets."""
        bare = [(text[1:], token) for text, token in lost if text[0] == " " and len(text) > 1]
        pairs = [("", right) for right in ("", " ", ".", "\n")]
        found: dict[int, Pair | None] = {}
        for pair in pairs:
            encoded = encode_what_can_be(self.tokenizer, [text + pair[1] for text, _ in bare])
            for unit, (_, token) in enumerate(bare):
                start, end = encoded.starts[unit : unit + 2].tolist()
                if start < end and encoded.ids[start] == token:
                    found.setdefault(token, pair)
        return found

    def _near(self, lost: Sequence[tuple[str, int]]) -> dict[int, Pair | None]:
        """Find tokens between neighbours: those around their text elsewhere, and rare ones."""
        found: dict[int, Pair | None] = {}
        rare = rare_neighbours(self.tokenizer.vocabulary)
        tries = min(max(_ALL_TRIES // len(lost), _FEWEST), _TRIES)
        joined = _BETWEEN.join(self.at_hand.texts)
        own = [[*_windows(joined, text), *rare][:tries] for text, _ in lost]
        for pairs in zip_longest(*own):
            asked = [
                (text, pair, token)
                for (text, token), pair in zip(lost, pairs, strict=True)
                if pair is not None and token not in found
            ]
            wanted = np.array([token for _, _, token in asked], np.int64)
            there = self._stands([(text, pair) for text, pair, _ in asked], wanted)
            found |= {asked[i][2]: asked[i][1] for i in np.flatnonzero(there).tolist()}
        return found


def _windows(joined: str, text: str) -> list[Pair]:
    """Return the contexts of a text in others, up to three characters on either side."""
    places: list[tuple[int, int]] = []
    at = joined.find(text)
    while at >= 0 and len(places) < _WINDOWS:
        places.append((at, at + len(text)))
        at = joined.find(text, at + 1)
    pairs = [
        (joined[max(start - size, 0) : start], joined[end : end + size])
        for size in range(NEAR, 0, -1)
        for start, end in places
    ]
    return list(islice(dict.fromkeys(pairs), _WINDOWS))


_CLASSES: Sequence[Callable[[NDArray[np.uint16], Flags], Flags]] = (
    lambda flags, upper: ((flags & LETTER) != 0) & ((flags & UNSPACED) == 0) & ~upper,
    lambda flags, upper: (flags & NUMBER) != 0,
    lambda flags, upper: (flags & SIGN) != 0,
    lambda flags, upper: upper,
    lambda flags, upper: (flags & UNSPACED) != 0,
    lambda flags, upper: (flags & MARK) != 0,
)


def rare_neighbours(vocabulary: Vocabulary) -> list[Pair]:
    """Return pairs of up to three copies of the rarest characters, one of each class.

    Classes decide where text is cut, and rare characters take part in the fewest merges.
    """
    codes, counts = np.unique(Spelled(vocabulary).codes, return_counts=True)
    upper = np.array([chr(code).isupper() for code in codes.tolist()], bool)
    rare = []
    for test in _CLASSES:
        own = np.flatnonzero(test(properties()[codes], upper))
        if len(own):
            rare.append(chr(codes[own[np.argmin(counts[own])]]))
    sides = [pair for n in range(1, NEAR + 1) for pair in ((0, n), (n, 0), (n, n))]
    return [(char * left, char * right) for left, right in sides for char in rare]
