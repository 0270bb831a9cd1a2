"""Words that are encoded once give the tokens, and the places in text, that the library gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from tests import published
from tests.tokenizers.families import unigram, wordpiece
from tokscope.equivalence.made import texts_of
from tokscope.errors import UnitError
from tokscope.tokenizers import Tokenizer as Tokenizing
from tokscope.tokenizers import huggingface, load, wordwise
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import encode
from tokscope.tokenizers.wordwise import (
    Wordwise,
    cut_of,
    joined,
    told_of,
)

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
CHARACTERS = "helo word!HELcaféé中 \t\n\r\u00a0\u2028\x00\x1c\ufeff\u200d\ufffd\u0301\u0323\u0344\u0f73ǅﬁ½한ｶﾞ["


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
# As a BERT in a GGUF file has it: characters are replaced, and text is cut in two steps.
LIBRARIES.append(
    of_parts(
        normalizers.Sequence(
            [
                normalizers.Replace(Regex("[가-깋]"), "ᄀ"),
                normalizers.NFD(),
                normalizers.Replace(Regex(r"(?!\s)[\p{Cc}\p{Cf}\uFFFD]"), ""),
                normalizers.Replace(Regex(r"\p{M}"), ""),
                normalizers.Replace("½", "l"),
            ]
        ),
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"\s+"), "removed"),
                pre_tokenizers.Split(Regex(r"[\p{P}中]"), "isolated"),
            ]
        ),
    )
)


def marked(pieces: str, merges: str, *, bytewise: bool = False) -> Tokenizer:
    """BPE as SentencePiece learns it, from characters and pairs."""
    pairs = [(left, right) for left, right in (pair.split("+") for pair in merges.split())]
    found = ["<unk>", *pieces, *(left + right for left, right in pairs)]
    found += [f"<0x{byte:02X}>" for byte in range(256)] if bytewise else []
    vocabulary = {piece: i for i, piece in enumerate(found)}
    library = Tokenizer(
        models.BPE(vocabulary, pairs, unk_token="<unk>", fuse_unk=True, byte_fallback=bytewise)
    )
    library.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    library.add_special_tokens(["he", "o w"])  # found in no text
    return library


MERGES = "h+e l+l ▁+▁ ▁+he ll+o ▁▁+▁▁ ▁▁+w o+r"
LIBRARIES += [marked("helo word!é▁", MERGES, bytewise=b) for b in (True, False)]


def scored() -> Tokenizer:
    """Unigram whose words are marked when they are already apart, as XLM-R has it."""
    library = unigram()
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    library.add_special_tokens(["hello", "o w"])  # found in no text
    return library


LIBRARIES.append(scored())


def wordwise_of(library: Tokenizer) -> Wordwise:
    cut = cut_of(json.loads(library.to_str()))
    assert cut
    return Wordwise(library, cut)


def require_same(words: Wordwise, texts: list[str]) -> None:
    """The texts come up twice, so that their words are worth to be kept."""
    texts = texts * 2
    encoded, spans = words.encode(texts)
    found = encode(words.library, texts)
    every = np.arange(len(texts))
    assert encoded.ids.tolist() == joined(found).ids.tolist()
    assert encoded.starts.tolist() == joined(found).starts.tolist()
    assert spans(every).tolist() == told_of(found, every).tolist()
    assert spans(every[1::2]).tolist() == told_of(found, every[1::2]).tolist()


@given(
    st.sampled_from(LIBRARIES),
    st.lists(st.lists(st.text(CHARACTERS, max_size=12), min_size=1, max_size=3), min_size=1),
)
def test_tokens_and_their_places_are_the_librarys(
    library: Tokenizer, batches: list[list[str]]
) -> None:
    words = wordwise_of(library)
    for texts in batches:
        require_same(words, texts)


@given(st.sampled_from(LIBRARIES), st.lists(st.text(CHARACTERS, max_size=12), min_size=1))
def test_beginnings_of_texts_have_the_tokens_of_the_library(
    library: Tokenizer, texts: list[str]
) -> None:
    """Texts that are parts of each other are encoded without the places of their tokens."""
    words = wordwise_of(library)
    require_same(words, [text[:end] for text in texts for end in range(len(text) + 1)])
    require_same(words, texts)


def test_many_words_and_few_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made texts have more words than go into one text for the library, and than are kept."""
    monkeypatch.setattr(wordwise, "_MOST", 1_000)
    words = wordwise_of(of_parts(normalizers.BertNormalizer(), CUTS[0]))
    for number in range(6):
        made = [f"{word}{number}" for word in ("hello", "wor ld!", "中 é", " ", "")] * 40
        require_same(words, [*made, " ".join(f"he{i}" for i in range(number * 60))])
        assert words.size < 3_000


@pytest.mark.deep
def test_a_tokenizer_encodes_made_texts_as_its_library_does() -> None:
    require_same_in_made_texts(load("sample:wordpiece"))


def test_a_published_unigram_encodes_made_texts_as_its_library_does(data: Path) -> None:
    require_same_in_made_texts(published.load(data / "tokenizers" / "german-unigram-30k.json"))


