"""`python -m training.embedding --encoder FILE --kept FILE`: build model/embedding.npz of what `training.encoder` made.

What is left to find is how to weigh the sentence model and the table of the built-in engine, and from where on a theme
counts. That is found on comments which neither of the two has seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from feedback.sentiment.embedding import FILE, FORMAT, LONGEST, fitted, heads
from feedback.sentiment.table import load
from training.fitting import normal
from training.measuring import calibration_error, f2, f3, micro, truth
from training.rows import LABELS, Row, byte, comments, plain, watched
from training.sentiment import FOLDS, Surveys, write
from training.theming import limits_of

_TABLE_THEMES = 0.5
"""How much the table's opinion of a theme counts beside that of the vectors."""


def _shares(said: np.ndarray, table: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """By what to weigh vectors and table, so that the mix is most often right and says how often it is."""
    logs = np.log(table)

    def loss(a: float, b: float) -> float:
        mixed = a * said + b * logs
        mixed = mixed - mixed.max(axis=1, keepdims=True)
        return -float((mixed - np.log(np.exp(mixed).sum(axis=1, keepdims=True)))[np.arange(len(labels)), labels].mean())

    grid = [(a, b) for a in np.arange(0.2, 1.8, 0.05) for b in np.arange(0.0, 1.3, 0.05)]
    a, b = min(grid, key=lambda pair: loss(*pair))
    mixed = a * said + b * logs
    raised = np.exp(mixed - mixed.max(axis=1, keepdims=True))
    sure = raised / raised.sum(axis=1, keepdims=True)
    right = sure.argmax(axis=1) == labels
    print(f"    unseen: f2 {f2(labels, mixed[:, 2] - mixed[:, 0]):.3f}, f3 {f3(labels, mixed.argmax(axis=1)):.3f}")
    print(f"    calibration error {calibration_error(right, sure.max(axis=1)):.3f}; vectors {a:.2f}, table {b:.2f}")
    return {"vectors": round(float(a), 2), "table": round(float(b), 2), "bias": [0.0, 0.0, 0.0]}


def _by_table(rows: list[Row], seen: list[Row], first: Path) -> np.ndarray:
    """What a table that was not fitted to the third in which `seen` lie says of them."""
    out = np.array([row.source == "own" and byte(row, 1) % FOLDS == 0 for row in rows])
    with np.load(first) as file:
        surveys = Surveys(rows, [], rows[:1], (file["table"], file["bias"]))
    weights, bias = surveys.fitted(~out)
    places = {row: at for at, row in enumerate(rows)}
    logits = normal(surveys.counts[[places[row] for row in seen]]) @ weights + bias
    logits *= load().gate["warm_home"]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return found


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
