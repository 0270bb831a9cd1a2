"""Texts that are tried on every tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import regex

PROBES: Mapping[str, str] = {
    "space before": " a",
    "space behind": "a ",
    "two spaces": "a  b",
    "tab": "a\tb",
    "line feeds": "a\n\nb\n",
    "carriage return": "a\r\nb",
    "no-break space": "10\u00a0km",
    "signs": "Hello, world! (It's 50 % off... isn't it?)",
    "code": "def f(x):\n    return [y**2 for y in x]\n",
    "capitals": "McDONALD's iPhone",
    "composed": "n\u00e9e",
    "decomposed": "ne\u0301e",
    "ligature": "of\ufb01ce",
    "full width": "\uff21\uff22\uff11\uff12",
    "emoji sequence": "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f3fd",
    "flag": "\U0001f1fa\U0001f1f3",
    "zero-width space": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "right to left": "\u0634\u0643\u0631\u0627 abc",
    "control character": "a\x01b",
    "mark of pieces": "a\u2581b",
    "spelled-out byte": "<0x41>",
}


@cache
def characters() -> str:
    """Return all characters that Unicode assigns, without surrogates and private-use ones."""
    every = np.arange(0x110000, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    return "".join(regex.findall(r"[^\p{Cn}\p{Co}\p{Cs}]+", every))
