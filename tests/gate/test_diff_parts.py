"""A part of a file that changed is told by its steps, or by the settings that differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokscope.studies.diff_parts import told

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False}
SPLIT = {"type": "Sequence", "pretokenizers": [{"type": "Digits"}, BYTE_LEVEL]}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (BYTE_LEVEL, SPLIT, "ByteLevel -> Digits, ByteLevel"),
        (None, {"type": "Lowercase"}, "none -> Lowercase"),
        ({"type": "Lowercase"}, None, "Lowercase -> none"),
        (BYTE_LEVEL, BYTE_LEVEL | {"add_prefix_space": True}, "add_prefix_space: false -> true"),
        (SPLIT, SPLIT | {"pretokenizers": [{"type": "Digits", "individual_digits": True},
         BYTE_LEVEL]}, "pretokenizers 1 individual_digits: new"),
        ([{"content": "<s>", "id": 0}], [{"content": "<s>", "id": 0}, {"content": "</s>", "id": 1}],
         "</s>: new"),
        ([{"content": "<s>", "id": 0, "lstrip": True}], [], "<s>: gone"),
        ({"sha256": "a" * 64}, {"sha256": "b" * 64}, "sha256: aaaaaaaa -> bbbbbbbb"),
        ({"fuse": False}, "Unigram", "fuse -> Unigram"),
        (0.1, None, "0.1 -> none"),
        (dict.fromkeys("abcdef", 0), dict.fromkeys("abcdef", 1),
         "a: 0 -> 1, b: 0 -> 1, c: 0 -> 1 and 3 others"),
    ],
)  # fmt: skip
def test_what_changed_is_told_without_json(old: Any, new: Any, words: str) -> None:
    assert told(json.dumps(old), json.dumps(new)) == words


def test_text_and_hashes_and_nothing_are_told_too() -> None:
    assert told("{{ bos }}", "{{ eos }}") == "{{ bos }} -> {{ eos }}"
    assert told("a" * 64, "b" * 64) == "aaaaaaaa -> bbbbbbbb"
    assert told("–", '{"type":"NFC"}') == "none -> NFC"
    assert told("null", "–") == "none in both"
