"""The settings of the files beside a tokenizer, applied as transformers' fast tokenizers do.

They change the library's own steps, so that the components show whatever decides the ids. A
setting without a step that takes it is told, or refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

from tokscope.errors import TokscopeError, shortened
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.beside import (
    ADDED,
    CONFIG,
    DECODER,
    FLAGS,
    LISTS,
    MODEL,
    ROLES,
    AddedToken,
    Beside,
    Folder,
    TakesTokens,
    added_token,
    class_of,
)
from tokscope.tokenizers.components import TEMPLATE, canonical, short
from tokscope.tokenizers.families import (
    BERT,
    BYTE_LEVEL,
    KEEP_CHINESE,
    OTHERS,
    SPACED_MASK,
    SPECIALS,
)
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import (
    LibraryAddedToken,
    LibraryTokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    settings_of,
)
from tokscope.tokenizers.rest import is_left_out
from tokscope.tokenizers.vocabulary import SPACE

Json = dict[str, Any]
BERT_FLAGS = FLAGS[:3]  # settings of BERT's normaliser
_TOLD = FLAGS[:5]  # settings that decide the ids of text


def finished(
    library: LibraryTokenizer, folder: Folder, place: str, *, unused: Sequence[str] = ()
) -> HuggingFaceTokenizer:
    """Return a tokenizer of the library with the added tokens of its folder.

    Its steps have its settings already, except the `unused` ones, which are told to have no effect.

    Raises:
        TokscopeError: something that is set cannot be kept.
    """
    beside = folder.beside
    _add(library, beside)
    made = assemble(library, folder.name, place)
    return replace(made, beside=recorded(beside), told=told(beside, unused))


def kept(made: Tokenizer, folder: Folder) -> Tokenizer:
    """Return a tokenizer with the settings of the files beside it, unless its loader took them.

    Raises:
        TokscopeError: it has no place for a token that is to be added.
    """
    beside = folder.beside
    if getattr(made, "told", "") or getattr(made, "beside", ""):
        return made
    if isinstance(made, TakesTokens):
        made = made.with_tokens(_adding(made.listed(), beside), str(folder.path))
        _require_ids(made.id_of, beside)
        return replace(made, beside=recorded(beside), told=told(beside, unused_of(beside)))
    words = made.vocabulary
    for number, token in beside.added.items():
        own = words[number] if number < words.size else b""
        if words.specials.get(token.content) != number and own != token.content.encode():
            raise TokscopeError(
                f"{folder.path}: '{shortened(token.content)}' of {_source(beside)} cannot be "
                f"added to {made.family}"
            )
    return made


def _source(beside: Beside) -> str:
    """Name the file that lists added tokens."""
    return CONFIG if DECODER in beside.settings else ADDED


def unused_of(beside: Beside, *taken: str) -> list[str]:
    """Return the settings that decide ids in other classes, except those `taken` by a step here."""
    return [name for name in _TOLD if name in beside.settings and name not in taken]


def recorded(beside: Beside) -> str:
    """Return the settings as a component; empty if there are none."""
    settings: Json = {name: beside.flag(name) for name in FLAGS if name in beside.settings}
    named = {
        role: token if isinstance(token, str) else token.content
        for role, token in beside.specials().items()
    }
    others = [token if isinstance(token, str) else token.content for token in beside.others()]
    settings |= {"specials": named} if named else {}
    settings |= {"additional_special_tokens": others} if others else {}
    settings |= {"tokenizer_class": beside.named} if beside.kind and not beside.generic else {}
    return canonical(settings) if settings else ""


def told(beside: Beside, unused: Sequence[str] = ()) -> str:
    """Say in words which settings are taken from which file, and which have no effect."""
    by_source: dict[str, list[str]] = {}
    if beside.kind:
        by_source[beside.sources["tokenizer_class"]] = [f"tokenizer_class={beside.named}"]
    for name in _TOLD:
        if name in beside.settings and name not in unused:
            value = json.dumps(beside.settings[name])
            by_source.setdefault(beside.sources[name], []).append(f"{name}={value}")
    if beside.added:
        count = f"{len(beside.added):,} added token{'s'[: len(beside.added) != 1]}"
        by_source.setdefault(_source(beside), []).append(count)
    words = [f"{', '.join(taken)} from {source}" for source, taken in by_source.items()]
    for name in unused:
        words.append(f"{name} has no effect on its steps")
    if beside.code:
        words.append(f"the code {shortened(beside.code)} that auto_map names is not run")
    return "; ".join(words)


def unrecorded(made: Tokenizer, beside: Beside) -> dict[str, str]:
    """Return the settings of the files beside a tokenizer that none of its components tells."""
    tokens = _tokens(made.listed()) if isinstance(made, TakesTokens) else {}
    known = frozenset(tokens.values())
    recorded = bool(getattr(made, "beside", ""))
    described: dict[str, str] = {}
    for file, settings in beside.files.items():
        if file == ADDED:  # whose tokens a library has by the same ids, or refuses
            lacking = {text: i for text, i in settings.items() if i not in tokens}
            described |= {"added_tokens": short(lacking)} if lacking else {}
            continue
        for name, value in _counting(settings, tokens):
            heeded = recorded and (file == MODEL or beside.settings.get(name) == value)
            if not (heeded and _is_recorded(name, value, known)):
                described[f"{file.removesuffix('.json')}.{name}"] = short(value)
    return described


def _counting(
    settings: Mapping[str, Any], tokens: Mapping[int, AddedToken]
) -> Iterator[tuple[str, Any]]:
    """Yield the settings that count, without templates and tokens that the library has."""
    for name, value in settings.items():
        if name == DECODER:
            lacking = _lacking(value, tokens)
            yield from [(name, lacking)] if lacking else []
            continue
        idle = is_left_out(CONFIG, name)
        if name == "tokenizer_class":
            idle = isinstance(value, str) and Beside(class_of(value)).generic
        if value is not None and name != TEMPLATE and not idle:
            yield name, value


def _tokens(listed: Mapping[int, LibraryAddedToken]) -> dict[int, AddedToken]:
    return {number: _token(token) for number, token in listed.items()}


def _lacking(listed: Mapping[str, Any], tokens: Mapping[int, AddedToken]) -> Json:
    """Return the tokens of a list that the library lacks, or has with other flags."""
    return {
        number: token
        for number, token in listed.items()
        if tokens.get(int(number)) != added_token(token, DECODER)
    }


def _is_recorded(name: str, value: object, tokens: frozenset[AddedToken]) -> bool:
    """Tell whether components say all that a setting says."""
    if name == LISTS[0]:  # which of the two a token is in counts
        return isinstance(value, list) and all(_is_token(one, tokens) for one in value)
    if name.removesuffix("_token") in ROLES:
        return _is_token(value, tokens)
    return name in (*FLAGS, "tokenizer_class")


def _is_token(value: object, tokens: frozenset[AddedToken]) -> bool:
    if not isinstance(value, dict):
        return True
    special = value.get("special", True) is True
    return special and added_token({**value, "special": True}, CONFIG) in tokens


# Settings of a tokenizer.json


def set_steps(library: LibraryTokenizer, beside: Beside) -> Iterator[str]:
    """Change the steps of a `tokenizer.json`; yield the settings that none of them takes."""
    set_ = [name for name in FLAGS if beside.flag(name) is not None]
    if beside.kind in BERT:
        yield from _set_normalizer(library, beside)
    else:
        yield from (name for name in BERT_FLAGS if name in set_)
    if beside.kind == "Llama" and "add_prefix_space" in set_:
        yield from _set_llama(library, beside)
        return
    yield from _set_prefix(library, beside)
    if "legacy" in set_ and not (beside.kind == "T5" and "add_prefix_space" in set_):
        yield "legacy"


def _set_normalizer(library: LibraryTokenizer, beside: Beside) -> Iterator[str]:
    """Set BERT's normaliser as the class does; it lowercases by default."""
    wanted = {
        "lowercase": ("do_lower_case", beside.flag("do_lower_case", True)),
        "strip_accents": ("strip_accents", beside.flag("strip_accents")),
        "handle_chinese_chars": (
            "tokenize_chinese_chars",
            beside.flag("tokenize_chinese_chars", True),
        ),
    }
    if beside.kind in KEEP_CHINESE:
        del wanted["handle_chinese_chars"]
    step = library.normalizer
    if isinstance(step, normalizers.BertNormalizer):
        for name, (_, value) in wanted.items():
            setattr(step, name, value)
        library.normalizer = step
        return
    named = [setting for setting, _ in wanted.values() if setting in beside.settings]
    if named and step is None:
        raise TokscopeError(
            f"{beside.place(named[0])} has nothing to act on, as tokenizer.json has "
            "no normalizer; name tokenizer.json itself to leave it out"
        )
    yield from named


