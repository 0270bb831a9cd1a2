"""A configuration says what it means, and every complaint names its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tokscope.errors import TokscopeError
from tokscope.gate.config import Config, inside
from tokscope.gate.settings import read


def configured(folder: Path, text: str, name: str = "tokscope.toml") -> Config:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_the_most_specific_limit_wins_and_knows_its_line(tmp_path: Path) -> None:
    text = """\
# a comment

[limits.tokens]
worse = "1%"
"zh-*".worse = "2%"
zh-Hant.worse = 3

[limits.tokens.ar]
worse = "0.5 %"
max = 9
[limits.fertility]
max = "250%"
"""
    config = configured(tmp_path, text)

    def decided(corpus: str, kind: str = "worse") -> tuple[float, bool, int] | None:
        limit = config.limit("tokens", corpus, kind)
        return limit and (limit.value, limit.share, config.line(limit.key))

    assert decided("en") == (0.01, True, 4)
    assert decided("zh-Hans") == (0.02, True, 5)
    assert decided("zh-Hant") == (3.0, False, 6)
    assert decided("ar") == (0.005, True, 9)
    assert decided("ar", "max") == (9.0, False, 10)
    assert decided("en", "max") is None
    fertility = config.limit("fertility", "en", "max")
    assert fertility
    assert (fertility.value, fertility.share) == (2.5, False)


def test_lines_are_those_of_values_over_several_lines(tmp_path: Path) -> None:
    text = (
        'tokenizer = "a"\n\n[text]\ncorpora = [\n  "x",  # [limits]\n  "y",\n]\nparallel = true\n'
    )
    config = configured(tmp_path, text)
    assert [config.line(("text", key)) for key in ("corpora", "parallel")] == [4, 8]
    assert config.line(("text", "words")) == 3  # not there: where its table is
    assert config.line(("limits",)) == 1


def test_a_project_file_may_hold_it(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.tokscope]\ntokenizer = "hf:a/b"\n[tool.tokscope.audit]\nnew = "warn"\n'
    config = configured(tmp_path, text, "pyproject.toml")
    assert config.tokenizer == "hf:a/b"
    assert config.level("audit", "new") == "warn"
    assert config.level("numbers", "scheme") == "off"
    assert config.line(("audit", "new")) == 6


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "x.json").write_text("{}")
    assert inside(tmp_path, "t/x.json") == f"{tmp_path}/t/x.json"
    assert inside(tmp_path, "a=file:t/x.json") == f"a=file:{tmp_path}/t/x.json"
    assert inside(tmp_path, "en=t/*.json") == f"en={tmp_path}/t/*.json"
    for word in ("sample:prose", "gpt2", "org/name", "-", "/t/x.json", "hf:org/name"):
        assert inside(tmp_path, word) == word


def test_the_page_about_gates_has_a_configuration_that_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs" / "gate.md").read_text("utf-8"), re.DOTALL
    )
    config = configured(tmp_path, text)
    limit = config.limit("tokens", "th", "worse")
    assert limit
    assert limit.value == 0.02
    assert (config.documents, config.mixture) == (0.01, 300)
    assert config.waivers[0].owner == "Ada"


WRONG = {
    '[identity]\ngoldn = "fail"': "2: unknown key in [identity] 'goldn'; did you mean 'golden'?",
    '[identety]\ngolden = "fail"': "1: unknown key 'identety'; did you mean 'identity'?",
    '[identity]\ngolden = "fial"': "2: unknown level of golden 'fial'; did you mean 'fail'?",
    "[identity]\ngolden = true": "2: golden must be a string",
    "[identity]\ndocuments = true": "2: documents must be a string or a number",
    '[identity]\ndocuments = "many"': '2: identity.documents must be a number, or a percentage such as "0.5%"',
    "[limits.fertlity]\nmax = 2": "1: unknown measure 'fertlity'; did you mean 'fertility'?",
    "[limits.fertility]\nmaxi = 2": "2: unknown limit 'maxi'; did you mean 'max'?",
    "[limits]\nfertility = 2": "2: limits are max, min, worse, better; write limits.fertility.max = …",
    "[limits.fertility]\nmax = nan": "2: limits.fertility.max must be a number",
    "[limits.tokens]\nworse = -1": "2: worse is how far it may go",
    "[limits.words]\nworse = 1": "2: no value of words is better than another; use max and min",
    '[audit]\nignore = ["TS9x"]': "2: unknown rule of the audit 'TS9x'",
    '[audit]\nignore = ["TS9"]': "2: unknown rule of the audit 'TS9'",
    '[audit]\nignore = ["TS001"]': "2: unknown rule of the audit 'TS001'",
    "[limits.words]\nmax = 9": "2: words is of the text alone; limit what a tokenizer changes",
    "[limits.units]\nmin = 9": "2: units is of the text alone",
    "[limits.bytes]\nmax = 9": "2: bytes is of the text alone",
    "[limits.characters]\nmax = 9": "2: characters is of the text alone",
    "[limits.gini]\nmax = 1": "2: limits.gini.max = 1 lets everything pass; be stricter",
    "[limits.gini]\nworse = 1": "2: limits.gini.worse = 1 lets everything pass",
    '[limits.tokens.""]\nworse = "99%"': "1: the name of a corpus is empty; give a name, or a pattern",
    '[limits.tokens."".""]\nworse = "99%"': "1: the name of a corpus is empty",
    "[limits.tokens" + ".''" * 3000 + "]\nworse = 1": "1: the name of a corpus is empty",
    '[limits.tokens]\nworse = "٩%"': "2: limits.tokens.worse must be a number",
    '[identity]\ndocuments = "９９%"': "2: identity.documents must be a number",
    "[text]\nmax_unit = 0": "2: max_unit must be more than 0",
    "[text]\nmax_unit = -1.5": "2: max_unit must be more than 0",
    "[mixture]\nreport = true\nmerges = 0": "3: merges must be from 1 to 1,000,000",
    "[mixture]\nmerges = -5": "2: merges must be from 1 to 1,000,000",
    '[audit]\nseverity = "warn"': "2: unknown severity 'warn'; did you mean 'warning'?",
    "[evidence]\nresamples = 10": "2: resamples must be from 100 to 1,000,000",
    '[[waivers]]\nrule = "TS101"\nreason = "r"\nowner = "o"\nexpires = 2030-01-01T00:00:00': "5: expires must be a day",
    "[text]\ncorpora = [1]": "2: corpora must be a list of strings",
    '[[waivers]]\nrule = "TS101"': "1: a waiver needs reason, owner, expires too",
    '[[waivers]]\nrule = "TS801"\nreason = "r"\nowner = "o"\nexpires = 2030-01-01': "2: unknown rule 'TS801'; did you mean 'TS",
    '[[waivers]]\nrule = "TS101"\nreason = " "\nowner = "o"\nexpires = 2030-01-01': "1: a waiver says its reason",
    'waivers = ["x"]': "1: a waiver is a table; write [[waivers]]",
    "a = ": "not a configuration in TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_has_no_meaning_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(TokscopeError) as refused:
        configured(tmp_path, text)
    assert WRONG[text] in str(refused.value)
    assert str(tmp_path / "tokscope.toml") in str(refused.value)


@pytest.mark.parametrize("patterns", [("?n", "e?"), ("e?", "?n"), ("*n", "e*")])
def test_limits_that_fit_equally_well_must_be_the_same(
    tmp_path: Path, patterns: tuple[str, str]
) -> None:
    """Else their order in the file would decide."""
    lines = f'"{patterns[0]}".worse = "99%"\n"{patterns[1]}".worse = "1%"\n'
    config = configured(tmp_path, f"[limits.tokens]\n{lines}")
    with pytest.raises(TokscopeError, match=r"toml:3: .* fit corpus 'en' equally well; give it"):
        config.limit("tokens", "en", "worse")
    assert config.limit("tokens", "de", "worse") is None or patterns[0] == "e*"
    own = configured(tmp_path, f'[limits.tokens]\n{lines}en.worse = "2%"\n')
    chosen = own.limit("tokens", "en", "worse")
    assert chosen
    assert chosen.value == 0.02
    same = configured(tmp_path, "[limits.tokens]\n" + lines.replace("99%", "1%"))
    assert same.limit("tokens", "en", "worse")
