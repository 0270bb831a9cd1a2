"""For every key of the configuration: the cheapest way to pass with a broken tokenizer.

`WAYS` is the table: a key, how it would be passed, and what comes of it. What is refused ends in
one line and exit code 2. What fails does so by the codes named. What passes is left to who reviews
the configuration or the lock, since any gate can be switched off by those who may; then the last
column names what else finds it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.gate.planted import drop, judged_by, lowercase, split_digits
from tokscope.errors import TokscopeError
from tokscope.gate.config import KINDS
from tokscope.gate.settings import TABLES, read
from tokscope.gate.verdict import FAIL

Json = dict[str, Any]
TODAY = date(2026, 5, 17)
HEAD = """\
tokenizer = "mine=tokenizer.json"
[text]
corpora = ["en.txt", "de.txt", "ru.txt"]
parallel = true
"""
WORSE = '[limits.tokens]\nworse = "0.5%"\n'
GOLDEN = '[identity]\ngolden = "fail"\n'
COSTS = '[numbers]\ntokens_per_digit = "1%"\n'


def dropping(pattern: str) -> Callable[[Json], Json]:
    """Return what leaves text away before it is encoded."""

    def plant(data: Json) -> Json:
        step = {"type": "Replace", "pattern": {"Regex": pattern}, "content": ""}
        return data | {"normalizer": step}

    return plant


BROKEN: dict[str, Callable[[Json], Json]] = {
    "digits split": split_digits,
    "all dropped": dropping("[\\s\\S]"),
    "digits dropped": dropping("[0-9]"),
    "lowercased": lowercase,
    "last merges dropped": lambda data: drop(data, 0.05),
    "no special tokens": lambda data: data | {"added_tokens": []},
    "cut to three": lambda data: data | {"truncation": {
        "max_length": 3, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}},
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How a gate would be passed."""

    key: str  # of the configuration: "table.key"
    how: str
    text: str  # the configuration
    comes: str  # codes that fail; else what is said; "passes" where it does
    broken: str = "digits split"
    also: str = ""  # what finds it where it passes


def waiver(**changed: str) -> str:
    told = {"rule": "TS101", "reason": "r", "owner": "o"} | changed
    lines = "".join(f'{name} = "{value}"\n' for name, value in told.items() if name != "expires")
    return f"{HEAD}{WORSE}[[waivers]]\n{lines}expires = {changed.get('expires', '2027-01-01')}\n"


def texted(more: str) -> str:
    return f"{HEAD}{more}\n{WORSE}"


