"""What a caller of the library gives: the same numbers whatever it is, or one clear line."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import tiktoken
import tokenizers

import tokscope
from tokscope import workers as workers_module
from tokscope.errors import TokscopeError
from tokscope.text import corpus
from tokscope.text.corpus import read, read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.given import load_all, load_one
from tokscope.tokenizers.sample import FOLDER
from tokscope.workers import local

TEXTS = [
    "Grüße, 世界!",
    "  two  spaces",
    "",
    "a\nb",
    "<|endoftext|> <s>",
    "c'est 12345 km\r",
    "\ufeffx",
]
BPE = str(FOLDER / "bpe.json")
UNIGRAM = str(FOLDER / "unigram.model")
PATTERN = r"\p{L}+|\p{N}+|\s+|[^\s\p{L}\p{N}]+"
RANKS = {bytes([i]): i for i in range(256)} | {b"th": 256, b"the": 257, "ü".encode(): 258}


def _huggingface(_: Path) -> tuple[object, str]:
    return tokenizers.Tokenizer.from_file(BPE), f"file:{BPE}"


def _tiktoken(folder: Path) -> tuple[object, str]:
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in RANKS.items())
    (folder / "r.tiktoken").write_text("".join(lines))
    (folder / "cut").write_text(PATTERN)
    (folder / "specials.json").write_text('{"<s>": 300}')
    word = f"{folder}/r.tiktoken?pattern-file={folder}/cut&specials={folder}/specials.json"
    made = tiktoken.Encoding(
        "mine", pat_str=PATTERN, mergeable_ranks=RANKS, special_tokens={"<s>": 300}
    )
    return made, f"tiktoken-file:{word}"


def _sentencepiece(_: Path) -> tuple[object, str]:
    return sentencepiece.SentencePieceProcessor(model_file=UNIGRAM), f"sp:{UNIGRAM}"


LIBRARIES = [_huggingface, _tiktoken, _sentencepiece]


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_object_of_a_library_is_its_file(library: Callable, tmp_path: Path) -> None:
    given, word = library(tmp_path)
    ours, theirs = load(word), load_one({"x": given})
    assert theirs.name == "x"
    assert theirs.fingerprint == ours.fingerprint
    assert theirs.components() == ours.components()
    for specials in (False, True):
        ids = [one.encode(TEXTS, specials=specials) for one in (ours, theirs)]
        assert ids[0].ids.tolist() == ids[1].ids.tolist()
        assert ids[0].starts.tolist() == ids[1].starts.tolist()
    rows = [tokscope.compare({"x": one}, {"en": TEXTS}).frame for one in (given, word)]
    assert rows[0].equals(rows[1])


def test_an_object_of_a_library_stays_as_it_is() -> None:
    given = tokenizers.Tokenizer.from_file(BPE)
    given.enable_padding(length=9)
    given.enable_truncation(4)
    before = given.to_str()
    assert load_one({"x": given}).encode(["a b c d e f"]).starts.tolist() == [0, 6]
    assert given.to_str() == before


def test_names_are_those_of_the_mapping_or_of_the_library() -> None:
    encoding = _tiktoken_of("mine")
    given = {"my own": "sample:bpe", "b": encoding, "c": load("bytes")}
    assert [one.name for one in load_all(given)] == ["my own", "b", "c"]
    assert load_all(["a=bytes", encoding])[1].name == "mine"
    processor = sentencepiece.SentencePieceProcessor(model_file=UNIGRAM)
    assert load_one(processor).name == "sentencepiece"
    assert load_one(Path(BPE)).name == "bpe"


def _tiktoken_of(name: str) -> tiktoken.Encoding:
    return tiktoken.Encoding(name, pat_str=PATTERN, mergeable_ranks=RANKS, special_tokens={})


def test_a_class_made_of_one_of_a_library_is_one_too() -> None:
    class Mine(sentencepiece.SentencePieceProcessor):
        pass

    assert load_one(Mine(model_file=UNIGRAM)).fingerprint == load("sample:unigram").fingerprint


def test_no_library_is_imported_to_look_at_an_object() -> None:
    code = """
