"""Every family against its own library, and every way to say where tokens end against another."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tiktoken
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import (
    FAMILIES,
    FAST,
    SCORED,
    byte_level,
    byte_level_gguf,
    gguf_file,
    scored_gguf,
    tokenizer_of,
)
from tests.tokenizers.families import (
    PIECES as WORDPIECES,
)
from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError, UnitError
from tokscope.reach import fidelity
from tokscope.tokenizers import Joins, Tokenizer, load
from tokscope.tokenizers.anatomy import Anatomy, anatomy_of
from tokscope.tokenizers.bpe import LONGEST_SPACE, MARK, RankTokenizer
from tokscope.tokenizers.engine import SEPARATOR, VARIABLE
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.tokenizer_json import of_library

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


@cache
def untouched(library: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    own = tokenizers.Tokenizer.from_str(library.to_str())
    own.encode_special_tokens = True
    return own


@cache
def plain(core: tiktoken.Encoding) -> tiktoken.Encoding:
    ranks = core._mergeable_ranks
    return tiktoken.Encoding(
        "plain", pat_str=core._pat_str, mergeable_ranks=ranks, special_tokens={}
    )


def library_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids that the library itself gives when special tokens are text."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return untouched(tokenizer.library).encode(text, add_special_tokens=False).ids
    if isinstance(tokenizer, SentencePieceTokenizer):
        return tokenizer.library.encode(text)
    assert isinstance(tokenizer, RankTokenizer)
    own = plain(tokenizer.encoder.core)
    return tokenizer.encoder.ids[own.encode_ordinary(text)].tolist()


@pytest.mark.parametrize("name", FAMILIES)
@at_most(10)
@given(batch=st.lists(TEXTS, max_size=4))
@example(batch=[])
@example(batch=["", " ", "", "hello", ""])
@example(batch=["a" + SEPARATOR, "hello", MARK])
def test_ids_are_those_of_the_library(name: str, batch: list[str]) -> None:
    """And a decoder that is said to join bytes does."""
    tokenizer = tokenizer_of(name)
    encoded = tokenizer.encode(batch)
    assert encoded.ids.dtype == np.int32
    units = [
        encoded.ids[s:e].tolist() for s, e in zip(encoded.starts, encoded.starts[1:], strict=False)
    ]
    if name.endswith(".json") and name != "tekken.json":
        found = library(name).encode_batch(batch, add_special_tokens=False)
        assert units == [encoding.ids for encoding in found]
    else:
        assert units == [library_ids(tokenizer, text) for text in batch]
    if isinstance(tokenizer, Joins) and tokenizer.joins:
        for ids in units:
            spelled = tokenizer.vocabulary.spell(np.array(ids, np.int32)).tobytes()
            assert tokenizer.decode(ids) == spelled.decode(errors="replace")


@pytest.mark.parametrize("name", FAMILIES)
@at_most(8)
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
        inside = cuts[starts[unit] : starts[unit + 1]] - text.unit_bytes[unit]
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


@cache
def anatomy(name: str) -> Anatomy:
    return anatomy_of(tokenizer_of(name))


@pytest.mark.parametrize("name", FAMILIES)
@at_most(10)
@given(text=TEXTS)
def test_the_normal_form_of_a_text_is_that_which_is_prepared(name: str, text: str) -> None:
    parts = anatomy(name)
    assert parts.normal(text) == parts.prepare(text).text


NORMAL_FORMS = {"nfc.json": "NFC", "nfkc.json": "NFKC"}
SPACED = ("llama.json", "bpe.model", "unigram.model")


@pytest.mark.parametrize("name", [*FAST, *SPACED])
@at_most(10)
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
        assert tokenizer.path.startswith("tiktoken's core" if name in FAST else "the library")


def test_the_library_encodes_until_there_is_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """What shows that the fast path gives the same ids takes as long as 10 characters a token."""
    monkeypatch.delenv(VARIABLE, raising=False)
    tokenizer = of_library(byte_level(), "x")
    some = ["a hello 世界 " * 100]
    for encoded in range(1, 6):
        ids = tokenizer.encode(some).ids
        assert ("_way" in vars(tokenizer)) == (1200 * encoded > 10 * len(tokenizer.vocabulary))
        assert ids.tolist() == library_ids(tokenizer, some[0])
    assert tokenizer.fast


@pytest.mark.parametrize("name", FAMILIES)
def test_long_runs_of_white_space_are_encoded_or_refused_by_unit(name: str) -> None:
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


def test_an_added_token_may_be_other_bytes_to_the_decoder(tmp_path: Path) -> None:
    """The table of bytes has é, which stands for one that is no character."""
    joins = {}
    for text in ("plus", "é"):
        made = tokenizers.Tokenizer.from_str(str(FAMILIES["gpt.json"]()))
        made.add_tokens([text])
        made.save(str(tmp_path / "t.json"))
        tokenizer = load(str(tmp_path / "t.json"))
        assert isinstance(tokenizer, Joins)
        comes_back = tokenizer.decode(tokenizer.encode([text]).ids.tolist()) == text
        joins[text] = tokenizer.joins, comes_back
    assert joins == {"plus": (True, True), "é": (False, False)}


def test_decoding_uses_the_decoder_of_the_file() -> None:
    for name in ("gpt.json", "llama.json", "bpe.model", "ranks.tiktoken"):
        ids = tokenizer_of(name).encode([" hello 世界 é"]).ids.tolist()
        assert tokenizer_of(name).decode(ids) == " hello 世界 é"
    assert tokenizer_of("bert.json").decode([1, 8]) == "hello!"


def test_a_dead_merge_does_not_matter(tmp_path: Path) -> None:
    """A product that its own bytes never arrive at is never produced, and has no rank."""
    tokenizer = tokenizers.Tokenizer.from_str(byte_level().to_str())
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
    data = json.loads(byte_level().to_str())
    vocabulary, merges = data["model"]["vocab"], data["model"]["merges"]
    for token in ("xy", "yz", "xyz"):
        vocabulary[token] = len(vocabulary)
    merges += [["x", "y"], ["y", "z"], ["x", "yz"], ["xy", "z"]]
    path = tmp_path / "twice.json"
    path.write_text(json.dumps(data))
    loaded = load(str(path))
    assert isinstance(loaded, HuggingFaceTokenizer)
    assert loaded.path == "the library: two merges make one token, or one is not spelled in bytes"


def test_the_fingerprint_is_that_of_the_behaviour(tmp_path: Path) -> None:
    """The same merges as strings, other spacing and padding change nothing; a merge does."""

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


def test_a_gguf_file_is_the_tokenizer_that_it_was_made_of(tmp_path: Path) -> None:
    gpt, made = tokenizer_of("gpt.json"), tokenizer_of("gpt.gguf")
    for text in ("Hello hello 1234 привет 日本", "a<|end|>b", "  x  "):
        assert made.encode([text]).ids.tolist() == gpt.encode([text]).ids.tolist()
    assert made.vocabulary.specials == gpt.vocabulary.specials
    assert made.components()["merges"] == gpt.components()["merges"]


def test_scores_are_merges(tmp_path: Path) -> None:
    """Higher scores merge first: ▁t before he, and ▁the of ▁t and he; hell of he and ll."""
    from tokscope.tokenizers.merges import merges_of

    assert merges_of(SCORED, [0.0] * 258 + [-1.0 - i for i in range(len(SCORED) - 258)]) == [
        ("▁", "t"), ("h", "e"), ("l", "l"), ("▁t", "he"), ("he", "ll"),
    ]  # fmt: skip
    tokenizer = tokenizer_of("scored.gguf")
    pieces = [SCORED[i] for i in tokenizer.encode(["the hello é"]).ids]
    assert pieces == ["▁the", "▁", "hell", "o", "▁", "<0xC3>", "<0xA9>"]
    (tmp_path / "bare.gguf").write_bytes(scored_gguf(prefix=False))
    bare = load(str(tmp_path / "bare.gguf"))
    assert [SCORED[i] for i in bare.encode(["the the"]).ids] == ["t", "he", "▁the"]
    assert bare.decode(bare.encode([" the é"]).ids.tolist()) == " the é"


def test_wordpiece_from_gguf_and_from_vocab_txt_is_the_same() -> None:
    one, other = tokenizer_of("bert.gguf"), tokenizer_of("vocab.txt")
    text = ["Hello world! Café 中 xyz [unused0]"]
    assert one.encode(text).ids.tolist() == other.encode(text).ids.tolist()
    assert [WORDPIECES[i] for i in one.encode(["Hello world! xyz"]).ids] == [
        "hello",
        "w",
        "##or",
        "##ld",
        "!",
        "[UNK]",
    ]
    assert "lowercased" in one.path
    assert other.vocabulary.specials == {"[PAD]": 0, "[UNK]": 2}


def test_a_cased_vocab_txt_is_not_lowercased(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\nHello\nhello\n")
    cased = load(str(tmp_path / "vocab.txt"))
    assert cased.encode(["Hello hello"]).ids.tolist() == [1, 2]
    assert cased.path.endswith("cased")
    assert cased.name == tmp_path.name


@pytest.mark.parametrize(
    ("pre", "pattern", "whole"),
    [("llama-bpe", "llama3", True), ("gpt-4o", "o200k_base", False), ("tekken", "tekken", True)],
)
def test_names_of_pretokenizers_cut_as_the_tokenizers_that_they_name(
    tmp_path: Path, pre: str, pattern: str, whole: bool
) -> None:
    """On text in ASCII; elsewhere llama.cpp has its own ways: tests/tokenizers/test_gguf.py."""
    import regex

    from tokscope.tokenizers.patterns import PATTERNS, PROBES

    (tmp_path / "x.gguf").write_bytes(byte_level_gguf(pre))
    tokenizer = load(str(tmp_path / "x.gguf"))
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer.config["model"]["ignore_merges"] == whole
    for text in filter(str.isascii, PROBES):
        pieces = tokenizer.library.pre_tokenizer.pre_tokenize_str(text)
        expected = regex.findall(PATTERNS[pattern], text)
        assert [text[start:end] for _, (start, end) in pieces] == expected


def test_a_folder_of_parts_is_put_together(tmp_path: Path) -> None:
    data = json.loads(byte_level().to_str())["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(data["vocab"]))
    lines = ["#version: 0.2", *(" ".join(merge) for merge in data["merges"])]
    (tmp_path / "merges.txt").write_text("\n".join(lines) + "\n")
    made = load(str(tmp_path))
    for text in ("Hello hello 1234 привет 日本", "  x\n"):
        assert (
            made.encode([text]).ids.tolist() == tokenizer_of("gpt.json").encode([text]).ids.tolist()
        )
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(TokscopeError, match=r"without merges.txt beside it"):
        load(str(tmp_path))


def test_components_are_canonical_and_named() -> None:
    for name in FAMILIES:
        tokenizer = tokenizer_of(name)
        parts = tokenizer.components()
        assert "vocabulary" in parts
        for part in parts.values():
            assert (
                json.dumps(
                    json.loads(part), sort_keys=True, ensure_ascii=False, separators=(",", ":")
                )
                == part
            )
    assert tokenizer_of("old.json").fingerprint == tokenizer_of("gpt.json").fingerprint
    assert tokenizer_of("gpt.json").fingerprint != tokenizer_of("prefix.json").fingerprint
    settings = json.loads(tokenizer_of("bpe.model").components()["normalizer"])
    assert settings == {"add_dummy_prefix": True, "charsmap": "", "escape_whitespaces": True,
                        "name": "identity", "remove_extra_whitespaces": False}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt.json", "byte-level BPE"), ("llama.json", "BPE with byte fallback"), ("bert.json", "WordPiece"),
        ("unigram.json", "Unigram"), ("words.json", "WordLevel"), ("tekken.json", "byte-level BPE by rank"),
        ("bpe.model", "SentencePiece BPE with byte fallback"), ("nfkc.model", "SentencePiece Unigram"),
    ],
)  # fmt: skip
def test_families(name: str, family: str) -> None:
    assert tokenizer_of(name).family == family


# Files for which a fast path that is less careful gives other ids than the library


def edited(tmp_path: Path, change: Callable[[dict], None], **made: object) -> HuggingFaceTokenizer:
    data = json.loads(byte_level(**made).to_str())  # type: ignore[arg-type]
    change(data)
    (tmp_path / "edited.json").write_text(json.dumps(data))
    tokenizer = load(str(tmp_path / "edited.json"))
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    return tokenizer


def added_token(data: dict, content: str, **flags: object) -> None:
    ids = data["model"]["vocab"]
    token = {
        "content": content,
        "special": False,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
    }
    number = ids.get(content, max([*ids.values(), *(t["id"] for t in data["added_tokens"])]) + 1)
    data["added_tokens"].append({"id": number, **token, "normalized": False, **flags})


def test_an_added_token_that_is_spelled_like_one_of_the_model_keeps_the_models_bytes(
    tmp_path: Path,
) -> None:
    def change(data: dict) -> None:
        added_token(data, "Ġthe", normalized=True)
        data["model"]["vocab"].setdefault("Ġthe", len(data["model"]["vocab"]))

    tokenizer = edited(tmp_path, change)
    data = json.loads(tokenizer.library.to_str())
    the = data["model"]["vocab"].get("Ġhello") or data["model"]["vocab"]["Ġthe"]
    assert tokenizer.vocabulary[the].startswith(b" ")
    for text in ("a the hello", "Ġthe", "aĠthe the"):
        assert tokenizer.encode([text]).ids.tolist() == library_ids(tokenizer, text)


@pytest.mark.parametrize(
    ("added", "special", "text"),
    [
        ([("|>z", True)], "<|q|>", "<|q|>z"),
        ([("abc", True)], "<|abc|>", "x<|abc|>y"),
        ([("cd", False), ("bc", True)], "<|q|>", "bcd"),
    ],
)
def test_added_tokens_that_meet_others_are_left_to_the_library(
    tmp_path: Path, added: list[tuple[str, bool]], special: str, text: str
) -> None:
    def change(data: dict) -> None:
        added_token(data, special, special=True)
        for content, normalized in added:
            added_token(data, content, normalized=normalized)

    tokenizer = edited(tmp_path, change)
    assert tokenizer.fast is None
    assert tokenizer.encode([text]).ids.tolist() == library_ids(tokenizer, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{N}{1,3}+|\p{L}+|\s+",
        r"\w+|\s+",
        r"\w+\b|\s+",
        r"[[:punct:]]|\p{L}+",
        r".+$",
        r"^a|\p{L}+",
        r"(?i:ss)|\p{L}+",
        r"(?m).",
        r"\p{L}*",
    ],
)
def test_expressions_that_two_engines_read_in_two_ways_are_left_to_the_library(
    tmp_path: Path, pattern: str
) -> None:
    tokenizer = edited(tmp_path, lambda data: None, pattern=pattern)
    assert tokenizer.fast is None
    for text in ("in 2024", "a²½\u200d!", "two\nlines", "Straße ss"):
        assert tokenizer.encode([text]).ids.tolist() == library_ids(tokenizer, text)


@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base", "llama3", "tekken"])
def test_the_expressions_of_real_tokenizers_are_read_alike(name: str) -> None:
    """But for tiktoken's own spelling of cl100k_base, whose {1,3}+ is something else elsewhere."""
    from tokscope.tokenizers.fastpath import _reads_alike
    from tokscope.tokenizers.patterns import PATTERNS

    assert _reads_alike(PATTERNS[name]) == (name != "cl100k_base")


