"""How do tokens fit the lexemes of source code?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokscope.counting.signature import signed, signed_text
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError
from tokscope.lexemes.counts import TOTAL, Key
from tokscope.lexemes.files import CODE, SEED, corpora_by_language, sampled
from tokscope.lexemes.read import Found, in_corpora
from tokscope.provenance import Provenance, version_of
from tokscope.report import Report, Rows
from tokscope.studies.code_headline import headline, without_blanks
from tokscope.studies.code_plots import plots
from tokscope.studies.code_rows import Row
from tokscope.studies.code_rows import rows as rows_of
from tokscope.studies.code_tables import tables as tables
from tokscope.text.corpus import SAMPLE, Corpus
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer, switched_off
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.wording import some
from tokscope.workers import HERE, Workers


def code(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    bytes_: int = 0,
    workers: Workers = HERE,
) -> Report:
    """Return how tokens fit the lexemes of source code, by language.

    Args:
        tokenizers: given as to `compare`.
        corpora: files as `LANGUAGE=PATH`, or named so that Pygments knows their language, or a
            mapping of languages to paths or to lists of strings. Default: the embedded code.
        bytes_: how much of each language is read at most: whole files, drawn at random. 0 is all.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: tokenizer, corpus (the language), part (measure, total, category, kind, depth, glued),
    name, measure, value, unit, better, id.

    Raises:
        TokscopeError: a tokenizer or a file cannot be used, or no language has such a name.
    """
    if bytes_ < 0:
        raise TokscopeError(f"--bytes {bytes_}: a size is more than 0")
    named = corpora_by_language("sample:code" if corpora is None else corpora, CODE, {})
    used = load_all(tokenizers)
    chosen = [sampled(corpus, bytes_) for corpus in named] if bytes_ else named
    found = list(in_corpora(used, chosen, workers))
    table = [row._replace(value=float(row.value))._asdict() for row in _rows(used, found)]
    return Report(
        "code",
        "Code by lexemes",
        table,
        (*_blanks(table), *_notes(used, found, bytes_)),
        {**signed(used), **_signed(found, bytes_)},
        headline=headline(table),
        details=_DETAILS,
        view=tables,
        plots=plots,
    )


_DETAILS = (
    "a line is one that is not blank",
    "glued: a token over the identifier holds something else than it and blanks; a space before "
    "it and a line end behind it belong to no lexeme",
    "several: tokens that hold parts of two lexemes or more",
    "names: distinct identifiers that are one token wherever they stand",
    "words in identifiers end at capitals, digits and underscores; by chance: the recall of as "
    "many cuts at random places; kappa: agreement beyond chance",
    "strings that touch are one lexeme; operators are as the lexer gives them, so == may be two",
)


def _rows(used: Sequence[Tokenizer], found: Sequence[tuple[Corpus, Found]]) -> Iterator[Row]:
    for corpus, own in found:
        for k, tokenizer in enumerate(used):
            counts = own.counts[k].copy()
            counts[Key(TOTAL, "", "names")] = len(own.names)
            one = sum(bits >> k & 1 for bits in own.names.values())
            counts[Key(TOTAL, "", "names_one_token")] = one
            yield from rows_of(corpus.name, tokenizer, counts)


def _signed(found: Sequence[tuple[Corpus, Found]], size: int) -> Provenance:
    """Return the lexers and the identity of the text, and how it was read; no words are counted."""
    readings = [own.reading for _, own in found]
    text = signed_text([corpus for corpus, _ in found], readings, Counting(frozenset()))
    del text["words"]
    if text.get("unit"):
        text["unit"] = "file"
    part = {"bytes": f"{size}", "seed": f"{SEED}"} if size else {}
    return {"pygments": version_of("pygments"), **text, **part}


def _blanks(rows: Rows) -> Iterator[str]:
    """Say which tokenizers have no tokens for indentation."""
    names = without_blanks(rows)
    if names:
        have = "has" if len(names) == 1 else "have"
        yield f"{some(names)} {have} no tokens for indentation: it is dropped, or joined to words"


def _notes(
    used: Sequence[Tokenizer], found: Sequence[tuple[Corpus, Found]], size: int
) -> Iterator[str]:
    """Say what changes how the numbers are read."""
    shards = [shard for corpus, _ in found for shard in corpus.shards]
    if all(str(SAMPLE) in shard.path for shard in shards):
        yield "text: the embedded sample, a file for each language; yours with --corpus PATH"
    if size:
        yield (
            f"of each language at most {size:,} bytes: whole files, drawn at random, and the first "
            "lines of the last one"
        )
    replaced = sum(own.reading.replaced for _, own in found)
    if replaced:
        yield f"{replaced:,} invalid UTF-8 sequences were replaced by U+FFFD"
    yield from switched_off(used)
