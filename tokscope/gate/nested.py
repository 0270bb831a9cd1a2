"""Whether a tokenizer only joins tokens of its baseline, so that old ids keep their meaning."""

from __future__ import annotations

import numpy as np

from tokscope.equivalence.nested import Spelled, not_nested
from tokscope.gate.snapshot import Identity, hash_of_ids
from tokscope.gate.vocabularies import changed_ids
from tokscope.tokenizers import Encoded
from tokscope.tokenizers.vocabulary import Vocabulary


def broken_law(head: Identity, base: Identity) -> str | list[str]:
    """Return which old ids changed, in words, or the golden strings that are not joined tokens."""
    old, new = _first(head, base), head.tokens
    if old is None or new is None:
        changed = changed_ids(head, base)
        return f"old ids changed: {changed}" if changed else ""
    specials = [name for name, token in base.specials.items() if head.specials.get(name) != token]
    if specials:
        return f"special tokens moved: {', '.join(specials[:3])}"
    texts = list(base.golden)
    both = (Encoded.of([one.golden.get(text, ()) for text in texts]) for one in (base, head))
    spelled = [Spelled(tokens, ids) for tokens, ids in zip((old, new), both, strict=True)]
    return [texts[i] for i in np.flatnonzero(not_nested(*spelled)).tolist()]


def _first(head: Identity, base: Identity) -> Vocabulary | None:
    """Return the ids that the baseline has, if the candidate has the same; else None."""
    tokens = head.tokens
    if tokens is None or tokens.size < base.size or not base.size:
        return None
    ends = tokens.ends[: base.size]
    blob = tokens.blob[: int(ends[-1])]
    same = hash_of_ids(blob, ends) == base.vocabulary
    return Vocabulary(blob, ends, base.specials) if same else None
