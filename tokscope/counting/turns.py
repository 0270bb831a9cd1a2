"""Whether text is cut alike on both sides of a place, by trials of what stands around it.

An expression may remember what it began with: where letters of a script without case follow a small
letter, a capital behind them is cut off; alone, they take it along. So characters of all classes
that the steps tell apart are put around a place: one before it, two behind it, and runs of the
same. Where an expression remembers more, such as one of three letters before a digit, nothing is
told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from tokscope.counting.alike import Alike, atoms
from tokscope.counting.local import expressions_of, steps_of
from tokscope.counting.memory import memory
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
_MEMORY = 3  # atoms in a row that trials can tell of
_TRIALS = 5_000  # texts for each two characters, about
_RANGE = re.compile(r"([^\[\]\\])-([^\[\]\\])")


class Turn(NamedTuple):
    """What becomes of cuts where text falls apart."""

    always: bool  # there is a cut at the place; not asked where the expression is a published one
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
        forgets = all(memory(one) <= _MEMORY for one in self._own)
        self.can_tell = forgets or self._told is not None
        self._prepare = tokenizer.preparing() if isinstance(tokenizer, HasCuts) else None
        self._known: dict[tuple[int, ...], Turn] = {}
        self._around: list[str] = []

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
        if not self._own:
            return Turn(self._is_cut(left, right), frozenset())
        if self._prepare is None:
            return Turn(False, None)
        around = self._around = self._around or self._one_of_each(self._prepare)
        before = ["", *around, *(one * 2 for one in around)]
        last = around[: _TRIALS // len(before) ** 2]
        after = ["", *around, *(one * 3 for one in around), *map("".join, product(around, last))]
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

    def _is_cut(self, left: str, right: str) -> bool:
        """Tell whether steps without an expression cut between two characters."""
        if self._prepare is None:
            return False
        one, both = self._prepare(left).text, self._prepare(left + right)
        crossed = any(start < len(one) < end for start, end in both.spans)
        return both.text.startswith(one) and not crossed

    def _same(self, one: str, other: str) -> bool:
        numbers = self.alike(one + other)
        return bool(numbers[0] == numbers[1])

    def _classes(self, pairs: Iterable[str]) -> frozenset[Classes]:
        """Return the classes of pairs of characters."""
        numbers = self.alike("".join(pairs)).reshape(-1, 2)
        return frozenset((one, two) for one, two in numbers.tolist())

    def _one_of_each(self, prepare: Callable[[str], Prepared]) -> list[str]:
        """Return one character of each class, of those that reach the model as they are."""
        named = [atom for one in self._own for atom in atoms(one)]
        ends = {ord(end) for atom in named for end in _ends(atom)}
        many = [*_MANY, *"".join(named)]  # with the signs that they name
        many += [chr(code + by) for code in sorted(ends) for by in (0, -1, 1)]
        kept = [char for char in many if _cut(prepare, [f"a{char}a"])]
        found: dict[int, str] = {}
        for number, char in zip(self.alike("".join(kept)).tolist(), kept, strict=True):
            found.setdefault(number, char)
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
