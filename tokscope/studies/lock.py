"""Make or verify a lock, which later tokenizers are compared with."""

from __future__ import annotations

from dataclasses import replace
from difflib import unified_diff
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tokscope.errors import TokscopeError, shortened
from tokscope.gate import lockfile, settings
from tokscope.gate.config import Config, says_something
from tokscope.gate.lockfile import Lock
from tokscope.gate.snapshot import Snapshot, require_tokens, snapshot
from tokscope.gate.wanted import everything, opened
from tokscope.given import place
from tokscope.late import Late
from tokscope.report import Report
from tokscope.studies.check import named
from tokscope.studies.lock_changes import changes, headline
from tokscope.tokenizers import without_dropout
from tokscope.wording import many
from tokscope.workers import HERE, Workers
from tokscope.writing import alone

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")  # only a table without rows needs it

_FIRST = "first lock"
_LINES = 40  # of a difference
_ACCEPTED = "accepted: "  # how properties begin that tell what an update changed
_FACTS = ("tokenizer", "golden strings", "numbers", "corpora", "reason")  # without --details


def lock(
    tokenizer: str | PathLike[str] = "",
    *,
    config: str | PathLike[str] = "",
    update: bool = False,
    reason: str = "",
    workers: Workers = HERE,
) -> Report:
    """Write the lock that later tokenizers are compared with, and its counts beside it.

    Args:
        tokenizer: a word or a path, which the lock then names; that of the configuration if you
            leave it out.
        config: the path of a configuration, as for `check`; it says where the lock is.
        update: replace the lock that is there.
        reason: why values may change, for an update; the lock keeps it.
        workers: who works, from `tokscope.workers`; the result is the same.

    Returns:
        What the lock holds: property, value.

    Raises:
        TokscopeError: there is a lock already and it is not to be updated, or none and it is; or
            the tokenizer or the text cannot be used.
    """
    if reason and not update:
        raise TokscopeError("reason: it is for an update; add update=True")
    gates, word = _read(tokenizer, config)
    made = locked(gates, word, update=update, reason=reason, workers=workers)
    return summary(made, write(gates, made, update=update), update=update)


def verify_lock(
    tokenizer: str | PathLike[str] = "",
    *,
    config: str | PathLike[str] = "",
    workers: Workers = HERE,
) -> Report:
    """Lock again in memory and compare with the lock: sign (- in the lock, + now), line.

    `passed` of the report tells whether nothing differs. The arguments are those of `lock`.

    Raises:
        TokscopeError: there is no lock, it is damaged, or it cannot be made again.
    """
    report = verify(*_read(tokenizer, config), workers)
    return replace(report, passed=not report.rows)


def _read(tokenizer: str | PathLike[str], config: str | PathLike[str]) -> tuple[Config, str]:
    """Return a configuration and the word of a tokenizer."""
    word = place(tokenizer, "tokenizer")  # which the lock names
    return settings.read(settings.find(place(config, "config"))), word


def locked(
    config: Config,
    word: str = "",
    *,
    update: bool = False,
    reason: str = "",
    workers: Workers = HERE,
) -> Lock:
    """Return the lock of a tokenizer, or of that of the configuration, with its history.

    Raises:
        TokscopeError: there is a lock already and it is not to be updated, or none and it is; or
            the tokenizer or the text cannot be used.
    """
    if update and not says_something(reason):
        raise TokscopeError('an update needs --reason, such as --reason "added Thai merges"')
    history = _history(config.lock, update)
    lockfile.require_ours(config.lock)
    now = _snapshot(config, word, workers)
    told = {"reason": reason.strip() or _FIRST, "fingerprint": now.identity.fingerprint}
    return Lock(now, [*history, told])


def write(config: Config, made: Lock, *, update: bool = False) -> Snapshot | None:
    """Write a lock behind those that others have written while this one was made.

    Returns what the old lock held; None if there is none, or it cannot be read.

    Raises:
        TokscopeError: another one is there, or none is, or it cannot be written.
    """
    with alone(config.lock.parent, str(config.lock)):
        history = _history(config.lock, update)
        old = _held(config.lock) if update else None
        lockfile.write(config.lock, replace(made, history=[*history, made.history[-1]]))
        return old


def _held(path: Path) -> Snapshot | None:
    try:
        return lockfile.read(path).snapshot
    except TokscopeError:  # of an older version, or without its counts
        return None


def _history(path: Path, update: bool) -> list[dict[str, str]]:
    """Return the history to continue.

    Raises:
        TokscopeError: there is a lock already and it is not to be updated, or none and it is.
    """
    there = path.exists()
    if there and not update:
        raise TokscopeError(
            f"{path} already exists; tokscope check compares with it, "
            "tokscope lock --update --reason TEXT accepts what changed"
        )
    if update and not there:
        raise TokscopeError(f"there is no {path} to update; drop --update")
    return lockfile.history(path) if update else []


