"""What can change a number, in one line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version

from tokscope.counting.tally import Counting, Reading
from tokscope.text.corpus import Corpus, has_fields
from tokscope.text.words import rule_version
from tokscope.tokenizers import Tokenizer
from tokscope.version import __version__

_LIBRARIES = ("tokenizers", "tiktoken", "sentencepiece")


def versions() -> str:
    """Name this version and those of the libraries that encode and cut words."""
    libraries = (f"{library}:{version(library)}" for library in _LIBRARIES)
    return "|".join((f"tokscope:{__version__}", *libraries))


def identities(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Name each tokenizer, the kind of its file and all that decides its ids."""
    return [f"{one.name}={one.spec.kind}:{one.fingerprint[:12]}" for one in tokenizers]


def signed(tokenizers: Sequence[Tokenizer], *more: str) -> str:
    """Name everything that can change a number, in the manner of sacreBLEU (Post 2018)."""
    return "|".join((versions(), *identities(tokenizers), *more))


def signed_text(
    tokenizers: Sequence[Tokenizer],
    corpora: Sequence[Corpus],
    readings: Sequence[Reading],
    counting: Counting,
) -> str:
    """Name tokenizers and text, and how they were read."""
    digest = hashlib.sha256()
    for corpus, reading in zip(corpora, readings, strict=True):
        digest.update(f"{corpus.name}={reading.digest}\n".encode())
    shards = [shard for corpus in corpora for shard in corpus.shards if has_fields(shard)]
    fields = ",".join(dict.fromkeys(shard.field for shard in shards))
    return signed(
        tokenizers,
        f"corpora:{len(corpora)}:{digest.hexdigest()[:12]}",
        f"field:{fields}" if fields else "unit:line",
        f"words:{counting.words} ({rule_version(counting.words)})",
        f"specials:{'found' if counting.specials else 'text'}",
    )
