"""Words that are prepared character by character have the tokens that the library gives them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from tests import published
from tests.tokenizers.families import unigram, wordpiece
from tests.tokenizers.test_wordwise import CHARACTERS, of_parts, scored
from tokscope.tokenizers.charwise import Charwise, are_parts, charwise
from tokscope.tokenizers.growing import Growing
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer

BERT = normalizers.BertNormalizer()
CUT = pre_tokenizers.BertPreTokenizer()
STEPS = [
    (BERT, CUT),
    (normalizers.NFD(), pre_tokenizers.WhitespaceSplit()),
    (normalizers.NFKD(), pre_tokenizers.Whitespace()),
    (normalizers.Replace(Regex(r"\p{M}"), ""), pre_tokenizers.Split(Regex("[lo中]"), "removed")),
]
MARKED = scored()
MARKED.normalizer = normalizers.NFKD()
LIBRARIES = [*(of_parts(*steps) for steps in STEPS), MARKED]
# Marks that change places, that join others or are removed; what is written with several
ALPHABET = CHARACTERS.replace(" ", "") + "▁ไทยัีក្ំ\u200b\u0315\u0327\u302e\u0600\u1100\u1161각Σς"
WORDS = st.lists(st.text(ALPHABET, min_size=1, max_size=12), min_size=1, max_size=5)


def made(library: Tokenizer) -> Charwise:
    found = charwise(library)
    assert found
    return found


def parts_of(words: list[str]) -> list[str]:
    """The beginnings and the ends of words."""
    parts = (
        part
        for word in words
        for part in (
            *(word[: i + 1] for i in range(len(word))),
            *(word[i:] for i in range(len(word))),
        )
    )
    return list(dict.fromkeys([*parts, "", *reversed(words)]))


def library_ids(library: Tokenizer, words: list[str]) -> list[list[int]]:
    library.encode_special_tokens = True
    return [one.ids for one in library.encode_batch(words, add_special_tokens=False)]


def require_same(library: Tokenizer, found: Charwise, words: list[str]) -> int:
    """Return how many words are told."""
    ours, theirs = found.ids(words), library_ids(library, words)
    assert all(own in (None, ids) for own, ids in zip(ours, theirs, strict=True))
    return sum(own is not None for own in ours)


@pytest.mark.parametrize("library", LIBRARIES)
@given(WORDS)
@example(["hello!world", "wor中hel"])
def test_words_have_the_tokens_of_the_library(library: Tokenizer, words: list[str]) -> None:
    found = made(library)
    for _ in range(2):
        require_same(library, found, parts_of(words))


@pytest.mark.parametrize("library", LIBRARIES[:3])
def test_ordinary_words_are_told(library: Tokenizer) -> None:
    words = parts_of(["hello", "ไทยัี", "word", "中"])
    assert require_same(library, made(library), words) == len(words)


def test_marks_are_not_told_where_they_may_change_places() -> None:
    """BERT removes the character between them, and puts them into their order then."""
    found = made(of_parts(BERT, CUT))
    assert found.ids(["h\u200b\u302e", "h\u200be"])[0] is None
    assert found.ids(["h\u200be"]) == library_ids(of_parts(BERT, CUT), ["he"])


@pytest.mark.parametrize(
    ("normalizer", "cut"),
    [
        (normalizers.NFC(), CUT),
        (normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]), CUT),
        (BERT, pre_tokenizers.Split(Regex("hel+"), "isolated")),
        (BERT, pre_tokenizers.ByteLevel()),
    ],
)
def test_not_where_a_step_looks_further(
    normalizer: normalizers.Normalizer, cut: pre_tokenizers.PreTokenizer
) -> None:
    assert charwise(of_parts(normalizer, cut)) is None


@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=8), st.integers(2, 9))
@example(["abcab", "abcabc", "bcabc", "cabc", "abcabca"], 9)
def test_words_that_grow_have_the_longest_tokens(words: list[str], longest: int) -> None:
    pieces = ["[UNK]", "a", "b", "##b", "##c", "ab", "abca", "##cab", "##abc", "##bb", "##a"]
    model = models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]")
    model.max_input_chars_per_word = longest
    library, parts = Tokenizer(model), [part for word in words for part in parts_of([word])]
    growing = Growing.of(library)
    assert growing
    parts = list(filter(None, parts))
    assert [growing(part) for part in parts] == library_ids(library, parts)


def test_models_that_are_not_wordpiece_do_not_grow() -> None:
    assert Growing.of(unigram()) is None
    assert Growing.of(wordpiece()) is not None


def test_texts_that_are_parts_of_each_other() -> None:
    assert are_parts(["a", "ab", "abc", "bc", "c"])
    assert not are_parts(["a", "b", "bc", "d", "e"])
    assert not are_parts(["", "", "", ""])
    assert not are_parts([])


@pytest.mark.parametrize(
    "name",
    ["german-unigram-30k.json", "bert-base-uncased.json", "gguf/ggml-vocab-bert-bge.gguf"],
)
def test_published_tokenizers_give_the_tokens_of_the_library(data: Path, name: str) -> None:
    tokenizer = published.load(data / "tokenizers" / name)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    found = made(tokenizer.library)
    for language in ("de", "th", "km", "ja", "ar", "hi", "ko"):
        text = (data / f"parallel/flores-dev/{language}.txt").read_text(encoding="utf-8")
        words = parts_of(text.split()[:60])
        assert require_same(tokenizer.library, found, words) > 0.9 * len(words)
