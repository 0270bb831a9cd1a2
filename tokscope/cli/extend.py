"""`tokscope extend`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import bars, output, text
from tokscope.cli.options import MAPS, STATISTICS, TEXT
from tokscope.errors import TokscopeError, path_of

_TOKENIZERS = (".json", ".model", ".tiktoken")  # suffixes of files of a tokenizer
_PLOTS = {"saving": "", "kept": ""}


def _apart(files: Sequence[str], spec: str) -> tuple[Path | None, list[str]]:
    """Return the file for the tokenizer, if one is asked for, and those for the map.

    What a file of the base ends in mostly tells its format; a .model may be of two.
    """
    from tokscope.tokenizers import parse

    maps = [word for word in files if Path(word).suffix.lower() in MAPS]
    own = [word for word in files if word not in maps]
    if len(own) > 1:
        raise TokscopeError(f"--output {own[1]}: one tokenizer is written, to {own[0]}")
    suffix = Path(parse(spec).place).suffix if own else ""
    if suffix in (".json", ".tiktoken") and Path(own[0]).suffix != suffix:
        raise TokscopeError(
            f"--output {own[0]}: {spec} is extended in its own format; name a file that ends in "
            f"{suffix}"
        )
    return path_of(own[0]) if own else None, maps


def _named(files: Sequence[str]) -> list[tuple[str, Path]]:
    return [(f"--output {word}", path_of(word)) for word in files]


def command(
    spec: text.Spec,
    *,
    merges: Annotated[
        int, typer.Option(metavar="N", help="Number of merges to learn at most.")
    ] = 10_000,
    whole_characters: Annotated[
        bool,
        typer.Option(
            "--whole-characters",
            help="Drop new tokens that are incomplete characters and that nothing builds on.",
        ),
    ] = False,
    dimension: Annotated[
        int | None,
        typer.Option(metavar="D", help="The width of embeddings, to count their parameters."),
    ] = None,
    write_merges: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the new merges, one a line."),
    ] = None,
    corpus: text.OwnCorpora = None,
    held_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]PATH",
            help="Text to count on, read as --corpus is; lines that are in --corpus are left out "
            "(default: a tenth of the lines of --corpus, which are not learned from). Repeatable.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]PATH",
            help="Other text, whose lines should keep their ids (default: the embedded sample). "
            "Repeatable.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    reading: text.Reading,
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Resample the lines N times, for intervals of the saving.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    seed: text.Seed = None,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Add tokens to a tokenizer for your text, so that all old ids keep their meaning.

    Learns merges behind those of the base, and shows what they save on lines that were held out,
    where more are not worth it, and how much other text they change.

    --output writes the extended tokenizer in the format of the base: .json, .model or .tiktoken. It
    is read again first, and must only join tokens of the base; WordPiece may do more, and the
    report says on how many lines. A report in JSON is json=PATH. A .npz, .safetensors or .jsonl
    gets the old ids of each id, as from transfer:

    `tokscope extend gpt2.json --corpus de=german.txt --merges 5000 --output gpt2-de.json`
    """
    files, out = output.apart(out, (*_TOKENIZERS, *MAPS))
    write, maps = _apart(files, spec)
    drawn = text.seed_of(seed, bool(bootstrap))
    output.require_formats(out, draws=True)
    output.require_plot(plot, _PLOTS, out)
    output.require_view("--details" if details else "", out)
    output.require_kept(
        out,
        specs=[spec],
        texts=[*(corpus or ()), *(held_out or ()), *(keep or ())],
        also=[*_named(files), ("--write-merges", write_merges)],
    )
    if not corpus:
        raise TokscopeError("extend learns from text of yours; name it with --corpus")
    from tokscope.studies.extend import extend
    from tokscope.studies.extend_rows import tables
    from tokscope.text.corpus import Shard

    learned, held, others = text.read_all([corpus, held_out, keep], reading, Shard(""))
    sizes = text.sizes([*(learned or ()), *(held or ()), *(others or ())])
    with (
        bars.phases(sizes, "learning", quiet=scale.quiet) as (advance, _),
        text.started(scale) as those,
    ):
        report = extend(
            spec,
            learned or (),
            held_out=held,
            keep=others,
            merges=merges,
            whole_characters=whole_characters,
            dimension=dimension,
            bootstrap=bootstrap,
            seed=drawn,
            write=write,
            write_merges=write_merges,
            maps=maps,
            workers=replace(those, advance=advance),
        )
    output.emit(report, tables(report, details=details), out, plot=plot)
