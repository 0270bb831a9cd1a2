"""Show the bytes of a token to people."""

from __future__ import annotations

import re

from tokscope.visible import visible

_MARKS = str.maketrans(" \n\r\t", "␣⏎␍⇥")
_LOST = re.compile("[\udc80-\udcff]")  # a byte that could not be decoded


def spelled(piece: bytes) -> str:
    r"""Write the bytes of a token so that people can see every one of them.

    >>> spelled(" né".encode()), spelled(b"a\xe4\xb8"), spelled("\u202e\n".encode())
    ('␣né', 'a<E4><B8>', '<U+202E>⏎')
    """
    text = piece.decode(errors="surrogateescape").translate(_MARKS)
    return visible(_LOST.sub(lambda byte: f"<{ord(byte[0]) - 0xDC00:02X}>", text))
