"""Where text comes from: named corpora, read as streams of units, never held in memory whole.

A unit is the text that is encoded in one call: a line, or the text of a record. Parallel corpora
keep empty units, because positions matter there. Other corpora skip and count them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress

from tokscope.batch import Batch
from tokscope.changes import require_same, stamp
from tokscope.errors import TokscopeError, choose, require_shown
from tokscope.text import files
from tokscope.text.files import MAX_UNIT, STDIN, Corpus, Shard, once, opened
from tokscope.text.formats import (
    has_fields,
    is_column,
    may_be_cut,
    reader,
    recognized,
    unit_of,
)
from tokscope.text.given import Corpora, asked, units_of
from tokscope.text.lines import Units
from tokscope.text.names import SAMPLE, File, apart, named

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
    "unit_of",
    "units_at",
]
PART = 1 << 22  # bytes of a file that one worker reads
BEGINNING = 1 << 20  # bytes of a part that are read before workers start; at most an eighth of it
FIELD = "text"
ANY = ""  # stands for any corpus without a field of its own


def _checked(units: Units, shard: Shard) -> Units:
    """Raise if a unit is too long, and drop empty units unless the shard keeps them."""
    if len(units.raw) > shard.max_unit:
        for text, line in zip(units.texts, units.lines, strict=True):
            if len(text) * 4 > shard.max_unit and len(text.encode()) > shard.max_unit:
                raise shard.too_long(line)
    texts = Batch.of(units.texts)
    full = texts.full()
    if shard.keep_empty or full.all():
        return units
    return replace(
        units,
        texts=texts.without_empty(),
        offsets=units.offsets[full],
        lines=list(compress(units.lines, texts)),
        skipped=len(texts) - int(full.sum()),
        clusters=list(compress(units.clusters, texts)),
    )


def size(shard: Shard) -> int | None:
    """Return how many bytes of text a shard holds; None if only reading it can tell."""
    return None if is_column(shard) else files.size(shard)


def split(shard: Shard) -> list[Shard]:
    """Return the independent parts of a file: each has about `PART` bytes and ends with a line.

    Only files of lines are cut. Any other file, a packed file or a small one is a single part. The
    parts depend on the file alone, and remember its state when they were made.

    Raises:
        TokscopeError: the file cannot be read, or has changed since it was named.
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
            if place < borders[-1]:  # inside a line that the last part ends with
                continue
            stream.seek(place)
            whole = stream.readline(shard.max_unit).endswith(b"\n")
            if whole and stream.tell() < total:  # else the part before it reports the long line
                borders.append(stream.tell())
    ends = [*borders[1:], None]
    parts = zip(borders, ends, strict=True)
    return [replace(shard, start=start, end=end) for start, end in parts]


