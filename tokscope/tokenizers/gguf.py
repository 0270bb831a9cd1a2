"""GGUF model files: the tokenizer in their header; the tensors behind it are never read.

The format is that of ggml's `docs/gguf.md`. What `tokenizer.ggml.pre` names is a regular expression
in llama.cpp's source. `gpt-2` was compared with the ids that llama.cpp expects; the others are the
tokenizers that they are named after, whose expressions are known, and have no expected ids here.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import tokenizers

from tokscope.errors import TokscopeError, choose, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.bytelevel import byte_level_bpe, split_merge
from tokscope.tokenizers.components import TEMPLATE, canonical, digest
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.templates import described
from tokscope.tokenizers.tiktoken import PATTERNS
from tokscope.tokenizers.wordpiece import wordpiece

# Name -> pattern, and whether pretokens are looked up whole before merging.
PRETOKENIZERS: Mapping[str, tuple[str, bool]] = {
    "gpt-2": ("", False),
    "llama-bpe": (PATTERNS["llama3"], True),
    "gpt-4o": (PATTERNS["o200k_base"], False),
    "tekken": (PATTERNS["tekken"], True),
}
_NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
# What is compared as a component, once the tokenizer is put together.
_LONG = 1000  # characters of what is told by its hash
_TOLD = tuple(f"tokenizer.ggml.{name}" for name in ("tokens", "merges", "model"))
_UNKNOWN, _CONTROL, _USER, _BYTE = 2, 3, 4, 6  # kinds of token
# kind of tokenizer -> the lists that it needs
_NEEDED = {"gpt2": ("tokens", "merges"), "llama": ("tokens", "scores"), "bert": ("tokens",)}


@dataclass
class _Header:
    """A place in the file, moving on with every value read."""

    data: mmap.mmap | bytes
    at: int = 0

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(f"<{kind}", self.data, self.at)
        self.at += struct.calcsize(f"<{kind}")
        return value

    def string(self) -> str:
        size = self.number("Q")
        if size > len(self.data) - self.at:
            raise ValueError("a string is longer than the file")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.number(_NUMBERS[kind])
        inner, count = self.number("I"), self.number("Q")
        if depth or count > len(self.data) - self.at:
            raise ValueError("an array is longer than the file")
        if inner in _NUMBERS:
            numbers = struct.unpack_from(f"<{count}{_NUMBERS[inner]}", self.data, self.at)
            self.at += struct.calcsize(f"<{count}{_NUMBERS[inner]}")
            return numbers
        return [self.value(inner, depth + 1) for _ in range(count)]


def read_metadata(data: mmap.mmap | bytes) -> dict[str, Any]:
    """Return the keys and values of a GGUF header, versions 2 and 3.

    Raises:
        ValueError, KeyError, struct.error: the header is broken.
    """
    if data[:4] != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    header = _Header(data, 4)
    if header.number("I") not in (2, 3):
        raise ValueError("only versions 2 and 3 are known")
    header.number("Q")  # tensors
    metadata = {}
    for _ in range(header.number("Q")):
        name = header.string()
        metadata[name] = header.value(header.number("I"))
    return metadata


def load_file(spec: Spec) -> HuggingFaceTokenizer:
    """Load the tokenizer of a GGUF file; `?pattern=NAME` says how text is cut if the file does not.

    Raises:
        TokscopeError: the file cannot be read, or its tokenizer is of a kind that is not known.
    """
    path = path_of(spec.place)
    try:
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            metadata = read_metadata(data)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, struct.error, OverflowError, MemoryError) as error:
        raise TokscopeError(f"{path}: not a GGUF file that can be read ({error})") from error
    ours = {
        name.removeprefix("tokenizer.ggml."): value
        for name, value in metadata.items()
        if name.startswith("tokenizer.ggml.")
    }
    if "tokens" not in ours:
        raise TokscopeError(f"{path}: this GGUF file holds no tokenizer")
    model = str(ours.get("model"))
    build = choose(_MODELS, model, f"kind of GGUF tokenizer in {path}:")
    if spec.pattern and model != "gpt2":
        raise TokscopeError(f"{path}: its tokenizer has no pattern; leave ?pattern= away")
    for key in _NEEDED[model]:
        if not isinstance(ours.get(key), list | tuple) or not ours[key]:
            raise TokscopeError(f"{path}: tokenizer.ggml.{key} is missing or no list")
    if len(ours.get("scores", ours["tokens"])) != len(ours["tokens"]):
        raise TokscopeError(f"{path}: there are more tokens than scores, or fewer")
    try:
        made = build(ours, spec.label or path.stem, spec, path)
        return replace(made, around=_around(metadata))
    except TokscopeError:
        raise
    except Exception as error:  # the library raises nothing narrower
        raise TokscopeError(f"{path}: its tokenizer cannot be built ({error})") from error


def _around(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return all that the header says of a tokenizer besides its kind and how it cuts.

    Lists are told by their hash, as tokens are: scores, kinds of token, and what is not known.
    """
    parts = {}
    for name, value in metadata.items():
        short = name.removeprefix("tokenizer.").removeprefix("ggml.")
        if not name.startswith("tokenizer.") or name in _TOLD:
            continue
        if isinstance(value, str) and (short.startswith(TEMPLATE) or len(value) > _LONG):
            parts[short] = described(value)
        elif isinstance(value, list | tuple):
            parts[short] = canonical({"size": len(value), "sha256": digest(map(str, value))})
        else:
            parts[short] = canonical(value)
    return parts


