"""In which language a comment is written, or that it cannot be told. docs/decisions/0003-language-detection.md: why so.

Latin, Greek and Cyrillic letters: our own small table, which knows fifteen languages as customers write them, without
accents and in the wrong alphabet too, and fifteen neighbours. Other scripts: py3langid (90 MB once loaded, about a
second), read at the first comment that needs it, once for all threads.
"""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from feedback.sentiment.engine import EngineError

UNKNOWN = "und"  # BCP 47's word for "undetermined"

_CYRILLIC = frozenset({"ru", "uk", "bg", "mk", "sr-Cyrl"})
_NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}|[@#]\w+")
_LETTER = re.compile(r"[^\W\d_]")
_GREEK_LETTER = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u052f]")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")

# How many times likelier an expected language is than the letters alone say; in a few words they say little. The page
# was answered in the first, the contact's own is the second.
_EXPECTED = 6.0
_EXPECTED_IN_FEW = 40.0
_SECOND = 3.0
_FEW = 25  # letters
# Of our table, and of the library's.
_LEAST_SURE = 0.5
_LEAST_SURE_OF_FEW = 0.6
_LEAST_CONFIDENCE = 0.35
# Fewer known pieces of words than this are no language of the table: "asdf", and languages that it never saw.
_LEAST_KNOWN = 0.3
# Languages that nobody answers in unless they are expected take short texts from their larger neighbours.
_RARE = {"ca": 0.2, "mk": 0.3, "bg": 0.3, "uk": 0.3, "is": 0.2, "lv": 0.3, "lt": 0.3, "nb": 0.3, "da": 0.3, "id": 0.1}
_ENOUGH = 1_000  # characters: more do not change the answer


@dataclass(frozen=True)
class Language:
    """A primary language subtag (`sl`, never `sl-SI`) or `UNKNOWN`, and how sure we are, 0…1."""

    tag: str
    confidence: float


class _Model(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


_NOT_KNOWN = Language(UNKNOWN, 0.0)
_loading = threading.Lock()
_loaded: list[_Model] = []


def detect(comment: str, *, hint: str | None = None, second: str | None = None) -> Language:
    """The language of `comment`; `hint` is the tag of the language expected (of the page answered), `second` that of
    the contact.

    Both only tip the scale: a Greek comment on a Slovenian page is Greek. Without enough to go by it is UNKNOWN.
    """
    text = _NOT_WORDS.sub(" ", comment[:_ENOUGH])
    letters = len(_LETTER.findall(text))
    if letters < 2:
        return _NOT_KNOWN
    expected = (_primary(hint), _primary(second))
    if len(_GREEK_LETTER.findall(text)) > letters / 2:
        return Language("el", 0.99)
    if len(_CYRILLIC_LETTER.findall(text)) > letters / 2:
        return _by_table(text, letters, expected, among=_CYRILLIC)
    if len(_LATIN_LETTER.findall(text)) > letters / 2:
        return _by_table(text, letters, expected, among=None)
    return _by_library(text, expected[0], letters)


def _primary(hint: str | None) -> str | None:
    tag = re.split(r"[-_]", hint, maxsplit=1)[0].lower() if hint else None
    return "nb" if tag in {"no", "nn"} else "hr" if tag == "bs" else tag


def _by_table(text: str, letters: int, expected: Iterable[str | None], *, among: frozenset[str] | None) -> Language:
    import numpy as np

    from feedback.sentiment.tongues import tongues

    try:
        table = tongues()
    except EngineError:  # a damaged file is told by `afterword check`; comments stay readable
        return _NOT_KNOWN
    found, known = table.rank(text)
    if known < _LEAST_KNOWN and among is None:
        return _NOT_KNOWN
    first, second = expected
    weight, least = (_EXPECTED_IN_FEW, _LEAST_SURE_OF_FEW) if letters < _FEW else (_EXPECTED, _LEAST_SURE)
    prior = [
        (weight if tag == first else _SECOND if tag == second else _RARE.get(tag, 1.0))
        * (1.0 if among is None or name in among else 1e-9)
        for name, tag in zip(table.names, table.tags, strict=True)
    ]
    logits = found + np.log(prior)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    by_tag: dict[str, float] = {}
    for tag, share in zip(table.tags, shares.tolist(), strict=True):
        by_tag[tag] = by_tag.get(tag, 0.0) + share
    best = max(by_tag, key=by_tag.__getitem__)
    sure = min(1.0, round(by_tag[best], 4))
    least = _LEAST_SURE if best == first else least
    return Language({"nb": "no"}.get(best, best) if sure >= least else UNKNOWN, sure)


def _by_library(text: str, expected: str | None, letters: int) -> Language:
    ranked = _rank(text, expected, letters)
    if not ranked or ranked[0].confidence < _LEAST_CONFIDENCE:
        return Language(UNKNOWN, ranked[0].confidence) if ranked else _NOT_KNOWN
    return ranked[0]


def _rank(text: str, expected: str | None, letters: int) -> list[Language]:
    weight = _EXPECTED_IN_FEW if letters < _FEW else _EXPECTED
    ranked = _model().rank(text)
    found = [(tag, share * (weight if tag == expected else 1.0)) for tag, share in ranked if tag != "zxx"]
    total = sum(share for _, share in found)
    return sorted((Language(tag, share / total) for tag, share in found), key=lambda x: -x.confidence) if total else []


def _model() -> _Model:
    if not _loaded:
        with _loading:
            if not _loaded:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                _loaded.append(cast("_Model", LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)))
    return _loaded[0]
