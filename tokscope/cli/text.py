"""The options of every command that reads text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokscope.cli.options import OUTPUT, SCALE, STATISTICS, TEXT, TOKENIZERS

if TYPE_CHECKING:
    from tokscope.gate.config import Text
    from tokscope.text.corpus import Corpus, Shard
    from tokscope.workers import Workers

_SPEC = (
    "A tokenizer: a file or folder, a tiktoken name (cl100k_base, gpt-4o), a hub id "
    "(org/name[@revision]), or KIND:PLACE, where KIND is one of hf, file, tiktoken, "
    "tiktoken-file, sp, mistral, tekken, gguf, wordpiece, merges, codes, clip, minbpe, rwkv, "
    "sample; or a baseline: bytes, characters, kmers:6, kmers:6:overlapping."
)
Specs = Annotated[
    list[str], typer.Argument(metavar="[LABEL=]SPEC", help=_SPEC, rich_help_panel=TOKENIZERS)
]
OptionalSpecs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LABEL=]SPEC", help=_SPEC, rich_help_panel=TOKENIZERS, show_default=False
    ),
]
Spec = Annotated[
    str, typer.Argument(metavar="[LABEL=]SPEC", help=_SPEC, rich_help_panel=TOKENIZERS)
]
FILES = (
    ".txt and source code by lines; .jsonl, .ndjson, .json, .csv, .tsv, "
    ".parquet and .arrow by --field; .fasta, .fna and .fa by sequences; also compressed, as "
    ".gz, .bz2, .xz, .zst or .zip. A folder or a quoted glob is one corpus per file, or a "
    "single corpus if NAME= is given. - reads standard input. KIND:PATH, such as csv:-, names "
    "the format if the suffix does not. Repeatable."
)


def corpora(help_: str) -> Any:
    """Return the option that names text."""
    return typer.Option("--corpus", "-c", metavar="[NAME=]PATH", help=help_, rich_help_panel=TEXT)


Corpora = Annotated[
    list[str] | None,
    corpora(f"Text to read: {FILES} Default: the embedded sample, if text is needed."),
]
OwnCorpora = Annotated[
    list[str] | None, corpora(f"Text to learn from, which has to be named: {FILES}")
]
Parallel = Annotated[
    bool,
    typer.Option(
        "--parallel",
        help="Line i says the same in every corpus; empty lines count.",
        rich_help_panel=TEXT,
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="Files with lines of text, or with records; also packed, folders and quoted globs. "
        "None, or -, is standard input.",
        show_default=False,
    ),
]
Whole = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="Encode a file as one text, with its line ends; by default, every line by itself.",
        rich_help_panel=TEXT,
    ),
]
_MEGABYTES = 64  # the default of --max-unit
Cluster = Annotated[
    str,
    typer.Option(
        metavar="FIELD",
        help="Resample together the records that have the same value in this field.",
        rich_help_panel=STATISTICS,
    ),
]
Words = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="What a word is: unicode (UAX #29), whitespace, or icu (as unicode, with "
        "dictionaries for scripts without spaces).",
        rich_help_panel=TEXT,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="The seed of --bootstrap (default: 0).", rich_help_panel=STATISTICS
    ),
]
Specials = Annotated[
    bool,
    typer.Option(
        "--specials",
        help="Encode special tokens that appear in text as such; by default they are plain text.",
        rich_help_panel=TEXT,
    ),
]


@dataclass(frozen=True)
class Reading:
    """How the text of `--corpus` is read."""

    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FIELD",
            help="The field of a record, or the column, that holds the text (default: text). "
            "Nested: translation.en, messages[].content. NAME=FIELD applies to the corpus NAME "
            "alone. Repeatable.",
            rich_help_panel=TEXT,
        ),
    ] = None
    errors: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="Invalid UTF-8: strict refuses it, replace counts it.",
            rich_help_panel=TEXT,
        ),
    ] = "strict"
    max_unit: Annotated[
        float,
        typer.Option(
            "--max-unit",
            metavar="MB",
            help="Refuse lines and records that are longer than this.",
            rich_help_panel=TEXT,
        ),
    ] = _MEGABYTES


@dataclass(frozen=True)
class Scale:
    """Which processes do the work, and whether they show progress."""

    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Show no progress bars and no warnings; errors are still shown.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            help="Number of processes to use (default: one per core).",
            rich_help_panel=SCALE,
        ),
    ] = None
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Use the workers of this Dask scheduler instead.",
            rich_help_panel=SCALE,
        ),
    ] = ""


def read(
    words: Sequence[str] | None, how: Reading, *, parallel: bool = False, cluster: str = ""
) -> list[Corpus] | None:
    """Return the corpora that were named; None for the embedded sample."""
    from tokscope.text.corpus import Shard

    return read_all([words], how, Shard("", keep_empty=parallel, cluster=cluster))[0]


def read_files(
    words: Sequence[str] | None, how: Reading, *, whole: bool, keep_empty: bool = False
) -> list[Corpus]:
    """Return every file that arguments name as a corpus of its own; standard input without any."""
    from tokscope.errors import TokscopeError
    from tokscope.text.corpus import Shard, files_of
    from tokscope.text.formats import WHOLE

    like = Shard("", kind=WHOLE if whole else "", keep_empty=keep_empty)
    (files,) = read_all([words or ["-"]], how, like, files_of)
    for shard in (shard for file in files or () for shard in file.shards if whole):
        if shard.kind != WHOLE:
            raise TokscopeError(f"--whole takes {shard.place} as it is; drop {shard.kind}:")
    return files or []


def read_all(
    lists: Sequence[Sequence[str] | None],
    how: Reading,
    like: Shard,
    corpora_of: Callable[[Sequence[str], Shard, Mapping[str, str]], list[Corpus]] | None = None,
) -> list[list[Corpus] | None]:
    """Return the corpora of several options; at least one of them has to use each field."""
    from tokscope.errors import TokscopeError, choose
    from tokscope.text import corpus
    from tokscope.text.corpus import fields_of, require_use

    corpora_of = corpora_of or corpus.corpora_of
    if not how.max_unit > 0:
        raise TokscopeError(f"--max-unit {how.max_unit:g}: a size is more than 0 MB")
    choose({"strict": 0, "replace": 0}, how.errors, "way to treat errors")
    if like.cluster and not any(lists):
        raise TokscopeError("--cluster needs records; name them with --corpus")
    _require_effect(how, any(lists))
    fields = fields_of(how.field or ())
    like = replace(like, errors=how.errors, max_unit=int(min(how.max_unit, 1e6) * 1e6))
    corpora = [corpora_of(words, like, fields) if words else None for words in lists]
    require_use([corpus for some in corpora for corpus in some or ()], fields)
    return corpora


def seed_of(seed: int | None, drawn: bool, what: str = "--bootstrap; add --bootstrap 1000") -> int:
    """Return the seed, 0 if none is given; refuse one if nothing is drawn."""
    from tokscope.errors import TokscopeError

    if seed is not None and not drawn:
        raise TokscopeError(f"--seed is for {what}")
    return seed or 0


def require_records(field: Sequence[str] | None, named: bool) -> None:
    """Refuse --field if no text is read."""
    from tokscope.errors import TokscopeError

    if field and not named:
        raise TokscopeError(f"--field {field[0]} needs records; name them with --corpus")


def _require_effect(how: Reading, named: bool) -> None:
    """Refuse options about text if none is named."""
    from tokscope.errors import TokscopeError

    require_records(how.field, named)
    changed = {"--errors": how.errors != "strict", "--max-unit": how.max_unit != _MEGABYTES}
    for option, given in changed.items():
        if given and not named:
            raise TokscopeError(f"{option} is about text of yours; name it with --corpus")


def read_for_gates(
    words: Sequence[str] | None, how: Reading, *, parallel: bool, rule: str
) -> tuple[Text, list[Corpus]]:
    """Return the text that gates look at, as in a configuration, and its corpora."""
    from tokscope.gate.config import Text
    from tokscope.text.corpus import fields_of, require_use

    text = Text(
        tuple(words or ["sample:prose"]),
        parallel or not words,
        words=rule,
        field=_field_of_gates(how.field),
        errors=how.errors,
        max_unit=how.max_unit,
    )
    _require_effect(how, bool(words))
    corpora = text.read()
    require_use(corpora, fields_of(how.field or ()))
    return text, corpora


def _field_of_gates(field: Sequence[str] | None) -> str | tuple[str, ...]:
    """Return fields as in a configuration: one name, or a list."""
    one = field[0] if field and len(field) == 1 else ""
    return one if one and "=" not in one else tuple(field or ()) or "text"


def sizes(corpora: Sequence[Corpus] | None) -> list[int | None]:
    """Return the size of every file in bytes; None where only reading it tells."""
    from tokscope.text.corpus import size

    return [size(shard) for corpus in corpora or () for shard in corpus.shards]


@contextmanager
def workers(corpora: Sequence[Corpus] | None, scale: Scale, *, times: int = 1) -> Iterator[Workers]:
    """Yield workers that show how much text they have read, which they read `times` times."""
    from tokscope.cli import bars
    from tokscope.text.corpus import PART

    found = sizes(corpora)
    parts = sum(1 + (size or 0) // PART for size in found)
    with (
        bars.progress(found * times, quiet=scale.quiet) as advance,
        started(scale, max(1, parts)) as those,
    ):
        yield replace(those, advance=advance)


@contextmanager
def started(scale: Scale, most: int | None = None) -> Iterator[Workers]:
    """Yield processes of this machine, at most so many, or the workers of a cluster."""
    import logging
    import warnings

    from tokscope.errors import TokscopeError
    from tokscope.workers import cluster, cores, local, one_core

    jobs, scheduler = scale.jobs, scale.scheduler
    if scheduler and jobs is not None:
        raise TokscopeError("--scheduler has workers of its own; drop --jobs")
    if scale.quiet:
        logging.disable()
        warnings.simplefilter("ignore")
    if jobs == 1:
        one_core()
    jobs = cores() if jobs is None else jobs
    jobs = jobs if most is None else min(jobs, most)  # all start at once
    with cluster(scheduler) if scheduler else local(jobs, copied=True) as those:
        yield those
