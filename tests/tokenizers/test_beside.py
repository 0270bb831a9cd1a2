"""What stands beside a tokenizer counts: compared with transformers on folders made here.

Where versions of transformers differ, the value is that of 4.57, for which most files were written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from tests.gate.planted import taken
from tests.published import load as load_published
from tests.tokenizers.families import (
    file_of,
    model_file,
    rank_file,
    sentencepiece_style,
)
from tokscope.errors import TokscopeError
from tokscope.gate.judge import Case, judged
from tokscope.gate.settings import read as read_gates
from tokscope.gate.wanted import Wanted
from tokscope.tokenizers import load

Json = dict[str, Any]
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "hello",
    "Hello",
    "he",
    "##llo",
    "hé",
    "H",
    "##é",
    "a",
    "b",
    "中",
    "文",
    "n",
    "##a",
    "##ï",
    "##v",
    "##e",
    "na",
    "##i",
    "##ve",
    "ü",
    "u",
    "##n",
    "x",
    "##covid",
    "two",
    "mask",
]
SIZE = len(WORDS)
TEXTS = (
    "Hello hello HÉLLO hé 中文 a中b",
    "covid COVID xcovid covidx  covid ",
    " Hello",
    "",
    "[MASK] <mask> a <s> b",
    "naïve Ünï\nline\ttab  x",
)
TINY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello")


@cache
def byte_files() -> Json:
    """Byte-level BPE in two files."""
    model = json.loads(file_of("gpt.json"))["model"]
    merges = "\n".join(map(" ".join, model["merges"]))
    return {"vocab__json": model["vocab"], "merges__txt": f"{merges}\n"}


def folder(path: Path, **files: object) -> Path:
    """Write a folder; `__` in a name is its dot."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, (str, bytes)) else json.dumps(content)
        target = path / name.replace("__", ".")
        target.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def ids(path: Path, *texts: str) -> list[list[int]]:
    made = load(str(path))
    return [made.encode([text]).ids.tolist() for text in texts]


def oracle(path: Path, *texts: str) -> list[list[int]]:
    """What AutoTokenizer's own encoder gives, special tokens as text, none added."""
    from transformers import AutoTokenizer  # takes two seconds

    encoder = AutoTokenizer.from_pretrained(str(path), local_files_only=True).backend_tokenizer
    encoder.encode_special_tokens = True
    return [encoder.encode(text, add_special_tokens=False).ids for text in texts]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def settings(**values: tuple[object, ...]) -> Iterator[Json]:
    """Yield all combinations; "absent" leaves a setting out."""
    for chosen in product(*values.values()):
        pairs = zip(values, chosen, strict=True)
        yield {name: value for name, value in pairs if value != "absent"}


def bert(path: Path, config: Json | None, *, words: tuple[str, ...] | list[str] = WORDS) -> Path:
    files = {} if config is None else {"tokenizer_config__json": config}
    vocabulary = "\n".join(words) + "\n"
    return folder(path, vocab__txt=vocabulary, config__json={"model_type": "bert"}, **files)


def wordpiece(normalizer: normalizers.Normalizer | None) -> str:
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    if normalizer is not None:
        made.normalizer = normalizer
    made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    return made.to_str()


def test_a_cased_bert_folder_does_not_lowercase(tmp_path: Path) -> None:
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    cased = bert(tmp_path / "b", config, words=TINY)
    assert ids(cased, "Hello", "hello") == [[1], [5]] == oracle(cased, "Hello", "hello")
    path = load(str(cased)).path
    assert "tokenizer_class=BertTokenizer, do_lower_case=false from tokenizer_config.json" in path
    assert "assumed" not in path


BERT = list(
    settings(
        do_lower_case=("absent", True, False),
        strip_accents=("absent", None, True, False),
        tokenize_chinese_chars=("absent", True, False),
    )
)


