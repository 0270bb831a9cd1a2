"""What the baseline and the configuration have, the candidate owes: absence is never a pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic import changed, sides
from tests.gate.planted import judged_by
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile as lock
from tokscope.gate.changes import Change
from tokscope.gate.config import Config, Text
from tokscope.gate.judge import judged
from tokscope.gate.limits import is_alike
from tokscope.gate.settings import find, read
from tokscope.gate.snapshot import Numbers, Snapshot
from tokscope.gate.verdict import Case, Judged
from tokscope.studies import init
from tokscope.studies import lock as locking
from tokscope.studies.check import outcome

TODAY = date(2026, 5, 17)
NAN = float("nan")
EN, DE = np.full(40, 100), np.full(40, 120)
BOTH = {"en": EN, "de": DE}
GATES = {
    "max": "[limits.tokens]\nmax = 10000",
    "min": "[limits.tokens]\nmin = 1",
    "worse": '[limits.tokens]\nworse = "1%"',
    "better": '[limits.tokens]\nbetter = "1%"',
    "documents": '[identity]\ndocuments = "5%"',
}


def configured(folder: Path, text: str) -> Config:
    path = folder / "tokscope.toml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def judge(folder: Path, text: str, head: Snapshot, base: Snapshot | None) -> dict[str, Judged]:
    return {one.gate.name: one for one in judged(Case(configured(folder, text), head, base))}


def without(found: Snapshot, name: str) -> Snapshot:
    """Leave a corpus out, as if its file were not there."""
    counted = found.measured.counted
    if counted:
        kept = [i for i, corpus in enumerate(counted.corpora) if corpus.name != name]
        counted = replace(
            counted,
            corpora=[counted.corpora[i] for i in kept],
            tallies=[counted.tallies[i] for i in kept],
            readings=[counted.readings[i] for i in kept],
        )
    return changed(
        found,
        samples={n: sample for n, sample in found.measured.samples.items() if n != name},
        values={
            m: {n: v for n, v in own.items() if n != name}
            for m, own in found.measured.values.items()
        },
        counted=counted,
    )


# Text


@pytest.mark.parametrize("gate", GATES)
def test_a_corpus_of_the_baseline_is_owed(tmp_path: Path, gate: str) -> None:
    head, base = sides(BOTH, BOTH)
    with pytest.raises(TokscopeError, match="TS902 corpus 'de' of the baseline is missing"):
        judge(tmp_path, GATES[gate], without(head, "de"), base)
    with pytest.raises(TokscopeError, match="TS902 the baseline has no corpus 'de'"):
        judge(tmp_path, GATES[gate], head, without(base, "de"))


@pytest.mark.parametrize("gate", GATES)
def test_other_text_and_other_settings_are_not_judged(tmp_path: Path, gate: str) -> None:
    head, base = sides(BOTH, BOTH)
    other = {**base.measured.samples, "de": replace(base.measured.samples["de"], digest="other")}
    with pytest.raises(TokscopeError, match="TS902 the text of corpus 'de' is not that"):
        judge(tmp_path, GATES[gate], head, changed(base, samples=other))
    with pytest.raises(TokscopeError, match="TS903 the baseline was counted otherwise"):
        judge(tmp_path, GATES[gate], head, changed(base, settings="other"))


@pytest.mark.parametrize("gate", GATES)
def test_text_without_a_token_is_not_judged(tmp_path: Path, gate: str) -> None:
    """Nothing is better than any limit: of empty lines, and of what encodes all to nothing."""
    nothing = {"en": EN, "de": np.zeros(40, np.int64)}
    for head, base in ((nothing, BOTH), (BOTH, nothing), (nothing, nothing)):
        with pytest.raises(TokscopeError, match="TS906 b makes no token of corpus 'de'"):
            judge(tmp_path, GATES[gate], *sides(head, base))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Text in three languages with the gates that `init` writes, and their lock."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "text").mkdir()
    for name, word in (("en", "time"), ("de", "Zeit"), ("th", "เวลา")):
        lines = "".join(f"{word} {i}\n" for i in range(30))
        (folder / "text" / f"{name}.txt").write_text(lines, encoding="utf-8")
    text = Text(("text/*.txt",), parallel=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        config = configured(Path(), init.initial("bytes", text).content)
        content, counts = lock.packed(locking.locked(config))
    (folder / "tokscope.lock").write_bytes(content)
    (folder / "tokscope.lock.npz").write_bytes(counts)
    return folder


@pytest.fixture
def filled(tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The same in a folder of each test, where it runs."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return read(Path("tokscope.toml"))


def test_the_gates_of_init_do_not_pass_without_a_language(tmp_path: Path, filled: Config) -> None:
    assert outcome(judged_by(filled, today=TODAY)) == 0
    for name in ("en", "de", "th"):
        path = tmp_path / "text" / f"{name}.txt"
        text = path.read_bytes()
        path.unlink()
        with pytest.raises(TokscopeError, match=f"TS902 corpus '{name}' of the baseline is missi"):
            judged_by(filled, today=TODAY)
        path.write_bytes(text)


@pytest.mark.parametrize("parallel", [True, False])
def test_text_of_empty_lines_is_neither_locked_nor_gated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "en.txt").write_text("\n" * 30)
    text = Text(("en.txt",), parallel=parallel)
    config = Config(Path("tokscope.toml"), {}, "bytes", text=text)
    for refused in (
        lambda: init.initial("bytes", text),
        lambda: locking.locked(config),
    ):
        with pytest.raises(TokscopeError, match=r"no token of corpus 'en'|en.txt: no text in it"):
            refused()


# Values


def test_a_value_of_the_baseline_is_owed(tmp_path: Path) -> None:
    """Undefined now, and defined before: a failure of every kind of limit."""
    head, base = sides(BOTH, BOTH)
    for gate in ("max", "min", "worse", "better"):
        gone = changed(head, values={"tokens": {**head.measured.values["tokens"], "de": NAN}})
        one = judge(tmp_path, GATES[gate], gone, base)["tokens[de]"]
        assert (one.verdict, one.text) == ("fail", "undefined, and 4,800 at the baseline")


def test_what_was_undefined_at_the_baseline_too_is_a_note_and_never_all(tmp_path: Path) -> None:
    head, base = sides(BOTH, BOTH)
    values = {"tokens": {"en": 4000.0, "de": NAN, "all": 8800.0}}
    head, base = changed(head, values=values), changed(base, values=values)
    found = judge(tmp_path, GATES["max"], head, base)
    assert {gate: one.verdict for gate, one in found.items()} == {
        "tokens[en]": "pass", "tokens[de]": "note", "tokens[all]": "pass",
    }  # fmt: skip
    none = {"tokens": dict.fromkeys(values["tokens"], NAN)}
    with pytest.raises(TokscopeError, match="TS906"):
        judge(tmp_path, GATES["max"], changed(head, values=none), changed(base, values=none))


@pytest.mark.parametrize(
    ("locked", "words"),
    [
        ({}, "the lock holds no renyi_efficiency"),
        ({"renyi_efficiency": {}}, "TS906 .*:2: the baseline has no value of renyi_efficiency"),
        ({"renyi_efficiency": {"en": NAN, "de": 0.5}}, r"has no value of renyi_efficiency\[en\]"),
    ],
)
def test_a_value_to_compare_with_is_owed(
    tmp_path: Path, locked: dict[str, dict[str, float]], words: str
) -> None:
    """NaN, null or nothing in the lock: never inconclusive."""
    head, base = sides(BOTH, BOTH)
    head = changed(head, values={"renyi_efficiency": {"en": 0.5, "de": 0.5}})
    for kind in ("worse", "better"):
        with pytest.raises(TokscopeError, match=words):
            judge(
                tmp_path,
                f'[limits.renyi_efficiency]\n{kind} = "1%"',
                head,
                changed(base, values=locked),
            )


@pytest.mark.parametrize(
    ("kind", "limit", "before", "now", "verdict"),
    [
        ("max", 3000, 4000, 4000, "note"),
        ("max", 3000, 4000, 3500, "note"),
        ("max", 3000, 4000, 4001, "fail"),
        ("max", 3000, 4000, 2999, "pass"),
        ("max", 3000, 2999, 3001, "fail"),
        ("max", 3000, NAN, 3001, "fail"),
        ("min", 5000, 4000, 4000, "note"),
        ("min", 5000, 4000, 4001, "note"),
        ("min", 5000, 4000, 3999, "fail"),
        ("min", 5000, 4000, 5000, "pass"),
    ],
)
def test_what_was_over_its_limit_may_not_get_worse(
    tmp_path: Path, kind: str, limit: float, before: float, now: float, verdict: str
) -> None:
    head, base = sides({"en": EN}, {"en": EN})
    head = changed(head, values={"tokens": {"en": float(now)}})
    base = changed(base, values={"tokens": {"en": float(before)}})
    one = judge(tmp_path, f"[limits.tokens]\n{kind} = {limit}", head, base)["tokens[en]"]
    assert one.verdict == verdict
    assert bool(one.text) == (verdict != "pass")


# Parts besides text

PARTS: dict[
    str, tuple[str, Callable[[Snapshot], Snapshot], Callable[[Snapshot], Snapshot], str]
] = {
    "golden strings of the configuration": (
        '[identity]\ngolden = "fail"\nstrings = ["also"]',
        lambda head: changed(head, golden={"a": (1,), "also": (2,)}),
        lambda base: changed(base, golden={"a": (1,)}),
        "TS905 the baseline lacks 1 of identity.strings",
    ),
    "numbers": (
        '[numbers]\nscheme = "fail"',
        lambda head: changed(head, numbers=Numbers("x", 1.0, 0.5)),
        lambda base: base,
        "the baseline says nothing of numbers",
    ),
    "the cost of numbers": (
        '[numbers]\ntokens_per_digit = "1%"',
        lambda head: changed(head, numbers=Numbers("x", 1.0, 0.5)),
        lambda base: changed(base, numbers=Numbers("x", 1.0, NAN)),
        "TS906 .*:2: at the baseline no number has tokens",
    ),
    "findings": (
        '[audit]\nnew = "fail"',
        lambda head: changed(head, findings={}),
        lambda base: base,
        "the baseline has no audit",
    ),
    "a share of the mixture": (
        "[mixture]\nreport = true",
        lambda head: changed(head, mixture={"en": 1.0}),
        lambda base: changed(base, mixture={"en": 0.5, "de": 0.5}),
        "TS902 the mixture of the baseline is of other corpora",
    ),
    "all but a report": (
        "[mixture]\nreport = true",
        lambda head: changed(head, mixture={"en": 1.0}),
        lambda base: changed(base, mixture={"en": 1.0}),
        "TS906 .* switches no gate on",
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_what_is_asked_and_not_there_is_not_judged(tmp_path: Path, part: str) -> None:
    text, head_edit, base_edit, words = PARTS[part]
    head, base = sides({"en": EN}, {"en": EN})
    with pytest.raises(TokscopeError, match=words):
        judge(tmp_path, text, head_edit(head), base_edit(base))


def test_the_cost_of_numbers_is_owed(tmp_path: Path) -> None:
    head, base = sides({"en": EN}, {"en": EN})
    base = changed(base, numbers=Numbers("x", 1.0, 0.5))
    for cost, verdict in ((NAN, "fail"), (0.6, "fail"), (0.5, "pass")):
        one = changed(head, numbers=Numbers("x", 1.0, cost))
        found = judge(tmp_path, '[numbers]\ntokens_per_digit = "1%"', one, base)
        assert found["tokens_per_digit"].verdict == verdict


@pytest.mark.parametrize("part", ["golden", "components", "processing", "specials", "backends"])
def test_every_part_of_the_baseline_is_owed(tmp_path: Path, part: str) -> None:
    head, base = sides({"en": EN}, {"en": EN})
    full = (
        {"a": (1, 2), "b": (3,)}
        if part == "golden"
        else {"a": 1}
        if part == "specials"
        else {"a": "x"}
    )
    text = f'[identity]\n{part} = "fail"\n' + ("model_input = 'off'" if part == "golden" else "")
    gone = {"a": ()} if part == "golden" else {}
    head, base = changed(head, **{part: gone}), changed(base, **{part: full})
    assert {one.verdict for one in judge(tmp_path, text, head, base).values()} >= {"fail"}


# Few units


@pytest.mark.parametrize("units", [1, 2, 3, 6, 19])
def test_a_change_that_is_the_same_in_every_unit_is_decisive(tmp_path: Path, units: int) -> None:
    base = {"en": np.arange(1, units + 1) * 100}
    for share, verdict in ((112, "fail"), (101, "pass"), (100, "pass"), (90, "pass")):
        head = {"en": np.arange(1, units + 1) * share}
        one = judge(tmp_path, GATES["worse"], *sides(head, base))["tokens[en]"]
        assert one.verdict == verdict, share
    found = judge(tmp_path, GATES["better"], *sides({"en": base["en"] * 88 // 100}, base))
    assert found["tokens[en]"].verdict == "fail"


def test_nineteen_lines_that_all_cost_about_twelve_percent_more_fail(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    base = {"en": draw.integers(15, 40, 19)}
    head = {"en": base["en"] + np.round(base["en"] * draw.uniform(0.05, 0.19, 19)).astype(int)}
    one = judge(tmp_path, GATES["worse"], *sides(head, base))["tokens[en]"]
    assert (one.verdict, one.figures.documents) == ("fail", 19)


def test_few_units_that_disagree_decide_nothing_and_that_is_no_pass(tmp_path: Path) -> None:
    base = {"en": np.array([100, 100, 100])}
    head = {"en": np.array([100, 100, 140])}
    found = judge(tmp_path, GATES["worse"], *sides(head, base))
    assert found["tokens[en]"].verdict == "inconclusive"


@pytest.mark.parametrize(
    ("least", "most", "units", "alike"),
    [
        (0.12, 0.12, 1, True),
        (0.02, 0.12, 2, False),  # beyond, and farther apart than beyond
        (0.02, 0.12, 6, True),
        (0.11, 0.13, 2, True),
        (0.0, 0.02, 19, False),  # on both sides
        (0.0, 0.0, 1, True),
        (NAN, NAN, 0, True),  # nothing was drawn
    ],
)
def test_units_are_alike_on_one_side_of_a_limit(
    least: float, most: float, units: int, alike: bool
) -> None:
    assert is_alike(Change(1, 1, 0, least=least, most=most, documents=units), 0.01) == alike


def test_a_check_that_decides_nothing_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "en.txt").write_text("aaaaaaaa\nbbbbbbbb\né\n", encoding="utf-8")
    text = 'tokenizer = "bytes"\n[text]\ncorpora = ["en.txt"]\n[limits.tokens]\nworse = "5%"\n'
    report = judged_by(configured(tmp_path, text), against="characters", today=TODAY)
    assert set(report.frame["verdict"]) == {"inconclusive"}
    assert report.title.startswith("bytes: could not judge (1 inconclusive)")
    assert (outcome(report), outcome(report, fail_inconclusive=True)) == (2, 3)
    config = configured(tmp_path, f'{text}[identity]\nbackends = "warn"\n')
    assert outcome(judged_by(config, against="characters", today=TODAY)) == 0


# One configuration


SECTIONS = [
    "[tool.tokscope]\n", "[ tool . tokscope ]\n", "tool.tokscope.tokenizer = 'x'\n",
    "[tool]\ntokscope = {}\n", "[tool.tokscope.text]\n", '["tool"."tokscope"]\n',
    "[[tool.tokscope]]\n",
]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_two_configurations_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(section)
    assert find() == Path("pyproject.toml")
    (tmp_path / "tokscope.toml").write_text("")
    with pytest.raises(TokscopeError, match=r"tokscope.toml and .* of pyproject.toml are both"):
        find()
    assert find("tokscope.toml") == Path("tokscope.toml")


@pytest.mark.parametrize(
    "section",
    ["[tool.tokscope\n", "[tool]\ntokscope = {\n", "[ tool.tokscope ]\na=\n", "tokscope" * 2],
)
def test_a_project_that_is_not_toml_hides_no_gates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(section)
    with pytest.raises(TokscopeError, match=r"pyproject.toml: not TOML .* --config"):
        find()
    (tmp_path / "tokscope.toml").write_text("")
    with pytest.raises(TokscopeError, match=r"pyproject.toml: not TOML .* --config"):
        find()
    assert find("tokscope.toml") == Path("tokscope.toml")


def test_a_link_that_leads_nowhere_is_a_configuration_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.tokscope]\n")
    (tmp_path / "tokscope.toml").symlink_to("nowhere")
    with pytest.raises(TokscopeError, match=r"are both here"):
        find()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# [tool.tokscope]\n",
        "[tool.other]\n",
        "[tool]\n",
        "x = '[tool.tokscope]'\n",
        "tool = 1\n",
    ],
)
def test_a_project_without_gates_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(TokscopeError, match=r"no tokscope.toml and no \[tool.tokscope\] here"):
        find()
    (tmp_path / "tokscope.toml").write_text("")
    assert find() == Path("tokscope.toml")


def test_values_of_another_reference_are_not_compared(tmp_path: Path, filled: Config) -> None:
    text = filled.path.read_text(encoding="utf-8")
    same = configured(tmp_path, text.replace("[text]", '[text]\nreference = "en"', 1))
    assert outcome(judged_by(same, today=TODAY)) == 0  # it was so without a word
    other = configured(tmp_path, text.replace("[text]", '[text]\nreference = "de"', 1))
    with pytest.raises(TokscopeError, match=r"TS903 .*reference:en, now .*reference:de"):
        judged_by(other, today=TODAY)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("gone", ["tokscope.lock", "tokscope.lock.npz"])
def test_half_a_lock_is_none(tmp_path: Path, gone: str) -> None:
    (tmp_path / gone).unlink()
    config = configured(
        tmp_path,
        'tokenizer = "bytes"\n[text]\ncorpora = ["text/en.txt"]\n[limits.tokens]\nmax = 9999\n',
    )
    with pytest.raises(TokscopeError, match="the baseline cannot be read"):
        judged_by(config, today=TODAY)
