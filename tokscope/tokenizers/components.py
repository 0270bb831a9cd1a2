"""The parts that decide what a tokenizer does, in one form whatever file they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

TEMPLATE = "chat_template"  # how the names of chat templates begin, among what is processing
# One for all: making an encoder costs more than writing a token or a merge with it.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(part: object) -> str:
    """Write a part as JSON that is the same however its file was spaced or ordered."""
    return _ENCODER.encode(part)


def digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 of many entries, in the order given."""
    content = "\n".join(lines).encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()


def fingerprint(components: Mapping[str, str]) -> str:
    """Return one hash for all parts."""
    return digest(f"{name}={components[name]}" for name in sorted(components))
