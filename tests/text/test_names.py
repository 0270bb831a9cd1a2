"""What files and folders are called as corpora: pairs of languages, data sets, numbered files."""

import gzip
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest

from tests.text.reading import Write, named, refusal, texts
from tests.text.test_corpus import as_arrow, as_parquet
from tests.text.test_packing import zipped
from tokscope.text.corpus import read_corpora


def strings(*values: str) -> bytes:
    return as_parquet({"text": pyarrow.array(values)})


def test_a_pair_of_languages_is_two_parallel_corpora(write: Write) -> None:
    folder = write("m/Books.de-en.de", "Haus\n\nBaum\n").parent
    write("m/Books.de-en.en", "house\n\ntree\n")
    write("m/Books.de-en.ids", "1\n2\n3\n")
    write("m/LICENSE", "mine\n")
    pair = {"de": ["Haus", "", "Baum"], "en": ["house", "", "tree"]}
    words = (folder / "Books.de-en.de", folder / "Books.de-en.en")
    assert named(*words, parallel=True) == pair
    assert named(folder, parallel=True) == pair
    assert named(f"{folder}/Books.de-en.[de][en]", parallel=True) == pair
    write("p/train.en-pt_BR.pt_BR.gz", gzip.compress(b"casa\n", mtime=0))
    write("p/train.en-pt_BR.en.gz", gzip.compress(b"house\n", mtime=0))
    assert named(folder.parent / "p") == {"en": ["house"], "pt_BR": ["casa"]}
    write("q/a.de-en.en", "one\n")
    write("q/b.de-en.en", "two\n")
    assert "two corpora are named 'en'; write NAME=PATH" in refusal(folder.parent / "q")
    assert named(f"en={folder.parent / 'q'}") == {"en": ["one", "two"]}


def test_folders_of_flores_are_corpora_by_language(write: Write) -> None:
    for part in ("dev", "devtest"):
        for name in ("eng_Latn", "deu_Latn"):
            folder = write(f"flores/{part}/{name}.{part}", f"{name}\n").parent
        assert named(folder, parallel=True) == {"deu_Latn": ["deu_Latn"], "eng_Latn": ["eng_Latn"]}
    message = refusal(folder.parent)
    assert message.startswith("flores: no text in this folder; files end in .txt, .jsonl,")
    assert message.endswith("; or name one of: dev, devtest")


def test_a_folder_of_a_data_set_is_that_of_its_data(write: Write) -> None:
    for i, text in enumerate(["a", "b"]):
        write(f"set/data/train-0000{i}-of-00002.parquet", strings(text))
    root = write("set/data/test-00000-of-00001.parquet", strings("t")).parent.parent
    write("set/README.md", "# about it\n")
    write("set/dataset_infos.json", '{"default": {}}')
    write("set/.gitattributes", "x\n")
    assert named(root) == {"test": ["t"], "train": ["a", "b"]}
    assert named(root / "data") == {"test": ["t"], "train": ["a", "b"]}
    assert named(f"{root}/data/train-*.parquet") == {"train": ["a", "b"]}
    assert named(f"x={root}/data/*.parquet") == {"x": ["t", "a", "b"]}
    assert named(root / "data" / "train-00001-of-00002.parquet") == {"train-00001-of-00002": ["b"]}


def test_a_data_set_on_disk_has_a_folder_for_each_split(write: Write) -> None:
    for split in ("train", "test"):
        content = as_arrow({"text": pyarrow.array([split])})
        root = write(f"disk/{split}/data-00000-of-00001.arrow", content).parent.parent
        write(f"disk/{split}/state.json", '{"_data_files": [{"filename": "x"}]}')
        write(f"disk/{split}/dataset_info.json", '{"features": {}}')
    write("disk/dataset_dict.json", '{"splits": ["train", "test"]}')
    assert refusal(root).endswith("; or name one of: test, train")
    assert named(f"train={root / 'train'}", f"test={root / 'test'}") == {
        "train": ["train"],
        "test": ["test"],
    }


