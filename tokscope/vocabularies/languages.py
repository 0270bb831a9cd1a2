"""Which languages is a vocabulary made for, and how completely does it spell them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import nan

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.catalog import has_words
from tokscope.counting.counted import Counted, types_of
from tokscope.counting.tokens import Counts, Text, Tokens
from tokscope.measures.languages import language_of_token
from tokscope.measures.ratios import ratio
from tokscope.text.words import codes
from tokscope.tokenizers import Tokenizer
from tokscope.vocabularies.composition import Row
from tokscope.vocabularies.kinds import letters

UNSEEN = "(never seen)"
FREQUENT = 1000  # the number of most frequent words to check


def languages(counted: Counted, k: int) -> Iterator[Row]:
    """Yield how the tokens of one tokenizer are distributed over corpora.

    Measures: tokens (the sum of P(language | token)), share (of all tokens seen; the languages sum
    to 1), seen (tokens in its text), only (tokens in its text and in no other).
    """
    probabilities = language_of_token(types_of(counted, k))
    seen = int((~np.isnan(probabilities[0])).sum())
    for corpus, own in zip(counted.corpora, np.nan_to_num(probabilities), strict=True):
        mass = float(own.sum())
        yield Row("language", corpus.name, "tokens", mass, "tokens")
        yield Row("language", corpus.name, "share", ratio(mass, seen), "share")
        yield Row("language", corpus.name, "seen", float((own > 0).sum()), "tokens")
        yield Row("language", corpus.name, "only", float((own == 1).sum()), "tokens")
    unseen = float(len(counted.tokenizers[k].vocabulary) - seen)
    yield Row("language", UNSEEN, "tokens", unseen, "tokens")


@dataclass
class Words:
    """The letters and words of one corpus, and which words are one token; grows while reading."""

    counts: Counts  # (1 + tokenizers, words): all occurrences, then those that are one token
    letters: dict[int, int] = field(default_factory=dict)  # code point -> occurrences
    places: dict[bytes, int] = field(default_factory=dict)  # word -> its column

    @classmethod
    def of(cls, tokenizers: int) -> Words:
        """Return an empty object."""
        return cls(np.zeros((1 + tokenizers, 0), np.int64))

    def observe(self, tokens: Sequence[Tokens]) -> None:
        """Add the tokens of a piece of text under every tokenizer."""
        text = tokens[0].text
        counts = np.bincount(codes(text.joined))
        self._add_letters({code: int(counts[code]) for code in np.flatnonzero(counts).tolist()})
        data = text.data.tobytes()
        spans = zip(*(edges.tolist() for edges in text.words), strict=True)
        ids = self._numbered(data[start:end] for start, end in spans)
        whole = [ids[one.held(*text.words)] for one in tokens]
        for row, seen in enumerate((ids, *whole)):
            self.counts[row] += np.bincount(seen, minlength=len(self.places))

    def join(self, other: Words) -> None:
        """Add what was observed in the text that follows."""
        self._add_letters(other.letters)
        columns = self._numbered(other.places)  # this makes room for new words
        self.counts[:, columns] += other.counts

    def _add_letters(self, letters: Mapping[int, int]) -> None:
        for code, count in letters.items():
            self.letters[code] = self.letters.get(code, 0) + count

    def _numbered(self, words: Iterable[bytes]) -> Counts:
        """Return the columns of words, and add columns for new words."""
        places = self.places
        ids = np.array([places.setdefault(word, len(places)) for word in words], np.int64)
        self.counts = np.pad(self.counts, ((0, 0), (0, len(places) - self.counts.shape[1])))
        return ids

    @cached_property
    def alphabet(self) -> tuple[list[str], Counts]:
        """The letters, and how often each is used."""
        known = np.fromiter(self.letters, np.uint32)
        counts = np.fromiter(self.letters.values(), np.int64)
        kept = letters(known)
        return list(map(chr, known[kept].tolist())), counts[kept]


def completeness(counted: Counted, k: int, seen: Sequence[Words], frequent: int) -> Iterator[Row]:
    """Yield how completely one tokenizer spells the letters and words of each corpus."""
    for corpus, row, words in zip(counted.corpora, counted.tallies, seen, strict=True):
        values = _alphabet(counted.tokenizers[k], words)
        values |= _words(words, k, frequent, defined=bool(has_words(row[k])))
        for measure, (value, unit) in values.items():
            yield Row("completeness", corpus.name, measure, value, unit)


def _alphabet(tokenizer: Tokenizer, words: Words) -> dict[str, tuple[float, str]]:
    """Return the number of letters, and the share that are one token, by type and by use."""
    chars, uses = words.alphabet
    whole = _held(tokenizer, chars) if chars else np.zeros(0, bool)
    return {
        "letters": (float(len(chars)), "characters"),
        "alphabet": (ratio(int(whole.sum()), len(chars)), "share"),
        "alphabet_used": (ratio(int(uses[whole].sum()), int(uses.sum())), "share"),
    }


def _words(words: Words, k: int, frequent: int, *, defined: bool) -> dict[str, tuple[float, str]]:
    """Return the number of words, and the share that are one token in the text."""
    uses, whole = words.counts[0], words.counts[1 + k]
    if not defined or not len(uses):
        return {
            "words": (nan, "words"),
            "frequent_words": (nan, "share"),
            "whole_words": (nan, "share"),
        }
    first = np.argsort(-uses, kind="stable")[:frequent]
    return {
        "words": (float(len(uses)), "words"),
        "frequent_words": (float((whole[first] / uses[first]).mean()), "share"),
        "whole_words": (float((whole == uses).mean()), "share"),
    }


def _held(tokenizer: Tokenizer, letters: Sequence[str]) -> NDArray[np.bool_]:
    """Return which letters are inside one token when each is encoded alone."""
    text = Text(letters, "unicode")
    tokens = Tokens(text, tokenizer, tokenizer.encode(letters), specials=False)
    return tokens.held(text.unit_bytes[:-1], text.unit_bytes[:-1] + text.bytes)
