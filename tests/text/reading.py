"""What tests of reading share."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tokscope.errors import TokscopeError
from tokscope.text.corpus import Corpus, read, read_corpora

Write = Callable[[str, str | bytes], Path]


def texts_of(corpus: Corpus) -> list[str]:
    return [text for shard in corpus.shards for units in read(shard) for text in units.texts]


def named(*words: object, **how: object) -> dict[str, list[str]]:
    """Read corpora: their texts by name."""
    corpora = read_corpora(list(map(str, words)), **how)  # type: ignore[arg-type]
    return {corpus.name: texts_of(corpus) for corpus in corpora}


def texts(word: object, field: str | Sequence[str] = "text", **how: object) -> list[str]:
    """Read one corpus."""
    (found,) = named(word, field=field, **how).values()
    return found


def refusal(*words: object, **how: object) -> str:
    """What reading them says, in one line, without folders."""
    with pytest.raises(TokscopeError) as error:
        named(*words, **how)
    message = str(error.value)
    assert "\n" not in message
    folders = {str(Path(str(word).split("=")[-1].split(":")[-1]).parent) for word in words}
    for folder in folders - {"."}:
        message = message.replace(f"{folder}/", "")
    return message
