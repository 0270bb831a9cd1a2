"""Tokens and morphemes compared as strings, as the shared task of SIGMORPHON 2022 compared them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np

from tokscope.counting.tokens import Text, Tokens
from tokscope.morphemes.gold import Gold
from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Tokenizer


def in_common(gold: Gold, before: str, tokenizer: Tokenizer) -> dict[str, int]:
    """Count tokens, morphemes, and those in common in the same order, over all words of gold.

    Words that their morphemes do not spell are counted too. A token has no space, and tokens that
    are nothing but spaces do not count. `before` stands before each word.
    """
    words, parts, weights = zip(*gold.rows, strict=True)
    text = Text([f"{before}{word}" for word in words], "unicode")
    encoded = encode_what_can_be(tokenizer, text.texts)
    tokens = Tokens(text, tokenizer, encoded, specials=False)
    over = tokens.cuts > np.repeat(text.unit_bytes[:-1] + len(before.encode()), tokens.counts)
    pieces = tokenizer.vocabulary.pieces
    starts = encoded.starts.tolist()
    found = {"words": 0, "tokens": 0, "morphemes": 0, "common": 0}
    for i, (own, weight) in enumerate(zip(parts, weights, strict=True)):
        span = slice(starts[i], starts[i + 1])
        raw = (pieces[token] for token in compress(encoded.ids[span].tolist(), over[span].tolist()))
        made = [piece.strip(b" ") for piece in raw if not piece.isspace()]
        counted = (1, len(made), len(own), common(made, [part.encode() for part in own]))
        for name, number in zip(found, counted, strict=True):
            found[name] += weight * number
    return found


def common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Return the length of the longest common subsequence of two lists.

    >>> common([b"un", b"do", b"ing"], [b"un", b"doing", b"ing"])
    2
    """
    before = [0] * (len(other) + 1)
    for left in one:
        now = [0]
        for place, right in enumerate(other):
            now.append(before[place] + 1 if left == right else max(now[-1], before[place + 1]))
        before = now
    return before[-1]
