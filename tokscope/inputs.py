"""Which files a command reads: no output may overwrite one of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path

from tokscope.errors import TokscopeError, exists, path_of, split_label
from tokscope.text.names import files, in_folder, split_kind
from tokscope.tokenizers import parse
from tokscope.tokenizers.folder import is_part
from tokscope.writing import identity


def reads(word: str, path: Path, *, text: bool) -> bool:
    """Tell whether a word for text, or for a tokenizer, reads `path`, or would if it existed.

    An invalid word reads nothing here; it is refused where it is used.
    """
    try:
        return _reads_text(word, path) if text else _reads_tokenizer(word, path)
    except TokscopeError:
        return False


def _reads_text(word: str, path: Path) -> bool:
    _, place = split_kind(split_label(word)[1])
    named = path_of(place)
    if exists(path) or place.startswith("sample:"):
        return any(identity(Path(file.path)) == identity(path) for file in files(place))
    if named.is_dir():
        return in_folder(named, path)
    beside = identity(named.absolute().parent) == identity(path.absolute().parent)
    return has_magic(named.name) and beside and fnmatchcase(path.name, named.name)


def _reads_tokenizer(word: str, path: Path) -> bool:
    """Count every file of the folder that could be part of a tokenizer, even if a file is named."""
    spec = parse(word)
    named = [path_of(p) for p in (spec.place, spec.pattern_file, spec.specials) if p]
    if any(identity(place) == identity(path) for place in named):
        return True
    if not (named and exists(named[0])):
        return False
    folder, target = named[0].resolve(), path.absolute().parent.resolve() / path.name
    folder = folder if folder.is_dir() else folder.parent
    near = target.is_relative_to(folder)
    return near and is_part(target.relative_to(folder).as_posix())
