"""Which special token has which role: what begins a text, ends it, stands for the unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tokscope.tokenizers import Tokenizer

# role -> how GGUF calls its id, and the usual texts, the most usual first
_TOLD: Mapping[str, tuple[str, str]] = {
    "bos": (
        "bos_token_id",
        "<s> <bos> <|begin_of_text|> <|startoftext|> <|bos|> <BOS_TOKEN> [BOS] <SOS> "
        "<｜begin▁of▁sentence｜> <|endoftext|>",  # GPT-2 begins and ends texts by the last
    ),
    "eos": (
        "eos_token_id",
        "</s> <eos> <|end_of_text|> <|endoftext|> <|eos|> <EOS_TOKEN> [EOS] <EOT> "
        "<｜end▁of▁sentence｜>",
    ),
    "cls": ("cls_token_id", "[CLS] <cls>"),
    "sep": ("seperator_token_id", "[SEP] <sep>"),
    "mask": ("mask_token_id", "[MASK] <mask> <|mask|>"),
    "unk": ("unknown_token_id", "<unk> [UNK] <|unk|> <UNK>"),
    "pad": ("padding_token_id", "<pad> [PAD] <|pad|> <|finetune_right_pad_id|> <PAD>"),
}


def roles_of(tokenizer: Tokenizer) -> dict[str, int]:
    """Return the ids of the special tokens that have a role, the most important role first.

    As files beside the tokenizer, or a GGUF file, name them; else by their usual texts.
    """
    specials = tokenizer.vocabulary.specials
    beside = getattr(tokenizer, "beside", "")
    named: Mapping[str, str] = json.loads(beside).get("specials", {}) if beside else {}
    around, found = tokenizer.processing(), {}
    for role, (number, usual) in _TOLD.items():
        texts = [named[role]] if role in named else usual.split()
        token = next((specials[text] for text in texts if text in specials), None)
        told = around.get(number, "")
        if told.isdecimal() and int(told) in specials.values():
            token = int(told)
        if role == "unk" and tokenizer.vocabulary.unknown is not None:
            token = tokenizer.vocabulary.unknown
        if token is not None:
            found[role] = token
    return found
