"""What holds of everything that leaves, whatever files call their things."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from subprocess import CompletedProcess
from unicodedata import category
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
from hypothesis import settings
from markdown_it import MarkdownIt

from tokscope import cli
from tokscope.render.page_style import SORTING

USUAL = 25  # examples of a law; TOKSCOPE_EXAMPLES in the environment may say another number
# One name that tries every way out; a shorter one where a file system is the judge.
HOSTILE = (
    "::stop-commands::zz\x1b[2J\x1b]0;owned\x07\n::error::x\r\n  ::add-mask::y\u2028::debug::z"
    "\x9b31m\u202eexe\u200b\u2066\U000e0041\ufeff\uffff\u3164 ##[error]a ##vso[task.b] c##[x]"
    "![i](http://e.vil/p.png) [l](//e.vil) <script>alert(1)</script> `code` **bold** _e_ ~~s~~ "
    "<!-- & &lt; &#60; ]]> \" ' @all www.e.vil $x$ :heart: | \\| \\ {\\input x} %25 %0A ^^M # [bold]b[/]"
)
# What tables of pandas do not hold, but messages may.
SURROGATE = "a\ud800b\udcffc"
NAMES = (
    HOSTILE,
    "\n::error::line feeds before",
    "  ::error::blanks before",
    "\u00a0::error::a space without break before",
    "a" * 76 + " ::error::" + "b" * 200 + "::error::folded",
    "=HYPERLINK(1)",
    "[2pt] of a row",
    "* of a row",
    "# title ##",
    "- a - list",
    "1. of many",
    "> quoted",
    "[ ] task",
    "[a]: http://e.vil",
    "`",
    "``` fence",
    "***",
    "_a __b__ c_",
    "\\",
    "",
)
_COMMAND = re.compile(r"::(error|warning) ((?:[a-z]+=[^,:]*)(?:,[a-z]+=[^,:]*)*)::(.*)")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# GitHub makes links, mentions, formulas and pictures of these in text, not in code.
_LIVE = re.compile(r"(?i)https?://|www\.\w|@\w|\$\w|:heart:")
_TEXT = {"text", "code_inline", "strong_open", "strong_close", "softbreak", "text_special"}
_BLOCKS = {
    f"{part}_{side}"
    for part in [
        "heading",
        "paragraph",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "bullet_list",
        "list_item",
    ]
    for side in ("open", "close")
} | {"inline"}


def require_seen(text: str, *, annotations: bool = False) -> None:
    """Nothing hidden or obeyed is in a text, but annotations where they are asked for."""
    assert not {char for char in set(text) if char != "\n" and category(char) in UNSEEN}, repr(text)
    assert not re.search(r"##[a-z]*\[[a-z]", text, re.IGNORECASE), text
    for line in text.split("\n"):
        if line.strip().startswith("::"):
            assert annotations, line
            assert _COMMAND.fullmatch(line), line


def refusal(done: CompletedProcess[str]) -> str:
    """Return the one line of a command that was refused."""
    assert (done.returncode, done.stdout) == (2, "")
    require_seen(done.stderr)
    assert done.stderr.startswith("tokscope: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def done_here(capture: pytest.CaptureFixture[str]) -> CompletedProcess[str]:
    """Run the command of `sys.argv` in this process, which is faster than in another.

    What it sets in the environment, such as that it stays offline, is set back.
    """
    with patch.dict(os.environ), pytest.raises(SystemExit) as left:
        cli.run()
    told = capture.readouterr()
    return CompletedProcess(sys.argv, left.value.code, told.out, told.err)  # type: ignore[arg-type]


def refusal_here(capture: pytest.CaptureFixture[str]) -> str:
    """Run the command of `sys.argv` in this process, and return the line that refuses it."""
    return refusal(done_here(capture))


UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _markdown(text: str) -> None:
    blocks = MARKDOWN.parse(text)
    assert {block.type for block in blocks} <= _BLOCKS
    parts = [part for block in blocks for part in block.children or ()]
    assert {part.type for part in parts} <= _TEXT
    assert not [part for part in parts if part.type == "text" and _LIVE.search(part.content)]


def _latex(text: str) -> None:
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    body = re.sub(
        r"\\(?:[a-z]+\b(?:\{(?:table|tabular|[lr]+)\})?|[\\&%$#_{}])|\$\\[a-z]+\$",
        "",
        "\n".join(lines),
    )
    assert not re.search(r"[\\%$#_~^]", body), body
    depth = 0
    for char in body:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    assert not [line for line in lines if re.match(r"\s*[\[*]", line)]
    for table in "\n".join(lines).split(r"\end{tabular}"):
        rows = [line for line in table.splitlines() if line.endswith(r"\\")]
        assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows}) <= 1


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.scripts: list[str] = []
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {(name, value or "") for name, value in attributes}
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data

    def handle_comment(self, _: str) -> None:
        self.seen.add("comment")


_KNOWN = (
    "html head meta title link style script body main nav a section h1 h2 h3 h4 p pre code span "
    "div b ul li small table thead tbody tr th td figure figcaption details summary footer "
    "svg g rect line path polyline text"
)
_ASKS = {"src", "srcset", "href", "action", "data", "poster", "background", "formaction"}


def _html(text: str) -> None:
    """Only known elements; scripts are the page's own or data; no attribute asks for a file."""
    tags = _Tags()
    tags.feed(text)
    assert tags.seen <= set(_KNOWN.split()), tags.seen
    for script in tags.scripts:
        if script != SORTING:
            json.loads(script)
    for name, value in tags.attributes:
        assert not name.startswith("on"), name
        assert name not in _ASKS or value == "data:," or value.startswith("#"), (name, value)


def _csv(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == text.count("\n")
    assert len(set(map(len, rows))) <= 1


WELL_FORMED: Mapping[str, Callable[[str], object]] = {
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
    "json": json.loads,
    "html": _html,
    "svg": ElementTree.fromstring,
    "junit": ElementTree.fromstring,
}


def require_safe(format_: str, text: str) -> None:
    """A text of a format is well formed, and holds nothing but text."""
    require_seen(text, annotations=format_ == "github")
    WELL_FORMED.get(format_, str)(text)


def at_most(examples: int) -> settings:
    """Try a law that takes long on this many examples where others are tried on `USUAL`."""
    share = settings.default.max_examples / USUAL
    return settings(max_examples=max(1, round(examples * share)), deadline=None)
