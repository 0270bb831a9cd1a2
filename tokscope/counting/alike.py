"""Which characters the steps before a model take for the same: one can stand for the others.

Expressions name classes of characters, ranges and signs. Two characters that are in the same of
them, and that the other steps cut alike, are taken for the same. Each library is asked itself,
since Unicode tables differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.local import CONTRACTIONS, expressions_of, steps_of
from tokscope.errors import require_of_library
from tokscope.late import Late
from tokscope.text.words import codes
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasNormal

if TYPE_CHECKING:
    from tokscope.tokenizers import cutting, library
else:  # imported late because they import libraries
    cutting, library = Late("tokscope.tokenizers.cutting"), Late("tokscope.tokenizers.library")

Classes = Callable[[str, str], str]  # an expression, characters -> those that match it
Look = Callable[[str], list[NDArray[np.bool_]]]
_ATOM = re.compile(r"\\[pP]\{[^}]*\}|\\[pP]\w|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[^bBAzZGKRX]")
_SYNTAX = re.compile(r"\(\?[a-zA-Z]*[:=!>]?|\{[\d,]*\}|[()|?*+^$.]")
_BYTE_LEVEL = (r"\s", r"\p{L}", r"\p{N}")  # what the expression of that step names
_BUILT_IN = ("Whitespace", "WhitespaceSplit", "Punctuation", "BertPreTokenizer", "Digits")


def atoms(expression: str) -> list[str]:
    r"""Return the classes, sets and signs of an expression, apart from those of contractions.

    >>> atoms(r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}]?\p{L}+|\p{N}{1,3}| ?[!-/]+|\s+(?!\S)")
    ['[^\\r\\n\\p{L}]', '\\p{L}', '\\p{N}', '\\ ', '[!-/]', '\\s', '\\S']
    """
    return list(dict.fromkeys(_atoms(CONTRACTIONS.sub("", expression))))


def _atoms(expression: str) -> Iterator[str]:
    return (part for part, is_atom in parts_of(expression) if is_atom)


def parts_of(expression: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of an expression, and whether each is a class, a set or a sign."""
    place = 0
    while place < len(expression):
        match = _ATOM.match(expression, place) or _SYNTAX.match(expression, place)
        if expression[place] == "[":
            end = _end_of_set(expression, place)
            yield expression[place:end], True
        elif match is None:
            end = place + 1
            yield re.escape(expression[place]), True
        else:
            end = match.end()
            yield match[0], match.re is _ATOM
        place = end


def _end_of_set(expression: str, start: int) -> int:
    """Return where a set ends, which may hold others."""
    depth, place = 0, start
    while place < len(expression):
        char = expression[place]
        if char == "[":
            depth += 1
            place += expression[place + 1 : place + 2] == "^"
            place += expression[place + 1 : place + 2] == "]"  # first in a set, it is a sign
        elif char == "]":
            depth -= 1
        place += 2 if char == "\\" else 1
        if not depth:
            break
    return place


class Alike:
    """The number of the class of every character that was looked at; the same if steps are."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._looks = list(_looks(tokenizer))
        self._known = np.full(0x110000, -1, np.int32)
        self._numbers: dict[bytes, int] = {}

    def __call__(self, characters: str) -> NDArray[np.int32]:
        """Return the numbers of characters; -1 for all if an expression cannot be asked."""
        numbers = codes(characters)
        found = self._known[numbers]
        new = np.unique(numbers[found < 0])
        if len(new):
            self._known[new] = self._look("".join(map(chr, new.tolist())))
            found = self._known[numbers]
        return found

    def _look(self, characters: str) -> NDArray[np.int32]:
        try:
            found = [*chain.from_iterable(look(characters) for look in self._looks)]
        except BaseException as error:  # noqa: BLE001 - libraries raise nothing narrower
            require_of_library(error)
            return np.full(len(characters), -1, np.int32)
        rows = np.packbits(np.array([np.ones(len(characters), bool), *found]), axis=0).T
        told = (self._numbers.setdefault(row.tobytes(), len(self._numbers)) for row in rows)
        return np.fromiter(told, np.int32, len(characters))


def _looks(tokenizer: Tokenizer) -> Iterator[Look]:
    """Yield what tells characters apart."""
    classes = (
        cutting.classes_of_core if hasattr(tokenizer, "pattern") else cutting.classes_of_library
    )
    for expression in expressions_of(tokenizer):
        for atom in atoms(expression):
            yield _members(atom, classes)
            if "(?i" in CONTRACTIONS.sub("", expression):
                yield _members(f"(?i:{atom})", classes)
    steps = steps_of(tokenizer)
    if any(step.get("type") == "ByteLevel" and step.get("use_regex", True) for step in steps):
        yield from (_members(atom, cutting.classes_of_library) for atom in _BYTE_LEVEL)
    for step in steps:
        if step.get("type") in _BUILT_IN:
            yield _cut(str(step["type"]))
        sign = step.get("delimiter") or (step.get("pattern") or {}).get("String")
        if sign:
            yield _members(re.escape(sign), cutting.classes_of_library)
    if any("pretokenizers" not in step for step in steps) and isinstance(tokenizer, HasNormal):
        yield _kept(tokenizer)


def _members(expression: str, classes: Classes) -> Look:
    def look(characters: str) -> list[NDArray[np.bool_]]:
        members = set(classes(expression, characters))
        return [np.fromiter(map(members.__contains__, characters), bool, len(characters))]

    return look


def _cut(step: str) -> Look:
    """Tell whether a step cuts each character from a letter before it, and a sign behind it."""
    cut = getattr(library.pre_tokenizers, step)()

    def look(characters: str) -> list[NDArray[np.bool_]]:
        spans = cut.pre_tokenize_str("".join(f"a{char}." for char in characters))
        at = np.zeros(3 * len(characters) + 1, bool)
        at[[place for _, span in spans for place in span]] = True
        return [at[1::3], at[2::3]]

    return look


def _kept(tokenizer: HasNormal) -> Look:
    """Tell which characters the normalizer leaves as they are, and which with spaces around."""

    def look(characters: str) -> list[NDArray[np.bool_]]:
        normal = [tokenizer.normal(char) for char in characters]
        pairs = list(zip(normal, characters, strict=True))
        ways = ([a == b for a, b in pairs], [a.strip() == b for a, b in pairs])
        return [np.array(way, bool) for way in ways]

    return look
