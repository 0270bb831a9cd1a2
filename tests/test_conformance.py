"""Against real tokenizers, real text and what other tools computed: where TOKSCOPE_DATA is set.

The figures are those of tokenization-scorer 1.1.8, TokEval 0.1.0 and an independent count, on five
FLORES-200 files of 2,009 lines each (dev and devtest), for gpt-2 and llama.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sentencepiece
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

import tokscope
from tests.published import load, pipeline_from
from tests.tokenizers.families import by_pattern
from tokscope.counting.catalog import MEASURES, TYPES
from tokscope.counting.counted import Counted, count, types_of
from tokscope.counting.tally import Counting
from tokscope.counting.tokens import TEXT_COLUMNS, TOKEN_COLUMNS
from tokscope.errors import TokscopeError
from tokscope.mapping.kinds import (
    COMPOSED,
    KINDS,
    METHODS,
    SPECIAL,
    Map,
    map_of,
    matrix_of,
    weights_of,
)
from tokscope.measures.digits import addition_alignment, group_alignment, groups, match_probability
from tokscope.measures.fairness import gini
from tokscope.measures.frequency import percentile_frequency, renyi_efficiency, renyi_entropy
from tokscope.mixture.count import Counts
from tokscope.mixture.count import count as count_pretokens
from tokscope.mixture.evidence import evidence
from tokscope.mixture.saved import packed
from tokscope.mixture.solve import solve
from tokscope.numerals.cuts import cut
from tokscope.numerals.drawn import BARE, PLACES, SPACED, numbers_of
from tokscope.reach.causes import UNREACHABLE
from tokscope.reach.findings import Subject, _vocabulary
from tokscope.studies.infer_mixture import infer_mixture
from tokscope.studies.numbers import numbers
from tokscope.text.corpus import read, read_corpora
from tokscope.text.files import Corpus
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.bpe import RankTokenizer, from_alphabet
from tokscope.tokenizers.forms import forms
from tokscope.tokenizers.given import load_all, load_one
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.merges import learned
from tokscope.tokenizers.pipeline import pipeline_of
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.tokenizer_json import as_written, broken_merges

LANGUAGES = ("ar", "de", "en", "es", "ru")
# tokens, bytes, characters, whitespace words, types, round trips
TOTALS = {
    ("gpt-2", "ar"): (230301, 411839, 226881, 38396, 543, 2009),
    ("gpt-2", "de"): (112984, 305294, 300367, 42663, 5611, 2009),
    ("gpt-2", "en"): (52785, 257386, 257160, 42855, 10349, 2009),
    ("gpt-2", "es"): (104611, 311977, 306184, 50900, 5368, 2009),
    ("gpt-2", "ru"): (301729, 512640, 280198, 38816, 829, 2009),
    ("llama", "ar"): (207438, 411839, 226881, 38396, 303, 2009),
    ("llama", "de"): (85591, 305294, 300367, 42663, 5836, 2009),
    ("llama", "en"): (60619, 257386, 257160, 42855, 8183, 2009),
    ("llama", "es"): (88100, 311977, 306184, 50900, 5447, 2009),
    ("llama", "ru"): (99171, 512640, 280198, 38816, 2877, 2009),
}
# Rényi entropy 2.5, its efficiency over log2 U and over log2 V, Shannon entropy, percentile
# frequency .03-.83
FREQUENCY = {
    ("gpt-2", "ar"): (4.772136873010354, 0.5252875646135334, 0.3055724906773425, 5.398157618495014, 0.3696119426315995),
    ("gpt-2", "de"): (7.20772281524874, 0.5787456555039552, 0.4615294723049503, 9.341358246180244, 0.36873362600014165),
    ("gpt-2", "en"): (6.20834965664281, 0.46549110091953744, 0.3975369772618111, 10.394979576285348, 0.42883394903855265),
    ("gpt-2", "es"): (6.821038181413289, 0.5505201910906924, 0.4367690369251459, 9.296349808505628, 0.3826366252114979),
    ("gpt-2", "ru"): (4.6281688497617095, 0.47736563911768287, 0.2963538390307835, 5.265216700021433, 0.19947038567721365),
    ("gpt-2", "all"): (6.55800206964646, 0.4730636943825342, 0.4199261420230198, 8.513044616988529, 0.1311474184020638),
    ("llama", "ar"): (4.131752139660296, 0.5012331594534097, 0.2760798940483718, 4.900047690156486, 0.4458778044524147),
    ("llama", "de"): (7.2653196209367765, 0.5807254875419741, 0.4854620033767793, 10.243732065690445, 0.5168066735988598),
    ("llama", "en"): (6.512109432804396, 0.5009926106657462, 0.43513318840753507, 10.293820179422568, 0.4540655570035796),
    ("llama", "es"): (6.678340641790932, 0.5380878406638169, 0.44624060555485434, 9.816075885092634, 0.4790351872887371),
    ("llama", "ru"): (7.42177731442165, 0.6459139742193711, 0.49591636316901694, 9.690250069441284, 0.6140101440945438),
    ("llama", "all"): (6.235547198462763, 0.44765526042382087, 0.41665355318888025, 9.837519951863598, 0.31564615034783394),
}  # fmt: skip
# TokEval's mean rank, where its loader did not drop a line or a double space
RANKS = {("gpt-2", "ar"): 16.591812454136107, ("llama", "ar"): 11.78643257262411}
GINI_OF_LINES = {"gpt-2": 0.3108525566730226, "llama": 0.22718225834182196}
GINI_OF_BYTES = {"gpt-2": 0.19256658992038372, "llama": 0.17850571535846876}
PREMIUMS = {
    "ar": 4.363000852514919,
    "de": 2.14045656910107,
    "es": 1.9818319598370748,
    "ru": 5.716188311073221,
}
UAX29_WORDS = {"ar": 38455, "de": 43059, "en": 43198, "es": 50975, "ru": 39090}


def full_corpora(data: Path, names: Sequence[str] = LANGUAGES) -> list[Corpus]:
    folder = data / "parallel" / "flores-full5"
    return read_corpora([str(folder / f"{name}.txt") for name in names], parallel=True)


@pytest.fixture(scope="module")
def counted(data: Path) -> Counted:
    used = [load(data / "tokenizers" / f"{name}.json") for name in ("gpt-2", "llama")]
    columns = frozenset((*TEXT_COLUMNS, *TOKEN_COLUMNS, TYPES))
    return count(used, full_corpora(data), Counting(columns, "whitespace"))


def test_corpus_totals(counted: Counted) -> None:
    for c, language in enumerate(LANGUAGES):
        for k, tokenizer in enumerate(counted.tokenizers):
            found = counted.tallies[c][k]
            names = ("tokens", "bytes", "characters", "words")
            totals = [
                *(found.total(name) for name in names),
                int((found.types > 0).sum()),
                found.total("round_trip"),
            ]
            assert tuple(totals) == TOTALS[tokenizer.name, language]
            assert found.total("unknown") == 0
            assert found.vocabulary == {"gpt-2": 50257, "llama": 32000}[tokenizer.name]


def test_frequency_measures(counted: Counted) -> None:
    for k, tokenizer in enumerate(counted.tokenizers):
        types = {name: counted.tallies[c][k].types for c, name in enumerate(LANGUAGES)}
        types["all"] = np.sum(list(types.values()), axis=0)
        for language, counts in types.items():
            observed = int((counts > 0).sum())
            found = (
                renyi_entropy(counts, 2.5),
                renyi_efficiency(counts, observed),
                renyi_efficiency(counts, len(tokenizer.vocabulary)),
                renyi_entropy(counts, 1),
                percentile_frequency(counts),
            )
            assert found == pytest.approx(FREQUENCY[tokenizer.name, language], rel=1e-9)
        rank = MEASURES["average_token_rank"].compute([counted.tallies[0][k]])
        assert rank == pytest.approx(RANKS[tokenizer.name, "ar"], rel=1e-9)


def test_fairness(counted: Counted) -> None:
    for k, tokenizer in enumerate(counted.tokenizers):
        tallies = [row[k] for row in counted.tallies]
        assert MEASURES["gini"].compute(tallies) == pytest.approx(
            GINI_OF_LINES[tokenizer.name], rel=1e-9
        )
        per_byte = np.array([t.total("tokens") / t.total("bytes") for t in tallies])
        assert gini(per_byte) == pytest.approx(GINI_OF_BYTES[tokenizer.name], rel=1e-9)
    english = counted.tallies[LANGUAGES.index("en")][0]
    for language, premium in PREMIUMS.items():
        found = MEASURES["premium"].compute(
            [counted.tallies[LANGUAGES.index(language)][0], english]
        )
        assert found == pytest.approx(premium, rel=1e-9)


def test_splits_in_context(counted: Counted) -> None:
    """English under gpt-2: 17.0 % of whitespace words, and 6.7 % of UAX #29 words, are split."""
    english = counted.tallies[LANGUAGES.index("en")][0]
    assert MEASURES["split_words"].compute([english]) == pytest.approx(0.170, abs=5e-4)
    arabic = counted.tallies[LANGUAGES.index("ar")][1]
    assert (arabic.total("incomplete"), arabic.total("tokens")) == (1212, 207438)


