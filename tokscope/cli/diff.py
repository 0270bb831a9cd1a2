"""`tokscope diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.check import Download, stay_offline

_Spec = Annotated[
    str, typer.Argument(metavar="SPEC", help="A tokenizer, as for compare, or git:REV:PATH.")
]


def command(
    old: _Spec,
    new: _Spec,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    top: Annotated[int, typer.Option(metavar="N", help="Lines to show side by side.")] = 5,
    seed: Annotated[int, typer.Option(help="The seed of the intervals.")] = 0,
    words: text.Words = "unicode",
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    download: Download = False,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say what changed from one tokenizer to another, and what that does to text.

    Components, special tokens, vocabulary and merges by bytes; then tokens, ids, numbers and
    fidelity on text, and the lines most affected with both segmentations.

    `tokscope diff git:main:tokenizer.json tokenizer.json --corpus 'text/*.txt'`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=[old, new], texts=corpus)
    stay_offline(download)
    from tokscope.gate.config import Evidence, Text
    from tokscope.studies import diff as study

    chosen = Text(
        tuple(corpus or ["sample:prose"]),
        parallel or not corpus,
        words=words,
        field=text.field_of_gates(field),
        errors=errors,
        max_unit=max_unit,
    )
    corpora = text.read_for_gates(chosen, field, bool(corpus))
    with text.workers(corpora, jobs, scheduler, times=2) as workers:
        report = study.diff(
            old, new, chosen, top=top, evidence=Evidence(seed=seed), workers=workers
        )
    output.emit(report, study.tables(report), format_, outputs or ())
