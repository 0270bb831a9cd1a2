"""What words, names and settings alone can refuse is refused before any text is read."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import tokscope
from tests.gate.planted import judged_by
from tests.laws import refusal
from tokscope import cli, tokenizers
from tokscope.errors import TokscopeError
from tokscope.gate import settings as configuration
from tokscope.text import files

TEXT = "-c en.txt -c de.txt"
PARALLEL = f"{TEXT} --parallel"

# before a tokenizer is loaded
BY_WORDS = {
    f"compare bytes {TEXT} -m ferility": "unknown measure 'ferility'; did you mean 'fertility'?",
    f"compare bytes {TEXT} --words unicod": "unknown word rule 'unicod'; did you mean 'unicode'?",
    f"compare bytes {TEXT} --by lang": "unknown way to look --by 'lang'",
    f"compare bytes {TEXT} --reference fr": "unknown reference corpus 'fr'",
    f"compare bytes {TEXT} --price bytes=cheap": "write LABEL=NUMBER, such as gpt-4o=2.5",
    f"compare bytes {TEXT} --price 2.5": "--price 2.5: say of which tokenizer, as in gpt-4o=2.5",
    f"compare bytes {TEXT} --price =2.5": "--price =2.5: say of which tokenizer",
    f"compare bytes {TEXT} --bootstrap abc": "--bootstrap abc: write a whole number\n",
    f"compare bytes {TEXT} --bootstrap ''": "--bootstrap '': write a whole number\n",
    f"compare bytes {TEXT} --max-unit much": "--max-unit much: write a number\n",
    f"compare bytes {TEXT} -j -c x": "--jobs -c: write a whole number\n",
    "compare bytes --corpus": "--corpus: its value is missing; write --corpus [NAME=]PATH\n",
    "compare -c": "-c: its value is missing; write -c [NAME=]PATH\n",
    "audit bytes --fail-on": "--fail-on: its value is missing; write --fail-on ",
    f"compare bytes {TEXT} --price bytes=-1": "a price is a number from 0 up",
    f"compare bytes {TEXT} --bootstrap 1": "--bootstrap 1: two or more make an interval",
    f"compare bytes {TEXT} --bootstrap 9 --seed -1": "--seed -1: a seed is a number from 0 up",
    f"compare bytes {TEXT} -m gini": "gini: only for parallel text; add --parallel",
    f"compare bytes {TEXT} --cluster id": "--cluster is for --bootstrap",
    f"compare bytes {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    f"compare bytes {TEXT} -f jsn": "unknown format 'jsn'; did you mean 'json'?",
    f"compare bytes {TEXT} -o out.xyz": "no format has this suffix; write FORMAT=PATH",
    f"compare bytes {TEXT} -o nowhere/out.csv": "the folder nowhere does not exist",
    f"compare bytes {TEXT} -o en.txt": "it belongs to the text",
    f"compare bytes {TEXT} --errors ignore": "unknown way to treat errors 'ignore'",
    f"compare bytes {TEXT} --max-unit 0": "--max-unit 0: a size is more than 0 MB",
    f"compare bytes {TEXT} --field body": "--field body has no effect",
    f"compare bytes {TEXT} --jobs 0": "--jobs 0: ",
    f"compare bytes {TEXT} -c nowhere.txt": "no such file or folder",
    f"compare bytes {PARALLEL} --lines 0": "--lines 0: write how many lines",
    f"compare bytes {PARALLEL} --lines 2 --by language": "--lines lists lines",
    f"compare bytes {PARALLEL} --lines 2 --reference-lines xz": "--lines lists lines",
    f"compare bytes {TEXT} --reference-lines gzp": "unknown compressor in --reference-lines 'gzp'",
    f"compare bytes {TEXT} --reference-lines gzip,": "unknown compressor in --reference-lines ''",
    "compare bytes -c - --reference-lines xz": "--reference-lines reads text twice, and standard",
    "vocab bytes --by terms": "--by terms is about the terms of lists; add --word-list",
    f"vocab bytes --by terms {TEXT} --word-list en.txt": "--by terms looks at lists alone",
    "vocab bytes --affix itis": "--affix is about the words of lists; add --word-list",
    "vocab bytes --word-list en.txt --affix itis,": "--affix '': write a suffix, itis, or",
    f"compare bytes {PARALLEL} --lines 2 --reference fr": "unknown reference corpus 'fr'",
    f"compare bytes {TEXT} --lines 2": "--lines compares lines with their translations; add --parallel",
    "compare bytes -c en.txt --parallel --lines 2": "with their translations; name two corpora",
    f"compare bytes {TEXT} --plot premum -o x.svg": "unknown plot 'premum'; did you mean 'premium'?",
    f"compare bytes {TEXT} --plot premium -o x.svg": "there is such a plot only with --parallel",
    f"compare bytes {TEXT} --plot relative -o x.html": "no effect without a picture; add --output",
    f"compare bytes {TEXT} --lines 2 --plot relative -o x.svg": "there is no plot of this",
    "compare bytes --plot relative-map -f svg": "there is such a plot only without parallel text",
    "vocab bytes --plot coverage -f svg": "there is such a plot only with --corpus",
    f"vocab bytes {TEXT} --plot list -f svg": "there is such a plot only with --word-list",
    "vocab bytes --plot kinds -f svg": "there is such a plot only with --by kind",
    "audit bytes --plot finding -f svg": "unknown plot 'finding'; did you mean 'findings'?",
    "code bytes -c pyton=en.txt": "pyton=en.txt: unknown language 'pyton'; did you mean 'python'",
    "code bytes -c en.txt": "en.txt: its name tells no language; write LANGUAGE=en.txt",
    "code bytes -c python=en.txt --bytes 0": "--bytes 0: a size in MB is more than 0",
    "code bytes --bytes 1": "--bytes is about text of yours; name it with --corpus",
    "code bytes -c python=.": ".: no file in it is python by its name; name them by a glob",
    "code bytes --plot glue -f svg": "unknown plot 'glue'; did you mean 'glued'?",
    f"vocab bytes {TEXT} --by kin": "unknown way to look --by 'kin'; did you mean 'kind'?",
    f"vocab bytes {TEXT} --by kind": "--by kind looks at no text; drop --corpus",
    f"vocab bytes {TEXT} --words unicod": "unknown word rule 'unicod'",
    f"vocab bytes {TEXT} --frequent 0": "--frequent 0: write how many words",
    f"vocab bytes {TEXT} --tokens fr": "unknown corpus 'fr'",
    f"vocab bytes {TEXT} --tokens en --top 0": "--top 0: write how many tokens",
    f"vocab bytes {TEXT} --only-in bytes": "--only-in lists tokens; drop --corpus",
    f"vocab bytes {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    "vocab bytes --grep [": "--grep [: not a regular expression",
    "vocab bytes characters --only-in bytes --top 0": "--top 0: write how many tokens",
    "morph bytes --top 0": "--top 0: write how many boundaries",
    "morph bytes --gold-format plian": "did you mean 'plain'?",
    "morph bytes --gold en.txt": "en.txt: no format of gold has 1 column like these",
    "morph bytes --gold en.txt -o ./en.txt": "it belongs to the gold en.txt, which is read",
    f"audit bytes {TEXT} --select TS9": "unknown rule 'TS9'; Known: TS301",
    f"audit bytes {TEXT} --fail-on info": "unknown severity of --fail-on 'info'",
    f"audit bytes {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    "audit bytes --adversarial 0 --word-list en.txt": "--adversarial 0: write how many strings",
    f"equiv bytes characters {TEXT} --by idds": "unknown way to compare --by 'idds'; did you mean 'ids'?",
    f"equiv bytes characters {TEXT} --top 0": "--top 0: write a number from 1 up",
    f"equiv bytes characters {TEXT} --seed -1": "--seed -1: write a number from 0 up",
    f"diff bytes characters {TEXT} --top -1": "--top -1: write how many lines",
    f"diff bytes characters {TEXT} --seed -1": "--seed -1: a seed is a number from 0 up",
    f"diff bytes characters {TEXT} --words unicod": "unknown word rule 'unicod'",
    f"diff bytes nowhere.json {TEXT}": "nowhere.json: no such file or folder",
    f"diff bytes git:x {TEXT}": "git:x: write git:REV:PATH, such as git:main:tokenizer.json",
    f"diff bytes characters {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    f"infer-mixture sample:bpe {TEXT} --only fr": "unknown corpus 'fr'",
    f"infer-mixture sample:bpe {TEXT} --only en": "one alone is always all of it",
    f"infer-mixture sample:bpe {TEXT} --truth fr=1": "unknown corpus 'fr'",
    f"infer-mixture sample:bpe {TEXT} --truth en=1": "--truth gives no share for de",
    f"infer-mixture sample:bpe {TEXT} --truth en=1,de=1": "shares of bytes add up to 1",
    f"infer-mixture sample:bpe {TEXT} --gap 1": "--gap 1: a part of the objective",
    f"infer-mixture sample:bpe {TEXT} --seconds 0": "--seconds 0: give a time above 0",
    f"infer-mixture sample:bpe {TEXT} --refit 1": "--refit 1: two or more make an interval",
    f"infer-mixture sample:bpe {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    f"infer-mixture sample:bpe {TEXT} --save-counts nowhere/x": "--save-counts: the folder nowhere does not exist",
    f"infer-mixture sample:bpe {TEXT} --details -f csv": "--details has no effect on csv",
    "infer-mixture sample:bpe -c en.txt": "one alone is always all of it",
    "infer-mixture sample:bpe --only fr --only klingon": "unknown corpus 'klingon'",
    "infer-mixture sample:bpe --truth klingon=1": "unknown corpus 'klingon'",
    f"simulate-mixture {TEXT} --trials 0": "--trials 0: run one or more",
    f"simulate-mixture {TEXT} --size 3": "--size 3: mix from 2 to 2 corpora",
    f"simulate-mixture {TEXT} --vocabulary 9": "--vocabulary 9: more than 256 bytes",
    f"simulate-mixture {TEXT} --gap 1": "--gap 1: a part of the objective",
    f"simulate-mixture {TEXT} --merges 0": "--merges 0: write how many merges",
    f"simulate-mixture {TEXT} --bytes 0": "--bytes 0: the training text",
    f"simulate-mixture {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    f"init bytes {TEXT} --words unicod": "unknown word rule 'unicod'",
    f"init bytes {TEXT} -c all=en.txt": "'all' stands for all corpora together",
    "init bytes -c nowhere.txt": "no such file or folder",
    f"report bytes {TEXT}": "a report is a page; name it with --output report.html",
    f"report bytes {TEXT} -o page": "no format has this suffix",
    f"report bytes {TEXT} -o page.svg": "there is no plot of this",
    f"report bytes {TEXT} -o x.html --words unicod": "unknown word rule 'unicod'",
    f"report bytes {TEXT} -o x.html --bootstrap 1": "two or more make an interval",
    f"report bytes {TEXT} -o x.html --seconds -1": "--seconds -1: give a time",
    f"report bytes {TEXT} -o x.html --lock none.lock": "none.lock: there is no such lock",
    "numbers bytes --by contxt": "unknown part 'contxt'; did you mean 'context'?",
    "numbers bytes --number abc": "--number 'abc' is not a number; write one as 1234567",
    "numbers bytes --seed -7": "--seed -7: a seed is a number from 0 up",
    "count bytes nowhere.txt": "nowhere.txt: no such file or folder",
    "count bytes en.txt en.txt": "en.txt: given twice; name every file once",
    "count bytes en.txt -f jsn": "unknown format 'jsn'",
    "count bytes en.txt -o en.txt": "it belongs to the text",
    "count bytes en.txt --field body": "--field body has no effect",
    "count bytes csv:en.txt --whole": "--whole takes en.txt as it is; drop csv:",
    "count bytes en.txt --jobs 0": "--jobs 0: ",
    "encode bytes en.txt nowhere.txt": "nowhere.txt: no such file or folder",
    "encode bytes en.txt --errors ignore": "unknown way to treat errors 'ignore'",
    "encode bytes csv:en.txt --whole": "--whole takes en.txt as it is; drop csv:",
    "show '' bytes": "there is no text to show",
    "explain TS45x": "unknown rule 'TS45x'; did you mean 'TS45",
}  # fmt: skip

# before any text is read: names of tokenizers are known when they are loaded
BY_LABELS = {
    f"compare bytes {TEXT} --sort byte": "unknown column to sort by 'byte'; did you mean 'bytes'?",
    f"compare bytes {TEXT} --price byte=2": "unknown tokenizer in --price 'byte'",
    f"compare bytes b=nowhere.json {TEXT}": "nowhere.json: no such file or folder",
    "count nowhere.json en.txt": "nowhere.json: no such file or folder",
    "encode nowhere.json en.txt": "nowhere.json: no such file or folder",
    f"compare a=bytes a=characters {TEXT}": "have the same label; give one of them another",
    f"compare bytes bytes=characters {TEXT}": "called 'bytes'; write LABEL=characters",
    f"compare bytes bytes {TEXT}": "would both be called 'bytes'",
    f"vocab bytes nowhere.json {TEXT}": "nowhere.json: no such file or folder",
    "vocab bytes characters --only-in byte": "unknown tokenizer 'byte'; did you mean 'bytes'?",
    f"equiv bytes nowhere.json {TEXT}": "nowhere.json: no such file or folder",
    f"infer-mixture sample:unigram {TEXT}": "sample-unigram: a SentencePiece Unigram model merges nothing",
    f"infer-mixture sample:bpe {TEXT} --merges 9999": "--merges 9999: the tokenizer has 3,743",
    f"infer-mixture sample:bpe {TEXT} --from-merge 9999": "--from-merge 9999: ",
}  # fmt: skip

GATES = """
tokenizer = "{spec}"
[text]
corpora = ["en.txt", "de.txt"]
"""
# settings of a configuration -> how a check is refused, and a lock unless it needs none of it
BY_SETTINGS = {
    "words = 'unicod'\n[limits.tokens]\nmax = 1": "unknown word rule 'unicod'",
    "reference = 'fr'\n[limits.tokens]\nmax = 1": "unknown reference corpus 'fr'",
    "[limits.gini]\nmax = 0.5": "limits.gini: only for parallel text",
    "[limits.tokens]\nfr.max = 1": "TS906 tokscope.toml:6: tokens has no value for corpus 'fr'",
    "[identity]\ndocuments = '1%'": "TS905 there is no baseline",
    "[limits.tokens]\nworse = '1%'": "TS905 there is no baseline",
}


class Seen:
    """What a command opened and loaded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        self.loaded: list[str] = []
        stream, function = files._stream, tokenizers._function

        def opened(path: str) -> object:
            self.read.append(path)
            return stream(path)

        def found(module: str, name: str) -> object:
            if name.startswith("load"):
                self.loaded.append(name)
            return function(module, name)

        monkeypatch.setattr(files, "_stream", opened)
        monkeypatch.setattr(tokenizers, "_function", found)


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Two corpora in a folder, and what is read of them from now on."""
    monkeypatch.chdir(tmp_path)
    Path("en.txt").write_text("The cat sleeps.\n" * 40)
    Path("de.txt").write_text("Die Katze schläft.\n" * 40)
    return Seen(monkeypatch)


Call = Callable[[str], tuple[int, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process, and return its exit code and what it says on stderr."""

    def run(line: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tokscope", *shlex.split(line)])
        monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
        with pytest.raises(SystemExit) as left:
            cli.run()
        code, told = int(str(left.value.code)), capfd.readouterr()
        if code == 2:
            refusal(CompletedProcess([], code, told.out, told.err))
        return code, told.err

    return run


def test_what_is_read_and_loaded_is_seen(seen: Seen, call: Call) -> None:
    """Else the tests below would hold of anything."""
    assert call(f"compare bytes characters {TEXT} -j 1") == (0, "")
    assert set(seen.read) == {"en.txt", "de.txt"}
    assert seen.loaded == ["load_bytes", "load_characters"]


@pytest.mark.parametrize("line", BY_WORDS)
def test_words_and_names_of_corpora_are_refused_first(seen: Seen, call: Call, line: str) -> None:
    code, told = call(line)
    assert code == 2
    assert BY_WORDS[line] in told
    assert (seen.read, seen.loaded) == ([], [])


@pytest.mark.parametrize("line", BY_LABELS)
def test_names_of_tokenizers_are_refused_before_text_is_read(
    seen: Seen, call: Call, line: str
) -> None:
    code, told = call(line)
    assert code == 2
    assert BY_LABELS[line] in told
    assert seen.read == []


@pytest.mark.parametrize("settings", BY_SETTINGS)
def test_settings_are_refused_before_text_is_read(seen: Seen, call: Call, settings: str) -> None:
    Path("tokscope.toml").write_text(GATES.format(spec="bytes") + settings)
    for command in ("check", *([] if "TS90" in BY_SETTINGS[settings] else ["lock"])):
        code, told = call(command)
        assert code == 2
        assert BY_SETTINGS[settings] in told
    assert (seen.read, seen.loaded) == ([], [])
    with pytest.raises(TokscopeError, match=BY_SETTINGS[settings]):
        judged_by(configuration.read(Path("tokscope.toml")), today=date(2026, 1, 1))
    assert (seen.read, seen.loaded) == ([], [])


def test_a_lock_is_refused_before_text_is_read(seen: Seen, call: Call) -> None:
    """Where it is of other corpora or settings, lacks strings, or a reason is missing."""
    path = Path("tokscope.toml")
    text = GATES.format(spec="bytes") + "{}\n[identity]\ndocuments = '1%'\n{}"
    path.write_text(text.format("", ""))
    assert call("lock")[0] == 0
    before = Path("tokscope.lock").read_bytes()
    seen.read.clear()
    for settings, strings, message in (
        ("reference = 'de'\nparallel = true", "", "TS903"),
        ("words = 'whitespace'", "", "TS903"),
        ("", "golden = 'fail'\nstrings = ['new']", "TS905 the baseline lacks 1"),
    ):
        path.write_text(text.format(settings, strings))
        assert message in call("check")[1]
    path.write_text(
        text.format("", "").replace('"de.txt"', '"en.txt"').replace("en.txt", "x=en.txt", 1)
    )
    assert "TS902 corpus 'de' of the baseline is missing" in call("check")[1]
    path.write_text(text.format("", ""))
    for line, message in {
        "lock": "already exists",
        "lock --update": "an update needs --reason",
        "lock --reason x": "--reason is for --update",
        "lock --verify --update": "--verify changes nothing",
        "check nowhere.json --against characters": "nowhere.json: no such file or folder",
        "check --against nowhere.lock": "nowhere.lock",
        "check -f jsn": "unknown format 'jsn'",
        "check -o en.txt": "belongs to the text",
    }.items():
        code, told = call(line)
        assert (code, message in told) == (2, True), (line, told)
    assert seen.read == []
    assert Path("tokscope.lock").read_bytes() == before


def test_programs_are_refused_as_early(seen: Seen) -> None:
    """The same holds of the functions that commands call."""
    corpora = tokscope.read_corpora(["en.txt", "de.txt"])
    refused: dict[str, Callable[[], object]] = {
        "column to sort by": lambda: tokscope.compare(["bytes"], corpora, sort="byte"),
        "way to look": lambda: tokscope.compare(["bytes"], corpora, by="lang"),
        "tokenizer in --price": lambda: tokscope.compare(["bytes"], corpora, prices={"b": 1}),
        "corpora: it is empty": lambda: tokscope.compare(["bytes"], []),
        "unknown corpus 'fr'": lambda: tokscope.infer_mixture("sample:bpe", corpora, only=["fr"]),
    }
    for message, function in refused.items():
        with pytest.raises(TokscopeError, match=message):
            function()
    assert seen.read == []
