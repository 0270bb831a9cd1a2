"""`tokscope infer-mixture`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError


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
        shares = json.loads(path.read_bytes())
    except OSError as error:
        raise TokscopeError(f"--truth {path}: cannot be read ({error.strerror})") from error
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


def command(
    spec: text.Spec,
    corpus: text.Corpora = None,
    merges: Annotated[
        int | None,
        typer.Option(metavar="T", help="Use the first T merges (default: as many as text allows)."),
    ] = None,
    from_merge: Annotated[
        int,
        typer.Option(metavar="N", help="Apply the first N merges, and explain those behind them."),
    ] = 0,
    tolerance: Annotated[
        float, typer.Option(help="Stop when no share moves by more; 0 solves exactly.")
    ] = 0.0,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", help="Resample the text N times: intervals.")
    ] = 0,
    refit: Annotated[
        int,
        typer.Option(metavar="R", help="Train R times on the inferred mixture: wider intervals."),
    ] = 0,
    ranges: Annotated[
        bool, typer.Option("--ranges", help="Show how far each share can go at little cost.")
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
    seed: Annotated[int, typer.Option(help="The seed of --bootstrap and --refit.")] = 0,
    field: text.Field = "text",
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
    """
    output.require_formats(format_, outputs or ())
    known = _truth(truth)
    if counts and corpus:
        raise TokscopeError("--counts has the corpora in it; leave --corpus away")
    corpora = text.read(corpus, parallel=False, field=field, errors=errors, max_unit=max_unit)
    if save_counts:
        output.require_writable(save_counts, "--save-counts")
    from tokscope.studies.mixture import infer_mixture

    with (
        output.phases([None] if counts else text.sizes(corpora)) as (advance, tell),
        text.started(jobs, scheduler) as workers,
    ):
        report = infer_mixture(
            spec,
            corpora,
            merges=merges,
            from_merge=from_merge,
            tolerance=tolerance,
            bootstrap=bootstrap,
            refit=refit,
            ranges=ranges,
            seed=seed,
            only=only or (),
            truth=known,
            counts=counts,
            save=(lambda data: output.write(save_counts, data)) if save_counts else None,
            workers=replace(workers, advance=advance),
            tell=tell,
        )
    output.emit(report, [report], format_, outputs or ())
