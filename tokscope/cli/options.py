"""What the options of all commands have in common: groups, bounds, and how help shows them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, Final, get_type_hints

import typer

from tokscope.errors import TokscopeError

# the titles of the panels of a help page; options that one command alone has stay in "Options"
TOKENIZERS: Final = "Tokenizers"
TEXT: Final = "Text"
STATISTICS: Final = "Statistics"
SCALE: Final = "Scale"
OUTPUT: Final = "Output"

MOST = 1_000_000  # larger numbers would run for ever
# options with a bound of their own
_OWN: Mapping[str, int] = {
    "bootstrap": 100_000,
    "jobs": 1_024,
    "refit": 10_000,
    "seed": 2**63 - 1,
    "trials": 10_000,
}
HELP_NAMES = ["-h", "--help"]
MAPS: Final = (".npz", ".safetensors", ".jsonl")  # suffixes of files of a map from old to new ids


def prepared(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command as typer takes it: one parameter for each option, with numbers in bounds.

    A parameter of the command whose type is a dataclass stands for one option a field; its own
    default, if it has one, gives theirs.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters = list(_parameters(command, hints))

    @wraps(command)
    def run(**given: Any) -> None:
        for name, value in given.items():
            _require_bounds(name, value)
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    run.__annotations__ = {one.name: one.annotation for one in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run


def _parameters(
    command: Callable[..., None], hints: Mapping[str, Any]
) -> Iterator[inspect.Parameter]:
    """Yield what typer reads: name, default and type of every option."""
    for name, parameter in inspect.signature(command).parameters.items():
        if not is_dataclass(hints[name]):
            yield _parameter(name, parameter.default, hints[name])
            continue
        of_group = get_type_hints(hints[name], include_extras=True)
        for field in fields(hints[name]):
            default = getattr(parameter.default, field.name, field.default)
            yield _parameter(field.name, default, of_group[field.name])


def _parameter(name: str, default: object, hint: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _require_bounds(name: str, value: object) -> None:
    """Refuse a number beyond the bound of its option, and NaN."""
    most = _OWN.get(name, MOST)
    if isinstance(value, int | float) and not abs(value) <= most:
        option = name.strip("_").replace("_", "-")
        told = f"{value:g}" if isinstance(value, float) else f"{value:,}"
        raise TokscopeError(f"--{option} {told}: write a number up to {most:,}")


def with_plain_help(command: Any) -> Any:
    """Return a command, and those in it, whose help shows no types of Python beside arguments."""
    for one in (command, *getattr(command, "commands", {}).values()):
        for parameter in one.get_params(typer.Context(one, help_option_names=HELP_NAMES)):
            if parameter.param_type_name == "argument":
                vars(parameter)["display_type_rich"] = _nothing
            if hasattr(parameter, "get_runtime_param"):  # older versions of typer check without it
                vars(parameter)["get_runtime_param"] = _Late(parameter.get_runtime_param).itself
    return command


def _nothing(ctx: typer.Context) -> None:
    """Stand in for the type of an argument, whose name says enough."""


@dataclass(frozen=True)
class _Late:
    """Takes values that need no check; for others typer imports pydantic, which takes long."""

    check: Callable[[], Any]  # returns what typer checks with

    def itself(self) -> _Late:
        return self

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """Return a value as the command gets it: nothing, a default, or text as it was written."""
        kind = param.type_descriptor.annotation
        if value is None:
            return None
        if kind in (int, float) and isinstance(value, int | float):
            return kind(value)
        if kind in (str, list[str]) and "".join(value).isprintable():
            return value
        return self.check().coerce(value, param=param, ctx=ctx)
