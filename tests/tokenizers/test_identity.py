"""Whatever changes in a file of a tokenizer changes its identity, but for what is named."""

from __future__ import annotations

import copy
import gzip
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tokenizers.families import (
    BOOL,
    FLOAT32,
    INT32,
    STRING,
    UINT32,
    gguf_file,
    rank_file,
    tekken_file,
    unigram,
    wordlevel,
    wordpiece,
)
from tests.tokenizers.repositories import bpe_file, repository, unigram_file
from tests.tokenizers.test_mapped import M2M, MARIAN, OWN
from tokscope.errors import TokscopeError
from tokscope.tokenizers import load
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.components import canonical, digest, digest_of
from tokscope.tokenizers.rest import LEFT_OUT, is_left_out, rest, unread
from tokscope.tokenizers.sentencepiece_model import fields

Json = dict[str, Any]
Files = dict[str, Any]
Place = tuple[str | int, ...]
REFUSED = "refused"


def identity(word: object) -> str:
    """All that gates compare without looking at text; that a file is refused is seen as well."""
    try:
        made = load(str(word))
        words = made.vocabulary
        parts = {"fingerprint": made.fingerprint, **made.components(), **made.processing()}
    except TokscopeError:
        return REFUSED
    content = (words.blob.tobytes().hex(), words.ends.tolist())
    return canonical([parts, dict(words.specials), content, made.family])


# JSON


def leaves(data: Any, at: Place = ()) -> Iterator[Place]:
    if isinstance(data, dict | list) and data:
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield from leaves(value, (*at, key))
    else:
        yield at


def objects(data: Any, at: Place = ()) -> Iterator[Place]:
    if isinstance(data, dict):
        yield at
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from objects(value, (*at, key))


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else 7


def edited(data: Any, at: Place, edit: Callable[[Any], Any]) -> Any:
    found = copy.deepcopy(data)
    inner = found
    for key in at[:-1]:
        inner = inner[key]
    if at:
        inner[at[-1]] = edit(inner[at[-1]])
        return found
    return edit(found)


def variants(
    data: Json, tried: Callable[[Place], bool] = lambda _: True
) -> Iterator[tuple[Place, Json]]:
    """Change every leaf, and put something that nobody knows into every object."""
    for at in filter(tried, leaves(data)):
        yield at, edited(data, at, other)
    for at in filter(tried, objects(data)):
        yield (*at, "nobody"), edited(data, at, lambda inside: {**inside, "nobody": 3})


SPECIAL = {"id": "[CLS]", "ids": [4], "tokens": ["[CLS]"]}
SEQUENCE = [
    {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}},
]
TOKEN = {
    "id": 4, "content": "[CLS]", "single_word": False, "lstrip": False, "rstrip": False,
    "normalized": False, "special": True,
}  # fmt: skip
WHOLE: Json = {
    "version": "1.0",
    "truncation": {
        "direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0,
    },
    "padding": {
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": 8, "pad_id": 4,
        "pad_type_id": 0, "pad_token": "[CLS]",
    },
    "added_tokens": [TOKEN],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
    "pre_tokenizer": {
        "type": "Split", "pattern": {"Regex": " "}, "behavior": "Isolated", "invert": False,
    },
    "post_processor": {
        "type": "TemplateProcessing",
        "single": SEQUENCE,
        "pair": [*SEQUENCE, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": SPECIAL},
    },
    "decoder": {"type": "Fuse"},
    "model": {
        "type": "BPE", "dropout": 0.5, "unk_token": "a", "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "ignore_merges": False, "vocab": {"a": 0, "b": 1, "ab": 2, "abb": 3},
        "merges": [["a", "b"], ["ab", "b"]],
    },
}  # fmt: skip
# of Metaspace as old files have it
OLD = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "str_rep": "▁"}


def as_strings() -> Json:
    return WHOLE | {"model": WHOLE["model"] | {"merges": ["a b", "ab b"], "dropout": None}}


JSON: dict[str, Callable[[], Json]] = {
    "BPE": lambda: WHOLE,
    "BPE, merges as strings": as_strings,
    "WordPiece": lambda: json.loads(wordpiece().to_str()),
    "Unigram": lambda: json.loads(unigram().to_str()) | {"pre_tokenizer": OLD, "decoder": OLD},
    "WordLevel": lambda: json.loads(wordlevel().to_str()),
}


