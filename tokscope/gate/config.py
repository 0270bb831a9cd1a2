"""The gates of a configuration, each with the line that sets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from tokscope.errors import TokscopeError, split_label
from tokscope.provenance import Provenance
from tokscope.text.corpus import MAX_UNIT, Corpus, read_corpora, require_again
from tokscope.text.formats import READERS
from tokscope.tokenizers import LOADERS

NAME, PROJECT = "tokscope.toml", "pyproject.toml"
Key = tuple[str, ...]
FAIL, WARN, OFF = "fail", "warn", "off"
KINDS = ("max", "min", "worse", "better")  # of limits
IDENTITY = {
    "golden": "TS001",
    "specials": "TS002",
    "vocabulary": "TS003",
    "documents": "TS004",
    "components": "TS005",
    "backends": "TS006",
    "model_input": "TS007",
    "processing": "TS008",
    "chat_templates": "TS009",
    "nested": "TS010",
}
# A gate without a setting is as strict as another one.
FOLLOWS = {
    "model_input": "golden",
    "processing": "components",
    "chat_templates": "components",
}


@dataclass(frozen=True)
class Limit:
    """A bound on a measure, or on how much worse it may get, as a share or in units."""

    measure: str
    scope: str  # a corpus, or a pattern of corpora such as "zh-*"; "" is all
    kind: str
    value: float
    share: bool
    key: Key


@dataclass(frozen=True)
class Waiver:
    """A failure that is accepted until a day."""

    rule: str
    gate: str  # such as "tokens[ar]"; "" is every gate of the rule
    reason: str
    owner: str
    expires: date  # the first day on which it no longer holds
    key: Key


@dataclass(frozen=True)
class Text:
    """Which text is counted, and how."""

    corpora: Sequence[str] = ()
    parallel: bool = False
    reference: str = ""
    words: str = "unicode"
    field: str | Sequence[str] = "text"
    errors: str = "strict"
    specials: bool = False
    cluster: str = ""
    max_unit: float = MAX_UNIT / 1e6

    def read(self) -> list[Corpus]:
        """Return the corpora; an empty list if none are named.

        Raises:
            TokscopeError: one does not exist, or cannot be read more than once.
        """
        if not self.corpora:
            return []
        corpora = read_corpora(
            self.corpora,
            field=self.field,
            errors=self.errors,
            parallel=self.parallel,
            cluster=self.cluster,
            max_unit=int(self.max_unit * 1e6),
        )
        require_again(corpora, "gates read text more than once")
        return corpora

    def provenance(self, reference: str) -> Provenance:
        """Name the settings that change a count or a value.

        `reference` is the corpus that others are measured against, where they are parallel.
        """
        return {
            "corpora": "parallel" if self.parallel else "apart",
            "field": self.field if isinstance(self.field, str) else ",".join(self.field),
            "errors": self.errors,
            "cluster": self.cluster or "none",
            "words": self.words,
            "specials": "found" if self.specials else "text",
            **({"reference": reference} if self.parallel else {}),
        }


@dataclass(frozen=True)
class Evidence:
    """How much text a verdict needs, and how it is resampled."""

    resamples: int = 1000
    seed: int = 0
    documents: int = 20  # with fewer, a verdict is inconclusive

    @property
    def provenance(self) -> Provenance:
        """Name what decides how text is resampled."""
        return {"resamples": f"{self.resamples}", "seed": f"{self.seed}"}


@dataclass(frozen=True)
class Config:
    """All settings; `levels` says for each gate whether it fails, warns or is off."""

    path: Path
    lines: Mapping[Key, int]
    tokenizer: str = ""
    lock: Path = Path("tokscope.lock")
    text: Text = Text()
    levels: Mapping[Key, str] = field(default_factory=dict)
    strings: Sequence[str] = ()
    documents: float | None = None  # the share of units whose ids may change
    tokens_per_digit: Limit | None = None
    limits: Sequence[Limit] = ()
    severity: str = "warning"
    ignored: Sequence[str] = ()
    mixture: int = 0  # merges to infer from; 0 for no report
    evidence: Evidence = Evidence()
    waivers: Sequence[Waiver] = ()
    reads: bool = True  # the text that it names

    @property
    def spec(self) -> str:
        """The tokenizer, its path relative to the folder of the file."""
        return inside(self.path.parent, self.tokenizer)

    @property
    def files(self) -> list[Path]:
        """The files that can hold settings: this one, and others in its folder."""
        return [self.path, *(self.path.with_name(name) for name in (NAME, PROJECT))]

    def identity_alone(self) -> Config:
        """Return only the gates of identity, without text: quick enough for every commit."""
        levels = {key: level for key, level in self.levels.items() if key[0] == "identity"}
        alone = replace(self, levels=levels, documents=None, limits=(), reads=False)
        return replace(alone, tokens_per_digit=None, mixture=0)

    def level(self, *key: str) -> str:
        """Return what a gate does: fail, warn or off."""
        return self.levels.get(key, OFF)

    def identity(self, name: str) -> Key:
        """Return the setting that decides how strict a gate of identity is."""
        key = ("identity", name)
        return key if key in self.levels else ("identity", FOLLOWS.get(name, name))

    def line(self, key: Key) -> int:
        """Return the line of a setting, or of the table that it is in."""
        return line_of(key, self.lines)

    def limit(self, measure: str, corpus: str, kind: str) -> Limit | None:
        """Return the most specific limit: of the corpus, of the longest pattern, of all.

        Raises:
            TokscopeError: two patterns of the same length have different limits.
        """
        fitting = [
            one
            for one in self.limits
            if (one.measure, one.kind) == (measure, kind) and fnmatchcase(corpus, one.scope or "*")
        ]
        if not fitting:
            return None
        best = max(fitting, key=lambda one: (one.scope == corpus, len(one.scope)))
        for one in fitting if best.scope != corpus else ():
            alike = (one.value, one.share) == (best.value, best.share)
            if len(one.scope) == len(best.scope) and not alike:
                raise TokscopeError(
                    f"{self.path}:{self.line(one.key)}: '{best.scope}' and '{one.scope}' fit "
                    f"corpus '{corpus}' equally well; give it a limit of its own"
                )
        return best


def line_of(key: Key, lines: Mapping[Key, int]) -> int:
    """Return the line of a setting, or of the table that it is in.

    >>> line_of(("text", "words"), {("text",): 7})
    7
    """
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


def says_something(text: str) -> bool:
    """Tell whether a text has a letter or a digit that people can see.

    >>> says_something("Ada"), says_something("\u200b"), says_something("\u3164 -")
    (True, False, False)
    """
    return any(char.isalnum() and char not in _BLANK for char in text)


_BLANK = "\u115f\u1160\u3164\uffa0"  # invisible letters


def _is_there(folder: Path, pattern: str) -> bool:
    """Tell whether a pattern matches something in a folder."""
    try:
        return any(folder.glob(pattern))
    except OSError:  # a name that is not valid here
        return False


def inside(folder: Path, word: str) -> str:
    """Return a word for a tokenizer or a corpus with its path relative to a folder.

    >>> inside(Path("."), "mine=file:a/tokenizer.json")
    'mine=file:a/tokenizer.json'
    """
    if folder == Path() or not word:
        return word
    label, rest = split_label(word)
    kind, colon, place = rest.partition(":")
    if not (colon and kind in (*LOADERS, *READERS, "sample")):
        kind, colon, place = "", "", rest
    near = not place or place == "-" or Path(place).is_absolute() or place.startswith("~")
    known = bool(place) and not near and _is_there(folder, place)
    if known and kind != "sample":
        place = str(folder / place)
    return f"{label}={kind}{colon}{place}" if label else f"{kind}{colon}{place}"
