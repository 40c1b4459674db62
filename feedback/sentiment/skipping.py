"""Words that say nothing of what a comment is about, in each language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from feedback.sentiment.lemmas import latin
from surveys.folding import folded

_OWN: Final = Path(__file__).with_name("said_often.txt")
_SAME: Final = {"sr": "hr", "bs": "hr"}
"""Languages that use the words of another."""


@dataclass(frozen=True)
class Skipped:
    """Words that never begin or end a phrase, and those of them that are not inside one either: what turns a meaning
    round ("not", "without") or joins two things ("and"). `telling`: comments do speak of these. All are folded.
    """

    words: frozenset[str]
    breaking: frozenset[str]
    telling: frozenset[str]

    def says_nothing(self, word: str, lemma: str) -> bool:
        return len(word) < 2 or word in self.words or (lemma in self.words and word not in self.telling)


@cache
def skipped(language: str) -> Skipped:
    """Those of a language, read at its first comment: stopwordsiso's, and our own that correct them."""
    from stopwordsiso import stopwords

    language = _SAME.get(language, language)
    own = _own()
    telling = frozenset(own.get(f"{language} keep", ()))
    breaking = frozenset((*own.get(f"{language} not", ()), *own.get(f"{language} and", ())))
    listed = {folded(latin(word) if language == "hr" else word).replace("’", "'") for word in stopwords(language)}
    return Skipped(frozenset(listed | own[language]) - telling | breaking, breaking, telling - breaking)


@cache
def _own() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in _OWN.read_text(encoding="utf-8").splitlines():
        language, *words = line.split()
        if language.startswith("#"):
            continue
        kind = words.pop(0) if words and words[0] in ("keep", "not", "and") and len(words) > 1 else ""
        found.setdefault(f"{language} {kind}".strip(), set()).update(folded(word) for word in words)
    return found
