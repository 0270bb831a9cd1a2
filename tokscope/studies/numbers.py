"""How does a tokenizer treat numbers? Rules, alignment, separators, contexts, scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.counting.signature import signed
from tokscope.errors import TokscopeError, choose
from tokscope.measures.digits import (
    Cuts,
    addition_alignment,
    carries,
    group_alignment,
    groups,
    left_to_right,
    match_probability,
    mismatch_rate,
    thousands,
)
from tokscope.measures.frequency import renyi_entropy
from tokscope.measures.ratios import ratio_of_sums
from tokscope.measures.schemes import Scheme, scheme
from tokscope.numerals.cuts import Runs, cut, is_number, known_cuts
from tokscope.numerals.drawn import (
    BARE,
    CONTEXTS,
    EXHAUSTIVE,
    FEW,
    GROUPINGS,
    LENGTHS,
    PLACES,
    SAMPLE,
    SCRIPTS,
    SEPARATORS,
    SPACED,
    few,
    kinds_of_numbers,
    leading,
    numbers_of,
    problems,
    separated,
)
from tokscope.reach.search import encode_what_can_be
from tokscope.report import Report
from tokscope.studies.show import show
from tokscope.tokenizers import Tokenizer, switched_off
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.composition import pieces_of

RISK = (
    "alignment is a risk, not a forecast: with groups from the left gpt-3.5-turbo-0301 had 8.3 % "
    "of the sums right that are longer than their operands, and 98.5 % of them with groups from "
    "the right; for gpt-4-0314 the effect of length is the reverse (Singh & Strouse 2024)"
)
WITH_SEPARATORS = ("comma",)  # what people see of alignment, unless they ask for it


class Line(NamedTuple):
    """A row of the report, but for its tokenizer."""

    by: str
    name: str
    measure: str
    value: float
    unit: str = "share"
    better: str = "neither"
    digits: int | None = None  # None: over all lengths


COLUMNS = ["tokenizer", "by", "name", "digits", "measure", "value", "unit", "better"]


# Parts of the report


def _cuts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the rules by which numbers are cut, and how evenly."""
    samples: dict[int, Cuts] = {}
    partitions: list[Line] = []
    for place, before in PLACES.items():
        for digits in LENGTHS:
            runs = cut(tokenizer, numbers_of(digits, seed), before)
            partitions += _partitions(runs, place, digits)
            # in the end those after a space, as in running text
            samples[digits] = known_cuts(runs, digits)
            if leading(digits):
                partitions += _partitions(runs, place, digits, leading(digits))
    yield from _rules(scheme(samples))
    yield from partitions


def _rules(found: Scheme) -> Iterator[Line]:
    words, share = found.in_words()
    yield Line("rule", words, "share", share)
    for digits, fit in found.fits[found.nearest].items():
        yield Line("evidence", found.nearest, "fit", fit, digits=digits)
    for name, share in found.shares.items():
        yield Line("scheme", name, "share", share)
    for digits, share in found.within.get(found.grouping, {}).items():
        yield Line("scheme", found.grouping, "within", share, digits=digits)
    for name, fits in found.fits.items():
        for digits, fit in fits.items():
            yield Line("scheme", name, "fit", fit, digits=digits)


def _partitions(runs: Runs, place: str, digits: int, first: int = 0) -> Iterator[Line]:
    name = f"{place}, unpadded" if first else place
    known = ~runs.unknown[first:]
    kinds, counts = np.unique(runs.cuts[first:][known], return_counts=True)
    tokens = ratio_of_sums(runs.tokens[first:][known], known)
    yield Line("partition", name, "tokens", tokens, "tokens/number", "lower", digits)
    match = match_probability(counts)
    yield Line("partition", name, "match_probability", match, digits=digits)
    entropy = renyi_entropy(counts, 1)
    yield Line("partition", name, "entropy", entropy, "bits", digits=digits)
    for kind in np.argsort(-counts, kind="stable").tolist():
        share = int(counts[kind]) / (len(runs.cuts) - first)
        yield Line("partition", name, groups(int(kinds[kind]), digits), share, digits=digits)


def digit_tokens(tokenizer: Tokenizer) -> dict[str, list[str]]:
    """Return the tokens that are digits and nothing else: alone, and with a space before them.

    Byte fallbacks, special tokens and tokens that only continue a word, or leave one open, are no
    numbers, whatever they are called.
    """
    vocabulary = tokenizer.vocabulary
    skipped = vocabulary.fallbacks | set(vocabulary.specials.values())
    skipped |= vocabulary.continuing or set()
    if vocabulary.ending is not None:
        skipped |= set(range(vocabulary.size)) - vocabulary.ending
    pieces = {piece for i, piece in enumerate(pieces_of(vocabulary)) if i not in skipped}
    return {
        place: sorted(
            text.decode()
            for text in (piece.removeprefix(space) for piece in pieces if piece.startswith(space))
            if text.isdigit()
        )
        for place, space in (("bare", b""), ("after a space", b" "))
    }


