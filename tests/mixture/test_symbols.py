"""Words begin as bytes, or as the characters that a vocabulary knows."""

from __future__ import annotations

from tokscope.mixture.symbols import rules_of, spelled
from tokscope.tokenizers.merges import Merges, learned


def parts(pretokens: list[str], merges: Merges) -> list[tuple[int, str]]:
    """Return the origin and the text of every word."""
    _, alphabet = rules_of(merges, len(merges))
    found = spelled([pretoken.encode() for pretoken in pretokens], merges, alphabet)
    texts, start = [], 0
    for end in found.words.ends.tolist():
        texts.append(b"".join(alphabet[i] for i in found.words.symbols[start:end]).decode())
        start = end
    return list(zip(found.origin.tolist(), texts, strict=True))


def test_bytes_are_all_known() -> None:
    merges = learned([b"ab"], bytewise=True)
    assert parts(["aé", "b"], merges) == [(0, "aé"), (1, "b")]


def test_an_unknown_character_cuts_a_word() -> None:
    merges = learned([b"ab", "abé".encode()], bytewise=False)
    assert parts(["aébxab", "zz", "", "xa", "bx"], merges) == [
        (0, "aéb"),
        (0, "ab"),
        (3, "a"),
        (4, "b"),
    ]


def test_a_merge_of_what_never_comes_to_be_is_never_done() -> None:
    merges = Merges([b"abc", b"ab", b"abcd"], [None, (b"a", b"b"), (b"abc", b"d")], bytewise=True)
    rules, _ = rules_of(merges, 3)
    assert rules.left.tolist() == [-1, 97, -1]
    assert rules.keys.tolist()[0] == rules.keys.tolist()[2] == -1