@pytest.mark.parametrize("name", JSON)
def test_every_value_of_a_tokenizer_json_counts(name: str, tmp_path: Path) -> None:
    data, file = JSON[name](), tmp_path / "t.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    before, seen = identity(file), []
    assert before != REFUSED
    for at, changed in variants(data):
        file.write_text(json.dumps(changed), encoding="utf-8")
        if identity(file) == before:
            seen.append(at)
    assert [at for at in seen if not is_left_out("tokenizer.json", str(at[-1]))] == []


def test_a_value_that_the_library_does_not_read_is_told_by_its_place(tmp_path: Path) -> None:
    file, model = tmp_path / "t.json", WHOLE["model"] | {"vocab": {"a": 0, "b": 1, "ab": 2}}
    model |= {"score_rule": {"beta": [1, 2]}, "merges": [["a", "b"]]}
    token = TOKEN | {"id": 9, "color": "red"}
    file.write_text(json.dumps(WHOLE | {"model": model, "added_tokens": [token]}), encoding="utf-8")
    parts = load(str(file)).processing()
    assert {name: part for name, part in parts.items() if name.startswith("rest")} == {
        "rest.added_tokens.[CLS].id": "9",
        "rest.added_tokens.[CLS].color": '"red"',
        "rest.model.score_rule": '{"beta":[1,2]}',
    }


def test_an_added_token_that_stands_twice_counts(tmp_path: Path) -> None:
    found = set()
    for tokens in ([TOKEN], [TOKEN, TOKEN], [TOKEN | {"lstrip": True}, TOKEN]):
        file = tmp_path / "t.json"
        file.write_text(json.dumps(WHOLE | {"added_tokens": tokens}), encoding="utf-8")
        found.add(identity(file))
    assert len(found) == 3


def test_every_value_of_a_tekken_file_counts(tmp_path: Path) -> None:
    data = json.loads(tekken_file())
    data["vocab"][-1]["token_str"] = "?"
    many = range(250)  # bytes, which are all alike
    file = tmp_path / "tekken.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    before, seen = identity(file), []
    for at, changed in variants(data, lambda at: at[:1] != ("vocab",) or at[1] not in many):
        file.write_text(json.dumps(changed), encoding="utf-8")
        seen += [at] if identity(file) == before else []
    assert {at[-1] for at in seen} == set(LEFT_OUT["tekken.json"])


# Protocol buffers


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def scored(piece: bytes) -> list[tuple[int, int | bytes]]:
    return list(fields(piece))


def messages(content: bytes, step: int = 1) -> Iterator[bytes]:
    """Yield a model with each of its values changed, and with one more in each of its messages.

    A step passes over pieces, of which there are many.
    """
    listed = list(fields(content))

    def whole(i: int, message: bytes) -> bytes:
        parts = [*listed[:i], (listed[i][0], message), *listed[i + 1 :]]
        return b"".join(field(number, value) for number, value in parts)

    def written(number: int, value: int | bytes, place: int) -> bytes:
        if place == 1 and number == 2 and isinstance(value, bytes):  # a piece's score
            return b"\x15" + value
        return field(number, value)

    for i, (kind, message) in enumerate(listed):
        if kind == 1 and i > 4 and i % step:  # the first are special tokens
            continue
        assert isinstance(message, bytes)
        inner = scored(message)
        for k, (number, value) in enumerate(inner):
            changed: int | bytes = value + 1 if isinstance(value, int) else value + b"x"
            if kind == 1 and number == 2 and isinstance(value, bytes):
                changed = struct.pack("<f", struct.unpack("<f", value)[0] - 0.5)
            parts = [*inner[:k], (number, changed), *inner[k + 1 :]]
            yield whole(i, b"".join(written(n, v, kind) for n, v in parts))
        yield whole(i, message + field(99, b"?"))
        yield whole(i, message + field(98, 1))
        yield whole(i, message + field(2 if kind == 1 else 1, 3))  # of a type that is not its own
    yield content + field(99, b"?")
    yield content + field(4, field(1, field(1, b"a") + field(2, b"b")))  # a test of its own
    yield content + field(5, field(2, b"map"))  # how to undo its normalisation
    yield content + field(1, field(1, b"zz") + b"\x15\0\0\0\xc1")


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_every_value_of_a_sentencepiece_model_counts(kind: str, tmp_path: Path) -> None:
    """Of the pieces of Unigram, which are read as those of BPE are, one of three is tried."""
    content = bpe_file(*OWN) if kind == "bpe" else unigram_file(*OWN)
    file = tmp_path / "t.model"
    file.write_bytes(content)
    before = identity(file)
    for changed in messages(content, 1 if kind == "bpe" else 3):
        file.write_bytes(changed)
        assert identity(file) != before, changed


