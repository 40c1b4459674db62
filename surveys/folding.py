"""Text as search compares it: without capitals and accents, so that "zagar" finds "Žagar" and "σολων" finds "Σόλων".

Folded here and not by the databases, because SQLite knows capitals of English only and PostgreSQL those of its locale.
"""

import unicodedata

SEARCH_LIMIT = 600
"""Characters of a search key."""

WORDS_LIMIT = 6
"""Words of a search that count."""

# Letters that Unicode does not take apart into a letter and its mark.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """The text in small letters without marks. Folding twice changes nothing."""
    if text.isascii():  # most of it is, and pages fold very much
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    for mark in filter(unicodedata.combining, set(parts)):
        parts = parts.replace(mark, "")
    return parts.casefold().translate(_PLAIN)


def search_key(name: str | None, email: str) -> str:
    """What a person is found by: name and address, folded."""
    return folded(f"{name or ''} {email}").strip()[:SEARCH_LIMIT]


def search_words(wish: str) -> list[str]:
    """The words of what somebody looks for, folded; a person must have each of them somewhere."""
    return folded(wish.replace("\0", "")).split()[:WORDS_LIMIT]
