"""SentencePiece models, BPE and Unigram, through the library itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from tokscope import reading
from tokscope.errors import TokscopeError, path_of
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.beside import beside_file
from tokscope.tokenizers.components import canonical, digest, fingerprint
from tokscope.tokenizers.content import holds_ranks
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.limits import require_sizes
from tokscope.tokenizers.merges import learned, require_some
from tokscope.tokenizers.pipeline import Pipeline, cut_at_spaces
from tokscope.tokenizers.rest import rest
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Find = Callable[[str], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class SentencePieceTokenizer:
    """A SentencePiece model; it has no way to read special tokens in text, so none are read."""

    name: str
    vocabulary: Vocabulary
    library: sentencepiece.SentencePieceProcessor
    settings: Mapping[str, object]
    path: str = "SentencePiece"
    beside: str = ""  # what was set by files beside it, as a component
    around: Mapping[str, str] = field(default_factory=dict)  # what else the file, or one beside it
    frame: Frame = NO_FRAME
    spec: Spec = NOWHERE
    added: Mapping[str, int] = field(default_factory=dict)  # found in text before all else
    find: Find = lambda text: ()  # where they stand in a text

    @property
    def family(self) -> str:
        """The kind of model."""
        fallback = " with byte fallback" if self.vocabulary.fallbacks else ""
        return f"SentencePiece {self.settings['model']}{fallback}"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; pieces with their scores as their hash."""
        library = self.library
        ids = range(library.get_piece_size())
        pieces = (f"{library.id_to_piece(i)}\t{library.get_score(i)!r}" for i in ids)
        parts = {
            "model": self.settings["model"],
            "normalizer": self.settings["normalizer"],
            "special_tokens": dict(self.vocabulary.specials),
            "vocabulary": {"size": len(ids), "sha256": digest(pieces)},
            "kinds": {"sha256": self.settings["kinds"]},
            "trainer": {"sha256": self.settings["trainer"]},
        }
        if self.added:
            parts["added_tokens"] = dict(self.added)
        beside = {"beside": self.beside} if self.beside else {}
        return {name: canonical(part) for name, part in parts.items()} | beside

    def processing(self) -> Mapping[str, str]:
        """Return what else the file, or one beside it, says."""
        return self.around

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged; pieces were learned in the order of their scores.

        Raises:
            TokscopeError: the model is no BPE.
        """
        library = self.library
        if self.settings["model"] != "BPE":
            raise TokscopeError(
                f"{self.name}: a SentencePiece {self.settings['model']} model merges nothing; "
                "only BPE models have an order of merges"
            )
        made = sorted(_learned(library), key=lambda i: (-library.get_score(i), i))
        pieces = [library.id_to_piece(i).encode() for i in made]
        merges = require_some(learned(pieces, bytewise=False), self.name)
        at = cut_at_spaces(merges) or (lambda text: [text])

        def cut(texts: Sequence[str]) -> Iterator[str]:
            return chain.from_iterable(at(library.normalize(text)) for text in texts)

        return Pipeline(cut, merges, line_feeds=False)

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        if not self.added:
            return Encoded.of(self.library.encode(list(texts), out_type=int, num_threads=1))
        return Encoded.of([[i for part in self._parts(t) for i in self._ids(part)] for t in texts])

    def _parts(self, text: str) -> Iterator[str]:
        """Yield a text in parts, each an added token or what is between two."""
        at = 0
        for start, end in self.find(text):
            yield from (part for part in (text[at:start], text[start:end]) if part)
            at = end
        if at < len(text):
            yield text[at:]

    def _ids(self, part: str) -> list[int]:
        if part in self.added:
            return [self.added[part]]
        return list(self.library.encode(part, out_type=int))

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text."""
        return str(self.library.decode(list(ids)))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the normaliser's own alignment.

        The pieces spell the normalised text, and each of its characters knows the character that
        it comes from; a cut between two that come from one is inside that one.
        """
        cuts, at = [np.zeros(0, np.int64)], 0
        for part in self._parts(text):
            size = len(part.encode())
            inside = np.array([size]) if part in self.added else self._boundaries(part)
            cuts.append(at + inside)
            at += size
        return np.concatenate(cuts)

    def _boundaries(self, text: str) -> NDArray[np.int64]:
        ids = self.library.encode(text, out_type=int)
        exact = self.vocabulary.cuts(np.array(ids, np.int32), text)
        if exact is not None:
            return exact
        normal, origins = self.library.normalize(text, with_offsets=True)
        pieces = self.library.encode(text, out_type=str)
        widths = [len(piece.encode()) for piece in pieces]
        for i, token in enumerate(ids):
            if token in self.vocabulary.fallbacks:
                widths[i] = 1
        at = np.cumsum([0, *(len(char.encode()) for char in normal)])
        ends = np.cumsum(widths, dtype=np.int64)
        dummy = normal.startswith(SPACE) and not text.startswith((" ", SPACE))
        return _projected(ends, at, np.asarray(origins), text, dummy=dummy)


def _projected(
    ends: NDArray[np.int64],
    at: NDArray[np.int64],
    origins: NDArray[np.int64],
    text: str,
    *,
    dummy: bool,
) -> NDArray[np.int64]:
    """Map byte offsets in a normalised text to byte offsets in the text.

    `at[k]` is where character k of the normalised text begins, `origins[k]` the character of the
    text that it comes from; both have one entry more, for the end. A `dummy` prefix comes from no
    character.
    """
    home = np.cumsum([0, *(len(char.encode()) for char in text)])
    k = np.searchsorted(at, ends, side="right") - 1
    inside = at[k] < ends
    between = ~inside & (k > int(dummy)) & (k < len(origins) - 1)
    between[between] = origins[k[between]] == origins[k[between] - 1]
    source = np.minimum(origins[k], len(text))
    result = home[source]
    cut = inside | between
    result[cut] = np.minimum(home[source[cut]] + 1, home[np.minimum(source[cut] + 1, len(text))])
    return np.sort(result)


def load_file(spec: Spec) -> SentencePieceTokenizer:
    """Load a `.model` file.

    Raises:
        TokscopeError: the file cannot be read or is no SentencePiece model.
    """
    path = path_of(spec.place)
    content, library = open_model(path)
    try:
        vocabulary = _vocabulary(library)
        settings, around = read_settings(content)
    except (RuntimeError, ValueError, IndexError) as error:  # as well from what the library reads
        raise TokscopeError(f"{path}: not a SentencePiece model ({error})") from error
    told = beside_file(path)
    way = f"SentencePiece; {told}" if told else "SentencePiece"
    name = spec.label or path.stem
    return SentencePieceTokenizer(name, vocabulary, library, settings, way, around=around)


def open_model(path: Path) -> tuple[bytes, sentencepiece.SentencePieceProcessor]:
    """Return the bytes of a model and what the library makes of them.

    Raises:
        TokscopeError: the file cannot be read or is no SentencePiece model.
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