def test_a_merge_that_is_not_spelled_in_bytes_is_left_to_the_library(tmp_path: Path) -> None:
    def change(data: dict) -> None:
        vocabulary = data["model"]["vocab"]
        vocabulary |= {"中": len(vocabulary), "中a": len(vocabulary) + 1}
        data["model"]["merges"].append(["中", "a"])

    tokenizer = edited(tmp_path, change)
    assert tokenizer.fast is None
    assert tokenizer.encode(["中a"]).ids.tolist() == library_ids(tokenizer, "中a")


def test_a_text_that_no_token_covers_is_named(tmp_path: Path) -> None:
    model = tokenizers.models.WordPiece({"a": 0}, unk_token="[UNK]")
    path = tmp_path / "bare.json"
    path.write_text(tokenizers.Tokenizer(model).to_str())
    with pytest.raises(UnitError, match=r"the tokenizer cannot encode it") as error:
        load(str(path)).encode(["a", "b"])
    assert error.value.unit == 1


def test_a_pattern_that_leaves_text_out_is_refused_by_unit(tmp_path: Path) -> None:
    path = tmp_path / "k.json"
    path.write_text(str(FAMILIES["tekken.json"]()).replace("| ?[^\\\\s\\\\p{L}\\\\p{N}]+", ""))
    tokenizer = load(f"tekken:{path}")
    assert len(tokenizer.encode(["hello 12"]).ids)
    with pytest.raises(UnitError, match=r"the tokenizer's pattern leaves some of it out") as error:
        tokenizer.encode(["hello", "hello!"])
    assert error.value.unit == 1


