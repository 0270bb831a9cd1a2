"""Packed files: several streams, early ends, bombs, and what zip files hold."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.text.reading import Write, named, refusal, texts
from tokscope.errors import TokscopeError
from tokscope.text import packing
from tokscope.text.corpus import Shard, read, read_corpora, size
from tokscope.text.packing import Streams, members
from tokscope.text.parts import in_parts

PACK: dict[str, Callable[[bytes], bytes]] = {"bz2": bz2.compress, "xz": lzma.compress}
NAMES = {"bz2": "bzip2", "xz": "xz"}
each_packing = pytest.mark.parametrize("suffix", PACK)
LONG = b"".join(b"%d\n" % (i * i) for i in range(3_000))


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@each_packing
def test_several_streams_are_one_text_and_zeros_between_them_nothing(
    write: Write, suffix: str
) -> None:
    pack = PACK[suffix]
    path = write(
        f"a.txt.{suffix}", pack(b"o") + pack(b"") + bytes(8) + pack("ne\ntwé".encode()) + bytes(4)
    )
    assert texts(path) == ["one", "twé"]


@each_packing
def test_a_file_that_ends_early_is_refused_wherever_it_ends(write: Write, suffix: str) -> None:
    content = PACK[suffix](LONG[:400])
    for end in range(len(content)):
        message = refusal(write(f"a.txt.{suffix}", content[:end]))
        assert message.startswith(f"a.txt.{suffix}: not a whole {NAMES[suffix]} file (")


@each_packing
def test_what_follows_a_stream_is_a_stream_or_refused(write: Write, suffix: str) -> None:
    message = refusal(write(f"a.txt.{suffix}", PACK[suffix](b"one\n") + b"and something else"))
    assert message.startswith(f"a.txt.{suffix}: not a whole {NAMES[suffix]} file (")


@each_packing
def test_a_file_with_a_flaw_is_refused(write: Write, suffix: str) -> None:
    content = PACK[suffix](b"one\ntwo\n")
    for place in range(len(content)):
        flawed = bytearray(content)
        flawed[place] ^= 0xFF
        path = write(f"a.txt.{suffix}", bytes(flawed))
        assert refusal(path, errors="replace").startswith(f"a.txt.{suffix}: not a whole ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(PACK)), st.binary(max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_where_pieces_end_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, suffix: str, content: bytes, block: int, cut: int
) -> None:
    monkeypatch.setattr(packing, "_BLOCK", block)
    pack = PACK[suffix]
    stream = packing.UNPACKERS[f".{suffix}"](io.BytesIO(pack(content[:cut]) + pack(content[cut:])))
    assert isinstance(stream, Streams)
    found = b""
    while piece := stream.read(7):
        found += piece
        assert len(piece) <= 7
    assert (found, stream.read(7)) == (content, b"")


@pytest.mark.parametrize("suffix", ["bz2", "xz", "zip"])
@pytest.mark.deep
def test_bombs_are_unpacked_in_little_memory(write: Write, suffix: str) -> None:
    """Thirty megabytes of one letter: one line, refused as too long."""
    data = b"a" * 30_000_000
    pack = (lambda raw: zipped({"a.txt": raw})) if suffix == "zip" else PACK[suffix]
    path = write(f"a.txt.{suffix}", pack(data))
    del data
    tracemalloc.start()
    assert "a unit of over 2 MB" in refusal(path, max_unit=2_000_000)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_an_xz_file_that_wants_very_much_memory_is_refused(write: Write) -> None:
    head = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    small = head.compress(b"one\n") + head.flush()
    assert texts(write("a.txt.xz", small)) == ["one"]
    message = refusal(write("b.txt.xz", _with_dictionary(small, 38)))
    assert message == "b.txt.xz: not a whole xz file (Memory usage limit exceeded)"


def _with_dictionary(packed: bytes, bits: int) -> bytes:
    """Change the size of the dictionary in the header of the block, and its check sum."""
    size = (packed[12] + 1) * 4
    header = bytearray(packed[12 : 12 + size])
    header[header.index(0x21) + 2] = bits
    header[-4:] = zlib.crc32(bytes(header[:-4])).to_bytes(4, "little")
    return packed[:12] + bytes(header) + packed[12 + size :]


def test_each_file_of_a_zip_file_is_a_corpus(write: Write) -> None:
    path = write(
        "all.zip",
        zipped(
            {
                "texts/en.txt": b"one\n",
                "texts/de.jsonl": b'{"text": "eins"}\n',
                "texts/fr.csv": b"id,text\n1,un\n",
                "README.md": b"# no text by its name\n",
                "LICENSE": b"mine\n",
                "__MACOSX/texts/._en.txt": b"\0\1\2",
                ".hidden.txt": b"hidden\n",
                "empty/": b"",
            }
        ),
    )
    assert named(path) == {"fr": ["un"], "de": ["eins"], "en": ["one"]}
    assert named(f"x={path}") == {"x": ["eins", "one", "un"]}
    (whole,) = read_corpora([f"x={path}"])
    assert [part for part in in_parts(whole).shards if part.start] == []
    assert {size(shard) for shard in whole.shards} == {None}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_only_file_of_a_zip_file_is_called_like_it(write: Write, method: int) -> None:
    path = write("en.txt.zip", zipped({"folder/whatever.data": b"one\n"}, method))
    assert named(path) == {"en": ["one"]}
    path = write("reviews.zip", zipped({"a.json": b'[{"body": "Good."}]'}, method))
    assert named(path, field="body") == {"reviews": ["Good."]}
    path = write(
        "pair.zip",
        zipped({"Books.de-en.de": b"Buch\n", "Books.de-en.en": b"book\n", "README": b"x"}),
    )
    assert named(path, parallel=True) == {"de": ["Buch"], "en": ["book"]}


def test_nothing_is_written_wherever_a_member_says_it_is(write: Write, tmp_path: Path) -> None:
    names = ["../../up.txt", "/root.txt", "C:\\windows\\a.txt", "a\\b.txt", "..txt", "d/../e.txt"]
    path = write("z/odd.zip", zipped({name: name.encode() for name in names}))
    before = sorted(tmp_path.rglob("*"))
    found = read_corpora([f"x={path}"])[0]
    assert {t for s in found.shards for u in read(s) for t in u.texts} == set(names) - {"..txt"}
    assert sorted(tmp_path.rglob("*")) == before


def _flagged(flag: int, method: int = 8) -> bytes:
    """Mark a member as encrypted, or as packed in another way."""
    raw = bytearray(zipped({"a.txt": b"one\n" * 99}))
    at, central = raw.index(b"PK\x03\x04"), raw.index(b"PK\x01\x02")
    raw[at + 6] |= flag
    raw[central + 8] |= flag
    raw[at + 8] = raw[central + 10] = method
    return bytes(raw)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not packed", "a.zip: not a whole zip file (File is not a zip file)"),
        (b"", "a.zip: not a whole zip file (File is not a zip file)"),
        (zipped({}), "a.zip: no text among its 0 files; they end in .txt, .jsonl,"),
        (zipped({"a.pdf": b"", "b.png": b""}), "a.zip: no text among its 2 files; they end in .txt"),
        (zipped({"a.pdf": b"x"}), "a.zip/a.pdf: a .pdf file is a book or a page; unpack it, or export"),
        (zipped({"a.zip": zipped({"a.txt": b"x"})}), "a.zip/a.zip: it is a zip file, or an office document, which is one, no text; unpack"),
        (zipped({"a.txt.gz": gzip.compress(b"x", mtime=0)}), "a.zip/a.txt.gz: it is packed with gzip, no text; unpack it"),
        (zipped({"a.parquet": b"PAR1"}), "a.zip/a.parquet: a .parquet file is packed inside already; unpack it"),
        (zipped({f"{i}.txt": b"" for i in range(1_001)}), "a.zip: it holds 1,001 texts; unpack it and"),
        (zipped({"a.txt": b"x"}).replace(b"a.txt", b"\0.txt"), "not a whole zip file (a file in it has"),
        (_flagged(1), "a.zip/a.txt: it is encrypted; unpack it first"),
        (_flagged(0, 12), "a.zip/a.txt: it is not stored or deflated; pack it again with zip, or unpack"),
        (_flagged(0, 99), "a.zip/a.txt: it is not stored or deflated; pack it again with zip, or unpack"),
        (_flagged(0x20), "a.zip: not a whole zip file ("),
        (zipped({"a\nb.txt": b"x", "c.txt": b"y"}), "its name cannot be shown"),
        (zipped({"1/en.txt": b"x", "2/en.txt": b"y"}), "two corpora are named 'en'; write NAME=PATH"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_zip_file_is_said(write: Write, content: bytes, message: str) -> None:
    assert message in refusal(write("a.zip", content))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(write: Write) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", b"one\n")
        archive.writestr("a.txt", b"two\n")
    path = write("a.zip", packed.getvalue())
    assert refusal(path) == "a.zip: two members are named 'a.txt'; unpack it"


def test_a_zip_file_with_a_flaw_is_refused_or_read_whole(write: Write) -> None:
    """Whichever byte is wrong, or missing: never another text."""
    content = zipped({"en.txt": b"one\ntwo\n" * 9})
    outcomes = set()
    for place in range(len(content)):
        flawed = bytearray(content)
        flawed[place] ^= 0xFF
        for broken in (bytes(flawed), content[:place]):
            path = write("a.zip", broken)
            with suppress(TokscopeError):
                (found,) = named(path, errors="replace").values()
                outcomes.add(tuple(found) == ("one", "two") * 9)
    assert outcomes == {True}


def test_members_are_sorted(write: Write) -> None:
    assert members(str(write("a.zip", zipped({"b": b"", "a/c": b""})))) == ["a/c", "b"]


def test_a_packed_folder_of_many_kinds_reads_alike(write: Write) -> None:
    shard = Shard(str(write("a.zip", zipped({"x.json": b'[{"text": "a"}]', "y.txt": b"b"}))))
    with pytest.raises(Exception, match=r"a\.zip: it holds 2 files; unpack it and name one"):
        list(read(shard))
