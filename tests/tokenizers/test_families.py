"""Every family against its own library, and every way to say where tokens end against another."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tiktoken
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tokenizers.families import FAMILIES, FAST, byte_level, tokenizer_of
from tokscope.tally import Text, Tokens
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.bpe import LONGEST_SPACE, MARK, SEPARATOR, RankTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, load_file
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer

PIECES = ["hello", "hel", "The", "cat's", " ", "  ", "   ", "\n", "\n\n", "\t", "12345", "ß", "é",
          "e\u0301", "привет", "日本語", "世界", "ﬁ½", "①", "👩\u200d👩\u200d👧", "\u0301", "'LL", "ſ",
          "<|end|>", "<s>", "<0x41>", "▁", "Ġ", "##", "\x00", "\r\n", "\u3000", "\ufeff",
          SEPARATOR, MARK, "𐍈", "۱۲", "중"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)


@cache
def library(name: str) -> tokenizers.Tokenizer:
    """The file's own tokenizer, untouched by tokscope but for taking special tokens for text."""
    made = tokenizers.Tokenizer.from_str(str(FAMILIES[name]()))
    made.no_padding()
    made.no_truncation()
    made.encode_special_tokens = True
    return made


def library_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids that the library itself gives when special tokens are text."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        own = tokenizers.Tokenizer.from_str(tokenizer.library.to_str())
        own.encode_special_tokens = True
        return own.encode(text, add_special_tokens=False).ids
    if isinstance(tokenizer, SentencePieceTokenizer):
        return tokenizer.library.encode(text)
    assert isinstance(tokenizer, RankTokenizer)
    core = tokenizer.encoder.core
    plain = tiktoken.Encoding(
        "plain", pat_str=core._pat_str, mergeable_ranks=core._mergeable_ranks, special_tokens={}
    )
    return tokenizer.encoder.ids[plain.encode_ordinary(text)].tolist()


@pytest.mark.parametrize("name", FAMILIES)
@given(batch=st.lists(TEXTS, max_size=5))
@example(batch=[])
@example(batch=["", " ", "", "hello", ""])
@example(batch=["a" + SEPARATOR, "hello", MARK])
def test_ids_are_those_of_the_library(name: str, batch: list[str]) -> None:
    encoded = tokenizer_of(name).encode(batch)
    assert encoded.ids.dtype == np.int32
    units = [
        encoded.ids[s:e].tolist() for s, e in zip(encoded.starts, encoded.starts[1:], strict=False)
    ]
    if isinstance(tokenizer_of(name), HuggingFaceTokenizer):
        found = library(name).encode_batch(batch, add_special_tokens=False)
        assert units == [encoding.ids for encoding in found]
    else:
        assert units == [library_ids(tokenizer_of(name), text) for text in batch]


@pytest.mark.parametrize("name", FAMILIES)
@given(batch=st.lists(TEXTS, min_size=1, max_size=4))
@example(batch=["  hello", "", "ﬁ½", "世"])
def test_boundaries_from_lengths_are_those_of_the_slow_way(name: str, batch: list[str]) -> None:
    """Where tokens spell the text both must agree exactly; elsewhere the slow way is the answer."""
    tokenizer = tokenizer_of(name)
    text = Text(batch, "unicode")
    tokens = Tokens(text, tokenizer, tokenizer.encode(batch), False)
    cuts, starts = tokens.cuts, tokens.encoded.starts
    assert (np.diff(cuts) >= 0).all()
    for unit, one in enumerate(batch):
        inside = cuts[starts[unit] : starts[unit + 1]] - text.edges[unit]
        spelled = tokenizer.vocabulary.spell(
            tokens.encoded.ids[starts[unit] : starts[unit + 1]]
        ).tobytes()
        if spelled in (one.encode(), b" " + one.encode()):
            lengths = tokenizer.vocabulary.lengths[
                tokens.encoded.ids[starts[unit] : starts[unit + 1]]
            ]
            extra = len(spelled) - len(one.encode())
            assert inside.tolist() == (np.cumsum(lengths) - extra).tolist()
        else:
            assert inside.tolist() == tokenizer.boundaries(one).tolist()


