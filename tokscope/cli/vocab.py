"""`tokscope vocab`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError

if TYPE_CHECKING:
    from tokscope.text.corpus import Corpus

# the plots, the main one first, and when there is one
_PLOTS = {
    "coverage": "with --corpus",
    "frequent-words": "with --corpus",
    "list": "with --word-list",
    "lengths": "",
    "scripts": "",
    "kinds": "with --by kind",
}


def _require_sense(given: Collection[str], by: str) -> None:
    """Refuse options that would be ignored."""
    chosen = [option for option in ("--by", "--tokens", "--only-in", "--grep") if option in given]
    if len(chosen) > 1:
        raise TokscopeError(f"{' and '.join(chosen)} do not go together; choose one")
    lists = [option for option in chosen if option != "--by"]
    if "--top" in given and not lists:
        raise TokscopeError("--top cuts a list; add --tokens LANG, --only-in LABEL or --grep REGEX")
    if "--frequent" in given and (lists or not ("--corpus" in given or by == "language")):
        raise TokscopeError("--frequent looks at words of text; add --corpus, or --by language")
    if "--affix" in given and "--word-list" not in given:
        raise TokscopeError("--affix is about the words of lists; add --word-list")
    for option in ("--corpus", "--word-list"):
        if option in given and lists and (option, *lists) != ("--corpus", "--tokens"):
            raise TokscopeError(f"{lists[0]} lists tokens; drop {option}")


def _conditions(given: Collection[str], by: str) -> list[str]:
    """Return what plots depend on and is so; --by language reads the sample without --corpus."""
    text = ["with --corpus"] if by == "language" else []
    return [*text, f"with --by {by}", *(f"with {option}" for option in given)]


def _read(words: Sequence[Sequence[str] | None], how: text.Reading) -> list[list[Corpus] | None]:
    """Return the text and the lists that options name."""
    from tokscope.text.corpus import Shard

    return text.read_all(words, how, Shard(""))


def command(
    specs: text.Specs,
    *,
    by: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Show one table in full: kind, script, length, language (of --corpus), or terms "
            "(of --word-list).",
        ),
    ] = "",
    tokens: Annotated[
        str | None,
        typer.Option(metavar="LANG", help="List the tokens of one corpus, the most typical first."),
    ] = None,
    only_in: Annotated[
        str | None,
        typer.Option(
            "--only-in", metavar="LABEL", help="List the tokens that no other tokenizer has."
        ),
    ] = None,
    grep: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="List the tokens whose text matches this regular expression."
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="List at most N tokens per tokenizer.")
    ] = None,
    word_list: Annotated[
        list[str] | None,
        typer.Option(
            "--word-list",
            metavar="[NAME=]PATH",
            help="Look at these words or terms, one per line: how many are one token, what they "
            "cost alone, after a space and in capitals, how codes such as E11.9 are cut. "
            "Repeatable.",
        ),
    ] = None,
    affix: Annotated[
        str | None,
        typer.Option(
            metavar="AFFIXES",
            help="How often words of --word-list are cut before a suffix, itis, or after a prefix, "
            "hyper-; several with commas between.",
        ),
    ] = None,
    frequent: Annotated[
        int | None,
        typer.Option(metavar="N", help="Look at the N most frequent words (default: 1000)."),
    ] = None,
    corpus: text.Corpora = None,
    reading: text.Reading,
    words: text.Words = "unicode",
    specials: text.Specials = False,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    r"""Show what is in vocabularies: kinds of tokens, scripts, places in words, lengths, overlap.

    With text in several languages, also which language tokens belong to, and how many letters and
    words of each are one token:

    `tokscope vocab sample:bpe sample:unigram`

    `tokscope vocab sample:bpe --by language --corpus 'text/*.txt'`

    `tokscope vocab sample:bpe --grep '\p{Han}{2}'`
    """
    output.require_formats(out, draws=not (tokens or only_in or grep))
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=specs, texts=[*(corpus or ()), *(word_list or ())])
    ways = {"--by": by or None, "--tokens": tokens, "--only-in": only_in, "--grep": grep}
    more = {"--top": top, "--frequent": frequent, "--corpus": corpus, "--word-list": word_list}
    ways["--affix"] = affix
    given = {option for option, value in (ways | more).items() if value is not None}
    _require_sense(given, by)
    output.require_plot(plot, _PLOTS, out, _conditions(given, by))
    corpora, of_words = _read((corpus, word_list), reading)
    from tokscope.studies import vocab as study
    from tokscope.studies import vocab_tokens as listing
    from tokscope.vocabularies.languages import FREQUENT

    listing.require_top(top)
    with text.workers(corpora, scale) as workers:
        if tokens is not None:
            report = listing.of_language(specs, corpora, tokens, specials=specials, workers=workers)
        elif grep is not None:
            report = listing.grep(specs, grep)
        elif only_in is not None:
            report = listing.only_in(specs, only_in)
        else:
            report = study.vocab(
                specs,
                corpora,
                by=by,
                lists=of_words,
                affixes=() if affix is None else affix.split(","),
                frequent=FREQUENT if frequent is None else frequent,
                word_rule=words,
                specials=specials,
                workers=workers,
            )
    if {tokens, grep, only_in} == {None}:
        views = study.tables(report, by, details=details)
    else:
        views = listing.tables(report, top, counted=only_in is not None, details=details)
        report = listing.first(report, top)
    output.emit(report, views, out, plot=plot)
