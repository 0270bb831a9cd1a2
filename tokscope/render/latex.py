"""LaTeX tables with booktabs."""

from __future__ import annotations

import re

from tokscope.render.grid import grid
from tokscope.report import Report
from tokscope.visible import visible

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "–": "--", "↓": r"$\downarrow$", "↑": r"$\uparrow$",
    **{bar: rf"\rule{{{i / 16:g}em}}{{.6em}}" for i, bar in enumerate("▏▎▍▌▋▊▉█", 1)},
}  # fmt: skip
# At the start of a row, TeX reads [ and * as options of the row before; GitHub obeys `::`.
_FIRST = re.compile(r"^(\s*)([\[*:])")


def _safe(text: str) -> str:
    return _FIRST.sub(r"\1{\2}", "".join(_SPECIAL.get(char, char) for char in text))


def render(report: Report) -> str:
    """Write a table environment with the best values bold; notes become comments."""
    cells = grid(report, _safe)
    columns = "".join("r" if numeric else "l" for numeric in cells.numeric)
    body = [
        " & ".join(rf"\textbf{{{c}}}" if i in best else c for i, c in enumerate(row))
        for row, best in zip(cells.rows, cells.best, strict=True)
    ]
    lines = [
        *(
            f"% {visible(text)}"
            for text in (report.headline, *report.notes, report.signature)
            if text
        ),
        r"\begin{table}",
        rf"\caption{{{cells.title}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf"{' & '.join(cells.headers)} \\",
        r"\midrule",
        *(rf"{row} \\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"