NORMAL_FORMS = {"nfc.json": "NFC", "nfkc.json": "NFKC"}
SPACED = ("llama.json", "bpe.model", "unigram.model")


@pytest.mark.parametrize("name", [*FAST, *SPACED])
@given(text=TEXTS)
def test_the_bytes_of_the_tokens_are_those_of_the_text(name: str, text: str) -> None:
    """Or of its normal form; or of it after the one space that a dummy prefix adds."""
    tokenizer = tokenizer_of(name)
    spelled = tokenizer.vocabulary.spell(tokenizer.encode([text]).ids)
    if name in NORMAL_FORMS:
        text = library(name).normalizer.normalize_str(text)
    if name in SPACED:
        text = f" {text}".replace("▁", " ") if text else ""
    if name == "prefix.json" and text[:1] not in ("", " "):
        text = f" {text}"
    assert spelled.tobytes() == text.encode()


@pytest.mark.parametrize("name", FAMILIES)
def test_which_path_encodes(name: str) -> None:
    tokenizer = tokenizer_of(name)
    if isinstance(tokenizer, HuggingFaceTokenizer):
        assert (tokenizer.fast is not None) == (name in FAST), tokenizer.path
        assert tokenizer.path.startswith("tiktoken's core" if name in FAST else "the library: ")


@pytest.mark.parametrize("name", FAMILIES)
def test_long_runs_of_white_space_are_encoded_or_refused_by_unit(name: str) -> None:
    from tokscope.errors import UnitError

    tokenizer, batch = tokenizer_of(name), ["hello", " " * (LONGEST_SPACE + 1) + "x", "hello"]
    if isinstance(tokenizer, RankTokenizer):
        with pytest.raises(
            UnitError, match=r"a run of over 50,000 white-space characters"
        ) as error:
            tokenizer.encode(batch)
        assert error.value.unit == 1
    else:
        assert len(tokenizer.encode(batch).starts) == 4


def test_special_tokens_are_text_unless_asked_for() -> None:
    end = tokenizer_of("gpt.json").vocabulary.specials["<|end|>"]
    for name in ("gpt.json", "added.json"):
        tokenizer = tokenizer_of(name)
        assert end not in tokenizer.encode(["a<|end|>b"]).ids
        assert tokenizer.encode(["a<|end|>b"], specials=True).ids.tolist().count(end) == 1
        assert tokenizer.boundaries("a<|end|>b", specials=True).tolist() == [1, 8, 9]
    tekken = tokenizer_of("tekken.json")
    assert tekken.encode(["<s>[X]"], specials=True).ids.tolist() == [0, 1]
    assert tekken.decode([0, 1]) == "<s>[X]"
    assert tekken.boundaries("<s>[X]", specials=True).tolist() == [3, 6]
    assert 0 not in tekken.encode(["<s>[X]"]).ids


def test_padding_and_truncation_in_the_file_are_switched_off() -> None:
    encoded = tokenizer_of("llama.json").encode(["he", "the hello world the hello world"])
    assert np.diff(encoded.starts).tolist() == [1, 20]


def test_the_table_of_bytes() -> None:
    llama = tokenizer_of("llama.json").vocabulary
    assert llama[3 + 0x41] == b"A"
    assert llama.fallbacks == frozenset(range(3, 259))
    assert (llama[0], llama[259], llama.unknown, len(llama)) == (b"", b" ", 0, 277)
    bert = tokenizer_of("bert.json").vocabulary
    assert [bert[i] for i in (0, 1, 3)] == [b"", b"hello", b"llo"]
    gpt = tokenizer_of("added.json").vocabulary
    assert gpt[len(gpt) - 1] == "日本".encode()
    assert gpt.incomplete.sum() > 128
    tekken = tokenizer_of("tekken.json").vocabulary
    assert [tekken[i] for i in (0, 3 + 0x41, 3 + 256)] == [b"", b"A", b"he"]
    assert (len(tekken), len(tekken.specials)) == (265, 2)


