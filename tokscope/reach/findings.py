"""What is broken or suspicious in a tokenizer, rule by rule."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from pathlib import Path

import numpy as np
import regex

from tokscope.errors import TokscopeError, shortened
from tokscope.reach.causes import Causes, causes
from tokscope.reach.fidelity import LOST, NORMALISED, UNKNOWN, lacking_bytes, outcomes, sweep
from tokscope.reach.probes import PROBES, characters
from tokscope.reach.search import AtHand, sample
from tokscope.reading import content
from tokscope.text.spelled import spelled as written
from tokscope.tokenizers import Tokenizer, parse
from tokscope.tokenizers.anatomy import Anatomy, anatomy_of
from tokscope.tokenizers.tokenizer_json import added_twice, as_written, broken_merges
from tokscope.tokenizers.vocabulary import Vocabulary

EXAMPLES = 5  # examples of a finding
_MOST = 600_000  # ids at most, since each is tried in many texts
_LONG = 64  # bytes; people should look at tokens from this length on
_BY_CAUSE = {
    "normalizer": "TS401",
    "pretokenizer": "TS402",
    "merges": "TS403",
    "shadowed": "TS404",
    "duplicate": "TS405",
    "not found": "TS406",
    "never valid UTF-8": "TS407",
}
# The least bytes of what is looked for, and an expression that finds it and matches no line feed
REVIEW = {
    "TS441": (3, regex.compile(r"https?:|://|www\.|\.(?:com|org|net|html|php)\b")),
    "TS442": (8, regex.compile(r"(.)\1{7,}")),
    "TS443": (12, regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー、。]{4,}")),
}


@dataclass(frozen=True)
class Finding:
    """The result of one rule."""

    code: str
    count: int
    unit: str
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Subject:
    """A tokenizer, and what is known about it."""

    tokenizer: Tokenizer
    at_hand: AtHand = field(default_factory=sample)  # texts to search for tokens

    @cached_property
    def parts(self) -> Anatomy:
        """The parts of the tokenizer."""
        return anatomy_of(self.tokenizer)

    @cached_property
    def causes(self) -> Causes:
        """Why each token exists, and whether text can produce it."""
        return causes(self.tokenizer, self.parts, self.at_hand)

    @cached_property
    def sweep(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The outcome of each character."""
        return sweep(self.tokenizer, self.parts)

    def lost(self) -> list[str]:
        """Return texts that do not come back: all probes, and the first characters."""
        probes = list(PROBES.values())
        results = outcomes(self.tokenizer, self.parts, probes)
        own = np.flatnonzero(self.sweep == LOST)[:EXAMPLES].tolist()
        texts = [text for text, result in zip(probes, results, strict=True) if result == LOST]
        return [*texts, *(characters()[i] for i in own)]

    def tokens(self, code: str, ids: Iterable[int]) -> Finding:
        """Return a finding about tokens."""
        ordered = sorted(ids)
        vocabulary = self.tokenizer.vocabulary
        examples = [f"{i} {_text(vocabulary[i])}" for i in ordered[:EXAMPLES]]
        return Finding(code, len(ordered), "tokens", examples)


def _fidelity(subject: Subject) -> Iterator[Finding]:
    """Find bytes without tokens and text that does not come back."""
    missing = lacking_bytes(subject.tokenizer.vocabulary)
    yield Finding("TS301", len(missing), "bytes", [f"0x{byte:02X}" for byte in missing])
    probes = outcomes(subject.tokenizer, subject.parts, list(PROBES.values()))
    names = np.array(list(PROBES))
    text = characters()
    for code, wanted in (("TS302", UNKNOWN), ("TS303", LOST), ("TS304", NORMALISED)):
        own = np.flatnonzero(subject.sweep == wanted).tolist()
        examples = [
            *names[probes == wanted].tolist(),
            *(written(text[i].encode()) for i in own[:EXAMPLES]),
        ]
        yield Finding(code, len(own) + int((probes == wanted).sum()), "texts", examples)


def _vocabulary(subject: Subject) -> Iterator[Finding]:
    """Find unreachable tokens, ids without meaning, and tokens that people should look at."""
    for cause, code in _BY_CAUSE.items():
        yield subject.tokens(code, subject.causes.of(cause).tolist())
    yield subject.tokens("TS413", subject.parts.orphans.tolist())
    missing = subject.parts.missing.tolist()
    yield Finding("TS431", len(missing), "ids", [str(i) for i in missing])
    yield from _size(subject)
    vocabulary = subject.tokenizer.vocabulary
    for code, ids in reviewed(vocabulary):
        yield subject.tokens(code, ids)
    lengths, pieces = vocabulary.lengths, vocabulary.pieces
    yield _longest(subject, "TS444", np.flatnonzero(lengths > _LONG).tolist())
    yield _longest(subject, "TS445", [i for i, piece in enumerate(pieces) if piece.isspace()])


def reviewed(vocabulary: Vocabulary) -> Iterator[tuple[str, set[int]]]:
    """Yield the tokens that hold an address, a long repetition, or text of scripts without spaces.

    Only those are searched that have the bytes for it: decoding makes none of them longer.
    """
    for code, (least, search) in REVIEW.items():
        long = np.flatnonzero(vocabulary.lengths >= least)
        texts = [vocabulary[i].decode(errors="replace") for i in long.tolist()]
        ends = np.cumsum([len(text) + 1 for text in texts])
        places = [match.start() for match in search.finditer("\n".join(texts))]
        yield code, set(long[np.searchsorted(ends, places, side="right")].tolist())


