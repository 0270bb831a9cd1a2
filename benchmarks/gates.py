"""How often is the verdict "worse" wrong, and how often is it found? On real text, by simulation.

    TOKSCOPE_DATA=FOLDER python -m benchmarks.gates [--quick]

The population is parallel text in five languages under gpt-2 and under a changed gpt-2. A run
draws some of its lines, and judges all languages at once. Where each tolerance is just what the
language costs more in the population, every failure is a false alarm; where it is half of that,
failures are right. Then the seconds of whole commands: check beside compare on the same text, and
identity alone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.gate.planted import drop, lowercase, split_digits
from tests.gate.synthetic import sides
from tokscope.gate.config import Config, Evidence, Limit
from tokscope.gate.judge import Case, judged
from tokscope.tally import Counting, tally
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load

QUICK = "--quick" in sys.argv
RUNS = 100 if QUICK else 1000
SIZES = (50, 200, 1000)
DATA = Path(os.environ["TOKSCOPE_DATA"])
CHANGES = {
    "1 % of merges dropped": lambda data: drop(data, 0.01),
    "digits split": split_digits,
    "lowercase": lowercase,
}
Counts = Mapping[str, np.ndarray]


def counts(path: Path) -> Counts:
    """Return the tokens of each line of each language."""
    tokenizer = load(str(path))
    corpora = read_corpora([str(DATA / "parallel" / "flores-full5")], parallel=True)
    counting = Counting(frozenset(("tokens",)))
    return {corpus.name: tally(corpus, [tokenizer], counting)[0][0]["tokens"] for corpus in corpora}


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
        found.append({one.corpus for one in judged(Case(config, *both)) if one.verdict == "fail"})
    return found


def simulated(folder: Path) -> None:
    source = DATA / "tokenizers" / "gpt-2.json"
    base = counts(source)
    data = json.loads(source.read_text(encoding="utf-8"))
    print("| change | lines | runs | false alarms | power at twice the tolerance |")
    print("| --- | ---: | ---: | ---: | ---: |")
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
            print(f"| {name} | {units:,} | {RUNS:,} | {false:.2%} | {power:.1%} |", flush=True)


def seconds(*words: str, folder: Path) -> float:
    start = time.perf_counter()
    script = Path(sys.executable).with_name("tokscope")
    subprocess.run([script, *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def timed(folder: Path) -> None:
    corpora = ["--corpus", str(DATA / "parallel" / "flores-dev"), "--parallel"]
    spec = str(DATA / "tokenizers" / "gpt-2.json")
    seconds("init", spec, *corpora, folder=folder)
    seconds("lock", folder=folder)
    ratios = [
        seconds("check", folder=folder) / seconds("compare", spec, *corpora, folder=folder)
        for _ in range(3 if QUICK else 5)
    ]
    middle = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"\ncheck / compare, 36 languages x 997 lines: {middle:.2f} ({spread})")
    (folder / "identity.toml").write_text(
        f'tokenizer = {json.dumps(spec)}\nlock = "tokscope.lock"\n[identity]\n'
        'golden = "fail"\nspecials = "fail"\nvocabulary = "fail"\ncomponents = "fail"\n'
    )
    print(f"identity alone: {seconds('check', '--config', 'identity.toml', folder=folder):.1f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        simulated(Path(place))
        timed(Path(place))
