"""From a report to characters; nothing here knows where they go."""

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
# These draw all reports of a command as one document.
PICTURES: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "svg": table.render_svg,
    "html": table.render_html,
}
# What becomes of gates elsewhere; these take the report of `tokscope check` alone.
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
