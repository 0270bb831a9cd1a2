"""Ends of words marked by `</w>`, or their middles by `@@`: repositories and codes files."""

import gzip
import io
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.tokenizers.repositories import repository, transformers_ids
from tokscope.errors import TokscopeError
from tokscope.tokenizers import load, moses, parse
from tokscope.tokenizers.beside import read as read_beside
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.pipeline import pipeline_of
from tokscope.tokenizers.suffixed import CLIP_FILE
from tokscope.tokenizers.words import placed

Write = Callable[[str, str | bytes], Path]
END = "</w>"
CODES = [
    ("l", f"o{END}"), ("h", "e"), ("he", "l"), ("hel", f"lo{END}"), ("w", "o"), ("r", "l"),
    ("rl", f"d{END}"), ("wo", f"rld{END}"), ("a", f"a{END}"), ("1", f"2{END}"), ("é", "t"),
]  # fmt: skip
TEXTS = [
    "hello world", "Hello, world! It's 12 o'clock", "  he  lo\t aa\n", "été zé 日本 hello",
    "", " ", "a", "the rld-world – “hello”…", "hello\r\nworld", "x <unk> </w> @@ <|endoftext|>",
    "e\u0301té ＡＢ１２ 。hello", "don't DON'T &amp; <b>", "\u00a0hello\u200b world",
]  # fmt: skip


def pieces() -> list[str]:
    """Characters, each with and without the mark, and what the codes make."""
    made = [left + right for left, right in CODES]
    letters = sorted({part.removesuffix(END) for pair in CODES for part in pair} - set(made))
    singles = [letter for letter in [*letters, *",.'!-"] if len(letter) == 1]
    return [*singles, *(f"{single}{END}" for single in singles), *made]


def numbered(*specials: str, lacking: Sequence[str] = ()) -> dict[str, int]:
    found = [piece for piece in [*specials, *pieces()] if piece not in lacking]
    return {piece: i for i, piece in enumerate(found)}


def merges(*, version: bool = True, count: bool = False) -> str:
    lines = ["#version: 0.2"] if version else []
    lines += [f"{left} {right}{' 7' if count else ''}" for left, right in CODES]
    return "\n".join([*lines, ""])


def clip_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """CLIP's own order: bytes, bytes that end a word, merges, two special tokens."""
    alphabet = list(map(chr, byte_alphabet()))
    pairs = [pair for pair in CODES if "é" not in pair]
    tokens = [*alphabet, *(f"{char}{END}" for char in alphabet), *(a + b for a, b in pairs)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}, pairs


GPT, XLM = ("<unk>",), ("<s>", "</s>", "<pad>", "<unk>", "<special0>", "<special1>")
# class -> its files; some pieces that merging makes are not in the vocabulary
REPOSITORIES = {
    "OpenAIGPT": {"vocab.json": numbered(*GPT), "merges.txt": merges()},
    "Herbert": {
        "vocab.json": numbered("<s>", "<pad>", "</s>", "<unk>", "<mask>"),
        "merges.txt": merges(),
    },
    "CLIP": {
        "vocab.json": clip_vocabulary()[0],
        "merges.txt": "\n".join(["#version: 0.2", *map(" ".join, clip_vocabulary()[1]), ""]),
    },
    "XLM": {
        "vocab.json": numbered(*XLM, lacking=["hel", f"aa{END}"]),
        "merges.txt": merges(version=False, count=True),
    },
    "Flaubert": {
        "vocab.json": numbered(*XLM, lacking=["wo", "h"]),
        "merges.txt": merges(version=False, count=True),
    },
    "BioGpt": {
        "vocab.json": numbered(*XLM, lacking=[f"rld{END}"]),
        "merges.txt": merges(version=False),
    },
    "FSMT": {
        "vocab-src.json": numbered(*XLM, lacking=[f"lo{END}"]),
        "vocab-tgt.json": numbered(*XLM),
        "merges.txt": merges(version=False),
    },
}
SETTINGS = {"FSMT": {"langs": ["en", "ru"]}}
MOSES = ("XLM", "Flaubert", "BioGpt", "FSMT")


