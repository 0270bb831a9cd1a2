"""The kinds of tokenizer that GGUF files hold, each built so that it gives llama.cpp's ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.bytelevel import byte_level_bpe, split_at
from tokscope.tokenizers.greedy import GreedyTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import (
    LibraryAddedToken,
    LibraryTokenizer,
    Regex,
    decoders,
    encode,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.llamacpp import CONTROL_BY_TEXT, CUTS, Cut
from tokscope.tokenizers.merges import merges_of
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.sentencepiece import Find, SentencePieceTokenizer, of_model
from tokscope.tokenizers.tiktoken import named_pattern
from tokscope.tokenizers.unigram import Parts, model_of
from tokscope.tokenizers.vocabulary import CONTROL, DEFINED, NORMAL, SPACE, UNKNOWN

_WHOLE = ("llama3", "tekken", "glm4")  # patterns of tokenizers that look pretokens up whole
_DEFAULTED = "the file does not say how text is cut; it is cut by llama.cpp's default"


def flag(ours: Mapping[str, Any], name: str, path: Path, *, usual: bool) -> bool:
    """Return a setting that is true or false.

    Raises:
        TokscopeError: it is neither.
    """
    value = ours.get(name, usual)
    if not isinstance(value, bool):
        raise TokscopeError(f"{path}: tokenizer.ggml.{name} is neither true nor false")
    return value


def _of_kind(metadata: Mapping[str, Any], kind: int) -> list[str]:
    """Return the tokens of a kind; the text of some decides it, as in llama.cpp."""
    kinds: Sequence[int] = metadata.get("token_type", ())
    pairs = zip(metadata["tokens"], kinds, strict=False)
    if kind == CONTROL:
        return [t for t, k in pairs if k == kind or (k == DEFINED and t in CONTROL_BY_TEXT)]
    return [t for t, k in pairs if k == kind and t not in CONTROL_BY_TEXT]


def _cut_of(metadata: Mapping[str, Any], spec: Spec, path: Path) -> tuple[Cut, str]:
    """Return how text is cut, and what was assumed for it."""
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
        f"{path}: how it cuts text, '{pre}', is not known; end the path with ?pattern=NAME, "
        f"where NAME is one of {', '.join(PATTERNS)}, or with ?pattern-file=PATH, a file that "
        "holds the expression"
    )


def _named_cut(spec: Spec, own: Cut | None) -> Cut | None:
    """Return the cut that a user names: a pattern, or one of llama.cpp's names."""
    if spec.pattern in CUTS and spec.pattern not in PATTERNS:
        return CUTS[spec.pattern]
    pattern = named_pattern(spec, PATTERNS, Regex)
    whole = own.whole if own else spec.pattern in _WHOLE
    return Cut((pattern,), whole, own.spelled if own else True) if pattern else None


def _byte_pairs(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    cut, said = _cut_of(metadata, spec, path)
    tokens = [token or f"[EMPTY_{i}]" for i, token in enumerate(metadata["tokens"])]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    if len(vocabulary) < len(tokens):
        raise TokscopeError(f"{path}: two tokens are the same")
    merges = list(dict.fromkeys(map(_split_merge, metadata["merges"])))  # the first rank counts
    specials = [*_of_kind(metadata, UNKNOWN), *_of_kind(metadata, CONTROL)]
    added = _of_kind(metadata, DEFINED)
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
) -> LibraryTokenizer:
    """Build BPE of characters, ▁ for spaces, and bytes where a character is missing: Gemma 4."""
    model = models.BPE(dict(vocabulary), list(merges), byte_fallback=True)
    library = LibraryTokenizer(model)
    library.normalizer = normalizers.Replace(" ", SPACE)
    library.pre_tokenizer = pre_tokenizers.Sequence(list(map(split_at, cut.expressions)))
    library.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return library