def test_kinds_of_pieces_are_told_apart_however_they_are_written(tmp_path: Path) -> None:
    content, found = bpe_file(*OWN), []
    piece = next(value for number, value in fields(content) if b"\x0a\x02he\x15" in value)  # type: ignore[operator]
    assert isinstance(piece, bytes)
    bare = piece.removesuffix(b"\x18\x01")
    text, score = bare[:4], bare[4:]
    for written in (bare, piece, b"\x18\x01" + bare, score + text, b"\x18\x04" + bare):
        changed = content.replace(field(1, piece), field(1, written))
        (tmp_path / "t.model").write_bytes(changed)
        found.append(load(str(tmp_path / "t.model")).components()["kinds"])
    (tmp_path / "t.model").write_bytes(
        content.replace(field(1, piece), field(1, bare + b"\x18\x04"))
    )
    found.append(load(str(tmp_path / "t.model")).components()["kinds"])
    assert found[0] == found[1] == found[2] == found[3] != found[4] == found[5]


# Folders


LLAMA = {"tokenizer.model": bpe_file(*OWN)}
RANKS = {"mine.tiktoken": rank_file(), "config.json": {}}
ROBERTA = {
    "vocab.json": {
        **{chr(char): i for i, char in enumerate(byte_alphabet())},
        **{"ab": 256, "<s>": 257, "</s>": 258, "<unk>": 259, "<pad>": 260, "<mask>": 261},
    },
    "merges.txt": "#version: 0.2\na b\n",
}
FLAGS = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False}


def settings(kind: str, *, listed: int | None = None, **more: Any) -> Json:
    token = {"content": "<extra>", "special": True, **FLAGS}
    found = {
        "tokenizer_class": f"{kind}Tokenizer",
        "model_max_length": 512,
        "unk_token": "<unk>",
        "eos_token": {"content": "</s>", "__type": "AddedToken", **FLAGS},
        "additional_special_tokens": ["</s>"],
        "nobody_knows": {"a": [1, None]},
        "chat_template": "{{ messages }}",
        "auto_map": {"AutoTokenizer": ["tokenization_mine.Mine", None]},
        "transformers_version": "4.57.1",
        "name_or_path": "here",
        **more,
    }
    return found | ({"added_tokens_decoder": {str(listed): token}} if listed is not None else {})


