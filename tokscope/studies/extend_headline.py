"""How many new merges are worth it, and what they buy."""

from __future__ import annotations

from tokscope.growth.curve import worth
from tokscope.studies.extend_rows import EACH, Grown
from tokscope.wording import many, percent, some

SHARE = 0.01  # merges are worth it while 1,000 more save 1 % of the tokens
_FEW = 30  # lines held out: with fewer, what they save may be chance
_BRAKE = 0.1  # how much more one token a word saves where the pre-tokenizer is what holds back


def headline(grown: Grown) -> str:
    """Say how many merges are worth it, and what they buy on text that was held out."""
    totals, learned = grown.totals, len(grown.rules)
    name = grown.base.tokenizer.name
    if not learned:
        return f"Nothing to learn for {name}: no two tokens that may be joined come twice together."
    if not totals[0]:
        return (
            f"Cannot tell what {many(learned, 'merge')} for {name} buy: no text was held out; give "
            "more text, or --held-out."
        )
    k = worth(totals, SHARE, EACH)
    most = 1 - int(totals[-1]) / int(totals[0])
    if not k:
        return (
            f"More tokens are not worth it for {name}: {many(learned, 'merge')} save "
            f"{percent(most)} of the tokens of {_text(grown)}."
        )
    told = "All" if k == learned else f"{k:,} of"
    saved = percent(1 - int(totals[k]) / int(totals[0]))
    text = (
        f"{told} {many(learned, 'merge')} are worth it for {name}: they save {saved} of the tokens "
        f"of {_text(grown)}{_more(grown, k)} {_brake(grown)}{_others(grown, k)}"
    )
    if grown.lines < _FEW:
        return f"Only a hint, from {many(grown.lines, 'line')}: {text[0].lower()}{text[1:]}"
    return text


def _text(grown: Grown) -> str:
    return f"text that was held out ({some(list(grown.curves))})"


def _more(grown: Grown, k: int) -> str:
    """Say what comes behind the merges that are worth it."""
    last = len(grown.rules)
    if k + EACH <= last:
        return f", and {EACH:,} more would save under {percent(SHARE)}."
    if k < last:
        rest = (int(grown.totals[k]) - int(grown.totals[-1])) / int(grown.totals[0])
        return f", and the others {percent(rest)}."
    return "; the text holds no more." if last < grown.asked else "; more may be."


def _brake(grown: Grown) -> str:
    """Say what no number of merges passes, and whether the pre-tokenizer is why."""
    first = int(grown.totals[0])
    pretokens, words = (
        1 - sum(int(getattr(one, name).sum()) for one in grown.curves.values()) / first
        for name in ("pretokens", "words")
    )
    text = f"At most {percent(pretokens)} could be saved, with one token a pre-token"
    if words - pretokens > _BRAKE:
        text += f"; the pre-tokenizer is the brake, as one token a word would save {percent(words)}"
    return f"{text}."


def _others(grown: Grown, k: int) -> str:
    """Say how much of other text keeps its ids."""
    kept, units = grown.kept_after(k)
    if not units:
        return ""
    share = "all" if kept == units else percent(kept / units)
    keep = "keeps its" if units == 1 else "keep their"
    return f" {share[0].upper()}{share[1:]} of {many(units, 'line')} of other text {keep} ids."