@pytest.mark.parametrize("kind", ["BertTokenizer", "DistilBertTokenizerFast", "ElectraTokenizer"])
def test_the_settings_of_bert_decide_as_in_transformers(tmp_path: Path, kind: str) -> None:
    """Two of the classes, and a tokenizer.json, are tried on a fifth of the settings, in which each
    value comes up."""
    some = BERT[len(kind) % 5 :: 5]
    for i, chosen in enumerate(BERT if kind == "BertTokenizer" else some):
        config = {"tokenizer_class": kind, **chosen}
        parts = bert(tmp_path / f"parts{i}", config)
        assert ids(parts, *TEXTS) == oracle(parts, *TEXTS), chosen
        if chosen not in some:
            continue
        step = normalizers.BertNormalizer(lowercase=bool(i % 2))
        whole = bert(tmp_path / f"whole{i}", config)
        folder(whole, tokenizer__json=wordpiece(step))
        assert ids(whole, *TEXTS) == oracle(whole, *TEXTS), chosen


FLAGS = list(
    settings(**dict.fromkeys(("lstrip", "rstrip", "normalized", "single_word"), (True, False)))
)


@pytest.mark.parametrize("special", [True, False])
def test_added_tokens_are_found_by_their_flags(tmp_path: Path, special: bool) -> None:
    """In a tokenizer.json one of three settings is tried."""
    for i, flags in enumerate(FLAGS):
        token = {"content": "COVID", **flags, "special": special}
        config = {"tokenizer_class": "BertTokenizer", "added_tokens_decoder": {str(SIZE): token}}
        parts = bert(tmp_path / f"parts{i}", config)
        assert ids(parts, *TEXTS) == oracle(parts, *TEXTS), flags
        if i % 3:
            continue
        whole = bert(tmp_path / f"whole{i}", config)
        folder(whole, tokenizer__json=wordpiece(normalizers.BertNormalizer()))
        assert ids(whole, *TEXTS) == oracle(whole, *TEXTS), flags
        assert load(str(whole)).components()["added_tokens"].count("COVID") == 1


OLDER: Mapping[str, Callable[[], Json]] = {
    "vocab.txt": lambda: {"vocab__txt": "\n".join(WORDS), "config__json": {"model_type": "bert"}},
    "vocab.json": lambda: {
        **byte_files(),
        "config__json": {"model_type": "gpt2"},
        "tokenizer_config__json": {"unk_token": "!", "bos_token": "!", "eos_token": "!"},
    },
}


@pytest.mark.parametrize("name", OLDER)
def test_added_tokens_json_is_seen(tmp_path: Path, name: str) -> None:
    size = {"vocab.txt": SIZE, "vocab.json": len(byte_files()["vocab__json"])}[name]
    made = folder(tmp_path, added_tokens__json={"covid": size}, **OLDER[name]())
    assert ids(made, "covid") == [[size]]
    assert ids(made, *TEXTS) == oracle(made, *TEXTS)
    assert "1 added token from added_tokens.json" in load(str(made)).path


def test_two_added_tokens_have_no_common_id(tmp_path: Path) -> None:
    made = folder(tmp_path, added_tokens__json={"x": SIZE, "y": SIZE}, **OLDER["vocab.txt"]())
    with pytest.raises(TokscopeError, match=rf"'y' has the id {SIZE} of another token"):
        load(str(made))


def test_added_tokens_json_is_seen_beside_a_sentencepiece_model(tmp_path: Path) -> None:
    """As in 4.57: it is found in the text with its prefix, so that only the first part has one."""
    content = model_file("bpe")
    size = sentencepiece.SentencePieceProcessor(model_proto=content).get_piece_size()
    made = folder(
        tmp_path,
        tokenizer__model=content,
        added_tokens__json={"covid": size},
        config__json={"model_type": "llama"},
    )
    plain = load(f"sp:{tmp_path / 'tokenizer.model'}")
    hello = plain.encode(["hello"]).ids.tolist()
    assert ids(made, "covid", "hello") == [[size], hello]
    (found,) = ids(made, "covid hello")
    assert found == [size, *hello]
    assert "added_tokens.json beside it not read" in plain.path
    (tmp_path / "config.json").unlink()
    assert ids(made, "covid", "hello") == [[size], hello]


