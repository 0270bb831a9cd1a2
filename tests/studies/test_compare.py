"""compare: rows by hand on two tiny parallel corpora, and everything that it refuses."""

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import tokscope
from tests.tokenizers.families import byte_level
from tokscope.counting.catalog import MEASURES
from tokscope.errors import TokscopeError
from tokscope.render.grid import grid
from tokscope.report import Report
from tokscope.studies.compare import Asked, compared

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def parallel(write: Write) -> list[tokscope.text.corpus.Corpus]:  # type: ignore[name-defined]
    write("p/en.txt", "one two\n\nsix\n")
    write("p/ru.txt", "раз два\n\nшесть\n")
    folder = write("p/th.txt", "หนึ่ง\n\nหก\n").parent
    return tokscope.read_corpora([str(folder)], parallel=True)


def value(frame: pd.DataFrame, tokenizer: str, corpus: str, measure: str) -> float:
    rows = frame[
        (frame.tokenizer == tokenizer) & (frame.corpus == corpus) & (frame.measure == measure)
    ]
    assert len(rows) == 1, (tokenizer, corpus, measure)
    return float(rows["value"].iloc[0])


def test_values_by_hand(parallel: list) -> None:
    frame = tokscope.compare(["bytes"], parallel, measures=["all"]).frame
    few = ["premium", "fertility"]
    characters = tokscope.compare(["c=characters"], parallel, measures=few).frame
    assert value(frame, "bytes", "en", "tokens") == 10
    assert value(frame, "bytes", "ru", "tokens") == 23
    assert value(frame, "bytes", "ru", "premium") == 2.3
    assert value(characters, "c", "ru", "premium") == 1.2
    assert value(characters, "c", "ru", "fertility") == 4
    assert value(frame, "bytes", "all", "tokens") == 10 + 23 + 21
    assert value(frame, "bytes", "all", "worst_premium") == 2.3
    assert value(frame, "bytes", "all", "premium_spread") == 2.3
    # 10, 23 and 21 over 3 lines: 2 * (13 + 11 + 2) / (2 * 9 * 18)
    assert value(frame, "bytes", "all", "gini") == pytest.approx(2 * 26 / (2 * 9 * 18))
    assert value(frame, "bytes", "en", "round_trip") == 1
    assert value(frame, "bytes", "en", "tokens_per_unit") == pytest.approx(10 / 3)


def test_corpora_together_are_ratios_of_sums_over_those_that_have_a_value(parallel: list) -> None:
    report = tokscope.compare(["bytes"], parallel, measures=["fertility", "split_characters"])
    assert math.isnan(value(report.frame, "bytes", "th", "fertility"))
    assert value(report.frame, "bytes", "all", "fertility") == (10 + 23) / 6
    assert math.isnan(value(report.frame, "bytes", "en", "split_characters"))
    assert value(report.frame, "bytes", "all", "split_characters") == 1
    assert any("no fertility for th" in note for note in report.notes)


def test_without_parallel_what_compares_languages_is_left_out_and_said(write: Write) -> None:
    corpora = tokscope.read_corpora(
        [str(write("en.txt", "one\n")), str(write("de.txt", "eins\nzwei\n"))]
    )
    report = tokscope.compare(["bytes"], corpora)
    assert not {"premium", "gini", "worst_premium"} & set(report.frame.measure)
    assert "add --parallel if line i says the same" in report.notes[0]
    assert "premium, worst_premium, gini; add --parallel" in report.details[0]


def test_the_frame_is_tidy(parallel: list) -> None:
    frame = tokscope.compare(["bytes"], parallel).frame
    assert list(frame.columns) == [
        "tokenizer",
        "corpus",
        "measure",
        "value",
        "low",
        "high",
        "unit",
        "better",
    ]
    assert not frame.duplicated(["tokenizer", "corpus", "measure"]).any()
    assert frame["value"].dtype == "float64"
    assert set(frame.corpus) == {"en", "ru", "th", "all"}


def test_a_single_corpus_has_no_rows_for_all_but_across_corpora(write: Write) -> None:
    corpora = tokscope.read_corpora([str(write("en.txt", "one\n"))], parallel=True)
    frame = tokscope.compare(["bytes"], corpora, measures=["tokens", "gini", "worst_premium"]).frame
    assert value(frame, "bytes", "en", "tokens") == 3
    assert math.isnan(value(frame, "bytes", "all", "gini"))
    assert math.isnan(value(frame, "bytes", "all", "worst_premium"))


def test_the_reference_is_english_or_the_first_or_the_one_named(parallel: list) -> None:
    assert tokscope.compare(["bytes"], parallel).signature.endswith("reference:en")
    frame = tokscope.compare(["bytes"], parallel, reference="ru").frame
    assert value(frame, "bytes", "en", "premium") == pytest.approx(10 / 23)
    assert value(frame, "bytes", "all", "worst_premium") == 1
    assert tokscope.compare(["bytes"], parallel[1:]).signature.endswith("reference:ru")