def goes_on(piece: str) -> str:
    return piece.removesuffix(END) if piece.endswith(END) else f"{piece}@@"


REPOSITORIES["CTRL"] = {
    "vocab.json": {"<unk>": 0} | {goes_on(p): i for i, p in enumerate(pieces()[1:], 1)},
    "merges.txt": merges(),
}
for _kind in ("Phobert", "Bertweet"):
    REPOSITORIES[_kind] = {
        "vocab.txt": "".join(f"{goes_on(piece)} 9\n" for piece in pieces() if piece != "hel"),
        "bpe.codes": merges(version=False, count=True),
    }


@pytest.mark.parametrize("kind", REPOSITORIES)
def test_ids_are_those_of_transformers(kind: str, tmp_path: Path) -> None:
    if kind in MOSES:
        pytest.importorskip("sacremoses")
    settings = SETTINGS.get(kind, {})
    folder = repository(tmp_path, REPOSITORIES[kind], kind, **settings)
    ids, tokenizer = transformers_ids(folder, kind), load(f"file:{folder}")
    for text in TEXTS:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("XLM", {"do_lowercase_and_remove_accent": False}),
        ("Flaubert", {"do_lowercase": True}),
        ("FSMT", {"langs": ["de", "en"], "do_lower_case": True}),
    ],
)
def test_settings_of_words_count(kind: str, settings: dict[str, object], tmp_path: Path) -> None:
    pytest.importorskip("sacremoses")
    folder = repository(tmp_path, REPOSITORIES[kind], kind, **settings)
    ids, tokenizer = transformers_ids(folder, kind), load(f"file:{folder}")
    for text in TEXTS:
        assert tokenizer.encode([text]).ids.tolist() == ids(text), text
    usual = repository(tmp_path / "usual", REPOSITORIES[kind], kind, **SETTINGS.get(kind, {}))
    assert load(f"file:{usual}").fingerprint != tokenizer.fingerprint


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("XLM", {"do_lowercase_and_remove_accent": "no"}, "which is neither true nor false"),
        ("Flaubert", {"do_lowercase": 1}, "do_lowercase is 1, which is neither true nor false"),
        ("FSMT", {"langs": [["en"], "ru"]}, 'tokenizer_config.json: name two "langs"'),
    ],
)
def test_settings_of_words_that_make_no_sense_are_refused(
    kind: str, settings: dict[str, object], message: str, tmp_path: Path
) -> None:
    pytest.importorskip("sacremoses")
    folder = repository(tmp_path, REPOSITORIES[kind], kind, **settings)
    with pytest.raises(TokscopeError, match=message):
        load(f"file:{folder}")


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("OpenAIGPT", [38, 42]), ("Herbert", [42, 46]), ("CLIP", [515, 519]), ("CTRL", [37, 41])],
)
def test_ids_of_two_words(kind: str, ids: list[int], tmp_path: Path) -> None:
    tokenizer = load(str(repository(tmp_path, REPOSITORIES[kind], kind)))
    assert tokenizer.encode(["hello world"]).ids.tolist() == ids
    assert tokenizer.decode(ids).strip() in ("hello world", f"hello{END}world{END}")


@pytest.mark.parametrize("kind", [kind for kind in REPOSITORIES if kind not in MOSES])
def test_tokens_end_where_their_pieces_do(kind: str, tmp_path: Path) -> None:
    tokenizer = load(f"file:{repository(tmp_path, REPOSITORIES[kind], kind)}")
    ends = [6, 7, 9] if kind == "CLIP" else [6, 9, 11]  # a space belongs to what is before it
    assert tokenizer.boundaries("hello 12 worl").tolist()[:3] == ends
    for text in TEXTS:
        ends = tokenizer.boundaries(text).tolist()
        assert len(ends) == len(tokenizer.encode([text]).ids)
        assert ends == sorted(ends)
        assert not ends or ends[-1] <= len(text.encode())