def _of_kind(metadata: Mapping[str, Any], kind: int) -> list[str]:
    kinds: Sequence[int] = metadata.get("token_type", ())
    return [t for t, k in zip(metadata["tokens"], kinds, strict=False) if k == kind]


def _byte_level(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    pre = str(metadata.get("pre", ""))
    if spec.pattern:
        pattern = choose(PATTERNS, spec.pattern, "pattern")
        whole = (pattern, True) in PRETOKENIZERS.values()
    elif pre in PRETOKENIZERS:
        pattern, whole = PRETOKENIZERS[pre]
    else:
        raise TokscopeError(
            f"{path}: how it cuts text, '{pre}', is not one that is known "
            f"({', '.join(PRETOKENIZERS)}); end the path with ?pattern=NAME, NAME one of "
            f"{', '.join(PATTERNS)}"
        )
    vocabulary = {token: i for i, token in enumerate(metadata["tokens"])}
    return byte_level_bpe(
        vocabulary,
        list(map(split_merge, metadata["merges"])),
        name,
        str(path),
        pattern=pattern,
        whole=whole,
        specials=_of_kind(metadata, _CONTROL),
        added=_of_kind(metadata, _USER),
    )


def merges_of(
    pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int] = ()
) -> list[tuple[str, str]]:
    """Return the merges that a SentencePiece BPE vocabulary stands for, as Hugging Face lists them.

    Every split of a piece into two pieces is a merge; higher scores come first, then earlier
    pieces, then the splits of one piece by the ids of their parts. Control, unknown and byte
    pieces are neither made nor merged.
    """
    ids = {
        piece: i
        for i, (piece, kind) in enumerate(zip_longest(pieces, kinds))
        if kind not in (_UNKNOWN, _CONTROL, _BYTE)
    }
    order = sorted(ids.values(), key=lambda i: -scores[i])
    merges = []
    for i in order:
        piece = pieces[i]
        splits = ((piece[:k], piece[k:]) for k in range(1, len(piece)))
        known = [(a, b) for a, b in splits if a in ids and b in ids]
        merges += sorted(known, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    return merges


def _sentencepiece_style(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    pieces, scores = metadata["tokens"], metadata["scores"]
    unknown = pieces[metadata.get("unknown_token_id", 0)]
    merges = merges_of(pieces, scores, metadata.get("token_type", ()))
    model = tokenizers.models.BPE(
        {piece: i for i, piece in enumerate(pieces)},
        merges,
        unk_token=unknown,
        fuse_unk=True,
        byte_fallback=True,
    )
    library = tokenizers.Tokenizer(model)
    parts, decoders = tokenizers.normalizers, tokenizers.decoders
    steps: list[parts.Normalizer] = [parts.Replace(" ", "▁")]
    ends = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if metadata.get("add_space_prefix", True):
        steps.insert(0, parts.Prepend("▁"))
        ends.append(decoders.Strip(" ", 1, 0))
    library.normalizer = parts.Sequence(steps)
    library.decoder = decoders.Sequence(ends)
    library.add_special_tokens([*_of_kind(metadata, _UNKNOWN), *_of_kind(metadata, _CONTROL)])
    library.add_tokens(
        [tokenizers.AddedToken(text, normalized=False) for text in _of_kind(metadata, _USER)]
    )
    made = assemble(library, name, str(path))
    products = {left + right for left, right in merges}
    tied = len(products) - len({s for p, s in zip(pieces, scores, strict=True) if p in products})
    if not tied:
        return made
    return replace(made, assumed=f"{tied:,} tied scores merge in order of ids")


def _wordpiece(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    """Spell tokens as `vocab.txt` does: GGUF marks the starts of words, by ▁, and not the rest."""
    specials = _of_kind(metadata, _CONTROL)
    bracketed = (t for t in metadata["tokens"] if t.startswith("[") and t.endswith("]"))
    known = {*specials, *bracketed}
    pieces = [
        token if token in known else token[1:] if token[:1] == "▁" else f"##{token}"
        for token in metadata["tokens"]
    ]
    unknown = pieces[metadata.get("unknown_token_id", pieces.index("[UNK]"))]
    return wordpiece(pieces, name, str(path), specials=specials, unknown=unknown)


_MODELS = {"gpt2": _byte_level, "llama": _sentencepiece_style, "bert": _wordpiece}
