"""SentencePiece pieces with the ids of a table beside them: Marian, M2M100, Speech2Text.

The model cuts text into pieces, and `vocab.json` numbers them; what it does not list is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.applied import recorded, told, unused_of
from tokscope.tokenizers.beside import AddedToken, Folder
from tokscope.tokenizers.components import canonical, digest, fingerprint
from tokscope.tokenizers.files import read_ids
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.sentencepiece import load_file as load_model
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary
from tokscope.tokenizers.words import specials_beside

Json = Mapping[str, Any]
_CODE = re.compile(r">>.*?<<", re.DOTALL)  # Marian: the language to translate into, before a text
_M2M100 = (
    "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu "
    "ha he hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms "
    "my ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur "
    "uz vi wo xh yi yo zh zu"
)
_WMT21 = "en ha is ja cs ru zh de"
_PLBART = {
    "base": "__java__ __python__ __en_XX__ <mask>",
    "multi": "__java__ __python__ __en_XX__ __javascript__ __php__ __ruby__ __go__",
}


@dataclass(frozen=True)
class MappedTokenizer:
    """A SentencePiece model whose pieces have other ids; no special token is read in text."""

    name: str
    vocabulary: Vocabulary
    own: SentencePieceTokenizer
    ids: Mapping[str, int]
    unknown: int
    codes: bool  # a text may begin with a code such as >>fra<<, which is a token
    beside: str = ""  # what was set by files beside it, as a component
    told: str = ""  # and in words
    around: Mapping[str, str] = field(default_factory=dict)  # what files beside it say more
    frame: Frame = NO_FRAME
    spec: Spec = NOWHERE

    @property
    def family(self) -> str:
        """The kind of model."""
        return f"{self.own.family} with a table of ids"

    @property
    def path(self) -> str:
        """What encodes; what was taken from files beside it."""
        way = "SentencePiece, its pieces numbered by the class or by vocab.json"
        return f"{way}; {self.told}" if self.told else way

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; pieces and the table as their hashes."""
        own = self.own.components()
        rows = (f"{piece}\t{i}" for piece, i in sorted(self.ids.items(), key=lambda row: row[1]))
        parts = {
            "special_tokens": canonical(dict(self.vocabulary.specials)),
            "ids": canonical({"size": len(self.ids), "sha256": digest(rows)}),
        }
        beside = {"beside": self.beside} if self.beside else {}
        return {**own, **parts, **beside}

    def processing(self) -> Mapping[str, str]:
        """Return what else its model says, and files beside it of what is done around text."""
        return {**self.own.processing(), **self.around}

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged.

        Raises:
            TokscopeError: the model is not BPE.
        """
        return self.own.pipeline()

    def normal(self, text: str) -> str:
        """Return a text as the normalizer of the model leaves it."""
        return self.own.normal(text)

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return the ids of what the model makes of bytes."""
        name = self.own.library.id_to_piece
        found = self.own.pieces(data, starts)
        return [[self.ids.get(name(piece), self.unknown) for piece in own] for own in found]

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        codes = [self._code(text) for text in texts]
        rest = [text[len(code) :] for text, code in zip(texts, codes, strict=True)]
        pieces = self.own.library.encode(rest, out_type=str, num_threads=1)
        return Encoded.of(
            [
                [self.ids.get(piece, self.unknown) for piece in chain(filter(None, [code]), split)]
                for code, split in zip(codes, pieces, strict=True)
            ]
        )

    def _code(self, text: str) -> str:
        match = _CODE.match(text) if self.codes else None
        return match[0] if match else ""

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; the pieces joined, with ▁ for a space."""
        pieces = [self._pieces.get(i, "") for i in ids]
        return str(self.own.library.decode(pieces))

    @cached_property
    def _pieces(self) -> Mapping[int, str]:
        return {i: piece for piece, i in self.ids.items()}

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, as the model's own pieces do."""
        code = self._code(text)
        size = len(code.encode())
        rest = self.own.boundaries(text[len(code) :]) + size
        return np.concatenate([[size], rest]).astype(np.int64) if code else rest


