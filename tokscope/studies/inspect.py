"""What is this tokenizer made of?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tokscope.counting.signature import signed
from tokscope.report import Report
from tokscope.studies.inspect_headline import headline
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.components import AROUND, TEMPLATE
from tokscope.tokenizers.given import Tokenizers, load_all

_ABSENT = ("none", "–", "0", "0 ids")
_NOTES = (
    "special tokens are found in text only with --specials, added ones always",
    "bytes covered: how many of the 256 bytes have a token of their own; "
    "UTF-8 never holds 13 of them",
)


def _types(component: str) -> str:
    """Name the steps of a component: "Sequence(Split, ByteLevel)"."""
    part = json.loads(component)
    if not isinstance(part, dict):
        return "none" if part is None else str(part)
    for key in ("normalizers", "pretokenizers", "decoders"):
        if key in part:
            return " + ".join(_types(json.dumps(step)) for step in part[key])
    return str(part.get("type") or part.get("name") or component)


def _around(processing: Mapping[str, str]) -> dict[str, str]:
    """Describe what is added to a text, or changed in it, before a model gets it."""
    parts = {name: json.loads(part) for name, part in processing.items()}
    templates = [
        f"{name} ({part['characters']:,} characters, {part['sha256'][:12]})"
        for name, part in parts.items()
        if name.startswith(TEMPLATE) and isinstance(part, dict) and "characters" in part
    ]
    dropout = parts.get("dropout")
    told = {
        "post-processor": _around_text(parts),
        "truncation": _truncation(parts.get("truncation")),
        "padding": _padding(parts.get("padding")),
        "dropout": f"{dropout:g}, switched off to measure" if dropout else "none",
        "chat templates": ", ".join(templates) or "none",
    }
    known = ("post_processor", AROUND, "truncation", "padding", "dropout")
    others = [name for name in parts if name not in known and not name.startswith(TEMPLATE)]
    return told | ({"also in its files": ", ".join(others)} if others else {})


def _around_text(parts: Mapping[str, Any]) -> str:
    """Describe what is added around a text, by a class or by the post-processor."""
    own = _frame(parts.get("post_processor"))
    if AROUND not in parts:
        return own
    told = str(parts[AROUND]["told"])
    return told if own == "none" else f"{told}, in place of {own}"


def _frame(part: Any) -> str:
    """Describe what a post-processor adds around a text, if it does."""
    if part is None:
        return "none"
    kind = str(part["type"])
    if kind == "Sequence":
        return " + ".join(map(_frame, part["processors"]))
    if kind == "TemplateProcessing":
        pieces = (next(iter(piece.items())) for piece in part["single"])
        names = ["TEXT" if what == "Sequence" else one["id"] for what, one in pieces]
        return f"{kind} ({' '.join(names)})"
    if "cls" in part and "sep" in part:
        return f"{kind} ({part['cls'][0]} TEXT {part['sep'][0]})"
    return kind


def _truncation(part: Any) -> str:
    if part is None:
        return "none"
    return f"{part['max_length']:,} tokens are kept, the rest is cut on the {_side(part)}"


def _padding(part: Any) -> str:
    if part is None:
        return "none"
    strategy = part["strategy"]
    length = f"{strategy['Fixed']:,} tokens" if isinstance(strategy, dict) else "the longest"
    return f"to {length}, by {part['pad_token']} on the {_side(part)}"


def _side(part: Any) -> str:
    return str(part["direction"]).lower()


def _facts(tokenizer: Tokenizer) -> dict[str, str]:
    vocabulary, components = tokenizer.vocabulary, dict(tokenizer.components())
    gaps = f" (and {vocabulary.gaps:,} gaps)" if vocabulary.gaps else ""
    single = vocabulary.blob[vocabulary.ends[vocabulary.lengths == 1] - 1]
    unknown = "none" if vocabulary.unknown is None else str(vocabulary.unknown)
    return {
        "family": tokenizer.family,
        "vocabulary": f"{len(vocabulary):,} ids{gaps}",
        "special tokens": f"{len(vocabulary.specials):,}",
        "added tokens": f"{len(added_ids(tokenizer)):,}",
        "unknown token": unknown,
        "merges": f"{json.loads(components['merges'])['size']:,}"
        if "merges" in components
        else "–",
        "normalizer": _types(components.get("normalizer", "null")),
        "pre-tokenizer": _types(components.get("pre_tokenizer", "null")),
        "decoder": _types(components.get("decoder", "null")),
        "bytes covered": f"{len(np.unique(single))} of 256",
        "byte fallback": f"{len(vocabulary.fallbacks):,} ids",
        "longest token": f"{int(vocabulary.lengths.max(initial=0)):,} bytes",
        **_around(tokenizer.processing()),
        "fingerprint": tokenizer.fingerprint[:16],
        "encoded by": tokenizer.path,
    }


def inspect(tokenizers: Tokenizers) -> Report:
    """Return facts about tokenizers: tokenizer, property, value.

    Raises:
        TokscopeError: one cannot be loaded, or two share a name.
    """
    used = load_all(tokenizers)
    rows = [
        {"tokenizer": tokenizer.name, "property": name, "value": value}
        for tokenizer in used
        for name, value in _facts(tokenizer).items()
    ]
    title = "What tokenizers are made of"
    return Report(
        "inspect",
        title,
        rows,
        (),
        signed(used),
        "tokenizer",
        headline=headline(used),
        details=_NOTES,
        view=tables,
    )


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the table that people read; `details` keeps what no tokenizer has, and all notes."""
    if details:
        return [replace(report, notes=(*report.notes, *report.details), view=None)]
    present = {row["property"] for row in report.rows if not _is_absent(row)}
    rows = [row for row in report.rows if row["property"] in present]
    names = [
        name for name in dict.fromkeys(r["property"] for r in report.rows) if name not in present
    ]
    notes = (f"left out of the table, as they are not set: {', '.join(names)}",) if names else ()
    return [replace(report, table=rows, notes=(*report.notes, *notes), view=None)]


def _is_absent(row: Mapping[str, Any]) -> bool:
    """Tell whether a tokenizer lacks a property; the unknown token may have the id 0."""
    known = row["property"] == "unknown token" and row["value"] != "none"
    return row["value"] in _ABSENT and not known


def components(tokenizers: Tokenizers) -> Report:
    """Return the parts of tokenizers, as canonical JSON: tokenizer, component, value.

    The parts that decide the ids come first, then the processing around text.

    Raises:
        TokscopeError: one cannot be loaded, or two share a name.
    """
    used = load_all(tokenizers)
    rows = [
        {"tokenizer": tokenizer.name, "component": name, "value": part}
        for tokenizer in used
        for name, part in (*tokenizer.components().items(), *tokenizer.processing().items())
    ]
    notes = ("vocabularies, merges and templates are given by their SHA-256",)
    return Report("inspect", "Components", rows, notes, signed(used), headline=headline(used))
