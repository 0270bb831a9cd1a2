"""Do the cuts of tokenizers agree with morphemes?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tokscope.counting.signature import signed
from tokscope.errors import TokscopeError, choose, path_of
from tokscope.given import words as words_of
from tokscope.morphemes import saved
from tokscope.morphemes.gold import CANONICAL, Given, How, read
from tokscope.morphemes.scored import CONTEXTS, Laid, cut
from tokscope.provenance import Provenance, rendered
from tokscope.report import Report
from tokscope.studies.morph_headline import headline
from tokscope.studies.morph_plots import plots
from tokscope.studies.morph_rows import MANY, Found, Row, rows_of, rows_of_strings
from tokscope.studies.morph_tables import tables as tables
from tokscope.tokenizers import Tokenizer, switched_off
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.wording import many, some
from tokscope.writing import write_all

_CAVEAT = (
    "a description, no score: how well cuts agree with morphemes explains little of how good a "
    "model becomes (Arnett, Hudspeth & O'Connor 2025, 70 languages)"
)
_COLUMNS = (
    "by chance: the recall of as many cuts at random; hard: compounds with a boundary that is not "
    "cut"
)
_DETAILS = (
    "positions are those between two characters (code points) of a word; a cut inside a character "
    "counts apart",
    "kappa (Cohen 1960): agreement beyond chance, 0 where there is none, 1 where the cuts are the "
    "boundaries and no others",
    "recall if cut: in words that are cut at all (MorphScore)",
    "exact: words that are cut at their boundaries alone; kept: morphemes that begin and end at a "
    "cut or an end of the word",
    "intervals of kappa are 95 %, as if the words were drawn at random from others of their kind",
    "a missed boundary has the name of the morpheme behind it, or of the one before if that begins "
    "the word and is more frequent",
)


def morph(
    tokenizers: Tokenizers,
    gold: Given | None = None,
    *,
    gold_format: str = "",
    context: str = "after-space",
    align: bool = False,
    frequency: str = "",
    top: int = 10,
    strings: bool = False,
    words: str | Sequence[str] = (),
) -> Report:
    """Return how the cuts of tokenizers agree with the morphemes of words.

    Columns: part, gold, tokenizer, name (of a category or a boundary), measure, value, low, high,
    unit, examples. `gold` are files, or names with lists of (word, parts); None is the embedded
    sample. `strings` also compares tokens with morphemes as strings. `words` names
    files that get a line of JSON for every word.

    Raises:
        TokscopeError: gold cannot be used, or a tokenizer cannot be loaded.
    """
    before = choose(CONTEXTS, context, "context")
    if top < 1:
        raise TokscopeError(f"--top {top}: write how many boundaries to list, 1 or more")
    places = list(map(path_of, words_of(words, "words")))
    golds = [Laid(one, before) for one in read(gold, How(gold_format, align, frequency))]
    used = load_all(tokenizers)
    found = [Found(laid, {one.name: cut(laid, one) for one in used}) for laid in golds]
    provenance = _provenance(used, golds, context, align, frequency)
    if places:
        told = {"signature": rendered(provenance)}
        data = saved.jsonl(told, [(one.laid, one.cuts) for one in found])
        write_all(dict.fromkeys(places, data))
    rows = [*rows_of(found, top), *(rows_of_strings(golds, used) if strings else ())]
    return Report(
        "morph",
        f"Cuts and morphemes, words {context.replace('after-', 'after a ')}",
        list(map(_plain, rows)),
        (
            _CAVEAT,
            _COLUMNS,
            *_notes(found, own=gold is not None, aligned=align),
            *switched_off(used),
        ),
        provenance,
        headline=headline(found),
        details=_DETAILS,
        view=tables,
        plots=plots,
    )


def _plain(row: Row) -> Mapping[str, Any]:
    numbers = {name: float(getattr(row, name)) for name in ("value", "low", "high")}
    return row._asdict() | numbers


def _provenance(
    used: Sequence[Tokenizer], golds: Sequence[Laid], context: str, align: bool, frequency: str
) -> Provenance:
    """Return all that can change the result."""
    own = tuple(f"{one.gold.name}={one.gold.format}:{one.gold.digest[:12]}" for one in golds)
    told: Provenance = {**signed(used), "gold": own, "context": context}
    told |= {"aligned": None} if align else {}
    return told | ({"frequency": frequency} if frequency else {})


def _notes(found: Sequence[Found], *, own: bool, aligned: bool) -> Iterator[str]:
    """Yield what changes how the numbers are read."""
    golds = [one.laid.gold for one in found]
    if not own:
        yield "gold: the embedded sample, 200 words of each language, which --gold replaces"
    reasons: Counter[str] = Counter()
    for gold in golds:
        reasons.update(gold.left_out)
    if reasons:
        told = "; ".join(f"{number:,}, {why}" for why, number in reasons.items())
        hint = "; --align fits parts to words" if reasons[CANONICAL] and not aligned else ""
        yield f"{many(reasons.total(), 'word')} of the gold left out: {told}{hint}"
    crowded = [gold.name for gold in golds if len(set(gold.categories)) > MANY]
    if crowded:
        yield f"more than {MANY} categories in {some(crowded)}: they are not told apart"
    partial = [gold.name for gold in golds if gold.partial]
    if partial:
        told = "one boundary of each word is known, so cuts at others count as false"
        yield f"in {some(partial)} {told}"
    for count, what in _DOUBTS.items():
        sums = {name: sum(one.sums[name][count] for one in found) for name in found[0].cuts}
        affected = [f"{name} ({number:,})" for name, number in sums.items() if number]
        if affected:
            yield f"{what}: {some(affected, len(affected))}"


# count -> what to say of tokenizers that have any
_DOUBTS = {
    "unknown": "words with no tokens, or the unknown token, where boundaries count as missed",
    "respelled": "words that tokens spell otherwise, such as in lower case, so that cuts are where "
    "the library says",
    "inside": "cuts inside characters, which count apart",
}
