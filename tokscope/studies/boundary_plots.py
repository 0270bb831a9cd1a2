"""What a prompt excludes, as a picture: ways to go on, by how many tokens they give up."""

from __future__ import annotations

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report


def plots(report: Report) -> list[Plot]:
    """Return the covers of each tokenizer by the tokens of the prompt that they give up."""
    rows = [row for row in report.rows if row["part"] == "given up"]
    counts = {(row["name"], row["tokenizer"]): float(row["value"]) for row in rows}
    names = list(dict.fromkeys(row["tokenizer"] for row in rows))
    numbers = sorted({row["name"] for row in rows}, key=int)
    marks = tuple(
        Mark(_called(number), name, counts.get((number, name), 0.0))
        for number in numbers
        for name in names
    )
    title = "Ways to go on, by the tokens of the prompt that they give up"
    return [Values("bars", "covers", title, "covers", marks)]


def _called(number: str) -> str:
    return f"{number} token{'s'[: number != '1']}"
