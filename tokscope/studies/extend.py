"""What would more tokens buy, and what would they change? Merges behind those of a tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.counted import require_resamples
from tokscope.counting.signature import signed
from tokscope.errors import TokscopeError, path_of
from tokscope.growth.base import Base, base_of
from tokscope.growth.count import TENTH, Counted, counted, hashes_of
from tokscope.growth.curve import Curve, curve_of, tokens_after
from tokscope.growth.expansion import expansion, vocabulary_of
from tokscope.growth.kept import Kept, kept
from tokscope.growth.learning import learn, whole
from tokscope.growth.proof import Proof, proof_of, reloaded, require_ids
from tokscope.growth.written import merges_text, suffix_of, written
from tokscope.mapping.kinds import MEAN, weights_of
from tokscope.mapping.saved import Saved, maps_of
from tokscope.mixture.replay import Rules
from tokscope.provenance import Provenance
from tokscope.report import Report
from tokscope.studies.extend_headline import headline
from tokscope.studies.extend_plots import plots
from tokscope.studies.extend_rows import Grown, details_of, frame_of, notes_of, tables
from tokscope.text.corpus import Corpus, again, corpora_given, read, read_corpora
from tokscope.text.given import Corpora
from tokscope.tokenizers import switched_off
from tokscope.tokenizers.components import digest
from tokscope.tokenizers.given import One, load_one
from tokscope.wording import many
from tokscope.workers import HERE, Workers
from tokscope.writing import require_apart, require_writable, write_all

_TRIED = 2_000_000  # characters of each corpus on which a written file is tried
Place = str | PathLike[str]


def extend(
    tokenizer: One | Mapping[str, One],
    corpora: Corpora,
    *,
    held_out: Corpora | None = None,
    keep: Corpora | None = None,
    merges: int = 10_000,
    whole_characters: bool = False,
    dimension: int | None = None,
    bootstrap: int = 0,
    seed: int = 0,
    write: Place | None = None,
    write_merges: Place | None = None,
    maps: Place | Sequence[Place] = (),
    workers: Workers = HERE,
) -> Report:
    """Learn merges behind those of a tokenizer, and say what they save on text that was held out.

    Args:
        tokenizer: the base, given as to `compare`.
        corpora: text to learn from, given as to `compare`.
        held_out: text to count on, in the same form; a tenth of the units if you leave it out.
        keep: other text, of which the report says how many units keep their ids; the embedded
            sample if you leave it out.
        merges: how many are learned at most.
        whole_characters: drop new tokens that are incomplete characters and that nothing builds on.
        dimension: of the embeddings, to tell how many parameters new tokens take.
        bootstrap: resamples for intervals of the saving.
        seed: of the resamples.
        write: a file for the extended tokenizer, in the format of the base. It is read again and
            compared with the base before anything is written.
        write_merges: a file for the new merges, in lines of two parts.
        maps: files for the old ids of each id, as `transfer` writes them: .npz, .safetensors or
            .jsonl.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: part (curve, limit, learned, kept, token), corpus, merges, name (of a limit), tokens,
    saving, low, high, gain, parameters, units, kept, id, token, left, right.

    Raises:
        TokscopeError: the tokenizer cannot be extended, or a text cannot be used.
    """
    _require_sense(merges, dimension)
    require_resamples(seed, bootstrap=bootstrap)
    base = base_of(load_one(tokenizer))
    if whole_characters and not base.bytewise:
        raise TokscopeError(
            f"--whole-characters has no effect on {base.tokenizer.name}, which is not extended by "
            "parts of characters; drop it"
        )
    files = _Files.of(write, write_merges, maps)
    files.require(base)
    text = _Text.of(corpora, held_out, keep)
    learned, counts = _counted(base, text, workers)
    rules, tokens, dropped = _learned(base, learned, merges, whole_characters)
    curves, others = _curves(base, text, counts, rules), _kept(base, text, rules, workers)
    lines, repeats = (sum(getattr(one, n) for one in counts) for n in ("held_units", "repeats"))
    grown = Grown(base, rules, curves, tokens, others, merges, lines, dropped, repeats)
    content = written(base, rules) if files.tokenizer or _may_break(base) else b""
    grown = replace(
        grown, proof=_proven(grown, text, content, files.tokenizer) if content else None
    )
    asked = {"merges": f"{merges}"} | ({"whole": "characters"} if whole_characters else {})
    asked |= {"bootstrap": f"{bootstrap}", "seed": f"{seed}"} if bootstrap else {}
    report = Report(
        "extend",
        f"{many(len(grown.rules), 'merge')} behind those of {base.tokenizer.name}",
        frame_of(grown, dimension, bootstrap, seed),
        (*notes_of(grown, learned, counts), *switched_off([base.tokenizer])),
        {**signed([base.tokenizer]), **_signed(text, learned, counts, others), **asked},
        headline=headline(grown),
        details=details_of(grown, dimension, bootstrap),
        view=tables,
        plots=plots,
    )
    write_all(files.of_grown(grown, content, report.signature))
    return report


def _require_sense(merges: int, dimension: int | None) -> None:
    for option, number in (("merges", merges), ("dimension", dimension)):
        if number is not None and number < 1:
            raise TokscopeError(f"--{option} {number}: write a number from 1 up")


# Text


@dataclass(frozen=True)
class _Text:
    """Text to learn from, to count on and to keep."""

    learned: Sequence[Corpus]
    held: Sequence[Corpus] | None  # None where a tenth of the others is held out
    other: Sequence[Corpus]

    @classmethod
    def of(cls, corpora: Corpora, held_out: Corpora | None, keep: Corpora | None) -> _Text:
        held = None if held_out is None else corpora_given(held_out, argument="held_out")
        other = (
            read_corpora(["sample:prose"]) if keep is None else corpora_given(keep, argument="keep")
        )
        return cls(corpora_given(corpora), held, other)

    @property
    def counted(self) -> Sequence[Corpus]:
        """The corpora of which some or all units are held out."""
        return self.learned if self.held is None else self.held

    def tried(self) -> Iterator[list[str]]:
        """Yield units to try a written file on: some held out, then others, of each corpus."""
        for corpora, apart in ((self.counted, self.held is None), (self.other, False)):
            for corpus in filter(again, corpora):
                yield list(_some(corpus, apart))


def _some(corpus: Corpus, apart: bool) -> Iterator[str]:
    """Yield the first units of a corpus; only those held out, if it is `apart`."""
    left = _TRIED
    for shard in corpus.shards:
        for units in read(shard):
            chosen = (
                hashes_of(units.texts) % TENTH == 0 if apart else np.ones(len(units.texts), bool)
            )
            for i in np.flatnonzero(chosen).tolist():
                left -= len(units.texts[i])
                if left < 0:
                    return
                yield units.texts[i]


def _counted(base: Base, text: _Text, workers: Workers) -> tuple[Counted, list[Counted]]:
    """Return what was counted to learn from, and of each corpus that is counted on."""
    if text.held is None:
        parts = held = counted(base, text.learned, "both", workers=workers)
    else:
        parts = counted(base, text.learned, "learn", workers=workers)
        known = np.unique(np.concatenate([h for one in parts for h in one.hashes]))
        held = counted(base, text.held, "held", known, workers)
    _require_text(text.learned, (one.units + one.held_units for one in parts))
    _require_text(text.counted, (one.units + one.held_units + one.repeats for one in held))
    learned = Counted()
    for one in parts:
        learned.join(one)
    learned.digest = digest(one.digest for one in parts)
    return learned, held


def _learned(
    base: Base, learned: Counted, merges: int, whole_characters: bool
) -> tuple[Rules, NDArray[np.int64], int]:
    """Learn merges; also return the tokens of the text after each number, and how many we drop."""
    words = base.words(list(learned.learned))
    counts = np.array([*learned.learned.values()], np.int64)
    rules, gone = learn(words, counts, base.symbols, merges)
    kept = whole(rules, base.symbols) if whole_characters else rules
    if whole_characters or base.greedy:
        gone = base.saved(list(learned.learned), words, kept) @ counts
    return kept, tokens_after(words, counts, gone), len(rules) - len(kept)


def _require_text(corpora: Sequence[Corpus], units: Iterable[int]) -> None:
    """Refuse a corpus without any units."""
    for corpus, count in zip(corpora, units, strict=True):
        if not count:
            paths = ", ".join(shard.path for shard in corpus.shards[:3])
            raise TokscopeError(
                f"{paths}: no text in it; corpus '{corpus.name}' has nothing to read"
            )


def _curves(
    base: Base, text: _Text, counts: Sequence[Counted], rules: Rules
) -> Mapping[str, Curve]:
    named = zip(text.counted, counts, strict=True)
    return {corpus.name: curve_of(base, one, rules) for corpus, one in named}


def _kept(base: Base, text: _Text, rules: Rules, workers: Workers) -> Mapping[str, Kept]:
    found = kept(base, text.other, rules, workers)
    _require_text(text.other, (one.units for one in found))
    return {corpus.name: one for corpus, one in zip(text.other, found, strict=True)}


def _signed(
    text: _Text, learned: Counted, counts: Sequence[Counted], others: Mapping[str, Kept]
) -> Provenance:
    held = digest(one.digest for one in counts)[:12] if text.held else f"1/{TENTH}"
    other = digest(f"{name}={one.digest}" for name, one in others.items())
    return {"text": learned.digest[:12], "held out": held, "keep": other[:12]}


# Files


@dataclass(frozen=True)
class _Files:
    """The files that are asked for."""

    tokenizer: Path | None
    merges: Path | None
    maps: Mapping[Path, Callable[[Saved], bytes]]

    @classmethod
    def of(
        cls, write: Place | None, write_merges: Place | None, maps: Place | Sequence[Place]
    ) -> _Files:
        own, lines = (
            None if place is None else path_of(str(place)) for place in (write, write_merges)
        )
        return cls(own, lines, maps_of(maps))

    def require(self, base: Base) -> None:
        """Refuse files that cannot be written, or whose name means another format."""
        own = {"--output": self.tokenizer, "--write-merges": self.merges}
        named = [(option, path) for option, path in own.items() if path]
        named += [("--output", path) for path in self.maps]
        for option, path in named:
            require_writable(path, option)
        require_apart(named)
        if self.tokenizer and self.tokenizer.suffix != suffix_of(base):
            raise TokscopeError(
                f"--output {self.tokenizer}: {base.tokenizer.name} is extended in its own format; "
                f"name a file that ends in {suffix_of(base)}"
            )

    def of_grown(self, grown: Grown, content: bytes, signature: str) -> Mapping[Path, bytes]:
        """Return what each file holds; `content` is that of the tokenizer."""
        files = {self.tokenizer: content} if self.tokenizer else {}
        if self.merges:
            files[self.merges] = merges_text(grown.base, grown.rules)
        if self.maps:
            saved = _saved(grown, signature)
            files |= {path: drawn(saved) for path, drawn in self.maps.items()}
        return files


def _saved(grown: Grown, signature: str) -> Saved:
    """Return the map from old to new ids, as `transfer` has it."""
    made, name = expansion(grown.base, grown.rules), grown.base.tokenizer.name
    told = {"signature": signature, "method": MEAN, "old": name, "new": f"{name}-extended"}
    told |= {"rows": f"{made.height}", "columns": f"{made.width}"}
    return Saved(made, weights_of(made, MEAN), vocabulary_of(grown.base, grown.rules), told)


def _may_break(base: Base) -> bool:
    """Tell whether new pieces may change old text, so that they are tried also if none is written.

    A GGUF file cannot be.
    """
    return base.greedy is not None and base.tokenizer.spec.kind != "gguf"


def _proven(grown: Grown, text: _Text, content: bytes, target: Path | None) -> Proof:
    """Read an extended tokenizer again, and compare it with its base.

    Raises:
        TokscopeError: an id has changed; or a text has, which for WordPiece is only told.
    """
    extended = reloaded(grown.base, content, target)
    require_ids(grown.base, extended, grown.rules)
    proof = Proof(0, 0)
    for texts in text.tried():
        proof = proof.joined(proof_of(grown.base, extended, texts))
    if proof.broken and not grown.base.greedy:
        raise TokscopeError(
            f"no tokenizer was written: on {proof.broken:,} of {proof.texts:,} texts it does more "
            f'than join old tokens, such as "{proof.example}"'
        )
    return proof
