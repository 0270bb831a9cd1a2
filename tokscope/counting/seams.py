"""Where text falls apart: the places at which both sides are encoded each for itself.

A place is a seam if no token crosses it and no step before the model looks across it. The first is
read off the vocabulary, for the two characters there. The second depends on kinds of characters,
such as a letter before a sign, and is tried when the tokenizer is first used: texts that end in the
one kind, before texts that begin with the other, some of them tokens of the vocabulary. Characters
of a kind that the steps tell apart are tried again, each class when it is first seen. `turns` tries
what stands around them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, pairwise, product
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.alike import Alike
from tokscope.counting.crossings import are_free, crossings
from tokscope.counting.kinds import BLANK, HAN, KINDS, LEFT, ODD, PAIRS, RIGHT, STRICT, kinds_of
from tokscope.counting.local import expressions_of, is_local, removes, steps_of
from tokscope.counting.turns import Turns
from tokscope.errors import UnitError
from tokscope.late import Late
from tokscope.text.words import codes
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasAnatomy, Prepared, added_tokens

if TYPE_CHECKING:
    from tokscope.tokenizers import huggingface
else:  # imported late because it imports a library
    huggingface = Late("tokscope.tokenizers.huggingface")

Flags = NDArray[np.bool_]
Ids = tuple[int, ...]
Sure = NDArray[np.int8]

_NEVER, UNSURE, SURE = range(3)  # whether there is a seam; unsure ones depend on their text

_STRANGE = "龘㐀𠀀"  # rare Han characters, of which one may be unknown
_LOOKED_AT = 4_000  # tokens of the vocabulary, of which some are tried
_TRIED = 6  # of a kind
_IGNORES = "ignore_merges"
_SPACES = [
    int.from_bytes(char.encode(), "big") for char in map(chr, range(0x3001)) if char.isspace()
]
_PERIOD = 16  # characters, which is how long pieces of most models may be


@dataclass
class Seams:
    """The seams of a tokenizer, and what was found out about them."""

    tokenizer: Tokenizer
    specials: bool = False  # whether special tokens are found in text
    # two characters -> how sure a seam is there; for loose kinds apart, where one may be unknown
    pairs: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))
    classes: dict[int, int] = field(default_factory=dict)  # of two characters -> the same
    # classes of characters between which text is cut otherwise behind some seams
    turns: set[tuple[int, int]] = field(default_factory=set)

    @cached_property
    def named(self) -> list[str]:
        """The texts of added and special tokens, which have no bytes; some models find them all."""
        names = [one.text for one in added_tokens(self.tokenizer)]
        return list(filter(None, [*names, *self.tokenizer.vocabulary.specials]))

    @cached_property
    def _cuts(self) -> Callable[[str], Prepared] | None:
        """What cuts text, if a piece that is a token may have others as a part of a longer piece.

        Then a seam has to be a cut.
        """
        one = self.tokenizer
        merges = isinstance(one, huggingface.HuggingFaceTokenizer) and not one.config["model"].get(
            _IGNORES
        )
        if merges or not isinstance(one, HasAnatomy):
            return None
        anatomy = one.anatomy()
        long = one.vocabulary.lengths > 1
        reached = anatomy.arrives is not None and bool(anatomy.arrives[long].all())
        return None if reached or not anatomy.whole else anatomy.prepare

    @cached_property
    def _alike(self) -> Alike:
        return Alike(self.tokenizer)

    @cached_property
    def _turns(self) -> Turns:
        return Turns(self.tokenizer, self._alike)

    @cached_property
    def _needs_cuts(self) -> bool:
        """Whether the tokens of a piece depend on its ends, even if none crosses them."""
        model = getattr(self.tokenizer, "config", {}).get("model", {})
        return (
            self._cuts is not None
            or any(map(removes, steps_of(self.tokenizer)))  # what is cut off there has no token
            or model.get("type") in ("WordPiece", "WordLevel")
            or any(map(model.get, ("end_of_word_suffix", "continuing_subword_prefix")))
        )

    @cached_property
    def _crossings(self) -> NDArray[np.uint64]:
        return crossings(self.tokenizer.vocabulary, [name.encode() for name in self.named])

    @cached_property
    def _found(self) -> tuple[Flags, bool]:
        """The pairs of kinds that make seams, and whether text after one begins anew."""
        allowed, anew = np.zeros((KINDS, KINDS), bool), True
        for pair in (*PAIRS, *STRICT) if self._can_be_tried else ():
            tries = self._tries(*pair)
            holds, same = self._fall_apart(tries)
            allowed[pair] = holds and (same or pair not in STRICT)
            anew &= same or not allowed[pair]
            if allowed[pair]:
                ends = [(one[-1], two[0]) for one, two in tries if one[0] == ODD == two[-1]]
                told = zip((self._classes_of(ends) * 2).tolist(), ends, strict=True)
                self.classes |= {n: self._rated(*both) for n, both in told if n >= 0}
        return allowed, anew

    @property
    def _can_be_tried(self) -> bool:
        """Whether trials can tell: not where an expression takes words together, two by two.

        Nor where it remembers much.
        """
        if not (is_local(self.tokenizer, specials=self.specials) and self._turns.can_tell):
            return False
        left, right = self._crossings >> np.uint64(32), self._crossings & np.uint64(0xFFFFFFFF)
        over_words = (right == ord(" ")) & ~np.isin(left, _SPACES)
        return not (over_words.any() and any(expressions_of(self.tokenizer)))

    @property
    def anew(self) -> bool:
        """Whether the text behind a seam has the same tokens as a text of its own."""
        return self._found[1]

    @property
    def adds_scores(self) -> bool:
        """Whether the model adds the scores of pieces, as Unigram does."""
        return "unigram" in self.tokenizer.family.lower()

    @cached_property
    def spaces_alike(self) -> bool:
        """Whether text that begins with a space has the same tokens behind an a as elsewhere."""
        lefts, rights = self._samples
        last = {text[-1] for texts in lefts.values() for text in texts}
        last = {char for char in last if self.may_join(char, " ")}
        pairs = list(product(sorted(last), rights[BLANK]))
        before = self._ids([left for left, _ in pairs])
        behind = self._ids([left + right for left, right in pairs])
        rests = {
            (right, both[len(one) :])
            for (_, right), one, both in zip(pairs, before, behind, strict=True)
        }
        return "a" in last and len(rests) == len(set(rights[BLANK]))

    def inside(self, text: str, least: int = UNSURE) -> Flags:
        """Tell for each character whether there is a seam before it."""
        kinds, allowed = kinds_of(text), self._found[0]
        found = np.zeros(len(kinds), bool)
        places = np.flatnonzero(allowed[kinds[:-1], kinds[1:]]) + 1
        if len(places):
            numbers = codes(text).astype(np.int64)
            keys = (numbers[places - 1] << 32) | numbers[places]
            unique, home = np.unique(keys, return_inverse=True)
            found[places] = (self._are_seams(unique.tolist(), self._loose) >= least)[home]
        return found

    def may_join(self, left: str, right: str) -> bool:
        """Tell whether there is a seam between two characters."""
        kinds = kinds_of(left + right)
        key = ord(left) << 32 | ord(right)
        return bool(self._found[0][kinds[0], kinds[1]] and self._are_seams([key])[0] == SURE)

    def _are_seams(self, keys: Sequence[int], loose: Flags | None = None) -> Sure:
        """Tell between which pairs of characters no token crosses and text falls apart.

        Between loose kinds one may be unknown.
        """
        told = self.pairs[loose is not None]
        new = [key for key in dict.fromkeys(keys) if key not in told]
        if new:
            both = [(chr(key >> 32), chr(key & 0xFFFFFFFF)) for key in new]
            free, spelled = (
                are_free(both, self._crossings),
                self._spells([one + two for one, two in both]),
            )
            found = free & spelled
            if loose is not None:
                kinds = kinds_of("".join(one + two for one, two in both)).reshape(-1, 2)
                odd = np.flatnonzero(free & ~spelled & loose[kinds[:, 0], kinds[:, 1]])
                found[odd] = self._have_own([both[i] for i in odd.tolist()])
            sure = found.astype(np.int8)
            sure[found] = self._stand_apart(list(compress(both, found.tolist())), spelled[found])
            told.update(zip(new, sure.tolist(), strict=True))
        return np.array([told[key] for key in keys], np.int8)

    def _stand_apart(self, both: Sequence[tuple[str, str]], spelled: Flags) -> Sure:
        """Tell between which pairs text falls apart; of a new class, it is tried with one of them.

        Those that are unknown are tried apart from those that are spelled.
        """
        if not both:
            return np.zeros(0, np.int8)
        told, first, home = np.unique(
            self._classes_of(both) * 2 + ~spelled, return_index=True, return_inverse=True
        )
        for number, i in zip(told.tolist(), first.tolist(), strict=True):
            if number not in self.classes:
                holds = number >= 0 and self._hold(*both[i])
                self.classes[number] = self._rated(*both[i]) if holds else _NEVER
        return np.array([self.classes[number] for number in told.tolist()], np.int8)[home]

    def _classes_of(self, both: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
        """Return a number for the kinds and classes of two characters; -1 if one is not told."""
        text = "".join(left + right for left, right in both)
        alike = self._alike(text).astype(np.int64)
        own = (alike * KINDS + kinds_of(text)).reshape(-1, 2)
        return np.where(alike.reshape(-1, 2).min(axis=1) < 0, -1, (own[:, 0] << 30) + own[:, 1])

    def _hold(self, left: str, right: str) -> bool:
        """Tell whether texts fall apart between two characters."""
        pair = tuple(kinds_of(left + right).tolist())
        one = dict.fromkeys(text[:-1] + left for text in self._samples[0][pair[0]])
        two = dict.fromkeys(right + text[1:] for text in self._samples[1][pair[1]])
        holds, same = self._fall_apart(list(product(one, two)))
        return holds and (same or not (self.anew or pair in STRICT))

    def _rated(self, left: str, right: str) -> int:
        """Tell how sure it is that what cuts text does the same on both sides."""
        turn = self._turns(left, right)
        if turn.classes is None or (self._needs_cuts and (turn.classes or not turn.always)):
            return _NEVER
        self.turns |= turn.classes
        return UNSURE if turn.classes else SURE

    def turning(self, texts: Sequence[str]) -> Flags:
        """Tell in which texts a token may cross a place that is cut only behind some seams.

        There only sure ones count.
        """
        found, text = np.zeros(len(texts), bool), "".join(texts)
        if self.turns and text:
            numbers, classes = codes(text).astype(np.int64), self._alike(text).astype(np.int64)
            turns = [left << 32 | right for left, right in self.turns]
            places = np.flatnonzero(np.isin(classes[:-1] << 32 | classes[1:], turns)) + 1
            both, home = np.unique(numbers[places - 1] << 32 | numbers[places], return_inverse=True)
            pairs = [(chr(key >> 32), chr(key & 0xFFFFFFFF)) for key in both.tolist()]
            places = places[~are_free(pairs, self._crossings)[home]]
            found[np.searchsorted(np.cumsum([*map(len, texts)]), places, "right")] = True
        return found

    def _spells(self, texts: Sequence[str]) -> Flags:
        """Tell which texts their tokens spell: nothing replaces characters, or stands between them.

        A space may be put before them, and spaces may be dropped.
        """
        vocabulary = self.tokenizer.vocabulary
        try:
            found = self._ids(texts)
        except UnitError:  # it cannot encode one of them
            alone = [self._spells([text]) for text in texts] if len(texts) > 1 else [[False]]
            return np.concatenate(alone).astype(bool)
        spelled = (b"".join(map(vocabulary.__getitem__, ids)).removeprefix(b" ") for ids in found)
        ways = ((text.encode(), text.replace(" ", "").encode()) for text in texts)
        return np.array([one in both for one, both in zip(spelled, ways, strict=True)], bool)

    def _have_own(self, both: Sequence[tuple[str, str]]) -> Flags:
        """Tell which pairs of characters have the tokens of each, spelled or unknown."""
        chars = list(dict.fromkeys(char for pair in both for char in pair))
        alone = dict(zip(chars, self._ids(chars), strict=True))
        spelled = dict(zip(chars, self._spells(chars).tolist(), strict=True))
        unknown = (self.tokenizer.vocabulary.unknown,)
        told = zip(both, self._ids([left + right for left, right in both]), strict=True)
        found = (
            alone[left] + alone[right] == ids
            and all(spelled[char] or alone[char] == unknown for char in (left, right))
            for (left, right), ids in told
        )
        return np.fromiter(found, bool, len(both))

    @cached_property
    def _loose(self) -> Flags:
        """The pairs of kinds that make seams although a Han character beside them is unknown."""
        found, unknown = np.zeros((KINDS, KINDS), bool), (self.tokenizer.vocabulary.unknown,)
        pairs = [pair for pair in PAIRS if HAN in pair and self._found[0][pair]]
        known = bool(pairs) and unknown[0] is not None
        strange = [char for char in _STRANGE if known and self._ids([char]) == [unknown]]
        for left, right in pairs if strange else ():
            lefts, rights = self._samples[0][left], self._samples[1][right]
            one = [text[:-1] + strange[0] for text in lefts if left == HAN]
            two = [strange[0] + text[1:] for text in rights if right == HAN]
            tries = [*product(one, rights), *product(lefts, two), *product(one, two)]
            found[left, right] = self._fall_apart(tries) == (True, True)
        return found

    def _ids(self, texts: Sequence[str]) -> list[Ids]:
        unique = list(dict.fromkeys(texts))
        encoded = self.tokenizer.encode(unique, specials=self.specials)
        ids = encoded.ids.tolist()
        edges = pairwise(encoded.starts.tolist())
        found = {text: tuple(ids[i:j]) for text, (i, j) in zip(unique, edges, strict=True)}
        return [found[text] for text in texts]

    @cached_property
    def _samples(self) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        """Texts to try, by the kind of their last and of their first character."""
        left = {kind: list(texts) for kind, texts in LEFT.items()}
        right = {kind: list(texts) for kind, texts in RIGHT.items()}
        for texts in (self.named[:_LOOKED_AT], self._tokens()):
            for by_kind, end in ((right, 0), (left, -1)):
                kinds = kinds_of("".join(text[end] for text in texts))
                for kind in by_kind:
                    chosen = np.flatnonzero(kinds == kind)[:_TRIED].tolist()
                    by_kind[kind] += [texts[i] for i in chosen]
        return left, right

    def _tokens(self) -> list[str]:
        """Return some tokens of the vocabulary that are whole characters, the last ones first."""
        vocabulary = self.tokenizer.vocabulary
        step = max(1, vocabulary.size // _LOOKED_AT)
        pieces = [vocabulary[i] for i in range(vocabulary.size - 1, -1, -step)]
        texts = (piece.decode(errors="replace") for piece in pieces)
        return [text for text in texts if len(text) > 1 and "\ufffd" not in text]

    def _tries(self, left: int, right: int) -> list[tuple[str, str]]:
        """Return the texts to try of two kinds, where no token crosses and tokens spell both."""
        lefts, rights = self._samples
        pairs = list(product(lefts[left], rights[right]))
        both = list(dict.fromkeys((one[-1], two[0]) for one, two in pairs))
        free = are_free(both, self._crossings) & self._spells(
            [left + right for left, right in both]
        )
        told = dict(zip(both, free.tolist(), strict=True))
        return [(one, two) for one, two in pairs if told[one[-1], two[0]]]

    def _fall_apart(self, tries: Sequence[tuple[str, str]]) -> tuple[bool, bool]:
        """Tell whether pairs of texts fall apart, and whether the right ones begin anew there."""
        try:
            whole, ones, behind, before, alone = (
                self._ids(texts)
                for texts in (
                    [one + two for one, two in tries],
                    [one for one, _ in tries],
                    [one[-1] + two for one, two in tries],
                    [one[-1] for one, _ in tries],
                    [two for _, two in tries],
                )
            )
        except UnitError:
            return False, True
        cuts = self._cuts
        if cuts and not all(_is_cut(cuts(one + two), len(one)) for one, two in tries):
            return False, True
        rest = [both[len(one) :] for both, one in zip(behind, before, strict=True)]
        holds = all(a + b == c for a, b, c in zip(before, rest, behind, strict=True))
        holds &= all(a + b == c for a, b, c in zip(ones, rest, whole, strict=True))
        return bool(tries) and holds, rest == alone


def repeating(texts: Sequence[str]) -> Flags:
    """Tell which texts go on as they went just before, for more than one period.

    There, pieces can change places without another sum of their scores. Rounding decides then, and
    that depends on all of the text before.

    >>> repeating(["...", "a..", "anan", "ananas"]).tolist()
    [True, False, False, True]
    """
    normal = [normalize("NFKC", text).lower() for text in texts]
    ends = np.cumsum([len(text) + 1 for text in normal])
    numbers = codes("\n".join((*normal, ""))).astype(np.int32)
    found = np.zeros(len(texts), bool)
    for period in range(1, _PERIOD + 1):
        same = (numbers[period:] == numbers[:-period]) & (numbers[period:] != ord("\n"))
        runs = np.append(0, np.cumsum(same))
        places = np.flatnonzero(runs[period + 1 :] - runs[: -period - 1] == period + 1)
        found[np.searchsorted(ends, places, "right")] = True
    return found


def _is_cut(prepared: Prepared, place: int) -> bool:
    return any(start == place for start, _ in prepared.spans)
