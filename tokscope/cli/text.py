"""The options of every command that reads text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tokscope.gate.config import Text
    from tokscope.text.corpus import Corpus, Shard
    from tokscope.workers import Workers

_SPEC = (
    "A tokenizer: a file or folder, a tiktoken name (cl100k_base, gpt-4o), a hub id "
    "(org/name[@revision]), or KIND:PLACE with KIND one of hf, file, tiktoken, tiktoken-file, "
    "sp, mistral, tekken, gguf, wordpiece, merges, codes, clip, minbpe, rwkv, sample; or a "
    "baseline: bytes, "
    "characters."
)
Specs = Annotated[list[str], typer.Argument(metavar="[LABEL=]SPEC...", help=_SPEC)]
Spec = Annotated[str, typer.Argument(metavar="[LABEL=]SPEC", help=_SPEC)]
Corpora = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        "-c",
        metavar="[NAME=]PATH",
        help="Text: .txt and code by lines; .jsonl, .ndjson, .json, .csv, .tsv, .parquet and "
        ".arrow by --field; text also as .gz, .bz2, .xz, .zst, .zip. A folder or a quoted glob is "
        "one corpus a file, or one corpus with a NAME; - is stdin; KIND:PATH, such as csv:-, where "
        "no suffix says it. Repeatable. Default: the embedded sample.",
    ),
]
Parallel = Annotated[
    bool,
    typer.Option("--parallel", help="Line i says the same in every corpus; empty lines count."),
]
Field = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]FIELD",
        help="The field of records, or the column, that is the text (default text): body, "
        "translation.en, messages[].content; with NAME= of that corpus alone. Repeatable.",
    ),
]
_MEGABYTES = 64  # of a unit, at most, unless something else is asked for
Errors = Annotated[str, typer.Option(help="Invalid UTF-8: strict refuses it, replace counts it.")]
MaxUnit = Annotated[
    float,
    typer.Option("--max-unit", metavar="MB", help="Refuse lines and records longer than this."),
]
Cluster = Annotated[
    str,
    typer.Option(metavar="FIELD", help="Draw together the records with one value of this field."),
]
Words = Annotated[
    str,
    typer.Option(
        help="What a word is: unicode (UAX #29), whitespace, or icu: unicode, with a dictionary "
        "for scripts without spaces."
    ),
]
Specials = Annotated[
    bool, typer.Option("--specials", help="Find special tokens in text; without it they are text.")
]


Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", help="Processes to use (default: one a core)."),
]
Scheduler = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Use the workers of a Dask scheduler instead.")
]


def read(
    words: Sequence[str] | None,
    *,
    parallel: bool,
    field: Sequence[str] | None,
    errors: str,
    max_unit: float,
    cluster: str = "",
) -> list[Corpus] | None:
    """Return the corpora that were named; None for the embedded sample."""
    from tokscope.text.corpus import Shard

    like = Shard("", errors=errors, keep_empty=parallel, cluster=cluster)
    return read_all([words], field=field, max_unit=max_unit, like=like)[0]


def read_all(
    lists: Sequence[Sequence[str] | None],
    *,
    field: Sequence[str] | None,
    max_unit: float,
    like: Shard,
) -> list[list[Corpus] | None]:
    """Return the corpora of several options, of which one has to make use of each field."""
    from tokscope.errors import TokscopeError, choose
    from tokscope.text.corpus import corpora_of, fields_of, require_use

    if not max_unit > 0:
        raise TokscopeError(f"--max-unit {max_unit:g}: a size is more than 0 MB")
    choose({"strict": 0, "replace": 0}, like.errors, "way to treat errors")
    if like.cluster and not any(lists):
        raise TokscopeError("--cluster needs records; name them with --corpus")
    require_records(field, any(lists))
    if not any(lists):
        require_text(like.errors, max_unit)
    fields = fields_of(field or ())
    like = replace(like, max_unit=int(min(max_unit, 1e6) * 1e6))
    found = [corpora_of(words, like, fields) if words else None for words in lists]
    require_use([corpus for corpora in found for corpus in corpora or ()], fields)
    return found


def require_records(field: Sequence[str] | None, named: bool) -> None:
    """Refuse a field where no text is named, or none is read."""
    from tokscope.errors import TokscopeError

    if field and not named:
        raise TokscopeError(f"--field {field[0]} needs records; name them with --corpus")


def require_text(errors: str, max_unit: float) -> None:
    """Refuse ways to read text where none is named."""
    from tokscope.errors import TokscopeError

    for option, given in (("--errors", errors != "strict"), ("--max-unit", max_unit != _MEGABYTES)):
        if given:
            raise TokscopeError(f"{option} is about text of yours; name it with --corpus")


def read_for_gates(chosen: Text, field: Sequence[str] | None, named: bool) -> list[Corpus]:
    """Return the corpora that gates read, which name their fields as a configuration does."""
    from tokscope.text.corpus import fields_of, require_use

    require_records(field, named)
    if not named:
        require_text(chosen.errors, chosen.max_unit)
    corpora = chosen.read()
    require_use(corpora, fields_of(field or ()))
    return corpora


def field_of_gates(field: Sequence[str] | None) -> str | tuple[str, ...]:
    """Return fields as a configuration has them: one name, or a list."""
    one = field[0] if field and len(field) == 1 else ""
    return one if one and "=" not in one else tuple(field or ()) or "text"


def sizes(corpora: Sequence[Corpus] | None) -> list[int | None]:
    """Return the bytes of every file; None where only reading tells."""
    from tokscope.text.corpus import size

    return [size(shard) for corpus in corpora or () for shard in corpus.shards]


@contextmanager
def workers(
    corpora: Sequence[Corpus] | None, jobs: int | None, scheduler: str, *, times: int = 1
) -> Iterator[Workers]:
    """Yield who works, and show how far they are with text that is read so many times."""
    from tokscope.cli import output

    with output.progress(sizes(corpora) * times) as advance, started(jobs, scheduler) as found:
        yield replace(found, advance=advance)


@contextmanager
def started(jobs: int | None, scheduler: str) -> Iterator[Workers]:
    """Yield processes of this machine, or those of a cluster."""
    from tokscope.errors import TokscopeError
    from tokscope.workers import cluster, cores, local, one_core

    if scheduler and jobs is not None:
        raise TokscopeError("--scheduler has workers of its own; leave --jobs away")
    if jobs == 1:
        one_core()
    with cluster(scheduler) if scheduler else local(cores() if jobs is None else jobs) as found:
        yield found
