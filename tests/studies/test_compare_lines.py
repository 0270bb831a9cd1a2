"""The sentence over the lines that cost most."""

import pandas as pd
import pytest

from tokscope.studies.compare_lines import headline

COLUMNS = ["tokenizer", "corpus", "line", "value", "tokens", "reference_tokens"]


@pytest.mark.parametrize(
    ("rows", "unread", "sentence"),
    [
        ([("a", "ja", 2, 3.0, 12, 4), ("a", "ja", 1, 2.0, 8, 4), ("b", "fr", 1, 1.25, 5, 4)], [],
         "Line 2 of ja costs most: 3.0 times the tokens of the same line of en with a "
         "(12 tokens against 4); at most 1.2 with b."),
        ([("a", "ja", 2, 3.0, 12, 4), ("a", "ko", 1, 3.0, 3, 1)], [],
         "Line 2 of ja and others cost most: 3.0 times the tokens of the same line of en with a "
         "(12 tokens against 4)."),
        ([("a", "ja", 2, 1.5, 6, 4), ("bytes", "ja", 1, 9.0, 9, 1)], [],
         "No line costs more than 1.5 times the tokens of the same line of en: line 2 of ja with a "
         "(6 tokens against 4)."),
        ([("bytes", "ja", 1, 9.0, 9, 1)], [],
         "Line 1 of ja costs most: 9.0 times the tokens of the same line of en with bytes "
         "(9 tokens against 1)."),
        ([("a", "ja", 2, 1.0, 4, 4), ("b", "ja", 2, 0.5, 2, 4)], [],
         "No line costs more than the same line of en."),
        ([("a", "ja", 2, 1.0, 4, 4), ("b", "ja", 2, 0.5, 2, 4)], ["b"],
         "No line costs more than the same line of en. Not compared: b cannot read all of the "
         "text."),
        ([("b", "ja", 2, 0.5, 2, 4), ("bytes", "ja", 1, 9.0, 9, 1)], ["b"],
         "Cannot tell: b cannot read all of the text."),
        ([], [], "Cannot tell: no line of en has tokens."),
    ],
)  # fmt: skip
def test_which_lines_cost_most(rows: list[tuple[object]], unread: list[str], sentence: str) -> None:
    assert headline(pd.DataFrame(rows, columns=COLUMNS), "en", ["bytes"], unread) == sentence