def test_costs_are_tokens_times_price(parallel: list) -> None:
    frame = tokscope.compare(["bytes", "characters"], parallel, prices={"bytes": 2.5}).frame
    assert value(frame, "bytes", "ru", "cost") == pytest.approx(23 * 2.5 / 1e6)
    assert value(frame, "bytes", "all", "cost") == pytest.approx(54 * 2.5 / 1e6)
    assert set(frame[frame.measure == "cost"].tokenizer) == {"bytes"}


def test_the_signature_changes_with_what_changes_a_number(write: Write) -> None:
    path = write("en.txt", "one <|end|>\n")
    mine = str(write("t.json", byte_level().to_str()))

    def signature(**how: object) -> str:
        return tokscope.compare([mine], tokscope.read_corpora([str(path)]), **how).signature  # type: ignore[arg-type]

    plain = signature()
    assert plain == signature()
    assert len({plain, signature(word_rule="whitespace"), signature(specials=True)}) == 3
    path.write_text("two\n")
    assert signature() != plain
    assert signature(prices={"t": 1.0}) != signature(prices={"t": 2.0})


def test_where_files_end_is_part_of_the_signature(write: Write) -> None:
    folder = write("one/ab.txt", "ab").parent
    other = write("two/a.txt", "a").parent
    write("two/b.txt", "b")
    signatures = [
        tokscope.compare(["bytes"], tokscope.read_corpora([f"x={f}"])).signature
        for f in (folder, other)
    ]
    assert signatures[0] != signatures[1]


def test_special_tokens_are_found_when_asked_for(write: Write) -> None:
    corpora = tokscope.read_corpora([str(write("en.txt", "a<|end|>b\n"))])
    mine = str(write("t.json", byte_level().to_str()))
    frame = tokscope.compare([mine], corpora, specials=True, measures=["all"]).frame
    assert value(frame, "t", "en", "tokens") == 3
    assert value(frame, "t", "en", "split_words") == pytest.approx(0)  # a, end and b are words
    assert value(frame, "t", "en", "round_trip") == 1


def test_the_sample_is_the_text_where_none_is_named() -> None:
    report = tokscope.compare(["characters"], measures=["premium", "units"])
    assert len(set(report.frame.corpus)) == 37
    assert value(report.frame, "characters", "de", "units") == 40
    assert any("embedded sample" in note for note in report.notes)


def test_worst_lines(parallel: list) -> None:
    frame = tokscope.worst_lines(["bytes"], parallel, top=2).frame
    assert frame["line"].tolist() == [3, 1]
    assert frame["corpus"].tolist() == ["ru", "th"]
    assert frame["value"].tolist() == [10 / 3, 15 / 7]
    assert frame["text"].tolist() == ["шесть", "หนึ่ง"]
    assert frame[["tokens", "reference_tokens"]].to_numpy().tolist() == [[10, 3], [15, 7]]


def views(report: Report) -> list[Report]:
    assert report.view is not None
    return list(report.view(report))


@pytest.mark.deep
def test_tables_for_people(parallel: list) -> None:
    def titles(**how: object) -> list[str]:
        made = views(tokscope.compare(["sample:bpe", "bytes"], parallel, **how))  # type: ignore[arg-type]
        return [view.title.split(" by ")[0] for view in made]

    assert titles() == ["Tokens", "premium", "3 corpora together"]
    assert titles(by="tokenizer") == ["3 corpora together"]
    assert titles(by="language")[:3] == ["Tokens", "fertility", "bytes_per_token"]
    assert titles(measures=["fertility"]) == ["fertility", "3 corpora together"]
    assert titles(measures=["all"]) == titles()
    assert titles(prices={"sample-bpe": 1.0}) == ["Tokens", "premium", "cost", "3 corpora together"]
    assert titles(measures=["gini"]) == ["3 corpora together"]


def test_tokens_are_shown_relative_to_the_fewest_of_a_tokenizer(parallel: list) -> None:
    """Of en, ru and th, bytes need 10, 23 and 21 tokens, characters 10, 12 and 7."""
    report = tokscope.compare(["bytes", "c=characters"], parallel, measures=["tokens"])
    relative = views(report)[0]
    assert [line[:2] for line in grid(relative).rows] == [
        ["all", "29"], ["en", "10"], ["ru", "12"], ["th", "7"]
    ]  # fmt: skip
    assert [line[2:] for line in grid(relative).rows] == [
        ["1.86", "1.00"], ["1.00", "1.00"], ["1.92", "1.00"], ["3.00", "1.00"]
    ]  # fmt: skip
    assert not any(grid(relative).best)  # baselines are never the best


def test_with_a_baseline_tokens_are_relative_to_the_tokenizer(parallel: list) -> None:
    report = tokscope.compare(["sample:bpe", "c=characters"], parallel, measures=["tokens"])
    relative = views(report)[0]
    assert {line[2] for line in grid(relative).rows} == {"1.00"}
    tokens = value(report.frame, "sample-bpe", "ru", "tokens")
    assert grid(relative).rows[2][3] == f"{12 / tokens:.2f}"
    assert not any(best for view in views(report) for best in grid(view).best)


