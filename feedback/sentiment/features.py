"""A comment as numbers of a table: hashed pieces of words, words and pairs of words, many comments at a time.

Text is folded first (case, accents, look-alike letters, repeated signs), so that "razočaran", "razocaran" and
"RAZOČARAN!!!" are the same. Everything is a few array operations of numpy over all texts together; training and reading
use this same file, so they cannot differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

BITS: Final = 20
"""The table has 2^BITS rows."""
LONGEST: Final = 600
"""Folded characters of a text that are looked at; sentences are shorter."""
_CHARS: Final = (3, 4, 5)
"""Lengths of the pieces of words."""
_SPACE: Final = 32
_NONE: Final = np.zeros(1, dtype=np.int64)
_TRUE: Final = np.ones(1, dtype=bool)

_LINK = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}|@\w+")
_MARKUP = re.compile(r"<[^<>\n]{0,200}>|&[a-z]{2,8};|&#\d{1,6};")
_DIGITS = re.compile(r"\d+")
_REPEATED = re.compile(r"(.)\1{2,}")
_SIGNS = re.compile(r"([^\w\s'])")
_SPACES = re.compile(r"[^\S\n]+")
_FACES = re.compile(r"[:;=8xX]['\-]?[)\]DdpP]+|<3")
_SAD = re.compile(r"[:;=8][',]?\-?[(\[/\\|]+")
_SIMILAR = str.maketrans({"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ø": "o", "ß": "s", "ς": "σ", "ё": "е", "’": "'"})

_POWERS: Final = np.array([pow(0x9E3779B97F4A7C15, n, 1 << 64) for n in range(LONGEST + 8)], dtype=np.uint64)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_KINDS: Final = {n: np.uint64((0x5851F42D4C957F2D * (n + 11)) & (1 << 64) - 1) for n in range(8)}


def fold(texts: Sequence[str]) -> list[str]:
    """The texts as the features see them: words and signs between single spaces, a line each."""
    joined = "\n".join(text[: LONGEST * 2].replace("\n", " ") for text in texts)
    if "<" in joined or "&" in joined:
        joined = _MARKUP.sub(" ", joined)
    if "@" in joined or "://" in joined or "www." in joined:
        joined = _LINK.sub(" ", joined)
    joined = _SAD.sub(" ☹ ", _FACES.sub(" ☺ ", joined))
    joined = unicodedata.normalize("NFKD", joined.translate(_SIMILAR).casefold()).translate(_KEPT).translate(_SIMILAR)
    joined = _REPEATED.sub(r"\1\1", _DIGITS.sub("0", joined))
    joined = _SPACES.sub(" ", _SIGNS.sub(r" \1 ", joined))
    return [line.strip()[:LONGEST] for line in joined.split("\n")]


class _Kept(dict[int, str]):
    """What stays of a character without its accent: itself, a space, or nothing."""

    def __missing__(self, code: int) -> str:
        if len(self) > 20_000:
            self.clear()
        self[code] = kept = _kept(chr(code))
        return kept


def _kept(char: str) -> str:
    if char == "\n":
        return char
    kind = unicodedata.category(char)
    if kind in {"Mn", "Cf", "Cs", "Co"} or "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return ""
    return " " if kind in {"Cc", "Zl", "Zp"} else char


_KEPT: Final = _Kept()


def rows_of(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The table rows of all features of folded texts, and to which text each belongs (rising)."""
    joined = " " + "  ".join(texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    if len(texts) == 1:
        rows = _placed(np.concatenate(_hashes(codes, None)[0]))
        return rows, np.zeros(len(rows), dtype=np.int64)
    lengths = np.fromiter((len(text) + 2 for text in texts), dtype=np.int64, count=len(texts))
    hashes, owners = _hashes(codes, np.arange(len(texts)).repeat(lengths))
    owned = np.concatenate(owners)
    order = owned.argsort(kind="stable")
    return _placed(np.concatenate(hashes))[order], owned[order]


def word_rows(words: Sequence[str]) -> np.ndarray:
    """The table row of each folded word, for its feature as a whole; not of its pieces."""
    joined = " " + "  ".join(words) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    found = _words(_mixed(codes), codes == _SPACE)[0]
    return _placed(found * _KINDS[1])


def _mixed(codes: np.ndarray) -> np.ndarray:
    mixed = (codes + np.uint64(1)) * _MIX
    mixed ^= mixed >> np.uint64(29)
    return mixed


def _placed(hashes: np.ndarray) -> np.ndarray:
    hashes = hashes ^ (hashes >> np.uint64(32))
    return ((hashes * _MIX) >> np.uint64(64 - BITS)).astype(np.int64)


def _hashes(codes: np.ndarray, owner: np.ndarray | None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of all features, and to which text each belongs; None: there is one, and nobody asks."""
    space = codes == _SPACE
    mixed = _mixed(codes)
    found, owners = [], []
    gaps = np.concatenate((_NONE, space.cumsum()))
    hashes = np.zeros(len(codes) + 1, dtype=np.uint64)
    for n in range(1, _CHARS[-1] + 1):
        if len(codes) < n:
            break
        hashes = hashes[:-1] + mixed[n - 1 :] * _POWERS[n - 1]
        if n < _CHARS[0]:
            continue
        # A piece lies in one word; the space before and after it may belong to it.
        inner = gaps[n - 1 : n - 1 + len(hashes)] - gaps[1 : 1 + len(hashes)]
        whole = (inner == 0) & ~(space[: len(hashes)] & space[n - 1 : n - 1 + len(hashes)])
        found.append(hashes[whole] * _KINDS[n])
        if owner is not None:
            owners.append(owner[: len(hashes)][whole])
    words, starts = _words(mixed, space)
    found.append(words * _KINDS[1])
    pairs = (words[:-1] * _KINDS[6] + words[1:]) * _KINDS[2]
    if owner is None:
        return [*found, pairs], owners
    at = owner[starts]
    same = at[1:] == at[:-1]
    return [*found, pairs[same]], [*owners, at, at[1:][same]]


def _words(mixed: np.ndarray, space: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A hash of each word, and where it begins."""
    letter = ~space
    starts = (letter & np.concatenate((_TRUE, space[:-1]))).nonzero()[0]
    if not len(starts):
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    ends = (letter & np.concatenate((space[1:], _TRUE))).nonzero()[0] + 1
    lengths = ends - starts
    letters = letter.nonzero()[0]
    place = letters - starts.repeat(lengths)
    weighted = mixed[letters] * _POWERS[np.minimum(place, LONGEST)]
    return np.add.reduceat(weighted, lengths.cumsum() - lengths), starts
