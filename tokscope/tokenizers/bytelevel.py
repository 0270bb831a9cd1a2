"""Byte-level BPE put together from its parts, as GPT-2's `vocab.json` and `merges.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tokscope.errors import TokscopeError, blaming, path_of
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.applied import finished, unused_of
from tokscope.tokenizers.beside import Folder, beside_file
from tokscope.tokenizers.bpe import byte_alphabet, from_alphabet, require_all_bytes
from tokscope.tokenizers.families import BYTE_LEVEL
from tokscope.tokenizers.files import read_ids, read_text
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import (
    LibraryTokenizer,
    Regex,
    add,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.tiktoken import named_pattern
from tokscope.tokenizers.vocabulary import missing_bytes

# The core reads {1,3}+ as a count that gives nothing back, the library as a count that is repeated.
# No known expression goes on after it, so that there is nothing to give back, and the + is dropped.
_POSSESSIVE = re.compile(r"(\{\d+(?:,\d*)?\})\+")


def load_folder(folder: Folder) -> HuggingFaceTokenizer:
    """Load the `vocab.json` and the `merges.txt` of a folder, as its class cuts text.

    Raises:
        TokscopeError: the files cannot be read, or the class is not known.
    """
    path, beside = folder.path / "vocab.json", folder.beside
    if not path.is_file():  # as GPT-2's release calls it
        path = folder.path / "encoder.json"
    if beside.kind not in (*BYTE_LEVEL, "Qwen2") and not beside.generic:
        known = ", ".join(f"{kind}Tokenizer" for kind in sorted((*BYTE_LEVEL, "Qwen2")))
        raise TokscopeError(
            f"{path}: how {beside.named} cuts text is not known here, only {known}; "
            f"file:{path} reads it as GPT-2's"
        )
    library = _read(path, pattern=PATTERNS["qwen2"] if beside.kind == "Qwen2" else "")
    step = library.pre_tokenizer
    if beside.kind == "Qwen2":
        library.normalizer = normalizers.NFC()
        step = step[1]
    step.add_prefix_space = bool(beside.flag("add_prefix_space", beside.kind == "LayoutLMv3"))
    made = finished(library, folder, str(path), unused=unused_of(beside, "add_prefix_space"))
    return replace(made, assumed="text is cut as by GPT-2" if beside.generic else "")


def load_path(path: Path, name: str) -> HuggingFaceTokenizer:
    """Put `vocab.json` and the `merges.txt` beside it together, as GPT-2's own files are meant.

    Both may have a name before theirs: `my-vocab.json` and `my-merges.txt`.
    """
    made = assemble(_read(path), name, str(path))
    return replace(made, assumed="text is cut as by GPT-2", told=beside_file(path))


def _read(path: Path, pattern: str = "") -> LibraryTokenizer:
    named = f"{path.name.removesuffix('vocab.json')}merges.txt"
    merges = path.with_name("vocab.bpe" if path.name == "encoder.json" else named)
    if not merges.is_file():
        raise TokscopeError(f"{path}: without {merges.name} beside it, its tokens cannot be merged")
    vocabulary, pairs = read_ids(path), _merge_list(merges)
    if marks_ends(vocabulary):
        raise TokscopeError(
            f"{path}: marks the ends of words by </w>; name its folder, whose "
            "tokenizer_config.json or config.json says how words are split"
        )
    with blaming(f"{path}: does not fit {merges.name}"):
        return _library(vocabulary, pairs, str(path), cuts=[pattern] if pattern else [])


def marks_ends(vocabulary: Iterable[str]) -> bool:
    """Tell whether a vocabulary marks the ends of words by `</w>`, rather than just holding it."""
    ends = [token.endswith("</w>") for token in vocabulary]
    return sum(ends) * 20 > len(ends)


def _merge_list(path: Path) -> list[tuple[str, str]]:
    """Read a `merges.txt`: two tokens per line, perhaps after a line with a version."""
    lines = read_text(path).split("\n")
    lines = list(filter(None, lines[lines[0].startswith("#version") :]))
    for line in lines:
        if line.count(" ") != 1 or line.strip() != line:
            raise TokscopeError(f"{path}: '{line[:40]}' is not a merge; a line holds two tokens")
    return list(map(split_merge, lines))


def load_merges(spec: Spec) -> Tokenizer:
    """Load a `merges.txt`: with the `vocab.json` beside it, if there is one, or else alone.

    Alone it has the 256 bytes, then what each merge makes, in order.

    Raises:
        TokscopeError: the file cannot be read, or its merges are not of bytes, one after the other.
    """
    path = path_of(spec.place)
    stem = path.stem.removesuffix("merges").rstrip("-_.")
    name = spec.label or stem or path.resolve().parent.name
    pattern = named_pattern(spec, PATTERNS, Regex)
    beside = path.with_name("vocab.json")
    if path.name == "merges.txt" and beside.is_file():
        made = assemble(_read(beside, pattern), name, str(path))
        assumed = "" if pattern else "text is cut as by GPT-2"
        return replace(made, assumed=assumed, told=beside_file(path))
    pairs = _merge_list(path)
    if not pairs:
        raise TokscopeError(f"{path}: it holds no merges")
    vocabulary = {char: i for i, char in enumerate(map(chr, byte_alphabet()))}
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        line = " ".join(pair)[:40]
        if pair in seen:
            raise TokscopeError(f"{path}: '{line}' is listed twice")
        if not vocabulary.keys() >= set(pair):
            raise TokscopeError(f"{path}: '{line}' merges what no earlier line makes")
        seen.add(pair)
        vocabulary.setdefault("".join(pair), len(vocabulary))
    with blaming(f"{path}: its merges do not fit"):
        cuts = [pattern] if pattern else []
        made = byte_level_bpe(vocabulary, pairs, name, str(path), cuts=cuts)
    cut = "" if pattern else "text is cut as by GPT-2, "
    return replace(made, assumed=f"{cut}ids are in the order of the lines")


def split_merge(merge: str) -> tuple[str, str]:
    """Split a merge that is written as two tokens with a space between them."""
    left, _, right = merge.partition(" ")
    return left, right


def byte_level_bpe(
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    name: str,
    place: str,
    *,
    cuts: Sequence[str] = (),
    whole: bool = False,
    drops: bool = False,
    specials: Sequence[str] = (),
    added: Sequence[str] = (),
) -> HuggingFaceTokenizer:
    """Build byte-level BPE from its parts; cut as by GPT-2 unless there are `cuts`.

    Each of these expressions cuts what the ones before it have left. `whole` looks pretokens up
    before merging. `drops` leaves out bytes without a token. Raises what the library raises.

    Raises:
        TokscopeError: a byte has no token, so that text could not be encoded.
    """
    library = _library(vocabulary, merges, place, cuts=cuts, whole=whole, drops=drops)
    add(library, specials, added)
    return assemble(library, name, place)


def _library(
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    place: str,
    *,
    cuts: Sequence[str] = (),
    whole: bool = False,
    drops: bool = False,
) -> LibraryTokenizer:
    singles = [from_alphabet(token) for token in vocabulary if len(token) == 1]
    missing = missing_bytes(singles)
    if not drops:
        require_all_bytes(singles, place)
    model = models.BPE(dict(vocabulary), list(merges), ignore_merges=whole)
    library = LibraryTokenizer(model)
    library.pre_tokenizer = _cut_by(cuts or (PATTERNS["gpt2"],), missing)
    library.decoder = decoders.ByteLevel()
    return library


def split_at(expression: str, *, gaps: bool = True) -> pre_tokenizers.PreTokenizer:
    """Return a step that cuts out the matches of an expression, and may drop what is between.

    Raises what the library raises for an invalid expression.
    """
    pattern = Regex(_POSSESSIVE.sub(r"\1", expression))
    if gaps:
        return pre_tokenizers.Split(pattern, "isolated")
    return pre_tokenizers.Split(pattern, "removed", invert=True)


def _cut_by(cuts: Sequence[str], missing: Sequence[int]) -> pre_tokenizers.PreTokenizer:
    """Cut by one expression after the other, spell in the byte alphabet, leave out some bytes."""
    parts = pre_tokenizers
    gpt2 = cuts[-1] == PATTERNS["gpt2"]  # which the last step has built in
    steps = [split_at(cut) for cut in (cuts[:-1] if gpt2 else cuts)]
    steps.append(parts.ByteLevel(add_prefix_space=False, use_regex=gpt2))
    if missing:
        chars = "|".join(
            re.escape(chr(c)) for c, byte in byte_alphabet().items() if byte in missing
        )
        steps.append(parts.Split(Regex(chars), "removed"))
    return parts.Sequence(steps) if len(steps) > 1 else steps[0]