def _with_digits(vocabulary: Vocabulary, added: AbstractSet[int]) -> int:
    """Count the tokens that hold a digit; of added ones those that are a number and nothing else.

    An added token with a digit in its name, such as [control_7], is no number.
    """
    skipped = vocabulary.fallbacks | set(vocabulary.specials.values())
    return sum(
        any(digit in piece for digit in b"0123456789")
        for token, piece in enumerate(pieces_of(vocabulary))
        if token not in skipped and (token not in added or piece.strip().isdigit())
    )


def _coverage(tokenizer: Tokenizer, _: int) -> Iterator[Line]:
    """Yield how many numbers are one token where they stand, and which tokens never are."""
    with_digit = float(_with_digits(tokenizer.vocabulary, added_ids(tokenizer)))
    yield Line("coverage", "all", "tokens_with_digits", with_digit, "tokens")
    known = digit_tokens(tokenizer)
    # what can be one token is a token; a single digit may be one by a byte fallback
    numbers = sorted({*"0123456789"}.union(*known.values()))
    sizes = np.array([len(number) for number in numbers])
    for place, before in PLACES.items():
        whole = cut(tokenizer, numbers, before).whole
        there = np.isin(numbers, known[place])
        for digits in sorted({*range(1, EXHAUSTIVE + 1), *sizes.tolist()}):
            own = sizes == digits
            values = {
                "in_vocabulary": there & own,
                "one_token": whole & own,
                "unreachable": there & own & ~whole,
            }
            for measure, found in values.items():
                yield Line("coverage", place, measure, float(found.sum()), "tokens", digits=digits)
            share = int((whole & own).sum()) / 10**digits
            yield Line("coverage", place, "covered", share, digits=digits)


