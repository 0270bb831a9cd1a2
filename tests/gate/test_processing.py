"""What changes no id of text, but what a model gets, is told, compared and gated."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tokenizers

from benchmarks.synthetic import changed
from tests.gate.planted import AGAIN, cut, judged_by, taken
from tokscope.gate import lockfile as lock
from tokscope.gate import settings
from tokscope.gate.judge import judged
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import Case, Judged
from tokscope.studies import lock as locking
from tokscope.studies.compare import compare
from tokscope.studies.diff import compared
from tokscope.studies.inspect import components, inspect
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load

Json = dict[str, Any]
IDENTITY = '[identity]\ngolden = "fail"\ncomponents = "fail"\n'
END = {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}
BEFORE = [
    {"SpecialToken": {"id": END["id"], "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}},
]
SECOND = {"Sequence": {"id": "B", "type_id": 1}}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": BEFORE,
    "pair": [*BEFORE, SECOND],
    "special_tokens": {END["id"]: END},
}
TRUNCATION = {"direction": "Right", "max_length": 512, "strategy": "LongestFirst", "stride": 0}
PADDING = {
    "strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
    "pad_type_id": 0, "pad_token": END["id"],
}  # fmt: skip


def with_dropout(data: Json, rate: float | None) -> Json:
    return data | {"model": data["model"] | {"dropout": rate}}


# change -> how the file is changed, the part that inspect and diff tell, the rules that fail
PLANTED: dict[str, tuple[Callable[[Json], Json], str, set[str]]] = {
    "nothing is put before text": (
        lambda data: data | {"post_processor": None},
        "post_processor",
        {"TS007", "TS008"},
    ),
    "a token is put behind text": (
        lambda data: data | {"post_processor": TEMPLATE | {"single": BEFORE[::-1]}},
        "post_processor",
        {"TS007", "TS008"},
    ),
    "pairs of texts are put together otherwise": (
        lambda data: data | {"post_processor": TEMPLATE | {"pair": [*BEFORE[1:], SECOND]}},
        "post_processor",
        {"TS008"},
    ),
    "text is cut earlier": (
        lambda data: data | {"truncation": TRUNCATION | {"max_length": 8}},
        "truncation",
        {"TS008"},
    ),
    "text is cut on the other side": (
        lambda data: data | {"truncation": TRUNCATION | {"direction": "Left"}},
        "truncation",
        {"TS008"},
    ),
    "text is not cut": (lambda data: data | {"truncation": None}, "truncation", {"TS008"}),
    "text is padded on the other side": (
        lambda data: data | {"padding": PADDING | {"direction": "Left"}},
        "padding",
        {"TS008"},
    ),
    "text is padded to the longest": (
        lambda data: data | {"padding": PADDING | {"strategy": "BatchLongest"}},
        "padding",
        {"TS008"},
    ),
    "text is padded by another token": (
        lambda data: data | {"padding": PADDING | {"pad_id": 1, "pad_token": "!"}},
        "padding",
        {"TS008"},
    ),
    "text is not padded": (lambda data: data | {"padding": None}, "padding", {"TS008"}),
    "merges are left out at random": (
        lambda data: with_dropout(data, 0.1),
        "dropout",
        {"TS008"},
    ),
}


@pytest.fixture
def framed(folder: Path, saved: str) -> Json:
    """A small tokenizer with all that is done around text; what its file says."""
    data = cut(json.loads(saved), 300)
    data |= {"post_processor": TEMPLATE, "truncation": TRUNCATION, "padding": PADDING}
    (folder / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    configure(folder, IDENTITY)
    return dict(data)


def configure(folder: Path, text: str) -> settings.Config:
    path = folder / "tokscope.toml"
    path.write_text(f'tokenizer = "mine=tokenizer.json"\n{text}', encoding="utf-8")
    return settings.read(path)


def written(folder: Path, data: Json) -> str:
    (folder / "new.json").write_text(json.dumps(data), encoding="utf-8")
    return "new=new.json"


def look(config: settings.Config, word: str, base: Snapshot | None = None) -> Snapshot:
    return taken(word, config, list(base.identity.golden) if base else None)


def verdicts(config: settings.Config, word: str, base: Snapshot) -> dict[str, Judged]:
    return by_code(config, look(config, word, base), base)


def by_code(config: settings.Config, head: Snapshot, base: Snapshot) -> dict[str, Judged]:
    return {one.gate.code: one for one in judged(Case(config, head, base))}


def failing(found: dict[str, Judged]) -> set[str]:
    return {code for code, one in found.items() if one.verdict == "fail"}


def test_planted_changes_fail_their_rules_and_no_other(folder: Path, framed: Json) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    for name, (plant, part, expected) in PLANTED.items():
        head = look(config, written(folder, plant(framed)), base)
        found = by_code(config, head, base)
        assert failing(found) == expected, name
        assert found["TS008"].text.startswith(f"changed: {part}"), name
        assert failing(by_code(config, base, head)) == expected, name


def test_what_happened_is_said(folder: Path, framed: Json) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    bare = verdicts(config, written(folder, framed | {"post_processor": None}), base)
    count = len(base.identity.golden)
    told = f'{count} of {count} golden strings get other special tokens: "" [0] -> [], "1" [0, '
    assert bare["TS007"].text.startswith(told)
    dropped = verdicts(config, written(folder, with_dropout(framed, 0.25)), base)
    assert dropped["TS008"].text == "changed: dropout (dropout null -> 0.25)"


def test_planted_changes_are_told_by_diff(folder: Path, framed: Json) -> None:
    text = settings.Text(("en.txt",))
    for name in ("a token is put behind text", "merges are left out at random"):
        plant, part, expected = PLANTED[name]
        written(folder, plant(framed))
        frame = compared("tokenizer.json", "new.json", text, top=1).frame
        rows = frame[(frame["measure"] != "same") & frame["part"].isin(("component", "processing"))]
        assert list(zip(rows["part"], rows["name"], rows["measure"], strict=True)) == [
            ("processing", part, "changed")
        ]
        others = frame[frame["measure"] == "with other special tokens"]["new"].item()
        assert (others > 200) == ("TS007" in expected)
        assert not frame[frame["measure"] == "units with other ids"]["new"].any()


def test_planted_changes_are_told_by_inspect(folder: Path, framed: Json) -> None:
    def told(word: str) -> dict[str, str]:
        frame = inspect([word]).frame
        return dict(zip(frame["property"], frame["value"], strict=True))

    before = told("tokenizer.json")
    assert before["post-processor"] == "TemplateProcessing (<|endoftext|> TEXT)"
    assert before["truncation"] == "512 tokens are kept, the rest is cut on the right"
    assert before["padding"] == "to 32 tokens, by <|endoftext|> on the right"
    assert before["dropout"] == "none"
    after = told(written(folder, with_dropout(framed, 0.1) | {"padding": None}))
    assert {name: after[name] for name in after if after[name] != before[name]} == {
        "padding": "none",
        "dropout": "0.1, switched off to measure",
        "encoded by": f"{before['encoded by']}; dropout 0.1, which its file sets, is switched off",
    }


@pytest.mark.parametrize("way", AGAIN)
def test_saving_again_changes_nothing(folder: Path, framed: Json, way: str) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    (folder / "again.json").write_text(AGAIN[way](framed), encoding="utf-8")
    tokenizers.Tokenizer.from_file("again.json").save("saved.json", pretty=True)
    for word in ("again.json", "saved.json"):
        found = verdicts(config, word, base)
        assert {one.verdict for one in found.values()} == {"pass"}
        assert set(found) == {"TS001", "TS005", "TS007", "TS008", "TS009"}


@pytest.mark.parametrize(
    ("text", "verdict", "setting"),
    [
        ('components = "fail"', "fail", "components"),
        ('components = "warn"', "warn", "components"),
        ('components = "fail"\nprocessing = "warn"', "warn", "processing"),
        ('components = "off"\nprocessing = "fail"', "fail", "processing"),
        ('components = "fail"\nprocessing = "off"', "", ""),
        ('golden = "fail"', "", ""),
    ],
)
def test_a_rule_is_as_strict_as_components_unless_it_is_set(
    folder: Path, framed: Json, text: str, verdict: str, setting: str
) -> None:
    config = configure(folder, f"[identity]\n{text}\n")
    base = look(config, "tokenizer.json")
    found = verdicts(config, written(folder, framed | {"truncation": None}), base)
    if not verdict:
        assert "TS008" not in found
        return
    one = found["TS008"]
    assert (one.verdict, one.key) == (verdict, ("identity", setting))
    assert config.line(one.key) == 2 + text.split("\n").index(next(
        line for line in text.split("\n") if line.startswith(setting)
    )) + 1  # fmt: skip


def test_what_a_model_gets_is_as_strict_as_golden_unless_it_is_set(
    folder: Path, framed: Json
) -> None:
    for text, expected in (
        ('golden = "fail"', {"TS007"}),
        ('golden = "fail"\nmodel_input = "warn"', set()),
        ('model_input = "fail"', {"TS007"}),
    ):
        config = configure(folder, f"[identity]\n{text}\n")
        base = look(config, "tokenizer.json")
        found = verdicts(config, written(folder, framed | {"post_processor": None}), base)
        assert failing(found) == expected


# Dropout


def test_a_file_with_dropout_passes_its_own_lock(folder: Path, framed: Json) -> None:
    (folder / "tokenizer.json").write_text(json.dumps(with_dropout(framed, 0.5)), encoding="utf-8")
    text = '[text]\ncorpora = ["en.txt"]\n[limits.tokens]\nworse = 0\n[numbers]\nscheme = "fail"\n'
    config = configure(folder, f'{text}{IDENTITY}documents = "0%"\n')
    made = locking.locked(config)
    note = "mine: measured without the dropout of 0.5 in its file, which makes ids random"
    assert note in locking.summary(made).notes
    content, counts = lock.packed(made)
    (folder / "tokscope.lock").write_bytes(content)
    (folder / "tokscope.lock.npz").write_bytes(counts)
    report = judged_by(config, today=date(2026, 1, 1))
    assert set(report.frame["verdict"]) == {"pass"}
    assert note in report.notes


@pytest.mark.parametrize("rate", [0.1, 1.0])
def test_dropout_is_switched_off_whatever_encodes(folder: Path, framed: Json, rate: float) -> None:
    """Through the fast path and through the library, which a normalizer makes necessary."""
    for data in (framed, framed | {"normalizer": {"type": "Lowercase"}}):
        plain = load(written(folder, data))
        texts = ["hello world, this is a test of 1234 numbers", "Straße привет"]
        expected = [plain.encode(texts).ids.tolist(), plain.model_input(texts).ids.tolist()]
        dropped = load(written(folder, with_dropout(data, rate)))
        for _ in range(3):
            found = [dropped.encode(texts).ids.tolist(), dropped.model_input(texts).ids.tolist()]
            assert found == expected
        assert dropped.fingerprint == plain.fingerprint  # as all numbers are the same
        assert dropped.processing()["dropout"] == json.dumps(rate)
        assert (
            dropped.path == f"{plain.path}; dropout {rate:g}, which its file sets, is switched off"
        )


def test_a_dropout_of_none_is_none(folder: Path, framed: Json) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    assert not failing(verdicts(config, written(folder, with_dropout(framed, 0.0)), base))
    assert "dropout" not in load("new.json").path


def test_numbers_say_that_dropout_is_switched_off(folder: Path, framed: Json) -> None:
    written(folder, with_dropout(framed, 0.1))
    corpora = read_corpora(["en.txt"])
    report = compare(["mine=tokenizer.json", "new=new.json"], corpora)
    told = [note for note in report.notes if "dropout" in note]
    assert told == ["new: measured without the dropout of 0.1 in its file, which makes ids random"]


def test_a_part_that_is_missing_now_is_a_difference(folder: Path, framed: Json) -> None:
    """As it is where another kind of file takes the place of the one that was locked."""
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    found = verdicts(config, "sample:unigram", base)
    assert found["TS008"].text == "gone: truncation, padding, post_processor, dropout"
    back = verdicts(config, "tokenizer.json", look(config, "sample:unigram"))
    assert back["TS008"].text.startswith("new: ")


def test_a_part_that_another_version_does_not_tell_is_said_to_be_one(
    folder: Path, framed: Json
) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = look(config, "tokenizer.json")
    written(folder, framed | {"model": framed["model"] | {"nobody": 1}})
    assert verdicts(config, "new.json", base)["TS008"].text == "new: rest.model.nobody"
    old = changed(base, backends={"tokscope": "0.0.9"})
    told = verdicts(config, "new.json", old)["TS008"].text
    assert told.startswith("new: rest.model.nobody; the baseline is of tokscope 0.0.9, and ")
    assert told.endswith("run tokscope lock --update --reason TEXT")
    assert verdicts(config, "tokenizer.json", old)["TS008"].verdict == "pass"


def test_what_nobody_reads_fails_and_is_told(folder: Path, framed: Json) -> None:
    config = settings.read(folder / "tokscope.toml")
    text, model = settings.Text(("en.txt",)), framed["model"]
    written(folder, framed | {"model": model | {"nobody": {"x": 1}}})
    base = look(config, "new.json")
    (folder / "old.json").write_text((folder / "new.json").read_text())
    written(folder, framed | {"model": model | {"nobody": {"x": 2}}})
    found = verdicts(config, "new.json", base)
    assert failing(found) == {"TS008"}
    values = 'rest.model.nobody {"x":1} -> {"x":2}'
    assert found["TS008"].text == f"changed: rest.model.nobody ({values})"
    frame = compared("old.json", "new.json", text, top=1).frame
    row = frame[(frame["name"] == "rest.model.nobody")].iloc[0]
    assert (row["part"], row["text"], row["new_text"]) == ("processing", '{"x":1}', '{"x":2}')
    told = components(["new.json"]).frame
    assert told[told["component"] == "rest.model.nobody"]["value"].item() == '{"x":2}'


def test_a_lock_holds_what_a_model_gets(folder: Path, framed: Json) -> None:
    config = settings.read(folder / "tokscope.toml")
    made = locking.locked(config)
    record = json.loads(lock.packed(made)[0])
    library = tokenizers.Tokenizer.from_file("tokenizer.json")
    library.no_padding()
    library.no_truncation()
    library.encode_special_tokens = True
    assert record["model_input"].keys() == record["golden"].keys()
    for text, ids in record["model_input"].items():
        assert ids == library.encode(text).ids
    assert json.loads(record["processing"]["truncation"]) == TRUNCATION
    again = lock.unpacked(*lock.packed(made), "here").snapshot
    assert (again.identity.processing, again.identity.model_input) == (
        made.snapshot.identity.processing,
        made.snapshot.identity.model_input,
    )
