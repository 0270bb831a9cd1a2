"""Texts encoded by the library word by word, so that a word that comes up again costs little.

A text has the tokens of its words where no step looks across the spaces between them: they are
dropped before the model sees a text, or no merge goes on behind a letter with one. How text is
normalised and cut is compared on probe texts besides.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import chain, compress, count
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Encoded
from tokscope.tokenizers.charwise import CHARACTER, DROPPED, Charwise, are_parts, charwise
from tokscope.tokenizers.library import (
    Encoding,
    Json,
    LibraryTokenizer,
    Regex,
    encode,
    encode_words,
    normalize,
    normalizers,
)
from tokscope.tokenizers.patterns import PROBES
from tokscope.tokenizers.vocabulary import SPACE

Counts = NDArray[np.int64]
Ids = NDArray[np.int32]
Codes = NDArray[np.uint32]
Cut = Callable[[Codes], NDArray[np.bool_]]  # which characters are spaces between words
# Takes the numbers of units; returns the first and the past-the-end character of their tokens in
# the unit of each, (T, 2)
Spans = Callable[[Counts], Counts]
_MOST = 2_000_000  # characters of words that are kept
_AT_ONCE = 100  # words for one call of the library
_FEW = 0.6  # of the characters of texts; if those of new words are more, whole texts are faster
_SHORT = 2  # words
_DROPS = ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")  # each drops spaces
# Behind one of these, each of these looks at a word alone.
_INSIDE = ("Digits", "Punctuation", "Split")
# What these make of a word depends on no character across a space, which they leave as it is.
_LOCAL = ("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents")
# Joiners, and signs that are seen as one with the character behind them
_BESIDE = ["\u200c", "\u200d", *map(chr, range(0x600, 0x606)), "\u06dd", "\u070f"]
# A word gets the mark of the space before it, whether that is in the text or not.
_MARKED = [
    {"type": "Prepend", "prepend": SPACE},
    {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
]


def cut_at_every_space(codes: Codes) -> NDArray[np.bool_]:
    """Tell which characters are spaces; words are empty between two."""
    return codes == ord(" ")


def cut_at_single_spaces(codes: Codes) -> NDArray[np.bool_]:
    """Tell which spaces are between two characters that are neither spaces nor marked as such.

    Several in a row can be one token.
    """
    blank = (codes == ord(" ")) | (codes == ord(SPACE))
    beside = np.pad(blank, 1, constant_values=True)
    return (codes == ord(" ")) & ~beside[:-2] & ~beside[2:]


def cut_of(config: Json) -> Cut | None:
    """Return what cuts text into words that a tokenizer encodes each for itself, if anything does.

    Added tokens that are special are text here, and others could be anywhere.
    """
    if not all(token["special"] for token in config["added_tokens"]):
        return None
    if _drops_spaces(config):
        return cut_at_every_space
    return cut_at_single_spaces if _begins_anew(config) else None


def _drops_spaces(config: Json) -> bool:
    """Tell whether spaces are dropped, and text on either side is treated alike without them."""
    cut = config["pre_tokenizer"] or {}
    first, *others = cut["pretokenizers"] or [{}] if cut.get("type") == "Sequence" else [cut]
    return (
        (first.get("type") in _DROPS or first == DROPPED)
        and all(map(_looks_inside, others))
        and all(map(_is_local, _steps(config)))
    )


def _looks_inside(step: Json) -> bool:
    """Tell whether a step behind one that drops spaces looks at each word alone."""
    marks_all = step["type"] == "Metaspace" and step.get("prepend_scheme") == "always"
    return marks_all or step["type"] in _INSIDE


def _is_local(step: Json) -> bool:
    """Tell whether a step of a normalizer leaves spaces, and looks at nothing across one."""
    if step["type"] == "Precompiled":
        return _keeps_spaces(normalizers.Precompiled(b64decode(step["precompiled_charsmap"])))
    if step["type"] != "Replace":
        return step["type"] in _LOCAL
    expression = step["pattern"].get("Regex") or re.escape(step["pattern"]["String"])
    if not CHARACTER.fullmatch(expression):
        return False
    return normalizers.Replace(Regex(expression), "").normalize_str(" ") == " "


def _keeps_spaces(normalizer: normalizers.Normalizer) -> bool:
    """Tell whether a table of replacements leaves spaces beside every mark, and the mark too.

    It looks at what is seen as one character: a letter or a space, and the marks behind it.
    """
    alone = {mark: normalizer.normalize_str(mark) for mark in _marks()}
    return all(normalizer.normalize_str(f" {mark} a") == f" {own} a" for mark, own in alone.items())


@cache
def _marks() -> list[str]:
    """Return the characters that are seen as one with what is beside them."""
    codes = chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0))  # where Unicode has marks
    marks = [char for char in map(chr, codes) if unicodedata.category(char)[0] == "M"]
    return [*marks, *_BESIDE]


def _begins_anew(config: Json) -> bool:
    """Tell whether no merge joins a space to what is before it, and nothing else could."""
    return is_uncut(config) and not any(
        SPACE in (left + right).lstrip(SPACE) for left, right in config["model"]["merges"]
    )


def is_uncut(config: Json) -> bool:
    """Tell whether spaces are marked, and text is not cut, as in SentencePiece's BPE."""
    model = config["model"]
    if model["type"] != "BPE" or config["pre_tokenizer"] or _steps(config) != _MARKED:
        return False
    others = ("ignore_merges", "continuing_subword_prefix", "end_of_word_suffix")
    return SPACE in model["vocab"] and not any(model.get(name) for name in others)


