"""`tokscope infer-mixture`."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError
from tokscope.reading import MOST_OF_SETTINGS, content
from tokscope.writing import write

if TYPE_CHECKING:
    from tokscope.mixture.solve import Tell


def _truth(word: str) -> dict[str, float] | None:
    """Read `en=.5,fr=.5`, or a JSON file of the same."""
    if not word:
        return None
    if word.endswith(".json"):
        return _truth_file(Path(word))
    found: dict[str, float] = {}
    for part in word.split(","):
        name, _, share = part.strip().rpartition("=")
        if not name or name in found:
            raise TokscopeError(f"--truth {word}: write NAME=SHARE,NAME=SHARE, each name once")
        found[name] = _share(share, part)
    return found


def _truth_file(path: Path) -> dict[str, float]:
    try:
        shares = json.loads(content(path, MOST_OF_SETTINGS))
    except TokscopeError as error:
        raise TokscopeError(f"--truth {error}") from error
    except (ValueError, RecursionError) as error:
        raise TokscopeError(f"--truth {path}: not valid JSON ({error})") from error
    if not isinstance(shares, dict):
        raise TokscopeError(f'--truth {path}: write {{"NAME": SHARE, ...}}')
    return {name: _share(share, name) for name, share in shares.items()}


def _share(word: object, where: str) -> float:
    try:
        return float(str(word))
    except ValueError as error:
        raise TokscopeError(f"--truth {where}: '{word}' is no share from 0 to 1") from error


def _require_sense(both_ends: bool, both_texts: bool) -> None:
    """Refuse options that would be ignored."""
    if both_ends:
        raise TokscopeError("--exact goes on to the end; leave --seconds and --gap away")
    if both_texts:
        raise TokscopeError("--counts has the corpora in it; leave --corpus away")


def command(
    spec: text.Spec,
    corpus: text.Corpora = None,
    merges: Annotated[
        int | None,
        typer.Option(metavar="T", help="Use T merges (default: 3,000, or what the text allows)."),
    ] = None,
    from_merge: Annotated[
        int,
        typer.Option(metavar="N", help="Apply the first N merges, and explain those behind them."),
    ] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Give the best answer so far after S seconds. [60]"),
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Solve to the end, however long.")] = False,
    gap: Annotated[
        float, typer.Option(help="Stop when proven to be so near to the optimum, as a part of it.")
    ] = 0.0,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", help="Draw noise in the counts N times: intervals.")
    ] = 0,
    refit: Annotated[
        int,
        typer.Option(metavar="R", help="Train R times on the inferred mixture: intervals, fit."),
    ] = 0,
    ranges: Annotated[
        bool, typer.Option("--ranges", help="Show how far each share can go at little cost.")
    ] = False,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Train tokenizers for a guess by efficiency.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="Show all measures, and how it was solved.")
    ] = False,
    truth: Annotated[
        str, typer.Option(metavar="en=.5,...", help="Known shares of bytes, or a .json of them.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Use this corpus alone; repeatable.")
    ] = None,
    counts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Use saved counts in place of --corpus.")
    ] = None,
    save_counts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save counts, to ask again at once.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of draws, refits and baselines.")] = 0,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Infer what a BPE tokenizer was trained on: the share of each corpus.

    Merges are in the order of how frequent pairs were in the training text, which tells how much of
    it was like each corpus (Hayase et al. 2024). Without --corpus, on the embedded sample, whose
    shares are known:

    `tokscope infer-mixture sample:bpe`

    Name text of every kind that may have been in it, some megabytes of each:

    `tokscope infer-mixture gpt2 --corpus en=en.txt --corpus 'python=code/*.py'`

    Merges are explained in stages. An interrupt while it solves gives the best answer so far.
    """
    output.require_formats(format_, outputs or ())
    output.require_view("--details" if details else "", format_, outputs or ())
    _require_sense(exact and (seconds is not None or gap != 0), bool(counts and corpus))
    known = _truth(truth)
    corpora = text.read(corpus, parallel=False, field=field, errors=errors, max_unit=max_unit)
    read = [("--counts", counts), ("--truth", Path(truth))]
    also = [("--save-counts", save_counts)]
    output.require_kept(outputs, specs=[spec], texts=corpus, files=read, also=also)
    from tokscope.studies.infer_mixture import SECONDS, infer_mixture, tables

    with (
        output.phases([None] if counts else text.sizes(corpora), "replaying merges") as (
            advance,
            tell,
        ),
        text.started(jobs, scheduler) as workers,
    ):
        report = infer_mixture(
            spec,
            corpora,
            merges=merges,
            from_merge=from_merge,
            gap=gap,
            seconds=math.inf if exact else SECONDS if seconds is None else seconds,
            bootstrap=bootstrap,
            refit=refit,
            ranges=ranges,
            baselines=baselines,
            seed=seed,
            only=only or (),
            truth=known,
            counts=counts,
            save=(lambda data: write(save_counts, data)) if save_counts else None,
            workers=replace(workers, advance=advance),
            tell=_told(tell),
            watch=_interruptible,
        )
    output.emit(report, tables(report, details=details), format_, outputs or ())


def _told(tell: Callable[[float, str], None]) -> Tell:
    """Turn what a search says into how much of it is done, and words."""
    stages: list[Any] = []

    def told(stage: Any, steps: int) -> None:
        if stages and stages[-1].steps == stage.steps:
            stages.pop()
        stages.append(stage)
        before = stages[-2] if stages[1:] else None
        words = f"{stage.steps:,} of {steps:,} merges"
        if math.isfinite(stage.gap):
            words += f", at most {stage.gap:.2%} above the optimum"
        if before:
            move = abs(stage.best.shares - before.best.shares).max()
            words += f", a share moved by {move:.1%}"
        begin = before.steps if before else 0
        near = min(max(-math.log10(max(stage.gap, 1e-6)) / 6, 0.0), 1.0)
        tell((begin + near * (stage.steps - begin)) / steps, words)

    return told


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether the user has interrupted; a second interrupt ends the program."""
    heard: list[int] = []
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: how for number, how in kept.items() if how not in (signal.SIG_IGN, None)}

    def hear(number: int, _: object) -> None:
        heard.append(number)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, hear)
    try:
        yield lambda: bool(heard)
    finally:
        restore()
