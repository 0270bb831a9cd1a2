"""Links between all pages lead somewhere, on GitHub and on the site; the site asks for nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

OUTSIDE = ("tests/fuzzing.md", "benchmarks/results.md", "examples/gates/README.md")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / name for name in OUTSIDE)]
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)


def text(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub and the site both give the headings of a page."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", text(page), re.MULTILINE):
        kept = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
        if kept.isascii():
            found.add(re.sub(r"[-\s]+", "-", kept))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if link.startswith("https://"):  # no test needs a network
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_of_the_documentation_begins_with_what_the_reader_gets() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        title, first, *rest = page.read_text(encoding="utf-8").split("\n\n")
        assert title.startswith("# "), page.name
        assert first.startswith("You get "), page.name
        assert "```" in rest[0], page.name


@pytest.mark.deep
def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """A link or an anchor that leads nowhere, or a page without a place, fails in building."""
    site = tmp_path / "site"
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", site]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for page in PAGES:
        place = page.relative_to(ROOT / "docs" if page.parent == ROOT / "docs" else ROOT)
        name = "index" if place.stem == "README" else place.stem
        assert (site / place.with_name(f"{name}.html")).is_file(), place
    remote = re.compile(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=\"?(?:https?:)?//")
    for page in site.rglob("*.html"):
        assert not remote.search(page.read_text(encoding="utf-8")), page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\W?(?:https?:)?//", style.read_text(encoding="utf-8"))
