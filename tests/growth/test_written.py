"""Files of extended tokenizers, of every family: read again, old ids are the same, and the law holds."""

import json
import resource
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
import pytest
import tokenizers
from tokenizers import Tokenizer

from tests.tokenizers.families import FAMILIES, byte_level, model_file, write
from tokscope.equivalence.made import texts_of
from tokscope.errors import TokscopeError
from tokscope.growth import written as module
from tokscope.growth.base import Base, Grown, base_of
from tokscope.growth.expansion import expansion, vocabulary_of
from tokscope.growth.learning import learn, spellings, whole
from tokscope.growth.proof import proof_of, reloaded, require_ids
from tokscope.growth.written import DELTA, merges_text, suffix_of, written
from tokscope.mapping.kinds import KINDS, map_of, matrix_of, weights_of
from tokscope.mixture.replay import Rules, saved
from tokscope.studies.extend import extend
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.sentencepiece_model import fields

GROWS = [
    name
    for name in FAMILIES
    if not name.endswith(("vocab.txt", ".gguf")) and name not in ("bert.json", "words.json")
]
SPEC = {"ranks.tiktoken": "?pattern=gpt2", "tekken.json": "tekken:"}


def texts(*names: str) -> list[str]:
    return [
        text
        for corpus in read_corpora([f"sample:{name}" for name in names])
        for shard in corpus.shards
        for text in Path(shard.path).read_text(encoding="utf-8").splitlines()
    ]


LEARNED, OTHER = [*texts("de", "ru"), *texts("ja")[:3]], texts("en", "fr", "ar", "th")
HARD = [
    "",
    " ",
    "  a",
    "a  ",
    "\n\n",
    "日本 日本",
    "hello  hello",
    "<|end|>",
    "hel</s>",
    "١٢٣ 12 345",
]


def base(folder: Path, name: str):
    return base_of(load(name if name.startswith("sample") else write(folder, name)))


def grown(base, steps: int = 80):
    counts = Counter(base.cut(LEARNED))
    words = base.words(list(counts))
    return learn(words, np.array([*counts.values()]), base.symbols, steps)[0]


@cache
def family(name: str) -> tuple[Base, Rules, Grown]:
    """A tokenizer of a family, what it learns, and the extended one; others look at them too."""
    with TemporaryDirectory() as folder:
        one = base(Path(folder), name)
        rules = grown(one)
        return one, rules, reloaded(one, written(one, rules))


@pytest.mark.parametrize("name", GROWS)
def test_an_extended_tokenizer_only_joins_tokens_as_the_replay_counts(name: str) -> None:
    one, rules, extended = family(name)
    assert len(rules) > 5
    require_ids(one, extended, rules)
    assert proof_of(one, extended, [*LEARNED, *OTHER, *HARD]).broken == 0

    some = [*LEARNED, *OTHER]
    counts = Counter(one.cut(some))
    words, times = one.words(list(counts)), np.array([*counts.values()])
    first = int((np.diff(words.ends, prepend=0) * times).sum())
    assert first == len(one.tokenizer.encode(some).ids)
    found = len(extended.encode(some).ids)
    told = first - int((saved(words, rules) @ times).sum())
    # a Unigram model finds the best of all ways to join, which may be better than merge by merge
    assert found <= told if "unigram" in name or "nfkc.model" in name else found == told


