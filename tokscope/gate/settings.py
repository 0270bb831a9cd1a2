"""Reads `tokscope.toml`, or `[tool.tokscope]` of a `pyproject.toml`.

Every setting knows its line, so that a verdict can name the one that decided.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from tokscope.counting.catalog import MEASURES, TYPES
from tokscope.counting.tokens import SLOW_COLUMNS, TOKEN_COLUMNS
from tokscope.errors import TokscopeError, choose
from tokscope.gate.config import (
    FAIL,
    IDENTITY,
    KINDS,
    NAME,
    OFF,
    PROJECT,
    WARN,
    Config,
    Evidence,
    Key,
    Limit,
    Text,
    Waiver,
    inside,
    line_of,
    says_something,
)
from tokscope.gate.lines import lines_of
from tokscope.reading import MOST_OF_SETTINGS, content
from tokscope.rulebook import RULES
from tokscope.rules import AUDITED, SEVERITIES, at_least

Json = dict[str, Any]
_LEVELS = {FAIL: 0, WARN: 0, OFF: 0}
_PERCENT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*%\s*")
_MOST = 1_000_000  # resamples, or documents
_LARGEST = 10**15  # of any number
# table -> its keys and what each must be
TABLES: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {
        "tokenizer": str, "lock": str, "text": dict, "identity": dict, "limits": dict,
        "numbers": dict, "audit": dict, "mixture": dict, "evidence": dict, "waivers": list,
    },
    "text": {
        "corpora": list, "parallel": bool, "reference": str, "words": str, "field": (str, list),
        "errors": str, "specials": bool, "cluster": str, "max_unit": (int, float),
    },
    "identity": {
        "golden": str, "model_input": str, "specials": str, "vocabulary": str, "components": str,
        "processing": str, "chat_templates": str, "backends": str,
        "nested": str, "documents": (str, int, float), "strings": list,
    },
    "numbers": {"scheme": str, "tokens_per_digit": (str, int, float)},
    "audit": {"new": str, "severity": str, "ignore": list},
    "mixture": {"report": bool, "merges": int},
    "evidence": {"resamples": int, "seed": int, "documents": int},
    "waivers": {"rule": str, "gate": str, "reason": str, "owner": str, "expires": date},
}  # fmt: skip
_KINDS_OF_VALUES = {
    str: "a string", dict: "a table", list: "a list", bool: "true or false", int: "a number",
    float: "a number", date: "a day such as 2030-12-31",
}  # fmt: skip
# what gates are called, before the corpus that some have in brackets
GATES = (*IDENTITY, *MEASURES, "scheme", "tokens_per_digit", "audit")
_WAIVABLE = tuple(code for code in RULES if not code.startswith("TS9") and code != "TS121")


def find(path: str = "") -> Path:
    """Return the configuration to use: the one named, else the one in this folder.

    Raises:
        TokscopeError: no configuration exists, or two do.
    """
    if path:
        return Path(path)
    own, project = Path(NAME), Path(PROJECT)
    if has_section(project):
        if own.exists() or own.is_symlink():
            raise TokscopeError(
                f"{own} and [tool.tokscope] of {project} are both here, and one would hide the "
                "other; remove one of them, or name one with --config"
            )
        return project
    if own.is_file():
        return own
    raise TokscopeError(f"no {NAME} and no [tool.tokscope] here; write one with: tokscope init")


def has_section(project: Path) -> bool:
    """Tell whether a `pyproject.toml` has gates.

    Raises:
        TokscopeError: it cannot be read, or it mentions tokscope and is not TOML.
    """
    if not project.is_file():
        return False
    text = content(project, MOST_OF_SETTINGS).decode(errors="replace")
    try:
        tool = tomllib.loads(text).get("tool", {})
        return isinstance(tool, dict) and "tokscope" in tool
    except (ValueError, RecursionError) as error:
        if "tokscope" not in text:
            return False
        raise TokscopeError(
            f"{project}: not TOML ({error}), so that its [tool.tokscope] cannot be read; fix it, "
            "or name another configuration with --config"
        ) from error


def read(path: Path) -> Config:
    """Read a configuration.

    Raises:
        TokscopeError: it cannot be read, or a setting is wrong; names the line.
    """
    prefix = ("tool", "tokscope") if path.name == PROJECT else ()
    try:
        text = content(path, MOST_OF_SETTINGS).decode().replace("\r\n", "\n").replace("\r", "\n")
        data = tomllib.loads(text)
        lines = {k[len(prefix) :]: n for k, n in lines_of(text) if k[: len(prefix)] == prefix}
    except (ValueError, RecursionError) as error:  # not TOML, or not UTF-8
        raise TokscopeError(f"{path}: not a configuration in TOML ({error})") from error
    for part in prefix:
        data = data.get(part, {}) if isinstance(data, dict) else {}
    if not isinstance(data, dict):
        raise TokscopeError(f"{path}: tool.tokscope is not a table; begin it with [tool.tokscope]")
    return _Reader(path, lines).config(data)


@dataclass(frozen=True)
class _Reader:
    """Checks a file; every error names the line."""

    path: Path
    lines: Mapping[Key, int]

    def wrong(self, key: Key, message: str) -> TokscopeError:
        return TokscopeError(f"{self.path}:{line_of(key, self.lines)}: {message}")

    def choose(self, table: Mapping[str, Any], key: Key, kind: str, word: str) -> None:
        try:
            choose(table, word, kind)
        except TokscopeError as error:
            raise self.wrong(key, str(error)) from error

    def table(self, data: Json, name: str, key: Key) -> Json:
        """Return a table after checking its keys and the types of its values."""
        known = TABLES[name]
        for entry, value in data.items():
            self.choose(known, (*key, entry), f"key in [{name}]" if name else "key", entry)
            wanted = known[entry]
            wanted = wanted if isinstance(wanted, tuple) else (wanted,)
            if type(value) not in wanted:  # true is not a number here, and a time is not a day
                kinds = " or ".join(dict.fromkeys(_KINDS_OF_VALUES[kind] for kind in wanted))
                raise self.wrong((*key, entry), f"{entry} must be {kinds}")
            if isinstance(value, int | float) and not abs(value) <= _LARGEST:
                raise self.wrong((*key, entry), f"{entry} must be a number up to {_LARGEST:,}")
        return data

    def config(self, data: Json) -> Config:
        data = self.table(data, "", ())
        part = {
            name: self.table(data.get(name, {}), name, (name,))
            for name in ("text", "identity", "numbers", "audit", "mixture", "evidence")
        }
        folder = self.path.parent
        identity = part["identity"]
        documents = identity.get("documents", OFF)
        return Config(
            self.path,
            self.lines,
            data.get("tokenizer", ""),
            self.lock(data.get("lock", "tokscope.lock"), folder),
            self.text(part["text"], folder),
            dict(self.levels(part)),
            self.words(identity.get("strings", []), ("identity", "strings")),
            None if documents == OFF else self.share(documents, ("identity", "documents")),
            self.per_digit(part["numbers"]),
            tuple(self.limits(data.get("limits", {}))),
            self.severity(part["audit"]),
            self.ignored(part["audit"]),
            self.merges(part["mixture"]),
            self.evidence(part["evidence"]),
            tuple(self.waivers(data.get("waivers", []))),
        )

    def lock(self, word: str, folder: Path) -> Path:
        """Return where the lock is: nowhere but in the folder of the configuration."""
        path, key = Path(word), ("lock",)
        if path.suffix != ".lock" or not word.isprintable():
            raise self.wrong(key, "lock must be a name that ends in .lock")
        here = folder.resolve()
        outside = path.is_absolute() or ".." in path.parts
        if outside or not (folder / path).parent.resolve().is_relative_to(here):
            raise self.wrong(key, "lock must be in the folder of this file, or below it")
        return folder / path

    def text(self, data: Json, folder: Path) -> Text:
        words = self.words(data.get("corpora", []), ("text", "corpora"))
        field = data.get("field", "text")
        field = field if isinstance(field, str) else self.words(field, ("text", "field"))
        corpora = tuple(inside(folder, word) for word in words)
        if data.get("max_unit", 1) <= 0:
            raise self.wrong(("text", "max_unit"), "max_unit must be more than 0")
        return Text(**{**data, "corpora": corpora, "field": field})

    def words(self, data: Sequence[Any], key: Key) -> tuple[str, ...]:
        for word in data:
            if not isinstance(word, str):
                raise self.wrong(key, f"{key[-1]} must be a list of strings")
        return tuple(data)

    def levels(self, part: Mapping[str, Json]) -> Iterator[tuple[Key, str]]:
        """Yield what is a gate that fails, warns or is off."""
        gates = [("identity", name) for name in IDENTITY if name != "documents"]
        for table, name in [*gates, ("numbers", "scheme"), ("audit", "new")]:
            if name in part[table]:
                level = part[table][name]
                self.choose(_LEVELS, (table, name), f"level of {name}", level)
                yield (table, name), level

    def share(self, value: Any, key: Key) -> float:
        amount, _ = self.amount(value, key)
        if not 0 <= amount < 1:
            raise self.wrong(key, f'{".".join(key)} must be from 0% to less than 100%, or "off"')
        return amount

    def amount(self, value: Any, key: Key) -> tuple[float, bool]:
        """Return a number, and whether it was written as a percentage."""
        percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        number = float(percent[1]) if percent else value
        if type(number) in (int, float) and abs(number) <= _LARGEST:
            return float(number) / (100 if percent else 1), bool(percent)
        raise self.wrong(key, f'{".".join(key)} must be a number, or a percentage such as "0.5%"')

    def limits(self, data: Json) -> Iterator[Limit]:
        for measure, table in data.items():
            self.choose(MEASURES, ("limits", measure), "measure", measure)
            yield from self.limits_of(measure, "", table, ("limits", measure))

    def limits_of(self, measure: str, scope: str, data: Any, key: Key) -> Iterator[Limit]:
        if not isinstance(data, dict):
            raise self.wrong(key, f"limits are {', '.join(KINDS)}; write {'.'.join(key)}.max = …")
        for name, value in data.items():
            if isinstance(value, dict) and not scope:
                if not name:
                    raise self.wrong(
                        key, "the name of a corpus is empty; give a name, or a pattern"
                    )
                yield from self.limits_of(measure, name, value, (*key, name))
                continue
            self.choose(dict.fromkeys(KINDS), (*key, name), "limit", name)
            yield self.one_limit(measure, scope, (*key, name), value)

    def one_limit(self, measure: str, scope: str, key: Key, value: Any) -> Limit:
        amount, share = self.amount(value, key)
        better, kind = MEASURES[measure].better, key[-1]
        if kind in ("worse", "better") and better == "neither":
            raise self.wrong(key, f"no value of {measure} is better than another; use max and min")
        if kind in ("worse", "better") and amount < 0:
            raise self.wrong(key, f"{kind} is how far it may go; write a number from 0 up")
        if not MEASURES[measure].columns & {*TOKEN_COLUMNS, *SLOW_COLUMNS, TYPES}:
            raise self.wrong(key, f"{measure} is of the text alone; limit what a tokenizer changes")
        if kind in ("max", "min"):
            share = False  # "5%" is .05
        if is_met_by_all(MEASURES[measure].unit, kind, amount, share=share):
            raise self.wrong(key, f"{'.'.join(key)} = {value} lets everything pass; be stricter")
        return Limit(measure, scope, kind, amount, share, key)

    def per_digit(self, data: Json) -> Limit | None:
        key = ("numbers", "tokens_per_digit")
        if key[1] not in data or data[key[1]] == OFF:
            return None
        amount, share = self.amount(data[key[1]], key)
        if amount < 0 or is_met_by_all("", "worse", amount, share=share):
            raise self.wrong(key, f"{'.'.join(key)} must be from 0% to less than 100%, or a number")
        return Limit(key[1], "", "worse", amount, share, key)

    def severity(self, data: Json) -> str:
        severity = data.get("severity", "warning")
        self.choose(dict.fromkeys(SEVERITIES), ("audit", "severity"), "severity", severity)
        return cast(str, severity)

    def ignored(self, data: Json) -> tuple[str, ...]:
        codes = self.words(data.get("ignore", []), ("audit", "ignore"))
        for code in codes:
            self.rule(code, ("audit", "ignore"))
        gated = [code for code in AUDITED if at_least(RULES[code].severity, self.severity(data))]
        if codes and all(code.startswith(codes) for code in gated):
            raise self.wrong(("audit", "ignore"), "ignore leaves no rule of the audit; name fewer")
        return codes

    def rule(self, code: str, key: Key) -> None:
        if not any(known.startswith(code) for known in AUDITED) or not code:
            self.choose(dict.fromkeys(AUDITED), key, "rule of the audit", code)

    def merges(self, data: Json) -> int:
        merges: int = data.get("merges", 300)
        if not 1 <= merges <= _MOST:
            raise self.wrong(("mixture", "merges"), f"merges must be from 1 to {_MOST:,}")
        return merges if data.get("report") else 0

    def evidence(self, data: Json) -> Evidence:
        evidence = Evidence(**data)
        for name, least in (("resamples", 100), ("seed", 0), ("documents", 2)):
            if not least <= getattr(evidence, name) <= _MOST:
                raise self.wrong(("evidence", name), f"{name} must be from {least} to {_MOST:,}")
        return evidence

    def waivers(self, data: Sequence[Any]) -> Iterator[Waiver]:
        for i, entry in enumerate(data):
            key = ("waivers", str(i))
            if not isinstance(entry, dict):
                raise self.wrong(key, "a waiver is a table; write [[waivers]]")
            waiver = self.table(entry, "waivers", key)
            missing = [name for name in TABLES["waivers"] if name not in (*waiver, "gate")]
            if missing:
                raise self.wrong(key, f"a waiver needs {', '.join(missing)} too")
            self.choose(dict.fromkeys(_WAIVABLE), (*key, "rule"), "rule", waiver["rule"])
            if waiver.get("gate"):
                gate = waiver["gate"].partition("[")[0]
                self.choose(dict.fromkeys(GATES), (*key, "gate"), "gate", gate)
            if not (says_something(waiver["reason"]) and says_something(waiver["owner"])):
                raise self.wrong(key, "a waiver says its reason and its owner in words")
            yield Waiver(**{"gate": "", **waiver, "key": key})


def is_met_by_all(unit: str, kind: str, amount: float, *, share: bool) -> bool:
    """Tell whether every value is within a limit: none is below 0, no share or index above 1.

    A change of 100 % or more of the baseline limits nothing either.
    """
    if kind == "min":
        return amount <= 0
    return amount >= 1 and (share or unit in ("share", "index"))
