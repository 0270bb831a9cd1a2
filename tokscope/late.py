"""Modules that take longer to import than most commands take to run."""

from importlib import import_module
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """A module that is imported when one of its names is first used.

    >>> Late("math").floor(2.5)
    2
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)
