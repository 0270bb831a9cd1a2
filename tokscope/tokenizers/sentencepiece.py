"""SentencePiece models, BPE and Unigram, through the library itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, path_of
from tokscope.late import Late
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.anatomy import Added, Anatomy
from tokscope.tokenizers.beside import beside_file
from tokscope.tokenizers.components import canonical, digest, fingerprint
from tokscope.tokenizers.forms import in_characters
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.limits import require_sizes
from tokscope.tokenizers.merges import learned, require_some
from tokscope.tokenizers.pipeline import Pipeline, cut_at_spaces
from tokscope.tokenizers.ranks import Ranks, by_score
from tokscope.tokenizers.sentencepiece_ends import Ends
from tokscope.tokenizers.sentencepiece_model import kinds_of, open_model, read_settings
from tokscope.tokenizers.uncut import of_scores
from tokscope.tokenizers.unigram import unnormalized
from tokscope.tokenizers.vocabulary import DEFINED, NORMAL, SPACE, UNUSED, Vocabulary

if TYPE_CHECKING:
    from tokscope.tokenizers import sentencepiece_anatomy
else:
    sentencepiece_anatomy = Late("tokscope.tokenizers.sentencepiece_anatomy")

Find = Callable[[str], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class SentencePieceTokenizer:
    """A SentencePiece model; it has no way to read special tokens in text, so none are read."""

    name: str
    vocabulary: Vocabulary
    library: sentencepiece.SentencePieceProcessor
    settings: Mapping[str, object]
    path: str = "SentencePiece"
    beside: str = ""  # what was set by files beside it, as a component
    around: Mapping[str, str] = field(default_factory=dict)  # what else the file, or one beside it
    frame: Frame = NO_FRAME
    spec: Spec = NOWHERE
    literal: Mapping[str, int] = field(default_factory=dict)  # found in text before all else
    find: Find = lambda text: ()  # where they stand in a text

    @property
    def family(self) -> str:
        """The kind of model."""
        fallback = " with byte fallback" if self.vocabulary.fallbacks else ""
        return f"SentencePiece {self.settings['model']}{fallback}"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; pieces with their scores as their hash."""
        library = self.library
        ids = range(library.get_piece_size())
        pieces = (f"{library.id_to_piece(i)}\t{library.get_score(i)!r}" for i in ids)
        parts = {
            "model": self.settings["model"],
            "normalizer": self.settings["normalizer"],
            "special_tokens": dict(self.vocabulary.specials),
            "vocabulary": {"size": len(ids), "sha256": digest(pieces)},
            "kinds": {"sha256": self.settings["kinds"]},
            "trainer": {"sha256": self.settings["trainer"]},
        }
        if self.literal:
            parts["added_tokens"] = dict(self.literal)
        beside = {"beside": self.beside} if self.beside else {}
        return {name: canonical(part) for name, part in parts.items()} | beside

    def processing(self) -> Mapping[str, str]:
        """Return what else the file, or one beside it, says."""
        return self.around

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged; pieces were learned in the order of their scores.

        Raises:
            TokscopeError: the model is not BPE.
        """
        library = self.library
        if self.settings["model"] != "BPE":
            raise TokscopeError(
                f"{self.name}: a SentencePiece {self.settings['model']} model merges nothing; "
                "only BPE models have an order of merges"
            )
        names = [library.id_to_piece(i) for i in range(library.get_piece_size())]
        made = sorted(_learned(names, self.kinds), key=lambda i: (-library.get_score(i), i))
        pieces = [names[i].encode() for i in made]
        merges = require_some(learned(pieces, bytewise=False), self.name)
        at = cut_at_spaces(merges) or (lambda text: [text])

        def cut(texts: Sequence[str]) -> Iterator[str]:
            return chain.from_iterable(at(library.normalize(text)) for text in texts)

        return Pipeline(cut, merges, line_feeds=False)

    def uncut(self) -> NDArray[np.int64] | None:
        """Return all merges with their ranks, if nothing else changes a text."""
        library, steps = self.library, self.settings["normalizer"]
        if self.settings["model"] != "BPE" or self.literal or not isinstance(steps, dict):
            return None
        usual = {"charsmap": "", "remove_extra_whitespaces": False, "escape_whitespaces": True}
        if not usual.items() <= steps.items() or library.normalize("a")[-1:] != "a":
            return None
        ids = range(library.get_piece_size())
        pieces, scores = map(library.id_to_piece, ids), map(library.get_score, ids)
        return of_scores([*pieces], [*scores], self.kinds)

    def added(self) -> list[Added]:
        """Return the special tokens, and those that users defined."""
        defined = (i for i, kind in enumerate(self.kinds) if kind == DEFINED)
        return [
            *(Added(text, token, True) for text, token in self.vocabulary.specials.items()),
            *(Added(self.library.id_to_piece(i).replace(SPACE, " "), i, False) for i in defined),
        ]

    def anatomy(self) -> Anatomy:
        """Return what decides which tokens can come up."""
        return sentencepiece_anatomy.anatomy_of_model(
            self.library, self.settings["model"], self.kinds, self.added()
        )

    @cached_property
    def kinds(self) -> Sequence[int]:
        """The type of every piece, which takes a while to read."""
        return kinds_of(self.library)

    def normal(self, text: str) -> str:
        """Return a text as the normalizer leaves it."""
        return str(self.library.normalize(text).replace(SPACE, " "))

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return what the model makes of bytes, without its normalizer and dummy prefix."""
        return in_characters(self.vocabulary, data, self._bare.encode)

    @cached_property
    def _bare(self) -> sentencepiece.SentencePieceProcessor:
        model = self.library.serialized_model_proto() + unnormalized()
        return sentencepiece.SentencePieceProcessor(model_proto=model)

    def ranks(self) -> Ranks:
        """Return the place of every piece by its score."""
        ids = range(self.library.get_piece_size())
        return by_score(self.vocabulary, [self.library.get_score(i) for i in ids])

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        if self.literal:
            return Encoded.of(
                [[i for part in self._parts(t) for i in self._ids(part)] for t in texts]
            )
        found = Encoded.of(self.library.encode(list(texts), out_type=int, num_threads=1))

        def reported(units: NDArray[np.int64]) -> NDArray[np.int64]:
            own = [texts[unit] for unit in units.tolist()]
            return self._ends.of(
                own, found.ids[found.of_units(units)], np.diff(found.starts)[units]
            )

        return replace(found, reported=reported)

    def _parts(self, text: str) -> Iterator[str]:
        """Yield a text in parts, each an added token or what is between two."""
        at = 0
        for start, end in self.find(text):
            yield from (part for part in (text[at:start], text[start:end]) if part)
            at = end
        if at < len(text):
            yield text[at:]

    def _ids(self, part: str) -> list[int]:
        if part in self.literal:
            return [self.literal[part]]
        return list(self.library.encode(part, out_type=int))

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text."""
        return str(self.library.decode(list(ids)))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the normaliser's own alignment.

        The pieces spell the normalised text, and each of its characters knows the character that
        it comes from; a cut between two that come from one is inside that one.
        """
        cuts, at = [np.zeros(0, np.int64)], 0
        for part in self._parts(text):
            size = len(part.encode())
            inside = np.array([size]) if part in self.literal else self._boundaries(part)
            cuts.append(at + inside)
            at += size
        return np.concatenate(cuts)

    def _boundaries(self, text: str) -> NDArray[np.int64]:
        ids = np.array(self.library.encode(text, out_type=int), np.int32)
        exact = self.vocabulary.cuts(ids, text)
        return self._ends.of([text], ids, np.array([len(ids)])) if exact is None else exact

    @cached_property
    def _ends(self) -> Ends:
        return Ends(self.library, self.vocabulary, self.kinds, str(self.settings["model"]))


