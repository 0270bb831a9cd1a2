"""What encodes much text: tiktoken's core, or fastokens where it gives the same numbers.

fastokens is several times as fast, but takes a second to build. So it is built after some text, or
at the beginning of a large file, and only for expressions that it cuts by code of its own: its
regular expression engine and its Unicode tables are others than tiktoken's. It must agree with the
core on the probe texts and on a whole batch before any of its numbers are used, and then on a batch
now and then.
"""

from __future__ import annotations

import json
import logging
import os
import re
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import tiktoken
from numpy.typing import NDArray

from tokscope.batch import Batch
from tokscope.errors import choose, extra, require_of_library, shortened
from tokscope.late import Late
from tokscope.provenance import version_of
from tokscope.tokenizers import tokens_of
from tokscope.tokenizers.merges import learned
from tokscope.tokenizers.patterns import PATTERNS, PROBES

if TYPE_CHECKING:
    fastokens: Any
else:
    fastokens = Late("fastokens")

# A noncharacter, which Unicode keeps out of text; a text that holds it is encoded alone.
SEPARATOR = "\U0010fffe"
VARIABLE = "TOKSCOPE_ENGINE"
# Characters of text for each token of the vocabulary, after which fastokens is built: the core
# takes about as long for them as it takes to build it. At least a million.
_WORTH, _LEAST = 60, 1_000_000
_SURE = 3  # times as much text in one file: fastokens is built before any of it is encoded
_EVERY = 128  # batches; one of them is encoded by the core too
# An apostrophe and a long s, which is an s if case is ignored; fastokens ignores that of ASCII.
_LONG_S = "'ſ"
# The expressions for which fastokens has code of its own, and how it knows each. The one of
# cl100k_base does not cut a run of white space at the end of a text after its last line feed, which
# makes no difference unless a token reaches beyond that.
_KNOWN: Mapping[str, str] = {
    PATTERNS["gpt2"]: "",  # the one that is built in
    PATTERNS["cl100k_base"]: PATTERNS["llama3"],
    **{
        PATTERNS[name]: PATTERNS[name]
        for name in ("llama3", "qwen2", "qwen3.5", "o200k_base", "tekken")
    },
}
_AFTER_LINE = re.compile(rb"[\r\n][^\r\n]+\Z").search


class Numbers(NamedTuple):
    """The numbers of tokens in texts: text d is `numbers[starts[d] : starts[d + 1]]`."""

    numbers: NDArray[np.uint32]  # (T,)
    starts: NDArray[np.int64]  # (D + 1,)
    spells: bool = False  # whether the bytes of the tokens are known to add up to those of texts

    @classmethod
    def join(cls, parts: Iterable[Numbers]) -> Numbers:
        """Return the numbers of batches, of which there is at least one."""
        numbers, starts, _ = zip(*parts, strict=True)
        sizes = np.concatenate([np.diff(one) for one in starts])
        return cls(np.concatenate(numbers), np.concatenate(([0], np.cumsum(sizes))))

    def is_same(self, other: Numbers) -> bool:
        """Tell whether both have the same numbers in every text."""
        return np.array_equal(self.numbers, other.numbers) and np.array_equal(
            self.starts, other.starts
        )


Way = Callable[[Sequence[str]], Numbers]


class Engine(Protocol):
    """What encodes a batch of texts without a Python object for each token."""

    @property
    def name(self) -> str:
        """The library and its version."""
        ...

    def encode(self, texts: Sequence[str]) -> Numbers:
        """Return the numbers of ordinary text: nothing in it is a special or added token."""
        ...


@dataclass(frozen=True)
class TiktokenEngine:
    """tiktoken's core. A batch is one call: the separator of texts is a special token to it."""

    core: tiktoken.Encoding

    @property
    def name(self) -> str:
        """The library and its version."""
        return f"tiktoken {version_of('tiktoken')}"

    def encode(self, texts: Sequence[str]) -> Numbers:
        """Return the numbers of texts, of which there is at least one."""
        return self.encode_joined(SEPARATOR.join(texts), {SEPARATOR})

    def encode_joined(self, joined: str, known: AbstractSet[str]) -> Numbers:
        """Return the numbers of texts between separators, in which `known` tokens are found."""
        found = self.core.encode_to_numpy(joined, allowed_special=known, disallowed_special=())
        between = found == self.core._special_tokens[SEPARATOR]
        at = np.flatnonzero(between)
        starts = np.concatenate(([0], at - np.arange(len(at)), [len(found) - len(at)]))
        return Numbers(found[~between], starts)


