"""`vocab.txt`: WordPiece, one token a line; BERT's normalisation is assumed, and said to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokscope.errors import TokscopeError, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.applied import BERT_FLAGS, finished, specials_of, unused_of
from tokscope.tokenizers.beside import Folder, beside_file
from tokscope.tokenizers.families import BERT
from tokscope.tokenizers.files import read_text
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import (
    LibraryTokenizer,
    add,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.residues import holds_residues, residues


def load_file(spec: Spec) -> HuggingFaceTokenizer:
    """Load a `vocab.txt`.

    Raises:
        TokscopeError: the file cannot be read or holds no vocabulary.
    """
    path = path_of(spec.place)
    generic = path.name == "vocab.txt"
    return load_path(path, spec.label or (path.resolve().parent.name if generic else path.stem))


def load_folder(folder: Folder) -> HuggingFaceTokenizer:
    """Load the `vocab.txt` of a folder."""
    path = folder.path / "vocab.txt"
    pieces, beside = wordpiece_lines(read_text(path)), folder.beside
    if beside.kind not in BERT and not beside.generic:
        raise TokscopeError(
            f"{path}: how {beside.named} cuts text is not known here, only the classes like "
            f"BertTokenizer; wordpiece:{path} reads it as one of them"
        )
    known = beside.kind in BERT
    said = beside.flag("do_lower_case", True if known else None)
    unknown = specials_of(beside).get("unk", "[UNK]")
    text = unknown if isinstance(unknown, str) else unknown.content
    lowercase = not _cased(pieces) if said is None else said
    library = _library(pieces, str(path), text, lowercase=lowercase)
    step = library.normalizer
    step.strip_accents = beside.flag("strip_accents")
    step.handle_chinese_chars = beside.flag("tokenize_chinese_chars", True)
    if not known:
        add(library, _bracketed(pieces), ())
    made = finished(library, folder, str(path), unused=unused_of(beside, *BERT_FLAGS))
    return replace(made, assumed="" if known else _assumed(lowercase))


def load_path(path: Path, name: str) -> HuggingFaceTokenizer:
    """Load a `vocab.txt` by its path, whatever its name; as residues if it holds those."""
    content = read_text(path)
    lines = wordpiece_lines(content)
    if holds_residues(lines):
        made = residues(content, name, str(path))
    else:
        made = wordpiece(lines, name, str(path))
    return replace(made, told=beside_file(path))


def wordpiece_lines(content: str) -> list[str]:
    """Return the tokens of a `vocab.txt`."""
    return content.removeprefix("\ufeff").rstrip("\n").split("\n")


def wordpiece(
    pieces: Sequence[str],
    name: str,
    place: str,
    *,
    specials: Sequence[str] = (),
    unknown: str = "[UNK]",
) -> HuggingFaceTokenizer:
    """Build WordPiece from its tokens, with BERT's normalisation and cutting.

    A `vocab.txt` does not say whether text is lowercased: it is if no word has a capital letter.

    Raises:
        TokscopeError: they do not form a vocabulary.
    """
    lowercase = not _cased(pieces, specials)
    library = _library(pieces, place, unknown, lowercase=lowercase)
    add(library, specials or _bracketed(pieces), ())
    return replace(assemble(library, name, place), assumed=_assumed(lowercase))


def _library(
    pieces: Sequence[str], place: str, unknown: str, *, lowercase: bool
) -> LibraryTokenizer:
    if len(set(pieces)) < len(pieces) or unknown not in pieces:
        raise TokscopeError(
            f"{place}: not a WordPiece vocabulary (one token a line, {unknown} too)"
        )
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    library = LibraryTokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    library.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    return library


def _bracketed(pieces: Sequence[str]) -> list[str]:
    return [piece for piece in pieces if re.fullmatch(r"\[[A-Z]+\]", piece)]


def _cased(pieces: Sequence[str], specials: Sequence[str] = ()) -> bool:
    words = {piece for piece in pieces if piece[:1] not in ("[", "<")} - set(specials)
    return any(piece != piece.lower() for piece in words)


def _assumed(lowercase: bool) -> str:
    return f"BERT's normalisation, {'lowercased' if lowercase else 'cased'}"
