"""What in a vocabulary is broken? A cause for every token, and findings with codes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import regex

from tokscope.errors import TokscopeError, shortened
from tokscope.measures.frequency import unseen_under_zipf
from tokscope.reading import content
from tokscope.report import Report
from tokscope.rules import AUDITED, RULES, SEVERITIES, at_least, chosen
from tokscope.studies.causes import CAUSES, WHOLE_ONLY, Causes, causes
from tokscope.studies.composition import pieces_of
from tokscope.studies.counted import (
    Counted,
    assumptions,
    count,
    load_all,
    signed,
    switched_off,
)
from tokscope.studies.fidelity import (
    LOST,
    NORMALISED,
    OUTCOMES,
    PROBES,
    UNKNOWN,
    by_script,
    characters,
    missing_bytes,
    outcomes,
    sweep,
)
from tokscope.studies.languages import types_of
from tokscope.studies.reach import CONTEXTS, NEAR, AtHand, at_hand, sample
from tokscope.studies.show import spelled as written
from tokscope.tally import TYPES, Counting
from tokscope.text.corpus import Corpus
from tokscope.tokenizers import Tokenizer, parse
from tokscope.tokenizers.anatomy import Anatomy, anatomy
from tokscope.tokenizers.tokenizer_json import added_twice, as_written, broken_merges
from tokscope.workers import HERE, Workers

COLUMNS = ["tokenizer", "by", "name", "code", "severity", "value", "unit", "examples"]
EXAMPLES = 5  # of a finding
SHOWN = 25  # tokens of a table
_MOST = 600_000  # ids, each of which is tried in many texts
_LONG = 64  # bytes of a token that people should look at
_BY_CAUSE = {
    "normalizer": "TS401",
    "pretokenizer": "TS402",
    "merges": "TS403",
    "shadowed": "TS404",
    "duplicate": "TS405",
    "not found": "TS406",
    "never valid UTF-8": "TS407",
}
_REVIEW = {
    "TS441": regex.compile(r"https?:|://|www\.|\.(?:com|org|net|html|php)\b"),
    "TS442": regex.compile(r"(.)\1{7,}"),
    "TS443": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー、。]{4,}"),
}
_EXPLAIN = "tokscope explain CODE says what a finding means and what helps; --tokens lists tokens"


@dataclass(frozen=True)
class Finding:
    """What was found under one rule."""

    code: str
    count: int
    unit: str
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class _Subject:
    """A tokenizer, and what was found out about it."""

    word: str
    tokenizer: Tokenizer
    at_hand: AtHand = field(default_factory=sample)  # where tokens are looked for

    @cached_property
    def parts(self) -> Anatomy:
        return anatomy(self.tokenizer)

    @cached_property
    def causes(self) -> Causes:
        return causes(self.tokenizer, self.parts, self.at_hand)

    @cached_property
    def sweep(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return sweep(self.tokenizer, self.parts)

    def tokens(self, code: str, ids: Iterable[int]) -> Finding:
        """Return a finding about tokens."""
        found = sorted(ids)
        vocabulary = self.tokenizer.vocabulary
        examples = [f"{i} {_text(vocabulary[i])}" for i in found[:EXAMPLES]]
        return Finding(code, len(found), "tokens", examples)


def _fidelity(subject: _Subject) -> Iterator[Finding]:
    """Find bytes without tokens and text that does not come back."""
    missing = missing_bytes(subject.tokenizer.vocabulary)
    yield Finding("TS301", len(missing), "bytes", [f"0x{byte:02X}" for byte in missing])
    probes = outcomes(subject.tokenizer, subject.parts, list(PROBES.values()))
    names = np.array(list(PROBES))
    text = np.array(list(characters()))
    for code, wanted in (("TS302", UNKNOWN), ("TS303", LOST), ("TS304", NORMALISED)):
        own = text[subject.sweep == wanted].tolist()
        examples = [
            *names[probes == wanted].tolist(),
            *(written(char.encode()) for char in own[:EXAMPLES]),
        ]
        yield Finding(code, len(own) + int((probes == wanted).sum()), "texts", examples)


def _vocabulary(subject: _Subject) -> Iterator[Finding]:
    """Find tokens that cannot come up, ids that mean nothing, and what people should look at."""
    for cause, code in _BY_CAUSE.items():
        yield subject.tokens(code, subject.causes.of(cause).tolist())
    yield subject.tokens("TS413", subject.parts.orphans.tolist())
    missing = subject.parts.missing.tolist()
    yield Finding("TS431", len(missing), "ids", [str(i) for i in missing])
    yield from _size(subject)
    pieces = pieces_of(subject.tokenizer.vocabulary)
    texts = [piece.decode(errors="replace") for piece in pieces]
    for code, search in _REVIEW.items():
        yield subject.tokens(code, [i for i, text in enumerate(texts) if search.search(text)])
    lengths = subject.tokenizer.vocabulary.lengths
    yield _longest(subject, "TS444", np.flatnonzero(lengths > _LONG).tolist())
    yield _longest(subject, "TS445", [i for i, piece in enumerate(pieces) if piece.isspace()])


def _longest(subject: _Subject, code: str, ids: Sequence[int]) -> Finding:
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
    """Write a token for people; of a long one, the beginning."""
    return shortened(written(piece), 24)


def _merges(subject: _Subject) -> Iterator[Finding]:
    """Find merges that never apply, since a part of them is made by no merge."""
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


def _added(subject: _Subject) -> Iterator[Finding]:
    """Find added tokens that stand in each other's way, and those that text can spell."""
    spec, added = parse(subject.word), subject.parts.added
    twice = added_twice(as_written(spec.place)) if spec.kind == "file" else []
    yield Finding("TS421", len(twice), "added tokens", twice)
    inside = sorted(set(_overlapping(list(dict.fromkeys(one.text for one in added)))))
    yield Finding("TS422", len(inside), "pairs", [f"{a} in {b}" for a, b in inside])
    specials = subject.tokenizer.vocabulary.specials
    unknown = subject.tokenizer.vocabulary.unknown  # what any unknown word gives is no role
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
    """Yield texts with one that holds them; of very many, those that stand at an end of another."""
    if len(texts) <= 1000:
        yield from ((a, b) for a, b in permutations(texts, 2) if a and a in b)
        return
    known = set(texts)
    for text in texts:
        for k in range(1, len(text)):
            yield from ((part, text) for part in (text[:k], text[k:]) if part in known)