def _set_prefix(library: LibraryTokenizer, beside: Beside) -> Iterator[str]:
    """Set whether the byte-level step puts a space before the first word."""
    usual = False if beside.kind in (*BYTE_LEVEL, "Qwen2") else None
    wanted = beside.flag("add_prefix_space", usual)
    if wanted is None:
        return
    step = library.pre_tokenizer
    steps = [step]
    if isinstance(step, pre_tokenizers.Sequence):
        # transformers looks into a sequence for these two alone
        known = beside.kind in ("Bloom", "Cohere") and wanted
        steps = [step[i] for i in range(len(settings_of(step)["pretokenizers"]))] if known else []
    if beside.kind == "T5":
        _require_prefix(library, beside, wanted)
    bytewise = [one for one in steps if isinstance(one, pre_tokenizers.ByteLevel)]
    for one in bytewise:
        one.add_prefix_space = wanted
    if not bytewise and "add_prefix_space" in beside.settings and not _agrees(library, wanted):
        yield "add_prefix_space"


def _agrees(library: LibraryTokenizer, wanted: bool) -> bool:
    """Tell whether the steps already put a space before text, or none, as wanted."""
    steps = json.dumps([settings_of(library.normalizer), settings_of(library.pre_tokenizer)])
    puts = '"Prepend"' in steps or '"add_prefix_space": true' in steps
    puts |= any(f'"prepend_scheme": "{scheme}"' in steps for scheme in ("always", "first"))
    return puts == wanted


