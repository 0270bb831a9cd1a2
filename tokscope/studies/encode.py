"""Which ids does a tokenizer give to this text?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from tokscope.errors import UnitError
from tokscope.text.corpus import Corpus, Shard, files_of, read
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.given import One, load_one


def encode(
    tokenizer: One | Mapping[str, One], corpora: Corpora, *, specials: bool = False
) -> Iterator[list[int]]:
    """Return an iterator over the ids of text: a list for every line or record, in order.

    `corpora` is a path, a list of paths, or a mapping of names to paths or lists of strings. Text
    is read while the lists are used, about a megabyte at a time. An empty line has an empty list.

    Raises:
        TokscopeError: the tokenizer cannot be loaded, or a text cannot be read; what comes before
            the place that cannot be read has been returned then.
    """
    used = load_one(tokenizer)
    files = files_of(corpora, Shard("", keep_empty=True), {})
    return _ids(used, files, specials)


def _ids(tokenizer: Tokenizer, files: list[Corpus], specials: bool) -> Iterator[list[int]]:
    for shard in (shard for file in files for shard in file.shards):
        for units in read(shard):
            try:
                encoded = tokenizer.encode(units.texts, specials=specials)
            except UnitError as error:
                raise shard.error(units.lines[error.unit], str(error)) from error
            ids = encoded.ids.tolist()
            yield from (ids[start:end] for start, end in pairwise(encoded.starts.tolist()))
