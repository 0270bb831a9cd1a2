"""BPE that marks the ends of words by `</w>`: CLIP, GPT-1, HerBERT, and codes files.

A codes file is what subword-nmt and fastBPE learn: pairs, in order, and no ids. Text is split at
spaces and every piece is one token; the tools write `@@` behind a piece that another one follows.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tokscope.errors import TokscopeError, blaming, path_of
from tokscope.reading import require_regular, steady
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.files import read_text
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import (
    LibraryTokenizer,
    Regex,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.rest import rest
from tokscope.tokenizers.vocabulary import END
from tokscope.tokenizers.words import WordTokenizer, word_tokenizer

Pair = tuple[str, str]
_UNKNOWN = "<unk>"
_VERSION = re.compile(r"#version: *0\.[12]\s*")
_CLIP_CUTS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
CLIP_FILE = "bpe_simple_vocab_16e6.txt.gz"
_CLIP_SPECIALS = ("<|startoftext|>", "<|endoftext|>")
_CLIP_SIZE = 49_152 - 256 - 2  # merges of CLIP's file that are used; more stand in it


@dataclass(frozen=True)
class _Class:
    """How a class of transformers normalises and cuts text before it merges."""

    dress: Callable[[LibraryTokenizer], None]
    specials: tuple[str, ...]
    unknown: str = _UNKNOWN


def _as_clip(library: LibraryTokenizer) -> None:
    library.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = pre_tokenizers.Split(Regex(_CLIP_CUTS), "removed", invert=True)
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    library.decoder = decoders.ByteLevel()


def _as_bert(library: LibraryTokenizer, normalizer: normalizers.Normalizer) -> None:
    library.normalizer = normalizer
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.BPEDecoder(suffix=END)


def _as_gpt(library: LibraryTokenizer) -> None:
    _as_bert(library, normalizers.BertNormalizer(lowercase=True))


def _as_herbert(library: LibraryTokenizer) -> None:
    _as_bert(library, normalizers.BertNormalizer(lowercase=False, strip_accents=False))


CLASSES: Mapping[str, _Class] = {
    "CLIP": _Class(_as_clip, _CLIP_SPECIALS, "<|endoftext|>"),
    "OpenAIGPT": _Class(_as_gpt, ("<unk>",)),
    "Herbert": _Class(_as_herbert, ("<s>", "</s>", "<unk>", "<pad>", "<mask>")),
}


def load_class(
    vocabulary: Mapping[str, int], pairs: Sequence[Pair], kind: str, name: str, place: str
) -> HuggingFaceTokenizer:
    """Build a class of transformers; `kind` is that of `CLASSES`.

    Raises:
        TokscopeError: the merges do not fit the vocabulary.
    """
    made = CLASSES[kind]
    unknown = made.unknown if made.unknown in vocabulary else None
    library = _library(vocabulary, pairs, unknown, place)
    made.dress(library)
    library.add_special_tokens([text for text in made.specials if text in vocabulary])
    built = assemble(library, name, place)
    return replace(
        built, assumed=f"text is normalised and cut as transformers' {kind}Tokenizer does"
    )


def _library(
    vocabulary: Mapping[str, int], pairs: Sequence[Pair], unknown: str | None, place: str
) -> LibraryTokenizer:
    with blaming(f"{place}: its merges do not fit its vocabulary"):
        model = models.BPE(
            dict(vocabulary), list(pairs), unk_token=unknown, end_of_word_suffix=END, fuse_unk=False
        )
        return LibraryTokenizer(model)


def load_folder(folder: Folder) -> HuggingFaceTokenizer:
    """Load CLIP's own file of a folder."""
    return load_clip(Spec(folder.name, "clip", str(folder.path / CLIP_FILE)))


def load_clip(spec: Spec) -> HuggingFaceTokenizer:
    """Load CLIP's `bpe_simple_vocab_16e6.txt.gz`: ids are in the order of its lines.

    Raises:
        TokscopeError: the file cannot be read, or is another.
    """
    path = path_of(spec.place)
    try:
        require_regular(path)
        with steady(path) as packed, gzip.open(packed, "rt", encoding="utf-8") as stream:
            lines = stream.read(64_000_000).split("\n")
    except (OSError, EOFError, ValueError) as error:
        raise TokscopeError(f"{path}: cannot be read ({error})") from error
    pairs = [tuple(line.split()) for line in lines[1 : _CLIP_SIZE + 1]]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise TokscopeError(f"{path}: not CLIP's vocabulary (a line holds two tokens)")
    merges = [(left, right) for left, right in pairs]
    alphabet = list(map(chr, byte_alphabet()))
    tokens = [*alphabet, *(f"{char}{END}" for char in alphabet)]
    tokens += [left + right for left, right in merges]
    vocabulary = {token: i for i, token in enumerate([*tokens, *_CLIP_SPECIALS])}
    name = spec.label or path.name.partition(".")[0]
    made = load_class(vocabulary, merges, "CLIP", name, str(path))
    behind = lines[_CLIP_SIZE + 1 :]
    around = rest([("lines behind", behind)] if any(behind) else [])
    assumed = f"{made.assumed}, without the repairs of ftfy"
    return replace(made, assumed=assumed, around=around)


