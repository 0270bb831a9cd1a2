"""GGUF model files: the tokenizer in their header; the tensors behind it are never read.

The format is that of ggml's `docs/gguf.md`. Ids are those that llama.cpp gives: what
`tokenizer.ggml.pre` names is cut as it cuts it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, cast

import tokenizers

from tokscope.errors import TokscopeError, blaming, path_of, shortened
from tokscope.reading import MOST, require_regular, steady
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.bytelevel import byte_level_bpe, split_at
from tokscope.tokenizers.components import TEMPLATE, canonical, described, digest_of, short
from tokscope.tokenizers.frame import Frame, framed
from tokscope.tokenizers.greedy import GreedyTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.limits import IDS, require_sizes
from tokscope.tokenizers.llamacpp import ALWAYS_BEGUN, BEGUN, CONTROL_BY_TEXT, CUTS, Cut
from tokscope.tokenizers.rest import REST, is_left_out, rest
from tokscope.tokenizers.sentencepiece import Find, SentencePieceTokenizer, of_model
from tokscope.tokenizers.tiktoken import PATTERNS, named_pattern
from tokscope.tokenizers.unigram import Parts, model_of

_NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_MOST_KEYS, _MOST_VALUES = 10_000, 2 * IDS  # of a header, and of an array
_OURS = "tokenizer."  # how the names of what is about the tokenizer begin
_TAKEN = ("post_processor", "truncation", "padding", "dropout")  # names of other parts
_NORMAL, _UNKNOWN, _CONTROL, _USER, _BYTE = 1, 2, 3, 4, 6  # kinds of token
# kind of tokenizer -> the lists that it needs
_NEEDED = {
    "gpt2": ("tokens", "merges"),
    "gemma4": ("tokens", "merges"),
    "llama": ("tokens", "scores"),
    "t5": ("tokens", "scores"),
    "bert": ("tokens",),
    "rwkv": ("tokens",),
}
_WHOLE = ("llama3", "tekken", "glm4")  # patterns of tokenizers that look pretokens up whole
_MOSTLY = 32_000_000  # bytes that a header has at most, mostly
_DEFAULTED = "the file does not say how text is cut; it is cut by llama.cpp's default"


@dataclass
class _Header:
    """A place in the file, moving on with every value read."""

    data: bytes
    at: int = 0

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(f"<{kind}", self.data, self.at)
        self.at += struct.calcsize(f"<{kind}")
        return value

    def string(self) -> str:
        size = self.number("Q")
        if size > len(self.data) - self.at:
            raise ValueError("a string is longer than the file")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.number(_NUMBERS[kind])
        inner, count = self.number("I"), self.number("Q")
        if depth or count > min(len(self.data) - self.at, _MOST_VALUES):
            raise ValueError("an array is longer than the file, or than any")
        if inner in _NUMBERS:
            numbers = struct.unpack_from(f"<{count}{_NUMBERS[inner]}", self.data, self.at)
            self.at += struct.calcsize(f"<{count}{_NUMBERS[inner]}")
            return numbers
        return [self.value(inner, depth + 1) for _ in range(count)]


def read_metadata(data: bytes, hashes: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the keys and values of a GGUF header, versions 2 and 3.

    Texts may be no UTF-8, so that what is made of them is not all: `hashes` gets those of bytes.

    Raises:
        ValueError, KeyError, struct.error: the header is broken.
    """
    if data[:4] != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    header = _Header(data, 4)
    if header.number("I") not in (2, 3):
        raise ValueError("only versions 2 and 3 are known")
    header.number("Q")  # tensors
    metadata = {}
    count = header.number("Q")
    if count > _MOST_KEYS:
        raise ValueError(f"{count:,} keys, and no more than {_MOST_KEYS:,} are read")
    for _ in range(count):
        name = header.string()
        if name in metadata:
            raise ValueError(f"'{shortened(name)}' stands there twice")
        kind, start = header.number("I"), header.at
        value = header.value(kind)
        strings = kind in (_STRING, _ARRAY) and not isinstance(value, tuple)
        metadata[name] = value
        if hashes is not None and strings:
            hashes[name] = sha256(data[start : header.at]).hexdigest()
    return metadata