def _require_prefix(library: LibraryTokenizer, beside: Beside, wanted: bool) -> None:
    """Refuse a setting of T5 that contradicts its steps, which its class would rebuild.

    Raises:
        TokscopeError: it is so.
    """
    scheme = ("always" if beside.flag("legacy", True) else "first") if wanted else "never"
    steps = json.dumps(settings_of(library.pre_tokenizer))
    if '"prepend_scheme"' in steps and f'"prepend_scheme": "{scheme}"' not in steps:
        raise TokscopeError(
            f"{beside.place('add_prefix_space')} is {json.dumps(wanted)}, which "
            "contradicts tokenizer.json; name tokenizer.json itself to leave it out"
        )


def _set_llama(library: LibraryTokenizer, beside: Beside) -> Iterator[str]:
    """Rebuild Llama's steps, as its class does if `add_prefix_space` is set."""
    if "ByteLevel" in json.dumps(settings_of(library.pre_tokenizer)):
        yield "add_prefix_space"
        return
    set_llama_steps(library, beside)


def set_llama_steps(library: LibraryTokenizer, beside: Beside) -> None:
    """Give a tokenizer the steps of Llama's class."""
    fixed = beside.kind == "CodeLlama"  # which has neither setting
    prefix = fixed or beside.flag("add_prefix_space", True)
    if fixed or beside.flag("legacy", True):
        steps = [normalizers.Prepend(SPACE)] if prefix else []
        library.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", SPACE)])
        library.pre_tokenizer = None
    else:
        library.normalizer = None
        scheme = "first" if prefix else "never"
        library.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, scheme, split=False)
    ends = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    library.decoder = decoders.Sequence([*ends, *([decoders.Strip(" ", 1, 0)] if prefix else [])])


# Added tokens


def specials_of(beside: Beside) -> dict[str, str | AddedToken]:
    """Return the special tokens by role; the class has its own for a role that no file sets."""
    roles: dict[str, str | AddedToken] = {**SPECIALS.get(beside.kind, {}), **beside.specials()}
    mask = roles.get("mask")
    if isinstance(mask, str) and beside.kind in SPACED_MASK:
        roles["mask"] = AddedToken(mask, lstrip=True, normalized=beside.kind == "MPNet")
    return {role: roles[role] for role in ROLES if role in roles}


def _add(library: LibraryTokenizer, beside: Beside) -> None:
    """Add the tokens of files beside a tokenizer.

    Raises:
        TokscopeError: one has another id than its file says.
    """
    library.add_tokens(_adding(library.get_added_tokens_decoder(), beside))
    _require_ids(library.token_to_id, beside)


def _adding(listed: Mapping[int, LibraryAddedToken], beside: Beside) -> list[LibraryAddedToken]:
    """Return the listed tokens that the library lacks, then special ones that are in no list."""
    present = list(_tokens(listed).values())
    adding = [token for token in beside.added.values() if token not in present]
    texts = {token.content for token in (*present, *adding)}
    others = beside.others() or OTHERS.get(beside.kind, ())
    specials = [*specials_of(beside).values(), *others]
    roles = {one if isinstance(one, str) else one.content for one in specials}
    for one in specials:
        if isinstance(one, str) and one not in texts:
            adding.append(AddedToken(one, special=True, normalized=False))
        elif isinstance(one, AddedToken) and one not in adding:
            adding.append(one)
    marked = [replace(one, special=one.special or one.content in roles) for one in adding]
    return [_library_token(one) for one in marked]


def _require_ids(id_of: Callable[[str], int | None], beside: Beside) -> None:
    """Raise TokscopeError if a token has another id than its file says."""
    for number, token in beside.added.items():
        got = id_of(token.content)
        if token.content and got != number:
            raise TokscopeError(
                f"{beside.folder / _source(beside)}: '{shortened(token.content)}' should have id "
                f"{number}, but has {got}: added tokens follow the vocabulary one by one"
            )


def _token(token: LibraryAddedToken) -> AddedToken:
    return AddedToken(
        token.content,
        token.single_word,
        token.lstrip,
        token.rstrip,
        token.normalized,
        token.special,
    )


def _library_token(token: AddedToken) -> LibraryAddedToken:
    content, single_word, lstrip, rstrip, normalized, special = astuple(token)
    return LibraryAddedToken(
        content,
        single_word=single_word,
        lstrip=lstrip,
        rstrip=rstrip,
        normalized=normalized,
        special=special,
    )