REVIEWED = "who reviews the configuration"
WAYS = [
    Way("tokenizer", "none is named", HEAD.partition("\n")[2] + GOLDEN, "TS001"),
    Way("tokenizer", "another one is named", GOLDEN.join(("tokenizer='sample:unigram'\n", "")), "TS001"),
    Way("lock", "a lock that is not there", f'lock = "x.lock"\n{HEAD}{WORSE}', "TS905"),
    Way("lock", "no lock, and limits that need none", f'lock = "x.lock"\n{HEAD}[limits.tokens]\nmax = 99999\n', "passes", also=REVIEWED),
    Way("text.corpora", "leave a language out", texted("").replace(', "ru.txt"', ""), "TS902"),
    Way("text.corpora", "another text of its name", texted("").replace('"ru.txt"', '"ru=en.txt"'), "TS902"),
    Way("text.corpora", "no text", HEAD.replace('"en.txt", "de.txt", "ru.txt"', "") + WORSE, "TS906"),
    Way("text.corpora", "text of empty lines", HEAD.replace('"ru.txt"', '"ru=blank.txt"') + WORSE, "is empty"),
    Way("text.parallel", "lines that are not alike", texted("").replace("true", "false"), "TS903"),
    Way("text.reference", "another reference", texted('reference = "ru"'), "TS903"),
    Way("text.words", "longer words", texted('words = "whitespace"'), "TS903"),
    Way("text.field", "another field", texted('field = "x"'), "has no effect"),
    Way("text.errors", "broken text replaced", texted('errors = "replace"'), "TS903"),
    Way("text.specials", "text taken for special tokens", texted("specials = true"), "TS903"),
    Way("text.cluster", "one cluster", texted('cluster = "x"'), "cluster"),
    Way("text.max_unit", "a limit that leaves lines out", texted("max_unit = 0.000001"), "max-unit|max_unit"),
    *(Way(f"identity.{name}", "off", f'{HEAD}[identity]\n{name} = "off"\n', "TS906")
      for name in TABLES["identity"] if name != "strings"),
    Way("identity.golden", "as many tokens as before, other ids", HEAD + GOLDEN, "TS001", "lowercased"),
    Way("identity.model_input", "cut behind the model's back", f'{HEAD}[identity]\nmodel_input = "fail"\n', "passes", "cut to three", "processing"),
    Way("identity.specials", "special tokens dropped", f'{HEAD}[identity]\nspecials = "fail"\n', "TS002", "no special tokens"),
    Way("identity.vocabulary", "the same vocabulary, made otherwise", f'{HEAD}[identity]\nvocabulary = "fail"\n', "passes", also="components, golden"),
    Way("identity.components", "a normalizer", f'{HEAD}[identity]\ncomponents = "fail"\n', "TS005", "all dropped"),
    Way("identity.processing", "cut behind the model's back", f'{HEAD}[identity]\nprocessing = "fail"\n', "TS008", "cut to three"),
    Way("identity.chat_templates", "another tokenizer with the same templates", f'{HEAD}[identity]\nchat_templates = "fail"\n', "passes", also="components, golden"),
    Way("identity.backends", "the same library", f'{HEAD}[identity]\nbackends = "fail"\n', "passes", also="components, golden"),
    Way("identity.nested", "special tokens dropped", f'{HEAD}[identity]\nnested = "fail"\n', "TS010", "no special tokens"),
    *(Way("identity.documents", f"all may change: {share}", f"{HEAD}[identity]\ndocuments = {share}\n", "less than 100%")
      for share in ("1", '"100%"', '"500%"', '"100.0%"', "1e3", "-1")),
    Way("identity.documents", "400 digits", f'{HEAD}[identity]\ndocuments = "{"9" * 400}%"\n', "must be a number"),
    Way("identity.documents", "nearly all may change", f'{HEAD}[identity]\ndocuments = "99.9%"\n', "passes", also=REVIEWED),
    Way("identity.strings", "none, after the lock had some", HEAD + GOLDEN, "TS001"),
    Way("identity.strings", "more than the lock has", f'{HEAD}{GOLDEN}strings = ["new"]\n', "TS905"),
    Way("limits.max", "encode all to nothing", f"{HEAD}[limits.tokens]\nmax = 9999\n", "TS906", "all dropped"),
    Way("limits.max", "a share of more than all", f'{HEAD}[limits.unknown_rate]\nmax = "500%"\n', "lets everything pass"),
    Way("limits.max", "400 digits", f'{HEAD}[limits.fertility]\nmax = "{"9" * 400}%"\n', "must be a number"),
    Way("limits.max", "a number of 400 digits", f"{HEAD}[limits.fertility]\nmax = {'9' * 400}\n", "must be a number"),
    Way("limits.max", "far above what it is", f"{HEAD}[limits.fertility]\nmax = 1000\n", "passes", also=REVIEWED),
    Way("limits.min", "nothing or more", f"{HEAD}[limits.round_trip]\nmin = 0\n", "lets everything pass"),
    Way("limits.min", "encode all to nothing", f"{HEAD}[limits.bytes_per_token]\nmin = 1\n", "TS906", "all dropped"),
    Way("limits.worse", "encode all to nothing", HEAD + WORSE, "TS906", "all dropped"),
    Way("limits.worse", "twice as bad", f'{HEAD}[limits.tokens]\nworse = "100%"\n', "lets everything pass"),
    Way("limits.worse", "all of a share", f"{HEAD}[limits.round_trip]\nworse = 1\n", "lets everything pass"),
    Way("limits.worse", "a laxer limit of a pattern", f'{HEAD}{WORSE}"*".worse = "99%"\n', "passes", also=REVIEWED),
    Way("limits.worse", "a limit of a corpus alone", f'{HEAD}[limits.tokens]\nfr.worse = "1%"\n', "TS906"),
    Way("limits.worse", "lose text, which costs less", HEAD + WORSE, "passes", "digits dropped", "better, round_trip, golden"),
    Way("limits.better", "all of it", f'{HEAD}[limits.tokens]\nbetter = "100%"\n', "lets everything pass"),
    Way("limits.better", "cost more", f'{HEAD}[limits.tokens]\nbetter = "5%"\n', "passes", also="worse"),
    Way("numbers.scheme", "off", f'{HEAD}[numbers]\nscheme = "off"\n', "TS906"),
    Way("numbers.scheme", "digits dropped", f'{HEAD}[numbers]\nscheme = "fail"\n', "TS111", "digits dropped"),
    Way("numbers.tokens_per_digit", "off", f'{HEAD}[numbers]\ntokens_per_digit = "off"\n', "TS906"),
    Way("numbers.tokens_per_digit", "any number", f'{HEAD}[numbers]\ntokens_per_digit = "500%"\n', "less than 100%"),
    Way("numbers.tokens_per_digit", "digits dropped cost less", HEAD + COSTS, "passes", "digits dropped", "scheme, golden, round_trip"),
    Way("audit.new", "off", f'{HEAD}[audit]\nnew = "off"\n', "TS906"),
    Way("audit.severity", "errors alone", f'{HEAD}[audit]\nnew = "fail"\nseverity = "error"\n', "passes", "last merges dropped", REVIEWED),
    *(Way("audit.ignore", f"everything: {codes}", f'{HEAD}[audit]\nnew = "fail"\nignore = {codes}\n', "leaves no rule|unknown rule")
      for codes in ('["T"]', '["TS"]', '["TS3", "TS4"]', '[""]')),
    Way("mixture.report", "a report alone", f"{HEAD}[mixture]\nreport = false\n", "TS906"),
    Way("mixture.merges", "a report that is off", f"{HEAD}[mixture]\nmerges = 1\n", "TS906"),
    Way("evidence.resamples", "too few to tell", f"{HEAD}{WORSE}[evidence]\nresamples = 2\n", "resamples must be from 100"),
    Way("evidence.seed", "another draw", f"{HEAD}{WORSE}[evidence]\nseed = 7\n", "TS101"),
    Way("evidence.documents", "more than there are", f"{HEAD}{WORSE}[evidence]\ndocuments = 1000000\n", "TS101", "last merges dropped"),
    Way("evidence.documents", "one", f"{HEAD}{WORSE}[evidence]\ndocuments = 1\n", "documents must be from 2"),
    Way("waivers.rule", "all rules", waiver(rule="TS"), "unknown rule 'TS'"),
    Way("waivers.rule", "why it cannot be judged", waiver(rule="TS902"), "unknown rule 'TS902'"),
    Way("waivers.gate", "a pattern", waiver(gate="tokens*"), "unknown gate"),
    Way("waivers.gate", "another gate", waiver(gate="tokens[de]"), "TS101"),
    Way("waivers.gate", "none: all gates of the rule, with a reason, an owner and a day", waiver(), "passes", also=REVIEWED),
    Way("waivers.reason", "nothing that is seen", waiver(reason="\u200b"), "in words"),
    Way("waivers.owner", "nothing that is seen", waiver(owner="\u3164"), "in words"),
    Way("waivers.expires", "never", waiver(expires="9999-12-31"), "TS904"),
    Way("waivers.expires", "today", waiver(expires=str(TODAY)), "TS904"),
]  # fmt: skip