def test_clips_vocabulary_tells_its_class(tmp_path: Path) -> None:
    named = dict(
        load(f"file:{repository(tmp_path / 'a', REPOSITORIES['CLIP'], 'CLIP')}").components()
    )
    bare = dict(load(f"file:{repository(tmp_path / 'b', REPOSITORIES['CLIP'])}").components())
    assert named.pop("beside")
    assert named == bare


def test_ends_of_words_without_a_class_are_refused(tmp_path: Path) -> None:
    folder = repository(tmp_path, REPOSITORIES["OpenAIGPT"])
    with pytest.raises(TokscopeError, match=r"marks the ends of words by </w>, and no class is"):
        load(f"file:{folder}")
    repository(tmp_path, {"config.json": {"model_type": "openai-gpt"}})
    assert load(f"file:{folder}").encode(["hello"]).ids.tolist() == [38]


def test_a_class_whose_words_are_not_known_is_refused_by_name(tmp_path: Path) -> None:
    folder = repository(tmp_path, REPOSITORIES["OpenAIGPT"], "Mine")
    with pytest.raises(TokscopeError, match="how MineTokenizer splits words is not known here"):
        load(f"file:{folder}")


def test_tweets_that_are_rewritten_are_refused(tmp_path: Path) -> None:
    folder = repository(tmp_path, REPOSITORIES["Bertweet"], "Bertweet", normalization=True)
    with pytest.raises(TokscopeError, match="normalised as tweets"):
        load(f"file:{folder}")


def test_moses_is_asked_for_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sacremoses", None)
    folder = repository(tmp_path, REPOSITORIES["XLM"], "XLM")
    with pytest.raises(TokscopeError, match=r"needs sacremoses; .*tokscope\[moses\]"):
        load(f"file:{folder}")


def test_words_stand_where_they_were_taken_from() -> None:
    assert placed(["it", "&apos;s", "so"], "it's so") == [(0, 2), (2, 4), (5, 7)]
    assert placed(["a", "b"], " a  b") == [(1, 2), (4, 5)]
    assert placed(["x"], "") == [(0, 0)]


# CLIP's own file


