"""The dictionary form of a word: simplemma's tables, each loaded at the first comment of its language.

docs/decisions/0014-topics.md: why so, and what they cost. Serbian in both alphabets is one language here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from surveys.folding import folded

if TYPE_CHECKING:
    from simplemma import Lemmatizer

TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {tag: tag for tag in ("en", "sl", "pl", "el", "ru", "de", "fr", "es", "it", "pt", "nl", "cs", "sk")}
    | {"hr": "hbs", "sr": "hbs", "bs": "hbs"}
)
"""Language to the table that knows its words."""

_KNOWN: Final = 8_192
"""Words whose lemma is remembered."""
_LOCK = threading.Lock()
_NO_LETTER = re.compile(r"[\W\d_]+")
_LATIN = str.maketrans(
    dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
    | {"љ": "lj", "њ": "nj", "џ": "dž"}
)


def latin(word: str) -> str:
    """A Serbian word of small letters in Latin ones."""
    return word.translate(_LATIN)


def lemmas_of(words: Iterable[str], language: str) -> list[str]:
    """The lemma of each word, folded: without capitals and marks. A word that no table knows is its own."""
    table = TABLES[language]
    written = [latin(word.lower()) if table == "hbs" else word for word in words]
    with _LOCK:  # two threads that load one table would load it twice
        lemmatizer = _lemmatizer()
        lemmas = [lemmatizer.lemmatize(word, table) for word in written]
    return [_NO_LETTER.sub("", folded(lemma)) or folded(word) for lemma, word in zip(lemmas, written, strict=True)]


@cache
def _lemmatizer() -> Lemmatizer:
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy
    from simplemma.strategies.dictionaries import StreamDictionaryFactory

    # All of them may stay, 145 MB together, a third of it Polish: with fewer, comments of many languages in turn
    # would have one read from its file for nearly every comment, which takes up to a second and a half.
    factory = StreamDictionaryFactory(cache_max_size=len(set(TABLES.values())))
    return Lemmatizer(cache_max_size=_KNOWN, lemmatization_strategy=DefaultStrategy(dictionary_factory=factory))
