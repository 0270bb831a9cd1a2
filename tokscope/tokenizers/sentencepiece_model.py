"""What a SentencePiece model holds: its pieces, and settings that its library does not tell.

The latter are read from the file itself, a protocol buffer (sentencepiece_model.proto).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from tokscope import reading
from tokscope.errors import TokscopeError
from tokscope.tokenizers.components import canonical, digest
from tokscope.tokenizers.content import holds_ranks
from tokscope.tokenizers.limits import require_sizes
from tokscope.tokenizers.rest import rest
from tokscope.tokenizers.vocabulary import NORMAL

# Fields of its messages, by their numbers
_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_KIND = 3  # of a piece
_SCORE = 2  # of a piece, behind its text
_RULES = {1: bytes, 2: bytes, 3: int, 4: int, 5: int}  # fields of a normalizer that are read
# A kind as it is written behind a piece -> how it is told; a normal one need not be
_WRITTEN = {bytes((0x18, kind)): (b"3:%d;" % kind).hex() for kind in range(2, 128)}
_WRITTEN |= {b"": "", b"\x18\x01": ""}
_SIZES = {1: 8, 5: 4}  # of numbers by their type, in bytes
_MODEL_TYPES = {1: "Unigram", 2: "BPE", 3: "words", 4: "characters"}


def open_model(path: Path) -> tuple[bytes, sentencepiece.SentencePieceProcessor]:
    """Return the bytes of a model and what the library makes of them.

    Raises:
        TokscopeError: the file cannot be read or is not a SentencePiece model.
    """
    try:
        content = reading.content(path)
        if not content:
            raise RuntimeError("the file is empty")
        library = sentencepiece.SentencePieceProcessor(model_proto=content)
        require_sizes(map(library.id_to_piece, range(library.get_piece_size())), str(path))
        return content, library
    except (RuntimeError, ValueError, IndexError) as error:  # as well from what the library reads
        hint = "; it is a rank file: write tiktoken-file: before it" if holds_ranks(path) else ""
        raise TokscopeError(f"{path}: not a SentencePiece model ({error}){hint}") from error


def whole_of(library: sentencepiece.SentencePieceProcessor) -> str:
    """Return a hash of all that a model holds, in the order that the library writes it.

    It stands for a model that another tokenizer takes only parts of.
    """
    return canonical({"sha256": hashlib.sha256(library.serialized_model_proto()).hexdigest()})


@dataclass(frozen=True)
class Model:
    """A model taken apart, for classes that do something else with its pieces."""

    pieces: Sequence[str]
    scores: Sequence[float]
    kinds: Sequence[int]
    unknown: int
    settings: Mapping[str, object]
    charsmap: bytes
    whole: str  # the hash of all that it holds

    @property
    def scored(self) -> list[tuple[str, float]]:
        """The pieces with their scores."""
        return list(zip(self.pieces, self.scores, strict=True))


def read_model(path: Path) -> Model:
    """Take a model apart.

    Raises:
        TokscopeError: the file cannot be read, or is not a SentencePiece model.
    """
    content, library = open_model(path)
    ids = range(library.get_piece_size())
    return Model(
        [library.id_to_piece(i) for i in ids],
        [library.get_score(i) for i in ids],
        kinds_of(library),
        max(library.unk_id(), 0),
        read_settings(content)[0],
        charsmap_of(content),
        whole_of(library),
    )


def kinds_of(library: sentencepiece.SentencePieceProcessor) -> list[int]:
    """Return the type of every piece: `NORMAL`, `DEFINED` by a user, and others."""
    messages = fields(library.serialized_model_proto())
    try:
        kinds = [_type_of(bytes(value)) for number, value in messages if number == _PIECE]
    except (ValueError, IndexError) as error:
        raise TokscopeError(f"the model's pieces cannot be read ({error})") from error
    if len(kinds) != library.get_piece_size():
        raise TokscopeError("the library finds other pieces than the model lists")
    return kinds


def _type_of(piece: bytes) -> int:
    behind = _behind(piece)
    if behind == b"":
        return NORMAL
    if behind and len(behind) == 2 and behind[0] == 0x18 and behind[1] < 0x80:
        return behind[1]
    return int(dict(fields(piece)).get(_KIND, NORMAL))


def _behind(piece: bytes) -> bytes | None:
    """Return what a piece has behind its text and score, where it is as every library writes it."""
    if len(piece) >= 7 and piece[0] == 0x0A and piece[1] < 0x80:
        at = 2 + piece[1]
        if piece[at : at + 1] == b"\x15" and len(piece) >= at + 5:
            return piece[at + 5 :]
    return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and the value of every field of a message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if tag & 7 == 2:
            size, at = _varint(data, at)
        elif tag & 7 in _SIZES:
            size = _SIZES[tag & 7]
        else:
            raise ValueError(f"a field of type {tag & 7} is not known")
        yield tag >> 3, data[at : at + size]
        at += size


def read_settings(content: bytes) -> tuple[dict[str, object], dict[str, str]]:
    """Return how a model cuts and normalises, and its rest; `content` is one the library read.

    Hashes stand for how it was trained, which includes byte fallback, and for the kinds of its
    pieces.
    """
    pieces, messages = _messages(content)
    trainer, rules = (dict(fields(messages[number])) for number in (_TRAINER, _NORMALIZER))
    charsmap = bytes(rules.get(2, b""))
    normalizer = {
        "name": bytes(rules.get(1, b"")).decode(errors="replace"),
        "charsmap": hashlib.sha256(charsmap).hexdigest() if charsmap else "",
        "add_dummy_prefix": bool(rules.get(3, 1)),
        "remove_extra_whitespaces": bool(rules.get(4, 1)),
        "escape_whitespaces": bool(rules.get(5, 1)),
    }
    settings: dict[str, object] = {
        "model": _MODEL_TYPES.get(int(trainer.get(3, 1)), "unknown"),
        "normalizer": normalizer,
        "kinds": digest(map(_kind_of, pieces)),
        "trainer": _hash_of(messages[_TRAINER]),
    }
    return settings, _rest(messages)


def _messages(content: bytes) -> tuple[list[bytes], dict[int, bytes]]:
    """Return the pieces of a model, and its other messages by number, the parts of one joined.

    A number in place of a message is written as text.
    """
    pieces: list[bytes] = []
    others: dict[int, bytes] = {_TRAINER: b"", _NORMALIZER: b""}
    for number, value in fields(content):
        if number == _PIECE and isinstance(value, bytes):
            pieces.append(value)
        else:
            others[number] = others.get(number, b"") + _told(value)
    return pieces, others


def _told(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b"%d;" % value


def _kind_of(piece: bytes) -> str:
    """Return what a piece says besides its text and its score: its kind, and what is not known."""
    behind = _behind(piece)
    if behind in _WRITTEN:
        return _WRITTEN[behind]
    others = [
        (number, _told(value))
        for number, value in fields(piece)
        if (number, value) != (_KIND, NORMAL) and not _is_text_or_score(number, value)
    ]
    return b"".join(b"%d:%s" % one for one in sorted(others)).hex()


def _is_text_or_score(number: int, value: int | bytes) -> bool:
    known = number == 1 or (number == _SCORE and isinstance(value, bytes) and len(value) == 4)
    return known and isinstance(value, bytes)


def _rest(messages: Mapping[int, bytes]) -> dict[str, str]:
    """Return what else a model says: how to undo its normalisation, texts to test it with."""
    rules = [
        (number, _told(value).hex())
        for number, value in fields(messages[_NORMALIZER])
        if _RULES.get(number) is not type(value)
    ]
    others = [(n, m.hex()) for n, m in messages.items() if n not in (_TRAINER, _NORMALIZER)]
    left = [(f"field {number}", message) for number, message in sorted(others)]
    left += [(f"normalizer.field {number}", value) for number, value in sorted(rules)]
    return rest((place, value) for place, value in left if value)  # an empty one says nothing


def _hash_of(message: bytes) -> str:
    """Return a hash of a message, whatever the order of its fields."""
    listed = sorted(fields(message), key=lambda one: one[0])
    return digest(f"{n}={v.hex() if isinstance(v, bytes) else v}" for n, v in listed)


def charsmap_of(content: bytes) -> bytes:
    """Return how a model replaces characters, compiled; empty where it replaces none."""
    rules = next((value for number, value in fields(content) if number == _NORMALIZER), b"")
    return bytes(dict(fields(bytes(rules))).get(2, b""))
