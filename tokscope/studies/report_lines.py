"""How lines of a text are cut: those where tokenizers differ most, and one of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tokscope.counting.counted import reference_of
from tokscope.errors import TokscopeError
from tokscope.plots import Cut, Cuts, Plot
from tokscope.report import Report
from tokscope.studies.show import Segmentation, segmentation
from tokscope.studies.show_plots import pieces_of
from tokscope.text.corpus import Corpus, units_at
from tokscope.tokenizers import Tokenizer
from tokscope.wording import some

_LONGEST = 80  # characters of a line that are shown
_FIRST = 20  # units, of which the first that is not empty is shown
_UNEQUAL = 2  # corpora in which tokenizers differ most


def lines_of(
    used: Sequence[Tokenizer], texts: Sequence[Corpus], compared: Report, *, specials: bool
) -> Report:
    """Return the tokens of a line of some corpora: a corpus, and the columns of `show`.

    Raises:
        TokscopeError: a text cannot be read again, or is empty.
    """
    by_name = {corpus.name: corpus for corpus in texts}
    plots = compared.plots(compared) if compared.plots else []
    unequal = [mark.row for plot in plots[:1] for mark in getattr(plot, "marks", ())]
    names = dict.fromkeys((texts[reference_of(texts, "")].name, *unequal, *by_name))
    lines = {name: _line(by_name[name]) for name in list(names)[: 1 + _UNEQUAL]}
    if not any(lines.values()):
        raise TokscopeError("the first units are empty")
    cut = {
        name: segmentation(line, used, specials=specials) for name, line in lines.items() if line
    }
    frame = pd.concat([one.frame.assign(corpus=name) for name, one in cut.items()])
    frame = frame[["corpus", *(column for column in frame if column != "corpus")]]
    return Report(
        "show",
        "How a line is cut",
        frame,
        provenance=next(iter(cut.values())).provenance,
        headline=headline(cut),
        view=_tables,
        plots=_plots,
    )


def headline(cut: Mapping[str, Segmentation]) -> str:
    """Say for the line of each corpus how many tokens it takes, and under which tokenizer."""
    told = "; ".join(f"{name} {_range(one)}" for name, one in cut.items())
    return f"Tokens of the first line: {told}."


def _range(cut: Segmentation) -> str:
    every = {str(name): len(own) for name, own in cut.frame.groupby("tokenizer", sort=False)}
    counts = {name: n for name, n in every.items() if name not in cut.baselines} or every
    unread = [name for name in cut.unread if name not in cut.baselines]
    if unread:
        return f"cannot be compared ({some(unread)} cannot read all of it)"
    least, most = min(counts.values()), max(counts.values())
    if least == most:
        return f"{least:,}" if len(counts) == 1 else f"{least:,} under every tokenizer"
    fewest, highest = (some([name for name in counts if counts[name] == n]) for n in (least, most))
    return f"from {least:,} ({fewest}) to {most:,} ({highest})"


def _line(corpus: Corpus) -> str:
    """Return the first unit of a corpus with text in it, a long one up to a space."""
    texts = units_at(corpus, range(_FIRST))
    line = next((text for _, text in sorted(texts.items()) if text.strip()), "")
    shown = line[:_LONGEST]
    return shown if shown == line else shown.rpartition(" ")[0].strip() or shown


def _tables(report: Report) -> list[Report]:
    counts = report.frame.groupby(["corpus", "tokenizer"], sort=False).size().reset_index()
    rows = counts.rename(columns={0: "value"}).assign(unit="tokens", better="lower")
    rows["value"] = rows["value"].astype(float)
    return [Report("show", "Tokens of these lines", rows, across="tokenizer")]


def _plots(report: Report) -> list[Plot]:
    cuts = [
        Cut(str(corpus), str(name), pieces_of(own))
        for (corpus, name), own in report.frame.groupby(["corpus", "tokenizer"], sort=False)
    ]
    note = "each box is a token; point at one to see its id and bytes"
    return [Cuts("tokens", "The same line under every tokenizer", tuple(cuts), note)]
