"""GGUF model files: the tokenizer in their header; the tensors behind it are never read.

The format is that of ggml's `docs/gguf.md`. Ids are those that llama.cpp gives: text
is cut as it cuts it for the name in `tokenizer.ggml.pre`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tokscope.errors import TokscopeError, blaming, path_of, shortened
from tokscope.reading import require_regular, steady
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.components import TEMPLATE, canonical, described, digest_of, short
from tokscope.tokenizers.frame import Frame, framed
from tokscope.tokenizers.gguf_header import read_beginning
from tokscope.tokenizers.gguf_models import KINDS, flag
from tokscope.tokenizers.limits import require_sizes
from tokscope.tokenizers.llamacpp import ALWAYS_BEGUN, BEGUN
from tokscope.tokenizers.rest import REST, is_left_out, rest

_OURS = "tokenizer."  # how the names of what is about the tokenizer begin
_TAKEN = ("post_processor", "truncation", "padding", "dropout")  # names of other parts


def load_file(spec: Spec) -> Tokenizer:
    """Load the tokenizer of a GGUF file; `?pattern=NAME` says how text is cut if the file does not.

    Raises:
        TokscopeError: the file cannot be read, or its tokenizer is of an unknown kind.
    """
    path, hashes = path_of(spec.place), dict[str, str]()
    try:
        require_regular(path)
        with steady(path) as stream:
            metadata = read_beginning(stream, hashes)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, struct.error, OverflowError, MemoryError) as error:
        raise TokscopeError(f"{path}: not a GGUF file that can be read ({error})") from error
    ours = _checked(metadata, spec, path)
    with blaming(f"{path}: its tokenizer cannot be built"):
        name = spec.label or path.stem
        made: Any = KINDS[str(ours["model"])].build(ours, name, spec, path)  # a dataclass
        made = replace(made, around=_around(metadata, hashes))
        return _framed(cast(Tokenizer, made), ours, path)


def _checked(metadata: Mapping[str, Any], spec: Spec, path: Path) -> Mapping[str, Any]:
    """Return what a header says of a tokenizer, if it says enough.

    Raises:
        TokscopeError: it lacks something, or is of an unknown kind.
    """
    ours = {
        name.removeprefix("tokenizer.ggml."): value
        for name, value in metadata.items()
        if name.startswith("tokenizer.ggml.")
    }
    if "tokens" not in ours:
        raise TokscopeError(f"{path}: this GGUF file holds no tokenizer")
    model = str(ours.get("model"))
    if model not in KINDS:
        raise TokscopeError(
            f"{path}: its kind of tokenizer, '{shortened(model)}', is not known "
            f"(known: {', '.join(KINDS)}); load the files that the model was made from"
        )
    if (spec.pattern or spec.pattern_file) and model != "gpt2":
        option = "pattern" if spec.pattern else "pattern-file"
        raise TokscopeError(f"{path}: its tokenizer has no pattern; drop ?{option}=")
    for key in KINDS[model].needs:
        if not isinstance(ours.get(key), list | tuple) or not ours[key]:
            raise TokscopeError(f"{path}: tokenizer.ggml.{key} is missing or not a list")
    require_sizes(map(str, ours["tokens"]), str(path))
    if len(ours.get("scores", ours["tokens"])) != len(ours["tokens"]):
        raise TokscopeError(f"{path}: the numbers of tokens and scores differ")
    return ours


# The ids that llama.cpp takes for its special tokens where a file names none
_IDS: Mapping[str, Mapping[str, int]] = {
    "gpt2": {"bos": 11, "eos": 11},
    "llama": {"bos": 1, "eos": 2},
    "t5": {"eos": 1},
    "bert": {"bos": 101, "seperator": 102},
}


def _framed(made: Tokenizer, ours: Mapping[str, Any], path: Path) -> Tokenizer:
    """Return a tokenizer with what llama.cpp puts around a text.

    Raises:
        TokscopeError: a flag of it is neither true nor false.
    """
    roles = _roles(ours, path)
    ids = [_special(ours, role) for role in roles if role]
    known = [i for i in ids if i is not None]
    if not ids:
        return made
    if len(known) < len(ids):
        lacking = [role for role in roles if role][ids.index(None)]
        return framed(made, Frame(told=f"not known: no token is its {lacking}_token_id"))
    at = int(bool(roles[0]))
    names = [ours["tokens"][i] for i in known]
    told = " ".join([*names[:at], "TEXT", *names[at:]])
    return framed(made, Frame(tuple(known[:at]), tuple(known[at:]), f"{told}, as llama.cpp does"))


def _roles(ours: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """Return the roles of the special tokens that begin and end a text; empty for none."""
    model, pre = str(ours["model"]), str(ours.get("pre"))
    begins = flag(
        ours, "add_bos_token", path, usual=model == "llama" or (model == "gpt2" and pre in BEGUN)
    )
    ends = flag(ours, "add_eos_token", path, usual=model == "t5")
    if model == "bert":
        return "bos", "seperator"  # as the key is spelled
    if model == "rwkv":
        return "", ""
    always = model == "gemma4" or (model == "gpt2" and pre in ALWAYS_BEGUN)
    return "bos" * (begins or always), "eos" * ends


def _special(ours: Mapping[str, Any], role: str) -> int | None:
    """Return the id of a special token: the file's own if it is valid, else the usual one."""
    size = len(ours["tokens"])
    usual = _IDS.get(str(ours["model"]), {}).get(role)
    for number in (ours.get(f"{role}_token_id"), usual):
        if type(number) is int and 0 <= number < size:
            return number
    return None


def _around(metadata: Mapping[str, Any], hashes: Mapping[str, str]) -> dict[str, str]:
    """Return all that the header says of the tokenizer, and its unknown keys."""
    parts: dict[str, str] = {}
    for name, value in metadata.items():
        if name.startswith(_OURS):
            brief = name.removeprefix(_OURS).removeprefix("ggml.")
            taken = brief in parts or brief in _TAKEN or brief.startswith(REST)
            brief = name if taken else brief
            parts[brief] = _part(value, hashes.get(name, ""), template=brief.startswith(TEMPLATE))
    model = f"{metadata.get('general.architecture')}."
    known = (_OURS, model)
    left = (
        (name, _part(value, hashes.get(name, "")))
        for name, value in metadata.items()
        if not (name.startswith(known) or is_left_out("GGUF", name))
    )
    return parts | rest(left)


def _part(value: object, digest: str, *, template: bool = False) -> str:
    """Return a value; a hash for lists, templates, long values and invalid UTF-8."""
    if isinstance(value, tuple):
        return canonical({"size": len(value), "sha256": digest_of(value)})
    if isinstance(value, list):
        return canonical({"size": len(value), "sha256": digest})
    if isinstance(value, str) and "\ufffd" in value:
        return canonical({"characters": len(value), "sha256": digest})
    return described(value) if template and isinstance(value, str) else short(value)