def load_file(spec: Spec) -> Tokenizer:
    """Load the tokenizer of a GGUF file; `?pattern=NAME` says how text is cut if the file does not.

    Raises:
        TokscopeError: the file cannot be read, or its tokenizer is of a kind that is not known.
    """
    path, hashes = path_of(spec.place), dict[str, str]()
    try:
        require_regular(path)
        with steady(path) as stream:
            metadata = _metadata(stream, hashes)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, struct.error, OverflowError, MemoryError) as error:
        raise TokscopeError(f"{path}: not a GGUF file that can be read ({error})") from error
    ours = _checked(metadata, spec, path)
    with blaming(f"{path}: its tokenizer cannot be built"):
        name = spec.label or path.stem
        made: Any = _MODELS[str(ours["model"])](ours, name, spec, path)  # a dataclass
        made = replace(made, around=_around(metadata, hashes))
        return _framed(cast(Tokenizer, made), ours, path)


def _checked(metadata: Mapping[str, Any], spec: Spec, path: Path) -> Mapping[str, Any]:
    """Return what a header says of a tokenizer, if it says enough.

    Raises:
        TokscopeError: it lacks something, or is of a kind that is not known.
    """
    ours = {
        name.removeprefix("tokenizer.ggml."): value
        for name, value in metadata.items()
        if name.startswith("tokenizer.ggml.")
    }
    if "tokens" not in ours:
        raise TokscopeError(f"{path}: this GGUF file holds no tokenizer")
    model = str(ours.get("model"))
    if model not in _MODELS:
        raise TokscopeError(
            f"{path}: its kind of tokenizer, '{shortened(model)}', is not one that is known "
            f"({', '.join(_MODELS)}); load the files that the model was made from"
        )
    if (spec.pattern or spec.pattern_file) and model != "gpt2":
        option = "pattern" if spec.pattern else "pattern-file"
        raise TokscopeError(f"{path}: its tokenizer has no pattern; leave ?{option}= away")
    for key in _NEEDED[model]:
        if not isinstance(ours.get(key), list | tuple) or not ours[key]:
            raise TokscopeError(f"{path}: tokenizer.ggml.{key} is missing or no list")
    require_sizes(map(str, ours["tokens"]), str(path))
    if len(ours.get("scores", ours["tokens"])) != len(ours["tokens"]):
        raise TokscopeError(f"{path}: there are more tokens than scores, or fewer")
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
    """Return what special token begins a text, and what ends it; empty for none."""
    model, pre = str(ours["model"]), str(ours.get("pre"))
    begins = _flag(
        ours, "add_bos_token", path, usual=model == "llama" or (model == "gpt2" and pre in BEGUN)
    )
    ends = _flag(ours, "add_eos_token", path, usual=model == "t5")
    if model == "bert":
        return "bos", "seperator"  # as the key is spelled
    if model == "rwkv":
        return "", ""
    always = model == "gemma4" or (model == "gpt2" and pre in ALWAYS_BEGUN)
    return "bos" * (begins or always), "eos" * ends


def _flag(ours: Mapping[str, Any], name: str, path: Path, *, usual: bool) -> bool:
    value = ours.get(name, usual)
    if not isinstance(value, bool):
        raise TokscopeError(f"{path}: tokenizer.ggml.{name} is neither true nor false")
    return value


def _special(ours: Mapping[str, Any], role: str) -> int | None:
    """Return the id of a special token, the usual one where the file's own is none."""
    size = len(ours["tokens"])
    usual = _IDS.get(str(ours["model"]), {}).get(role)
    for number in (ours.get(f"{role}_token_id"), usual):
        if type(number) is int and 0 <= number < size:
            return number
    return None


def _metadata(stream: BinaryIO, hashes: dict[str, str]) -> dict[str, Any]:
    """Return the header of a file, of which it is the beginning, and mostly a small one.

    It is not mapped: a file that is cut then would end the process.
    """
    try:
        return read_metadata(stream.read(_MOSTLY), hashes)
    except (ValueError, struct.error):
        if not stream.read(1):
            raise
    hashes.clear()
    stream.seek(0)
    return read_metadata(stream.read(MOST), hashes)


