"""Which files of source code are read, in which languages, and how much of each language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tokscope.errors import TokscopeError, path_of, split_label
from tokscope.lexemes.languages import KNOWN, in_language, language_of, require_language
from tokscope.text.corpus import Corpus, Shard, files_of, has_fields, require_again
from tokscope.text.files import beginning, once
from tokscope.text.formats import SUFFIXES, WHOLE
from tokscope.text.given import Corpora, asked
from tokscope.text.names import split_kind
from tokscope.text.packing import unpacked_name

CODE = Shard("", kind=WHOLE)
_RECORDS = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".feather")
SEED = 0  # of the order in which files are drawn


def corpora_by_language(
    given: Corpora, like: Shard, fields: Mapping[str, str], argument: str = "corpora"
) -> list[Corpus]:
    """Return a corpus for each language: `[LANGUAGE=]PATH` words, or strings by language.

    Files are units as they are; so are strings and the records of files that hold such. Without
    LANGUAGE the name of a file tells. With it, a folder is all files of the language below it.

    Raises:
        TokscopeError: there is no such language, or a file cannot be used.
    """
    shards: dict[str, list[Shard]] = {}
    seen = set()
    for label, one in asked(given, like, argument):
        for language, shard in _named(label, one, like, fields):
            place = shard.place if once(shard.path) else (language, shard.place)
            if place in seen:
                raise TokscopeError(f"{shard.place}: given twice; name every file once")
            seen.add(place)
            shards.setdefault(language, []).append(replace(shard, language=language))
    return [Corpus(language, tuple(own)) for language, own in shards.items()]


def _named(
    label: str, one: str | Corpus, like: Shard, fields: Mapping[str, str]
) -> Iterator[tuple[str, Shard]]:
    """Yield the language and the shard of every file."""
    if isinstance(one, Corpus):
        require_language(one.name, "corpora")
        yield from ((one.name, _whole(shard)) for shard in one.shards)
        return
    label, place = (label, one) if label else split_label(one)
    if label:
        require_language(label, one)
    for file in _files(label, place):
        for corpus in files_of({label: file} if label else file, like, fields):
            for shard in corpus.shards:
                yield label or _language(shard), _whole(shard)


def _whole(shard: Shard) -> Shard:
    """Return how to read a shard: whole, but for records and for strings."""
    if shard.texts is not None:
        return shard
    if shard.kind == WHOLE and shard.suffix in _RECORDS:
        return replace(shard, kind=SUFFIXES[shard.suffix])
    return shard if has_fields(shard) else replace(shard, kind=WHOLE)


def _language(shard: Shard) -> str:
    """Return the language that the name of a file tells.

    Raises:
        TokscopeError: it tells none.
    """
    name = shard.member or unpacked_name(shard.path)
    found = "" if has_fields(_whole(shard)) else language_of(name)
    if not found:
        problem = f"its name tells no language; write LANGUAGE={shard.place}"
        raise TokscopeError(f"{shard.place}: {problem}; Pygments knows {KNOWN}")
    return found


def _files(label: str, place: str) -> Sequence[str]:
    """Return a place, or the files of a language in a folder, without those that are hidden.

    Raises:
        TokscopeError: it is a folder without a language, or has no such file.
    """
    kind, rest = split_kind(place)
    folder = path_of(rest)
    if kind or not folder.is_dir():
        return [place]
    if not label:
        raise TokscopeError(f"{place}: a folder; write LANGUAGE={place}, such as python={place}")
    below = (path for path in folder.rglob("*") if not _hidden(path, folder))
    own = (path for path in below if in_language(path.name, label))
    files = sorted(f"{path}" for path in own if path.is_file())
    if not files:
        raise TokscopeError(f"{place}: no file in it is {label} by its name; name them by a glob")
    return files


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def sampled(corpus: Corpus, size: int) -> Corpus:
    """Return some files of a corpus, in all at most `size` bytes.

    Files are drawn at random and taken whole; the last one ends with a line.

    Raises:
        TokscopeError: a file cannot be read twice or holds records, or its first line is longer.
    """
    require_again([corpus], "--bytes reads files twice")
    for shard in corpus.shards:
        if has_fields(shard) or shard.texts is not None:
            what = "is no file" if shard.texts is not None else "holds records"
            raise TokscopeError(f"--bytes takes files of source code; {shard.place} {what}")
    chosen: dict[int, Shard] = {}
    for place in np.random.default_rng(SEED).permutation(len(corpus.shards)).tolist():
        shard = corpus.shards[place]
        head = beginning(shard, min(size, shard.max_unit) + 1)
        end = None if len(head) <= size else head.rfind(b"\n", 0, size) + 1
        if end != 0:
            chosen[place] = replace(shard, end=end)
        if end is not None:
            break
        size -= len(head)
    if not chosen:
        raise TokscopeError(f"{shard.place}: its first line is longer than --bytes; give more")
    return Corpus(corpus.name, tuple(chosen[place] for place in sorted(chosen)))
