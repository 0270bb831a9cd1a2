"""The parts that decide what a tokenizer does, in one form whatever file they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

TEMPLATE = "chat_template"  # how the names of chat templates begin, among what is processing
AROUND = "around_text"  # special tokens that no post-processor puts around text
# One for all: making an encoder costs more than writing a token or a merge with it.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
# JSON has no bare line feed in it, so that entries which are parted by one are told apart.
_LINES = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=("\n", ":"))
_LONG = 1000  # characters of a part that is told by its hash


def canonical(part: object) -> str:
    """Write a part as JSON that is the same however its file was spaced or ordered."""
    return _ENCODER.encode(part)


def digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 of many entries, in the order given."""
    content = "\n".join(lines).encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()


def digest_of(entries: Sequence[object]) -> str:
    """Return `digest(map(canonical, entries))` of simple values, or of lists of them, at once."""
    lines = _LINES.encode(list(entries))[1:-1]
    if entries and isinstance(entries[0], list | tuple):
        lines = lines.replace("]\n[", "]\0[").replace("\n", ",").replace("\0", "\n")
    return digest([lines])


def described(text: str) -> str:
    """Return the length and the hash of a text."""
    hashed = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return canonical({"characters": len(text), "sha256": hashed})


def short(value: object) -> str:
    """Return a value in canonical JSON, or its hash if that is long."""
    part = canonical(value)
    return part if len(part) <= _LONG else described(part)


def fingerprint(components: Mapping[str, str]) -> str:
    """Return one hash for all parts."""
    return digest(f"{name}={components[name]}" for name in sorted(components))
