"""tiktoken encodings by name, and rank files: base64 of a token and its rank on every line."""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import tiktoken
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING

from tokscope import reading
from tokscope.errors import TokscopeError, blaming, choose, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.beside import Folder, beside_file, decoder
from tokscope.tokenizers.bpe import RankEncoder, RankTokenizer, require_all_bytes, require_readable
from tokscope.tokenizers.download import tiktoken_cached
from tokscope.tokenizers.limits import PATTERN, require_added, require_sizes
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.vocabulary import Vocabulary

_LLAMA3_NAMES = (
    ["begin_of_text", "end_of_text"]
    + [f"reserved_special_token_{i}" for i in range(4)]
    + ["start_header_id", "end_header_id", "reserved_special_token_4", "eot_id"]
    + [f"reserved_special_token_{i}" for i in range(5, 251)]
)
_HARMONY = {
    199998: "startoftext",
    199999: "endoftext",
    200002: "return",
    200003: "constrain",
    200005: "channel",
    200006: "start",
    200007: "end",
    200008: "message",
    200012: "call",
}
_TEXT = "<|endoftext|>"
_FIM = {f"<|fim_{part}|>": 100258 + i for i, part in enumerate(("prefix", "middle", "suffix"))}
_PROMPT = "<|endofprompt|>"
_QWEN_NAMES = ["endoftext", "im_start", "im_end", *(f"extra_{i}" for i in range(205))]
# The special tokens that published code puts beside the ranks of a file, by the name of the whole.
SPECIALS: Mapping[str, Mapping[str, int]] = {
    "gpt2": {_TEXT: 50256},
    "cl100k_base": {_TEXT: 100257, **_FIM, _PROMPT: 100276},
    "o200k_base": {_TEXT: 199999, _PROMPT: 200018},
    "o200k_harmony": {
        **{f"<|{_HARMONY.get(i, f'reserved_{i}')}|>": i for i in range(199998, 201088)},
        _PROMPT: 200018,
    },
    "llama3": {f"<|{name}|>": 128000 + i for i, name in enumerate(_LLAMA3_NAMES)},
    "qwen": {f"<|{name}|>": 151643 + i for i, name in enumerate(_QWEN_NAMES)},
}
# SHA-256 of a published rank file -> the names of its pattern and special tokens
_KNOWN = {
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930": ("gpt2", "gpt2"),
    "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069": ("gpt2", "gpt2"),
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": (
        "cl100k_base",
        "cl100k_base",
    ),
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": (
        "o200k_base",
        "o200k_base",
    ),
    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55": ("llama3", "llama3"),
}
KNOWN_FILES: Mapping[str, tuple[str, Mapping[str, int]]] = {
    digest: (pattern, SPECIALS[specials]) for digest, (pattern, specials) in _KNOWN.items()
}
# number of ranks -> whose they are, and how they cut text; only recommended
_BY_SIZE = {
    50256: ("GPT-2", "gpt2"),
    50280: ("p50k_base", "gpt2"),
    100256: ("cl100k_base", "cl100k_base"),
    128000: ("Llama 3", "llama3"),
    151329: ("GLM-4", "glm4"),
    151643: ("Qwen", "qwen2"),
    163584: ("Kimi", "kimi-k2"),
    199998: ("o200k_base", "o200k_base"),
    200000: ("Llama 4", "llama4"),
}
# SHA-256 of the first 1,000 tokens -> the encoding that others go on from
_STARTS = {
    "94076f989a568722720fca92db4a1a86bea43ef72fb826ad80102b6f2d12adf9": "cl100k_base",
    "28b6619e5fa7a3416a6c133f57f0222ae7998dd5f8c46f0a6da53cc0631ef6e3": "o200k_base",
}

_USUAL = re.compile(rb"(?>[0-9A-Za-z+/]+=* [0-9]+\n)*")  # the lines of a rank file
_decoded = partial(binascii.a2b_base64, strict_mode=True)


def knows(name: str) -> bool:
    """Tell whether tiktoken has an encoding for this name of an encoding or a model."""
    return (
        name in tiktoken.list_encoding_names()
        or name in MODEL_TO_ENCODING
        or name.startswith(tuple(MODEL_PREFIX_TO_ENCODING))
    )


