"""What a transfer tells: values worked out by hand, headlines, notes, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from scipy.sparse import load_npz

from tests.mapping.test_checkpoint import model, read, rows
from tests.tokenizers.families import tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.mapping.kinds import COMPOSED, COPIED, KINDS, NONE, SPECIAL, Map
from tokscope.report import Report
from tokscope.studies.transfer import transfer
from tokscope.studies.transfer_headline import headline
from tokscope.studies.transfer_plots import plots
from tokscope.studies.transfer_tables import tables

TEXT = {"en": ["hello hello world"], "more": ["hell"]}


def letters(*merges: tuple[str, str], lower: bool = False) -> tokenizers.Tokenizer:
    """BPE over the letters of `helo wrd`, with these merges."""
    pieces = [*"helo wrd", *map("".join, merges)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, list(merges)))
    if lower:
        made.normalizer = tokenizers.normalizers.Lowercase()
    return made


OLD = letters(("h", "e"), ("l", "l"))
NEW = letters(("h", "e"), ("l", "o"), ("he", "l"), ("hel", "lo"))


def report(**options: object) -> Report:
    return transfer({"old": OLD}, {"new": NEW}, TEXT, **options)  # type: ignore[arg-type]


def value(told: Report, part: str, name: str, corpus: str, measure: str) -> float:
    frame = told.frame
    own = frame[(frame["part"] == part) & (frame["name"] == name)]
    return float(own[(own["corpus"] == corpus) & (own["measure"] == measure)]["value"].item())


def test_shares_by_ids_and_by_use() -> None:
    """`hello hello world` is hello, ␣, hello, ␣, w, o, r, l, d; and `hell` is hel, l.

    hello is he|ll|o of old, hel is he|l, lo is l|o: three of twelve ids are composed.
    """
    told = report()
    assert value(told, "kind", COPIED, "", "ids") == 9
    assert value(told, "kind", COMPOSED, "", "ids") == 3
    assert value(told, "kind", COPIED, "", "share") == 9 / 12
    assert value(told, "kind", COPIED, "en", "tokens") == 7
    assert value(told, "kind", COMPOSED, "en", "share") == 2 / 9
    assert value(told, "kind", COMPOSED, "all", "tokens") == 3
    assert value(told, "pieces", "3", "en", "tokens") == 2
    assert value(told, "pieces", "2", "more", "share") == 1 / 2
    assert value(told, "total", "pieces", "en", "old tokens for each") == (7 + 2 * 3) / 9
    assert value(told, "total", "pieces", "", "old tokens for each") == (9 + 3 + 2 + 2) / 12
    assert value(told, "total", "old tokens", "all", "tokens") == 13 + 2
    assert value(told, "total", "new tokens", "all", "tokens") == 9 + 2


def test_lists_begin_with_what_costs_most() -> None:
    frame = report().frame
    worst = frame[frame["part"] == "worst"]
    assert worst[["name", "id", "value", "old"]].to_numpy().tolist() == [
        ["hello", 11, 2.0, "he|ll|o"],
        ["hel", 10, 1.0, "he|l"],
    ]
    lost = frame[frame["part"] == "lost"]
    assert lost[["name", "value"]].to_numpy().tolist() == [["ll", 3.0]]
    assert value(report(), "total", "lost", "", "ids") == 1
    assert value(report(), "total", "lost", "all", "share") == 3 / 15
    assert len(report(top=1).frame.query("part == 'worst'")) == 1


def test_text_that_is_normalized_away_is_a_note() -> None:
    made = letters()
    made.add_tokens(["W"])
    old = letters(lower=True)
    old.add_tokens([tokenizers.AddedToken("W", normalized=False)])
    told = transfer({"old": old}, {"new": made}, TEXT)
    assert "1 id of new has text that old normalizes to another" in told.notes[0]


# Headlines


def by_hand(kinds: list[str], counts: list[int]) -> Map:
    starts = np.cumsum([0, *counts])
    numbers = np.array([KINDS.index(kind) for kind in kinds], np.int8)
    return Map(numbers, starts, np.zeros(starts[-1], np.int32), np.ones(starts[-1], np.int64), 9)


@pytest.mark.parametrize(
    ("kinds", "counts", "used", "told"),
    [
        (
            [COPIED, COMPOSED, NONE, SPECIAL],
            [1, 3, 0, 1],
            [[6, 2, 0, 0], [0, 2, 0, 0]],
            "60 % of the tokens that b makes of the text are copies of tokens of a (25 % of its "
            "ids); a token stands for 1.80 old ones on average. 1 id has no way.",
        ),
        (
            [COPIED, COMPOSED],
            [1, 2],
            [[0, 0]],
            "50 % of the ids of b are copies of tokens of a; by use cannot be told, as the text "
            "has no tokens.",
        ),
        (
            [COPIED, NONE],
            [1, 0],
            [[999, 1]],
            "Over 99 % of the tokens that b makes of the text are copies of tokens of a (50 % of "
            "its ids); a token stands for 1.00 old ones on average. 1 id has no way.",
        ),
        (
            [COPIED, SPECIAL],
            [1, 1],
            [[1, 0]],
            "All of b is in a: each of its ids is a copy, so nothing has to be learned.",
        ),
        (
            [NONE, NONE],
            [0, 0],
            [[1, 0]],
            "Nothing of a can be used for b: no token has the same bytes or pieces.",
        ),
        ([], [], [[]], "Cannot tell: b has no tokens."),
    ],
)
def test_headlines(kinds: list[str], counts: list[int], used: list[list[int]], told: str) -> None:
    assert (
        headline(("a", "b"), by_hand(kinds, counts), np.array(used, np.int64).sum(axis=0)) == told
    )


# Files


def test_the_map_in_a_file_is_the_same_in_every_format(tmp_path: Path) -> None:
    places = [tmp_path / f"map{suffix}" for suffix in (".npz", ".jsonl", ".safetensors")]
    told = report(maps=places)
    matrix = load_npz(places[0])
    assert matrix.shape == (12, 10)
    assert (matrix.data.dtype, matrix.indices.dtype) == (np.float32, np.int32)
    header, *lines = [json.loads(line) for line in places[1].read_text().splitlines()]
    assert header == {
        "signature": told.signature, "method": "mean", "old": "old", "new": "new",
        "rows": "12", "columns": "10",
    }  # fmt: skip
    assert lines[11] == {
        "id": 11, "bytes": b"hello".hex(), "text": "hello", "kind": "composed",
        "old": [8, 9, 3], "weights": [0.333333333] * 3, "count": 2,
    }  # fmt: skip
    for line in lines:
        dense = np.zeros(10)
        np.add.at(dense, line["old"], line["weights"])
        assert np.allclose(matrix.toarray()[line["id"]], dense)
    arrays = read_as_numbers(places[2])
    assert arrays["shape"].tolist() == [12, 10]
    assert arrays["data"].tolist() == matrix.data.tolist()
    assert arrays["indptr"].tolist() == matrix.indptr.tolist()


def read_as_numbers(path: Path) -> dict[str, np.ndarray]:
    size = int.from_bytes(path.read_bytes()[:8], "little")
    told = json.loads(path.read_bytes()[8 : 8 + size])
    types = {"F32": "<f4", "I32": "<i4", "I64": "<i8"}
    body = path.read_bytes()[8 + size :]
    assert told.pop("__metadata__")["method"] == "mean"
    return {
        name: np.frombuffer(body[slice(*one["data_offsets"])], types[one["dtype"]])
        for name, one in told.items()
    }


def test_a_model_gets_its_vectors(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(model({"wte.weight": ("F32", rows(16))}))
    told = report(apply=path, write=tmp_path / "new.safetensors", tensors="wte.weight")
    new = read(tmp_path / "new.safetensors")["wte.weight"]
    assert len(new) == 12
    assert new[9].tolist() == ((rows(16)[2] + rows(16)[3]) / 2).tolist()  # lo is l|o
    assert "wte.weight: 6 rows beyond the old ids, padding, are left out" in told.notes
    frame = told.frame
    assert frame[frame["part"] == "tensor"][["name", "value", "old"]].to_numpy().tolist() == [
        ["wte.weight", 12.0, "F32 [16, 2]"]
    ]
    titles = [view.title for view in tables(told)]
    assert titles[-2:] == ["Tensors written anew", "Set in config.json"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"apply": "a.safetensors"}, "--apply needs --write"),
        ({"write": "a.safetensors"}, "--write needs --apply"),
        ({"tensors": ["x"]}, "--tensor names a tensor of a model; add --apply and --write"),
        ({"apply": "a.safetensors", "write": "./a.safetensors"}, "it is the model, which is read"),
        (
            {"apply": "a.index.json", "write": "b.index.json"},
            "the model is read from this folder; name an index in another",
        ),
        (
            {"apply": "a.index.json", "write": "b.safetensors"},
            "--apply names an index of several files, so write the same",
        ),
        ({"apply": "a.safetensors", "write": "b.index.json"}, "such as new.safetensors"),
        (
            {"maps": "m.npz", "apply": "a.safetensors", "write": "./m.npz"},
            "--write: --output writes there too; name another file",
        ),
        ({"maps": ["map.txt"]}, "map.txt: a map is written as .npz, .safetensors, .jsonl"),
        ({"method": "men"}, "unknown method 'men'; did you mean 'mean'?"),
        ({"top": 0}, "--top 0: write how many tokens, from 1 up"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: dict[str, object],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TokscopeError) as caught:
        report(**options)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_plot_has_kinds_by_ids_and_by_use() -> None:
    """9 of 12 ids are copies, and 8 of the 11 tokens of both texts."""
    (plot,) = plots(report())
    shares = {(mark.row, mark.series): mark.value for mark in plot.marks}
    assert shares["copied", "ids"] == 9 / 12
    assert shares["copied", "tokens of the text"] == 8 / 11
    assert list(dict.fromkeys(mark.row for mark in plot.marks)) == [
        "copied", "composed", "special", "no way",
    ]  # fmt: skip


def test_workers_and_details_change_no_value() -> None:
    told = report()
    brief, whole = tables(told), tables(told, details=True)
    assert len(whole) > len(brief)
    assert [view.title for view in brief][:2] == ["Transfer old → new", "By corpus"]
    first = brief[0].frame
    assert first[first["measure"] == "ids"]["value"].sum() == 12


def test_of_many_corpora_those_are_shown_of_which_least_is_copied() -> None:
    texts = {f"c{i}": ["hello" + " " * i] for i in range(12)}
    told = transfer({"old": OLD}, {"new": NEW}, texts)
    (table,) = [view for view in tables(told) if "least" in view.title]
    assert table.frame["corpus"].unique().tolist() == [f"c{i}" for i in range(10)]
    (table,) = [view for view in tables(told, details=True) if view.title == "By corpus"]
    assert len(table.frame["corpus"].unique()) == 12


def test_whole_words_spell_nothing_else() -> None:
    one = tokenizer_of("words.json")
    told = transfer({"old": one}, {"new": NEW}, TEXT)
    assert value(told, "kind", NONE, "", "ids") > 0
