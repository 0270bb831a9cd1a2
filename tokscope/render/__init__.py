"""Turn a report into text; nothing here knows where the text goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tokscope.late import Late
from tokscope.plots import Plot
from tokscope.render import data, gates, latex, markdown, svg, table
from tokscope.report import Report

RENDERERS: Mapping[str, Callable[[Report], str]] = {
    "table": table.render,
    "csv": data.render_csv,
    "json": data.render_json,
    "markdown": markdown.render,
    "latex": latex.render,
}
PAGE = "html"  # all of a command in one document: `page.render`
_FIGURES = Late("tokscope.render.figures")  # imported late because it needs an extra
# Formats of the main plot.
PLOTS: Mapping[str, Callable[[Plot], bytes]] = {
    "svg": lambda plot: svg.picture(plot).encode(),
    "png": lambda plot: _FIGURES.png(plot),
    "pdf": lambda plot: _FIGURES.pdf(plot),
}
BY_MATPLOTLIB = ("png", "pdf")  # these are not text, and need the extra `plot`
# How other programs show gates; these formats take only the report of `tokscope check`.
GATES: Mapping[str, Callable[[Report], str]] = {
    "concise": gates.concise,
    "junit": gates.junit,
    "github": gates.github,
}
FOR_PROGRAMS = ("csv", "json", *GATES)
BY_SUFFIX = {
    ".txt": "table",
    ".csv": "csv",
    ".json": "json",
    ".md": "markdown",
    ".tex": "latex",
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".html": "html",
    ".xml": "junit",
}
