"""A folder's `tokenizer.model`, as transformers' classes make it: Llama's, Gemma's, or none named.

Where the class and the added tokens change nothing of what SentencePiece itself does with text, it
is SentencePiece that encodes; else the library does, with the merges that scores and pieces tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from tokscope.errors import TokscopeError, blaming
from tokscope.tokenizers import Spec, Tokenizer
from tokscope.tokenizers.applied import (
    finished,
    recorded,
    set_llama_steps,
    specials_of,
    told,
    unused_of,
)
from tokscope.tokenizers.beside import AddedToken, Beside, Folder
from tokscope.tokenizers.content import holds_ranks
from tokscope.tokenizers.families import LLAMA, OTHERS
from tokscope.tokenizers.library import (
    LibraryAddedToken,
    LibraryTokenizer,
    Regex,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer, load_file
from tokscope.tokenizers.sentencepiece_model import Model, kinds_of, read_model
from tokscope.tokenizers.tiktoken import load_ranks
from tokscope.tokenizers.vocabulary import CONTROL, DEFINED, NORMAL, SPACE

NAME = "tokenizer.model"
_TURNS = ("<start_of_turn>", "<end_of_turn>")  # special to Gemma, whatever the model says


def load_folder(folder: Folder) -> Tokenizer:
    """Load the `tokenizer.model` of a folder.

    Raises:
        TokscopeError: it cannot be read, or its class is not known.
    """
    path, beside = folder.path / NAME, folder.beside
    if holds_ranks(path):  # as Llama 3's does
        return load_ranks(Spec(folder.name, "tiktoken-file", str(path)))
    if not beside.generic and beside.kind not in (*LLAMA, "Gemma"):
        raise TokscopeError(
            f"{path}: how {beside.named} reads a SentencePiece model is not known here, only "
            f"LlamaTokenizer, CodeLlamaTokenizer and GemmaTokenizer; sp:{path} reads it as "
            "SentencePiece itself does"
        )
    known = beside.kind in ("Llama", "Phi3")
    unused = unused_of(beside, *(("add_prefix_space", "legacy") if known else ()))
    plain = load_file(Spec(folder.name, "sp", str(path)))
    if _is_plain(plain, beside):
        way = "; ".join(filter(None, ("SentencePiece", told(beside, unused))))
        return replace(plain, beside=recorded(beside), path=way)
    model = read_model(path)
    with blaming(f"{path}: does not fit {beside.named}"):
        made = finished(_library(model, beside), folder, str(path), unused=unused)
    assumed = "as SentencePiece itself cuts text" if beside.generic else ""
    return replace(made, assumed=assumed, around={"sentencepiece": model.whole})


def _is_plain(plain: SentencePieceTokenizer, beside: Beside) -> bool:
    """Tell whether SentencePiece itself gives the ids of the class."""
    library, ids = plain.library, range(plain.library.get_piece_size())
    own = {library.id_to_piece(i): i for i in ids}
    others = beside.others() or OTHERS.get(beside.kind, ())
    if any(_text(one) not in own for one in (*others, *specials_of(beside).values())):
        return False
    for i, one in beside.added.items():
        if own.get(one.content) != i or not one.special:
            return False
        if not (library.is_control(i) or library.is_unknown(i)):
            return False
    if beside.generic:
        return True
    normal = plain.settings["normalizer"]
    usual = {"add_dummy_prefix": True, "remove_extra_whitespaces": False, "charsmap": ""}
    fits = isinstance(normal, dict) and usual.items() <= normal.items()
    set_ = beside.flag("add_prefix_space", True) and beside.flag("legacy", True)
    return (
        beside.kind in LLAMA
        and fits
        and (set_ or beside.kind == "CodeLlama")
        and plain.settings["model"] == "BPE"
        and bool(plain.vocabulary.fallbacks)
        and DEFINED not in kinds_of(library)
    )


def _text(token: str | AddedToken) -> str:
    return token if isinstance(token, str) else token.content


def _library(model: Model, beside: Beside) -> LibraryTokenizer:
    """Return a tokenizer of the library, with the steps of a class."""
    if beside.generic:
        library = _made(model, model.pieces, own=True)
        _set_own_steps(library, model)
    elif beside.kind == "Gemma":
        library = _made(model, _named(model, beside, ("pad", "eos", "bos")))
        library.normalizer = normalizers.Replace(" ", SPACE)
        library.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        ends = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
        library.decoder = decoders.Sequence(ends)
    else:
        library = _made(model, _named(model, beside, ()))
        set_llama_steps(library, beside)
    control = [
        LibraryAddedToken(piece, normalized=False, special=kind == CONTROL or piece in _TURNS)
        for piece, kind in zip(model.pieces, model.kinds, strict=True)
        if kind in (CONTROL, DEFINED)
    ]
    library.add_tokens(control)
    return library


def _named(model: Model, beside: Beside, roles: Sequence[str]) -> list[str]:
    """Return the pieces, the first three as the class calls them."""
    specials = specials_of(beside)
    first = list(model.pieces[:3])
    for i, token in beside.added.items():
        if i < len(first):
            first[i] = token.content
    for i, role in enumerate(roles):
        first[i] = _text(specials[role])
    pieces = [*first, *model.pieces[3:]]
    if beside.kind == "Gemma" and "\t" not in pieces and "<0x09>" in pieces:
        pieces[pieces.index("<0x09>")] = "\t"
    return pieces


def _made(model: Model, pieces: Sequence[str], *, own: bool = False) -> LibraryTokenizer:
    """Return the bare model; the classes fall back on bytes whether it has them or not."""
    fallback = not own or "<0x00>" in pieces
    if model.settings["model"] == "Unigram":
        entries = list(zip(pieces, model.scores, strict=True))
        return LibraryTokenizer(models.Unigram(entries, model.unknown, fallback))
    ids = {piece: i for i, piece in enumerate(pieces)}
    merges = _merges(model, ids, own=own)
    return LibraryTokenizer(
        models.BPE(
            ids,
            merges,
            unk_token=pieces[model.unknown],
            fuse_unk=True,
            byte_fallback=fallback,
        )
    )


def _merges(model: Model, ids: Mapping[str, int], *, own: bool) -> list[tuple[str, str]]:
    """Return every split of every piece into two, the best score first.

    SentencePiece itself (`own`) merges only what it learned, and runs of spaces; the classes merge
    pieces of all kinds.
    """
    kept = {
        piece: -score
        for piece, score, kind in zip(ids, model.scores, model.kinds, strict=True)
        if not own or kind == NORMAL or (kind == DEFINED and not piece.strip(SPACE))
    }
    scored = [
        ((rank, -at, at - len(piece), ids[piece]), piece[:at], piece[at:])
        for piece, rank in kept.items()
        for at in range(1, len(piece))
        if piece[:at] in kept and piece[at:] in kept
    ]
    return [(left, right) for _, left, right in sorted(scored)]


def _set_own_steps(library: LibraryTokenizer, model: Model) -> None:
    """Normalise and cut as SentencePiece does by the settings of the model itself."""
    steps: list[normalizers.Normalizer] = []
    normal = cast(Mapping[str, object], model.settings["normalizer"])
    if model.charsmap:
        steps.append(normalizers.Precompiled(model.charsmap))
    if normal["remove_extra_whitespaces"]:
        steps.append(normalizers.Replace(Regex(r"\A +| +\z"), ""))
        steps.append(normalizers.Replace(Regex(" {2,}"), " "))
    steps.append(normalizers.Replace(" ", SPACE))
    ends: list[decoders.Decoder] = [decoders.Replace(SPACE, " "), decoders.ByteFallback()]
    ends.append(decoders.Fuse())
    if normal["add_dummy_prefix"]:
        steps.append(normalizers.Prepend(SPACE))
        ends.append(decoders.Strip(" ", 1, 0))
    library.normalizer = normalizers.Sequence(steps)
    library.decoder = decoders.Sequence(ends)
