"""How a tokenizer treats numbers, row by row: one function for each part of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from tokscope.numerals.cuts import Runs, cut, known_cuts
from tokscope.numerals.drawn import (
    BARE,
    CONTEXTS,
    EXHAUSTIVE,
    GROUPINGS,
    LENGTHS,
    PLACES,
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
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.vocabulary import Vocabulary


class Line(NamedTuple):
    """A row of the report, without its tokenizer."""

    by: str
    name: str
    measure: str
    value: float
    unit: str = "share"
    better: str = "neither"
    digits: int | None = None  # None for all lengths


def _cuts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the rules by which numbers are cut, and how evenly."""
    samples: dict[int, Cuts] = {}
    partitions: list[Line] = []
    for place, before in PLACES.items():
        for digits in LENGTHS:
            runs = cut(tokenizer, numbers_of(digits, seed), before)
            partitions += _partitions(runs, place, digits)
            # the last ones are those after a space, as in running text
            samples[digits] = known_cuts(runs, digits)
            if leading(digits):
                partitions += _partitions(runs, place, digits, leading(digits))
    yield from _rules(scheme(samples))
    yield from partitions


def _rules(cutting: Scheme) -> Iterator[Line]:
    words, share = cutting.in_words()
    yield Line("rule", words, "share", share)
    for digits, fit in cutting.fits[cutting.nearest].items():
        yield Line("evidence", cutting.nearest, "fit", fit, digits=digits)
    for name, share in cutting.shares.items():
        yield Line("scheme", name, "share", share)
    for digits, share in cutting.within.get(cutting.grouping, {}).items():
        yield Line("scheme", cutting.grouping, "within", share, digits=digits)
    for name, fits in cutting.fits.items():
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

    Byte fallbacks, special tokens, and tokens that only continue a word or leave one open are not
    numbers, whatever their names are.
    """
    vocabulary = tokenizer.vocabulary
    skipped = vocabulary.fallbacks | set(vocabulary.specials.values())
    skipped |= vocabulary.continuing or set()
    if vocabulary.ending is not None:
        skipped |= set(range(vocabulary.size)) - vocabulary.ending
    pieces = {piece for i, piece in enumerate(vocabulary.pieces) if i not in skipped}
    return {
        place: sorted(
            text.decode()
            for text in (piece.removeprefix(space) for piece in pieces if piece.startswith(space))
            if text.isdigit()
        )
        for place, space in (("bare", b""), ("after a space", b" "))
    }


def _with_digits(vocabulary: Vocabulary, added: AbstractSet[int]) -> int:
    """Count the tokens with a digit; an added token counts only if it is a number.

    An added token with a digit in its name, such as [control_7], is not a number.
    """
    skipped = vocabulary.fallbacks | set(vocabulary.specials.values())
    return sum(
        any(digit in piece for digit in b"0123456789")
        for token, piece in enumerate(vocabulary.pieces)
        if token not in skipped and (token not in added or piece.strip().isdigit())
    )


def _coverage(tokenizer: Tokenizer, _: int) -> Iterator[Line]:
    """Yield how many numbers are one token where they stand, and which tokens never are."""
    with_digit = float(_with_digits(tokenizer.vocabulary, added_ids(tokenizer)))
    yield Line("coverage", "all", "tokens_with_digits", with_digit, "tokens")
    known = digit_tokens(tokenizer)
    # a number that can be one token is a token; a single digit may be a byte fallback
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
            for measure, counts in values.items():
                yield Line("coverage", place, measure, float(counts.sum()), "tokens", digits=digits)
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
    """Yield the alignment on both sides of the point; groups of a fraction begin at the point."""
    numbers = few(range(4, 10), seed)
    whole = cut(tokenizer, numbers, BARE, ".5")
    yield from _grouped("before the point", "thousands", group_alignment(whole.cuts, whole.digits))
    part = cut(tokenizer, numbers, "=0.")
    values = group_alignment(part.cuts, part.digits, lambda n: left_to_right(n, 3))
    yield from _grouped("behind the point", "thousands", values)


def _separators(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the cost of separators: tokens with them per token without them."""
    numbers = few(range(4, 13), seed)
    plain = cut(tokenizer, numbers, SPACED)
    for grouping, rule in GROUPINGS.items():
        for name, sign in SEPARATORS.items():
            runs = cut(tokenizer, [separated(n, sign, rule) for n in numbers], SPACED)
            known = ~(plain.unknown | runs.unknown)
            cost = ratio_of_sums(runs.tokens[known], plain.tokens[known])
            yield Line("separator", f"{name}, {grouping}", "cost", cost, "ratio", "lower")


def _contexts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the share of numbers that are cut as after "=", in each context."""
    numbers = few(range(1, 10), seed)
    plain = cut(tokenizer, numbers, BARE).cuts
    for name, (before, behind) in CONTEXTS.items():
        same = float((cut(tokenizer, numbers, before, behind).cuts == plain).mean())
        yield Line("context", name, "unchanged", same, better="higher")


def _scripts(tokenizer: Tokenizer, seed: int) -> Iterator[Line]:
    """Yield the cost of digits of each script, and how many cannot be told apart."""
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


# part of the report -> the function that measures it
PARTS: Mapping[str, Callable[[Tokenizer, int], Iterator[Line]]] = {
    "scheme": _cuts,
    "coverage": _coverage,
    "alignment": _alignment,
    "separator": _separators,
    "context": _contexts,
    "script": _scripts,
    "kind": _kinds,
}
