"""Cutting text into pretokens by a regular expression, as fast as Python can and exactly.

The `regex` module reads the same expressions as the engines of the tokenizers' libraries, from
newer Unicode tables. Code points that it puts into another class than a library does are replaced,
one for one, by stand-ins of the right class while the text is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, filterfalse

import numpy as np
import regex
import tiktoken
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers.library import Regex, pre_tokenizers
from tokscope.tokenizers.limits import require_pattern

_CLASS = regex.compile(r"\\(?:[sSdDwW]|[pP](?:\w|\{[^}]+\}))")
# One character of every general category, and a Han one; none that folds to an ASCII letter.
_STAND_INS = (
    "ΩωǅʰアÀà一\u0300\u0903\u20dd٣Ⅷ½‿—⟨⟩«»、∑€˄☃\u3000\u2028\u2029\u0085\u200b\ue000\U00050000"
)
_TOGETHER = 256  # characters that are looked at together
_SURROGATES = range(0xD800, 0xE000)

Classes = Callable[[str, str], str]  # an expression, characters -> those that match it


def classes_of_core(expression: str, characters: str) -> str:
    """Return the characters that tiktoken's engine takes for members of a class."""
    core = tiktoken.Encoding(
        "classes",
        pat_str=expression,
        mergeable_ranks={bytes([byte]): byte for byte in range(256)},
        special_tokens={},
    )
    return core.decode(core.encode_ordinary(characters))


def classes_of_library(expression: str, characters: str) -> str:
    """Return the characters that the engine of Hugging Face's library takes for members."""
    matching = Regex(f"(?:{expression})+")
    split = pre_tokenizers.Split(matching, "removed", invert=True)
    return "".join(piece for piece, _ in split.pre_tokenize_str(characters))


def with_gaps(pattern: str) -> str:
    """Return an expression that also finds what another one leaves between its matches.

    Hugging Face's library keeps that text, as pieces of their own; tiktoken drops it. Atomic, so
    that where empty text is matched nothing else is tried, and the character there is left.
    """
    return rf"(?>{pattern})|[\s\S](?:(?!{pattern})[\s\S])*"


def compiled(pattern: str) -> regex.Pattern[str]:
    """Compile an expression as the engines of the tokenizers read it.

    Raises:
        TokscopeError: Python's engine cannot.
    """
    require_pattern(pattern)
    try:
        return regex.compile(pattern, regex.V1 if "&&" in pattern else regex.V0)
    except regex.error as error:
        raise TokscopeError(f"cannot cut by the expression {pattern} ({error})") from error


class Cutter:
    """An expression, and what the library that it belongs to knows of Unicode.

    A character is checked with its neighbours when it is first seen. So most are never checked.
    """

    def __init__(self, pattern: str, classes: Classes) -> None:
        self._compiled = compiled(pattern)
        self._classes = classes
        self._expressions = sorted(set(_CLASS.findall(pattern)))
        self._alike = np.zeros(0x110000, bool)  # of the characters looked at
        self._alike[:0x80] = True
        self._stand_ins: dict[int, str] = {}

    def __call__(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the pretokens of texts, one text after the other."""
        slow = self._compiled.groups or self._replaces("".join(texts))
        cut = self._cut if slow else self._compiled.findall
        return filter(None, chain.from_iterable(map(cut, texts)))

    def _replaces(self, text: str) -> bool:
        """Tell whether a text holds characters that need stand-ins."""
        if text.isascii():
            return False
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        others = np.unique(codes[~self._alike[codes]])
        new = [code for code in others.tolist() if code not in self._stand_ins]
        if new:
            self._look(sorted({one for code in new for one in _block(code)}))
        return not self._alike[others].all()

    def _kinds(self, characters: str, classes: Classes) -> NDArray[np.int64]:
        """Return the classes that each character belongs to, as the bits of a number."""
        kinds = np.zeros(len(characters), np.int64)
        for bit, expression in enumerate(self._expressions):
            members = set(classes(expression, characters))
            kinds += np.array([char in members for char in characters], np.int64) << bit
        return kinds

    def _look(self, codes: Sequence[int]) -> None:
        """Find out which characters the two sides read differently, and what replaces those."""
        characters = _STAND_INS + "".join(map(chr, codes))
        theirs = self._kinds(characters, self._classes)
        ours = self._kinds(characters, _classes_here)
        known = len(_STAND_INS)
        stand_ins = {
            kind: char
            for char, kind, here in zip(_STAND_INS, theirs.tolist(), ours.tolist(), strict=False)
            if kind == here
        }
        for code, kind, here in zip(
            codes, theirs[known:].tolist(), ours[known:].tolist(), strict=True
        ):
            if kind != here and kind in stand_ins:
                self._stand_ins[code] = stand_ins[kind]
            else:
                self._alike[code] = True

    def _cut(self, text: str) -> Iterator[str]:
        """Cut one text, with stand-ins."""
        for match in self._compiled.finditer(text.translate(self._stand_ins)):
            yield text[match.start() : match.end()]


def _block(code: int) -> Iterable[int]:
    """Return a character and its neighbours: texts that hold one mostly hold others later."""
    start = code - code % _TOGETHER
    return filterfalse(_SURROGATES.__contains__, range(start, start + _TOGETHER))


def _classes_here(expression: str, characters: str) -> str:
    return "".join(regex.findall(expression, characters))
