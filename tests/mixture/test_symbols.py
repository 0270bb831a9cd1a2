"""Words begin as bytes, or as the characters that a vocabulary knows."""

from __future__ import annotations

from tokscope.mixture.symbols import rules_of, spelled
from tokscope.tokenizers.merges import Marks, Merges, learned, listed

BOTH = Marks(b"##", b"</w>")


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


def test_no_text_is_no_words() -> None:
    merges = learned([b"ab"], bytewise=False)
    assert parts([], merges) == parts(["", "xyz"], merges) == []


def test_characters_of_the_vocabulary_are_known_be_they_merged_or_not() -> None:
    merges = listed([(b"a", b"b")], bytewise=False, pieces=[b"c", "日".encode(), b"ab", b"xyz"])
    assert merges.alphabet == [b"a", b"b", b"c", "日".encode()]
    assert parts(["日c日", "xab"], merges) == [(0, "日c日"), (1, "ab")]


def test_the_ends_of_a_pretoken_are_marked_and_not_those_of_its_parts() -> None:
    pieces = [b"a", b"##a", b"##b", b"##b</w>", b"a</w>", b"##ab", b"##ab</w>"]
    merges = learned(pieces, bytewise=False, marks=BOTH)
    assert parts(["aab", "a", "axb", "xab"], merges) == [
        (0, "a##a##b</w>"),
        (1, "a</w>"),
        (2, "a"),
        (2, "##b</w>"),
        (3, "##a##b</w>"),
    ]
    # the vocabulary has no b that begins a word, and no a that ends one but is not alone
    assert parts(["ba", "bab"], merges) == [(1, "##a##b</w>")]


def test_bytes_are_known_in_every_place() -> None:
    for marks, places in ((BOTH, 4), (Marks(prefix=b"##"), 2), (Marks(suffix=b"</w>"), 2)):
        merges = learned([b"a" + (b"##b" if marks.prefix else b"b")], bytewise=True, marks=marks)
        alphabet = merges.alphabet
        assert len(alphabet) == len(set(alphabet)) == 256 * places
        words = [(i, marks.symbols(word, bytewise=True)) for i, word in enumerate((b"abc", b"#"))]
        for _, word in words:
            word[-1] += marks.suffix
        assert parts(["abc", "#"], merges) == [(i, b"".join(w).decode()) for i, w in words]


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