def _size(subject: _Subject) -> Iterator[Finding]:
    """Compare the ids with `vocab_size` in the config.json beside the file, where there is one."""
    rows, size = _rows_of_model(subject.word), subject.tokenizer.vocabulary.size
    if rows is not None:
        said = [f"config.json says {rows:,}; the largest id is {size - 1:,}"]
        yield Finding("TS432", max(size - rows, 0), "ids", said)
        yield Finding("TS433", max(rows - size, 0), "rows", said)


def _rows_of_model(word: str) -> int | None:
    path = Path(parse(word).place).expanduser()
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not path.exists() or not config.is_file() or not parse(word).place:
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


def _unseen(subject: _Subject, counted: Counted, number: int) -> Finding:
    """Find the tokens that text never produced, beside how many Zipf's law would leave."""
    types = types_of(counted, number).sum(axis=0)
    never = np.flatnonzero((types == 0) & np.array([c in _CAN for c in subject.causes.primary]))
    usable = sum(cause in _CAN for cause in subject.causes.primary)
    tokens = int(types.sum())
    found = subject.tokens("TS451", never.tolist())
    expected = f"in {tokens:,} tokens Zipf's law leaves {unseen_under_zipf(tokens, usable):,.0f}"
    return replace(found, examples=[expected, *found.examples])


_CAN = ("added", "single byte", "incomplete UTF-8", "reachable")  # causes of what text can produce


