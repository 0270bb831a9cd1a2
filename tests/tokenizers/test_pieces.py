"""SentencePiece models in repositories: the ids, normalisation and cuts of their classes."""

import io
from functools import cache
from pathlib import Path

import pytest
import sentencepiece

from tests.tokenizers.repositories import (
    NORMAL,
    TEXTS,
    UNKNOWN,
    bpe_file,
    pieces_file,
    repository,
    transformers_ids,
    unigram_file,
)
from tokscope.errors import TokscopeError
from tokscope.tokenizers import load
from tokscope.tokenizers.pieces import CLASSES
from tokscope.tokenizers.sentencepiece_model import charsmap_of


@cache
def nfkc() -> bytes:
    """SentencePiece's own table of replacements."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world"] * 3),
        model_writer=model,
        model_type="char",
        normalization_rule_name="nmt_nfkc",
        vocab_size=99,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return charsmap_of(model.getvalue())


SPIECE, FAIRSEQ = "spiece.model", "sentencepiece.bpe.model"
T5 = ("<pad>", "</s>", "<unk>")
BERT = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")
OWN = ("<unk>", "<s>", "</s>")
# class -> the name of its file, the special tokens of a model of its, the ids of "hello world"
KINDS = {
    "T5": (SPIECE, T5, [3, 6]),
    "Albert": (SPIECE, BERT, [5, 8]),
    "XLNet": (SPIECE, OWN, [3, 6]),
    "BigBird": (SPIECE, OWN, [3, 6]),
    "Pegasus": (SPIECE, T5, [106, 109]),
    "Reformer": (SPIECE, OWN, [7, 12]),
    "DebertaV2": ("spm.model", ("[PAD]", "[CLS]", "[SEP]", "[UNK]"), [4, 7]),
    "RemBert": ("sentencepiece.model", ("<pad>", "</s>", "<unk>"), [3, 6]),
    "Udop": (SPIECE, T5, [3, 6]),
    "XLMRoberta": (FAIRSEQ, OWN, [4, 7]),
    "LayoutXLM": (FAIRSEQ, OWN, [4, 7]),
    "Camembert": (FAIRSEQ, OWN, [7, 10]),
    "Barthez": (FAIRSEQ, ("<s>", "<pad>", "</s>", "<unk>"), [4, 7]),
    "MBart": (FAIRSEQ, OWN, [4, 7]),
    "MBart50": (FAIRSEQ, OWN, [4, 7]),
    "Nllb": (FAIRSEQ, OWN, [8, 13]),
    "SeamlessM4T": (FAIRSEQ, OWN, [8, 13]),
    "XGLM": (FAIRSEQ, OWN, [4, 7]),
    "PLBart": (FAIRSEQ, OWN, [4, 7]),
}
BPE = ("Reformer", "Nllb", "SeamlessM4T")


def folder_of(kind: str, folder: Path, *, mapped: bool = True, **settings: object) -> Path:
    name, specials, _ = KINDS[kind]
    charsmap = nfkc() if mapped else b""
    file = bpe_file(*specials) if kind in BPE else unigram_file(*specials, charsmap=charsmap)
    return repository(folder, {name: file}, kind, **settings)


def test_ids_are_those_of_a_class_that_transformers_has_no_more(tmp_path: Path) -> None:
    """XGLM's class reads no SentencePiece model in transformers 5; its converter was followed."""
    tokenizer = load(str(folder_of("XGLM", tmp_path)))
    assert tokenizer.encode(["hello world"]).ids.tolist() == KINDS["XGLM"][2]


def test_every_class_is_tested() -> None:
    assert {*CLASSES, "PLBart"} == set(KINDS)


KNOWN = [kind for kind in KINDS if kind != "XGLM"]


@pytest.mark.parametrize(
    ("kind", "mapped"),
    [*((kind, True) for kind in KNOWN), *((kind, False) for kind in KNOWN if kind not in BPE)],
)
def test_ids_are_those_of_transformers(kind: str, mapped: bool, tmp_path: Path) -> None:
    pytest.importorskip("google.protobuf")
    folder = folder_of(kind, tmp_path, mapped=mapped)
    ids, tokenizer = transformers_ids(folder, kind), load(f"file:{folder}")
    assert ids("hello world") == KINDS[kind][2]
    for text in TEXTS:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Albert", {"do_lower_case": False, "keep_accents": True}),
        ("RemBert", {"do_lower_case": True, "keep_accents": False}),
        ("XLNet", {"do_lower_case": True, "keep_accents": True}),
        ("DebertaV2", {"do_lower_case": True, "split_by_punct": True}),
        ("T5", {"extra_ids": 3}),
        ("Pegasus", {"offset": 5}),
        ("XLMRoberta", {"mask_token": "[M]", "pad_token": "[P]"}),
    ],
)
def test_settings_count(kind: str, settings: dict[str, object], tmp_path: Path) -> None:
    pytest.importorskip("google.protobuf")
    folder = folder_of(kind, tmp_path, **settings)
    ids, tokenizer = transformers_ids(folder, kind), load(f"file:{folder}")
    for text in TEXTS:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text
    bare = load(f"file:{folder_of(kind, tmp_path / 'bare')}")
    assert tokenizer.fingerprint != bare.fingerprint