# name -> the files of the folder
BESIDE: dict[str, Callable[[], Files]] = {
    "tokenizer.json": lambda: {
        "tokenizer.json": WHOLE,
        "tokenizer_config.json": settings("Llama", listed=5, unk_token="a") | {"legacy": True},
    },
    "tokenizer.json, steps set anew": lambda: {
        "tokenizer.json": json.loads(wordpiece().to_str()),
        "tokenizer_config.json": {
            "tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": True,
            "unk_token": "[UNK]",
        },
    },
    "tokenizer.json, older files": lambda: {
        "tokenizer.json": json.loads(wordpiece().to_str()),
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "unk_token": "[XXX]"},
        "special_tokens_map.json": {
            "unk_token": "[UNK]", "nobody": 1, "mask_token": {"content": "[MASK]", **FLAGS},
        },
        "added_tokens.json": {"[MASK]": 15, "[PAD]": 13, "[SEP]": 11, "[CLS]": 14, "<w>": 12},
    },
    "Llama": lambda: LLAMA | {"tokenizer_config.json": settings("Llama")},
    "Llama, steps of the library": lambda: LLAMA | {
        "tokenizer_config.json": settings("Llama", legacy=False, add_prefix_space=True)
    },
    "templates": lambda: LLAMA | {
        "tokenizer_config.json": {"chat_template": [
            {"name": "default", "template": "{{ a }}"}, {"name": "tool", "template": "{{ b }}"},
            {"name": "tool", "template": "{{ c }}"}, {"name": "tool", "template": "{{ e }}"},
        ]},
        "chat_template.json": {"chat_template": "{{ d }}", "nobody": 1},
    },
    "no class": lambda: LLAMA | {"tokenizer_config.json": {"bos_token": "<s>"}},
    "T5": lambda: {
        "spiece.model": unigram_file("<pad>", "</s>", "<unk>"),
        "tokenizer_config.json": settings("T5", extra_ids=3),
    },
    "NLLB": lambda: {
        "sentencepiece.bpe.model": bpe_file(*OWN),
        "tokenizer_config.json": settings("Nllb"),
    },
    "Marian": lambda: MARIAN | {"tokenizer_config.json": settings("Marian")},
    "M2M100": lambda: M2M | {
        "tokenizer_config.json": {"tokenizer_class": "M2M100Tokenizer"},
        "special_tokens_map.json": {"eos_token": {"content": "</s>", **FLAGS}, "nobody": [1]},
        "added_tokens.json": {"</s>": 2},
    },
    "PLBart": lambda: {
        "sentencepiece.bpe.model": bpe_file("<s>", "</s>", "<unk>"),
        "tokenizer_config.json": settings("PLBart", language_codes="base"),
    },
    "Mistral": lambda: {
        "tokenizer.model.v3": bpe_file(*OWN), "tokenizer_config.json": settings("Llama"),
    },
    "BERT": lambda: {
        "vocab.txt": "[UNK]\n[SEP]\n[PAD]\n[CLS]\n[MASK]\nhello\n</s>\n",
        "tokenizer_config.json": settings(
            "Bert", unk_token="[UNK]", strip_accents=None, do_lower_case=False, legacy=True,
            extra_special_tokens={"image": "[MASK]"},
        ),
    },
    "CLIP": lambda: {
        "vocab.json": {"a</w>": 0, "a": 1, "b": 2, "b</w>": 3, "ab</w>": 4, "<|startoftext|>": 5,
                       "<|endoftext|>": 6, "</s>": 7, "<unk>": 8},
        "merges.txt": "#version: 0.2\na b</w>\n",
        "tokenizer_config.json": settings("CLIP", errors="replace"),
    },
    "ranks": lambda: RANKS | {"tokenizer_config.json": settings("Qwen2")},
    "tekken": lambda: {
        "tekken.json": tekken_file(),
        "tokenizer_config.json": {"bos_token": "<s>", "model_max_length": 4},
        "special_tokens_map.json": {"eos_token": {"content": "</s>", **FLAGS}, "nobody": 1},
    },
    "RoBERTa": lambda: ROBERTA | {"tokenizer_config.json": settings("Roberta", listed=262)},
    "PhoBERT": lambda: {
        "vocab.txt": "a@@ 9\nb 8\n", "bpe.codes": "a b</w> 3\n",
        "tokenizer_config.json": settings("Phobert"),
    },
}  # fmt: skip
BESIDE_FILES = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.json",
)


def idle(name: str, at: Place) -> bool:
    """Tell whether a value is named as no part: of a setting, or of a token."""
    file = name if name in LEFT_OUT else "tokenizer_config.json"
    return any(is_left_out(file, str(key)) for key in at if key != "tokenizer_class")


@pytest.mark.parametrize("name", BESIDE)
def test_every_value_beside_a_tokenizer_counts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = BESIDE[name]()
    if name == "ranks":
        known = ("gpt2", {})
        monkeypatch.setattr("tokscope.tokenizers.tiktoken.KNOWN_FILES", Known(known))
    folder = repository(tmp_path / "made", files)
    before, seen = identity(folder), []
    assert before != REFUSED
    for file in filter(files.__contains__, BESIDE_FILES):
        for at, changed in variants(files[file]):
            repository(folder, {file: changed})
            seen += [(file, *at)] if identity(folder) == before else []
        repository(folder, {file: files[file]})
    assert [at for at in seen if not idle(at[0], at[1:])] == []


class Known(dict[str, Any]):
    """Knows every rank file."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the pattern and the special tokens of any file."""
        return self.value


