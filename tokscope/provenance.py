"""What can change a result, as data; the signature under a result renders it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version

# name -> its value, its values, or None if the name alone says everything
Provenance = dict[str, str | tuple[str, ...] | None]
LIBRARIES = ("tokenizers", "tiktoken", "sentencepiece")  # they encode
VERSIONS = ("tokscope", *LIBRARIES)


@cache
def version_of(library: str) -> str:
    """Return the version of an installed library, which is read from its files once."""
    return version(library)


def rendered(provenance: Provenance) -> str:
    """Write names and values in one line, in the style of sacreBLEU (Post 2018).

    >>> rendered({"seed": "1", "price": ("a=2", "b=3"), "list": (), "stopped early": None})
    'seed:1|price:a=2|price:b=3|stopped early'
    """
    parts: list[str] = []
    for name, value in provenance.items():
        values = value if isinstance(value, tuple) else (value,)
        parts += [name if one is None else f"{name}:{one}" for one in values]
    return "|".join(parts)


def brief(provenance: Provenance) -> str:
    """Write the versions and a hash of the rest, for a reader who compares two results.

    >>> brief({"tokscope": "1.0", "tiktoken": "0.14", "seed": "1"})
    'tokscope:1.0|tiktoken:0.14|#ccbbac7a'
    """
    if not provenance:
        return ""
    versions = {name: provenance[name] for name in VERSIONS if name in provenance}
    digest = hashlib.sha256(rendered(provenance).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{rendered(versions)}|#{digest[:8]}"
