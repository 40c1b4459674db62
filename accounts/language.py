"""The languages that customers are asked in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "sl": "Slovenščina",
        "pl": "Polski",
        "el": "Ελληνικά",
        "ru": "Русский",
        "ar": "العربية",
        "bg": "Български",
        "bs": "Bosanski",
        "cs": "Čeština",
        "da": "Dansk",
        "de": "Deutsch",
        "es": "Español",
        "et": "Eesti",
        "fi": "Suomi",
        "fr": "Français",
        "ga": "Gaeilge",
        "he": "עברית",
        "hr": "Hrvatski",
        "hu": "Magyar",
        "it": "Italiano",
        "lt": "Lietuvių",
        "lv": "Latviešu",
        "mk": "Македонски",
        "mt": "Malti",
        "nb": "Norsk",
        "nl": "Nederlands",
        "pt": "Português",
        "ro": "Română",
        "sk": "Slovenčina",
        "sq": "Shqip",
        "sr": "Српски",
        "sr-Latn": "Srpski",
        "sv": "Svenska",
        "tr": "Türkçe",
        "uk": "Українська",
    }
)
"""The built-in languages, each called as its speakers call it; the project's first five lead."""