@pytest.mark.parametrize("value", [None, "", False, [], 5, {"a": 1}, "X" * 100_000])
def test_settings_of_any_type_are_compared_or_refused(value: Any, tmp_path: Path) -> None:
    names = ("tokenizer_class", "additional_special_tokens", "eos_token", "auto_map", "nobody")
    owns: list[Files] = [LLAMA, {"tokenizer.json": WHOLE}, {"tekken.json": tekken_file()}]
    for name in names:
        for file, some in (("tokenizer_config.json", owns), ("special_tokens_map.json", owns[:1])):
            for own in some:
                assert identity(repository(tmp_path / name / file, {**own, file: {name: value}}))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("T5", "spiece.model"),
        ("NLLB", "sentencepiece.bpe.model"),
        ("Llama", "tokenizer.model"),
        ("Llama, steps of the library", "tokenizer.model"),
        ("Marian", "source.spm"),
    ],
)
def test_every_value_of_a_model_counts_for_its_folder(name: str, file: str, tmp_path: Path) -> None:
    """Of pieces, the first five and another one; without a folder, all are tried."""
    files = BESIDE[name]()
    folder = repository(tmp_path / "made", files)
    before = identity(folder)
    for changed in messages(files[file], 40):
        (folder / file).write_bytes(changed)
        assert identity(folder) != before, changed


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.json, steps set anew"])
def test_every_value_of_a_tokenizer_json_counts_for_its_folder(name: str, tmp_path: Path) -> None:
    """Also where a setting beside it decides instead."""
    files = BESIDE[name]()
    folder = repository(tmp_path / "made", files)
    before = identity(folder)
    for at, changed in variants(files["tokenizer.json"]):
        repository(folder, {"tokenizer.json": changed})
        assert identity(folder) != before, at


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"model_type": "bert"}, {"model_type": "bert", "hidden_size": 9}, True),
        ({"model_type": "bert"}, {"model_type": "electra"}, False),
        ({"model_type": "bert"}, {"model_type": "bert", "auto_map": {"AutoModel": "x"}}, True),
        ({"model_type": "bert"}, {"model_type": "bert", "auto_map": {"AutoTokenizer": "x"}}, False),
    ],
)
def test_the_models_configuration_counts_as_far_as_it_is_used(
    old: Json, new: Json, same: bool, tmp_path: Path
) -> None:
    vocabulary = {"vocab.txt": "[UNK]\n[SEP]\n[PAD]\n[CLS]\n[MASK]\nhello\n##s\n"}
    found = [
        identity(repository(tmp_path / str(i) / "made", {**vocabulary, "config.json": config}))
        for i, config in enumerate((old, new))
    ]
    assert (found[0] == found[1]) is same


# GGUF


PIECES = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab"]
SCORED = {
    "tokens": (STRING, PIECES),
    "scores": (FLOAT32, [-float(i) for i in range(8)]),
    "token_type": (INT32, [2, 3, 3, 1, 1, 1, 1, 1]),
    "unknown_token_id": (UINT32, 0),
}
BYTES = [chr(char) for char in byte_alphabet()]
HEADERS: dict[str, dict[str, tuple[int, Any]]] = {
    "llama": SCORED,
    "t5": SCORED | {"remove_extra_whitespaces": (BOOL, True)},
    "bert": {
        "tokens": (STRING, ["[UNK]", "[CLS]", "▁a", "b"]),
        "token_type": (INT32, [3, 3, 1, 1]),
        "unknown_token_id": (UINT32, 0),
    },
    "rwkv": {"tokens": (STRING, ["<s>", *(f"\\x{i:02x}" for i in range(256)), "ab"])},
    "gpt2": {
        "pre": (STRING, "gpt-2"),
        "tokens": (STRING, [*BYTES, "ab", ""]),
        "merges": (STRING, ["a b", "a b"]),
    },
}
MORE: dict[str, tuple[int, Any]] = {
    "tokenizer.chat_template": (STRING, "{{ messages }}"),
    "tokenizer.truncation": (UINT32, 3),
    "tokenizer.ggml.mystery": (STRING, ["a\nb", "c"]),
}


