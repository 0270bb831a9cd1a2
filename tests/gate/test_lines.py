"""On which line a key stands, whatever stands around it, parsing each line once."""

from __future__ import annotations

from pathlib import Path
from tomllib import loads

import pytest

from tokscope.errors import TokscopeError
from tokscope.gate import settings
from tokscope.gate.lines import lines_of

TEXT = '''\
# [tool] = "no"
a = 1 # {[
b.c = """
[d]
e = "\\"""" # two lines of text

"f g" = [  # an array
  1,
  { h = "]" },
]
[i.j]
k = 'no "'

[[l]]
m = 1
[[l]]
m = 2
[l.n]
o = 3
'''
LINES = {
    "a": 2, "b": 3, "b.c": 3, "f g": 7, "f g.0": 7, "f g.1": 7, "f g.1.h": 7, "i": 11, "i.j": 11,
    "i.j.k": 12, "l": 14, "l.0": 14, "l.0.m": 15, "l.1": 16, "l.1.m": 17, "l.1.n": 18, "l.1.n.o": 19,
}  # fmt: skip


def test_each_key_has_the_line_where_it_is_first_named() -> None:
    loads(TEXT)
    assert {".".join(key): line for key, line in lines_of(TEXT)} == LINES


@pytest.mark.parametrize(
    "line", ["# a comment\n", "x{} = 1\n", "[t{}]\n", "[[l]]\n", "y{} = [\n1]\n"]
)
def test_no_part_of_the_text_is_parsed_twice(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing all that is above each line took minutes for some thousand lines."""
    sizes = []
    monkeypatch.setattr(
        "tokscope.gate.lines.tomllib.loads", lambda s: sizes.append(len(s)) or loads(s)
    )
    text = "".join(line.replace("{}", str(i)) for i in range(1_000))
    list(lines_of(text))
    assert sum(sizes) <= len(text)


# a file, its text, and what is told
BROKEN = {
    "no table": ("pyproject.toml", "tool = 1\n", None),
    "an array of tables": ("pyproject.toml", "[[tool.tokscope]]\n", "is not a table"),
    "a value": ("pyproject.toml", "[tool]\ntokscope = 3\n", "is not a table"),
    "no text": ("pyproject.toml", b"# \xff\n[tool.tokscope]\n", "not a configuration"),
    "no end": ("tokscope.toml", "[text]\nmax_unit = inf\n", "toml:2: max_unit must be a number up"),
    "no number": ("tokscope.toml", "[text]\nmax_unit = nan\n", "toml:2: max_unit must be a number"),
    "400 digits": ("tokscope.toml", f"[evidence]\nseed = {'9' * 400}\n", "toml:2: seed must be"),
    "5,000 digits": ("tokscope.toml", f"[evidence]\nseed = {'9' * 5_000}\n", "not a configuration"),
    "a limit": ("tokscope.toml", f"[limits.gini]\nmax = {'9' * 400}\n", "toml:2: limits.gini.max"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_configurations_that_make_no_sense_are_one_line(what: str, tmp_path: Path) -> None:
    name, text, told = BROKEN[what]
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if told is None:
        assert settings.read(path).tokenizer == ""
        return
    with pytest.raises(TokscopeError, match=told):
        settings.read(path)
