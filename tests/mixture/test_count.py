"""Pretokens are counted exactly, block by block, and nothing is left out in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tokscope.mixture import count as module
from tokscope.mixture.count import Counts, count
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers.merges import learned
from tokscope.tokenizers.pipeline import Pipeline

Write = Callable[[str, str | bytes], Path]
PLAIN = Pipeline(
    lambda texts: (word for text in texts for word in text.split(" ")),
    learned([b"ab"], bytewise=True),
)


def counted(write: Write, *texts: str) -> Counts:
    paths = [write(f"{i}.txt", text) for i, text in enumerate(texts)]
    return count(read_corpora([str(path) for path in paths]), PLAIN)


def totals(counts: Counts, corpus: int) -> dict[bytes, float]:
    column = counts.matrix().toarray()[:, corpus].tolist()
    return {word: n for word, n in zip(counts.pretokens, column, strict=True) if n}


def test_lines_keep_their_line_feed_and_are_cut_one_by_one(write: Write) -> None:
    counts = counted(write, "ab c\n\nab\n", "c é\n")
    assert totals(counts, 0) == {b"ab": 1, b"c\n": 1, b"ab\n": 1}
    assert totals(counts, 1) == {b"c": 1, "é\n".encode(): 1}
    assert counts.bytes().tolist() == [8, 5]  # the empty line is no unit
    assert counts.names == ("0", "1")


def test_text_without_line_feeds_and_records_are_as_they_are(write: Write) -> None:
    path = write("a.jsonl", '{"text": "ab ab"}\n')
    counts = count(read_corpora([str(path)]), PLAIN)
    assert totals(counts, 0) == {b"ab": 2}
    plain = Pipeline(PLAIN.cut, PLAIN.merges, line_feeds=False)
    counts = count(read_corpora([str(write("b.txt", "ab ab\nc\n"))]), plain)
    assert totals(counts, 0) == {b"ab": 2, b"c": 1}


def test_blocks_add_up_and_are_from_33_to_64(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEP", 16)
    lines = [f"w{i % 7} w{i % 11}" for i in range(2000)]
    counts = counted(write, "\n".join(lines) + "\n")
    assert 33 <= len(counts.owner) <= 64
    expected = Counter(word.encode() for line in lines for word in f"{line}\n".split(" "))
    assert totals(counts, 0) == expected
    assert counts.sizes.sum() == sum(len(line) + 1 for line in lines)
    assert counts.sizes.max() < 3 * np.median(counts.sizes)


def test_weights_draw_blocks(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEP", 1)
    counts = counted(write, "a\nb\n", "a\n")
    weights = np.array([2.0, 0, 1])
    rows = dict(zip(counts.pretokens, counts.matrix(weights).toarray().tolist(), strict=True))
    assert rows == {b"a\n": [2, 1], b"b\n": [0, 0]}
    assert counts.bytes(weights).tolist() == [4, 2]


def test_the_rarest_are_left_out_when_there_are_too_many(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 40)
    monkeypatch.setattr(module, "_STEP", 64)
    rare = [f"r{i}" for i in range(50)]
    text = "".join(f"often {word} often\n" for word in rare)
    counts = counted(write, text)
    held = totals(counts, 0)
    assert held[b"often"] == 50
    assert len(held) < 50
    kept = sum(len(word) * n for word, n in held.items())
    spaces = 2 * 50  # which this way of cutting drops
    assert kept + counts.left_out[0] + spaces == len(text)
    assert counts.left_out[0] > 0


def test_endless_pretokens_are_left_out_and_counted(write: Write) -> None:
    counts = counted(write, "a " + "x" * 5000 + "\n")
    assert totals(counts, 0) == {b"a": 1}
    assert counts.left_out.tolist() == [5001]


def test_a_subset_holds_what_its_corpora_held(write: Write) -> None:
    counts = counted(write, "a\n", "b\n", "c c\n")
    some = counts.subset(["2", "0"])
    assert some.names == ("2", "0")
    assert totals(some, 0) == totals(counts, 2)
    assert totals(some, 1) == totals(counts, 0)
    assert some.bytes().tolist() == [4, 2]


def test_the_digest_is_of_names_and_text(write: Write) -> None:
    first = counted(write, "a\n", "b\n").digest
    assert counted(write, "a\n", "b\n").digest == first
    assert counted(write, "b\n", "a\n").digest != first
