"""Compressors beside tokenizers: values of the libraries themselves, and what is refused."""

import bz2
import dataclasses
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

import tokscope
from tokscope import workers
from tokscope.errors import TokscopeError

Write = Callable[[str, str | bytes], Path]
LINES = {"en": ["the cat", "the dog and the cat"], "de": ["die Katze", "größer"]}
LIBRARIES: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 9),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
}


def values(report: tokscope.Report) -> dict[tuple[str, str], float]:
    """Return the bits per byte that are held beside each other."""
    return {
        (row["tokenizer"], row["corpus"]): row["value"]
        for row in report.rows
        if row["measure"] in ("bits_per_byte", "kt_bits_per_byte")
    }


def test_compressors_read_lines_with_their_ends() -> None:
    report = tokscope.compare("bytes", LINES, measures="tokens", reference_lines=list(LIBRARIES))
    found = values(report)
    texts = {name: "".join(f"{line}\n" for line in own).encode() for name, own in LINES.items()}
    for name, compress in LIBRARIES.items():
        sizes = {corpus: 8 * len(compress(text)) for corpus, text in texts.items()}
        for corpus, text in texts.items():
            assert found[name, corpus] == pytest.approx(sizes[corpus] / len(text), rel=1e-12)
        whole = sum(sizes.values()) / sum(map(len, texts.values()))
        assert found[name, "all"] == pytest.approx(whole, rel=1e-12)
    assert ("bytes", "en") in found
    assert {"reference line:bz2 -9", "reference line:xz -9e"} < set(report.signature.split("|"))
    assert any("Lester et al. 2024" in note for note in report.notes)


def test_they_stand_beside_tokenizers_in_a_table_of_their_own() -> None:
    report = tokscope.compare(
        ["sample:bpe", "bytes"], LINES, measures=["tokens"], reference_lines="bz2"
    )
    assert report.view is not None
    *others, table = report.view(report)
    assert {row["tokenizer"] for view in others for row in view.rows} == {"sample-bpe", "bytes"}
    assert table.title == "Bits per byte, with what it costs to learn the model"
    assert {(row["tokenizer"], row["corpus"]) for row in table.rows} == {
        (name, corpus) for name in ("sample-bpe", "bytes", "bz2") for corpus in ("en", "de", "all")
    }
    found = values(report)
    assert report.headline.endswith(
        f"With the cost of the model, sample-bpe needs {found['sample-bpe', 'all']:.2f} bits per "
        f"byte, and bz2 {found['bz2', 'all']:.2f}."
    )
    alone = tokscope.compare("bytes", LINES, by="tokenizer", reference_lines="bz2")
    assert alone.view is not None
    assert {row["corpus"] for row in alone.view(alone)[-1].rows} == {"all"}
    assert "With the cost" not in alone.headline  # baselines alone are not ranked


def test_no_compressor_leaves_the_report_as_it_was() -> None:
    report = tokscope.compare("bytes", LINES)
    assert "reference line" not in report.signature
    assert not any(row["measure"] == "kt_bits_per_byte" for row in report.rows)


def test_what_cannot_be_done_is_refused() -> None:
    for given, message in {
        "gzp": "unknown compressor in --reference-lines 'gzp'",
        "": "unknown compressor",
    }.items():
        with pytest.raises(TokscopeError, match=message):
            tokscope.compare("bytes", LINES, reference_lines=[given])
    with pytest.raises(TokscopeError, match="a tokenizer is called 'xz' too"):
        tokscope.compare("xz=bytes", LINES, reference_lines=["xz"])


@pytest.mark.deep
def test_workers_give_the_same(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH", 1)
    texts = [write(f"{name}.txt", "\n".join(lines)) for name, lines in LINES.items()]
    read: list[int] = []
    with workers.local(2) as those:
        given = dataclasses.replace(those, advance=read.append)
        there = tokscope.compare("bytes", texts, reference_lines="gzip", workers=given)
    assert values(there) == values(tokscope.compare("bytes", texts, reference_lines="gzip"))
    assert sum(read) == 2 * sum(path.stat().st_size for path in texts)


def test_published_text(data: Path) -> None:
    path = data / "parallel" / "flores-dev" / "en.txt"
    names = list(LIBRARIES)
    found = values(tokscope.compare("bytes", path, measures="bytes", reference_lines=names))
    expected = {"gzip": 3.2945536322316014, "bz2": 2.8132334542229542, "xz": 3.0151244001710404}
    for name, bits in expected.items():
        assert found[name, "en"] == pytest.approx(bits, rel=0.01)