def test_words_of_uax_29(counted: Counted) -> None:
    found = count(
        load_all(["bytes"]), counted.corpora, Counting(frozenset(("units", "bytes", "words")))
    )
    totals = {
        c.name: row[0].total("words") for c, row in zip(found.corpora, found.tallies, strict=True)
    }
    assert totals == UAX29_WORDS


def test_split_words_of_uax_29(data: Path) -> None:
    corpora = read_corpora([str(data / "parallel" / "flores-full5" / "en.txt")])
    frame = tokscope.compare(
        [load(data / "tokenizers" / "gpt-2.json")], corpora, measures=["split_words"]
    ).frame
    assert frame["value"].iloc[0] == pytest.approx(0.067, abs=5e-4)


# Ids against the libraries: every json, rank and SentencePiece file, 36 languages, fast and slow

EDGES = [
    "", " ", "  ", "   a", "a   ", "\t\t\ta", "\n", "\n\n\n", "a\r\nb\r\n\r\nc", "a\u00a0b\u2003c\u3000d",
    "👩\u200d👩\u200d👧\u200d👦 👍🏽 🇩🇪🇫🇷 ❤️ 1️⃣", "e\u0301 é a\u0323\u0307 ṩ Å Å \u0301", "\u202eabc\u202c \u2067x\u2069",
    "0123456789 ٠١٢٣٤٥٦٧٨٩ ۰۱۲ ०१२३ ০১২ ௧௨௩ ๑๒๓ ０１２ ½ Ⅷ ①", "1,234,567.89 $5.00 50% 2023-01-31 12:34:56",
    "<s></s><unk><|endoftext|><|begin_of_text|>[CLS][MASK] <0x0A> ▁ Ġ ##x", "don't DON'T don’t 'S 'ſ I'll we'LL",
    "ﬁ ﬀ ㎏ ™ ℡ ㌔ İstanbul ǅ ß ẞ", "\ufeffx\u200b\u200c\u2060\u00ad", "\x00\x01\x1f\x7f\x85", "\U0001fadc\U00016d40\u1c89",
    "\U0010fffe\U0010ffff\ufffe", "a" * 3000, "日本語テキスト中文字한국어", "def f(x):\n\treturn {'a': [1, 2]}  # x\n",
]  # fmt: skip
FILES = (
    "bert-base-uncased.json", "claude.json", "german-bpe-50k.json", "german-unigram-30k.json", "gpt-2.json",
    "llama.json", "cl100k_base.tiktoken", "o200k_base.tiktoken", "llama3.tiktoken",
    "german-unigram.spm.model", "mistral-v3.spm.model",
)  # fmt: skip
FAST = ("claude.json", "german-bpe-50k.json", "gpt-2.json")


