"""The public functions: one for every command, with what they take and return."""

from __future__ import annotations

import html
import inspect
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tokenizers

import tokscope
from tests.gate.folder import ALL_ON, fill
from tokscope.cli import app
from tokscope.errors import TokscopeError
from tokscope.render.grid import grid
from tokscope.tokenizers.sample import FOLDER

BPE = str(FOLDER / "bpe.json")
# `init` writes a file for people to edit; a name that a package has cannot be a function's
OTHERS = {"init": "", "list": "available", "measures": "list_measures", "report": "full_report"}
COMMANDS = [str(one.callback.__module__.split(".")[-1]) for one in app.registered_commands]  # type: ignore[union-attr]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_function(command: str) -> None:
    name = {**OTHERS, "available": "available"}.get(command, command)
    if name:
        function = getattr(tokscope, name)
        assert function.__module__ == f"tokscope.studies.{command}"
        returned = "Iterator[list[int]]" if name == "encode" else "Report"
        assert inspect.signature(function).return_annotation == returned
        assert ": " in function.__doc__  # what its columns are


@pytest.mark.deep
def test_one_word_is_one_word_and_not_its_letters() -> None:
    assert set(tokscope.explain("TS405").frame["code"]) == {"TS405"}
    assert set(tokscope.compare("bytes", measures="tokens").frame["measure"]) == {"tokens"}
    codes = tokscope.audit("bytes", select="TS445").frame["code"]
    assert set(codes) == {"", "TS445"}
    for call in (
        lambda: tokscope.explain(405),  # type: ignore[arg-type]
        lambda: tokscope.explain([405]),  # type: ignore[list-item]
    ):
        with pytest.raises(TokscopeError, match="codes: an object of type int cannot be used"):
            call()
    with pytest.raises(TokscopeError, match="text: an object of type bytes cannot be used"):
        tokscope.show(b"x", "bytes")  # type: ignore[arg-type]


def test_two_that_do_the_same_pass() -> None:
    given = tokenizers.Tokenizer.from_file(BPE)
    assert tokscope.equiv({"mine": given}, "sample:bpe", TEXTS, fuzz=0).passed is True
    assert tokscope.equiv("bytes", "sample:bpe", TEXTS, fuzz=0, top=1).passed is False
    with pytest.raises(TokscopeError, match="first: 2 tokenizers cannot be used; give one"):
        tokscope.equiv(["bytes", "characters"], "bytes")  # type: ignore[arg-type]


@pytest.mark.deep
def test_what_changed_is_told_of_objects_and_text_in_memory() -> None:
    given = tokenizers.Tokenizer.from_file(BPE)
    texts = {"en": ["one two three"] * 3, "de": ["eins zwei drei"] * 3}
    given.add_tokens(["two three"])
    frame = tokscope.diff("sample:bpe", {"mine": given}, texts, parallel=True).frame
    tokens = frame.query("part == 'text' and measure == 'tokens'").set_index("name")
    assert tokens.loc["en", "new"] < tokens.loc["en", "old"]
    assert tokens.loc["de", "new"] == tokens.loc["de", "old"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path, Path(BPE).read_text(encoding="utf-8"))
    quick, _, _ = ALL_ON.partition("[numbers]")  # these and the audit take longer than all else
    (tmp_path / "tokscope.toml").write_text(quick)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.deep
def test_a_lock_is_written_verified_and_judged_by(folder: Path) -> None:
    assert tokscope.lock().command == "lock"
    assert Path("tokscope.lock").is_file()
    assert tokscope.verify_lock().passed is True
    with pytest.raises(TokscopeError, match="already exists"):
        tokscope.lock()
    assert tokscope.check(today=date(2026, 1, 1)).passed is True
    given = tokenizers.Tokenizer.from_file(BPE)
    assert tokscope.check({"mine": given}, config=folder / "tokscope.toml").passed is True
    given.add_tokens(["the "])
    failed = tokscope.check({"mine": given}, identity=True)
    assert failed.passed is False
    assert set(failed.frame["tokenizer"]) == {"mine"}
    against = tokscope.check("sample:wordpiece", against="tokscope.lock", identity=True)
    assert against.passed is False