def _around(metadata: Mapping[str, Any], hashes: Mapping[str, str]) -> dict[str, str]:
    """Return all that the header says of a tokenizer, and what it says of nothing that is known."""
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
    """Return a value; lists by a hash, and so templates, what is long, and what is no UTF-8."""
    if isinstance(value, tuple):
        return canonical({"size": len(value), "sha256": digest_of(value)})
    if isinstance(value, list):
        return canonical({"size": len(value), "sha256": digest})
    if isinstance(value, str) and "\ufffd" in value:
        return canonical({"characters": len(value), "sha256": digest})
    return described(value) if template and isinstance(value, str) else short(value)


def _of_kind(metadata: Mapping[str, Any], kind: int) -> list[str]:
    """Return the tokens of a kind. Some are what they are by their text, as in llama.cpp."""
    kinds: Sequence[int] = metadata.get("token_type", ())
    pairs = zip(metadata["tokens"], kinds, strict=False)
    if kind == _CONTROL:
        return [t for t, k in pairs if k == kind or (k == _USER and t in CONTROL_BY_TEXT)]
    return [t for t, k in pairs if k == kind and t not in CONTROL_BY_TEXT]


def _cut_of(metadata: Mapping[str, Any], spec: Spec, path: Path) -> tuple[Cut, str]:
    """Return how text is cut, and what is to be said of it."""
    pre = str(metadata.get("pre") or "default")
    pre = "gemma4" if metadata["model"] == "gemma4" else pre
    own, named = CUTS.get(pre), _named_cut(spec, CUTS.get(pre))
    if named is not None:
        if own is None or own.expressions == named.expressions:
            return named, ""
        given = spec.pattern or spec.pattern_file
        return named, f"cut by {given}, though the file itself says '{pre}'"
    if own is not None:
        return own, _DEFAULTED if pre == "default" else ""
    raise TokscopeError(
        f"{path}: how it cuts text, '{pre}', is not one that is known; end the path with "
        f"?pattern=NAME, NAME one of {', '.join(PATTERNS)}, or with ?pattern-file=PATH, a file "
        "that holds the expression"
    )


def _named_cut(spec: Spec, own: Cut | None) -> Cut | None:
    """Return the cut that a user names: a pattern, or one of llama.cpp's names."""
    if spec.pattern in CUTS and spec.pattern not in PATTERNS:
        return CUTS[spec.pattern]
    pattern = named_pattern(spec, PATTERNS, tokenizers.Regex)
    whole = own.whole if own else spec.pattern in _WHOLE
    return Cut((pattern,), whole, own.spelled if own else True) if pattern else None


def _byte_pairs(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    cut, said = _cut_of(metadata, spec, path)
    tokens = [token or f"[EMPTY_{i}]" for i, token in enumerate(metadata["tokens"])]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    if len(vocabulary) < len(tokens):
        raise TokscopeError(f"{path}: two tokens are written alike")
    merges = list(dict.fromkeys(map(_split_merge, metadata["merges"])))  # the first rank counts
    specials = [*_of_kind(metadata, _UNKNOWN), *_of_kind(metadata, _CONTROL)]
    added = _of_kind(metadata, _USER)
    if cut.spelled:
        made = byte_level_bpe(
            vocabulary,
            merges,
            name,
            str(path),
            cuts=cut.expressions,
            whole=cut.whole,
            drops=True,
            specials=specials,
            added=added,
        )
    else:
        library = _in_characters(vocabulary, merges, cut)
        library.add_special_tokens(specials)
        library.add_tokens(_found_as_written(added))
        made = assemble(library, name, str(path))
    return replace(made, assumed=said)


def _split_merge(merge: str) -> tuple[str, str]:
    """Split a merge at its first space; what is merged may begin with one."""
    at = merge.find(" ", 1)
    return (merge[:at], merge[at + 1 :]) if at > 0 else ("", "")


def _in_characters(
    vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]], cut: Cut
) -> tokenizers.Tokenizer:
    """Build BPE of characters, ▁ for spaces, and bytes where a character is missing: Gemma 4."""
    model = tokenizers.models.BPE(dict(vocabulary), list(merges), byte_fallback=True)
    library = tokenizers.Tokenizer(model)
    decoders = tokenizers.decoders
    library.normalizer = tokenizers.normalizers.Replace(" ", "▁")
    library.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(list(map(split_at, cut.expressions)))
    library.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return library


