"""Turn a report into text; nothing here knows where the text goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tokscope.render import data, gates, latex, markdown, table
from tokscope.report import Report

RENDERERS: Mapping[str, Callable[[Report], str]] = {
    "table": table.render,
    "csv": data.render_csv,
    "json": data.render_json,
    "markdown": markdown.render,
    "latex": latex.render,
}
# These formats put all reports of a command into one document.
PICTURES: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "svg": table.render_svg,
    "html": table.render_html,
}
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
    ".html": "html",
    ".xml": "junit",
}
