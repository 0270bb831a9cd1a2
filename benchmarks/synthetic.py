"""Text of which only the tokens of each unit are known, under a candidate and under a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.counted import Counted
from tokscope.counting.tally import Reading, Tally
from tokscope.gate.config import Config
from tokscope.gate.settings import read
from tokscope.gate.snapshot import Identity, Measured, Sample, Snapshot
from tokscope.text.corpus import Corpus

Tokens = Mapping[str, NDArray[np.int64]]


def _snapshot(tokens: Tokens, members: list[int], *, parallel: bool) -> Snapshot:
    corpora = [Corpus(name, ()) for name in tokens]
    tallies = [
        [
            Tally(
                ("units", "tokens"),
                np.stack((np.ones_like(counts), counts), axis=1),
                np.zeros(0, np.int64),
                1,
            )
        ]
        for counts in tokens.values()
    ]
    values = {name: float(counts.sum()) for name, counts in tokens.items()}
    values |= {"all": sum(values.values())} if len(values) > 1 else {}
    readings = [Reading(digest=name, units=0, members=members) for name in tokens]
    samples = {
        name: Sample(name, len(counts), {"tokens": counts}, counts.astype(np.uint64))
        for name, counts in tokens.items()
    }
    counted = Counted([], corpora, tallies, readings, parallel, {})
    identity = Identity("", 1, "", "", {}, {}, {}, {}, {}, {})
    return Snapshot("bytes", "b", identity, Measured("", samples, {"tokens": values}, counted))


def changed(found: Snapshot, **new: object) -> Snapshot:
    """Return a snapshot with other entries in its parts, by their names."""
    for name in ("identity", "measured", "extras"):
        part = getattr(found, name)
        own = {entry: new[entry] for entry in new.keys() & vars(part).keys()}
        found = replace(found, **{name: replace(part, **own)})  # type: ignore[arg-type]
    return found


def sides(
    head: Tokens, base: Tokens, members: list[int] | None = None, *, parallel: bool = True
) -> tuple[Snapshot, Snapshot]:
    """Return a candidate and a baseline on the same text."""
    candidate = _snapshot(head, members or [], parallel=parallel)
    counted = candidate.measured.counted
    assert counted
    candidate = changed(candidate, counted=replace(counted, tokenizers=[None]))  # type: ignore[list-item]
    return candidate, changed(_snapshot(base, [], parallel=parallel), counted=None)


def limited(folder: Path, limit: str, seed: int = 0, resamples: int = 200) -> Config:
    """Return a configuration with one relative limit of tokens."""
    path = folder / "tokscope.toml"
    path.write_text(
        f"[limits.tokens]\nworse = {limit}\n[evidence]\nseed = {seed}\nresamples = {resamples}\n"
    )
    return read(path)