REFUSED: list[tuple[Any, str]] = [
    (lambda: tokscope.lock(tokenizers.Tokenizer.from_file(BPE)), "give a word or a path"),  # type: ignore[arg-type]
    (lambda: tokscope.lock(reason="x"), "reason: it is for an update; add update=True"),
    (lambda: tokscope.lock(update=True), "an update needs --reason"),
    (lambda: tokscope.verify_lock(), "tokscope.lock"),
    (lambda: tokscope.check(["bytes", "characters"]), "tokenizer: 2 tokenizers cannot be used"),  # type: ignore[arg-type]
    (lambda: tokscope.check(config="none.toml"), "none.toml"),
    (lambda: tokscope.check(config=3), "config: an object of type int cannot be used"),  # type: ignore[arg-type]
    (lambda: tokscope.check(against=None), "against: None cannot be used; give a word or a path"),  # type: ignore[arg-type]
    (lambda: tokscope.diff("bytes", "characters", word_rule="words"), "unknown word rule 'words'"),
    (lambda: tokscope.diff(None, "bytes"), "old: None cannot be used"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_gates_refuse_in_one_line(folder: Path, call: Any, message: str) -> None:
    with pytest.raises(TokscopeError) as error:
        call()
    assert message in str(error.value)
    assert not Path("tokscope.lock").exists()


TEXTS = {"en": ["the one and the other"] * 9, "de": ["der eine und der andere"] * 9}
REPORTS = {
    "compare": lambda: tokscope.compare(["bytes", "sample:bpe"], TEXTS, by="language"),
    "differences": lambda: tokscope.compare(["bytes", "sample:bpe"], TEXTS, bootstrap=10),
    "worst": lambda: tokscope.worst_lines("bytes", TEXTS, parallel=True),
    "count": lambda: tokscope.count("sample:bpe", TEXTS),
    "show": lambda: tokscope.show("<b>a</b> & c\n", "sample:bpe"),
    "inspect": lambda: tokscope.inspect("bytes"),
    "audit": lambda: tokscope.audit("bytes"),
    "numbers": lambda: tokscope.numbers("bytes", by="scheme"),
    "code": lambda: tokscope.code("sample:bpe", {"python": ["x = 1"]}),
    "vocab": lambda: tokscope.vocab(["sample:wordpiece", "sample:unigram"], by="kind"),
    "explain": lambda: tokscope.explain("TS405"),
    "equiv": lambda: tokscope.equiv("sample:wordpiece", "bytes", TEXTS, fuzz=0),
    "diff": lambda: tokscope.diff("bytes", "bytes", TEXTS),
    "extend": lambda: tokscope.extend(
        "sample:bpe", TEXTS, held_out={"x": ["eine andere"]}, keep={"y": ["a line"]}
    ),
    "infer": lambda: tokscope.infer_mixture("sample:bpe", ["sample:en", "sample:de"], merges=10),
    "available": lambda: tokscope.available(),
    "measures": lambda: tokscope.list_measures(),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_notebook_shows_the_tables_of_the_command_line(name: str) -> None:
    report = REPORTS[name]()
    shown = report._repr_html_()
    for view in report.view(report) if report.view else [report]:
        cells = grid(view, html.escape)
        assert f"<h4>{cells.title}</h4>" in shown
        drawn = [c for row in cells.rows for c in row] if not cells.flow else []
        drawn += [c for _, stacks in cells.flow for stack in stacks for c in stack]
        assert all(cell in shown for cell in (*drawn, *cells.notes, cells.signature))
    assert "<b>a" not in shown
    assert "&lt;" in shown or name != "show"
    assert pickle.loads(pickle.dumps(report)).title == report.title


def test_a_view_shows_itself() -> None:
    report = tokscope.compare(["bytes", "sample:bpe"], TEXTS)
    for view in report.view(report):  # type: ignore[misc]
        assert f"<h4>{view.title}</h4>" in view._repr_html_()