def test_clips_own_file_is_its_vocabulary(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary, pairs = clip_vocabulary()
    lines = ["a first line", *map(" ".join, pairs)]
    monkeypatch.setattr("tokscope.tokenizers.suffixed._CLIP_SIZE", len(pairs))
    path = write(CLIP_FILE, gzip.compress("\n".join([*lines, "one more"]).encode()))
    tokenizer = load(str(path))
    assert parse(str(path)).kind == "clip"
    assert len(tokenizer.vocabulary) == len(vocabulary)
    assert tokenizer.encode(["Hello  world"]).ids.tolist() == [515, 519]
    assert dict(tokenizer.vocabulary.specials) == {
        "<|startoftext|>": len(vocabulary) - 2,
        "<|endoftext|>": len(vocabulary) - 1,
    }
    assert load(str(path.parent)).fingerprint == tokenizer.fingerprint


@pytest.mark.parametrize(
    "content", [b"hello", gzip.compress(b"\nhello", mtime=0), gzip.compress(b"", mtime=0)]
)
def test_another_file_is_not_clips(write: Write, content: bytes) -> None:
    with pytest.raises(TokscopeError, match=CLIP_FILE):
        load(str(write(CLIP_FILE, content)))


# Codes files


def slow_pieces(text: str, pairs: Sequence[tuple[str, str]], *, apart: bool = False) -> list[str]:
    """What subword-nmt's `segment` gives, without its marks, in the plainest way."""
    ranks = {pair: rank for rank, pair in reversed(list(enumerate(pairs)))}
    found = []
    for word in filter(None, re.split(r"[ \n]+", text)):
        symbols = [*word, END] if apart else [*word[:-1], word[-1] + END]
        while len(word) > 1 and len(symbols) > 1:
            at = min(
                range(len(symbols) - 1), key=lambda i: ranks.get((symbols[i], symbols[i + 1]), 999)
            )
            if (symbols[at], symbols[at + 1]) not in ranks:
                break
            symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        plain = [word] if len(word) == 1 else [symbol.removesuffix(END) for symbol in symbols]
        found += filter(None, plain)
    return found


APART = [
    ("o", END),
    ("l", f"o{END}"),
    ("h", "e"),
    ("he", "l"),
    ("hel", f"lo{END}"),
    ("s", "t"),
    ("t", END),
]
FILES = {
    "a.codes": (merges(), CODES, False),
    "fast.codes": (merges(version=False, count=True), CODES, False),
    "attached.codes": (merges(version=False), CODES, False),
    "apart.codes": ("\n".join(map(" ".join, APART)) + "\n", APART, True),
    "named.codes": ("#version: 0.1\n" + "\n".join(map(" ".join, APART)) + "\n", APART, True),
}


@pytest.mark.parametrize("name", FILES)
def test_codes_cut_as_the_tools_do(name: str, write: Write) -> None:
    content, pairs, apart = FILES[name]
    tokenizer = load(str(write(name, content)))
    chance = random.Random(4)
    words = ["hello", "lo", "o", "best", "t", "helot", "wo", "rld", "ñ", "aa", "12", "<unk>", END]
    texts = [" ".join(chance.choices(words, k=5)) for _ in range(60)]
    for text in [*TEXTS, *texts]:
        want = slow_pieces(text, pairs, apart=apart)
        ids = tokenizer.encode([text]).ids.tolist()
        known = [
            tokenizer.vocabulary[i].decode() if i != tokenizer.vocabulary.unknown else piece
            for i, piece in zip(ids, want, strict=True)
        ]
        assert known == want, text


@pytest.mark.parametrize("name", FILES)
def test_codes_are_known_by_their_content(name: str, write: Write) -> None:
    path = write(Path(name).stem, FILES[name][0])
    assert parse(str(path)).kind == "codes"


def test_codes_are_those_of_subword_nmt(write: Write) -> None:
    apply = pytest.importorskip("subword_nmt.apply_bpe")
    for name, (content, _, _) in FILES.items():
        if name == "attached.codes":
            continue  # without a version it takes </w> for a symbol of its own
        lines = [" ".join(line.split(" ")[:2]) for line in content.splitlines()]
        text = "\n".join(
            lines if lines[0][:1] == "#" or "apart" in name else ["#version: 0.2", *lines]
        )
        oracle, tokenizer = apply.BPE(io.StringIO(text)), load(str(write(name, content)))
        for line in ["hello helo best t", "  aa 12", "ñandú hello", "été"]:
            want = [piece.removesuffix("@@") for piece in oracle.segment(line).split(" ") if piece]
            assert len(tokenizer.encode([line]).ids) == len(want)
            assert slow_pieces(line, FILES[name][1], apart=FILES[name][2]) == want


def test_ids_of_codes_are_in_the_order_of_the_lines(write: Write) -> None:
    tokenizer = load(str(write("a.codes", "#version: 0.2\na b</w>\nc ab</w>\n")))
    names = [tokenizer.vocabulary[i] for i in range(len(tokenizer.vocabulary))]
    assert names == [b"", b"a", b"b", b"c", b"a", b"b", b"c", b"ab", b"cab"]
    assert tokenizer.encode(["cab ab a x"]).ids.tolist() == [8, 7, 4, 0]
    assert "as subword-nmt does" in tokenizer.path


BROKEN = {
    "#version: 0.3\na b\n": "'#version: 0.3' is not known; codes are of version 0.1 or 0.2",
    "a b c d\n": "not the codes of subword-nmt or fastBPE",
    "a b x\n": "not the codes of subword-nmt or fastBPE",
    "": "not the codes of subword-nmt or fastBPE",
    "#version: 0.2\nab cd</w>\n": "its merges do not fit its vocabulary",
}


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_no_codes_file_is_one_line(content: str, write: Write) -> None:
    with pytest.raises(TokscopeError) as error:
        load(str(write("a.codes", content)))
    assert BROKEN[content] in str(error.value)


@pytest.mark.parametrize("name", ["a.codes", "fast.codes"])
def test_merges_with_ends_of_words_can_be_replayed(name: str, write: Write) -> None:
    pipeline = pipeline_of(load(str(write(name, FILES[name][0]))))
    assert pipeline.merges.marks.suffix == b"</w>"
    assert list(pipeline.cut(["hello  world"])) == ["hello", "world"]
    assert pipeline.merges.tokens[:2] == [b"lo</w>", b"he"]


@pytest.mark.parametrize("kind", ["CTRL", "Phobert", "OpenAIGPT"])
def test_merges_of_repositories_can_be_replayed(kind: str, tmp_path: Path) -> None:
    pipeline = pipeline_of(load(f"file:{repository(tmp_path, REPOSITORIES[kind], kind)}"))
    assert pipeline.merges.marks.suffix == b"</w>"
    assert list(pipeline.cut(["hello world"])) == ["hello", "world"]


def test_vocabularies_of_bytes_are_one_table(tmp_path: Path) -> None:
    tokenizer = load(f"file:{repository(tmp_path, REPOSITORIES['Phobert'], 'Phobert')}")
    assert json.loads(tokenizer.components()["special_tokens"]) == {
        "<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3,
    }  # fmt: skip
    token = tokenizer.encode(["hello"]).ids.tolist()
    assert [tokenizer.vocabulary[i] for i in token] == [b"hello"]


@pytest.mark.parametrize("kind", ["OpenAIGPT", "Herbert", "CTRL", "Phobert"])
def test_a_setting_that_a_class_does_not_take_is_not_called_taken(
    kind: str, tmp_path: Path
) -> None:
    folder = repository(tmp_path, REPOSITORIES[kind], kind, do_lower_case=kind != "OpenAIGPT")
    path = load(f"file:{folder}").path
    assert "do_lower_case has no effect on its steps" in path
    assert "do_lower_case=" not in path


def test_added_tokens_beside_words_are_special_tokens(tmp_path: Path) -> None:
    size = len(pieces()) + 3
    added = {
        "added_tokens.json": {"<mask>": size},
        "special_tokens_map.json": {"mask_token": "<mask>"},
    }
    folder = repository(tmp_path, {**REPOSITORIES["Phobert"], **added}, "Phobert")
    tokenizer = load(f"file:{folder}")
    assert tokenizer.vocabulary.specials["<mask>"] == size
    assert "1 added token from added_tokens.json" in tokenizer.path
    repository(tmp_path, {"added_tokens.json": {"covid": size}, "special_tokens_map.json": {}})
    with pytest.raises(TokscopeError, match="'covid', an added token, would have to be"):
        load(f"file:{folder}")


@pytest.mark.parametrize("kind", MOSES)
def test_words_that_are_known_sooner_are_those_of_moses(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("sacremoses")
    made = repository(tmp_path, REPOSITORIES[kind], kind, **SETTINGS.get(kind, {}))
    quick, slow = load(str(made)), moses.CLASSES[kind](read_beside(made, "").beside)
    chance = random.Random(5)
    for _ in range(300):
        text = "".join(chance.choice("ab9 3z  x1'.-") for _ in range(chance.randint(0, 9)))
        assert quick.split(text) == quick.split(text) == slow(text), text  # type: ignore[attr-defined]


@pytest.mark.deep
@pytest.mark.parametrize("language", ["en", "fr", "ru", "ko"])
def test_a_letter_alone_is_left_alone_by_moses(language: str) -> None:
    """Tried with every letter when this was written; here with some, of languages that are read fast."""
    sacremoses = pytest.importorskip("sacremoses")
    normalize = sacremoses.MosesPunctNormalizer(lang=language).normalize
    tokenize = sacremoses.MosesTokenizer(lang=language).tokenize
    letters = [chr(code) for code in range(0, 0x20000, 503) if chr(code).isalpha()]
    assert [normalize(letter) for letter in letters] == letters
    assert [tokenize(letter) for letter in letters] == [[letter] for letter in letters]
