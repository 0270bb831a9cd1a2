"""What `code` tells: values worked out by hand, headlines, and the golden values."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.lexemes.test_counts import GLUE
from tests.published import load
from tokscope import workers
from tokscope.report import Report, Rows
from tokscope.studies.code import code
from tokscope.studies.code_headline import headline
from tokscope.studies.code_rows import Row
from tokscope.studies.code_tables import tables

TEXT = {"python": ["get = foo_x\n", "x.get(a)\n    y = x\n"]}
# g e t ␣ = ␣ f o o _ x LF, and x .get ( a ) LF ␣␣␣␣ y ␣ = ␣ x LF


def value(told: Report, measure: str, part: str = "measure", name: str = "") -> float:
    frame = told.frame
    own = frame[(frame["part"] == part) & (frame["name"] == name)]
    return float(own[own["measure"] == measure]["value"].item())


def test_by_hand() -> None:
    told = code({"glue": GLUE}, TEXT)
    assert value(told, "tokens_per_line") == 25 / 3
    assert value(told, "identifiers_one_token") == 5 / 7
    assert value(told, "tokens_per_identifier") == 13 / 7
    assert value(told, "identifiers_glued") == pytest.approx(1 / 7)
    assert value(told, "names_one_token") == 3 / 5  # x, a and y; get is one token only once
    assert value(told, "tokens_over_lexemes") == value(told, "indentation") == 1 / 25
    assert value(told, "indentation_bytes") == 4 / 31
    assert value(told, "precision") == 1 / 5
    assert value(told, "recall") == 1
    assert (
        told.headline
        == "In python, glue glues 14 % of the identifiers to what stands beside them, as in “.get”."
    )
    (glued,) = told.frame[told.frame["part"] == "glued"].itertuples()
    assert (glued.name, glued.value, GLUE.vocabulary[glued.id]) == (".get", 1, b".get")


def test_a_name_counts_as_one_token_if_it_is_so_in_every_file(tmp_path: Path) -> None:
    files = {"a": "x\ny\n", "b": "get\nx\n", "c": "x.get\nx\n.get"}  # g e t, and .get
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    told = code({"glue": GLUE}, {"python": tmp_path})
    assert value(told, "names", "total") == 3
    assert value(told, "names_one_token", "total") == 2


def test_the_signature_names_what_decides_the_numbers(tmp_path: Path) -> None:
    told = code("bytes", TEXT).provenance
    assert told["unit"] == "file"
    assert {"pygments", "corpora"} <= told.keys()
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n")
    part = code("bytes", {"python": tmp_path}, bytes_=6)
    assert (part.provenance["bytes"], part.provenance["seed"]) == ("6", "0")
    assert value(part, "bytes", "total") == 6
    assert told["corpora"] != code("bytes", {"py": TEXT["python"]}).provenance["corpora"]


def rows(corpus: str = "java", **values: tuple[float, float]) -> Rows:
    """Make the rows of tokenizers: shares of glued identifiers and of indentation."""
    made: list[Row] = []
    for name, (glued, indented) in values.items():
        made.append(Row(name, corpus, "measure", "", "identifiers_glued", glued, "share"))
        made.append(Row(name, corpus, "measure", "", "indentation", indented, "share"))
        counts = {"tokens": 100, "unknown": 50 * (name == "lost"), "indented_lines": 5}
        counts["blank_tokens"] = 0 if name == "joins" else 9
        made += [Row(name, corpus, "total", "", key, n, "tokens") for key, n in counts.items()]
        if glued > 0:
            made.append(Row(name, corpus, "glued", ".get", "tokens", 3, "tokens", id=7))
    return [row._asdict() for row in made]


NAN = float("nan")
HEADLINES = {
    "In java, a glues 46 % of the identifiers to what stands beside them, as in “.get”; b glues 0 %. "
    "b spends 37 % of its java tokens on indentation, a 7 %.": {"a": (0.46, 0.07), "b": (0, 0.37)},
    "No difference is seen: in java, a and b glue about 46 % of the identifiers to what stands "
    "beside them, as in “.get”.": {"a": (0.462, 0.07), "b": (0.461, 0.07)},
    "a and b keep identifiers apart from what stands beside them.": {"a": (0, 0), "b": (0, 0)},
    "a and b glue less than 1 % of the identifiers to what stands beside them.": {
        "a": (0, 0),
        "b": (0.001, 0),
    },
    "a keeps identifiers apart from what stands beside them. "
    "a spends 39 % of its java tokens on indentation.": {"a": (0, 0.39)},
    "Cannot tell: there are no identifiers in the text.": {"a": (NAN, 0), "b": (NAN, 0)},
    "Cannot tell for lost: parts of the code are unknown tokens.": {"lost": (0.5, 0.5)},
    "a keeps identifiers apart from what stands beside them. "
    "Cannot tell for lost: parts of the code are unknown tokens.": {"a": (0, 0), "lost": (0.5, 0)},
    "a and joins keep identifiers apart from what stands beside them. "
    "a spends 39 % of its java tokens on indentation.": {"a": (0, 0.39), "joins": (0, 0)},
}


@pytest.mark.parametrize("told", HEADLINES)
def test_headlines(told: str) -> None:
    assert headline(rows(**HEADLINES[told])) == told


def test_the_unknown_token_holds_no_identifier() -> None:
    told = code("sample:wordpiece", {"python": ["x = 漢字\n"]})
    assert value(told, "identifiers_one_token") == value(told, "names_one_token") == 0.5


def test_a_headline_looks_at_every_language() -> None:
    """Where tokenizers agree, the language in which they glue most counts."""
    told = headline([*rows("c", a=(0, 0), b=(0, 0)), *rows(a=(0.4, 0), b=(0.4, 0))])
    assert told.startswith("No difference is seen: in java, a and b glue about 40 % of")


def test_a_language_without_words_has_no_values_and_a_note_says_what_drops_indentation() -> None:
    told = code(["bytes", "sample:wordpiece"], {"python": ["  #\n"]})
    assert told.headline == (
        "Cannot tell: there are no identifiers in the text. "
        "bytes spends 50 % of its python tokens on indentation."
    )
    assert pd.isna(value(code("bytes", {"python": ["#"]}), "identifiers_glued"))
    assert any(note.startswith("sample-wordpiece has no tokens for indent") for note in told.notes)
    assert all(len(view.frame) for view in tables(told, details=True))


NAMES = {
    "gpt-2": "gpt-2.json",
    "cl100k": "cl100k_base.tiktoken",
    "o200k": "o200k_base.tiktoken",
    "llama": "llama.json",
    "llama3": "llama3.tiktoken",
}


# golden name -> the name of the total here
TOTALS = {
    **{name: name for name in ("bytes", "tokens", "lexemes", "indented_lines", "blank_tokens")},
    **{name: name for name in ("indentation_bytes", "indentation_tokens")},
    **{"tokens_over_lexemes": "over_lexemes", "lines_with_ink": "lines"},
    "distinct_identifiers": "names",
}


# of 300 kB: three languages, each under one of its tokenizers
LARGE = {"python": "gpt-2", "java": "cl100k", "rust": "llama"}


def test_golden_values(data: Path) -> None:
    """Every count: embedded samples under two or three tokenizers, 300 kB each of LARGE under one.

    Golden kinds name three lexemes at most, and only the most frequent kinds are there.
    """
    golden = data.parent / "golden" / "capabilities" / "code_alignment.json"
    rows = json.loads(golden.read_text())["rows"]
    small = [row for row in rows if row["source"] == "sample"]
    large = [row for row in rows if row["source"] == "shared"]
    large = [row for row in large if LARGE.get(row["language"]) == row["tokenizer"]]
    assert len(small) >= 13
    assert len(large) == len(LARGE)
    for rows, size in ((small, 0), (large, 300_000)):
        used: dict[str, list[str]] = {}
        for row in rows:
            used.setdefault(row["language"], []).append(row["tokenizer"])
        for language, names in used.items():
            file = {language: data / "code" / f"{language}.txt"}
            loaded = {name: load(data / "tokenizers" / NAMES[name]) for name in names}
            frame = code(loaded, file if size else [f"sample:{language}"], bytes_=size).frame
            for row in rows:
                if row["language"] == language:
                    require_counts(frame[frame["tokenizer"] == row["tokenizer"]], row)


def require_counts(own: pd.DataFrame, row: dict[str, Any]) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for part, name, measure, value in zip(
        own["part"], own["name"], own["measure"], own["value"], strict=True
    ):
        counts[part, name.removesuffix("+…"), measure] += value
    for name, here in TOTALS.items():
        assert counts["total", "", here] == row[name], name
    words = [counts["total", "", name] for name in ("hits", "false", "missed")]
    assert words == [row["subwords"][name] for name in ("tp", "fp", "fn")]
    assert {name for part, name, _ in counts if part == "category"} == set(row["by_category"])
    for name, columns in row["by_category"].items():
        assert {one: counts["category", name, one] for one in columns} == columns
    for name, number in row["spanning_kinds"].items():
        assert counts["kind", name, "tokens"] == number


@pytest.mark.deep
def test_workers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(9):
        (tmp_path / f"{i}.py").write_text(f"class A{i}:\n    x_{i} = foo.barBaz(1)\n")
    monkeypatch.setattr(workers, "WORTH", 0)
    with workers.local(2) as two:
        told = code("sample:bpe", {"python": tmp_path}, workers=two)
    alone = code("sample:bpe", {"python": tmp_path})
    pd.testing.assert_frame_equal(told.frame, alone.frame)
    assert told.signature == alone.signature
