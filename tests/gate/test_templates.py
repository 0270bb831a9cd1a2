"""A chat template that changed is told and gated, wherever it is written, and never run."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.planted import cut, taken
from tokscope.errors import TokscopeError
from tokscope.gate import settings
from tokscope.gate.judge import judged
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import Case
from tokscope.studies.diff import compared
from tokscope.studies.inspect import inspect
from tokscope.tokenizers import load
from tokscope.tokenizers.components import described
from tokscope.tokenizers.sample import FOLDER as TRAINED

ONE = "{% for message in messages %}{{ message.content }}{% endfor %}"
OTHER = "{{ messages[0].content }}"
CONFIG = "tokenizer_config.json"
Place = Callable[[Path, str], None]


def in_config(folder: Path, value: object) -> None:
    (folder / CONFIG).write_text(json.dumps({"chat_template": value}), encoding="utf-8")


def in_file(name: str) -> Place:
    def write(folder: Path, text: str) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


def shadowed(folder: Path, text: str) -> None:
    """In the configuration, where a file of its own is what counts."""
    in_config(folder, text)
    in_file("chat_template.jinja")(folder, ONE)


def named(folder: Path, text: str) -> None:
    listed = [{"name": "default", "template": ONE}, {"name": "tool_use", "template": text}]
    in_config(folder, listed)


# where a template can be, and what it is called there
PLACES: dict[str, tuple[Place, str]] = {
    "in the configuration": (in_config, "chat_template"),
    "in a list of the configuration": (named, "chat_template.tool_use"),
    "in a table of the configuration": (
        lambda folder, text: in_config(folder, {"default": ONE, "rag": text}),
        "chat_template.rag",
    ),
    "in a file of its own": (in_file("chat_template.jinja"), "chat_template"),
    "in a folder beside that": (
        in_file("additional_chat_templates/rag.jinja"),
        "chat_template.rag",
    ),
    "in another folder": (
        in_file("chat_templates/rag.jinja"),
        "chat_template.rag in chat_templates/rag.jinja",
    ),
    "in a processor's file": (
        lambda folder, text: in_file("chat_template.json")(
            folder, json.dumps({"chat_template": text})
        ),
        "chat_template in chat_template.json",
    ),
    "where it does not count": (shadowed, "chat_template in tokenizer_config.json"),
}


@pytest.fixture
def model(folder: Path, saved: str) -> Path:
    """A folder with a small tokenizer in it, and gates of identity alone."""
    made = folder / "model"
    made.mkdir()
    (folder / "tokenizer.json").unlink()
    (made / "tokenizer.json").write_text(json.dumps(cut(json.loads(saved), 50)), encoding="utf-8")
    (folder / "tokscope.toml").write_text('[identity]\ngolden = "fail"\ncomponents = "fail"\n')
    return made


def verdicts(old: Path, new: Path) -> dict[str, tuple[str, str]]:
    return against(seen(old), seen(new))


def seen(model: Path) -> Snapshot:
    return taken(str(model), settings.read(Path("tokscope.toml")))


def against(base: Snapshot, head: Snapshot) -> dict[str, tuple[str, str]]:
    found = judged(Case(settings.read(Path("tokscope.toml")), head, base))
    return {one.gate.code: (one.verdict, one.text) for one in found if one.verdict != "pass"}


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_template_fails_in_each_of_its_places(model: Path, place: str) -> None:
    put, name = PLACES[place]
    new = Path(shutil.copytree(model, model.with_name("new")))
    put(model, OTHER)
    with_it, without = seen(model), seen(new)
    assert against(without, with_it)["TS009"][1].startswith("new: chat_template")
    assert "gone: " in against(with_it, without)["TS009"][1]
    put(new, OTHER)
    assert against(with_it, seen(new)) == {}
    put(new, OTHER + " ")
    assert against(with_it, seen(new)) == {"TS009": ("fail", f"changed: {name}")}


def test_a_changed_template_is_told_by_diff_and_inspect(model: Path) -> None:
    new = Path(shutil.copytree(model, model.with_name("new")))
    in_config(model, ONE)
    named(new, OTHER)
    frame = compared(str(model), str(new), settings.Text(("en.txt",)), top=1).frame
    rows = frame[(frame["part"] == "processing") & (frame["measure"] != "same")]
    assert rows[["name", "measure", "text"]].to_numpy().tolist() == [
        ["chat_template.tool_use", "on one side only", "–"]
    ]
    assert '"characters":25' in rows["new_text"].item()
    facts = inspect([str(new)]).frame.set_index("property")["value"]
    one, other = (hashlib.sha256(text.encode()).hexdigest()[:12] for text in (ONE, OTHER))
    assert facts["chat templates"] == (
        f"chat_template (62 characters, {one}), chat_template.tool_use (25 characters, {other})"
    )


def test_a_template_that_is_moved_is_the_same(model: Path) -> None:
    """As transformers moves it when it writes a tokenizer again."""
    new = Path(shutil.copytree(model, model.with_name("new")))
    named(model, OTHER)
    in_file("chat_template.jinja")(new, ONE)
    in_file("additional_chat_templates/tool_use.jinja")(new, OTHER)
    assert verdicts(model, new) == {}
    named(new, OTHER)
    assert verdicts(model, new) == {}


def test_what_counts_is_what_transformers_takes(model: Path) -> None:
    transformers = pytest.importorskip("transformers")
    for put, _ in PLACES.values():
        new = Path(shutil.copytree(model, model.with_name("new")))
        put(new, OTHER)
        taken = transformers.PreTrainedTokenizerFast.from_pretrained(new).chat_template
        expected = taken if isinstance(taken, dict) else {"default": taken} if taken else {}
        told = load(str(new)).processing()
        assert {name: told[name] for name in told if name in _names(expected)} == {
            name: described(text) for name, text in _names(expected).items()
        }
        others = [name for name in told if name.startswith("chat_template")]
        assert all(" in " in name for name in others if name not in _names(expected))
        shutil.rmtree(new)


def _names(templates: dict[str, str]) -> dict[str, str]:
    return {
        "chat_template" if name == "default" else f"chat_template.{name}": text
        for name, text in templates.items()
    }


def test_templates_change_no_id_and_no_signature(model: Path) -> None:
    before = load(str(model))
    in_config(model, ONE)
    after = load(str(model))
    assert after.fingerprint == before.fingerprint
    assert after.encode(["hello"]).ids.tolist() == before.encode(["hello"]).ids.tolist()
    assert after.vocabulary is not None
    assert list(after.processing())[-1] == "chat_template"


@pytest.mark.parametrize(
    ("setting", "old", "new"),
    [
        ("model_max_length", 512, 4096),
        ("padding_side", "right", "left"),
        ("truncation_side", "right", "left"),
        ("sp_model_kwargs", {}, {"alpha": 0.1, "enable_sampling": True}),
        ("what_nobody_knows", 1, 2),
    ],
)
def test_settings_beside_a_tokenizer_count(
    model: Path, setting: str, old: object, new: object
) -> None:
    head = Path(shutil.copytree(model, model.with_name("new")))
    (model / CONFIG).write_text(json.dumps({setting: old, "name_or_path": "a"}))
    (head / CONFIG).write_text(json.dumps({"name_or_path": "b", setting: old}, indent=1))
    base = seen(model)
    assert against(base, seen(head)) == {}
    (head / CONFIG).write_text(json.dumps({setting: new}))
    values = f"{json.dumps(old)} -> {json.dumps(new, separators=(',', ':'))}"
    name = f"tokenizer_config.{setting}"
    assert against(base, seen(head)) == {"TS008": ("fail", f"changed: {name} ({name} {values})")}
    (head / CONFIG).write_text("{}")
    assert against(base, seen(head)) == {"TS008": ("fail", f"gone: {name}")}


@pytest.mark.parametrize("kind", ["unigram.model", "wordpiece"])
def test_templates_count_beside_every_kind_of_tokenizer(folder: Path, kind: str) -> None:
    made = folder / "made"
    made.mkdir()
    if kind == "wordpiece":
        (made / "vocab.txt").write_text("[UNK]\nhello\n##s\n", encoding="utf-8")
    else:
        shutil.copy(TRAINED / kind, made / "tokenizer.model")
    in_config(made, ONE)
    assert "chat_template" in load(str(made)).processing()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "chat_template is 3, which is not a template"),
        ([], r"chat_template is \[\], which is not a template"),
        ([1], r"chat_template is \[1\], which is not a template"),
        ([{"name": "a"}], "chat_template: a template needs a name and a text"),
        ({"a": 1}, "chat_template: a template needs a name and a text"),
    ],
)
def test_what_is_no_template_is_refused(model: Path, value: object, words: str) -> None:
    in_config(model, value)
    with pytest.raises(TokscopeError, match=f"tokenizer_config.json: {words}"):
        load(str(model))


def test_files_that_hold_no_template_are_refused(model: Path) -> None:
    (model / "chat_template.jinja").write_bytes(b"\xff")
    with pytest.raises(TokscopeError, match=r"chat_template\.jinja: not a tokenizer file"):
        load(str(model))
    (model / "chat_template.jinja").unlink()
    for content in ("[", "[]", '{"a": 1}'):
        (model / "chat_template.json").write_text(content)
        with pytest.raises(TokscopeError, match=r"chat_template\.json: not an object with a"):
            load(str(model))


@pytest.mark.parametrize(
    "name", ["chat_template.jinja", "chat_template.json", "additional_chat_templates/rag.jinja"]
)
def test_a_link_to_a_template_that_was_lost_is_refused(model: Path, name: str) -> None:
    path = model / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to("nowhere")
    with pytest.raises(TokscopeError, match=rf"{path.name}: cannot be read"):
        load(str(model))


def test_the_name_of_a_template_moves_no_cursor(model: Path) -> None:
    new = Path(shutil.copytree(model, model.with_name("new")))
    in_config(new, {"a\x1b[2J\x9b": ONE})
    frame = compared(str(model), str(new), settings.Text(("en.txt",)), top=1).frame
    assert all(name.isprintable() for name in frame["name"])
