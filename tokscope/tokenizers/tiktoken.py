"""tiktoken encodings by name, and rank files: base64 of a token and its rank on every line."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

import tiktoken
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING

from tokscope.errors import TokscopeError, choose, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.bpe import RankEncoder, RankTokenizer, require_all_bytes
from tokscope.tokenizers.download import tiktoken_cached
from tokscope.tokenizers.vocabulary import Vocabulary

# How each tokenizer cuts text before merging: tiktoken's openai_public, the releases of Llama 3
# and of Mistral's tekken.
PATTERNS: Mapping[str, str] = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    "o200k_base": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "llama3": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "tekken": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
_LLAMA3_NAMES = (
    ["begin_of_text", "end_of_text"]
    + [f"reserved_special_token_{i}" for i in range(4)]
    + ["start_header_id", "end_header_id", "reserved_special_token_4", "eot_id"]
    + [f"reserved_special_token_{i}" for i in range(5, 251)]
)
_TEXT = "<|endoftext|>"
_FIM = {f"<|fim_{part}|>": 100258 + i for i, part in enumerate(("prefix", "middle", "suffix"))}
_PROMPT = "<|endofprompt|>"
# SHA-256 of a published rank file -> pattern and special tokens
KNOWN_FILES: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930": ("gpt2", {_TEXT: 50256}),
    "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069": ("gpt2", {_TEXT: 50256}),
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": (
        "cl100k_base",
        {_TEXT: 100257, **_FIM, _PROMPT: 100276},
    ),
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": (
        "o200k_base",
        {_TEXT: 199999, _PROMPT: 200018},
    ),
    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55": (
        "llama3",
        {f"<|{name}|>": 128000 + i for i, name in enumerate(_LLAMA3_NAMES)},
    ),
}


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
    """Build a tokenizer whose ids are its ranks, with special tokens beside them."""
    size = max([*ranks.values(), *specials.values()]) + 1
    tokens: list[bytes | None] = [None] * size
    for token, rank in ranks.items():
        tokens[rank] = token
    for token_id in specials.values():
        tokens[token_id] = b""
    ids = range(max(ranks.values()) + 1)
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


def parse_ranks(content: bytes, place: str) -> dict[bytes, int]:
    """Read the lines of a rank file.

    Raises:
        TokscopeError: a line is no base64 and rank, or a rank is given twice.
    """
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line:
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise TokscopeError(
                f"{place}:{number}: not a base64 token and its rank; is this a .tiktoken file?"
            ) from error
    if not ranks:
        raise TokscopeError(f"{place}: an empty rank file")
    if len(set(ranks.values())) < len(ranks) or min(ranks.values()) < 0:
        raise TokscopeError(f"{place}: a rank is negative or stands twice")
    if max(ranks.values()) > 2 * len(ranks) + 1_000_000:
        raise TokscopeError(f"{place}: rank {max(ranks.values())} for {len(ranks)} tokens")
    require_all_bytes(ranks, place)
    return ranks


def load_folder(folder: Folder) -> RankTokenizer:
    """Load the one rank file of a folder."""
    paths = sorted(folder.path.glob("*.tiktoken"))
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise TokscopeError(f"{folder.path}: holds several rank files ({names}); name one of them")
    return load_file(Spec(folder.name, "tiktoken-file", str(paths[0])))


def load_file(spec: Spec) -> RankTokenizer:
    """Load a rank file: a published one by its hash, another one with `?pattern=NAME`.

    Raises:
        TokscopeError: the file cannot be read, or nothing says how its text is cut.
    """
    path = path_of(spec.place)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    ranks = parse_ranks(content, str(path))
    pattern, specials = KNOWN_FILES.get(hashlib.sha256(content).hexdigest(), ("", {}))
    if spec.pattern:
        pattern = spec.pattern
    if not pattern:
        raise TokscopeError(
            f"{path}: a rank file does not say how text is cut, and this one is not known; "
            f"end it with ?pattern=NAME, NAME one of {', '.join(PATTERNS)}"
        )
    name = spec.label or path.stem
    return rank_tokenizer(name, choose(PATTERNS, pattern, "pattern"), ranks, specials)
