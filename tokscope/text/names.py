"""Which files a word stands for, and the names of their corpora."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path, PurePosixPath

from tokscope.changes import Stamp, stamp
from tokscope.errors import TokscopeError, choose, exists, path_of, split_label
from tokscope.text.files import STDIN
from tokscope.text.formats import READERS, SUFFIXES, looks_like_records
from tokscope.text.packing import UNPACKERS, ZIP, members, packing, unpacked_name

SAMPLE = Path(__file__).parent / "sample"
_OF_SAMPLE = "sample:"
_DATA = "data"  # the folder of a dataset that holds its text
_RESULT = re.compile(r"cache-[0-9a-f]{16}(_\d+_of_\d+)?\.arrow")  # caches of `map` of datasets
_ABOUT = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
# Moses files: a name, a pair of languages, and one of the two
_LANGUAGE = r"[A-Za-z]{2,3}(?:_[A-Za-z]{2,4})?"
_MOSES = re.compile(rf"(?:.+\.)?({_LANGUAGE})-({_LANGUAGE})\.({_LANGUAGE})")
_NUMBERED = re.compile(r"(.+)-\d{5,6}-of-(\d{5,6})")
_MOST = 8  # folders that a message lists
_MANY = 1_000  # files in a zip file; its table is read again for each of them


@dataclass(frozen=True)
class File:
    """A file, or a member of a zip file."""

    path: str
    member: str = ""
    name: str = ""  # if it differs from the name of the file
    stamp: Stamp | None = None  # the state of a zip file before its members were listed

    @property
    def place(self) -> str:
        """Return its path, which goes on into a zip file."""
        return f"{self.path}/{self.member}" if self.member else self.path

    @property
    def inner(self) -> PurePosixPath | Path:
        """Return the name that tells the format."""
        return PurePosixPath(self.member) if self.member else Path(unpacked_name(self.path))

    def stem(self) -> str:
        """Return the name of its corpus; for a Moses file, the language."""
        if self.path == STDIN or self.name:
            return self.name or "stdin"
        return _language(self.inner.name) or self.inner.stem


def _language(name: str) -> str:
    """Return the language of one file of a Moses pair.

    >>> _language("Books.de-en.de"), _language("a.de-en.txt"), _language("dev.en-pt_br.pt_br")
    ('de', '', 'pt_br')
    """
    match = _MOSES.fullmatch(name)
    return match[3] if match and match[3] in match.groups()[:2] else ""


def _is_text(name: str) -> bool:
    """Tell whether a file in a folder is text, by its name."""
    if name.startswith(".") or _RESULT.fullmatch(name) or name in _ABOUT:
        return False
    bare = unpacked_name(name)
    return Path(bare).suffix.lower() in SUFFIXES or bool(_language(bare))


def _is_text_file(path: Path) -> bool:
    if not _is_text(path.name) or not path.is_file() or packing(path.name) == ZIP:
        return False
    return Path(unpacked_name(path.name)).suffix.lower() != ".json" or looks_like_records(path)


def split_kind(place: str) -> tuple[str, str]:
    """Split `[KIND:]PATH`; an existing path has no kind.

    >>> split_kind("csv:-"), split_kind("a.csv"), split_kind("c:x")
    (('csv', '-'), ('', 'a.csv'), ('', 'c:x'))
    """
    kind, mark, rest = place.partition(":")
    if mark and kind in READERS and not exists(place):
        return kind, rest
    return "", place


def named(word: str, name: str = "") -> list[tuple[str, str, list[File]]]:
    """Return the names, kinds and files of the corpora that one word stands for.

    With a name, all files form one corpus.

    Raises:
        TokscopeError: the word stands for no file.
    """
    name, place = (name, word) if name else split_label(word)
    kind, place = split_kind(place)
    texts = _files(place) if kind else files(place)
    if name:
        return [(name, kind, texts)]
    if len(texts) == 1:
        return [(texts[0].stem(), kind, texts)]
    return [(stem, kind, files) for stem, files in _joined(texts)]


def apart(word: str, name: str = "") -> list[tuple[str, str, list[File]]]:
    """Return every file that `[KIND:]PATH` stands for under its own path, as `named` does.

    With a name, all files form one corpus.

    Raises:
        TokscopeError: the word stands for no file.
    """
    if name:
        return named(word, name)
    kind, place = split_kind(word)
    texts = _files(place) if kind else files(place)
    if not kind and place.startswith(_OF_SAMPLE):
        return [(f"{_OF_SAMPLE}{file.stem()}", kind, [file]) for file in texts]
    return [(file.place, kind, [file]) for file in texts]


def _joined(files: Sequence[File]) -> Iterator[tuple[str, list[File]]]:
    """Group files by corpus: numbered files, such as train-00000-of-00002, form one."""
    groups: dict[tuple[str, str, str], list[File]] = {}
    for file in files:
        match = _NUMBERED.fullmatch(file.inner.stem)
        folder = str(file.inner.parent)
        key = (folder, match[1], match[2]) if match else (folder, file.path, file.member)
        groups.setdefault(key, []).append(file)
    for group in groups.values():
        match = _NUMBERED.fullmatch(group[0].inner.stem)
        yield match[1] if match else group[0].stem(), group


def files(place: str) -> list[File]:
    """Return the files of a part of the sample, or of a path.

    Raises:
        TokscopeError: the part or the path has no text.
    """
    if place.startswith(_OF_SAMPLE):
        return _sample(place.removeprefix(_OF_SAMPLE))
    return _files(place)


def _files(place: str) -> list[File]:
    """Return the files of a path, a folder, a zip file or a glob, sorted."""
    path = path_of(place)
    if place == STDIN:
        return [File(place)]
    if path.is_dir():
        return _in_folder(path)
    if path.exists():
        return _in_file(str(path))
    if not has_magic(place):
        raise TokscopeError(f"{place}: no such file or folder")
    names = sorted(name for name in glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
    if not names:
        raise TokscopeError(f"{place}: no file matches")
    return [file for name in names for file in _in_file(name)]


def _in_file(path: str) -> list[File]:
    """Return a file, or the text files in a zip file; a single member need not look like text."""
    if packing(path) != ZIP or not Path(path).is_file():
        return [File(path)]
    before = stamp(path)
    inside = members(path)
    if len(inside) == 1:
        name = "" if _language(inside[0]) else Path(unpacked_name(path)).stem
        return [File(path, inside[0], name, before)]
    texts = [
        File(path, name, stamp=before) for name in inside if _is_text(PurePosixPath(name).name)
    ]
    if not texts:
        known = ", ".join(SUFFIXES)
        raise TokscopeError(f"{path}: no text among its {len(inside)} files; they end in {known}")
    if len(texts) > _MANY:
        raise TokscopeError(f"{path}: it holds {len(texts):,} texts; unpack it and name the folder")
    return texts


def in_folder(folder: Path, path: Path) -> bool:
    """Tell whether a new file would be read as text of a folder; our .json output would not."""
    places = [place.resolve() for place in (folder, folder / _DATA)]
    named = _is_text(path.name) and path.suffix.lower() not in (".json", ZIP)
    return named and path.absolute().parent.resolve() in places


def _in_folder(folder: Path) -> list[File]:
    for place in (folder, folder / _DATA):
        if place.is_dir():
            found = sorted(str(file) for file in place.iterdir() if _is_text_file(file))
            if found:
                return [File(path) for path in found]
    known, packed = ", ".join(SUFFIXES), ", ".join(UNPACKERS)
    problem = f"{folder}: no text in this folder; files end in {known}, text also in {packed}"
    inside = sorted(path.name for path in folder.iterdir() if path.is_dir())[:_MOST]
    raise TokscopeError(f"{problem}{'; or name one of: ' if inside else ''}{', '.join(inside)}")


def _sample(part: str) -> list[File]:
    files = sorted(SAMPLE.glob("*/*.txt"))
    parts = {file.stem: [File(str(file))] for file in files}
    parts |= {"prose": [], "code": []}
    for file in files:
        parts[file.parent.name].append(File(str(file)))
    return choose(parts, part, "part of the sample")
