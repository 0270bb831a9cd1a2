"""Whether text is cut alike on both sides of a place, by trials of what stands around it.

An expression may remember what it began with: where letters of a script without case follow a small
letter, a capital behind them is cut off; alone, they take it along. So characters of all classes
that the steps tell apart are put around a place: one before it, two behind it. An expression that
remembers more, such as one of three letters before a digit, can still be misjudged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from tokscope.counting.alike import Alike, atoms
from tokscope.counting.local import expressions_of, steps_of
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasCuts, Prepared
from tokscope.tokenizers.patterns import PATTERNS

Classes = tuple[int, int]
# Published expressions, and where cuts differ: by a character behind the place, the ends of what
# may be cut there or not. A test says so.
_PLAIN = ("gpt2", "cl100k_base", "llama3", "qwen2", "qwen3.5", "glm4", "deepseek-v3")
KNOWN: Mapping[str, Mapping[str, Sequence[str]]] = {
    **{PATTERNS[name]: {} for name in _PLAIN},
    **{PATTERNS[name]: {"中": ("中A", "\u0301A")} for name in ("o200k_base", "tekken")},
    PATTERNS["kimi-k2"]: {"カ": ("カA",)},
}
_KEEPING = ("Isolated", "Removed")  # steps that cut where their expression does
# A character of each category and of scripts that expressions name, and the commonest signs
_MANY = "aA1中カกʰǅ. /-,'\n½Ⅷ\u0301ʼ☃€^«»、_한пДא㐀𠀀٣\u00a0\u3000\u0903\u20dd"
_RANGE = re.compile(r"([^\[\]\\])-([^\[\]\\])")


class Turn(NamedTuple):
    """What becomes of cuts where text falls apart."""

    always: bool  # there is a cut at the place
    classes: frozenset[Classes] | None  # of characters between which cuts differ; None: anywhere


class Turns:
    """What cuts text, tried with characters of all classes that its steps tell apart."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        alike: Alike,
        known: Mapping[str, Mapping[str, Sequence[str]]] = KNOWN,
    ) -> None:
        self.alike = alike
        self._own = list(filter(None, expressions_of(tokenizer)))
        keep = all(step.get("behavior", _KEEPING[0]) in _KEEPING for step in steps_of(tokenizer))
        self._told = known.get(self._own[0]) if keep and len(self._own) == 1 else None
        self._prepare = tokenizer.preparing() if isinstance(tokenizer, HasCuts) else None
        self._known: dict[tuple[int, ...], Turn] = {}
        self._around: list[str] = []

    @property
    def can_differ(self) -> bool:
        """Whether there is an expression of which it is not known that nothing differs."""
        return bool(self._own) and self._told != {}

    def __call__(self, left: str, right: str) -> Turn:
        """Return what becomes of cuts between two characters."""
        key = tuple(self.alike(left + right).tolist())
        if key not in self._known:
            self._known[key] = self._turn(left, right)
        return self._known[key]

    def _turn(self, left: str, right: str) -> Turn:
        if self._told is not None:
            behind = (ends for one, ends in self._told.items() if self._same(one, right))
            return Turn(True, self._classes([pair for ends in behind for pair in ends]))
        if self._prepare is None:
            return Turn(False, None)
        self._around = self._around or self._one_of_each(self._prepare)
        before = ["", *self._around]
        after = [*before, *map("".join, product(self._around, self._around))]
        lefts = _cut(self._prepare, [one + left for one in before])
        rights = _cut(self._prepare, [right + one for one in after])
        texts = [one + two for one, two in product(lefts, rights)]
        whole = _cut(self._prepare, texts)
        if len(lefts) < len(before) or len(rights) < len(after) or len(whole) < len(set(texts)):
            return Turn(False, None)
        always, pairs = True, set[str]()
        for (one, cuts), (two, more) in product(lefts.items(), rights.items()):
            place, found = len(one), whole[one + two]
            always &= place in found
            differ = found ^ (cuts | {place + other for other in more})
            pairs |= {(one + two)[i - 1 : i + 1] for i in differ if i != place}
        return Turn(always, self._classes(pairs))

    def _same(self, one: str, other: str) -> bool:
        numbers = self.alike(one + other)
        return bool(numbers[0] == numbers[1])

    def _classes(self, pairs: Iterable[str]) -> frozenset[Classes]:
        """Return the classes of pairs of characters."""
        numbers = self.alike("".join(pairs)).reshape(-1, 2)
        return frozenset((one, two) for one, two in numbers.tolist())

    def _one_of_each(self, prepare: Callable[[str], Prepared]) -> list[str]:
        """Return one character of each class, of those that reach the model as they are."""
        ends = {ord(end) for one in self._own for atom in atoms(one) for end in _ends(atom)}
        many = [*_MANY, *(chr(code + by) for code in sorted(ends) for by in (0, -1, 1))]
        kept = [char for char in many if _cut(prepare, [f"a{char}a"])]
        numbers = self.alike("".join(kept)).tolist()
        found = dict(zip(numbers[::-1], kept[::-1], strict=True))
        return list(found.values())


def _ends(atom: str) -> list[str]:
    """Return the ends of the ranges in a set."""
    return [end for pair in _RANGE.findall(atom) for end in pair if 0 < ord(end) < 0x10FFFF]


def _cut(prepare: Callable[[str], Prepared], texts: list[str]) -> dict[str, set[int]]:
    """Return where texts are cut; without those that steps change, but for a space before."""
    found = {}
    for text in texts:
        prepared = prepare(text)
        shift = len(prepared.text) - len(text)
        if prepared.text in (text, f" {text}"):
            places = {place - shift for span in prepared.spans for place in span}
            found[text] = {place for place in places if 0 < place < len(text)}
    return found
