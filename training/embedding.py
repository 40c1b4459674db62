"""`python -m training.embedding --encoder FILE --kept FILE`: build model/embedding.npz of what `training.encoder` made.

What is left to find is how to weigh the sentence model and the table of the built-in engine, and from where on a theme
counts. That is found on comments which neither of the two has seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from feedback.sentiment.embedding import FILE, FORMAT, LONGEST, Vectors, fitted, heads, loudness
from feedback.sentiment.ngram import Sums
from feedback.sentiment.table import load
from training.fitting import normal
from training.measuring import calibration_error, f2, f3, micro, softmax, truth
from training.rows import ASIDE, LABELS, Row, byte, comments, plain, tier_a, watched
from training.sentiment import FOLDS, Surveys, write
from training.theming import limits_of

_TABLE_THEMES = 0.5
"""How much the table's opinion of a theme counts beside that of the vectors."""
_OF_ELSEWHERE = 150
"""Texts of each language that tell how sure to be of texts that are no survey comments."""


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return -float(np.log(softmax(logits)[np.arange(len(labels)), labels]).mean())


def _told(name: str, logits: np.ndarray, labels: np.ndarray) -> None:
    sure = softmax(logits)
    error = calibration_error(sure.argmax(axis=1) == labels, sure.max(axis=1))
    two, three = f2(labels, logits[:, 2] - logits[:, 0]), f3(labels, logits.argmax(axis=1))
    print(f"    {name}, unseen: f2 {two:.3f}, f3 {three:.3f}, calibration error {error:.3f}")


def _shares(said: np.ndarray, table: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """By what to weigh vectors and table, so that the mix is most often right and says how often it is."""
    logs = np.log(table)
    grid = [(a, b) for a in np.arange(0.2, 1.8, 0.05) for b in np.arange(0.0, 1.3, 0.05)]
    a, b = min(grid, key=lambda pair: _loss(pair[0] * said + pair[1] * logs, labels))
    print(f"    vectors {a:.2f}, table {b:.2f}")
    _told("survey comments", a * said + b * logs, labels)
    return {"vectors": round(float(a), 2), "table": round(float(b), 2)}


def _by_table(rows: list[Row], seen: list[Row], first: Path) -> np.ndarray:
    """What a table that was not fitted to the third in which `seen` lie says of them."""
    out = np.array([row.source == "own" and byte(row, 1) % FOLDS == 0 for row in rows])
    with np.load(first) as file:
        surveys = Surveys(rows, [], rows[:1], (file["table"], file["bias"]))
    weights, bias = surveys.fitted(~out)
    places = {row: at for at, row in enumerate(rows)}
    logits = normal(surveys.counts[[places[row] for row in seen]]) @ weights + bias
    logits *= load().gate["warm_home"]
    return softmax(logits)


def _abroad(model: Vectors, arrays: dict[str, np.ndarray], share: dict[str, float]) -> float:
    """By what to multiply logits of texts that read like no survey comment, so that they say how often they are right;
    found on some of each language that neither the sentence model nor the table was fitted to.
    """
    places: dict[str, list[Row]] = {}
    for row in sorted(tier_a(), key=lambda row: (byte(row, 2), row.text)):
        if byte(row, 0) < ASIDE:
            places.setdefault(row.lang, []).append(row)
    rows = [row for place in sorted(places) for row in places[place][:_OF_ELSEWHERE]]
    texts, table = [row.text for row in rows], load()
    said, _ = heads(np.asarray(model.query([text[:LONGEST] for text in texts]), dtype=np.float64), arrays)
    sums, labels = Sums(table, texts), np.array([LABELS.index(row.label) for row in rows])
    mixed = share["vectors"] * said + share["table"] * np.log(sums.wholes)

    def logits(factor: float) -> np.ndarray:
        return mixed * loudness(sums.likeness, table.gate, factor)[:, None]

    factor = float(min(np.geomspace(0.1, 1.5, 60), key=lambda factor: _loss(logits(factor), labels)))
    print(f"    {factor:.2f} times as loud where texts read like no survey comment")
    _told("texts from elsewhere", logits(factor), labels)
    return round(factor, 3)


def build(encoder: Path, first: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """The numbers and arrays of the file."""
    own = [row for row in comments() if not row.held]
    with np.load(encoder) as file:
        arrays = {name: file[name] for name in file.files}
    model = fitted(arrays)
    unseen = [row for row in own if watched(row)]
    vectors = np.asarray(model.query([row.text[:LONGEST] for row in unseen]), dtype=np.float64)
    said, themes = heads(vectors, arrays)
    yes = truth(unseen)
    limits = limits_of(themes, yes)
    print(f"    themes by vectors, unseen: micro-F1 {micro(yes, themes >= limits):.3f}")
    told = np.array([row.label in LABELS for row in unseen])
    seen = [row for row in unseen if row.label in LABELS]
    rows = [row for row in own if row.label in LABELS] + plain()
    share = _shares(said[told], _by_table(rows, seen, first), np.array([LABELS.index(row.label) for row in seen]))
    share["abroad"] = _abroad(model, arrays, share)
    meta = {"format": FORMAT, "share": share, "themes": {"table": _TABLE_THEMES, "limits": limits.tolist()}}
    return meta, arrays


def main() -> None:
    options = argparse.ArgumentParser(description="Build the file of the sentence model.")
    options.add_argument("--encoder", type=Path, required=True, help="made by training.encoder")
    options.add_argument("--kept", type=Path, required=True, help="the first table, kept by training.sentiment")
    given = options.parse_args()
    meta, arrays = build(given.encoder, given.kept)
    write(json.loads(json.dumps(meta)), arrays, FILE)


if __name__ == "__main__":
    main()
