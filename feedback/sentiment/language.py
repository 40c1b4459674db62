"""In which language a comment is written, or that it cannot be told. docs/decisions/0003-language-detection.md: why so.

The model (90 MB once loaded, about a second) is read at the first comment that needs it, once for all threads.
"""

import re
import threading
from dataclasses import dataclass
from typing import Protocol, cast

UNKNOWN = "und"  # BCP 47's word for "undetermined"

# fmt: off
_LATIN = frozenset({
    "en", "sl", "pl", "de", "fr", "es", "it", "pt", "nl", "hr", "cs", "sk", "sr", "hu", "ro", "sq", "da", "no", "sv",
    "fi", "et", "lv", "lt", "tr", "ca", "eu", "ga", "cy", "mt", "is", "af", "id", "ms", "vi", "tl", "sw",
})
# fmt: on
_CYRILLIC = frozenset({"ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg"})
_NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[@#]\w+")
_LETTER = re.compile(r"[^\W\d_]")
_GREEK_LETTER = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u052f]")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")

# How many times likelier the expected language is than the letters alone say; in a few words they say little.
_EXPECTED = 3.0
_EXPECTED_IN_FEW = 10.0
_FEW = 20  # letters
_LEAST_CONFIDENCE = 0.35
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


def detect(comment: str, *, hint: str | None = None) -> Language:
    """The language of `comment`; `hint` is the tag of the language expected (of the page answered, of the contact).

    The hint only tips the scale: a Greek comment on a Slovenian page is Greek. Without enough to go by it is UNKNOWN.
    """
    text = _NOT_WORDS.sub(" ", comment[:_ENOUGH])
    letters = len(_LETTER.findall(text))
    if letters < 2:
        return _NOT_KNOWN
    if len(_GREEK_LETTER.findall(text)) > letters / 2:
        return Language("el", 0.99)
    expected = _primary(hint)
    ranked = _rank(text, _candidates(text, letters, expected), expected, letters)
    if not ranked or ranked[0].confidence < _LEAST_CONFIDENCE:
        return Language(UNKNOWN, ranked[0].confidence) if ranked else _NOT_KNOWN
    return ranked[0]


def _primary(hint: str | None) -> str | None:
    tag = re.split(r"[-_]", hint, maxsplit=1)[0].lower() if hint else None
    return "no" if tag in {"nb", "nn"} else tag


def _candidates(text: str, letters: int, expected: str | None) -> frozenset[str] | None:
    """The languages of the text's script, None for scripts that themselves leave few; what is expected may be more."""
    if len(_CYRILLIC_LETTER.findall(text)) > letters / 2:
        return _CYRILLIC
    if len(_LATIN_LETTER.findall(text)) > letters / 2:
        # Bosnian, Galician and the like take short texts from their larger neighbours unless they are expected.
        return _LATIN | ({expected} - _CYRILLIC - {"el"} if expected else frozenset())
    return None


def _rank(text: str, candidates: frozenset[str] | None, expected: str | None, letters: int) -> list[Language]:
    weight = _EXPECTED_IN_FEW if letters < _FEW else _EXPECTED
    found = [
        (tag, share * (weight if tag == expected else 1.0))
        for tag, share in _model().rank(text)
        if (tag in candidates if candidates else tag != "zxx")
    ]
    total = sum(share for _, share in found)
    return sorted((Language(tag, share / total) for tag, share in found), key=lambda x: -x.confidence) if total else []


def _model() -> _Model:
    if not _loaded:
        with _loading:
            if not _loaded:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                _loaded.append(cast("_Model", LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)))
    return _loaded[0]
