"""A prompt as a tokenizer reads it, and ends of it that are encoded in place of the whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.seams import repeating
from tokscope.counting.stable import LONGEST
from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasCuts, HasLongestWord, HasNormal

Ids = NDArray[np.int64]
_MORE = "a"  # put behind a prompt, so that its last spaces are not dropped
_CHEAP = 200_000  # characters that are encoded without looking for a shorter tail
WINDOWS = (128, 1024, 8192)  # characters of a long prompt
_SHIFTS = 16  # characters by which a window may grow until its tokens are those of the prompt
_WORDS = 6  # words to look back
_FEW = 32  # characters to look back, where those are too long
_BLANK = re.compile(r"\s(?=\S)")
_PROBES = ("", "s", "'s", "1", "12", "123", "\n", " ", " a", " 1", ".", "中")


def as_read(tokenizer: Tokenizer, prompt: str) -> tuple[str, Ids]:
    """Return a prompt as the normalizer leaves it, and its tokens.

    Its last spaces stay, and no space is put before it.
    """
    read = _normal(tokenizer, prompt)
    options = [read[1:], read] if read[:1] == " " else [read]
    ids = tokenizer.encode([prompt]).ids
    same = (one for one in options if np.array_equal(tokenizer.encode([one]).ids, ids))
    return prompt if prompt in options else next(same, prompt), ids.astype(np.int64)


def _normal(tokenizer: Tokenizer, prompt: str) -> str:
    """Return a prompt normalized; by trial, where a tokenizer cannot say how it would be."""
    if isinstance(tokenizer, HasNormal):
        read = tokenizer.normal(prompt + _MORE)
        return read.removesuffix(_MORE) if read.endswith(_MORE) else prompt
    lower = prompt.lower()
    bare = "".join(filter(_is_no_mark, unicodedata.normalize("NFD", lower)))
    ids = tokenizer.encode([prompt]).ids
    same = (one for one in (bare, lower) if np.array_equal(tokenizer.encode([one]).ids, ids))
    return next(same, prompt)


def _is_no_mark(char: str) -> bool:
    return unicodedata.category(char) != "Mn"


class Tail(NamedTuple):
    """An end of a prompt that is encoded in place of the whole, with more text behind it.

    It decides how that is encoded if the first half of its tokens stays what it was. In BPE one
    token that stays would do, since pairs of neighbours decide (`joints` says why), as long as text
    is cut alike. In WordPiece a token that stays decides on those behind it in its word. Of Unigram
    it is not proved: scores of what is before might lead elsewhere. It was tried on random text.
    Where text of over 1,000 characters repeats itself to the end, some covers were missed.
    """

    text: str
    skip: int  # its first tokens, which may be others than those of the whole
    settled: int  # number of tokens of the whole that stand in place of those
    first: NDArray[np.int32]  # the tokens that have to stay; none of the whole


def tails(tokenizer: Tokenizer, text: str, canonical: Ids, rests: int) -> Iterator[Tail]:
    """Yield ends of a prompt, the shortest first; the last one is the whole.

    The first is a word or a few, if the rests that are put behind it are many. WordPiece finds no
    token for a word of over so many characters, whatever they are: then its last ones are enough.
    """
    most = tokenizer.longest_word() if isinstance(tokenizer, HasLongestWord) else 0
    if most and len(text) > most and _is_word(tokenizer, text[-most - 1 :]):
        yield Tail(text[-most - 1 :], 0, len(canonical) - 1, np.zeros(0, np.int32))
        return
    longest = int(tokenizer.vocabulary.lengths.max(initial=0))
    # the library's WordPiece is slow in long words: two tokens do, if no word becomes too long
    is_short = len(text.encode()) + longest <= most and 2 * longest < WINDOWS[0]
    sizes = (2 * longest, *WINDOWS) if is_short else WINDOWS
    windows = [
        size for size in sizes if 2 * size < len(text) and not _is_odd(tokenizer, text, size)
    ]
    if rests * min((len(text), *windows)) > _CHEAP:
        yield from _words(tokenizer, text, canonical)
    for size in windows:
        ends = (
            _aligned(tokenizer, end, canonical) for end in _ends(tokenizer, text, canonical, size)
        )
        yield from islice((tail for tail in ends if _is_usable(tail, canonical)), 1)
    yield Tail(text, 0, 0, np.zeros(0, np.int32))


def _is_odd(tokenizer: Tokenizer, text: str, size: int) -> bool:
    """Tell whether tokens at the end of a text may hang on what is far before it.

    Expressions count digits from the first one. Where text repeats, sums of scores are equal, and
    rounding over all of the text decides.
    """
    end = text[-size - _SHIFTS :]
    if end.isnumeric():
        return True
    is_scored = "unigram" in tokenizer.family.lower() and len(text) <= LONGEST
    return is_scored and bool(repeating([end])[0])


def _is_word(tokenizer: Tokenizer, text: str) -> bool:
    """Tell whether a text is not cut, and is unknown."""
    if not isinstance(tokenizer, HasCuts) or not text.isalpha():
        return False
    prepared, unknown = tokenizer.preparing()(text), tokenizer.vocabulary.unknown
    one = prepared.text == text and len(prepared.spans) == 1
    return one and tokenizer.encode([text]).ids.tolist() == [unknown]


def _ends(tokenizer: Tokenizer, text: str, canonical: Ids, size: int) -> Iterator[str]:
    """Yield ends of a text: from where a token begins, if tokens spell it; then others."""
    data, held = text.encode(), np.cumsum(tokenizer.vocabulary.lengths[canonical[::-1]])
    enough = int(held[np.searchsorted(held, size) :][:1].sum())
    yield data[len(data) - enough :].decode(errors="ignore")
    yield from (text[-size - shift :] for shift in range(_SHIFTS))


def _words(tokenizer: Tokenizer, text: str, canonical: Ids) -> Iterator[Tail]:
    """Yield the fewest last words that give what more of the prompt gives, before some rests.

    Or a few characters, if there is no such word.
    """
    window = text[-WINDOWS[0] :]
    known = [ids[-1:] for ids in _units(tokenizer, window)]
    starts = [match.start() for match in _BLANK.finditer(window)]
    ends = [window[at:] for start in starts[: -_WORDS - 1 : -1] for at in (start, start + 1)]
    for words in (*ends, window[-_FEW:]):
        tail = _aligned(tokenizer, words, canonical)
        same = [ids[-1:] for ids in _units(tokenizer, words)] == known
        if same and _is_usable(tail, canonical):
            yield tail
            return


def _is_usable(tail: Tail, canonical: Ids) -> bool:
    """Tell whether two tokens or more of a tail are those of the whole."""
    return len(canonical) - tail.settled >= 2 and tail.skip <= _SHIFTS


def _units(tokenizer: Tokenizer, text: str) -> Sequence[list[int]]:
    """Return the tokens of a text with each of the probes behind it."""
    encoded = encode_what_can_be(tokenizer, [text + probe for probe in _PROBES])
    return [one.tolist() for one in np.split(encoded.ids, encoded.starts[1:-1])]


def _aligned(tokenizer: Tokenizer, text: str, canonical: Ids) -> Tail:
    """Return a tail from where its tokens are those that the whole ends in."""
    ids = tokenizer.encode([text]).ids
    most = min(len(ids), len(canonical))
    same = ids[len(ids) - most :] == canonical[len(canonical) - most :]
    shared = most if same.all() else int(np.argmin(same[::-1]))
    skip = len(ids) - shared
    return Tail(text, skip, len(canonical) - shared, ids[: skip + shared // 2])