def library_of(tokenizer: Tokenizer, path: Path) -> Callable[[list[str]], list[list[int]]]:
    """The family's own library, called by nobody but us; of most rank files the one that we made.

    Its ranks are compared with the file. To make another one takes a second.
    """
    if isinstance(tokenizer, HuggingFaceTokenizer):
        library = tokenizers.Tokenizer.from_file(str(path))
        library.no_padding()
        library.no_truncation()
        library.encode_special_tokens = True
        return lambda texts: [e.ids for e in library.encode_batch(texts, add_special_tokens=False)]
    if isinstance(tokenizer, SentencePieceTokenizer):
        return sentencepiece.SentencePieceProcessor(model_file=str(path)).encode
    assert isinstance(tokenizer, RankTokenizer)
    core, ranks = tokenizer.encoder.core, load_tiktoken_bpe(str(path))
    assert core._mergeable_ranks == ranks
    if path.name == "cl100k_base.tiktoken":
        core = tiktoken.Encoding(
            "apart", pat_str=core._pat_str, mergeable_ranks=ranks, special_tokens={}
        )
    return lambda texts: [core.encode_ordinary(text) for text in texts]


@cache
def lines_of(data: Path) -> dict[str, list[str]]:
    """Return some 5 lines of each of 36 languages by its name, and the edge cases."""
    corpora = read_corpora([str(data / "parallel" / "flores-dev")])
    found = {
        corpus.name: [text for units in read(corpus.shards[0]) for text in units.texts][::200]
        for corpus in corpora
    }
    assert len(found) == 36
    return found | {"edges": EDGES}


@pytest.mark.parametrize("file", FILES)
def test_ids_are_those_of_the_library_in_36_languages(data: Path, file: str) -> None:
    path = data / "tokenizers" / file
    tokenizer = load(path)
    if isinstance(tokenizer, HuggingFaceTokenizer):
        assert (tokenizer.fast is not None) == (file in FAST)
    library = library_of(tokenizer, path)
    for name, texts in lines_of(data).items():
        encoded = tokenizer.encode(texts)
        expected = library(texts)
        assert np.array_equal(encoded.ids, np.concatenate(expected)), name
        assert np.diff(encoded.starts).tolist() == [len(ids) for ids in expected]
        if file in FAST:
            assert isinstance(tokenizer, HuggingFaceTokenizer)
            assert np.array_equal(tokenizer._encode_slowly(texts).ids, encoded.ids)


@pytest.mark.parametrize("file", FAST)
def test_every_code_point_has_the_same_ids_on_both_paths(data: Path, file: str) -> None:
    """A regular expression engine or a Unicode table that differs would show here.

    Where no version of Unicode has assigned anything, one code point of 99 is tried, and inside the
    long blocks of Han and Hangul one of 9. Of all others, one of 3 is tried with one tokenizer, and
    one of 24 with those that cut alike. `tests/tokenizers/test_cutting.py` tries all with each path.
    """
    tokenizer = load(data / "tokenizers" / file)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer.fast
    empty = [*range(0xE000, 0xF900), *range(0x33500, 0xE0000), *range(0xE0200, sys.maxunicode + 1)]
    alike = [*range(0x3500, 0x4D00), *range(0x4F00, 0x9F00), *range(0xAD00, 0xD700)]
    alike += [*range(0x20100, 0x2A600), *range(0x30100, 0x31300)]
    left_out = {*range(0xD800, 0xE000), *empty, *alike} - {*empty[::99], *alike[::9]}
    chars = [chr(code) for code in range(sys.maxunicode + 1) if code not in left_out]
    pieces = [
        f"a{char} {char}1{char}{char}'" for char in chars[:: 3 if file == "gpt-2.json" else 24]
    ]
    texts = ["".join(pieces[i : i + 64]) for i in range(0, len(pieces), 64)]
    fast, slow = tokenizer.encode(texts), tokenizer._encode_slowly(texts)
    assert np.array_equal(fast.ids, slow.ids)
    assert np.array_equal(fast.starts, slow.starts)


GGUF = {
    "ggml-vocab-gpt-2": "gpt-2.json",
    "ggml-vocab-llama-spm": "llama.json",
    "ggml-vocab-bert-bge": "bert-base-uncased.json",
}


@pytest.mark.parametrize("name", GGUF)
def test_gguf_files_give_the_ids_that_are_expected_of_them(data: Path, name: str) -> None:
    place = data / "tokenizers" / "gguf" / f"{name}.gguf"
    tokenizer = load(str(place))
    with Path(f"{place}.inp").open(encoding="utf-8", newline="") as stream:
        texts = stream.read().split("\n__ggml_vocab_test__\n")
    expected = [[*map(int, line.split())] for line in Path(f"{place}.out").read_text().split("\n")]
    assert len(texts) == len(expected) > 40
    for text, ids in zip(texts, expected, strict=True):
        assert tokenizer.encode([text]).ids.tolist() == ids, text


