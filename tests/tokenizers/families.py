"""Tiny tokenizers of every family, made here: what the tests of loading and tallying run on."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sentencepiece
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tokscope.tokenizers import Tokenizer as Tokscope
from tokscope.tokenizers import load

TEXT = [
    "The cat's hat, it's 1234 and 56 o'clock; we'll see.",
    "hello hello help yellow  mellow   fellow",
    "Straße über Äpfel naïve café déjà vu",
    "привет мир, привет всем и всему миру",
    "日本語の文章と中文字 世界 世界",
    "def main(args):\n    return [x for x in args]\n",
]


def byte_level(
    *,
    normalizer: Any = None,
    prefix: bool = False,
    added: Sequence[AddedToken | str] = (),
    pattern: str = "",
    size: int = 420,
) -> Tokenizer:
    """Byte-level BPE; `pattern` cuts text in place of GPT-2's expression."""
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    if pattern:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT * 3, trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


def sentencepiece_style() -> Tokenizer:
    """BPE with ▁ for spaces and byte fallback, as Llama 2's file is written."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    merges = [
        ("▁", "t"),
        ("h", "e"),
        ("▁t", "he"),
        ("l", "l"),
        ("he", "ll"),
        ("▁", "he"),
        ("▁", "▁"),
    ]
    pieces += ["▁", *"theloworld", "é", "中"]
    pieces += [left + right for left, right in merges]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.enable_padding(length=7)
    tokenizer.enable_truncation(3)
    return tokenizer


def wordpiece() -> Tokenizer:
    """WordPiece with BERT's lowercasing."""
    pieces = ["[UNK]", "hello", "he", "##llo", "##ll", "w", "##or", "##ld", "!", "cafe", "中"]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def unigram() -> Tokenizer:
    """Unigram with NFKC and ▁."""
    pieces = [("<unk>", 0.0), ("▁", -3.0), ("▁hello", -2.0), ("h", -5.0), ("e", -5.0), ("l", -5.0)]
    pieces += [("o", -5.0), ("fi", -4.0), ("f", -6.0), ("i", -6.0), ("1", -5.0), ("2", -5.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def wordlevel() -> Tokenizer:
    """Whole words, as the oldest files hold."""
    vocabulary = {"<unk>": 0, "hello": 1, "world": 2, ",": 3}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def by_pattern(pattern: str, numbers: Iterable[str]) -> Tokenizer:
    """Numbers cut by an expression, each part that is known one token; signs one by one."""
    signs = [chr(code) for code in range(32, 127) if not chr(code).isdigit()]
    pieces = ["<unk>", *signs, "€", *numbers]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(f"{pattern}|."), "isolated")
    return tokenizer


def old_file() -> str:
    """gpt.json as it was once written: no type of model, merges as strings, padding inside."""
    data = json.loads(byte_level().to_str())
    del data["model"]["type"]
    data["model"]["merges"] = [" ".join(merge) for merge in data["model"]["merges"]]
    data["padding"] = {
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "<|end|>",
    }  # fmt: skip
    data["truncation"] = {
        "max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right",
    }  # fmt: skip
    return json.dumps(data)


def ignoring_merges() -> str:
    """gpt.json, where a pretoken that is a token is not merged, and one that no merges reach."""
    data = json.loads(byte_level().to_str())
    data["model"]["ignore_merges"] = True
    data["model"]["vocab"]["zebra"] = len(data["model"]["vocab"])
    return json.dumps(data)


def merges_file() -> str:
    """The merges of gpt.json alone, as GPT-2's own file has them."""
    merges = json.loads(byte_level().to_str())["model"]["merges"]
    return "\n".join(["#version: 0.2", *map(" ".join, merges), ""])


STRING, ARRAY, UINT32, FLOAT32, INT32, BOOL = 8, 9, 4, 6, 5, 7


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_file(metadata: Mapping[str, tuple[int, Any]]) -> bytes:
    """A GGUF header without tensors; a list is an array of the given type."""

    def value(kind: int, content: Any) -> bytes:
        if kind == STRING:
            return _string(content)
        return struct.pack({UINT32: "<I", FLOAT32: "<f", INT32: "<i", BOOL: "<?"}[kind], content)

    out = b"GGUF" + struct.pack("<IQQ", 3, 0, len(metadata))
    for name, (kind, content) in metadata.items():
        out += _string(name if name.startswith("tokenizer.") else f"tokenizer.ggml.{name}")
        if isinstance(content, list):
            out += struct.pack("<IIQ", ARRAY, kind, len(content))
            out += b"".join(value(kind, one) for one in content)
        else:
            out += struct.pack("<I", kind) + value(kind, content)
    return out


def byte_level_gguf(pre: str = "gpt-2") -> bytes:
    """gpt.json as GGUF."""
    data = json.loads(byte_level().to_str())["model"]
    tokens = sorted(data["vocab"], key=lambda token: data["vocab"][token])
    return gguf_file(
        {
            "model": (STRING, "gpt2"),
            "pre": (STRING, pre),
            "tokens": (STRING, tokens),
            "token_type": (INT32, [3 if token == "<|end|>" else 1 for token in tokens]),
            "merges": (STRING, [" ".join(merge) for merge in data["merges"]]),
        }
    )


SCORED = [
    "<unk>",
    "<s>",
    *(f"<0x{i:02X}>" for i in range(256)),
    "▁",
    *"thelowrd",
    "▁t",
    "he",
    "ll",
    "▁the",
    "hell",
]


def scored_gguf(prefix: bool = True) -> bytes:
    """A SentencePiece-style vocabulary whose later pieces have lower scores."""
    return gguf_file(
        {
            "model": (STRING, "llama"),
            "tokens": (STRING, SCORED),
            "scores": (FLOAT32, [0.0] * 258 + [-1.0 - i for i in range(len(SCORED) - 258)]),
            "token_type": (INT32, [2, 3, *[6] * 256, *[1] * (len(SCORED) - 258)]),
            "unknown_token_id": (UINT32, 0),
            "add_space_prefix": (BOOL, prefix),
        }
    )


PIECES = [
    "[PAD]",
    "[unused0]",
    "[UNK]",
    "hello",
    "he",
    "##llo",
    "w",
    "##or",
    "##ld",
    "!",
    "cafe",
    "中",
]


def wordpiece_gguf() -> bytes:
    """WordPiece as GGUF spells it: the starts of words are marked, and not the rest."""
    marked = [
        piece if piece[0] == "[" else piece[2:] if piece.startswith("##") else f"▁{piece}"
        for piece in PIECES
    ]
    kinds = [3 if piece in ("[PAD]", "[UNK]") else 1 for piece in PIECES]
    return gguf_file(
        {
            "model": (STRING, "bert"),
            "tokens": (STRING, marked),
            "token_type": (INT32, kinds),
            "unknown_token_id": (UINT32, 2),
        }
    )


def model_file(kind: str, *, fallback: bool = True, rule: str = "identity") -> bytes:
    """A SentencePiece model, "bpe" or "unigram"."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 3),
        model_writer=model,
        model_type=kind,
        vocab_size=360 if fallback else 100,
        byte_fallback=fallback,
        normalization_rule_name=rule,
        hard_vocab_limit=False,
        remove_extra_whitespaces=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def ranks() -> dict[bytes, int]:
    """Single bytes and a few merges."""
    merged = [b"he", b"ll", b"hell", b"hello", b" w", b"12", b"\xd0\xbf"]
    return {token: i for i, token in enumerate([*(bytes([i]) for i in range(256)), *merged])}


def rank_file() -> bytes:
    """A rank file as tiktoken writes it."""
    lines = (base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks().items())
    return b"".join(lines)


def tekken_file() -> str:
    """A tekken file with three special tokens, of which two are named."""
    vocabulary = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for token, rank in ranks().items()
    ]
    config = {
        "pattern": r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+",
        "num_vocab_tokens": len(vocabulary),
        "default_vocab_size": len(vocabulary) + 2,
        "default_num_special_tokens": 3,
        "version": "v3",
    }
    specials = [
        {"rank": i, "token_str": name, "is_control": True} for i, name in enumerate(["<s>", "[X]"])
    ]
    return json.dumps({"config": config, "vocab": vocabulary, "special_tokens": specials})


# name of the file -> its content: one of every family and of every way to encode
FAMILIES: dict[str, Callable[[], str | bytes]] = {
    "gpt.json": lambda: byte_level().to_str(),
    "prefix.json": lambda: byte_level(prefix=True).to_str(),
    "nfc.json": lambda: byte_level(normalizer=normalizers.NFC()).to_str(),
    "nfkc.json": lambda: byte_level(normalizer=normalizers.NFKC(), added=["  ", "    "]).to_str(),
    "added.json": lambda: byte_level(added=["  ", "    ", "\n\n", "hel", "日本"]).to_str(),
    "split.json": lambda: byte_level(pattern=r"\p{N}{1,3}|\p{L}+| ?[^\s\p{L}\p{N}]+|\s+").to_str(),
    "gaps.json": lambda: byte_level(pattern=r"\p{L}+| ").to_str(),
    "lower.json": lambda: byte_level(normalizer=normalizers.Lowercase()).to_str(),
    "strip.json": lambda: byte_level(added=[AddedToken("hel", lstrip=True)]).to_str(),
    "llama.json": lambda: sentencepiece_style().to_str(),
    "bert.json": lambda: wordpiece().to_str(),
    "unigram.json": lambda: unigram().to_str(),
    "old.json": old_file,
    "whole.json": ignoring_merges,
    "words.json": lambda: wordlevel().to_str(),
    "gpt-merges.txt": merges_file,
    "gpt.gguf": byte_level_gguf,
    "scored.gguf": scored_gguf,
    "bert.gguf": wordpiece_gguf,
    "vocab.txt": lambda: "\n".join(PIECES) + "\n",
    "bpe.model": lambda: model_file("bpe"),
    "unigram.model": lambda: model_file("unigram"),
    "nfkc.model": lambda: model_file("unigram", fallback=False, rule="nmt_nfkc"),
    "tekken.json": tekken_file,
    "ranks.tiktoken": rank_file,
}
FAST = [
    "gpt.json",
    "old.json",
    "gpt.gguf",
    "gpt-merges.txt",
    "prefix.json",
    "nfc.json",
    "nfkc.json",
    "added.json",
    "split.json",
    "gaps.json",
]


@cache
def file_of(name: str) -> bytes:
    """The content of one of the files."""
    made = FAMILIES[name]()
    return made.encode() if isinstance(made, str) else made


@cache
def tokenizer_of(name: str) -> Tokscope:
    """Load one of the files; a fast path is made at once, as it would be after some text."""
    with TemporaryDirectory() as folder:
        tokenizer = load(write(Path(folder), name))
    assert tokenizer.path
    return tokenizer


def write(folder: Path, name: str) -> str:
    """Write one of the files and return the word that loads it."""
    path = folder / name
    path.write_bytes(file_of(name))
    return f"{path}?pattern=gpt2" if name.endswith(".tiktoken") else str(path)
