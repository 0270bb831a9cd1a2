"""What a caller of the library gives as tokenizers: words, ours, and those of other libraries."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tokscope.errors import TokscopeError, require_shown, split_label
from tokscope.given import entries, unlike
from tokscope.tokenizers import Spec, Tokenizer, load

if TYPE_CHECKING:
    import sentencepiece
    import tiktoken

    from tokscope.tokenizers.library import LibraryTokenizer

One: TypeAlias = (
    "str | PathLike[str] | Tokenizer | LibraryTokenizer | tiktoken.Encoding | "
    "sentencepiece.SentencePieceProcessor"
)
Tokenizers: TypeAlias = "One | Sequence[One] | Mapping[str, One]"
# The module and the name of a library's class -> the module here that takes it, and what it is
# called where nobody names it. A library is never imported to find out: whoever has an object of
# its class has imported it.
_TAKEN: Mapping[tuple[str, str], tuple[str, str]] = {
    ("tokenizers", "Tokenizer"): ("tokenizer_json", "tokenizer"),
    ("tiktoken.core", "Encoding"): ("tiktoken", "encoding"),
    ("sentencepiece", "SentencePieceProcessor"): ("sentencepiece", "sentencepiece"),
}
_ONE = "a word such as sample:bpe, a path, a tokenizer that tokscope.load returned, or one of the "
_ONE += "libraries tokenizers, tiktoken and sentencepiece"
_WANTED = f"{_ONE}; a list of them, or a mapping of names to them"


def load_all(given: Tokenizers, argument: str = "tokenizers") -> list[Tokenizer]:
    """Return the tokenizers that a caller gives, each under a name of its own.

    Raises:
        TokscopeError: none is given, one cannot be used, or two would share a name.
    """
    return named_apart([made(name, one) for name, one in asked(given, argument)])


def load_one(given: One | Mapping[str, One], argument: str = "tokenizer") -> Tokenizer:
    """Return the one tokenizer that a caller gives; a mapping of one gives it a name.

    Raises:
        TokscopeError: it cannot be used, or there are several.
    """
    entered = asked(given, argument)
    if len(entered) > 1:
        raise TokscopeError(f"{argument}: {len(entered)} tokenizers cannot be used; give one")
    return made(*entered[0])


def asked(given: Tokenizers, argument: str = "tokenizers") -> list[tuple[str, Any]]:
    """Return what a caller gives, a word or an object each, with its name in a mapping or "".

    Raises:
        TokscopeError: it is something else; names the argument.
    """
    wanted = "its backend_tokenizer" if hasattr(given, "backend_tokenizer") else _WANTED
    entered = entries(given, _is_one, argument, wanted)
    for i, (name, one) in enumerate(entered):
        if not _is_one(one):
            where = f"{argument}[{name!r}]" if name else f"{argument}[{i}]"
            inner = hasattr(one, "backend_tokenizer")  # transformers wraps one of its library
            raise unlike(one, where, "its backend_tokenizer" if inner else _ONE)
    return [(name, os.fspath(one) if isinstance(one, PathLike) else one) for name, one in entered]


def made(name: str, one: Any) -> Tokenizer:
    """Return the tokenizer that a word names, or that an object is, under a name if there is one.

    Raises:
        TokscopeError: it cannot be used.
    """
    if isinstance(one, str):
        return load(one, label=name)
    if isinstance(getattr(one, "spec", None), Spec):
        loaded = one
    else:
        module, kind = _TAKEN[cast(tuple[str, str], _class_of(one))]
        take = import_module(f"{__package__}.{module}").of_library
        loaded = cast(Callable[[Any, str], Tokenizer], take)(
            one, name or str(getattr(one, "name", kind))
        )
        loaded = replace(cast(Any, loaded), spec=Spec(loaded.name, "object", ""))
    require_shown(name or loaded.name, "a tokenizer")
    return cast(Tokenizer, replace(loaded, name=name) if name else loaded)


def named_apart(tokenizers: Sequence[Tokenizer]) -> list[Tokenizer]:
    """Refuse two tokenizers of one name.

    Raises:
        TokscopeError: there are two.
    """
    named: dict[str, Tokenizer] = {}
    for one in tokenizers:
        other = named.setdefault(one.name, one)
        if other is one:
            continue
        if not (one.spec.word and other.spec.word):
            hint = "give a mapping of names to them"
            raise TokscopeError(f"two tokenizers would both be called '{one.name}'; {hint}")
        words = f"'{other.spec.word}' and '{one.spec.word}'"
        if one.spec.label and other.spec.label:
            raise TokscopeError(f"{words} have the same label; give one of them another")
        unlabelled = split_label(one.spec.word)[1]
        raise TokscopeError(f"{words} would both be called '{one.name}'; write LABEL={unlabelled}")
    return list(named.values())


def _is_one(given: object) -> bool:
    known = isinstance(given, str | PathLike) or isinstance(getattr(given, "spec", None), Spec)
    return known or _class_of(given) is not None


def _class_of(given: object) -> tuple[str, str] | None:
    """Return the class of a library that an object is of."""
    names = ((kind.__module__, kind.__qualname__) for kind in type(given).__mro__)
    return next((name for name in names if name in _TAKEN), None)
