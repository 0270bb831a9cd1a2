"""Plots as figures: marks are where their values are, and text is text in fonts that have it."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from math import nan
from pathlib import Path
from unicodedata import category

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Text

import tokscope
from tests.laws import NAMES, UNSEEN, refusal_here
from tests.render.test_plots import cuts, every, lines, values
from tokscope.errors import TokscopeError
from tokscope.plots import Cut, Cuts, Line, Lines, Mark, Piece, Plot, Values
from tokscope.render import figures
from tokscope.render.figures import figure, pdf, png
from tokscope.render.marks import COLORS
from tokscope.render.typeset import SQUARE, type_for
from tokscope.report import Report
from tokscope.visible import visible

NOBODYS = "\U0010f124"  # a character for private use


def written(drawn: Figure) -> list[str]:
    """Return the text that is drawn: no mathematics, no TeX, nothing hidden."""
    texts = [one for one in drawn.findobj(Text) if isinstance(one, Text) and one.get_text()]
    for one in texts:
        assert not {char for char in one.get_text() if char != "\n" and category(char) in UNSEEN}
        assert not one.get_parse_math()
        assert not one.get_usetex()
    return [one.get_text() for one in texts]


def intervals(drawn: Figure) -> list[list[list[float]]]:
    """Return both ends of the intervals of each series."""
    found = [one for one in drawn.axes[0].collections if isinstance(one, LineCollection)]
    return [[np.asarray(line).tolist() for line in one.get_segments()] for one in found]


def test_a_dot_is_at_its_value_and_has_its_interval() -> None:
    drawn = figure(values("dots", log=True, origin=1.0))
    (axes,) = drawn.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == (0.5, 4.0)
    first, second = axes.lines[1:]
    assert axes.lines[0].get_xdata() == [1.0, 1.0]  # the origin
    assert (first.get_label(), list(first.get_xdata())) == ("a", [1.0, 2.0])
    assert (second.get_label(), list(second.get_xdata())) == ("b", [4.0])
    assert [first.get_color(), second.get_color()] == list(COLORS[:2])
    assert first.get_marker() != second.get_marker()
    assert [round(y) for y in first.get_ydata()] == [0, 1]
    low, high = intervals(drawn)[0][0]
    assert (low[0], high[0], low[1]) == (0.5, 2.0, first.get_ydata()[0])
    assert [len(one) for one in intervals(drawn)] == [1, 0]
    assert [one.get_text() for one in axes.get_yticklabels()] == ["en", "de"]
    assert {"Title en", "en", "a", "b", "0.5", "1.0", "2.0"} <= set(written(drawn))


def test_an_axis_of_counts_has_whole_numbers() -> None:
    (axes,) = figure(Values("bars", "b", "t", "tokens", (Mark("en", "a", 2.0),))).axes
    assert [one.get_text() for one in axes.get_xticklabels()] == ["0", "1", "2"]


def test_a_bar_begins_at_0_and_its_value_is_written() -> None:
    drawn = figure(values("bars"))
    bars = [one for one in drawn.axes[0].patches if isinstance(one, Rectangle)]
    assert [(one.get_x(), one.get_width()) for one in bars] == [(0, 1.0), (0, 2.0), (0, 4.0)]
    assert {"1.00", "2.00", "4.00"} <= set(written(drawn))
    assert intervals(drawn)[0][0][1][0] == 2.0


def test_a_cell_has_its_value_and_a_missing_one_is_empty() -> None:
    drawn = figure(values("heat", log=True))
    (mesh,) = [one for one in drawn.axes[0].collections if isinstance(one, QuadMesh)]
    assert np.ma.filled(mesh.get_array(), -1).tolist() == [[1.0, 4.0], [2.0, -1]]
    shades = mesh.to_rgba(mesh.get_array())
    assert shades[0, 0, 0] > shades[1, 0, 0] > shades[0, 1, 0]  # 2 is between 1 and 4
    assert shades[1, 0, 0] == pytest.approx((shades[0, 0, 0] + shades[0, 1, 0]) / 2, abs=0.01)
    places = {one.get_text(): one.get_position() for one in drawn.axes[0].texts}
    assert places == {"1.00": (0, 0), "4.00": (1, 0), "2.00": (0, 1)}


def test_names_that_differ_at_the_end_differ_above_columns_and_in_the_legend() -> None:
    names = [f"organisation/model-name-{k}b-instruct-v{k}" for k in range(12)]
    marks = tuple(Mark("en", name, 1.0) for name in names)
    (axes,) = figure(Values("heat", "x", "t", "ratio", marks)).axes
    heads = [one.get_text().replace("\n", "") for one in axes.get_xticklabels()]
    assert [head.rpartition("v")[2] for head in heads] == [f"{k}" for k in range(12)]
    assert set(names) <= set(written(figure(Values("dots", "x", "t", "ratio", marks))))


def test_a_curve_goes_through_its_points() -> None:
    (axes,) = figure(lines()).axes
    found = [(one.get_label(), *map(list, one.get_data())) for one in axes.lines]
    assert found == [("a", [1, 10, 100], [0, 0.5, 1]), ("b", [1, 10, 100], [1, 0.5, 0.25])]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "rank")
    assert [one.get_text() for one in axes.get_yticklabels()][::5] == ["0 %", "100 %"]
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()


def test_a_token_is_a_box_with_its_text() -> None:
    drawn = figure(cuts("two words"))
    boxes = [one for one in drawn.artists if isinstance(one, FancyBboxPatch)]
    assert len(boxes) == 6
    assert boxes[0].get_width() > 3 * boxes[1].get_width()
    assert {"two words: 3", "b: 3", "b"} <= set(written(drawn))
    for before, box in pairwise(boxes):  # none lies on another
        assert box.get_x() >= before.get_x() + before.get_width() or box.get_y() > before.get_y()


def test_short_texts_stand_side_by_side() -> None:
    """Five columns fit; the sixth comes below, and a text that a tokenizer refuses is a dash."""
    each = [Cut("12", f"s{k}", tuple(map(Piece, "12"))) for k in range(6)]
    drawn = figure(Cuts("c", "t", (*each[:5], Cut("12", "s5", ())), beside=True))
    boxes = [one for one in drawn.findobj(FancyBboxPatch) if isinstance(one, FancyBboxPatch)]
    assert len({one.get_x() for one in boxes}) == 10
    assert len({one.get_y() for one in boxes}) == 1
    assert [text for text in written(drawn) if text in ("12", "s4", "s5", "–")] == [
        *("s4", "12", "s5", "12", "–"),
    ]


def test_a_long_text_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_MOST", 200)
    drawn = figure(Cuts("cuts", "t", (Cut("", "a", (Piece("x"),) * 1_003),)))
    assert len(drawn.artists) == 200
    assert written(drawn)[-1] == "and 803 more"
    assert "a: 1,003" in written(drawn)
    assert max(one.get_x() + one.get_width() for one in drawn.artists) < 720


@pytest.mark.parametrize("plot", every(), ids=lambda plot: plot.name)
def test_the_same_plot_is_the_same_bytes_whatever_a_user_has_set(plot: Plot) -> None:
    """What is drawn is the same in both formats, so that one plot is tried in both."""
    formats = (png, pdf) if plot.name == "dots" else (png,)
    first = [draw(plot) for draw in formats]
    assert first[0].startswith(b"\x89PNG")
    assert not re.search(rb"tEXt|matplotlib", first[0])
    before = matplotlib.rcParams.copy()
    with matplotlib.rc_context(
        {"axes.facecolor": "red", "text.parse_math": True, "lines.linewidth": 9, "font.size": 30}
    ):
        assert [draw(plot) for draw in formats] == first
    assert matplotlib.rcParams.copy() == before


@pytest.mark.parametrize("kind", ["heat", "lines", "cuts"])
def test_a_pdf_is_one_page_of_text_and_lines_that_has_its_fonts(kind: str) -> None:
    (plot,) = (one for one in every("naïve") if one.name == kind)
    page = pdf(plot)
    found = {
        name: len(re.findall(rb"/" + name.encode() + rb"\b", page))
        for name in (
            "Type /Page",
            "Type /FontDescriptor",
            "FontFile2",
            "ToUnicode",
            "Type3",
            "Image",
        )
    }
    fonts = found["Type /FontDescriptor"]
    assert fonts > 0
    assert (found["FontFile2"], found["ToUnicode"]) == (fonts, fonts)  # TrueType, and searchable
    assert (found["Type /Page"], found["Type3"]) == (1, 0)
    assert b"/Subtype /Image" not in page
    assert page.startswith(b"%PDF")
    assert page.rstrip().endswith(b"%%EOF")
    assert not re.search(rb"Date|[Mm]atplotlib", page)


# Names that a figure could take for lines, mathematics, TeX or nothing; what only tables and pages
# could obey is left to their tests.
DRAWN = (NAMES[0], NAMES[1], NAMES[4], "", "$x^2$", "_", "é" * 5_000, "a " * 300)


@pytest.mark.parametrize("name", DRAWN, ids=range(len(DRAWN)))
def test_hostile_names_are_text_that_stays_in_the_picture(name: str) -> None:
    for plot in every(name):
        drawn = figure(plot)
        pens = FigureCanvasAgg(drawn).get_renderer()
        found = written(drawn)
        for one in drawn.findobj(Text):
            if one.get_text() and isinstance(one, Text) and one.get_visible():
                box = one.get_window_extent(pens)
                assert box.x0 >= -1, one
                assert box.x1 <= drawn.bbox.width + 1, one
        assert found
    if name and name.isascii() and len(name) < 20:
        assert visible(name) in found


def test_what_no_font_has_is_a_square_and_a_note() -> None:
    letters = type_for(["a", NOBODYS])
    assert letters.shown(f"a{NOBODYS}") == f"a{SQUARE}"
    note = f"{SQUARE}; {SQUARE} is a character that no font of this machine has"
    assert {note, SQUARE, f"Title {SQUARE}"} <= set(written(figure(values("dots", NOBODYS))))
    assert type_for(["\n\x7f\x1b"]).shown("a\n\x7f\x1b") == r"a\n\x7f\x1b"
    assert not type_for(["\n"]).note()
    hidden = (Mark("en", "a", 1.0, label=NOBODYS),)  # a label is in the table alone
    assert SQUARE not in "".join(written(figure(Values("dots", "x", "t", "ratio", hidden))))


@pytest.fixture
def a_font(tmp_path: Path) -> object:
    """A font that matplotlib knows, with one character that no other has."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for place in ((0, 500), (500, 500), (500, 0)):
        pen.lineTo(place)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "one"])
    builder.setupCharacterMap({0x10F123: "one"})
    builder.setupGlyf({".notdef": pen.glyph(), "one": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "one": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Tokscope Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "test.ttf")
    before = list(fontManager.ttflist)
    fontManager.addfont(tmp_path / "test.ttf")
    yield
    fontManager.ttflist[:] = before


def test_text_is_drawn_in_a_font_that_has_it(a_font: object) -> None:
    letters = type_for(["a\U0010f123\U0010f124"])
    assert letters.families[1:] == ("Tokscope Test",)
    assert letters.missing == {"\U0010f124"}
    assert letters.shown("a\U0010f123\U0010f124") == f"a\U0010f123{SQUARE}"
    assert png(values("heat", "a\U0010f123"))


@pytest.mark.deep
def test_plots_without_values_or_with_extreme_ones_are_drawn() -> None:
    for kind in ("dots", "bars", "heat"):
        figure(Values(kind, "x", "", "ratio", ())).draw_without_rendering()  # type: ignore[arg-type]
        one = (Mark("en", "a", nan), Mark("de", "a", 0.0, -1.0, float("inf")), Mark("", "", 1e300))
        for log in (False, True):
            plot = Values(kind, "x", "t", "tokens", one, log=log)  # type: ignore[arg-type]
            figure(plot).draw_without_rendering()
    png(Values("bars", "x", "t", "tokens", one))
    figure(Lines("x", "", "", "share", ())).draw_without_rendering()
    png(Lines("x", "", "", "share", (Line("a", (), ()), Line("b", (0, 1), (nan, 1)))))
    figure(Cuts("x", "", ())).draw_without_rendering()
    png(Cuts("x", "", (Cut("", "", ()), Cut("a", "", (Piece(""),)))))


def test_a_tall_picture_has_fewer_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = figure(values("dots")).get_figheight()
    assert size(png(values("dots"))) == (1440, int(200 * tall))
    monkeypatch.setattr(figures, "_TALLEST", 100)
    assert 98 < size(png(values("dots")))[1] <= 100


def size(picture: bytes) -> tuple[int, int]:
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def test_a_report_returns_the_plot_that_is_asked_for() -> None:
    made = tokscope.compare(
        ["sample:unigram", "sample:bpe"], {"en": ["One."], "de": ["Zwei."]}, parallel=True
    )
    assert written(made.plot()) == written(made.plot("relative"))
    assert any(isinstance(one, QuadMesh) for one in made.plot("premium-map").axes[0].collections)
    with pytest.raises(
        TokscopeError,
        match=r"of this result 'premum'; did you mean 'premium'\? Known: relative, premium",
    ):
        made.plot("premum")
    with pytest.raises(TokscopeError, match="there is nothing to draw here"):
        tokscope.list_measures().plot()
    whole = Report("x", "t", made.frame, parts=(tokscope.list_measures(), made))
    assert written(whole.plot("premium")) == written(made.plot("premium"))


def test_without_matplotlib_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.chdir(tmp_path)
    install = r'needs matplotlib; install it with: pip install "tokscope[plot]"'
    with pytest.raises(TokscopeError, match=re.escape(f"a plot {install}")):
        tokscope.show("naïve", ["bytes"]).plot()
    for name in ("x.png", "x.pdf"):
        monkeypatch.setattr(
            sys, "argv", ["tokscope", "show", "a", "nowhere.json", "-o", name, "-o", "x.svg"]
        )
        assert f"--output {name} {install}" in refusal_here(capsys)
    assert not list(tmp_path.iterdir())


def test_a_picture_is_written_and_never_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["tokscope", "show", "a", "bytes", "-f", "png"])
    assert "--format png: write a picture to a file, with --output plot.png" in refusal_here(capsys)
    monkeypatch.setattr(sys, "argv", ["tokscope", "measures", "-o", str(tmp_path / "x.pdf")])
    assert "there is no plot of this" in refusal_here(capsys)
    assert not list(tmp_path.iterdir())
