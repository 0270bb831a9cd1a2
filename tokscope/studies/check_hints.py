"""What to type after a check that failed: commands that are ready to run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokscope.errors import split_label
from tokscope.gate.config import FAIL, NAME, PROJECT, Config, Text, inside
from tokscope.gate.git import PREFIX, at_top, last_change
from tokscope.gate.verdict import Case, Judged
from tokscope.tokenizers import Tokenizer


def hints(
    case: Case, given: str | Tokenizer, against: str, verdicts: Sequence[Judged]
) -> Iterator[str]:
    """Yield what to type next, if a gate failed: the difference, the rules, the new baseline."""
    config = case.config
    codes = list(dict.fromkeys(one.gate.code for one in verdicts if one.verdict == FAIL))
    if not codes:
        return
    if case.base:
        told = difference(config, case.head.spec, against, case.base.spec)
        yield f"look closer: {told}"
    yield f"why and what helps: tokscope explain {' '.join(codes)}"
    if not against:
        word = given if isinstance(given, str) and given != config.spec else ""
        lock = _command("lock", word, *_named(config.path))
        yield f'accept all of it: {lock} --update --reason "..."'


def difference(config: Config, new: str, against: str, locked: str) -> str:
    """Return the command that shows what changed, as far as the old tokenizer can be named."""
    old = against
    if not against or Path(against).suffix == ".lock":
        old = inside(config.path.parent, locked) or "OLD"
        if _place(old) == _place(new):
            old = _in_git(_place(new), Path(against) if against else config.lock) or "OLD"
    text = _text(config.text) if config.text.corpora else ()
    return _command("diff", old, new or "NEW", *text)


def _place(word: str) -> str:
    """Return where a tokenizer is, without its label and kind."""
    _, rest = split_label(word)
    return rest.removeprefix("file:")


def _in_git(place: str, lock: Path) -> str:
    """Name the tokenizer as it was when the lock was last changed; empty if git cannot tell."""
    top, commit = at_top(Path(place)), last_change(lock)
    return f"{PREFIX}{commit}:{top}" if top and commit and Path(place).exists() else ""


def _text(text: Text) -> Iterator[str]:
    default = Text()
    for word in text.corpora:
        yield from ("--corpus", word)
    if text.parallel:
        yield "--parallel"
    for field in (text.field,) if isinstance(text.field, str) else text.field:
        yield from ("--field", field) if text.field != default.field else ()
    for name in ("words", "errors", "max_unit"):
        value = getattr(text, name)
        if value != getattr(default, name):
            yield from (f"--{name.replace('_', '-')}", str(value))


def _named(path: Path) -> Sequence[str]:
    return () if path in (Path(NAME), Path(PROJECT)) else ("--config", str(path))


def _command(*words: str) -> str:
    return shlex.join(("tokscope", *filter(None, words)))