import sys
from tokscope.tokenizers.given import load_all
try:
    load_all([object()])
except Exception as error:
    print(error)
print(sorted({"tokenizers", "tiktoken", "sentencepiece"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith("tokenizers[0]: an object of type object cannot")
    assert done.stdout.splitlines()[1] == "[]"


# Text


def _file(folder: Path, name: str, texts: list[str]) -> Path:
    path = folder / name
    path.write_bytes("".join(f"{text}\n" for text in texts).encode())
    return path


def test_strings_count_as_the_lines_of_a_file(tmp_path: Path) -> None:
    """Also the signature is the same, and so is what is skipped."""
    texts = {"en": ["one two", "", "three " * 9, "Grüße"], "de": ["eins", "zwei", "drei", "vier"]}
    paths = {name: _file(tmp_path, f"{name}.txt", own) for name, own in texts.items()}
    reports = [tokscope.compare(["bytes", "sample:bpe"], one) for one in (texts, paths)]
    reports.append(tokscope.compare(["bytes", "sample:bpe"], list(paths.values())))
    for report in reports[1:]:
        assert report.frame.equals(reports[0].frame)
        assert report.signature == reports[0].signature
        assert (report.notes, report.details) == (reports[0].notes, reports[0].details)
    assert "1 empty units were skipped" in reports[0].details


def test_strings_are_units_whatever_is_in_them() -> None:
    texts = ["a\nb", "c\r", "\ufeffd", "", "e"]
    (corpus,) = read_corpora({"x": texts}, parallel=True)
    (units,) = read(corpus.shards[0])
    assert list(units.texts) == texts
    others = [["a", "b", "c\r", "\ufeffd", "", "e"], ["a\nb", "c", "\ufeffd", "", "e"]]
    signatures = {tokscope.compare("bytes", {"x": own}).signature for own in (texts, *others)}
    assert len(signatures) == 3


def test_many_strings_come_in_several_batches() -> None:
    texts = ["abc " * 100_000, "d", "", "e" * 1_500_000, "f"]
    (corpus,) = read_corpora({"x": texts})
    batches = list(read(corpus.shards[0]))
    assert len(batches) > 1
    assert [text for units in batches for text in units.texts] == [
        "abc " * 100_000,
        "d",
        *texts[3:],
    ]
    assert [line for units in batches for line in units.lines] == [1, 2, 4, 5]
    sizes = [len(text) + 1 for text in texts]
    offsets = [int(at) for units in batches for at in units.offsets]
    assert offsets == [0, sizes[0], sum(sizes[:3]), sum(sizes[:4])]


def test_text_is_parallel_when_asked(tmp_path: Path) -> None:
    texts = {"en": ["one two", "x"], "de": ["eins zwei drei", "y"]}
    apart, parallel = (tokscope.compare("bytes", texts, parallel=p) for p in (False, True))
    assert "premium" not in set(apart.frame["measure"])
    frame = parallel.frame.query("measure == 'premium' and corpus == 'de'")
    assert frame["value"].tolist() == [15 / 8]
    again = tokscope.compare("bytes", read_corpora(texts), parallel=True)
    assert again.frame.equals(parallel.frame)
    with pytest.raises(TokscopeError, match="'en' has 2, 'de' has 1"):
        tokscope.compare("bytes", {"en": ["a", "b"], "de": ["c"]}, parallel=True)


def test_every_study_of_text_takes_strings() -> None:
    texts = {"en": ["the one and the other"] * 9, "de": ["der eine und der andere"] * 9}
    assert len(tokscope.worst_lines("bytes", texts, top=1, parallel=True).frame) == 1
    assert not tokscope.audit("bytes", texts).frame.empty
    assert set(tokscope.vocab("bytes", texts, lists={"l": ["der", "eine"]}).frame["by"]) >= {
        "language",
        "retention",
    }
    shares = tokscope.infer_mixture("sample:bpe", texts, merges=20).frame
    assert set(shares["corpus"]) == {"en", "de"}


def test_objects_and_strings_are_counted_here_though_there_are_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "PART", 1_000)
    monkeypatch.setattr(workers_module, "WORTH", 1)
    path = _file(tmp_path, "en.txt", ["one two three four five six"] * 400)
    given = tokenizers.Tokenizer.from_file(BPE)
    with local(2) as workers:
        for tokenizer, corpora in ((given, path), ("bytes", {"x": ["a"] * 9})):
            tokscope.compare({"x": tokenizer}, corpora, measures=["tokens"], workers=workers)
        assert workers.executor.pool is None  # type: ignore[union-attr]


def test_a_number_of_workers_is_refused_with_what_works() -> None:
    with pytest.raises(TokscopeError, match=r"workers: .* type int cannot be used; .*local\(4\)"):
        tokscope.compare("bytes", {"x": ["a"]}, workers=4)  # type: ignore[arg-type]


def _generator() -> Iterator[str]:
    yield "bytes"


class _Wrapped:
    backend_tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())


ENCODING = _tiktoken_of("mine")
TWICE = "two tokenizers would both be called 'mine'; give a mapping of names to them"
NO_TOKENIZERS: list[tuple[Any, str]] = [
    (None, "tokenizers: None cannot be used; give a word such as sample:bpe"),
    (7, "tokenizers: an object of type int cannot be used"),
    (b"bytes", "tokenizers: an object of type bytes cannot be used"),
    ([], "tokenizers: it is empty; give a word"),
    ({}, "tokenizers: it is empty; give a word"),
    ({"bytes"}, "tokenizers: an object of type set cannot be used; make a list of it; give a word"),
    ({"a": "bytes"}.values(), "an object of type dict_values cannot be used; make a list of it"),
    (_generator(), "type generator cannot be used; make a list of it; give a word"),
    (["bytes", 7], "tokenizers[1]: an object of type int cannot be used"),
    ([["bytes"]], "tokenizers[0]: an object of type list cannot be used"),
    ({"a": None}, "tokenizers['a']: None cannot be used"),
    ({"a": ["bytes"]}, "tokenizers['a']: an object of type list cannot be used"),
    ({7: "bytes"}, "tokenizers: 7 cannot be a name; give each a string"),
    ({"": "bytes"}, "tokenizers: '' cannot be a name"),
    ({"a\nb": "bytes"}, "its name cannot be shown"),
    ({"a\nb": ENCODING}, "its name cannot be shown"),
    (["bytes", "bytes"], "'bytes' and 'bytes' would both be called 'bytes'; write LABEL=bytes"),
    ([ENCODING, ENCODING], TWICE),
    ([ENCODING, "mine=bytes"], TWICE),
    (_Wrapped(), "an object of type _Wrapped cannot be used; give its backend_tokenizer"),
    ([_Wrapped()], "tokenizers[0]: an object of type _Wrapped cannot be used; give its backend"),
    (sentencepiece.SentencePieceProcessor(), "sentencepiece: no model is loaded into it"),
    (tokenizers.Tokenizer, "tokenizers: an object of type type cannot be used"),
    ("sample:bpee", "unknown sample tokenizer 'bpee'"),
]


@pytest.mark.parametrize(("given", "message"), NO_TOKENIZERS)
def test_what_is_no_tokenizer_is_one_line_that_names_the_argument(given: Any, message: str) -> None:
    texts = {"en": ["one"]}
    for study in (tokscope.numbers, tokscope.audit, lambda one: tokscope.compare(one, texts)):
        with pytest.raises(TokscopeError) as error:
            study(given)
        assert message in str(error.value)
        assert "\n" not in str(error.value)


def test_a_word_is_loaded_and_nothing_else() -> None:
    assert tokscope.load(Path(BPE)).fingerprint == load("sample:bpe").fingerprint
    with pytest.raises(TokscopeError, match=r"word: None cannot be used; give a word or a path"):
        tokscope.load(None)  # type: ignore[arg-type]


def test_a_part_in_python_has_no_file() -> None:
    class Cut:
        def pre_tokenize(self, text: Any) -> None:
            pass

    given = tokenizers.Tokenizer(tokenizers.models.BPE())
    given.pre_tokenizer = tokenizers.pre_tokenizers.PreTokenizer.custom(Cut())
    with pytest.raises(TokscopeError, match=r"^x: not a tokenizer that a tokenizer\.json can hold"):
        load_one({"x": given})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["bytes", "characters"], "tokenizer: 2 tokenizers cannot be used; give one"),
        (None, "tokenizer: None cannot be used"),
        (3, "tokenizer: an object of type int cannot be used"),
    ],
)
def test_one_tokenizer_is_one(given: Any, message: str) -> None:
    with pytest.raises(TokscopeError) as error:
        tokscope.infer_mixture(given, {"a": ["b"], "c": ["d"]})
    assert message in str(error.value)