def test_a_class_or_its_model_type_is_what_decides(tmp_path: Path) -> None:
    cased = bert(tmp_path / "named", {"tokenizer_class": "BertTokenizer"})
    assert ids(cased, "Hello") == [[WORDS.index("hello")]]  # though the vocabulary has Hello
    by_type = bert(tmp_path / "typed", None)
    assert ids(by_type, "Hello") == [[WORDS.index("hello")]]
    assert "tokenizer_class=BertTokenizer from config.json" in load(str(by_type)).path
    alone = f"wordpiece:{by_type / 'vocab.txt'}"
    assert load(alone).encode(["Hello"]).ids.tolist() == [WORDS.index("Hello")]


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        *product(["Roberta", "GPT2"], [True, False, None]),
        *product(["Bart", "Longformer", "Deberta"], [True, None]),
    ],
)
def test_add_prefix_space_decides_as_in_transformers(
    tmp_path: Path, kind: str, prefix: bool | None
) -> None:
    roles = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
    config = {f"{role}_token": "!" for role in roles} | {"tokenizer_class": f"{kind}Tokenizer"}
    config |= {} if prefix is None else {"add_prefix_space": prefix}
    model = {"model_type": kind.lower()}
    parts = folder(
        tmp_path / "parts",
        **byte_files(),
        tokenizer_config__json=config,
        config__json=model,
    )
    assert ids(parts, *TEXTS) == oracle(parts, *TEXTS)
    assert ids(parts, "Hello") == ids(parts, " Hello") or not prefix
    for own in (True, False):
        made = Tokenizer.from_str(file_of("gpt.json").decode())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=own)
        whole = folder(
            tmp_path / f"whole{own}",
            tokenizer__json=made.to_str(),
            tokenizer_config__json=config,
            config__json=model,
        )
        assert ids(whole, *TEXTS) == oracle(whole, *TEXTS)


def test_the_cut_of_qwen2_is_taken_from_its_class(tmp_path: Path) -> None:
    config = {"tokenizer_class": "Qwen2Tokenizer", "unk_token": "!", "eos_token": "!"}
    made = folder(
        tmp_path,
        **byte_files(),
        tokenizer_config__json=config | {"pad_token": "!"},
        config__json={"model_type": "qwen2"},
    )
    texts = ("Hello 1234", "e\u0301 a\n\nb", "it's\tIT'S  x")
    assert ids(made, *texts) == oracle(made, *texts)


def test_no_setting_of_a_class_without_a_step_for_it_is_taken(tmp_path: Path) -> None:
    """As in 4.57, whose classes leave steps alone that are not theirs (5 makes them again)."""
    sequence = wordpiece(normalizers.Sequence([normalizers.NFC()]))
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    made = folder(tmp_path / "s", tokenizer__json=sequence, tokenizer_config__json=config)
    assert ids(made, "Hello") == [[WORDS.index("Hello")]]
    assert "do_lower_case has no effect on its steps" in load(str(made)).path
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    cased = wordpiece(normalizers.BertNormalizer(lowercase=False))
    made = folder(tmp_path / "p", tokenizer__json=cased, tokenizer_config__json=config)
    assert ids(made, "Hello") == [[WORDS.index("Hello")]]


def llama(path: Path, **config: object) -> Path:
    config = {"tokenizer_class": "LlamaTokenizer", **config}
    return folder(
        path, tokenizer__json=sentencepiece_style().to_str(), tokenizer_config__json=config
    )


def test_llama_makes_its_steps_again_where_the_prefix_is_set(tmp_path: Path) -> None:
    plain = load(str(llama(tmp_path / "a", legacy=False)))
    assert "legacy has no effect on its steps" in plain.path
    without = load(str(llama(tmp_path / "b", add_prefix_space=False)))
    first = load(str(llama(tmp_path / "c", add_prefix_space=True, legacy=False)))

    def tokens(made: object, text: str) -> list[str]:
        library = made.library  # type: ignore[attr-defined]
        return library.encode(text, add_special_tokens=False).tokens

    assert tokens(plain, "hello")[0].startswith("▁")
    assert not tokens(without, "hello")[0].startswith("▁")
    assert tokens(first, " hello") == tokens(first, "hello")  # Metaspace puts one where none is
    assert tokens(plain, " hello") != tokens(plain, "hello")


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("prefix", [True, False])
def test_a_sentencepiece_model_of_llama_is_cut_by_its_class(
    tmp_path: Path, legacy: bool, prefix: bool
) -> None:
    """Expected from SentencePiece itself, and the rules of 4.57 for the prefix."""
    content = model_file("bpe")
    config = {"tokenizer_class": "LlamaTokenizer", "legacy": legacy, "add_prefix_space": prefix}
    made = folder(tmp_path, tokenizer__model=content, tokenizer_config__json=config)
    plain = load(f"sp:{tmp_path / 'tokenizer.model'}")
    pieces = sentencepiece.SentencePieceProcessor(model_proto=content)
    space = pieces.piece_to_id("▁")
    (found,) = ids(made, "\tx")
    assert found == [space, *found[1:]] if prefix else found[0] != space
    (two,) = ids(made, " 9")
    expected = plain.encode([" 9"]).ids.tolist()
    assert two == (expected if prefix and legacy else expected[1:])