def require_same_in_made_texts(tokenizer: Tokenizing) -> None:
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer._words
    for category, texts in texts_of([tokenizer], 1_000, 1):
        texts = texts[:: 1 + len(texts) // 3_000] * 2  # code points are many, and much alike
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
    assert not cut_of(json.loads(library.to_str()))


@pytest.mark.parametrize("name", [r"[\x{300}-\x{36f}]", r"[\x{20}]"])
def test_expressions_are_read_as_the_library_reads_them(name: str) -> None:
    """Python's expressions have no such escapes."""
    library = of_parts(normalizers.Replace(Regex(name), ""), CUTS[0])
    assert bool(cut_of(json.loads(library.to_str()))) == ("300" in name)


@pytest.mark.parametrize(
    ("merges", "joins"), [("▁+▁ ▁+h", False), ("h+▁", True), ("h+e he+▁", True)]
)
def test_not_where_a_merge_joins_a_space_to_what_is_before_it(merges: str, joins: bool) -> None:
    assert (cut_of(json.loads(marked("he▁", merges).to_str())) is None) == joins


def test_not_where_steps_are_others_than_sentencepieces() -> None:
    library = marked("he▁", "h+e")
    library.pre_tokenizer = pre_tokenizers.Split("e", "isolated")
    assert not cut_of(json.loads(library.to_str()))
    library = marked("he▁", "h+e")
    library.normalizer = normalizers.Replace(" ", "▁")
    assert not cut_of(json.loads(library.to_str()))
    assert not cut_of(json.loads(marked("he", "h+e").to_str()))  # an unknown space joins others


def test_a_wrong_cut_is_found_by_the_probe_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "cut_of", lambda _: lambda codes: codes == ord("e"))
    tokenizer = load("sample:wordpiece")
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer._words is None
    assert tokenizer.path.endswith("one regular expression")


def test_capitals_of_ascii_are_made_small_where_that_is_what_comes_first() -> None:
    words = wordwise_of(of_parts(normalizers.BertNormalizer(), CUTS[0]))
    words.encode(["HELLO Hello hello É É"])
    assert words.numbers.keys() == {"hello", "É"}
    words = wordwise_of(of_parts(normalizers.NFC(), CUTS[0]))
    words.encode(["HELLO Hello"])
    assert words.numbers.keys() == {"HELLO", "Hello"}


def test_words_that_seldom_come_up_again_are_not_kept() -> None:
    words = wordwise_of(wordpiece())
    encoded, _ = words.encode(["hello hell world"])
    assert encoded.ids.tolist() == encode(words.library, ["hello hell world"])[0].ids
    assert not words.numbers
    words.encode(["hello hello hello"])
    assert words.numbers == {"hello": 0}


def test_all_words_of_short_texts_are_kept() -> None:
    """Terms come in several forms, and beginnings of words again and again."""
    words = wordwise_of(wordpiece())
    encoded, _ = words.encode(["hello world"])
    assert encoded.ids.tolist() == encode(words.library, ["hello world"])[0].ids
    assert words.numbers.keys() == {"hello", "world"}


@pytest.mark.parametrize(
    "replaced", ["o w", " ", Regex("[^a]"), Regex("a+"), Regex("(?<=a )b"), Regex(r"[\p{Z}a]")]
)
def test_not_where_a_normalizer_looks_across_spaces(replaced: str | Regex) -> None:
    library = wordpiece()
    library.normalizer = normalizers.Replace(replaced, "o")
    assert not cut_of(json.loads(library.to_str()))


def test_not_where_only_the_first_word_is_marked() -> None:
    library = scored()
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")]
    )
    assert not cut_of(json.loads(library.to_str()))


@pytest.mark.parametrize(
    ("normalizer", "keeps"),
    [
        (normalizers.NFKC(), True),
        (normalizers.Replace(" \u0301", "´"), False),
        (normalizers.Replace("\u0600 ", "\u0600"), False),
        (normalizers.Strip(), False),
    ],
)
def test_a_table_of_replacements_has_to_keep_spaces(
    normalizer: normalizers.Normalizer, *, keeps: bool
) -> None:
    assert wordwise._keeps_spaces(normalizer) is keeps


def test_the_text_that_has_a_word_without_a_token_is_named() -> None:
    model = models.WordPiece({"a": 0, "[UNK]": 1}, max_input_chars_per_word=3)
    library = Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = assemble(library, "a", "a")
    assert made.encode(["a a a", "b"]).ids.tolist() == [0, 0, 0, 1]
    model.unk_token = "[NONE]"
    library.model = model
    with pytest.raises(UnitError, match="the tokenizer cannot encode it") as error:
        made.encode(["a a", "a", "c"])
    assert error.value.unit == 2


def test_only_words_with_tokens_from_end_to_end_are_kept_of_those_encoded_together() -> None:
    """Others are encoded each for itself: the library could have misplaced their tokens."""
    library = wordpiece()
    library.normalizer = normalizers.Replace("q", "")
    words = wordwise_of(library)
    words._learn_joined(["qhello", "hello", "helloq", "q", "é", "hel"])
    assert list(words.numbers) == ["hello", "é", "hel"]
    require_same(words, ["qhello world", "helloq é", "q hello", "é hel"])