def rank_tokenizer(
    name: str, pattern: str, ranks: Mapping[bytes, int], specials: Mapping[str, int]
) -> RankTokenizer:
    """Build a tokenizer whose ids are its ranks, with special tokens beside them.

    Raises:
        ValueError: the pattern is invalid, or an id stands for two tokens or is too large.
    """
    require_added(len(specials), name)
    ids_of_ranks, ids_of_specials = set(ranks.values()), set(specials.values())
    if ids_of_ranks & ids_of_specials or len(ids_of_specials) < len(specials):
        raise ValueError("a special token has the id of another token")
    size = max([*ids_of_ranks, *ids_of_specials]) + 1
    if size > 2 * (len(ranks) + len(specials)) + 1_000_000:
        raise ValueError(f"ids up to {size - 1:,} for {len(ranks) + len(specials):,} tokens")
    tokens: list[bytes | None] = [None] * size
    for token, rank in ranks.items():
        tokens[rank] = token
    for token_id in specials.values():
        tokens[token_id] = b""
    if b"" in ranks:  # no text gives an empty one
        ranks = {token: rank for token, rank in ranks.items() if token}
    ids = np.arange(max(ranks.values()) + 1, dtype=np.int32)
    encoder = RankEncoder.of(pattern, ranks, ids, specials=specials)
    vocabulary = Vocabulary.of(tokens, specials=specials)
    return RankTokenizer(name, vocabulary, pattern, encoder)


def load_name(spec: Spec) -> RankTokenizer:
    """Load the encoding of a name, or of a model; downloads its ranks once, into tiktoken's cache.

    Raises:
        TokscopeError: the name is unknown, or its ranks are neither cached nor reachable.
    """
    name = spec.place
    if name not in tiktoken.list_encoding_names():
        try:
            name = tiktoken.encoding_name_for_model(name)
        except KeyError:
            names = dict.fromkeys((*tiktoken.list_encoding_names(), *MODEL_TO_ENCODING), 0)
            choose(names, name, "tiktoken encoding or model")
    with tiktoken_cached(name):
        encoding = tiktoken.get_encoding(name)
    return rank_tokenizer(
        spec.label or spec.place,
        encoding._pat_str,
        encoding._mergeable_ranks,
        encoding._special_tokens,
    )


def of_library(encoding: tiktoken.Encoding, name: str) -> RankTokenizer:
    """Return what its ranks give of an encoding that is in memory.

    Raises:
        TokscopeError: its ranks cannot be used.
    """
    ranks, specials = encoding._mergeable_ranks, encoding._special_tokens
    require_sizes(ranks, name)
    require_all_bytes(ranks, name)
    try:
        return rank_tokenizer(name, encoding._pat_str, ranks, specials)
    except ValueError as error:
        raise TokscopeError(f"{name}: {error}") from error


def parse_ranks(content: bytes, place: str) -> dict[bytes, int]:
    """Read the lines of a rank file; `= 256` gives the empty token a rank, as tiktoken reads it.

    Raises:
        TokscopeError: a line is not a base64 token and its rank, or a rank is listed twice.
    """
    tokens, numbers = _columns(content, place)
    ranks = dict(zip(tokens, numbers, strict=True))
    if not ranks:
        raise TokscopeError(f"{place}: an empty rank file")
    if len(ranks) < len(tokens):
        raise TokscopeError(f"{place}: a token is listed twice")
    if len(set(ranks.values())) < len(ranks) or min(ranks.values()) < 0:
        raise TokscopeError(f"{place}: a rank is negative or listed twice")
    if max(ranks.values()) > 2 * len(ranks) + 1_000_000:
        raise TokscopeError(f"{place}: rank {max(ranks.values())} for {len(ranks)} tokens")
    require_sizes(ranks, place)
    require_all_bytes(ranks, place)
    return ranks


def _columns(content: bytes, place: str) -> tuple[list[bytes], list[int]]:
    """Return the tokens and the ranks, read all at once if every line is as they usually are."""
    if _USUAL.fullmatch(content):
        words = content.split()
        with suppress(ValueError):  # the line is named below
            return [*map(_decoded, words[::2])], [*map(int, words[1::2])]
    tokens, numbers = [], []
    for number, line in enumerate(filter(None, content.splitlines()), 1):
        try:
            token, rank = line.split()
            tokens.append(token.strip(b"=") and _decoded(token))
            numbers.append(int(rank))
        except ValueError as error:
            raise TokscopeError(
                f"{place}:{number}: not a base64 token and its rank; is this a .tiktoken file?"
            ) from error
    return tokens, numbers


