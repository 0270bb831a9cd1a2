"""Counts by hand, and laws that hold for any text and tokenizer."""

import gzip
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import FAMILIES, tokenizer_of
from tokscope.counting.catalog import TYPES
from tokscope.counting.tally import Counting, Reading, Tally, piece, tally
from tokscope.counting.tokens import TEXT_COLUMNS, TOKEN_COLUMNS, Text, Tokens
from tokscope.errors import TokscopeError
from tokscope.text import files
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.text.parts import Task, by_parts
from tokscope.tokenizers import Tokenizer, load

Write = Callable[[str, str | bytes], Path]
EVERYTHING = frozenset((*TEXT_COLUMNS, *TOKEN_COLUMNS, TYPES))


def tallied(
    corpus: Corpus, tokenizer: Tokenizer, counting: Counting
) -> tuple[list[Tally], Reading]:
    ((parted, pieces),) = by_parts([corpus], Task(partial(piece, [tokenizer], counting)))
    return tally(parted, pieces, [tokenizer], counting)


def count(path: Path, tokenizer: Tokenizer, **how: bool) -> Tally:
    (corpus,) = read_corpora([str(path)], **how)  # type: ignore[arg-type]
    ((found,), _) = tallied(corpus, tokenizer, Counting(EVERYTHING))
    return found


def columns(found: Tally) -> dict[str, list[int]]:
    return {name: found[name].tolist() for name in found.columns}


def test_two_lines_under_bytes_by_hand(write: Write) -> None:
    """Every byte ends a token: each word of two letters is split, each multi-byte character too."""
    found = count(write("a.txt", "é a no\n\n中!\n"), load("bytes"), parallel=True)
    assert columns(found) == {
        "units": [1, 1, 1],
        "bytes": [7, 0, 4],
        "characters": [6, 0, 2],
        "multibyte": [1, 0, 1],
        "words": [3, 0, 1],
        "letters": [4, 0, 1],
        "unspaced": [0, 0, 1],
        "tokens": [7, 0, 4],
        "split_words": [2, 0, 1],  # é is a word of two bytes
        "split_characters": [1, 0, 1],
        "incomplete": [2, 0, 3],
        "unknown": [0, 0, 0],
        "round_trip": [1, 1, 1],
    }
    assert np.flatnonzero(found.types).tolist() == sorted({*"é a no中!".encode()})
    assert found.vocabulary == 256


def test_words_are_split_in_context_by_hand(write: Write) -> None:
    """`help` is h and elp, `fellow` one token: a leading space belongs to the word it starts."""
    path = write("a.txt", "help fellow\nhello yellowx\n")
    tokenizer = tokenizer_of("gpt.json")
    pieces = [
        tokenizer.vocabulary[i] for i in tokenizer.encode(["help fellow", "hello yellowx"]).ids
    ]
    assert pieces == [b"h", b"elp", b" fellow", b"hello", b" yellow", b"x"]
    found = columns(count(path, tokenizer, parallel=True))
    assert found["tokens"] == [3, 3]
    assert found["words"] == [2, 2]
    assert found["split_words"] == [1, 1]


def test_a_dummy_prefix_is_no_token_boundary_inside_a_word(write: Write) -> None:
    path = write("a.txt", "the he\n the\n中é\n")
    tokenizer = tokenizer_of("llama.json")
    found = columns(count(path, tokenizer, parallel=True))
    assert found["tokens"] == [2, 2, 3]  # ▁the ▁he · ▁ ▁the · ▁ 中 é
    assert found["split_words"] == [0, 0, 0]
    assert found["split_characters"] == [0, 0, 0]


def test_unknown_tokens_cover_their_word(write: Write) -> None:
    """Bare WordPiece: hello -> one token, world -> w ##or ##ld, xyz -> unknown, Café -> cafe."""
    found = columns(count(write("a.txt", "Hello world xyz Café!"), tokenizer_of("bert.json")))
    assert found["tokens"] == [7]
    assert found["unknown"] == [1]
    assert found["split_words"] == [1]
    assert found["split_characters"] == [0]
    assert found["round_trip"] == [0]


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("hello \u200bhello", 0),  # what is deleted before a word is no part of the word before it
        ("hello\u200b hello", 0),
        ("hello\u200b \u200bhello", 0),
        ("hello \u0301hello", 0),
        ("hel\u200blo \u200b\u200bhello\u200b", 0),
        ("hello \u200bhelloll", 1),
    ],
)
def test_characters_that_are_deleted_before_a_word_split_none(line: str, split: int) -> None:
    tokenizer = tokenizer_of("bert.json")
    text = Text([line], "whitespace")
    tokens = Tokens(text, tokenizer, tokenizer.encode([line]), specials=False)
    assert tokens.split_words().tolist() == [split]


PIECES = [
    "hello",
    " ",
    "  ",
    "the",
    "ﬁ",
    "½",
    "é",
    "e\u0301",
    "日本語",
    "中",
    "12",
    ".",
    "мир",
    "😀",
    "\r",
    "A",
]
LINES = st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=6)


