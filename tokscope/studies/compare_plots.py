"""What a comparison looks like: tokens against the cheapest tokenizer, and against a language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tokscope.counting.counted import ALL
from tokscope.counting.letters import Letters
from tokscope.measures.uncertainty import intervals_of
from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report
from tokscope.studies.compare_standings import Standings
from tokscope.wording import some

Found = tuple[float, float, float]  # a value with the ends of its interval


def plots(report: Report, standing: Standings, letters: Sequence[Letters] = ()) -> list[Plot]:
    """Return what can be drawn: tokens against the cheapest tokenizer, and premiums.

    `letters` are those of each corpus, which tell its script.
    """
    measures = set(report.frame["measure"])
    dots = _relative(standing) if measures & {"tokens", "bytes_per_token"} else []
    premiums = _premiums(standing) if "premium" in measures else []
    if premiums:
        by_script = _by_script(premiums[0], standing, letters)
        return [*dots, *premiums, *by_script, *map(_as_map, premiums)]
    return [*dots, *(map(_as_map, dots) if len(_corpora(standing)) > 1 else ())]


def _as_map(plot: Values) -> Values:
    """Return a heat map of the same values, which has no lines."""
    note = "; ".join(part for part in plot.note.split("; ") if not part.startswith("lines: "))
    return replace(plot, kind="heat", name=f"{plot.name}-map", note=note)


def _corpora(standing: Standings) -> list[int]:
    return [c for c, name in enumerate(standing.corpora) if name != ALL]


def _shown(standing: Standings) -> list[int]:
    """Return the tokenizers to draw: not baselines, which nobody would use, if there are others."""
    pairs = enumerate(standing.baseline)
    return [k for k, is_baseline in pairs if not is_baseline or all(standing.baseline)]


def _relative(standing: Standings) -> list[Values]:
    """Draw tokens relative to the cheapest tokenizer of each corpus, the most unequal first."""

    def of(corpus: int, k: int) -> Found:
        base = standing.cheapest(corpus)
        value, *ends = standing.relative(corpus, k, base)
        return value, *((math.nan, math.nan) if k == base else ends)

    marks = _marks(standing, of)
    if len({mark.series for mark in marks}) < 2:
        return []
    title = "Tokens, relative to the tokenizer that needs the fewest"
    note = _note(standing, "the same text under every tokenizer")
    return [Values("dots", "relative", title, "ratio", marks, note, 1.0, log=True)]


def _premiums(standing: Standings) -> list[Values]:
    """Draw what a text costs in each language, relative to the same text in the reference."""

    def of(corpus: int, k: int) -> Found:
        value, *ends = standing.premium(corpus, k)
        sampled = standing.drawn.shape[-1] > 0 and corpus != standing.first
        return value, *(ends if sampled else (math.nan, math.nan))

    marks = _marks(standing, of)
    if len({mark.row for mark in marks}) < 2:
        return []
    reference = standing.corpora[standing.first]
    title = f"Premium: tokens relative to the same text in {reference}"
    unlike = some([one.corpus for one in standing.unlike]) if standing.unlike else ""
    text = f"lines of {unlike} do not look like translations" if unlike else "parallel text"
    note = _note(standing, f"{text}; 1 is as many tokens as {reference} needs")
    return [Values("dots", "premium", title, "ratio", marks, note, 1.0, log=True)]


def _by_script(
    premiums: Values, standing: Standings, letters: Sequence[Letters]
) -> Iterator[Values]:
    """Yield the premiums with a row for each script, if there are several."""
    named = zip(standing.corpora, letters, strict=False)  # "all" has none
    scripts = {name: own.script() or "no letters" for name, own in named}
    if len(set(scripts.values())) > 1:
        marks = [
            Mark(scripts[mark.row], mark.series, mark.value, label=mark.row)
            for mark in premiums.marks
        ]
        title = f"Premium by script: tokens relative to {standing.corpora[standing.first]}"
        note = "each dot is a language; its script is that of most letters where its text begins"
        yield replace(
            premiums, name="premium-by-script", title=title, marks=tuple(marks), note=note
        )


def _note(standing: Standings, note: str) -> str:
    """Add where lines come from, and what is not shown."""
    hidden = [name for k, name in enumerate(standing.tokenizers) if k not in _shown(standing)]
    draws = standing.drawn.shape[-1]
    told = [
        note,
        f"lines: {intervals_of(draws)} of {draws:,} resamples" if draws else "",
        f"without baselines ({', '.join(hidden)})" if hidden else "",
        "nothing where text was not read" if standing.unread[:, _shown(standing)].any() else "",
    ]
    return "; ".join(filter(None, told))


def _marks(standing: Standings, of: Callable[[int, int], Found]) -> tuple[Mark, ...]:
    """Return values by corpus and tokenizer, the corpora with the largest values first."""
    rows = []
    for c in _corpora(standing):
        row = [
            Mark(standing.corpora[c], standing.tokenizers[k], *of(c, k))
            for k in _shown(standing)
            if not standing.unread[c, k]
        ]
        rows.append([mark for mark in row if math.isfinite(mark.value) and mark.value > 0])
    rows.sort(key=lambda row: -max((mark.value for mark in row), default=0))
    return tuple(mark for row in rows for mark in row)
