"""What becomes of the tokens of text that is cut at a place, against encoding every prefix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex
from tokenizers.decoders import ByteLevel as ByteDecoder
from tokenizers.normalizers import ByteLevel as ByteNormalizer
from tokenizers.normalizers import Replace
from tokenizers.pre_tokenizers import ByteLevel, Split, UnicodeScripts
from tokenizers.pre_tokenizers import Sequence as Sequenced

from tests.laws import at_most
from tests.published import load
from tests.tokenizers.families import FAMILIES, byte_level, tokenizer_of
from tokscope.counting import stable
from tokscope.counting.counted import count
from tokscope.counting.crossings import crossings
from tokscope.counting.places import KINDS, found_in
from tokscope.counting.seams import Seams
from tokscope.counting.stable import Places, places_of
from tokscope.counting.tally import Counting
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.baselines import Bytes
from tokscope.tokenizers.given import load_all, load_one
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.vocabulary import Vocabulary

Row = tuple[bool, bool, int]
# What tokenizers part over: words and their beginnings, cuts, marks, what is replaced or unknown
PIECES = [
    "a",
    "b",
    "s",
    "t",
    "l",
    "e",
    "h",
    "o",
    "w",
    "A",
    "B",
    "hello",
    "hel",
    "help",
    "yellow",
    "world",
    "don't",
    "we'll",
    "##llo",
    "1",
    "2",
    "3",
    ".",
    ",",
    "'",
    "(",
    "/",
    "-",
    "…",
    "“",
    "é",
    "ß",
    "п",
    "Д",
    "中",
    "世",
    "界",
    "本",
    "日",
    "㐀",
    "𠀀",
    "々",
    "〇",
    "カ",
    "ｶﾞ",
    "ไ",
    "ท",
    "한",
    "ᄀ",
    "ᅡ",
    "☃",
    "▁",
    "½",
    "٣",
    "９",
    "\ue000",
    "\u0378",
    "ﬁ",
    "，",
    "İ",
    "ǅ",
    "ſ",
    "<|end|>",
    "<s>",
    "[UNK]",
    "👩\u200d👧",
]
SIGNS = ["\n", "\t", "\r", "\u00a0", "e\u0301", "\u0301", "\u3000", "\u200b", "\x00", "  ", "   "]
TEXTS = st.lists(
    st.lists(st.sampled_from([*PIECES, *SIGNS, *[" "] * 12]), max_size=12).map("".join), max_size=4
)


def ids(tokenizer: Tokenizer, texts: Sequence[str], *, specials: bool = False) -> list[list[int]]:
    encoded = tokenizer.encode(texts, specials=specials)
    return [encoded.ids[i:j].tolist() for i, j in pairwise(encoded.starts.tolist())]


def every_prefix(tokenizer: Tokenizer, text: str, *, specials: bool = False) -> list[Row]:
    """Stable, safe and given up before each character, as they are defined."""
    cuts = range(len(text))
    prefixes = ids(tokenizer, [text[:i] for i in cuts], specials=specials)
    suffixes = ids(tokenizer, [text[i:] for i in cuts], specials=specials)
    (whole,) = ids(tokenizer, [text], specials=specials)
    rows = []
    for prefix, suffix in zip(prefixes, suffixes, strict=True):
        same = (one == other for one, other in zip(prefix, whole, strict=False))
        common = sum(takewhile(bool, same))
        rows.append((common == len(prefix), prefix + suffix == whole, len(prefix) - common))
    return rows


def rows_of(found: stable.Judged) -> list[Row]:
    columns = (found.stable.tolist(), found.safe.tolist(), found.given_up.tolist())
    return list(zip(*columns, strict=True))


def test_values_by_hand() -> None:
    """he, ll, hell, hello, 12 and " w" are tokens; GPT-2's expression cuts."""
    found = Places(Seams(tokenizer_of("ranks.tiktoken"))).of(["hello w", "", "he 12"])
    safe = [True, *[False] * 4, True, False]  # at the beginning, before the space
    safe += [True, False, True, True, False]  # and around the space that is a token of its own
    assert found.stable.tolist() == found.safe.tolist() == safe
    # h, he, he l, hell, hello and the space of " w"; h, 1
    assert found.given_up.tolist() == [0, 1, 1, 2, 1, 0, 1, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("name", FAMILIES)
@at_most(4)
@given(TEXTS)
@example([])
@example(["don't", "a  b \n c ", "中文，世界 hello12.", " hel hel", "<|end|> a<|end|>b"])
@example(["龘龘中a龘 龘.丂1世カ龘", "a中龘b"])
@example(["a.…b .... x", "( ▁2", "ยwo 𐎀7a", "<s>.s a", "(.com x.'sa"])
def test_every_family_gives_what_encoding_every_prefix_gives(name: str, texts: list[str]) -> None:
    tokenizer = tokenizer_of(name)
    for specials in (False, True) if name in ("added.json", "llama.json") else (False,):
        found = places_of(tokenizer, specials=specials).of(texts)
        rows = [row for text in texts for row in every_prefix(tokenizer, text, specials=specials)]
        assert found.known.all()
        assert rows_of(found) == rows


# Where expressions count, look ahead, or take an apostrophe with letters on either side
EXPRESSIONS = {
    "o200k": PATTERNS["o200k_base"],
    "deepseek": PATTERNS["deepseek-v3"],
    "digits from the right": r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))|\p{L}+| ?[^\s\p{L}\p{N}]+|\s+",
}
# Where no trial of kinds of characters tells all, so that every line is one part
ODD = {
    "words ahead": lambda: byte_level(pattern=r"hel(?=lo w)|\p{L}+| ?[^\s\p{L}]+|\s+"),
    "letters ahead": lambda: byte_level(normalizer=Replace(Regex(" (?=[hw])"), "_")),
    "scripts": lambda: cut_by(UnicodeScripts()),
    "bytes cut": lambda: byte_level(pattern=r"\w+|\W+", normalizer=ByteNormalizer()),
    "two words": lambda: byte_level(pattern=r"\p{L}+ \p{L}+|\p{L}+|\s+|[^\s\p{L}]+", size=500),
    "whole words": lambda: byte_level(added=[AddedToken("hel", single_word=True)]),
}


