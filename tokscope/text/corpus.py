"""Where text comes from: named corpora, read as streams of units, never held whole.

A unit is what is encoded at once: a line, or the text of a record. Empty units are kept in parallel
corpora, where their place counts, and otherwise skipped and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tokscope.changes import require_same, stamp
from tokscope.errors import TokscopeError, choose, require_shown
from tokscope.text import files
from tokscope.text.files import MAX_UNIT, STDIN, Corpus, Shard, once, opened
from tokscope.text.formats import found, has_fields, is_column, may_be_cut, reader
from tokscope.text.given import Corpora, asked, units_of
from tokscope.text.lines import Units
from tokscope.text.names import SAMPLE, named

__all__ = [
    "MAX_UNIT",
    "SAMPLE",
    "Corpus",
    "Shard",
    "Units",
    "again",
    "corpora_given",
    "has_fields",
    "read",
    "read_corpora",
    "require_again",
    "size",
    "split",
    "units_at",
]
PART = 1 << 23  # bytes of a file that one worker reads
FIELD = "text"
ANY = ""  # any corpus that has no field of its own


def _checked(units: Units, shard: Shard) -> Units:
    """Refuse what is too long, and leave out what is empty if it does not count."""
    if len(units.raw) > shard.max_unit:
        for text, line in zip(units.texts, units.lines, strict=True):
            if len(text) * 4 > shard.max_unit and len(text.encode()) > shard.max_unit:
                raise shard.too_long(line)
    if shard.keep_empty or "" not in units.texts:
        return units
    full = [i for i, text in enumerate(units.texts) if text]
    return replace(
        units,
        texts=[units.texts[i] for i in full],
        offsets=units.offsets[full],
        lines=[units.lines[i] for i in full],
        skipped=len(units.texts) - len(full),
        clusters=[units.clusters[i] for i in full] if units.clusters else (),
    )


def size(shard: Shard) -> int | None:
    """Return how many bytes of text a shard holds; None where only reading it tells."""
    return None if is_column(shard) else files.size(shard)


def split(shard: Shard) -> list[Shard]:
    """Return the parts of a file that can be read one without the other: `PART` bytes and a line.

    Only lines can, so that any other file, a packed one and a small one are a part each. The parts
    depend on the file alone, and know what it was when they were made.

    Raises:
        TokscopeError: it cannot be read, or has changed since it was named.
    """
    if shard.texts is not None:
        return [shard]
    shard = shard if shard.stamp else replace(shard, stamp=stamp(shard.path))
    require_same(shard.path, shard.stamp)
    total = shard.stamp.size if shard.stamp and may_be_cut(shard) else 0
    if total <= PART:
        return [shard]
    borders = [0]
    with opened(shard) as stream:
        for place in range(PART, total, PART):
            if place < borders[-1]:  # inside a line
                continue
            stream.seek(place)
            whole = stream.readline(shard.max_unit).endswith(b"\n")
            if whole and stream.tell() < total:  # else the part before it meets a line too long
                borders.append(stream.tell())
    ends = [*borders[1:], None]
    parts = zip(borders, ends, strict=True)
    return [replace(shard, start=start, end=end) for start, end in parts]


def read(shard: Shard) -> Iterator[Units]:
    """Yield the units of a shard, about a megabyte at a time.

    A file whose suffix has no reader is read by lines: its text must be UTF-8 all the same.

    Raises:
        TokscopeError: the file is missing, broken, not UTF-8 or holds too long a unit; or reading
            it needs an extra; or it changed since it was named, or while it was read.
    """
    if shard.texts is not None:
        yield from (_checked(units, shard) for units in units_of(shard))
        return
    readable = reader(shard)
    before = shard.stamp or stamp(shard.path)
    shard = replace(shard, stamp=before)
    require_same(shard.path, before)
    try:
        with opened(shard) as stream:
            for units in readable(stream, shard):
                yield _checked(units, shard)
    except TokscopeError:
        require_same(shard.path, before)  # which is why, then
        raise
    require_same(shard.path, before)


def read_corpora(
    corpora: Corpora,
    *,
    field: str | Sequence[str] = FIELD,
    errors: str = "strict",
    parallel: bool = False,
    max_unit: int = MAX_UNIT,
    cluster: str = "",
) -> list[Corpus]:
    """Return the corpora that `[NAME=][KIND:]PATH` words stand for; no text is read yet.

    One word, a list of them, or a mapping of names to paths, or to lists of strings in memory: each
    string is a unit. A corpus that was made already stays as it is.

    A path is a file, a folder, a zip file, a glob, `-` for standard input, or `sample:prose`,
    `sample:code` or `sample:NAME` for what is embedded. A folder, a zip file or a glob is one
    corpus a file, named by its stem, or one corpus in all where it has a NAME; numbered files such
    as train-00000-of-00002.parquet are one corpus. What `map` of Hugging Face datasets left in a
    folder, `cache-….arrow`, is not taken for part of it. KIND is txt, jsonl, json, csv, tsv,
    parquet or arrow, where neither the suffix nor the beginning of a file says it.

    `field` is the name of the field, or a list of `[NAME=]FIELD`, NAME being a corpus. `cluster`
    names a field of records whose values say which units belong together when they are resampled.

    Raises:
        TokscopeError: a path does not exist or is no text, a name comes twice, standard input
            comes twice, or a field has no effect.
    """
    fields = fields_of(field)
    pattern = Shard("", errors=errors, keep_empty=parallel, max_unit=max_unit, cluster=cluster)
    every = corpora_of(corpora, pattern, fields)
    require_use(every, fields)
    return every


def corpora_given(
    corpora: Corpora, *, parallel: bool = False, argument: str = "corpora"
) -> list[Corpus]:
    """Return what a caller gives as corpora, of which line i says the same where it is parallel.

    Raises:
        TokscopeError: it cannot be used; says what can.
    """
    return corpora_of(corpora, Shard("", keep_empty=parallel), {}, argument)


def corpora_of(
    given: Corpora, like: Shard, fields: Mapping[str, str], argument: str = "corpora"
) -> list[Corpus]:
    """Return the corpora that were given, their shards like a given one.

    Raises:
        TokscopeError: as `read_corpora`, but for fields.
    """
    choose({"strict": 0, "replace": 0}, like.errors, "way to treat errors")
    corpora: dict[str, Corpus] = {}
    for label, one in asked(given, like, argument):
        for corpus in [one] if isinstance(one, Corpus) else _of_word(label, one, like, fields):
            if corpus.name in corpora:
                name = corpus.name
                raise TokscopeError(f"two corpora are named '{name}'; write NAME=PATH for one")
            corpora[corpus.name] = corpus
    every = list(corpora.values())
    _require_once(every)
    return every


def _of_word(label: str, word: str, like: Shard, fields: Mapping[str, str]) -> Iterator[Corpus]:
    """Yield the corpora that a word stands for, or the one of a label."""
    for name, kind, members in named(word, label):
        require_shown(name, members[0].path)
        field = fields.get(name, fields.get(ANY, FIELD))
        own = replace(like, field=field, kind=kind)
        shards = (
            replace(
                own,
                path=file.path,
                member=file.member,
                stamp=file.stamp or stamp(file.path),
            )
            for file in members
        )
        by_name = name in fields or ANY in fields
        yield Corpus(name, tuple(found(shard, asked=by_name) for shard in shards))


def _require_once(corpora: Sequence[Corpus]) -> None:
    """Refuse to read twice what can be read once."""
    seen = set()
    for shard in (shard for corpus in corpora for shard in corpus.shards):
        source = once(shard.path)
        if source is not None and source in seen:
            raise TokscopeError(f"{_called(shard)} can be read only once; name it for one corpus")
        seen.add(source)


def again(corpus: Corpus) -> bool:
    """Tell whether a corpus can be read a second time."""
    return all(once(shard.path) is None for shard in corpus.shards)


def require_again(corpora: Sequence[Corpus], why: str) -> None:
    """Refuse standard input and pipes where text is read a second time.

    Raises:
        TokscopeError: there is one; `why` is the beginning of what it says.
    """
    for shard in (shard for corpus in corpora for shard in corpus.shards):
        if once(shard.path) is not None:
            raise TokscopeError(f"{why}, and {_called(shard)} cannot be; save it in a file")


def _called(shard: Shard) -> str:
    return "standard input" if shard.path == STDIN else f"{shard.path}, which is no regular file,"


def fields_of(field: str | Sequence[str]) -> dict[str, str]:
    """Return the fields that were asked for, by the name of a corpus; `ANY` is any other.

    Raises:
        TokscopeError: two are asked for at once, or one has no name.

    >>> fields_of(["body", "en=col_en"]), fields_of("a=b"), fields_of("text")
    ({'': 'body', 'en': 'col_en'}, {'': 'a=b'}, {})
    """
    if isinstance(field, str):
        return {} if field == FIELD else {ANY: field}
    found: dict[str, str] = {}
    for word in field:
        name, mark, rest = word.partition("=")
        name, rest = (name, rest) if mark else (ANY, word)
        if name in found:
            whose = f"corpus '{name}'" if name else "any corpus"
            raise TokscopeError(
                f"--field {word}: two fields for {whose}; write NAME=FIELD for each"
            )
        if not rest:
            raise TokscopeError(f"--field {word}: write [NAME=]FIELD, NAME being a corpus")
        found[name] = rest
    return found


def require_use(corpora: Sequence[Corpus], fields: Mapping[str, str]) -> None:
    """Refuse fields that nothing is read by.

    Raises:
        TokscopeError: a corpus is not there, or it is plain text.
    """
    by_name = {corpus.name: corpus for corpus in corpora}
    for name, field in fields.items():
        option = f"--field {name}{'=' if name else ''}{field}"
        try:
            others = [corpus for corpus in corpora if corpus.name not in fields]
            meant = [choose(by_name, name, "corpus")] if name else others
        except TokscopeError as error:
            raise TokscopeError(
                f"{option}: {error}; write [NAME=]FIELD for a corpus that is named, as by --corpus "
                f"{name}=PATH; the same PATH again for the field of another"
            ) from error
        shards = [shard for corpus in meant for shard in corpus.shards]
        used = map(has_fields, shards)
        if not (all(used) if name else any(used)):
            plain = next((s.place for s in shards if not has_fields(s)), "nothing")
            what = "standard input" if plain == STDIN else plain
            kinds = f"jsonl:{plain}, json:{plain}, csv:{plain} or tsv:{plain}"
            raise TokscopeError(
                f"{option} has no effect: {what} is read as plain text; name records by {kinds}"
                if shards
                else f"{option} has no effect: every corpus has a field of its own"
            )


def units_at(corpus: Corpus, places: Sequence[int]) -> dict[int, str]:
    """Return the units at some places, counted from 0, in a second reading up to the last one.

    Raises:
        TokscopeError: it cannot be read, or has changed.
    """
    found: dict[int, str] = {}
    wanted, at = set(places), 0
    for shard in corpus.shards:
        for units in read(shard):
            inside = (place for place in wanted if at <= place < at + len(units.texts))
            found |= {place: units.texts[place - at] for place in inside}
            at += len(units.texts)
            if len(found) == len(wanted):
                require_same(shard.path, shard.stamp)
                return found
    return found


def words_of(corpus: Corpus) -> list[str]:
    """Return a list of words, which has one a unit.

    Raises:
        TokscopeError: it cannot be read, or is empty.
    """
    words = [word for shard in corpus.shards for units in read(shard) for word in units.texts]
    if not any(words):
        raise TokscopeError(f"{corpus.shards[0].path}: a list of words has one a line; none is")
    return [word for word in words if word]