def load_parts(model: Path, table: Path, folder: Folder) -> MappedTokenizer:
    """Load a model and the table of ids beside it; a source's model is Marian's.

    Raises:
        TokscopeError: a file cannot be read, or the table has no unknown token.
    """
    beside, codes = folder.beside, model.name == "source.spm"
    own, ids = load_model(Spec(folder.name, "sp", str(model))), read_ids(table)
    named = {role: _text(token) for role, token in beside.specials().items()}
    unknown = named.get("unk", "<unk>")
    if unknown not in ids:
        raise TokscopeError(f"{table}: it has no id for {unknown}, the unknown token")
    usual = ["<s>", "</s>", "<unk>", "<pad>"]
    marks = {token for token in ids if codes and _CODE.fullmatch(token)}
    texts = {text for text in [*named.values(), *usual] if text in ids} | marks
    specials = {text: ids[text] for text in sorted(texts, key=ids.__getitem__)}
    if beside.kind == "M2M100":
        specials |= _languages(len(ids), beside.settings)
    specials |= specials_beside(folder, {**ids, **specials})
    vocabulary = _vocabulary(ids, specials, own.vocabulary, ids[unknown])
    return MappedTokenizer(
        folder.name,
        vocabulary,
        own,
        ids,
        ids[unknown],
        codes,
        recorded(beside),
        told(beside, unused_of(beside)),
    )


def load_folder(folder: Folder) -> MappedTokenizer:
    """Load the model and the `vocab.json` of a folder, the source's model if there are two."""
    names = ("source.spm", "sentencepiece.bpe.model")
    model = next(folder.path / name for name in names if (folder.path / name).is_file())
    return load_parts(model, folder.path / "vocab.json", folder)


def load_fairseq(model: Path, folder: Folder) -> MappedTokenizer:
    """Load a model whose pieces have the ids of fairseq: four special tokens come first."""
    beside = folder.beside
    own = load_model(Spec(folder.name, "sp", str(model)))
    size = own.library.get_piece_size()
    ids = {own.library.id_to_piece(i): i + 1 for i in range(3, size)}
    specials = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    last = _PLBART.get(str(beside.settings.get("language_codes", "base")), "")
    specials |= {text: size + 1 + i for i, text in enumerate(last.split())}
    vocabulary = _vocabulary(ids, specials, own.vocabulary, 3)
    table = {**ids, **specials}
    return MappedTokenizer(
        folder.name,
        vocabulary,
        own,
        table,
        3,
        False,
        recorded(beside),
        told(beside, unused_of(beside)),
    )


def _text(token: str | AddedToken) -> str:
    return token if isinstance(token, str) else token.content


def _languages(size: int, settings: Json) -> dict[str, int]:
    """Return the codes of languages that M2M100 puts behind its table."""
    codes = _WMT21 if settings.get("language_codes") == "wmt21" else _M2M100
    return {f"__{code}__": size + i for i, code in enumerate(codes.split())}


def _vocabulary(
    ids: Mapping[str, int], specials: Mapping[str, int], own: Vocabulary, unknown: int
) -> Vocabulary:
    size = max([*ids.values(), *specials.values()]) + 1
    tokens: list[bytes | None] = [None] * size
    fallbacks = set()
    for piece, i in ids.items():
        tokens[i] = piece.replace(SPACE, " ").encode(errors="replace")
        if own.fallbacks and re.fullmatch(r"<0x[0-9A-F]{2}>", piece):
            tokens[i] = bytes([int(piece[1:-1], 16)])
            fallbacks.add(i)
    for i in specials.values():
        tokens[i] = b""
    return Vocabulary.of(tokens, specials=specials, fallbacks=frozenset(fallbacks), unknown=unknown)
