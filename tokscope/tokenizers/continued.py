"""Repositories that write `@@` behind a piece that another one follows: PhoBERT, BERTweet, CTRL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokscope.errors import TokscopeError
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.files import read_ids, read_text
from tokscope.tokenizers.suffixed import Pair, read_pairs
from tokscope.tokenizers.vocabulary import END
from tokscope.tokenizers.words import WordTokenizer, word_tokenizer

_GOES_ON = "@@"
_FIRST = ("<s>", "<pad>", "</s>", "<unk>")
_WORD = re.compile(r"\S+\n?")


def load_table(vocabulary: Path, codes: Path, folder: Folder) -> WordTokenizer:
    """Load the words and counts of a `vocab.txt`, behind fairseq's special tokens, and the codes.

    Raises:
        TokscopeError: a file cannot be read, or text is normalised in an unknown way.
    """
    if folder.beside.settings.get("normalization"):
        raise TokscopeError(
            f"{vocabulary}: its text is normalised as tweets ('normalization' is set), which is "
            "not known here; set it to false to count text as it is"
        )
    ids = {token: i for i, token in enumerate(_FIRST)}
    for number, line in enumerate(read_text(vocabulary).splitlines(), 1):
        word, space, _ = line.strip().rpartition(" ")
        if not space:
            raise TokscopeError(f"{vocabulary}:{number}: not a word and its count")
        ids[word] = len(ids)
    return _made(ids, read_pairs(codes), folder, str(vocabulary))


def load_ctrl(path: Path, folder: Folder) -> WordTokenizer:
    """Load CTRL's `vocab.json` and the `merges.txt` beside it.

    Raises:
        TokscopeError: a file cannot be read, or they do not fit.
    """
    return _made(read_ids(path), read_pairs(path.with_name("merges.txt")), folder, str(path))


def _made(
    ids: Mapping[str, int], pairs: Sequence[Pair], folder: Folder, place: str
) -> WordTokenizer:
    known = {_marked(token): i for token, i in ids.items()}
    how = "text is split at white space, and pieces that lack in the vocabulary are unknown"
    return word_tokenizer(
        known,
        pairs,
        _WORD.findall,
        folder,
        place=place,
        how=how,
        specials=[*_FIRST, "<mask>"],
    )


def _marked(token: str) -> str:
    """Return a piece that is marked if it ends a word, in place of one marked if it does not."""
    if token in (*_FIRST, "<mask>"):
        return token
    return token.removesuffix(_GOES_ON) if token.endswith(_GOES_ON) else token + END
