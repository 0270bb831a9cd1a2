"""The rest of a file: what it says and tokscope does not read. It is part of identity as well.

The components of a tokenizer hold what decides ids, and its processing what is known besides. All
else is told here, by its place in the file, so that a change of it is seen. `LEFT_OUT` names what
is left out, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from math import isclose

from tokscope.tokenizers.components import canonical, digest, short

REST = "rest"  # how the names of these parts begin
_MOST = 50  # parts that are told one by one
_LONGEST = 80  # characters of a place
_LAST_BIT = 4e-16  # which readers of JSON may lose

# file -> what is not part of a tokenizer's identity -> why; a * stands for anything
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "any file": {
        "its name, how it is packed": "not what it holds",
    },
    "JSON": {
        "white space, order of keys, null": "ways to write the same, and to say nothing",
        "a key that is given again": "every reader takes the last",
        "merges as pairs or as strings": "two ways to write the same",
    },
    "lines of text": {
        "line ends, a BOM, white space and empty lines that are no token": "ways to write the same",
        "#version lines of merges and codes": "they name the format; what that changes counts",
        "counts behind words, pairs and merges": "how often they were seen; their order counts",
        "how base64, bytes and numbers are written": "ways to write the same",
    },
    "tokenizer.json": {
        "add_prefix_space": "of Metaspace: the library reads it as prepend_scheme, which counts",
        "str_rep": "of Metaspace: an old setting that has no effect",
    },
    "tokenizer_config.json": {
        "name_or_path": "where it was loaded from",
        "tokenizer_file": "where it was loaded from",
        "special_tokens_map_file": "where it was loaded from",
        "is_local": "how it was loaded",
        "local_files_only": "how it was loaded",
        "backend": "by which program it was loaded",
        "transformers_version": "what wrote it",
        "processor_class": "what else the model has",
        "tokenizer_class": "of a name: `Fast` at its end; names that stand for any class",
        "__type": "of a token: what wrote it",
    },
    "config.json": {
        "*": "the model; only the class of the tokenizer, its code, and the class that model_type "
        "means count, where tokenizer_config.json names none",
    },
    "other files of a folder": {
        "*": "what loading does not open: how text is generated, other formats of the tokenizer, "
        "special_tokens_map.json and added_tokens.json beside a list of added tokens",
    },
    "tekken.json": {"token_str": "how a token looks to people; its bytes count"},
    "SentencePiece": {
        "order of fields, usual values, empty ones": "ways to write the same, and to say nothing",
    },
    "GGUF": {
        "general.*": "names and versions of the model, and how its numbers are stored",
        "split.*": "into which files the model was cut",
        "quantize.*": "how the numbers of the model were made shorter",
        "ARCHITECTURE.*": "the model; its keys begin with what general.architecture says",
        "tensors, version of the header, widths of numbers": "the model, ways to write the same",
    },
    "?specials=": {"all but texts and ids": "no more is taken from such a file"},
}


def is_left_out(file: str, name: str) -> bool:
    """Tell whether a part of a file is listed as not part of identity."""
    return any(fnmatchcase(name, pattern) for pattern in LEFT_OUT[file])


def unread(whole: object, told: object, at: str = "") -> Iterator[tuple[str, object]]:
    """Yield the parts of a structure that were not read, by their place; `told` is what was read.

    >>> list(unread({"a": 1, "b": [{"c": 2}]}, {"a": 1, "b": [{"c": 3}], "d": 4}))
    [('b[0].c', 2)]
    """
    if whole == told or _nearly(whole, told):
        return
    if isinstance(whole, dict) and isinstance(told, dict):
        for key, value in whole.items():
            place = f"{at}.{key}" if at else str(key)
            if key in told:
                yield from unread(value, told[key], place)
            elif not (told.get("type") == "Metaspace" and is_left_out("tokenizer.json", key)):
                yield place, value
    elif isinstance(whole, list) and isinstance(told, list) and len(whole) == len(told):
        for i, (one, other) in enumerate(zip(whole, told, strict=True)):
            yield from unread(one, other, f"{at}[{i}]")
    else:
        yield at, whole


def _nearly(one: object, other: object) -> bool:
    both = isinstance(one, float) and isinstance(other, float)
    return both and isclose(one, other, rel_tol=_LAST_BIT)  # type: ignore[arg-type]


def rest(left: Iterable[tuple[str, object]], name: str = REST) -> dict[str, str]:
    """Return what is left of a file as parts; as one hash if they are many, or hard to name."""
    listed = list(left)
    places = {place for place, _ in listed}
    if (
        len(places) < len(listed)
        or len(listed) > _MOST
        or max(map(len, places), default=0) > _LONGEST
    ):
        return {name: canonical({"size": len(listed), "sha256": digest([canonical(listed)])})}
    return {f"{name}.{place}": short(value) for place, value in listed}