@dataclass(frozen=True)
class FastokensEngine:
    """A tokenizer of fastokens, built from the ranks of a core."""

    library: Any

    @property
    def name(self) -> str:
        """The library and its version."""
        return f"fastokens {version_of('fastokens')}"

    def encode(self, texts: Sequence[str]) -> Numbers:
        """Return the numbers of texts."""
        numbers, starts = self.library.encode_batch_flat(list(texts))
        return Numbers(np.frombuffer(numbers, "<u4"), np.frombuffer(starts, "<u8").astype(np.int64))


class Source(NamedTuple):
    """What an engine is built from."""

    core: tiktoken.Encoding
    letters: Mapping[int, int]  # byte -> the character that stands for it in a tokenizer.json
    # in these characters, where a file lists them: the tokens in the order of `ranks`, and merges
    pieces: Sequence[str] | None = None
    merges: Sequence[Sequence[str]] | None = None

    @property
    def ranks(self) -> dict[bytes, int]:
        """The tokens and their ranks."""
        return self.core._mergeable_ranks

    def build(self) -> Engine:
        """Build fastokens.

        Raises:
            ValueError: it cannot be built from these ranks.
        """
        pattern = _KNOWN[self.core._pat_str]
        if self.core._pat_str == PATTERNS["cl100k_base"] and any(map(_AFTER_LINE, self.ranks)):
            raise ValueError("a token ends behind a line feed")
        if pattern and hasattr(os, "memfd_create"):
            return FastokensEngine(_of_ranks(self.ranks, pattern))
        return FastokensEngine(fastokens.Tokenizer.from_json_str(self._file(pattern)))

    def _file(self, pattern: str) -> str:
        """Return a tokenizer.json."""
        pieces = self.pieces or map(self._spell, self.ranks)
        vocabulary = dict(zip(pieces, self.ranks.values(), strict=True))
        merges = self.merges or self._learned()
        split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}
        cut = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": not pattern}
        steps = {"type": "Sequence", "pretokenizers": [split | {"invert": False}, cut]}
        model = {
            "type": "BPE",
            "vocab": vocabulary,
            "merges": [pair for pair in merges if "".join(pair) in vocabulary],
        }
        whole = {"pre_tokenizer": steps if pattern else cut, "model": model}
        return json.dumps(whole, ensure_ascii=False)

    def _learned(self) -> list[tuple[str, str]]:
        """Return the merges that the ranks stand for."""
        pieces = sorted(self.ranks, key=self.ranks.__getitem__)
        pairs = learned(pieces, bytewise=True).pairs
        if None in pairs:
            raise ValueError("a token is not made of two others")
        return [(self._spell(pair[0]), self._spell(pair[1])) for pair in pairs if pair]

    def _spell(self, token: bytes) -> str:
        return token.decode("latin-1").translate(self.letters)


def _of_ranks(ranks: Mapping[bytes, int], pattern: str) -> Any:
    """Build fastokens from a rank file that stands in memory alone."""
    encode = partial(b2a_base64, newline=False)
    lines = b"".join([b"%b %d\n" % (encode(token), rank) for token, rank in ranks.items()])
    with os.fdopen(os.memfd_create("ranks"), "wb") as file:
        file.write(lines)
        file.flush()
        path = f"/proc/self/fd/{file.fileno()}"
        return fastokens.Tokenizer.from_tiktoken(path, pattern=pattern, special_tokens={})


def fast_engine(pattern: str) -> str:
    """Return the name of the engine that may encode much text cut by an expression, or ""."""
    return "" if _unsuited(pattern) else f"fastokens {version_of('fastokens')}"


def _unsuited(pattern: str) -> str:
    """Return why fastokens may not encode; empty if it may."""
    if asked() == "tiktoken":
        return f"{VARIABLE} is tiktoken"
    try:
        version_of("fastokens")
    except PackageNotFoundError:
        return "it is not installed"
    if pattern not in _KNOWN:
        return "it has no code of its own for this regular expression"
    return ""


def asked() -> str:
    """Return the engine that the environment asks for.

    Raises:
        TokscopeError: there is no such engine, or it is not installed.
    """
    names = {name: name for name in ("", "tiktoken", "fastokens")}
    name = choose(names, os.environ.get(VARIABLE, ""), f"engine in {VARIABLE}")
    if name == "fastokens":
        extra(name, "fast", f"{VARIABLE}={name}")
    return name


