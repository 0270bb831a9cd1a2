"""The sentence over lines that are cut: a number of tokens for each, and whose it is."""

import pytest

from tokscope.studies.report_lines import headline
from tokscope.studies.show import Segmentation


def cut(
    unread: tuple[str, ...] = (), baselines: tuple[str, ...] = (), **counts: int
) -> Segmentation:
    rows = [name for name, count in counts.items() for _ in range(count)]
    return Segmentation([{"tokenizer": name} for name in rows], "", (), {}, unread, baselines)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ({"en": cut(a=3), "de": cut(a=1200)}, "en 3; de 1,200"),
        ({"en": cut(a=3, b=3)}, "en 3 under every tokenizer"),
        ({"en": cut(a=3, b=2, c=2, d=4)}, "en from 2 (b and c) to 4 (d)"),
        ({"en": cut(a=3, b=2, unread=("b",))}, "en cannot be compared (b cannot read all of it)"),
        ({"en": cut(unread=("a",))}, "en cannot be compared (a cannot read all of it)"),
        ({"en": cut(a=3, bytes=9, baselines=("bytes",))}, "en 3"),
        ({"en": cut(a=3, bytes=9, baselines=("bytes",), unread=("bytes",))}, "en 3"),
        (
            {"en": cut(characters=3, bytes=9, baselines=("bytes", "characters"))},
            "en from 3 (characters) to 9 (bytes)",
        ),
    ],
)
def test_how_many_tokens_a_line_takes(lines: dict[str, Segmentation], sentence: str) -> None:
    assert headline(lines) == f"Tokens of the first line: {sentence}."
