"""Mistral's tekken files: a pattern, base64 tokens by rank, and special tokens before them all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokscope.errors import TokscopeError, path_of
from tokscope.reading import content
from tokscope.tokenizers import Spec
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.bpe import RankEncoder, RankTokenizer, require_all_bytes
from tokscope.tokenizers.components import canonical
from tokscope.tokenizers.limits import ADDED, require_added, require_sizes
from tokscope.tokenizers.rest import is_left_out, rest, unread
from tokscope.tokenizers.vocabulary import Vocabulary

_BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def load_folder(folder: Folder) -> RankTokenizer:
    """Load the `tekken.json` of a folder."""
    return load_file(Spec(folder.name, "tekken", str(folder.path / "tekken.json")))


def load_file(spec: Spec) -> RankTokenizer:
    """Load a tekken file. Its ids are ranks shifted by the number of special tokens.

    Raises:
        TokscopeError: the file cannot be read or is not a tekken file.
    """
    path = path_of(spec.place)
    try:
        return _parse(json.loads(content(path)), spec, path)
    except _BROKEN as error:
        problem = f"{type(error).__name__}: {error}"
        raise TokscopeError(f"{path}: not a tekken file ({problem})") from error


def _parse(data: dict[str, Any], spec: Spec, path: Path) -> RankTokenizer:
    config = data["config"]
    shift, size = int(config["default_num_special_tokens"]), int(config["default_vocab_size"])
    entries = data["vocab"][: size - shift]
    if not entries or not 0 <= shift <= ADDED:
        raise ValueError("no vocabulary, or a number of special tokens that makes no sense")
    ranks = {
        base64.b64decode(entry["token_bytes"], validate=True): i for i, entry in enumerate(entries)
    }
    if len(ranks) < len(entries):
        raise ValueError("two tokens have the same bytes")
    require_sizes(ranks, str(path))
    require_added(len(data.get("special_tokens") or ()), str(path))
    require_all_bytes(ranks, str(path))
    # Files of the first release do not name their special tokens: no text can spell them.
    named = {
        str(token["token_str"]): int(token["rank"]) for token in data.get("special_tokens") or []
    }
    specials = {text: token for text, token in named.items() if 0 <= token < shift}
    ids = list(range(shift, shift + len(entries)))
    encoder = RankEncoder.of(config["pattern"], ranks, ids, specials=specials)
    tokens: list[bytes | None] = [b""] * shift
    vocabulary = Vocabulary.of([*tokens, *ranks], specials=specials)
    made = RankTokenizer(spec.label or path.stem, vocabulary, config["pattern"], encoder)
    return replace(made, around=_around(data, len(entries)), tekken=str(path))


_ENTRY = {"rank", "token_bytes", "token_str"}


def _around(data: dict[str, Any], used: int) -> dict[str, str]:
    """Return all that the file says besides its pattern and its tokens, as canonical JSON."""
    settings = {name: part for name, part in data["config"].items() if name != "pattern"}
    parts = {"config": settings, "special_tokens": data.get("special_tokens")}
    others = [(name, part) for name, part in data.items() if name not in (*parts, "vocab")]
    told = {name: canonical(part) for name, part in parts.items() if part is not None}
    return told | rest([*others, *_of_entries(data["vocab"], used)])


def _of_entries(entries: list[dict[str, Any]], used: int) -> Iterator[tuple[str, object]]:
    """Yield what entries say besides their bytes and their place, and those that are not used."""
    for i, entry in enumerate(entries[:used]):
        if entry.keys() != _ENTRY or entry["rank"] != i:
            told = {"token_bytes": entry["token_bytes"], "rank": i}
            for place, value in unread(entry, told, f"vocab[{i}]"):
                if not is_left_out("tekken.json", place.rpartition(".")[2]):
                    yield place, value
    if entries[used:]:
        yield f"vocab[{used}:]", entries[used:]