def cut_by(step: Any) -> tokenizers.Tokenizer:
    made = byte_level()
    made.pre_tokenizer = Sequenced([step, ByteLevel(add_prefix_space=False, use_regex=False)])
    return made


@pytest.mark.parametrize("name", [*EXPRESSIONS, *ODD])
@at_most(4)
@given(TEXTS)
@example(
    ["ﬁ'sthe", "1234567 a1234", "(.com, 's", "hello world hel hello", "- hel  world 日本 hel界"]
)
def test_expressions_give_what_encoding_every_prefix_gives(name: str, texts: list[str]) -> None:
    tokenizer = _odd(name)
    rows = [row for text in texts for row in every_prefix(tokenizer, text)]
    places = places_of(tokenizer)
    assert rows_of(places.of(texts)) == rows
    assert (name in ODD) == (not places.seams.inside("a b, c 中，文 d").any())


@cache
def _odd(name: str) -> Tokenizer:
    made = ODD[name]() if name in ODD else byte_level(pattern=EXPRESSIONS[name])
    return load_all({name: made})[0]


@pytest.mark.parametrize("name", ["gpt.json", "llama.json", "bert.json", "unigram.model"])
@at_most(6)
@given(TEXTS, st.integers(1, 3))
def test_lines_are_joined_as_their_text_is(name: str, texts: list[str], width: int) -> None:
    tokenizer, gaps = tokenizer_of(name), ["\n" * width if text else "" for text in texts[1:]]
    rows = []
    for left, gap, right in zip(texts, gaps, texts[1:], strict=False):
        joined = every_prefix(tokenizer, f"{left}{gap}{right}\n")
        rows += joined[len(left) : len(left) + len(gap) + 1] if gap else []
    assert rows_of(places_of(tokenizer).between(texts, gaps)) == rows


