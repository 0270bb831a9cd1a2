"""An extended tokenizer as a file of its base's own format.

New ids come behind the largest id, with that of added tokens. What a format ranks new tokens by is
such that all old merges come before the first new one.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tokscope import reading
from tokscope.errors import TokscopeError, path_of
from tokscope.growth.base import Base
from tokscope.growth.learning import spellings
from tokscope.mixture.replay import Rules
from tokscope.tokenizers.bpe import RankTokenizer, byte_alphabet
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.huggingface_anatomy import pieces_of
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.tokenizer_json import as_written
from tokscope.tokenizers.vocabulary import NORMAL, SPACE

Json = dict[str, Any]
DELTA = 1e-3  # what a new piece of a Unigram model scores more than its parts
_GGUF = (
    "a GGUF file holds the weights of a model too, whose embeddings have one row for each old "
    "token; extend the tokenizer.json or the .model that it was made of, then convert again"
)


def suffix_of(base: Base) -> str:
    """Return the suffix of the file that a base is written to.

    Raises:
        TokscopeError: no file can be written of it; says why.
    """
    tokenizer = base.tokenizer
    if tokenizer.spec.kind == "gguf":
        raise TokscopeError(f"{tokenizer.name}: {_GGUF}")
    if isinstance(tokenizer, SentencePieceTokenizer):
        return ".model"
    if isinstance(tokenizer, HuggingFaceTokenizer) or tokenizer.tekken:
        return ".json"
    return ".tiktoken"


def written(base: Base, rules: Rules) -> bytes:
    """Return the file of an extended tokenizer.

    Raises:
        TokscopeError: its format cannot hold the new tokens.
    """
    tokenizer = base.tokenizer
    suffix_of(base)
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return _json(tokenizer, rules)
    if isinstance(tokenizer, SentencePieceTokenizer):
        return _model(tokenizer, base, rules)
    new = spellings(rules, base.symbols.forms)[rules.alphabet :]
    return _tekken(tokenizer, new) if tokenizer.tekken else _ranks(tokenizer, new)


def merges_text(base: Base, rules: Rules) -> bytes:
    """Return new merges as lines of two parts, as a `merges.txt` has them."""
    forms = spellings(rules, base.symbols.forms)
    letters = {byte: chr(letter) for letter, byte in byte_alphabet().items()}

    def told(form: bytes) -> str:
        if base.bytewise:
            return "".join(letters[byte] for byte in form)
        return base.piece(form).decode().replace(" ", SPACE)

    lines = (f"{told(forms[left])} {told(forms[right])}\n" for left, right in _pairs(rules))
    return "".join(lines).encode()


# tokenizer.json


def _json(tokenizer: HuggingFaceTokenizer, rules: Rules) -> bytes:
    data = _source(tokenizer)
    model, added = data["model"], {one["content"]: one["id"] for one in data["added_tokens"]}
    if model.get("dropout"):
        raise TokscopeError(
            f"{tokenizer.name}: its file leaves out merges at random, so that ids change each time "
            f'(dropout {model["dropout"]:g}); set "dropout" to null in it'
        )
    pieces = {token: piece for piece, token in [*added.items(), *pieces_of(model)]}
    prefix = model.get("continuing_subword_prefix") or ""
    for new, (left, right) in enumerate(_pairs(rules), rules.alphabet):
        pieces[new] = pieces[left] + pieces[right].removeprefix(prefix)
    if model["type"] == "Unigram":
        model["vocab"] = _scored(model["vocab"], pieces, rules)
    else:
        _merge(model, added, pieces, rules)
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def _source(tokenizer: HuggingFaceTokenizer) -> Json:
    """Return the file of a base, or what its library would write where it has no one file."""
    place = tokenizer.spec.place
    data = as_written(place) if place and path_of(place).is_file() else {}
    if data.get("model", {}).get("type") != tokenizer.config["model"]["type"]:
        data = tokenizer.config
    return {**data, "model": dict(data["model"]), "added_tokens": data.get("added_tokens") or []}


def _pairs(rules: Rules) -> Iterator[tuple[int, int]]:
    return zip(rules.left.tolist(), rules.right.tolist(), strict=True)


def _merge(model: Json, added: Mapping[str, int], pieces: Mapping[int, str], rules: Rules) -> None:
    """Append new merges, and write the id of every token.

    The library numbers an added token that is not in the vocabulary anew, behind the others: once
    there are more of these, its id moves in silence.
    """
    new = {pieces[token]: token for token in range(rules.alphabet, rules.symbols)}
    model["vocab"] = {**added, **model["vocab"], **new}
    model["vocab"] = dict(sorted(model["vocab"].items(), key=lambda entry: entry[1]))
    if "merges" not in model:  # WordPiece
        return
    pairs = [(pieces[left], pieces[right]) for left, right in _pairs(rules)]
    as_text = all(isinstance(merge, str) for merge in model["merges"])
    if as_text and any(" " in part for pair in pairs for part in pair):
        raise TokscopeError("merges that are written as text cannot hold a token with a space")
    new_merges = [" ".join(pair) for pair in pairs] if as_text else map(list, pairs)
    model["merges"] = [*model["merges"], *new_merges]


def _scored(
    entries: Sequence[Sequence[Any]], pieces: Mapping[int, str], rules: Rules
) -> list[list[Any]]:
    """Return pieces with scores in the order of their ids.

    A new piece scores a little more than its parts do together. So it is taken wherever they would
    be, and nowhere else.
    """
    found = [list(entry) for entry in entries]
    least = min(score for _, score in found)
    for token in range(len(found), rules.alphabet):
        if token not in pieces:
            raise TokscopeError(f"id {token} has no token, and pieces are numbered without gaps")
        found.append([pieces[token], least])
    for new, (left, right) in enumerate(_pairs(rules), rules.alphabet):
        found.append([pieces[new], found[left][1] + found[right][1] + DELTA])
    return found


# Ranks


def _ranks(tokenizer: RankTokenizer, new: Sequence[bytes]) -> bytes:
    """Return a rank file: the base's own lines, if it has some, then those of the new tokens."""
    place = tokenizer.spec.place if tokenizer.spec.kind == "tiktoken-file" else ""
    if place:
        lines = reading.content(path_of(place)).rstrip(b"\n") + b"\n"
    else:
        ranks = tokenizer.encoder.core._mergeable_ranks
        lines = b"".join(
            _line(token, ranks[token]) for token in sorted(ranks, key=ranks.__getitem__)
        )
    size = tokenizer.vocabulary.size
    return lines + b"".join(_line(token, size + i) for i, token in enumerate(new))