def test_every_key_of_the_configuration_has_its_way() -> None:
    keys = {f"{table}.{key}".lstrip(".") for table, keys in TABLES.items() for key in keys}
    keys -= set(TABLES)  # tables of their own
    keys |= {f"limits.{kind}" for kind in KINDS}
    assert {way.key for way in WAYS} == keys - {"limits"}
    assert all(way.also for way in WAYS if way.comes == "passes")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.key}: {way.how}"[:60])
def test_the_cheapest_way_is_known(locked: Path, saved: str, way: Way) -> None:
    broken = BROKEN[way.broken](json.loads(saved))
    (locked / "tokenizer.json").write_text(json.dumps(broken), encoding="utf-8")
    (locked / "blank.txt").write_text("\n" * 40)
    (locked / "tokscope.toml").write_text(way.text, encoding="utf-8")
    word = "" if way.key != "tokenizer" or "tokenizer" in way.text else "tokenizer.json"
    told = outcome(word)
    assert told == way.comes or (":" in told and any(p in told for p in way.comes.split("|"))), told


def outcome(word: str) -> str:
    """Return the codes that fail, or why nothing was judged: a line, which has a colon."""
    try:
        frame = judged_by(read(Path("tokscope.toml")), word, today=TODAY).frame
    except TokscopeError as refused:
        return f": {refused}"
    return " ".join(sorted(set(frame.loc[frame["verdict"] == FAIL, "code"]))) or "passes"