def changed_values(kind: int, value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for i in {0, 1, len(value) // 2, len(value) - 1}:
            yield [*value[:i], other(value[i]), *value[i + 1 :]]
        if value == ["a\nb", "c"]:
            yield ["a", "b\nc"]
    else:
        yield other(value)


@pytest.mark.parametrize("kind", HEADERS)
def test_every_value_of_a_gguf_header_counts(kind: str, tmp_path: Path) -> None:
    values = {"model": (STRING, kind), **HEADERS[kind], **MORE}
    file = tmp_path / "t.gguf"
    file.write_bytes(gguf_file(values))
    before = identity(file)
    assert before != REFUSED
    for name, (of, value) in values.items():
        for changed in changed_values(of, value):
            file.write_bytes(gguf_file({**values, name: (of, changed)}))
            assert identity(file) != before, (name, changed)
    for name in ("tokenizer.ggml.nobody", "tokenizer.nobody"):
        file.write_bytes(gguf_file({**values, name: (UINT32, 1)}))
        assert identity(file) != before, name


def with_key(content: bytes, name: str, value: str) -> bytes:
    """Add a text to a header, of whatever name."""
    count = struct.unpack_from("<Q", content, 16)[0]
    entry = struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", STRING)
    entry += struct.pack("<Q", len(value)) + value.encode()
    return content[:16] + struct.pack("<Q", count + 1) + content[24:] + entry


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("general.name", False),
        ("split.count", False),
        ("quantize.imatrix.file", False),
        ("mine.context_length", False),
        ("other.context_length", True),
        ("nobody", True),
    ],
)
def test_what_a_header_says_of_the_model_is_left_out(
    name: str, counts: bool, tmp_path: Path
) -> None:
    content = gguf_file({"model": (STRING, "llama"), **SCORED})
    content = with_key(content, "general.architecture", "mine")
    found = []
    for value in ("a", "b"):
        (tmp_path / "t.gguf").write_bytes(with_key(content, name, value))
        found.append(identity(tmp_path / "t.gguf"))
    assert (found[0] != found[1]) is counts


def test_an_architecture_cannot_hide_the_tokenizer(tmp_path: Path) -> None:
    content = with_key(gguf_file({"model": (STRING, "llama"), **SCORED}), "general.architecture",
                       "tokenizer")  # fmt: skip
    found = []
    for value in ("a", "b"):
        (tmp_path / "t.gguf").write_bytes(with_key(content, "tokenizer.chat_template", value))
        found.append(identity(tmp_path / "t.gguf"))
    assert found[0] != found[1]


def test_bytes_that_are_no_text_count(tmp_path: Path) -> None:
    values = {
        "model": (STRING, "llama"),
        **SCORED,
        "mine": (STRING, "12"),
        "more": (STRING, ["12"]),
    }
    content = gguf_file(values)
    found = set()
    for wrong in (b"\xff\xfe", b"\xfe\xff"):
        for at in (content.index(b"12"), content.rindex(b"12")):
            (tmp_path / "t.gguf").write_bytes(content[:at] + wrong + content[at + 2 :])
            found.add(identity(tmp_path / "t.gguf"))
    assert len(found) == 4


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    content = with_key(gguf_file({"model": (STRING, "llama"), **SCORED}), "tokenizer.a", "x")
    (tmp_path / "t.gguf").write_bytes(with_key(content, "tokenizer.a", "y"))
    with pytest.raises(TokscopeError, match=r"'tokenizer\.a' is listed twice"):
        load(str(tmp_path / "t.gguf"))


# Lines of text


SIMPLE = "[UNK]\n[CLS]\nhello\n##s\nHe\n"
RWKV = "\n".join([*(f"{i + 1} {bytes([i])!r} 1" for i in range(256)), "257 'ab' 2"]) + "\n"
# name of the file -> its content
LINES: dict[str, str] = {
    "vocab.txt": SIMPLE,
    "esm/vocab.txt": "<cls>\n<unk>\nA\nC\nAC\n",
    "merges.txt": "#version: 0.2\na b\nab b\n",
    "mine.codes": "#version: 0.2\na b</w>\na b\n",
    "fast.codes": "a b</w> 7\na b 5\n",
    "ranks.tiktoken": rank_file().decode(),
    "rwkv_vocab.txt": RWKV,
    "mine.model": "minbpe v1\n\\w+\n1\n<end> 300\n97 98\n256 99\n",
}


