"""The regular expressions by which published tokenizers cut text before merging."""

from __future__ import annotations

from collections.abc import Mapping

# Chinese and Japanese characters that DeepSeek's tokenizers cut out of text before its words; of
# them letters and marks, signs, and what is not assigned, which are then cut from each other.
_HAN_KANA = "一-龥぀-ゟ゠-ヿ"
_HAN_KANA_WORD = "[一-龥ぁ-ゖ\u3099\u309aゝ-ゟァ-ヺー-ヿ]"
_HAN_KANA_SIGN = "[\u309b\u309c\u30a0\u30fb]"
_HAN_KANA_GAP = "[\u3040\u3097\u3098]"
_O200K_BASE = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Uppercase and lowercase letters, with what is neither, without Han characters: written as what
# they are not, which all engines read alike.
_KIMI_UPPER = r"[^\p{Ll}\p{N}\p{P}\p{S}\p{Z}\p{C}\p{Han}]"
_KIMI_LOWER = r"[^\p{Lu}\p{Lt}\p{N}\p{P}\p{S}\p{Z}\p{C}\p{Han}]"
# How each tokenizer cuts text before merging: tiktoken's openai_public, the releases of Llama,
# Mistral's tekken, Qwen, GLM, Kimi, and DeepSeek's three steps in one expression.
PATTERNS: Mapping[str, str] = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    "o200k_base": _O200K_BASE,
    "llama3": _LLAMA3,
    "llama4": _O200K_BASE,
    "tekken": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "qwen2": _LLAMA3.replace("{1,3}", ""),
    "qwen3.5": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
        r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "glm4": _LLAMA3,
    "kimi-k2": (
        r"\p{Han}+"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_KIMI_UPPER}*{_KIMI_LOWER}+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_KIMI_UPPER}+{_KIMI_LOWER}*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "deepseek-v3": (
        rf"\p{{N}}{{1,3}}|(?:{_HAN_KANA_GAP}(?!{_HAN_KANA_WORD}))+"
        rf"|{_HAN_KANA_GAP}?{_HAN_KANA_WORD}+|{_HAN_KANA_SIGN}+"
        r"|[!\"#$%&'()*+,\-./:;<=>?@\[\\\]\^_`{\|}~][A-Za-z]+"
        rf"|[^\r\n\p{{L}}\p{{N}}\p{{P}}\p{{S}}{_HAN_KANA}]?"
        rf"[^\p{{N}}\p{{P}}\p{{S}}\p{{Z}}\p{{C}}{_HAN_KANA}]+"
        rf"| ?[^\p{{L}}\p{{M}}\p{{N}}\p{{Z}}\p{{C}}{_HAN_KANA}]+[\r\n]*"
        rf"|\s*[\r\n]+|\s+(?![^\s\p{{N}}{_HAN_KANA}])|\s+"
        # what is left between the steps, unless it begins a word
        rf"|(?:[^\s\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}}{_HAN_KANA}]"
        rf"(?![^\p{{N}}\p{{P}}\p{{S}}\p{{Z}}\p{{C}}{_HAN_KANA}]))+"
    ),
}

# One text for every way in which two regular expression engines, or two Unicode tables, can part.
PROBES = (
    "",
    " ",
    "a",
    "  \t\n \r\n\n  x  ",
    "Hello, world! It's 12 o'clock; we'll've DON'T 'LL 'S 'ſ don’t",
    "x=1234567890.5e-7;\treturn foo_bar(baz)[0]  # 100%",
    "naïve café Straße İstanbul ǅ ΐ ﬁ ½ ① Ⅷ ㎏ ™ e\u0301 a\u0323\u0307",
    "Привет, мир… Γειά σου Կարդալ ქართული שָׁלוֹם مَرْحَبًا بِكَ ١٢٣ ۴۵ हिन्दी १२३",
    "ไทย ๑๒ 中文字 日本語 カナ 한국어 9시 👩\u200d👩\u200d👧 🇩🇪🇫🇷 👍🏽",
    "\u200b\u200d\u200e\u2060\ufeff\u00a0\u2003\u3000\u0085\u2028\u2029\x00\x1c\x7f",
    "\u1c89\ua7cb\U00031350\U00011f02\U0001e030\u0870\u2fff\U000105c9\U00016d40\U0001fadc",
    "\n\n\nA\r\rB \n C\n  \n\tD   E'  'F /// ...?!\n\n",
)
