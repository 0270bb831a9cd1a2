"""WordPiece is cut anew for every new piece: against the library, and what an extended file gives."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

import tokscope
from tests.growth.test_written import LEARNED, OTHER, grown
from tokscope.growth.base import base_of
from tokscope.growth.count import counted
from tokscope.growth.curve import tokens_after
from tokscope.growth.greedy import Greedy
from tokscope.growth.kept import kept
from tokscope.growth.proof import proof_of, reloaded, require_ids
from tokscope.growth.written import merges_text, written
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load

OLD = ["[UNK]", "a", "b", "##a", "##b", "ab"]  # c is unknown
PIECE = st.tuples(st.sampled_from(["", "##"]), st.text("abc", min_size=2, max_size=4)).map("".join)


def library(pieces: list[str]) -> Tokenizer:
    table = {piece: i for i, piece in enumerate(pieces)}
    return Tokenizer(
        tokenizers.models.WordPiece(table, unk_token="[UNK]", max_input_chars_per_word=7)
    )


@given(st.lists(PIECE, unique=True, max_size=6), st.lists(st.text("abc", max_size=9), max_size=4))
def test_each_new_piece_saves_what_the_library_tells(new: list[str], words: list[str]) -> None:
    new = [piece for piece in new if piece not in OLD]
    greedy = Greedy({piece: i for i, piece in enumerate(OLD)}, "##", 0, 7)
    found = greedy.saved(words, [greedy.form(piece) for piece in new], len(OLD))
    told = [
        [library([*OLD, *new[:k]]).encode(word).ids if word else [] for word in words]
        for k in range(len(new) + 1)
    ]
    assert [greedy.ids(word) for word in words] == told[0]
    for step, (before, after) in enumerate(pairwise(told)):
        pairs = list(zip(before, after, strict=True))
        assert found[[step]].toarray()[0].tolist() == [len(a) - len(b) for a, b in pairs]
        assert sorted(found[[step]].indices) == [w for w, (a, b) in enumerate(pairs) if a != b]


@pytest.fixture(scope="module")
def base():
    return base_of(load("sample:wordpiece"))


def test_an_extended_file_gives_the_tokens_of_the_curve(base) -> None:
    rules = grown(base, 150)
    extended = reloaded(base, written(base, rules))
    require_ids(base, extended, rules)
    some = [*LEARNED, *OTHER]
    counts = Counter(base.cut(some))
    words, times = base.words(list(counts)), np.array([*counts.values()])
    totals = tokens_after(words, times, base.saved(list(counts), words, rules) @ times)
    assert totals[0] == len(base.tokenizer.encode(some).ids)
    assert totals[-1] == len(extended.encode(some).ids) < totals[0]
    (lines,) = kept(base, read_corpora({"x": some}), rules)
    encoded = [one.encode(some) for one in (base.tokenizer, extended)]
    pairs = zip(*(np.split(one.ids, one.starts[1:-1]) for one in encoded), strict=True)
    assert lines.after(len(rules)) == sum(np.array_equal(one, other) for one, other in pairs)


def test_pieces_have_their_mark(base) -> None:
    rules = grown(base, 30)
    extended = reloaded(base, written(base, rules))
    lines = merges_text(base, rules).decode().splitlines()
    for token, line in enumerate(lines, rules.alphabet):
        left, right = line.split()
        assert right.startswith("##")
        assert extended.id_of(left + right.removeprefix("##")) == token


def test_pre_tokens_that_are_added_tokens_are_left_alone(tmp_path: Path) -> None:
    made = Tokenizer.from_str(load("sample:wordpiece").library.to_str())
    made.add_tokens(["zzz"])
    one = base_of(load(_saved(tmp_path, made)))
    (found,) = counted(one, read_corpora({"x": ["zzz zzz the zzz"] * 9}), "learn")
    words = one.words(list(found.learned))
    assert found.learned["zzz"] == 27
    assert one.added["zzz"] in words.symbols.tolist()


def _saved(folder: Path, made: Tokenizer) -> Path:
    path = folder / "made.json"
    path.write_text(made.to_str(), encoding="utf-8")
    return path


def test_what_a_new_piece_breaks_is_told_and_not_refused(tmp_path: Path) -> None:
    """`una` is new: `unable` was un|##able, and is una|##b|##le then."""
    made = library(["[UNK]", "un", "##able", "##a", "##b", "##le"])
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path / "new.json"
    report = tokscope.extend(
        {"base": made}, {"x": ["una una"]}, held_out={"y": ["unable", "una"]}, keep={"z": ["unable"]},
        merges=1, write=path,
    )  # fmt: skip
    assert tokscope.load(path).encode(["unable"]).ids.tolist() == [6, 4, 5]
    assert any(note.startswith("WordPiece takes the longest piece first") for note in report.notes)
    assert 'it does more than join old tokens on 2 of them, such as "unable"' in report.notes[-1]
    curve = report.frame.query("part == 'curve'")
    assert curve["tokens"].tolist() == [4, 4]
    assert report.frame.query("part == 'kept'")["kept"].tolist() == [1, 0]
    assert proof_of(base_of(load(_saved(tmp_path, made))), tokscope.load(path), ["una"]).broken == 0
