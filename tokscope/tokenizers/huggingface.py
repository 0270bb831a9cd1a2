"""Hugging Face `tokenizer.json`: the library, or the fast path where it gives the same ids.

Folders that hold the parts of a tokenizer instead of the whole are put together here too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, UnitError, choose, path_of, require_of_library
from tokscope.tokenizers import Encoded, Spec, Tokenizer, sentencepiece
from tokscope.tokenizers.bpe import (
    byte_alphabet,
    from_alphabet,
    long_spaces,
    require_all_bytes,
)
from tokscope.tokenizers.components import canonical, digest, fingerprint
from tokscope.tokenizers.cutting import Cutter, classes_of_library, with_gaps
from tokscope.tokenizers.fastpath import PROBES, FastPath, cut_pattern, fast_path, unsuited
from tokscope.tokenizers.hub import hub_file
from tokscope.tokenizers.merges import (
    Marks,
    Merges,
    learned,
    listed,
    require_some,
    require_training_order,
)
from tokscope.tokenizers.pipeline import Pipeline, cut_at_spaces
from tokscope.tokenizers.tiktoken import PATTERNS
from tokscope.tokenizers.vocabulary import Vocabulary

Json = dict[str, Any]
# What a folder is searched for, the whole before the parts.
FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
# The core reads {1,3}+ as a count that gives nothing back, the library as a count that is repeated.
# No known expression goes on after it, so that there is nothing to give back, and the + is dropped.
_POSSESSIVE = re.compile(r"(\{\d+(?:,\d*)?\})\+")
_MARKED = re.compile(r'"continuing_subword_prefix"\s*:\s*"[^"]')
_FALLBACK = re.compile(r"<0x[0-9A-F]{2}>")


@dataclass(frozen=True)
class HuggingFaceTokenizer:
    """A `tokenizers.Tokenizer` that pads, truncates and adds nothing."""

    name: str
    vocabulary: Vocabulary
    library: tokenizers.Tokenizer
    config: Json
    assumed: str = ""  # what the file leaves open

    @cached_property
    def _way(self) -> tuple[FastPath | None, str]:
        """The fast path where it gives the same ids, and what encodes; made when first needed."""
        why = unsuited(self.config)
        if why:
            return None, why
        fast, why = fast_path(self.library, self.config)
        if fast is None or self._agrees(fast):
            return fast, why
        return None, "the library: the fast path gives other ids on the probe texts"

    @property
    def fast(self) -> FastPath | None:
        """What encodes faster than the library, if anything does."""
        return self._way[0]

    @property
    def path(self) -> str:
        """What encodes, and why; what was assumed."""
        return f"{self._way[1]}; assumed: {self.assumed}" if self.assumed else self._way[1]

    @property
    def family(self) -> str:
        """The kind of model, and how it spells bytes."""
        model = self.config["model"]
        if model["type"] != "BPE":
            return str(model["type"])
        if "ByteLevel" in _types(self.config):
            return "byte-level BPE"
        return "BPE with byte fallback" if model.get("byte_fallback") else "BPE"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; vocabulary and merges as their hashes."""
        model = self.config["model"]
        settings = {k: v for k, v in model.items() if k not in ("vocab", "merges")}
        parts = {k: self.config[k] for k in ("normalizer", "pre_tokenizer", "decoder")}
        parts |= {"added_tokens": self.config["added_tokens"], "model": settings}
        entries = model["vocab"]
        if isinstance(entries, dict):
            entries = sorted(entries.items(), key=lambda entry: entry[1])
        parts["vocabulary"] = {"size": len(entries), "sha256": digest(map(canonical, entries))}
        if "merges" in model:
            merges = model["merges"]
            parts["merges"] = {"size": len(merges), "sha256": digest(map(canonical, merges))}
        return {name: canonical(part) for name, part in parts.items()}

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged.

        Raises:
            TokscopeError: the model has no order of merges.
        """
        bytewise = "ByteLevel" in _types(self.config)
        merges = require_some(self._merges(bytewise), self.name)
        pattern = cut_pattern(self.config) if bytewise else None
        if pattern:
            cutter = Cutter(with_gaps(pattern), classes_of_library)
            return Pipeline(_Prepared(self.library, cutter), merges)
        if bytewise:
            table = byte_alphabet()
            return Pipeline(
                _Prepared(self.library), merges, spell=lambda word: from_alphabet(word, table)
            )
        at = None if merges.marks else cut_at_spaces(merges)  # where there are, a cut ends a word
        return Pipeline(_Prepared(self.library, at=at), merges, line_feeds=False)

    def _merges(self, bytewise: bool) -> Merges:
        """Return the merges that the model lists, or that its ids tell by their order."""
        model = self.config["model"]
        kind, entries = model["type"], model["vocab"]
        if kind not in ("BPE", "WordPiece"):
            raise TokscopeError(f"{self.name}: {_NO_MERGES.get(kind, 'it has no merges')}")
        ends = (model.get("continuing_subword_prefix"), model.get("end_of_word_suffix"))
        marks = Marks(*((mark or "").encode() for mark in ends))
        spell = partial(_bytes, marks=marks, bytewise=bytewise)
        others = {*self.vocabulary.specials, model.get("unk_token")}
        pieces = [spell(piece) for piece in sorted(entries, key=entries.get) if piece not in others]
        if kind == "WordPiece":
            merges = learned(pieces, bytewise=bytewise, marks=marks)
            return require_training_order(merges, self.name)
        pairs = [(spell(left), spell(right)) for left, right in model["merges"]]
        return listed(pairs, bytewise=bytewise, pieces=pieces, marks=marks)

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text, equal to the library's."""
        if specials or self.fast is None:
            return self._encode_slowly(texts, specials=specials)
        return self._encode_fast(self.fast, texts)

    def _encode_fast(self, fast: FastPath, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text by the fast path, by the library where it is unsure."""
        prepares = fast.prefix or fast.normalizer is not None
        prepared = list(map(fast.prepare, texts)) if prepares else list(texts)
        hard = set(fast.encoder.hard(prepared))
        hard.update(long_spaces(prepared))
        if hard:
            one = (
                self._encode_slowly([text]) if i in hard else self._encode_fast(fast, [text])
                for i, text in enumerate(texts)
            )
            return Encoded.of([encoded.ids.tolist() for encoded in one])
        try:
            encoded = fast.encoder.encode(prepared)
        except ValueError:  # its regular expression engine gives up
            return self._encode_slowly(texts)
        if not self.vocabulary.hold(encoded.ids, prepared):
            return self._encode_slowly(texts)
        return replace(encoded, spells=not prepares)

    def _agrees(self, fast: FastPath) -> bool:
        """Tell whether the fast path gives the library's ids on texts that are hard."""
        added = [str(token["content"]) for token in _added(self.library)]
        probes = [*PROBES, *(f"a{text} {text}b {text}{text}" for text in added)]
        ours, theirs = self._encode_fast(fast, probes), self._encode_slowly(probes)
        return np.array_equal(ours.ids, theirs.ids) and np.array_equal(ours.starts, theirs.starts)

    def _encode_slowly(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        self.library.encode_special_tokens = not specials
        try:
            found = self.library.encode_batch_fast(list(texts), add_special_tokens=False)
        except BaseException as error:  # the library raises nothing narrower
            require_of_library(error)
            raise self._blame(texts) from error
        return Encoded.of([encoding.ids for encoding in found])

    def _blame(self, texts: Sequence[str]) -> UnitError:
        """Return an error that names the text which the library cannot encode."""
        for unit, text in enumerate(texts):
            try:
                self.library.encode(text, add_special_tokens=False)
            except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
                require_of_library(error)
                return UnitError(f"the tokenizer cannot encode it ({error})", unit)
        return UnitError("the tokenizer cannot encode it with others", 0)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text that the file's decoder makes."""
        return str(self.library.decode(list(ids), skip_special_tokens=False))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the library's offsets, which count characters.

        Tokens whose offsets overlap share a character: the cut between them is inside it.
        """
        self.library.encode_special_tokens = not specials
        try:
            found = self.library.encode(text, add_special_tokens=False)
        except BaseException as error:  # the library raises nothing narrower
            require_of_library(error)
            raise self._blame([text]) from error
        exact = self.vocabulary.cuts(np.array(found.ids, np.int32), text)
        if exact is not None:
            return exact
        home = np.cumsum([0, *(len(char.encode()) for char in text)])
        spans = [
            (start, start)
            if self.vocabulary[token] == b" " and text[start:end].strip()
            else (start, end)
            for token, (start, end) in zip(found.ids, found.offsets, strict=True)
        ]
        following = [start for start, _ in spans[1:]] + [len(text)]
        pairs = zip(spans, following, strict=False)  # without tokens there is nothing to follow
        # what was dropped between two tokens belongs to the first, as an accent does to its letter
        last = len(text)  # behind which a library that is led astray may point
        cuts = [home[min(max(end, start), last)] - (start < end) for (_, end), start in pairs]
        return np.maximum.accumulate(np.array(cuts, np.int64))


def load_hub(spec: Spec) -> Tokenizer:
    """Load `org/name[@revision]` from the hub's cache, or from the hub.

    Raises:
        TokscopeError: not cached and out of reach, not there, or not allowed.
    """
    repository, _, revision = spec.place.partition("@")
    path = hub_file(repository, revision or None, FILES[:2])
    return _load_path(path, spec.label or repository.rpartition("/")[2])


def load_file(spec: Spec) -> Tokenizer:
    """Load a `tokenizer.json`, or a folder that holds a tokenizer, whole or in parts.

    Raises:
        TokscopeError: the file cannot be read or used.
    """
    path = path_of(spec.place)
    if path.is_dir():
        name = spec.label or path.resolve().name
        for file in FILES:
            if (path / file).is_file():
                return _load_path(path / file, name)
        raise TokscopeError(f"{path}: this folder holds none of {', '.join(FILES)}")
    generic = path.stem in ("tokenizer", "vocab")
    return _load_path(path, spec.label or (path.resolve().parent.name if generic else path.stem))


def _load_path(path: Path, name: str) -> Tokenizer:
    if path.suffix == ".model":
        return sentencepiece.load_file(Spec(name, "sp", str(path)))
    if path.name == "vocab.txt":
        return wordpiece(wordpiece_lines(read_text(path)), name, str(path))
    if path.name == "vocab.json":
        return _from_parts(path, name)
    text = read_text(path)
    _require_marked_merges(text, path)
    try:
        library = tokenizers.Tokenizer.from_str(text)
    except BaseException as error:  # the library raises nothing narrower
        require_of_library(error)
        raise TokscopeError(f"{path}: not a tokenizer.json that can be read ({error})") from error
    return assemble(library, name, str(path))


def _require_marked_merges(text: str, path: Path) -> None:
    """Refuse merges without the mark that the file says parts of words have.

    The library cuts so many bytes off all of them, be it inside a character, and then ends the
    whole process.
    """
    if not _MARKED.search(text):
        return
    try:
        model = json.loads(text)["model"]
        mark, merges = model["continuing_subword_prefix"], model.get("merges", ())
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in merges)
        bare = next((right for _, right in pairs if not right.startswith(mark)), None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return  # of which the library says more
    if bare is not None:
        raise TokscopeError(f"{path}: its merges lack the mark '{mark}' of parts of words ({bare})")


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        TokscopeError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: not a tokenizer file (it is not UTF-8 text)") from error


def _from_parts(path: Path, name: str) -> HuggingFaceTokenizer:
    """Put `vocab.json` and the `merges.txt` beside it together, as GPT-2's own files are meant."""
    merges = path.with_name("merges.txt")
    if not merges.is_file():
        raise TokscopeError(f"{path}: without merges.txt beside it, its tokens cannot be merged")
    try:
        vocabulary = {str(token): int(i) for token, i in json.loads(read_text(path)).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TokscopeError(f"{path}: not an object of tokens and their ids ({error})") from error
    pairs = _merge_list(merges)
    if any(number < 0 for number in vocabulary.values()):
        raise TokscopeError(f"{path}: an id is negative")
    beside = path.with_name("added_tokens.json")
    if beside.exists():
        raise TokscopeError(f"{beside}: only tokenizer.json says how added tokens are found")
    if any(token.endswith("</w>") for token in vocabulary):
        raise TokscopeError(
            f"{path}: marks the ends of words by </w>; only tokenizer.json says how"
        )
    try:
        made = byte_level_bpe(vocabulary, pairs, name, str(path))
    except TokscopeError:
        raise
    except Exception as error:  # the library raises nothing narrower
        raise TokscopeError(f"{path}: does not fit {merges.name} ({error})") from error
    return replace(made, assumed="text is cut as by GPT-2")


def _merge_list(path: Path) -> list[tuple[str, str]]:
    """Read a `merges.txt`: two tokens a line, after a line that may tell a version."""
    lines = read_text(path).split("\n")
    lines = list(filter(None, lines[lines[0].startswith("#version") :]))
    for line in lines:
        if line.count(" ") != 1 or line.strip() != line:
            raise TokscopeError(f"{path}: '{line[:40]}' is no merge; a line holds two tokens")
    return list(map(split_merge, lines))


def as_written(place: str) -> Json:
    """Return a `tokenizer.json` as its file has it, before the library mends or refuses it.

    Empty where it cannot be read: loading says what is wrong.
    """
    path = path_of(place)
    try:
        data = json.loads(read_text(path / FILES[0] if path.is_dir() else path))
    except (TokscopeError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def broken_merges(data: Json) -> list[tuple[str, str]]:
    """Return the merges whose product is not in the vocabulary; the library refuses such a file."""
    try:
        model = data["model"]
        merges = [split_merge(m) if isinstance(m, str) else (m[0], m[1]) for m in model["merges"]]
        known, prefix = model["vocab"], model.get("continuing_subword_prefix") or ""
        return [(a, b) for a, b in merges if a + b.removeprefix(prefix) not in known]
    except (TypeError, KeyError, IndexError, AttributeError):
        return []


def added_twice(data: Json) -> list[str]:
    """Return the texts that several added tokens have; the library keeps one of each."""
    try:
        texts = Counter(str(token["content"]) for token in data["added_tokens"])
    except (TypeError, KeyError):
        return []
    return [text for text, uses in texts.items() if uses > 1]


def load_merges(spec: Spec) -> Tokenizer:
    """Load a `merges.txt` alone: the 256 bytes, then what each merge makes, in order.

    Raises:
        TokscopeError: the file cannot be read, or its merges are not of bytes, one after the other.
    """
    path = path_of(spec.place)
    pairs = _merge_list(path)
    if not pairs:
        raise TokscopeError(f"{path}: there is no merge in it")
    vocabulary = {char: i for i, char in enumerate(map(chr, byte_alphabet()))}
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        line = " ".join(pair)[:40]
        if pair in seen:
            raise TokscopeError(f"{path}: '{line}' stands there twice; a merge has one place")
        if not vocabulary.keys() >= set(pair):
            raise TokscopeError(f"{path}: '{line}' merges what no earlier line makes")
        seen.add(pair)
        vocabulary.setdefault("".join(pair), len(vocabulary))
    pattern = choose(PATTERNS, spec.pattern, "pattern") if spec.pattern else ""
    stem = path.stem.removesuffix("merges").rstrip("-_.")
    name = spec.label or stem or path.resolve().parent.name
    made = byte_level_bpe(vocabulary, pairs, name, str(path), pattern=pattern)
    cut = "" if pattern else "text is cut as by GPT-2, "
    return replace(made, assumed=f"{cut}ids are in the order of the lines")


def split_merge(merge: str) -> tuple[str, str]:
    """Split a merge that is written as two tokens with a space between them."""
    left, _, right = merge.partition(" ")
    return left, right


def byte_level_bpe(
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    name: str,
    place: str,
    *,
    pattern: str = "",
    whole: bool = False,
    specials: Sequence[str] = (),
    added: Sequence[str] = (),
) -> HuggingFaceTokenizer:
    """Build byte-level BPE from its parts; cut as by GPT-2 unless there is a `pattern`.

    `whole` looks pretokens up before merging. Raises what the library raises.

    Raises:
        TokscopeError: a byte has no token, so that text could not be encoded.
    """
    singles = [from_alphabet(token, byte_alphabet()) for token in vocabulary if len(token) == 1]
    require_all_bytes(singles, place)
    model = tokenizers.models.BPE(dict(vocabulary), list(merges), ignore_merges=whole)
    library = tokenizers.Tokenizer(model)
    parts = tokenizers.pre_tokenizers
    if pattern in ("", PATTERNS["gpt2"]):
        library.pre_tokenizer = parts.ByteLevel(add_prefix_space=False)
    else:
        split = parts.Split(tokenizers.Regex(_POSSESSIVE.sub(r"\1", pattern)), "isolated")
        last = parts.ByteLevel(add_prefix_space=False, use_regex=False)
        library.pre_tokenizer = parts.Sequence([split, last])
    library.decoder = tokenizers.decoders.ByteLevel()
    _add(library, specials, added)
    return assemble(library, name, place)


def _add(library: tokenizers.Tokenizer, specials: Sequence[str], added: Sequence[str]) -> None:
    library.add_special_tokens(list(specials))
    library.add_tokens([tokenizers.AddedToken(text, normalized=False) for text in added])


def wordpiece_lines(content: str) -> list[str]:
    """Return the tokens of a `vocab.txt`."""
    return content.removeprefix("\ufeff").rstrip("\n").split("\n")


def wordpiece(
    pieces: Sequence[str],
    name: str,
    place: str,
    *,
    specials: Sequence[str] = (),
    unknown: str = "[UNK]",
) -> HuggingFaceTokenizer:
    """Build WordPiece from its tokens, with BERT's normalisation and cutting.

    A `vocab.txt` does not say whether text is lowercased: it is where no word has a capital letter.

    Raises:
        TokscopeError: they are no vocabulary.
    """
    if len(set(pieces)) < len(pieces) or unknown not in pieces:
        raise TokscopeError(
            f"{place}: not a WordPiece vocabulary (one token a line, {unknown} too)"
        )
    named = [piece for piece in pieces if re.fullmatch(r"\[[A-Z]+\]", piece)]
    words = {piece for piece in pieces if piece[:1] not in ("[", "<")} - set(specials)
    cased = any(piece != piece.lower() for piece in words)
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    library = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token=unknown))
    library.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=not cased)
    library.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    library.decoder = tokenizers.decoders.WordPiece()
    _add(library, specials or named, ())
    made = assemble(library, name, place)
    assumed = "cased" if cased else "lowercased"
    return replace(made, assumed=f"BERT's normalisation, {assumed}")


def assemble(library: tokenizers.Tokenizer, name: str, place: str) -> HuggingFaceTokenizer:
    """Return a tokenizer of the library with the bytes of its ids.

    Raises:
        TokscopeError: its ids cannot be those of so few tokens.
    """
    library.no_padding()
    library.no_truncation()
    pieces = library.get_vocab(with_added_tokens=True)
    top = max(pieces.values(), default=-1)
    if not pieces or top > 16 * len(pieces) + 1_000_000:  # the library would go through them all
        raise TokscopeError(f"{place}: {len(pieces)} tokens but ids up to {top}")
    config: Json = json.loads(library.to_str())
    config.pop("post_processor")  # adds special tokens, which are never added here
    vocabulary = _vocabulary(library, pieces, config)
    return HuggingFaceTokenizer(name, vocabulary, library, config)


# How text is cut before merging

_NO_MERGES = {
    "Unigram": "Unigram keeps the pieces that explain its text best, and merges none; "
    "its scores are log frequencies, from which no published method infers a mixture",
    "WordLevel": "a vocabulary of whole words, without merges",
}


def _bytes(piece: str, marks: Marks, bytewise: bool) -> bytes:
    """Return the bytes of a piece between its marks, if it has some."""
    written = piece.encode(errors="replace")
    if not bytewise:
        return written
    before, body, behind = marks.read(written)
    return before + from_alphabet(body.decode(), byte_alphabet()) + behind


@dataclass(frozen=True)
class _Prepared:
    """Texts normalised and cut as the library does it: by one expression, or by its own steps."""

    library: tokenizers.Tokenizer
    cutter: Cutter | None = None
    at: Callable[[str], list[str]] | None = None  # cuts what the library leaves whole

    def __call__(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the pretokens of texts."""
        normalizer, steps = self.library.normalizer, self.library.pre_tokenizer
        if normalizer is not None:
            texts = list(map(normalizer.normalize_str, texts))
        if self.cutter:
            return self.cutter(texts)
        pieces: Iterable[str] = texts
        if steps is not None:
            pieces = (piece for text in texts for piece, _ in steps.pre_tokenize_str(text))
        return chain.from_iterable(map(self.at, pieces)) if self.at else iter(pieces)


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
    model = config["model"]
    entries = model["vocab"]
    known = set(entries.values()) if isinstance(entries, dict) else set(range(len(entries)))
    specials, additions = {}, _added(library)
    for added in additions:
        if added["special"]:
            tokens[added["id"]] = b""
            specials[added["content"]] = added["id"]
        elif added["id"] not in known:  # one that the model has too is spelled as the model does
            tokens[added["id"]] = added["content"].encode()
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
    return Vocabulary.of(
        tokens,
        specials=specials,
        fallbacks=fallbacks,
        unknown=unknown,
        continuing=_continuing(pieces, model),
        added=frozenset(added["id"] for added in additions if not added["special"]),
    )


def _continuing(pieces: Mapping[str, int], model: Json) -> frozenset[int] | None:
    """Return the ids with the prefix that marks the inside of words, where a model has one."""
    prefix = model.get("continuing_subword_prefix")
    if not prefix:
        return None
    return frozenset(token for piece, token in pieces.items() if piece.startswith(prefix))


def _spelled(pieces: Mapping[str, int], config: Json) -> list[bytes]:
    model, types = config["model"], _types(config)
    if "ByteLevel" in types:
        table = byte_alphabet()
        suffix = model.get("end_of_word_suffix") or ""
        return [from_alphabet(piece.removesuffix(suffix), table) for piece in pieces]
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
