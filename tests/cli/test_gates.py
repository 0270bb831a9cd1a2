"""init, lock and check as they are used: every format, every exit code, every way not to judge."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import Run
from tests.gate.folder import ALL_ON
from tests.gate.planted import drop, lowercase, split_digits, swap
from tests.goldens import FOLDER, in_every_format, require_formats, require_same
from tests.laws import refusal_here
from tokscope.render import GATES, RENDERERS
from tokscope.render.gates import shortened

Edit = Callable[[str], str]
TEXT = ALL_ON.partition("\n[identity]")[0]
# Gates that are judged in a quarter of the time of all, for what holds of any gates.
SAME = f'{TEXT}\n[identity]\ngolden = "fail"\ncomponents = "fail"\n'


def planted(folder: Path, plant: Callable[..., object], name: str = "new.json") -> str:
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(plant(data)), encoding="utf-8")
    return name


@pytest.fixture
def few(locked: Path) -> Path:
    """The folder with few gates, which need less than its lock holds."""
    (locked / "tokscope.toml").write_text(SAME, encoding="utf-8")
    return locked


def same_as_golden(run: Run, words: Sequence[object], printed: str, *more: str) -> int:
    formats = [*RENDERERS, *more]
    code, shown = in_every_format(partial(run, *words), Path.cwd(), formats, printed)
    require_formats(str(words[0]), shown)
    return code


@pytest.mark.deep
def test_a_check_that_fails_looks_like_its_golden_files(locked: Path, run: Run) -> None:
    """All formats of one run, with the summary of a job on GitHub."""
    summary = locked / "summary.md"
    summary.write_text("before\n")
    words = ["check", planted(locked, lowercase)]
    on_github = partial(run, GITHUB_STEP_SUMMARY=str(summary))
    assert same_as_golden(on_github, words, "github", *GATES) == 1
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n**FAIL because normalizer (Lowercase) was added: ")
    assert "| TS311 | fail |" in text


def test_a_lock_is_summed_up_as_in_its_golden_files(folder: Path, run: Run) -> None:
    assert same_as_golden(run, ["lock"], "table") == 0


def changed(folder: Path) -> str:
    return planted(folder, split_digits)


@pytest.mark.deep
def test_a_difference_looks_like_its_golden_files(folder: Path, run: Run) -> None:
    words = ["diff", "old=tokenizer.json", changed(folder), "-c", "en.txt", "-c", "de.txt"]
    words += ["--top", "2", "--parallel"]
    assert same_as_golden(run, words, "csv") == 0


def test_an_inequality_looks_like_its_golden_files(folder: Path, run: Run) -> None:
    """On text alone: texts that are made are shown on the page about changes."""
    words = ["equiv", "mine=tokenizer.json", changed(folder), "-c", "en.txt", "--fuzz", "0"]
    assert same_as_golden(run, words, "json") == 1


@pytest.mark.deep
def test_equal_tokenizers_exit_with_0(folder: Path, run: Run) -> None:
    done = run("equiv", "mine=tokenizer.json", "sample:bpe", "-c", "en.txt", "--fuzz", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Equal as far as tried: mine and sample-bpe give the same ids on")


def test_the_lock_itself_is_as_its_golden_file(locked: Path) -> None:
    require_same("tokscope.lock", (locked / "tokscope.lock").read_text(encoding="utf-8"))


@pytest.mark.deep
def test_init_looks_like_its_golden_files_and_writes_over_nothing(folder: Path, run: Run) -> None:
    (folder / "tokscope.toml").unlink()
    words = ["--corpus", "en.txt", "--corpus", "de.txt", "--parallel"]
    done = run("init", "mine=tokenizer.json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    require_same("init.txt", done.stdout)
    require_same("init.toml", (folder / "tokscope.toml").read_text(encoding="utf-8"))
    refused = run("init")
    assert (refused.returncode, refused.stderr) == (
        2,
        "tokscope: tokscope.toml already exists; edit it, or move it away\n",
    )


@pytest.mark.parametrize("spec", ["bytes", "sample:unigram", "sample:wordpiece"])
@pytest.mark.deep
def test_every_family_can_be_gated(folder: Path, run: Run, spec: str) -> None:
    """By what `init` writes; WordPiece without audit and lock, which take seconds of it."""
    config = folder / "tokscope.toml"
    config.unlink()
    assert run("init", spec, "--corpus", "en.txt").returncode == 0
    baseline, told = list[str](), "ids stand for other bytes ("
    if spec == "sample:wordpiece":
        baseline, told = ["--against", spec], "2,662 ids added: "
        config.write_text(config.read_text().partition("[audit]")[0])
    else:
        assert run("lock").returncode == 0
    passed = run("check", *baseline)
    assert (passed.returncode, passed.stderr) == (0, "")
    config.write_text(f'{TEXT}\n[identity]\nvocabulary = "fail"\n')
    other = run("check", "sample:bpe", *baseline, "--format", "concise")
    assert other.returncode == 1
    assert f"TS003 fail vocabulary: {told}" in other.stdout


@pytest.mark.deep
def test_exit_codes_say_what_happened(few: Path, run: Run) -> None:
    assert run("check").returncode == 0
    assert run("check", planted(few, swap)).returncode == 1
    config = few / "tokscope.toml"
    late = planted(few, lambda data: drop(data, 0.01))
    config.write_text(f'{TEXT}\n[limits.tokens]\nworse = "1.3%"\n')
    done = run("check", late)
    assert (done.returncode, "inconclusive" in done.stdout) == (0, True)
    tables = done.stdout.partition("tokscope:")[0]
    assert max(map(len, tables.splitlines())) <= 80
    assert "documents like these would decide" in " ".join(done.stdout.split())
    assert run("check", late, "--fail-inconclusive").returncode == 3
    config.write_text(f'{TEXT}\n[limits.tokens]\nworse = "1.3%"\n[identity]\ncomponents = "fail"\n')
    assert run("check", late, "--fail-inconclusive").returncode == 1
    config.write_text(f'{TEXT}\n[identity]\ncomponents = "warn"\n')
    done = run("check", late, "--format", "concise")
    assert (done.returncode, "TS005 warn components: changed: merges" in done.stdout) == (0, True)


def _with(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new)


def _also(more: str) -> Edit:
    return lambda text: text + more


WAIVER = '\n[[waivers]]\nrule = "TS005"\nreason = "planned"\nowner = "Ada"\nexpires = '
CANNOT: dict[str, tuple[Edit, list[str]]] = {
    "fr.txt: no such file or folder": (_with("ru.txt", "fr.txt"), []),
    "empty.txt: no text in it": (_with('"ru.txt"', '"ru=empty.txt"'), []),
    "TS905 there is no baseline (none.lock); run tokscope lock": (
        lambda text: f'lock = "none.lock"\n{text}',
        [],
    ),
    "TS906 tokscope.toml:20: tokens has no value for corpus 'dee'; did you mean 'de'?": (
        _with("[limits.gini]", '[limits.tokens.dee]\nworse = "1%"\n[limits.gini]'),
        [],
    ),
    "TS904 tokscope.toml:32: the waiver of TS005 by Ada expired on 2026-01-01": (
        _also(f"{WAIVER}2026-01-01\n"),
        [],
    ),
    "TS903 the baseline was counted otherwise": (
        _with("parallel = true", 'parallel = true\nwords = "whitespace"'),
        [],
    ),
    "TS902 the text of corpus 'en' is not that of the baseline": (
        lambda text: f"{TEXT}\n[limits.tokens]\nworse = 1\n".replace('"en.txt"', '"en=de.txt"'),
        [],
    ),
    "TS902 corpus 'ru' of the baseline is missing; restore it": (_with('"ru.txt"', '"fr=ru.txt"'), []),
    "TS902 the baseline has no corpus 'fr'; it has en, de, ru": (_with('"ru.txt"', '"ru.txt", "fr=ru.txt"'), []),
    "TS906 tokscope.toml switches no gate on": (lambda text: 'tokenizer = "tokenizer.json"\n', []),
    "TS906 limits.tokens needs text; name some in text.corpora": (
        lambda text: 'tokenizer = "tokenizer.json"\n[limits.tokens]\nmax = 3\n',
        [],
    ),
    "TS906 identity.documents needs text": (
        lambda text: 'tokenizer = "tokenizer.json"\n[identity]\ndocuments = 0\n',
        [],
    ),
    "unknown key in [identity] 'goldn'; did you mean 'golden'?": (_with("golden", "goldn"), []),
    "unknown measure 'gin'; did you mean 'gini'?": (_with("limits.gini", "limits.gin"), []),
    "unknown rule of the audit 'TS8'": (_with('new = "fail"', 'new = "fail"\nignore = ["TS8"]'), []),
    "unknown format 'junt'; did you mean 'junit'?": (str, ["--format", "junt"]),
    "none.toml: cannot be read (No such file or directory)": (str, ["--config", "none.toml"]),
    "names no tokenizer; set tokenizer": (_with('tokenizer = "mine=tokenizer.json"', ""), []),
    "limits.gini: only for parallel text": (_with("parallel = true", ""), []),
    "the lock holds no vocabulary_use_cv, which was limited later": (
        lambda text: f"{TEXT}\n[limits.vocabulary_use_cv]\nworse = 1\n",
        [],
    ),
    "git:main: write git:REV:PATH, such as git:main:tokenizer.json": (
        str,
        ["--against", "git:main"],
    ),
    "HF_HUB_OFFLINE is set": (str, ["nobody/nothing"]),
    "broken.lock: not a tokscope.lock, or a damaged one": (str, ["--against", "broken.lock"]),
}  # fmt: skip


@pytest.mark.parametrize("message", CANNOT)
def test_what_cannot_be_judged_is_one_line_and_exit_code_2(
    locked: Path, message: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    edit, words = CANNOT[message]
    (locked / "empty.txt").write_text("")
    (locked / "broken.lock").write_text("{")
    (locked / "broken.lock.npz").write_text("")
    (locked / "tokscope.toml").write_text(edit(ALL_ON), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["tokscope", "check", *words])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # as the command sets it, for itself alone
    assert message in refusal_here(capfd)


@pytest.mark.deep
def test_a_waiver_accepts_a_failure_until_its_day(few: Path, run: Run) -> None:
    config = few / "tokscope.toml"
    day = date.today() + timedelta(days=30)
    config.write_text(f"{SAME}{WAIVER}{day}\n")
    at = f"tokscope.toml:{SAME.count(chr(10)) + 2}: "
    done = run("check", planted(few, swap), "--format", "concise")
    assert done.returncode == 0
    assert (
        f"{at}TS005 waived components: changed: merges; waived until {day} by Ada: planned\n"
    ) in done.stdout
    config.write_text(f"{SAME}{WAIVER}{day}\n".replace("TS005", "TS001"))
    done = run("check", "new.json")
    assert done.returncode == 1
    assert f"{at}the waiver of TS001 is not needed" in done.stdout


@pytest.mark.deep
def test_what_was_over_the_limit_before_is_a_note(folder: Path, run: Run) -> None:
    (folder / "tokscope.toml").write_text(f"{TEXT}\n[limits.fertility]\nmax = 1\n")
    assert run("lock").returncode == 0
    done = run("check", "--format", "concise")
    assert done.returncode == 0
    assert re.search(
        r"TS102 note fertility\[en\]: [\d.]+ > max 1; it was at the baseline too", done.stdout
    )
    against = run("check", "--against", "sample:bpe", "--format", "csv")
    assert against.returncode == 0
    (folder / "en.txt").write_text("Other text\n" * 40)  # of which the baseline knows nothing
    assert "TS902" in run("check").stderr


def test_absolute_limits_need_no_baseline(folder: Path, run: Run) -> None:
    (folder / "tokscope.toml").write_text(f"{TEXT}\n[limits.fertility]\nmax = 9\nde.max = 1\n")
    done = run("check", "--format", "concise")
    assert done.returncode == 1
    assert re.search(r"tokscope.toml:9: TS102 fail fertility\[de\]: [\d.]+ > max 1\n", done.stdout)
    assert "1 fail, 3 pass" in done.stdout


@pytest.mark.deep
def test_a_baseline_may_be_in_git(locked: Path, run: Run) -> None:
    def git(*words: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *names, *words], cwd=locked, check=True, capture_output=True)

    (locked / "tokscope.toml").write_text(f"{TEXT}\n[limits.round_trip]\nworse = 0\n")
    git("init", "--initial-branch=trunk")
    git("add", ".")
    git("commit", "--message", "locked")
    planted(locked, lowercase, "tokenizer.json")
    for against in ("git:trunk:tokenizer.json", "git:HEAD:tokscope.lock"):
        done = run("check", "--against", against, "--format", "concise")
        assert done.returncode == 1
        assert "TS311 fail round_trip[en]" in done.stdout
    done = run("diff", "git:trunk:tokenizer.json", "tokenizer.json", "-c", "en.txt", "--top", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "component" in done.stdout
    for against, words in {
        "git:HEAD:nothing.json": "git has no nothing.json at HEAD",
        "git:nowhere:tokenizer.json": "git rev-parse: there is no revision 'nowhere' here",
        "git:--help:tokenizer.json": "git rev-parse",
        "git:HEAD:en.txt": "git:HEAD:en.txt: no kind of tokenizer is known by this name",
    }.items():
        refused = run("check", "--against", against)
        assert refused.returncode == 2
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1


@pytest.mark.deep
def test_lock_tells_what_differs_and_updates(locked: Path, run: Run) -> None:
    """What it refuses stands in `test_early.py`."""
    planted(locked, swap, "tokenizer.json")
    done = run("lock", "--verify")
    assert done.returncode == 1
    assert re.search(r'- +"merges": "', done.stdout)
    assert run("lock", "--update", "--reason", "merges swapped").returncode == 0
    record = json.loads((locked / "tokscope.lock").read_text(encoding="utf-8"))
    assert [entry["reason"] for entry in record["history"]] == ["first lock", "merges swapped"]
    (locked / "tokscope.toml").write_text(SAME)
    assert run("check").returncode == 0


@pytest.mark.deep
def test_a_lock_does_not_depend_on_where_it_is_made(
    locked: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(locked.parent)
    config = f"{locked.name}/tokscope.toml"
    assert "tokscope.lock: verified" in run("lock", "--verify", "--config", config).stdout
    done = run("check", "--config", config, "--format", "concise")
    assert done.returncode == 0
    assert done.stdout.endswith("\nmine: pass (40 pass)\n")


def test_a_copy_of_the_tokenizer_is_not_taken_for_an_edited_lock(locked: Path, run: Run) -> None:
    (locked / "copy.json").write_bytes((locked / "tokenizer.json").read_bytes())
    done = run("lock", "--verify", "mine=copy.json", COLUMNS="200")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "The lock is not what this tokenizer gives now: the tokenizer, the text and all values are "
        "the same, but other lines of the file differ."
    )
    assert '"spec": "mine=copy.json"' in done.stdout


@pytest.mark.deep
def test_the_mixture_is_reported_and_no_gate(folder: Path, run: Run) -> None:
    mixture = "\n[mixture]\nreport = true\nmerges = 60\n"
    (folder / "tokscope.toml").write_text(SAME + mixture, encoding="utf-8")
    assert run("lock").returncode == 0
    done = run("check", "--format", "concise")
    assert done.returncode == 0
    assert re.search(r"TS121 note mixture\[en\]: [\d.]+ % \([+-]0.0\)", done.stdout)
    (folder / "tokscope.toml").write_text(TEXT + mixture, encoding="utf-8")
    assert "TS906" in run("check").stderr  # a report alone judges nothing


def golden(name: str) -> str:
    """Return what a check that fails looks like."""
    return (FOLDER / name).read_text(encoding="utf-8")


def test_junit_has_the_attributes_that_its_readers_ask_for() -> None:
    suite = ElementTree.fromstring(golden("check.junit"))[0]
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    assert suite.get("name") == "new"
    assert (suite.get("tests"), suite.get("failures")) == ("40", "11")
    assert len(cases) == 40
    failure = cases["TS311", "round_trip[en]"].find("failure")
    assert failure is not None
    assert "worse" in str(failure.get("message"))
    assert cases["TS002", "specials"].find("failure") is None


def test_github_gets_ten_annotations() -> None:
    lines = golden("check.github").splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert len(annotations) == 10
    form = r"::(error|warning) file=tokscope\.toml,line=\d+,title=TS\d{3} [^:,]+::[^\r\n]+"
    assert all(re.fullmatch(form, line) for line in annotations[:9])
    assert re.fullmatch(
        r"::error title=tokscope check::4 more gates did not pass; .*", annotations[9]
    )


def test_a_summary_is_cut_at_a_line() -> None:
    lines = ["é" * 100] * 1000
    text = shortened(lines, 10_000)
    assert len(text.encode()) < 10_000
    assert text.endswith("\n\n… and 951 more lines\n")
    assert shortened(["ab", "cd"], 6) == "ab\ncd\n"
