"""Spans under tokens, by hand and one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.published import load
from tokscope.counting.spans import Covered, cover
from tokscope.counting.tokens import Text, Tokens

LINES = st.lists(st.text(st.sampled_from("ab .\téक中"), min_size=1, max_size=12), min_size=1)


def covered(lines: list[str], spans: list[tuple[int, int]], word: str = "sample:bpe") -> Covered:
    tokenizer = load(word)
    tokens = Tokens(Text(lines, "whitespace"), tokenizer, tokenizer.encode(lines), False)
    return cover(tokens, *np.array(spans).T)


def test_by_hand() -> None:
    # characters: each is a token
    found = covered(["a bc", "d"], [(0, 1), (2, 4), (5, 6)], "characters")
    assert found.first.tolist() == [0, 2, 4]
    assert found.tokens.tolist() == [1, 2, 1]
    assert found.clean.all()


def test_what_a_tokenizer_drops_is_in_no_token_or_in_one_that_is_there() -> None:
    # control characters: a unit without tokens, and the end of one
    found = covered(["\0", "x", "x \0"], [(0, 1), (2, 3), (4, 5), (6, 7)], "sample:wordpiece")
    assert found.tokens.tolist() == [0, 1, 1, 1]
    assert found.start.tolist() == [False, True, True, False]
    assert found.end.tolist() == [False, True, False, True]


def test_a_space_before_a_word_is_no_fault_and_a_letter_is() -> None:
    line = "one of the"  # its tokens, by the sample: "one", " of", " the"
    found = covered([line], [(4, 6), (5, 6), (4, 5), (0, 6)])
    assert found.tokens.tolist() == [1, 1, 1, 2]
    assert found.start.tolist() == [True, False, True, True]
    assert found.end.tolist() == [True, True, False, True]


@given(LINES, st.data())
def test_the_arrays_are_what_one_finds_one_by_one(lines: list[str], data: st.DataObject) -> None:
    tokenizer = load("sample:bpe")
    encoded = tokenizer.encode(lines)
    tokens = Tokens(Text(lines, "whitespace"), tokenizer, encoded, False)
    spans, expected = [], []
    for unit, line in enumerate(lines):
        own = line.encode()
        start = data.draw(st.integers(0, len(own) - 1))
        end = data.draw(st.integers(start + 1, len(own)))
        base = int(tokens.text.unit_bytes[unit])
        spans.append((base + start, base + end))
        ends = np.cumsum(
            [
                len(tokenizer.vocabulary[i])
                for i in encoded.ids[slice(*encoded.starts[unit : unit + 2])].tolist()
            ]
        ).tolist()
        over = [
            (number, begin, stop)
            for number, (begin, stop) in enumerate(zip([0, *ends], ends, strict=False))
            if begin < end and stop > start
        ]
        before, behind = own[over[0][1] : start], own[end : over[-1][2]]
        expected.append((len(over), not before.strip(), not behind.strip()))
    found = cover(tokens, *np.array(spans).T)
    assert (
        list(zip(found.tokens.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
        == expected
    )
