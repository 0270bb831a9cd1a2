"""`tokscope transfer`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import bars, output, text
from tokscope.cli.options import MAPS, TOKENIZERS
from tokscope.errors import TokscopeError, path_of

_SPEC = "written as for compare."
_Old = Annotated[
    str,
    typer.Argument(
        metavar="OLD", help=f"The tokenizer of the model, {_SPEC}", rich_help_panel=TOKENIZERS
    ),
]
_New = Annotated[
    str,
    typer.Argument(
        metavar="NEW", help=f"The tokenizer that it shall get, {_SPEC}", rich_help_panel=TOKENIZERS
    ),
]


def _sizes(model: Path | None) -> list[int | None]:
    """Return the bytes to map; not known where an index names several files."""
    if model is None or not model.is_file():
        return []
    return [None if model.name.endswith(".index.json") else model.stat().st_size]


def command(
    old: _Old,
    new: _New,
    *,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How the vectors of several old tokens become one: mean, first, last, or length "
            "(weighted by their bytes). Default: mean.",
        ),
    ] = None,
    apply: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A model whose vectors are mapped: model.safetensors, or "
            "model.safetensors.index.json.",
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the model with the new vectors is written."),
    ] = None,
    tensor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A tensor with a row for each id, if its name is unusual. Repeatable; then only "
            "those that are named are mapped.",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", help="Number of tokens in each list of them.")
    ] = 10,
    corpus: text.Corpora = None,
    reading: text.Reading,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Show what a model keeps of its embeddings under another tokenizer, and map them.

    Every id of NEW is a copy of one of OLD, composed of several, or has no way; the same by use in
    text. --output map.npz, .safetensors or .jsonl writes the map.

    `tokscope transfer sample:bpe sample:unigram --output map.jsonl`

    `tokscope transfer llama.json german.json --apply model.safetensors --write new.safetensors`
    """
    maps, out = output.apart(out, MAPS)
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    also = [(f"--output {word}", path_of(word)) for word in maps]
    output.require_kept(
        out,
        specs=[old, new],
        texts=corpus,
        files=[("--apply", apply)],
        also=[*also, ("--write", write)],
    )
    if method is not None and not (maps or apply or write):
        raise TokscopeError(
            f"--method {method} has no effect on the report; write vectors, with --output map.npz, "
            "or --apply and --write"
        )
    corpora = text.read(corpus, reading)
    from tokscope.mapping.kinds import MEAN
    from tokscope.studies import transfer as study

    with (
        text.workers(corpora, scale) as workers,
        bars.progress(_sizes(apply), quiet=scale.quiet) as advance,
    ):
        report = study.transfer(
            old,
            new,
            corpora,
            method=method or MEAN,
            top=top,
            maps=maps,
            apply=apply,
            write=write,
            tensors=tensor or (),
            workers=workers,
            advance=advance,
        )
    output.emit(report, study.tables(report, details=details), out)