def _snapshot(config: Config, word: str, workers: Workers) -> Snapshot:
    source = opened(config.text, everything(config))
    now = snapshot(named(config, word), source, None, workers)
    require_tokens(now)
    # as the user wrote it, so that the lock does not depend on the folder
    return replace(now, spec=word or config.tokenizer)


def verify(config: Config, word: str = "", workers: Workers = HERE) -> Report:
    """Lock again and compare: line, before, now, for each line of the lock that would differ.

    Raises:
        TokscopeError: there is no lock, it is damaged, or it cannot be made again.
    """
    kept = lockfile.read(config.lock)
    again = Lock(_snapshot(config, word, workers), kept.history)
    old, new = (lockfile.lines(lockfile.packed(one)[0]) for one in (kept, again))
    differing = [
        (line[0], line[1:].strip())
        for line in unified_diff(old, new, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    rows = [{"sign": sign, "line": line} for sign, line in differing]
    title = f"{config.lock}: {'verified' if not differing else 'not what this tokenizer gives now'}"
    told = headline(kept.snapshot, again.snapshot) or (
        "the tokenizer, the text and all values are the same, but other lines of the file differ"
    )
    notes = ("- in the lock, + now",) if differing else ()
    text = (
        f"The lock is not what this tokenizer gives now: {told}."
        if differing
        else f"The lock is what this tokenizer gives now, all {len(new):,} lines."
    )
    table = rows or pd.DataFrame(columns=["sign", "line"])
    return Report("lock", title, table, notes, headline=text, view=differences)


def summary(made: Lock, old: Snapshot | None = None, *, update: bool = False) -> Report:
    """Return what a lock holds, and what an update changed in it: property, value."""
    held, identity, extras = made.snapshot, made.snapshot.identity, made.snapshot.extras
    samples = held.measured.samples
    units = sum(sample.units for sample in samples.values())
    around = [name for name, part in identity.processing.items() if part != "null"]
    facts = {
        "tokenizer": f"{held.name}, {identity.family}, {identity.size:,} ids",
        "fingerprint": identity.fingerprint[:16],
        "components": ", ".join(identity.components) or "none",
        "around text": ", ".join(around) or "none",
        "special tokens": f"{len(identity.specials):,}",
        "golden strings": f"{len(identity.golden):,}",
        "numbers": extras.numbers.scheme if extras.numbers else "–",
        "audit findings": ", ".join(
            f"{c} {n:,}" for c, n in sorted((extras.findings or {}).items())
        ),
        "corpora": f"{len(samples):,}, {units:,} units",
        "measures": f"{len(held.measured.values):,}",
        "reason": made.history[-1]["reason"],
    }
    accepted = dict(changes(old, held)) if old else {}
    facts |= {f"{_ACCEPTED}{what}": told for what, told in accepted.items()}
    table = [{"of the lock": name, "": value} for name, value in facts.items()]
    told = without_dropout(held.name, identity.processing)
    notes = ("commit the lock and its .npz; tokscope check compares with them", *told)
    text = _accepted(old, held) if update else _locked(held, units)
    return Report("lock", "Locked", table, notes, headline=text, view=tables)


def _locked(held: Snapshot, units: int) -> str:
    measured = held.measured
    text = f"Locked {held.name}: {many(len(held.identity.golden), 'golden string')}"
    if measured.samples:
        measures = many(len(measured.values), "measure")
        text += f", {measures} on {many(units, 'unit')} of text"
    return f"{text}."


def _accepted(old: Snapshot | None, new: Snapshot) -> str:
    if old is None:
        return "Locked again; what changed is not known, as the old lock could not be read."
    told = headline(old, new)
    return f"Accepted: {told}." if told else "Nothing changed: the old lock held the same."


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables for people: what an update accepts, and what the lock holds."""
    told = {row["of the lock"]: row[""] for row in report.rows}
    accepted = [
        {"what": name.removeprefix(_ACCEPTED), "old -> new": value}
        for name, value in told.items()
        if name.startswith(_ACCEPTED)
    ]
    facts = [
        {"property": name, "value": value}
        for name, value in told.items()
        if not name.startswith(_ACCEPTED) and (details or name in _FACTS)
    ]
    views = [Report("lock", report.title, facts)]
    if accepted:
        views.insert(0, Report("lock", "What is accepted", accepted))
    views[0] = replace(views[0], headline=report.headline)
    views[-1] = replace(views[-1], notes=report.notes)
    return views


def differences(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables of a verification for people; with `details`, every line in full."""
    rows, notes = report.rows, report.notes
    if not rows:
        rows = [{"lines that differ": 0}]
    elif not details:
        more = len(rows) - _LINES
        notes += (f"{more:,} more lines differ; --details shows all",) if more > 0 else ()
        rows = [{**row, "line": shortened(row["line"], 70)} for row in rows[:_LINES]]
    return [replace(report, table=rows, notes=notes, view=None)]
