"""One page of HTML that needs nothing else: no request, no script to be read, light and dark."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence

from tokscope.plots import Cut, Cuts, Plot
from tokscope.render import svg
from tokscope.render.data import columns_json
from tokscope.render.grid import Grid, grid
from tokscope.render.marks import STYLE, safe
from tokscope.render.page_style import PAGE, SORTING
from tokscope.render.plotted import table
from tokscope.render.scale import ordered
from tokscope.report import Report

_HASH = base64.b64encode(hashlib.sha256(SORTING.encode()).digest()).decode()
# a browser refuses whatever a name in a file might smuggle in
_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{_HASH}'"
)
_INTERVAL = re.compile(r" (\[[^][]*\])$")
_LONG = 24  # characters of a cell, from which on its column needs room to be read
_FEW = 3  # columns of intervals that fit beside each other


def render(report: Report, views: Sequence[Report] = (), repeat: str = "") -> str:
    """Write a report as a page: headline, plots, tables, and the data as JSON.

    Args:
        report: the whole; one with parts has a section for each of them.
        views: the tables that people see; those of the report itself by default.
        repeat: the command that makes this page.
    """
    parts = report.parts or (report,)
    title = safe(report.title)
    body = [f"<h1>{title}</h1>", *_summary(report)]
    for i, part in enumerate(parts):
        seen = views if views and not report.parts else _views(part)
        head = f"<h2>{safe(part.title)}</h2>" if report.parts else ""
        body += [
            f'<section id="part-{i}">{head}',
            *_section(part, seen, alone=not report.parts),
            "</section>",
        ]
    body += _footer(report, repeat)
    return "\n".join((*_head(title), "<body>", "<main>", *body, "</main>", *_end(), ""))


def _summary(report: Report) -> Iterator[str]:
    """Write what each part says first, with a link to it."""
    if report.parts:
        told = (_told(_headline(part, _views(part))) for part in report.parts)
        items = [
            f'<li><a href="#part-{i}">{safe(part.title)}</a> {headline}</li>'
            for i, (part, headline) in enumerate(zip(report.parts, told, strict=True))
        ]
        yield f"<nav><ul>{''.join(items)}</ul></nav>"
        yield from _notes(map(safe, report.notes))


def _headline(part: Report, views: Sequence[Report]) -> str:
    return part.headline or next((view.headline for view in views if view.headline), "")


def _told(headline: str) -> str:
    """Return a headline in which no line ends between a number and its per cent."""
    return safe(headline).replace(" %", "&#160;%")


def _notes(notes: Iterable[str]) -> Iterator[str]:
    items = "".join(f"<li>{note}</li>" for note in notes)
    if items:
        yield f'<ul class="note">{items}</ul>'


def _views(report: Report) -> Sequence[Report]:
    return report.view(report) if report.view else [report]


def _head(title: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<link rel="icon" href="data:,">'
    yield f"<title>{title}</title>"
    yield f"<style>{STYLE}{PAGE}</style></head>"


def _end() -> Iterator[str]:
    yield f"<script>{SORTING}</script>"
    yield "</body>"
    yield "</html>"


def _section(part: Report, views: Sequence[Report], *, alone: bool) -> Iterator[str]:
    """Write what people see of a part; if it is not alone, with the command that says more."""
    headline = _headline(part, views)
    if headline:
        yield f'<p class="lead">{_told(headline)}</p>'
    for plot in part.plots(part) if part.plots else ():
        yield from _figure(plot)
    for view in views:
        yield from _table(grid(view, html.escape))
    if part.details:
        yield "<details><summary>More about these numbers</summary>"
        yield from _notes(map(safe, part.details))
        yield "</details>"
    if not alone:
        yield f'<p class="note">More with <code>tokscope {safe(part.command)}</code>.</p>'


def _figure(plot: Plot) -> Iterator[str]:
    yield "<figure>"
    yield f"<figcaption><h3>{safe(plot.title)}</h3>"
    yield f"<p>{safe(plot.note)}</p></figcaption>" if plot.note else "</figcaption>"
    yield from _cuts(plot) if isinstance(plot, Cuts) else [svg.inline(plot)]
    yield "<details><summary>The values of this plot</summary>"
    yield from _cells(grid(table(plot), html.escape))
    yield "</details></figure>"


def _cuts(plot: Cuts) -> Iterator[str]:
    """Write texts in pieces as text, which wraps, and can be searched and copied."""
    if plot.beside:
        yield from _beside(plot)
        return
    row = None
    for cut in plot.cuts:
        if cut.row and cut.row != row:
            yield f'<p class="row">{safe(cut.row)}</p>'
        row = cut.row
        yield f'<p class="series">{safe(cut.series)}: {len(cut.pieces):,}</p>'
        yield f'<p class="pieces" dir="auto">{_pieces(cut)}</p>'


def _beside(plot: Cuts) -> Iterator[str]:
    """Write a row for each text and a column for each series."""
    rows, series = ordered(cut.row for cut in plot.cuts), ordered(cut.series for cut in plot.cuts)
    cells = {(cut.row, cut.series): _pieces(cut) for cut in plot.cuts}
    heads = "".join(f"<th>{safe(name)}</th>" for name in ("", *series))
    yield f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>'
    for row in rows:
        own = (cells.get((row, name)) or "–" for name in series)
        drawn = "".join(f'<td class="pieces" dir="auto">{one}</td>' for one in own)
        yield f"<tr><td>{safe(row)}</td>{drawn}</tr>"
    yield "</tbody></table></div>"


def _pieces(cut: Cut) -> str:
    return "".join(
        f'<span class="p{i % 4}" title="{safe(piece.detail)}">{safe(piece.text)}</span>'
        for i, piece in enumerate(cut.pieces)
    )


def _table(cells: Grid) -> Iterator[str]:
    yield f"<h3>{cells.title}</h3>"
    yield from _cells(cells)
    if legend := cells.legend("bold:"):
        yield f'<p class="note">{legend}</p>'
    yield from _notes(cells.notes)


def _cells(cells: Grid) -> Iterator[str]:
    looks = [
        _look(number, column) for number, column in zip(cells.numeric, _turned(cells), strict=True)
    ]
    many = ' class="many"' if len(cells.headers) - cells.keys > _FEW else ""
    yield f'<div class="wide" tabindex="0"><table{many}>'
    yield f"<thead>{_row('th', cells.headers, looks, set())}</thead><tbody>"
    for row, best in zip(cells.rows, cells.best, strict=True):
        yield _row("td", row, looks, best)
    yield "</tbody></table></div>"


def _turned(cells: Grid) -> list[list[str]]:
    return [[row[i] for row in cells.rows] for i in range(len(cells.headers))]


def _look(number: bool, column: Sequence[str]) -> str:
    """Return the class of the cells of a column."""
    if number:
        return ' class="number"'
    return ' class="long"' if any(len(html.unescape(one)) > _LONG for one in column) else ""


def _row(kind: str, row: Sequence[str], looks: Sequence[str], best: set[int]) -> str:
    drawn = []
    for i, (cell, look) in enumerate(zip(row, looks, strict=True)):
        shown = _INTERVAL.sub(r" <small>\1</small>", cell) if "number" in look else cell
        drawn.append(f"<{kind}{look}>{f'<b>{shown}</b>' if i in best else shown}</{kind}>")
    return f"<tr>{''.join(drawn)}</tr>"


def _footer(report: Report, repeat: str) -> Iterator[str]:
    yield "<footer>"
    if repeat:
        yield f"<h3>How to repeat this</h3><pre>{safe(repeat)}</pre>"
    signatures = {part.signature: "" for part in (report, *report.parts) if part.signature}
    if signatures:
        lines = "".join(f"<p>{safe(one)}</p>" for one in signatures)
        yield f'<h3>What can change the numbers</h3><div class="signature">{lines}</div>'
    yield '<p class="note">The data is in this file, as JSON, in the elements of type '
    yield "<code>application/json</code>.</p></footer>"
    for i, part in enumerate(report.parts or (report,)):
        yield f'<script type="application/json" id="data-{i}">{_data(part)}</script>'


def _data(part: Report) -> str:
    """Return the data as JSON in which nothing ends the element that it is in."""
    return columns_json(part).replace("<", "\\u003c").replace(">", "\\u003e")
