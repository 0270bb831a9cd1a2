"""Where tokens end by the spans of a library, at once and token by token."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import FAMILIES, tokenizer_of
from tokscope.tokenizers.borders import borders
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer

Span = tuple[int, int]
Told = tuple[str, list[Span], list[bool]]  # a text, the spans of its tokens, which are one space


def border(text: str, end: int, start: int) -> int:
    """The end of a token, from its own end and the start of the next."""
    last = len(text)
    own, place = min(end, last), min(max(end, start), last)
    if place - own < 2 or start >= last:
        return place
    blanks = [i for i in range(own, place) if text[i].isspace()]
    return blanks[-1] + 1 if blanks else place


def one_by_one(text: str, spans: list[Span], space: list[bool]) -> list[int]:
    home = np.cumsum([0, *(len(char.encode()) for char in text)]).tolist()
    own = [
        (start, start) if blank and text[start:end].strip() else (start, end)
        for (start, end), blank in zip(spans, space, strict=True)
    ]
    starts = [*(start for start, _ in own), len(text)]
    cuts: list[int] = []
    for (_, end), start in zip(own, starts[1:], strict=True):
        cut = home[border(text, end, start)] - (start < end)
        cuts.append(max([cut, *cuts[-1:]]))
    return cuts


@st.composite
def told(draw: st.DrawFn) -> Told:
    """A text and spans that may go back, leave text out, overlap, or point behind it."""
    text = draw(st.text(st.sampled_from("aé中😀 \u3000\u0301\n"), max_size=8))
    most = 6 if text else 0  # an empty text has no tokens
    place = st.integers(0, len(text) + 2)
    spans = draw(st.lists(st.tuples(place, place).map(sorted).map(tuple), max_size=most))
    flags = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    return text, spans, flags


@given(st.lists(told(), max_size=5))
@example([("a \u0301b", [(0, 1), (3, 4)], [False, False])])
@example([("½", [(0, 1)] * 3, [True, False, False]), ("", [], []), ("\u3000x", [(0, 2)], [True])])
def test_ends_of_tokens_are_those_found_token_by_token(batch: list[Told]) -> None:
    texts = [text for text, _, _ in batch]
    counts = np.array([len(spans) for _, spans, _ in batch], np.int64)
    spans = np.array([span for _, own, _ in batch for span in own], np.int64).reshape(-1, 2)
    space = np.array([flag for _, _, flags in batch for flag in flags], bool)
    found = borders(texts, counts, spans, space).tolist()
    assert found == [cut for one in batch for cut in one_by_one(*one)]


LIBRARY = [name for name in FAMILIES if name.endswith(".json") and name != "tekken.json"]
TEXTS = st.text(st.sampled_from("hello wrdé\u0301½中ﬁ\u200b \n"), max_size=12)


@pytest.mark.parametrize("name", LIBRARY)
@at_most(10)
@given(batch=st.lists(TEXTS, max_size=4))
@example(batch=["", "cafe\u0301 \u200bhello", "日½", ""])
def test_ends_of_the_first_encoding_are_those_of_each_text(name: str, batch: list[str]) -> None:
    tokenizer = tokenizer_of(name)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    encoded = tokenizer._encode_slowly(batch)
    assert encoded.reported
    units = np.arange(len(batch))[::2]
    ends = encoded.reported(units).tolist()
    starts = [*pairwise(encoded.starts.tolist())]
    expected = []
    for unit in units.tolist():
        found = tokenizer.library.encode(batch[unit], add_special_tokens=False)
        assert found.ids == encoded.ids[slice(*starts[unit])].tolist()
        space = [tokenizer.vocabulary[token] == b" " for token in found.ids]
        expected += one_by_one(batch[unit], found.offsets, space)
    assert ends == expected
