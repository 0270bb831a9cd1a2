"""Strings whose ids a lock keeps: text that libraries and conversions silently get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tokscope.numerals.drawn import SCRIPTS
from tokscope.text.corpus import SAMPLE

_SPECIALS = 40  # at most, of the texts of a tokenizer's own special tokens
_DIGITS = "123456789012"
_STRINGS: Mapping[str, Sequence[str]] = {
    "numbers": [
        *(_DIGITS[:k] for k in range(1, 13)),
        *("9" * k for k in range(2, 13, 2)),
        *(f" {_DIGITS[-k:]}" for k in range(1, 9)),
        "007",
    ],
    "years": [
        *("1066", "1492", "1789", "1914", "1945", "1969", "1984", "1999", "2000", "2001"),
        *("2019", "2023", "2024", "2025", "2030", " 2023", "1990s", "'68"),
    ],
    "decimals": [
        *("3.14", "0.5", ".5", "1,000", "1,234,567.89", "1.5e-10", "-273.15", "50%", "$4.99"),
        *("12:30", "2024-01-31", "192.168.0.1", "0xFF", "1/2", "v1.2.3", "10km", "A4", "H2O"),
    ],
    "digits": [
        "".join(chr(first + digit) for digit in digits)
        for first in SCRIPTS.values()
        for digits in (range(10), (2, 0, 2, 3))
    ],
    "contractions": [
        *("I'm", "you're", "he's", "we'll", "they'd", "I've", "isn't", "can't", "o'clock"),
        *("I'M", "IT'S", "I’m", "it’s", "l'été", "aujourd'hui", "'tis", "dogs'", " 's"),
    ],
    "white space": [
        *("", " ", "  ", "   ", "    ", " " * 8, " " * 16, "\t", "\t\t", "\n", "\n\n", "\n\n\n"),
        *("\r\n", "\r\n\r\n", "\r", " \n", "\n ", "\t\n", "a b", "a  b", "a   b", " a", "a "),
        *("  a", "\ta", "a\tb", "a\nb", "a\r\nb", "a\n\n  b", "a\u00a0b", "a\u3000b", "a\u2009b"),
        *("a\x0bb", "a\u200bb", "a\u2028b", "\ufeffa", "    return x", "a \n b"),
    ],
    "emoji": [
        *("😀", " 😀", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇺🇸🇬🇧", "❤️", "1️⃣"),
        *("☕", "™", "½", "😀😀😀"),
    ],
    "combining marks": [
        *("née", "ne\u0301e", "ñ", "n\u0303", "Å", "A\u030a", "ﬁne", "Việt", "Vie\u0323\u0302t"),
        *("한", "\u1112\u1161\u11ab", "क्ष", "กำ", "Z\u0351\u036b\u0343a\u0310", "İstanbul", "ẞ"),
    ],
    "right to left": [
        *("שלום עולם", "مرحبا بالعالم", "سلام دنیا", "می\u200cروم", "abc שלום 123", "لا إله"),
        *("\u202babc\u202c", "שָׁלוֹם"),
    ],
    "special look-alikes": [
        *("<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "[CLS]", "[MASK]", "[UNK]", "<0x0A>"),
        *("▁", "Ġ", "##ing", "<|im_start|>user", "[INST] hi [/INST]", "<|endoftext", "< s >"),
        "</w>",
    ],
    "letters": [
        *("hello", " hello", "Hello", "HELLO", "hELLO", "camelCase", "HTTPServer", "snake_case"),
        *("kebab-case", "aaaaaaaaaaaaaaaaaaaaaaaa", "a", " a", "é", "ß", "Ω", "я", "ا", "क", "ก"),
        *("中", "日本", "한국", "𝒳", "𐍈", "\x00", "\x7f", "\u0085", "\ufffd", "\U0010ffff"),
    ],
    "punctuation": [
        *("...", "…", "--", "—", "!!!", "?!", "«»", "“quoted”", "(a)", "a,b", "a, b", "e.g."),
        *("U.S.", "#tag", "@name", "a@example.org", "https://example.org/a?b=c#d", "C:\\temp"),
        "*bold*",
    ],
    "code": [
        *("def f(x):\n    return x**2\n", "if (a != b) {\n\treturn;\n}", "x += 1;  // done"),
        *("a->b", "std::vector<int>", "<div class=\"a\">", "SELECT * FROM t;", "$HOME/.config"),
        *("${x}", "#include <stdio.h>", "fn main() {}", "=> {", "!==", "/* a */", "r\"\\d+\""),
    ],
}  # fmt: skip


def golden_strings(specials: Iterable[str] = (), more: Iterable[str] = ()) -> list[str]:
    """Return distinct strings: a fixed list, the texts of special tokens, and `more`.

    At most 40 special tokens are used, the first by name. The embedded sample gives a sentence of
    each language and a line of each programming language.
    """
    sample = [
        path.read_text(encoding="utf-8").partition("\n")[0] for path in sorted(SAMPLE.glob("*/*"))
    ]
    own = sorted(name for name in specials if name)[:_SPECIALS]
    strings = [text for texts in _STRINGS.values() for text in texts]
    return list(dict.fromkeys((*strings, *sample, *own, *more)))
