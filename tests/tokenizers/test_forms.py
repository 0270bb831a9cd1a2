"""The pieces of bytes spell the bytes, whatever the family; forms are what tokens stand for."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.laws import at_most
from tests.tokenizers.families import FAMILIES, FAST, PIECES, ignoring_merges, tokenizer_of
from tests.tokenizers.repositories import repository
from tests.tokenizers.test_mapped import MARIAN
from tests.tokenizers.test_pipeline import MARKED
from tests.tokenizers.test_suffixed import MOSES, REPOSITORIES
from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer as Tokscope
from tokscope.tokenizers import load
from tokscope.tokenizers.baselines import Bytes, Characters
from tokscope.tokenizers.bpe import all_from_alphabet, from_alphabet
from tokscope.tokenizers.forms import all_pieces, by_form, form, forms, pieces
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.huggingface_pieces import pieces_of
from tokscope.tokenizers.vocabulary import Vocabulary

NAMES = [*FAMILIES, "bytes", "characters"]
# Families that have a way for any bytes
COMPLETE = [
    "gpt.json", "added.json", "whole.json", "gpt.gguf", "llama.json", "scored.gguf", "bpe.model",
    "unigram.model", "tekken.json", "ranks.tiktoken", "bytes",
]  # fmt: skip
SAMPLES = [
    "hello",
    " the",
    "▁",
    "é",
    "日本",
    " ",
    "\n",
    "<|end|>",
    "<s>",
    "[UNK]",
    "##llo",
    "<0x41>",
]
DATA = st.lists(
    st.sampled_from(SAMPLES).map(str.encode) | st.binary(max_size=3), min_size=1, max_size=4
).map(b"".join)


@cache
def made(name: str) -> Tokscope:
    return {"bytes": Bytes("bytes"), "characters": Characters("characters")}.get(
        name
    ) or tokenizer_of(name)


def words(name: str) -> bool:
    vocabulary = made(name).vocabulary
    return vocabulary.continuing is not None or vocabulary.ending is not None


@pytest.mark.parametrize("name", NAMES)
@at_most(10)
@given(data=st.lists(DATA, max_size=4))
@example(data=[b"<s>", b"\xe2\x96\x81", b"a\xff\xe2\x96", b"<|end|>x", b"\x00"])
def test_pieces_spell_the_bytes(name: str, data: list[bytes]) -> None:
    tokenizer = made(name)
    for one, ids in zip(data, all_pieces(tokenizer, data), strict=True):
        spelled = b"".join(tokenizer.vocabulary[i] for i in ids or ())
        assert ids is None or spelled == (one.removeprefix(b" ") if words(name) else one)
        assert ids is not None or name not in COMPLETE or not one
        assert ids == pieces(tokenizer, one)


@pytest.mark.parametrize("name", FAST)
@at_most(10)
@given(data=st.lists(DATA, max_size=4))
@example(data=[b"<|end|>", b"", b"\xff"])
def test_a_fast_path_spells_bytes_as_the_library_does(name: str, data: list[bytes]) -> None:
    tokenizer, starts = made(name), [True] * len(data)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer.fast
    slow = pieces_of(tokenizer.library, tokenizer.config, tokenizer.vocabulary, data, starts)
    assert tokenizer.pieces(data, starts) == slow


@pytest.mark.parametrize("name", NAMES)
def test_forms_are_bytes_and_the_first_plain_id_has_them(name: str) -> None:
    vocabulary = made(name).vocabulary
    tokens = range(0, vocabulary.size, 97 if name == "characters" else 1)
    every, table = forms(vocabulary), by_form(vocabulary)
    assert [every[i] for i in tokens] == [form(vocabulary, i) for i in tokens]
    for i in tokens:
        assert every[i].removeprefix(b" ") == vocabulary[i].removeprefix(b" ")
        assert not every[i] or every[table[every[i]]] == every[i]
    assert b"" not in table


def test_a_word_of_wordpiece_has_a_space_and_a_sign_has_none() -> None:
    vocabulary = tokenizer_of("vocab.txt").vocabulary
    told = dict(zip(PIECES, forms(vocabulary), strict=True))
    assert told["hello"] == b" hello"
    assert told["##llo"] == b"llo"
    assert told["!"] == b"!"
    assert told["中"] == " 中".encode()
    assert told["[UNK]"] == b""


def test_a_piece_comes_before_a_byte_fallback_and_a_low_id_before_a_high_one() -> None:
    tokens = [b"a", b"b", b"b", b"a", b"c"]
    table = by_form(Vocabulary.of(tokens, fallbacks=frozenset({0, 4})))
    assert table == {b"a": 3, b"b": 1, b"c": 4}


def spelled(name: str, data: bytes, *, start: bool | None = None) -> list[bytes] | None:
    tokenizer = made(name)
    ids = pieces(tokenizer, data, start=start)
    return None if ids is None else [tokenizer.vocabulary[i] for i in ids]


def test_no_space_comes_before_a_piece_of_sentencepiece() -> None:
    for name in ("llama.json", "scored.gguf"):
        assert spelled(name, b" the") == [b" the"]
        assert spelled(name, b"the") == [b"t", b"he"]
        assert spelled(name, b"hell\xc3") == [b"hell", b"\xc3"]


def test_the_character_that_stands_for_a_space_is_spelled_by_its_bytes() -> None:
    assert spelled("llama.json", "▁the".encode()) == [b"\xe2", b"\x96", b"\x81", b"t", b"he"]
    assert spelled("nfkc.model", "▁".encode()) is None


def test_no_normalizer_changes_bytes() -> None:
    assert spelled("unigram.json", "ﬁ".encode()) is None
    assert spelled("unigram.json", b"fi") == [b"fi"]
    assert spelled("lower.json", b"The") is not None
    assert spelled("bert.json", b" Hello") is None


def test_unigram_takes_the_likeliest_pieces() -> None:
    assert spelled("unigram.json", b" hello") == [b" hello"]
    assert spelled("unigram.json", b"hello") == [b"h", b"e", b"l", b"l", b"o"]
    assert spelled("unigram.json", b"x") is None


def test_words_begin_with_starts_and_go_on_with_the_rest() -> None:
    assert spelled("vocab.txt", b" hello") == [b"hello"]
    assert spelled("vocab.txt", b"llo") == [b"llo"]
    assert spelled("vocab.txt", b"hello") is None
    assert spelled("vocab.txt", b"hello", start=True) == [b"hello"]
    assert spelled("vocab.txt", b" world") == [b"w", b"or", b"ld"]
    assert spelled("vocab.txt", b" he llo") is None
    assert spelled("vocab.txt", b" ") is None
    assert spelled("vocab.txt", b" \xe4\xb8") is None


def test_a_mark_that_goes_on_is_not_the_start_of_a_word(
    write: Callable[[str, str | bytes], Path],
) -> None:
    path = write("vocab.txt", "\n".join(["[UNK]", "#", "###", "a"]))
    tokenizer = load(str(path))
    assert pieces(tokenizer, b" ###") == [1, 2, 2]


def test_a_token_is_looked_up_whole_but_a_special_one_is_not() -> None:
    tokenizer = tokenizer_of("whole.json")
    zebra = json.loads(ignoring_merges())["model"]["vocab"]["zebra"]
    assert pieces(tokenizer, b"zebra") == [zebra]
    assert len(pieces(tokenizer, b"zebras") or ()) > 1
    assert len(pieces(tokenizer, b"<|end|>") or ()) > 1
    assert pieces(tokenizer, b"zebra") == [zebra]  # and the library is as it was
    assert tokenizer.encode(["zebra"]).ids.tolist() == [zebra]


def test_special_pieces_are_not_text_to_unigram(write: Callable[[str, str | bytes], Path]) -> None:
    entries = [("<unk>", 0.0), ("<s>", 0.0), ("<", -2.0), ("s", -2.0), (">", -2.0)]
    library = Tokenizer(models.Unigram(entries, 0, False))
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.decoder = decoders.Metaspace()
    library.add_special_tokens(["<unk>", "<s>"])
    assert pieces(load(str(write("u.json", library.to_str()))), b"<s>") == [2, 3, 4]


@pytest.mark.parametrize("name", MARKED)
def test_bpe_with_marks_spells_words_as_it_encodes_them(name: str, tmp_path: Path) -> None:
    MARKED[name]().save(str(tmp_path / "t.json"))
    tokenizer = load(str(tmp_path / "t.json"))
    for word in ("hello", "привет", "世界"):
        ids = tokenizer.encode([word]).ids.tolist()
        assert pieces(tokenizer, f" {word}".encode()) == ids
        assert pieces(tokenizer, word.encode(), start=True) == ids


def test_a_family_that_cannot_tell_is_refused() -> None:
    class Silent:
        name, family = "mine", "toy"
        vocabulary = Vocabulary.of([b"a"])

    with pytest.raises(TokscopeError, match="mine: its kind of tokenizer, toy, cannot spell"):
        pieces(Silent(), b"a")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [kind for kind in REPOSITORIES if kind not in MOSES])
def test_words_that_are_cut_elsewhere_are_spelled_as_they_are_encoded(
    kind: str, tmp_path: Path
) -> None:
    tokenizer = load(f"file:{repository(tmp_path, REPOSITORIES[kind], kind)}")
    for word in ("hello", "world"):
        ids = tokenizer.encode([word]).ids.tolist()
        if all(len(tokenizer.vocabulary[i]) for i in ids):  # BERTweet has no `hello`
            assert pieces(tokenizer, f" {word}".encode()) == ids
    assert kind == "CLIP" or pieces(tokenizer, b" hello world") is None  # CLIP has all bytes


def test_pieces_with_a_table_have_its_ids(tmp_path: Path) -> None:
    tokenizer = load(str(repository(tmp_path, MARIAN, "Marian")))
    assert pieces(tokenizer, b" hello") == [4]
    assert pieces(tokenizer, b"hllo") == [8, 6]
    assert pieces(tokenizer, b"<unk>") is None
    assert pieces(tokenizer, b" bonjour") is None  # which is the target's


@given(st.text("aĠéĂ x\n\x00\xad中", max_size=4) | st.text(max_size=4))
def test_bytes_of_a_byte_level_token_are_those_of_the_library(piece: str) -> None:
    """One character that is not in the byte alphabet, such as a space: all are taken literally."""
    decoded = decoders.ByteLevel().decode([piece])
    assert from_alphabet(piece).decode(errors="replace") == decoded


@given(st.lists(st.text("aĠéĂ", max_size=4) | st.text("a \ud800中", max_size=2)))
def test_bytes_of_all_pieces_are_those_of_each(pieces: list[str]) -> None:
    assert all_from_alphabet(pieces) == list(map(from_alphabet, pieces))
