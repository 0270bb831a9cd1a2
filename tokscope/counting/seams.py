"""Where text falls apart: the places at which both sides are encoded each for itself.

A place is a seam if no token crosses it and no step before the model looks across it. The first is
read off the vocabulary, for the two characters there. The second depends on kinds of characters,
such as a letter before a sign, and is tried when the tokenizer is first used: texts that end in the
one kind, before texts that begin with the other, some of them tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import UnitError
from tokscope.late import Late
from tokscope.text.words import LETTER, NUMBER, SIGN, UNSPACED, codes, properties_of
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasAnatomy, Prepared, added_tokens
from tokscope.tokenizers.baselines import Bytes, Characters
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

if TYPE_CHECKING:
    from tokscope.tokenizers import greedy, huggingface
else:  # imported late because each imports a library
    greedy = Late("tokscope.tokenizers.greedy")
    huggingface = Late("tokscope.tokenizers.huggingface")

Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
Ids = tuple[int, ...]

# Kinds of characters; no seam is beside any other one, such as a mark or a line feed.
_OTHER, _BLANK, _SIGN, _NUMBER, _UNSPACED, _LETTER = range(6)
# The kinds on both sides of places that can be seams. Between digits and between signs it depends
# on how many there are where expressions cut them, and inside words there are few seams.
_PAIRS = (
    *((left, _BLANK) for left in (_SIGN, _NUMBER, _UNSPACED, _LETTER)),
    *((left, _SIGN) for left in (_NUMBER, _UNSPACED, _LETTER)),
    *((left, _UNSPACED) for left in (_SIGN, _NUMBER, _UNSPACED, _LETTER)),
    *((left, _LETTER) for left in (_NUMBER, _UNSPACED)),
    *((left, _NUMBER) for left in (_UNSPACED, _LETTER)),
)
_LEFT: Mapping[int, Sequence[str]] = {
    _SIGN: (".", "...", "f(", "don'", "a/", "“", "#", "☃"),
    _NUMBER: ("7", "12345", "1,234", "a12", "½"),
    _UNSPACED: ("中", "你好世界", "カナ", "日本", "龘", "a中"),
    _LETTER: ("a", "don", "HTTPServer", "it's", "п", "é", "x1b", "ß"),
}
_RIGHT: Mapping[int, Sequence[str]] = {
    _BLANK: (
        " ",
        "  ",
        " a",
        " B",
        " 12345",
        " .",
        "  b",
        " \n",
        " \n\n x",
        " 's",
        " 中",
        " \u0301",
    ),
    _SIGN: (".", "...", "'s", "'ll", "'x", ".com", '"', "(a", "，中", "!\n", "/\n", "☃"),
    _NUMBER: ("1", "12345", "1a", "½"),
    _UNSPACED: ("中", "文字", "世a", "カナ", "龘"),
    _LETTER: ("a", "Ab", "AB", "s", "ll", "é", "п"),
}
_LOOKED_AT = 4_000  # tokens of the vocabulary, of which some are tried
_TRIED = 6  # of a kind
_IGNORES = "ignore_merges"


def kinds_of(text: str) -> NDArray[np.int8]:
    """Return the kind of every character, as far as it can be beside a seam."""
    properties, numbers = properties_of(text), codes(text)
    kinds = np.zeros(len(numbers), np.int8)
    flags = ((SIGN, _SIGN), (NUMBER, _NUMBER), (LETTER, _LETTER), (UNSPACED, _UNSPACED))
    for flag, kind in flags:
        kinds[(properties & flag) != 0] = kind
    kinds[numbers == ord(" ")] = _BLANK
    kinds[numbers == ord(SPACE)] = _OTHER  # as it may stand for a space
    return kinds


def crossings(vocabulary: Vocabulary, more: Sequence[bytes] = ()) -> NDArray[np.uint64]:
    """Return the bytes of neighbouring characters inside tokens, or of what they hold of them.

    Sorted; those of the left one are in the upper half of a number.
    """
    added = np.frombuffer(b"".join(more), np.uint8)
    data = np.concatenate((vocabulary.blob, added))
    size = len(vocabulary.blob)
    ends = np.concatenate((vocabulary.ends, size + np.cumsum([*map(len, more)], dtype=np.int64)))
    begins = (data & 0xC0) != 0x80
    begins[ends[ends < len(data)]] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=len(data))
    packed = np.zeros(len(starts), np.uint64)
    padded = np.append(data, np.zeros(4, np.uint8))
    for k in range(4):
        more_bytes = lengths > k
        packed[more_bytes] <<= np.uint64(8)
        packed[more_bytes] |= padded[starts[more_bytes] + k]
    token = np.searchsorted(ends, starts, side="right")
    inside = token[1:] == token[:-1]
    return np.unique((packed[:-1][inside] << np.uint64(32)) | packed[1:][inside])


def _parts(left: str, right: str) -> list[int]:
    """Return what a token may hold of two neighbouring characters, packed as in `crossings`."""
    one, two = left.encode(), right.encode()
    ends = [int.from_bytes(one[i:], "big") for i in range(len(one))]
    return [
        end << 32 | int.from_bytes(two[:j], "big") for end in ends for j in range(1, len(two) + 1)
    ]


@dataclass
class Seams:
    """The seams of a tokenizer, and what was found out about them."""

    tokenizer: Tokenizer
    specials: bool = False  # whether special tokens are found in text
    pairs: dict[int, bool] = field(default_factory=dict)  # two characters -> may be a seam

    @cached_property
    def named(self) -> list[str]:
        """The texts of tokens that are found before the model sees the text."""
        names = [one.text for one in added_tokens(self.tokenizer)]
        names += self.tokenizer.vocabulary.specials if self.specials else ()
        return list(filter(None, names))

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
    def _crossings(self) -> NDArray[np.uint64]:
        return crossings(self.tokenizer.vocabulary, [name.encode() for name in self.named])

    @cached_property
    def _found(self) -> tuple[Flags, bool]:
        """The pairs of kinds that make seams, (6, 6), and whether text after one begins anew."""
        allowed, alike = np.zeros((6, 6), bool), True
        known = (HasAnatomy, greedy.GreedyTokenizer, Bytes, Characters)
        for pair in _PAIRS if isinstance(self.tokenizer, known) else ():
            holds, same = self._tried(*pair)
            allowed[pair] = holds
            alike &= same or not holds
        return allowed, alike

    @property
    def anew(self) -> bool:
        """Whether the text behind a seam has the same tokens as a text of its own."""
        return self._found[1]

    def inside(self, text: str) -> Flags:
        """Tell for each character whether there is a seam before it."""
        kinds, allowed = kinds_of(text), self._found[0]
        found = np.zeros(len(kinds), bool)
        places = np.flatnonzero(allowed[kinds[:-1], kinds[1:]]) + 1
        if len(places):
            numbers = codes(text).astype(np.int64)
            keys = (numbers[places - 1] << 32) | numbers[places]
            unique, home = np.unique(keys, return_inverse=True)
            found[places] = self._are_seams(unique.tolist())[home]
        return found

    def may_join(self, left: str, right: str) -> bool:
        """Tell whether there is a seam between two characters."""
        kinds = kinds_of(left + right)
        key = ord(left) << 32 | ord(right)
        return bool(self._found[0][kinds[0], kinds[1]] and self._are_seams([key])[0])

    def _are_seams(self, keys: Sequence[int]) -> Flags:
        """Tell for pairs of characters whether no token crosses them and tokens spell both."""
        new = [key for key in dict.fromkeys(keys) if key not in self.pairs]
        if new:
            both = [(chr(key >> 32), chr(key & 0xFFFFFFFF)) for key in new]
            parts = [_parts(*pair) for pair in both]
            ends = np.cumsum([*map(len, parts)])
            crossed = np.isin(
                np.array([p for some in parts for p in some], np.uint64), self._crossings
            )
            free = ~np.logical_or.reduceat(crossed, np.append(0, ends[:-1]))
            spelled = self._spells([left + right for left, right in both])
            self.pairs |= zip(new, (free & spelled).tolist(), strict=True)
        return np.array([self.pairs[key] for key in keys], bool)

    def _spells(self, texts: Sequence[str]) -> Flags:
        """Tell which texts their tokens spell, apart from spaces: nothing replaces characters."""
        vocabulary = self.tokenizer.vocabulary
        spelled = (
            b"".join(map(vocabulary.__getitem__, ids)).replace(b" ", b"")
            for ids in self._ids(texts)
        )
        pairs = zip(spelled, texts, strict=True)
        return np.array([one == text.replace(" ", "").encode() for one, text in pairs], bool)

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
        left = {kind: list(texts) for kind, texts in _LEFT.items()}
        right = {kind: list(texts) for kind, texts in _RIGHT.items()}
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

    def _tried(self, left: int, right: int) -> tuple[bool, bool]:
        """Tell whether texts fall apart between two kinds, and whether they begin anew there."""
        lefts, rights = self._samples
        pairs = list(product(lefts[left], rights[right]))
        possible = self._are_seams([ord(one[-1]) << 32 | ord(two[0]) for one, two in pairs])
        tries = [pair for pair, is_possible in zip(pairs, possible, strict=True) if is_possible]
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


def _is_cut(prepared: Prepared, place: int) -> bool:
    return any(start == place for start, _ in prepared.spans)
