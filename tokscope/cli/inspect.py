"""`tokscope inspect`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError


def command(
    specs: text.Specs,
    *,
    components: Annotated[
        bool, typer.Option("--components", help="Print all parts in full, as JSON.")
    ] = False,
    details: output.Details = False,
    out: output.Output,
) -> None:
    """Show what tokenizers are made of: family, sizes, steps, bytes, and which code encodes.

    `tokscope inspect sample:bpe sample:unigram`
    """
    output.require_formats(out)
    output.require_view("--details" if details else "", out)
    if components and details:
        raise TokscopeError("--components prints all parts; drop --details")
    output.require_kept(out, specs=specs)
    from tokscope.studies import inspect

    report = inspect.components(specs) if components else inspect.inspect(specs)
    views = [report] if components else inspect.tables(report, details=details)
    output.emit(report, views, out)
