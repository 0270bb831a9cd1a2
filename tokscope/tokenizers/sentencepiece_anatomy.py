"""What decides which tokens of a SentencePiece model can come up."""

from __future__ import annotations

from collections.abc import Sequence

import sentencepiece

from tokscope.tokenizers.anatomy import Added, Anatomy, as_it_is
from tokscope.tokenizers.arrivals import arrivals
from tokscope.tokenizers.library import models
from tokscope.tokenizers.merges import merges_of
from tokscope.tokenizers.vocabulary import NORMAL, SPACE


def anatomy_of_model(
    library: sentencepiece.SentencePieceProcessor,
    kind: object,
    kinds: Sequence[int],
    added: Sequence[Added],
) -> Anatomy:
    """Return the parts of a model with the types of its pieces.

    Its arrivals are told only if its kind is BPE or Unigram.

    Hugging Face's library finds those, as it builds a model from pieces.
    """
    pieces = [library.id_to_piece(token) for token in range(library.get_piece_size())]
    scores = [library.get_score(token) for token in range(len(pieces))]
    model: models.Model | None = None
    named = {piece: token for token, piece in enumerate(pieces)}
    if kind == "BPE":
        unknown = pieces[library.unk_id()]
        model = models.BPE(
            named, merges_of(pieces, scores, kinds), unk_token=unknown, fuse_unk=True
        )
    elif kind == "Unigram":
        entries = list(zip(pieces, scores, strict=True))
        model = models.Unigram(entries, max(library.unk_id(), 0), False)
    normal = [(piece, token) for piece, token in named.items() if kinds[token] == NORMAL]

    arrives = arrivals(model, normal, len(pieces)) if model else None

    def normalized(text: str) -> str:
        return str(library.normalize(text).replace(SPACE, " "))

    return Anatomy(lambda text: as_it_is(normalized(text)), normalized, added, arrives)
