"""How the cuts of a tokenizer agree with gold, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.spans import Flags
from tokscope.counting.tokens import Counts, Text, Tokens
from tokscope.morphemes.gold import Gold
from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Tokenizer

CONTEXTS: Mapping[str, str] = {"after-space": "a ", "alone": ""}  # what stands before each word
COUNTS = (
    "words",
    "positions",  # between two code points of a word
    "hits",  # boundaries that are cut
    "false",  # cuts that are no boundaries
    "missed",  # boundaries that are not cut
    "inside",  # cuts inside a character
    "open",  # boundaries of words that are cut anywhere
    "one_token",
    "exact",  # words that are cut at their boundaries alone
    "morphemes",
    "kept",  # morphemes that begin and end at a cut; the ends of a word count as cuts
    "compounds",
    "hard",  # compounds with a boundary that is not cut
    "unknown",  # words that the tokenizer has no tokens for, or only the unknown token
    "respelled",  # words of which the tokens spell something else
)
_EXAMPLES = 3


@dataclass(frozen=True)
class Laid:
    """Gold in a context, as arrays over the C code points of a text with a word in each unit."""

    gold: Gold
    before: str  # what stands before each word

    @cached_property
    def text(self) -> Text:
        """The words in their context."""
        return Text([f"{self.before}{word}" for word in self.gold.words], "unicode")

    @cached_property
    def starts(self) -> Counts:
        """The code point where each word begins; (W,)."""
        return self.text.unit_chars[:-1] + len(self.before)

    @cached_property
    def places(self) -> Counts:
        """The code point where each morpheme begins that is not the first of its word; (B,)."""
        edges = np.fromiter(chain.from_iterable(self.gold.edges), np.int64)
        return edges + self.starts[self.owners]

    @cached_property
    def owners(self) -> Counts:
        """The word of each boundary; (B,)."""
        return np.repeat(np.arange(len(self.starts)), list(map(len, self.gold.edges)))

    @cached_property
    def boundary(self) -> Flags:
        """Whether a morpheme begins at each code point that is not the first of its word; (C,)."""
        boundary = np.zeros(len(self.text.joined), bool)
        boundary[self.places] = True
        return boundary

    @cached_property
    def inner(self) -> Flags:
        """Whether each code point is in a word and not its first; (C,)."""
        inner = np.ones(len(self.text.joined), bool)
        inner[self.text.unit_end_chars] = False
        for place in range(len(self.before) + 1):
            inner[self.text.unit_chars[:-1] + place] = False
        return inner

    def by_word(self, flags: Flags) -> Counts:
        """Count the flagged code points of each word."""
        return np.add.reduceat(flags, self.text.unit_chars[:-1], dtype=np.int64)


class Cut(NamedTuple):
    """How a tokenizer cuts the words of gold."""

    at: Flags  # (C,) whether a token ends before this code point, inside a word
    counts: Counts  # (W, len(COUNTS))


def cut(laid: Laid, tokenizer: Tokenizer) -> Cut:
    """Cut all words of gold."""
    encoded = encode_what_can_be(tokenizer, laid.text.texts)
    tokens = Tokens(laid.text, tokenizer, encoded, specials=False)
    at, inside = _cuts(laid, tokens)
    hits = laid.by_word(at & laid.boundary)
    missed = laid.by_word(laid.boundary & ~at)
    false = laid.by_word(at & ~laid.boundary)
    known = ~_unknown(laid, tokens)
    compounds = laid.gold.compounds
    found: dict[str, NDArray[np.bool_] | Counts] = {
        "words": np.ones(len(known), np.int64),
        "positions": laid.by_word(laid.inner),
        "hits": hits,
        "false": false,
        "missed": missed,
        "inside": inside,
        "open": (hits + missed) * (hits + false + inside > 0),
        "one_token": known & (hits + false + inside == 0),
        "exact": known & (missed + false + inside == 0),
        "morphemes": hits + missed + 1,
        "kept": _kept(laid, at) * known,
        "compounds": compounds,
        "hard": compounds & (missed > 0),
        "unknown": ~known,
        "respelled": known & _respelled(tokens),
    }
    return Cut(at, np.stack([found[name].astype(np.int64) for name in COUNTS], axis=1))


def _cuts(laid: Laid, tokens: Tokens) -> tuple[Flags, Counts]:
    """Return before which code points a token ends, and the cuts inside characters of each word."""
    text = laid.text
    at = tokens.ends_at[text.char_bytes[:-1]] & laid.inner
    inside = tokens.ends_at[:-1] & ~text.first
    return at, np.add.reduceat(inside, text.unit_bytes[:-1], dtype=np.int64)


def _kept(laid: Laid, at: Flags) -> Counts:
    """Count the morphemes of each word with a cut, or an end of the word, at both their ends."""
    ends = np.zeros(len(at), bool)
    ends[laid.starts] = ends[laid.text.unit_end_chars] = True
    places = np.flatnonzero(ends | laid.boundary)
    is_cut = (ends | at)[places]
    kept = np.zeros(len(at), bool)
    kept[places[:-1]] = is_cut[:-1] & is_cut[1:]
    kept[laid.text.unit_end_chars] = False
    return laid.by_word(kept)


def _unknown(laid: Laid, tokens: Tokens) -> Flags:
    """Tell which words have no tokens, or the unknown token."""
    over = tokens.cuts > np.repeat(laid.text.char_bytes[laid.starts], tokens.counts)
    return (tokens.by_unit(over) == 0) | (tokens.by_unit(over & tokens.is_unknown) > 0)


def _respelled(tokens: Tokens) -> Flags:
    """Tell which units their tokens do not spell, apart from spaces."""
    texts, vocabulary = tokens.text.texts, tokens.tokenizer.vocabulary
    if tokens.encoded.spells:
        return np.zeros(len(texts), bool)
    ids, starts = tokens.encoded.ids, tokens.encoded.starts
    data = vocabulary.spell(ids).tobytes()
    ends = np.append(0, np.cumsum(vocabulary.lengths[ids]))[starts].tolist()
    spans = zip(texts, ends, ends[1:], strict=False)
    return np.array(
        [data[a:b].replace(b" ", b"") != text.replace(" ", "").encode() for text, a, b in spans]
    )


class Missed(NamedTuple):
    """A boundary that a tokenizer misses."""

    name: str
    missed: int
    boundaries: int
    examples: list[str]  # words as the tokenizer cuts them


def most_missed(laid: Laid, found: Cut, top: int) -> Iterator[Missed]:
    """Yield the boundaries that are missed most, by the morpheme that names them."""
    names, kinds = coded(laid.gold.named)
    weights = laid.gold.weights[laid.owners]
    lost = ~found.at[laid.places]
    number = np.bincount(kinds[lost], weights[lost], minlength=len(names)).astype(np.int64)
    whole = np.bincount(kinds, weights, minlength=len(names)).astype(np.int64)
    for kind in np.argsort(-number, kind="stable")[:top].tolist():
        if number[kind]:
            own = islice(dict.fromkeys(laid.owners[lost & (kinds == kind)].tolist()), _EXAMPLES)
            shown = [pieces(laid, found, word) for word in own]
            yield Missed(names[kind], int(number[kind]), int(whole[kind]), shown)


def coded(names: Sequence[str]) -> tuple[list[str], Counts]:
    """Return different names, in order, and for each of the given ones its place among them.

    An array of strings would be as wide as the longest.
    """
    every = list(dict.fromkeys(names))
    place = {name: i for i, name in enumerate(every)}
    return every, np.fromiter((place[name] for name in names), np.int64, len(names))


def pieces(laid: Laid, found: Cut, word: int) -> str:
    """Write a word as the tokenizer cuts it."""
    start = int(laid.starts[word])
    text = laid.gold.words[word]
    own = found.at[start : start + len(text)].tolist()
    return "".join(f"|{c}" if is_cut else c for c, is_cut in zip(text, own, strict=True))
