"""Tiny repositories of the classes of transformers, made here, and what transformers makes of them."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Ids = Callable[[str], list[int]]
NORMAL, UNKNOWN, CONTROL, DEFINED = 1, 2, 3, 4
# Texts in which the classes differ: white space, compositions, quotation marks, special tokens.
TEXTS = [
    "hello world",
    "Hello  hello\t world\n",
    "`` hello '' 9, (ar_AR) <s></s> <mask> <extra_id_0>",
    "héllo he\u0301llo ﬁ ½ … ＡＢ",
    " \u00a0hello\u3000world\u200b",
    "▁hello ▁ world",
    "日本 hello日本",
    "",
    "hello\r\nworld.",
]


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: bytes | int | float) -> bytes:
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def pieces_file(
    pieces: Sequence[tuple[str, float, int]], kind: str, *, charsmap: bytes = b""
) -> bytes:
    """A SentencePiece model, "unigram" or "bpe", in its own format."""
    model = b"".join(
        _field(1, _field(1, piece.encode()) + _field(2, score) + _field(3, of))
        for piece, score, of in pieces
    )
    unknown = next(i for i, (_, _, of) in enumerate(pieces) if of == UNKNOWN)
    trainer = _field(3, 1 if kind == "unigram" else 2) + _field(40, unknown)
    named = {piece: i for i, (piece, _, _) in enumerate(pieces)}
    for number, piece in ((41, "<s>"), (42, "</s>"), (43, "<pad>")):
        trainer += _field(number, named.get(piece, 2**64 - 1))
    rules = _field(1, b"mine") + _field(2, charsmap) if charsmap else _field(1, b"identity")
    return model + _field(2, trainer) + _field(3, rules)


WORDS = ["▁hello", "▁he", "llo", "▁world", "▁w", "or", "ld", "▁"]
LETTERS = [*"helowrdHLABab9,.()\"'`<>s/_R", "é", "本"]


def unigram_file(*specials: str, charsmap: bytes = b"") -> bytes:
    """A Unigram model whose first pieces are special."""
    first = [(text, 0.0, UNKNOWN if "unk" in text.lower() else CONTROL) for text in specials]
    scored = [(piece, -2.0 - i / 8, NORMAL) for i, piece in enumerate([*WORDS, *LETTERS])]
    return pieces_file([*first, *scored], "unigram", charsmap=charsmap)


def bpe_file(*specials: str) -> bytes:
    """A BPE model, in the order of its merges."""
    first = [(text, 0.0, UNKNOWN if "unk" in text else CONTROL) for text in specials]
    made = ["he", "ll", "▁he", "llo", "▁hello", "or", "ld", "▁w", "▁wor", "▁world"]
    scored = [(piece, -float(i), NORMAL) for i, piece in enumerate([*made, "▁", *LETTERS])]
    return pieces_file([*first, *scored], "bpe")


def repository(folder: Path, files: Mapping[str, Any], kind: str = "", **settings: Any) -> Path:
    """Write files and the class that reads them; what is no text or bytes becomes JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind:
        files = {
            **files,
            "tokenizer_config.json": {"tokenizer_class": f"{kind}Tokenizer", **settings},
            "config.json": {"model_type": "none-that-is-known"},
        }
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def transformers_ids(folder: Path, kind: str) -> Ids:
    """Return the ids that transformers gives where special tokens are text; skips without it."""
    transformers = pytest.importorskip("transformers")
    made = getattr(transformers, f"{kind}Tokenizer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = made.from_pretrained(str(folder))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.encode_special_tokens = True
        return lambda text: list(backend.encode(text, add_special_tokens=False).ids)

    def ids(text: str) -> list[int]:
        pieces = tokenizer.tokenize(text, split_special_tokens=True)
        return list(tokenizer.convert_tokens_to_ids(pieces))

    return ids