@pytest.mark.parametrize(
    ("word", "file"),
    [
        *((f"gguf/{name}.gguf", file) for name, file in GGUF.items()),
        ("wordpiece:", "bert-base-uncased.json"),
    ],
)
def test_other_files_of_a_tokenizer_are_that_tokenizer(data: Path, word: str, file: str) -> None:
    """Equal ids in 36 languages and on the edge cases; equal parts as far as the file tells them.

    llama.cpp reads marks with width, and Hangul syllables, otherwise than BERT does.
    """
    folder = data / "tokenizers"
    place = (
        f"wordpiece:{folder}/bert-base-uncased.vocab.txt" if word == "wordpiece:" else folder / word
    )
    one, other = load(str(place)), load(str(folder / file))
    own = word == "gguf/ggml-vocab-bert-bge.gguf"
    for name, texts in lines_of(data).items():
        differs = own and name in ("bn", "hi", "ko", "ta", "edges")
        equal = np.array_equal(one.encode(texts).ids, other.encode(texts).ids)
        assert equal != differs, name
    if not own:
        pieces = [piece.decode(errors="ignore") for piece in one.vocabulary.pieces]
        assert np.array_equal(one.encode(pieces).ids, other.encode(pieces).ids)
    parts = [one.components(), other.components()]
    if file == "gpt-2.json":  # its end-of-text token is normalised in one, not in both
        names = ("pre_tokenizer", "vocabulary", "merges")
        parts = [{name: each[name] for name in names} for each in parts]
    assert own or parts[0] == parts[1]


# The training mixture


def test_merges_are_given_back_from_vocabularies(data: Path) -> None:
    """The first of each vocabulary: what comes later changes none of them."""
    folder = data / "tokenizers"
    for name, learnable in {"gpt-2": 50_000, "claude": 64_739, "german-bpe-50k": 49_739}.items():
        merges = pipeline_from(folder / f"{name}.json").merges
        assert len(merges) == learnable
        first = 20_000 if name == "gpt-2" else 5_000
        assert learned(merges.tokens[:first], bytewise=True).pairs == list(merges.pairs)[:first]
    merges = pipeline_from(folder / "llama.json").merges
    assert len(merges) == 29_612


SENTENCEPIECE_STYLE = {"llama.json": 2129, "mistral-v3.spm.model": 3295}


@pytest.mark.parametrize("file", SENTENCEPIECE_STYLE)
def test_all_characters_of_a_vocabulary_are_its_alphabet(data: Path, file: str) -> None:
    """Few are in a merge: of Llama 2, 264. Without the others, Japanese text has hardly a pair."""
    pipeline = pipeline_from(data / "tokenizers" / file)
    merges, size = pipeline.merges, SENTENCEPIECE_STYLE[file]
    assert len(merges.alphabet) == size
    merged = set("".join(token.decode() for token in merges.tokens))
    assert len(merged) < size / 2
    with (data / "text" / "ja.txt").open(encoding="utf-8") as stream:
        lines = [*islice(stream, 2_000)]
    counts = count_pretokens(read_corpora({"ja": lines}), pipeline)
    assert evidence(counts, merges, 10).pairs()[0] > 0.1 * counts.bytes()[0]


def test_the_ids_of_bert_are_not_in_the_order_of_training(data: Path) -> None:
    with pytest.raises(TokscopeError, match=r"\(only 41\.6 % of its tokens are made of two"):
        pipeline_of(load(data / "tokenizers" / "bert-base-uncased.json"))


def test_the_merge_list_of_gpt2_cuts_like_its_tokenizer(data: Path) -> None:
    alone = load(str(data / "tokenizers" / "gpt-2.merges.txt"))
    whole = load(str(data / "tokenizers" / "gpt-2.json"))
    for part in ("pre_tokenizer", "merges"):
        assert alone.components()[part] == whole.components()[part]
    for name, texts in lines_of(data).items():
        assert np.array_equal(alone.encode(texts).ids, whole.encode(texts).ids), name
    pieces = [piece.decode(errors="ignore") for piece in whole.vocabulary.pieces]
    assert np.array_equal(alone.encode(pieces).ids, whole.encode(pieces).ids)


RANK_FILES = ("cl100k_base.tiktoken", "o200k_base.tiktoken", "llama3.tiktoken")


@pytest.mark.parametrize("file", [*FAST, *RANK_FILES])
def test_pretokens_are_those_of_the_library_in_36_languages(data: Path, file: str) -> None:
    """Cut by the library itself, or alone and whole of the same ids where it does not tell cuts."""
    tokenizer = load(data / "tokenizers" / file)
    if isinstance(tokenizer, RankTokenizer):
        require_same_alone(data, tokenizer)
        return
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    library, pipeline = tokenizer.library, pipeline_from(data / "tokenizers" / file)
    for name, texts in lines_of(data).items():
        pieces = list(pipeline.cut([f"{text}\n" for text in texts]))
        if library.normalizer:
            texts = list(map(library.normalizer.normalize_str, texts))
        found = (library.pre_tokenizer.pre_tokenize_str(f"{text}\n") for text in texts)
        expected = [from_alphabet(piece) for cuts in found for piece, _ in cuts]
        assert list(map(pipeline.spell, pieces)) == expected, name


def require_same_alone(data: Path, tokenizer: RankTokenizer) -> None:
    cut = tokenizer.cutter()
    for name, texts in lines_of(data).items():
        lines = [f"{text}\n" for text in texts]
        whole = tokenizer.encode(lines)
        assert np.array_equal(tokenizer.encode(list(cut(lines))).ids, whole.ids), name


def golden_mixture(data: Path, steps: int) -> Tokenizer:
    path = data.parent / "golden" / "mixture" / f"merges-{steps}.txt"
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    pairs = [tuple(line.split(" ")) for line in lines if line]
    tokens = dict.fromkeys([*alphabet, *(left + right for left, right in pairs)])
    model = tokenizers.Tokenizer(
        tokenizers.models.BPE({token: i for i, token in enumerate(tokens)}, pairs)
    )
    parts = tokenizers.pre_tokenizers
    model.pre_tokenizer = parts.Sequence(
        [parts.Digits(individual_digits=False), parts.ByteLevel(add_prefix_space=False)]
    )
    model.decoder = tokenizers.decoders.ByteLevel()
    return load_one({"golden": model})


@pytest.fixture(scope="module")
def pretokens(data: Path) -> Counts:
    """Pre-tokens of the five languages: however many merges follow, they are the same."""
    return count_pretokens(full_corpora(data), pipeline_of(golden_mixture(data, 300)))


