"""`python -m training.evaluate [--dev DIR] [--engine NAME]`: how good the engines are, beside TextBlob and VADER.

The project's own test is the tenth of the survey comments that nobody trains on. DIR holds sets for measuring only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from feedback.sentiment import EngineError, Score, engine_named
from training.measuring import calibration_error, f2, f3, interval, micro, truth
from training.rows import CORE, LABELS, OTHERS, THEMES, Row, comments, dev, second

_PLACES = {"negative": 0, "neutral": 1, "positive": 2, "mixed": 1}
_NEUTRAL = 0.05
"""Polarities nearer to zero are neutral for VADER and TextBlob (their own convention)."""
Scorer = Callable[[list[str]], list[Score | None]]


def _vader() -> Scorer | None:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return None
    polarity = SentimentIntensityAnalyzer().polarity_scores
    return lambda texts: [_by_bound(polarity(text)["compound"]) for text in texts]


def _textblob() -> Scorer | None:
    try:
        from textblob import TextBlob
    except ImportError:
        return None
    return lambda texts: [_by_bound(float(TextBlob(text).sentiment.polarity)) for text in texts]


def _by_bound(polarity: float) -> Score:
    label = "neutral" if abs(polarity) < _NEUTRAL else "positive" if polarity > 0 else "negative"
    return Score(label, polarity, None)  # type: ignore[arg-type]


def scorers(names: Iterable[str]) -> dict[str, Scorer]:
    """The engines that are installed, and the baselines."""
    found: dict[str, Scorer] = {}
    for name in names:
        try:
            found[name] = engine_named(name).score
        except EngineError as fault:
            print(fault)
    baselines = {"TextBlob": _textblob(), "VADER": _vader()}
    return found | {name: scorer for name, scorer in baselines.items() if scorer}


def compare(title: str, rows: list[Row], engines: dict[str, Scorer]) -> None:
    """Print a table: a row a language, f2 and f3 of each engine; means with all languages weighing the same."""
    rows = [row for row in rows if row.label in LABELS]
    truths = np.array([LABELS.index(row.label) for row in rows])
    lang = np.array([row.lang for row in rows])
    said = {name: scorer([row.text for row in rows]) for name, scorer in engines.items()}
    print(f"\n### {title}\n\n| | n |" + "".join(f" {name} f2 | f3 |" for name in engines))
    print("|---|---|" + "---|---|" * len(engines))
    for group in ([tag] for tag in (*CORE, *OTHERS)):
        _line(group[0], np.isin(lang, group), truths, said)
    for name, tags in (("five core languages", CORE), ("ten others", OTHERS)):
        _mean(name, [lang == tag for tag in tags if (lang == tag).any()], truths, said)
    for name, found in said.items():
        if name in {"ngram", "embedding"}:
            _calibration(name, truths, found)


def _columns(found: list[Score | None]) -> tuple[np.ndarray, np.ndarray]:
    polarity = np.array([score.polarity if score else 0.0 for score in found])
    return polarity, np.array([_PLACES[score.label] if score else 1 for score in found])


def _line(name: str, chosen: np.ndarray, truths: np.ndarray, said: dict[str, list[Score | None]]) -> None:
    if not chosen.any():
        return
    cells = []
    for found in said.values():
        polarity, label = _columns(found)
        two = interval(f2, truths[chosen], polarity[chosen])
        three = interval(f3, truths[chosen], label[chosen])
        cells.append(f" {f2(truths[chosen], polarity[chosen]):.3f} ({two[0]:.2f}–{two[1]:.2f}) ")
        cells.append(f" {f3(truths[chosen], label[chosen]):.3f} ({three[0]:.2f}–{three[1]:.2f}) ")
    print(f"| {name} | {chosen.sum()} |" + "|".join(cells) + "|", flush=True)


def _mean(name: str, groups: list[np.ndarray], truths: np.ndarray, said: dict[str, list[Score | None]]) -> None:
    if not groups:
        return
    cells = []
    for found in said.values():
        polarity, label = _columns(found)
        cells.append(f" {np.mean([f2(truths[group], polarity[group]) for group in groups]):.3f} ")
        cells.append(f" {np.mean([f3(truths[group], label[group]) for group in groups]):.3f} ")
    print(f"| **{name}** | {sum(group.sum() for group in groups)} |" + "|".join(cells) + "|")


def _calibration(name: str, truths: np.ndarray, found: list[Score | None]) -> None:
    judged = [(t, score) for t, score in zip(truths, found, strict=True) if score and score.label != "mixed"]
    right = np.array([_PLACES[score.label] == t for t, score in judged])
    error = calibration_error(right, np.array([score.confidence for _, score in judged]))
    print(
        f"\n{name}: {len(found) - sum(score is not None for score in found)} unscored,"
        f" {sum(score is not None and score.label == 'mixed' for score in found)} mixed,"
        f" expected calibration error {error:.3f}"
    )


def themes(rows: list[Row], engines: dict[str, Scorer]) -> None:
    """Print micro-F1 of themes, and how often the sign of their polarity is right."""
    print("\n### Themes, own test (micro-F1)\n")
    signs = {"-": -1, "0": 0, "+": 1}
    for name in ("ngram", "embedding"):
        if name not in engines:
            continue
        found = [dict(score.themes) if score else {} for score in engines[name]([row.text for row in rows])]
        said = np.array([[theme in one for theme in THEMES] for one in found])
        cells = []
        for tag in (*CORE, *OTHERS):
            chosen = np.array([row.lang == tag for row in rows])
            if chosen.any():
                cells.append(f"{tag} {micro(truth(rows)[chosen], said[chosen]):.2f}")
        pairs = [
            (one[t[:-1]], signs[t[-1]])
            for row, one in zip(rows, found, strict=True)
            for t in row.themes.split()
            if t[:-1] in one and t[-1] != "0"
        ]
        agree = np.mean([(polarity > 0) == (sign > 0) for polarity, sign in pairs])
        low, high = interval(micro, truth(rows), said)
        print(
            f"{name}: {micro(truth(rows), said):.3f} ({low:.2f}–{high:.2f}); {', '.join(cells)}; sign right {agree:.2f}"
        )


def readers(pairs: list[tuple[Row, Row]]) -> None:
    """Print how far two readers agree: more than that cannot be asked of an engine."""
    kinds = [*LABELS, "mixed"]
    first, other = (np.array([kinds.index(row.label) for row in rows]) for rows in zip(*pairs, strict=True))
    same = float((first == other).mean())
    chance = sum(float((first == kind).mean() * (other == kind).mean()) for kind in range(4))
    plain = first < 3
    labels, said = first[plain], np.where(other == 3, 1, other)[plain]
    themed = micro(truth([one for one, _ in pairs]), truth([one for _, one in pairs]))
    print(
        f"\n### Two readers, {len(pairs)} comments of the own test\n\nsame label {same:.3f}, Cohen's kappa"
        f" {(same - chance) / (1 - chance):.3f}; f2 {f2(labels, said - 1.0):.3f}, f3 {f3(labels, said):.3f};"
        f" themes micro-F1 {themed:.3f}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description="Measure the engines that read comments.")
    options.add_argument("--dev", type=Path, help="directory of further sets, <lang>.tsv with label, source, text")
    options.add_argument("--engine", action="append", help="only these engines", dest="engines")
    options.add_argument("--most", type=int, default=0, help="at most so many rows a language of DIR")
    given = options.parse_args()
    engines = scorers(given.engines or ("ngram", "embedding"))
    held = [row for row in comments() if row.held]
    compare("Own test: survey comments that were never trained on", held, engines)
    themes(held, engines)
    readers(second())
    if given.dev:
        rows = dev(given.dev)
        if given.most:
            rows = [row for tag in (*CORE, *OTHERS) for row in [r for r in rows if r.lang == tag][: given.most]]
        compare("Sets for measuring only", rows, engines)


if __name__ == "__main__":
    main()