@pytest.mark.deep
@pytest.mark.parametrize("name", ["added.json", "llama.json", "unigram.model", "ranks.tiktoken"])
def test_the_law_holds_on_texts_made_to_break_it(name: str) -> None:
    """Of code points, one of sixty or so is tried."""
    one, _, extended = family(name)
    for category, made in texts_of((one.tokenizer, extended), 60, 0):
        some = made[:: 1 + 2 * (len(made) // 10_000)]
        assert not proof_of(one, extended, some).broken, category


def test_special_tokens_beside_the_vocabulary_keep_their_ids(tmp_path: Path) -> None:
    """With <s> as 6 outside the model and one new token, the library would load <s> as 7."""
    made = byte_level()
    made.add_special_tokens(["<s>"])
    made.add_tokens(["wörd"])
    before = made.get_vocab(with_added_tokens=True)
    assert "<s>" not in json.loads(made.to_str())["model"]["vocab"]
    path = tmp_path / "base.json"
    path.write_text(made.to_str(), encoding="utf-8")
    one = base_of(load(path))
    rules = grown(one, 3)
    after = Tokenizer.from_str(written(one, rules).decode()).get_vocab(with_added_tokens=True)
    assert before.items() <= after.items()
    new = {after[token] for token in after.keys() - before.keys()}
    assert new == set(range(len(before), len(before) + 3))


def test_scores_of_pieces_fall_as_32_bit_numbers(tmp_path: Path) -> None:
    """Below -1e9, where Mistral has its white space, the next number is 64 away."""
    content = bytearray(model_file("bpe"))
    path = tmp_path / "base.model"
    path.write_bytes(content + b"\x0a\x0b\x0a\x04zzzz\x15" + np.float32(-1e9).tobytes())
    one = base_of(load(path))
    library = reloaded(one, written(one, grown(one))).library
    scores = [library.get_score(i) for i in range(len(one.symbols.forms), len(library))]
    assert max(scores) < -1e9
    assert len(set(scores)) == len(scores) == 80
    assert scores == sorted(scores, reverse=True)


def test_pieces_with_the_score_0_are_merged_first_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The score that scripts for Chinese give to new pieces: the highest of all."""
    monkeypatch.setattr(module, "_falling", lambda score, count: [0.0] * count)
    one = base(tmp_path, "bpe.model")
    extended = reloaded(one, written(one, grown(one)))
    assert proof_of(one, extended, [*LEARNED, *OTHER]).broken > 0


def test_a_unigram_piece_scores_a_little_more_than_its_parts(tmp_path: Path) -> None:
    one = base(tmp_path, "unigram.json")
    rules = grown(one)
    scores = [score for _, score in json.loads(written(one, rules))["model"]["vocab"]]
    for step, (left, right) in enumerate(zip(rules.left, rules.right, strict=True)):
        assert scores[rules.alphabet + step] == scores[left] + scores[right] + DELTA


def test_the_old_messages_of_a_model_stay_as_they_are(tmp_path: Path) -> None:
    one = base(tmp_path, "bpe.model")
    content = written(one, grown(one))
    old = (tmp_path / "bpe.model").read_bytes()
    assert content.startswith(old)
    assert {number for number, _ in fields(content[len(old) :])} == {1}


def test_ends_of_words_keep_their_mark(tmp_path: Path) -> None:
    """`low` at the end of a word is another token than inside one."""
    made = Tokenizer(tokenizers.models.BPE(end_of_word_suffix="</w>", unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=260, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False
    )
    made.train_from_iterator(OTHER[:30], trainer)
    path = tmp_path / "base.json"
    path.write_text(made.to_str(), encoding="utf-8")
    one = base_of(load(path))
    words = Counter(one.cut(OTHER[:30]))
    rules, _ = learn(one.words(list(words)), np.array([*words.values()]), one.symbols, 40)
    extended = reloaded(one, written(one, rules))
    require_ids(one, extended, rules)
    assert proof_of(one, extended, OTHER).broken == 0
    assert any(line.endswith("</w>") for line in merges_text(one, rules).decode().splitlines())


@pytest.mark.deep
def test_a_tekken_file_is_read_by_the_library_of_mistral(tmp_path: Path) -> None:
    official = pytest.importorskip("mistral_common.tokens.tokenizers.tekken")
    one = base(tmp_path, "tekken.json")
    content = written(one, grown(one, 50))
    path = tmp_path / "extended.json"
    path.write_bytes(content)
    library, some = official.Tekkenizer.from_file(path), OTHER[:20]
    told = [token for text in some for token in library.encode(text, bos=False, eos=False)]
    assert told == reloaded(one, content).encode(some).ids.tolist()
    config = json.loads(content)["config"]
    assert config["num_vocab_tokens"] == len(json.loads(content)["vocab"])


def test_a_tekken_file_is_written_as_one_whatever_names_it(tmp_path: Path) -> None:
    """So are those of a folder, and `mistral:tekken`; their kind is not that of the file."""
    write(tmp_path, "tekken.json")
    one, rules = base_of(load(str(tmp_path))), family("tekken.json")[1]
    assert one.tokenizer.spec.kind == "file"
    assert suffix_of(one) == ".json"
    assert written(one, rules) == written(base(tmp_path, "tekken.json"), rules)
    require_ids(one, reloaded(one, written(one, rules)), rules)


def test_dropout_is_refused(tmp_path: Path) -> None:
    data = json.loads(byte_level().to_str())
    data["model"]["dropout"] = 0.1
    path = tmp_path / "base.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    one = base_of(load(path))
    with pytest.raises(TokscopeError, match=r'dropout 0.1\); set "dropout" to null'):
        written(one, family("gpt.json")[1])


def test_gguf_is_refused_with_the_reason(tmp_path: Path) -> None:
    word, some = write(tmp_path, "gpt.gguf"), {"de": LEARNED[:9]}
    with pytest.raises(TokscopeError, match=r"extend the tokenizer\.json or the \.model"):
        extend(word, some, keep=some, merges=5, write=tmp_path / "new.gguf")
    assert len(extend(word, some, keep=some, merges=5).frame) > 5


def test_what_is_not_nested_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted break: new merges before all others."""
    from tokscope.studies import extend as study

    def early(base, rules):
        data = json.loads(written(base, rules))
        merges = data["model"]["merges"]
        data["model"]["merges"] = merges[-len(rules) :] + merges[: -len(rules)]
        return json.dumps(data).encode()

    monkeypatch.setattr(study, "written", early)
    path, some = tmp_path / "new.json", {"de": LEARNED[:40]}
    with pytest.raises(TokscopeError, match=r"no tokenizer was written: on .* texts it does more"):
        extend(write(tmp_path, "gpt.json"), some, keep=some, write=path)
    assert not path.exists()


def test_ids_that_are_not_as_meant_are_not_written(tmp_path: Path) -> None:
    one = base_of(load("sample:bpe"))
    rules = grown(one, 9)
    swapped = Rules(rules.alphabet, rules.left[::-1].copy(), rules.right[::-1].copy())
    if rules.left.max() < rules.alphabet:
        with pytest.raises(TokscopeError, match="reading it again gives another one"):
            require_ids(one, reloaded(one, written(one, swapped)), rules)
    with pytest.raises(TokscopeError, match="ids in place of"):
        require_ids(one, one.tokenizer, rules)


def test_a_file_that_is_too_large_to_be_tried_is_told_by_its_own_name(tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    content, target = b"x" * 5_000, tmp_path / "new.json"
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, most[1]))
    try:
        with pytest.raises(TokscopeError) as caught:
            reloaded(base_of(load("sample:bpe")), content, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    where = f"{target}: cannot be written; it is tried in {gettempdir()} first"
    assert str(caught.value) == f"{where} (File too large)"


def test_incomplete_characters_that_nothing_builds_on_are_dropped() -> None:
    one = base_of(load("sample:bpe"))
    counts = Counter(one.cut(texts("te", "km")))
    words = one.words(list(counts))
    rules, _ = learn(words, np.array([*counts.values()]), one.symbols, 60)
    kept = whole(rules, one.symbols)
    assert 0 < len(kept) < len(rules)
    forms = spellings(kept, one.symbols.forms)
    used = {*kept.left.tolist(), *kept.right.tolist()}
    for token in range(kept.alphabet, kept.symbols):
        assert token in used or forms[token].decode()
    assert set(forms) <= set(spellings(rules, one.symbols.forms))


def test_merges_are_written_as_two_parts(tmp_path: Path) -> None:
    for name, wanted in (("llama.json", "▁ l\n"), ("gpt.json", "Ġ l\n")):
        one = base(tmp_path, name)
        forms = one.symbols.forms
        pair = [np.array([forms.index(part)]) for part in (b" ", b"l")]
        assert merges_text(one, Rules(len(forms), *pair)).decode() == wanted


# Which old ids a new id stands for: those that text had, and those that transfer tells.


@pytest.mark.parametrize("name", [*GROWS, "sample:wordpiece"])
def test_new_ids_expand_to_the_old_ids_of_a_text(name: str) -> None:
    one, rules, extended = family(name)
    made = expansion(one, rules)
    some = [*LEARNED, *OTHER, *HARD]
    old, new = one.tokenizer.encode(some).ids, extended.encode(some).ids
    assert len(new) < len(old)
    if not one.greedy:
        assert [part for token in new.tolist() for part in made.old(token)] == old.tolist()
    told = map_of(one.tokenizer, extended)
    assert (made.height, made.width) == (told.height, told.width)
    new = range(rules.alphabet, rules.symbols)
    assert [made.old(token) for token in new] == [told.old(token) for token in new]
    assert made.kinds.tolist() == told.kinds.tolist()
    assert vocabulary_of(one, rules).pieces == extended.vocabulary.pieces


def test_old_vectors_stay_where_they_are() -> None:
    """Also those of two ids that spell the same, which transfer takes from the first."""
    one = base_of(load("sample:unigram"))
    rules = grown(one, 9)
    made = expansion(one, rules)
    matrix = matrix_of(made, weights_of(made, "mean")).toarray()
    there = made.kinds[: rules.alphabet] >= 0
    assert (matrix[: rules.alphabet] == np.diag(there)).all()
    assert np.allclose(matrix[rules.alphabet :].sum(axis=1), 1)
    assert set(made.kinds[rules.alphabet :]) == {KINDS.index("composed")}
