"""Identity is the whole file, whatever its format: what stands beside the vocabulary counts too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gate.planted import taken
from tests.tokenizers.families import (
    BOOL,
    FLOAT32,
    INT32,
    STRING,
    UINT32,
    gguf_file,
    model_file,
    tekken_file,
    tokenizer_of,
)
from tokscope.gate import settings
from tokscope.gate.judge import judged
from tokscope.gate.verdict import Case
from tokscope.studies.inspect import components
from tokscope.tokenizers import load

Metadata = dict[str, tuple[int, Any]]
PIECES = ["<unk>", "<s>", *(f"<0x{i:02X}>" for i in range(256)), "▁", *"thelo", "he", "ll"]
KINDS = [2, 3, *[6] * 256, *[1] * (len(PIECES) - 258)]
SCORED: Metadata = {
    "model": (STRING, "llama"),
    "tokens": (STRING, PIECES),
    "scores": (FLOAT32, [0.0] * 264 + [-1.0, -2.0]),
    "token_type": (INT32, KINDS),
    "unknown_token_id": (UINT32, 0),
    "bos_token_id": (UINT32, 1),
    "add_bos_token": (BOOL, True),
    "tokenizer.chat_template": (STRING, "{{ messages }}"),
    "tokenizer.chat_template.tool_use": (STRING, "{{ tools }}"),
}


def verdicts(old: Path, new: Path) -> dict[str, str]:
    """Return what does not pass, with gates of identity alone."""
    return next(verdicts_of(old, [new]))


def verdicts_of(old: Path, news: list[Path]) -> Iterator[dict[str, str]]:
    path = old.with_name("tokscope.toml")
    path.write_text('[identity]\ngolden = "fail"\nvocabulary = "fail"\ncomponents = "fail"\n')
    config = settings.read(path)
    base = taken(str(old), config)
    for new in news:
        head = taken(str(new), config, list(base.identity.golden))
        found = judged(Case(config, head, base))
        yield {one.gate.code: one.text for one in found if one.verdict != "pass"}


_AROUND = "all golden strings get other special tokens"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"add_bos_token": (BOOL, False)},
            {"TS007": _AROUND, "TS008": "changed: add_bos_token; gone: around_text"},
        ),
        (
            {"add_eos_token": (BOOL, True)},
            {"TS007": _AROUND, "TS008": "changed: around_text; new: add_eos_token"},
        ),
        (
            {"bos_token_id": (UINT32, 0)},
            {"TS007": _AROUND, "TS008": "changed: bos_token_id, around_text"},
        ),
        ({"what.nobody.knows": (STRING, "x")}, {"TS008": "new: what.nobody.knows"}),
        ({"scores": (FLOAT32, [0.0] * 264 + [-1.0, -3.0])}, {"TS008": "changed: scores"}),
        ({"tokenizer.chat_template": (STRING, "")}, {"TS009": "changed: chat_template"}),
        (
            {"tokenizer.chat_template.tool_use": (STRING, "{{ a }}")},
            {"TS009": "changed: chat_template.tool_use"},
        ),
        (
            {"tokenizer.chat_template.rag": (STRING, "{{ a }}")},
            {"TS009": "new: chat_template.rag"},
        ),
    ],
)
def test_what_a_gguf_header_says_counts(
    tmp_path: Path, change: Metadata, expected: dict[str, str]
) -> None:
    (tmp_path / "old.gguf").write_bytes(gguf_file(SCORED))
    (tmp_path / "new.gguf").write_bytes(gguf_file(SCORED | change))
    found = verdicts(tmp_path / "old.gguf", tmp_path / "new.gguf")
    told = {code: text.partition(" (")[0].partition(': "')[0] for code, text in found.items()}
    told = {code: re.sub(r"^(\d+) of \1 ", "all ", text) for code, text in told.items()}
    assert told == expected


def test_a_gguf_header_in_another_order_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "old.gguf").write_bytes(gguf_file(SCORED))
    (tmp_path / "new.gguf").write_bytes(gguf_file(dict(reversed(SCORED.items()))))
    assert verdicts(tmp_path / "old.gguf", tmp_path / "new.gguf") == {}


def _of_config(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["config"].update({name: value})


TEKKEN: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_of_config("version", "v7"), "changed: config"),
    (_of_config("what_nobody_knows", 1), "changed: config"),
    (lambda data: data["special_tokens"][0].update(is_control=False), "changed: special_tokens"),
    (lambda data: data.update(image={"image_token": "[IMG]"}), "new: rest.image"),
]


def test_what_a_tekken_file_says_counts(tmp_path: Path) -> None:
    content = tekken_file()
    (tmp_path / "old.json").write_text(json.dumps(json.loads(content), indent=1))
    (tmp_path / "again.json").write_text(json.dumps(json.loads(content), sort_keys=True))
    news = [tmp_path / "again.json"]
    for number, (edit, _) in enumerate(TEKKEN):
        edit(data := json.loads(content))
        news.append(tmp_path / f"new{number}.json")
        news[-1].write_text(json.dumps(data))
    found = [
        {code: text.partition(" (")[0] for code, text in one.items()}
        for one in verdicts_of(tmp_path / "old.json", news)
    ]
    assert found == [{}, *({"TS008": part} for _, part in TEKKEN)]


def _defined(content: bytes) -> bytes:
    """Say of the last piece that a user defined it; it has no kind of its own yet."""
    library = load_model(content)
    last = library.id_to_piece(library.get_piece_size() - 1).encode()
    body = b"\x0a" + bytes([len(last)]) + last + b"\x15"
    at = content.index(body)
    size = content[at - 1]
    assert size == len(body) + 4
    return content[: at - 1] + bytes([size + 2]) + content[at : at + size] + b"\x18\x04" + content[
        at + size :
    ]  # fmt: skip


def load_model(content: bytes) -> Any:
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=content)


@pytest.mark.parametrize(
    ("edit", "code", "told"),
    [
        (_defined, "TS005", "changed: kinds"),
        # ▁ behind words; then a test of its own
        (lambda content: content + b"\x12\x03\xc0\x01\x01", "TS005", "changed: trainer"),
        (
            lambda content: content + b"\x22\x06\x0a\x04\x0a\x00\x12\x00",
            "TS008",
            "new: rest.field 4",
        ),
    ],
)
def test_all_that_a_sentencepiece_model_says_counts(
    tmp_path: Path, edit: Callable[[bytes], bytes], code: str, told: str
) -> None:
    content = model_file("bpe")
    (tmp_path / "old.model").write_bytes(content)
    (tmp_path / "again.model").write_bytes(load_model(content).serialized_model_proto())
    (tmp_path / "new.model").write_bytes(edit(content))
    assert verdicts(tmp_path / "old.model", tmp_path / "again.model") == {}
    found = verdicts(tmp_path / "old.model", tmp_path / "new.model")
    assert found[code].startswith(told)


@pytest.mark.parametrize("name", ["gpt.json", "tekken.json", "bpe.model", "vocab.txt"])
def test_without_anything_around_text_a_model_gets_its_ids(name: str) -> None:
    tokenizer = tokenizer_of(name)
    texts = ["hello <s> world", "", "<|end|>"]
    one, other = tokenizer.encode(texts), tokenizer.model_input(texts)
    assert (one.ids.tolist(), one.starts.tolist()) == (other.ids.tolist(), other.starts.tolist())


def test_components_list_what_is_around_text_too(tmp_path: Path) -> None:
    (tmp_path / "old.gguf").write_bytes(gguf_file(SCORED))
    frame = components([str(tmp_path / "old.gguf")]).frame
    told = dict(zip(frame["component"], frame["value"], strict=True))
    assert told["add_bos_token"] == "true"
    assert json.loads(told["chat_template.tool_use"])["characters"] == 11
    assert load(str(tmp_path / "old.gguf")).fingerprint