def test_a_part_that_is_too_long_is_left_out() -> None:
    longest = stable.LONGEST
    found = Places(Seams(tokenizer_of("gpt.json"))).of(["a b", "x" * (longest + 1), "c " * longest])
    assert np.flatnonzero(~found.known).tolist() == list(range(3, longest + 4))
    assert found.known[-1]
    assert found.stable[-1]


def test_a_space_may_follow_letters_otherwise_than_digits() -> None:
    """The expression takes one space into a word: two are a token behind digits only."""
    pieces = {one: i for i, one in enumerate([*"ab1Ġ", "ĠĠ"])}
    library = tokenizers.Tokenizer(tokenizers.models.BPE(pieces, [("Ġ", "Ġ")]))
    words = Split(Regex(r"[a-z]+ ?|\s+|\d"), "isolated")
    library.pre_tokenizer = Sequenced([words, ByteLevel(add_prefix_space=False, use_regex=False)])
    library.decoder = ByteDecoder()
    tokenizer = load_one(library)
    texts = ["1  ", "a  b", "b11   "]
    rows = [row for text in texts for row in every_prefix(tokenizer, text)]
    assert rows_of(Places(Seams(tokenizer)).of(texts)) == rows


def test_text_falls_apart_beside_a_han_character_that_is_unknown() -> None:
    """Where expressions or BERT's steps cut around each; elsewhere only signs are apart."""
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", *"中世カa.", "##a"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    text, seams = "中丄丂a丄.世 丄カ", {}
    for han in (True, False):
        made.normalizer = tokenizers.normalizers.BertNormalizer(handle_chinese_chars=han)
        found = Seams(load_one(tokenizers.Tokenizer.from_str(made.to_str()))).inside(text)
        seams[han] = np.flatnonzero(found).tolist()
    assert seams == {True: [1, 2, 3, 4, 5, 6, 7, 9], False: [5, 6, 7]}


def test_what_is_remembered_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stable, "_MOST", 3)
    places = Places(Seams(tokenizer_of("gpt.json")))
    first = rows_of(places.of(["hello world"]))
    assert list(places.numbers) == ["\nhello", "\n world"]
    places.of(["yellow"])
    assert list(places.numbers) == ["\nyellow"]
    assert rows_of(places.of(["hello world"])) == first


def test_neighbours_inside_tokens() -> None:
    """Of characters that a token holds a part of, that part."""
    vocabulary = Vocabulary.of([b"ab", b"\xb8\xad x", b"", None, b"c", "é1".encode()])
    pairs = {(b"a", b"b"), (b"\xb8\xad", b" "), (b" ", b"x"), ("é".encode(), b"1"), (b"-", b">")}
    packed = [
        int.from_bytes(one, "big") << 32 | int.from_bytes(two, "big") for one, two in sorted(pairs)
    ]
    assert crossings(vocabulary, [b"->"]).tolist() == sorted(packed)


def test_shares_of_a_corpus_add_up_over_units(write: Any) -> None:
    (corpus,) = read_corpora(str(write("a.txt", "hello w\n\nhe 12\n中\n")))
    columns = frozenset(("cut_places", "cut_safe"))
    tokenizers = [tokenizer_of("ranks.tiktoken"), Bytes("bytes")]
    ranks, bytes_ = count(tokenizers, [corpus], Counting(columns, by_unit=True)).tallies[0]
    assert ranks["cut_places"].tolist() == bytes_["cut_places"].tolist() == [6, 4, 0]
    assert ranks["cut_safe"].tolist() == [1, 2, 0]
    assert bytes_["cut_safe"].tolist() == [6, 4, 0]