@pytest.mark.parametrize("name", [*FAMILIES, "bytes", "characters"])
@at_most(10)
@given(lines=LINES)
def test_split_words_and_characters_are_those_counted_one_by_one(
    name: str, lines: list[str]
) -> None:
    tokenizer = load(name) if name in ("bytes", "characters") else tokenizer_of(name)
    text = Text(lines, "whitespace")
    tokens = Tokens(text, tokenizer, tokenizer.encode(lines), False)
    split_words, split_characters = tokens.split_words(), tokens.split_characters()
    starts = tokens.encoded.starts
    for unit, line in enumerate(lines):
        ends = set((tokens.cuts[starts[unit] : starts[unit + 1]] - text.unit_bytes[unit]).tolist())
        at, words, characters = 0, 0, 0
        for word in line.split():
            begin = len(line[: line.index(word, at)].encode())
            at = line.index(word, at) + len(word)
            words += any(begin < end < begin + len(word.encode()) for end in ends)
        for i, char in enumerate(line):
            begin = len(line[:i].encode())
            characters += any(begin < end < begin + len(char.encode()) for end in ends)
        assert (int(split_words[unit]), int(split_characters[unit])) == (words, characters)


@pytest.mark.parametrize("name", [*FAMILIES, "kmers:3", "characters"])
@at_most(10)
@given(lines=LINES)
def test_cuts_that_survive_a_shift_are_those_of_sets_of_ends(name: str, lines: list[str]) -> None:
    tokenizer = load(name) if name in ("kmers:3", "characters") else tokenizer_of(name)

    def ends(texts: list[str]) -> list[set[int]]:
        text = Text(texts, "unicode")
        tokens = Tokens(text, tokenizer, tokenizer.encode(texts), False)
        starts = tokens.encoded.starts.tolist()
        edges = zip(starts, starts[1:], text.unit_bytes.tolist(), strict=False)
        return [{end - at for end in tokens.cuts[i:j].tolist() if end > at} for i, j, at in edges]

    text = Text(lines, "unicode")
    tokens = Tokens(text, tokenizer, tokenizer.encode(lines), False)
    both, either = tokens.cuts_in_both().tolist(), tokens.cuts_in_either().tolist()
    shorter = ends([line[1:] for line in lines])
    for unit, (line, whole) in enumerate(zip(lines, ends(lines), strict=True)):
        later = {end + len(line[:1].encode()) for end in shorter[unit]}
        assert (both[unit], either[unit]) == (len(whole & later), len(whole | later))


@given(lines=LINES, cut=st.integers(0, 6))
def test_a_text_counts_as_the_sum_of_its_parts(lines: list[str], cut: int) -> None:
    tokenizer = tokenizer_of("gpt.json")

    def counts(part: Sequence[str]) -> dict[str, int]:
        text = Text(part, "unicode")
        tokens = Tokens(text, tokenizer, tokenizer.encode(part), False)
        made = {name: make(text) for name, make in TEXT_COLUMNS.items()}
        made |= {name: make(tokens) for name, make in TOKEN_COLUMNS.items()}
        return {name: int(values.sum()) for name, values in made.items()}

    whole, first, second = counts(lines), counts(lines[:cut]), counts(lines[cut:])
    assert whole == {name: first[name] + second[name] for name in whole}


def test_only_what_is_asked_for_is_counted(write: Write) -> None:
    (corpus,) = read_corpora([str(write("a.txt", "a b\n"))])
    ((found,), _) = tallied(corpus, load("bytes"), Counting(frozenset(("tokens", "units"))))
    assert (found.columns, found.types.size) == (("units", "tokens"), 0)


def test_a_long_corpus_has_a_bounded_number_of_rows_that_depend_on_it_alone(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"line {i} {'x' * (i % 7)}" for i in range(9_000)]
    path = write("a.txt", "\n".join(lines) + "\n")
    found = count(path, load("bytes"))
    assert 2048 <= len(found.rows) <= 4096
    assert found.total("units") == 9_000
    assert found.total("bytes") == sum(map(len, lines))
    monkeypatch.setattr(files, "BLOCK", 999)
    assert np.array_equal(count(path, load("bytes")).rows, found.rows)
    packed = write("b.txt.gz", gzip.compress(path.read_bytes()))
    assert np.array_equal(count(packed, load("bytes")).rows, found.rows)


def test_shards_are_joined_in_their_order(write: Write) -> None:
    write("t/1.txt", "a\nbb\n")
    folder = write("t/2.txt", "ccc").parent
    (corpus,) = read_corpora([f"x={folder}"])
    ((found,), reading) = tallied(corpus, load("bytes"), Counting(EVERYTHING))
    assert found["bytes"].tolist() == [1, 2, 3]
    assert reading.units == 3


def test_a_corpus_without_text_is_refused(write: Write) -> None:
    (corpus,) = read_corpora([str(write("a.txt", "\n\r\n"))])
    with pytest.raises(
        TokscopeError, match=r"a.txt: no text in it; corpus 'a' has nothing to count"
    ):
        tallied(corpus, load("bytes"), Counting(EVERYTHING))


def test_a_unit_that_cannot_be_encoded_is_named_by_its_line(write: Write) -> None:
    path = write("a.txt", "a\n\nb\n" + " " * 50_001 + "x\n")
    (corpus,) = read_corpora([str(path)])
    with pytest.raises(
        TokscopeError, match=r"a.txt:4: a run of over 50,000 white-space characters"
    ):
        tallied(corpus, tokenizer_of("ranks.tiktoken"), Counting(EVERYTHING))
