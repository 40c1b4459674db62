"""Russian and Greek in Latin letters, as people write them who have no other keyboard."""

from __future__ import annotations

import unicodedata

RU = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)) | {
    "ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ь": "", "ю": "yu", "я": "ya",
}  # fmt: skip
RU_LAZY = RU | {"ж": "j", "х": "h", "ц": "c", "щ": "sch", "ы": "i", "ю": "u", "й": "j", "я": "ja", "ё": "e"}
EL = dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True)) | {
    "θ": "th",
    "ξ": "x",
    "χ": "ch",
    "ψ": "ps",
}
EL_LAZY = EL | {"β": "b", "η": "h", "θ": "8", "υ": "u", "χ": "x", "ω": "w", "ξ": "ks"}
_TWO = (("ου", "ou"), ("μπ", "b"), ("ντ", "nt"), ("γγ", "gg"), ("αυ", "av"), ("ευ", "ef"))


def latin(text: str, letters: dict[str, str]) -> str:
    """The text as people write it who have no other keyboard."""
    plain_text = "".join(
        char
        for char in unicodedata.normalize("NFD", text.lower())
        if unicodedata.category(char) != "Mn" or char == "\u0306"
    )
    plain_text = unicodedata.normalize("NFC", plain_text)
    if "α" in letters:
        for greek, said in _TWO:
            plain_text = plain_text.replace(greek, said)
    return "".join(letters.get(char, char) for char in plain_text)


KEYBOARDS = {"ru": (RU, RU_LAZY), "el": (EL, EL_LAZY)}
"""Ways of writing a language."""
