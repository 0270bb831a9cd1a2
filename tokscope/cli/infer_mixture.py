"""`tokscope infer-mixture`."""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokscope.cli import bars, output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError
from tokscope.reading import MOST_OF_SETTINGS, content
from tokscope.watched import answer_first
from tokscope.writing import write

if TYPE_CHECKING:
    from tokscope.mixture.solve import Tell

_AT_ONCE = 0.5  # seconds in which a second signal is the first one again


def _truth(word: str) -> dict[str, float] | None:
    """Read `en=.5,fr=.5`, or a JSON file of the same."""
    if not word:
        return None
    if word.endswith(".json"):
        return _truth_file(Path(word))
    shares: dict[str, float] = {}
    for part in word.split(","):
        name, _, share = part.strip().rpartition("=")
        if not name or name in shares:
            raise TokscopeError(f"--truth {word}: write NAME=SHARE,NAME=SHARE, each name once")
        shares[name] = _share(share, part)
    return shares


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
        raise TokscopeError(f"--truth {where}: '{word}' is not a share from 0 to 1") from error


def _require_sense(both_ends: bool, both_texts: bool) -> None:
    """Refuse options that would be ignored."""
    if both_ends:
        raise TokscopeError("--exact goes on to the end; drop --seconds and --gap")
    if both_texts:
        raise TokscopeError("--counts has the corpora in it; drop --corpus")


def command(
    spec: text.Spec,
    *,
    merges: Annotated[
        int | None,
        typer.Option(
            metavar="T", help="Use T merges (default: 3,000, or as many as the text allows)."
        ),
    ] = None,
    from_merge: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Apply the first N merges and explain only those after them.",
            show_default=False,
        ),
    ] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="Stop after S seconds with the best answer so far (default: 60)."
        ),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Solve to the end, however long it takes.")
    ] = False,
    gap: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="Stop when the answer is proven to be within X of the optimum; .05 is 5 %.",
            show_default=False,
        ),
    ] = 0.0,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines",
            help="Also guess by token efficiency, which trains a tokenizer per corpus.",
        ),
    ] = False,
    truth: Annotated[
        str,
        typer.Option(
            metavar="en=.5,...",
            help="Known shares of bytes to score the answer by, or a .json file of them.",
        ),
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Use only this corpus. Repeatable.")
    ] = None,
    counts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Use counts that were saved, in place of --corpus."),
    ] = None,
    save_counts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save the counts, so that --counts can use them again."),
    ] = None,
    corpus: text.Corpora = None,
    reading: text.Reading,
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Draw noise in the counts N times, for intervals.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    refit: Annotated[
        int,
        typer.Option(
            metavar="R",
            help="Train R tokenizers on the inferred mixture, for intervals and a goodness of fit.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    ranges: Annotated[
        bool,
        typer.Option(
            "--ranges",
            help="Show how far each share can move while the fit stays almost as good.",
            rich_help_panel=STATISTICS,
        ),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The seed of --bootstrap, --refit and --baselines (default: 0).",
            rich_help_panel=STATISTICS,
        ),
    ] = None,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Infer what a BPE tokenizer was trained on: the share of each corpus.

    Merges are in the order of how frequent pairs were in the training text, which tells how much of
    it was like each corpus (Hayase et al. 2024). Without --corpus, on the embedded sample, of which
    the shares are known:

    `tokscope infer-mixture sample:bpe`

    Name some megabytes of every kind of text that may have been in it:

    `tokscope infer-mixture gpt2 --corpus en=en.txt --corpus 'python=code/*.py'`

    Merges are explained in stages; an interrupt during one gives the best answer so far.
    """
    drawing = bool(bootstrap or refit or baselines)
    drawn = text.seed_of(seed, drawing, "--bootstrap, --refit and --baselines; add one of them")
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    _require_sense(exact and (seconds is not None or gap != 0), bool(counts and corpus))
    known = _truth(truth)
    read = [("--counts", counts), ("--truth", Path(truth))]
    also = [("--save-counts", save_counts)]
    output.require_kept(out, specs=[spec], texts=corpus, files=read, also=also)
    corpora = text.read(corpus, reading)
    from tokscope.studies.infer_mixture import SECONDS, infer_mixture, tables

    with (
        bars.phases(
            [None] if counts else text.sizes(corpora), "replaying merges", quiet=scale.quiet
        ) as (advance, tell),
        text.started(scale) as workers,
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
            seed=drawn,
            only=only or (),
            truth=known,
            counts=counts,
            save=(lambda data: write(save_counts, data)) if save_counts else None,
            workers=replace(workers, advance=advance),
            tell=_told(tell),
            watch=_interruptible,
        )
    output.emit(report, tables(report, details=details), out)


def _told(tell: Callable[[float, str], None]) -> Tell:
    """Return a callback that turns the state of a search into a fraction and a description."""
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
    """Yield a function that tells if the user interrupted; a second interrupt is not caught.

    `timeout` signals a whole group, so that one signal arrives twice: from it, and passed on.
    """
    heard: list[float] = []
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: how for number, how in kept.items() if how not in (signal.SIG_IGN, None)}

    def hear(number: int, _: object) -> None:
        heard.append(time.monotonic())
        if heard[-1] - heard[0] <= _AT_ONCE:
            answer_first()
        else:
            restore()
            signal.raise_signal(number)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, hear)
    try:
        yield lambda: bool(heard)
    finally:
        restore()
