"""The bytes that each id of a `tokenizer.json` stands for, as its steps spell them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tokscope.tokenizers.bpe import all_from_alphabet
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Json = dict[str, Any]
_FALLBACK = re.compile(r"<0x[0-9A-F]{2}>")
_STEPS = ("normalizer", "pre_tokenizer", "decoder")


def types(part: object) -> set[str]:
    """Return the types of a step and of the steps inside it."""
    if isinstance(part, list):
        return set().union(*map(types, part))
    if not isinstance(part, dict):
        return set()
    return {str(part.get("type"))}.union(*map(types, part.values()))


def bytewise(config: Json) -> bool:
    """Tell whether the vocabulary is written in the byte alphabet."""
    return any("ByteLevel" in types(config.get(name)) for name in _STEPS)


def spaced(config: Json) -> bool:
    """Tell whether ▁ stands for a space in the vocabulary."""
    return SPACE in json.dumps([config[name] for name in _STEPS], ensure_ascii=False)


def vocabulary_of(pieces: Mapping[str, int], config: Json) -> Vocabulary:
    """Lay out the bytes of every id; `pieces` are those of the model and the added ones."""
    tokens: list[bytes | None] = [None] * (max(pieces.values()) + 1)
    for token, spelled in zip(pieces.values(), _spelled(pieces, config), strict=True):
        tokens[token] = spelled
    model = config["model"]
    entries = model["vocab"]
    known = set(entries.values()) if isinstance(entries, dict) else set(range(len(entries)))
    specials = {}
    for added in config["added_tokens"]:
        if added["special"]:
            tokens[added["id"]] = b""
            specials[added["content"]] = added["id"]
        elif added["id"] not in known:  # one that the model has too is spelled as the model does
            tokens[added["id"]] = added["content"].encode()
    unknown = (
        model.get("unk_id") if model["type"] == "Unigram" else pieces.get(model.get("unk_token"))
    )
    if unknown is not None:
        tokens[unknown] = b""
    fallbacks = frozenset(
        token
        for piece, token in pieces.items()
        if model.get("byte_fallback") and _FALLBACK.fullmatch(piece)
    )
    return Vocabulary.of(
        tokens,
        specials=specials,
        fallbacks=fallbacks,
        unknown=unknown,
        continuing=_marked(pieces, model.get("continuing_subword_prefix"), str.startswith),
        ending=_marked(pieces, model.get("end_of_word_suffix"), str.endswith),
    )


def _marked(
    pieces: Mapping[str, int], mark: str | None, has: Callable[[str, str], bool]
) -> frozenset[int] | None:
    """Return the ids that carry a mark of the inside or the end of words; None without a mark."""
    if not mark:
        return None
    return frozenset(token for piece, token in pieces.items() if has(piece, mark))


def _spelled(pieces: Mapping[str, int], config: Json) -> list[bytes]:
    """Return the bytes of pieces, without the marks of a place in a word."""
    model = config["model"]
    suffix = model.get("end_of_word_suffix") or ""
    if bytewise(config):
        return all_from_alphabet([piece.removesuffix(suffix) for piece in pieces])
    spaces = spaced(config)
    prefix = model.get("continuing_subword_prefix") or ""
    fallback = bool(model.get("byte_fallback"))
    spelled = []
    for piece in pieces:
        if fallback and _FALLBACK.fullmatch(piece):
            spelled.append(bytes([int(piece[1:-1], 16)]))
        else:
            text = piece.removeprefix(prefix).removesuffix(suffix)
            spelled.append((text.replace(SPACE, " ") if spaces else text).encode(errors="replace"))
    return spelled
