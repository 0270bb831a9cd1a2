"""Modules that take longer to import than most commands take to run."""

from importlib import import_module
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """A module that is imported when something of it is first asked for.

    >>> Late("math").floor(2.5)
    2
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)
