"""Values that we computed in another way on published gold and tokenizers."""

from __future__ import annotations

from pathlib import Path

import pytest

import tokscope
from tests.published import load

TOKENIZERS = {"gpt-2": "gpt-2.json", "o200k": "o200k_base.tiktoken", "llama": "llama.json"}
COUNTS = ("words", "positions", "hits", "false", "missed", "inside")
# file -> words left out, and for each tokenizer COUNTS, then kappa
KNOWN = {
    "sigmorphon2022-eng-test-1000.tsv": (309, {
        "gpt-2": (691, 5893, 275, 1033, 476, 2, 35, 0.12553103425081805),
        "o200k": (691, 5893, 272, 908, 479, 0, 42, 0.1492066793219919),
        "llama": (691, 5893, 325, 1266, 426, 0, 9, 0.1262533163262625),
    }),
    "sigmorphon2022-hun-test-1000.tsv": (363, {
        "gpt-2": (637, 6128, 912, 2363, 374, 119, 0, 0.14104785146427612),
        "o200k": (637, 6128, 781, 1306, 505, 0, 3, 0.27474692817530816),
        "llama": (637, 6128, 870, 1595, 416, 0, 0, 0.2596841022920139),
    }),
    "sigmorphon2022-eng-compounds-300.tsv": (72, {
        "gpt-2": (228, 1793, 170, 165, 58, 0, 7, 0.5332794832257306),
        "o200k": (228, 1793, 177, 128, 51, 0, 9, 0.6069662951619481),
        "llama": (228, 1793, 184, 239, 44, 0, 5, 0.4792257442102724),
    }),
    "morphynet-mon-inflectional-400.tsv": (125, {
        "gpt-2": (275, 1887, 273, 1541, 2, 1042, 0, 0.011073134928061315),
        "o200k": (275, 1887, 188, 493, 87, 0, 0, 0.23433387760927152),
        "llama": (275, 1887, 130, 1147, 145, 0, 0, -0.09510509488050436),
    }),
    "morphynet-deu-derivational-400.tsv": (39, {
        "gpt-2": (361, 2819, 213, 689, 148, 7, 22, 0.18893815485125742),
        "o200k": (361, 2819, 139, 270, 222, 0, 97, 0.2604253540173155),
        "llama": (361, 2819, 213, 465, 148, 0, 21, 0.2916170818942987),
    }),
}  # fmt: skip


def test_gold_of_five_files_under_three_tokenizers(data: Path) -> None:
    used = {name: load(data / "tokenizers" / path) for name, path in TOKENIZERS.items()}
    report = tokscope.morph(used, {file: data / "gold" / file for file in KNOWN})
    frame = report.frame[report.frame["part"] == "all"]
    found = frame.set_index(["gold", "tokenizer", "measure"])["value"].sort_index()
    for file, (_, known) in KNOWN.items():
        for name, (*counts, one_token, kappa) in known.items():
            own = found[file, name]
            assert [own[measure] for measure in COUNTS] == counts
            assert own["one_token"] == pytest.approx(one_token / counts[0], abs=1e-12)
            assert own["kappa"] == pytest.approx(kappa, abs=1e-9)
            positions, hits, false, missed = counts[1:5]
            assert own["precision"] == hits / (hits + false)
            assert own["recall"] == hits / (hits + missed)
            assert own["by_chance"] == (hits + false) / positions
    left_out = sum(number for number, _ in KNOWN.values())
    assert any(note.startswith(f"{left_out} words of the gold left out") for note in report.notes)