@dataclass
class Engines:
    """tiktoken's core, and fastokens from some text on, while it gives the same numbers."""

    source: Source
    fast: Engine | None = None
    why: str = ""  # why fastokens does not encode
    after: int = field(init=False)  # characters of text until it is built
    batches: int = field(init=False, default=0)  # that it has encoded
    left: bool = field(init=False, default=False)  # whether it gave up on some text

    def __post_init__(self) -> None:
        self.core = TiktokenEngine(self.source.core)
        self.why = self.why or _unsuited(self.source.core._pat_str)
        self.after = 0 if asked() == "fastokens" else self.wanted

    @property
    def told(self) -> str:
        """What encodes beside the core, or why it does not."""
        if self.why:
            return f"not fastokens: {self.why}"
        name = fast_engine(self.source.core._pat_str)
        return f"{name} where text is over {self.wanted / 1e6:.1f} MB, with the same ids"

    @property
    def wanted(self) -> int:
        """Characters of text after which fastokens is built."""
        return max(_LEAST, _WORTH * len(self.source.ranks))

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """Bytes of every token by its number."""
        lengths = np.zeros(max(self.source.ranks.values()) + 1, np.int32)
        lengths[list(self.source.ranks.values())] = list(map(len, self.source.ranks))
        return lengths

    def encode(self, texts: Sequence[str]) -> Numbers:
        """Return the numbers of texts, by the core where anything is in doubt."""
        fast = self._fast(texts)
        if fast is None:
            return self.core.encode(texts)
        texts = Batch.of(texts)
        if _LONG_S[1] not in texts.joined:
            return self._checked(fast, texts)
        odd = [_LONG_S in text for text in texts]
        return encode_apart(texts, odd, self.core.encode, partial(self._checked, fast))

    def _checked(self, fast: Engine, texts: Sequence[str]) -> Numbers:
        """Return the numbers of the fast engine, or of the core where they are in doubt."""
        if self.why:
            return self.core.encode(texts)
        try:
            found = fast.encode(texts)
        except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
            require_of_library(error)
            self._leave(fast, error)
            return self.core.encode(texts)
        self.batches += 1
        if self.batches % _EVERY != 1 and self._adds_up(found, Batch.of(texts)):
            return found._replace(spells=True)
        right = self.core.encode(texts)
        if not found.is_same(right):
            self._switch_off(fast)
        return right

    def _fast(self, texts: Sequence[str]) -> Engine | None:
        """Return the fast engine, which is built when enough text has come by."""
        if self.why or self.fast:
            return None if self.why else self.fast
        self.after -= sum(map(len, texts))
        if self.after > 0 and Batch.of(texts).file_size < _SURE * self.wanted:
            return None
        try:
            fast = self.source.build()
        except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
            require_of_library(error)
            self.why = f"it cannot be built ({shortened(str(error))})"
            return None
        self.why = self._doubts(fast)
        self.fast = None if self.why else fast
        return self.fast

    def _doubts(self, fast: Engine) -> str:
        """Return why an engine may not encode, by what it makes of hard texts; empty if it may."""
        probes = [text for text in PROBES if _LONG_S not in text]
        try:
            found = fast.encode(probes)
        except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
            require_of_library(error)
            return f"it gives up on the probe texts ({shortened(str(error))})"
        right = found.is_same(self.core.encode(probes))
        return "" if right else "it gives other ids on the probe texts"

    def _adds_up(self, found: Numbers, texts: Batch) -> bool:
        """Tell whether tokens have as many bytes as the texts that they are of."""
        numbers, starts = found.numbers, found.starts
        if len(starts) != len(texts) + 1 or starts[-1] != len(numbers):
            return False
        if len(numbers) and numbers.max() >= len(self.lengths):
            return False
        return int(self.lengths.take(numbers).sum(dtype=np.int64)) == texts.size

    def _leave(self, fast: Engine, error: BaseException) -> None:
        """Say once that the core encodes what the fast engine gives up on."""
        if not self.left:
            logging.getLogger("tokscope").warning(
                "%s gave up on some text (%s), so %s encodes it; no id is in doubt",
                fast.name,
                shortened(str(error)),
                self.core.name,
            )
        self.left = True

    def _switch_off(self, fast: Engine) -> None:
        """Go on with the core alone, and say so."""
        self.why = "it gave other ids for some text"
        logging.getLogger("tokscope").warning(
            "%s gave other ids than %s, which encodes the rest; to be sure of all ids, "
            "run this again with %s=tiktoken in the environment",
            fast.name,
            self.core.name,
            VARIABLE,
        )


def encode_apart(texts: Sequence[str], odd: Sequence[bool], odd_way: Way, way: Way) -> Numbers:
    """Return the numbers of texts, those of the odd ones by a way of their own."""
    if all(odd) or not any(odd):
        return odd_way(texts) if any(odd) else way(texts)
    apart = [text for text, one in zip(texts, odd, strict=True) if one]
    others = [text for text, one in zip(texts, odd, strict=True) if not one]
    numbers, starts, _ = Numbers.join((odd_way(apart), way(others)))
    place = np.argsort(np.argsort(np.logical_not(odd), kind="stable"))  # of each text among them
    sizes = np.diff(starts)[place]
    return Numbers(numbers[tokens_of(starts, place)], np.append(0, np.cumsum(sizes)))
