r"""How llama.cpp cuts text, for every name that `tokenizer.ggml.pre` can have.

Facts from its `llama-vocab.cpp` and `unicode.cpp`, written for the engines used here and compared
with what it does. It is not always what the tokenizers of the same name do: to `gpt-4o`, letters
that are not ASCII are uppercase and lowercase at once; DeepSeek's lists of characters lose the
white space that is in them; contractions are ASCII. A class without some of its members is written
as what it is not, `[^a-z\P{L}]`, which all engines read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokscope.tokenizers.patterns import PATTERNS


@dataclass(frozen=True)
class Cut:
    """Expressions, each of which cuts what the ones before it have left, matches and gaps."""

    expressions: tuple[str, ...]
    whole: bool = False  # a pretoken that is a token is not merged
    spelled: bool = True  # in the byte alphabet; else in characters, with ▁ for spaces


# What a user has defined is found in text, unless its text makes it a control token.
_CONTROLS = (
    "<|eot_id|> <|im_end|> <|end|> <|return|> <|call|> <|flush|> <|calls|> <end_of_turn> "
    "<|endoftext|> </s> <|eom_id|> <EOT> _<EOT> [EOT] [EOS] <|end_of_text|> <end_of_utterance> "
    "<eos> <turn|> <|tool_response> <｜end▁of▁sentence｜> [e~[ "
    "<|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE> ▁<PRE> <|code_prefix|> "
    "<|prefix|> <|fim_suffix|> <fim-suffix> <fim_suffix> <｜fim▁hole｜> <SUF> ▁<SUF> "
    "<|code_suffix|> <|suffix|> <|fim_middle|> <fim-middle> <fim_middle> <｜fim▁end｜> <MID> "
    "▁<MID> <|code_middle|> <|middle|> <|fim_pad|> <fim-pad> <fim_pad> <PAD> [PAD] <|fim_repo|> "
    "<|repo_name|> <fim-repo> <REPO> <reponame> <|file_sep|>"
)
CONTROL_BY_TEXT = frozenset(_CONTROLS.split())
_GPT2 = PATTERNS["gpt2"]
_SHORT = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
_SPACES = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
_SIGNS = r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
_SIGNS_SLASH = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_LLAMA3 = rf"{_SHORT}|{_WORD}|\p{{N}}{{1,3}}{_SIGNS}{_SPACES}"
_QWEN2 = rf"{_SHORT}|{_WORD}|\p{{N}}{_SIGNS}{_SPACES}"
_HAN_KANA = "[一-龥぀-ゟ゠-ヿ]+"
_ASCII_SIGN = r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]\^_`{\|}~]"
_MARKED = r"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
_DEEPSEEK3 = rf"{_ASCII_SIGN}[A-Za-z]+|{_MARKED}| ?[\p{{P}}\p{{S}}]+[\r\n]*{_SPACES}"
# of what is uppercase or lowercase only ASCII is told apart
_UPPER, _LOWER = r"[^a-z\P{L}]", r"[^A-Z\P{L}]"
_CASED = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+",
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*",
)
_NOT_MARKED = r"\p{N}\p{P}\p{S}\p{Z}\p{C}"
_MARKED_UPPER, _MARKED_LOWER = rf"[^a-z{_NOT_MARKED}]", rf"[^A-Z{_NOT_MARKED}]"
_MARKED_CASED = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_MARKED_UPPER}*{_MARKED_LOWER}+",
    rf"[^\r\n\p{{L}}\p{{N}}]?{_MARKED_UPPER}+{_MARKED_LOWER}*",
)
_END_CASED = rf"|\p{{N}}{{1,3}}{_SIGNS_SLASH}{_SPACES}"
_MARKED_WORD = rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+{_SHORT}?"
# Groups of three from the right; what stands before a number goes with its first group.
_THREES = r"\P{N}*\p{N}{1,3}(?=(?:\p{N}{3})*+(?!\p{N}))"
_HAN = (
    "一-\u9fff㐀-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002ceb0-\U0002ebef\uf900-\ufaff\U0002f800-\U0002fa1f"
)
_BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"
# Code points of letters that are uppercase or lowercase, as Unicode was then.
_DEEPSEEK_LETTERS = (
    "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 "
    "388-38A 38C 38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD "
    "1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D "
    "1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 "
    "1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 "
    "212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE "
    "2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 "
    "FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 "
    "118A0-118DF 1E900-1E943 "
)


def _listed(ranges: str) -> str:
    """Return the inside of a set of code points, which are written in hexadecimal."""
    return "".join(
        "-".join(chr(int(end, 16)) for end in part.split("-")) for part in ranges.split()
    )


# From the ends of a list that has white space in it, which is not found by that.
_DEEPSEEK_HAN = _listed(
    "800-167F 1681-1FFF 200B-2027 202A-202E 2030-205E 2060-2FFF 3001-9FA5 AC00-D7FF"
)
_AFMOE_ASIAN = _listed(
    "4E00-9FFF 3400-4DBF 8C48-FAFF 3040-309F 30A0-30FF FF65-FF9F 2F00-2FDF E40-E7F E80-EFF "
    "1780-17FF 1000-109F AA60-AA7F A9E0-A9FF AC00-D7AF 1100-11FF"
)
_YOUTU = "|".join(
    f"[{_listed(ranges)}]+"
    for ranges in (
        "AC00-D7A3 3131-318E",
        "FF01 2026 201C 201D 2018 2019 2014 FF1A FF1B FF0C 3001-303F FE30-FE4F",
        "3105-312F",
        "4E00-9FA5 3040-309F 30A0-30FF",
    )
)
_KIMI_LETTER = rf"[^\P{{L}}{_HAN}]"
_CUTS: Mapping[str, Cut] = {
    "default": Cut((r"[\p{P}$+<=>\^~\|]+", _GPT2, r"\p{N}+", "[0-9][0-9][0-9]")),
    "gpt-2": Cut((_GPT2,)),
    "llama3": Cut((_LLAMA3,), whole=True),
    "llama3-merged": Cut((_LLAMA3,)),
    "minicpm5": Cut((r"\p{N}{1,3}", rf"{_SHORT}|{_WORD}|\p{{N}}+{_SIGNS}{_SPACES}"), whole=True),
    "jais-2": Cut(
        (
            rf"{_SHORT}|{_WORD}|\p{{N}}{{1,3}}{_SIGNS}|\s*[\r\n]+"
            + "".join(rf"|\s{{{size}}}(?!\S)" for size in (512, 256, 128, 64, 32, 16, 8, 4))
            + r"|\s{1,2}(?!\S)|\s",
        )
    ),
    "deepseek-llm": Cut(
        (
            r"[\r\n]",
            rf"\s?[{_listed(_DEEPSEEK_LETTERS)}]+",
            rf"\s?[!-/:-~{_listed('FF01-FF0F FF1A-FF5E 2018-201F 3001-3002')}]+",
            r"\s+$",
            f"[{_DEEPSEEK_HAN}]+",
            r"\p{N}+",
        )
    ),
    "deepseek-coder": Cut((r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", f"[{_DEEPSEEK_HAN}]+", r"\p{N}")),
    "deepseek-v3": Cut((r"\p{N}{1,3}", _HAN_KANA, _DEEPSEEK3)),
    "spark2_5": Cut(
        (
            r"\p{N}{1,3}",
            _HAN_KANA,
            rf"{_ASCII_SIGN}[A-Za-z]+|{_MARKED}| ?[\p{{P}}\p{{S}}]+|[\r\n]|\s+(?!\S)|\s+",
            r"\p{N}",
        )
    ),
    "youtu": Cut(
        (_YOUTU, rf"{_MARKED_WORD}|\p{{N}}{_SIGNS_SLASH}{_SPACES}"),
        whole=True,
    ),
    "falcon": Cut((r"[\p{P}$+<=>\^~\|`]+", _GPT2, "[0-9][0-9][0-9]")),
    "starcoder": Cut((r"\p{N}", _GPT2)),
    "qwen2": Cut((_QWEN2,)),
    "qwen35": Cut(
        (
            rf"{_SHORT}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
            rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*{_SPACES}",
        )
    ),
    "bloom": Cut((_BLOOM,)),
    "viking": Cut((_BLOOM, r"\p{N}")),
    "tekken": Cut((rf"{_CASED[0]}|{_CASED[1]}|\p{{N}}{_SIGNS_SLASH}{_SPACES}",), whole=True),
    "chameleon": Cut(
        (
            "<sentinel:[0-9]+>",
            "IMGIMG[A-I]{1,4}Z",
            r"[\t\n]|    |  ",
            r"\p{N}",
            r"[\p{P}!-/:-@\[-`{-~]",
            _GPT2,
        )
    ),
    "gpt-4o": Cut((rf"{_CASED[0]}{_SHORT}?|{_CASED[1]}{_SHORT}?{_END_CASED}",)),
    "granite-embed-multi-97m": Cut(
        (rf"{_MARKED_CASED[0]}{_SHORT}?|{_MARKED_CASED[1]}{_SHORT}?{_END_CASED}",), whole=True
    ),
    "tiny_aya": Cut((_THREES, rf"{_MARKED_WORD}{_END_CASED}")),
    "kimi-k2": Cut(
        (
            rf"[{_HAN}]+|[^\r\n\p{{L}}\p{{N}}]?{_KIMI_LETTER}+{_SHORT}?"
            rf"|\p{{N}}{{1,3}}{_SIGNS}{_SPACES}",
        )
    ),
    "superbpe": Cut((r"\p{N}+", r"(?=(?:\d{3})+(?!\d))")),
    "bailingmoe": Cut((rf"{_SHORT}|{_WORD}|\p{{N}}{_SIGNS}|\s*[\r\n]|\s+(?!\S)|\s+",)),
    "seed-coder": Cut((rf"{_SHORT}|{_WORD}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}\r\n]+{_SPACES}",)),
    "ufakzeka": Cut((rf"{_WORD}|\p{{N}}{_SIGNS}{_SPACES}",)),
    "afmoe": Cut((_THREES, f"[{_AFMOE_ASIAN}]+", _DEEPSEEK3)),
    "laguna": Cut((r"[^\n]+|\n+", _QWEN2)),
    "exaone-moe": Cut(
        (
            rf"{_SHORT}|[^\r\n\p{{L}}\p{{N}}]?(?:\p{{L}}\p{{M}}*(?: \p{{L}}\p{{M}}*)*)+|\p{{N}}"
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
        )
    ),
    "gemma4": Cut((r"[^\n]+|\n+",), spelled=False),
}
# name in a file -> cut; each list in the order of llama.cpp's own
_NAMES: Mapping[str, str] = {
    "default": "default",
    "minicpm5": "minicpm5",
    "llama3": "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano "
    "glm4 glm5",
    "llama3-merged": "dbrx smaug-bpe chatglm-bpe",
    "deepseek-llm": "deepseek-llm",
    "deepseek-coder": "deepseek-coder",
    "deepseek-v3": "deepseek-v3 hunyuan-dense hy_v4 joyai-llm",
    "spark2_5": "spark2_5",
    "youtu": "youtu",
    "falcon": "falcon",
    "starcoder": "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2",
    "gpt-2": "gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum "
    "modern-bert jina-v1-en jina-v2-code roberta-bpe mpt olmo jais trillion granite-docling "
    "exaone4",
    "jais-2": "jais-2",
    "gemma4": "gemma4 granite-embed-multi-311m sarvam-moe",
    "qwen2": "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2",
    "qwen35": "qwen35",
    "bloom": "poro-chat bloom gpt3-finnish",
    "viking": "viking",
    "tekken": "tekken",
    "chameleon": "chameleon",
    "gpt-4o": "gpt-4o llama4 kanana2 talkie minimax-m2",
    "granite-embed-multi-97m": "granite-embed-multi-97m",
    "tiny_aya": "tiny_aya cohere2moe",
    "superbpe": "superbpe",
    "bailingmoe": "bailingmoe bailingmoe2 llada-moe",
    "seed-coder": "seed-coder",
    "kimi-k2": "kimi-k2",
    "ufakzeka": "ufakzeka",
    "afmoe": "afmoe",
    "laguna": "laguna",
    "exaone-moe": "exaone-moe",
}
CUTS: Mapping[str, Cut] = {
    name: _CUTS[cut] for cut, names in _NAMES.items() for name in names.split()
}
# Names whose texts begin with a token unless the file says otherwise, and those that ask no file.
BEGUN = frozenset(
    "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano tekken "  # noqa: SIM905
    "chameleon".split()
)
ALWAYS_BEGUN = frozenset(("gemma4", "granite-embed-multi-311m"))
