"""The phrases of a comment: one to three telling words that stand together, by their lemmas.

"late delivery", "deliveries late" and "the delivery was late" are one phrase, `delivery late`. A phrase neither begins
nor ends with a word that says nothing, has at most two such words between two others, and goes over no sign, number,
"and" or "not".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from feedback.sentiment.lemmas import TABLES, latin, lemmas_of
from feedback.sentiment.skipping import skipped
from surveys.folding import folded

LANGUAGES: Final = frozenset(TABLES)
MOST_TOGETHER: Final = 3
"""Words of a phrase."""
MOST_BETWEEN: Final = 2
"""Words that say nothing between two that do: "was", "je bila", "of the"."""
MOST_TELLING: Final = 100
"""Telling words of one comment that are looked at."""
LONGEST: Final = 30
"""Letters of a word; what is longer is none."""

_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f])+(?:['’](?:[^\W\d_]|[\u0300-\u036f])+)*")
_PIECE = re.compile(r"[^'’]+")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}|[@#]\w+")
_BETWEEN = re.compile(r"['’](?:[sS](?=[ \t\u00a0‐-]))?[ \t\u00a0‐-]*|[ \t\u00a0‐-]+")
"""A space, a hyphen, an apostrophe, or a genitive's: "courier's attitude", "temps d'attente"."""


class Phrase(NamedTuple):
    """Lemmas in the order of the alphabet, and where in the comment it stands first."""

    key: str
    begin: int
    end: int


class _Token(NamedTuple):
    begin: int
    end: int
    word: str


class _Telling(NamedTuple):
    """A telling word; `joined`: it may go on a phrase with the one before."""

    begin: int
    end: int
    lemma: str
    joined: bool


def phrases_of(comment: str, language: str) -> list[Phrase]:
    """Each phrase of a comment once, in order; none in a language whose words are not known."""
    if language not in LANGUAGES:
        return []
    found: dict[str, Phrase] = {}
    telling = _telling(comment, language)
    for first, word in enumerate(telling):
        lemmas: list[str] = []
        for last in telling[first : first + MOST_TOGETHER]:
            if last.lemma in lemmas or (lemmas and not last.joined):
                break
            lemmas.append(last.lemma)
            key = " ".join(sorted(lemmas))
            found.setdefault(key, Phrase(key, word.begin, last.end))
    return list(found.values())


def _telling(comment: str, language: str) -> list[_Telling]:
    skip, found = skipped(language), list[_Telling]()
    tokens = list(_tokens(comment, language))
    plain = [folded(latin(one.word.lower()) if TABLES[language] == "hbs" else one.word) for one in tokens]
    lemmas = lemmas_of([one.word if len(one.word) <= LONGEST else "-" for one in tokens], language)
    joined, passed, end = False, 0, 0
    for token, word, lemma in zip(tokens, plain, lemmas, strict=True):
        joined = joined and bool(_BETWEEN.fullmatch(comment, end, token.begin))
        end = token.end
        if word in skip.breaking or len(word) > LONGEST:
            joined = False
        elif skip.says_nothing(word, lemma):
            passed += 1
        else:
            found.append(_Telling(token.begin, token.end, lemma, joined and passed <= MOST_BETWEEN))
            joined, passed = True, 0
            if len(found) == MOST_TELLING:
                break
    return found


def _tokens(comment: str, language: str) -> Iterator[_Token]:
    """Words, of which addresses are none. English keeps its apostrophes, but for a genitive's."""
    text = _ADDRESS.sub(lambda match: "." * len(match[0]), comment)
    for match in _WORD.finditer(text):
        if language == "en":
            word = match[0].replace("’", "'").removesuffix("'s").removesuffix("'S")
            yield _Token(match.start(), match.start() + len(word), word)
        else:
            for piece in _PIECE.finditer(text, match.start(), match.end()):
                yield _Token(piece.start(), piece.end(), piece[0])