def audit(
    words: Sequence[str],
    corpora: Sequence[Corpus] | None = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    workers: Workers = HERE,
) -> Report:
    """Return what is broken: tokenizer, by, name, code, severity, value, unit, examples.

    `by` is cause (how many tokens have it as their first), flag (as any), finding (of a rule, with
    its code), or round trip (characters that come back so, by script). `select` and `ignore` are
    codes or beginnings of codes.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or no rule has such a code.
    """
    codes = chosen(select, ignore, AUDITED)
    broken = {word: finding for word in words for finding in _broken(word)}
    subjects, counted = _load([word for word in words if word not in broken], corpora, workers)
    rows = [(parse(word).label or word, *_of_finding(broken[word])) for word in broken]
    for number, subject in enumerate(subjects):
        found = _found(subject)
        found += [_unseen(subject, counted, number)] if counted else []
        rows += [(subject.tokenizer.name, *row) for row in _counts(subject)]
        rows += [
            (subject.tokenizer.name, *_of_finding(one))
            for one in sorted(found, key=lambda one: (SEVERITIES.index(_severity(one)), one.code))
            if one.count and one.code in codes
        ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    tried = subjects[0].at_hand if subjects else sample()
    tokenizers = [one.tokenizer for one in subjects]
    told = counted.notes() if counted else switched_off(tokenizers)
    notes = (_tried(tried), _EXPLAIN, *assumptions(tokenizers), *told)
    return Report("audit", "Audit", frame, notes, _signature(subjects, counted, codes))


def _found(subject: _Subject) -> list[Finding]:
    return [*_fidelity(subject), *_vocabulary(subject), *_merges(subject), *_added(subject)]


def findings(word: str, tokenizer: Tokenizer) -> list[Finding]:
    """Return what an audit without text finds in a tokenizer, loaded from `word`."""
    _require_size(tokenizer)
    return [found for found in _found(_Subject(word, tokenizer)) if found.count]


def _severity(finding: Finding) -> str:
    return RULES[finding.code].severity


def _broken(word: str) -> list[Finding]:
    """Find merges that keep a file from being loaded at all."""
    spec = parse(word)
    merges = broken_merges(as_written(spec.place)) if spec.kind == "file" else []
    examples = [" + ".join(map(written, (a.encode(), b.encode()))) for a, b in merges]
    return [Finding("TS411", len(merges), "merges", examples)] if merges else []


def _load(
    words: Sequence[str], corpora: Sequence[Corpus] | None, workers: Workers
) -> tuple[list[_Subject], Counted | None]:
    if not words:
        return [], None
    counted = None
    if corpora:
        counting = Counting(frozenset(("units", "bytes", TYPES)))
        counted = count(words, corpora, counting, workers=workers)
    tokenizers = counted.tokenizers if counted else load_all(words)
    for tokenizer in tokenizers:
        _require_size(tokenizer)
    texts = [_at_hand(counted, k) for k in range(len(tokenizers))]
    return [_Subject(*own) for own in zip(words, tokenizers, texts, strict=True)], counted


def _require_size(tokenizer: Tokenizer) -> None:
    size = tokenizer.vocabulary.size
    if size > _MOST:
        raise TokscopeError(
            f"{tokenizer.name}: {size:,} ids, and an audit looks at no more than {_MOST:,}"
        )


def _at_hand(counted: Counted | None, number: int) -> AtHand:
    """Return the texts in which the tokens of a tokenizer are looked for."""
    if counted is None:
        return sample()
    return at_hand(counted.corpora, types_of(counted, number).sum(axis=0) > 0)


def _tried(texts: AtHand) -> str:
    """Say what has to have failed before a token is called unreachable, or not found."""
    return (
        "cause: the first that holds, in the order of the table; unreachable, and why, or not "
        f"found: at its own bytes in none of {len(CONTEXTS)} contexts, nor anywhere in "
        f"{texts.name}, nor with up to {NEAR} characters on either side, from there or rare ones"
    )


Line = tuple[str, str, str, str, float, str, str]


def _of_finding(finding: Finding) -> Line:
    rule = RULES[finding.code]
    shown = ", ".join(finding.examples[:EXAMPLES])
    more = ", …" if finding.count > len(finding.examples[:EXAMPLES]) else ""
    head = ("finding", rule.title, finding.code, rule.severity)
    return (*head, float(finding.count), finding.unit, shown + more)


def _counts(subject: _Subject) -> Iterator[Line]:
    """Yield how many tokens have each cause and flag, and how characters come back."""
    primary = Counter(subject.causes.primary)
    for cause in CAUSES:
        yield ("cause", cause, "", "", float(primary[cause]), "tokens", "")
    for flag in (*CAUSES, WHOLE_ONLY):
        yield ("flag", flag, "", "", float(subject.causes.flags[flag].sum()), "tokens", "")
    for script, counts in by_script(subject.sweep).items():
        for outcome, number in zip(OUTCOMES, counts.tolist(), strict=True):
            yield (f"round trip {outcome}", script, "", "", float(number), "characters", "")


def _signature(subjects: Sequence[_Subject], counted: Counted | None, codes: set[str]) -> str:
    named = [one.word for one in subjects], [one.tokenizer for one in subjects]
    base = counted.signature if counted else signed(*named)
    rules = "all" if len(codes) == len(AUDITED) else ",".join(sorted(codes))
    return f"{base}|rules:{rules}|scripts:regex {version('regex')}"


def fails(report: Report, severity: str) -> bool:
    """Tell whether an audit found something of a severity, or heavier."""
    found = report.frame.loc[report.frame["by"] == "finding", "severity"]
    return any(at_least(one, severity) for one in found)


def tables(report: Report) -> list[Report]:
    """Return what people read: tokens by cause, then the findings of each tokenizer."""
    frame = report.frame
    causes = frame[(frame["by"] == "cause") & (frame["value"] > 0)]
    shown = causes.rename(columns={"name": "cause"})[["tokenizer", "cause", "value", "unit"]]
    views = []
    if len(shown):
        views.append(Report("audit", "Tokens by cause", shown, across="tokenizer"))
    for name in frame["tokenizer"].unique():
        own = frame[(frame["tokenizer"] == name) & (frame["by"] == "finding")]
        views.append(Report("audit", f"Findings: {name}", _findings(own)))
    views[-1] = replace(views[-1], notes=report.notes, signature=report.signature)
    return views


def _findings(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": found["code"],
            "severity": found["severity"],
            "number": found["value"].astype(int),
            "finding": [
                f"{title}: {shortened(examples)}"
                for title, examples in zip(found["name"], found["examples"], strict=True)
            ],
        }
    )