def read_pairs(path: Path) -> list[Pair]:
    """Read merges: two tokens per line, perhaps with a count, and perhaps a version first.

    Raises:
        TokscopeError: the file cannot be read, or a line is not a merge.
    """
    lines = read_text(path).split("\n")
    rows = [line.split() for line in lines[lines[0].startswith("#version") :] if line.strip()]
    for row in rows:
        if not _is_code(row):
            raise TokscopeError(
                f"{path}: '{' '.join(row)[:40]}' is not a merge; a line holds two tokens"
            )
    return [(row[0], row[1]) for row in rows]


# Codes files


def load_codes(spec: Spec) -> Tokenizer:
    """Load the codes of subword-nmt or fastBPE: `<unk>`, the characters, then what each line makes.

    Raises:
        TokscopeError: the file cannot be read, or holds no codes.
    """
    path = path_of(spec.place)
    codes = read_codes(path)
    name = spec.label or path.stem or path.name
    made = list(dict.fromkeys(left + right for left, right in codes.pairs))
    bare = [part.removesuffix(END) for pair in codes.pairs for part in pair]
    singles = dict.fromkeys(part for part in bare if len(part) == 1)
    ends = [END] if codes.apart else [f"{char}{END}" for char in singles]
    tokens = dict.fromkeys([_UNKNOWN, *singles, *ends, *made])
    vocabulary = {token: i for i, token in enumerate(tokens)}
    how = f"text is split at spaces, as {codes.tool} does; ids are in the order of the lines"
    if codes.apart:
        return _apart(vocabulary, codes, Folder(path, name), how)
    library = _library(vocabulary, codes.pairs, _UNKNOWN, str(path))
    library.pre_tokenizer = pre_tokenizers.Split(Regex(r"[ \n]+"), "removed")
    library.decoder = decoders.BPEDecoder(suffix=END)
    library.add_special_tokens([_UNKNOWN])
    return replace(assemble(library, name, str(path)), assumed=how)


@dataclass(frozen=True)
class Codes:
    """The pairs of a codes file, in order, and how it is meant."""

    pairs: Sequence[Pair]
    tool: str  # that writes such files
    apart: bool  # </w> is a symbol of its own behind every word, as in subword-nmt 0.1


def read_codes(path: Path) -> Codes:
    """Read a codes file.

    Raises:
        TokscopeError: it cannot be read, or a line is not a pair.
    """
    lines = read_text(path).rstrip("\n").split("\n")
    first = lines[0].strip()
    versioned = first.startswith("#version")
    if versioned and not _VERSION.fullmatch(first):
        raise TokscopeError(f"{path}: '{first[:40]}' is not known; codes are of version 0.1 or 0.2")
    rows = [line.strip("\r\n ").split(" ") for line in lines[versioned:]]
    if not rows or any(not _is_code(row) for row in rows):
        raise TokscopeError(
            f"{path}: not the codes of subword-nmt or fastBPE (a line holds a pair, and maybe a "
            "count)"
        )
    pairs = list(dict.fromkeys((row[0], row[1]) for row in rows))
    apart = any(END in pair for pair in pairs) and not first.endswith("0.2")
    tool = "fastBPE" if len(rows[0]) == 3 else "subword-nmt"
    return Codes(pairs, tool, apart)


def _is_code(row: Sequence[str]) -> bool:
    return len(row) in (2, 3) and all(row) and (len(row) == 2 or row[2].isdecimal())


def holds_codes(start: str) -> bool:
    """Tell by its first lines whether a file holds codes."""
    lines = start.split("\n")[:-1]
    versioned = lines and _VERSION.fullmatch(lines[0].strip())
    rows = [line.strip("\r\n ").split(" ") for line in lines[bool(versioned) :]]
    marked = any(END in line for line in lines)
    return bool(rows) and marked and all(map(_is_code, rows))


_MARK = "\ue000"  # stands for </w>, so that it is one character


def _apart(vocabulary: Mapping[str, int], codes: Codes, file: Folder, how: str) -> WordTokenizer:
    """Build from codes of version 0.1: the mark behind a word is a symbol, but not a token."""

    def words(text: str) -> list[str]:
        apart = filter(None, re.split(r"[ \n]+", text))
        return [word if len(word) == 1 else word + _MARK for word in apart]

    known = {token.replace(END, _MARK): i for token, i in vocabulary.items()}
    pairs = [(left.replace(END, _MARK), right.replace(END, _MARK)) for left, right in codes.pairs]
    place = str(file.path)
    return word_tokenizer(known, pairs, words, file, place=place, how=how, mark=_MARK)