def _sentencepiece_style(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    pieces, scores = metadata["tokens"], metadata["scores"]
    unknown = pieces[metadata.get("unknown_token_id", 0)]
    merges = merges_of(pieces, scores, metadata.get("token_type", ()))
    model = models.BPE(
        {piece: i for i, piece in enumerate(pieces)},
        merges,
        unk_token=unknown,
        fuse_unk=True,
        byte_fallback=True,
    )
    library = LibraryTokenizer(model)
    parts = normalizers
    steps: list[parts.Normalizer] = [parts.Replace(" ", SPACE)]
    ends = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if flag(metadata, "add_space_prefix", path, usual=True):
        steps.insert(0, parts.Prepend(SPACE))
        ends.append(decoders.Strip(" ", 1, 0))
    library.normalizer = parts.Sequence(steps)
    library.decoder = decoders.Sequence(ends)
    library.add_special_tokens([*_of_kind(metadata, UNKNOWN), *_of_kind(metadata, CONTROL)])
    library.add_tokens(_found_as_written(_of_kind(metadata, DEFINED)))
    made = assemble(library, name, str(path))
    products = {left + right for left, right in merges}
    tied = len(products) - len({s for p, s in zip(pieces, scores, strict=True) if p in products})
    if not tied:
        return made
    return replace(made, assumed=f"{tied:,} tied scores merge in order of ids")


def _unigram(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> SentencePieceTokenizer:
    """Let SentencePiece encode, which agrees with llama.cpp; users' tokens are found first."""
    pieces = metadata["tokens"]
    kinds = list(metadata.get("token_type") or [NORMAL] * len(pieces))
    unknown = int(metadata.get("unknown_token_id", 2))
    if not 0 <= unknown < len(pieces) or len(kinds) != len(pieces):
        raise TokscopeError(f"{path}: its unknown token, or the kinds of its tokens, do not fit")
    kinds = [CONTROL if kind == UNKNOWN else kind for kind in kinds]  # there can be one
    kinds[unknown] = UNKNOWN
    charsmap = bytes(byte & 0xFF for byte in metadata.get("precompiled_charsmap", ()))
    model = model_of(
        Parts(
            pieces,
            metadata["scores"],
            kinds,
            unknown,
            charsmap,
            prefix=flag(metadata, "add_space_prefix", path, usual=False),
            merges_spaces=flag(metadata, "remove_extra_whitespaces", path, usual=False),
        )
    )
    ids = {piece: i for i, piece in enumerate(pieces)}
    added = {piece: ids[piece] for piece in _of_kind(metadata, DEFINED)}
    return replace(of_model(model, name), literal=added, find=_finder(added))


def _finder(added: Iterable[str]) -> Find:
    """Return what finds added tokens, the longest first, in time that does not grow with them."""
    library = LibraryTokenizer(models.BPE({}, []))
    library.add_tokens(_found_as_written(list(added)))
    return lambda text: encode(library, [text])[0].offsets if added else ()


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


def _bert_normalizer(*, lowercase: bool, strips: bool) -> normalizers.Normalizer:
    """Return llama.cpp's way: it keeps only the first part of a character's decomposition.

    So a Hangul syllable becomes its first consonant. Marks of all kinds are removed, not only
    those without width, and so are control characters and those without width.
    """
    parts = normalizers

    def replaced(expression: str, by: str) -> normalizers.Normalizer:
        return parts.Replace(Regex(expression), by)

    steps = [replaced(syllables, first) for syllables, first in _SYLLABLES] if strips else []
    steps += [parts.NFD()] if strips else []
    steps.append(replaced(r"(?!\s)[\p{Cc}\p{Cf}\p{Co}\uFFFD]", ""))
    steps += [replaced(r"\p{M}", "")] if strips else []
    steps += [parts.Replace("İ", "i"), parts.Lowercase()] if lowercase else []
    return parts.Sequence(steps)


def _wordpiece(
    metadata: Mapping[str, Any], name: str, spec: Spec, path: Path
) -> HuggingFaceTokenizer:
    """Spell tokens as `vocab.txt` does: GGUF marks only the starts of words, by ▁."""
    specials = [*_of_kind(metadata, UNKNOWN), *_of_kind(metadata, CONTROL)]
    bracketed = (t for t in metadata["tokens"] if t.startswith("[") and t.endswith("]"))
    known = {*specials, *bracketed, *_of_kind(metadata, DEFINED)}
    pieces = [
        token if token in known else token[1:] if token[:1] == SPACE else f"##{token}"
        for token in metadata["tokens"]
    ]
    unknown = int(metadata.get("unknown_token_id", 100))
    if len(set(pieces)) < len(pieces) or not 0 <= unknown < len(pieces):
        raise TokscopeError(f"{path}: two tokens are the same, or the unknown token is missing")
    model = models.WordPiece(
        {piece: i for i, piece in enumerate(pieces)},
        unk_token=pieces[unknown],
        max_input_chars_per_word=_LONGEST_WORD,
    )
    lowercase = flag(metadata, "normalizer.lowercase", path, usual=True)
    strips = flag(metadata, "normalizer.strip_accents", path, usual=lowercase)
    library = LibraryTokenizer(model)
    library.normalizer = _bert_normalizer(lowercase=lowercase, strips=strips)
    steps = pre_tokenizers
    library.pre_tokenizer = steps.Sequence(
        [steps.Split(Regex(r"\s+"), "removed"), split_at(_ALONE)]
    )
    library.decoder = decoders.WordPiece()
    library.add_special_tokens(specials)
    library.add_tokens(_found_as_written(_of_kind(metadata, DEFINED)))
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


def _found_as_written(texts: Sequence[str]) -> list[LibraryAddedToken]:
    return [LibraryAddedToken(text, normalized=False) for text in texts]


class Kind(NamedTuple):
    """A kind of tokenizer: the lists that a file must hold, and what builds it from them."""

    needs: tuple[str, ...]
    build: Callable[[Mapping[str, Any], str, Spec, Path], Tokenizer]


# what `tokenizer.ggml.model` says -> the kind
KINDS: Mapping[str, Kind] = {
    "gpt2": Kind(("tokens", "merges"), _byte_pairs),
    "gemma4": Kind(("tokens", "merges"), _byte_pairs),
    "llama": Kind(("tokens", "scores"), _sentencepiece_style),
    "t5": Kind(("tokens", "scores"), _unigram),
    "bert": Kind(("tokens",), _wordpiece),
    "rwkv": Kind(("tokens",), _longest_match),
}
