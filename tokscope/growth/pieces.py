"""Which pieces a vocabulary of words and signs may get: the rules of SentencePiece's trainer.

Where text is cut at spaces alone, or not at all, frequent pairs would become `en.` and `, der`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tokscope.text.scripts import INHERITED, SCRIPTS, own_scripts
from tokscope.text.words import codes

LONGEST = 16  # characters
_A_DIGIT = re.compile(rb"[0-9]")
_TOGETHER = {SCRIPTS.index(name) for name in ("Han", "Hiragana", "Katakana")}
_PROLONGED = "ー"  # Common, but a part of words
_HAN = SCRIPTS.index("Han")
_DIGITS = -1  # in place of a script


def without_digits(left: bytes, right: bytes) -> bool:
    """Tell the same as `may_be_piece`, for a vocabulary that writes every digit alone."""
    return may_be_piece(left, right) and not any(map(str.isdigit, (left + right).decode()))


def writes_digits_alone(forms: Iterable[bytes]) -> bool:
    """Tell whether no token has a digit beside anything else."""
    return not any(len(form) > 1 and _A_DIGIT.search(form) for form in forms)


def may_be_piece(left: bytes, right: bytes) -> bool:
    """Tell whether two tokens may become a piece.

    It has at most 16 characters of one script, and no space but one at its beginning. Letters,
    digits and signs stand apart; Han, hiragana and katakana count as one script.
    """
    try:
        text = (left + right).decode()
    except UnicodeDecodeError:
        return False
    word = text.removeprefix(" ")
    if len(text) > LONGEST or not word or any(map(str.isspace, word)):
        return False
    return len(_scripts(word)) < 2


def _scripts(word: str) -> set[int]:
    letters = "".join(char for char in word if not char.isdigit())
    found = set(own_scripts(codes(letters.replace(_PROLONGED, ""))).tolist()) - {INHERITED}
    found = {_HAN if script in _TOGETHER else script for script in found}
    return found | ({_DIGITS} if len(letters) < len(word) else set())
