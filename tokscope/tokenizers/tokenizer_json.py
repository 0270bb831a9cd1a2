"""Hugging Face's `tokenizer.json`: a tokenizer in one file, as its library reads it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokscope.errors import TokscopeError, blaming, path_of
from tokscope.tokenizers.applied import finished, set_steps
from tokscope.tokenizers.beside import Folder, beside_file
from tokscope.tokenizers.bytelevel import split_merge
from tokscope.tokenizers.files import read_text
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.huggingface_table import Json
from tokscope.tokenizers.library import LibraryTokenizer, read, written
from tokscope.tokenizers.limits import require_added
from tokscope.tokenizers.rest import rest, unread

NAME = "tokenizer.json"
_MARKED = re.compile(r'"continuing_subword_prefix"\s*:\s*"[^"]')


def load_folder(folder: Folder) -> HuggingFaceTokenizer:
    """Load the `tokenizer.json` of a folder."""
    path = folder.path / NAME
    text = read_text(path)
    library = _read(text, path)
    unused = [*set_steps(library, folder.beside)]
    return _whole(finished(library, folder, str(path), unused=unused), text)


def load_path(path: Path, name: str) -> HuggingFaceTokenizer:
    """Load a `tokenizer.json` by its path, whatever its name.

    Raises:
        TokscopeError: it cannot be read.
    """
    text = read_text(path)
    made = assemble(_read(text, path), name, str(path))
    return _whole(replace(made, told=beside_file(path)), text)


def of_library(library: LibraryTokenizer, name: str) -> HuggingFaceTokenizer:
    """Return what its file would give of a tokenizer that is in memory, which stays as it is.

    Raises:
        TokscopeError: a part of it is written in Python, or it cannot be read.
    """
    with blaming(f"{name}: not a tokenizer that a tokenizer.json can hold"):
        text = written(library)
    return _whole(assemble(_read(text, Path(name)), name, name), text)


def _whole(made: HuggingFaceTokenizer, text: str) -> HuggingFaceTokenizer:
    """Return a tokenizer with what its file says and the library has not read."""
    whole, told = json.loads(text), {**made.config}
    told["model"] = _as_in(whole["model"], told["model"])
    whole["added_tokens"], told["added_tokens"] = (
        _by_text(tokens) for tokens in (whole.get("added_tokens", []), told["added_tokens"])
    )
    return replace(made, around=rest(unread(whole, told)))


def _as_in(file: Json, model: Json) -> Json:
    """Return a model with its merges as its file writes them: older ones as strings."""
    merges = file.get("merges")
    if merges and isinstance(merges[0], str):
        return {**model, "merges": list(map(" ".join, model["merges"]))}
    return model


def _by_text(tokens: list[Json]) -> Any:
    """Return added tokens by their text, so that order does not count; listed if two are alike."""
    by_text = {token["content"]: token for token in tokens}
    return by_text if len(by_text) == len(tokens) else tokens


def _read(text: str, path: Path) -> LibraryTokenizer:
    require_added(text.count('"content"') - 10, str(path))  # a token may be spelled so too
    _require_marked_merges(text, path)
    with blaming(f"{path}: not a tokenizer.json that can be read"):
        return read(text)


def _require_marked_merges(text: str, path: Path) -> None:
    """Refuse merges without the mark that the file says parts of words have.

    The library cuts off as many bytes as the mark has, even inside a character, and then ends
    the whole process.
    """
    if not _MARKED.search(text):
        return
    try:
        model = json.loads(text)["model"]
        mark, merges = model["continuing_subword_prefix"], model.get("merges", ())
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in merges)
        bare = next((right for _, right in pairs if not right.startswith(mark)), None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return  # the library explains what is wrong
    if bare is not None:
        raise TokscopeError(f"{path}: its merges lack the mark '{mark}' of parts of words ({bare})")


def as_written(place: str) -> Json:
    """Return a `tokenizer.json` as its file has it, before the library mends or refuses it.

    Empty where it cannot be read: loading says what is wrong.
    """
    path = path_of(place)
    try:
        data = json.loads(read_text(path / NAME if path.is_dir() else path))
    except (TokscopeError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def broken_merges(data: Json) -> list[tuple[str, str]]:
    """Return the merges whose product is not in the vocabulary; the library refuses such a file."""
    try:
        model = data["model"]
        merges = [split_merge(m) if isinstance(m, str) else (m[0], m[1]) for m in model["merges"]]
        known, prefix = model["vocab"], model.get("continuing_subword_prefix") or ""
        return [(a, b) for a, b in merges if a + b.removeprefix(prefix) not in known]
    except (TypeError, KeyError, IndexError, AttributeError):
        return []


def added_twice(data: Json) -> list[str]:
    """Return the texts that several added tokens have; the library keeps one of each."""
    try:
        texts = Counter(str(token["content"]) for token in data["added_tokens"])
    except (TypeError, KeyError):
        return []
    return [text for text, uses in texts.items() if uses > 1]