@pytest.mark.parametrize("steps", [300, 1000])
def test_golden_mixtures(data: Path, pretokens: Counts, tmp_path: Path, steps: int) -> None:
    known = json.loads((data.parent / "golden" / "mixture" / "expected.json").read_text())
    expected, names = known[f"T={steps}"], list(known["bytes"])
    tokenizer = golden_mixture(data, steps)
    whole = evidence(pretokens, pipeline_of(tokenizer).merges, steps)
    held = whole.subset(names)
    assert dict(zip(names, held.pairs(), strict=True)) == known["pairs_at_step_0"]
    assert dict(zip(names, held.counts.bytes(), strict=True)) == known["bytes"]
    solution = solve(held.linear_program())
    assert solution.objective == pytest.approx(expected["objective"], rel=1e-9)
    assert solution.is_exact
    for shares, of in ((solution.shares, "pair"), (held.bytes_of(solution.shares), "byte")):
        found = dict(zip(names, shares, strict=True))
        assert found == pytest.approx(expected[f"{of}_shares"], abs=1e-4), of
    if steps == 300:
        counts = tmp_path / "counts.npz"
        counts.write_bytes(packed(whole, tokenizer.fingerprint))
        require_inferred(tokenizer, counts, expected, known["setup"]["true_training_bytes"])


def require_inferred(
    tokenizer: Tokenizer, counts: Path, expected: dict[str, Any], truth: dict[str, int]
) -> None:
    true = {name: size / sum(truth.values()) for name, size in truth.items()}
    frame = infer_mixture(tokenizer, counts=counts, merges=300, truth=true).frame
    found = frame.pivot_table(index="corpus", columns="measure", values="value")
    for name in truth:
        assert found["pairs"][name] == pytest.approx(expected["pair_shares"][name], abs=1e-4)
        assert found["bytes"][name] == pytest.approx(expected["byte_shares"][name], abs=1e-4)
    assert found["bytes"]["all"] == pytest.approx(expected["log10_mse"], abs=1e-3)


# Vocabularies: counts that were made without tokscope, from the files themselves

# single bytes, then tokens that are bytes of cut characters without being single bytes
BYTES = {
    "gpt-2.json": (256, 216), "cl100k_base.tiktoken": (256, 645), "claude.json": (256, 625),
    "llama3.tiktoken": (256, 1224), "llama.json": (256, 0), "o200k_base.tiktoken": (256, 1434),
}  # fmt: skip
# ids; whole UTF-8, cut, bytes that UTF-8 never holds; holding U+FFFD; bytes of the longest
TEXTS = {
    "gpt-2.json": (50257, 49913, 331 + 13, 8, 128),
    "claude.json": (65000, 64247, 740 + 13, 39, 1024),
    "cl100k_base.tiktoken": (100256, 99483, 760 + 13, 9, 128),
    "llama.json": (32000, 31872, 115 + 13, 2, 27),
}
DUPLICATES = {"gpt-2.json": 0, "claude.json": 0, "cl100k_base.tiktoken": 0, "llama.json": 96}


@cache
def vocab_of(path: Path) -> pd.DataFrame:
    """What a vocabulary holds, and what of it text in five scripts uses."""
    corpora = read_corpora([f"sample:{name}" for name in ("en", "ru", "hi", "th", "ja")])
    return tokscope.vocab([load(path)], corpora).frame


@pytest.mark.parametrize("file", BYTES)
def test_bytes_of_vocabularies(data: Path, file: str) -> None:
    frame = vocab_of(data / "tokenizers" / file).query("by == 'kind'")
    counts = frame[frame["measure"] == "tokens"].set_index("name")["value"]
    assert (counts["byte"], counts["incomplete UTF-8"]) == BYTES[file]


@pytest.mark.parametrize("file", TEXTS)
def test_texts_of_vocabularies(data: Path, file: str) -> None:
    tokenizer = load(data / "tokenizers" / file)
    vocabulary = tokenizer.vocabulary
    ids, whole, cut, replaced, longest = TEXTS[file]
    specials = len(vocabulary.specials) if file.endswith(".tiktoken") else 0  # not in that count
    assert len(vocabulary) == ids + specials
    assert int(vocabulary.incomplete.sum()) == cut
    assert len(vocabulary) - specials - cut == whole
    assert sum("\ufffd".encode() in piece for piece in vocabulary.pieces) == replaced
    frame = vocab_of(data / "tokenizers" / file)
    totals = frame.query("by == 'total'").set_index("measure")["value"]
    assert totals["longest_bytes"] == longest
    with_bytes = int((vocabulary.lengths > 0).sum())
    assert with_bytes - totals["distinct"] == DUPLICATES[file]


TOKENIZERS = (*FILES, "llama3.tiktoken", *(f"gguf/{name}.gguf" for name in GGUF))


@pytest.mark.parametrize("file", sorted(set(TOKENIZERS)))
def test_shares_of_every_file_sum_to_1(data: Path, file: str) -> None:
    """By kind, position, script and language, in five scripts."""
    frame = vocab_of(data / "tokenizers" / file)
    shares = frame[frame["measure"] == "share"].groupby("by")["value"].sum()
    for by in ("kind", "position", "script", "language"):
        assert shares[by] == pytest.approx(1, abs=1e-12)


def test_tokens_seen_are_the_types_of_each_language(data: Path) -> None:
    """Of one of the five languages."""
    used = [load(data / "tokenizers" / f"{name}.json") for name in ("gpt-2", "llama")]
    frame = tokscope.vocab(used, full_corpora(data, ["en"]), by="language").frame
    seen = frame[frame["measure"] == "seen"].set_index(["tokenizer", "name"])["value"]
    assert {key: int(value) for key, value in seen.items()} == {
        key: totals[4] for key, totals in TOTALS.items() if key[1] == "en"
    }