def tokens(words: Sequence[str]) -> Report:
    """Return every token with its cause: tokenizer, id, token, bytes, cause, flags, before, behind.

    `before` and `behind` are the text around it where it was found.

    Raises:
        TokscopeError: a tokenizer cannot be loaded.
    """
    tokenizers = load_all(words)
    frames = [_listed(_Subject(word, one)) for word, one in zip(words, tokenizers, strict=True)]
    signature = signed(words, tokenizers)
    frame = pd.concat(frames, ignore_index=True)
    notes = (_tried(sample()), *assumptions(tokenizers))
    return Report("audit", "Tokens and their causes", frame, notes, signature)


def _listed(subject: _Subject) -> pd.DataFrame:
    vocabulary, found = subject.tokenizer.vocabulary, subject.causes
    names: Mapping[int, str] = {i: name for name, i in vocabulary.specials.items()}
    ids = [i for i, cause in enumerate(found.primary) if cause]
    flags = np.array([found.flags[flag] for flag in found.flags]).T
    labels = list(found.flags)
    around = [found.found_in(i) or ("", "") for i in ids]
    return pd.DataFrame(
        {
            "tokenizer": subject.tokenizer.name,
            "id": ids,
            "token": [written((names.get(i, "").encode()) or vocabulary[i]) for i in ids],
            "bytes": [vocabulary[i].hex(" ") for i in ids],
            "cause": [found.primary[i] for i in ids],
            "flags": [", ".join(labels[k] for k in np.flatnonzero(flags[i])) for i in ids],
            "before": [written(left.encode()) for left, _ in around],
            "behind": [written(right.encode()) for _, right in around],
        }
    )


def token_tables(report: Report) -> list[Report]:
    """Return what people read of a list: the first tokens that text cannot produce."""
    frame = report.frame[~report.frame["cause"].isin((*_CAN, "special", "repeated fallback"))]
    columns = ["tokenizer", "id", "token", "cause", "bytes"]
    shown = frame[columns].groupby("tokenizer", sort=False).head(SHOWN)
    shown = shown.assign(bytes=[shortened(digits, 17) for digits in shown["bytes"]])
    title = f"{len(frame):,} tokens that text was not found to produce"
    notes = ("CSV and JSON list every token", *report.notes)
    return [Report("audit", title, shown, notes, report.signature)]