def first_lines(part: Shard) -> Shard | None:
    """Return the first lines of a part, up to a megabyte or so; None if it cannot be cut there.

    Raises:
        TokscopeError: the file cannot be read, or has changed since it was named.
    """
    if not part.stamp or not may_be_cut(part):
        return None
    size = (part.end or part.stamp.size) - part.start
    with opened(part) as stream:
        stream.seek(part.start + min(BEGINNING, size // 8))
        whole = stream.readline(part.max_unit).endswith(b"\n")
        return replace(part, end=stream.tell()) if whole else None


def read(shard: Shard) -> Iterator[Units]:
    """Yield the units of a shard, about a megabyte at a time.

    A file with an unknown suffix is read by lines; it must be UTF-8 too.

    Raises:
        TokscopeError: the file is missing, broken or not UTF-8, or has a unit that is too long; or
            an extra is not installed; or the file changed after it was named.
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
        require_same(shard.path, before)  # a change explains the error better
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

    `corpora` is one word, a list of words, or a mapping of names to paths or to lists of strings.
    Each string is a unit. A `Corpus` object is returned as it is.

    A path is a file, a folder, a zip file, a glob, `-` for standard input, or `sample:prose`,
    `sample:code` or `sample:NAME` for the embedded sample. A folder, a zip file or a glob is one
    corpus per file, named by its stem, or a single corpus if NAME= is given. Numbered files such as
    train-00000-of-00002.parquet form one corpus. Files `cache-….arrow`, which `map` of Hugging Face
    datasets leaves in a folder, are skipped. KIND is txt, jsonl, json, csv, tsv, parquet, arrow or
    fasta; it is needed only if neither the suffix nor the beginning of a file tells.

    `field` is the name of the field, or a list of `[NAME=]FIELD`, where NAME is a corpus. `cluster`
    names a field of records: units with the same value are resampled together.

    Raises:
        TokscopeError: a path does not exist or is not text, a name or standard input comes twice,
            or a field has no effect.
    """
    fields = fields_of(field)
    pattern = Shard("", errors=errors, keep_empty=parallel, max_unit=max_unit, cluster=cluster)
    every = corpora_of(corpora, pattern, fields)
    require_use(every, fields)
    return every


def corpora_given(
    corpora: Corpora, *, parallel: bool = False, argument: str = "corpora"
) -> list[Corpus]:
    """Return the corpora that a caller gives; in parallel text, line i means the same in each.

    Raises:
        TokscopeError: an argument cannot be used; the message says what can.
    """
    return corpora_of(corpora, Shard("", keep_empty=parallel), {}, argument)


def corpora_of(
    given: Corpora, like: Shard, fields: Mapping[str, str], argument: str = "corpora"
) -> list[Corpus]:
    """Return the given corpora; their shards get the settings of `like`.

    Raises:
        TokscopeError: as for `read_corpora`, except for fields.
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


def files_of(
    given: Corpora, like: Shard, fields: Mapping[str, str], argument: str = "corpora"
) -> list[Corpus]:
    """Return every file that is given as a corpus of its own, which has the name of its path.

    Raises:
        TokscopeError: as for `corpora_of`.
    """
    every: dict[str, Corpus] = {}
    for label, one in asked(given, like, argument):
        corpora = [one] if isinstance(one, Corpus) else _of_files(apart(one, label), like, fields)
        for corpus in corpora:
            if every.setdefault(corpus.name, corpus) is not corpus:
                raise TokscopeError(f"{corpus.name}: given twice; name every file once")
    _require_once(list(every.values()))
    return list(every.values())


def _of_word(label: str, word: str, like: Shard, fields: Mapping[str, str]) -> Iterator[Corpus]:
    """Yield the corpora that a word stands for, or a single one if it has a label."""
    groups = named(word, label)
    for name, _, members in groups:
        require_shown(name, members[0].path)
    return _of_files(groups, like, fields)


def _of_files(
    groups: Sequence[tuple[str, str, Sequence[File]]], like: Shard, fields: Mapping[str, str]
) -> Iterator[Corpus]:
    """Yield the corpora of names, kinds and files."""
    for name, kind, members in groups:
        field = fields.get(name, fields.get(ANY, FIELD))
        own = replace(like, field=field, kind=kind or like.kind)
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
        yield Corpus(name, tuple(recognized(shard, asked=by_name) for shard in shards))


def _require_once(corpora: Sequence[Corpus]) -> None:
    """Raise if a pipe or standard input would be read twice."""
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
    """Raise if text must be read twice, but comes from standard input or a pipe.

    Raises:
        TokscopeError: it does; the message begins with `why`.
    """
    for shard in (shard for corpus in corpora for shard in corpus.shards):
        if once(shard.path) is not None:
            raise TokscopeError(f"{why}, and {_called(shard)} cannot be; save it in a file")


def _called(shard: Shard) -> str:
    return (
        "standard input" if shard.path == STDIN else f"{shard.path}, which is not a regular file,"
    )


def fields_of(field: str | Sequence[str]) -> dict[str, str]:
    """Return the chosen fields by the name of a corpus; `ANY` stands for all others.

    Raises:
        TokscopeError: a corpus has two fields, or a field is empty.

    >>> fields_of(["body", "en=col_en"]), fields_of("a=b"), fields_of("text")
    ({'': 'body', 'en': 'col_en'}, {'': 'a=b'}, {})
    """
    if isinstance(field, str):
        return {} if field == FIELD else {ANY: field}
    fields: dict[str, str] = {}
    for word in field:
        name, mark, rest = word.partition("=")
        name, rest = (name, rest) if mark else (ANY, word)
        if name in fields:
            whose = f"corpus '{name}'" if name else "any corpus"
            raise TokscopeError(
                f"--field {word}: two fields for {whose}; write NAME=FIELD for each"
            )
        if not rest:
            raise TokscopeError(f"--field {word}: write [NAME=]FIELD, NAME being a corpus")
        fields[name] = rest
    return fields


def require_use(corpora: Sequence[Corpus], fields: Mapping[str, str]) -> None:
    """Raise if a field has no effect.

    Raises:
        TokscopeError: its corpus does not exist, or is plain text.
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
            bare = next((s for s in shards if not has_fields(s)), Shard("nothing"))
            plain = bare.place
            what = "standard input" if plain == STDIN else plain
            how = "sequences" if unit_of(bare) == "sequence" else "plain text"
            kinds = f"jsonl:{plain}, json:{plain}, csv:{plain} or tsv:{plain}"
            raise TokscopeError(
                f"{option} has no effect: {what} is read as {how}; name records by {kinds}"
                if shards
                else f"{option} has no effect: every corpus has a field of its own"
            )


def units_at(corpus: Corpus, places: Sequence[int]) -> dict[int, str]:
    """Read a corpus again and return the units at some places, counted from 0.

    Raises:
        TokscopeError: the corpus cannot be read, or has changed.
    """
    texts: dict[int, str] = {}
    wanted, at = set(places), 0
    for shard in corpus.shards:
        for units in read(shard):
            inside = (place for place in wanted if at <= place < at + len(units.texts))
            texts |= {place: units.texts[place - at] for place in inside}
            at += len(units.texts)
            if len(texts) == len(wanted):
                require_same(shard.path, shard.stamp)
                return texts
    return texts


def words_of(corpus: Corpus) -> list[str]:
    """Return a list of words from a corpus with one word per unit.

    Raises:
        TokscopeError: the corpus cannot be read, or is empty.
    """
    words = [word for shard in corpus.shards for units in read(shard) for word in units.texts]
    if not any(words):
        raise TokscopeError(f"{corpus.shards[0].path}: no word in it; write one on each line")
    return [word for word in words if word]
