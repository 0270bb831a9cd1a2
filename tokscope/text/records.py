"""JSON records, one per line or in an array; one field of each is the text.

A field is a name or a path of names: `translation.en`, or `messages[].content` for every message.
If the field holds a list, each string is a unit, and all have the place of their record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import ArrayLike

from tokscope.errors import TokscopeError, choose, shortened
from tokscope.text.files import REPLACING, Shard
from tokscope.text.lines import Block, Units, blocks, whole_characters

_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
EACH = "[]"
PLAIN = "read it as plain text with txt:PATH"


@cache
def steps(field: str) -> tuple[str, ...]:
    """Return the path to a field: names, and `[]` for every element of a list.

    >>> steps("messages[].content")
    ('messages', '[]', 'content')
    """
    path: list[str] = []
    for name in field.split("."):
        bare = name
        while bare.endswith(EACH):
            bare = bare.removesuffix(EACH)
        path += [bare] if bare else []
        path += [EACH] * ((len(name) - len(bare)) // len(EACH))
    return tuple(path)


_Texts = tuple[Sequence[str], str]  # the texts of a record, and its cluster
_EMPTY: _Texts = (("",), "")


def _record(line: str, shard: Shard, number: int) -> _Texts:
    """Return the texts of one JSON record on a line; an empty line is an empty unit."""
    if not line.strip():
        return _EMPTY
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"not valid JSON: {error.msg} at character {error.pos + 1}"
        raise shard.error(number, problem) from error
    except (ValueError, RecursionError) as error:
        raise shard.error(number, f"not valid JSON: {error}") from error
    if not isinstance(record, dict):
        hint = "; an array is read as json:PATH" if isinstance(record, list) else ""
        raise shard.error(number, f"not a JSON object; every line holds one, {{…}}{hint}")
    return _of_record(record, shard, number)


def _of_record(record: dict[str, Any], shard: Shard, number: int) -> _Texts:
    """Return the texts of a record, and its cluster."""
    text = record.get(shard.field)
    whole = isinstance(text, str) and text.isascii()
    texts = [text] if isinstance(text, str) else _inside(record, shard, number)
    if not whole:
        texts = [_without_surrogates(one, shard, number) for one in texts]
    if not shard.cluster:
        return texts, ""
    if shard.cluster not in record:
        raise shard.error(number, f"no field '{shard.cluster}', which --cluster names")
    return texts, canonical(record[shard.cluster])


def _inside(record: dict[str, Any], shard: Shard, number: int) -> list[str]:
    """Return the strings at the path of the field."""
    path = (shard.field,) if shard.field in record else steps(shard.field)
    values: list[Any] = [record]
    for step in path:
        values = [inner for value in values for inner in _step(value, step, shard, number)]
    texts: list[str] = []
    for value in values:
        several = value if isinstance(value, list) else [value]
        for text in several:
            if not isinstance(text, str):
                what = _NAMES.get(type(text), "an object")
                problem = f"field '{shard.field}' is not a string but {what}; {_hint(shard)}"
                raise shard.error(number, f"{problem}{_leads(text, shard)}")
            texts.append(text)
    return texts


_NAMES = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
}


def _hint(shard: Shard) -> str:
    """Say what would work; if only the content looked like records, also how to read it as text."""
    hint = "name one with --field"
    return hint if shard.suffix in (".jsonl", ".ndjson") else f"{hint}, or {PLAIN}"


def _leads(value: Any, shard: Shard) -> str:
    """Say what is inside a value that is not a string."""
    if isinstance(value, dict) and value:
        return f", such as {shard.field}.{shortened(next(iter(value)))}"
    return ""


def _step(value: Any, step: str, shard: Shard, number: int) -> Sequence[Any]:
    """Return the values one step further inside a value."""
    if step == EACH:
        if isinstance(value, list):
            return value
        raise shard.error(number, f"field '{shard.field}' has {EACH} where there is no list")
    if isinstance(value, list):
        hint = f"field '{shard.field}' is inside a list before '{step}'"
        raise shard.error(number, f"{hint}; write {EACH} behind the name of the list")
    if not isinstance(value, dict):
        problem = f"field '{shard.field}': what holds '{step}' is not an object"
        raise shard.error(number, f"{problem}; {_hint(shard)}")
    try:
        return [choose(value, step, "field")]
    except TokscopeError as error:
        raise shard.error(number, f"{error}; {_hint(shard)}") from error


def canonical(value: object) -> str:
    """Write a value of a record, with the same text for equal values."""
    return json.dumps(value, sort_keys=True)


def _without_surrogates(text: str, shard: Shard, number: int) -> str:
    if text.isascii() or not _SURROGATES.search(text):
        return text
    if shard.errors == "replace":
        return _SURROGATES.sub("\ufffd", text)
    raise shard.error(number, f"a lone surrogate is not text; fix it, or use {REPLACING}")


def _units(
    records: Sequence[_Texts], places: tuple[ArrayLike, Sequence[int]], block: Block, shard: Shard
) -> Units:
    """Return the units of records; `places` are the offsets and lines of the records."""
    offsets, lines = places
    counts = [len(texts) for texts, _ in records]
    if counts.count(1) != len(counts):
        offsets = np.repeat(np.array(offsets, np.int64), counts)
        lines = np.repeat(np.array(lines, np.int64), counts).tolist()
    clusters = [cluster for texts, cluster in records for _ in texts] if shard.cluster else ()
    return Units(
        [text for texts, _ in records for text in texts],
        np.asarray(offsets, np.int64),
        lines,
        block.raw,
        replaced=block.replaced,
        clusters=clusters,
    )


def read_records(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen field of every line's JSON object as a unit."""
    for block in blocks(stream, shard):
        records = block.lines()
        lines = range(block.line + 1, block.line + 1 + len(records))
        texts = [_record(record, shard, line) for record, line in zip(records, lines, strict=True)]
        yield _units(texts, (block.offsets(len(records)), lines), block, shard)


