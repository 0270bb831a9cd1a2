"""`tokscope inspect`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text


def command(
    specs: text.Specs,
    components: Annotated[
        bool, typer.Option("--components", help="Print the parts in full, as JSON.")
    ] = False,
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say what tokenizers are made of: family, sizes, steps, bytes, and what encodes them.

    `tokscope inspect sample:bpe sample:unigram`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=specs)
    from tokscope.studies import inspect

    report = inspect.components(specs) if components else inspect.inspect(specs)
    output.emit(report, [report], format_, outputs or ())