def _alignment(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield how cuts of numbers agree with thousands and with those of the numbers they sum up."""
    first, second = problems(seed)
    carried = carries(np.array(first), np.array(second))
    sums = [a + b for a, b in zip(first, second, strict=True)]
    for name, sign in {"none": "", **SEPARATORS}.items():
        a, b, total = (
            cut(tokenizer, [separated(str(n), sign, thousands) for n in column], BARE)
            for column in (first, second, sums)
        )
        aligned = addition_alignment(total.cuts, (a.cuts, a.digits), (b.cuts, b.digits))
        aligned[a.unknown | b.unknown | total.unknown] = np.nan
        longer = total.digits > np.maximum(a.digits, b.digits)
        crossed = (carried & total.cuts) != 0
        for kind, chosen in (("match", ~longer), ("mismatch", longer), ("carry", crossed)):
            yield from _aligned(name, kind, aligned[chosen & ~np.isnan(aligned)])
        yield Line("alignment", name, "carries_over_cuts", float(crossed.mean()))
        yield from _grouped(name, "thousands", group_alignment(total.cuts, total.digits))
    rate = mismatch_rate(max(map(len, map(str, first))))
    yield Line("alignment", "operands of equal length", "mismatch_rate", rate)
    yield from _decimals(tokenizer, seed)


def _aligned(name: str, kind: str, values: NDArray[np.float64]) -> Iterator[Line]:
    mean = float(values.mean()) if len(values) else np.nan
    fully = float((values == 1).mean()) if len(values) else np.nan
    yield Line("alignment", name, f"addition_{kind}", mean, better="higher")
    yield Line("alignment", name, f"addition_{kind}_fully", fully, better="higher")


def _grouped(name: str, kind: str, values: tuple[float, float]) -> Iterator[Line]:
    for measure, value in zip(("precision", "recall"), values, strict=True):
        yield Line("alignment", name, f"{kind}_{measure}", value, better="higher")


def _decimals(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield both sides of the point: a fraction's groups of three begin there, from the left."""
    numbers = few(range(4, 10), seed)
    whole = cut(tokenizer, numbers, BARE, ".5")
    yield from _grouped("before the point", "thousands", group_alignment(whole.cuts, whole.digits))
    part = cut(tokenizer, numbers, "=0.")
    values = group_alignment(part.cuts, part.digits, lambda n: left_to_right(n, 3))
    yield from _grouped("behind the point", "thousands", values)


def _separators(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield what writing separators costs: tokens with them for one token without."""
    numbers = few(range(4, 13), seed)
    plain = cut(tokenizer, numbers, SPACED)
    for grouping, rule in GROUPINGS.items():
        for name, sign in SEPARATORS.items():
            runs = cut(tokenizer, [separated(n, sign, rule) for n in numbers], SPACED)
            known = ~(plain.unknown | runs.unknown)
            cost = ratio_of_sums(runs.tokens[known], plain.tokens[known])
            yield Line("separator", f"{name}, {grouping}", "cost", cost, "ratio", "lower")


def _contexts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield how many numbers are cut as they are after a sign, whatever stands around them."""
    numbers = few(range(1, 10), seed)
    plain = cut(tokenizer, numbers, BARE).cuts
    for name, (before, behind) in CONTEXTS.items():
        same = float((cut(tokenizer, numbers, before, behind).cuts == plain).mean())
        yield Line("context", name, "unchanged", same, better="higher")


def _scripts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the cost of digits of each script, and what of them cannot be told apart."""
    western = few(range(1, 10), seed)
    plain = _ids(tokenizer, western)
    for name, zero in SCRIPTS.items():
        numbers = [n.translate({0x30 + i: zero + i for i in range(10)}) for n in western]
        ids, runs = _ids(tokenizer, numbers), cut(tokenizer, numbers, BARE)
        tokens = ratio_of_sums(runs.tokens[~runs.unknown], runs.digits[~runs.unknown])
        yield Line("script", name, "tokens_per_digit", tokens, "tokens/digit", "lower")
        yield Line("script", name, "unknown", float(runs.unknown.mean()), better="lower")
        same = sum(map(bytes.__eq__, ids, plain)) / len(ids) if name != "Western" else np.nan
        yield Line("script", name, "same_as_western", same)
        merged = 1 - len(set(ids)) / len(ids)
        yield Line("script", name, "collisions", merged, better="lower")


def _ids(tokenizer: Tokenizer, numbers: Sequence[str]) -> list[bytes]:
    """Return the ids of each number in a form that can be compared."""
    encoded = encode_what_can_be(tokenizer, [BARE + number for number in numbers])
    return [encoded.ids[a:b].tobytes() for a, b in pairwise(encoded.starts.tolist())]


def _kinds(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    for name, numbers in kinds_of_numbers(seed).items():
        runs = cut(tokenizer, numbers, SPACED)
        tokens = ratio_of_sums(runs.tokens[~runs.unknown], runs.digits[~runs.unknown])
        yield Line("kind", name, "tokens_per_digit", tokens, "tokens/digit", "lower")


# what a user asks for -> what is measured for it
PARTS: Mapping[str, Callable[[Tokenizer, int], Iterator[Line]]] = {
    "scheme": _cuts,
    "coverage": _coverage,
    "alignment": _alignment,
    "separator": _separators,
    "context": _contexts,
    "script": _scripts,
    "kind": _kinds,
}


def numbers(tokenizers: Tokenizers, *, by: str = "", seed: int = 0) -> Report:
    """Return how tokenizers treat numbers.

    Columns: tokenizer, by, name, digits (None over all lengths), measure, value, unit, better.
    `by` is one of PARTS, or empty for all of them.

    Raises:
        TokscopeError: a tokenizer cannot be loaded, or no part has such a name; says the nearest.
    """
    if seed < 0:
        raise TokscopeError(f"--seed {seed}: a seed is a number from 0 up")
    parts = [choose(PARTS, by, "part")] if by else list(PARTS.values())
    used = load_all(tokenizers)
    rows = [
        (one.name, *(getattr(line, column) for column in COLUMNS[1:]))
        for one in used
        for part in parts
        for line in part(one, seed)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["digits"] = pd.Series([row[3] for row in rows], dtype=object)
    provenance = {**signed(used), "seed": f"{seed}"}
    there = set(frame["by"])
    told = (note for part in _NOTES if part in there for note in _NOTES[part])
    notes = (_SAMPLES, *told, *switched_off(used))
    view = partial(tables, by=by)
    return Report("numbers", "Numbers", frame, notes, provenance, view=view)


_SAMPLES = (
    f"all numbers of 1 to {EXHAUSTIVE} digits, {SAMPLE:,} of each longer length drawn at random; "
    f"{FEW} of each in contexts, scripts and with separators; {SAMPLE:,} sums"
)
_NOTES: Mapping[str, tuple[str, ...]] = {
    "scheme": (
        "rules are told by numbers after a space, every length weighing the same; groups of k from "
        "the left and from the right differ only in lengths over k that k does not divide; within: "
        "numbers are cut at the borders of those groups, and further",
    ),
    "partition": (
        "match probability: how likely two random numbers of a length are cut alike; unpadded: "
        "without leading zeros, as all of more than four digits are",
    ),
    "coverage": (
        "covered: one token where the number stands in text, with its space where there is one; "
        "unreachable: in the vocabulary, and never so",
    ),
    "alignment": (
        "addition: share of a sum's cuts that are where an operand is cut or ends; match: sums as "
        "long as an operand, mismatch: longer ones, carry: those where a carry crosses a cut",
        RISK,
    ),
    "separator": ("cost: tokens with separators for one token without",),
    "script": ("collisions: numbers whose ids another number has too",),
    "kind": ("kinds: signs and units are counted too",),
}
_TITLES = {
    "rule": "How numbers of 1 to 12 digits are cut",
    "evidence": "Evidence: numbers of each length of which the rule, or the nearest, is true",
    "scheme": "Rules: share of numbers",
    "partition": "How likely two numbers are cut alike",
    "coverage": "Numbers that are one token",
    "alignment": "Alignment of cuts, a risk in arithmetic",
    "separator": "Cost of separators",
    "context": "Contexts: numbers that are cut as after a sign",
    "script": "Digits of other scripts",
    "kind": "Tokens for each digit, by kind of number",
}


_KEYS = {  # what names a row, where it is more than a name
    "evidence": ("digits",),
    "partition": ("name", "digits", "measure"),
    "coverage": ("name", "digits", "measure"),
    "alignment": ("name", "measure"),
    "script": ("name", "measure"),
}


def tables(report: Report, by: str = "") -> list[Report]:
    """Return what people read: of a part that they ask for all, else what matters most of each."""
    views = [
        _view(str(part), frame, everything=bool(by))
        for part, frame in report.frame.groupby("by", sort=False)
    ]
    views = [view for view in views if len(view.frame)]
    views[-1] = replace(views[-1], notes=report.notes, provenance=report.provenance)
    return views


def _view(part: str, frame: pd.DataFrame, *, everything: bool) -> Report:
    if part == "rule":
        rules = frame[["tokenizer", "name", "value"]]
        rules = rules.rename(columns={"name": "cut into", "value": "share"})
        return Report("numbers", _TITLES[part], rules)
    keys = list(_KEYS.get(part, ("name",)))
    # pandas leaves out groups without a key, which stands for all lengths
    frame = frame.assign(digits=frame["digits"].map(lambda n: "all" if n is None else str(n)))
    most = frame.groupby([*keys, "measure"], sort=False)["value"].transform("max")
    shown = frame[_shown(part, frame, most, everything=everything)]
    columns = ["tokenizer", *keys, "value", "unit", "better"]
    return Report("numbers", _TITLES[part], shown[columns], across="tokenizer")


def _shown(
    part: str, frame: pd.DataFrame, most: pd.Series[float], *, everything: bool
) -> pd.Series[bool]:
    """Tell which rows people see; `most` is the largest value of the row over tokenizers."""
    measure = frame["measure"]
    if part == "scheme":
        return (measure == "share") & (most >= _SMALL)
    if part == "partition":
        summaries = ("tokens", "match_probability", "entropy")
        few_digits = frame["digits"].isin(("2", "3", "4")) & frame["name"].isin(PLACES)
        own = measure.isin(summaries) | (most >= _USUAL)
        return own if everything else (measure == "match_probability") & few_digits
    if part == "coverage" and not everything:
        covered = (measure == "covered") & frame["digits"].isin(("1", "2", "3", "4"))
        return covered | (measure == "unreachable") & (most > 0)
    if part == "alignment" and not everything:
        written = ~frame["name"].isin(SEPARATORS) | frame["name"].isin(WITH_SEPARATORS)
        return written & ~measure.str.endswith("_fully")
    if part == "script" and not everything:
        return (measure == "tokens_per_digit") | (most > 0)
    return pd.Series(True, frame.index)


_SMALL = 0.001  # a share that makes no difference to people
_USUAL = 0.05  # and one of numbers that are cut in the same of many ways


def number(written: str, tokenizers: Tokenizers) -> Report:
    """Return how every tokenizer cuts a number; columns as those of `show`.

    Raises:
        TokscopeError: it is not a number, or a tokenizer cannot be loaded.
    """
    if not is_number(written):
        raise TokscopeError(f"--number '{written}' is no number; write one as 1234567 or 1,234.5")
    shown = show(written, tokenizers)
    legend = "under each token the place value of its last digit"
    title = f"The number {written}"
    notes = (shown.notes[0], legend, *shown.notes[2:])
    return replace(shown, command="numbers", title=title, notes=notes, flow=("token", "place"))
