"""LaTeX with booktabs."""

from __future__ import annotations

from tokscope.render.grid import grid
from tokscope.report import Report

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "–": "--", "↓": r"$\downarrow$", "↑": r"$\uparrow$", "\n": " ",
    **{bar: rf"\rule{{{i / 16:g}em}}{{.6em}}" for i, bar in enumerate("▏▎▍▌▋▊▉█", 1)},
}  # fmt: skip


def _safe(text: str) -> str:
    return "".join(_SPECIAL.get(char, char) for char in text)


def render(report: Report) -> str:
    """Write a table environment with the best values bold; notes become comments."""
    cells = grid(report)
    columns = "".join("r" if numeric else "l" for numeric in cells.numeric)
    body = [
        " & ".join(rf"\textbf{{{_safe(c)}}}" if i in best else _safe(c) for i, c in enumerate(row))
        for row, best in zip(cells.rows, cells.best, strict=True)
    ]
    lines = [
        *([f"% {report.headline}"] if report.headline else []),
        *(f"% {note}" for note in report.notes),
        *([f"% {report.signature}"] if report.signature else []),
        r"\begin{table}",
        rf"\caption{{{_safe(report.title)}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf"{' & '.join(map(_safe, cells.headers))} \\",
        r"\midrule",
        *(rf"{row} \\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"
