"""What a folder holds, and how it is loaded; a hub repository is a folder in the cache.

A folder includes the files beside its tokenizer (`beside.py`); a file that is named alone is read
alone, and tells which of them it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import cast

from tokscope.errors import TokscopeError, path_of, shortened
from tokscope.tokenizers import LOADERS, Spec, Tokenizer
from tokscope.tokenizers.applied import kept
from tokscope.tokenizers.around import WHOLE, with_frame
from tokscope.tokenizers.beside import CONFIG, NAMES, Folder, TakesTokens, read
from tokscope.tokenizers.content import kind_of_content, start_of
from tokscope.tokenizers.hub import hub_folder
from tokscope.tokenizers.templates import FILES as FILES_OF_TEMPLATES
from tokscope.tokenizers.templates import with_settings

# What SentencePiece models are called in repositories of transformers.
PIECES = (
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "sentencepiece.model",
    "spm_char.model",
)
# The files that make a tokenizer, names or patterns, and what loads a folder that has them all: a
# module and a function that takes a Folder. The first that fits is taken, the whole before parts.
FOLDERS: Sequence[tuple[tuple[str, ...], str, str]] = (
    ((WHOLE,), "tokenizer_json", "load_folder"),
    (("tekken.json",), "tekken", "load_folder"),
    (("tokenizer.model",), "llama", "load_folder"),
    (("tokenizer.model.v*",), "mistral", "load_folder"),
    (("source.spm", "vocab.json"), "mapped", "load_folder"),
    (("sentencepiece.bpe.model", "vocab.json"), "mapped", "load_folder"),
    *(((name,), "pieces", "load_folder") for name in PIECES),
    (("vocab.json", "merges.txt"), "merged", "load_folder"),
    (("vocab-src.json", "merges.txt"), "merged", "load_fsmt"),
    (("encoder.json", "vocab.bpe"), "bytelevel", "load_folder"),
    (("vocab.txt", "bpe.codes"), "merged", "load_codes"),
    (("vocab.txt",), "merged", "load_lines"),
    (("*.tiktoken",), "tiktoken", "load_folder"),
    (("bpe_simple_vocab_16e6.txt.gz",), "suffixed", "load_folder"),
)
FILES = tuple(dict.fromkeys(names[0] for names, _, _ in FOLDERS))  # what each kind is known by
# A file with one of these names, given alone, is loaded as itself; any other as a tokenizer.json.
_ALONE = {"vocab.json": "bytelevel", "encoder.json": "bytelevel", "vocab.txt": "wordpiece"}
_LEVELS, _LOOKED, _LISTED = 3, 2_000, 8  # of a folder whose tokenizers a message lists
_SUFFIXES = (".json", ".tiktoken", ".gguf", ".model", ".spm")
_PARTS = re.compile(rb'"(added_tokens|pre_tokenizer|pattern)"\s*:')
_BARE = re.compile(r"\w[\w-]*")
_PAIR = ("-vocab.json", "_vocab.json", ".vocab.json")  # with such a merges.txt beside it


def load_hub(spec: Spec) -> Tokenizer:
    """Load `org/name[@revision]` from the hub's cache, or from the hub.

    Raises:
        TokscopeError: not cached and out of reach, not there, or not allowed.
    """
    repository, _, revision = spec.place.partition("@")
    path = hub_folder(repository, revision or None, wanted, ", ".join(FILES))
    made = _load(path, spec.label or repository.rpartition("/")[2])
    if isinstance(made, TakesTokens) and not (path / CONFIG).is_file():
        told = f"no {CONFIG} in the cache"  # the repository may have one, if others filled it
        return replace(made, told="; ".join(filter(None, (made.told, told))))
    return made


def load_file(spec: Spec) -> Tokenizer:
    """Load a `tokenizer.json`, or a folder that holds a tokenizer, whole or in parts.

    A file that is named alone is read alone: files beside it count only with their folder.

    Raises:
        TokscopeError: the file cannot be read or used.
    """
    path = path_of(spec.place)
    if path.is_dir():
        return _load(path, spec.label or path.resolve().name)
    if path.suffix == ".model":
        kind = kind_of_content(path) if path.is_file() else "sp"
        load = cast(Callable[[Spec], Tokenizer], _function(*LOADERS[kind]))
        return load(Spec(spec.label, kind, str(path)))
    generic = path.stem in ("tokenizer", "vocab")
    pair = path.name.endswith(_PAIR)
    stem = path.stem.removesuffix("vocab").rstrip("-_.") if pair else path.stem
    name = spec.label or (path.resolve().parent.name if generic else stem)
    module = "bytelevel" if pair else _ALONE.get(path.name, "tokenizer_json")
    return cast(Tokenizer, _function(module, "load_path")(path, name))


def wanted(names: Iterable[str]) -> list[str]:
    """Return the files that loading needs, of all that a folder or a repository has.

    Empty if they do not make a tokenizer.
    """
    known = list(names)
    for patterns, _, _ in FOLDERS:
        matched = [_matching(pattern, known) for pattern in patterns]
        if all(matched):
            return [
                *(name for some in matched for name in some),
                *filter(known.__contains__, NAMES),
                *(name for pattern in FILES_OF_TEMPLATES for name in _matching(pattern, known)),
            ]
    return []


def is_part(name: str) -> bool:
    """Tell by its name whether a file could be part of the tokenizer in its folder."""
    patterns = [*(one for names, _, _ in FOLDERS for one in names), *NAMES, *FILES_OF_TEMPLATES]
    patterns += [f"*{end}" for end in (*_PAIR, "merges.txt")]
    return any(_matching(pattern, [name]) for pattern in patterns)


def _load(path: Path, name: str) -> Tokenizer:
    """Load a folder as the first kind whose files it has."""
    files = sorted(file.name for file in path.iterdir() if file.is_file())
    for patterns, module, function in FOLDERS:
        if all(_matching(pattern, files) for pattern in patterns):
            load = cast(Callable[[Folder], Tokenizer], _function(module, function))
            folder = read(path, name)
            made = kept(load(folder), folder)
            made = with_frame(made, folder, patterns[0])
            return with_settings(made, path, folder.beside)
    raise TokscopeError(f"{path}: {_problem(path, files)}")


def _problem(path: Path, files: Sequence[str]) -> str:
    """Say what a folder lacks to be a tokenizer, or which ones are in it."""
    inside = [] if _half(files) else list(islice(_inside(path), _LISTED + 1))
    if not inside:
        hub = f"; write hf:{path} for a repository" if _BARE.fullmatch(str(path)) else ""
        return f"{lacking(files)}{hub}"
    more = " and more" if len(inside) > _LISTED else ""
    names = ", ".join(shortened(str(one)) for one in inside[:_LISTED])
    return f"this folder itself is no tokenizer; name one of those in it: {names}{more}"


def _inside(path: Path) -> Iterator[Path]:
    """Yield the tokenizers in a folder and some levels below it, of as much as is looked at."""
    level, left = [path], _LOOKED
    for _ in range(_LEVELS):
        deeper: list[Path] = []
        for folder in level:
            inside = _entries(folder)[:left]
            left -= len(inside)
            if folder != path and wanted([one.name for one in inside if one.is_file()]):
                yield folder
                continue
            yield from (one for one in inside if one.is_file() and _is_tokenizer(one))
            deeper += [one for one in inside if one.is_dir() and not one.is_symlink()]
        level = deeper


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted, without what is hidden; nothing if it is closed to us."""
    try:
        return sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    except OSError:
        return []


def _is_tokenizer(path: Path) -> bool:
    """Tell by its name, and a JSON file by its beginning, whether a file is a tokenizer."""
    try:
        kind = kind_of_content(path) if path.suffix in _SUFFIXES else ""
        return bool(kind) and (path.suffix != ".json" or _PARTS.search(start_of(path)) is not None)
    except TokscopeError:
        return False


def lacking(files: Sequence[str]) -> str:
    """Say what a folder lacks to hold a tokenizer."""
    return _half(files) or f"this folder holds none of {', '.join(FILES)}"


def _half(files: Sequence[str]) -> str:
    """Say what the first kind that a folder begins with lacks; empty if it begins with none."""
    for patterns, _, _ in FOLDERS:
        others = [pattern for pattern in patterns[1:] if not _matching(pattern, files)]
        if _matching(patterns[0], files) and others:
            return f"{patterns[0]} makes no tokenizer without {', '.join(others)} beside it"
    return ""


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    deep = pattern.count("/")  # which a * matches too
    return [name for name in names if name.count("/") == deep and fnmatchcase(name, pattern)]


def _function(module: str, name: str) -> Callable[..., object]:
    return cast(Callable[..., object], getattr(import_module(f"{__package__}.{module}"), name))
