"""Read the text that a caller of the library gives: paths, corpora, named lists of strings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TypeAlias

import numpy as np

from tokscope.errors import TokscopeError, require_shown
from tokscope.given import entries, several, unlike
from tokscope.text.files import Corpus, Shard
from tokscope.text.lines import Units

Place: TypeAlias = str | PathLike[str] | Corpus
Corpora: TypeAlias = Place | Sequence[Place] | Mapping[str, Place | Sequence[str]]
_WANTED = "a path, a list of paths, or a mapping of names to paths or lists of strings"
_BATCH = 1 << 20  # about as many characters of text are passed on at once
# a file of lines cannot hold these inside a line, or at its beginning
_UNLIKE_A_LINE = re.compile(rb"[\r\n]|\xef\xbb\xbf")


def asked(given: Corpora, like: Shard, argument: str) -> Iterator[tuple[str, str | Corpus]]:
    """Yield words or corpora, each with its name in the mapping, or "".

    Raises:
        TokscopeError: `given` is something else; the message names the argument.
    """
    for i, (name, one) in enumerate(entries(given, _is_place, argument, _WANTED)):
        if isinstance(one, Corpus):
            parallel = like.keep_empty
            shards = (replace(s, keep_empty=s.keep_empty or parallel) for s in one.shards)
            yield name, Corpus(name or one.name, tuple(shards))
        elif _is_place(one):
            yield name, os.fspath(one)
        elif name:
            yield name, _held(name, one, like, argument)
        else:
            raise unlike(one, f"{argument}[{i}]", _WANTED)


def _is_place(given: object) -> bool:
    return isinstance(given, str | PathLike | Corpus)


def _held(name: str, given: object, like: Shard, argument: str) -> Corpus:
    """Return a corpus of strings in memory."""
    where = f"{argument}[{name!r}]"
    texts = several(given, where, "a path or a list of strings")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise unlike(text, f"{where}[{i}]", "a string")
    require_shown(name, where)
    if like.cluster:
        raise TokscopeError(f"{where}: strings have no field '{like.cluster}' to tell clusters by")
    return Corpus(name, (replace(like, path=where, kind="txt", texts=tuple(map(str, texts))),))


def units_of(shard: Shard) -> Iterator[Units]:
    """Yield the strings of a shard as units, just as if they were lines of a file.

    Raises:
        TokscopeError: a string is not valid Unicode.
    """
    texts, start, offset = shard.texts or (), 0, 0
    while start < len(texts):
        end, size = start, 0
        while end < len(texts) and size < _BATCH:
            size += len(texts[end])
            end += 1
        raws = [_raw(shard, i, texts[i]) for i in range(start, end)]
        offsets = offset + np.cumsum([0, *map(len, raws)], dtype=np.int64)
        yield Units(texts[start:end], offsets[:-1], range(start + 1, end + 1), b"".join(raws))
        start, offset = end, int(offsets[-1])


def _raw(shard: Shard, i: int, text: str) -> bytes:
    """Return a text as a line of a file; 0xFF, never in UTF-8, marks what a line cannot hold."""
    try:
        return _UNLIKE_A_LINE.sub(b"\xff\\g<0>", text.encode()) + b"\n"
    except UnicodeEncodeError as error:
        raise shard.error(i + 1, f"not valid Unicode ({error.reason})") from error
