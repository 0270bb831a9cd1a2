"""The files beside a tokenizer that change no id: chat templates, and settings of its class.

Templates are programs that write a conversation for a model. They are told by their hash, and never
rendered or run. The places are those of transformers: once a template is a file of its own,
`tokenizer_config.json` no longer counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from tokscope.errors import TokscopeError, shortened
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.applied import unrecorded
from tokscope.tokenizers.beside import CONFIG, Beside
from tokscope.tokenizers.components import TEMPLATE, canonical, described
from tokscope.tokenizers.files import is_there, read_text
from tokscope.tokenizers.rest import REST, rest, unread

_OWN, _MORE = "chat_template.jinja", "additional_chat_templates"
# Places that other programs look at, and what is told of them.
_PROCESSOR, _OTHERS = "chat_template.json", "chat_templates"
# What is taken from a repository, names or patterns.
FILES = (_OWN, f"{_MORE}/*.jinja", _PROCESSOR, f"{_OTHERS}/*.jinja")
_DEFAULT = "default"
_IN = " in "  # before the place of a template that is not the one that counts


class Template(NamedTuple):
    """One template, and where it is written."""

    name: str  # "" for the default
    place: str
    text: str


def titled(name: str) -> str:
    """Return what a template is called among what is done around text."""
    if name in ("", _DEFAULT):
        return TEMPLATE
    return f"{TEMPLATE}.{canonical(name) if _IN in name else name}"


def with_settings(tokenizer: Tokenizer, folder: Path, beside: Beside) -> Tokenizer:
    """Return a tokenizer that also tells what the files beside it say.

    Settings count even if its steps follow them.

    Raises:
        TokscopeError: there is something else where a template is expected.
    """
    told = beside.files.get(CONFIG, {}).get(TEMPLATE)
    beyond = {**unrecorded(tokenizer, beside), **_parts(folder, told)}
    if not beyond:
        return tokenizer
    made = cast(Any, tokenizer)  # all that folders hold are dataclasses with this field
    return cast(Tokenizer, replace(made, around={**made.around, **beyond}))


def _parts(folder: Path, told: object) -> dict[str, str]:
    """Return the templates that are used by name, and others by name and place."""
    own = [*_file(folder / _OWN, ""), *_files(folder / _MORE)]
    configured = list(listed(told, f"{folder / CONFIG}: {TEMPLATE}", CONFIG))
    data = _of_processor(folder / _PROCESSOR)
    processor = list(listed(data.get(TEMPLATE), f"{folder / _PROCESSOR}: {TEMPLATE}", _PROCESSOR))
    used = {one.name: one for one in own or configured}
    others = [*configured, *processor, *_files(folder / _OTHERS)]
    apart = [one for one in others if one.name not in used or used[one.name].text != one.text]
    shown = {titled(name): described(one.text) for name, one in used.items()}
    elsewhere: dict[str, list[str]] = {}
    for one in apart:
        elsewhere.setdefault(f"{titled(one.name)}{_IN}{one.place}", []).append(one.text)
    for name, texts in elsewhere.items():
        shown[name] = described(texts[0] if len(texts) == 1 else canonical(texts))
    whole = {_PROCESSOR: data, CONFIG: {TEMPLATE: told}}
    left = unread(whole, {name: _read(data) for name, data in whole.items()})
    return shown | rest(left, f"{REST}.beside")


def _read(data: Mapping[str, object]) -> Mapping[str, object]:
    """Return what is read of an object with templates."""
    told = data.get(TEMPLATE)
    if isinstance(told, list):
        told = [{key: one[key] for key in ("name", "template")} for one in told]
    return {TEMPLATE: told}


def _file(path: Path, name: str) -> Iterator[Template]:
    if is_there(path):
        yield Template(name, path.name, read_text(path))


def _files(folder: Path) -> Iterator[Template]:
    for path in sorted(folder.glob("*.jinja")):
        name = path.name.removesuffix(".jinja")
        for one in _file(path, "" if name == _DEFAULT else name):
            yield one._replace(place=f"{folder.name}/{path.name}")


def _of_processor(path: Path) -> dict[str, object]:
    if not is_there(path):
        return {}
    try:
        data = json.loads(read_text(path))
        return {**data, TEMPLATE: data[TEMPLATE]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(f"{path}: not an object with a {TEMPLATE} ({error})") from error


def listed(told: object, where: str, place: str) -> Iterator[Template]:
    """Yield the templates of a setting: a text, or several with their names.

    Raises:
        TokscopeError: it is something else.
    """
    if told is None:
        return
    if isinstance(told, str):
        yield Template("", place, told)
        return
    pairs: Iterable[tuple[object, object]] = ()
    if isinstance(told, Mapping):
        pairs = told.items()
    elif isinstance(told, list) and all(isinstance(entry, Mapping) for entry in told):
        pairs = [(entry.get("name"), entry.get("template")) for entry in told]
    if not pairs:
        raise TokscopeError(
            f"{where} is {shortened(json.dumps(told), 60)}, which is not a template"
        )
    for name, text in pairs:
        if not (isinstance(name, str) and isinstance(text, str)):
            raise TokscopeError(f"{where}: a template needs a name and a text")
        yield Template("" if name == _DEFAULT else name, place, text)
