"""Two tokenizers on the same texts: where they differ, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Text, Tokens
from tokscope.equivalence.nested import Spelled, not_nested
from tokscope.reach.search import encode_what_can_be
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.tokenizers.anatomy import Anatomy, anatomy_of, found_in_text
from tokscope.tokenizers.vocabulary import Vocabulary

_TRIES = 2000  # attempts to shrink one text
_CHARACTERS = 2_000_000  # to encode at most for shrinking one text, plus ten times the text
_FEW = 4  # characters; code points are shown for texts up to this length
IDS, BYTES, NESTED = "ids", "bytes", "nested"  # ways to compare
Differs = NDArray[np.bool_]


@dataclass(frozen=True)
class Mismatch:
    """A text on which two tokenizers differ, as short as possible."""

    category: str
    text: str
    first: str  # the segmentations
    second: str
    stage: str
    why: str


@dataclass(frozen=True)
class Two:
    """Two tokenizers, and how they are compared."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    by: str

    @cached_property
    def parts(self) -> tuple[Anatomy, Anatomy]:
        """The parts of both."""
        first, second = map(anatomy_of, self.tokenizers)
        return first, second

    def differ(self, texts: Sequence[str]) -> Differs:
        """Return which texts get different ids, or different cuts; (D,)."""
        first, second = (encode_what_can_be(one, texts) for one in self.tokenizers)
        if self.by == IDS:
            return _unlike(first, second)
        one, other = self.tokenizers
        if self.by == NESTED:
            base, extended = Spelled(one.vocabulary, first), Spelled(other.vocabulary, second)
            return not_nested(base, extended)
        text = Text(texts, "unicode")
        return _unlike(
            _cuts(Tokens(text, one, first, specials=False)),
            _cuts(Tokens(text, other, second, specials=False)),
        )

    def shrunk(self, text: str) -> str:
        """Return a short part of the text on which the two still differ.

        Source: Zeller & Hildebrandt (2002), delta debugging.
        """
        size, tries, left = max(len(text) // 2, 1), 0, _CHARACTERS + 10 * len(text)
        while tries < _TRIES:
            left -= len(text) * (len(text) // size)
            if left < 0:
                break
            shorter = [text[:at] + text[at + size :] for at in range(0, len(text), size)]
            tries += len(shorter)
            found = np.flatnonzero(self.differ(shorter)).tolist() if len(text) > 1 else []
            if found:
                text = shorter[found[0]]
                size = min(size, max(len(text) // 2, 1))
            elif size == 1:
                break
            else:
                size //= 2
        return text

    def segmented(self, text: str) -> list[str]:
        """Write the segmentation of a text by each."""
        written = []
        for tokenizer in self.tokenizers:
            ids = encode_what_can_be(tokenizer, [text]).ids.tolist()
            pieces = (spelled(tokenizer.vocabulary.spelling(token)) for token in ids)
            shown = "|".join(pieces) or "nothing"
            written.append(shown if self.by == BYTES else f"{shown} {ids}")
        return written

    def mismatch(self, category: str, text: str) -> Mismatch:
        """Return a text on which both differ, made as short as possible, with the reason."""
        short = self.shrunk(text)
        first, second = self.segmented(short)
        stage, why = self.explained(short)
        return Mismatch(category, short, first, second, stage, why)

    def explained(self, text: str) -> tuple[str, str]:
        """Return the first stage at which the two differ, and what each does there."""
        added = [found_in_text(one) for one in self.tokenizers]
        for token in sorted({**added[0], **added[1]}, key=len, reverse=True):
            if token in text and added[0].get(token) != added[1].get(token):
                flags = " / ".join(own.get(token, "none") for own in added)
                return "added tokens", f"{spelled(token.encode())}: {flags}"
        one, other = (part.prepare(text) for part in self.parts)
        left, right, spans_left, spans_right = one.text, other.text, one.spans, other.spans
        if left != right:
            return "normalizer", f"{_codes(left)} / {_codes(right)}"
        read = [_spelled(one, text) for one in self.tokenizers]
        if read[0] != read[1] and read[0].strip(b" ") == read[1].strip(b" "):
            puts = self.tokenizers[len(read[0]) < len(read[1])].name
            return "dummy prefix", f"{puts} puts a space before text"
        if spans_left != spans_right:
            pieces = (
                "|".join(spelled(left[start:end].encode()) for start, end in spans)
                for spans in (spans_left, spans_right)
            )
            return "pre-tokenizer", " / ".join(pieces)
        bpe = all("BPE" in one.family for one in self.tokenizers)
        return "merges" if bpe else "model", self.unshared(text)

    def unshared(self, text: str) -> str:
        """Name a token that one makes and the other does not."""
        produced = []
        for tokenizer in self.tokenizers:
            ids = encode_what_can_be(tokenizer, [text]).ids.tolist()
            produced.append([tokenizer.vocabulary[i] for i in ids])
        for k, other in ((0, 1), (1, 0)):
            own = max((p for p in produced[k] if p not in produced[other]), key=len, default=b"")
            if not own:
                continue
            lacks = "has the token, but no merge or score makes it here"
            if not _has(self.tokenizers[other].vocabulary, own):
                lacks = "has no such token"
            return f"{spelled(own)}: {self.tokenizers[other].name} {lacks}"
        return "the same tokens, under other ids"


def _spelled(tokenizer: Tokenizer, text: str) -> bytes:
    """Return the bytes of all tokens of a text."""
    return tokenizer.vocabulary.spell(encode_what_can_be(tokenizer, [text]).ids).tobytes()


def _codes(text: str) -> str:
    """Write a text, with its code points if it is short: letters may look alike.

    >>> _codes("é")
    'é (U+00E9)'
    """
    codes = " ".join(f"U+{ord(char):04X}" for char in text)
    shown = spelled(text.encode())
    return f"{shown} ({codes})" if 0 < len(text) <= _FEW else shown


def _has(vocabulary: Vocabulary, token: bytes) -> bool:
    """Tell whether a token has exactly these bytes; only tokens of this length are compared."""
    ends = vocabulary.ends[vocabulary.lengths == len(token)]
    places = ends[:, None] - np.arange(len(token), 0, -1)
    return bool((vocabulary.blob[places] == np.frombuffer(token, np.uint8)).all(axis=1).any())


def _unlike(first: Encoded, second: Encoded) -> Differs:
    """Return which units differ; (D,)."""
    sizes = np.diff(first.starts)
    unlike: Differs = sizes != np.diff(second.starts)
    if not unlike.any() and np.array_equal(first.ids, second.ids):
        return unlike
    for unit in np.flatnonzero(~unlike & (sizes > 0)).tolist():
        one, other = first.starts[unit], second.starts[unit]
        size = sizes[unit]
        same = np.array_equal(first.ids[one : one + size], second.ids[other : other + size])
        unlike[unit] = not same
    return unlike


def _cuts(tokens: Tokens) -> Encoded:
    """Return the distinct places where units are cut inside, in bytes from the unit's start."""
    unit = np.repeat(np.arange(len(tokens.text.texts)), tokens.counts)
    place = tokens.cuts - tokens.text.unit_bytes[unit]
    keys = np.unique(np.stack((unit, place), axis=1)[place > 0], axis=0)
    counts = np.bincount(keys[:, 0], minlength=len(tokens.text.texts))
    return Encoded(keys[:, 1].astype(np.int32), np.append(0, np.cumsum(counts)))
