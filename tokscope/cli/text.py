"""The options of every command that reads text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tokscope.text.corpus import Corpus
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
        help="Text: .txt by lines, .jsonl or .csv by --field, also .gz or .zst; .parquet or .arrow "
        "by --field; a folder or a quoted glob is one corpus a file, or one corpus with a NAME; "
        "- is stdin. Repeatable. Default: the embedded sample.",
    ),
]
Parallel = Annotated[
    bool,
    typer.Option("--parallel", help="Line i says the same in every corpus; empty lines count."),
]
Field = Annotated[
    str, typer.Option(help="The field of .jsonl, or column of .csv, .parquet, .arrow, of the text.")
]
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
    field: str,
    errors: str,
    max_unit: float,
    cluster: str = "",
) -> list[Corpus] | None:
    """Return the corpora that were named; None for the embedded sample."""
    from tokscope.errors import TokscopeError, choose
    from tokscope.text.corpus import read_corpora

    if not max_unit > 0:
        raise TokscopeError(f"--max-unit {max_unit:g}: a size is more than 0 MB")
    choose({"strict": 0, "replace": 0}, errors, "way to treat errors")
    if not words:
        if cluster:
            raise TokscopeError("--cluster needs records; name them with --corpus")
        return None
    size = int(min(max_unit, 1e6) * 1e6)
    return read_corpora(
        words, field=field, errors=errors, parallel=parallel, max_unit=size, cluster=cluster
    )


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
