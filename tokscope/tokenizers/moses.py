"""Repositories whose words are Moses': XLM, FlauBERT, FSMT and BioGPT.

Their classes in transformers call sacremoses, and so does this, if it is installed. What it changes
(quotation marks, escapes) is then merged, as there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from tokscope.errors import TokscopeError, extra
from tokscope.tokenizers.beside import CONFIG, Beside, Folder
from tokscope.tokenizers.components import canonical
from tokscope.tokenizers.files import read_ids
from tokscope.tokenizers.suffixed import Pair, read_pairs
from tokscope.tokenizers.words import Split, WordTokenizer, word_tokenizer

# Characters of Chinese and Japanese print, and what Moses' own scripts write for them.
_PUNCTUATION = str.maketrans(
    dict(
        zip(
            "，、”“∶：？《》）！（；１」「０３２５６９７８４～’━〈〉【】％",
            ',,""::?"")!(;1""032569784~\'-<>[]%',
            strict=True,
        )
    )
    | {"…": "..."}
)
_FULL_STOP = re.compile(r"[。．]\s*")
# Settings that decide how words are made
_TAKEN = ("do_lowercase_and_remove_accent", "do_lowercase", "do_lower_case", "langs")
_SPECIALS = ("<s>", "</s>", "<unk>", "<pad>", *(f"<special{i}>" for i in range(10)))


def _punctuation(text: str) -> str:
    return _FULL_STOP.sub(". ", text).translate(_PUNCTUATION)


def _printing(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")


def _bare(words: Sequence[str]) -> list[str]:
    """Remove capital letters and accents."""
    plain = unicodedata.normalize("NFD", " ".join(words).lower())
    kept = "".join(char for char in plain if unicodedata.category(char) != "Mn")
    return kept.lower().split(" ")


def _moses(language: str, **options: object) -> tuple[Callable[[str], str], Split]:
    """Return what normalises punctuation and what splits, of one language."""
    package = extra("sacremoses", "moses", "this tokenizer's words are Moses', which")
    normalizer = package.MosesPunctNormalizer(lang=language)
    tokenize = package.MosesTokenizer(lang=language).tokenize

    def normalize(text: str) -> str:
        return text if _is_letter(text) else str(normalizer.normalize(text))

    def split(text: str) -> list[str]:
        if _is_letter(text):
            return [text]
        return [word for word in tokenize(text, return_str=False, **options) if word]

    return normalize, split


def _is_letter(text: str) -> bool:
    """Tell whether a text is one letter, which Moses leaves as it is in any language."""
    return len(text) == 1 and text.isalpha()


def _xlm(beside: Beside) -> Split:
    normalize, split = _moses("en", escape=False)
    bare = beside.flag("do_lowercase_and_remove_accent", True)

    def words(text: str) -> list[str]:
        pieces = split(_printing(normalize(_punctuation(text))))
        return [word for word in (_bare(pieces) if bare else pieces) if word]

    return words


def _flaubert(beside: Beside) -> Split:
    normalize, split = _moses("fr", escape=False)
    lower = beside.flag("do_lowercase", False)

    def words(text: str) -> list[str]:
        text = unicodedata.normalize("NFC", text.replace("``", '"').replace("''", '"'))
        text = text.lower() if lower else text
        return split(_printing(normalize(_punctuation(text))))

    return words


def _fsmt(beside: Beside) -> Split:
    languages = beside.settings.get("langs")
    listed = languages if isinstance(languages, list) else []
    if [type(language) for language in listed] != [str, str]:
        raise TokscopeError(f'{beside.folder / CONFIG}: name two "langs", such as ["en", "ru"]')
    normalize, split = _moses(listed[0], aggressive_dash_splits=True, escape=True)
    lower = beside.flag("do_lower_case", False)

    def words(text: str) -> list[str]:
        text = text.lower() if lower else text
        return split(_printing(normalize(_punctuation(text))))

    return words


def _biogpt(beside: Beside) -> Split:
    return _moses("en", aggressive_dash_splits=True, escape=True)[1]


# Text that Moses leaves as it is: small letters of ASCII, digits and single spaces.
_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_SHORT = 100  # characters of a text whose words are kept, as it is asked for several times


def _quick(split: Split) -> Split:
    """Return the same words faster: Moses takes a millisecond for the shortest text."""
    known = lru_cache(maxsize=1 << 16)(split)

    def words(text: str) -> list[str]:
        if _PLAIN.fullmatch(text.strip(" ")):
            return text.split()
        return list(known(text)) if len(text) <= _SHORT else split(text)

    return words


CLASSES: Mapping[str, Callable[[Beside], Split]] = {
    "XLM": _xlm,
    "Flaubert": _flaubert,
    "FSMT": _fsmt,
    "BioGpt": _biogpt,
}


def load_class(path: Path, kind: str, folder: Folder) -> WordTokenizer:
    """Load a vocabulary and the `merges.txt` beside it; `kind` is that of `CLASSES`.

    Raises:
        TokscopeError: a file cannot be read, or sacremoses is not installed.
    """
    ids, merges = read_ids(path), path.with_name("merges.txt")
    pairs: list[Pair] = read_pairs(merges)
    split, settings = _quick(CLASSES[kind](folder.beside)), folder.beside.settings
    set_ = [f", {name}={canonical(settings[name])}" for name in _TAKEN if name in settings]
    how = f"words and normalisation of transformers' {kind}Tokenizer, by sacremoses{''.join(set_)}"
    return word_tokenizer(ids, pairs, split, folder, place=str(path), how=how, specials=_SPECIALS)
