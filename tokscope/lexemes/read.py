"""Read source code under tokenizers, file by file, in this process or by workers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tokscope.counting.tally import Reading
from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError, UnitError
from tokscope.lexemes.counts import Code, Key, under
from tokscope.text.corpus import Corpus, Shard, Units, read
from tokscope.text.parts import Task, by_parts
from tokscope.tokenizers import Tokenizer, for_workers, have_words, loaded
from tokscope.workers import HERE, Workers

_SLOW = 7  # lexing takes about as long as encoding with so many tokenizers


@dataclass
class Found:
    """What was found in a language, or in a file."""

    counts: list[Counter[Key]]  # by tokenizer
    # identifier -> bits of the tokenizers under which it is one token wherever it stands
    names: dict[str, int] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    size: int = 0  # bytes that were read

    def join(self, other: Found) -> None:
        """Add what was found in another file."""
        for mine, more in zip(self.counts, other.counts, strict=True):
            mine.update(more)
        for name, bits in other.names.items():
            self.names[name] = self.names.get(name, bits) & bits
        self.reading.units += other.reading.units
        self.reading.skipped += other.reading.skipped
        self.reading.replaced += other.reading.replaced
        self.size += other.size


def in_corpora(
    tokenizers: Sequence[Tokenizer], corpora: Sequence[Corpus], workers: Workers = HERE
) -> Iterator[tuple[Corpus, Found]]:
    """Yield every language with what was found in it.

    Raises:
        TokscopeError: a file cannot be read, lexed or encoded, or a language has no text.
    """
    there = _there if have_words(tokenizers) else None
    times = _SLOW + len(tokenizers)
    task = Task(partial(in_file, tokenizers), there, (for_workers(tokenizers),), times)
    for corpus, parts in by_parts(corpora, task, workers):
        whole = Found([Counter() for _ in tokenizers])
        digests = []
        for _, part in parts:
            whole.join(part)
            digests.append(part.reading.digest)
        if not whole.reading.units:
            paths = ", ".join(shard.place for shard in corpus.shards[:3])
            raise TokscopeError(f"{paths}: no text in it; '{corpus.name}' has nothing to count")
        every = hashlib.sha256("\n".join(digests).encode()).hexdigest()
        whole.reading.digest = every if len(digests) > 1 else digests[0]
        yield corpus, whole


def _there(named: Sequence[tuple[str, str]], part: Shard) -> Found:
    """Look at a file in a worker."""
    return in_file([loaded(*one) for one in named], part)


def in_file(tokenizers: Sequence[Tokenizer], part: Shard) -> Found:
    """Return what is found in a file, or in a part of one that holds records.

    Raises:
        TokscopeError: it cannot be read, lexed or encoded.
    """
    found, digest = Found([Counter() for _ in tokenizers]), hashlib.sha256()
    for units in read(part):
        found.reading.units += len(units.texts)
        found.reading.skipped += units.skipped
        found.reading.replaced += units.replaced
        if units.texts:
            try:
                _add(found, tokenizers, units, part.language)
            except UnitError as error:
                raise part.error(units.lines[error.unit], str(error)) from error
        digest.update(units.raw)
        found.size += len(units.raw)
    found.reading.digest = digest.hexdigest()
    return found


def _add(found: Found, tokenizers: Sequence[Tokenizer], units: Units, language: str) -> None:
    code = Code(Text(units.texts, "unicode"), language)
    bits = np.zeros(len(code.identifiers), object)
    for k, tokenizer in enumerate(tokenizers):
        tokens = Tokens(code.text, tokenizer, tokenizer.encode(units.texts), specials=False)
        counts, whole = under(code, tokens)
        found.counts[k].update(counts)
        bits[whole] += 1 << k
    for name, own in zip(code.identifiers, bits.tolist(), strict=True):
        found.names[name] = found.names.get(name, own) & own
