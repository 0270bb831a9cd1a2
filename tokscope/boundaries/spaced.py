"""Tokens that begin with a space, which are most of those that can hold a prompt's last space.

Where text is cut before that space, what stands behind the cut is encoded as if it stood alone. So
one token tells of all that have the same character behind the space: whether text is cut there.
That holds for published expressions, which look at no more than that character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from tokscope.boundaries.joints import joints
from tokscope.counting.alike import Alike
from tokscope.counting.local import expressions_of, is_local
from tokscope.reach.search import encode_what_can_be
from tokscope.text.words import codes
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasCuts, HasMakes, HasNormal, Prepared, added_tokens
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.remembered import Remembered
from tokscope.tokenizers.vocabulary import Vocabulary

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SURROGATES = 0xDC00  # a byte of a cut character is decoded as this and its value
_BETWEEN = 0xFF  # a byte that UTF-8 does not have
_CUT = re.compile("[\udc80-\udcfe]")  # without the byte between
_NEAR = 64  # characters of a prompt that are cut together with what follows
_LEAST = 1_000  # texts; fewer are encoded as fast
_KNOWN = frozenset(("", *PATTERNS.values()))
_NUL = chr(0)  # between texts


@dataclass(frozen=True)
class Spaced:
    """The tokens that begin with a space, K of them; R texts behind it, in G groups."""

    ids: Ids  # (K,)
    rest: Ids  # (K,) which of the texts each has behind the space
    rests: Sequence[str]  # each once
    incomplete: int  # tokens that end inside a character, which are left out
    token: Ids  # (R,) the token of each text behind a space, if they are a single one; or -1
    group: Ids  # (R,) the number of its first character, where there is such a token; or -1
    samples: Ids  # (G,) a text of each group
    prepare: Callable[[str], Prepared] | None  # what cuts text

    def cut(self, text: str) -> Flags:
        """Tell for each group whether a text is cut before its last character, a space; (G,)."""
        near, prepare = text[-_NEAR:], self.prepare
        if prepare is None:
            return np.zeros(len(self.samples), bool)
        made = ((near + self.rests[sample]) for sample in self.samples.tolist())
        return np.array([_is_cut(prepare(one), one, len(near) - 1) for one in made], bool)


def _is_cut(prepared: Prepared, text: str, place: int) -> bool:
    """Tell whether text is cut before a place, or behind the space there, which is dropped."""
    starts = [start for start, end in prepared.spans if end > place]
    return prepared.text == text and starts[:1] in ([place], [place + 1])


@Remembered
def spaced(tokenizer: Tokenizer) -> Spaced:
    """Return the tokens of a tokenizer that begin with a space."""
    vocabulary = tokenizer.vocabulary
    known = np.flatnonzero(vocabulary.lengths)
    ids = known[vocabulary.blob[(vocabulary.ends - vocabulary.lengths)[known]] == ord(" ")]
    texts, whole = texts_of(vocabulary, ids, 1)
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    rest = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
    rests, samples = list(numbers), np.zeros(0, np.int64)
    token, group = np.full((2, len(rests)), -1)
    prepare = _cutting(tokenizer) if len(rests) >= _LEAST else None
    if prepare is not None:
        words = np.array([bool(one) and not one[0].isspace() for one in rests], bool)
        made = tokenizer.makes(ids) if isinstance(tokenizer, HasMakes) else None
        if made is None:  # of what a normalizer changes it is another token
            kept = _alone(tokenizer, rests, words)[rest] == ids[whole]
        else:
            kept = made[whole] & _kept(tokenizer, prepare, rests, words)[rest]
        token[rest[kept]] = ids[whole][kept]
        own = np.flatnonzero(token >= 0)
        first = np.array([ord(rests[number][0]) for number in own.tolist()], np.int64)
        _, place, group[own] = np.unique(first, return_index=True, return_inverse=True)
        samples = own[place]
    incomplete = int((~whole).sum())
    return Spaced(ids[whole], rest, rests, incomplete, token, group, samples, prepare)


def _cutting(tokenizer: Tokenizer) -> Callable[[str], Prepared] | None:
    """Return what cuts text, if trials tell of it and no added token is found over a cut."""
    if not isinstance(tokenizer, HasCuts) or not _KNOWN.issuperset(expressions_of(tokenizer)):
        return None
    over = any(" " in one.text[1:] for one in added_tokens(tokenizer))
    if over or joints(tokenizer):  # by which it is told at once
        return None
    prepare = tokenizer.preparing()
    keeps = prepare(" a").text == " a"  # a space at the beginning, which stands behind a cut
    return prepare if keeps and is_local(tokenizer, specials=False) else None


def _alone(tokenizer: Tokenizer, rests: Sequence[str], asked: Flags) -> Ids:
    """Return the token of each text behind a space, if it is one; or -1."""
    own, found = np.flatnonzero(asked), np.full(len(rests), -1)
    encoded = encode_what_can_be(tokenizer, [f" {rests[number]}" for number in own.tolist()])
    single = np.diff(encoded.starts) == 1
    found[own[single]] = encoded.ids[encoded.starts[:-1][single]]
    return found


def _kept(
    tokenizer: Tokenizer, prepare: Callable[[str], Prepared], rests: Sequence[str], asked: Flags
) -> Flags:
    """Tell which texts behind a space are a pretoken, as they are.

    Of those that are cut alike one tells of all.
    """
    own, kept = np.flatnonzero(asked), np.zeros(len(rests), bool)
    texts = [f" {rests[number]}" for number in own.tolist()]
    if any(one.text in _NUL.join(texts) for one in added_tokens(tokenizer)):
        return kept
    shapes = _shapes(tokenizer, texts)
    told = {shape: _is_kept(prepare(shape), shape) for shape in set(shapes)}
    kept[own] = [*map(told.__getitem__, shapes)]
    kept[own] &= _normal(tokenizer, texts)
    return kept


def _is_kept(prepared: Prepared, text: str) -> bool:
    return prepared.text == text and list(prepared.pieces) == [text]


def _normal(tokenizer: Tokenizer, texts: Sequence[str]) -> Flags:
    """Tell which texts the normalizer leaves as they are."""
    if not isinstance(tokenizer, HasNormal):
        return np.ones(len(texts), bool)
    normal = tokenizer.normal(_NUL.join(texts)).split(_NUL)
    same = len(normal) == len(texts)
    return np.array([same and one == two for one, two in zip(normal, texts, strict=False)], bool)


def _shapes(tokenizer: Tokenizer, texts: Sequence[str]) -> Sequence[str]:
    """Return texts with one character for all that are cut alike; but not behind apostrophes."""
    joined = _NUL.join(texts)
    characters, classes = codes(joined), Alike(tokenizer)(joined)
    if not len(classes) or classes.min() < 0:  # it cannot be told
        return texts
    classes[characters == 0] = classes.max() + 1
    standing = np.zeros(classes.max() + 1, np.uint32)
    standing[classes[::-1]] = characters[::-1]
    shapes = standing[classes].tobytes().decode("utf-32-le").split(_NUL)
    if len(shapes) != len(texts):
        return texts
    return [one if "'" in one else shape for one, shape in zip(texts, shapes, strict=True)]


def texts_of(vocabulary: Vocabulary, ids: Ids, held: int) -> tuple[list[str], Flags]:
    """Return tokens without their first bytes, and which of them are whole characters.

    Those that are not are left out of the texts. All are decoded at once, with a byte between them
    that UTF-8 does not have; bytes of a cut character are surrogates.
    """
    sizes = vocabulary.lengths[ids] - held
    ends = np.cumsum(sizes + 1)
    places = np.arange(sizes.sum() + len(ids))
    places += np.repeat(vocabulary.ends[ids] - ends + 1, sizes + 1)
    data = vocabulary.blob[np.minimum(places, len(vocabulary.blob) - 1)]
    data[ends - 1] = _BETWEEN
    joined = data.tobytes().decode(errors="surrogateescape")
    texts, whole = joined.split(chr(_SURROGATES + _BETWEEN))[:-1], np.ones(len(ids), bool)
    if len(texts) > len(ids):  # a token holds that byte
        parts = np.split(data, ends[:-1])
        texts = [part[:-1].tobytes().decode(errors="surrogateescape") for part in parts]
        between = chr(_SURROGATES + _BETWEEN)
        whole = np.array([between not in text and not _CUT.search(text) for text in texts], bool)
    elif cut := [match.start() for match in _CUT.finditer(joined)]:
        behind = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
        whole[np.searchsorted(behind, cut, side="right")] = False
    return (texts if whole.all() else list(compress(texts, whole))), whole
