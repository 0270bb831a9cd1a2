"""What the terms of a list cost, and whether tokens end where their parts do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress, groupby, islice, pairwise
from operator import ne
from typing import NamedTuple, Self

import numpy as np

from tokscope.counting.spans import Flags
from tokscope.counting.tokens import Counts, Text, Tokens
from tokscope.errors import TokscopeError, UnitError, shortened
from tokscope.measures.ratios import ratio
from tokscope.text.words import LETTER, NUMBER, codes
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.vocabularies.composition import Row

_CONTEXT = "0 "  # text before a word, so that it stands after a space
_DEAREST = 20  # terms to name
_PATTERNS = 10  # the most frequent patterns of codes
_STEM = 3  # letters that a word has beside an affix
_LETTERS, _DIGITS = "A", "9"  # what stands for a run of them in a pattern
ALONE, SPACED = "alone", "after_a_space"


def _title(term: str) -> str:
    """Return a term with a capital at the beginning of each word.

    >>> _title("crohn's disease"), _title("post COVID-19")
    ("Crohn's Disease", 'Post COVID-19')
    """
    if " " not in term:
        return term[:1].upper() + term[1:]
    return " ".join(word[:1].upper() + word[1:] for word in term.split(" "))


# how a term may stand in text: what comes before it, and how it is written
_FORMS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    ALONE: ("", str),
    SPACED: (_CONTEXT, str),
    "title": (_CONTEXT, _title),
    "upper": (_CONTEXT, str.upper),
}


def _chosen(encoded: Encoded, units: Counts) -> Encoded:
    """Return the tokens of some units, of which one may come up several times."""
    reported = encoded.reported
    return replace(
        encoded,
        ids=encoded.ids[encoded.of_units(units)],
        starts=np.append(0, np.cumsum(np.diff(encoded.starts)[units])),
        reported=reported and (lambda own: reported(units[own])),
    )


def _distinct(forms: Sequence[Sequence[str]]) -> tuple[list[str], list[Counts]]:
    """Return the texts of all forms, without those that the form before has too; and their numbers.

    >>> _distinct([["a", "1"], ["A", "1"]])
    (['a', '1', 'A'], [array([0, 1]), array([2, 1])])
    """
    units, numbers = list(forms[0]), [np.arange(len(forms[0]))]
    for last, form in pairwise(forms):
        new = np.fromiter(map(ne, form, last), bool, len(form))
        numbers.append(np.where(new, len(units) + np.cumsum(new) - 1, numbers[-1]))
        units += compress(form, new)
    return units, numbers


@dataclass(frozen=True)
class Placed:
    """Some terms under a tokenizer, each encoded by itself after the same text."""

    tokens: Tokens
    before: int  # bytes of the text before a term
    context: int  # tokens of that text

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: Sequence[Text], before: Sequence[str]) -> list[Self]:
        """Encode terms in several forms at once; each of `texts` has all terms after its `before`.

        A form that is that of the form before, such as a word without capitals, is encoded once,
        and so are words that forms share.

        Raises:
            TokscopeError: the tokenizer cannot encode one.
        """
        units, numbers = _distinct([text.texts for text in texts])
        try:
            encoded = tokenizer.encode(units)
        except UnitError as error:
            form = next(
                own for own, there in zip(before, numbers, strict=True) if error.unit in there
            )
            term = shortened(units[error.unit].removeprefix(form))
            raise TokscopeError(f"{tokenizer.name}: the term '{term}': {error}") from error
        return [
            cls(
                Tokens(text, tokenizer, _chosen(encoded, own), specials=False),
                len(context.encode()),
                len(tokenizer.encode([context.strip()]).ids),
            )
            for text, own, context in zip(texts, numbers, before, strict=True)
        ]

    @property
    def starts(self) -> Counts:
        """The byte where each term begins."""
        return self.tokens.text.unit_bytes[:-1] + self.before

    @property
    def ends(self) -> Counts:
        """The byte where each term ends."""
        return self.tokens.text.unit_bytes[1:] - 1

    @property
    def counts(self) -> Counts:
        """The number of tokens of each term, with the space before it."""
        return self.tokens.counts - self.context

    @cached_property
    def held(self) -> Flags:
        """Whether each term is one token, with the space before it."""
        return self.tokens.held(self.starts, self.ends) & (self.counts == 1)

    @cached_property
    def is_cut(self) -> Flags:
        """Whether a token ends before each character of the text; by byte."""
        return self.tokens.ends_at[:-1] & self.tokens.text.first

    @cached_property
    def cuts(self) -> Counts:
        """The number of characters inside of each term that a token ends before."""
        return self._inside(self.is_cut)

    @cached_property
    def places(self) -> Counts:
        """The number of characters of each term that a token could end before."""
        return self._inside(self.tokens.text.first)

    def _inside(self, flags: Flags) -> Counts:
        before = np.cumsum(flags)
        return before[self.ends - 1] - before[self.starts]


@dataclass(frozen=True)
class Listed:
    """The terms of a list under one tokenizer, in every form."""

    tokenizer: Tokenizer
    name: str  # of the list
    terms: Text
    forms: Mapping[str, Placed]

    @property
    def spaced(self) -> Placed:
        """The terms after a space, as they stand in text."""
        return self.forms[SPACED]


def listed(tokenizers: Sequence[Tokenizer], lists: Mapping[str, Sequence[str]]) -> list[Listed]:
    """Return the terms of each list under each tokenizer.

    Raises:
        TokscopeError: a tokenizer cannot encode a term.
    """
    found = []
    for name, terms in lists.items():
        texts = {
            form: Text([before + written(term) for term in terms], "unicode")
            for form, (before, written) in _FORMS.items()
        }
        before = [own for own, _ in _FORMS.values()]
        for one in tokenizers:
            placed = Placed.of(one, list(texts.values()), before)
            found.append(Listed(one, name, texts[ALONE], dict(zip(_FORMS, placed, strict=True))))
    return found


Rows = Iterator[tuple[str, Row]]  # the name of a tokenizer, and a row


def retention(found: Iterable[Listed]) -> Rows:
    """Yield the single token retention rate of word lists.

    The share of the words that are one token, alone and after a space. Source: STRR, arXiv
    2510.09947.
    """
    for one in found:
        own, name = one.tokenizer.name, one.name
        yield own, Row("retention", name, "words", float(len(one.terms.texts)), "words")
        yield own, Row("retention", name, ALONE, float(one.forms[ALONE].held.mean()), "share")
        yield own, Row("retention", name, SPACED, float(one.spaced.held.mean()), "share")


def costs(found: Iterable[Listed]) -> Rows:
    """Yield the tokens of a term in every form, those of the dearest, and how many are unknown."""
    for one in found:
        own, name = one.tokenizer.name, one.name
        for form, placed in one.forms.items():
            yield own, Row("terms", name, form, float(placed.counts.mean()), "tokens/term")
        yield own, Row("terms", name, "most", float(one.spaced.counts.max()), "tokens")
        unknown = float((one.spaced.tokens.unknown() > 0).mean())
        yield own, Row("terms", name, "unknown", unknown, "share")


def dearest(found: Sequence[Listed]) -> Rows:
    """Yield the tokens of the terms that cost most under all tokenizers together."""
    for name, each in _by_list(found):
        order = np.argsort(-np.sum([one.spaced.counts for one in each], axis=0), kind="stable")
        for one in each:
            for place in order[:_DEAREST].tolist():
                count = float(one.spaced.counts[place])
                yield (
                    one.tokenizer.name,
                    Row("term", name + one.terms.texts[place], "tokens", count, "tokens"),
                )


def _by_list(found: Sequence[Listed]) -> Iterator[tuple[str, list[Listed]]]:
    """Yield what stands before the names of a list, if there are several, and the list."""
    several = len({one.name for one in found}) > 1
    for name, own in groupby(found, lambda one: one.name):
        yield f"{name}: " if several else "", list(own)


class Codes(NamedTuple):
    """The terms of a list that are codes, such as E11.9, by their pattern, such as A9.9."""

    patterns: Sequence[str]  # the most frequent first
    numbers: Counts  # of the pattern of each term; -1 for other terms
    terms: Counts  # the term of each border, where letters, digits and signs meet
    places: Counts  # and its byte in the term

    @classmethod
    def of(cls, text: Text) -> Codes:
        """Find the terms that have letters and digits and no white space."""
        symbols = codes(text.joined).astype(np.uint32)
        is_letter = (text.properties & LETTER) != 0
        is_digit = (text.properties & NUMBER) != 0
        symbols[is_letter], symbols[is_digit] = ord(_LETTERS), ord(_DIGITS)
        same = (symbols[1:] == symbols[:-1]) & (is_letter | is_digit)[1:]
        begin = np.flatnonzero(np.append(True, ~same))
        runs = symbols[begin].tobytes().decode("utf-32-le")
        units = np.searchsorted(begin, text.unit_chars).tolist()
        patterns = [runs[a : b - 1] for a, b in pairwise(units)]  # without the line feed
        often = (pattern for pattern, _ in Counter(patterns).most_common())
        kept = list(islice(filter(_is_code, often), _PATTERNS))
        number = {pattern: i for i, pattern in enumerate(kept)}
        terms = np.searchsorted(text.unit_chars, begin, "right") - 1
        inner = (begin > text.unit_chars[terms]) & (begin < text.unit_chars[terms + 1] - 1)
        terms = terms[inner]
        places = text.char_bytes[begin[inner]] - text.unit_bytes[terms]
        numbers = np.array([number.get(pattern, -1) for pattern in patterns], np.int64)
        return cls(kept, numbers, terms, places)


def _is_code(pattern: str) -> bool:
    return {_LETTERS, _DIGITS} <= set(pattern) and not any(map(str.isspace, pattern))


def by_pattern(found: Sequence[Listed]) -> Rows:
    """Yield how the codes of each pattern are cut: between letters, digits and signs, or inside."""
    for name, each in _by_list(found):
        known = Codes.of(each[0].terms)
        for number, pattern in enumerate(known.patterns):
            own = known.numbers == number
            inside = own[known.terms]
            at, terms = known.places[inside], known.terms[inside]
            for one in each:
                placed = one.spaced
                hits = int(placed.is_cut[placed.starts[terms] + at].sum())
                cuts, places = int(placed.cuts[own].sum()), int(placed.places[own].sum())
                values = (
                    ("codes", float(own.sum()), "words"),
                    ("tokens", float(placed.counts[own].mean()), "tokens/code"),
                    ("borders_cut", ratio(hits, len(at)), "share"),
                    ("by_chance", ratio(cuts, places), "share"),
                    ("cuts_at_borders", ratio(hits, cuts), "share"),
                )
                for measure, value, unit in values:
                    yield one.tokenizer.name, Row("code", name + pattern, measure, value, unit)


def by_affix(found: Sequence[Listed], affixes: Sequence[str]) -> Rows:
    """Yield how often the words with an affix are cut before it, or after it if it ends in -."""
    for name, each in _by_list(found) if affixes else ():
        words = _words(each[0].terms)
        for affix in affixes:
            pairs = [(word, place) for word in words if (place := _border(word, affix))]
            text = Text([_CONTEXT + word for word, _ in pairs], "unicode")
            at = np.array([place for _, place in pairs], np.int64)
            for one in each:
                (placed,) = Placed.of(one.tokenizer, [text], [_CONTEXT])
                several = placed.cuts > 0
                hits = int(placed.is_cut[placed.starts + at].sum())
                cuts, places = int(placed.cuts.sum()), int(placed.places[several].sum())
                values = (
                    ("words", float(len(pairs)), "words"),
                    ("cut", ratio(int(several.sum()), len(pairs)), "share"),
                    ("at_affix", ratio(hits, int(several.sum())), "share"),
                    ("by_chance", ratio(cuts, places), "share"),
                )
                for measure, value, unit in values:
                    yield one.tokenizer.name, Row("affix", name + affix, measure, value, unit)


def _words(text: Text) -> list[str]:
    """Return the words of terms, each once."""
    data = text.data.tobytes()
    spans = zip(*(edges.tolist() for edges in text.words), strict=True)
    return [word.decode() for word in dict.fromkeys(data[start:end] for start, end in spans)]


def _border(word: str, affix: str) -> int:
    """Return the byte of a word where its suffix begins or its prefix ends, or 0.

    Without a few letters beside it, as in "king", it is no affix.

    >>> _border("Arthritis", "itis"), _border("hypertension", "hyper-"), _border("king", "-ing")
    (5, 5, 0)
    """
    bare = affix.strip("-")
    rest = len(word) - len(bare)
    place = len(bare) if affix.endswith("-") else rest
    part = word[:place] if affix.endswith("-") else word[place:]
    is_there = rest >= _STEM and part.lower() == bare.lower()
    return len(word[:place].encode()) if is_there else 0
