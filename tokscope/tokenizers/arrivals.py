"""Which pieces a model produces from their own text: the others come up in no text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokscope.errors import require_of_library
from tokscope.tokenizers.anatomy import Flags
from tokscope.tokenizers.library import encode_alone, models


def arrivals(model: models.Model, pieces: Sequence[tuple[str, int]], size: int) -> Flags:
    """Tell for every id whether the model produces it from its own piece; shape (size,).

    A token in any text was made from its own span alone: had a merge crossed one of its ends, the
    token would not be there. So what does not come up here comes up nowhere, unless pretokens are
    looked up whole.
    """
    arrives = np.zeros(size, bool)
    encoded = model_ids(model, [piece for piece, _ in pieces])
    for (_, token), ids in zip(pieces, encoded, strict=True):
        arrives[token] = ids == [token]
    return arrives


def model_ids(model: models.Model, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids that a model alone gives for texts; none where it gives none."""
    try:
        return encode_alone(model, texts)
    except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
        require_of_library(error)
        return [_ids_of(model, text) for text in texts]  # it has no token for what is unknown


def _ids_of(model: models.Model, text: str) -> list[int]:
    try:
        return encode_alone(model, [text])[0]
    except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
        require_of_library(error)
        return []
