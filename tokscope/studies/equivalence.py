"""Do two tokenizers do the same? On a corpus, and on texts made to find where they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose
from tokscope.report import Report
from tokscope.studies.counted import load_all, loaded, signed, switched_off
from tokscope.studies.fidelity import PROBES, characters
from tokscope.studies.golden import golden_strings
from tokscope.studies.reach import encode_what_can_be
from tokscope.studies.show import spelled
from tokscope.tally import Text, Tokens
from tokscope.text.corpus import Corpus, Shard, in_parts, parts_for_workers, read, work
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.tokenizers.anatomy import Anatomy, anatomy
from tokscope.workers import HERE, Workers

IDS, BYTES = "ids", "bytes"
COLUMNS = ["part", "name", "texts", "differ", "text", "first", "second", "stage", "why"]
_BATCH = 4096  # texts encoded at once
_TRIES = 2000  # of shrinking one text
_FEW = 4  # characters whose code points are shown
_NEIGHBOURS = 100  # added tokens that are tried between others
Differs = NDArray[np.bool_]


@dataclass(frozen=True)
class Mismatch:
    """A text on which two tokenizers differ, made as short as it goes."""

    category: str
    text: str
    first: str  # the segmentations
    second: str
    stage: str
    why: str


@dataclass(frozen=True)
class _Two:
    """Two tokenizers, and how they are compared."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    by: str
    named: Sequence[tuple[str, str]] = ()  # as workers know them

    @cached_property
    def parts(self) -> tuple[Anatomy, Anatomy]:
        first, second = map(anatomy, self.tokenizers)
        return first, second

    def differ(self, texts: Sequence[str]) -> Differs:
        """Tell which texts have other ids, or are cut elsewhere; (D,)."""
        first, second = (encode_what_can_be(one, texts) for one in self.tokenizers)
        if self.by == IDS:
            return _unlike(first, second)
        text = Text(texts, "unicode")
        one, other = self.tokenizers
        return _unlike(
            _cuts(Tokens(text, one, first, specials=False)),
            _cuts(Tokens(text, other, second, specials=False)),
        )

    def shrunk(self, text: str) -> str:
        """Return the text without all that the two need not have to differ.

        Source: Zeller & Hildebrandt (2002), delta debugging.
        """
        size, tries = max(len(text) // 2, 1), 0
        while tries < _TRIES:
            shorter = [text[:at] + text[at + size :] for at in range(0, len(text), size)]
            tries += len(shorter)
            found = np.flatnonzero(self.differ(shorter)).tolist() if len(text) > 1 else []
            if found:
                text = shorter[found[0]]
                size = min(size, max(len(text) // 2, 1))
            elif size == 1:
                break
            else:
                size //= 2
        return text

    def segmented(self, text: str) -> list[str]:
        """Write how each cuts a text."""
        written = []
        for tokenizer in self.tokenizers:
            ids = encode_what_can_be(tokenizer, [text]).ids.tolist()
            names = {token: name for name, token in tokenizer.vocabulary.specials.items()}
            pieces = [names.get(i) or spelled(tokenizer.vocabulary[i]) for i in ids]
            shown = "|".join(pieces) or "nothing"
            written.append(f"{shown} {ids}" if self.by == IDS else shown)
        return written

    def mismatch(self, category: str, text: str) -> Mismatch:
        short = self.shrunk(text)
        first, second = self.segmented(short)
        stage, why = self.explained(short)
        return Mismatch(category, short, first, second, stage, why)

    def explained(self, text: str) -> tuple[str, str]:
        """Return the stage where two part, and what each does there."""
        added = [found_in_text(one) for one in self.tokenizers]
        for token in sorted({**added[0], **added[1]}, key=len, reverse=True):
            if token in text and added[0].get(token) != added[1].get(token):
                flags = " / ".join(own.get(token, "none") for own in added)
                return "added tokens", f"{spelled(token.encode())}: {flags}"
        one, other = (part.prepare(text) for part in self.parts)
        left, right, spans_left, spans_right = one.text, other.text, one.spans, other.spans
        if left != right:
            return "normalizer", f"{_codes(left)} / {_codes(right)}"
        read = [_spelled(one, text) for one in self.tokenizers]
        if read[0] != read[1] and read[0].strip(b" ") == read[1].strip(b" "):
            puts = self.tokenizers[len(read[0]) < len(read[1])].name
            return "dummy prefix", f"{puts} puts a space before text"
        if spans_left != spans_right:
            pieces = (
                "|".join(spelled(left[start:end].encode()) for start, end in spans)
                for spans in (spans_left, spans_right)
            )
            return "pre-tokenizer", " / ".join(pieces)
        bpe = all("BPE" in one.family for one in self.tokenizers)
        return "merges" if bpe else "model", self.unshared(text)

    def unshared(self, text: str) -> str:
        """Name a token that one makes and the other does not."""
        produced = []
        for tokenizer in self.tokenizers:
            ids = encode_what_can_be(tokenizer, [text]).ids.tolist()
            produced.append([tokenizer.vocabulary[i] for i in ids])
        for k, other in ((0, 1), (1, 0)):
            own = max((p for p in produced[k] if p not in produced[other]), key=len, default=b"")
            if not own:
                continue
            lacks = "has the token, but no merge or score makes it here"
            if own not in _pieces(self.tokenizers[other]):
                lacks = "has no such token"
            return f"{spelled(own)}: {self.tokenizers[other].name} {lacks}"
        return "the same tokens, under other ids"


def _spelled(tokenizer: Tokenizer, text: str) -> bytes:
    """Return the bytes of all tokens of a text."""
    return tokenizer.vocabulary.spell(encode_what_can_be(tokenizer, [text]).ids).tobytes()


def _codes(text: str) -> str:
    """Write a text, and its code points where it is short: letters may look alike.

    >>> _codes("é")
    'é (U+00E9)'
    """
    codes = " ".join(f"U+{ord(char):04X}" for char in text)
    shown = spelled(text.encode())
    return f"{shown} ({codes})" if 0 < len(text) <= _FEW else shown


def _pieces(tokenizer: Tokenizer) -> set[bytes]:
    return {tokenizer.vocabulary[i] for i in range(tokenizer.vocabulary.size)}


def _unlike(first: Encoded, second: Encoded) -> Differs:
    """Tell which units are not the same; (D,)."""
    sizes = np.diff(first.starts)
    unlike: Differs = sizes != np.diff(second.starts)
    if not unlike.any() and np.array_equal(first.ids, second.ids):
        return unlike
    for unit in np.flatnonzero(~unlike & (sizes > 0)).tolist():
        one, other = first.starts[unit], second.starts[unit]
        size = sizes[unit]
        same = np.array_equal(first.ids[one : one + size], second.ids[other : other + size])
        unlike[unit] = not same
    return unlike


def _cuts(tokens: Tokens) -> Encoded:
    """Return where units are cut inside, each place once: in bytes, counted from the unit."""
    unit = np.repeat(np.arange(len(tokens.text.texts)), tokens.counts)
    place = tokens.cuts - tokens.text.edges[unit]
    keys = np.unique(np.stack((unit, place), axis=1)[place > 0], axis=0)
    counts = np.bincount(keys[:, 0], minlength=len(tokens.text.texts))
    return Encoded(keys[:, 1].astype(np.int32), np.append(0, np.cumsum(counts)))


def found_in_text(tokenizer: Tokenizer) -> Mapping[str, str]:
    """Return the added tokens that are found in text, with how they are found."""
    part = json.loads(tokenizer.components().get("added_tokens", "[]"))
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    found = {
        str(token["content"]): ", ".join(flag for flag in flags if token.get(flag)) or "as it is"
        for token in part
        if not token["special"]
    }
    if part or tokenizer.components().get("added_tokens"):
        return found
    return {one.text: "as it is" for one in anatomy(tokenizer).added if not one.special}


# Texts


def texts_of(
    tokenizers: Sequence[Tokenizer], fuzz: int, seed: int
) -> Iterator[tuple[str, list[str]]]:
    """Yield texts by category: what tokenizers often do differently, then mixtures of tokens."""
    specials = [name for one in tokenizers for name in one.vocabulary.specials]
    edges = [*golden_strings(specials), *PROBES.values()]
    yield "edge cases", [text for text in edges if text]
    words = sorted(set().union(*map(_texts, tokenizers)))
    yield "vocabulary", [text for word in words for text in (word, f" {word}", f"a{word}a")]
    yield "code points", [text for char in characters() for text in (char, f"a{char}b")]
    ascii_ = [chr(code) for code in range(0x20, 0x7F)]
    pairs = [a + b for a, b in product(ascii_, repeat=2)]
    yield "ASCII pairs", [text for pair in pairs for text in (pair, f" {pair} ")]
    yield (
        "apostrophes",
        [
            f"{before}{mark}{letters}{behind}"
            for before, mark, behind in product(
                ("", "a", "A", " ", "1", "é"), "'’", ("", "a", " ", "!")
            )
            for letters in (*_ENDINGS, *(ending.upper() for ending in _ENDINGS))
        ],
    )
    added = sorted({text for one in tokenizers for text in found_in_text(one)})[:_NEIGHBOURS]
    around = list(product(("", "a", " ", "\n", "."), repeat=2))
    yield (
        "added tokens",
        [f"{a}{text}{b}" for text in added for a, b in around]
        + [one + other for one, other in product(added[:20], repeat=2)],
    )
    yield "mixtures", list(_mixtures(words, fuzz, seed))


_ENDINGS = ("s", "t", "re", "ve", "m", "ll", "d", "x", "sa", "")


def _texts(tokenizer: Tokenizer) -> set[str]:
    """Return the tokens that are text."""
    vocabulary = tokenizer.vocabulary
    tokens = np.flatnonzero((vocabulary.lengths > 0) & ~vocabulary.incomplete)
    return {vocabulary[i].decode() for i in tokens.tolist()}


def _mixtures(words: Sequence[str], fuzz: int, seed: int) -> Iterator[str]:
    draw = np.random.default_rng(seed)
    for size in draw.integers(2, 13, fuzz).tolist():
        yield "".join(words[i] for i in draw.integers(0, len(words), size).tolist())


def equiv(
    first: str,
    second: str,
    corpora: Sequence[Corpus] = (),
    *,
    by: str = IDS,
    fuzz: int = 10_000,
    seed: int = 0,
    top: int = 5,
    workers: Workers = HERE,
) -> Report:
    """Return whether two tokenizers give the same ids, or cut the same bytes, on every text tried.

    Args:
        first: a tokenizer, as `[LABEL=]SPEC`.
        second: another one.
        corpora: text to compare them on.
        by: "ids", or "bytes" where ids differ by design.
        fuzz: random mixtures of tokens, after texts of seven kinds; 0 for the corpora alone.
        seed: of the mixtures.
        top: mismatches that are shrunk and explained, from different categories first.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: part (category, mismatch), name (of the category), texts, differ (how many of them),
    text (shrunk), first, second (segmentations), stage (where they part), why.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or there is nothing to compare on.
    """
    choose({IDS: 0, BYTES: 0}, by, "way to compare --by")
    if not corpora and not fuzz:
        raise TokscopeError("--fuzz 0 leaves no text to compare on; name a --corpus")
    for option, number, least in (("fuzz", fuzz, 0), ("seed", seed, 0), ("top", top, 1)):
        if number < least:
            raise TokscopeError(f"--{option} {number}: write a number from {least} up")
    one, other = load_all([first, second])
    named = [(first, one.fingerprint), (second, other.fingerprint)]
    two = _Two((one, other), by, named)
    tried = [*_on_corpora(two, corpora, top, workers), *_on_made(two, fuzz, seed, top)]
    examples = {one.name: one.examples for one in tried}
    found = _explained(two, examples, top)
    rows = [("category", o.name, o.texts, o.differ, "", "", "", "", "") for o in tried]
    rows += [
        ("mismatch", m.category, 1, 1, m.text, m.first, m.second, m.stage, m.why) for m in found
    ]
    differ = sum(one.differ for one in tried)
    return _report(two, (first, second), rows, differ, f"fuzz:{fuzz}|seed:{seed}")


@dataclass
class _Tried:
    """How many texts of one category were tried, and the first on which two tokenizers differ."""

    name: str
    texts: int = 0
    differ: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, two: _Two, texts: Sequence[str], top: int) -> None:
        """Try more texts."""
        unlike = np.flatnonzero(two.differ(texts)).tolist() if texts else []
        found = [texts[i] for i in unlike[:top]]
        self.join(_Tried(self.name, len(texts), len(unlike), found), top)

    def join(self, other: _Tried, top: int) -> None:
        """Take in what was tried after this."""
        self.texts += other.texts
        self.differ += other.differ
        self.examples = [*self.examples, *other.examples][:top]


def _on_corpora(
    two: _Two, corpora: Sequence[Corpus], top: int, workers: Workers
) -> Iterator[_Tried]:
    """Try every unit of corpora."""
    corpora = list(map(in_parts, corpora))
    if workers.are_worth(2 * work(corpora)):
        parts = parts_for_workers(corpora)
        made = workers.map(_tried_there, [(two.named, two.by, part, top) for part in parts])
    else:
        shards = (part for corpus in corpora for part in corpus.shards)
        made = (_tried(two, part, top) for part in shards)
    for corpus in corpora:
        found = _Tried(f"corpus {corpus.name}")
        for _, (tried, size) in zip(corpus.shards, made, strict=False):  # others follow
            found.join(tried, top)
            workers.advance(size)
        yield found


def _tried(two: _Two, part: Shard, top: int) -> tuple[_Tried, int]:
    """Try every unit of a part of a corpus; return also how many bytes it has."""
    found, size = _Tried(""), 0
    for units in read(part):
        found.add(two, units.texts, top)
        size += len(units.raw)
    return found, size


def _tried_there(
    named: Sequence[tuple[str, str]], by: str, part: Shard, top: int
) -> tuple[_Tried, int]:
    """Try a part of a corpus in a worker."""
    one, other = (loaded(*name) for name in named)
    return _tried(_Two((one, other), by), part, top)


def _on_made(two: _Two, fuzz: int, seed: int, top: int) -> Iterator[_Tried]:
    """Try texts that are made."""
    for name, texts in texts_of(two.tokenizers, fuzz, seed) if fuzz else ():
        found = _Tried(name)
        for start in range(0, len(texts), _BATCH):
            found.add(two, texts[start : start + _BATCH], top)
        yield found


def _explained(two: _Two, examples: Mapping[str, Sequence[str]], top: int) -> list[Mismatch]:
    """Shrink and explain some mismatches, each once, in turn from every category."""
    found: dict[str, Mismatch] = {}
    longest = max(map(len, examples.values()), default=0)
    turns = [
        (name, texts[k])
        for k in range(longest)
        for name, texts in examples.items()
        if k < len(texts)
    ]
    for name, text in turns:
        if len(found) == top:
            break
        mismatch = two.mismatch(name, text)
        found.setdefault(mismatch.text, mismatch)
    return list(found.values())


def _report(
    two: _Two, words: Sequence[str], rows: Sequence[tuple[object, ...]], differ: int, made: str
) -> Report:
    one, other = two.tokenizers
    what = "the same ids" if two.by == IDS else "the same cuts"
    title = f"{one.name} and {other.name}: {what} on every text tried"
    if differ:
        title = f"{one.name} and {other.name} differ on {differ:,} texts"
    frame = pd.DataFrame(rows, columns=COLUMNS)
    signature = signed(words, two.tokenizers, f"by:{two.by}", made)
    apart = "texts are compared without special tokens, which are text here"
    notes = (apart, *switched_off(two.tokenizers))
    return Report("equiv", title, frame, notes, signature)


def differs(report: Report) -> bool:
    """Tell whether any text was found on which the two differ."""
    return bool((report.frame["part"] == "mismatch").any())


def tables(report: Report) -> list[Report]:
    """Return what people read: texts by category, then each mismatch with both segmentations."""
    frame = report.frame
    categories = frame[frame["part"] == "category"]
    shown = categories[["name", "texts", "differ"]].rename(columns={"name": "category"})
    views = [Report("equiv", report.title, shown)]
    for _, row in frame[frame["part"] == "mismatch"].iterrows():
        facts = {
            "stage": row["stage"],
            "why": row["why"],
            "first": row["first"],
            "second": row["second"],
        }
        title = f'Mismatch in {row["name"]}: "{spelled(row["text"].encode())}"'
        views.append(
            Report("equiv", title, pd.DataFrame({"they part at": facts.keys(), "": facts.values()}))
        )
    last = views[-1]
    views[-1] = Report("equiv", last.title, last.frame, report.notes, report.signature)
    return views
