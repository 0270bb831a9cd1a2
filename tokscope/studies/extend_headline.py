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
        why = "no text was held out; give more text, or --held-out"
        if grown.repeats and not grown.lines:
            why = "all lines of --held-out are in --corpus; give others"
        return f"Cannot tell what {many(learned, 'merge')} for {name} would save: {why}."
    text = _gain(grown, worth(totals, SHARE, EACH))
    if grown.lines < _FEW:
        return f"Only a hint, from {many(grown.lines, 'line')}: {text[0].lower()}{text[1:]}"
    return text


def _gain(grown: Grown, k: int) -> str:
    """Say what the merges that are worth it buy; or what all do, if none is."""
    totals, learned, name = grown.totals, len(grown.rules), grown.base.tokenizer.name
    if not k:
        merges = many(learned, "merge saves", "merges save")
        return (
            f"More tokens are not worth it for {name}: {merges} "
            f"{percent(1 - int(totals[-1]) / int(totals[0]))} of the tokens of {_text(grown)}."
        )
    told = f"{'All' if k == learned else f'{k:,} of'} {learned:,} merges are"
    told, save = ("One merge is", "it saves") if learned == 1 else (told, "they save")
    saved = percent(1 - int(totals[k]) / int(totals[0]))
    return (
        f"{told} worth it for {name}: {save} {saved} of the tokens of {_text(grown)}"
        f"{_more(grown, k)} {_brake(grown)}{_others(grown, k)}{_warning(grown)}"
    )


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
    return "; the text holds no more." if grown.is_all else "; more may be."


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


def _warning(grown: Grown) -> str:
    """Say that WordPiece promises nothing, and what was seen."""
    if not grown.base.greedy:
        return ""
    unsafe, proof = " Old ids are not safe: WordPiece takes the longest piece first", grown.proof
    if proof is None:
        return f"{unsafe}, so a new one may change what stands behind it."
    lines = many(proof.texts, "line")
    if proof.broken:
        return f"{unsafe}, and on {proof.broken:,} of {lines} it does more than join old tokens."
    return f"{unsafe}, although on {lines} that were tried it only joins old tokens."
