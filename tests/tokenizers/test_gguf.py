"""GGUF files give the ids that llama.cpp gives."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
import tokenizers

from tests.tokenizers.families import (
    BOOL,
    FLOAT32,
    INT32,
    STRING,
    TEXT,
    UINT32,
    byte_level,
    byte_level_gguf,
    gguf_file,
    model_file,
    wordpiece_gguf,
)
from tokscope.errors import TokscopeError
from tokscope.studies.inspect import inspect
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.anatomy import found_in_text
from tokscope.tokenizers.bytelevel import split_at
from tokscope.tokenizers.gguf_header import read_metadata
from tokscope.tokenizers.gguf_models import _finder
from tokscope.tokenizers.llamacpp import CUTS
from tokscope.tokenizers.patterns import PROBES
from tokscope.tokenizers.sentencepiece_model import fields, kinds_of

Write = Callable[[str, str | bytes], Path]

# What each name cuts this text into. The ids of all names were compared with those of llama.cpp
# itself on 7,430 texts and most of Unicode.
CUT = "I'M  don't 12345 x\u3000中文ABab!!?\n\n  Яя का$"
PIECES = {
    "default": "I|'|M| | don|'|t| |123|45| x|\u3000|中文ABab|!!?|\n\n | Яя| क|ा|$",
    "gpt-2": "I|'|M| | don|'t| 12345| x|\u3000|中文ABab|!!?|\n\n | Яя| क|ा$",
    "llama-bpe": "I|'M| | don|'t| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "smaug-bpe": "I|'M| | don|'t| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "minicpm5": "I|'M| | don|'t| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "jais-2": "I|'M| | don|'t| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "deepseek-llm": "I|'|M| | don|'|t| |12345| x|\u3000|中文|ABab|!!?|\n|\n| | Яя| |का|$",
    "deepseek-coder": "I|'|M| | don|'|t| |1|2|3|4|5| x|\u3000|中文|ABab|!!?|\n|\n| | Яя| |क|ा|$",
    "deepseek-v3": "I|'M| | don|'t| |123|45| x|\u3000|中文|ABab|!!?\n\n| | Яя| का|$",
    "spark2_5": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000|中文|ABab|!!?|\n|\n| | Яя| का|$",
    "youtu": "I'M| | don't| |1|2|3|4|5| x|\u3000|中文|ABab|!!?\n\n| | Яя| का|$",
    "falcon": "I|'|M| | don|'|t| |123|45| x|\u3000|中文ABab|!!?|\n\n | Яя| क|ा|$",
    "command-r": "I|'|M| | don|'t| |1|2|3|4|5| x|\u3000|中文ABab|!!?|\n\n | Яя| क|ा$",
    "qwen2": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "qwen35": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n\n| | Яя| का|$",
    "bloom": "I'M| | don't| 12345| x|\u3000|中文ABab|!!?\n\n | Яя| का$",
    "viking": "I'M| | don't| |1|2|3|4|5| x|\u3000|中文ABab|!!?\n\n | Яя| का$",
    "tekken": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "chameleon": "I|'|M|  |don|'|t| |1|2|3|4|5| x|\u3000|中文ABab|!|!|?|\n|\n|  |Яя| क|ा|$",
    "gpt-4o": "I'M| | don't| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "granite-embed-multi-97m": "I'M| | don't| |123|45| x|\u3000中文ABab|!!?\n\n| | Яя| का|$",
    "tiny_aya": "I'M| | don't| |12|345| x|\u3000中文ABab|!!?\n\n| | Яя| का|$",
    "kimi-k2": "I'M| | don't| |123|45| x|\u3000|中文|ABab|!!?\n\n| | Яя| क|ा$",
    "superbpe": "I'M  don't |12|345| x\u3000中文ABab!!?\n\n  Яя का$",
    "bailingmoe": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "seed-coder": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?|\n\n| | Яя| क|ा$",
    "ufakzeka": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n\n| | Яя| क|ा$",
    "afmoe": "I|'M| | don|'t| |12|345| x|\u3000|中文|ABab|!!?\n\n| | Яя| का|$",
    "laguna": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?|\n\n| | Яя| क|ा$",
    "exaone-moe": "I|'M| | don|'t| |1|2|3|4|5| x|\u3000中文ABab|!!?\n|\n| | Яя का|$",
    "gemma4": "I'M  don't 12345 x\u3000中文ABab!!?|\n\n|  Яя का$",
}


@pytest.mark.parametrize("name", PIECES)
def test_every_way_to_cut_is_that_of_llama_cpp(name: str) -> None:
    steps = tokenizers.pre_tokenizers.Sequence(list(map(split_at, CUTS[name].expressions)))
    assert "|".join(piece for piece, _ in steps.pre_tokenize_str(CUT)) == PIECES[name]


# one name for each way to cut
CUT_APART = {str(cut): name for name, cut in CUTS.items() if cut.spelled}


@pytest.mark.parametrize("name", sorted(CUT_APART.values()))
def test_every_way_to_cut_loads(write: Write, name: str) -> None:
    tokenizer = load(str(write("t.gguf", byte_level_gguf(name))))
    ids = tokenizer.encode([CUT]).ids
    assert tokenizer.vocabulary.spell(ids).tobytes() == CUT.encode()
    assert ("llama.cpp's default" in tokenizer.path) == (name == "default")


def test_a_file_without_a_name_is_cut_by_the_default_and_says_so(write: Write) -> None:
    tokenizer = load(str(write("t.gguf", byte_level_gguf(""))))
    assert "the file does not say how text is cut; it is cut by llama.cpp's default" in (
        tokenizer.path
    )


def test_a_pattern_that_contradicts_the_file_is_said(write: Write) -> None:
    path = write("t.gguf", byte_level_gguf("llama-bpe"))
    write("e.txt", r"\d|\D+" + "\n")
    for option, given in {
        "pattern=qwen2": "qwen2",
        "pattern=viking": "viking",
        f"pattern-file={path.with_name('e.txt')}": str(path.with_name("e.txt")),
    }.items():
        said = f"cut by {given}, though the file itself says 'llama-bpe'"
        assert said in load(f"{path}?{option}").path
    assert "though" not in load(f"{path}?pattern=llama-bpe").path
    assert "though" not in load(f"{write('o.gguf', byte_level_gguf('own'))}?pattern=gpt2").path


def test_a_user_s_token_that_looks_like_control_is_text(write: Write) -> None:
    model = json.loads(byte_level().to_str())["model"]
    tokens = [*sorted(model["vocab"], key=model["vocab"].get), "<|im_end|>", "<tool>"]
    file = gguf_file(
        {
            "model": (STRING, "gpt2"),
            "pre": (STRING, "gpt-2"),
            "tokens": (STRING, tokens),
            "token_type": (INT32, [1] * (len(tokens) - 2) + [4, 4]),
            "merges": (STRING, [" ".join(merge) for merge in model["merges"]]),
        }
    )
    tokenizer = load(str(write("t.gguf", file)))
    last = len(tokens) - 1
    assert last in tokenizer.encode(["a<tool>b"]).ids
    assert last - 1 not in tokenizer.encode(["a<|im_end|>b"]).ids
    assert last - 1 in tokenizer.encode(["a<|im_end|>b"], specials=True).ids


def test_a_byte_without_a_token_is_left_out_and_nothing_merges_over_it(write: Write) -> None:
    model = json.loads(byte_level().to_str())["model"]
    lost = "\u0103"  # how the byte 0x03 is written
    tokens = [t for t in sorted(model["vocab"], key=model["vocab"].get) if t != lost]
    file = gguf_file(
        {
            "model": (STRING, "gpt2"),
            "pre": (STRING, "gpt-2"),
            "tokens": (STRING, tokens),
            "merges": (STRING, [" ".join(merge) for merge in model["merges"]]),
        }
    )
    tokenizer = load(str(write("t.gguf", file)))
    left, right = next(merge for merge in model["merges"] if "".join(merge).isascii())
    one, other = tokenizer.encode([left + right, f"{left}\x03{right}"]).ids.tolist(), [left, right]
    assert [tokens[i] for i in one] == [left + right, *other]


def _wordpiece(write: Write, **keys: bool) -> Tokenizer:
    file = wordpiece_gguf()
    fields = {f"normalizer.{key}": (BOOL, value) for key, value in keys.items()}
    metadata = {k.removeprefix("tokenizer.ggml."): v for k, v in read_metadata(file).items()}
    tokens = [
        *metadata["tokens"],
        "▁Hello",
        "▁\u1112",
        "▁é",
        "▁" + "a" * 300,
        "▁क",
        "▁का",
        "▁a",
        "a",
    ]
    kinds = [*metadata["token_type"], *[1] * 8]
    made = {
        "model": (STRING, "bert"),
        "tokens": (STRING, tokens),
        "token_type": (INT32, kinds),
        "unknown_token_id": (UINT32, 2),
    }
    return load(str(write("t.gguf", gguf_file(made | fields))))


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ("Hello", {}, "hello"),
        ("Hello", {"lowercase": True}, "hello"),
        ("Hello", {"lowercase": False}, "Hello"),
        ("한", {}, "\u1112"),  # of a syllable, its first consonant alone
        ("한", {"strip_accents": False}, "[UNK]"),
        ("é", {"strip_accents": False}, "é"),
        ("É", {"lowercase": True, "strip_accents": False}, "é"),
        ("का", {}, "क"),  # marks of all kinds
        ("का", {"lowercase": False}, "का"),
        ("a" * 300, {}, "a" * 300),  # a word may have any length
        ("a" * 101, {}, "a " + " ".join(["##a"] * 100)),
        ("Caf\u200bé", {}, "cafe"),
        ("\x01hello\x02", {}, "hello"),
    ],
)
def test_wordpiece_reads_text_as_llama_cpp_does(
    write: Write, text: str, keys: dict[str, bool], expected: str
) -> None:
    tokenizer = _wordpiece(write, **keys)
    ids = tokenizer.encode([text]).ids.tolist()
    assert hasattr(tokenizer, "library")
    assert " ".join(map(tokenizer.library.id_to_token, ids)) == expected


def unigram_gguf(content: bytes, **keys: tuple[int, object]) -> bytes:
    """A SentencePiece model as GGUF."""
    library = sentencepiece.SentencePieceProcessor(model_proto=content)
    ids = range(library.get_piece_size())
    rules = dict(fields(content))[3]
    charsmap = bytes(dict(fields(bytes(rules)))[2])
    made = {
        "model": (STRING, "t5"),
        "tokens": (STRING, [library.id_to_piece(i) for i in ids]),
        "scores": (FLOAT32, [library.get_score(i) for i in ids]),
        "token_type": (INT32, kinds_of(library)),
        "unknown_token_id": (UINT32, 0),
        "precompiled_charsmap": (INT32, [byte - 256 * (byte > 127) for byte in charsmap]),
        "add_space_prefix": (BOOL, True),
    }
    return gguf_file(made | keys)


def test_unigram_gives_the_ids_of_the_model_that_it_was_made_from(write: Write) -> None:
    content = model_file("unigram", fallback=False, rule="nmt_nfkc")
    made = load(str(write("t.gguf", unigram_gguf(content))))
    own = load(str(write("t.model", content)))
    for text in (*TEXT, *PROBES, "", "  ", "e\u0301 \u1112\u1161\u11ab ﬁ"):
        assert made.encode([text]).ids.tolist() == own.encode([text]).ids.tolist(), text
    assert made.components()["normalizer"] != own.components()["normalizer"]  # its name


def test_unigram_finds_what_a_user_has_defined_first(write: Write) -> None:
    content = model_file("unigram", fallback=False, rule="nmt_nfkc")
    library = sentencepiece.SentencePieceProcessor(model_proto=content)
    size = library.get_piece_size()
    ids = range(size)
    file = unigram_gguf(
        content,
        tokens=(STRING, [*(library.id_to_piece(i) for i in ids), "<x>", "</s>."]),
        scores=(FLOAT32, [*(library.get_score(i) for i in ids), -1000.0, -1000.0]),
        token_type=(INT32, [*kinds_of(library), 4, 5]),
    )
    made = load(str(write("t.gguf", file)))
    parts = [library.encode("the cat"), [size], library.encode(" hello")]
    text = "the cat<x> hello"
    assert made.encode([text]).ids.tolist() == [i for part in parts for i in part]
    assert made.boundaries(text)[-1] == len(text)
    assert len(text.partition(" hello")[0]) in made.boundaries(text)
    assert json.loads(made.components()["added_tokens"]) == {"<x>": size}
    assert found_in_text(made) == {"<x>": "as it is"}
    facts = inspect([made.spec.word]).frame.set_index("property")["value"]
    assert facts["added tokens"] == "1"


def test_what_a_user_has_defined_is_found_from_the_left_the_longest_first() -> None:
    added = ["ab", "abc", "bcd", "ü(", "(", "a.c", "xy" * 40]
    find, text = _finder(added), "abcdü((a.cabd" + "xy" * 41 + "aüc"
    longest_first = "|".join(map(re.escape, sorted(added, key=len, reverse=True)))
    assert list(find(text)) == [match.span() for match in re.finditer(longest_first, text)]
    assert list(_finder([])(text)) == []


def test_rwkv_takes_the_longest_token(write: Write) -> None:
    singles = [bytes([byte]) for byte in range(256)]
    more = [b"he", b"hell", " мир".encode(), b"\xd0\xbf", b"\\x", b"\t\t"]
    written = ["<s>", *(repr(token)[2:-1].replace("\\'", "'") for token in (*singles, *more))]
    file = gguf_file(
        {"model": (STRING, "rwkv"), "tokens": (STRING, written), "token_type": (INT32, [3] * 263)}
    )
    tokenizer = load(str(write("t.gguf", file)))
    tokens = [b"<s>", *singles, *more]
    found = [tokens[i] for i in tokenizer.encode(["hello мир\t\t\t\\x<s>"]).ids.tolist()]
    expected = [b"hell", b"o", " мир".encode(), b"\t\t", b"\t", b"\\x", b"<s>"]
    assert found == expected  # as llama.cpp, which finds control tokens too


REFUSED = {
    "two": (
        {"tokens": (STRING, ["a", "a"]), "merges": (STRING, ["a a"])},
        "two tokens are the same",
    ),
    "pattern": ({"pre": (STRING, "own")}, "or with ?pattern-file=PATH, a file that holds"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_said(write: Write, case: str) -> None:
    fields, message = REFUSED[case]
    made = {
        "model": (STRING, "gpt2"),
        "pre": (STRING, "gpt-2"),
        "tokens": (STRING, ["a"]),
        "merges": (STRING, ["a a"]),
    }
    write("t.gguf", gguf_file(made | fields))
    with pytest.raises(TokscopeError) as error:
        load(str(write("t.gguf", gguf_file(made | fields))))
    assert message in str(error.value)


# llama.cpp's own vocabularies, with the ids that it expects of them


def vocabularies() -> list[Path]:
    folder = os.environ.get("TOKSCOPE_GGUF")
    return sorted(Path(folder).glob("ggml-vocab-*.gguf")) if folder else []


@pytest.mark.parametrize("path", vocabularies() or [None], ids=lambda path: path and path.stem)
def test_published_vocabularies_give_the_ids_that_are_expected_of_them(path: Path | None) -> None:
    if path is None:
        pytest.skip("TOKSCOPE_GGUF does not name a folder of llama.cpp's vocabularies")
    tokenizer = load(str(path))
    if not Path(f"{path}.inp").exists():
        assert len(tokenizer.encode([CUT]).ids) > 5
        return
    with Path(f"{path}.inp").open(encoding="utf-8", newline="") as stream:
        texts = stream.read().split("\n__ggml_vocab_test__\n")
    lines = Path(f"{path}.out").read_text().split("\n")
    assert len(texts) > 40
    for text, line in zip(texts, lines, strict=False):
        assert tokenizer.encode([text]).ids.tolist() == [*map(int, line.split())], text
