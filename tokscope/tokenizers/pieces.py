"""SentencePiece models as transformers numbers, normalises and cuts them: the class decides.

A repository of T5, XLM-R, NLLB or mBART holds a SentencePiece model and the name of a class. The
class gives other ids than the model (fairseq's four special tokens come first, the codes of
languages last), and cuts and normalises text in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokscope.errors import TokscopeError, blaming
from tokscope.tokenizers import Spec, Tokenizer, sentencepiece
from tokscope.tokenizers.applied import finished, unused_of
from tokscope.tokenizers.beside import ROLES, Folder
from tokscope.tokenizers.folder import PIECES
from tokscope.tokenizers.library import (
    LibraryAddedToken,
    LibraryTokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from tokscope.tokenizers.mapped import load_fairseq
from tokscope.tokenizers.pieces_normal import (
    Steps,
    albert,
    composed,
    marked_spaces,
    none,
    own_right,
    pegasus,
    plain,
    rembert,
    right,
    seamless,
    single_spaces,
    single_spaces_if_mapped,
    xlnet,
)
from tokscope.tokenizers.sentencepiece_model import Model, read_model
from tokscope.tokenizers.vocabulary import CONTROL, DEFINED, SPACE

Json = Mapping[str, Any]
# The special tokens of most classes, in the order of `ROLES`.
_FAIRSEQ = ("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>")
_BERT = ("[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]")
# How a class calls its special tokens, and the first ids of fairseq: <s>, <pad>, </s>, <unk>.
_FIRST = ("bos", "pad", "eos", "unk")
_MBART = (
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT "
    "lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN"
)
_MBART50 = (
    f"{_MBART} af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL "
    "ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI"
)


Normal = Callable[[Model, Json], Steps]


@dataclass(frozen=True)
class _Class:
    """How a class of transformers builds its tokenizer from the pieces of a model.

    `first` and `last` are special tokens by their role (`bos`) or text; the model's own pieces
    stand between them, without the first `skip`.
    """

    normal: Normal
    specials: tuple[str, ...] = _FAIRSEQ
    words: bool = True  # text is cut at white space, or else before each ▁ alone
    first: tuple[str, ...] = ()
    skip: int = 0
    last: tuple[str, ...] = ()
    unique: bool = False  # not the first pieces are left out, but those that stand in `first`
    unknown: int | None = None  # where it is not the model's own
    bpe: bool = False
    prepend: str = "always"
    takes: str = ""  # the settings that count, besides those that only this class has
    unprefixed: str = "never"  # how ▁ is put before text where add_prefix_space is false
    extra: int = 0  # sentinels <extra_id_N> behind all, in falling order


_XLMR = _Class(plain, first=_FIRST, skip=3, last=("mask",), unknown=3, takes="add_prefix_space")
_PEGASUS = ("", "</s>", "<unk>", "", "<pad>", "", "<mask_2>")
CLASSES: Mapping[str, _Class] = {
    "T5": _Class(plain, ("", "</s>", "<unk>", "", "<pad>", "", ""), unknown=2, extra=100),
    "Albert": _Class(albert, _BERT, unknown=1, takes="do_lower_case add_prefix_space"),
    "XLNet": _Class(
        xlnet,
        ("<s>", "</s>", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>"),
        takes="do_lower_case",
    ),
    "BigBird": _Class(
        marked_spaces,
        ("<s>", "</s>", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"),
        words=False,
        takes="add_prefix_space",
    ),
    "Pegasus": _Class(pegasus, _PEGASUS, words=False, skip=2),
    "Reformer": _Class(
        single_spaces_if_mapped, ("", "</s>", "<unk>", "", "", "", ""), words=False, bpe=True
    ),
    "DebertaV2": _Class(
        composed,
        ("[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"),
        words=False,
        takes="do_lower_case add_prefix_space",
        unprefixed="first",
    ),
    "RemBert": _Class(
        rembert, _BERT, words=False, unknown=2, takes="do_lower_case add_prefix_space"
    ),
    "Udop": _Class(none, ("", "</s>", "<unk>", "</s>", "<pad>", "", "")),
    "XLMRoberta": _XLMR,
    "LayoutXLM": replace(_XLMR, normal=right, words=False),
    "Camembert": replace(
        _XLMR, first=("<s>NOTUSED", "pad", "</s>NOTUSED", "unk", "<unk>NOTUSED"), skip=1
    ),
    "Barthez": _Class(composed, words=False, unknown=3, takes="add_prefix_space"),
    "MBart": replace(_XLMR, takes="", normal=none, last=(*_MBART.split(), "mask")),
    "MBart50": replace(
        _XLMR, takes="", normal=single_spaces, words=False, last=(*_MBART50.split(), "mask")
    ),
    "Nllb": replace(
        _XLMR,
        takes="",
        normal=single_spaces_if_mapped,
        words=False,
        last=(),
        bpe=True,
        unique=True,
    ),
    "SeamlessM4T": _Class(
        seamless,
        ("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", ""),
        words=False,
        first=("pad",),
        bpe=True,
        prepend="first",
    ),
    "XGLM": replace(
        _XLMR,
        normal=own_right,
        specials=("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", ""),
        words=False,
        last=tuple(f"<madeupword{i}>" for i in range(7)),
    ),
}


# fairseq's own name of such a model: it says that ids are not the model's.
_FAIRSEQ_NAME = "sentencepiece.bpe.model"
_SHIFTED = ("PLBart",)  # fairseq's ids, but cut by SentencePiece itself
# Classes whose ids are the model's own, and which cut text by SentencePiece itself.
_OWN = ("BertGeneration", "SpeechT5", "FNet", "Llama", "CodeLlama", "Gemma")


def load_folder(folder: Folder) -> Tokenizer:
    """Load the SentencePiece model of a folder as the class that its files name.

    Raises:
        TokscopeError: the class is not known, or not named where it decides the ids.
    """
    path = next(folder.path / name for name in PIECES if (folder.path / name).is_file())
    made = folder.beside
    if made.kind in CLASSES:
        return load_class(path, folder)
    if made.kind in _SHIFTED:
        return load_fairseq(path, folder)
    known = f"classes that are known: {', '.join([*CLASSES, *_SHIFTED])}"
    if made.kind not in _OWN and not made.generic:
        raise TokscopeError(
            f"{path}: how {made.named} numbers its pieces is not known here ({known}); "
            f"sp:{path} reads it as SentencePiece itself does"
        )
    if path.name == _FAIRSEQ_NAME and made.generic:
        raise TokscopeError(
            f"{path}: its ids depend on the class, and neither tokenizer_config.json nor "
            f"config.json beside it names one ({known}); sp:{path} gives the model's own ids"
        )
    loaded = sentencepiece.load_file(Spec(folder.name, "sp", str(path)))
    return replace(loaded, path="SentencePiece; assumed: ids are the model's own")


def load_class(path: Path, folder: Folder) -> Tokenizer:
    """Load a SentencePiece model as a class of transformers does.

    Raises:
        TokscopeError: the file cannot be read, or does not fit its class.
    """
    kind, model = folder.beside.kind, read_model(path)
    made = CLASSES[kind]
    alone = f"; sp:{path} reads it as SentencePiece itself does"
    with blaming(f"{path}: does not fit its class, {kind}Tokenizer", alone):
        built = _built(made, model, folder.beside.settings)
    taken = [name for name in ("do_lower_case", "add_prefix_space") if name in made.takes]
    unused = unused_of(folder.beside, *taken)
    complete = finished(built, folder, str(path), unused=unused)
    assumed = f"ids, normalisation and cuts of transformers' {kind}Tokenizer"
    return replace(complete, assumed=assumed, around={"sentencepiece": model.whole})


def _built(made: _Class, model: Model, settings: Json) -> LibraryTokenizer:
    specials = _specials(made, settings)
    tokens = _numbered(made, model, specials, settings)
    built = LibraryTokenizer(_scored(made, model, tokens, specials))
    steps = made.normal(model, settings)
    if steps:
        built.normalizer = steps[0] if len(steps) == 1 else normalizers.Sequence(steps)
    bare = "add_prefix_space" in made.takes and settings.get("add_prefix_space") is False
    prepend = made.unprefixed if bare else made.prepend
    space = pre_tokenizers.Metaspace(SPACE, prepend)
    built.pre_tokenizer = space
    if made.words:
        built.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), space])
    elif settings.get("split_by_punct"):
        built.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), space])
    built.decoder = decoders.Metaspace(SPACE, prepend)
    _mark_added(built, model, specials, [token for token, _ in tokens])
    return built


def _specials(made: _Class, settings: Json) -> dict[str, str]:
    """Return the special tokens of a class by their roles, as the settings name them."""
    named = {}
    for role, usual in zip(ROLES, made.specials, strict=True):
        given = settings.get(f"{role}_token", usual)
        text = given.get("content") if isinstance(given, dict) else given
        if text:
            named[role] = str(text)
    return named


def _numbered(
    made: _Class, model: Model, specials: Mapping[str, str], settings: Json
) -> list[tuple[str, float]]:
    """Return tokens with their scores in the order of their ids."""
    own = model.scored[made.skip :]
    first = [specials.get(text, text) for text in made.first]
    last = [specials.get(text, text) for text in made.last]
    if made is CLASSES["Pegasus"]:
        first = _pegasus_first(specials, settings)
    if made.unique:
        own = [entry for entry in model.scored if entry[0] not in first]
    extra = _count(settings, "extra_ids", made.extra)
    last += [f"<extra_id_{i}>" for i in reversed(range(extra))]
    scores = {"<unk>NOTUSED": -100.0}
    begin = [
        (text, scores.get(text, -100.0 if text.startswith("<unk_") else 0.0)) for text in first
    ]
    return [*begin, *own, *((text, 0.0) for text in last)]


def _count(settings: Json, name: str, usual: int) -> int:
    """Return a setting that is a number of tokens.

    Raises:
        ValueError: it is not a number of tokens.
    """
    value = settings.get(name, usual)
    if not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ValueError(f"{name} is {value!r:.40}, which is not a number of tokens")
    return value


def _pegasus_first(specials: Mapping[str, str], settings: Json) -> list[str]:
    """Return the two special tokens, the masks, and the many that no text holds."""
    masks = ["<mask_1>", specials.get("mask", "<mask_2>")]
    unused = [f"<unk_{i}>" for i in range(2, _count(settings, "offset", 103))]
    return [specials["pad"], specials["eos"], *dict.fromkeys(masks), *unused]


def _scored(
    made: _Class,
    model: Model,
    tokens: Sequence[tuple[str, float]],
    specials: Mapping[str, str],
) -> models.Model:
    """Return the model over tokens in the order of their ids."""
    if made.bpe:
        ids = {token: i for i, (token, _) in enumerate(tokens)}
        if specials["unk"] not in ids:
            raise ValueError(f"it has no {specials['unk']}, the unknown token")
        merges = _merges(model.pieces)
        return models.BPE(ids, merges, unk_token=specials["unk"], fuse_unk=True)
    texts = [token for token, _ in tokens]
    unknown = made.unknown
    if unknown is None:
        unknown = texts.index(specials["unk"]) if specials["unk"] in texts else model.unknown
    return models.Unigram(list(tokens), unknown, False)


def _merges(pieces: Sequence[str]) -> list[tuple[str, str]]:
    """Return every split of every piece into two, in the order of ids."""
    known = set(pieces)
    return [
        (piece[:at], piece[at:])
        for piece in pieces
        for at in range(1, len(piece))
        if piece[:at] in known and piece[at:] in known
    ]


def _mark_added(
    built: LibraryTokenizer,
    model: Model,
    specials: Mapping[str, str],
    tokens: Sequence[str],
) -> None:
    """Say which tokens are special, or found in text before the model sees it."""
    defined = [
        LibraryAddedToken(piece, normalized=False, special=kind == CONTROL)
        for piece, kind in zip(model.pieces, model.kinds, strict=True)
        if kind in (CONTROL, DEFINED) and piece not in specials.values()
    ]
    named = [
        LibraryAddedToken(text, normalized=False, special=True, lstrip=role == "mask")
        for role, text in specials.items()
    ]
    others = re.compile(r"<extra_id_\d+>|<unk_\d+>|<mask_1>|<madeupword\d>|[a-z]{2}_[A-Z]{2}")
    built.add_special_tokens(named)
    built.add_special_tokens([token for token in tokens if others.fullmatch(token)])
    built.add_special_tokens([token for token in defined if token.special])
    built.add_tokens([token for token in defined if not token.special])