SPECIALS = {
    "XLMRoberta": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "Camembert": {"<pad>": 1, "<unk>": 3, "<s>": 5, "</s>": 6},
    "MBart": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "ar_AR": 41, "zh_CN": 65, "<mask>": 66},
    "T5": {"<pad>": 0, "</s>": 1, "<unk>": 2, "<extra_id_99>": 40, "<extra_id_0>": 139},
}


@pytest.mark.parametrize("kind", SPECIALS)
def test_special_tokens_stand_where_the_class_puts_them(kind: str, tmp_path: Path) -> None:
    specials = load(f"file:{folder_of(kind, tmp_path)}").vocabulary.specials
    assert SPECIALS[kind].items() <= dict(specials).items()


def test_the_path_says_whose_ids_they_are(tmp_path: Path) -> None:
    tokenizer = load(f"file:{folder_of('Nllb', tmp_path)}")
    assert "ids, normalisation and cuts of transformers' NllbTokenizer" in tokenizer.path


def test_a_model_type_names_the_class_too(tmp_path: Path) -> None:
    files = {FAIRSEQ: unigram_file(*OWN), "config.json": {"model_type": "xlm-roberta"}}
    tokenizer = load(f"file:{repository(tmp_path, files)}")
    assert tokenizer.encode(["hello world"]).ids.tolist() == [4, 7]


def test_without_a_class_a_model_has_its_own_ids(tmp_path: Path) -> None:
    tokenizer = load(f"file:{repository(tmp_path, {SPIECE: unigram_file(*OWN)})}")
    assert tokenizer.encode(["hello world"]).ids.tolist() == [3, 6]
    assert tokenizer.path == "SentencePiece; assumed: ids are the model's own"


def test_fairseqs_name_without_a_class_is_refused(tmp_path: Path) -> None:
    folder = repository(tmp_path, {FAIRSEQ: unigram_file(*OWN)})
    with pytest.raises(TokscopeError, match=r"its ids depend on the class, and neither") as error:
        load(f"file:{folder}")
    assert "sp:" in str(error.value)
    assert "Nllb" in str(error.value)


@pytest.mark.parametrize("kind", ["Cpm", "GPTSw3", "Mine"])
def test_a_class_that_is_not_known_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    folder = repository(tmp_path, {SPIECE: unigram_file(*OWN)}, kind)
    with pytest.raises(TokscopeError, match=f"how {kind}Tokenizer numbers its pieces is not known"):
        load(f"file:{folder}")


@pytest.mark.parametrize("value", ["many", -1, 10**12, None])
def test_a_number_of_sentinels_that_is_none_is_one_line(value: object, tmp_path: Path) -> None:
    folder = folder_of("T5", tmp_path, extra_ids=value)
    if value is None:  # as if it were not there
        assert len(load(f"file:{folder}").vocabulary) == 140
        return
    with pytest.raises(TokscopeError, match=r"extra_ids is .*, which is not a number of tokens"):
        load(f"file:{folder}")


BROKEN = {
    "not a SentencePiece model": ({SPIECE: b"hello"}, "T5"),
    "not JSON that can be read": ({SPIECE: unigram_file(*OWN), "config.json": "{"}, ""),
    "not an object of settings": ({SPIECE: unigram_file(*OWN), "config.json": "[]"}, ""),
    "does not fit its class, BarthezTokenizer": (
        {FAIRSEQ: pieces_file([("<unk>", 0.0, UNKNOWN), ("a", -1.0, NORMAL)], "unigram")},
        "Barthez",
    ),
}


@pytest.mark.parametrize("message", BROKEN)
def test_what_is_broken_is_one_line(message: str, tmp_path: Path) -> None:
    files, kind = BROKEN[message]
    with pytest.raises(TokscopeError) as error:
        load(f"file:{repository(tmp_path, files, kind)}")
    assert message in str(error.value)


@pytest.mark.parametrize("kind", ["XLMRoberta", "DebertaV2", "T5", "MBart"])
@pytest.mark.parametrize("value", [True, False])
def test_a_space_before_text_is_put_where_the_class_takes_it(
    kind: str, value: bool, tmp_path: Path
) -> None:
    folder = folder_of(kind, tmp_path, add_prefix_space=value)
    tokenizer = load(f"file:{folder}")
    ignored = kind in ("T5", "MBart")
    assert ("add_prefix_space has no effect on its steps" in tokenizer.path) == ignored
    pytest.importorskip("google.protobuf")
    ids = transformers_ids(folder, kind)
    for text in TEXTS:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text


def test_added_tokens_follow_the_last_id(tmp_path: Path) -> None:
    folder = folder_of("XLMRoberta", tmp_path)
    size = load(f"file:{folder}").vocabulary.size
    repository(folder, {"added_tokens.json": {"covid": size}})
    tokenizer = load(f"file:{folder}")
    assert tokenizer.encode(["hello covid"]).ids.tolist()[-1] == size
