"""SentencePiece pieces with a table of ids beside them, and vocabularies of residues."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tokenizers.families import byte_level, rank_file, tekken_file
from tests.tokenizers.repositories import (
    TEXTS,
    bpe_file,
    repository,
    transformers_ids,
    unigram_file,
)
from tokscope.errors import TokscopeError
from tokscope.tokenizers import load
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.folder import wanted
from tokscope.tokenizers.hub import cached_repositories
from tokscope.tokenizers.pipeline import pipeline_of

Write = Callable[[str, str | bytes], Path]
OWN, T5 = ("<unk>", "<s>", "</s>"), ("<pad>", "</s>", "<unk>")
# The source's pieces without one, a language's code, and a piece of the target's.
TABLE = [
    "</s>",
    "<unk>",
    ">>fra<<",
    "▁world",
    "▁hello",
    "▁he",
    "llo",
    "▁",
    "h",
    "▁bonjour",
    "<pad>",
]
IDS = {piece: i for i, piece in enumerate(TABLE)}
MARIAN = {
    "source.spm": unigram_file(*OWN),
    "target.spm": unigram_file(*OWN),
    "vocab.json": IDS,
}
M2M = {
    "sentencepiece.bpe.model": bpe_file(*OWN),
    "vocab.json": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "▁hello": 4, "▁wor": 5, "ld": 6},
}
CODED = [">>fra<< hello", ">>deu<<hello", "hello >>fra<<", ">>", ">>fra", ">>fra<<"]


def test_marian_numbers_pieces_by_its_table(tmp_path: Path) -> None:
    tokenizer = load(str(repository(tmp_path, MARIAN, "Marian")))
    assert tokenizer.encode(["hello world", ">>fra<< hello", ">>deu<< hello"]).ids.tolist() == [
        4, 3, 2, 4, 1, 4,
    ]  # fmt: skip
    assert dict(tokenizer.vocabulary.specials) == {
        "</s>": 0, "<unk>": 1, ">>fra<<": 2, "<pad>": 10,
    }  # fmt: skip
    assert tokenizer.vocabulary[9] == b" bonjour"
    assert tokenizer.decode([4, 3]) == "hello world"
    assert tokenizer.boundaries(">>fra<< hello").tolist() == [7, 13]


@pytest.mark.parametrize(
    ("kind", "files"), [("Marian", MARIAN), ("M2M100", M2M), ("Speech2Text", M2M)]
)
def test_ids_are_those_of_transformers(kind: str, files: dict[str, object], tmp_path: Path) -> None:
    folder = repository(tmp_path, files, kind)
    ids, tokenizer = transformers_ids(folder, kind), load(f"file:{folder}")
    for text in [*TEXTS, *CODED]:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text
        assert len(tokenizer.boundaries(text)) == len(ids(text))


def test_languages_stand_behind_the_table_of_m2m100(tmp_path: Path) -> None:
    tokenizer = load(f"file:{repository(tmp_path, M2M, 'M2M100')}")
    specials = tokenizer.vocabulary.specials
    assert (specials["__af__"], specials["__en__"], specials["__zu__"]) == (7, 7 + 18, 7 + 99)
    other = load(f"file:{repository(tmp_path, M2M, 'M2M100', language_codes='wmt21')}")
    assert other.vocabulary.specials["__de__"] == 7 + 7


def test_merges_of_a_mapped_model_can_be_replayed(tmp_path: Path) -> None:
    assert b"he" in pipeline_of(load(f"file:{repository(tmp_path, M2M, 'M2M100')}")).merges.tokens
    with pytest.raises(TokscopeError, match="merges nothing"):
        pipeline_of(load(f"file:{repository(tmp_path / 'm', MARIAN, 'Marian')}"))


def test_the_table_counts_for_the_fingerprint(tmp_path: Path) -> None:
    one = load(f"file:{repository(tmp_path / 'a', MARIAN, 'Marian')}")
    moved = {**MARIAN, "vocab.json": {**IDS, "▁he": 6, "llo": 5}}
    other = load(f"file:{repository(tmp_path / 'b', moved, 'Marian')}")
    assert one.fingerprint != other.fingerprint
    same = [name for name, part in one.components().items() if other.components()[name] == part]
    assert sorted(same) == [
        "beside",
        "kinds",
        "model",
        "normalizer",
        "special_tokens",
        "trainer",
        "vocabulary",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"▁hello": 0}, "it has no id for <unk>"),
        ("[]", "not an object of tokens and their ids"),
        ({"<unk>": -1}, "ids up to -1, or below 0"),
        ({"<unk>": 10**9}, "1 tokens, but ids up to 1000000000"),
    ],
)
def test_a_table_that_cannot_be_is_one_line(table: object, message: str, tmp_path: Path) -> None:
    folder = repository(tmp_path, {**MARIAN, "vocab.json": table}, "Marian")
    with pytest.raises(TokscopeError) as error:
        load(f"file:{folder}")
    assert message in str(error.value)


def test_half_of_marian_says_what_it_lacks(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"source.spm": MARIAN["source.spm"]})
    with pytest.raises(TokscopeError, match=r"source\.spm makes no tokenizer without vocab\.json"):
        load(f"file:{folder}")


# Residues

ESM = [
    *("<cls>", "<pad>", "<eos>", "<unk>"),
    *"LAGVSERTIDPKQNFYMHWCXBUZO.-",
    *("<null_1>", "<mask>"),
]
RNA = ["<pad>", "<cls>", "<eos>", "<unk>", "<mask>", "<null>", *"ACGUNRYSWKMBDHV.*-I"]
KMERS = [
    "<unk>",
    "<pad>",
    "<mask>",
    "<cls>",
    *map("".join, itertools.product("ATCG", repeat=3)),
    *"ATCGN",
]
PROTEINS = [
    "MKTAYIAK",
    "MK TA\nY",
    "mkt",
    "M-K.A<null_1>C",
    "J",
    "MßK x",
    "",
    " ",
    "M\x1cK",
    "MJJK",
]


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        (ESM, PROTEINS),
        (RNA, ["ACGUACGU", "acgu", "ACTG", "A C\tG", "<null>A", "NI-."]),
        (KMERS, ["ATTACAGATTACA", "ATNCG", "AT", "attac", "ATTXACAG", "NN ATC"]),
    ],
    ids=["proteins", "RNA", "k-mers"],
)
def test_residues_are_cut_as_transformers_does(
    tokens: list[str], texts: list[str], write: Write
) -> None:
    """Its class looks for all tokens when special ones are not text; these texts hold none."""
    path = write("esm/vocab.txt", "\n".join(tokens) + "\n")
    tokenizer = load(str(path))
    assert load(str(path.parent)).fingerprint == tokenizer.fingerprint
    transformers = pytest.importorskip("transformers")
    oracle = transformers.EsmTokenizer(str(path))
    for text in texts:
        ids = oracle.convert_tokens_to_ids(oracle.tokenize(text))
        assert tokenizer.encode([text]).ids.tolist() == ids, text


def test_ids_of_residues(write: Write) -> None:
    tokenizer = load(str(write("esm/vocab.txt", "\n".join(ESM))))
    assert tokenizer.encode(["MKx yA"]).ids.tolist() == [20, 15, 3, 3, 5]
    assert tokenizer.boundaries("MKTA").tolist() == [1, 2, 3, 4]
    assert tokenizer.vocabulary.unknown == 3
    assert "transformers' EsmTokenizer" in tokenizer.path
    in_order = "|".join(piece for piece in ESM if piece.isalpha())  # the same in every process
    assert in_order in tokenizer.components()["pre_tokenizer"]


def test_text_that_looks_like_a_special_residue_is_text(write: Write) -> None:
    tokenizer = load(str(write("esm/vocab.txt", "\n".join(ESM))))
    assert tokenizer.encode(["<cls>M<mask>"]).ids.tolist() == [3, 3, 20, 3, 3]
    assert tokenizer.encode(["<cls>M<mask>"], specials=True).ids.tolist() == [0, 20, 32]


@pytest.mark.parametrize("lines", [["<unk>", "A", "A"], ["<unk>", "", "A"]])
def test_residues_that_are_no_vocabulary(lines: list[str], write: Write) -> None:
    with pytest.raises(TokscopeError, match="a line is empty or listed twice"):
        load(str(write("vocab.txt", "\n".join(lines))))


def test_the_class_of_residues_may_be_named_or_is_refused(tmp_path: Path) -> None:
    files = {"vocab.txt": "\n".join(RNA)}
    one = load(f"file:{repository(tmp_path / 'a', files, 'Esm')}")
    assert one.encode(["ACGU"]).ids.tolist() == [6, 7, 8, 9]
    with pytest.raises(TokscopeError, match="how RnaTokenizer cuts text is not known here"):
        load(f"file:{repository(tmp_path / 'b', files, 'Rna')}")


def test_words_are_no_residues(write: Write) -> None:
    lines = ["<unk>", "a", "immunoglobulin"]
    with pytest.raises(TokscopeError, match="not a WordPiece vocabulary"):
        load(str(write("vocab.txt", "\n".join(lines))))


# Other names of known files


def test_gpt2s_own_names_are_those_of_its_parts(tmp_path: Path) -> None:
    data = json.loads(byte_level().to_str())["model"]
    merges = "\n".join(["#version: 0.2", *map(" ".join, data["merges"]), ""])
    parts = {"vocab.json": data["vocab"], "merges.txt": merges}
    own = {"encoder.json": data["vocab"], "vocab.bpe": merges}
    one = load(f"file:{repository(tmp_path / 'a', parts)}")
    other = load(f"file:{repository(tmp_path / 'b', own)}")
    assert one.fingerprint == other.fingerprint
    assert load(str(tmp_path / "b/encoder.json")).fingerprint == one.fingerprint
    with pytest.raises(TokscopeError, match=r"without vocab\.bpe beside it"):
        load(str(repository(tmp_path / "c", {"encoder.json": data["vocab"]}) / "encoder.json"))
    assert len(load(str(tmp_path / "b/vocab.bpe")).vocabulary) == 256 + len(data["merges"])


@pytest.mark.parametrize("lacking", [range(0xF5, 0x100), [0xC0, 0xC1, *range(0xF5, 0x100)], [0x41]])
def test_bytes_that_no_text_holds_may_lack(lacking: list[int], tmp_path: Path) -> None:
    whole = json.loads(byte_level().to_str())["model"]
    chars = {chr(code) for code, byte in byte_alphabet().items() if byte in lacking}
    kept = [token for token in whole["vocab"] if not chars & set(token)]
    merges = ["#version: 0.2", *(" ".join(m) for m in whole["merges"] if "".join(m) in kept), ""]
    files = {"vocab.json": {t: i for i, t in enumerate(kept)}, "merges.txt": "\n".join(merges)}
    folder = repository(tmp_path, files)
    if 0x41 in lacking:
        with pytest.raises(TokscopeError, match="1 single bytes have no token"):
            load(f"file:{folder}")
        return
    ids, tokenizer = transformers_ids(folder, "GPT2"), load(f"file:{folder}")
    for text in [*TEXTS, "\U0010ffff", "\x7f\x80"]:
        assert tokenizer.encode([text]).ids.tolist() == ids(text)
        assert tokenizer.decode(ids(text)) == text
    assert tokenizer.path.startswith("tiktoken's core")


@pytest.mark.parametrize("name", ["tekken.json", "tokenizer.model.v3", "tokenizer.model.v7m1"])
def test_files_that_stand_for_a_whole_tokenizer(name: str, tmp_path: Path) -> None:
    content = tekken_file() if name == "tekken.json" else bpe_file(*OWN)
    folder = repository(tmp_path / "own", {name: content, "tokenizer.model.v1": bpe_file(*T5)})
    kind = "tekken" if name == "tekken.json" else "sp"
    assert load(f"file:{folder}").fingerprint == load(f"{kind}:{folder / name}").fingerprint
    assert load(f"file:{folder}").name == "own"


def test_a_rank_file_in_a_folder_is_known_by_content_or_refused(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"qwen.tiktoken": rank_file()})
    with pytest.raises(TokscopeError, match=r"qwen\.tiktoken.*\?pattern="):
        load(f"file:{folder}")
    repository(tmp_path, {"other.tiktoken": rank_file()})
    with pytest.raises(TokscopeError, match=r"several rank files \(other\.tiktoken, qwen"):
        load(f"file:{folder}")


def test_cached_repositories_of_every_kind_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    kinds: dict[str, dict[str, object]] = {
        "t5": {"spiece.model": unigram_file(*OWN)},
        "marian": dict(MARIAN),
        "half": {"source.spm": unigram_file(*OWN)},
        "weights": {"config.json": {}},
    }
    for name, files in kinds.items():
        home = tmp_path / f"models--org--{name}"
        repository(home / "snapshots" / "abc", files)
        repository(home / "refs", {"main": "abc"})
    assert cached_repositories(wanted) == ["org/marian", "org/t5"]
    assert load("hf:org/marian").encode(["hello world"]).ids.tolist() == [4, 3]
    assert load("hf:org/t5").name == "t5"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(TokscopeError) as error:
        load("hf:org/half")
    assert "hf:org/half is cached without a tokenizer of a known kind (source.spm)" in str(
        error.value
    )
    assert "which would be one of tokenizer.json, tekken.json" in str(error.value)


def test_files_in_folders_of_a_repository_are_not_its_tokenizer() -> None:
    assert wanted(["assets/ranks.tiktoken", "README.md"]) == []
    assert wanted(["additional_chat_templates/../../x.jinja", "vocab.txt"]) == ["vocab.txt"]
    templates = ["additional_chat_templates/tool.jinja"]
    assert wanted(["vocab.txt", *templates]) == ["vocab.txt", *templates]


def test_a_vocabulary_that_knows_a_tag_does_not_mark_ends_of_words(tmp_path: Path) -> None:
    data = json.loads(byte_level().to_str())["model"]
    merges = "\n".join(["#version: 0.2", *map(" ".join, data["merges"]), ""])
    files = {"vocab.json": {**data["vocab"], "</w>": len(data["vocab"])}, "merges.txt": merges}
    tokenizer = load(f"file:{repository(tmp_path, files)}")
    assert tokenizer.decode(tokenizer.encode(["a</w> b"]).ids.tolist()) == "a</w> b"
