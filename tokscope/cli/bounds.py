"""How large a number may be that an option takes: far more than anybody waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

from tokscope.errors import TokscopeError

MOST = 1_000_000
# options with a bound of their own
_OWN: Mapping[str, int] = {
    "bootstrap": 100_000,
    "jobs": 1_024,
    "refit": 10_000,
    "seed": 2**63 - 1,
    "trials": 10_000,
}


def bounded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that refuses numbers beyond their bound, and what is none."""

    @wraps(command)
    def run(**given: object) -> None:
        for name, value in given.items():
            most = _OWN.get(name, MOST)
            if isinstance(value, int | float) and not abs(value) <= most:
                option = name.strip("_").replace("_", "-")
                told = f"{value:g}" if isinstance(value, float) else f"{value:,}"
                raise TokscopeError(f"--{option} {told}: write a number up to {most:,}")
        command(**given)

    return run
