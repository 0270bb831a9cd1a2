"""Make text safe to print: nothing stays hidden, moves the cursor or commands a program.

Names, tokens and messages come from files that anybody may have made. Every renderer, every error
and standard error write text through `visible`. A format escapes its own special characters.
"""

from __future__ import annotations

import json
import re

_LINE = 1_400  # the most characters of a message
# Categories Cc, Cf, Cs, Zl and Zp, the default-ignorable code points except variation selectors,
# and the noncharacters. They are spelled out so that every version of Python shows the same text.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
# CI systems obey these commands anywhere in a line of output: ##[error], ##vso[...].
_OBEYED = re.compile(r"##(?=[a-z]*\[[a-z])", re.IGNORECASE)
_OBEYED_FIRST = re.compile(r"^([^\S\n]*)::", re.MULTILINE)  # obeyed at the start of a line


def visible(text: str) -> str:
    r"""Return text in one line, with hidden characters and commands to a terminal or CI visible.

    >>> visible("a\x1b[2J\n\u202eb"), visible("\x7f\x9b"), visible("##[error]no")
    ('a␛[2J␊<U+202E>b', '␡<U+009B>', '#\\#[error]no')
    """
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    return _OBEYED.sub(r"#\\#", HIDDEN.sub(_shown, text))


def _shown(char: re.Match[str]) -> str:
    code = ord(char[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def uncommanding(text: str) -> str:
    r"""Put a backslash before the lines of a text that GitHub Actions would obey.

    >>> uncommanding("a::b\n ::error::c")
    'a::b\n \\::error::c'
    """
    return _OBEYED_FIRST.sub(r"\1\\::", text)


def one_line(text: str) -> str:
    """Return a message as one visible line; a very long one loses its middle."""
    line = visible(" ".join(map(str.strip, text.replace("\t", " ").splitlines())))
    return line if len(line) <= _LINE else f"{line[:1000]} … {line[-400:]}"


def escaped(written: str) -> str:
    r"""Escape hidden characters in written JSON, so that it reads back the same.

    >>> escaped('["\u202e", "##[error]"]')
    '["\\u202e", "\\u0023#[error]"]'
    """
    written = _OBEYED.sub(r"\\u0023#", written)
    return HIDDEN.sub(lambda c: c[0] if c[0] == "\n" else json.dumps(c[0])[1:-1], written)
