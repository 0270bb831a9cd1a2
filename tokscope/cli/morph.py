"""`tokscope morph`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import TEXT
from tokscope.errors import path_of

_WORDS = (".jsonl",)  # suffix of files with a line for every word


def command(
    specs: text.Specs,
    *,
    gold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="Words and their morphemes: SIGMORPHON 2022, MorphyNet, UniMorph, MorphScore, "
            "CompoundPiece or GermaNet, or a word, a tab and its parts on each line; sample:en, "
            "de, fi, tr. Repeatable. Default: the whole sample.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    gold_format: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The format of --gold, if its columns do not tell: sigmorphon, unimorph, "
            "derivations, morphscore, compoundpiece, germanet or plain.",
            rich_help_panel=TEXT,
        ),
    ] = "",
    context: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="Where the words stand: after-space, as in text, or alone.",
            rich_help_panel=TEXT,
        ),
    ] = "after-space",
    align: Annotated[
        bool,
        typer.Option(
            "--align",
            help="Also take words that their parts do not spell, where they fit in one way.",
            rich_help_panel=TEXT,
        ),
    ] = False,
    frequency: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="The column of --gold with how often a word counts: its name, or its number.",
            rich_help_panel=TEXT,
        ),
    ] = "",
    strings: Annotated[
        bool,
        typer.Option(
            "--strings",
            help="Also compare tokens with morphemes as strings, as SIGMORPHON 2022 did.",
        ),
    ] = False,
    top: Annotated[
        int, typer.Option(metavar="N", help="Number of boundaries in each list of them.")
    ] = 10,
    details: output.Details = False,
    out: output.Output,
) -> None:
    """Show how the cuts of tokenizers agree with morphemes, beyond what chance gives.

    --output words.jsonl writes a line for every word: its morphemes, and how it is cut.

    `tokscope morph sample:bpe sample:unigram`

    `tokscope morph sample:bpe --gold sample:en --gold words.tsv`
    """
    words, out = output.apart(out, _WORDS)
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    from tokscope.morphemes.gold import file_of

    output.require_kept(
        out,
        specs=specs,
        files=[(f"the gold {word}", file_of(word)[1]) for word in gold or ()],
        also=[(f"--output {word}", path_of(word)) for word in words],
    )
    from tokscope.studies import morph as study

    report = study.morph(
        specs,
        gold,
        gold_format=gold_format,
        context=context,
        align=align,
        frequency=frequency,
        top=top,
        strings=strings,
        words=words,
    )
    output.emit(report, study.tables(report, details=details), out)
