"""Source code in lexemes: names, keywords, strings, signs. Pygments cuts it, a file at once."""

from __future__ import annotations

import re
from array import array
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String

from tokscope.errors import TokscopeError, blaming
from tokscope.lexemes.languages import lexer_of

# each category, and the types of Pygments that it is; a word such as `and` is a keyword
_TYPES = {
    "identifier": (Name,),
    "keyword": (Keyword, Operator.Word),
    "number": (Number,),
    "string": (String,),
    "comment": (Comment,),
    "operator": (Operator,),
    "punctuation": (Punctuation,),
    "error": (Error,),  # what the lexer does not understand
}
CATEGORIES = (*_TYPES, "other")
IDENTIFIER, STRING, PUNCTUATION = map(CATEGORIES.index, ("identifier", "string", "punctuation"))
_BLANKS = " \t\n\v\f\r"
_IN_NAME = re.compile(rf"(\w+)|[^\w{_BLANKS}]+")


class Lexemes(NamedTuple):
    """The L lexemes of a text, in order; blanks between them belong to none."""

    starts: NDArray[np.int64]  # (L,) the character where each begins
    ends: NDArray[np.int64]  # (L,) and the one behind it
    categories: NDArray[np.int64]  # (L,) numbers of CATEGORIES


class _Found(NamedTuple):
    """Lexemes while they are found."""

    starts: array[int]
    ends: array[int]
    categories: array[int]

    def add(self, start: int, end: int, category: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.categories.append(category)


def lexed(text: str, language: str) -> Lexemes:
    """Return the lexemes of a text.

    What the lexer gives is repaired in three ways. Names end at what no word has in it, such as a
    dot. Parts of strings that touch are one string, with all its blanks. Everything else loses the
    blanks at its ends. Operators stay as the lexer gives them: some give `==` as two.

    Raises:
        TokscopeError: the lexer fails, or does not say where its lexemes are.
    """
    found = _Found(array("q"), array("q"), array("q"))
    end = 0
    with blaming(f"Pygments cannot read it as {language}", "; name it as another language"):
        for start, kind, value in lexer_of(language).get_tokens_unprocessed(text):
            if start < end or not text.startswith(value, start):
                raise TokscopeError(
                    f"Pygments does not tell where the lexemes of {language} are; name it as "
                    "another language"
                )
            end = start + len(value)
            _add(found, _category(kind), start, value)
    return Lexemes(*(np.array(column, np.int64) for column in found))


@cache
def _category(kind: Any) -> int:
    """Return the category of a type of Pygments."""
    every = enumerate(_TYPES.values())
    return next((i for i, types in every if any(kind in one for one in types)), len(_TYPES))


def _add(found: _Found, category: int, start: int, value: str) -> None:
    """Add what the lexer gave as one lexeme, as several, as a part of the last one, or not."""
    if category == STRING and value:
        if found.ends and found.ends[-1] == start and found.categories[-1] == STRING:
            found.ends[-1] += len(value)
        else:
            found.add(start, start + len(value), STRING)
    elif category == IDENTIFIER and not value.isidentifier():
        for part in _IN_NAME.finditer(value):
            found.add(
                start + part.start(),
                start + part.end(),
                IDENTIFIER if part[1] else PUNCTUATION,
            )
    elif trimmed := value.strip(_BLANKS):
        start += len(value) - len(value.lstrip(_BLANKS))
        found.add(start, start + len(trimmed), category)