def test_special_tokens_that_no_vocabulary_has_come_last(tmp_path: Path) -> None:
    config = {
        "tokenizer_class": "BertTokenizer",
        "additional_special_tokens": ["<x>", "<y>"],
        "mask_token": "<mask>",
    }
    made = bert(tmp_path, config)
    found = load(str(made))
    assert [found.vocabulary.specials[text] for text in ("<mask>", "<x>", "<y>")] == [
        SIZE,
        SIZE + 1,
        SIZE + 2,
    ]
    assert "[MASK]" not in found.vocabulary.specials
    assert found.encode(["<x>"], specials=True).ids.tolist() == [SIZE + 1]
    assert ids(made, *TEXTS) == oracle(made, *TEXTS)


def test_the_older_files_are_not_read_where_the_newer_list_stands(tmp_path: Path) -> None:
    made = bert(tmp_path, {"tokenizer_class": "BertTokenizer", "added_tokens_decoder": {}})
    folder(made, added_tokens__json={"covid": SIZE}, special_tokens_map__json={"pad_token": "<p>"})
    assert ids(made, "covid") == oracle(made, "covid")
    assert "covid" not in load(str(made)).components()["added_tokens"]


def test_a_file_named_alone_is_read_alone_and_says_so(tmp_path: Path) -> None:
    made = bert(tmp_path, {"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    folder(made, tokenizer__json=wordpiece(normalizers.BertNormalizer()))
    for word in ("file:{}/tokenizer.json", "wordpiece:{}/vocab.txt", "{}/vocab.txt"):
        alone = load(word.format(made))
        assert "tokenizer_config.json beside it not read, as they are for its folder" in alone.path
        assert "beside" not in alone.components()
    assert ids(made, "Hello") == [[WORDS.index("Hello")]]
    assert load(f"file:{made}/tokenizer.json").encode(["Hello"]).ids.tolist() == [5]


def test_every_kind_of_file_named_alone_says_what_is_not_read(tmp_path: Path) -> None:
    made = folder(
        tmp_path / "parts",
        **byte_files(),
        mine__tiktoken=rank_file(),
        tokenizer_config__json={"add_prefix_space": True},
    )
    for word in ("{}/merges.txt", "{}/vocab.json", "{}/mine.tiktoken?pattern=gpt2"):
        assert "tokenizer_config.json beside it not read" in load(word.format(made)).path
    old = folder(tmp_path / "old", tokenizer_config__json={"legacy": True})
    (old / "tokenizer.model.v3").write_bytes(model_file("bpe"))
    assert "not read" not in load(str(old)).path  # the folder was named


def test_a_setting_that_flips_changes_the_fingerprint(tmp_path: Path) -> None:
    base: Json = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    token = {"content": "covid", "special": False}
    changes: list[Json] = [
        {},
        {"do_lower_case": True},
        {"strip_accents": True},
        {"strip_accents": False},
        {"tokenize_chinese_chars": False},
        {"tokenizer_class": "ElectraTokenizer"},
        {"pad_token": "[MASK]"},
        {"additional_special_tokens": ["<x>"]},
        {"split_special_tokens": True},
        {"added_tokens_decoder": {str(SIZE): token}},
        {"added_tokens_decoder": {str(SIZE): token | {"lstrip": True}}},
        {"added_tokens_decoder": {str(SIZE): token | {"rstrip": True}}},
        {"added_tokens_decoder": {str(SIZE): token | {"normalized": False}}},
        {"added_tokens_decoder": {str(SIZE): token | {"single_word": True}}},
        {"added_tokens_decoder": {str(SIZE): token | {"special": True}}},
    ]
    found = [
        load(str(bert(tmp_path / str(i), {**base, **change}))).fingerprint
        for i, change in enumerate(changes)
    ]
    assert len(set(found)) == len(changes)
    same = {"chat_template": "x", "name_or_path": "y", "model_max_length": 512}
    assert load(str(bert(tmp_path / "same", {**base, **same}))).fingerprint == found[0]


REFUSED: Mapping[str, tuple[Json, str]] = {
    "class of vocab.txt": (
        {"tokenizer_class": "BertJapaneseTokenizer"},
        "how BertJapaneseTokenizer cuts text is not known here",
    ),
    "flag": ({"do_lower_case": "no"}, 'do_lower_case is "no", which is neither true nor false'),
    "flag that is not bert's": ({"add_prefix_space": 1}, "add_prefix_space is 1, which is neither"),
    "token's flag": (
        {"added_tokens_decoder": {"31": {"content": "x", "glued": True}}},
        "an added token has glued; it may have content, single_word",
    ),
    "token's text": ({"added_tokens_decoder": {"31": {}}}, "an added token has no text"),
    "token's truth": (
        {"added_tokens_decoder": {"31": {"content": "x", "lstrip": "yes"}}},
        "lstrip of an added token is neither true nor false",
    ),
    "token's truth as a number": (
        {"added_tokens_decoder": {"31": {"content": "x", "lstrip": 1}}},
        "lstrip of an added token is neither true nor false",
    ),
    "endless number": (
        {"added_tokens_decoder": {"9" * 5000: {"content": "x"}}},
        "9…' is not an id",
    ),
    "token's number": ({"added_tokens_decoder": {"x": {"content": "x"}}}, "'x' is not an id"),
    "id that cannot be": (
        {"added_tokens_decoder": {"90": {"content": "zz"}}},
        f"'zz' should have id 90, but has {SIZE}",
    ),
    "role": ({"pad_token": ["x"]}, 'pad_token is ["x"], which is not a token'),
    "list": ({"additional_special_tokens": "xyz"}, "is not a list of tokens"),
    "class": ({"tokenizer_class": ["x"]}, "tokenizer_class is not a name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_by_name(tmp_path: Path, name: str) -> None:
    config, message = REFUSED[name]
    config = {"tokenizer_class": "BertTokenizer"} | config
    with pytest.raises(TokscopeError) as error:
        load(str(bert(tmp_path, config)))
    assert message in str(error.value)


def test_a_link_to_a_lost_file_is_named(tmp_path: Path) -> None:
    made = bert(tmp_path, None)
    (made / "tokenizer_config.json").symlink_to(tmp_path / "lost")
    with pytest.raises(TokscopeError, match=r"tokenizer_config\.json: cannot be read"):
        load(str(made))


@pytest.mark.parametrize("content", ['{"x": "\\ud800"}', "", "[]", "{", "[" * 100_000, '"x"'])
@pytest.mark.parametrize(
    "name", ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json"]
)
def test_a_broken_file_beside_is_named(tmp_path: Path, name: str, content: str) -> None:
    made = bert(tmp_path, None)
    (made / name).write_text(content)
    with pytest.raises(TokscopeError, match=name):
        load(str(made))


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("CLIPTokenizer", byte_files),
        ("BaichuanTokenizer", lambda: {"tokenizer__model": file_of("bpe.model")}),
    ],
)
def test_parts_of_a_class_that_is_not_known_are_refused(
    tmp_path: Path, kind: str, files: Callable[[], Json]
) -> None:
    made = folder(tmp_path, tokenizer_config__json={"tokenizer_class": kind}, **files())
    with pytest.raises(TokscopeError, match=f"how {kind} .* is not known here"):
        load(str(made))


def test_code_that_a_file_names_is_not_run_and_told(tmp_path: Path) -> None:
    config = {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "tokenizer_class": "Evil"}
    step = normalizers.BertNormalizer()
    (tmp_path / "evil.py").write_text("raise SystemExit(9)")
    made = folder(tmp_path, tokenizer__json=wordpiece(step), tokenizer_config__json=config)
    assert "the code evil.Evil that auto_map names is not run" in load(str(made)).path


def test_a_prefix_of_t5_that_its_steps_contradict_is_refused(tmp_path: Path) -> None:
    made = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -1.0), ("a", -1.0)], 0))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    config = {"tokenizer_class": "T5Tokenizer", "add_prefix_space": False}
    path = folder(tmp_path, tokenizer__json=made.to_str(), tokenizer_config__json=config)
    with pytest.raises(
        TokscopeError, match=r"add_prefix_space is false, which contradicts tokenizer.json"
    ):
        load(str(path))
    config["add_prefix_space"] = True
    folder(tmp_path, tokenizer_config__json=config)
    assert ids(path, "a") == [[1, 2]]


