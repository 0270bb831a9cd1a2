"""Where tokenizers cut runs of digits, in any context, many numbers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.counting.tokens import Text, Tokens
from tokscope.measures.digits import LONGEST, Cuts
from tokscope.measures.schemes import NO_TOKENS
from tokscope.numerals.drawn import leading
from tokscope.reach.search import encode_what_can_be
from tokscope.text.spelled import spelled
from tokscope.text.words import codes
from tokscope.tokenizers import Tokenizer

# digits of any script, at most one kind of separator, and a fraction; 1.2.3 has no fraction
_NUMBER = regex.compile(
    r"(\d{1,3}(?:([,_'’\u2009\u202f])(?:\d{2,3}\2)*\d{3}(?!\d))|\d+)"
    r"(?:(?<!\d\.\d+)\.(\d+)(?!\.?\d))?"
)
_SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """How a tokenizer cuts N numbers in a context; all arrays are (N,)."""

    cuts: Numbers  # as in measures.digits, counted from the units digit
    digits: Numbers
    tokens: Numbers  # tokens that overlap the number, separators and signs in it included
    whole: NDArray[np.bool_]  # one token, perhaps with the space before it
    unknown: NDArray[np.bool_]  # the tokenizer lacks tokens for something in it or beside it


def cut(tokenizer: Tokenizer, numbers: Sequence[str], before: str = "", behind: str = "") -> Runs:
    """Return how numbers are cut between two texts.

    A number may contain separators, and digits of any script. A boundary next to a separator counts
    as one between the digits around it. A boundary inside the bytes of a digit does not count.
    """
    text = Text([f"{before}{number}{behind}" for number in numbers], "unicode")
    encoded = encode_what_can_be(tokenizer, text.texts)
    held = Tokens(text, tokenizer, encoded, specials=False)
    cuts, unit = held.cuts, np.repeat(np.arange(len(numbers)), held.counts)
    start = text.unit_bytes[:-1] + len(before.encode())
    end = text.unit_bytes[1:] - 1 - len(behind.encode())
    passed = np.append(0, np.cumsum(_digits(text)))
    digits = passed[end] - passed[start]
    inside = (start[unit] < cuts) & (cuts < end[unit])
    left = passed[end[unit]] - passed[cuts]
    between = inside & text.first[np.minimum(cuts, len(text.first) - 1)]
    between &= (left > 0) & (left < np.minimum(digits[unit], LONGEST + 1))
    masks = np.zeros(len(numbers), np.int64)
    np.bitwise_or.at(masks, unit[between], np.int64(1) << left[between])
    places = np.unique(cuts[inside])
    tokens = np.searchsorted(places, end) - np.searchsorted(places, start) + 1
    ends = np.zeros(len(numbers), bool)
    ends[unit[cuts == end[unit]]] = True
    # a token may hold the whole number even if it begins with the space before the number
    begins = start - int(before.endswith(" "))
    starts = begins == text.unit_bytes[:-1]
    starts[unit[cuts == begins[unit]]] = True
    split = np.flatnonzero(cuts == start[unit])
    starts[unit[split]] = ~_ends_in_space(tokenizer, encoded.ids[split])
    unknown = (held.counts == 0) | (held.unknown() > 0)
    return Runs(masks, digits, tokens, (tokens == 1) & starts & ends & ~unknown, unknown)


class Part(NamedTuple):
    """What a token stands for in a number."""

    text: str
    id: int


def parts(tokenizer: Tokenizer, numbers: Sequence[str], before: str = "") -> list[list[Part]]:
    """Return the tokens of each number after a text; none of one that the tokenizer refuses.

    A token that begins before the number counts as the part of it that is in the number.
    """
    text = Text([f"{before}{number}" for number in numbers], "unicode")
    encoded = encode_what_can_be(tokenizer, text.texts)
    cuts = Tokens(text, tokenizer, encoded, specials=False).cuts
    begin = text.unit_bytes[:-1] + len(before.encode())
    found = []
    for number, start, (a, b) in zip(numbers, begin, pairwise(encoded.starts), strict=True):
        data, ends = number.encode(), [max(end, 0) for end in (cuts[a:b] - start).tolist()]
        spans = zip([0, *ends], ends, encoded.ids[a:b].tolist(), strict=False)
        found.append([Part(spelled(data[i:j]), token) for i, j, token in spans if data[i:j]])
    return found


def _ends_in_space(tokenizer: Tokenizer, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    vocabulary = tokenizer.vocabulary
    last = vocabulary.blob[vocabulary.ends[ids] - 1] if len(vocabulary.blob) else ids
    return (vocabulary.lengths[ids] > 0) & (last == ord(" "))


def _digits(text: Text) -> NDArray[np.bool_]:
    """Return which bytes begin a decimal digit, of any script."""
    flags = np.zeros(len(text.data), bool)
    known, characters = np.unique(codes(text.joined), return_inverse=True)
    digits = np.array([regex.match(r"\d", chr(code)) is not None for code in known], bool)
    flags[text.char_bytes[np.flatnonzero(digits[characters])]] = True
    return flags


def is_number(text: str) -> bool:
    """Return whether a text is a number, perhaps with a sign before it."""
    return bool(_NUMBER.fullmatch(text.lstrip("+-−")))


def places(text: str) -> dict[int, str]:
    """Name the place value of each digit, by its byte in the text, for numbers of several digits.

    >>> places("1,204.5")
    {0: 'thousands', 2: 'hundreds', 3: 'tens', 4: 'ones', 6: 'tenths'}
    """
    names: dict[int, str] = {}
    for match in _NUMBER.finditer(text):
        start = len(text[: match.start()].encode())
        whole = sum(char.isdecimal() for char in match[1])
        if whole + len(match[3] or "") < 2:
            continue
        power = whole
        for char in match[0]:
            if char.isdecimal():
                power -= 1
                names[start] = place(power)
            start += len(char.encode())
    return names


def place(power: int) -> str:
    """Name the place of a power of ten.

    >>> place(0), place(4), place(6), place(-5), place(-7)
    ('ones', 'ten thousands', 'millions', 'hundred thousandths', '10^-7')
    """
    if not -7 < power < 3 * len(_SCALES):
        return f"10^{power}"
    size, ending = abs(power), "s" if power >= 0 else "ths"
    scale, tens = _SCALES[size // 3], ("", "ten", "hundred")[size % 3]
    if not size:
        return "ones"
    return f"{tens} {scale}".strip() + ending


def known_cuts(runs: Runs, digits: int) -> Cuts:
    """Return the cuts of the numbers without leading zeros of a length, for `scheme`."""
    cuts: Cuts = np.where(runs.unknown, NO_TOKENS, runs.cuts)[leading(digits) :]
    return cuts