NO_CORPORA: list[tuple[Any, str]] = [
    (7, "corpora: an object of type int cannot be used; give a path"),
    (b"text", "corpora: an object of type bytes cannot be used"),
    ([], "corpora: it is empty; give a path, a list of paths, or a mapping"),
    ({}, "corpora: it is empty"),
    (_generator(), "corpora: an object of type generator cannot be used; make a list of it"),
    ([7], "corpora[0]: an object of type int cannot be used"),
    ([["a text"]], "corpora[0]: an object of type list cannot be used"),
    ({"en": 7}, "corpora['en']: an object of type int cannot be used; give a path or a list"),
    ({"en": None}, "corpora['en']: None cannot be used"),
    ({"en": b"x"}, "corpora['en']: an object of type bytes cannot be used"),
    ({"en": ["a", 7]}, "corpora['en'][1]: an object of type int cannot be used; give a string"),
    ({"en": ["a", None]}, "corpora['en'][1]: None cannot be used"),
    ({"en": {"a": 1}}, "corpora['en']: an object of type dict cannot be used"),
    ({"en": _generator()}, "corpora['en']: an object of type generator cannot be used; make a"),
    ({"en": []}, "corpora['en']: no text in it; corpus 'en' has nothing to count"),
    ({"en": ["a", "\ud800"]}, "corpora['en']:2: not valid Unicode"),
    ({7: ["a"]}, "corpora: 7 cannot be a name"),
    ({"a\nb": ["a"]}, "its name cannot be shown"),
    ({"all": ["a"]}, "'all' stands for all corpora together"),
    ("no/such/file.txt", "no/such/file.txt: no such file or folder"),
    ({"en": "no/such/file.txt"}, "no/such/file.txt: no such file or folder"),
    ([*read_corpora("sample:en"), *read_corpora("sample:en")], "two corpora are named 'en'"),
]


@pytest.mark.parametrize(("given", "message"), NO_CORPORA)
def test_what_is_no_text_is_one_line_that_names_the_argument(given: Any, message: str) -> None:
    for study in (tokscope.compare, tokscope.audit):
        with pytest.raises(TokscopeError) as error:
            study("bytes", given)
        assert message in str(error.value)
        assert "\n" not in str(error.value)


def test_strings_have_neither_fields_nor_clusters() -> None:
    with pytest.raises(TokscopeError, match="strings have no field 'author' to tell clusters by"):
        read_corpora({"en": ["a"]}, cluster="author")
    with pytest.raises(TokscopeError, match="--field body has no effect"):
        read_corpora({"en": ["a"]}, field="body")