def test_decoding_uses_the_decoder_of_the_file() -> None:
    for name in ("gpt.json", "llama.json", "bpe.model", "ranks.tiktoken"):
        ids = tokenizer_of(name).encode([" hello 世界 é"]).ids.tolist()
        assert tokenizer_of(name).decode(ids) == " hello 世界 é"
    assert tokenizer_of("bert.json").decode([1, 8]) == "hello!"


def test_a_dead_merge_does_not_matter(tmp_path: Path) -> None:
    """A product that its own bytes never arrive at is never produced, and has no rank."""
    tokenizer = tokenizers.Tokenizer.from_str(byte_level().to_str())
    import json

    data = json.loads(tokenizer.to_str())
    vocabulary, merges = data["model"]["vocab"], data["model"]["merges"]
    # "xyz" would be made of "x" and "yz", but "xy" is merged first
    for token in ("xy", "yz", "xyz"):
        vocabulary[token] = len(vocabulary)
    merges += [["x", "y"], ["y", "z"], ["x", "yz"]]
    path = tmp_path / "dead.json"
    path.write_text(json.dumps(data))
    loaded = load(str(path))
    assert isinstance(loaded, HuggingFaceTokenizer)
    assert loaded.fast is not None
    for text in ("xyz", "axyz", "yz xyz xy", "xxyzz"):
        assert loaded.encode([text]).ids.tolist() == library_ids(loaded, text)


def test_two_merges_with_one_product_are_left_to_the_library(tmp_path: Path) -> None:
    import json

    data = json.loads(byte_level().to_str())
    vocabulary, merges = data["model"]["vocab"], data["model"]["merges"]
    for token in ("xy", "yz", "xyz"):
        vocabulary[token] = len(vocabulary)
    merges += [["x", "y"], ["y", "z"], ["x", "yz"], ["xy", "z"]]
    path = tmp_path / "twice.json"
    path.write_text(json.dumps(data))
    loaded = load(str(path))
    assert isinstance(loaded, HuggingFaceTokenizer)
    assert loaded.path == "the library: two merges make one token"


def test_the_fingerprint_is_that_of_the_behaviour(tmp_path: Path) -> None:
    """The same merges as strings, other spacing and padding change nothing; a merge does."""
    import json

    def fingerprint(name: str, content: str) -> str:
        (tmp_path / name).write_text(content)
        return load(str(tmp_path / name)).fingerprint

    data = json.loads(byte_level().to_str())
    plain = fingerprint("a.json", json.dumps(data))
    data["model"]["merges"] = [" ".join(merge) for merge in data["model"]["merges"]]
    data["padding"] = {"strategy": {"Fixed": 7}, "direction": "Right", "pad_to_multiple_of": None,
                       "pad_id": 0, "pad_type_id": 0, "pad_token": "x"}  # fmt: skip
    assert fingerprint("b.json", json.dumps(data, indent=3, sort_keys=True)) == plain
    data["model"]["merges"].pop()
    assert fingerprint("c.json", json.dumps(data)) != plain


def test_a_folder_and_a_file_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(byte_level().to_str())
    one, other = load(str(folder)), load(f"file:{folder}/tokenizer.json")
    assert (one.name, other.name) == ("mine", "mine")
    assert one.fingerprint == other.fingerprint
    (folder / "tokenizer.json").rename(folder / "old")
    (folder / "tokenizer.model").write_bytes(FAMILIES["bpe.model"]())  # type: ignore[arg-type]
    assert isinstance(load(f"x={folder}"), SentencePieceTokenizer)
    assert load_file.__module__ == "tokscope.tokenizers.huggingface"
