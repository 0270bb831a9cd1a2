"""Text encoded by the bare libraries, in this process or in one of its own.

    python -m benchmarks.bare [--pattern EXPRESSION] STEP LIBRARY FILE [TEXT...]

does what one writes without tokscope. STEP is

    encode      encode each line, and count the tokens
    write       the same, and print the ids
    vocabulary  decode every token and encode that again
    words       count what a regular expression finds; LIBRARY and FILE are not used

Standard error has the seconds of CPU without the start and without loading, and the sum.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

CHUNK = 1 << 20  # a megabyte of lines at a time, so that memory does not grow
GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"


class Library(NamedTuple):
    """How a library encodes lines, and what it gives for them."""

    encode: Callable[[Sequence[str]], Any]
    tokens: Callable[[Any], int]  # of an answer
    ids: Callable[[Any], Iterable[Sequence[int]]]  # by line
    decode: Callable[[int], str]
    numbers: Iterable[int]  # of all tokens


def _tokenizers(path: str, _: str) -> Library:
    import tokenizers

    library = tokenizers.Tokenizer.from_file(path)
    library.no_padding()
    library.no_truncation()
    return Library(
        lambda lines: library.encode_batch_fast(lines, add_special_tokens=False),
        lambda found: sum(map(len, found)),
        lambda found: (one.ids for one in found),
        lambda number: library.decode([number], skip_special_tokens=False),
        library.get_vocab().values(),
    )


def _tiktoken(path: str, pattern: str) -> Library:
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(path) if path.endswith(".tiktoken") else _ranks(path)
    core = tiktoken.Encoding("bare", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return Library(
        lambda lines: [core.encode_ordinary(line) for line in lines],
        lambda found: sum(map(len, found)),
        lambda found: found,
        lambda number: core.decode([number]),
        ranks.values(),
    )


def _ranks(path: str) -> dict[bytes, int]:
    """Return the tokens of a byte-level tokenizer.json, in the order of their ids."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    alphabet = {chr(byte): byte for byte in visible}
    alphabet |= {chr(256 + place): byte for place, byte in enumerate(hidden)}
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    special = {token["content"] for token in data["added_tokens"]}
    return {
        bytes(map(alphabet.__getitem__, token)): number
        for token, number in data["model"]["vocab"].items()
        if token not in special
    }


def _fastokens(path: str, pattern: str) -> Library:
    import fastokens

    if path.endswith(".tiktoken"):
        read = fastokens.Tokenizer.from_tiktoken
        library = read(path, pattern=pattern, special_tokens={})
    else:
        library = fastokens.Tokenizer.from_file(path)
    return Library(
        library.encode_batch_flat,
        lambda found: len(found[0]) // 4,
        _split,
        lambda number: library.decode([number]),
        range(library.vocab_size),
    )


def _split(found: tuple[bytes, bytes]) -> Iterator[Sequence[int]]:
    numbers, starts = (memoryview(part).cast(kind) for part, kind in zip(found, "IQ", strict=True))
    return (numbers[start:end] for start, end in pairwise(starts))


def _sentencepiece(path: str, _: str) -> Library:
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=path)
    return Library(
        lambda lines: model.encode(lines, num_threads=1),
        lambda found: sum(map(len, found)),
        lambda found: found,
        lambda number: model.decode([number]),
        range(model.vocab_size()),
    )


LIBRARIES: dict[str, Callable[[str, str], Library]] = {
    "tiktoken": _tiktoken,
    "fastokens": _fastokens,
    "tokenizers": _tokenizers,
    "sentencepiece": _sentencepiece,
}


def batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of files."""
    for path in paths:
        with Path(path).open(encoding="utf-8", newline="\n") as file:
            while lines := file.readlines(CHUNK):
                yield [line.rstrip("\n") for line in lines]


def encode(library: Library, lines: list[str]) -> int:
    return library.tokens(library.encode(lines))


def write(library: Library, lines: list[str]) -> int:
    found = library.encode(lines)
    print("\n".join(" ".join(map(str, ids)) for ids in library.ids(found)))
    return library.tokens(found)


def words(pattern: str) -> Callable[[list[str]], int]:
    """Return what counts the pretokens of lines, and says how many of them are new."""
    import regex

    find, counts = regex.compile(pattern).findall, Counter[str]()

    def count(lines: list[str]) -> int:
        known = len(counts)
        for line in lines:
            counts.update(find(line))
        return len(counts) - known

    return count


def main() -> None:
    """Do one step."""
    parser = ArgumentParser()
    parser.add_argument("step", choices=("encode", "write", "vocabulary", "words"))
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("file")
    parser.add_argument("--pattern", default=GPT2)
    parser.add_argument("texts", nargs="*")
    given = parser.parse_args()
    action, lines = words(given.pattern), batches(given.texts)
    if given.step != "words":
        library = LIBRARIES[given.library](given.file, given.pattern)
        action = partial(write if given.step == "write" else encode, library)
    start = time.process_time()
    if given.step == "vocabulary":
        lines = iter([list(map(library.decode, library.numbers))])
    found = sum(map(action, lines))
    print(time.process_time() - start, found, file=sys.stderr)


if __name__ == "__main__":
    main()