def _steps(config: Json) -> list[Json]:
    """Return the steps of the normalizer."""
    normalizer = config["normalizer"] or {}
    steps: list[Json] = normalizer.get("normalizers", [normalizer] if normalizer else [])
    return steps


def told(found: Iterable[Encoding]) -> Counts:
    """Return the characters of tokens as the library tells them."""
    offsets = chain.from_iterable(encoding.offsets for encoding in found)
    return np.fromiter(chain.from_iterable(offsets), np.int64).reshape(-1, 2)


def told_of(found: Sequence[Encoding], units: Counts) -> Counts:
    """Return the same for some units."""
    return told(found[unit] for unit in units.tolist())


def joined(found: Sequence[Encoding]) -> Encoded:
    """Return the ids that the library gave several texts."""
    counts = np.fromiter(map(len, found), np.int64, len(found))
    starts = np.append(0, np.cumsum(counts))
    ids = chain.from_iterable(encoding.ids for encoding in found)
    return Encoded(np.fromiter(ids, np.int32, starts[-1]), starts)


class _Words(NamedTuple):
    """The words of texts, one text after the other."""

    words: Sequence[str]
    begin: Counts  # the character of its text where each begins
    first: Counts  # the first word of each text, and the end

    @classmethod
    def of(cls, texts: Sequence[str], cut: Cut, *, lower: bool) -> _Words:
        """Cut texts; `lower` makes capitals small in words of ASCII."""
        joined = " ".join((*texts, ""))
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        edges = np.cumsum([0, *map(len, texts)]) + np.arange(len(texts) + 1)
        flags = cut(codes)
        flags[edges[1:] - 1] = True  # the space behind each text
        ends = np.flatnonzero(flags)
        begin = np.append(0, ends[:-1] + 1)
        if lower:
            joined = _lowered(codes, begin).tobytes().decode("utf-32-le", "surrogatepass")
        words = joined.split(" ")[:-1]  # much faster than by their places, if all spaces are cuts
        if len(words) > len(ends):
            words = [joined[a:b] for a, b in zip(begin.tolist(), ends.tolist(), strict=True)]
        first = np.searchsorted(begin, edges)
        return cls(words, begin - np.repeat(edges[:-1], np.diff(first)), first)


def _lowered(codes: Codes, begin: Counts) -> Codes:
    """Return characters with small letters for the capitals in words of ASCII alone."""
    plain = np.logical_and.reduceat(codes < 0x80, begin)
    capital = (codes >= ord("A")) & (codes <= ord("Z"))
    capital &= np.repeat(plain, np.diff(begin, append=len(codes)))
    return codes + np.uint32(32) * capital


class _Known(NamedTuple):
    """Words and their tokens."""

    encoded: Encoded  # a word is a unit
    spans: Counts  # (T, 2)


_NOTHING = _Known(Encoded.of([]), np.zeros((0, 2), np.int64))


