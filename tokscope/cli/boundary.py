"""`tokscope boundary`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS, TEXT, TOKENIZERS
from tokscope.cli.show import about_file, given
from tokscope.errors import TokscopeError, exists, path_of

_COVERS = (".jsonl",)  # the suffix of a file of covers
_TOP = 5


def command(
    specs: text.OptionalSpecs = None,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="PROMPT",
            help="A text that is to be continued; - reads it from standard input, and drops a "
            "last line feed. Not with --corpus.",
            rich_help_panel=TOKENIZERS,
        ),
    ] = None,
    *,
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N", help=f"Number of covers to list, the shortest first (default: {_TOP})."
        ),
    ] = None,
    used_in: Annotated[
        list[str] | None,
        typer.Option(
            "--used-in",
            metavar="[NAME=]PATH",
            help="List the covers whose last token comes up most often in this text, which is read "
            "as --corpus is. Repeatable.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        text.corpora(f"Text to look at: {text.FILES} sample:en is English of the embedded sample."),
    ] = None,
    lines: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Draw N lines from each corpus instead of reading all places.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The seed of --lines (default: 0).",
            rich_help_panel=STATISTICS,
        ),
    ] = None,
    reading: text.Reading,
    specials: text.Specials = False,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Show what a prompt that ends inside a token excludes, or where text can be cut.

    A model that is given the tokens of a prompt cannot go on to a token that begins with its end.
    --output covers.jsonl writes all ways to go on.

    `tokscope boundary sample:bpe sample:unigram 'The capital of Fran'`

    With --corpus, there is no prompt: by kind of place in the text, such as before a space, shows
    how often the tokens of what is before it stay, and how often a cut there changes no token.

    `tokscope boundary sample:bpe sample:unigram --corpus sample:en`
    """
    covers, out = output.apart(out, _COVERS)
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    words = [*(specs or ()), *([prompt] if prompt is not None else ())]
    tokenizers = words if corpus else words[:-1]
    of_text: dict[str, object] = {"--lines": lines, "--seed": seed, "--specials": specials or None}
    if not used_in:
        of_text |= {"--jobs": scale.jobs, "--scheduler": scale.scheduler or None}
    of_prompt: dict[str, object] = {"--top": top, "--used-in": used_in}
    of_prompt |= {f"--output {word}": word for word in covers}
    _require(words, bool(corpus), of_prompt, of_text)
    also = [(f"--output {word}", path_of(word)) for word in covers]
    output.require_kept(out, specs=tokenizers, texts=[*(corpus or ()), *(used_in or ())], also=also)
    from tokscope.text.corpus import Shard

    corpora, used = text.read_all([corpus, used_in], reading, Shard(""))
    if corpora is None:
        from tokscope.studies import boundary as study

        how: dict[str, Any] = {"top": _TOP if top is None else top, "save": covers, "corpora": used}
        with text.workers(used, scale) as workers, _about_quotes(words, is_text=False):
            report = study.boundary(tokenizers, given(words[-1]), workers=workers, **how)
        report = replace(report, notes=(*report.notes, *about_file(words[-1], "boundary SPEC -")))
        output.emit(report, study.tables(report, details=details), out)
        return
    from tokscope.studies import boundary_places as places

    with text.workers(corpora, scale) as workers, _about_quotes(words, is_text=True):
        report = places.boundary_places(
            tokenizers, corpora, lines=lines, seed=seed or 0, specials=specials, workers=workers
        )
    output.emit(report, places.tables(report, details=details), out)


def _require(
    words: Sequence[str],
    is_text: bool,
    of_prompt: Mapping[str, object],
    of_text: Mapping[str, object],
) -> None:
    """Refuse words that are missing, and options that would be ignored."""
    if is_text and not words:
        raise TokscopeError("name a tokenizer: tokscope boundary SPEC --corpus PATH")
    if not is_text and len(words) < 2:
        raise TokscopeError(
            "name a tokenizer and a prompt, as in tokscope boundary SPEC 'The capital of Fran'; "
            "or name text by --corpus"
        )
    if not is_text and _is_tokenizer(words[-1]):
        raise TokscopeError(
            f"{words[-1]} is a tokenizer, and no prompt is given; end with one, as 'The capital of "
            "Fran', or name text by --corpus"
        )
    ignored = of_prompt if is_text else of_text
    for option in (one for one, value in ignored.items() if value is not None):
        what = "about a prompt; drop --corpus" if is_text else "about text; name it with --corpus"
        raise TokscopeError(f"{option} is {what}, or drop {option}")
    if is_text and of_text["--seed"] is not None and of_text["--lines"] is None:
        raise TokscopeError("--seed is for lines that are drawn; add --lines 1000")


def _is_tokenizer(prompt: str) -> bool:
    """Tell whether a prompt is a file here that holds a tokenizer."""
    from tokscope.tokenizers import parse

    if not (exists(prompt) and path_of(prompt).is_file()):
        return False
    try:
        return bool(parse(prompt).kind)
    except TokscopeError:
        return False


@contextmanager
def _about_quotes(words: Sequence[str], *, is_text: bool) -> Iterator[None]:
    """Say what to do with words of a prompt that were looked for as tokenizers of the hub."""
    try:
        yield
    except TokscopeError as error:
        taken = words[1:] if is_text else words[1:-1]
        refused = ("hf:{0} ", "hf:{0}:", "'{0}' is not the name of", "'{0}' names no tokenizer;")
        for at, word in enumerate(taken, 1):
            starts = tuple(start.format(word) for start in refused)
            if "/" in word or not str(error).startswith(starts):
                continue
            told = f"put a prompt of several words in quotes: '{' '.join(words[at:])}'"
            told = f"drop {word}, since --corpus takes no prompt" if is_text else told
            raise TokscopeError(f"no tokenizer {word} was found; {told}") from error
        raise
