"""`tokscope init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.check import Download, stay_offline
from tokscope.cli.options import TOKENIZERS
from tokscope.errors import TokscopeError
from tokscope.writing import write


def command(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="SPEC",
            help="A tokenizer, written as for compare (default: the one in this folder).",
            rich_help_panel=TOKENIZERS,
        ),
    ] = "",
    *,
    download: Download = False,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    reading: text.Reading,
    words: text.Words = "unicode",
    scale: text.Scale,
) -> None:
    """Write tokscope.toml: gates with limits that a tokenizer meets now.

    `tokscope init tokenizer.json --corpus 'text/*.txt' --parallel`
    """
    path = Path("tokscope.toml")
    if path.exists():
        raise TokscopeError(f"{path} already exists; edit it, or move it away")
    output.require_kept(output.Output(), texts=corpus, also=[("the configuration", path)])
    stay_offline(download)
    from tokscope.gate.config import PROJECT
    from tokscope.gate.settings import has_section
    from tokscope.studies import init

    if has_section(Path(PROJECT)):
        raise TokscopeError(f"{PROJECT} has gates in [tool.tokscope] already; edit or remove them")
    chosen, corpora = text.read_for_gates(corpus, reading, parallel=parallel, rule=words)
    with text.workers(corpora, scale) as workers:
        gates = init.initial(spec or init.guessed(), chosen, workers)
    write(path, gates.content.encode())
    print(f"Wrote {path}: {gates.told}.\n\nNext:")
    print("  tokscope lock     # the baseline: commit it with its counts")
    print("  tokscope check    # in CI; exit code 1 if a gate fails")