def of_model(content: bytes, name: str) -> SentencePieceTokenizer:
    """Return the tokenizer of a serialized model; raises what the library raises."""
    library = sentencepiece.SentencePieceProcessor(model_proto=content)
    settings, around = read_settings(content)
    return SentencePieceTokenizer(name, _vocabulary(library), library, settings, around=around)


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
        TokscopeError: the file cannot be read, or is no SentencePiece model.
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
    messages = _fields(library.serialized_model_proto())
    pieces = (dict(_fields(bytes(value))) for number, value in messages if number == _PIECE)
    try:
        kinds = [int(piece.get(_KIND, NORMAL)) for piece in pieces]
    except (ValueError, IndexError) as error:
        raise TokscopeError(f"the model's pieces cannot be read ({error})") from error
    if len(kinds) != library.get_piece_size():
        raise TokscopeError("the model lists other pieces than the library finds in it")
    return kinds


def _learned(library: sentencepiece.SentencePieceProcessor) -> list[int]:
    """Return the pieces that merging begins with or makes.

    What users defined is found before anything is merged; but runs of white space, which Gemma's
    model lists so, are merged as far as text can tell.
    """
    kinds = kinds_of(library)
    pieces = map(library.id_to_piece, range(len(kinds)))
    return [
        i
        for i, (piece, kind) in enumerate(zip(pieces, kinds, strict=True))
        if kind in (NORMAL, _UNUSED) or (kind == DEFINED and not piece.strip(f"{SPACE} \t\n"))
    ]