def test_a_vocabulary_is_that_of_its_other_files(data: Path) -> None:
    """The same counts from JSON and from GGUF, where only one of them marks what continues a word."""
    for name, file in GGUF.items():
        places = [data / "tokenizers" / file, data / "tokenizers" / "gguf" / f"{name}.gguf"]
        frames = [vocab_of(place).drop(columns="tokenizer") for place in places]
        parts = [frame[frame["by"].isin(["position", "script"])] for frame in frames]
        assert parts[0].reset_index(drop=True).equals(parts[1].reset_index(drop=True)), name


CAUSES = {  # golden/vocabulary.json and reference counts: single bytes, cut characters, unreachable
    "gpt-2.json": (256, 216, 0),
    "claude.json": (256, 625, 0),
    "cl100k_base.tiktoken": (256, 645, 0),
    "llama3.tiktoken": (256, 1224, 0),
}


@cache
def subject(path: Path) -> Subject:
    """What an audit knows of a tokenizer."""
    return Subject(load(path))


@pytest.mark.parametrize("file", CAUSES)
def test_causes_of_published_vocabularies(data: Path, file: str) -> None:
    found = subject(data / "tokenizers" / file).causes
    unreachable = sum(len(found.of(cause)) for cause in UNREACHABLE)
    counted = (len(found.of("single byte")), len(found.of("incomplete UTF-8")), unreachable)
    assert counted == CAUSES[file]
    assert not len(found.of("never valid UTF-8"))


def test_byte_fallbacks_that_repeat_a_piece_have_a_cause_of_their_own(data: Path) -> None:
    found = subject(data / "tokenizers" / "llama.json").causes
    assert len(found.of("repeated fallback")) == 96
    assert not sum(len(found.of(cause)) for cause in UNREACHABLE)


def test_published_files_have_no_broken_merges(data: Path) -> None:
    for file in ("gpt-2.json", "claude.json", "llama.json"):
        path = data / "tokenizers" / file
        assert not broken_merges(as_written(str(path)))
        assert not len(subject(path).parts.orphans)


# golden/vocabulary.json: tokens with a run of eight or more of one character, tokens of white space
# alone, longest tokens
REVIEWED = {
    "gpt-2.json": (91, 7, "35496 (128 bytes)", "38093 (66 bytes)"),
    "claude.json": (619, 537, "63466 (1024 bytes)", "63480 (1024 bytes)"),
    "cl100k_base.tiktoken": (483, 425, "58040 (128 bytes)", "90280 (114 bytes)"),
    "llama.json": (28, 24, None, None),
}


@pytest.mark.parametrize("file", REVIEWED)
def test_tokens_for_review_are_those_of_the_golden_file(data: Path, file: str) -> None:
    found = {one.code: one for one in _vocabulary(subject(data / "tokenizers" / file))}
    runs, blanks, *longest = REVIEWED[file]
    assert (found["TS442"].count, found["TS445"].count) == (runs, blanks)
    for one in filter(None, longest):
        assert any(example.startswith(one) for example in found["TS444"].examples)


DIGITS = {  # the name in golden/numbers.json -> the file
    "gpt-2": "gpt-2.json",
    "claude": "claude.json",
    "cl100k_base": "cl100k_base.tiktoken",
    "llama": "llama.json",
}
SCRIPT_DIGITS = {  # the first of ten
    "arabic-indic": 0x660,
    "ext-arabic-indic(persian)": 0x6F0,
    "devanagari": 0x966,
    "bengali": 0x9E6,
    "thai": 0xE50,
    "fullwidth": 0xFF10,
    "tamil": 0xBE6,
}


