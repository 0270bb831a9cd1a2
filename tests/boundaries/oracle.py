"""Covers by brute force: every token behind every start of the prompt is encoded with the whole."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from tokscope.reach.search import encode_what_can_be
from tokscope.tokenizers import Tokenizer

HARD = (
    "I don'", "it's", "a  ", "  \n", " \n ", "x\r\n", "12345", "1234567", " 12", "x\t\t", "===",
    "日本", "日", "é", "e\u0301", "ſ", "\u3000a", "hel", "hello", "hell", "He", "the ", "\x1b[",
    "\x00", "👩\u200d", "▁", "a▁", "##", "İ", "ΟΔΟΣ", " ", "\n", "a" * 9, "hello hello help ",
)  # fmt: skip


def by_ranks(merges: Sequence[tuple[int, int, int]]) -> Callable[[int, int], bool]:
    """Return what tells whether BPE leaves two tokens beside each other, by its merges alone.

    Merges on both sides are undone, the latest first. The pair is not valid if a merge over the cut
    comes before those that are undone; of two merges of one rank, the one on the left comes first.
    """
    over = {(one, two): rank for rank, (one, two, _) in enumerate(merges)}
    made = {whole: (rank, one, two) for rank, (one, two, whole) in enumerate(merges)}

    def is_valid(left: int, right: int) -> bool:
        limit, alone = len(merges), (-1, 0, 0)
        while over.get((left, right), limit) >= limit:
            one, two = made.get(left, alone), made.get(right, alone)
            if one == two == alone:
                return True
            if one > two:
                left, limit = one[2], one[0]
            else:
                right, limit = two[1], two[0] + 1
        return False

    return is_valid


def in_order(tokenizer: Tokenizer) -> list[tuple[bytes, int]]:
    """Return the tokens by their bytes."""
    tokens = enumerate(tokenizer.vocabulary.pieces)
    return sorted((own, token) for token, own in tokens if own)


def brute(
    tokenizer: Tokenizer, text: str, tokens: list[tuple[bytes, int]]
) -> set[tuple[tuple[int, ...], str]]:
    """Return the covers of a normalized prompt, each with its text."""
    data = text.encode()
    asked = [
        (token, data[:start] + own)
        for start in range(len(data))
        for own, token in _beginning(tokens, data[start:])
    ]
    whole = [(token, spelled.decode()) for token, spelled in asked if _is_text(spelled)]
    encoded = encode_what_can_be(tokenizer, [spelled for _, spelled in whole])
    found = set()
    for unit, (token, spelled) in enumerate(whole):
        ids = encoded.ids[encoded.starts[unit] : encoded.starts[unit + 1]].tolist()
        if ids and ids[-1] == token:
            found.add((tuple(ids), spelled))
    return found


def _beginning(tokens: list[tuple[bytes, int]], end: bytes) -> Iterator[tuple[bytes, int]]:
    for place in range(bisect_left(tokens, (end, 0)), len(tokens)):
        if not tokens[place][0].startswith(end):
            return
        yield tokens[place]


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
