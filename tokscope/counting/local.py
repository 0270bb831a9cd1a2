"""Whether what a tokenizer does with text before its model can be tried by kinds of characters.

Expressions name classes of characters, such as letters, so that one letter stands for all. Where
one names certain words or letters, or a step counts or remembers, no trial tells all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasAnatomy
from tokscope.tokenizers.baselines import Bytes, Characters

Json = dict[str, Any]
_STEPS = frozenset(
    (
        *("Sequence", "ByteLevel", "Split", "Digits", "Punctuation", "Metaspace", "Whitespace"),
        *("WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit", "BertNormalizer", "NFC"),
        *("NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Replace", "Prepend", "Nmt"),
        "Precompiled",
    )
)
# 's, 't, 're, 've, 'm, 'll, 'd in the ways in which expressions write them
CONTRACTIONS = re.compile(
    r"'\(\?[i:]+\[sdmt\]\|ll\|ve\|re\)|'(?:s|t|re|ve|m|ll|d)(?=[|)]|\Z)"
    r"|'\[sS\]|'\[tT\]|'\[rR\]\[eE\]|'\[vV\]\[eE\]|'\[mM\]|'\[lL\]\[lL\]|'\[dD\]"
)
# A class, a code point, a flag, a count; a range in a set, as other letters there stand alone
_GENERAL = re.compile(
    r"\\[pP]\{[^}]*\}|\\u[0-9A-Fa-f]{4}|\\[acd-fhnpr-tvwDHNPSVW]|\(\?i|\{[\d,]+\}|[^\[\]]-[^\[\]]"
)

_BLANKS = re.compile(r"(?:(?:\\s| )\+?)+")


def is_local(tokenizer: Tokenizer, *, specials: bool) -> bool:
    """Tell whether trials can tell what happens before the model, with added tokens found."""
    if isinstance(tokenizer, Bytes | Characters):
        return True
    if not isinstance(tokenizer, HasAnatomy):
        return tokenizer.family == "longest match"  # it has no such steps
    found = [one for one in tokenizer.added() if specials or not one.special]
    if any(way in one.how for one in found for way in ("strip", "single_word")):
        return False
    for step in steps_of(tokenizer):
        if step.get("type") not in _STEPS or len(_pattern(step, "String")) > 1:
            return False
    expressions = list(filter(None, expressions_of(tokenizer)))
    if expressions and {"type": "ByteLevel"} in steps_of(tokenizer):
        return False  # a normalizer, so that expressions see bytes
    return all(map(is_general, expressions))


def expressions_of(tokenizer: Tokenizer) -> list[str]:
    """Return the expressions by which text is cut or changed; empty where there is none."""
    own: str = getattr(tokenizer, "pattern", "")
    return [own, *(_pattern(step, "Regex") for step in steps_of(tokenizer))]


def _pattern(step: Json, kind: str) -> str:
    return str((step.get("pattern") or {}).get(kind, ""))


def steps_of(tokenizer: Tokenizer) -> list[Json]:
    """Return the steps before the model of a `tokenizer.json`."""
    config = getattr(tokenizer, "config", {})
    return [*_parts(config.get("normalizer")), *_parts(config.get("pre_tokenizer"))]


def _parts(step: Json | None) -> Iterator[Json]:
    """Yield a step, and those that it is made of."""
    if step:
        yield step
        for inner in (*step.get("normalizers", ()), *step.get("pretokenizers", ())):
            yield from _parts(inner)


def removes(step: Json) -> bool:
    """Tell whether a step drops what it finds, if that is more than white space."""
    blanks = _BLANKS.fullmatch(_pattern(step, "Regex") or _pattern(step, "String"))
    return step.get("behavior") == "Removed" and not (blanks and not step.get("invert"))


def is_general(expression: str) -> bool:
    r"""Tell whether an expression names no letters or digits, apart from ranges and contractions.

    >>> [is_general(e) for e in (r"'(?i:[sdmt]|ll|ve|re)| ?\p{L}+", r"hello|\s", r"[hw]", r"[a-z]")]
    [True, False, False, True]
    """
    rest = _GENERAL.sub("", CONTRACTIONS.sub("", expression))
    return not any(char.isalnum() for char in rest) and "(?<" not in expression
