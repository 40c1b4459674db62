"""`python -m training.tongues`: build feedback/sentiment/model/tongues.npz, which tells languages apart.

Naive Bayes over the same hashed features, without accents, and over the accented letters. Fifteen languages from survey
comments and the texts from elsewhere, Russian and Greek also in Latin letters; others from word frequencies (wordfreq),
so that a Hungarian comment is Hungarian and not the nearest of the fifteen.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter

import numpy as np

from feedback.sentiment.tongues import FILE, FORMAT, accents, features
from training.fitting import whole_numbers
from training.lettering import KEYBOARDS, latin
from training.rows import CORE, OTHERS, Row, byte, comments, plain, tier_a
from training.sentiment import write

ELSEWHERE = ("hu", "ro", "sv", "da", "nb", "fi", "tr", "ca", "lt", "lv", "id", "is", "uk", "bg", "mk")
MOST = 70_000
"""Rows of the table."""
TEXTS = 5_000
"""At most so many of a language from elsewhere."""
SMOOTH = 0.3
_CYRILLIC = re.compile("[\u0400-\u052f]")


def _rows() -> list[tuple[str, str]]:
    """Language and text of everything there is to learn from."""
    own = [row for row in comments() + plain() if not row.held and byte(row, 1) >= 26]
    seen: Counter[str] = Counter()
    more: list[Row] = []
    for row in sorted(tier_a(), key=lambda row: (byte(row, 2), byte(row, 3), row.text)):
        if seen[row.lang] < TEXTS and "lemmatised" not in row.source:
            seen[row.lang] += 1
            more.append(row)
    found = [(row.lang, row.text) for row in own for _ in range(3)] + [(row.lang, row.text[:300]) for row in more]
    written = [(lang, text) for lang, text in found if lang in {"ru", "el"}]
    for lang, text in written[::2]:
        found += [(f"{lang}-Latn", latin(text, kind)) for kind in KEYBOARDS[lang]]
    # A language in two alphabets is two: their letters have nothing in common.
    return [
        ("sr-Cyrl" if lang == "sr" and _CYRILLIC.search(text) else lang, text) for lang, text in found
    ] + _from_words()


def _from_words() -> list[tuple[str, str]]:
    from wordfreq import top_n_list, word_frequency

    found, chance = [], random.Random(0)
    for lang in (*(lang for lang in (*CORE, *OTHERS) if lang not in {"hr", "sr"}), *ELSEWHERE):
        words = [word for word in top_n_list(lang, 12_000) if re.fullmatch(r"[^\W\d_]+", word)]
        shares = [word_frequency(word, lang) ** 0.85 for word in words]
        found += [(lang, " ".join(chance.choices(words, shares, k=chance.randint(2, 12)))) for _ in range(TEXTS)]
    return found


def build() -> tuple[dict[str, object], dict[str, np.ndarray]]:
    rows = _rows()
    names = [*CORE, *OTHERS, "ru-Latn", "el-Latn", "sr-Cyrl", *ELSEWHERE]
    place = {name: at for at, name in enumerate(names)}
    counts = np.zeros((1 << 20, len(names)), dtype=np.float32)
    letters: dict[str, np.ndarray] = {}
    letter_totals = np.zeros(len(names))
    for lang in names:
        texts = [text for one, text in rows if one == lang]
        for at in range(0, len(texts), 1_000):
            hashed, _ = features(texts[at : at + 1_000])
            np.add.at(counts[:, place[lang]], hashed, 1)
        for text in texts:
            for letter in accents(text):
                letters.setdefault(letter, np.zeros(len(names)))[place[lang]] += 1
        letter_totals[place[lang]] = len(texts)
    totals = counts.sum(axis=0)
    seen = counts.sum(axis=1)
    kept = np.flatnonzero(seen >= 4)
    shares = np.log((counts[kept] + SMOOTH) / (totals + SMOOTH * 50_000))
    weights = shares - shares.mean(axis=1, keepdims=True)
    strength = (np.abs(weights).max(axis=1)) * np.log1p(seen[kept])
    best = np.sort(np.argsort(-strength, kind="stable")[:MOST])
    numbers, unit = whole_numbers(weights[best], 0.99999)
    said = {}
    for letter, found in sorted(letters.items()):
        if found.sum() >= 8:
            logs = np.log((found + 0.5) / (letter_totals + 1))
            said[letter] = np.round(np.clip(logs - logs.max(), -5, 0), 2).tolist()
    meta = {"format": FORMAT, "names": names, "unit": unit, "letters": said, "cool": 0.3}
    return meta, {"rows": kept[best].astype(np.int32), "weights": numbers}


def main() -> None:
    meta, arrays = build()
    write(json.loads(json.dumps(meta)), arrays, FILE)


if __name__ == "__main__":
    main()
