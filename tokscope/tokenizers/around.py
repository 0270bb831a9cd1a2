"""What a class of transformers puts around a text, where no post-processor of a file says it.

Some classes put their own in place of what `tokenizer.json` says, some ask it first, and of other
files only the class knows. What cannot be known is told, and nothing is put around.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tokscope.errors import TokscopeError, shortened
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.beside import ROLES, Beside, Folder
from tokscope.tokenizers.families import FIXED, FLAGGED, FRAMES, GONE, YIELDING
from tokscope.tokenizers.frame import Frame, framed
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer

WHOLE = "tokenizer.json"
# Files of programs that put what they are asked to, and say nothing of it in the file.
_SILENT = ("tekken.json", "tokenizer.model.v*", "*.tiktoken")
_TEXT = "TEXT"
_UNKNOWN = "not known: "


def with_frame(made: Tokenizer, folder: Folder, source: str) -> Tokenizer:
    """Return a tokenizer with what its class puts around text; `source` is the file it is from.

    Raises:
        TokscopeError: a setting that decides it makes no sense.
    """
    if source in _SILENT:
        return framed(made, Frame(told=f"{_UNKNOWN}no file says it"))
    whole = source == WHOLE
    own = isinstance(made, HuggingFaceTokenizer) and made.config["post_processor"] is not None
    frame = _frame(made, folder.beside, whole=whole, own=own)
    if frame is None or (not own and not frame.before and not frame.after and not frame.told):
        return made
    if own and _same(cast(HuggingFaceTokenizer, made), frame):
        return made
    return framed(made, frame)


def _frame(made: Tokenizer, beside: Beside, *, whole: bool, own: bool) -> Frame | None:
    """Return what the class says; None where the file itself is asked."""
    words = _words(beside, whole=whole, own=own)
    if words is None:
        return None
    if isinstance(words, str):
        return Frame(told=f"{_UNKNOWN}{words}")
    tokens = [word for word in words if word != _TEXT]
    ids = [_id(made, token) for token in tokens]
    lacking = [token for token, i in zip(tokens, ids, strict=True) if i is None]
    if lacking:
        told = f"{_UNKNOWN}{beside.named} puts {lacking[0]} there, which has no id"
        return Frame(told=told)
    at = list(words).index(_TEXT)
    known = tuple(i for i in ids if i is not None)
    told = f"{' '.join(words)}, as {beside.named} does" if known or own else ""
    return Frame(known[:at], known[at:], told)


def _words(beside: Beside, *, whole: bool, own: bool) -> Sequence[str] | str | None:
    """Return the tokens around TEXT, why they are not known, or None where the file is asked."""
    kind = "" if beside.generic else beside.kind
    if whole and kind in FIXED:
        return _named(FIXED[kind], beside)
    if kind in FLAGGED:
        return None if whole else _flagged(kind, beside)
    if (own and (kind in YIELDING or kind not in FRAMES)) or (whole and kind in GONE):
        return None
    if kind not in FRAMES:
        return f"what {beside.named} puts there"
    return _whisper(beside) if kind == "Whisper" else _named(_spoken(kind, beside), beside)


def _flagged(kind: str, beside: Beside) -> list[str]:
    """Return what two flags ask for; a token that is not named is not put."""
    asked = {
        "bos": beside.flag("add_bos_token", kind == "CodeLlama"),
        "eos": beside.flag("add_eos_token", False),
    }
    words = FLAGGED[kind].split()
    return _named(
        " ".join(word for word in words if asked.get(word.partition("=")[0], True)), beside
    )


def _spoken(kind: str, beside: Beside) -> str:
    """Return the words of a class; where the language stands depends on two of them."""
    words = FRAMES[kind]
    if kind == "Nllb" and beside.flag("legacy_behaviour", False):
        return FRAMES["MBart"].replace("en_XX", "eng_Latn")
    several = beside.settings.get("language_codes") == "multi"
    if kind == "PLBart" and not several and "src_lang" not in beside.settings:
        return words.rpartition(" ")[0]
    return words


def _named(words: str, beside: Beside) -> list[str]:
    """Return words with the tokens and the language that are set for them."""
    tokens = {
        role: one if isinstance(one, str) else one.content
        for role, one in beside.specials().items()
    }
    found = []
    for word in words.split():
        role, given, usual = word.partition("=")
        if not given:
            found.append(word)
        elif role in ROLES:
            found.append(tokens.get(role, usual))
        else:
            found.append(_language(beside, role, usual))
    return list(filter(None, found))


def _language(beside: Beside, name: str, usual: str) -> str:
    value = beside.settings.get(name, usual)
    if not isinstance(value, str):
        raise TokscopeError(f"{beside.place(name)} is no text")
    bare = usual.startswith("__") and "__" not in value
    return f"__{value}__" if bare else value


def _whisper(beside: Beside) -> list[str] | str:
    """Return Whisper's words, in which a language is named by its code."""
    words, settings = FRAMES["Whisper"], beside.settings
    language, task = settings.get("language"), settings.get("task")
    if language is not None and not (isinstance(language, str) and len(language) in (2, 3)):
        return f"the code of the language {shortened(str(language))}"
    if task not in (None, "transcribe", "translate"):
        return f"the task {shortened(str(task))}"
    words = words.replace("language", f"<|{language}|>" if language else "")
    words = words.replace("task", f"<|{task}|>" if task else "")
    if beside.flag("predict_timestamps", False):
        words = words.replace("<|notimestamps|>", "")
    return _named(words, beside)


def _id(made: Tokenizer, token: str) -> int | None:
    if isinstance(made, HuggingFaceTokenizer):
        found = made.library.token_to_id(token)
        return None if found is None else int(found)
    return made.vocabulary.specials.get(token)


def _same(made: HuggingFaceTokenizer, frame: Frame) -> bool:
    """Tell whether the file's own post-processor puts the same around a text."""
    text = ["a"]
    return bool(made.model_input(text).ids.tolist() == frame.around(made.encode(text)).ids.tolist())