def _longest(subject: Subject, code: str, ids: Sequence[int]) -> Finding:
    """Return a finding about tokens that gives the longest as examples, with their bytes."""
    vocabulary = subject.tokenizer.vocabulary
    first = sorted(ids, key=lambda i: (-vocabulary.lengths[i], i))[:EXAMPLES]
    sizes = [int(vocabulary.lengths[i]) for i in first]
    units = ["byte" if size == 1 else "bytes" for size in sizes]
    examples = [
        f"{i} ({size} {unit}) {_text(vocabulary[i])}"
        for i, size, unit in zip(first, sizes, units, strict=True)
    ]
    return Finding(code, len(ids), "tokens", examples)


def _text(piece: bytes) -> str:
    """Write a token for people; long tokens are cut."""
    return shortened(written(piece), 24)


def _merges(subject: Subject) -> Iterator[Finding]:
    """Find merges that never apply because no merge makes a part of them."""
    merges = subject.parts.merges
    made = np.ones(subject.tokenizer.vocabulary.size, bool)
    made[subject.parts.orphans] = False
    dead = np.zeros(len(merges), bool)
    while len(merges):
        dead = ~(made[merges[:, 0]] & made[merges[:, 1]])
        lost = np.setdiff1d(merges[dead, 2], merges[~dead, 2])
        if not made[lost].any():
            break
        made[lost] = False
    vocabulary = subject.tokenizer.vocabulary
    pairs = merges[dead][:EXAMPLES].tolist()
    examples = [f"{written(vocabulary[a])} + {written(vocabulary[b])}" for a, b, _ in pairs]
    yield Finding("TS412", int(dead.sum()), "merges", examples)


def _added(subject: Subject) -> Iterator[Finding]:
    """Find added tokens that overlap, and added tokens that text can spell."""
    spec, added = subject.tokenizer.spec, subject.parts.added
    twice = added_twice(as_written(spec.place)) if spec.kind == "file" else []
    yield Finding("TS421", len(twice), "added tokens", twice)
    inside = sorted(set(_overlapping(list(dict.fromkeys(one.text for one in added)))))
    yield Finding("TS422", len(inside), "pairs", [f"{a} in {b}" for a, b in inside])
    specials = subject.tokenizer.vocabulary.specials
    unknown = subject.tokenizer.vocabulary.unknown  # any unknown word produces it
    names = [name for name, token in specials.items() if name and token != unknown]
    encoded = subject.tokenizer.encode(names)
    produced = [
        name
        for i, name in enumerate(names)
        if specials[name] in encoded.ids[encoded.starts[i] : encoded.starts[i + 1]]
    ]
    yield Finding("TS423", len(produced), "special tokens", produced)
    spelled = [one.text for one in added if one.special]
    yield Finding("TS424", len(spelled), "special tokens", spelled)


def _overlapping(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield texts with one that contains them; if there are very many, only at its ends."""
    if len(texts) <= 1000:
        yield from ((a, b) for a, b in permutations(texts, 2) if a and a in b)
        return
    known = set(texts)
    for text in texts:
        for k in range(1, len(text)):
            yield from ((part, text) for part in (text[:k], text[k:]) if part in known)


def _size(subject: Subject) -> Iterator[Finding]:
    """Compare the ids with `vocab_size` in the config.json next to the file, if it exists."""
    rows, size = _rows_of_model(subject.tokenizer.spec.place), subject.tokenizer.vocabulary.size
    if rows is not None:
        said = [f"config.json says {rows:,}; the largest id is {size - 1:,}"]
        yield Finding("TS432", max(size - rows, 0), "ids", said)
        yield Finding("TS433", max(rows - size, 0), "rows", said)


def _rows_of_model(place: str) -> int | None:
    path = Path(place).expanduser()
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not place or not path.exists() or not config.is_file():
        return None
    try:
        settings = json.loads(content(config))
        settings = {**settings, **settings.get("text_config", {})}
        size = settings.get("vocab_size")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise TokscopeError(
            f"{config}: not the settings of a model ({error}); mend it, or move it away"
        ) from error
    return size if isinstance(size, int) else None


def all_findings(subject: Subject) -> list[Finding]:
    """Return the result of every rule, even if it found nothing."""
    return [*_fidelity(subject), *_vocabulary(subject), *_merges(subject), *_added(subject)]


def findings(tokenizer: Tokenizer) -> list[Finding]:
    """Return what an audit without text finds in a tokenizer."""
    require_size(tokenizer)
    return [found for found in all_findings(Subject(tokenizer)) if found.count]


def broken_file(word: str) -> list[Finding]:
    """Find merges that prevent a file from being loaded."""
    spec = parse(word)
    merges = broken_merges(as_written(spec.place)) if spec.kind == "file" else []
    examples = [" + ".join(map(written, (a.encode(), b.encode()))) for a, b in merges]
    return [Finding("TS411", len(merges), "merges", examples)] if merges else []


def require_size(tokenizer: Tokenizer) -> None:
    """Raise TokscopeError if a vocabulary is too large to try every token."""
    size = tokenizer.vocabulary.size
    if size > _MOST:
        raise TokscopeError(
            f"{tokenizer.name}: {size:,} ids, and an audit looks at no more than {_MOST:,}"
        )