def test_an_accent_that_is_dropped_belongs_to_its_letter() -> None:
    tokenizer = tokenizer_of("bert.json")
    assert tokenizer.boundaries("cafe\u0301 hello").tolist() == [7, 12]
    text = Text(["cafe\u0301 cafe\u0301 world"], "unicode")
    tokens = Tokens(text, tokenizer, tokenizer.encode(text.texts), False)
    assert tokens.split_words().tolist() == [1]


def test_a_character_that_is_cut_several_ways_is_cut_at_its_bytes() -> None:
    assert tokenizer_of("gpt.json").boundaries("㎏").tolist() == [1, 2, 3]
    assert tokenizer_of("llama.json").boundaries("㎏x").tolist() == [0, 1, 2, 3, 4]
    assert tokenizer_of("bpe.model").boundaries("㎏").tolist() == [0, 1, 2, 3]


def test_a_dummy_prefix_does_not_cut_the_first_character() -> None:
    """Normalised text too: ½ becomes three characters, and ▁ before 日 comes from none."""
    tokenizer = tokenizer_of("nfkc.model")
    cuts = tokenizer.boundaries("日½").tolist()
    assert 1 not in cuts
    assert 2 not in cuts
    assert cuts[-1] == 5


def test_control_and_byte_pieces_of_a_gguf_file_are_neither_made_nor_merged(tmp_path: Path) -> None:
    tokens = ["<unk>", "<s>", "▁", "<", "s", ">", "s>", "▁<"]
    data = {"model": (8, "llama"), "tokens": (8, tokens), "scores": (6, [0.0, 0.0, *(-1.0 - i for i in range(6))]),
            "token_type": (5, [2, 3, *[1] * 6])}  # fmt: skip
    (tmp_path / "t.gguf").write_bytes(gguf_file(data))
    tokenizer = load(str(tmp_path / "t.gguf"))
    assert [tokens[i] for i in tokenizer.encode(["<s>"]).ids] == ["▁<", "s>"]
    data["scores"] = (6, [0.0] * 8)
    (tmp_path / "t.gguf").write_bytes(gguf_file(data))
    assert load(str(tmp_path / "t.gguf")).path.endswith(
        "assumed: 1 tied scores merge in order of ids"
    )