def test_json_in_a_folder_is_text_if_it_is_records(write: Write) -> None:
    folder = write("r/a.json", '{"text": "a"}\n{"text": "b"}\n').parent
    write("r/b.json", '[\n{"text": "c"}]')
    write("r/c.json.gz", gzip.compress(b'[{"text": "d"}]', mtime=0))
    write("r/settings.json", '{\n "seed": 1\n}\n')
    write("r/numbers.json", "[1, 2]")
    write("r/broken.json.gz", b"\x1f\x8b")
    write("r/t.ndjson", '{"text": "e"}')
    write("r/u.tsv", "text\tn\nf\t1\n")
    assert named(folder) == {"a": ["a", "b"], "b": ["c"], "c": ["d"], "t": ["e"], "u": ["f"]}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", '{"text": "Hello"}\n', "jsonl"),
        ("a.dat", "id,text\n1,Hello\n", "csv"),
        ("a.csv", "id\ttext\n1\tHello\n", "tsv"),
        ("a.txt.gz", gzip.compress(b'[{"text": "Hello"}]', mtime=0), "json"),
        ("a.bin", as_parquet({"text": pyarrow.array(["Hello"])}), "parquet"),
        ("a.bin", as_arrow({"text": pyarrow.array(["Hello"])}), "arrow"),
        ("a.json", "Hello\n", "txt"),
        ("a.zip", zipped({"a.dat": b"text\nHello\n"}), "csv"),
    ],
)
def test_a_kind_may_be_said(write: Write, name: str, content: str | bytes, kind: str) -> None:
    path = write(name, content)
    assert texts(f"{kind}:{path}") == ["Hello"]
    assert named(f"x={kind}:{path}") == {"x": ["Hello"]}


def test_a_kind_is_no_part_of_a_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write("csv:a", "one\n").parent)
    assert named("csv:a") == {"csv:a": ["one"]}
    assert refusal("cvs:a") == "cvs:a: no such file or folder"
    for kind in ("parquet", "arrow"):
        assert refusal(f"{kind}:-") == f"{kind} cannot be read from standard input; name the file"


def test_one_table_may_be_several_corpora_by_its_columns(write: Write) -> None:
    folder = write("w/wide.tsv", "en\tde\nHello\tHallo\n").parent
    words = [f"{name}={folder / 'wide.tsv'}" for name in ("en", "de")]
    assert named(*words, field=["en=en", "de=de"], parallel=True) == {
        "en": ["Hello"],
        "de": ["Hallo"],
    }


def test_a_pipe_is_read_once_and_has_the_kind_that_is_said(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def feed() -> None:
        pipe.write_bytes(b'{"text": "Hello"}\n')

    def read(read_: Callable[[object], object], word: str) -> object:
        writer = threading.Thread(target=feed)
        writer.start()
        found = read_(word)
        writer.join()
        return found

    assert read(texts, f"jsonl:{pipe}") == ["Hello"]
    assert read(texts, f"txt:{pipe}") == ['{"text": "Hello"}']
    assert "pipe: it holds records of JSON; write jsonl:" in str(read(refusal, str(pipe)))
    assert "--field text has no effect: " in refusal(pipe, field=["text"])


def test_clusters_need_fields(write: Write) -> None:
    for name in ("a.txt", "a.parquet"):
        path = write(name, "x")
        assert refusal(path, cluster="who") == (
            f"{name}: --cluster needs the fields of .jsonl, .json, .csv or .tsv"
        )
    for name, content in (("a.json", '[{"text": "a", "who": 1}]'), ("a.tsv", "text\twho\na\t1\n")):
        (corpus,) = read_corpora([str(write(name, content))], cluster="who")
        assert texts(corpus.shards[0].path, cluster="who") == ["a"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.json", json.dumps({"version": "1.0", "truncation": None, "model": {}})),
        ("pretty.json", json.dumps({"version": "1.0", "truncation": None, "model": {}}, indent=1)),
        ("without-suffix", json.dumps({"version": "1.0", "truncation": None, "model": {}})),
        ("tekken.json", json.dumps({"config": {"pattern": "."}, "vocab": []})),
        ("ranks.tiktoken", "IQ== 0\nIg== 1\n"),
        ("my.model", b"\x0a\x0b"),
        ("my.gguf", b"GGUF\x03\0\0\0"),
    ],
)
def test_a_tokenizer_is_no_text(write: Write, name: str, content: str | bytes) -> None:
    path = write(name, content)
    told = (
        f"{name}: this is a tokenizer, not text; name it among the tokenizers, or write txt:{name}"
    )
    assert refusal(path) == f"{told} to read it as text"
    if isinstance(content, str):
        assert texts(f"txt:{path}") == content.splitlines()


def test_records_with_a_version_are_no_tokenizer(write: Write) -> None:
    path = write("a.json", json.dumps({"version": "1.0", "text": "one"}))
    assert texts(path) == ["one"]
