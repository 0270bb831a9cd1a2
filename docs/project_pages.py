"""A hook of MkDocs: pages that lie outside `docs/` become pages of the site, with their links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
HOME = "README.md"  # the first page of the site
PROJECT = (
    HOME,
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/results.md",
    "examples/gates/README.md",
    "examples/gates/pre-commit-config.yaml",
    "examples/gates/workflow.yml",
    "tests/fuzzing.md",
)


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages of the project, at their place in the repository."""
    for name in PROJECT:
        target = "index.md" if name == HOME else name
        files.append(File.generated(config, target, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Change links as if the files in `docs/` were at the top of the repository, as on the site."""
    if Path(page.file.abs_src_path).parent == ROOT / "docs":
        markdown = markdown.replace("](../", "](")
    markdown = re.sub(r"\]\(((?:\.\./)*)docs/", r"](\1", markdown)
    return markdown.replace(f"]({HOME}", "](index.md")
