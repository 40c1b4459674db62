"""`python -m training.languages`: how often the language of a comment is found, unknown, or wrong.

On the survey comments that nobody trains on: whole, their first two and three words, without accents, in Latin letters;
with and without the right language expected, and with a wrong one (English) expected.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from feedback.sentiment.language import detect
from training.lettering import KEYBOARDS, latin
from training.rows import CORE, OTHERS, Row, byte, comments


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).translate(
        str.maketrans("łŁđĐ", "lLdD")
    )


def _words(n: int) -> Callable[[str], str]:
    return lambda text: " ".join(text.split()[:n])


VARIANTS: dict[str, Callable[[str], str]] = {
    "whole": lambda text: text,
    "first three words": _words(3),
    "first two words": _words(2),
    "without accents": _bare,
    "without accents, three words": lambda text: _bare(_words(3)(text)),
}


def _latin(text: str, lang: str) -> list[str]:
    return [latin(text, kind) for kind in KEYBOARDS[lang]]


def _told(rows: list[tuple[str, str]], hint: Callable[[str], str | None]) -> str:
    found = [(detect(text, hint=hint(lang)).tag, lang) for lang, text in rows]
    right = sum(tag == lang for tag, lang in found)
    unknown = sum(tag == "und" for tag, lang in found)
    n = max(1, len(found))
    return f"{100 * right / n:.0f}/{100 * unknown / n:.0f}/{100 * (n - right - unknown) / n:.0f}"


def measure(rows: list[Row]) -> None:
    """Print a row a variant and expectation: right/unknown/wrong in percent, by language."""
    tags = [tag for tag in (*CORE, *OTHERS) if any(row.lang == tag for row in rows)]
    print(f"| | {' | '.join(tags)} |\n|---|{'---|' * len(tags)}")
    expected: dict[str, Callable[[str], str | None]] = {
        "nothing expected": lambda _: None,
        "the right one expected": lambda lang: lang,
        "English expected": lambda _: "en",
    }
    for name, change in VARIANTS.items():
        for words, hint in expected.items():
            cells = [_told([(tag, change(row.text)) for row in rows if row.lang == tag], hint) for tag in tags]
            print(f"| {name}, {words} | {' | '.join(cells)} |", flush=True)
    for tag in ("el", "ru"):
        for words, hint in expected.items():
            texts = [(tag, text) for row in rows if row.lang == tag for text in _latin(row.text, tag)]
            short = [(lang, " ".join(text.split()[:3])) for lang, text in texts]
            print(f"{tag} in Latin letters, {words}: {_told(texts, hint)}; first three words {_told(short, hint)}")


def main() -> None:
    measure([row for row in comments() if row.held and len([c for c in row.text if c.isalpha()]) > 3])


if __name__ == "__main__":
    main()


def trial() -> None:
    """The same on rows that are kept from the table but are not the test: for choosing numbers."""
    measure([row for row in comments() if not row.held and byte(row, 1) < 26 and len(row.text) > 5])
