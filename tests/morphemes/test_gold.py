"""Files of gold: every format, what is left out, and files that mean harm."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tokscope.errors import TokscopeError
from tokscope.morphemes.formats import FORMATS
from tokscope.morphemes.gold import (
    BARE,
    BLANK,
    CANONICAL,
    UNCLEAR,
    UNTYPED,
    Gold,
    How,
    read,
    sample,
)

Write = Callable[[str, str | bytes], Path]
# what a file holds -> its format, its words with parts and category, and what is left out
FILES = {
    "walked\twalk @@ed\t100\nran\trun @@ed\t100\na b\ta b\t001\nhouseboat\thouse boat\t001\n": (
        "sigmorphon",
        "walk|ed inflection, house|boat compound",
        {CANONICAL: 1, BLANK: 1},
    ),
    "He walked .\tHe walk @@ed .\nall ran\tal @@l\n": (
        "sigmorphon",
        "He , walk|ed , . ",
        {BARE: 1},
    ),
    "go\tgoing\tV|PRS;3\tgo|ing\nox\toxen\tN;PL\t-\n": ("unimorph", "go|ing V", {BARE: 1}),
    "do\tundo\tV\tV\tun\tprefix\r\ngut\tGüte\tJ\tN\tte\tsuffix\r\nx\tat\tN\tN\tat\tsuffix\r\n": (
        "derivations",
        "un|do prefix, Gü|te suffix",
        {BARE: 1},
    ),
    ",full_word,pt1,rest\n0,geldi,gel,di\n1,evde,evde,\n": ("morphscore", "gel|di ", {BARE: 1}),
    "word,lang,type,norm\nHaus-tür,de,positive,Haus-Tür\nOma,de,negative,\nUto,de,unknown,\n": (
        "compoundpiece",
        "Haus|tür de compound, Oma de other",
        {UNTYPED: 1},
    ),
    "# GermaNet\nHaustür\tHaus\tTür\nEinkäufe\tein\tKauf\n": (
        "germanet",
        "Haus|tür compound",
        {BARE: 1},
    ),
    "e-mails\te-mail|s\n\nUndone\tun|done\n": ("plain", "e-mail|s , Un|done ", {}),
    "e-mails\te-mail s\n": ("plain", "e-mail|s ", {}),
    "\ufeffmails\tmail+s\tinflection\n": ("plain", "mail|s inflection", {}),
}


def only(path: Path, how: How | None = None) -> Gold:
    (gold,) = read(path, how or How())
    return gold


def shown(gold: Gold) -> str:
    parts = ("|".join(gold.parts(word)) for word in range(len(gold.words)))
    return ", ".join(f"{one} {name}" for one, name in zip(parts, gold.categories, strict=True))


@pytest.mark.parametrize("text", FILES, ids=lambda text: text[:12])
def test_a_format_is_known_by_its_columns(write: Write, text: str) -> None:
    name, words, left_out = FILES[text]
    path = write("x.tsv", text)
    gold = only(path)
    assert (gold.name, gold.format, shown(gold), gold.left_out) == ("x", name, words, left_out)
    assert only(path, How(name)).edges == gold.edges
    assert set(gold.categories) - {"compound", "de compound"} or gold.compounds.all()


def test_parts_that_do_not_spell_the_word_are_fitted_if_asked(write: Write) -> None:
    text = "happiness\thappy|ness\ntaken\ttake|en\nran\trun\nwalks\twalk|s\n"
    assert shown(only(write("x.tsv", text))) == "walk|s "
    gold = only(write("x.tsv", text), How(align=True))
    assert (shown(gold), gold.left_out) == ("happi|ness , ran , walk|s ", {UNCLEAR: 1})


@pytest.mark.parametrize("column", ["3", "uses"])
def test_a_column_says_how_often_words_count(write: Write, column: str) -> None:
    header = "" if column == "3" else "form\tparts\tuses\n"
    gold = only(write("x.tsv", f"{header}walks\twalk|s\t7\nox\tox\t0\n"), How(frequency=column))
    assert (gold.format, gold.weights.tolist()) == ("plain", [7, 0])


def test_a_boundary_has_the_name_of_a_frequent_morpheme_beside_it() -> None:
    pairs = [("undo", ["un", "do"]), ("unfit", ["Un", "fit"]), ("fits", ["fit", "s"])]
    (gold,) = read({"x": [*pairs, ("does", ["do", "es"])]}, How())
    assert gold.named == ["un-", "un-", "-s", "-es"]


def test_the_sample_has_200_words_of_each_language_that_their_parts_spell() -> None:
    golds = read(None, How())
    assert [gold.name for gold in golds] == ["de", "en", "fi", "tr"]
    for gold in golds:
        assert len(set(gold.words)) == len(gold.words) == 200
        assert not gold.left_out
        roots = [not edges for edges in gold.edges]
        assert roots == [name == "root" for name in gold.categories]
    assert sample() == ["sample:de", "sample:en", "sample:fi", "sample:tr"]


REFUSED = {
    "x.tsv: no rows in it": b"\n \n# nothing\n",
    "x.tsv: no rows in it;": b",full_word,pt1,rest\n",
    "x.tsv:3: 3 columns, but 2 in the first row": b"a\ta\n\nb\tb\tc\n",
    "x.tsv: no format of gold has 1 column like these": b"walked\nfell\n",
    "x.tsv: no format of gold has 3 columns like these": b"a\tb\tc\n",
    "x.tsv:2: a line of over 1,000,000 characters": b"a\ta\n" + b"a" * 1_000_001,
    "x.tsv:1: a word of over 1,000 characters": b"a" * 1_001 + b"\ta\n",
    "x.tsv:1: a category of over 1,000 characters": b"a\ta\t" + b"a" * 1_001 + b"\n",
    "x.tsv:2: not valid UTF-8": b"a\ta\n\xff\ta\n",
    "not valid CSV (unexpected end of data)": b'a,b\n"a,b\n',
    "not valid CSV (a cell goes on": b'a,b\n"a\nb",c\n',
    "no word that can be used (1, their parts do not spell the word); --align": b"ran\trun\n",
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_file_that_is_no_gold_is_refused_in_one_line(
    write: Write, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write("x.tsv", REFUSED[message]).parent)
    with pytest.raises(TokscopeError) as error:
        read("x.tsv", How())
    assert message in str(error.value)
    assert len(str(error.value)) < 500


def test_a_refusal_says_what_helps_that_file(write: Write) -> None:
    """A packed file is unpacked; no way to align helps a word with a blank."""
    with pytest.raises(TokscopeError, match="gold is not read packed; unpack it first"):
        read(write("x.tsv.gz", gzip.compress(b"a\ta\n")), How())
    with pytest.raises(TokscopeError, match=r"\(1, they hold a blank\)$"):
        read(write("x.tsv", "a b\ta b\n"), How("plain"))


def test_what_does_not_go_with_the_file_is_refused(write: Write) -> None:
    path = write("x.tsv", "a\ta\tmuch\n")
    told = {
        How("plian"): "did you mean 'plain'?",
        How("unimorph"): "3 columns, but unimorph has a lemma, a form",
        How("morphscore"): "3 columns, but morphscore has the columns full_word",
        How(frequency="3"): "x.tsv:1: --frequency 3: 'much' is not a whole number",
        How(frequency="4"): "unknown column of --frequency in",
        How(frequency="uses"): "no rows in it",
    }
    for how, message in told.items():
        with pytest.raises(TokscopeError) as error:
            read(path, how)
        assert message in str(error.value)
    with pytest.raises(TokscopeError, match="no word has a number above 0"):
        read(write("none.tsv", "a\ta\t0\nb\tb\t0\n"), How(frequency="3"))
    with pytest.raises(TokscopeError, match="name it with --gold"):
        read(None, How(align=True))
    for given in ([path, path], {"a": [("x", "x")]}, {"a": [("\ud800", ["x"])]}, {"": path}, 3):
        with pytest.raises(TokscopeError):
            read(given, How())  # type: ignore[arg-type]
    with pytest.raises(TokscopeError, match="did you mean 'en'"):
        read("sample:eng", How())


def test_every_format_is_tried() -> None:
    assert {name for name, _, _ in FILES.values()} == set(FORMATS)