def test_one_tokenizer_has_its_tokens_and_premiums_in_a_table(parallel: list) -> None:
    first = views(tokscope.compare(["bytes"], parallel))[0]
    assert grid(first).headers == ["corpus", "tokens", "premium"]
    assert grid(first).rows == [["en", "10", "1.000"], ["ru", "23", "2.300"], ["th", "21", "2.100"]]


def test_what_a_tokenizer_cannot_read_is_marked(write: Write) -> None:
    corpora = tokscope.read_corpora(
        [str(write("p/en.txt", "the cat\n")), str(write("p/xx.txt", "ᚑᚌᚐᚋ\n"))], parallel=True
    )
    report = tokscope.compare(["sample:bpe", "sample:wordpiece"], corpora)
    rows = {line[0]: line[1:] for line in grid(views(report)[0]).rows}
    assert "?" not in rows["en"][2]
    assert rows["xx"][2].endswith(" ?")
    assert rows["all"][2].endswith(" ?")
    assert any(note.startswith("? not all of the text was read") for note in report.notes)


def test_sorting_puts_the_worst_corpora_first(parallel: list) -> None:
    def order(sort: str) -> list[str]:
        report = tokscope.compare(["characters", "bytes"], parallel, sort=sort)
        return [line[0] for line in grid(views(report)[0]).rows]

    assert order("bytes") == ["all", "th", "ru", "en"]
    assert order("name") == ["all", "en", "ru", "th"]
    alone = views(tokscope.compare(["bytes"], parallel, sort="bytes"))[0]
    assert [line[0] for line in grid(alone).rows] == ["ru", "th", "en"]


def test_details_have_every_measure_by_corpus_and_every_note(parallel: list) -> None:
    few = tokscope.compare(["bytes", "sample:bpe"], parallel)
    assert "premiums are relative to en" in few.details
    asked = Asked(details=True)
    shown = views(compared(["bytes", "sample:bpe"], parallel, asked))
    assert shown[-1].notes == (*few.notes, *few.details)
    assert {view.title.split(" by ")[0] for view in shown} >= {"Tokens", "fertility", "split_words"}


REFUSED = [
    ({"measures": ["fertilty"]}, "unknown measure 'fertilty'; did you mean 'fertility'?"),
    ({"word_rule": "icu2"}, "unknown word rule 'icu2'"),
    ({"reference": "fr"}, "unknown reference corpus 'fr'; Known: en, ru, th"),
    ({"prices": {"byte": 1.0}}, "unknown tokenizer in --price 'byte'; did you mean 'bytes'?"),
    ({"prices": {"bytes": -1.0}}, "--price bytes=-1.0: a price is a number from 0 up"),
    ({"prices": {"bytes": math.nan}}, "--price bytes=nan: a price is a number from 0 up"),
]


@pytest.mark.parametrize(("how", "message"), REFUSED)
def test_words_that_are_not_known(parallel: list, how: dict, message: str) -> None:
    with pytest.raises(TokscopeError) as error:
        tokscope.compare(["bytes"], parallel, **how)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": "1\n2\n", "b": "1\n"}, "'a' has 2, 'b' has 1; align them"),
        ({"a": "1\n2\n", "b": "1\n\n"}, "unit 2 of 'b' is empty, that of 'a' is not"),
        ({"a": "\n2\n", "b": "1\n2\n"}, "unit 1 of 'a' is empty, that of 'b' is not"),
    ],
)
def test_parallel_corpora_must_be_aligned(
    write: Write, files: dict[str, str], message: str
) -> None:
    corpora = tokscope.read_corpora(
        [str(write(f"{n}.txt", t)) for n, t in files.items()], parallel=True
    )
    with pytest.raises(TokscopeError) as error:
        tokscope.compare(["bytes"], corpora)
    assert message in str(error.value)


def test_tokenizers_and_corpora_that_cannot_be_told_apart(parallel: list, write: Write) -> None:
    with pytest.raises(TokscopeError, match=r"would both be called 'bytes'; write LABEL=bytes"):
        tokscope.compare(["bytes", "bytes"], parallel)
    with pytest.raises(TokscopeError, match=r"tokenizers: it is empty; give a word"):
        tokscope.compare([], parallel)
    with pytest.raises(TokscopeError, match=r"corpora: it is empty; give a path"):
        tokscope.compare(["bytes"], [])
    with pytest.raises(TokscopeError, match=r"'all' stands for all corpora together"):
        tokscope.compare(["bytes"], tokscope.read_corpora([str(write("all.txt", "x"))]))
    with pytest.raises(TokscopeError, match=r"add --parallel"):
        tokscope.worst_lines(["bytes"], tokscope.read_corpora([str(write("x.txt", "x"))]))


def test_a_report_shows_itself_in_a_notebook(parallel: list) -> None:
    html = tokscope.compare(["bytes"], parallel)._repr_html_()
    assert "<h4>bytes by corpus</h4>" in html
    assert "<h4>3 corpora together</h4>" in html


def test_every_measure_can_be_asked_for_by_itself(parallel: list) -> None:
    for name in MEASURES:
        frame = tokscope.compare(["bytes"], parallel, measures=[name]).frame
        assert set(frame.measure) == {name}