def known_numbers(data: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((data.parent / "golden" / "numbers.json").read_text())
    return known


@pytest.mark.parametrize("name", DIGITS)
def test_every_number_of_four_digits_is_cut_as_in_the_golden_file(data: Path, name: str) -> None:
    known = known_numbers(data)["tokenizers"][name]
    tokenizer = load(str(data / "tokenizers" / DIGITS[name]))
    for digits in range(1, 5):
        for key, before in ((f"{digits}", BARE), (f"{digits}+ws", SPACED)):
            cuts = cut(tokenizer, numbers_of(digits, 0), before).cuts
            kinds, counts = np.unique(cuts, return_counts=True)
            found = {groups(int(k), digits): int(n) for k, n in zip(kinds, counts, strict=True)}
            assert found == known["partitions_exhaustive"][key]
            assert match_probability(counts) == pytest.approx(known["match_prob"][key], abs=5e-7)


@pytest.mark.parametrize("name", DIGITS)
def test_tokens_of_digits_are_those_of_the_golden_file(data: Path, name: str) -> None:
    """Llama's ten byte fallbacks are no digits here; after a sign its digits are whole tokens."""
    known = known_numbers(data)["tokenizers"][name]
    report = numbers([load(str(data / "tokenizers" / DIGITS[name]))], by="coverage").frame
    keys = zip(report["name"], report["measure"], report["digits"], strict=True)
    values = dict(zip(keys, report["value"], strict=True))
    fallbacks = 10 if name == "llama" else 0
    with_digits = values["all", "tokens_with_digits", None]
    assert with_digits + fallbacks == known["tokens_with_ascii_digit"]
    counts = known["vocab_digit_tokens_by_len_[nospace,space]"]
    for digits, pair in counts.items():
        bare, spaced = (values[place, "in_vocabulary", int(digits)] for place in PLACES)
        assert [bare + fallbacks * (digits == "1"), spaced] == pair
    for digits, pair in known["standalone_single_token_count_[nospace,space]"].items():
        whole = [values[place, "one_token", int(digits)] for place in PLACES]
        assert whole == ([10, 0] if (name, digits) == ("llama", "1") else pair)


@pytest.mark.parametrize("name", DIGITS)
def test_tokens_of_digits_of_other_scripts_are_as_in_the_golden_file(data: Path, name: str) -> None:
    known = known_numbers(data)["tokenizers"][name]["tokens_for_10_nonascii_digits"]
    tokenizer = load(str(data / "tokenizers" / DIGITS[name]))
    for script, zero in SCRIPT_DIGITS.items():
        digits = "".join(chr(zero + i) for i in range(10))
        assert cut(tokenizer, [digits]).tokens.tolist() == [known[script]], script


def problems_of_the_paper(data: Path) -> dict[str, list[int]]:
    lines = (data.parent / "golden" / "addition-1300.csv").read_text().split()[1:]
    pairs = [tuple(map(int, line.split(","))) for line in lines]
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    return {"a": first, "b": second, "sum": [a + b for a, b in pairs]}


def addition_of(
    tokenizer: Tokenizer, written: dict[str, list[int]], comma: str
) -> list[list[float]]:
    """Return mean and share fully aligned, where lengths match and where not."""
    a, b, total = (
        cut(tokenizer, [format(n, comma) for n in column], BARE) for column in written.values()
    )
    aligned = addition_alignment(total.cuts, (a.cuts, a.digits), (b.cuts, b.digits))
    longer = total.digits > np.maximum(a.digits, b.digits)
    assert int(longer.sum()) == 400
    kinds = (aligned[chosen & ~np.isnan(aligned)] for chosen in (~longer, longer))
    return [[float(values.mean()), float((values == 1).mean())] for values in kinds]


@pytest.mark.parametrize("name", [*DIGITS, "SYN-R2L3"])
def test_alignment_on_the_problems_of_the_paper(data: Path, tmp_path: Path, name: str) -> None:
    """Singh & Strouse 2024: 1,300 additions."""
    known = known_numbers(data)["addition_alignment_1300"][name]
    path = tmp_path / "right.json"
    threes = [f"{n:0{digits}d}" for digits in (1, 2, 3) for n in range(10**digits)]
    path.write_text(by_pattern(r"\d{1,3}(?=(?:\d{3})*(?!\d))", threes).to_str())
    word = str(data / "tokenizers" / DIGITS[name]) if name in DIGITS else str(path)
    written = problems_of_the_paper(data)
    for style, comma in (("plain", ""), ("comma", ",")):
        found = addition_of(load(word), written, comma)
        for kind, values in zip(("match", "mismatch"), found, strict=True):
            assert values == pytest.approx(known[style][kind], abs=5.1e-5)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("cl100k_base", "left-to-right 3 (cl100k)"),
        ("llama", "single digit (llama)"),
        ("gpt-2", "gpt-2"),
        ("claude", "claude"),
    ],
)
def test_thousands_on_the_sums_of_the_paper(data: Path, name: str, key: str) -> None:
    known = known_numbers(data)["thousands_alignment_on_the_1300_sums"]["values"][key]
    tokenizer = load(str(data / "tokenizers" / DIGITS[name]))
    runs = cut(tokenizer, [str(n) for n in problems_of_the_paper(data)["sum"]], BARE)
    assert group_alignment(runs.cuts, runs.digits) == pytest.approx(known, abs=5.1e-5)


@pytest.mark.parametrize(
    ("name", "plain", "with_commas"),
    [("gpt-2", 3.96, 5.65), ("claude", 3.79, 5.03), ("cl100k_base", 3, 5), ("llama", 9, 11)],
)
def test_tokens_of_nine_digits(data: Path, name: str, plain: float, with_commas: float) -> None:
    """Means over 60,000 seeded numbers, by an independent count; ours of 5,000 others."""
    draw = np.random.default_rng(0).integers(10**8, 10**9, 5_000).tolist()
    tokenizer = load(str(data / "tokenizers" / DIGITS[name]))
    for comma, expected in (("", plain), (",", with_commas)):
        runs = cut(tokenizer, [format(n, comma) for n in draw], BARE)
        assert runs.tokens.mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("gpt-2.json", "learned"),
        ("cl100k_base.tiktoken", "left-to-right groups of 3"),
        ("o200k_base.tiktoken", "left-to-right groups of 3"),
        ("llama3.tiktoken", "left-to-right groups of 3"),
        ("mistral-v3.spm.model", "single digits"),
    ],
)
def test_rules_of_published_tokenizers(data: Path, file: str, rule: str) -> None:
    frame = numbers([load(data / "tokenizers" / file)], by="scheme").frame
    row = frame[frame["by"] == "rule"].iloc[0]
    assert row["name"].split(";")[0] == rule
    assert rule == "learned" or row["value"] == pytest.approx(1)


