"""Changes planted in a `tokenizer.json`: those that teams were hurt by, and ways to save it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tokscope.gate.config import Config
from tokscope.gate.snapshot import Snapshot, snapshot
from tokscope.gate.wanted import Wanted, by_gates, opened, source_of
from tokscope.report import Report
from tokscope.studies.check import checked

Json = dict[str, Any]


def taken(
    word: str, config: Config, strings: Sequence[str] | None = None, wanted: Wanted | None = None
) -> Snapshot:
    """Return the snapshot that a check of a configuration takes, or one of other parts."""
    wanted = wanted or by_gates(config)
    return snapshot(word, opened(config.text, wanted), strings)


def judged_by(config: Config, given: str = "", **how: Any) -> Report:
    """Return what `tokscope check` finds by a configuration."""
    return checked(config, source_of(config), given, **how)


def _merges(model: Json) -> list[list[str]]:
    return [m.split(" ") if isinstance(m, str) else list(m) for m in model["merges"]]


def _before(step: Json, part: Json | None, kind: str, steps: str) -> Json:
    """Put a step before those of a component."""
    if part is None:
        return step
    return {"type": "Sequence", steps: [step, *(part[steps] if part["type"] == kind else [part])]}


def drop(data: Json, share: float) -> Json:
    """Leave the last merges away; their tokens stay, and are never made."""
    merges = _merges(data["model"])
    kept = len(merges) - max(1, int(len(merges) * share))
    return data | {"model": data["model"] | {"merges": merges[:kept]}}


def forget(data: Json, place: int) -> Json:
    """Leave a merge away on which others build."""
    merges = _merges(data["model"])
    return data | {"model": data["model"] | {"merges": merges[:place] + merges[place + 1 :]}}


def cut(data: Json, kept: int) -> Json:
    """Leave all merges but the first away, and the tokens that only the others make."""
    model, merges = data["model"], _merges(data["model"])
    there, first = set(model["vocab"]) - {"".join(pair) for pair in merges}, []
    for pair in merges[:kept]:
        if there.issuperset(pair):  # some files merge what is only made later
            there.add("".join(pair))
            first.append(pair)
    ids = {token: number for number, token in enumerate(t for t in model["vocab"] if t in there)}
    added = [one | {"id": ids[one["content"]]} for one in data["added_tokens"]]
    model = model | {"merges": first, "vocab": ids}
    return data | {"model": model, "added_tokens": added}


def split_digits(data: Json) -> Json:
    step = {"type": "Digits", "individual_digits": True}
    return data | {
        "pre_tokenizer": _before(step, data["pre_tokenizer"], "Sequence", "pretokenizers")
    }


def lowercase(data: Json) -> Json:
    step = {"type": "Lowercase"}
    return data | {"normalizer": _before(step, data["normalizer"], "Sequence", "normalizers")}


def swap(data: Json, swaps: int = 200) -> Json:
    """Swap neighbours, from the last on, that share no token: no text is merged otherwise."""
    merges = _merges(data["model"])
    place = len(merges) - 2
    while swaps and place > 0:
        one, other = merges[place], merges[place + 1]
        if {*one, "".join(one)} & {*other, "".join(other)}:
            place -= 1
            continue
        merges[place], merges[place + 1] = other, one
        swaps, place = swaps - 1, place - 2
    assert not swaps
    return data | {"model": data["model"] | {"merges": merges}}


CHANGES = {
    "last 1 % of merges dropped": lambda data: drop(data, 0.01),
    "last 0.1 % of merges dropped": lambda data: drop(data, 0.001),
    "an early merge forgotten": lambda data: forget(data, 10),
    "digits split": split_digits,
    "lowercase normalizer": lowercase,
    "200 merge swaps": swap,
}


def as_pairs(data: Json) -> str:
    return json.dumps(data | {"model": data["model"] | {"merges": _merges(data["model"])}})


def as_strings(data: Json) -> str:
    merges = [" ".join(pair) for pair in _merges(data["model"])]
    return json.dumps(data | {"model": data["model"] | {"merges": merges}})


AGAIN = {
    "merges as pairs": as_pairs,
    "merges as strings": as_strings,
    "keys in another order": lambda data: json.dumps(dict(reversed(data.items())), sort_keys=False),
    "keys sorted": lambda data: json.dumps(data, sort_keys=True),
    "with white space": lambda data: json.dumps(data, indent=4, ensure_ascii=False),
}