def load_file(spec: Spec) -> SentencePieceTokenizer:
    """Load a `.model` file.

    Raises:
        TokscopeError: the file cannot be read or is not a SentencePiece model.
    """
    path = path_of(spec.place)
    content, library = open_model(path)
    try:
        vocabulary = _vocabulary(library)
        settings, around = read_settings(content)
    except (RuntimeError, ValueError, IndexError) as error:  # as well from what the library reads
        raise TokscopeError(f"{path}: not a SentencePiece model ({error})") from error
    told = beside_file(path)
    way = f"SentencePiece; {told}" if told else "SentencePiece"
    name = spec.label or path.stem
    return SentencePieceTokenizer(name, vocabulary, library, settings, way, around=around)


def of_library(library: sentencepiece.SentencePieceProcessor, name: str) -> SentencePieceTokenizer:
    """Return what its file would give of a model that is in memory.

    Raises:
        TokscopeError: it has no model, or one that cannot be used.
    """
    content = library.serialized_model_proto()
    if not content:
        raise TokscopeError(f"{name}: no model is loaded into it; load one first")
    require_sizes(map(library.id_to_piece, range(library.get_piece_size())), name)
    try:
        return of_model(content, name)
    except (RuntimeError, ValueError, IndexError) as error:
        raise TokscopeError(f"{name}: not a SentencePiece model ({error})") from error


def of_model(content: bytes, name: str) -> SentencePieceTokenizer:
    """Return the tokenizer of a serialized model; raises what the library raises."""
    library = sentencepiece.SentencePieceProcessor(model_proto=content)
    settings, around = read_settings(content)
    return SentencePieceTokenizer(name, _vocabulary(library), library, settings, around=around)


def _learned(pieces: Iterable[str], kinds: Sequence[int]) -> list[int]:
    """Return the pieces that merging begins with or makes.

    What users defined is found before anything is merged; but runs of white space, which Gemma's
    model lists so, are merged as far as text can tell.
    """
    return [
        i
        for i, (piece, kind) in enumerate(zip(pieces, kinds, strict=True))
        if kind in (NORMAL, UNUSED) or (kind == DEFINED and not piece.strip(f"{SPACE} \t\n"))
    ]


def _vocabulary(library: sentencepiece.SentencePieceProcessor) -> Vocabulary:
    tokens: list[bytes | None] = []
    specials: dict[str, int] = {}
    fallbacks = set()
    for token in range(library.get_piece_size()):
        piece = library.id_to_piece(token)
        if library.is_control(token) or library.is_unknown(token):
            specials[piece] = token
            tokens.append(b"")
        elif library.is_byte(token):
            fallbacks.add(token)
            tokens.append(bytes([int(piece[1:-1], 16)]))
        else:
            tokens.append(b"" if library.is_unused(token) else piece.replace(SPACE, " ").encode())
    unknown = library.unk_id()
    return Vocabulary.of(
        tokens,
        specials=specials,
        fallbacks=frozenset(fallbacks),
        unknown=unknown if unknown >= 0 else None,
    )