def _line(token: bytes, rank: int) -> bytes:
    return b"%s %d\n" % (base64.b64encode(token), rank)


def _tekken(tokenizer: RankTokenizer, new: Sequence[bytes]) -> bytes:
    """Return a tekken file; entries that it holds in reserve and does not use are left out."""
    data: Json = json.loads(reading.content(path_of(tokenizer.tekken)))
    config = data["config"]
    used = int(config["default_vocab_size"]) - int(config["default_num_special_tokens"])
    entries = data["vocab"][:used]
    count = len(entries) + len(new)
    size = int(config["default_num_special_tokens"]) + count
    data["config"] = {**config, "default_vocab_size": size, "num_vocab_tokens": count}
    data["vocab"] = [*entries, *(_entry(token, len(entries) + i) for i, token in enumerate(new))]
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def _entry(token: bytes, rank: int) -> Json:
    try:
        text = token.decode()
    except UnicodeDecodeError:
        text = None
    return {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": text}


# SentencePiece


def _model(tokenizer: SentencePieceTokenizer, base: Base, rules: Rules) -> bytes:
    """Return a model with more pieces: messages of field 1, which may stand behind all others."""
    library, forms = tokenizer.library, spellings(rules, base.symbols.forms)
    scores = [library.get_score(i) for i in range(library.get_piece_size())]
    if tokenizer.settings["model"] == "Unigram":
        for left, right in _pairs(rules):
            scores.append(scores[left] + scores[right] + DELTA)
    else:
        normal = (i for i, kind in enumerate(tokenizer.kinds) if kind == NORMAL)
        scores += _falling(min((scores[i] for i in normal), default=0.0), len(rules))
    pieces = (form.decode().replace(" ", SPACE).encode() for form in forms[rules.alphabet :])
    made = zip(pieces, scores[rules.alphabet :], strict=True)
    return library.serialized_model_proto() + b"".join(_message(*one) for one in made)


def _falling(score: float, count: int) -> list[float]:
    """Return scores below one, each lower than the one before it as 32-bit numbers.

    Mistral's white space has -1e9, where the next lower number is 64 away.
    """
    found, last = [], np.float32(score)
    for _ in range(count):
        last = min(np.float32(last - 1), np.nextafter(last, np.float32(-np.inf)))
        found.append(float(last))
    return found


def _message(piece: bytes, score: float) -> bytes:
    """Return a piece as SentencePiece writes it: its text, its score, and the kind of most."""
    inside = b"\x0a" + _varint(len(piece)) + piece + b"\x15" + struct.pack("<f", score)
    return b"\x0a" + _varint(len(inside)) + inside


def _varint(number: int) -> bytes:
    r"""Write a number, seven bits a byte, the lowest first.

    >>> _varint(300)
    b'\xac\x02'
    """
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
