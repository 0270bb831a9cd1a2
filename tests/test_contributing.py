"""What leads contributors in: the workflow, the forms and the pages are of this tree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.test_house import LOW, MAY_IMPORT, MODULES, TOPICS, name

GITHUB = ROOT / ".github"
FORMS = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
YAML = [*GITHUB.rglob("*.yml"), *ROOT.glob(".pre-commit*.yaml")]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_every_file_for_github_and_pre_commit_is_yaml(path: Path) -> None:
    assert read(path)


def test_the_workflow_may_only_read() -> None:
    path = GITHUB / "workflows" / "ci.yml"
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert not [job for job in workflow["jobs"].values() if "permissions" in job]
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|GITHUB_TOKEN|github\.token|pull_request_target", text)
    for used in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", used)
    for step in [step for job in workflow["jobs"].values() for step in job["steps"]]:
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"] == {"persist-credentials": False}


def test_the_workflow_runs_on_every_python_that_the_metadata_claims() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    job = read(GITHUB / "workflows" / "ci.yml")["jobs"]["everything"]
    assert job["strategy"]["matrix"]["python"] == versions
    assert project["requires-python"] == f">={versions[0]}"
    assert job["steps"][-1]["run"] == "bash .ci/run"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_github_asks_of_it(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked) > 0
    for part in asked:
        assert part["attributes"]["label"]
        assert part["type"] in ("input", "textarea", "dropdown", "checkboxes")


PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_for_contributors_speaks_of_this_tree(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for place in re.findall(
        r"`((?:tokscope|tests|examples|benchmarks|\.github|\.ci)/[\w./-]*)`", page
    ):
        assert "NAME" in place or (ROOT / place).exists(), place
    for link in re.findall(r"\]\(([\w./-]+)\)", page):
        assert (path.parent / link).exists(), link
    for word, place in re.findall(r"`(\w+)`(?:,?\s+(?:in|of)\s+| \| )`([\w/.]+\.py)`", page):
        assert re.search(rf"\b{word}\b", (ROOT / place).read_text(encoding="utf-8")), (word, place)


def test_the_page_about_the_house_has_its_rooms_and_what_each_may_import() -> None:
    """`basics` and `topics` stand for several; a room may always import itself."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = page.partition("| room |")[2].partition("\n\n")[0]
    told = {}
    for room, allowed in re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", table, re.MULTILINE):
        told[room] = set(re.findall(r"`(\w+)`", allowed)) | {room}
        told[room] |= LOW if "basics" in allowed else set()
        told[room] |= TOPICS if "topics" in allowed else set()
    assert told == {room: allowed | {room} for room, allowed in MAY_IMPORT.items()}
    assert set(told) == {name(path).split(".")[0] for path in MODULES}
    for *most, last in (sorted(LOW), sorted(TOPICS)):
        listed = f"{', '.join(f'`{one}`' for one in most)} and `{last}`"
        assert listed in " ".join(page.split())
