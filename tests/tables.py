"""Tables of the documentation that are made from the program."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tokscope
from tokscope.cli import app, whole
from tokscope.rulebook import RULES
from tokscope.tokenizers.rest import LEFT_OUT

SHARED = 3  # an option that so many commands have, with one help, is told once
OWN = "Options"


def table(*rows: Iterable[str]) -> str:
    """Return a table in Markdown; the first row is its heading."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * (head.count('|') - 1)}", *body])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def left_out() -> str:
    """What does not count for identity, and why."""
    rows = []
    for file, parts in LEFT_OUT.items():
        for name, why in parts.items():
            rows.append((file, f"`{name}`" if re.fullmatch(r"[\w.*]+", name) else name, why))
    return table(("of", "left out", "because"), *rows)


def rules() -> str:
    """Every code of a finding."""
    rows = [
        (f"`{code}`", rule.severity, rule.title, _cell(rule.why), _cell(rule.fix))
        for code, rule in RULES.items()
    ]
    return table(("code", "severity", "what was found", "why it matters", "what helps"), *rows)


def functions() -> str:
    """Every public function, with its parameters and what it does."""
    public = [(name, getattr(tokscope, name)) for name in tokscope.__all__]
    rows = [
        (f"`{name}({_parameters(one)})`", _cell(str(inspect.getdoc(one)).partition("\n")[0]))
        for name, one in public
        if inspect.isfunction(one)
    ]
    return table(("function", "what it does"), *rows)


def _parameters(function: Callable[..., Any]) -> str:
    told: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in told:
            told.append("*")
        told.append(name if parameter.default is parameter.empty else f"{name}=…")
    return ", ".join(told)


def options() -> str:
    """The options of every command; those that several have are told once, at the end."""
    commands = [whole(str(one.name)) for one in app.registered_commands]
    every = [option for command in commands for option in _options(command)]
    many = {text for text, times in Counter(map(_text, every)).items() if times >= SHARED}
    told = [_command(command, many) for command in commands]
    return "\n\n".join([*told, *_shared(every, many)])


def _command(command: Any, many: set[tuple[str, str]]) -> str:
    words = [_word(argument) for argument in _arguments(command)]
    first = re.split(r"(?<=\.)\s", command.help, maxsplit=1)[0]
    own = [_text(option) for option in _options(command) if _text(option) not in many]
    also = [f"`{option.opts[0]}`" for option in _options(command) if _text(option) in many]
    parts = [
        f"## tokscope {command.name}",
        f"`{' '.join(['tokscope', command.name, *words])}`",
        _cell(first),
        table(("option", "what it does"), *own) if own else "",
        f"Also: {', '.join(also)}." if also else "",
    ]
    return "\n\n".join(filter(None, parts))


def _shared(every: list[Any], many: set[tuple[str, str]]) -> Iterator[str]:
    yield "## Options of several commands"
    panels = dict.fromkeys(o.rich_help_panel or OWN for o in every if _text(o) in many)
    for panel in panels:
        told = [_text(o) for o in every if (o.rich_help_panel or OWN) == panel]
        yield f"### {panel}"
        yield table(("option", "what it does"), *dict.fromkeys(t for t in told if t in many))


def _options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option" and not p.hidden]


def _arguments(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument"]


def _word(argument: Any) -> str:
    word = argument.metavar + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _text(option: Any) -> tuple[str, str]:
    """Return how an option is written, and its help."""
    value = "" if option.is_flag or not option.metavar else f" {option.metavar}"
    names = ", ".join(f"`{name}{value}`" for name in option.opts if name.startswith("--"))
    short = "".join(f", `{name}`" for name in option.opts if not name.startswith("--"))
    default = option.default if option.show_default and not option.is_flag else None
    shown = f" Default: `{default}`." if default not in (None, "", 0) else ""
    return names + short, _cell(option.help) + shown
