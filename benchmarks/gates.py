"""How often is the verdict "worse" wrong, and how often is it found? On real text, by simulation.

The population is parallel text in five languages under gpt-2 and under a changed gpt-2. A run
draws some of its lines, and judges all languages at once. Where each tolerance is just what the
language costs more in the population, every failure is a false alarm; where it is half of that,
failures are right.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import DATA, QUICK, TOKENIZERS, table
from benchmarks.synthetic import sides
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.gate.config import Config, Evidence, Limit
from tokscope.gate.judge import judged
from tokscope.gate.verdict import Case
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load

RUNS = 100 if QUICK else 1000
SIZES = (50, 200, 1000)
Counts = Mapping[str, np.ndarray]
Json = dict[str, Any]


def dropped(data: Json) -> Json:
    """Leave out the last 1 % of the merges."""
    merges = data["model"]["merges"]
    return data | {"model": data["model"] | {"merges": merges[: -(len(merges) // 100)]}}


def split(data: Json) -> Json:
    """Split digits first."""
    digits = {"type": "Digits", "individual_digits": True}
    steps = {"type": "Sequence", "pretokenizers": [digits, data["pre_tokenizer"]]}
    return data | {"pre_tokenizer": steps}


CHANGES = {
    "1 % of merges dropped": dropped,
    "digits split": split,
    "lowercase": lambda data: data | {"normalizer": {"type": "Lowercase"}},
}


def counts(path: Path) -> Counts:
    """Return the tokens of each line of each language."""
    tokenizer = load(str(path))
    corpora = read_corpora([str(DATA / "parallel" / "flores-full5")], parallel=True)
    counted = count([tokenizer], corpora, Counting(frozenset(("bytes", "tokens"))))
    pairs = zip(counted.corpora, counted.tallies, strict=True)
    return {corpus.name: row[0]["tokens"] for corpus, row in pairs}


def effects(head: Counts, base: Counts) -> dict[str, float]:
    """Return how much more each language costs, and all together."""
    sums = {name: (int(head[name].sum()), int(base[name].sum())) for name in head}
    sums["all"] = (sum(a for a, _ in sums.values()), sum(b for _, b in sums.values()))
    return {name: a / b - 1 for name, (a, b) in sums.items()}


def failures(head: Counts, base: Counts, limits: Mapping[str, float], units: int) -> list[set[str]]:
    """Return which gates fail in each run."""
    own = tuple(
        Limit("tokens", name, "worse", limit, True, ("limits",)) for name, limit in limits.items()
    )
    found = []
    for run in range(RUNS):
        lines = np.random.default_rng((units, run)).integers(0, len(base["en"]), units)
        both = sides({k: v[lines] for k, v in head.items()}, {k: v[lines] for k, v in base.items()})
        config = Config(Path("x"), {}, limits=own, evidence=Evidence(resamples=400, seed=run))
        found.append(
            {one.gate.corpus for one in judged(Case(config, *both)) if one.verdict == "fail"}
        )
    return found


def simulated(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield how often failures are false, and how often they are found."""
    source = TOKENIZERS / "gpt-2.json"
    base = counts(source)
    data = json.loads(source.read_text(encoding="utf-8"))
    for name, plant in CHANGES.items():
        path = folder / "changed.json"
        path.write_text(json.dumps(plant(data)), encoding="utf-8")
        head = counts(path)
        true = effects(head, base)
        half = {corpus: effect / 2 for corpus, effect in true.items() if effect > 0}
        for units in SIZES:
            false = statistics.mean(map(bool, failures(head, base, true, units)))
            right = failures(head, base, half, units)
            power = statistics.mean(len(one) / len(half) for one in right)
            yield name, f"{units:,}", f"{false:.2%}", f"{power:.1%}"


def run() -> None:
    """Print the table."""
    header = ("change", "lines", "false alarms", "power at twice the tolerance")
    with tempfile.TemporaryDirectory() as place:
        table(f"Verdicts of check, {RUNS:,} runs a line", header, simulated(Path(place)))
