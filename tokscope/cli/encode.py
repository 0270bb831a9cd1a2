"""`tokscope encode`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import OUTPUT
from tokscope.visible import uncommanding


def command(
    spec: text.Spec,
    files: text.Files = None,
    *,
    whole: text.Whole = False,
    reading: text.Reading,
    specials: text.Specials = False,
    tokens: Annotated[
        bool,
        typer.Option(
            "--tokens",
            help="Write tokens instead of ids; a space is ␣, bytes of a cut character are in hex.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
) -> None:
    """Write the ids of text to standard output, a line of ids for every line of text.

    An empty line of text gives an empty line. Text is encoded while it is read: if a line cannot
    be encoded, the ids of those before it are already written.

    `tokscope encode sample:bpe README.md`

    `echo 'Grüße, 世界!' | tokscope encode sample:bpe --tokens`
    """
    corpora = text.read_files(files, reading, whole=whole, keep_empty=True)
    from tokscope.studies.encode import encode
    from tokscope.text.spelled import spelled
    from tokscope.tokenizers.given import load_one

    used = load_one(spec)

    def line(ids: list[int]) -> str:
        if not tokens:
            return " ".join(map(str, ids))
        return uncommanding(" ".join(spelled(used.vocabulary.spelling(one)) for one in ids))

    output.printed(f"{line(ids)}\n" for ids in encode(used, corpora, specials=specials))
