"""The files beside a tokenizer that decide its ids: its class, settings and added tokens.

The files are read as transformers reads them: what `tokenizer_config.json` lists as
`added_tokens_decoder` replaces the older `special_tokens_map.json` and `added_tokens.json`.
Nothing that they name is opened or run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from tokscope.errors import TokscopeError, shortened
from tokscope.tokenizers.families import CLASS_OF
from tokscope.tokenizers.files import is_there, read_text

if TYPE_CHECKING:
    from tokscope.tokenizers.library import LibraryAddedToken

Json = Mapping[str, Any]
CONFIG, SPECIALS, ADDED, MODEL = NAMES = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "config.json",
)
# The special tokens that have a role, in the order in which those that are missing are added.
ROLES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
DECODER = "added_tokens_decoder"
LISTS = ("additional_special_tokens", "extra_special_tokens")
FLAGS = (
    "do_lower_case",
    "strip_accents",
    "tokenize_chinese_chars",
    "add_prefix_space",
    "legacy",
    "split_special_tokens",
    "add_bos_token",
    "add_eos_token",
)
# Settings that are true or false
_BOOLEANS = (
    *FLAGS,
    "clean_up_tokenization_spaces",
    "do_basic_tokenize",
    "do_lowercase",
    "do_lowercase_and_remove_accent",
    "keep_accents",
    "legacy_behaviour",
    "normalization",
    "predict_timestamps",
    "remove_space",
    "split_by_punct",
    "trim_offsets",
)
_NUMBER = re.compile("[0-9]{1,18}")
_GENERIC = ("PreTrained", "TokenizersBackend", "PythonBackend", "Auto")


@dataclass(frozen=True)
class AddedToken:
    """A token that is found in text before the model sees it, and how."""

    content: str
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False
    normalized: bool = True
    special: bool = False


@runtime_checkable
class TakesTokens(Protocol):
    """A tokenizer to which the files beside it can add tokens; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    told: str  # what is set by files beside it, in words

    def listed(self) -> Mapping[int, LibraryAddedToken]:
        """Return its added and special tokens by id, with all that their file says of them."""
        ...

    def id_of(self, token: str) -> int | None:
        """Return the id of a token, special or not; None if it has none."""
        ...

    def with_tokens(self, tokens: Sequence[LibraryAddedToken], place: str) -> Self:
        """Return it with more tokens; `place` is what errors name."""
        ...


@dataclass(frozen=True)
class Beside:
    """The named class, without `Tokenizer` and `Fast`, and its settings."""

    kind: str = ""
    settings: Json = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # setting -> the file it is from
    added: Mapping[int, AddedToken] = field(default_factory=dict)  # by the ids that are wanted
    code: str = ""  # what the files would have run
    files: Mapping[str, Json] = field(default_factory=dict)  # what each one says that is read
    folder: Path = Path()

    def place(self, name: str) -> str:
        """Return where a setting stands."""
        return f"{self.folder / self.sources[name]}: {name}"

    @property
    def named(self) -> str:
        """The class in full, as it is called without `Fast`."""
        return self.kind if self.kind.endswith("Backend") else f"{self.kind}Tokenizer"

    @property
    def generic(self) -> bool:
        """Whether no class is named, or one that stands for any."""
        return self.kind in ("", *_GENERIC)

    def flag(self, name: str, usual: bool | None = None) -> bool | None:
        """Return a setting that is true, false, or not set.

        Raises:
            TokscopeError: it is something else.
        """
        value = self.settings.get(name, usual)
        if value is not None and not isinstance(value, bool):
            raise TokscopeError(
                f"{self.place(name)} is {shortened(json.dumps(value))}, "
                "which is neither true nor false"
            )
        return value

    def specials(self) -> dict[str, str | AddedToken]:
        """Return the special tokens by role, with the flags that a list of tokens gives them."""
        listed = {one.content: one for one in self.added.values()}
        roles: dict[str, str | AddedToken] = {}
        for role in ROLES:
            if f"{role}_token" in self.settings:
                token = self._special(f"{role}_token", self.settings[f"{role}_token"])
                text = token if isinstance(token, str) else token.content
                roles[role] = listed.get(text, token)
        return roles

    def others(self) -> list[str | AddedToken]:
        """Return the special tokens without a role."""
        extra: list[str | AddedToken] = []
        for name in LISTS:
            values = self.settings.get(name) or ()
            values = list(values.values()) if isinstance(values, dict) else values
            if not isinstance(values, (list, tuple)):
                raise TokscopeError(f"{self.place(name)} is not a list of tokens")
            extra += [self._special(name, value) for value in values]
        return extra

    def _special(self, name: str, value: object) -> str | AddedToken:
        place = self.place(name)
        if isinstance(value, dict):
            return added_token({**value, "special": True}, place)
        if not isinstance(value, str):
            raise TokscopeError(f"{place} is {shortened(json.dumps(value))}, which is not a token")
        return value


@dataclass(frozen=True)
class Folder:
    """A folder that was named, or a repository's snapshot in the hub's cache."""

    path: Path
    name: str  # of the tokenizer
    beside: Beside = field(default_factory=Beside)


