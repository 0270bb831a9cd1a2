"""A written file is loaded again, and shown to be its base with more tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np

from tokscope.equivalence.two import NESTED, Two
from tokscope.errors import TokscopeError, shortened
from tokscope.growth.base import Base
from tokscope.growth.learning import spellings
from tokscope.growth.written import suffix_of
from tokscope.mixture.replay import Rules
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.bpe import RankTokenizer
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.writing import write_all


def reloaded(base: Base, content: bytes, target: Path | None = None) -> Tokenizer:
    """Return what the library makes of a written file, which is meant for a target.

    Raises:
        TokscopeError: it refuses the file, or the file cannot be tried.
    """
    kinds = {".json": "file", ".model": "sp", ".tiktoken": "tiktoken-file"}
    tokenizer, suffix = base.tokenizer, suffix_of(base)
    kind = "tekken" if getattr(tokenizer, "tekken", "") else kinds[suffix]
    with TemporaryDirectory() as folder:
        path, options = Path(folder, f"extended{suffix}"), ""
        files = {path: content}
        if kind == "tiktoken-file" and isinstance(tokenizer, RankTokenizer):
            pattern, specials = Path(folder, "pattern"), Path(folder, "specials.json")
            files[pattern] = tokenizer.pattern.encode() + b"\n"
            files[specials] = json.dumps(dict(tokenizer.vocabulary.specials)).encode()
            options = f"?pattern-file={pattern}&specials={specials}"
        _write(files, f"{target or tokenizer.name}")
        return load(f"{kind}:{path}{options}", label=f"{tokenizer.name}-extended")


def _write(files: Mapping[Path, bytes], target: str) -> None:
    """Write the files by which a tokenizer is tried."""
    try:
        write_all(files)
    except TokscopeError as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        told = f"{target}: cannot be written; it is tried in {gettempdir()} first ({reason})"
        raise TokscopeError(told) from error


def require_ids(base: Base, extended: Tokenizer, rules: Rules) -> None:
    """Raise TokscopeError unless every id of a base means the same, and new ones are as learned."""
    old, new = base.tokenizer.vocabulary, extended.vocabulary
    if new.size != rules.symbols:
        raise TokscopeError(
            f"{_NOT_WRITTEN}: the file has {new.size:,} ids in place of {rules.symbols:,}"
        )
    moved = _moved(old, new)
    if moved:
        raise TokscopeError(f"{_NOT_WRITTEN}: {moved}")
    forms = spellings(rules, base.symbols.forms)
    for token in range(rules.alphabet, rules.symbols):
        meant = base.plain(forms[token])
        if new[token] != meant:
            raise TokscopeError(
                f"{_NOT_WRITTEN}: id {token} is {spelled(new[token])}, not {spelled(meant)}"
            )


_NOT_WRITTEN = "no tokenizer was written, since reading it again gives another one than was meant"


def _moved(old: Vocabulary, new: Vocabulary) -> str:
    """Say which old id means something else now; nothing if none does."""
    for text, token in old.specials.items():
        if new.specials.get(text) != token:
            return f"the special token {text} has id {new.specials.get(text)}, not {token}"
    size = len(old.blob)
    if np.array_equal(new.ends[: old.size], old.ends) and (new.blob[:size] == old.blob).all():
        return ""
    token = next(i for i in range(old.size) if new[i] != old[i])
    return f"id {token} is {spelled(new[token])}, not {spelled(old[token])}"


@dataclass(frozen=True)
class Proof:
    """On how many texts an extended tokenizer only joins tokens of its base."""

    texts: int
    broken: int
    example: str = ""

    def joined(self, other: Proof) -> Proof:
        """Return this and another one together."""
        example = self.example or other.example
        return Proof(self.texts + other.texts, self.broken + other.broken, example)


def proof_of(base: Base, extended: Tokenizer, texts: Sequence[str]) -> Proof:
    """Try the law on some texts."""
    two = Two((base.tokenizer, extended), NESTED)
    broken = np.flatnonzero(two.differ(texts)) if texts else np.zeros(0, np.int64)
    example = shortened(spelled(texts[broken[0]].encode())) if len(broken) else ""
    return Proof(len(texts), len(broken), example)
