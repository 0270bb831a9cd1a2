"""Maps between published tokenizers, against an independent prototype: golden/transfer_map.json."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from tokscope.mapping.kinds import COMPOSED, COPIED, Map, map_of
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.forms import forms

# old, new, copied and composed ids, the hash of the whole map; then a text, how many tokens of it are
# made of one old token and of several, and how many old tokens stand for one
PAIRS = [
    ("gpt-2.json", "german-bpe-50k.json", 11089, 38906, "1daa605f", "de", 13122, 15343, 1.957562),
    ("cl100k_base.tiktoken", "o200k_base.tiktoken", 85033, 114965, "1389e814", "hi", 5476, 34779, 3.072562),
    ("german-unigram-30k.json", "german-bpe-50k.json", 19808, 29926, "516d31d2", "de", 23652, 4799, 1.1911),
    ("bert-base-uncased.json", "gpt-2.json", 18129, 14697, "381714c9", "en", 21734, 983, 1.047541),
    ("gpt-2.json", "claude.json", 35499, 29496, "ded7b543", "en", 25890, 285, 1.011576),
]  # fmt: skip


def hashed(made: Map, new: Tokenizer) -> str:
    """The hash of the prototype: each id that stands for bytes, with its old ids."""
    rows = [
        [token, made.old(token) or None] for token, own in enumerate(forms(new.vocabulary)) if own
    ]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new", "copied", "composed", "digest", "language", "single", "several", "each"),
    PAIRS,
)
def test_maps_are_those_of_the_prototype(
    data: Path, old: str, new: str, copied: int, composed: int, digest: str,
    language: str, single: int, several: int, each: float,
) -> None:  # fmt: skip
    one, other = (load(data / "tokenizers" / name) for name in (old, new))
    made = map_of(one, other)
    assert (made.of(COPIED).sum(), made.of(COMPOSED).sum()) == (copied, composed)
    assert hashed(made, other).startswith(digest)
    text = (data / "parallel" / "flores-dev" / f"{language}.txt").read_text(encoding="utf-8")
    ids = other.encode(text.split("\n")[:997]).ids
    counts = made.counts[ids]
    assert ((counts == 1).sum(), (counts > 1).sum()) == (single, several)
    assert round(float(np.mean(counts[counts > 0])), 6) == each
