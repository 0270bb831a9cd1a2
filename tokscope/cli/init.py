"""`tokscope init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.check import Download, stay_offline
from tokscope.errors import TokscopeError
from tokscope.writing import write


def command(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="[SPEC]", help="A tokenizer, written as for compare; default: the one here."
        ),
    ] = "",
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    words: text.Words = "unicode",
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    download: Download = False,
) -> None:
    """Write tokscope.toml: gates with limits taken from what a tokenizer does now.

    `tokscope init tokenizer.json --corpus 'text/*.txt' --parallel`
    """
    path = Path("tokscope.toml")
    if path.exists():
        raise TokscopeError(f"{path} is there already; edit it, or move it away")
    output.require_kept([], texts=corpus, also=[("the configuration", path)])
    stay_offline(download)
    from tokscope.gate.config import PROJECT, Text
    from tokscope.gate.settings import has_section
    from tokscope.studies import init

    if has_section(Path(PROJECT)):
        raise TokscopeError(f"{PROJECT} has gates in [tool.tokscope] already; edit or remove them")
    chosen = Text(
        tuple(corpus or ["sample:prose"]),
        parallel or not corpus,
        words=words,
        field=text.field_of_gates(field),
        errors=errors,
        max_unit=max_unit,
    )
    corpora = text.read_for_gates(chosen, field, bool(corpus))
    with text.workers(corpora, jobs, scheduler) as workers:
        content = init.initial(spec or init.guessed(), chosen, path, workers)
    write(path, content.encode())
    print(f"wrote {path}; next:")
    print("  tokscope lock     # the baseline: commit it with its counts")
    print("  tokscope check    # in CI; exit code 1 if a gate fails")
