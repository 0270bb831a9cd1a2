"""Load tokenizers: `load("kind:place")` gives the same protocol for every family."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose, exists, path_of, require_shown, split_label
from tokscope.given import place
from tokscope.reading import one_state
from tokscope.tokenizers.content import kind_of_content, start_of
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.workers import one_core

# Takes the numbers of units; returns where their tokens end, in bytes of the unit of each
Reported = Callable[[NDArray[np.int64]], NDArray[np.int64]]


@dataclass(frozen=True)
class Encoded:
    """T tokens in D units: unit d is `ids[starts[d] : starts[d + 1]]`."""

    ids: NDArray[np.int32]  # (T,)
    starts: NDArray[np.int64]  # (D + 1,)
    spells: bool = False  # whether the bytes of the tokens are known to be those of the units
    reported: Reported | None = None  # if the library told where tokens end; holds what it said

    def of_units(self, units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of the tokens of some units."""
        return tokens_of(self.starts, units)

    @classmethod
    def of(cls, units: Sequence[Sequence[int]]) -> Encoded:
        """Join the ids of units."""
        starts = np.zeros(len(units) + 1, np.int64)
        np.cumsum([len(unit) for unit in units], out=starts[1:])
        return cls(np.fromiter(chain.from_iterable(units), np.int32, starts[-1]), starts)


