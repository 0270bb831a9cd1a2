"""How classes of transformers normalise text before the pieces of a SentencePiece model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokscope.tokenizers.library import Regex, normalizers
from tokscope.tokenizers.sentencepiece_model import Model
from tokscope.tokenizers.vocabulary import SPACE

Json = Mapping[str, Any]
Steps = list[normalizers.Normalizer]


def _mapped(model: Model) -> Steps:
    """Return a model's own normalisation of characters, if it has one."""
    return [normalizers.Precompiled(model.charsmap)] if model.charsmap else []


def plain(model: Model, settings: Json) -> Steps:
    """Return the model's own steps alone."""
    return _mapped(model)


def none(model: Model, settings: Json) -> Steps:
    """Return no steps."""
    return []


def single_spaces(model: Model, settings: Json) -> Steps:
    """Return the model's own steps, and one that makes one space of several."""
    return [*_mapped(model), normalizers.Replace(Regex(" {2,}"), " ")]


def single_spaces_if_mapped(model: Model, settings: Json) -> Steps:
    """Return `single_spaces`, or nothing if the model has no steps of its own."""
    return single_spaces(model, settings) if _mapped(model) else []


def marked_spaces(model: Model, settings: Json) -> Steps:
    """Return a step that makes one ▁ of several spaces."""
    return [normalizers.Replace(Regex(" {2,}"), SPACE)]


def right(model: Model, settings: Json) -> Steps:
    """Drop white space at the end, then make one ▁ of several spaces."""
    return [normalizers.Strip(left=False, right=True), *marked_spaces(model, settings)]


def own_right(model: Model, settings: Json) -> Steps:
    """Do what the model does, then what `right` does."""
    return [*_mapped(model), *right(model, settings)]


def composed(model: Model, settings: Json) -> Steps:
    """Compose characters, and make one space of white space; lowercase if the settings say so."""
    lower = [normalizers.Lowercase()] if settings.get("do_lower_case") else []
    spaces = normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " ")
    return [*lower, spaces, normalizers.NFC(), normalizers.Strip(left=False, right=True)]


def _quotes() -> Steps:
    return [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]


def _bare(settings: Json, *, keep_accents: bool, lower: bool) -> Steps:
    """Remove accents and capital letters, as the settings say."""
    steps: Steps = []
    if not settings.get("keep_accents", keep_accents):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if settings.get("do_lower_case", lower):
        steps.append(normalizers.Lowercase())
    return steps


def albert(model: Model, settings: Json) -> Steps:
    """Make quotes plain, remove accents and capital letters, then do what the model does."""
    return [*_quotes(), *_bare(settings, keep_accents=False, lower=True), *_mapped(model)]


def xlnet(model: Model, settings: Json) -> Steps:
    """Remove accents, whatever the settings say."""
    lower = {"do_lower_case": settings.get("do_lower_case", False)}
    return [*_quotes(), *_bare(lower, keep_accents=False, lower=False), *_mapped(model)]


def rembert(model: Model, settings: Json) -> Steps:
    """As `albert`, with one space for several; accents stay unless the settings say so."""
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    return [*_quotes(), spaces, *_bare(settings, keep_accents=True, lower=False), *_mapped(model)]


def pegasus(model: Model, settings: Json) -> Steps:
    """Do what the model does, or make spaces of line feeds; make one space of several."""
    lines = _mapped(model) or [normalizers.Replace(Regex(r"\n"), " ")]
    return [*lines, normalizers.Replace(Regex(" {2,}"), " ")]


def seamless(model: Model, settings: Json) -> Steps:
    """Replace line ends and tabs, compose by compatibility, and drop spaces before a ▁."""
    return [
        normalizers.Replace(Regex(r"[\n\r\t]"), " "),
        normalizers.NFKC(),
        normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(f" +{SPACE}"), SPACE),
        normalizers.Replace(Regex(f"^{SPACE}+$"), ""),
        *marked_spaces(model, settings),
    ]
