"""Hugging Face `tokenizer.json`: the library, or the fast path where it gives the same ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from tokscope.batch import Batch
from tokscope.errors import TokscopeError, UnitError, require_of_library
from tokscope.tokenizers import NOWHERE, Encoded, Reported, Spec
from tokscope.tokenizers.anatomy import Added, Anatomy, Prepared
from tokscope.tokenizers.borders import borders
from tokscope.tokenizers.bpe import from_alphabet, long_spaces
from tokscope.tokenizers.components import canonical, digest_of, fingerprint
from tokscope.tokenizers.cutting import Cutter, classes_of_library, with_gaps
from tokscope.tokenizers.engine import Numbers, encode_apart
from tokscope.tokenizers.fastpath import (
    FastPath,
    Waiting,
    cut_pattern,
    engine_of,
    fast_path,
    unsuited,
)
from tokscope.tokenizers.frame import Frame
from tokscope.tokenizers.huggingface_anatomy import Parts, added_of, merged_ids
from tokscope.tokenizers.huggingface_merges import Cutting, merges_in
from tokscope.tokenizers.huggingface_pieces import pieces_of
from tokscope.tokenizers.huggingface_table import Json, bytewise, vocabulary_of
from tokscope.tokenizers.library import (
    LibraryAddedToken,
    LibraryTokenizer,
    config_of,
    encode,
)
from tokscope.tokenizers.limits import require_added, require_growth, require_sizes
from tokscope.tokenizers.patterns import PROBES
from tokscope.tokenizers.pipeline import Cut, Pipeline, cut_at_spaces
from tokscope.tokenizers.ranks import Ranks, by_score, unranked
from tokscope.tokenizers.uncut import in_order
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.tokenizers.wordwise import Spans, Wordwise, cut_of, is_uncut, joined, told_of


@dataclass(frozen=True)
class HuggingFaceTokenizer:
    """A `tokenizers.Tokenizer` that pads and truncates nothing, and draws nothing at random."""

    name: str
    vocabulary: Vocabulary
    library: LibraryTokenizer
    config: Json
    assumed: str = ""  # what the file leaves open
    beside: str = ""  # what was set by files beside it, as a component
    told: str = ""  # the same in words
    around: Mapping[str, str] = field(default_factory=dict)  # what files beside it say more
    frame: Frame | None = None  # in place of what the post-processor puts around text
    spec: Spec = NOWHERE
    waiting: Waiting = field(default_factory=Waiting, compare=False, repr=False)

    @cached_property
    def _way(self) -> tuple[FastPath | None, str]:
        """The fast path where it gives the same ids, and what encodes; made when first needed."""
        why = unsuited(self.config)
        if why:
            return None, why
        fast, why = fast_path(self.library, self.config, self.makes)
        if fast is None or self._agrees(partial(self._encode_fast, fast)):
            return fast, why
        return None, "the library: the fast path gives other ids on the probe texts"

    @cached_property
    def _words(self) -> Wordwise | None:
        """The library word by word, where that gives the same tokens; made when first needed."""
        cut = cut_of(self.config)
        words = Wordwise(self.library, cut) if cut else None
        return words if words and self._agrees(partial(self._encode_words, words)) else None

    @property
    def fast(self) -> FastPath | None:
        """What encodes faster than the library, if anything does."""
        return self._way[0]

    @property
    def path(self) -> str:
        """What encodes, and why; what was assumed, taken from files beside it, or switched off."""
        assumed = f"assumed: {self.assumed}" if self.assumed else ""
        dropout = _dropout(self.config)
        off = f"dropout {dropout:g}, which its file sets, is switched off" if dropout else ""
        fast = self.fast.encoder.engines.told if self.fast else ""
        words = "words that come up again are encoded once" if self._words else ""
        return "; ".join(filter(None, (self._way[1], fast, words, assumed, self.told, off)))

    @cached_property
    def engine(self) -> str:
        """What may encode much text in place of tiktoken's core; asking builds nothing."""
        return engine_of(self.config)

    @property
    def family(self) -> str:
        """The kind of model, and how it spells bytes."""
        model = self.config["model"]
        if model["type"] != "BPE":
            return str(model["type"])
        if bytewise(self.config):
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
        settings |= {"dropout": None} if "dropout" in settings else {}  # it is switched off
        parts = {k: self.config[k] for k in ("normalizer", "pre_tokenizer", "decoder")}
        parts |= {"added_tokens": self.config["added_tokens"], "model": settings}
        entries = model["vocab"]
        if isinstance(entries, dict):
            entries = sorted(entries.items(), key=lambda entry: entry[1])
        parts["vocabulary"] = {"size": len(entries), "sha256": digest_of(entries)}
        if "merges" in model:
            merges = model["merges"]
            parts["merges"] = {"size": len(merges), "sha256": digest_of(merges)}
        beside = {"beside": self.beside} if self.beside else {}
        return {name: canonical(part) for name, part in parts.items()} | beside

    def processing(self) -> Mapping[str, str]:
        """Return all that the file says besides its components, and what files beside it say."""
        parts = {name: part for name, part in self.config.items() if name not in _COMPONENTS}
        if "dropout" in self.config["model"]:
            parts["dropout"] = _dropout(self.config)
        return {name: canonical(part) for name, part in parts.items()} | dict(self.around)

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged.

        Raises:
            TokscopeError: the model has no order of merges.
        """
        of_bytes = bytewise(self.config)
        merges = merges_in(self.config["model"], self.name, of_bytes, self.vocabulary.specials)
        if of_bytes:
            cut, spell = self.by_bytes()
            return Pipeline(cut, merges, spell)
        at = None if merges.marks else cut_at_spaces(merges)  # where there are, a cut ends a word
        return Pipeline(Cutting(self.library, at=at), merges, line_feeds=False)

    def uncut(self) -> NDArray[np.int64] | None:
        """Return all merges with their ranks, if they run over whole texts."""
        model = self.config["model"]
        if not is_uncut(self.config) or any(" " in piece for piece in model["vocab"]):
            return None  # a space and the mark of one would be spelled alike
        if not all(one.special for one in self.added()):
            return None  # others are found in text
        return in_order(merged_ids(model))

    def by_bytes(self) -> tuple[Cut, Callable[[str], bytes]]:
        """Return how a byte-level vocabulary cuts text, and the bytes of what is cut."""
        pattern = cut_pattern(self.config)
        if pattern:
            return Cutting(self.library, Cutter(with_gaps(pattern), classes_of_library)), str.encode
        return Cutting(self.library), from_alphabet

    def cut(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the pre-tokens of texts as the steps of the library make them."""
        return Cutting(self.library)(texts)

    def added(self) -> list[Added]:
        """Return the added tokens and the special ones."""
        return added_of(self.config)

    def anatomy(self) -> Anatomy:
        """Return what decides which tokens can come up."""
        return Parts(self.library, self.config, self.vocabulary).anatomy()

    def preparing(self) -> Callable[[str], Prepared]:
        """Return what normalises and cuts text."""
        return Parts(self.library, self.config, self.vocabulary).prepare

    def makes(self, ids: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Tell which tokens are made of a pretoken that is their own text, if merges tell."""
        return Parts(self.library, self.config, self.vocabulary).makes(ids)

    def normal(self, text: str) -> str:
        """Return a text as the normalizer leaves it."""
        return Parts(self.library, self.config, self.vocabulary).normal(text)

    def longest_word(self) -> int:
        """Return the characters of the longest word that WordPiece looks at; 0 for other models."""
        return int(self.config["model"].get("max_input_chars_per_word") or 0)

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return what the model of the file makes of bytes."""
        if self._is_worth(data) and self.fast:
            return self.fast.encoder.pieces(data)
        return pieces_of(self.library, self.config, self.vocabulary, data, starts)

    def ranks(self) -> Ranks:
        """Return the place of the first merge that makes an id, or its place by score."""
        model = self.config["model"]
        if model["type"] == "Unigram":
            return by_score(self.vocabulary, [score for _, score in model["vocab"]])
        found, products = unranked(self.vocabulary), merged_ids(model)[:, 2]
        known = np.flatnonzero(products >= 0)[::-1]  # so that the first merge of a token counts
        found[products[known]] = known
        return found

    def listed(self) -> Mapping[int, LibraryAddedToken]:
        """Return the added and special tokens by id, with all that their file says of them."""
        return self.library.get_added_tokens_decoder()

    def id_of(self, token: str) -> int | None:
        """Return the id of a token, special or not; None if it has none."""
        found: int | None = self.library.token_to_id(token)
        return found

    def with_tokens(self, tokens: Sequence[LibraryAddedToken], place: str) -> Self:
        """Return it with more tokens; it may have some already. `place` is what errors name."""
        before = self.listed()
        self.library.add_tokens(list(tokens))
        if self.listed() == before:
            return self
        made = assemble(self.library, self.name, place)
        return replace(self, vocabulary=made.vocabulary, config=made.config)

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text, equal to the library's."""
        if specials or not texts:
            return self._encode_slowly(texts, specials=specials)
        if self._is_worth(texts) and self.fast:
            return self._encode_fast(self.fast, texts)
        return self._encode_words(self._words, texts) if self._words else self._encode_slowly(texts)

    def _is_worth(self, texts: Sequence[str] | Sequence[bytes]) -> bool:
        """Tell whether a fast path pays from some texts on."""
        return "_way" in vars(self) or self.waiting.is_over(texts, len(self.vocabulary))

    def _encode_fast(self, fast: FastPath, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text by the fast path, or by the library where it is unsure."""
        prepares = fast.prefix or fast.normalizer is not None
        prepared = Batch(map(fast.prepare, texts)) if prepares else Batch.of(texts)
        hard = set(fast.encoder.hard(prepared))
        hard.update(long_spaces(prepared))
        if hard:
            return self._encode_apart(fast, texts, hard)
        try:
            encoded = fast.encoder.encode(prepared)
        except ValueError:  # its regular expression engine gives up
            return self._encode_slowly(texts)
        if not (encoded.spells or self.vocabulary.hold(encoded.ids, prepared)):
            return self._encode_slowly(texts)
        return replace(encoded, spells=not prepares)

    def _encode_apart(self, fast: FastPath, texts: Sequence[str], hard: set[int]) -> Encoded:
        """Return the ids of every text, those of hard ones by the library."""
        odd = [i in hard for i in range(len(texts))]
        encoded = encode_apart(
            texts,
            odd,
            lambda own: _as_numbers(self._encode_slowly(own)),
            lambda own: _as_numbers(self._encode_fast(fast, own)),
        )
        return Encoded(encoded.numbers.view(np.int32), encoded.starts)

    def _encode_words(self, words: Wordwise, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text word by word, or by the library where it gives up."""
        try:
            encoded, spans = words.encode(texts)
        except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
            require_of_library(error)
            return self._encode_slowly(texts)
        return self._reporting(encoded, texts, spans)

    def _agrees(self, way: Callable[[Sequence[str]], Encoded]) -> bool:
        """Tell whether a way to encode gives the library's ids and cuts on hard texts."""
        added = [one.text for one in self.added()]
        probes = [*PROBES, *(f"a{text} {text}b {text}{text}" for text in added)] * 2  # words again
        try:
            ours, theirs = way(probes), self._encode_slowly(probes)
        except UnitError:
            return False
        same = np.array_equal(ours.ids, theirs.ids) and np.array_equal(ours.starts, theirs.starts)
        if not (same and ours.reported and theirs.reported):
            return same
        every = np.arange(len(probes))
        return np.array_equal(ours.reported(every), theirs.reported(every))

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with what its class or the post-processor puts around it."""
        if self.frame is not None:
            return self.frame.around(self.encode(texts))
        if self.config["post_processor"] is None:
            return self.encode(texts)
        return self._encode_slowly(texts, around=True)

    def _encode_slowly(
        self, texts: Sequence[str], *, specials: bool = False, around: bool = False
    ) -> Encoded:
        try:
            found = encode(self.library, texts, specials=specials, around=around)
        except BaseException as error:  # the library raises nothing narrower
            require_of_library(error)
            raise self._blame(texts, specials=specials) from error
        return self._reporting(joined(found), texts, partial(told_of, found))

    def _reporting(self, encoded: Encoded, texts: Sequence[str], spans: Spans) -> Encoded:
        """Return the ids of texts with what tells where tokens end, by the library's spans."""

        def reported(units: NDArray[np.int64]) -> NDArray[np.int64]:
            space = self._spaces.take(encoded.ids.take(encoded.of_units(units)))
            counts = np.diff(encoded.starts).take(units)
            return borders([texts[unit] for unit in units.tolist()], counts, spans(units), space)

        return replace(encoded, reported=reported)

    @cached_property
    def _spaces(self) -> NDArray[np.bool_]:
        """Whether an id stands for one space."""
        found = self.vocabulary.lengths == 1
        found[found] = self.vocabulary.blob[self.vocabulary.ends[found] - 1] == ord(" ")
        return found

    def _blame(self, texts: Sequence[str], *, specials: bool) -> UnitError:
        """Return an error that names the text which the library cannot encode."""
        for unit, text in enumerate(texts):
            try:
                encode(self.library, [text], specials=specials)
            except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
                require_of_library(error)
                return UnitError(f"the tokenizer cannot encode it ({error})", unit)
        return UnitError("the tokenizer cannot encode it with others", 0)

    @cached_property
    def joins(self) -> bool:
        """Whether its decoder joins the bytes of tokens and does nothing else."""
        if (self.config["decoder"] or {}).get("type") != "ByteLevel":
            return False
        # the decoder takes added tokens for text in the byte alphabet, too
        return all(from_alphabet(one.text) == one.text.encode() for one in self.added())

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text that the file's decoder makes."""
        return str(self.library.decode(list(ids), skip_special_tokens=False))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the library's offsets, which count characters."""
        encoded = self._encode_slowly([text], specials=specials)
        exact = self.vocabulary.cuts(encoded.ids, text)
        if exact is not None:
            return exact
        return cast(Reported, encoded.reported)(np.zeros(1, np.int64))


def _as_numbers(encoded: Encoded) -> Numbers:
    return Numbers(encoded.ids.view(np.uint32), encoded.starts)


def assemble(library: LibraryTokenizer, name: str, place: str) -> HuggingFaceTokenizer:
    """Return a tokenizer of the library with the bytes of its ids.

    Raises:
        TokscopeError: its ids are too large for the number of its tokens.
    """
    pieces = library.get_vocab(with_added_tokens=True)
    top = max(pieces.values(), default=-1)
    if not pieces or top > 16 * len(pieces) + 1_000_000:  # the library would go through them all
        raise TokscopeError(f"{place}: {len(pieces)} tokens but ids up to {top}")
    require_sizes(pieces, place)
    require_added(len(library.get_added_tokens_decoder()), place)
    config = config_of(library)  # keeps what is switched off now
    require_growth(config["normalizer"], place)
    library.no_padding()
    library.no_truncation()
    if _dropout(config) is not None:
        library.model.dropout = None
    vocabulary = vocabulary_of(pieces, config)
    return HuggingFaceTokenizer(name, vocabulary, library, config)


# All but the vocabulary that decides ids; what else stands in a file is processing. The version is
# that of the format, and always the same.
_COMPONENTS = ("version", "added_tokens", "normalizer", "pre_tokenizer", "decoder", "model")


def _dropout(config: Json) -> float | None:
    """Return how often a merge is left out at random; None where never."""
    return config["model"].get("dropout") or None