def test_files_beside_a_cached_repository_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    home = tmp_path / "models--org--name"
    bert(home / "snapshots" / "abc", {"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    folder(home / "refs", main="abc")
    made = load("hf:org/name")
    assert (made.name, made.encode(["Hello"]).ids.tolist()) == ("name", [WORDS.index("Hello")])
    (home / "snapshots" / "abc" / "tokenizer_config.json").unlink()
    assert load("hf:org/name").path.endswith("no tokenizer_config.json in the cache")


def test_a_gate_sees_a_setting_that_flips(tmp_path: Path) -> None:
    """Even where it changes no golden id: a role, and capitals of which the vocabulary has none."""
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    folder(tmp_path, tokscope__toml='[identity]\ncomponents = "fail"\ngolden = "fail"\n')
    gates = read_gates(tmp_path / "tokscope.toml")

    base = taken(str(bert(tmp_path / "b", config, words=TINY)), gates, wanted=Wanted())

    def failing(**more: object) -> set[str]:
        made = bert(tmp_path / "b", config | more, words=TINY)
        head = taken(str(made), gates, list(base.identity.golden), Wanted())
        found = judged(Case(gates, head, base))
        return {one.gate.code for one in found if one.verdict == "fail"}

    assert not failing()
    assert failing(pad_token="[MASK]") == {"TS005"}
    assert {"TS001", "TS005"} <= failing(do_lower_case=True)


def test_a_prefix_is_the_space_before_a_word_with_a_real_vocabulary(
    data: Path, tmp_path: Path
) -> None:
    """The issue's case is RoBERTa's, 31414 and 20920; GPT-2 has the same tokens as 15496, 18435."""
    source = data / "tokenizers" / "gpt-2.json"
    config = {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}
    folder(tmp_path, tokenizer__json=source.read_bytes(), tokenizer_config__json=config)
    assert ids(tmp_path, "Hello", " Hello") == [[18435], [18435]]
    assert load_published(source).encode(["Hello"]).ids.tolist() == [15496]


def refusal_of(path: Path) -> str:
    with pytest.raises(TokscopeError) as error:
        load(str(path))
    return str(error.value)


@pytest.mark.parametrize(
    "flag", ["do_lower_case", "keep_accents", "legacy_behaviour", "add_eos_token", "trim_offsets"]
)
@pytest.mark.parametrize("value", ["x", 1, [], {}])
def test_a_flag_that_is_neither_true_nor_false_is_refused(
    tmp_path: Path, flag: str, value: object
) -> None:
    """Whether a step asks for it or not, and by the whole path of its file."""
    made = bert(tmp_path, {"tokenizer_class": "BertTokenizer", flag: value})
    told = f"{tmp_path / 'tokenizer_config.json'}: {flag} is {json.dumps(value)}, which is neither"
    assert refusal_of(made).startswith(told)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"tokenizer_class": 3}, "tokenizer_class is not a name"),
        ({"additional_special_tokens": 3}, "additional_special_tokens is not a list of tokens"),
        ({"cls_token": 3}, "cls_token is 3, which is not a token"),
        ({"added_tokens_decoder": {"9": {"content": "x"}}}, "'x' should have id 9"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_path_of_its_file(
    tmp_path: Path, config: Json, words: str
) -> None:
    told = refusal_of(bert(tmp_path, config, words=TINY))
    assert told.startswith(f"{tmp_path / 'tokenizer_config.json'}: {words}")