def load_folder(folder: Folder) -> RankTokenizer:
    """Load the one rank file of a folder."""
    paths = sorted(folder.path.glob("*.tiktoken"))
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise TokscopeError(f"{folder.path}: holds several rank files ({names}); name one of them")
    return load_ranks(Spec(folder.name, "tiktoken-file", str(paths[0])))


def load_file(spec: Spec) -> RankTokenizer:
    """Load a rank file that is named alone, and say what stands beside it."""
    made = load_ranks(spec)
    told = "" if spec.specials else beside_file(path_of(spec.place))
    return replace(made, told=told)


def load_ranks(spec: Spec) -> RankTokenizer:
    """Load a rank file: a published one by its hash, another one with what cuts its text.

    Raises:
        TokscopeError: the file cannot be read, or nothing says how its text is cut.
    """
    path = path_of(spec.place)
    content = reading.content(path)
    ranks = parse_ranks(content, str(path))
    known, specials = KNOWN_FILES.get(hashlib.sha256(content).hexdigest(), ("", {}))
    pattern = named_pattern(spec, PATTERNS) or PATTERNS.get(known, "")
    if not pattern:
        raise TokscopeError(
            f"{path}: a rank file does not say how text is cut, and this one is not known; "
            f"{_recommended(ranks)}end it with ?pattern=NAME, where NAME is one of "
            f"{', '.join(PATTERNS)}, or with ?pattern-file=PATH, a file that holds the expression"
        )
    if spec.specials:
        specials = read_specials(spec.specials)
    name = spec.label or (path.resolve().parent.name if path.stem == "tokenizer" else path.stem)
    try:
        return rank_tokenizer(name, pattern, ranks, specials)
    except ValueError as error:
        raise TokscopeError(f"{path}: {error}") from error


def named_pattern(
    spec: Spec, known: Mapping[str, str], read: Callable[[str], object] = require_readable
) -> str:
    """Return the expression that `?pattern=` or `?pattern-file=` names; empty if neither is there.

    `read` is what will read it, and raises where it cannot.

    Raises:
        TokscopeError: no such name or file, or the file holds nothing that could be an expression.
    """
    if spec.pattern:
        return choose(known, spec.pattern, "pattern")
    if not spec.pattern_file:
        return ""
    path = path_of(spec.pattern_file)
    try:
        pattern = (
            reading.content(path)
            .decode()
            .removeprefix("\ufeff")
            .removesuffix("\n")
            .removesuffix("\r")
        )
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: not an expression (it is not UTF-8 text)") from error
    if not pattern.strip() or len(pattern) > PATTERN:
        raise TokscopeError(f"{path}: not an expression (the file is empty, or far too long)")
    with blaming(f"{path}: not an expression that can be used"):
        read(pattern)
    return pattern


def read_specials(place: str) -> Mapping[str, int]:
    """Return special tokens and their ids: known ones by name, or those of a JSON file.

    The file is an object of texts and ids, or a `tokenizer_config.json`.

    Raises:
        TokscopeError: no such name or file, or the file is something else.
    """
    if place in SPECIALS:
        return SPECIALS[place]
    path = path_of(place)
    if not path.is_file():
        names = ", ".join(SPECIALS)
        raise TokscopeError(f"{place}: neither a file nor a name of special tokens ({names})")
    try:
        specials = json.loads(reading.content(path))
        if "added_tokens_decoder" in specials and isinstance(specials, dict):
            listed = decoder(specials["added_tokens_decoder"], path)
            specials = {token.content: number for number, token in listed}
        if not all(
            type(number) is int and number >= 0 and text for text, number in specials.items()
        ):
            raise ValueError("an id is not a whole number from 0 up, or a token is empty")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TokscopeError(
            f"{path}: not a JSON object of tokens and their ids ({error})"
        ) from error
    return dict(specials)


def _recommended(ranks: Mapping[bytes, int]) -> str:
    """Say whose ranks these seem to be, and which pattern those have."""
    owner, pattern = _BY_SIZE.get(len(ranks), ("", ""))
    if owner:
        return f"it has as many ranks as {owner}, for which ?pattern={pattern} is right; "
    first = b"\n".join(sorted(ranks, key=ranks.__getitem__)[:1000])
    start = _STARTS.get(hashlib.sha256(first).hexdigest())
    return f"its first merges are those of {start}: try ?pattern={start}; " if start else ""