def _vocabulary(library: sentencepiece.SentencePieceProcessor) -> Vocabulary:
    tokens: list[bytes | None] = []
    specials: dict[str, int] = {}
    fallbacks = set()
    for token in range(library.get_piece_size()):
        piece = library.id_to_piece(token)
        if library.is_control(token) or library.is_unknown(token):
            specials[piece] = token
            tokens.append(b"")
        elif library.is_byte(token):
            fallbacks.add(token)
            tokens.append(bytes([int(piece[1:-1], 16)]))
        else:
            tokens.append(b"" if library.is_unused(token) else piece.replace(SPACE, " ").encode())
    unknown = library.unk_id()
    return Vocabulary.of(
        tokens,
        specials=specials,
        fallbacks=frozenset(fallbacks),
        unknown=unknown if unknown >= 0 else None,
    )


# The settings of a model, which the library reads and does not tell: a few numbered fields of its
# protocol buffer (sentencepiece_model.proto).

_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_KIND = 3  # of a piece
NORMAL, CONTROL, DEFINED, _UNUSED = 1, 3, 4, 5
_SCORE = 2  # of a piece, behind its text
_RULES = {1: bytes, 2: bytes, 3: int, 4: int, 5: int}  # fields of a normalizer that are read
# A kind as it is written behind a piece -> how it is told; a normal one need not be
_WRITTEN = {bytes((0x18, kind)): (b"3:%d;" % kind).hex() for kind in range(2, 128)}
_WRITTEN |= {b"": "", b"\x18\x01": ""}
_SIZES = {1: 8, 5: 4}  # of numbers by their type, in bytes
_MODEL_TYPES = {1: "Unigram", 2: "BPE", 3: "words", 4: "characters"}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
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

    How it was trained, which says byte fallback too, and what kinds its pieces are of, is told by
    hashes.
    """
    pieces, messages = _messages(content)
    trainer, rules = (dict(_fields(messages[number])) for number in (_TRAINER, _NORMALIZER))
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
    """Return the pieces of a model, and its other messages by number: one in parts is all of them.

    A number, which stands where a message is expected, is told as text.
    """
    pieces: list[bytes] = []
    others: dict[int, bytes] = {_TRAINER: b"", _NORMALIZER: b""}
    for number, value in _fields(content):
        if number == _PIECE and isinstance(value, bytes):
            pieces.append(value)
        else:
            others[number] = others.get(number, b"") + _told(value)
    return pieces, others


def _told(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b"%d;" % value


def _kind_of(piece: bytes) -> str:
    """Return what a piece says besides its text and its score: its kind, and what is not known."""
    if len(piece) >= 7 and piece[0] == 0x0A and piece[1] < 0x80:  # as every library writes them
        at = 2 + piece[1]
        left = piece[at + 5 :]
        if piece[at : at + 1] == b"\x15" and left in _WRITTEN:
            return _WRITTEN[left]
    others = [
        (number, _told(value))
        for number, value in _fields(piece)
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
        for number, value in _fields(messages[_NORMALIZER])
        if _RULES.get(number) is not type(value)
    ]
    others = [(n, m.hex()) for n, m in messages.items() if n not in (_TRAINER, _NORMALIZER)]
    left = [(f"field {number}", message) for number, message in sorted(others)]
    left += [(f"normalizer.field {number}", value) for number, value in sorted(rules)]
    return rest((place, value) for place, value in left if value)  # an empty one says nothing


def _hash_of(message: bytes) -> str:
    """Return a hash of a message, whatever the order of its fields."""
    listed = sorted(_fields(message), key=lambda one: one[0])
    return digest(f"{n}={v.hex() if isinstance(v, bytes) else v}" for n, v in listed)


def charsmap_of(content: bytes) -> bytes:
    """Return how a model replaces characters, compiled; empty where it replaces none."""
    rules = next((value for number, value in _fields(content) if number == _NORMALIZER), b"")
    return bytes(dict(_fields(bytes(rules))).get(2, b""))
