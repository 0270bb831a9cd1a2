"""What a comparison comes to, in a sentence or two that never claim more than its tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from tokscope.counting.alignment import Doubt
from tokscope.counting.catalog import MEASURES
from tokscope.counting.resampled import SAME
from tokscope.studies.compare_rows import Row
from tokscope.studies.compare_standings import Standings
from tokscope.wording import some

FAIR = 1.5  # the largest premium that is still called fair
_NAMED = 3  # corpora to name; the others are counted
_OF_LOSS = ("unknown_rate", "round_trip")  # measures that show what is lost


def headline(
    standing: Standings, measures: Sequence[str], rows: Sequence[Row], prices: Mapping[str, float]
) -> str:
    """Answer which tokenizer needs the fewest tokens, and how fair it is to each language.

    `measures` are those of the tables. If tokens are not among them, the first measure that has a
    best value takes their place.
    """
    said = [_money(standing, prices)] if prices else []
    if "tokens" in measures:
        said.append(_fewest(standing) or _alone(standing, measures))
    if standing.unlike and any(MEASURES[name].over != "corpus" for name in measures):
        doubt = not_translations(standing.unlike, standing.corpora[standing.first])
        said.append(f"Cannot tell how fair this is to {doubt}.")
    if "premium" in measures or "worst_premium" in measures:
        said.append(_fairness(standing))
    if not any(said):
        said.append(_measured(standing, measures, rows))
    return " ".join(filter(None, said))


def _listed(names: Sequence[str]) -> str:
    return some(names, _NAMED + 1)


def percent(share: float) -> str:
    """Write a share in two digits.

    >>> percent(0.5418), percent(0.0123), percent(1e-7)
    ('54 %', '1.2 %', 'less than 0.01 %')
    """
    if share < 1e-4:
        return "less than 0.01 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.2g} %"


def _fewest(standing: Standings) -> str:
    """Say which tokenizer needs the fewest tokens; nothing if there are not two to compare."""
    able = standing.able
    lost = _unread(standing)
    if len(able) < 2:
        if not lost:
            return ""
        if sum(not baseline for baseline in standing.baseline) == 1:
            return f"Cannot tell what the text costs: {lost}."
        alone = f"only {standing.tokenizers[able[0]]} reads all of the text" if able else ""
        return (
            f"Cannot tell which needs the fewest tokens: {'; '.join(filter(None, (alone, lost)))}."
        )
    said = _order(standing, able, "tokens")
    return f"{said}. Not compared: {lost}." if lost else f"{said}."


def _order(standing: Standings, able: Sequence[int], what: str) -> str:
    """Say who needs the fewest tokens, or the least money, on all of the text."""
    last, names = len(standing.corpora) - 1, standing.tokenizers
    order = sorted(able, key=lambda k: standing.tokens[last, k])
    best = order[0]
    same = [k for k in order if not standing.more(last, k, best)]
    rest = [k for k in order if k not in same]
    less = {"tokens": "fewer"}.get(what, "less")
    tokens = standing.tokens[last]
    shown = rest if len(rest) <= 2 else (rest[0], rest[-1])
    below = [f"{percent(1 - tokens[same[-1]] / tokens[k])} {less} than {names[k]}" for k in shown]
    if len(same) > 1:
        tied = _tie(standing, same, what)
        if not rest:
            return tied
        verb = "needs" if what == "tokens" else "costs"
        more = f"{names[rest[0]]} {verb} {_more(standing, rest[0], same)} more"
        if not standing.drawn.shape[-1] and what == "tokens":
            few, number = _listed([names[k] for k in same]), int(tokens[best])
            return f"{few} need the fewest tokens, {number:,} each; {more}"
        return f"{tied}; {more}"
    wins, cost = "needs the fewest tokens", ""
    if what != "tokens":
        wins, cost = "is the cheapest", f", {_money_of(tokens[best])} in all"
    everywhere, lead, but = _where(standing, able, best, rest[0], what)
    below[0] += lead
    return f"{names[best]} {wins}{everywhere}{cost}: {' and '.join(below)}{but}"


def _more(standing: Standings, k: int, same: Sequence[int]) -> str:
    """Say how much more a tokenizer needs than the most that those before it need."""
    most = max(standing.tokens[-1, one] for one in same)
    return percent(standing.tokens[-1, k] / most - 1)


def _tie(standing: Standings, same: Sequence[int], what: str) -> str:
    """Say that several cannot be told apart."""
    names = _listed([standing.tokenizers[k] for k in same])
    if standing.drawn.shape[-1]:
        return f"No difference in {what} is seen between {names}"
    cells = standing.tokens[:, same]
    if what != "tokens":
        return f"{names} cost the same, {_money_of(cells[-1, 0])}"
    if len(standing.corpora) > 1 and (cells != cells[:, :1]).any():
        return f"{names} need {int(cells[-1, 0]):,} tokens each, but differ by corpus"
    return f"No difference in tokens: {names} need {int(cells[-1, 0]):,} each"


def _where(
    standing: Standings, able: Sequence[int], best: int, second: int, what: str
) -> tuple[str, str, str]:
    """Say whether the best is so everywhere, where most of its lead comes from, where it is not."""
    each, others = range(len(standing.corpora) - 1), [k for k in able if k != best]
    beaten = [c for c in each if any(standing.more(c, best, k) for k in others)]
    but = f", though {_beaten(standing, beaten, what)}" if beaten else ""
    lead = [float(standing.tokens[c, second] - standing.tokens[c, best]) for c in each]
    top = max(each, key=lambda c: lead[c], default=None)
    if top is not None and 2 * lead[top] > sum(lead):
        return "", f" (most of it in {standing.corpora[top]})", but
    sure = all(standing.more(c, k, best) for c in each for k in others)
    return (" in every corpus" if sure and each else ""), "", but


def _beaten(standing: Standings, corpora: Sequence[int], what: str) -> str:
    """Say who needs fewer tokens, or costs less, where the best is beaten."""
    winners = {standing.cheapest(c) for c in corpora}
    who, *others = [standing.tokenizers[k] for k in winners if k is not None]
    verb, less = ("need", "fewer") if what == "tokens" else ("cost", "less")
    told = f"others {verb}" if others else f"{who} {verb}s"
    return f"{told} {less} in {_listed([standing.corpora[c] for c in corpora])}"


def _unread(standing: Standings) -> str:
    """Say which tokenizers cannot read the text, and where."""
    last = len(standing.corpora) - 1
    said = []
    for k, name in enumerate(standing.tokenizers):
        if standing.unread[last, k] and not standing.baseline[k]:
            places = [standing.corpora[c] for c in range(last) if standing.unread[c, k]]
            where = f" of {_listed(places)}" if places else ""
            share = standing.unknown[last, k]
            how = f" ({percent(share)} of its tokens are unknown)" if share else " and drops text"
            said.append(f"{name} cannot read all{where or ' of the text'}{how}")
    return "; ".join(said)


def _alone(standing: Standings, measures: Sequence[str]) -> str:
    """Say what one tokenizer needs, unless its fairness is what there is to say; or baselines."""
    last = len(standing.corpora) - 1
    if all(standing.baseline):
        needs = [
            f"{name} needs {int(n):,} tokens"
            for name, n in zip(standing.tokenizers, standing.tokens[last], strict=True)
        ]
        return f"{_listed(needs)}: only baselines, so there is nothing to rank."
    if "premium" in measures and last > 0:
        return ""
    (k,) = standing.able
    tokens, size = int(standing.tokens[last, k]), int(standing.bytes[last])
    rate = f", {size / tokens:.2f} bytes per token" if tokens else ""
    return f"{standing.tokenizers[k]} needs {tokens:,} tokens for {size:,} bytes{rate}."


# Money


def _money(standing: Standings, prices: Mapping[str, float]) -> str:
    priced = standing.at_prices(prices)
    last, able = len(priced.corpora) - 1, priced.able
    if len(able) > 1:
        least = _money_of(min(priced.tokens[last, k] for k in able))
        said = _order(priced, able, "cost")
        return f"{said}." if least in said else f"{said} ({least} in all)."
    shown = able or range(len(priced.tokenizers))
    costs = [f"{priced.tokenizers[k]} costs {_money_of(priced.tokens[last, k])}" for k in shown]
    return f"{_listed(costs)} for this text."


def _money_of(cost: float) -> str:
    """Write an amount without an exponent.

    >>> _money_of(12.345), _money_of(0.000068), _money_of(0.0)
    ('12.35', '0.000068', '0.00')
    """
    digits = 2 if cost >= 1 or not cost else 1 - math.floor(math.log10(cost))
    return f"{cost:,.{digits}f}"


# Fairness


def _fairness(standing: Standings) -> str:
    """Say how far the premiums are from 1; nothing without another corpus."""
    able = standing.able or [k for k, b in enumerate(standing.baseline) if b]
    if len(standing.corpora) < 3 or all(standing.baseline):
        return ""
    return _fair(standing, able[0]) if len(able) == 1 else _worst(standing, able)


def not_translations(unlike: Sequence[Doubt], base: str) -> str:
    """Name the corpora whose lines do not look like translations, and say why not.

    >>> not_translations([Doubt("de", 0.018, 0.823)], "en")  # doctest: +NORMALIZE_WHITESPACE
    'de: its lines do not look like translations of those of en, as their lengths have a correlation
    of 0.02, where translations have about 0.82'
    """
    if not unlike:
        return ""
    names, alone = _listed([one.corpus for one in unlike]), len(unlike) == 1
    found = f"{'' if alone else 'at most '}{max(one.correlation for one in unlike):.2f}"
    return (
        f"{names}: {'its' if alone else 'their'} lines do not look like translations of those of "
        f"{base}, as their lengths have a correlation of {found}, where translations have about "
        f"{unlike[0].expected:.2f}"
    )


def _worst(standing: Standings, able: Sequence[int]) -> str:
    """Say which corpus needs most, with each of several tokenizers."""
    base = standing.corpora[standing.first]
    worst = []
    for k in able:
        premiums = _premiums(standing, k)
        if not premiums:
            continue
        name = max(premiums, key=lambda one: premiums[one][0])
        worst.append((premiums[name][0], standing.tokenizers[k], name, premiums[name][2]))
    worst.sort()
    if not worst:
        return ""
    if worst[-1][3] <= FAIR:
        corpus = "other corpus" if standing.unlike else "corpus"
        most = f"{worst[-1][0]:.1f} times the tokens of {base}"
        return f"No {corpus} needs more than {most}{_reference(standing, able)}."
    shown = worst if len(worst) <= 3 else [worst[0], worst[-1]]
    times = [f"{value:.1f}" for value, *_ in shown]
    times[0] += f" times the tokens of {base}"
    places = {corpus for _, _, corpus, _ in worst}
    one = places.pop() if len(places) == 1 else ""
    who = "The worst of the others" if standing.unlike else "The worst corpus"
    if one:
        who = one if len(standing.corpora) - len(standing.unlike) == 3 else f"{who} ({one})"
    if one and len({f"{value:.1f}" for value, *_ in worst}) == 1 < len(worst):
        every = "both" if len(worst) == 2 else f"all {len(worst)}"
        return f"{who} needs {times[0]} with {every}."
    where = ["" if one else f" ({corpus})" for _, _, corpus, _ in shown]
    told = [f"{t} with {k}{at}" for t, (_, k, *_), at in zip(times, shown, where, strict=True)]
    if len(worst) > len(shown):
        return f"{who} needs from {told[0]} to {told[1]}."
    return f"{who} needs {_listed(told)}."


def _reference(standing: Standings, able: Sequence[int]) -> str:
    """Say so if it is the reference that needs many more tokens than another corpus."""
    few = [
        (value, name, standing.tokenizers[k])
        for k in able
        for name, (value, _, high) in _premiums(standing, k).items()
        if high < 1 / FAIR and value
    ]
    if not few:
        return ""
    value, name, tokenizer = min(few)
    base = standing.corpora[standing.first]
    return f", but {base} needs {1 / value:.1f} times the tokens of {name} with {tokenizer}"


def _premiums(standing: Standings, k: int) -> dict[str, tuple[float, float, float]]:
    """Return the premiums of the other corpora, with their intervals, where they can be judged."""
    unlike = {one.corpus for one in standing.unlike}
    every = {
        name: standing.premium(c, k)
        for c, name in enumerate(standing.corpora[:-1])
        if c != standing.first and name not in unlike
    }
    return {name: premium for name, premium in every.items() if not math.isnan(premium[0])}


def _fair(standing: Standings, k: int) -> str:
    """Say which corpora one tokenizer treats unlike the reference."""
    name, base = standing.tokenizers[k], standing.corpora[standing.first]
    premiums = _premiums(standing, k)
    if not premiums:
        return ""
    far = {c: p for c, p in premiums.items() if p[1] > FAIR or p[2] < 1 / FAIR}
    near = [c for c, p in premiums.items() if c not in far and (p[2] > FAIR or p[1] < 1 / FAIR)]
    open_ = f"; for {_listed(near)} the text is too short to tell" if near else ""
    if not far:
        values = sorted(p[0] for p in premiums.values())
        times = list(dict.fromkeys(f"{value:.1f}" for value in (values[0], values[-1])))
        who = "the other corpora need" if len(values) > 1 else f"{next(iter(premiums))} needs"
        said = f"fair: {who} {' to '.join(times)} times the tokens of {base}"
        return f"{name} is {said}." if not near else f"{name} looks {said}{open_}."
    order = sorted(far, key=lambda c: -abs(math.log(far[c][0])))
    told = [f"{c} ({far[c][0]:.1f})" for c in order[:_NAMED]]
    if len(far) > _NAMED:
        share = "all" if len(far) == len(premiums) else f"{len(far)} of the"
        others = f"{share} {len(premiums)} other corpora"
        most = f"{others} need {_beyond(far.values())} the tokens of {base}"
        return f"{name} is not fair: {most}, most of all {_listed(told)}{open_}."
    told[0] = f"{order[0]} ({far[order[0]][0]:.1f} times the tokens of {base})"
    verdict = "is fair but for" if 2 * len(far) <= len(premiums) else "is not fair to"
    return f"{name} {verdict} {_listed(told)}{open_}."


def _beyond(far: Collection[tuple[float, float, float]]) -> str:
    """Say on which side of what is fair some premiums are, which have intervals."""
    more = f"more than {FAIR:g}" if any(low > FAIR for _, low, _ in far) else ""
    less = f"less than 1/{FAIR:g}" if any(high < 1 / FAIR for *_, high in far) else ""
    return f"{' or '.join(filter(None, (more, less)))} times"


# Another measure


def _measured(standing: Standings, measures: Sequence[str], rows: Sequence[Row]) -> str:
    """Say which tokenizer is best by the first measure that has a best value."""
    name = next((m for m in measures if MEASURES[m].better in ("lower", "higher")), "")
    whole = [row for row in rows if row.measure == name and row.corpus == standing.corpora[-1]]
    known = {
        row.tokenizer: row
        for k, row in enumerate(whole)
        if not math.isnan(row.value) and (name in _OF_LOSS or k in standing.able)
    }
    lost = _unread(standing)
    if not known or (lost and len(known) < 2 and len(whole) > 1):
        return f"Cannot tell: {lost}." if lost and name else ""
    better = MEASURES[name].better
    order = sorted(known.values(), key=lambda row: row.value * (-1 if better == "higher" else 1))
    first = order[0]
    title = f"{'lowest' if better == 'lower' else 'highest'} {name} ({better} is better)"
    told = [f"{_told(row)} with {row.tokenizer}" for row in order[: _NAMED + 1]]
    if len(order) == 1 or unranked(name, standing.sizes):
        return f"{name}: {_listed(told)}."
    same = [row.tokenizer for row in order if not _differ(first, row, whole[0].tokenizer)]
    if len(same) > 1 and math.isnan(first.low):
        return f"No difference in {name}: {_told(first)} with {_listed(same)}."
    if len(same) > 1:
        return f"No difference in {name} is seen between {_listed(same)}."
    return f"{first.tokenizer} has the {title}: {_told(first)}, against {_listed(told[1:])}."


def unranked(measure: str, sizes: Sequence[int]) -> bool:
    """Whether a measure says nothing about which tokenizer is better, for these vocabularies."""
    return measure == "vocabulary_use" and len(set(sizes)) > 1


def _differ(one: Row, other: Row, first: str) -> bool:
    """Whether two values differ: by the verdict if there is one, else by their intervals."""
    if first in (one.tokenizer, other.tokenizer):
        verdict = one.verdict if other.tokenizer == first else other.verdict
        if verdict:
            return verdict != SAME
    if math.isnan(one.low) or math.isnan(other.low):
        return one.value != other.value
    return one.high < other.low or other.high < one.low


def _told(row: Row) -> str:
    if row.unit == "share":
        return f"{100 * row.value:.1f} %"
    value = f"{row.value:,.0f}" if abs(row.value) >= 1000 else f"{row.value:.3g}"
    return value if row.unit in ("ratio", "index") else f"{value} {row.unit}"
