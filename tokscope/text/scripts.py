"""The Unicode scripts of characters and of runs of characters, from the tables of `regex`.

A character has one script of its own (property Script), and scripts that it is used with (property
Script_Extensions). The sign ー is Common, for example, and is used with Hiragana and Katakana.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

# Every value of the property; the first ones do not belong to a single script.
UNKNOWN, COMMON, INHERITED = range(3)
_LISTED = """
Unknown Common Inherited Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum
Bassa_Vah Batak Bengali Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid
Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Coptic Cuneiform
Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Jurchen Kaithi Kannada Katakana Kawi
Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu
Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen
Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao
Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian
Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Proto_Cuneiform Psalter_Pahlavi Rejang
Runic Samaritan Saurashtra Seal Sharada Shavian Siddham Sidetic SignWriting Sinhala Sogdian
Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham
Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri
Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
"""
SCRIPTS = tuple(_LISTED.split())
MIXED = len(SCRIPTS)
NAMES = tuple(name.replace("_", " ") for name in (*SCRIPTS, "Mixed"))

Codes = NDArray[np.uint8] | NDArray[np.uint32]
_WORDS = -(-len(SCRIPTS) // 64)  # words of 64 bits, one bit per script


@cache
def _known() -> list[str]:
    """Return the scripts that the installed `regex` knows."""

    def knows(name: str) -> bool:
        try:
            return bool(regex.compile(rf"\p{{Script={name}}}"))
        except regex.error:
            return False

    return list(filter(knows, SCRIPTS))


@cache
def _own() -> NDArray[np.uint8]:
    """Return the script of every code point.

    One expression looks for runs of any script: there are few runs, so that few are tried twice.
    """
    everything = np.arange(0x110000, dtype=np.uint32)
    everything[0xD800:0xE000] = 0xFFFF  # surrogates are not text
    text = everything.tobytes().decode("utf-32-le")
    own = np.full(len(text), UNKNOWN, np.uint8)
    for match in regex.finditer("|".join(rf"(?P<{n}>\p{{Script={n}}}+)" for n in _known()), text):
        own[match.start() : match.end()] = SCRIPTS.index(match.lastgroup)
    return own


def _used(codes: Codes) -> NDArray[np.uint64]:
    """Return the scripts that code points are used with, as bits; shape (codes, words)."""
    different, places = np.unique(codes.astype(np.uint32), return_inverse=True)
    text = different.tobytes().decode("utf-32-le", "surrogatepass")
    used = np.zeros((len(text), _WORDS), np.uint64)
    for name in _known():
        number = SCRIPTS.index(name)
        for match in regex.finditer(rf"\p{{Script_Extensions={name}}}+", text):
            used[match.start() : match.end(), number // 64] |= np.uint64(1 << (number % 64))
    return used[places]


def own_scripts(codes: Codes) -> NDArray[np.uint8]:
    """Return the Script property of code points, as numbers of `SCRIPTS`."""
    return _own()[codes]


def run_scripts(codes: Codes, starts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the one script of each run of code points, as numbers of `NAMES`; shape (runs,).

    The characters with a script of their own decide. If their scripts differ, the run gets the only
    script that all of them are used with, else `MIXED`. If there are no such characters, the others
    decide if exactly one script is used with all of them; else the run is `COMMON`. `starts` holds
    the first code point of each run; no run is empty.
    """
    scripts = _own()[codes]
    explicit = (scripts != COMMON) & (scripts != INHERITED)
    least = np.minimum.reduceat(np.where(explicit, scripts, 255).astype(np.uint8), starts)
    most = np.maximum.reduceat(np.where(explicit, scripts, 0).astype(np.uint8), starts)
    result = least
    hard = np.flatnonzero(least != most)  # several scripts, or none (then 255 and 0)
    if not len(hard):
        return result
    ends = np.append(starts[1:], len(codes))
    inside = np.repeat(np.arange(len(starts)), ends - starts)
    chosen = np.isin(inside, hard) & (explicit | (least == 255)[inside])
    heads = np.flatnonzero(np.diff(inside[chosen], prepend=-1))
    shared = np.bitwise_and.reduceat(_used(codes[chosen]), heads)
    alone = np.bitwise_count(shared).sum(axis=1) == 1
    word = shared.argmax(axis=1)
    bits = shared[np.arange(len(hard)), word]
    number = 64 * word + np.log2(np.maximum(bits, 1).astype(np.float64)).astype(np.int64)
    several = np.where(least[hard] == 255, COMMON, MIXED)
    result[hard] = np.where(alone, number, several)
    result[result == INHERITED] = COMMON  # a run of marks alone
    return result