def merges_of(
    pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int] = ()
) -> list[tuple[str, str]]:
    """Return the merges that a SentencePiece BPE vocabulary stands for, as Hugging Face lists them.

    Every split of a piece into two pieces is a merge; higher scores come first, then earlier
    pieces, then the splits of one piece by the ids of their parts. Control, unknown and byte
    pieces are neither made nor merged.
    """
    ids = {
        piece: i
        for i, (piece, kind) in enumerate(zip_longest(pieces, kinds))
        if kind not in (_UNKNOWN, _CONTROL, _BYTE)
    }
    order = sorted(ids.values(), key=lambda i: -scores[i])
    merges = []
    for i in order:
        piece = pieces[i]
        splits = ((piece[:k], piece[k:]) for k in range(1, len(piece)))
        known = [(a, b) for a, b in splits if a in ids and b in ids]
        merges += sorted(known, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    return merges


def _sentencepiece_style(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    pieces, scores = metadata["tokens"], metadata["scores"]
    unknown = pieces[metadata.get("unknown_token_id", 0)]
    merges = merges_of(pieces, scores, metadata.get("token_type", ()))
    model = tokenizers.models.BPE(
        {piece: i for i, piece in enumerate(pieces)},
        merges,
        unk_token=unknown,
        fuse_unk=True,
        byte_fallback=True,
    )
    library = tokenizers.Tokenizer(model)
    parts, decoders = tokenizers.normalizers, tokenizers.decoders
    steps: list[parts.Normalizer] = [parts.Replace(" ", "▁")]
    ends = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if _flag(metadata, "add_space_prefix", path, usual=True):
        steps.insert(0, parts.Prepend("▁"))
        ends.append(decoders.Strip(" ", 1, 0))
    library.normalizer = parts.Sequence(steps)
    library.decoder = decoders.Sequence(ends)
    library.add_special_tokens([*_of_kind(metadata, _UNKNOWN), *_of_kind(metadata, _CONTROL)])
    library.add_tokens(_found_as_written(_of_kind(metadata, _USER)))
    made = assemble(library, name, str(path))
    products = {left + right for left, right in merges}
    tied = len(products) - len({s for p, s in zip(pieces, scores, strict=True) if p in products})
    if not tied:
        return made
    return replace(made, assumed=f"{tied:,} tied scores merge in order of ids")


def _unigram(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> SentencePieceTokenizer:
    """Let SentencePiece do what llama.cpp does as it does; users' tokens are found before."""
    pieces = metadata["tokens"]
    kinds = list(metadata.get("token_type") or [_NORMAL] * len(pieces))
    unknown = int(metadata.get("unknown_token_id", 2))
    if not 0 <= unknown < len(pieces) or len(kinds) != len(pieces):
        raise TokscopeError(f"{path}: its unknown token, or the kinds of its tokens, do not fit")
    kinds = [_CONTROL if kind == _UNKNOWN else kind for kind in kinds]  # there can be one
    kinds[unknown] = _UNKNOWN
    charsmap = bytes(byte & 0xFF for byte in metadata.get("precompiled_charsmap", ()))
    model = model_of(
        Parts(
            pieces,
            metadata["scores"],
            kinds,
            unknown,
            charsmap,
            prefix=_flag(metadata, "add_space_prefix", path, usual=False),
            merges_spaces=_flag(metadata, "remove_extra_whitespaces", path, usual=False),
        )
    )
    ids = {piece: i for i, piece in enumerate(pieces)}
    added = {piece: ids[piece] for piece in _of_kind(metadata, _USER)}
    return replace(of_model(model, name), added=added, find=_finder(added))


def _finder(added: Iterable[str]) -> Find:
    """Return what finds added tokens, the longest first, in time that does not grow with them."""
    library = tokenizers.Tokenizer(tokenizers.models.BPE({}, []))
    library.add_tokens(_found_as_written(list(added)))
    return lambda text: library.encode(text).offsets if added else ()


# Hangul syllables by the consonant that they begin with: 588 for each.
_SYLLABLES = [
    (rf"[{chr(first)}-{chr(first + 587)}]", chr(0x1100 + i))
    for i, first in enumerate(range(0xAC00, 0xD7A4, 588))
]
_CHINESE = (
    "\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b920-\U0002ceaf\uf900-\ufaff\U0002f800-\U0002fa1f"
)
_ALONE = rf"[\p{{P}}$+<=>\^`|~{_CHINESE}]"  # a word of its own
_LONGEST_WORD = 4_000  # characters; the library takes seconds for a longer one


def _bert_normalizer(*, lowercase: bool, strips: bool) -> tokenizers.normalizers.Normalizer:
    """Return llama.cpp's way: of a character's decomposition the first part alone is kept.

    So a Hangul syllable is its first consonant. Marks of all kinds go, not only those without
    width, and so do controls and what has no width.
    """
    parts = tokenizers.normalizers

    def replaced(expression: str, by: str) -> tokenizers.normalizers.Normalizer:
        return parts.Replace(tokenizers.Regex(expression), by)

    steps = [replaced(syllables, first) for syllables, first in _SYLLABLES] if strips else []
    steps += [parts.NFD()] if strips else []
    steps.append(replaced(r"(?!\s)[\p{Cc}\p{Cf}\p{Co}\uFFFD]", ""))
    steps += [replaced(r"\p{M}", "")] if strips else []
    steps += [parts.Replace("İ", "i"), parts.Lowercase()] if lowercase else []
    return parts.Sequence(steps)


def _wordpiece(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    """Spell tokens as `vocab.txt` does: GGUF marks the starts of words, by ▁, and not the rest."""
    specials = [*_of_kind(metadata, _UNKNOWN), *_of_kind(metadata, _CONTROL)]
    bracketed = (t for t in metadata["tokens"] if t.startswith("[") and t.endswith("]"))
    known = {*specials, *bracketed, *_of_kind(metadata, _USER)}
    pieces = [
        token if token in known else token[1:] if token[:1] == "▁" else f"##{token}"
        for token in metadata["tokens"]
    ]
    unknown = int(metadata.get("unknown_token_id", 100))
    if len(set(pieces)) < len(pieces) or not 0 <= unknown < len(pieces):
        raise TokscopeError(f"{path}: two tokens are written alike, or there is no unknown token")
    model = tokenizers.models.WordPiece(
        {piece: i for i, piece in enumerate(pieces)},
        unk_token=pieces[unknown],
        max_input_chars_per_word=_LONGEST_WORD,
    )
    lowercase = _flag(metadata, "normalizer.lowercase", path, usual=True)
    strips = _flag(metadata, "normalizer.strip_accents", path, usual=lowercase)
    library = tokenizers.Tokenizer(model)
    library.normalizer = _bert_normalizer(lowercase=lowercase, strips=strips)
    steps = tokenizers.pre_tokenizers
    library.pre_tokenizer = steps.Sequence(
        [steps.Split(tokenizers.Regex(r"\s+"), "removed"), split_at(_ALONE)]
    )
    library.decoder = tokenizers.decoders.WordPiece()
    library.add_special_tokens(specials)
    library.add_tokens(_found_as_written(_of_kind(metadata, _USER)))
    case = "lowercased" if lowercase else "cased"
    longest = f"words of over {_LONGEST_WORD:,} characters are unknown"
    made = assemble(library, name, str(path))
    return replace(made, assumed=f"normalized as by llama.cpp, {case}; {longest}")


_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def _unescaped(token: str) -> bytes:
    """Return the bytes of a token of RWKV, which are written as Python writes them."""

    def byte(match: re.Match[bytes]) -> bytes:
        sign = match[1]
        return bytes([int(sign[1:], 16)]) if len(sign) > 1 else _ESCAPED.get(sign, sign)

    return _ESCAPE.sub(byte, token.encode())


def _longest_match(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> GreedyTokenizer:
    """Find all tokens in text, control tokens too, as llama.cpp does."""
    ids = {_unescaped(token): i for i, token in enumerate(metadata["tokens"]) if token}
    return GreedyTokenizer.of(name, ids, str(path))


def _found_as_written(texts: Sequence[str]) -> list[tokenizers.AddedToken]:
    return [tokenizers.AddedToken(text, normalized=False) for text in texts]


_MODELS: Mapping[str, Callable[[Mapping[str, Any], str, Spec, Path], Tokenizer]] = {
    "gpt2": _byte_pairs,
    "gemma4": _byte_pairs,
    "llama": _sentencepiece_style,
    "t5": _unigram,
    "bert": _wordpiece,
    "rwkv": _longest_match,
}
