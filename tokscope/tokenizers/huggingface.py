"""Hugging Face `tokenizer.json`: the library, and the fast path where it gives the same ids.

The fast path is taken by byte-level BPE whose text is cut by one regular expression. It is equal
to the library by construction: a merge counts by its product's rank, which is the same thing when
every product has one merge and the model, given a product alone, arrives at it (a state in which
two other tokens spell the product would have come up there too). Products that are never arrived
at are left out. The cutting and the normalisation are compared on probe texts when loading, and
each batch must spell its own text; otherwise the library encodes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import tokenizers
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Encoded, Spec, Tokenizer, sentencepiece
from tokscope.tokenizers.bpe import (
    RankEncoder,
    byte_alphabet,
    has_long_space,
    missing_bytes,
)
from tokscope.tokenizers.hub import hub_file
from tokscope.tokenizers.tiktoken import PATTERNS
from tokscope.tokenizers.vocabulary import Vocabulary

Json = dict[str, Any]
FILES = ("tokenizer.json", "tokenizer.model")
_FALLBACK = re.compile(r"<0x[0-9A-F]{2}>")
_COMPOSITIONS = ("NFC", "NFD", "NFKC", "NFKD")  # none of these changes ASCII

# One text for every way in which two regular expression engines, or two Unicode tables, can part.
PROBES = (
    "",
    " ",
    "a",
    "  \t\n \r\n\n  x  ",
    "Hello, world! It's 12 o'clock; we'll've DON'T 'LL 'S 'ſ don’t",
    "x=1234567890.5e-7;\treturn foo_bar(baz)[0]  # 100%",
    "naïve café Straße İstanbul ǅ ΐ ﬁ ½ ① Ⅷ ㎏ ™ e\u0301 a\u0323\u0307",
    "Привет, мир… Γειά σου Կարդալ ქართული שָׁלוֹם مَرْحَبًا بِكَ ١٢٣ ۴۵ हिन्दी १२३",
    "ไทย ๑๒ 中文字 日本語 カナ 한국어 9시 👩\u200d👩\u200d👧 🇩🇪🇫🇷 👍🏽",
    "\u200b\u200d\u200e\u2060\ufeff\u00a0\u2003\u3000\u0085\u2028\u2029\x00\x1c\x7f",
    "\u1c89\ua7cb\U00031350\U00011f02\U0001e030\u0870\u2fff\U000105c9\U00016d40\U0001fadc",
    "\n\n\nA\r\rB \n C\n  \n\tD   E'  'F /// ...?!\n\n",
)


@dataclass(frozen=True)
class FastPath:
    """What the fast encoder needs to stand in for the library."""

    encoder: RankEncoder
    normalizer: tokenizers.normalizers.Normalizer | None
    prefix: bool  # a text that does not begin with a space gets one

    def prepare(self, text: str) -> str:
        """Return a text as the library would cut it."""
        if self.normalizer is not None and not text.isascii():
            text = self.normalizer.normalize_str(text)
        return f" {text}" if self.prefix and text and text[0] != " " else text


@dataclass(frozen=True)
class HuggingFaceTokenizer:
    """A `tokenizers.Tokenizer` that pads, truncates and adds nothing."""

    name: str
    vocabulary: Vocabulary
    fingerprint: str
    library: tokenizers.Tokenizer
    fast: FastPath | None
    path: str  # which encoder runs, and why

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text, equal to the library's."""
        if self.fast is None or specials:
            return self._encode_slowly(texts, specials=specials)
        prepared = list(map(self.fast.prepare, texts)) if self._prepares else list(texts)
        hard = set(self.fast.encoder.hard(prepared))
        hard.update(i for i, text in enumerate(prepared) if has_long_space(text))
        if not hard:
            encoded = self.fast.encoder.encode(prepared)
            return encoded if self._spells(encoded, prepared) else self._encode_slowly(texts)
        return Encoded.of([self._encode_one(texts[i], i in hard) for i in range(len(texts))])

    def _encode_one(self, text: str, hard: bool) -> NDArray[np.int32]:
        return (self._encode_slowly([text]) if hard else self.encode([text])).ids

    @property
    def _prepares(self) -> bool:
        return self.fast is not None and (self.fast.prefix or self.fast.normalizer is not None)

    def _spells(self, encoded: Encoded, texts: Sequence[str]) -> bool:
        """Tell whether nothing of the texts was dropped by the pattern."""
        size = sum(map(len, texts))
        if not all(map(str.isascii, texts)):
            size = sum(len(text.encode()) for text in texts)
        return int(self.vocabulary.lengths[encoded.ids].sum()) == size

    def _encode_slowly(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        self.library.encode_special_tokens = not specials
        found = self.library.encode_batch_fast(list(texts), add_special_tokens=False)
        units = [encoding.ids for encoding in found]
        starts = np.zeros(len(units) + 1, np.int64)
        np.cumsum([len(unit) for unit in units], out=starts[1:])
        return Encoded(np.fromiter(chain.from_iterable(units), np.int32, starts[-1]), starts)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text that the file's decoder makes."""
        return str(self.library.decode(list(ids), skip_special_tokens=False))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the library's offsets, which count characters.

        Tokens whose offsets overlap share a character: the cut between them is inside it.
        """
        self.library.encode_special_tokens = not specials
        found = self.library.encode(text, add_special_tokens=False)
        home = np.cumsum([0, *(len(char.encode()) for char in text)])
        spans = [
            (start, start)
            if self.vocabulary[token] == b" " and text[start:end].strip()
            else (start, end)
            for token, (start, end) in zip(found.ids, found.offsets, strict=True)
        ]
        following = [start for start, _ in spans[1:]] + [len(text)]
        pairs = zip(spans, following, strict=False)  # without tokens there is nothing to follow
        cuts = [home[end] - (start < end) for (_, end), start in pairs]
        return np.maximum.accumulate(np.array(cuts, np.int64))


def load_hub(spec: Spec) -> Tokenizer:
    """Load `org/name[@revision]` from the hub's cache, or from the hub.

    Raises:
        TokscopeError: not cached and out of reach, not there, or not allowed.
    """
    repository, _, revision = spec.place.partition("@")
    path = hub_file(repository, revision or None, FILES)
    return _load_path(path, spec.label or repository.rpartition("/")[2])


def load_file(spec: Spec) -> Tokenizer:
    """Load a `tokenizer.json`, or a folder that holds one or a `tokenizer.model`.

    Raises:
        TokscopeError: the file cannot be read or used.
    """
    path = Path(spec.place).expanduser()
    if path.is_dir():
        name = spec.label or path.resolve().name
        for file in FILES:
            if (path / file).is_file():
                return _load_path(path / file, name)
        raise TokscopeError(f"{path}: this folder holds neither {' nor '.join(FILES)}")
    generic = path.stem == "tokenizer"
    return _load_path(path, spec.label or (path.resolve().parent.name if generic else path.stem))


def _load_path(path: Path, name: str) -> Tokenizer:
    if path.suffix == ".model":
        return sentencepiece.load_file(Spec(name, "sp", str(path)))
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: not a tokenizer.json (it is not UTF-8 text)") from error
    try:
        library = tokenizers.Tokenizer.from_str(content)
    except Exception as error:  # the library raises nothing narrower
        raise TokscopeError(f"{path}: not a tokenizer.json that can be read ({error})") from error
    library.no_padding()
    library.no_truncation()
    return _build(library, name, str(path))


def _build(library: tokenizers.Tokenizer, name: str, place: str) -> HuggingFaceTokenizer:
    pieces = library.get_vocab(with_added_tokens=True)
    top = max(pieces.values(), default=-1)
    if not pieces or top > 16 * len(pieces) + 1_000_000:  # the library would go through them all
        raise TokscopeError(f"{place}: {len(pieces)} tokens but ids up to {top}")
    config: Json = json.loads(library.to_str())
    config.pop("post_processor")  # adds special tokens, which are never added here
    canonical = json.dumps(config, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()
    vocabulary = _vocabulary(library, pieces, config)
    fast, why = None, _unsuited(config)
    if not why:
        fast, why = _fast_path(library, config, vocabulary)
    tokenizer = HuggingFaceTokenizer(name, vocabulary, digest, library, fast, why)
    if fast is None or _agree(tokenizer):
        return tokenizer
    why = "the library: the fast path gives other ids on the probe texts"
    return HuggingFaceTokenizer(name, vocabulary, digest, library, None, why)


def _agree(tokenizer: HuggingFaceTokenizer) -> bool:
    added = [str(token["content"]) for token in _added(tokenizer.library)]
    probes = [*PROBES, *(f"a{text} {text}b {text}{text}" for text in added[:64])]
    fast, slow = tokenizer.encode(probes), tokenizer._encode_slowly(probes)
    return np.array_equal(fast.ids, slow.ids) and np.array_equal(fast.starts, slow.starts)


# The table of bytes


def _added(library: tokenizers.Tokenizer) -> list[Json]:
    return [
        {"id": token_id, "content": token.content, "special": token.special}
        for token_id, token in sorted(library.get_added_tokens_decoder().items())
    ]


def _types(config: Json) -> set[str]:
    """Return the types of all components, nested ones too."""
    found: set[str] = set()
    waiting: list[Any] = [config.get(k) for k in ("normalizer", "pre_tokenizer", "decoder")]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.add(str(part.get("type")))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def _vocabulary(
    library: tokenizers.Tokenizer, pieces: Mapping[str, int], config: Json
) -> Vocabulary:
    """Lay out the bytes of every id, as the family spells them."""
    tokens: list[bytes | None] = [None] * (max(pieces.values()) + 1)
    for token, spelled in zip(pieces.values(), _spelled(pieces, config), strict=True):
        tokens[token] = spelled
    specials = {}
    for added in _added(library):
        tokens[added["id"]] = b"" if added["special"] else added["content"].encode()
        if added["special"]:
            specials[added["content"]] = added["id"]
    model = config["model"]
    unknown = (
        model.get("unk_id") if model["type"] == "Unigram" else pieces.get(model.get("unk_token"))
    )
    if unknown is not None:
        tokens[unknown] = b""
    fallbacks = frozenset(
        token
        for piece, token in pieces.items()
        if model.get("byte_fallback") and _FALLBACK.fullmatch(piece)
    )
    return Vocabulary.of(tokens, specials=specials, fallbacks=fallbacks, unknown=unknown)


def _spelled(pieces: Mapping[str, int], config: Json) -> list[bytes]:
    model, types = config["model"], _types(config)
    if "ByteLevel" in types:
        table = byte_alphabet()
        suffix = model.get("end_of_word_suffix") or ""
        return [_from_alphabet(piece.removesuffix(suffix), table) for piece in pieces]
    spaces = "▁" in json.dumps(
        [config[k] for k in ("normalizer", "pre_tokenizer", "decoder")], ensure_ascii=False
    )
    prefix = model.get("continuing_subword_prefix") or ""
    suffix = model.get("end_of_word_suffix") or ""
    fallback = bool(model.get("byte_fallback"))
    spelled = []
    for piece in pieces:
        if fallback and _FALLBACK.fullmatch(piece):
            spelled.append(bytes([int(piece[1:-1], 16)]))
        else:
            text = piece.removeprefix(prefix).removesuffix(suffix)
            spelled.append((text.replace("▁", " ") if spaces else text).encode(errors="replace"))
    return spelled


def _from_alphabet(piece: str, table: Mapping[int, int]) -> bytes:
    try:
        return piece.translate(table).encode("latin-1")
    except UnicodeEncodeError:  # not spelled in the byte alphabet: literal text
        return piece.encode(errors="replace")


# The fast path


def _cut(config: Json) -> tuple[str, bool] | None:
    """Return the regular expression that cuts text and whether a space is put before it."""
    step = config["pre_tokenizer"] or {}
    steps = step.get("pretokenizers", [step]) if step else []
    if not steps or steps[-1].get("type") != "ByteLevel":
        return None
    last = steps[-1]
    prefix = bool(last.get("add_prefix_space"))
    if len(steps) == 1 and last.get("use_regex", True):
        return PATTERNS["gpt2"], prefix
    if len(steps) != 2 or last.get("use_regex", True) or prefix:
        return None
    split = steps[0]
    whole = split.get("behavior") == "Isolated" and not split.get("invert")
    pattern = (split.get("pattern") or {}).get("Regex")
    return (pattern, False) if split.get("type") == "Split" and whole and pattern else None


def _unsuited(config: Json) -> str:
    """Return why only the library can encode; empty where the fast path may."""
    model, normalizer = config["model"], config["normalizer"]
    matched = [token for token in config["added_tokens"] if not token["special"]]
    if model["type"] != "BPE" or _cut(config) is None:
        return "the library: not byte-level BPE cut by one regular expression"
    if any(model.get(key) for key in ("dropout", "byte_fallback", "ignore_merges")):
        return "the library: the model uses dropout, byte fallback or ignore_merges"
    if any(model.get(key) for key in ("continuing_subword_prefix", "end_of_word_suffix")):
        return "the library: the model marks the parts of words"
    if normalizer and normalizer["type"] not in _COMPOSITIONS:
        return "the library: its normalizer is more than a Unicode normal form"
    if any(token[key] for token in matched for key in ("lstrip", "rstrip", "single_word")):
        return "the library: added tokens take white space or whole words with them"
    unnormalized = normalizer and not all(token["normalized"] for token in matched)
    if matched and (unnormalized or _cut(config)[1]):  # type: ignore[index]
        return "the library: added tokens are found before the text is normalised"
    return ""


def _fast_path(
    library: tokenizers.Tokenizer, config: Json, vocabulary: Vocabulary
) -> tuple[FastPath | None, str]:
    pattern, prefix = cast(tuple[str, bool], _cut(config))
    ids = _ranked_ids(library, config["model"])
    if ids is None:
        return None, "the library: two merges make one token"
    tokens = [vocabulary[token] for token in ids]
    ranks = {token: rank for rank, token in enumerate(tokens)}
    if len(ranks) < len(tokens) or missing_bytes(ranks):
        return None, "the library: a single byte is missing or two tokens spell the same"
    added = {
        token["content"]: token["id"] for token in config["added_tokens"] if not token["special"]
    }
    normalizer = library.normalizer
    if normalizer and any(normalizer.normalize_str(text) != text for text in added):
        return None, "the library: an added token is not normalised"
    try:
        encoder = RankEncoder.of(pattern, ranks, ids, added=added)
    except ValueError:
        return None, "the library: its regular expression is not one that tiktoken reads"
    return FastPath(encoder, normalizer, prefix), "tiktoken's core, its ids mapped back"


def _ranked_ids(library: tokenizers.Tokenizer, model: Json) -> list[int] | None:
    """Return ids in the order of their ranks: single bytes, then products in the order of merges.

    None where two merges have one product. Products that the model does not arrive at when it is
    given them alone come up nowhere else either, and have no rank.
    """
    vocabulary = model["vocab"]
    products = ["".join(merge) for merge in model["merges"]]
    if len(set(products)) < len(products):
        return None
    bare = tokenizers.Tokenizer(library.model)
    reached = [
        vocabulary[product]
        for product, encoding in zip(products, bare.encode_batch_fast(products), strict=True)
        if encoding.ids == [vocabulary[product]]
    ]
    singles = [vocabulary[char] for char in map(chr, byte_alphabet()) if char in vocabulary]
    return singles + reached
