"""Words that are encoded once give the tokens, and the places in text, that the library gives."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.tokenizers.families import wordpiece
from tokscope.equivalence.made import texts_of
from tokscope.errors import UnitError
from tokscope.tokenizers import load, wordwise
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import encode
from tokscope.tokenizers.wordwise import Wordwise, drops_spaces, joined, spans_of

NORMALIZERS = [
    None,
    normalizers.BertNormalizer(),
    normalizers.BertNormalizer(lowercase=False, clean_text=False),
    normalizers.NFC(),
    normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]),
]
CUTS = [
    pre_tokenizers.BertPreTokenizer(),
    pre_tokenizers.Whitespace(),
    pre_tokenizers.WhitespaceSplit(),
]
# Letters of the vocabulary and what normalizers drop, cut apart, put together or take for space
CHARACTERS = (
    "helo word!caféé中 \t\n\r\u00a0\u2028\x00\x1c\ufeff\u200d\ufffd\u0301\u0323\u0344\u0f73ǅﬁ½한["
)


def of_parts(
    normalizer: normalizers.Normalizer | None, cut: pre_tokenizers.PreTokenizer
) -> Tokenizer:
    library = wordpiece()
    if normalizer is not None:
        library.normalizer = normalizer
    library.pre_tokenizer = cut
    library.add_special_tokens(["hello", "o w"])  # found in no text
    return library


LIBRARIES = [of_parts(normalizer, cut) for normalizer in NORMALIZERS for cut in CUTS]


def require_same(words: Wordwise, texts: list[str]) -> None:
    encoded, spans = words.encode(texts)
    found = encode(words.library, texts)
    every = np.arange(len(texts))
    assert encoded.ids.tolist() == joined(found).ids.tolist()
    assert encoded.starts.tolist() == joined(found).starts.tolist()
    assert spans(every).tolist() == spans_of(found, every).tolist()
    assert spans(every[1::2]).tolist() == spans_of(found, every[1::2]).tolist()


@given(
    st.sampled_from(LIBRARIES),
    st.lists(st.lists(st.text(CHARACTERS, max_size=12), min_size=1, max_size=3), min_size=1),
)
def test_tokens_and_their_places_are_the_librarys(
    library: Tokenizer, batches: list[list[str]]
) -> None:
    words = Wordwise(library)
    for texts in batches:
        require_same(words, texts)


def test_many_words_and_few_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made texts have more words than go into one text for the library, and than are kept."""
    monkeypatch.setattr(wordwise, "_MOST", 1_000)
    words = Wordwise(of_parts(normalizers.BertNormalizer(), CUTS[0]))
    for number in range(6):
        made = [f"{word}{number}" for word in ("hello", "wor ld!", "中 é", " ", "")] * 40
        require_same(words, [*made, " ".join(f"he{i}" for i in range(number * 60))])
        assert words.size < 3_000


@pytest.mark.deep
def test_a_tokenizer_encodes_made_texts_as_its_library_does() -> None:
    tokenizer = load("sample:wordpiece")
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer._words
    for category, texts in texts_of([tokenizer], 20_000, 1):
        ours, theirs = tokenizer.encode(texts), tokenizer._encode_slowly(texts)
        assert np.array_equal(ours.ids, theirs.ids), category
        assert np.array_equal(ours.starts, theirs.starts), category
        every = np.arange(len(texts))
        assert ours.reported
        assert theirs.reported
        assert np.array_equal(ours.reported(every), theirs.reported(every)), category


@pytest.mark.parametrize("cut", [None, pre_tokenizers.Metaspace(), pre_tokenizers.ByteLevel()])
def test_only_where_spaces_are_dropped(cut: pre_tokenizers.PreTokenizer | None) -> None:
    library = wordpiece()
    if cut is None:
        library.add_tokens(["o w"])
    else:
        library.pre_tokenizer = cut
    assert not drops_spaces(json.loads(library.to_str()))


def test_not_where_a_normalizer_looks_across_spaces() -> None:
    library = wordpiece()
    library.normalizer = normalizers.Replace("o w", "ow")
    assert not drops_spaces(json.loads(library.to_str()))


def test_the_text_that_has_a_word_without_a_token_is_named() -> None:
    model = models.WordPiece({"a": 0, "[UNK]": 1}, max_input_chars_per_word=3)
    library = Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = assemble(library, "a", "a")
    assert made.encode(["a a", "b"]).ids.tolist() == [0, 0, 1]
    model.unk_token = "[NONE]"
    library.model = model
    with pytest.raises(UnitError, match="the tokenizer cannot encode it") as error:
        made.encode(["a a", "a", "c"])
    assert error.value.unit == 2
