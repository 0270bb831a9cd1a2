"""Which parts of a snapshot the gates need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.counted import reference_of, require_countable
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.errors import TokscopeError
from tokscope.gate.config import IDENTITY, OFF, Config, Text
from tokscope.late import Late
from tokscope.provenance import rendered
from tokscope.text.corpus import Corpus

if TYPE_CHECKING:
    from tokscope.mixture import subject
else:
    subject = Late("tokscope.mixture.subject")  # SciPy takes long to import


@dataclass(frozen=True)
class Wanted:
    """Which parts of a snapshot are made. Identity is always made."""

    columns: frozenset[str] = frozenset()  # empty: no text is read
    measures: Sequence[str] = ()  # to compute
    numbers: bool = False
    findings: bool = False
    mixture: int = 0  # merges to infer one from
    strings: Sequence[str] = ()  # golden ones, beside those that every tokenizer has
    ids: bool = False  # of the first units of the text


def by_gates(config: Config) -> Wanted:
    """Return what the gates that are on need."""
    measures = list(dict.fromkeys(limit.measure for limit in config.limits))
    nested = config.level("identity", "nested") != OFF and config.reads
    columns = frozenset().union(*(MEASURES[name].columns for name in measures))
    if config.limits or config.documents is not None or (nested and config.text.corpora):
        columns |= {"units", "bytes", "tokens"}
    numbers = config.level("numbers", "scheme") != OFF or config.tokens_per_digit is not None
    audited = config.level("audit", "new") != OFF
    return Wanted(columns, measures, numbers, audited, config.mixture, config.strings, nested)


@dataclass(frozen=True)
class Source:
    """What a snapshot is made of: its parts, and the text, found once, as it is counted."""

    wanted: Wanted
    corpora: Sequence[Corpus] = ()
    words: str = "unicode"
    specials: bool = False
    reference: int = 0  # the place of the corpus that premiums are relative to
    settings: str = ""  # all that changes a count or a value


def source_of(config: Config) -> Source:
    """Find what the gates of a configuration look at, as `opened` does.

    Raises:
        TokscopeError: a gate needs text and none is named, or settings do not go together.
    """
    needing = [f"limits.{limit.measure}" for limit in config.limits[:1]]
    needing += ["identity.documents"] if config.documents is not None else []
    if needing and not config.text.corpora:
        raise TokscopeError(f"TS906 {needing[0]} needs text; name some in text.corpora")
    return opened(config.text, by_gates(config))


def opened(text: Text, wanted: Wanted) -> Source:
    """Find text, and refuse settings that do not go together, before any of it is read.

    Raises:
        TokscopeError: the text, the reference, the word rule or the measures do not go together.
    """
    corpora = text.read() if wanted.columns or wanted.mixture else []
    reference, settings = 0, ""
    if wanted.columns:
        require_countable(corpora, text.words)
        reference = reference_of(corpora, text.reference)
        settings = rendered(text.provenance(corpora[reference].name))
    for name in wanted.measures:
        if MEASURES[name].over != "corpus" and not text.parallel:
            raise TokscopeError(f"limits.{name}: only for parallel text; set text.parallel = true")
    if wanted.mixture and corpora:
        subject.chosen([corpus.name for corpus in corpora], ())
    return Source(wanted, corpora, text.words, text.specials, reference, settings)


def needs_baseline(config: Config, wanted: Wanted) -> bool:
    """Tell whether a gate compares with a baseline, rather than with a limit alone."""
    compared = wanted.numbers or wanted.findings or config.documents is not None
    levels = [config.level(*config.identity(name)) for name in IDENTITY if name != "documents"]
    relative = any(limit.kind in ("worse", "better") for limit in config.limits)
    return compared or relative or any(level != OFF for level in levels)


def everything(config: Config) -> Wanted:
    """Return what a lock holds: all parts, the default measures, and those with limits."""
    limited = [limit.measure for limit in config.limits]
    parallel = config.text.parallel
    usual = [name for name in DEFAULT if parallel or MEASURES[name].over == "corpus"]
    measures = list(dict.fromkeys((*usual, *limited)))
    columns = frozenset(TOKEN_COLUMNS).union(*(MEASURES[name].columns for name in measures))
    columns = columns | {"units", "bytes"} if config.text.corpora else frozenset()
    measures = measures if columns else []
    nested = config.level("identity", "nested") != OFF
    return Wanted(columns, measures, True, True, config.mixture, config.strings, nested)
