"""Programming languages by the names of Pygments, and files by their endings."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import PurePath

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class, find_lexer_class_for_filename, get_all_lexers

from tokscope.errors import TokscopeError, shortened

KNOWN = "names such as python, java, cpp and javascript"
_NO_CODE = ("Text only", "Text output", "Raw token data")  # lexers that know no lexemes


@cache
def languages() -> Mapping[str, str]:
    """Return the lexer of every name that a language has.

    Lexers that other packages may have added are left out: they would differ between machines.
    """
    known = (one[:2] for one in get_all_lexers(plugins=False) if one[0] not in _NO_CODE)
    return {name: lexer for lexer, names in known for name in names}


def require_language(name: str, whose: str) -> None:
    """Raise if there is no such language.

    Raises:
        TokscopeError: there is none; says the nearest.
    """
    if name.lower() in languages():
        return
    near = get_close_matches(name.lower(), languages(), n=3)
    quoted = " or ".join(f"'{one}'" for one in near)
    hint = f"did you mean {quoted}? " if near else ""
    known = f"{hint}Pygments knows {KNOWN}"
    raise TokscopeError(f"{whose}: unknown language '{shortened(name)}'; {known}")


@cache
def lexer_of(language: str) -> Lexer:
    """Return the lexer of a known language."""
    return find_lexer_class(languages()[language.lower()])()


def language_of(file: str) -> str:
    """Return the language that the name of a file tells, by its ending or as `python.txt`; or "".

    >>> language_of("src/main.py"), language_of("code/rust.txt"), language_of("notes.txt")
    ('python', 'rust', '')
    """
    path = PurePath(file)
    found = find_lexer_class_for_filename(path.name)
    if found is None or found.name in _NO_CODE:
        return path.stem if path.stem in languages() else ""
    return next((name for name in found.aliases if languages().get(name) == found.name), "")


def in_language(file: str, language: str) -> bool:
    """Tell whether the name of a file tells a language, by whatever name people call that."""
    known = languages()
    return known.get(language_of(file)) == known[language.lower()]
