"""Kinds of characters beside a seam, and texts that end in one or begin with one, to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from tokscope.text import words
from tokscope.tokenizers.vocabulary import SPACE

# Kinds of characters. No seam is beside any other one: a mark, a line feed, a symbol that is
# neither ASCII nor punctuation, or an apostrophe, which expressions join with letters beside it.
OTHER, BLANK, SIGN, NUMBER, LETTER, HAN, KANA, ASIAN = range(8)
KINDS = 8
# The kinds on both sides of places that can be seams. Between digits it depends on how many there
# are where expressions cut them, and between letters there are few seams.
_WORDS = (NUMBER, LETTER, HAN, KANA, ASIAN)
PAIRS = (
    *((left, BLANK) for left in (SIGN, *_WORDS)),
    *((left, SIGN) for left in _WORDS),
    *((SIGN, right) for right in (HAN, KANA, ASIAN)),
    *((left, HAN) for left in _WORDS),
    *((HAN, right) for right in (NUMBER, LETTER, KANA)),
    *((KANA, KANA), (ASIAN, ASIAN), (NUMBER, LETTER), (LETTER, NUMBER)),
)
# Here text has to begin anew, since expressions take a sign with the letters behind it, unless
# there is a sign before it.
STRICT = ((SIGN, SIGN), (SIGN, LETTER), (SIGN, NUMBER))
# Texts to try, by the kind of their last and of their first character. The letter of an ancient
# script is unknown to most, which for some makes a word unknown that holds it.
ODD = "𐎀"
LEFT: Mapping[int, Sequence[str]] = {
    SIGN: (".", "...", "f(", "a/", "“", "#", "，", "𐎀."),
    NUMBER: ("7", "12345", "1,234", "a12", "½", "𐎀1"),
    LETTER: ("a", "don", "HTTPServer", "it's", "п", "é", "x1b", "ß", "𐎀a"),
    HAN: ("中", "你好世界", "日本", "龘", "a中", "カ中", "𐎀中"),
    KANA: ("カ", "かな", "本な", "aカ", "𐎀カ"),
    ASIAN: ("ก", "ยก", "ລາວ", "aก", "𐎀ก"),
}
RIGHT: Mapping[int, Sequence[str]] = {
    BLANK: (
        *(" ", "  ", "   x", " a", " B", " 12345", " .", " \n", " \n\n x", " 's", " 'sa", " 中"),
        *(" \u0301", " 𐎀", " ▁", " ▁a"),
    ),
    SIGN: (".", "...", ".'sa", ".com", '"', "(a", "，中", "!\n", "/\n", "«", "#1", ".𐎀"),
    NUMBER: ("1", "12345", "1a", "½", "1.5", "1𐎀"),
    LETTER: ("a", "Ab", "AB", "s", "ll", "é", "п", "a's", "a𐎀"),
    HAN: ("中", "文字", "世a", "世カ", "龘", "中𐎀"),
    KANA: ("カ", "なの", "カ中", "な𐎀"),
    ASIAN: ("ก", "กา", "ກa", "ก𐎀"),
}
# Blocks that all tokenizers treat alike that tell Han and kana from other letters
_HAN_AT = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF))
_KANA_AT = ((0x3040, 0x30FF), (0xFF66, 0xFF9F))
_JOINED = [ord("'"), ord("’"), ord(SPACE)]  # the last may stand for a space


@cache
def _kinds() -> NDArray[np.int8]:
    """Return the kind of every code point, as far as it can be beside a seam."""
    found = words.properties()
    kinds = np.zeros(len(found), np.int8)
    for flag, kind in ((words.NUMBER, NUMBER), (words.LETTER, LETTER), (words.UNSPACED, ASIAN)):
        kinds[(found & flag) != 0] = kind
    far = np.arange(0x3000, len(kinds))
    kinds[far[kinds[far] == ASIAN]] = OTHER
    for kind, ranges in ((KANA, _KANA_AT), (HAN, _HAN_AT)):
        for first, last in ranges:
            block = kinds[first : last + 1]
            block[(found[first : last + 1] & words.UNSPACED) != 0] = kind
    signs = np.flatnonzero(found & words.SIGN)
    kinds[[code for code in signs.tolist() if code < 0x80 or category(chr(code))[0] == "P"]] = SIGN
    kinds[_JOINED] = OTHER
    kinds[ord(" ")] = BLANK
    return kinds


def kinds_of(text: str) -> NDArray[np.int8]:
    """Return the kind of every character."""
    return _kinds()[words.codes(text)]
