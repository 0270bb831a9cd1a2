"""The words of gold in a file, as each tokenizer cuts them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from tokscope.morphemes.scored import COUNTS, Cut, Laid, pieces
from tokscope.visible import escaped

SUFFIX = ".jsonl"
_TOLD = ("hits", "false", "missed", "inside")


def jsonl(told: Mapping[str, str], golds: Iterable[tuple[Laid, Mapping[str, Cut]]]) -> bytes:
    """Return a line of JSON for each word; the first line is `told`.

    `golds` has words with their morphemes, and how each tokenizer cuts them.
    """
    written = json.JSONEncoder(ensure_ascii=False).encode  # made once, which `json.dumps` is not
    rows = chain([dict(told)], *(_rows(laid, cuts) for laid, cuts in golds))
    return escaped("".join(f"{written(row)}\n" for row in rows)).encode()


def _rows(laid: Laid, cuts: Mapping[str, Cut]) -> Iterator[dict[str, object]]:
    gold = laid.gold
    columns = [COUNTS.index(name) for name in _TOLD]
    counts = {name: own.counts[:, columns].tolist() for name, own in cuts.items()}
    for word, text in enumerate(gold.words):
        row: dict[str, object] = {"gold": gold.name, "word": text}
        row |= {"category": gold.categories[word], "morphemes": "|".join(gold.parts(word))}
        row["cuts"] = {
            name: {"tokens": pieces(laid, own, word)}
            | dict(zip(_TOLD, counts[name][word], strict=True))
            for name, own in cuts.items()
        }
        yield row
