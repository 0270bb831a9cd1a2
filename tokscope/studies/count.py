"""How many tokens are in these files?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from tokscope.counting.signature import signed, signed_text
from tokscope.counting.tally import Counting, Piece, Reading, piece
from tokscope.provenance import Provenance
from tokscope.report import Report, Rows
from tokscope.text.corpus import Corpus, Shard, files_of
from tokscope.text.formats import WHOLE
from tokscope.text.given import Corpora
from tokscope.text.parts import Task, by_parts
from tokscope.tokenizers import for_workers, have_words, loaded, switched_off
from tokscope.tokenizers.given import One, load_one
from tokscope.workers import HERE, Workers

COUNTS = ("tokens", "units", "bytes")
TOTAL = "total"
_NOTES = {
    "sequence": "every sequence is encoded on its own, without its heading and its line ends",
    "line": "every line is encoded on its own, without its end; --whole encodes files as they are",
    "record": "every record is encoded on its own",
    "file": "every file is encoded as one text, with its line ends",
}


def count(
    tokenizer: One | Mapping[str, One],
    corpora: Corpora,
    *,
    specials: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return how many tokens are in every file: file, tokens, units, bytes.

    `corpora` is a path, a list of paths, or a mapping of names to paths or lists of strings. Each
    file of a folder, a zip file or a glob has a row, even an empty one. A unit is a line without
    its end, or the text of a record; empty ones do not count. Bytes are those of the units.

    Raises:
        TokscopeError: the tokenizer cannot be loaded, or a text cannot be read.
    """
    files = files_of(corpora, Shard(""), {})
    used = load_one(tokenizer)
    counting = Counting(frozenset(COUNTS), specials=specials)
    workable = _piece if have_words([used]) else None
    task = Task(partial(piece, [used], counting), workable, (for_workers([used]), counting))
    rows, readings = [], []
    parted: list[Corpus] = []
    for corpus, pieces in by_parts(files, task, workers):
        sums, reading = _summed(counting, (part for _, part in pieces))
        rows.append({"file": corpus.name, **{name: sums[name] for name in COUNTS}})
        parted.append(corpus)
        readings.append(reading)
    text = _signed(parted, readings, counting)
    replaced = sum(reading.replaced for reading in readings)
    units = ["record"] if "field" in text else str(text["unit"]).split(",")
    notes = [*(_NOTES[unit] for unit in units), *switched_off([used])]
    notes += [f"{replaced:,} invalid UTF-8 sequences were replaced by U+FFFD"] if replaced else []
    title = f"Tokens under {used.name}"
    return Report(
        "count",
        title,
        rows,
        tuple(notes),
        {**signed([used]), **text},
        headline=headline(rows, used.name),
        view=tables,
    )


def _piece(named: Sequence[tuple[str, str]], counting: Counting, part: Shard) -> Piece:
    """Count a part of a file in a worker."""
    return piece([loaded(*one) for one in named], counting, part)


def _summed(counting: Counting, pieces: Iterable[Piece]) -> tuple[dict[str, int], Reading]:
    """Return the sum of every column, and what was learned while reading."""
    sums, whole, digests = dict.fromkeys(counting.named(), 0), Reading(), []
    for part in pieces:
        for name, more in zip(sums, part.rows[:, 0].sum(axis=0).tolist(), strict=True):
            sums[name] += more
        whole.replaced += part.reading.replaced
        digests.append(part.reading.digest)
    every = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    whole.digest = every if len(digests) > 1 else digests[0]
    return sums, whole


def _signed(
    corpora: Sequence[Corpus], readings: Sequence[Reading], counting: Counting
) -> Provenance:
    """Return the identity of the text, and how it was read; no words are counted."""
    text = signed_text(corpora, readings, counting)
    del text["words"]
    if any(shard.kind == WHOLE for corpus in corpora for shard in corpus.shards):
        text["unit"] = "file"
    return text


def headline(rows: Rows, tokenizer: str) -> str:
    """Say how many tokens there are, how long they are, and which file has the most."""
    tokens, size = (sum(row[name] for row in rows) for name in ("tokens", "bytes"))
    where = f" in {len(rows):,} files" if len(rows) > 1 else ""
    if not tokens:
        return f"{f'No tokens under {tokenizer}' if size else 'There is no text to count'}{where}."
    said = f"{tokens:,} token{'s' if tokens > 1 else ''} under {tokenizer}{where}"
    said += f", {size / tokens:.2f} bytes each on average."
    first, *others = sorted(rows, key=lambda row: -row["tokens"])
    if others and first["tokens"] > others[0]["tokens"]:
        said += f" {first['file']} has the most, {100 * first['tokens'] / tokens:.0f} %."
    return said


def tables(report: Report) -> list[Report]:
    """Return the table that people read, with a total if there are several files."""
    rows = report.rows
    if len(rows) > 1:
        total = {name: sum(row[name] for row in rows) for name in COUNTS}
        rows = [*rows, {"file": TOTAL, **total}]
    return [replace(report, table=rows, view=None)]
