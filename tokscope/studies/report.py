"""All that is known of some tokenizers, study by study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain
from os import PathLike
from pathlib import Path

import pandas as pd

from tokscope.counting.counted import (
    count,
    embedded,
    require_countable,
    require_resamples,
    texts_of,
)
from tokscope.errors import TokscopeError, exists
from tokscope.gate import settings
from tokscope.gate.config import NAME, Config
from tokscope.gate.wanted import Source, source_of
from tokscope.given import place
from tokscope.mixture.subject import subject_of
from tokscope.report import Report
from tokscope.rules import AUDITED
from tokscope.studies import audit, compare, vocab
from tokscope.studies.boundary_places import boundary_places
from tokscope.studies.check import checked
from tokscope.studies.code import code
from tokscope.studies.infer_mixture import infer_mixture
from tokscope.studies.morph import morph
from tokscope.studies.numbers import numbers
from tokscope.studies.report_lines import lines_of
from tokscope.text.corpus import Corpus, require_again, size
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.workers import HERE, Workers

SECONDS = 20.0  # for the mixture of each tokenizer
_LINES = 100  # of each corpus, where all places are tried
_LEAST = 1_000_000  # bytes of text, below which a mixture would be a guess


@dataclass(frozen=True)
class Options:
    """What is asked, besides tokenizers and text."""

    lock: str = ""
    word_rule: str = "unicode"
    specials: bool = False
    bootstrap: int = 0
    seed: int = 0
    seconds: float = SECONDS

    @property
    def is_plain(self) -> bool:
        """Tell whether text is counted as an audit does."""
        return self.word_rule == "unicode" and not self.specials

    def passes(self, tokenizers: int) -> int:
        """Return how often text is read at most: for all, places, audit, check, each mixture."""
        return 2 + (not self.is_plain) + bool(self.lock) + (self.seconds > 0) * tokenizers


def full_report(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    lock: str | PathLike[str] = "",
    parallel: bool = False,
    word_rule: str = "unicode",
    specials: bool = False,
    bootstrap: int = 0,
    seed: int = 0,
    seconds: float = SECONDS,
    workers: Workers = HERE,
) -> Report:
    """Return the reports of all studies of tokenizers as the parts of one.

    Columns: part (the command that gives it alone), title, headline. Tokenizers and corpora are
    given as to `compare`, and so are the options that it has too.

    Args:
        tokenizers: one, a list of them, or a mapping of names to them.
        corpora: text; the embedded sample if you leave it out.
        lock: the first tokenizer is checked against it, by the configuration beside it.
        parallel: line i says the same in every corpus.
        word_rule: the rule that cuts words.
        specials: find special tokens in text instead of taking them for text.
        bootstrap: how many resamples give intervals.
        seed: of the resamples.
        seconds: the time for the mixture of each tokenizer; 0 for no mixture.
        workers: who works, from `tokscope.workers`; the result is the same.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used.
    """
    asked = Options(place(lock, "lock"), word_rule, specials, bootstrap, seed, seconds)
    texts = None if corpora is None else texts_of(corpora, parallel=parallel)
    return reported(tokenizers, texts, asked, workers)


def reported(
    tokenizers: Tokenizers,
    corpora: Sequence[Corpus] | None,
    asked: Options,
    workers: Workers = HERE,
) -> Report:
    """Make the report as `full_report` does, on corpora whose files are known.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used.
    """
    texts = embedded() if corpora is None else corpora
    require_countable(texts, asked.word_rule)
    require_again(texts, "each study reads the text")
    require_resamples(asked.seed, bootstrap=asked.bootstrap)
    if not asked.seconds >= 0:  # it may be NaN
        raise TokscopeError(f"--seconds {asked.seconds:g}: give a time, or 0 for no mixture")
    gates = _gates(asked.lock)
    used = load_all(tokenizers)
    judged = _judged(gates, used[0], asked.lock, workers)  # first, because it may be refused
    inferable = [one for one in used if _can_be_inferred(one, corpora, asked.seconds)]
    studies = chain(
        _of_text(used, corpora, asked, workers), _mixtures(inferable, corpora, asked, workers)
    )
    parts: list[Report] = []
    left_out: list[str] = []
    for name, make in studies:
        try:
            parts.append(make())
        except TokscopeError as error:
            left_out.append(f"{name} is left out: {error}")
    known = {one.name for one in inferable}
    if asked.seconds:
        left_out += _without_mixture([one.name for one in used if one.name not in known])
    return _together(used, [*parts, *judged], tuple(left_out))


def _together(used: Sequence[Tokenizer], parts: Sequence[Report], notes: tuple[str, ...]) -> Report:
    rows = [(part.command, part.title, _headline(part)) for part in parts]
    frame = pd.DataFrame(rows, columns=["part", "title", "headline"])
    title = f"Tokenizer report: {', '.join(one.name for one in used)}"
    first = rows[0][2]
    return Report("report", title, frame, notes, headline=first, parts=tuple(parts))


def _headline(part: Report) -> str:
    """Return what a part says first; some say it in their first table."""
    views = part.view(part) if part.view and not part.headline else ()
    return part.headline or next((view.headline for view in views if view.headline), "")


def _of_text(
    used: Sequence[Tokenizer], corpora: Sequence[Corpus] | None, asked: Options, workers: Workers
) -> Iterator[tuple[str, Callable[[], Report]]]:
    """Count the text once for all studies; yield the name of each, and how its report is made."""
    texts = embedded() if corpora is None else list(corpora)
    compared = compare.Asked(
        word_rule=asked.word_rule,
        specials=asked.specials,
        bootstrap=asked.bootstrap,
        seed=asked.seed,
    )
    words = vocab.counting(len(used), asked.word_rule, specials=asked.specials)
    both = compare.counting(compared) | words
    counted = count(used, texts, both, workers=workers)
    first = compare.of_counted(counted, compared, workers)
    yield "the comparison", lambda: first
    yield "the segmentation", partial(lines_of, used, texts, first, specials=asked.specials)
    yield "the vocabulary", partial(vocab.of_counted, used, counted)
    yield "the study of numbers", partial(numbers, used)
    places = partial(boundary_places, lines=_LINES, specials=asked.specials, workers=workers)
    yield "the study of places where text can be cut", partial(places, used, texts)
    yield "the study of code", partial(code, used, workers=workers)
    yield "the study of morphemes", partial(morph, used)
    if corpora and asked.is_plain:
        yield "the audit", partial(audit.of_counted, used, counted, set(AUDITED))
    else:
        yield "the audit", partial(audit.audited, used, corpora, set(AUDITED), workers)


def _mixtures(
    used: Sequence[Tokenizer], corpora: Sequence[Corpus] | None, asked: Options, workers: Workers
) -> Iterator[tuple[str, Callable[[], Report]]]:
    for one in used:
        infer = partial(infer_mixture, one, corpora, seconds=asked.seconds, workers=workers)
        yield f"the mixture of {one.name}", infer


def _can_be_inferred(one: Tokenizer, corpora: Sequence[Corpus] | None, seconds: float) -> bool:
    """Tell whether a mixture says something: enough text, or the sample that it was trained on."""
    if corpora is None:
        is_known = one.spec.kind == "sample" and one.spec.place in ("bpe", "wordpiece")
        return seconds > 0 and is_known
    return seconds > 0 and len(corpora) > 1 and _bytes(corpora) >= _LEAST and _has_merges(one)


def _has_merges(one: Tokenizer) -> bool:
    try:
        return bool(subject_of(one, None, 0))
    except TokscopeError:
        return False


def _bytes(corpora: Sequence[Corpus]) -> int:
    """Return how much text there is; files that only reading can tell count as enough."""
    shards = [shard for corpus in corpora for shard in corpus.shards]
    held = sum(len(text.encode()) for shard in shards for text in shard.texts or ())
    sizes = [size(shard) for shard in shards if shard.texts is None]
    return held + sum(_LEAST if one is None else one for one in sizes)


def _without_mixture(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [
        f"no mixture of {', '.join(names)}: it takes a tokenizer with merges, and two corpora or "
        f"more of together {_LEAST / 1e6:g} MB or more, such as the training text may have had"
    ]


def _judged(
    gates: tuple[Config, Source] | None, one: Tokenizer, lock: str, workers: Workers
) -> list[Report]:
    if not gates:
        return []
    return [checked(*gates, one, against=lock, today=date.today(), workers=workers)]


def _gates(lock: str) -> tuple[Config, Source] | None:
    """Read the configuration of a lock: the one beside it, or that of this folder."""
    if not lock:
        return None
    if not exists(Path(lock)):
        raise TokscopeError(f"{lock}: there is no such lock; write one with: tokscope lock")
    beside = Path(lock).parent / NAME
    config = settings.read(settings.find(str(beside) if exists(beside) else ""))
    config = replace(config, lock=Path(lock))
    return config, source_of(config)
