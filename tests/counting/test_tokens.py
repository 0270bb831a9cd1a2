"""Columns of text, counted by arrays and one by one."""

import regex
from hypothesis import example, given
from hypothesis import strategies as st

from tokscope.batch import Batch
from tokscope.counting.tokens import TEXT_COLUMNS, Text
from tokscope.text.lines import Block

LINES = st.lists(st.text(st.sampled_from("ab1 .'éжाक中ไ한😀\r\n\u0301"), max_size=8), max_size=5)


def one_by_one(line: str) -> dict[str, int]:
    unspaced = r"(?V1)[\p{L}&&[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}]]"
    return {
        "units": 1,
        "bytes": len(line.encode()),
        "characters": len(line),
        "multibyte": sum(len(char.encode()) > 1 for char in line),
        "words": len(line.split()),
        "letters": len(regex.findall(r"\p{L}", line)),
        "unspaced": len(regex.findall(unspaced, line)),
    }


@given(LINES)
def test_a_batch_knows_its_size_and_bounds_its_longest_text(texts: list[str]) -> None:
    batch = Batch.of(texts)
    assert batch.size == len("".join(texts).encode())
    assert batch.longest >= max(map(len, texts), default=0)
    assert Batch.of(batch) is batch
    batch.file_size = 7
    assert (Batch.of(batch).file_size, Batch(texts).file_size, Batch(texts, 3).file_size) == (
        7,
        0,
        3,
    )


@given(LINES, st.booleans())
def test_lines_of_a_file_are_the_batch_that_one_makes_of_them(lines: list[str], ends: bool) -> None:
    raw = "\n".join((*lines, "")).encode() if ends else "\n".join(lines).encode()
    found = Batch.of(Block(raw, raw.decode(), 0, 0, 0).lines())
    assert found.full().tolist() == list(map(bool, found))
    full = found.without_empty()
    assert full == list(filter(None, found))
    for batch in (found, full):
        made = Batch(batch)
        assert batch.joined == made.joined
        assert batch.data.tolist() == made.data.tolist()
        assert batch.ends.tolist() == made.ends.tolist()


@given(LINES)
def test_texts_with_line_feeds_can_be_empty_too(texts: list[str]) -> None:
    batch = Batch(texts)
    for _ in ("unseen", batch.ends):
        assert batch.full().tolist() == list(map(bool, texts))
        assert batch.without_empty() == list(filter(None, texts))


@given(LINES)
@example(["ab", "", "a b"])
@example(["aé", "", "中"])
def test_columns_of_text_are_those_counted_one_by_one(lines: list[str]) -> None:
    text = Text(lines, "whitespace")
    found = {name: count(text).tolist() for name, count in TEXT_COLUMNS.items()}
    assert found == {name: [one_by_one(line)[name] for line in lines] for name in TEXT_COLUMNS}
