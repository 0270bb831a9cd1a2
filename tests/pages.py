"""Pages of the documentation: their code, and the output that they show of it.

A block of `text` is what the block of code before it prints. A line `…` alone in it stands for lines
that the page leaves out. A comment before a block of code can say `exit 1`, or `not run:` and why.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT, Run
from tests.goldens import stable

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITE = os.environ.get("TOKSCOPE_GOLDEN") == "write"
CUT = "…"
_BLOCK = re.compile(
    r"^(?:<!-- (exit \d|not run: [^\n]+) -->\n)?```(sh|python|text)\n(.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_SET_UP = "python3 -m venv"  # a line that installs tokscope first, which .ci/run tries
OWN = {"HF_HOME": "/nowhere", "TIKTOKEN_CACHE_DIR": "/nowhere"}  # caches differ between machines


class Block(NamedTuple):
    """A block of code or of output, and where its content is in the page."""

    mark: str
    language: str
    content: str
    place: tuple[int, int]

    @property
    def exit(self) -> int:
        return int(self.mark.removeprefix("exit ") if self.mark.startswith("exit") else 0)

    @property
    def runs(self) -> bool:
        return self.language != "text" and not self.mark.startswith("not run")


def blocks(page: Path) -> list[Block]:
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(one[1] or "", one[2], one[3], one.span(3)) for one in found]


def lines(block: Block) -> list[str]:
    """Return the commands of a block of shell; of a line that also installs, the last one."""
    told = block.content.replace("\\\n", "").splitlines()
    told = [one.rpartition(".venv/bin/")[2] if one.startswith(_SET_UP) else one for one in told]
    return [one for one in told if one != "pytest"]


def output(block: Block, run: Run) -> str:
    """Run a block in the current folder and return what it prints.

    Python runs in this process, and commands in forks, because most of them take less than a start.
    """
    if block.language == "python":
        with redirect_stdout(io.StringIO()) as printed, redirect_stderr(printed):
            exec(compile(block.content, "<page>", "exec"), {"__name__": "__main__"})
        return printed.getvalue()
    *most, last = lines(block)
    return "".join(
        _printed(done, block.exit if line == last else 0)
        for line in (*most, last)
        for done in _run(line, run)
    )


def _run(line: str, run: Run) -> Iterator[subprocess.CompletedProcess[str]]:
    """Run what stands between `&&`: what is before a pipe in a shell, and tokscope by `run`."""
    for part in line.split(" && "):
        before, _, last = part.rpartition(" | ")
        command, _, file = last.partition(" > ")
        words = shlex.split(command)
        if words[0] != "tokscope":
            yield _in_shell(part)
            continue
        done = run(*words[1:], stdin=_in_shell(before).stdout.encode() if before else b"", **OWN)
        if file:
            Path(file).write_text(done.stdout, encoding="utf-8")
            done.stdout = ""
        yield done


def _in_shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, shell=True, capture_output=True, text=True)


def _printed(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, f"{done.args}: {done.stderr}"
    assert code or not done.stderr, f"{done.args}: {done.stderr}"
    return done.stdout + done.stderr


def as_shown(printed: str, shown: str) -> str:
    """Cut what is printed at the line where a page cuts it."""
    told, now = shown.splitlines(), [line.rstrip() for line in printed.rstrip().splitlines()]
    if CUT in told:
        before, after = told.index(CUT), len(told) - told.index(CUT) - 1
        if before + after < len(now):
            now = [*now[:before], CUT, *now[len(now) - after :]]
    return "".join(f"{line}\n" for line in now)


def require_shown(page: Path, found: dict[Block, str]) -> None:
    """Compare what a page shows with what was printed; or write the page anew, with `WRITE`."""
    text = page.read_text(encoding="utf-8")
    for block, printed in sorted(found.items(), key=lambda one: one[0].place, reverse=True):
        now = as_shown(printed, block.content)
        if WRITE:
            start, end = block.place
            text = text[:start] + now + text[end:]
        else:
            assert stable(now) == stable(block.content), f"{page.name}: another output"
    if WRITE:
        page.write_text(text, encoding="utf-8")


def require_pictures(folder: Path) -> None:
    """Compare the pictures that the commands of a page wrote with those that pages show."""
    for picture in (ROOT / "docs").glob("*.svg"):
        if (folder / picture.name).exists():
            made = (folder / picture.name).read_text(encoding="utf-8")
            if WRITE:
                picture.write_text(made, encoding="utf-8")
            assert picture.read_text(encoding="utf-8") == made, picture.name
