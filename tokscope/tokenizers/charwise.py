"""Words encoded by the model of a library alone, where each character is prepared for itself.

What the steps before the model do takes the library longer than the model, and a word and its
beginnings have most of it in common. So each character is prepared once, and tried beside each
neighbour that it has in words. Words of which that does not tell all are left to the library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from tokscope.tokenizers.growing import Growing
from tokscope.tokenizers.library import Json, LibraryTokenizer, normalize, pretokenize, settings_of
from tokscope.tokenizers.vocabulary import SPACE

_ODD = "\x00"  # in place of a character that is not prepared for itself
_WIDE = 0x800  # marks from here on take three bytes, so that no table joins two of them to a letter
_KEPT = 100_000  # pieces, and neighbours
_COMPOSES = ("NFC", "NFKC")  # what these put together may not stand side by side
# What these cut depends on two neighbours alone.
_CUTS = ("BertPreTokenizer", "Digits", "Metaspace", "Punctuation", "Whitespace", "WhitespaceSplit")
# An expression that matches single characters, whatever stands beside them
CHARACTER = re.compile(r"(?:\(\?!\\s\))?(?:\[(?!\^)(?:[^\[\]\\&]|\\.)+\]|\\p\{\w+\}|[^\W\d_])")
DROPPED = {"type": "Split", "pattern": {"Regex": r"\s+"}, "behavior": "Removed", "invert": False}


def charwise(library: LibraryTokenizer) -> Charwise | None:
    """Return what encodes words character by character, if no step looks further.

    The steps are those of a tokenizer that drops spaces.
    """
    changes = _steps(settings_of(library.normalizer), "normalizers")
    cuts = _steps(settings_of(library.pre_tokenizer), "pretokenizers")
    if any(step["type"] in _COMPOSES for step in changes) or not all(map(_is_near, cuts)):
        return None
    return Charwise(library)


def are_parts(texts: Sequence[str]) -> bool:
    """Tell whether most texts begin as the one before does, or end so, with more or less text."""
    own = (one and (two.startswith(one) or one.endswith(two)) for one, two in pairwise(texts))
    return 2 * sum(map(bool, own)) > len(texts)


def _steps(step: Json, parts: str) -> list[Json]:
    steps: list[Json] = step.get(parts, [step] if step else [])
    return steps


def _is_near(step: Json) -> bool:
    """Tell whether where a step cuts depends on two neighbours alone."""
    expression = step.get("pattern", {}).get("Regex", "")
    return step["type"] in _CUTS or step == DROPPED or bool(CHARACTER.fullmatch(expression))


@dataclass
class Charwise:
    """A tokenizer of the library, and what it makes of characters."""

    library: LibraryTokenizer
    table: dict[int, str] = field(default_factory=dict)  # a character is cut at the spaces in it
    beside: dict[int, bool] = field(default_factory=dict)  # neighbours -> prepared each for itself
    known: dict[str, list[int]] = field(default_factory=dict)  # the ids of pieces that are cut off

    def ids(self, words: Sequence[str]) -> list[list[int] | None]:
        """Return the ids of words without spaces; None where the library has to be asked."""
        whole = [
            word
            for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
            if not (after.startswith(word) or before.endswith(word))
        ]
        self._look(set("".join(whole)))
        odd = self._odd(whole)
        return [
            None if _ODD in prepared or (odd and odd.search(word)) else self._of_prepared(prepared)
            for word, prepared in zip(words, self._all_prepared(words), strict=True)
        ]

    def _all_prepared(self, words: Sequence[str]) -> Iterator[str]:
        """Yield what is made of words, each from that of the word before where it goes on."""
        before, prepared = "", ""
        for word in words:
            if word.startswith(before):
                prepared += word[len(before) :].translate(self.table)
            elif before.endswith(word):
                left = before[: len(before) - len(word)]
                prepared = prepared[len(left.translate(self.table)) :]
            else:
                prepared = word.translate(self.table)
            yield prepared
            before = word

    def _of_prepared(self, prepared: str) -> list[int]:
        if " " not in prepared:
            return self._of_piece(prepared) if prepared else []
        return [one for piece in prepared.split(" ") if piece for one in self._of_known(piece)]

    def _of_known(self, piece: str) -> list[int]:
        """Return the ids of a piece that was cut off, such as a sign; they come up again."""
        found = self.known.get(piece)
        if found is None:
            if len(self.known) > _KEPT:
                self.known.clear()
            found = self.known[piece] = self._of_piece(piece)
        return found

    def _of_piece(self, piece: str) -> list[int]:
        if self._growing:
            return self._growing(piece)
        return [token.id for token in self.library.model.tokenize(self._mark + piece)]

    @cached_property
    def _growing(self) -> Growing | None:
        return None if self._mark else Growing.of(self.library)

    @cached_property
    def _mark(self) -> str:
        """What is put before each piece."""
        return SPACE if self._prepared("ab") == [f"{SPACE}ab"] else ""

    def _prepared(self, text: str) -> list[str]:
        """Return the pieces in which a text reaches the model."""
        return [piece for piece, _ in pretokenize(self.library, normalize(self.library, text))]

    def _tells(self, inner: str, found: str) -> bool:
        """Tell whether something is prepared like this between two letters."""
        pieces = [self._mark + piece for piece in f"a{found}b".split(" ") if piece]
        return self._prepared(f"a{inner}b") == pieces

    def _look(self, characters: set[str]) -> None:
        """Find out what is made of characters that are new."""
        for char in characters:
            if ord(char) not in self.table:
                self.table[ord(char)] = self._found(char)

    def _found(self, char: str) -> str:
        """Return what is made of a character: part of a word, a piece of its own, or a gap."""
        if char == SPACE or (ord(char) < _WIDE and unicodedata.category(char)[0] == "M"):
            return _ODD
        pieces = self._prepared(f"a{char}b")
        alone = len(pieces[0]) - len(self._mark) - 2 if pieces else -1
        if len(pieces) == 1 and alone >= 0:
            found = pieces[0][len(self._mark) + 1 : -1]
        else:
            found = f" {pieces[1][len(self._mark) :]} " if len(pieces) == 3 else " "
        told = self._tells(char, found) and self._tells(char * 2, found * 2)
        return found if told else _ODD

    def _odd(self, words: Sequence[str]) -> re.Pattern[str] | None:
        """Return what finds neighbours in words that are not prepared each for itself, if any."""
        joined = " ".join(words).encode("utf-32-le", "surrogatepass")
        numbers = np.frombuffer(joined, np.uint32).astype(np.int64)
        keys = np.unique((numbers[:-1] << 32) | numbers[1:])
        inner = keys[(keys >> 32 != ord(" ")) & (keys & 0xFFFFFFFF != ord(" "))].tolist()
        odd = [chr(key >> 32) + chr(key & 0xFFFFFFFF) for key in inner if not self._are_apart(key)]
        return re.compile("|".join(map(re.escape, odd))) if odd else None

    def _are_apart(self, key: int) -> bool:
        """Tell whether two neighbours are prepared each for itself."""
        found = self.beside.get(key)
        if found is None:
            if len(self.beside) > _KEPT:
                self.beside.clear()
            one, two = self.table[key >> 32], self.table[key & 0xFFFFFFFF]
            left, right = chr(key >> 32), chr(key & 0xFFFFFFFF)
            # with nothing between them, marks may change places
            alone = bool(one) or not unicodedata.combining(two[:1] or "a")
            told = _ODD in one + two or self._tells(left + right, one + two)
            found = self.beside[key] = alone and told
        return found
