"""What can change a number: versions, tokenizers, text, and how the text was read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tokscope.counting.tally import Counting, Reading
from tokscope.provenance import LIBRARIES, Provenance, version_of
from tokscope.text.corpus import Corpus, has_fields, unit_of
from tokscope.text.words import rule_version
from tokscope.tokenizers import Tokenizer
from tokscope.version import __version__


def versions() -> Provenance:
    """Return the versions of this package and of the libraries that encode and cut words."""
    return {"tokscope": __version__, **{library: version_of(library) for library in LIBRARIES}}


def signed(tokenizers: Sequence[Tokenizer]) -> Provenance:
    """Return versions, the engine, and for each tokenizer its format and what decides its ids.

    The engine is what may encode much text in place of the library, if anything may.
    """
    engine = next(filter(None, (getattr(one, "engine", "") for one in tokenizers)), "")
    hashes: Provenance = {f"{one.name}={one.spec.kind}": one.fingerprint[:12] for one in tokenizers}
    return versions() | ({"engine": engine} if engine else {}) | hashes


def signed_text(
    corpora: Sequence[Corpus], readings: Sequence[Reading], counting: Counting
) -> Provenance:
    """Return the identity of the text, and how it was read."""
    digest = hashlib.sha256()
    for corpus, reading in zip(corpora, readings, strict=True):
        digest.update(f"{corpus.name}={reading.digest}\n".encode())
    shards = [shard for corpus in corpora for shard in corpus.shards]
    fields = ",".join(dict.fromkeys(shard.field for shard in shards if has_fields(shard)))
    units = ",".join(dict.fromkeys(map(unit_of, shards)))
    return {
        "corpora": f"{len(corpora)}:{digest.hexdigest()[:12]}",
        **({"field": fields} if fields else {"unit": units}),
        "words": f"{counting.words} ({rule_version(counting.words)})",
        "specials": "found" if counting.specials else "text",
    }