@pytest.mark.parametrize("name", LINES)
def test_every_line_counts(name: str, tmp_path: Path) -> None:
    text, file = LINES[name], tmp_path / name
    file.parent.mkdir(exist_ok=True)
    word = f"{file}?pattern=gpt2" if name.endswith(".tiktoken") else str(file)
    file.write_text(text, encoding="utf-8", newline="\n")
    before = identity(word)
    assert before != REFUSED
    lines = text.removesuffix("\n").split("\n")
    few = [i for i in range(len(lines)) if i < 6 or i > len(lines) - 8]
    for i in few:
        edits = [lines[i] + "x", f"x{lines[i]}", lines[i].replace("b", "c"), lines[i].swapcase()]
        for line in filter(lines[i].__ne__, edits):
            changed = "\n".join([*lines[:i], line, *lines[i + 1 :], ""])
            file.write_text(changed, encoding="utf-8", newline="\n")
            assert identity(word) != before or line.lower().startswith("#version"), line
        file.write_text("\n".join([*lines[:i], *lines[i + 1 :], ""]), encoding="utf-8")
        assert identity(word) != before or lines[i].startswith("#version"), lines[i]


@pytest.mark.parametrize("name", [name for name in LINES if name != "esm/vocab.txt"])
def test_ways_to_write_the_same_lines_do_not_count(name: str, tmp_path: Path) -> None:
    text, file = LINES[name], tmp_path / name
    word = f"{file}?pattern=gpt2" if name.endswith(".tiktoken") else str(file)
    found = set()
    for written in (text, text.replace("\n", "\r\n"), text.removesuffix("\n")):
        file.write_bytes(written.encode())
        found.add(identity(word))
    assert len(found) == 1


def test_counts_of_words_and_pairs_do_not_count(tmp_path: Path) -> None:
    found = set()
    for seen in (7, 8):
        file = tmp_path / "fast.codes"
        file.write_text(f"a b</w> {seen}\na b 5\n", encoding="utf-8")
        found.add(identity(file))
    assert len(found) == 1


def test_lines_that_clip_does_not_read_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokscope.tokenizers.suffixed._CLIP_SIZE", 2)
    file, found = tmp_path / "bpe_simple_vocab_16e6.txt.gz", set()
    for behind in ("", "x y\n", "x z\n"):
        file.write_bytes(gzip.compress(f"#version: 0.2\na b</w>\na b\n{behind}".encode()))
        found.add(identity(file))
    assert len(found) == 3
    assert REFUSED not in found


# The parts themselves


def test_many_entries_have_the_hash_of_each() -> None:
    tricky = ["],[", "a\nb", '"]\n["', "]", "[", ",", "\0", "é", "\ud800"]
    for entries in ([[a, b] for a in tricky for b in tricky], [(a, 1) for a in tricky], tricky, [],
                    [0.5, 1, -2.25], [["a", -1.5]]):  # fmt: skip
        assert digest_of(entries) == digest(map(canonical, entries))


def test_what_is_left_and_much_is_told_by_one_hash() -> None:
    many = {f"k{i}": i for i in range(1000)}
    found = rest(unread(many, {}))
    assert list(found) == ["rest"]
    assert json.loads(found["rest"])["size"] == 1000
    assert rest(unread({**many, "k7": 8}, {})) != found
    assert list(rest([("x" * 100, 1)])) == ["rest"]
    assert rest([]) == {}


def test_two_places_that_are_written_alike_hide_nothing() -> None:
    found = [rest([("a.b", one), ("a.b", two)]) for one in (1, 2) for two in (1, 2)]
    assert len({parts["rest"] for parts in found}) == 4


def test_templates_whose_names_look_like_places_hide_nothing(tmp_path: Path) -> None:
    found = set()
    for own in ("a", "b"):
        for other in ("c", "d"):
            listed = [
                {"name": "x in chat_template.json", "template": own},
                {"name": "x", "template": "e"},
            ]
            processor = {"chat_template": {"x": other}}
            files = {
                **LLAMA,
                "tokenizer_config.json": {"chat_template": listed},
                "chat_template.json": processor,
            }
            found.add(identity(repository(tmp_path / "made", files)))
    assert len(found) == 4
