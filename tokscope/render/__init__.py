"""From a report to characters; nothing here knows where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tokscope.render import data, latex, markdown, table
from tokscope.report import Report

RENDERERS: Mapping[str, Callable[[Report], str]] = {
    "table": table.render,
    "csv": data.render_csv,
    "json": data.render_json,
    "markdown": markdown.render,
    "latex": latex.render,
}
FOR_PROGRAMS = ("csv", "json")
BY_SUFFIX = {".txt": "table", ".csv": "csv", ".json": "json", ".md": "markdown", ".tex": "latex"}
