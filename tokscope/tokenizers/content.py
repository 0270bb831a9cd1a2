"""The kind of tokenizer that a file holds: by its content if its name does not tell."""

from __future__ import annotations

import re
from pathlib import Path

from tokscope.errors import TokscopeError
from tokscope.reading import require_regular, steady

_NAMED = {
    ".tiktoken": "tiktoken-file",
    ".gguf": "gguf",
    ".codes": "codes",
    ".fcodes": "codes",
}
_CLIP = "bpe_simple_vocab_16e6"  # how the name of CLIP's own file begins
_START = 4096  # bytes that are looked at
_RANK = re.compile(rb"[A-Za-z0-9+/]*=* \d+\r?\n")
_RWKV = re.compile(rb"\d+ b?(?:'.*'|\".*\") \d+\r?\n")
_PIECE = re.compile(rb"[^\t\n]+\t-?\d[\d.e-]*\r?\n")
_MINBPE_WORDS = re.compile(rb"(?:\[[^\n]*\]\[[^\n]*\] -> )?\[[^\n]*\] \d+\n")
_YOUTOKENTOME = re.compile(rb"\d+ \d+\n\d+ \d+\n\d+ \d+\n")


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        TokscopeError: it cannot be read.
    """
    try:
        require_regular(path)
        with steady(path) as stream:
            return stream.read(_START)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error


def holds_ranks(path: Path) -> bool:
    """Tell whether a file is a rank file, whatever it is called: Llama 3's is a `.model`."""
    return _RANK.match(start_of(path)) is not None


def kind_of_content(path: Path) -> str:
    """Return the kind of an existing file; empty if it is not known.

    Raises:
        TokscopeError: it is known, and cannot be loaded; says what would work.
    """
    if path.suffix in _NAMED:
        return _NAMED[path.suffix]
    if path.name.endswith("merges.txt") or path.name == "vocab.bpe":
        return "merges"
    if path.name.startswith(_CLIP):
        return "clip"
    if path.suffix == ".json":
        start = start_of(path)
        return "tekken" if b'"config"' in start and b'"pattern"' in start else "file"
    if path.suffix in (".model", ".spm"):
        return _of_model(path, start_of(path))
    if path.suffix == ".vocab":
        return _of_vocab(path, start_of(path))
    if path.suffix == ".txt" and _RWKV.match(start_of(path)):
        return "rwkv"
    return "wordpiece" if path.name.endswith("vocab.txt") else ""


def _of_model(path: Path, start: bytes) -> str:
    if start.startswith(b"minbpe v"):
        return "minbpe"
    if _YOUTOKENTOME.match(start):  # before ranks, whose base64 can be digits too
        raise TokscopeError(
            f"{path}: a YouTokenToMe model, which cannot be loaded; "
            "train a tokenizer with Hugging Face's tokenizers or SentencePiece, and name its file"
        )
    if _RANK.match(start):
        return "tiktoken-file"
    return "sp"


def _of_vocab(path: Path, start: bytes) -> str:
    """Refuse the lists that are written beside a model for people to read."""
    whose = ""
    if _PIECE.match(start):
        whose = "SentencePiece's list of pieces and scores, which does not say how text is read"
    elif _MINBPE_WORDS.match(start):
        whose = "minbpe's list of tokens, which is only meant to be read"
    if whose:
        model = path.with_suffix(".model")
        there = "" if model.exists() else ", which is not there"
        raise TokscopeError(f"{path}: {whose}; name the model beside it, {model}{there}")
    return "rwkv" if _RWKV.match(start) else ""
