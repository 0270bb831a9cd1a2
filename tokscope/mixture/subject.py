"""From a tokenizer and text to evidence, and from evidence to shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokscope.counting.counted import require_own_names
from tokscope.errors import TokscopeError, choose
from tokscope.mixture.count import Counts, count
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.inference import Inference
from tokscope.mixture.model import ENDLESS, Budget
from tokscope.mixture.program import Program, require_rows
from tokscope.mixture.saved import packed, unpacked
from tokscope.mixture.solve import Tell, solve
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.tokenizers import Tokenizer, for_workers, have_words, loaded
from tokscope.tokenizers.pipeline import Pipeline, pipeline_of
from tokscope.workers import HERE, Workers

# Merges used by default, at most. In 20 controlled trials (see the benchmarks), 3,000 and 10,000
# merges gave the same error, and 10,000 took ten times as long to solve.
MOST = 3_000
_ALONE = "a mixture needs two corpora or more; one alone is always all of it"


def infer(
    tokenizer: Tokenizer, corpora: Sequence[Corpus] | None = None, *, merges: int | None = None
) -> Inference:
    """Infer shares without a limit of time, for other code to use.

    Raises:
        TokscopeError: as `infer_mixture`.
    """
    subject = subject_of(tokenizer, merges, 0)
    return solved(subject, gathered(subject, corpora), 0.0, ENDLESS)


@dataclass(frozen=True)
class Subject:
    """A tokenizer, and which of its merges to explain."""

    tokenizer: Tokenizer
    pipeline: Pipeline
    merges: int | None  # None for as many as the text supports
    first: int

    @property
    def steps(self) -> int:
        """The number of merges to replay."""
        known = len(self.pipeline.merges)
        return min(known, self.first + MOST) if self.merges is None else self.merges


def require_gap(gap: float) -> None:
    """Raise TokscopeError unless a gap is a share of the objective."""
    if not 0 <= gap < 1:
        raise TokscopeError(f"--gap {gap:g}: a part of the objective, from 0 to 1; try 0.01")


def subject_of(tokenizer: Tokenizer, merges: int | None, first: int) -> Subject:
    """Raise TokscopeError if no merge is wanted, or more than the tokenizer has."""
    pipeline = pipeline_of(tokenizer)
    known = len(pipeline.merges)
    if merges is not None and not 0 < merges <= known:
        raise TokscopeError(
            f"--merges {merges}: the tokenizer has {known:,}; use from 1 to {known}"
        )
    last = known if merges is None else merges
    if not 0 <= first < last:
        raise TokscopeError(f"--from-merge {first}: merges before it, of {last}, make no rows")
    return Subject(tokenizer, pipeline, merges, first)


@dataclass(frozen=True)
class _Source:
    """Makes the pipeline of a tokenizer in a worker."""

    word: str
    fingerprint: str

    def __call__(self) -> Pipeline:
        return pipeline_of(loaded(self.word, self.fingerprint))


def gathered(
    subject: Subject,
    corpora: Sequence[Corpus] | None,
    only: Sequence[str] = (),
    *,
    counts: Path | None = None,
    save: Callable[[bytes], None] | None = None,
    workers: Workers = HERE,
) -> Evidence:
    """Count the text and replay the merges, or read saved counts."""
    merges, fingerprint = subject.pipeline.merges, subject.tokenizer.fingerprint
    if counts:
        held = unpacked(counts, merges, fingerprint, steps=subject.merges, first=subject.first)
    else:
        one = [subject.tokenizer]
        source = _Source(*for_workers(one)[0]) if have_words(one) else None
        text = _counted(subject.pipeline, corpora, source, workers)
        held = evidence(text, merges, subject.steps, first=subject.first, workers=workers)
    names = chosen(held.counts.names, only)
    if save:
        save(packed(held, fingerprint))
    return held.subset(names)


def mixed() -> list[Corpus]:
    """Return the prose and the code of the embedded sample."""
    return read_corpora(["sample:prose", "sample:code"])


def _counted(
    pipeline: Pipeline, corpora: Sequence[Corpus] | None, source: _Source | None, workers: Workers
) -> Counts:
    if corpora is None:
        corpora = mixed()
    require_own_names(corpora)
    if len(corpora) < 2:
        raise TokscopeError(_ALONE)
    return count(corpora, pipeline, workers=workers, source=source)


def chosen(known: Sequence[str], only: Sequence[str]) -> list[str]:
    """Return the names of the wanted corpora; all if `only` is empty."""
    table = {name: name for name in known}
    names = list(dict.fromkeys(choose(table, name, "corpus") for name in only)) or list(table)
    if len(names) < 2:
        raise TokscopeError(_ALONE)
    return names


def solved(
    subject: Subject,
    evidence: Evidence,
    gap: float,
    budget: Budget,
    *,
    tell: Tell = lambda *_: None,
) -> Inference:
    """Solve for the shares."""
    program, why = _program(evidence, subject)
    solution = solve(program, gap=gap, budget=budget, tell=tell)
    return Inference(
        subject.tokenizer.name,
        subject.pipeline.merges,
        evidence,
        program.head(solution.steps),
        solution,
        len(program.merged),
        why,
        subject.first,
    )


def _program(evidence: Evidence, subject: Subject) -> tuple[Program, str]:
    """Return the program of the merges to use, and the reason for their number."""
    most, supported = len(evidence.replay.rules), evidence.supported()
    if subject.merges is not None:
        why = "as asked"
        if subject.merges > supported:
            why += f"; the text supports about {supported:,}, and later ones add noise"
        return require_rows(evidence.linear_program().head(subject.merges)), why
    if supported < most:
        why = "as many as the text supports: later ones are rare in it; more text, or --merges"
    elif most == subject.first + MOST:
        why = "more with --merges"
    else:
        why = "all that were replayed"
    return require_rows(evidence.linear_program().head(supported)), why