def read(path: Path, name: str) -> Folder:
    """Read the files of a folder.

    Raises:
        TokscopeError: one of them cannot be read, or says what makes no sense.
    """
    config, model = _object(path / CONFIG), _object(path / MODEL)
    files = {CONFIG: config}
    settings = {key: value for key, value in config.items() if value is not None}
    sources = dict.fromkeys(settings, CONFIG)
    if DECODER in config:
        added = dict(decoder(config[DECODER], path / CONFIG))
    else:
        files |= {SPECIALS: _object(path / SPECIALS), ADDED: _object(path / ADDED)}
        for key, value in files[SPECIALS].items():
            if value is not None:
                settings[key], sources[key] = value, SPECIALS
        added = dict(_older(files[ADDED], settings, path / ADDED))
    kind, source = _kind(config, model, path)
    sources |= {"tokenizer_class": source}
    own, code = _code(config), _code(model)
    files[MODEL] = {"auto_map": code} if code and not own else {}
    if source == MODEL and kind:
        files[MODEL] |= {"tokenizer_class": kind}
    listed = dict(sorted(added.items()))
    beside = Beside(kind, settings, sources, listed, own or code, files, path)
    for flag in _BOOLEANS:  # also those that no step asks for
        beside.flag(flag)
    return Folder(path, name, beside)


def beside_file(path: Path) -> str:
    """Say which files beside a file that was named alone are not read; empty if there are none."""
    unread = [name for name in NAMES[:3] if path.with_name(name).is_file()]
    return f"{', '.join(unread)} beside it not read, as they are for its folder" if unread else ""


def added_token(value: Json, place: str) -> AddedToken:
    """Read an added token from JSON.

    Raises:
        TokscopeError: it has no text, or flags that are not known.
    """
    known = [one.name for one in fields(AddedToken)]
    written = {key: flag for key, flag in value.items() if key not in ("__type", "id")}
    unknown = sorted(written.keys() - set(known))
    if unknown or not isinstance(written.get("content"), str):
        reason = f"has {', '.join(unknown)}" if unknown else "has no text"
        raise TokscopeError(f"{place}: an added token {reason}; it may have {', '.join(known)}")
    flags = {key: flag for key, flag in written.items() if key != "content"}
    wrong = [key for key, flag in flags.items() if not isinstance(flag, bool)]
    if wrong:
        raise TokscopeError(f"{place}: {wrong[0]} of an added token is neither true nor false")
    special = bool(written.get("special", False))
    return AddedToken(**{"normalized": not special, **written})


def _object(path: Path) -> dict[str, Any]:
    if not is_there(path):
        return {}
    text = read_text(path)
    try:
        data = json.loads(text)
        if "\\ud" in text.lower():  # perhaps half a UTF-16 pair, which is not text
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise TokscopeError(f"{path}: not JSON that can be read ({error})") from error
    if not isinstance(data, dict):
        raise TokscopeError(f"{path}: not an object of settings")
    return data


def decoder(value: object, path: Path) -> Iterator[tuple[int, AddedToken]]:
    """Yield the tokens of `added_tokens_decoder` with their ids.

    Raises:
        TokscopeError: it is something else.
    """
    place = f"{path}: {DECODER}"
    if not isinstance(value, dict):
        raise TokscopeError(f"{place} is not an object of ids and tokens")
    for number, token in value.items():
        if not _NUMBER.fullmatch(number) or not isinstance(token, dict):
            raise TokscopeError(f"{place}: '{shortened(number)}' is not an id with a token")
        yield int(number), added_token(token, place)


def _older(table: Json, settings: Json, path: Path) -> Iterator[tuple[int, AddedToken]]:
    """Yield the tokens of `added_tokens.json`: special are those that have a role."""
    given = [settings.get(f"{role}_token") for role in ROLES]
    for name in LISTS:
        others = settings.get(name) or ()
        others = list(others.values()) if isinstance(others, dict) else others
        given += others if isinstance(others, (list, tuple)) else ()
    texts = (one.get("content") if isinstance(one, dict) else one for one in given)
    specials = {text for text in texts if isinstance(text, str)}
    seen: set[int] = set()
    for text, number in table.items():
        if type(number) is not int or number < 0:
            raise TokscopeError(f"{path}: '{shortened(text)}' has no id")
        if number in seen:
            raise TokscopeError(f"{path}: '{shortened(text)}' has the id {number} of another token")
        seen.add(number)
        special = text in specials
        yield number, AddedToken(text, normalized=not special, special=special)


def class_of(name: str) -> str:
    """Return a class without `Tokenizer` and `Fast`."""
    return name.removesuffix("Fast").removesuffix("Tokenizer") or name


def _kind(config: Json, model: Json, path: Path) -> tuple[str, str]:
    """Return the class that is named, and the file that names it."""
    for settings, source in ((config, CONFIG), (model, MODEL)):
        name = settings.get("tokenizer_class")
        if name:
            if not isinstance(name, str):
                raise TokscopeError(f"{path / source}: tokenizer_class is not a name")
            return class_of(name), source
    return CLASS_OF.get(str(model.get("model_type")), ""), MODEL


def _code(settings: Json) -> str:
    """Name the code that a file would have run."""
    table = settings.get("auto_map")
    wanted = table.get("AutoTokenizer") if isinstance(table, dict) else table
    if not wanted:
        return ""
    names = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return ", ".join(str(name) for name in names if name)