# How the tokens of one published tokenizer are made of those of another, by an independent program:
# new ids that are copied, composed and impossible; composed ids by their old tokens; the hash of the
# whole map; tokens of FLORES dev, those of one old token, of several, of none, and old for each
TRANSFERS = [
    (
        ("gpt-2.json", "german-bpe-50k.json", "de.txt"),
        (11089, 38906, 0),
        {2: 14122, 3: 11005, 4: 7489, 5: 3745, 6: 1646, 7: 612, 8: 194, 9: 56, 10: 25, 11: 10, 12: 2},
        "1daa605fcec3441e219e3289a0353c8f3b895b68f800d41c595748bb25dc7275",
        (28465, 13122, 15343, 0, 1.957562),
    ),
    (
        ("cl100k_base.tiktoken", "o200k_base.tiktoken", "hi.txt"),
        (85033, 114965, 0),
        {2: 66403, 3: 20854, 4: 11759, 5: 4664, 6: 4346, 7: 1736, 8: 1816, 9: 810, 10: 819, 11: 480, 12: 372, 13: 267, 14: 138, 15: 161, 16: 62, 17: 96, 18: 35, 19: 60, 20: 11, 21: 23, 22: 10, 23: 16, 24: 6, 25: 9, 26: 1, 27: 7, 29: 2, 31: 1, 32: 1},
        "1389e81487f54fb866edf5e9c2afd21ba11724a7184e50d2dd741d3e12f8fdfe",
        (40255, 5476, 34779, 0, 3.072562),
    ),
    (
        ("german-unigram-30k.json", "german-bpe-50k.json", "de.txt"),
        (19808, 29926, 261),
        {2: 23668, 3: 5056, 4: 958, 5: 197, 6: 37, 7: 9, 8: 1},
        "516d31d28b4740281c0a538d6f0a012d47f03099e45a02117574c2d58a18805c",
        (28465, 23652, 4799, 14, 1.1911),
    ),
    (
        ("bert-base-uncased.json", "gpt-2.json", "en.txt"),
        (18129, 14697, 17430),
        {1: 33, 2: 11735, 3: 2406, 4: 370, 5: 50, 6: 16, 7: 5, 8: 27, 9: 3, 10: 1, 11: 2, 12: 6, 13: 2, 14: 2, 15: 1, 16: 13, 17: 1, 18: 1, 20: 2, 24: 3, 32: 9, 33: 1, 48: 1, 56: 1, 64: 5, 65: 1},
        "381714c9672092c70bcccf5b78b9c4c481dd294ab5faf58f65486c14eb00ca0c",
        (25740, 21734, 983, 3023, 1.047541),
    ),
    (
        ("gpt-2.json", "claude.json", "en.txt"),
        (35499, 29496, 0),
        {2: 23266, 3: 4259, 4: 922, 5: 382, 6: 174, 7: 55, 8: 51, 9: 26, 10: 20, 11: 20, 12: 19, 13: 19, 14: 12, 15: 13, 16: 20, 17: 14, 18: 12, 19: 7, 20: 9, 21: 8, 22: 6, 23: 6, 24: 6, 25: 7, 26: 6, 27: 6, 28: 5, 29: 7, 30: 4, 31: 4, 32: 10, 33: 6, 34: 4, 35: 4, 36: 4, 37: 5, 38: 3, 39: 2, 40: 3, 41: 5, 42: 3, 43: 3, 44: 3, 45: 4, 46: 3, 47: 2, 48: 2, 49: 4, 50: 2, 51: 2, 52: 2, 53: 3, 54: 2, 55: 2, 56: 2, 57: 3, 58: 2, 59: 2, 60: 2, 61: 2, 62: 2, 63: 1, 64: 3, 65: 2, 66: 1, 67: 1, 68: 1, 69: 1, 70: 1, 71: 1, 72: 2, 73: 1, 75: 1, 76: 2, 77: 2, 78: 1, 89: 1, 96: 1, 108: 1, 128: 2, 153: 1, 256: 2, 512: 2, 1024: 2},
        "ded7b54398237e95a43526c3ba70c670136a83df151879cd46c6ba3ae305ba5a",
        (26175, 25890, 285, 0, 1.011576),
    ),
]  # fmt: skip


def require_vectors_of_a_loop(made: Map) -> None:
    vectors = np.random.default_rng(0).standard_normal((made.width, 3))
    for method in METHODS:
        weights = weights_of(made, method)
        found = matrix_of(made, weights) @ vectors
        for token in range(0, made.height, 101):
            part = slice(made.starts[token], made.starts[token + 1])
            pairs = zip(weights[part], made.pieces[part], strict=True)
            wanted = sum((w * vectors[i] for w, i in pairs), np.zeros(3))
            assert np.allclose(found[token], wanted), method


@pytest.mark.parametrize(("files", "kinds", "pieces", "digest", "used"), TRANSFERS)
def test_maps_between_published_tokenizers(
    data: Path,
    files: tuple[str, str, str],
    kinds: tuple[int, ...],
    pieces: dict[int, int],
    digest: str,
    used: tuple[float, ...],
) -> None:
    old, new = (load(str(data / "tokenizers" / name)) for name in files[:2])
    made, every = map_of(old, new), forms(new.vocabulary)
    old_ids, starts = made.pieces.tolist(), made.starts.tolist()
    rows = [
        [token, old_ids[starts[token] : starts[token + 1]] or None]
        for token, own in enumerate(every)
        if own
    ]
    written = json.dumps(rows, separators=(",", ":")).encode()
    assert hashlib.sha256(written).hexdigest() == digest
    if files[0] == "bert-base-uncased.json":
        require_vectors_of_a_loop(made)
    spelled = np.array([bool(own) for own in every])
    assert tuple(int((made.of(kind) & spelled).sum()) for kind in KINDS if kind != SPECIAL) == kinds
    numbers = np.unique_counts(made.counts[made.of(COMPOSED)])
    assert dict(zip(*map(np.ndarray.tolist, numbers), strict=True)) == pieces
    text = read_corpora([str(data / "parallel" / "flores-dev" / files[2])])
    counted = count([new], text, Counting(frozenset((TYPES, "tokens"))))
    types = types_of(counted, 0)[0]
    number = made.counts
    found = [
        types.sum(),
        types[number == 1].sum(),
        types[number > 1].sum(),
        types[number == 0].sum(),
    ]
    each = (types * number).sum() / types[number > 0].sum()
    assert (*found, round(float(each), 6)) == used


def test_a_llama_that_learns_german(data: Path) -> None:
    """A fifth of the ids, but two thirds of the tokens, are copies."""
    old, new = (load(data / "tokenizers" / f"{name}.json") for name in ("llama", "german-bpe-50k"))
    text = str(data / "parallel" / "flores-dev" / "de.txt")
    frame = tokscope.transfer(old, new, [text]).frame
    kinds = frame[(frame["part"] == "kind") & (frame["name"] == "copied")]
    told = kinds.set_index(["corpus", "measure"])["value"]
    assert (told["", "ids"], round(told["", "share"], 3)) == (9501, 0.19)
    assert (told["de", "tokens"], round(told["de", "share"], 3)) == (19355, 0.68)
    each = frame[(frame["name"] == "pieces") & (frame["corpus"] == "de")]["value"].item()
    assert round(each, 2) == 1.48