def tokens_of(starts: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of the tokens of some units, by where the tokens of each one begin."""
    begin, counts = starts[units], np.diff(starts)[units]
    ends = np.cumsum(counts)
    return np.arange(counts.sum()) + np.repeat(begin - ends + counts, counts)


class Tokenizer(Protocol):
    """What every family offers.

    `encode` adds no special tokens, and neither pads nor truncates. Text that looks like a special
    token is ordinary text unless `specials` is set.
    """

    @property
    def name(self) -> str:
        """The name in tables."""
        ...

    @property
    def spec(self) -> Spec:
        """How a user named it."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """What the ids stand for."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides the ids."""
        ...

    @property
    def family(self) -> str:
        """The kind of model, in words."""
        ...

    @property
    def path(self) -> str:
        """A sentence: which code encodes, why, and what was assumed."""
        ...

    def components(self) -> Mapping[str, str]:
        """Return the parts that decide the ids, each as canonical JSON."""
        ...

    def processing(self) -> Mapping[str, str]:
        """Return the parts that change only the input of a model, not ids, as canonical JSON.

        Special tokens around text, truncation, padding, dropout, chat templates.
        """
        ...

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        ...

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that the file puts around it.

        Nothing is padded or truncated. Text that looks like a special token is ordinary text.
        """
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text that the family's own decoder makes of the ids."""
        ...

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, in UTF-8 bytes of the text, ascending; slow and exact.

        If the tokenizer replaces a character and cuts inside, the place is inside the original.
        """
        ...


@runtime_checkable
class Joins(Protocol):
    """A tokenizer that tells whether its decoder joins the bytes of tokens and no more."""

    @property
    def joins(self) -> bool:
        """Whether it does."""
        ...


@dataclass(frozen=True)
class Spec:
    """A tokenizer as a user names it: `[LABEL=]KIND:PLACE[?KEY=VALUE[&KEY=VALUE]]`."""

    label: str
    kind: str
    place: str
    pattern: str = ""  # the name of an expression that cuts text
    pattern_file: str = ""  # a file that holds such an expression
    specials: str = ""  # a file of special tokens and their ids, or a name for known ones
    word: str = ""  # the whole specification as the user wrote it


NOWHERE = Spec("", "", "")  # for a tokenizer without a specification
_kept: dict[tuple[str, str], Tokenizer] = {}  # word and fingerprint -> what workers use

# kind -> module and function, imported only when used; the function takes a Spec
LOADERS: Mapping[str, tuple[str, str]] = {
    "hf": ("folder", "load_hub"),
    "file": ("folder", "load_file"),
    "tiktoken": ("tiktoken", "load_name"),
    "tiktoken-file": ("tiktoken", "load_file"),
    "sp": ("sentencepiece", "load_file"),
    "mistral": ("mistral", "load_release"),
    "tekken": ("tekken", "load_file"),
    "gguf": ("gguf", "load_file"),
    "wordpiece": ("wordpiece", "load_file"),
    "merges": ("bytelevel", "load_merges"),
    "codes": ("suffixed", "load_codes"),
    "clip": ("suffixed", "load_clip"),
    "minbpe": ("minbpe", "load_file"),
    "rwkv": ("rwkv", "load_file"),
    "sample": ("sample", "load_sample"),
    "bytes": ("baselines", "load_bytes"),
    "characters": ("baselines", "load_characters"),
    "kmers": ("baselines", "load_kmers"),
}
_PLACELESS = ("bytes", "characters")
_PATTERNED = ("tiktoken-file", "gguf", "merges")
# option -> the kinds for which it has an effect
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "pattern": _PATTERNED,
    "pattern-file": _PATTERNED,
    "specials": ("tiktoken-file",),
}
_OPTION = re.compile(r"\?(?=[a-z-]+=)")
_FILES = (".json", ".model", ".tiktoken", ".gguf", ".spm", ".vocab", ".codes", ".fcodes")
_TEXTS = (".txt", ".jsonl", ".csv", ".gz", ".zst", ".parquet", ".arrow", ".md")
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?(@[\w./-]+)?")


def _kind_of_path(path: Path) -> str:
    """Return the kind of an existing file or folder."""
    if path.is_dir():
        return "file"
    kind = kind_of_content(path) or ("codes" if _holds_codes(path) else "")
    if kind:
        return kind
    if path.suffix in _TEXTS:
        hint = "it looks like text: name a tokenizer first, then text by --corpus, a glob in quotes"
    else:
        hint = f"say what it is, as KIND:{path}, with KIND one of {', '.join(LOADERS)}"
    raise TokscopeError(f"{path}: no kind of tokenizer is known by this name; {hint}")


def _holds_codes(path: Path) -> bool:
    """Return whether a file begins like the codes of subword-nmt or fastBPE."""
    start = start_of(path).decode(errors="replace")
    if "</w>" not in start:
        return False
    return cast(Callable[[str], bool], _function("suffixed", "holds_codes"))(start)


def _looks_like_path(word: str) -> bool:
    return word[:1] in (".", "/", "~") or Path(word).suffix in (*_FILES, *_TEXTS)


def _bare(word: str) -> str:
    """Guess the kind of a word without a kind: a path, a tiktoken name, a folder, then a hub id.

    A folder never takes the place of a tiktoken name: it needs a separator then (`namesake`).
    """
    path = path_of(word)
    is_path = path.suffix or re.search(r"[/\\]", word) or word in (".", "..", "~")
    if path.is_file() or (path.exists() and is_path):
        return _kind_of_path(path)
    if _looks_like_path(word):
        raise TokscopeError(f"{word}: no such file or folder")
    if cast(Callable[[str], bool], _function("tiktoken", "knows"))(word):
        return "tiktoken"
    if path.is_dir():
        return "file"
    advice = cast(Callable[[str], str], _function("models", "suggestion"))(word)
    if advice:
        raise TokscopeError(f"'{word}' names no tokenizer here; {advice}")
    if _HUB_ID.fullmatch(word):
        return "hf"
    raise TokscopeError(
        f"'{word}' names no tokenizer; write KIND:PLACE with KIND one of {', '.join(LOADERS)}"
    )


def _function(module: str, name: str) -> object:
    return getattr(import_module(f"{__name__}.{module}"), name)


def _options(word: str) -> tuple[str, dict[str, str]]:
    """Split `REST[?KEY=VALUE[&KEY=VALUE]]`; an existing path has no options."""
    start = _OPTION.search(word)
    if not start or exists(word):
        return word, {}
    options: dict[str, str] = {}
    for part in word[start.end() :].split("&"):
        key, _, value = part.partition("=")
        choose(_OPTIONS, key, "option of a tokenizer")
        if not value:
            raise TokscopeError(f"{word}: ?{key}= needs a value, and & only stands between two")
        if key in options:
            raise TokscopeError(f"{word}: {key}= is given twice")
        options[key] = value
    return word[: start.start()], options


def parse(word: str) -> Spec:
    """Read `[LABEL=]SPEC`.

    >>> parse("mine=tiktoken-file:/tmp/ranks?pattern=gpt2").pattern
    'gpt2'
    """
    label, unlabelled = split_label(word)
    rest, options = _options(unlabelled)
    return replace(
        _parse(label, rest),
        pattern=options.get("pattern", ""),
        pattern_file=options.get("pattern-file", ""),
        specials=options.get("specials", ""),
        word=word,
    )


def _parse(label: str, rest: str) -> Spec:
    if rest in _PLACELESS:
        return Spec(label, rest, "")
    kind, colon, place = rest.partition(":")
    if colon and kind in LOADERS and kind not in _PLACELESS:
        return Spec(label, kind, place)
    if colon and len(kind) > 1 and not exists(rest):
        raise TokscopeError(_unknown_kind(kind))
    return Spec(label, _bare(rest), rest)


def _unknown_kind(kind: str) -> str:
    try:
        choose(LOADERS, kind, "kind of tokenizer")
    except TokscopeError as error:
        return str(error)
    return f"'{kind}' takes no place; write {kind} alone"


def load(word: str | PathLike[str], *, label: str = "") -> Tokenizer:
    """Return the tokenizer that `[LABEL=]KIND:PLACE`, or a bare word, names.

    `label` takes precedence over the label in the word.

    Raises:
        TokscopeError: there is no such tokenizer here, or its file cannot be used; says why.
    """
    word = place(word, "word")
    try:
        with one_state():
            return _load(word, label)
    except OSError as error:  # the file has disappeared a moment ago
        raise TokscopeError(f"{word}: cannot be read ({error.strerror or error})") from error


def _load(word: str, label: str) -> Tokenizer:
    spec = parse(word)
    spec = replace(spec, label=label or spec.label)
    for option, kinds in _OPTIONS.items():
        if getattr(spec, option.replace("-", "_")) and spec.kind not in kinds:
            raise TokscopeError(f"{word}: only {', '.join(kinds)} take a ?{option}=")
    if spec.pattern and spec.pattern_file:
        raise TokscopeError(f"{word}: give a pattern= or a pattern-file=, not both")
    loader = cast(Callable[[Spec], Tokenizer], _function(*LOADERS[spec.kind]))
    try:
        tokenizer = loader(spec)
    except TokscopeError as error:
        other = namesake(spec)
        raise TokscopeError(f"{error}; {other}") if other else error from error
    require_shown(tokenizer.name, word)
    return cast(Tokenizer, replace(cast(Any, tokenizer), spec=spec))


def namesake(spec: Spec) -> str:
    """Say which file or folder here has the bare name of an encoding or a repository, if one does.

    A name means the same in every folder, so a file needs its suffix, or a separator.
    """
    if split_label(spec.word)[1] != spec.place or spec.kind not in ("tiktoken", "hf"):
        return ""
    names = [f"./{spec.place}{suffix}" for suffix in ("", *_FILES) if exists(spec.place + suffix)]
    there = next((name for name in names if Path(name).is_file() or _is_folder(Path(name))), "")
    return f"{there} is here too: write {there} for it" if there else ""


def _is_folder(path: Path) -> bool:
    """Tell whether a folder holds a tokenizer."""
    wanted = cast(Callable[[list[str]], list[str]], _function("folder", "wanted"))
    try:
        return bool(wanted([one.name for one in path.iterdir()]))
    except OSError:
        return False


def switched_off(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Return notes: a tokenizer is used without its dropout, or a file here has its name too."""
    dropouts = {one.name: without_dropout(one.name, one.processing()) for one in tokenizers}
    others = [f"{one.name}: {other}" for one in tokenizers if (other := namesake(one.spec))]
    return [*(note for notes in dropouts.values() for note in notes), *others]


def without_dropout(name: str, processing: Mapping[str, str]) -> list[str]:
    """Return a note if the file sets dropout, since counts would differ each time."""
    rate = processing.get("dropout", "null")
    if rate == "null":
        return []
    return [f"{name}: measured without the dropout of {rate} in its file, which makes ids random"]


def have_words(tokenizers: Sequence[Tokenizer]) -> bool:
    """Return whether workers can load all of them; a caller's object stays in this process."""
    return all(one.spec.word for one in tokenizers)


def for_workers(tokenizers: Sequence[Tokenizer]) -> tuple[tuple[str, str], ...]:
    """Return what `loaded` needs in a worker, and keep them for copies of this process."""
    named = tuple((one.spec.word, one.fingerprint) for one in tokenizers)
    _kept.clear()
    _kept.update(zip(named, tokenizers, strict=True))
    return named


def loaded(word: str, fingerprint: str) -> Tokenizer:
    """Return a tokenizer that a worker keeps; it uses one core.

    Raises:
        TokscopeError: the tokenizer has changed since it was first loaded.
    """
    one_core()
    if tokenizer := _kept.get((word, fingerprint)):
        return tokenizer
    try:
        tokenizer = load(word)
    except TokscopeError as error:
        raise TokscopeError(f"workers do not find it: {error}; name its full path") from error
    if tokenizer.fingerprint != fingerprint:
        raise TokscopeError(f"{word}: workers find another tokenizer there; name its full path")
    return _kept.setdefault((word, fingerprint), tokenizer)


def assumptions(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Return notes about what the files of tokenizers leave open, for tables that show ids."""
    told = {one.name: getattr(one, "assumed", "") for one in tokenizers}
    return [f"{name}: assumed, {assumed}" for name, assumed in told.items() if assumed]
