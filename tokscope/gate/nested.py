"""Whether a tokenizer only joins tokens of its baseline, so that old ids keep their meaning.

It is tried on the golden strings, and on the first units of the text, where both sides hold ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.equivalence.nested import Spelled, not_nested, shortest_break
from tokscope.errors import shortened
from tokscope.gate.identity import ids_apart
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.vocabularies import changed_ids, same_ids
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Encoded
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.wording import many, some

_EXAMPLES = 3
_LONGEST = 40  # characters of text that is shown


class Law(NamedTuple):
    """What breaks the law, in words, empty if nothing does; and what was tried."""

    broken: str
    tried: str = ""


class _Tried(NamedTuple):
    """The golden strings, or the first units of a corpus, of the baseline and of the candidate."""

    name: str
    sides: tuple[Spelled, Spelled]
    broken: NDArray[np.int64]  # units

    @classmethod
    def of(cls, name: str, vocabularies: Sequence[Vocabulary], ids: Sequence[Encoded]) -> _Tried:
        base, head = map(Spelled, vocabularies, ids)
        return cls(name, (base, head), np.flatnonzero(not_nested(base, head)))

    @property
    def units(self) -> int:
        return len(self.sides[0].encoded.starts) - 1

    def example(self) -> str:
        """Show the part of the shortest of its broken units that breaks the law."""
        sizes = np.diff(self.sides[0].encoded.starts)
        unit = int(self.broken[np.argmin(sizes[self.broken])])
        old, new = shortest_break(*(side.unit(unit) for side in self.sides))
        ids = [side.encoded.ids.tolist() for side in (old, new)]
        place = f"{self.name}:{unit + 1}" if self.name else _text(self.sides[0].unit(unit))
        return f"{_text(old)} {ids_apart(*ids)} in {place}"


def _text(one: Spelled) -> str:
    text = b"".join(map(one.vocabulary.spelling, one.encoded.ids.tolist()))
    return f'"{shortened(spelled(text), _LONGEST)}"'


def law_of(head: Snapshot, base: Snapshot) -> Law:
    """Return what is more than joined tokens of the baseline, and what was tried."""
    own, other = head.identity, base.identity
    old = same_ids(own.tokens, other) if own.tokens else None
    if own.tokens is None or old is None:
        changed = changed_ids(own, other)
        return Law(f"old ids changed: {changed}" if changed else "")
    moved = [name for name, token in other.specials.items() if own.specials.get(name) != token]
    if moved:
        return Law(f"special tokens moved: {', '.join(moved[:_EXAMPLES])}")
    every = list(_ids(head, base))
    if max(int(ids[0].ids.max(initial=0)) for _, ids in every) >= old.size:
        return Law("the baseline holds ids that its tokenizer does not have; lock it again")
    golden, *text = (_Tried.of(name, (old, own.tokens), ids) for name, ids in every)
    tried = f"tried on {_tried(golden, text, head)}"
    found = _found(golden, text)
    return Law(f"{found}; {tried}" if found else "", tried)


def _ids(head: Snapshot, base: Snapshot) -> Iterator[tuple[str, list[Encoded]]]:
    """Yield ids of golden strings, without a name, and of the first units of each corpus."""
    both = base, head
    texts = base.identity.golden
    yield "", [Encoded.of([one.identity.golden.get(text, ()) for text in texts]) for one in both]
    same = head.measured.settings == base.measured.settings
    for name, sample in head.measured.samples.items() if same else ():
        other = base.measured.samples.get(name)
        first = [one.first for one in (other, sample) if one and one.digest == sample.digest]
        held = [one for one in first if one]
        if len(held) == len(both):
            units = min(len(one.starts) for one in held) - 1
            starts = [one.starts[: units + 1] for one in held]
            yield name, [Encoded(o.ids[: s[-1]], s) for o, s in zip(held, starts, strict=True)]


def _tried(golden: _Tried, text: Sequence[_Tried], head: Snapshot) -> str:
    """Say what was tried, and why no text was."""
    strings = many(golden.units, "golden string")
    samples = head.measured.samples.values()
    if not text:
        add = "the baseline holds no ids of text, which tokscope lock --update --reason TEXT adds"
        return f"{strings} alone, as {add if samples else 'no text was read'}"
    units, every = sum(one.units for one in text), sum(one.units for one in samples)
    return f"{strings} and {f'{units:,} of ' if units < every else ''}{many(every, 'unit')} of text"


def _found(golden: _Tried, text: Sequence[_Tried]) -> str:
    """Say how many golden strings and units break the law, and where the shortest do."""
    worst = sorted((one for one in text if len(one.broken)), key=lambda one: -len(one.broken))
    parts = []
    if len(golden.broken):
        parts.append(f"{len(golden.broken):,} of {many(golden.units, 'golden string')}")
    if worst:
        places = some([f"{len(one.broken):,} in {one.name}" for one in worst])
        count = f"{sum(len(one.broken) for one in worst):,} of {sum(one.units for one in text):,}"
        parts.append(f"{count} units of text ({places})")
    if not parts:
        return ""
    shown = [golden, *worst] if len(golden.broken) else worst
    examples = ", ".join(one.example() for one in shown[:_EXAMPLES])
    return f"{' and '.join(parts)} are more than joined old tokens: {examples}"
