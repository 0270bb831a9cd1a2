"""Write a configuration whose gates a tokenizer passes today."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import NamedTuple

from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import ALL
from tokscope.errors import TokscopeError
from tokscope.gate.config import Text
from tokscope.gate.settings import is_met_by_all
from tokscope.gate.snapshot import Snapshot, require_tokens, snapshot
from tokscope.gate.wanted import Wanted, opened
from tokscope.tokenizers.beside import NAMES
from tokscope.tokenizers.folder import FILES
from tokscope.visible import HIDDEN, visible
from tokscope.wording import many
from tokscope.workers import HERE, Workers

_ROOM = 0.05  # how far beyond its present value a measure may move
_LIMITED = ("fertility", "worst_premium", "gini")  # with room
_STRICT = ("unknown_rate", "round_trip")  # without


def guessed() -> str:
    """Return the tokenizer in this folder.

    Raises:
        TokscopeError: there is no tokenizer here.
    """
    for name in FILES:
        if Path(name).is_file():
            return "file:." if any(Path(beside).is_file() for beside in NAMES) else name
    raise TokscopeError(f"no {', '.join(FILES)} here; name a tokenizer: tokscope init SPEC")


class Gates(NamedTuple):
    """A configuration in TOML with comments, and in a few words what it was made from."""

    content: str
    told: str


def initial(word: str, text: Text, workers: Workers = HERE) -> Gates:
    """Return the configuration for a tokenizer.

    Raises:
        TokscopeError: the tokenizer or the text cannot be used.
    """
    measures = [
        name for name in (*_LIMITED, *_STRICT) if text.parallel or MEASURES[name].over == "corpus"
    ]
    columns = frozenset(("units", "bytes", "tokens"))
    columns = columns.union(*(MEASURES[name].columns for name in measures))
    wanted = Wanted(columns, measures, numbers=True)
    now = snapshot(word, opened(text, wanted), (), workers)
    require_tokens(now)
    parts = (_head(word, now), _text(text), _IDENTITY, _limits(now), _numbers(now), _REST)
    return Gates("\n".join(line for part in parts for line in part) + "\n", _told(now))


def _told(now: Snapshot) -> str:
    """Say whose values the gates hold, and what text they were measured on."""
    samples = now.measured.samples
    units = sum(sample.units for sample in samples.values())
    corpora = f"{many(len(samples), 'corpus', 'corpora')} ({many(units, 'unit')})"
    return f"gates for {visible(now.name)}, from its values on {corpora}"


def _head(word: str, now: Snapshot) -> list[str]:
    told = f"{visible(now.name)} ({now.identity.family}, {now.identity.size:,} ids)"
    return [
        f"# Gates for {told}, from its present values.",
        "# Next: tokscope lock, then commit this file, the lock and its counts;",
        "# then tokscope check in CI. tokscope explain CODE says what a rule means.",
        "",
        f"tokenizer = {_quoted(word)}",
        "",
    ]


def _quoted(value: object) -> str:
    """Write a value in TOML, with invisible characters escaped."""
    written = json.dumps(value, ensure_ascii=False)
    return HIDDEN.sub(lambda char: f"\\U{ord(char[0]):08X}", written)


def _text(text: Text) -> list[str]:
    default = Text()
    told = {
        name: getattr(text, name) for name in ("reference", "words", "field", "errors", "max_unit")
    }
    return [
        "[text]  # what values are measured on",
        f"corpora = {_quoted(list(text.corpora))}",
        f"parallel = {_quoted(text.parallel)}  # line i says the same in every corpus",
        *(f"{name} = {_quoted(v)}" for name, v in told.items() if v != getattr(default, name)),
        "",
    ]


_IDENTITY = [
    "[identity]  # is it the same tokenizer? fail, warn or off",
    'golden = "fail"  # ids of strings that tokenizers often get wrong',
    'model_input = "fail"  # the same with the special tokens that the file puts around them',
    'specials = "fail"  # special tokens and their ids',
    'vocabulary = "fail"  # what ids stand for',
    'components = "fail"  # the parts of the file that decide ids, however it is written',
    'processing = "fail"  # post-processor, truncation, padding, dropout',
    'chat_templates = "fail"  # by their hash; they are never run',
    'backends = "warn"  # versions of the libraries that encode',
    'documents = "0%"  # units of text whose ids may change, or "off"',
    "",
]
_REST = [
    "[audit]",
    'new = "fail"  # no finding of tokscope audit may grow',
    'severity = "warning"  # that weighs at least this: error, warning or note',
    "",
    "# [[waivers]]  # a failure that is accepted until a day",
    '# rule = "TS101"',
    '# gate = "tokens[th]"',
    '# reason = "Thai merges are retrained in the next release"',
    '# owner = "name"',
    "# expires = 2030-12-31",
]


def _numbers(now: Snapshot) -> list[str]:
    numbers = now.extras.numbers
    known = numbers is not None and not math.isnan(numbers.tokens_per_digit)
    return [
        "[numbers]",
        'scheme = "fail"  # the rule by which numbers are cut',
        'tokens_per_digit = "1%"' if known else 'tokens_per_digit = "off"  # no number has tokens',
        "",
    ]


def _limits(now: Snapshot) -> list[str]:
    lines = [
        "[limits.tokens]  # of all corpora; any measure of tokscope measures can be limited",
        'worse = "0.5%"  # than at the baseline, beyond doubt',
        'better = "5%"  # a gain that nobody planned is often a loss',
        '# th.worse = "2%"  # the most specific limit wins',
        "",
    ]
    for name, values in now.measured.values.items():
        lines += _limit(name, values)
    return lines


def _limit(name: str, values: Mapping[str, float]) -> list[str]:
    """Return a limit just beyond the worst value.

    A value that is undefined on this text can never be judged. Then each other corpus has a limit
    of its own.
    """
    known = {corpus: value for corpus, value in values.items() if not math.isnan(value)}
    if len(known) == len(values):
        bounds = _bound(name, known) if known else []
    else:
        bounds = [
            f"{_key(corpus)}.{bound}"
            for corpus, value in known.items()
            for bound in _bound(name, {corpus: value})
        ]
        undefined = ", ".join(visible(corpus) for corpus in values if corpus not in known)
        bounds += [f"# undefined on this text: {undefined}"] if bounds else []
    return [f"[limits.{name}]", *bounds, ""] if bounds else []


def _key(corpus: str) -> str:
    """Write the name of a corpus as a key in TOML that no pattern is taken for."""
    return corpus if re.fullmatch(r"[A-Za-z0-9_-]+", corpus) else _quoted(escape(corpus))


def _bound(name: str, values: Mapping[str, float]) -> list[str]:
    """Return the line of a limit; nothing if no value can be beyond it."""
    low = MEASURES[name].better == "higher"
    corpus = min(values, key=lambda c: values[c] if low else -values[c])
    worst = values[corpus]
    alike = corpus == ALL or len(set(values.values())) == 1
    where = "now" if alike else f"now, in {visible(corpus)}"
    limit = worst if name in _STRICT else worst * (1 - _ROOM if low else 1 + _ROOM)
    step = 10.0 ** (math.floor(math.log10(limit)) - 2) if limit else 1.0
    rounded = (math.floor if low else math.ceil)(limit / step - 1e-9 * (-1 if low else 1)) * step
    kind = "min" if low else "max"
    if is_met_by_all(MEASURES[name].unit, kind, rounded, share=False):
        return []
    return [f"{kind} = {rounded:.6g}  # {worst:.4g} {where}"]