def test_a_token_with_capitals_in_brackets_does_not_make_a_vocabulary_cased(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\ufeff[UNK]\n<S>\nhello\n\n")
    tokenizer = load(str(tmp_path / "vocab.txt"))
    assert tokenizer.encode(["Hello"]).ids.tolist() == [2]
    assert tokenizer.path.endswith("lowercased")


def test_an_expression_with_a_named_set_is_left_to_the_library(tmp_path: Path) -> None:
    assert edited(tmp_path, lambda data: None, pattern=r"\p{Print}+|\s|\S").fast is None
    assert edited(tmp_path, lambda data: None, pattern=r"\p{Lu}?\p{L}+|\s|\S").fast is not None


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"vocab.json": '{"a": 0, "b": 1, "ab": 2}', "merges.txt": "a b\n"},
            "241 single bytes have no token",
        ),
        ({"vocab.json": "[]", "merges.txt": ""}, "not an object of tokens and their ids"),
        ({"vocab.json": '{"a": -1}', "merges.txt": ""}, "1 tokens, but ids up to -1, or below 0"),
        ({"vocab.json": '{"a": 1e999}', "merges.txt": ""}, "'a' has Infinity"),
        ({"vocab.json": '{"a": 1.5}', "merges.txt": ""}, "'a' has 1.5"),
        ({"vocab.json": '{"a": true}', "merges.txt": ""}, "'a' has true"),
        ({"vocab.json": '{"a</w>": 1}', "merges.txt": ""}, "marks the ends of words by </w>"),
        ({"vocab.json": '{"a": 1}', "merges.txt": "a b c\n"}, "a line holds two tokens"),
    ],
)
def test_parts_that_do_not_make_a_tokenizer(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(TokscopeError) as error:
        load(str(tmp_path))
    assert message in str(error.value)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_sweep_tells_of_each_character_what_decoding_it_tells(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some characters that families know, and some that they do not, change or drop."""
    tokenizer, some = tokenizer_of(name), "aA é½ﬁ世\u0301\u00a0😀\t\x00İ▁" * 5
    monkeypatch.setattr(fidelity, "characters", lambda: some)
    found = fidelity.sweep(tokenizer, anatomy(name)) == fidelity.EXACT
    assert found.tolist() == [comes_back(tokenizer, char) for char in some]


def comes_back(tokenizer: Tokenizer, char: str) -> bool:
    try:
        return tokenizer.decode(tokenizer.encode([char]).ids.tolist()) == char
    except TokscopeError:
        return False
