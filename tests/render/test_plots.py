"""Plots: every mark is where its value is, has a title, and is nothing but text and shapes."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf, nan
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import HOSTILE, NAMES, require_safe
from tokscope.plots import Cut, Cuts, Line, Lines, Mark, Piece, Plot, Values
from tokscope.render import page, svg
from tokscope.render.grid import grid
from tokscope.render.marks import RIGHT, broken, gutter
from tokscope.render.plotted import table
from tokscope.render.scale import Scale, covering, named_ticks, on_axis, short
from tokscope.report import Report

SVG = "{http://www.w3.org/2000/svg}"


def values(kind: str, name: str = "en", **more: object) -> Values:
    marks = (Mark(name, "a", 1.0, 0.5, 2.0), Mark(name, "b", 4.0), Mark("de", "a", 2.0))
    return Values(kind, kind, f"Title {name}", "ratio", marks, name, **more)  # type: ignore[arg-type]


def lines(name: str = "a") -> Lines:
    each = (Line(name, (1, 10, 100), (0.0, 0.5, 1.0)), Line("b", (1, 10, 100), (1.0, 0.5, 0.25)))
    return Lines("lines", name, "rank", "share", each, name, log=True)


def cuts(name: str = "a") -> Cuts:
    pieces = (Piece(name, name), Piece("b"), Piece("中文", "id 3"))
    return Cuts("cuts", name, (Cut(name, name, pieces), Cut(name, "b", pieces)), name)


def every(name: str = "en") -> list[Plot]:
    kinds = [values(kind, name) for kind in ("dots", "bars", "heat")]
    return [*kinds, lines(name), cuts(name), replace(cuts(name), name="beside", beside=True)]


def titles(drawn: str) -> dict[str, ElementTree.Element]:
    groups = ElementTree.fromstring(drawn).iter(f"{SVG}g")
    return {str(group.findtext(f"{SVG}title")): group for group in groups}


def place(group: ElementTree.Element, kind: str, name: str = "x") -> float:
    (found,) = group.findall(f"{SVG}{kind}")
    return float(found.get(name, "").rstrip("%"))


def test_a_dot_is_where_its_value_is() -> None:
    """From 0.5 to 4 there are three doublings; names of rows take 5 + 1.9 * 2 percent."""
    left = 8.8
    assert gutter(["en", "de"]) == left
    third = (RIGHT - left) / 3
    drawn = titles(svg.picture(values("dots", log=True)))
    assert set(drawn) == {"en, a: 1.00 [0.50, 2.00]", "en, b: 4.00", "de, a: 2.00"}
    first = drawn["en, a: 1.00 [0.50, 2.00]"]
    assert place(first, "svg") == pytest.approx(left + third, abs=0.01)
    assert place(first, "line", "x1") == pytest.approx(left)
    assert place(first, "line", "x2") == pytest.approx(left + 2 * third, abs=0.01)
    assert place(drawn["en, b: 4.00"], "svg") == pytest.approx(RIGHT)
    assert not drawn["de, a: 2.00"].findall(f"{SVG}line")


def test_a_bar_begins_at_0_and_is_as_long_as_its_value() -> None:
    drawn = titles(svg.picture(values("bars")))
    full = place(drawn["en, b: 4.00"], "rect", "width")
    assert full == pytest.approx(RIGHT - 10 - 8.8)
    assert place(drawn["de, a: 2.00"], "rect", "width") == pytest.approx(full / 2)
    assert {place(one, "rect") for one in drawn.values()} == {8.8}


def test_a_cell_of_a_heat_map_has_its_value_and_is_darker_for_more() -> None:
    drawn = titles(svg.picture(values("heat")))
    cells = {t: one for t, one in drawn.items() if one.findall(f"{SVG}rect")}
    assert [one.findtext(f"{SVG}text") for one in cells.values()] == ["1.00", "4.00", "2.00"]
    assert [place(one, "rect", "fill-opacity") for one in cells.values()] == [0.04, 0.54, 0.21]
    assert [place(one, "rect", "x") for one in cells.values()] == [8.8, 52.4, 8.8]


def test_a_curve_goes_through_its_points() -> None:
    drawn = svg.picture(lines())
    assert 'points="0.0,250 500.0,140 1000.0,30"' in drawn  # 220 pixels high, below the legend
    points = titles(drawn)
    assert place(points["a, rank 10: 50 %"], "svg") == pytest.approx(
        (place(points["a, rank 1: 0 %"], "svg") + RIGHT) / 2, abs=0.01
    )


def test_texts_side_by_side_have_a_row_each_and_as_many_columns_as_there_is_room() -> None:
    """A picture is 720 wide and a column 112 or more; the sixth series comes below the others."""
    rows = ("12", "3456")
    each = [Cut(row, f"s{k}", tuple(map(Piece, row))) for row in rows for k in range(6)]
    root = ElementTree.fromstring(svg.picture(Cuts("c", "t", tuple(each), beside=True)))
    boxes = [one for one in root.iter(f"{SVG}rect") if one.get("class") == "piece"]
    assert len(boxes) == 6 * (2 + 4)
    places = [(float(one.get("x", "")), float(one.get("y", ""))) for one in boxes]
    left = 28 + 7.4 * 4
    size = (712 - left) / 5
    firsts = {round(left + size * k, 1) for k in range(5)}
    assert firsts <= {round(x, 1) for x, _ in places}
    heights = sorted({y for _, y in places})
    assert len(heights) == 4
    assert all(x < left + size for x, y in places if y in heights[2:])


def test_a_text_that_is_too_wide_for_its_column_wraps() -> None:
    pieces = tuple(map(Piece, "1234567"))
    cut = [Cut("1234567", f"s{k}", pieces) for k in range(5)]
    root = ElementTree.fromstring(svg.picture(Cuts("c", "t", tuple(cut), beside=True)))
    boxes = [one for one in root.iter(f"{SVG}rect") if one.get("class") == "piece"]
    assert len({one.get("y") for one in boxes}) == 2
    assert max(float(one.get("x", "")) for one in boxes) <= 704 - 15.4


def test_a_name_above_a_column_is_broken_after_signs() -> None:
    assert broken("a-b", 9) == ["a-b"]
    assert broken("one-two_three.four", 4) == ["one-", "two_", "thr…"]


def test_names_in_wide_letters_take_the_room_of_twice_as_many() -> None:
    assert gutter(["世界"]) == gutter(["abcd"])
    drawn = titles(svg.inline(Values("dots", "d", "t", "ratio", (Mark("世" * 20, "a", 1.0),))))
    assert drawn["世" * 20].findtext(f"{SVG}text") == "世世世…世世世"  # 14 letters fit


def test_a_name_of_very_many_parts_takes_a_few_lines_above_its_column() -> None:
    cut = Cut("1", "part-" * 1000, (Piece("1"),))
    root = ElementTree.fromstring(svg.picture(Cuts("c", "t", (cut,), beside=True)))
    assert float(root.get("height", "")) < 250


def test_no_text_at_all_can_be_drawn_side_by_side() -> None:
    empty = Cuts("c", "t", (), beside=True)
    assert svg.picture(empty).startswith("<svg ")
    without = replace(empty, cuts=(Cut("1", "a", ()),))  # a tokenizer may refuse a text
    assert ">–</text>" in svg.picture(without)
    report = Report("x", "t", table(without).frame, plots=lambda _: [without])
    assert '<td class="pieces" dir="auto">–</td>' in page.render(report)


def test_a_value_that_is_undefined_is_left_out_or_a_dash() -> None:
    marks = (Mark("en", "a", nan), Mark("en", "b", 2.0))
    for kind in ("dots", "bars"):
        drawn = titles(svg.picture(Values(kind, kind, "t", "ratio", marks)))  # type: ignore[arg-type]
        assert set(drawn) == {"en, b: 2.00"}
    assert "en, a: –" in titles(svg.picture(Values("heat", "h", "t", "ratio", marks)))


def test_on_an_axis_of_ratios_what_is_not_above_0_has_no_place_and_intervals_end_at_its_ends() -> (
    None
):
    marks = (Mark("en", "a", 2.0, 0.0, inf), Mark("de", "a", 1.0), Mark("fr", "a", 0.0))
    drawn = titles(svg.picture(Values("dots", "d", "t", "ratio", marks, log=True)))
    assert list(drawn) == ["en, a: 2.00 [0.00, inf]", "de, a: 1.00"]
    ends = [place(drawn["en, a: 2.00 [0.00, inf]"], "line", end) for end in ("x1", "x2")]
    assert ends == [gutter(["en"]), RIGHT]
    svg.picture(Values("bars", "b", "t", "ratio", marks, log=True))
    heat = titles(svg.picture(Values("heat", "h", "t", "ratio", marks, log=True)))
    assert place(heat["fr, a: 0.00"], "rect", "fill-opacity") == 0


def test_a_bar_of_0_has_no_width_and_that_of_a_small_value_is_seen() -> None:
    marks = (Mark("en", "a", 100.0), Mark("de", "a", 0.0), Mark("fr", "a", 1e-9))
    drawn = titles(svg.picture(Values("bars", "b", "t", "ratio", marks)))
    assert place(drawn["de, a: 0.00"], "rect", "width") == 0
    assert place(drawn["fr, a: 0.00"], "rect", "width") == 0.2


def test_a_point_without_a_value_is_left_out_of_its_curve() -> None:
    curve = Line("a", (1.0, 10.0, 100.0), (0.0, nan, 1.0))
    drawn = svg.picture(Lines("l", "t", "rank", "share", (curve,), log=True))
    assert 'points="0.0,228 1000.0,8"' in drawn  # 220 pixels high, without a legend
    assert list(titles(drawn)) == ["a, rank 1: 0 %", "a, rank 100: 100 %"]


@pytest.mark.parametrize("plot", every(), ids=lambda plot: plot.name)
def test_every_mark_has_a_title_and_nothing_asks_for_a_file(plot: Plot) -> None:
    for drawn in (svg.picture(plot), svg.inline(plot)):
        root = ElementTree.fromstring(drawn)
        parents = {child: parent for parent in root.iter() for child in parent}
        for kind in ("path", "polyline", "rect"):
            for mark in root.iter(SVG + kind):
                own = parents[mark]
                own = parents[own] if own.tag == f"{SVG}svg" and kind == "path" else own
                is_legend = kind == "path" and own.tag == f"{SVG}svg"
                named = own.tag == f"{SVG}g" and own[0].tag == f"{SVG}title"
                assert named or is_legend or mark.get("class") in ("paper", "curve")
        assert not re.search(r"(?i)\b(href|src|url\(|@import|<script|<image|<use)", drawn)
        assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("name", [name for name in NAMES if name], ids=range(len(NAMES) - 1))
def test_hostile_names_are_text_in_every_plot(name: str) -> None:
    for plot in every(name):
        for drawn in (svg.picture(plot), svg.inline(plot)):
            require_safe("svg", drawn)
            tags = {one.tag for one in ElementTree.fromstring(drawn).iter()}
            known = "svg g title text rect line path polyline style"
            assert tags <= {SVG + tag for tag in known.split()}


def test_every_plot_has_its_table() -> None:
    cells = [grid(table(plot)) for plot in every()]
    assert cells[0].rows == [["en", "1.000 [0.500, 2.000]", "4.000"], ["de", "2.000", "–"]]
    assert cells[0].headers == ["", "a", "b"]
    assert cells[3].rows == [
        ["1", "0.0 %", "100.0 %"],
        ["10", "50.0 %", "50.0 %"],
        ["100", "100.0 %", "25.0 %"],
    ]
    assert cells[4].rows[0] == ["en", "en", "3", "en|b|中文"]


finite = st.floats(1e-6, 1e9)


@given(st.lists(finite, min_size=1), st.booleans(), st.booleans())
def test_an_axis_has_room_for_all_values_and_some_ticks(
    given: list[float], zero: bool, log: bool
) -> None:
    scale = covering(given, zero=zero, log=log)
    assert all(-1e-9 <= scale(value) <= 1 + 1e-9 for value in given)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 17
    assert ticks == sorted(ticks)
    assert all(-1e-6 <= scale(tick) <= 1 + 1e-6 for tick in ticks)


def test_an_axis_without_any_value_can_be_drawn() -> None:
    assert covering([nan]).ticks()
    assert covering([], log=True) == Scale(1.0, 2.0, log=True)
    assert short(nan, "ratio") == "–"


def test_values_on_an_axis_have_the_decimals_that_they_need() -> None:
    assert on_axis([0.1, 0.25], "share") == ["10 %", "25 %"]
    assert on_axis([0.0, 0.005, 0.01], "share") == ["0.0 %", "0.5 %", "1.0 %"]
    assert on_axis([0.0003, 0.01, 0.3], "share") == ["0.03 %", "1 %", "30 %"]


def test_an_axis_of_counts_has_whole_numbers() -> None:
    assert list(named_ticks(Scale(0, 2), "tokens").values()) == ["0", "1", "2"]
    assert list(named_ticks(Scale(0, 2), "ratio").values()) == ["0.0", "0.5", "1.0", "1.5", "2.0"]


def test_a_page_shows_each_plot_with_its_table() -> None:
    name = HOSTILE
    frame = table(values("dots", name)).frame
    made = Report(
        "x",
        name,
        frame,
        (name,),
        {name: None},
        "series",
        headline=name,
        plots=lambda _: every(name),
    )
    drawn = page.render(made, repeat=name)
    assert drawn.count("<figure>") == drawn.count("The values of this plot") == 6
    assert drawn.count("<table>") == 8  # of the report, of six plots, and texts side by side
    require_safe("html", drawn)
