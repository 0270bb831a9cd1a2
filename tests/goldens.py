"""Golden files: what commands print, compared with what is kept here.

TOKSCOPE_GOLDEN=write writes the files anew: read the difference. Commands keep what people see and
what programs read, as text and as CSV; the other formats are kept of one report that holds
every kind of cell, and of commands they are read back.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.laws import require_safe
from tokscope.render import GATES
from tokscope.visible import visible

FOLDER = Path(__file__).parent / "golden"
SUFFIXES = {"table": "txt", "markdown": "md", "latex": "tex"}
KEPT = ("table", "csv", *GATES)


def stable(text: str) -> str:
    """Leave out what other versions of libraries would change."""
    libraries = "fastokens|tokenizers|tiktoken|sentencepiece|pygments|tokscope"
    text = re.sub(rf"({libraries}):[\w.]+", r"\1:*", text)
    text = re.sub(rf'("(?:{libraries}|regex)": )"[\w.]+"', r'\1"*"', text)
    return re.sub(r"(regex|fastokens) [\d.]+", r"\1 *", text)


def require_same(name: str, text: str) -> None:
    """A text is that of its golden file."""
    golden = FOLDER / name
    if os.environ.get("TOKSCOPE_GOLDEN") == "write":
        golden.write_text(stable(text), encoding="utf-8")
    assert stable(text) == golden.read_text(encoding="utf-8")


def in_every_format(
    call: Callable[..., subprocess.CompletedProcess[str]],
    folder: Path,
    formats: Sequence[str],
    printed: str,
) -> tuple[int, dict[str, str]]:
    """Run a command once: one format is printed, the others are written to files."""
    files = {format_: folder / f"out.{format_}" for format_ in formats if format_ != printed}
    outputs = [word for name, path in files.items() for word in ("--output", f"{name}={path}")]
    done = call("--format", printed, *outputs)
    assert done.stderr == ""
    written = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    return done.returncode, {printed: done.stdout, **written}


def require_formats(command: str, shown: Mapping[str, str]) -> None:
    """What is kept of a command is the same, and its other formats are well formed."""
    for format_, text in shown.items():
        if format_ in KEPT:
            require_same(f"{command}.{SUFFIXES.get(format_, format_)}", text)
        else:
            require_safe(format_, text)
    cells = [list(map(_cell, row.values())) for row in json.loads(shown["json"])["rows"]]
    assert cells == list(csv.reader(io.StringIO(shown["csv"])))[1:]


def _cell(value: object) -> str:
    return "" if value is None else visible(str(value))
