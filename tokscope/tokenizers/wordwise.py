"""Texts encoded by the library word by word, so that a word that comes up again costs little.

Where a tokenizer drops spaces before its model sees a text, the text has the tokens of its words:
no step looks across a space. How text is normalised and cut is compared on probe texts besides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Encoded
from tokscope.tokenizers.library import Encoding, Json, LibraryTokenizer, encode

Counts = NDArray[np.int64]
# Takes the numbers of units; returns the first and the past-the-end character of their tokens in
# the unit of each, (T, 2)
Spans = Callable[[Counts], Counts]
_MOST = 2_000_000  # characters of words that are kept
_AT_ONCE = 64  # words in a text for the library
_CUTS = ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")  # each drops spaces
# What these make of a word depends on no character across a space, which they leave as it is.
_LOCAL = ("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents")


def drops_spaces(config: Json) -> bool:
    """Tell whether a tokenizer encodes the words between spaces each for itself."""
    normalizer, cut = config["normalizer"] or {}, config["pre_tokenizer"] or {}
    steps = normalizer.get("normalizers", [normalizer] if normalizer else [])
    local = all(step["type"] in _LOCAL for step in steps)
    # an added token that is special is text here
    return local and cut.get("type") in _CUTS and all(t["special"] for t in config["added_tokens"])


def spans_of(found: Sequence[Encoding], units: Counts) -> Counts:
    """Return the characters of tokens as the library tells them."""
    offsets = chain.from_iterable(found[unit].offsets for unit in units.tolist())
    return np.fromiter(chain.from_iterable(offsets), np.int64).reshape(-1, 2)


def joined(found: Sequence[Encoding]) -> Encoded:
    """Return the ids that the library gave several texts."""
    counts = np.fromiter(map(len, found), np.int64, len(found))
    starts = np.append(0, np.cumsum(counts))
    ids = chain.from_iterable(encoding.ids for encoding in found)
    return Encoded(np.fromiter(ids, np.int32, starts[-1]), starts)


class _Known(NamedTuple):
    """Words and their tokens."""

    encoded: Encoded  # a word is a unit
    spans: Counts  # (T, 2)


_NOTHING = _Known(Encoded.of([]), np.zeros((0, 2), np.int64))


@dataclass
class Wordwise:
    """A tokenizer of the library, and the words that it has encoded."""

    library: LibraryTokenizer
    numbers: defaultdict[str, int] = field(init=False)  # a new word gets the next number
    known: _Known = field(init=False)
    size: int = field(init=False)  # characters of the known words

    def __post_init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.numbers, self.known, self.size = defaultdict(count().__next__), _NOTHING, 0

    def encode(self, texts: Sequence[str]) -> tuple[Encoded, Spans]:
        """Return the ids of texts, of which there is at least one, and where their tokens are.

        Raises what the library raises.
        """
        words = " ".join(texts).split(" ")
        numbers, known = self._numbers(words), self.known
        tokens = known.encoded.of_units(numbers)
        counts = np.diff(known.encoded.starts)[numbers]
        sizes = np.fromiter((text.count(" ") + 1 for text in texts), np.int64, len(texts))
        first = np.cumsum(sizes) - sizes
        starts = np.append(0, np.cumsum(np.add.reduceat(counts, first)))
        encoded = Encoded(known.encoded.ids[tokens], starts)

        def spans(units: Counts) -> Counts:
            begin = _beginnings(words)
            begin -= np.repeat(begin[first], sizes)
            wanted = encoded.of_units(units)
            return known.spans[tokens[wanted]] + np.repeat(begin, counts)[wanted, None]

        return encoded, spans

    def _numbers(self, words: Sequence[str]) -> Counts:
        """Return the units of words among those that are known then."""
        if self.size > _MOST:
            self._forget()
        numbers = np.fromiter(map(self.numbers.__getitem__, words), np.int64, len(words))
        new = list(islice(self.numbers, len(self.known.encoded.starts) - 1, None))
        if new:
            self._learn(new)
        return numbers

    def _learn(self, words: Sequence[str]) -> None:
        """Encode words, many in a text, since the library takes long to begin with a text."""
        texts = [" ".join(words[i : i + _AT_ONCE]) for i in range(0, len(words), _AT_ONCE)]
        found = encode(self.library, texts)
        more = joined(found)
        spans = spans_of(found, np.arange(len(found)))
        spans += np.repeat(_beginnings(texts), np.diff(more.starts))[:, None]
        begin = _beginnings(words)
        home = np.searchsorted(begin, spans[:, 0], side="right") - 1  # the word of each token
        ends = np.cumsum(np.bincount(home, minlength=len(words)))
        ids, starts = self.known.encoded.ids, self.known.encoded.starts
        self.known = _Known(
            Encoded(np.append(ids, more.ids), np.append(starts, starts[-1] + ends)),
            np.append(self.known.spans, spans - begin[home, None], axis=0),
        )
        self.size += sum(map(len, words))


def _beginnings(texts: Sequence[str]) -> Counts:
    """Return the character where each text begins, if a space is between every two."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    return np.cumsum(lengths) - lengths