def read_values(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen field of every object in an array or a sequence of objects as a unit.

    No more than one unfinished object is held, and it may not be longer than a unit.
    """
    scan = _Scan(shard)
    for block in blocks(stream, shard, whole_characters):
        yield scan.units(block)
    yield scan.end()


class _Scan:
    """A scanner of JSON objects: the text that is not parsed yet, and the position in it."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.text = ""
        self.at = 0  # the position in the text; everything before it is parsed
        self.patience = 0  # characters to collect before the next attempt to parse
        self.offset, self.line, self.record = 0, 1, 0
        self.begin = 0  # where the last object begins
        self.array: bool | None = None  # None before the first character
        self.open = True  # the array is not closed yet
        self.comma = True  # an element may follow without a further comma
        self.problem: json.JSONDecodeError | None = None  # why parsing stopped

    def units(self, block: Block) -> Units:
        """Add a block, and return the units of the objects that are complete."""
        self.text, self.at = self.text[self.at :] + block.text, 0
        records: list[_Texts] = []
        offsets: list[int] = []
        lines: list[int] = []
        self.problem = None
        while len(self.text) - self.at >= self.patience and (record := self._next()) is not None:
            offsets.append(self.begin)
            lines.append(self.line)
            records.append(_of_record(record, self.shard, self.line))
        if len(self.text) - self.at > self.shard.max_unit:
            raise self.shard.too_long(self.line)
        return _units(records, (offsets, lines), block, self.shard)

    def _go(self, to: int) -> None:
        """Move on to a position, and count the lines on the way."""
        passed = self.text[self.at : to]
        self.offset += len(passed) if passed.isascii() else len(passed.encode())
        self.line += passed.count("\n")
        self.at = to

    def _next(self) -> dict[str, Any] | None:
        """Return the next object; None if it is not complete, or if there is none."""
        char = self._character()
        if self.array is None and char:
            self.array = char == "["
            if self.array:
                self._go(self.at + 1)
                char, self.record = self._character(), 0
        if self.array:
            char = self._punctuated(char)
        if not char:
            return None
        self._require_object(char)
        return self._object()

    def _character(self) -> str:
        """Return the next character that is not a space."""
        space = _SPACE.match(self.text, self.at)
        self._go(space.end() if space else self.at)
        return self.text[self.at : self.at + 1]

    def _punctuated(self, char: str) -> str:
        """Skip a comma or the end of an array; return the character after it."""
        if char == "," and self.open and not self.comma:
            self.comma = True
            self._go(self.at + 1)
            return self._character()
        if char == "]" and self.open and not (self.comma and self.record):
            self.open = False
            self._go(self.at + 1)
            char = self._character()
        if char and (not self.open or not self.comma):
            what = "a comma is missing" if self.open else "something follows the array"
            raise self.error(f"not valid JSON: {what}")
        return char

    def _require_object(self, char: str) -> None:
        if char != "{":
            what = "an array holds objects, {…}" if self.array else "not a JSON object, {…}"
            raise self.error(f"{what}, not '{char}'; {PLAIN}")

    def _object(self) -> dict[str, Any] | None:
        try:
            record, end = _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:  # the object may continue in the next block
            self.patience = 2 * (len(self.text) - self.at)
            self.problem = error
            return None
        except (ValueError, RecursionError) as error:
            raise self.error(f"not valid JSON: {error}") from error
        self.begin, line = self.offset, self.line
        self._go(end)
        if self.offset - self.begin > self.shard.max_unit:
            raise self.shard.too_long(line)
        self.record += 1
        self.patience, self.comma = 0, False
        return cast(dict[str, Any], record)

    def error(self, problem: str) -> TokscopeError:
        """Return an error that tells the number of the record."""
        return self.shard.error(self.line, f"record {self.record + 1}: {problem}")

    def end(self) -> Units:
        """Return the units that are left at the end of the file.

        Raises:
            TokscopeError: an object or the array is incomplete.
        """
        self.patience = 0
        units = self.units(Block(b"", "", self.offset, self.line, 0))
        if self.problem:
            begin = self.problem.pos - self.at + 1
            problem = f"not valid JSON: {self.problem.msg} at character {begin}"
            raise self.error(problem) from self.problem
        if self.array and self.open:
            raise self.error("not valid JSON: the array does not end")
        return units