@dataclass
class Wordwise:
    """A tokenizer of the library, and the words that it has encoded."""

    library: LibraryTokenizer
    cut: Cut
    numbers: dict[str, int] = field(default_factory=dict)  # word -> its unit among the known ones
    known: _Known = _NOTHING
    size: int = 0  # characters of the known words

    def encode(self, texts: Sequence[str]) -> tuple[Encoded, Spans]:
        """Return the ids of texts, of which there is at least one, and where their tokens are.

        Raises what the library raises.
        """
        words, begin, first = _Words.of(texts, self.cut, lower=self.lowers)
        if not self._learns(words, texts):
            found = encode(self.library, texts)
            return joined(found), partial(told_of, found)
        numbers = np.fromiter(map(self.numbers.__getitem__, words), np.int64, len(words))
        known = self.known
        tokens = known.encoded.of_units(numbers)
        counts = np.diff(known.encoded.starts)[numbers]
        starts = np.append(0, np.cumsum(counts))[first]
        encoded = Encoded(known.encoded.ids[tokens], starts)

        def spans(units: Counts) -> Counts:
            if not self.drops:  # spaces have tokens
                return told(encode(self.library, [texts[unit] for unit in units.tolist()]))
            wanted = encoded.of_units(units)
            found = known.spans[tokens[wanted]]
            if (found < 0).any():  # they were not kept
                return told(encode(self.library, [texts[unit] for unit in units.tolist()]))
            return found + np.repeat(begin, counts)[wanted, None]

        return encoded, spans

    @property
    def drops(self) -> bool:
        """Whether spaces have no tokens."""
        return self.cut is cut_at_every_space

    @cached_property
    def lowers(self) -> bool:
        """Whether capitals of ASCII are made small, whatever is beside them."""
        return self.drops and all(
            normalize(self.library, char) == normalize(self.library, char.lower())
            for char in ascii_uppercase
        )

    @cached_property
    def _charwise(self) -> Charwise | None:
        """What encodes words faster without their places, if it agrees on probe texts."""
        found = charwise(self.library) if self.drops else None
        words = list(dict.fromkeys(" ".join(PROBES).split(" ")))
        encoded = encode(self.library, words) if found else ()
        told = zip(found.ids(words) if found else (), encoded, strict=True)
        return found if all(ids in (None, one.ids) for ids, one in told) else None

    def _learns(self, words: Sequence[str], texts: Sequence[str]) -> bool:
        """Encode the words that are new, unless they are too many; return whether all are known.

        Of texts of a word or two all are kept: that costs little more, and such texts are often
        the forms of terms, or beginnings of words, which come up again.
        """
        quick = self._charwise if are_parts(texts) else None
        if self.size > _MOST:
            self.numbers, self.known, self.size = {}, _NOTHING, 0
        new = [word for word in dict.fromkeys(words) if word not in self.numbers]
        size = sum(map(len, new))
        few = size <= _FEW * sum(map(len, words)) or len(words) <= _SHORT * len(texts)
        if not (few or quick):
            return False
        self.size += size
        if quick:
            new = self._learn_quickly(new, quick)
        self._learn_joined(list(filter(_is_plain, new)))
        self._learn_apart([word for word in new if word not in self.numbers])
        return True

    def _learn_quickly(self, words: Sequence[str], way: Charwise) -> list[str]:
        """Keep words without the places of their tokens; return those that this leaves out."""
        found = dict(zip(words, way.ids(words), strict=True))
        own = {word: ids for word, ids in found.items() if ids is not None}
        counts = np.fromiter(map(len, own.values()), np.int64, len(own))
        ids = np.fromiter(chain.from_iterable(own.values()), np.int32, counts.sum())
        self._keep(list(own), counts, ids, np.full((len(ids), 2), -1))
        return [word for word, ids in found.items() if ids is None]

    def _learn_joined(self, words: Sequence[str]) -> None:
        """Encode words with spaces between them, which is the fastest; keep those that are sure.

        The library's places of tokens tell whose they are. Where it misplaces some, as behind a
        character that is dropped, the words there have no token at their first or last character.
        """
        found = encode(self.library, list(map(" ".join, _lots(words))))
        encoded, spans = joined(found), told(found)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        begin = np.cumsum(lengths + 1) - lengths - 1
        spans += np.repeat(begin[::_AT_ONCE], np.diff(encoded.starts))[:, None]
        space = int(not self.drops)  # whether the token of a space is the word's behind it
        home = np.searchsorted(begin - space, spans[:, 0], side="right") - 1
        spans -= begin[home, None]
        counts = np.bincount(home, minlength=len(words))
        sure = counts > 0
        last = np.cumsum(counts)[sure]
        edges = spans[last - counts[sure], 0], spans[last - 1, 1]
        sure[sure] = (edges[0] <= 0) & (edges[1] == lengths[sure])
        kept = sure[home]
        self._keep(list(compress(words, sure)), counts[sure], encoded.ids[kept], spans[kept])

    def _learn_apart(self, words: Sequence[str]) -> None:
        """Encode words each for itself, and keep them."""
        found = encode_words(self.library, _lots(words))
        encoded = joined(found)
        home = np.fromiter(chain.from_iterable(one.word_ids for one in found), np.int64)
        home += np.repeat(np.arange(len(found)) * _AT_ONCE, np.diff(encoded.starts))
        counts = np.bincount(home, minlength=len(words))
        self._keep(words, counts, encoded.ids, told(found))

    def _keep(self, words: Sequence[str], counts: Counts, ids: Ids, spans: Counts) -> None:
        """Keep words, with the tokens of each and their characters in it, (T, 2)."""
        before, places = self.known
        starts = np.append(before.starts, before.starts[-1] + np.cumsum(counts))
        encoded = Encoded(np.append(before.ids, ids), starts)
        # where spaces have tokens, the places of those of words are not asked for
        self.known = _Known(encoded, np.append(places, spans, axis=0) if self.drops else places)
        self.numbers.update(zip(words, count(len(self.numbers)), strict=False))


def _is_plain(word: str) -> bool:
    """Tell whether the library surely knows where tokens of a word are.

    Letters and digits, without marks, are normalised one by one, and so is ASCII.
    """
    return word.isalnum() or (word.isascii() and word != "" and " " not in word)


def _lots(words: Sequence[str]) -> list[Sequence[str]]:
    """Return words in lots of as many, each for one text of the library."""
    return [words[i : i + _AT_ONCE] for i in range(0, len(words), _AT_ONCE)]
