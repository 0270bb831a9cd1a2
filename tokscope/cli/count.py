"""`tokscope count`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tokscope.cli import output, text
from tokscope.visible import visible

if TYPE_CHECKING:
    from tokscope.report import Report


def command(
    spec: text.Spec,
    files: text.Files = None,
    *,
    whole: text.Whole = False,
    reading: text.Reading,
    specials: text.Specials = False,
    out: output.Output = output.Output(format_=""),  # noqa: B008 - it cannot change
    scale: text.Scale,
) -> None:
    """Count the tokens of files or of standard input, one line per file, as wc does.

    Each line or record is encoded on its own, so that files of any size can be read; --whole
    encodes a file as it is, with its line ends, as a prompt is. --format shows the numbers of bytes
    too, in a table or for programs.

    `tokscope count sample:bpe README.md docs/*.md`

    `git diff | tokscope count sample:bpe --whole`
    """
    report_to = replace(out, format_=out.format_ or "table")
    output.require_formats(report_to)
    output.require_kept(out, specs=[spec], texts=files)
    corpora = text.read_files(files, reading, whole=whole)
    from tokscope.studies import count as study

    with text.workers(corpora, scale) as workers:
        report = study.count(spec, corpora, specials=specials, workers=workers)
    plain = "" if out.format_ else _lines(report, named=bool(files))
    output.emit(report, study.tables(report), report_to, plain)


def _lines(report: Report, *, named: bool) -> str:
    """Return a number and a name per line; a number alone if no file was named."""
    from tokscope.studies.count import tables

    (table,) = tables(report)
    numbers = [str(row["tokens"]) for row in table.rows]
    width = max(map(len, numbers))
    names = [f" {visible(row['file'])}" if named else "" for row in table.rows]
    return "".join(
        f"{number:>{width}}{name}\n" for number, name in zip(numbers, names, strict=True)
    )
