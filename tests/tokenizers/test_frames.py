"""What a model gets around a text: as transformers' classes put it there, and llama.cpp.

Compared with AutoTokenizer of transformers 5 on folders made here, where it is installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tests.gate.planted import taken
from tests.tokenizers.families import (
    BOOL,
    UINT32,
    byte_level,
    byte_level_gguf,
    gguf_file,
    model_file,
    scored_gguf,
    sentencepiece_style,
    tekken_file,
    wordpiece_gguf,
)
from tests.tokenizers.repositories import bpe_file, repository, unigram_file
from tests.tokenizers.test_mapped import M2M, MARIAN, OWN
from tests.tokenizers.test_pieces import BPE, KINDS
from tests.tokenizers.test_suffixed import REPOSITORIES, SETTINGS
from tokscope.errors import TokscopeError
from tokscope.gate.judge import Case, judged
from tokscope.gate.settings import read as settings_of
from tokscope.gate.wanted import Wanted
from tokscope.studies.inspect import inspect
from tokscope.tokenizers import load
from tokscope.tokenizers.families import BERT, BYTE_LEVEL, FLAGGED

Json = dict[str, Any]
SPECIALS = [
    "<|endoftext|>",
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
    "<mask>",
    "[CLS]",
    "[SEP]",
    "[PAD]",
    "[UNK]",
    "[MASK]",
    "<cls>",
    "<sep>",
    "<|startoftext|>",
    "<|padding|>",
    "<|startoftranscript|>",
    "<|notimestamps|>",
    "<|de|>",
    "<|translate|>",
    "[QUESTION]",
    ".",
    "<bos>",
    "<eos>",
]
FLAGS: list[Json] = [
    {},
    {"add_bos_token": True},
    {"add_bos_token": False},
    {"add_eos_token": True},
    {"add_bos_token": True, "add_eos_token": True},
]
OTHER = processors.TemplateProcessing(single="X X $A", pair="$A $B", special_tokens=[("X", 5)])


@cache
def bytewise() -> Tokenizer:
    made = byte_level()
    made.add_special_tokens(SPECIALS)
    return made


def lines() -> str:
    return "\n".join([*SPECIALS, "hello", "world"]) + "\n"


def words() -> Tokenizer:
    table = {word: i for i, word in enumerate(lines().split())}
    made = Tokenizer(models.WordPiece(table, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(SPECIALS)
    return made


def scored() -> Tokenizer:
    made = sentencepiece_style()
    made.add_special_tokens(["<s>", "</s>", "<bos>", "<eos>", "<pad>", "<mask>", "<unk>"])
    return made


@cache
def two_files() -> Json:
    model = json.loads(bytewise().to_str())["model"]
    vocabulary = dict(model["vocab"])
    for text in SPECIALS:
        vocabulary.setdefault(text, len(vocabulary))
    merges = "".join(" ".join(merge) + "\n" for merge in model["merges"])
    return {"vocab.json": vocabulary, "merges.txt": merges}


def pieces(kind: str) -> Json:
    name, specials, _ = KINDS[kind]
    return {name: (bpe_file if kind in BPE else unigram_file)(*specials)}


MORE = {
    "Esm": {"vocab.txt": "<cls>\n<pad>\n<eos>\n<unk>\nL\nA\n<mask>\n"},
    "M2M100": M2M,
    "Marian": MARIAN,
    "Speech2Text": M2M,
    "SpeechT5": {"spm_char.model": unigram_file(*OWN)},
    **{kind: {"tokenizer.model": model_file("bpe")} for kind in ("Llama", "CodeLlama")},
    "Gemma": {"tokenizer.model": bpe_file("<pad>", "<eos>", "<bos>", "<unk>")},
    "BertGeneration": {"spiece.model": model_file("bpe")},
}


def parts(kind: str) -> Json:
    """The files of a class, without a tokenizer.json."""
    if kind in MORE:
        return MORE[kind]
    if kind in KINDS:
        return pieces(kind)
    if kind in REPOSITORIES:
        return REPOSITORIES[kind]
    return {"vocab.txt": lines()} if kind in BERT else two_files()


PARTS = sorted({*BERT, *BYTE_LEVEL, *KINDS, *REPOSITORIES, *MORE, "Qwen2"})
BEFORE = ("Albert", "Camembert", "DebertaV2", "MBart", "Pegasus", "T5", "XLMRoberta", "XLNet")
WHOLE = sorted({*BERT, *BYTE_LEVEL, *BEFORE, "CodeLlama", "Gemma", "Llama", "PreTrained", "Qwen2"})
# What transformers 5 cannot load, or reads with boxes around words alone.
GONE = {"Realm", "RetriBert", "SpeechT5"}
BOXES = {"LayoutLMv2", "LayoutLMv3", "LayoutXLM", "MarkupLM", "Udop"}
# Codes of languages that these models lack, so that transformers puts the unknown token there.
LACKING = {"Nllb", "SeamlessM4T"}


def whole(kind: str, path: Path) -> Tokenizer:
    if kind in BYTE_LEVEL or kind in ("Qwen2", "PreTrained"):
        return bytewise()
    if kind in BERT:
        return words()
    if kind in BEFORE:
        made = load(str(repository(path, pieces(kind), kind)))
        return made.library  # type: ignore[attr-defined]
    return scored()


def folders(kind: str, path: Path) -> Iterator[Path]:
    """Folders of a class, with every flag and no post-processor, or with one and some flags."""
    if kind in PARTS:
        flags = FLAGS if kind in FLAGGED or kind in ("Roberta", "T5") else [{}]
        files = parts(kind)
        for i, chosen in enumerate(flags):
            settings = {**SETTINGS.get(kind, {}), **chosen}
            yield repository(path / f"parts{i}", files, kind, **settings)
    if kind in WHOLE:
        flags = FLAGS if kind in FLAGGED or kind == "Bert" else [{}]
        data = json.loads(whole(kind, path / "of").to_str())
        without = flags if len(flags) > 1 or kind not in PARTS else []  # as its parts are
        some = [*product([None], without), *product([OTHER], flags[::2])]
        for i, (own, chosen) in enumerate(some):
            data["post_processor"] = own and json.loads(own.__getstate__())
            yield repository(path / f"whole{i}", {"tokenizer.json": data}, kind, **chosen)


def around(path: Path | str) -> tuple[list[int], list[int]]:
    """The ids that a model gets before a text and behind it."""
    made = load(str(path))
    text = made.encode(["hello world"]).ids.tolist()
    fed, empty = (made.model_input([text]).ids.tolist() for text in ("hello world", ""))
    return split(fed, text, empty)


def split(fed: list[int], text: list[int], empty: list[int]) -> tuple[list[int], list[int]]:
    size = len(text)
    return next(
        (fed[:at], fed[at + size :])
        for at in range(len(fed) - size + 1)
        if fed[at : at + size] == text and fed[:at] + fed[at + size :] == empty
    )


def oracle(path: Path) -> tuple[list[int], list[int]]:
    """The same, by AutoTokenizer."""
    transformers = pytest.importorskip("transformers", "5")
    made = transformers.AutoTokenizer.from_pretrained(str(path), local_files_only=True)
    return split(
        made("hello world").input_ids,
        made("hello world", add_special_tokens=False).input_ids,
        made("").input_ids,
    )


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.deep
@pytest.mark.parametrize("kind", sorted({*PARTS, *WHOLE} - GONE - BOXES - LACKING))
def test_special_tokens_around_text_are_those_of_transformers(kind: str, tmp_path: Path) -> None:
    if kind in ("XLM", "Flaubert", "FSMT", "BioGpt"):
        pytest.importorskip("sacremoses")
    for made in folders(kind, tmp_path):
        assert around(made) == oracle(made), made.name


@pytest.mark.parametrize("kind", ["", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("flags", FLAGS)
def test_without_a_class_flags_are_heeded_as_by_transformers(
    kind: str, flags: Json, tmp_path: Path
) -> None:
    config = {**flags, **({"tokenizer_class": kind} if kind else {})}
    made = repository(tmp_path, {**parts("Llama"), "tokenizer_config.json": config})
    assert around(made) == oracle(made)


def post_processor(path: Path | str) -> str:
    facts = inspect([str(path)]).frame.set_index("property")["value"]
    return str(facts["post-processor"])


# class -> settings, what is said to be around its parts
TOLD: list[tuple[str, Json, str]] = [
    ("Bert", {}, "[CLS] TEXT [SEP], as BertTokenizer does"),
    ("Bert", {"cls_token": "<cls>"}, "<cls> TEXT [SEP], as BertTokenizer does"),
    ("Realm", {}, "[CLS] TEXT [SEP], as RealmTokenizer does"),
    ("Roberta", {}, "<s> TEXT </s>, as RobertaTokenizer does"),
    ("LayoutLMv3", {}, "<s> TEXT </s>, as LayoutLMv3Tokenizer does"),
    ("LayoutXLM", {}, "<s> TEXT </s>, as LayoutXLMTokenizer does"),
    ("Udop", {}, "TEXT </s>, as UdopTokenizer does"),
    ("XLNet", {}, "TEXT <sep> <cls>, as XLNetTokenizer does"),
    ("SpeechT5", {}, "TEXT </s>, as SpeechT5Tokenizer does"),
    ("GPT2", {}, "none"),
    ("Llama", {"add_bos_token": True}, "<s> TEXT, as LlamaTokenizer does"),
    ("MBart", {"src_lang": "de_DE"}, "TEXT </s> de_DE, as MBartTokenizer does"),
    ("MBart50", {"src_lang": "de_DE"}, "de_DE TEXT </s>, as MBart50Tokenizer does"),
    ("MBart", {"src_lang": "xx"}, "not known: MBartTokenizer puts xx there, which has no id"),
    ("M2M100", {"src_lang": "de"}, "__de__ TEXT </s>, as M2M100Tokenizer does"),
    ("Nllb", {}, "not known: NllbTokenizer puts eng_Latn there, which has no id"),
    (
        "Nllb",
        {"src_lang": "deu_Latn", "additional_special_tokens": ["deu_Latn"]},
        "deu_Latn TEXT </s>, as NllbTokenizer does",
    ),
    (
        "Nllb",
        {"additional_special_tokens": ["eng_Latn"], "legacy_behaviour": True},
        "TEXT </s> eng_Latn, as NllbTokenizer does",
    ),
    ("PLBart", {}, "TEXT </s>, as PLBartTokenizer does"),
    ("PLBart", {"src_lang": "java"}, "TEXT </s> __java__, as PLBartTokenizer does"),
    (
        "PLBart",
        {"language_codes": "multi"},
        "TEXT </s> __en_XX__, as PLBartTokenizer does",
    ),
    (
        "Whisper",
        {"language": "de", "task": "translate", "predict_timestamps": True},
        "<|startoftranscript|> <|de|> <|translate|> TEXT <|endoftext|>, as WhisperTokenizer does",
    ),
    ("Whisper", {"language": "german"}, "not known: the code of the language german"),
    ("Whisper", {"task": "sing"}, "not known: the task sing"),
]


@pytest.mark.parametrize(("kind", "settings", "told"), TOLD)
def test_what_a_class_puts_around_is_told(
    kind: str, settings: Json, told: str, tmp_path: Path
) -> None:
    made = repository(tmp_path, parts(kind), kind, **settings)
    assert post_processor(made) == told
    if told.startswith("not known"):
        assert around(made) == ([], [])


def json_folder(path: Path, kind: str, own: processors.PostProcessor | None) -> Path:
    data = json.loads(bytewise().to_str())
    data["post_processor"] = own and json.loads(own.__getstate__())
    return repository(path, {"tokenizer.json": data}, kind)


def test_what_a_file_says_itself_is_not_said_twice(tmp_path: Path) -> None:
    first, last = (bytewise().token_to_id(text) for text in ("<s>", "</s>"))
    own = processors.RobertaProcessing(("</s>", last), ("<s>", first))
    made = json_folder(tmp_path, "Roberta", own)
    assert "around_text" not in load(str(made)).processing()
    assert around(made) == ([first], [last])


def test_what_is_replaced_by_a_class_is_said_and_kept_in_sight(tmp_path: Path) -> None:
    made = json_folder(tmp_path, "Roberta", OTHER)
    assert post_processor(made) == (
        "<s> TEXT </s>, as RobertaTokenizer does, in place of TemplateProcessing (X X TEXT)"
    )
    assert {"post_processor", "around_text"} <= load(str(made)).processing().keys()
    alone = load(str(made / "tokenizer.json"))  # without its class, the file is taken at its word
    assert alone.model_input([""]).ids.tolist() == [5, 5]


def test_where_a_class_cannot_be_followed_the_file_is(tmp_path: Path) -> None:
    made = json_folder(tmp_path, "MBart", OTHER)  # which has none of its codes
    assert post_processor(made) == "TemplateProcessing (X X TEXT)"


def test_a_token_that_is_named_as_the_place_of_text_is_none(tmp_path: Path) -> None:
    made = repository(tmp_path, parts("Bert"), "Bert", cls_token="TEXT", sep_token="[SEP]")
    assert around(made) == ([load(str(made)).vocabulary.specials["TEXT"]], [7])


@pytest.mark.parametrize("kind", ["Luke", "NobodyKnows"])
def test_a_class_that_is_not_known_is_said(kind: str, tmp_path: Path) -> None:
    made = json_folder(tmp_path / "none", kind, None)
    assert post_processor(made) == f"not known: what {kind}Tokenizer puts there"
    made = json_folder(tmp_path / "own", kind, OTHER)
    assert post_processor(made) == "TemplateProcessing (X X TEXT)"


def test_files_of_programs_that_decide_themselves_are_said(tmp_path: Path) -> None:
    made = repository(tmp_path, {"tekken.json": tekken_file()})
    assert post_processor(made) == "not known: no file says it"
    assert post_processor(made / "tekken.json") == "none"


def test_a_sentencepiece_model_alone_has_nothing_around_text(tmp_path: Path) -> None:
    made = repository(tmp_path, parts("Llama"), "Llama", add_bos_token=True)
    assert around(f"sp:{made / 'tokenizer.model'}") == ([], [])
    assert around(made) == ([1], [])


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("MBart", {"src_lang": 3}, "src_lang is not text"),
        ("Nllb", {"legacy_behaviour": "yes"}, "legacy_behaviour is .* neither true nor false"),
        ("Llama", {"add_bos_token": 1}, "add_bos_token is 1, which is neither true nor false"),
        ("Whisper", {"predict_timestamps": 1}, "predict_timestamps is 1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    kind: str, settings: Json, words: str, tmp_path: Path
) -> None:
    made = repository(tmp_path, parts(kind), kind, **settings)
    with pytest.raises(TokscopeError, match=rf"tokenizer_config\.json: {words}"):
        load(str(made))


def test_a_flag_that_changes_what_a_model_gets_fails(tmp_path: Path) -> None:
    old = repository(tmp_path / "old", parts("Llama"), "Llama", add_bos_token=True)
    new = repository(tmp_path / "new", parts("Llama"), "Llama", add_bos_token=False)
    (tmp_path / "tokscope.toml").write_text('[identity]\ngolden = "fail"\n')
    config = settings_of(tmp_path / "tokscope.toml")
    base, head = (taken(str(path), config, wanted=Wanted()) for path in (old, new))
    found = {one.gate.code: one for one in judged(Case(config, head, base))}
    assert (found["TS001"].verdict, found["TS007"].verdict) == ("pass", "fail")
    assert "get other special tokens" in found["TS007"].text


# file, keys -> what llama.cpp puts around a text
FILES = {"gpt2": byte_level_gguf, "llama": scored_gguf, "bert": wordpiece_gguf}
GGUF: list[tuple[str, str, Json, tuple[list[int], list[int]]]] = [
    ("gpt2", "gpt-2", {}, ([], [])),
    ("gpt2", "gpt-2", {"add_bos_token": True}, ([11], [])),
    ("gpt2", "gpt-2", {"add_eos_token": True, "eos_token_id": 6}, ([], [6])),
    ("gpt2", "llama-bpe", {"bos_token_id": 5}, ([5], [])),
    ("gpt2", "llama-bpe", {"add_bos_token": False}, ([], [])),
    ("gpt2", "tekken", {"bos_token_id": 99_999}, ([11], [])),
    ("gpt2", "granite-embed-multi-311m", {"add_bos_token": False}, ([11], [])),
    ("llama", "", {}, ([1], [])),
    ("llama", "", {"add_bos_token": False, "add_eos_token": True}, ([], [2])),
    ("bert", "", {"bos_token_id": 0, "seperator_token_id": 1}, ([0], [1])),
    ("bert", "", {"bos_token_id": 0, "seperator_token_id": 1, "add_bos_token": False}, ([0], [1])),
]


def gguf(path: Path, kind: str, pre: str, keys: Json) -> Path:
    data = byte_level_gguf(pre) if pre else FILES[kind]()
    more = gguf_file(
        {key: (BOOL if isinstance(value, bool) else UINT32, value) for key, value in keys.items()}
    )
    count = int.from_bytes(data[16:24], "little") + len(keys)
    made = path / "model.gguf"
    made.write_bytes(data[:16] + count.to_bytes(8, "little") + data[24:] + more[24:])
    return made


@pytest.mark.parametrize(("kind", "pre", "keys", "expected"), GGUF)
def test_gguf_has_around_text_what_llama_cpp_puts_there(
    kind: str, pre: str, keys: Json, expected: tuple[list[int], list[int]], tmp_path: Path
) -> None:
    made = gguf(tmp_path, kind, pre, keys)
    assert around(made) == expected
    assert (post_processor(made) == "none") == (expected == ([], []))


def test_gguf_whose_special_token_is_none_says_so(tmp_path: Path) -> None:
    made = gguf(tmp_path, "bert", "", {"bos_token_id": 0})  # 102 is none of its tokens
    assert post_processor(made) == "not known: no token is its seperator_token_id"
    assert around(made) == ([], [])


@pytest.mark.parametrize("key", ["add_bos_token", "add_eos_token"])
def test_a_flag_of_gguf_that_is_none_is_refused(key: str, tmp_path: Path) -> None:
    made = gguf(tmp_path, "llama", "", {key: 1})
    with pytest.raises(TokscopeError, match=rf"tokenizer\.ggml\.{key} is neither true nor false"):
        load(str(made))
