"""What becomes of the tokens of text that is cut at a place.

`enc` gives the tokens of a text. At a place i of a text s, the prefix is *stable* if enc(s[:i]) is
a prefix of enc(s). A cut is *safe* if enc(s[:i]) + enc(s[i:]) = enc(s). *Given up* are the tokens
of enc(s[:i]) behind the longest common prefix with enc(s).

A text is taken apart at its seams. What holds at a place depends on the part around it alone, and
parts come up again and again: each is looked at once, by encoding all its prefixes and suffixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.seams import SURE, Flags, Seams, repeating
from tokscope.errors import UnitError
from tokscope.tokenizers import Encoded, Tokenizer, tokens_of
from tokscope.tokenizers.remembered import Remembered

Counts = NDArray[np.int64]
# Characters of a part; longer ones are left out, since all their prefixes would take too long.
LONGEST = 1_000
_AT_ONCE = 4_000_000  # characters of prefixes and suffixes
_STRINGS = 20_000  # for one call of a tokenizer, whose library holds a lot for each
_MOST = 1_000_000  # places that are remembered
_BEGIN = "\n"  # before a part that begins a text; no seam is behind a line feed


class Judged(NamedTuple):
    """What holds at P places."""

    stable: Flags
    safe: Flags
    given_up: Counts
    known: Flags  # false inside parts that are too long
    beyond: Flags  # the prefix has all tokens of its part and more, so what follows decides

    @classmethod
    def unknown(cls, places: int) -> Judged:
        """Return that nothing is known of some places."""
        no, zero = np.zeros(places, bool), np.zeros(places, np.int64)
        return cls(no, no, zero, no, no)

    @classmethod
    def join(cls, some: Sequence[Judged]) -> Judged:
        """Return what holds at the places of each, one after the other."""
        return cls(*map(np.concatenate, zip(*some, strict=True)))

    def at(self, places: Counts | Flags) -> Judged:
        """Return what holds at some of the places."""
        one = self
        return Judged(
            one.stable[places],
            one.safe[places],
            one.given_up[places],
            one.known[places],
            one.beyond[places],
        )


class Part(NamedTuple):
    """A part of a text, a character that may stand before it, and places inside it."""

    before: str  # of which the tokens are not counted; empty where text begins
    text: str
    places: Sequence[int]


@dataclass
class Places:
    """What holds at the places of text under a tokenizer, and what is remembered of its parts."""

    seams: Seams
    numbers: dict[str, int] = field(default_factory=dict)  # what is before a part, and it -> number
    starts: Counts = field(default_factory=lambda: np.zeros(1, np.int64))  # of the places of each
    judged: Judged = field(default_factory=lambda: Judged.unknown(0))

    def of(self, texts: Sequence[str]) -> Judged:
        """Return what holds before each character of texts, one text after the other.

        Raises:
            UnitError: the tokenizer cannot encode a part of a text.
        """
        begins, joined = _begins(texts), "".join(texts)
        seams = self._inside(texts)
        found = self._of(joined, begins, seams)
        if found.beyond.any():
            odd = np.searchsorted(begins, np.flatnonzero(found.beyond), "right") - 1
            for unit in np.unique(odd).tolist():
                seams[begins[unit] : begins[unit + 1]] = False
            found = self._of(joined, begins, seams)
        return found

    def between(self, texts: Sequence[str], gaps: Sequence[str]) -> Judged:
        """Return what holds before each gap between lines and behind each character of it.

        `gaps[i]` stands between texts i and i + 1; if it is empty, they are not joined. The second
        text ends in a line feed.
        """
        begins, joined = _begins(texts), "".join(texts)
        seams = np.flatnonzero(self._inside(texts))
        first, last = np.searchsorted(seams, begins[:-1]), np.searchsorted(seams, begins[1:])
        near: list[Part] = []
        whole: list[Part] = []
        for i in (i for i, gap in enumerate(gaps) if gap):
            start = int(seams[last[i] - 1]) if last[i] > first[i] else int(begins[i])
            inside = last[i + 1] > first[i + 1]
            stop = int(seams[first[i + 1]]) if inside else int(begins[i + 2])
            before = self._before(joined, start) if start > begins[i] else _BEGIN
            left, right = joined[start : begins[i + 1]], joined[begins[i + 1] : stop]
            near.append(_joint(before, left, gaps[i], right if inside else f"{right}\n"))
            whole.append(_joint(_BEGIN, texts[i], gaps[i], f"{texts[i + 1]}\n"))
        found = self._distinct(near)
        if found.beyond.any():
            begins = _begins([part.places for part in near])
            odd = np.logical_or.reduceat(found.beyond, begins[:-1]).tolist()
            pairs = zip(odd, near, whole, strict=True)
            found = self._distinct([two if is_odd else one for is_odd, one, two in pairs])
        return found

    def _inside(self, texts: Sequence[str]) -> Flags:
        """Tell before which characters of texts there is a seam inside a text."""
        seams = self.seams.inside("".join(texts))
        begins = _begins(texts)
        for unit in np.flatnonzero(self.seams.turning(texts)).tolist():
            seams[begins[unit] : begins[unit + 1]] = self.seams.inside(texts[unit], SURE)
        seams[begins[begins < len(seams)]] = False
        if self.seams.adds_scores:
            odd = repeating(texts) & (np.diff(begins) <= LONGEST)
            seams[np.repeat(odd, np.diff(begins))] = False
        return seams

    def _of(self, joined: str, begins: Counts, seams: Flags) -> Judged:
        first = np.zeros(len(joined) + 1, bool)
        first[begins] = True
        starts = np.flatnonzero(first[:-1] | seams)
        edges = [*starts.tolist(), len(joined)]
        keys = [
            (_BEGIN if is_first else self._before(joined, start)) + joined[start:end]
            for start, end, is_first in zip(edges, edges[1:], first[starts].tolist(), strict=False)
        ]
        self._learn(keys, begins, starts)
        numbers = np.fromiter(map(self.numbers.__getitem__, keys), np.int64, len(keys))
        return self.judged.at(tokens_of(self.starts, numbers))

    def _before(self, joined: str, start: int) -> str:
        """Return what stands for the text before a seam: as few characters as possible."""
        if self.seams.anew:
            return _BEGIN
        return "a" if joined[start] == " " and self.seams.spaces_alike else joined[start - 1]

    def _learn(self, keys: Sequence[str], begins: Counts, starts: Counts) -> None:
        """Look at the parts that are new."""
        if len(self.judged.stable) > _MOST:
            self.numbers, self.starts = {}, np.zeros(1, np.int64)
            self.judged = Judged.unknown(0)
        new = [key for key in dict.fromkeys(keys) if key not in self.numbers]
        if not new:
            return
        parts = [_part(key[0], key[1:], range(len(key) - 1)) for key in new]
        try:
            judged = self._judged(parts)
        except UnitError as error:
            place = int(starts[keys.index(new[self._failing(parts)])])
            unit = int(np.searchsorted(begins, place, "right")) - 1
            raise UnitError(str(error), unit) from error
        self.numbers |= {key: len(self.numbers) + i for i, key in enumerate(new)}
        ends = self.starts[-1] + np.cumsum([len(part.places) for part in parts])
        self.starts = np.append(self.starts, ends)
        self.judged = Judged.join((self.judged, judged))

    def _failing(self, parts: Sequence[Part]) -> int:
        """Return the first part that the tokenizer cannot encode."""
        for i, part in enumerate(parts):
            try:
                self._judged([part])
            except UnitError:
                return i
        return 0

    def _distinct(self, parts: Sequence[Part]) -> Judged:
        """Return what holds at the places of parts; those that are alike are judged once."""
        numbers = {part: i for i, part in enumerate(dict.fromkeys(parts))}
        judged = self._judged(list(numbers))
        home = np.array([numbers[part] for part in parts], np.int64)
        return judged.at(tokens_of(_begins([part.places for part in numbers]), home))

    def _judged(self, parts: Sequence[Part]) -> Judged:
        """Return what holds at the places of parts."""
        return Judged.join([Judged.unknown(0), *map(self._judge, _groups(parts))])

    def _judge(self, parts: Sequence[Part]) -> Judged:
        """Return what holds at the places of a few parts."""
        if len(parts[0].text) > LONGEST:
            return Judged.unknown(sum(len(part.places) for part in parts))
        strings: dict[str, int] = {}

        def number(text: str) -> int:
            return strings.setdefault(text, len(strings))

        rows = [(number(part.before), number(part.before + part.text)) for part in parts]
        prefix = np.array(
            [number(one + text[:at]) for one, text, places in parts for at in places], np.int64
        )
        tokens = _Tokens(self._encoded(list(strings)))
        sizes = [len(part.places) for part in parts]
        before, whole = np.array(rows, np.int64).repeat(sizes, axis=0).T
        common, counts = tokens.common(prefix, whole), tokens.counts
        stable = common == counts[prefix]
        beyond = (common == counts[whole]) & ~stable | (common < counts[before])
        safe = stable.copy()
        if stable.any():  # else no cut is safe, whatever the suffixes are
            behind = (text[at:] for _, text, places in parts for at in places)
            own = compress(behind, stable.tolist())
            suffix = np.fromiter(map(number, own), np.int64, int(stable.sum()))
            tokens = tokens.and_more(self._encoded(list(strings)[len(counts) :]))
            safe[stable] = tokens.join(prefix[stable], suffix, whole[stable])
        return Judged(stable, safe, counts[prefix] - common, np.ones(len(stable), bool), beyond)

    def _encoded(self, strings: Sequence[str]) -> Encoded:
        """Return the tokens of strings, a few of them at a time."""
        if not strings:
            return Encoded.of([])
        tokenizer, specials = self.seams.tokenizer, self.seams.specials
        some = [
            tokenizer.encode(strings[i : i + _STRINGS], specials=specials)
            for i in range(0, len(strings), _STRINGS)
        ]
        sizes = np.concatenate([np.diff(one.starts) for one in some])
        ids = np.concatenate([one.ids for one in some])
        return Encoded(ids, np.append(0, np.cumsum(sizes)))


class _Tokens(NamedTuple):
    """The tokens of strings."""

    encoded: Encoded

    @property
    def counts(self) -> Counts:
        """The number of tokens of each string."""
        return np.diff(self.encoded.starts)

    def and_more(self, encoded: Encoded) -> _Tokens:
        """Return the tokens of these strings and of others behind them."""
        ids, starts = self.encoded.ids, self.encoded.starts
        starts = np.append(starts, starts[-1] + encoded.starts[1:])
        return _Tokens(Encoded(np.append(ids, encoded.ids), starts))

    def join(self, prefix: Counts, suffix: Counts, whole: Counts) -> Flags:
        """Tell which suffixes are all that follows in a whole behind the tokens of a prefix."""
        sizes = self.counts
        found = sizes[prefix] + sizes[suffix] == sizes[whole]
        own, place = suffix[found], whole[found]
        found[found] = self.common(own, place, sizes[prefix[found]]) == sizes[own]
        return found

    def common(self, some: Counts, others: Counts, skipped: Counts | int = 0) -> Counts:
        """Return how many tokens are common at the beginning of strings and of other ones.

        `skipped` tokens of the others are not looked at.
        """
        ids, starts = self.encoded.ids, self.encoded.starts
        length = np.minimum(self.counts[some], self.counts[others] - skipped)
        ends = np.cumsum(length)
        place = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - length, length)
        one = ids[np.repeat(starts[some], length) + place]
        other = ids[np.repeat(starts[others] + skipped, length) + place]
        found = length.copy()
        full = np.flatnonzero(length)
        if len(full):
            first = np.where(one == other, len(place), place)
            least = np.minimum.reduceat(first, (ends - length)[full])
            found[full] = np.minimum(least, length[full])
        return found


def _begins(some: Sequence[Sized]) -> Counts:
    """Return where each begins in all of them together, and where the last one ends."""
    return np.cumsum([0, *map(len, some)], dtype=np.int64)


def _part(before: str, text: str, places: Sequence[int]) -> Part:
    return Part("" if before == _BEGIN else before, text, places)


def _joint(before: str, left: str, gap: str, right: str) -> Part:
    return _part(before, left + gap + right, range(len(left), len(left + gap) + 1))


def _groups(parts: Sequence[Part]) -> Iterator[Sequence[Part]]:
    """Yield parts in groups that are encoded at once; those that are too long alone."""
    group: list[Part] = []
    size = 0
    for part in parts:
        too_long = len(part.text) > LONGEST
        if group and (too_long or size > _AT_ONCE):
            yield group
            group, size = [], 0
        if too_long:
            yield [part]
            continue
        group.append(part)
        size += len(part.text) * len(part.places)
    if group:
        yield group


@Remembered
def places_of(tokenizer: Tokenizer, *, specials: bool = False) -> Places:
    """Return the places of a tokenizer, with what is remembered of text that it has seen."""
    return Places(Seams(tokenizer, specials))
