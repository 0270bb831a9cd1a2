"""The special tokens that a class of transformers puts around a text.

Some classes ignore the post-processor of `tokenizer.json`, some ask it first, and other files have
none, so that only the class knows. If it is not known, that is told and nothing is put around.
"""

from __future__ import annotations

import re
from itertools import chain

from tokscope.errors import TokscopeError, UnitError, shortened
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.beside import ROLES, Beside, Folder, TakesTokens
from tokscope.tokenizers.families import FIXED, FLAGGED, FRAMES, GONE, YIELDING
from tokscope.tokenizers.frame import Frame, framed

WHOLE = "tokenizer.json"
# Files of programs that put what they are asked to, and say nothing of it in the file.
_SILENT = ("tekken.json", "tokenizer.model.v*", "*.tiktoken")
_TEXT = "TEXT"
_CODE = re.compile("[a-z]{2,3}")
_UNKNOWN = "not known: "


def with_frame(made: Tokenizer, folder: Folder, source: str) -> Tokenizer:
    """Return a tokenizer with what its class puts around text; `source` is the file it came from.

    Raises:
        TokscopeError: a setting that decides it makes no sense.
    """
    if source in _SILENT:
        return framed(made, Frame(told=f"{_UNKNOWN}no file says it"))
    whole = source == WHOLE
    own = made.processing().get("post_processor", "null") != "null"
    frame = _frame(made, folder.beside, whole=whole, own=own)
    if frame is None or (own and _same(made, frame)):
        return made
    return framed(made, frame)


def _frame(made: Tokenizer, beside: Beside, *, whole: bool, own: bool) -> Frame | None:
    """Return what the class puts around text; None if nothing, or if the file decides."""
    words, reason = _words(beside, whole=whole, own=own)
    before, _, after = words.partition(_TEXT)
    sides = [_named(side, beside) for side in (before, after)]
    ids = [[_id(made, token) for token in side] for side in sides]
    lacking = [t for t, i in zip(chain(*sides), chain(*ids), strict=True) if i is None]
    who = "transformers" if beside.generic else beside.named
    reason = reason or (f"{who} puts {lacking[0]} there, which has no id" if lacking else "")
    if (not words and not reason) or (reason and own):
        return None
    if reason:
        return Frame(told=f"{_UNKNOWN}{reason}")
    known = [tuple(i for i in side if i is not None) for side in ids]
    if not own and not any(known):
        return None
    told = f"{' '.join([*sides[0], _TEXT, *sides[1]])}, as {who} does"
    return Frame(known[0], known[1], told)


def _words(beside: Beside, *, whole: bool, own: bool) -> tuple[str, str]:
    """Return the words of a class, or why they are not known; neither if the file decides."""
    kind = "" if beside.generic else beside.kind
    if whole and kind in FIXED:
        return FIXED[kind], ""
    if kind in FLAGGED:
        return "" if whole else _flagged(kind, beside), ""
    if (own and kind in YIELDING) or (whole and kind in GONE):
        return "", ""
    if kind not in FRAMES:
        return "", f"what {beside.named} puts there"
    return _whisper(beside) if kind == "Whisper" else (_spoken(kind, beside), "")


def _flagged(kind: str, beside: Beside) -> str:
    """Return what two flags ask for."""
    asked = {
        "bos": beside.flag("add_bos_token", kind == "CodeLlama"),
        "eos": beside.flag("add_eos_token", False),
    }
    words = FLAGGED[kind].split()
    return " ".join(word for word in words if asked.get(word.partition("=")[0], True))


def _spoken(kind: str, beside: Beside) -> str:
    """Return the words of a class; two of them have a setting that moves the language."""
    if kind == "Nllb" and beside.flag("legacy_behaviour", False):
        return FRAMES["MBart"].replace("en_XX", "eng_Latn")
    several = beside.settings.get("language_codes") == "multi"
    if kind == "PLBart" and not several and "src_lang" not in beside.settings:
        return FRAMES["T5"]
    return FRAMES[kind]


def _named(words: str, beside: Beside) -> list[str]:
    """Return the words with the tokens and language that are set, without those that are not."""
    texts = []
    for word in words.split():
        role, given, usual = word.partition("=")
        if given and role in ROLES:
            token = beside.specials().get(role, usual)
            texts.append(token if isinstance(token, str) else token.content)
        else:
            texts.append(_language(beside, role, usual) if given else word)
    return list(filter(None, texts))


def _language(beside: Beside, name: str, usual: str) -> str:
    value = beside.settings.get(name, usual)
    if not isinstance(value, str):
        raise TokscopeError(f"{beside.place(name)} is not text")
    bare = usual.startswith("__") and "__" not in value
    return f"__{value}__" if bare else value


def _whisper(beside: Beside) -> tuple[str, str]:
    """Return Whisper's words, a language named by its code; or why they are not known."""
    language, task = (beside.settings.get(name) for name in ("language", "task"))
    if language is not None and not (isinstance(language, str) and _CODE.fullmatch(language)):
        return "", f"the code of the language {shortened(str(language))}"
    if task not in (None, "transcribe", "translate"):
        return "", f"the task {shortened(str(task))}"
    words = FRAMES["Whisper"].replace("language", f"<|{language}|>" if language else "")
    words = words.replace("task", f"<|{task}|>" if task else "")
    silent = beside.flag("predict_timestamps", False)
    return words.replace("<|notimestamps|>", "") if silent else words, ""


def _id(made: Tokenizer, token: str) -> int | None:
    if isinstance(made, TakesTokens):
        return made.id_of(token)
    return made.vocabulary.specials.get(token)


def _same(made: Tokenizer, frame: Frame) -> bool:
    """Tell whether the file's own post-processor puts the same around a text."""
    try:
        fed, text = made.model_input(["a"]), made.encode(["a"], specials=True)
    except UnitError:  # it has no token for it
        return False
    return bool(fed.ids.tolist() == frame.around(text).ids.tolist())