# Golden values: eight published tokenizers

_FILES = {"cl100k": "cl100k_base.tiktoken", "o200k": "o200k_base.tiktoken"}
# golden class -> kinds
_CLASSES = {
    "before_space": ("before_space", "between_spaces"),
    "after_space": ("after_space",),
    "inside_word": ("inside_word", "inside_unspaced", "inside_number"),
    "at_punctuation": ("at_punctuation",),
    "between_punctuation": ("between_punctuation",),
}


def _load(folder: Path, name: str) -> Tokenizer:
    named = [_FILES.get(name, ""), f"{name}.json", f"{name}.tiktoken"]
    return load(next(folder / one for one in named if (folder / one).is_file()))


def _golden(data: Path, name: str) -> Any:
    path = data.parent / "golden" / "capabilities" / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the data")
    return json.loads(path.read_text(encoding="utf-8"))["rows"]


def _also(row: dict[str, str]) -> tuple[str, str]:
    russian = ("cl100k", "o200k", "german-unigram-30k", "bert-base-uncased")
    return "en", "ru" if row["tokenizer"] in russian else "th"


def test_golden_shares_of_stable_and_safe_places(data: Path) -> None:
    """English under each tokenizer, Russian or Thai too."""
    rows = [
        row for row in _golden(data, "boundary_stability.json") if row["language"] in _also(row)
    ]
    assert len(rows) == 16
    for row in rows:
        text = (data / f"parallel/flores-dev/{row['language']}.txt").read_text(encoding="utf-8")
        lines = text.splitlines()[: row["lines"]]
        own, gaps = np.ones(len(lines), bool), [""] * (len(lines) - 1)
        tokenizer = _load(data / "tokenizers", row["tokenizer"])
        found = found_in(tokenizer, lines, gaps, own, specials=False)
        by_kind = [dict(zip(KINDS, counts, strict=True)) for counts in found.counts.tolist()]
        for counts, golden in zip(by_kind, ("positions", "prefix_stable", "cut_safe"), strict=True):
            sums = {name: sum(counts[kind] for kind in kinds) for name, kinds in _CLASSES.items()}
            assert {name: count for name, count in sums.items() if count} == row[golden]
        given_up = enumerate(found.given_up.sum(axis=0).tolist())
        assert {str(tokens): count for tokens, count in given_up if count} == row["tokens_given_up"]


def test_golden_joints_of_lines(data: Path) -> None:
    """Two lines of each text alone, both with their line feeds."""
    texts = {"python": "code/python.txt", "java": "code/java.txt"}
    texts |= {"en prose": "text/en.txt", "de prose": "text/de.txt"}
    for row in _golden(data, "boundary_lines.json"):
        content = (data / texts[row["text"]]).read_bytes()[:200_000]
        lines = content[: content.rindex(b"\n")].decode().split("\n")
        found = places_of(_load(data / "tokenizers", row["tokenizer"])).between(
            lines, ["\n"] * row["cuts"]
        )
        assert found.safe[::2].sum() == row["safe_before_line_feed"]
        assert found.safe[1::2].sum() == row["safe_after_line_feed"]


@pytest.mark.parametrize(
    "name",
    [
        *("llama.json", "german-unigram.spm.model", "gguf/ggml-vocab-bert-bge.gguf"),
        "bert-base-uncased.json",
    ],
)
@pytest.mark.parametrize("language", ["de", "ja"])
def test_published_tokenizers_give_what_encoding_every_prefix_gives(
    data: Path, name: str, language: str
) -> None:
    text = (data / f"parallel/flores-dev/{language}.txt").read_text(encoding="utf-8")
    lines, tokenizer = text.splitlines()[200:203], load(data / "tokenizers" / name)
    rows = [row for line in lines for row in every_prefix(tokenizer, line)]
    assert rows_of(places_of(tokenizer).of(lines)) == rows
