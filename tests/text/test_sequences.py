"""Records of FASTA: their letters are the text, whatever their lines and the blocks of reading."""

import bz2
import gzip
from collections.abc import Callable

import pytest

import tokscope
from tests.text.reading import Write, named, refusal, texts
from tokscope.text import files
from tokscope.text.corpus import has_fields, read, read_corpora, split

FILE = ">one of two\nACGT\nacgtNN\n\n>two\r\nTT\r\n>\n>rest|3\nRYK*\nGG"
LETTERS = ["ACGTacgtNN", "TT", "RYK*GG"]
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.mark.parametrize("name", ["a.fasta", "a.fna", "a.fa", "A.FNA", "a.fa.gz", "a.fasta.bz2"])
def test_the_letters_of_every_record_are_a_unit(write: Write, name: str) -> None:
    pack = next((pack for suffix, pack in PACKERS.items() if name.endswith(suffix)), bytes)
    path = write(name, pack(FILE.encode()))
    assert texts(path) == LETTERS
    assert texts(path, parallel=True) == [*LETTERS[:2], "", LETTERS[2]]
    assert texts(f"fasta:{write('letters', FILE)}") == LETTERS
    assert not any(has_fields(shard) for shard in read_corpora([str(path)])[0].shards)


@pytest.mark.parametrize("block", range(1, len(FILE) + 1))
def test_no_block_of_reading_shows(
    write: Write, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    (corpus,) = read_corpora([str(write("a.fna", f"\ufeff{FILE}"))], max_unit=33)
    monkeypatch.setattr(files, "BLOCK", block)
    units = list(read(corpus.shards[0]))
    assert [text for one in units for text in one.texts] == LETTERS
    assert b"".join(one.raw for one in units).decode() == f"\ufeff{FILE}"
    assert [line for one in units for line in one.lines] == [4, 6, 10]
    places = [place for one in units for place in one.offsets.tolist()]
    assert [(f"\ufeff{FILE}").encode()[place : place + 2] for place in places[1:]] == [b">t", b">r"]


def test_records_stay_together_for_one_process(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokscope.text.corpus.PART", 8)
    (corpus,) = read_corpora([str(write("a.fna", FILE))])
    assert len(split(corpus.shards[0])) == 1


def test_a_file_in_persian_may_end_in_fa(write: Write) -> None:
    path = write("news.fa", "سلام\nدنیا\n")
    assert texts(path) == ["سلام", "دنیا"]


def test_a_folder_of_genomes_has_a_corpus_for_each(write: Write) -> None:
    write("genomes/x.fna", ">x\nAC\n")
    folder = write("genomes/y.fasta", ">y\nGT\n").parent
    assert named(folder) == {"x": ["AC"], "y": ["GT"]}


def test_the_note_says_what_a_unit_is(write: Write) -> None:
    path = write("a.fna", FILE)
    note, *_ = tokscope.count("bytes", path).notes
    assert note == "every sequence is encoded on its own, without its heading and its line ends"
    report = tokscope.compare("bytes", [path, write("b.txt", "a\n")], measures="bytes")
    assert "|unit:sequence,line|" in report.signature
    assert refusal(path, field=["body"]).startswith(
        "--field body has no effect: a.fna is read as sequences; name records by"
    )


def test_what_is_no_record_is_refused(write: Write) -> None:
    assert refusal(write("a.fna", "\nACGT\n>one\nAC\n")) == (
        "a.fna:2: no line before it begins with >, as a record of FASTA does; read it as plain "
        "text with txt:a.fna"
    )
    long = write("b.fna", f">one\nAC\n>two\n{'ACGT' * 9}\n")
    assert "a unit of over 2e-05 MB" in refusal(long, max_unit=20)
