"""`python -m training.sentiment`: build feedback/sentiment/model/ngram.npz from the data of this directory.

1. A table from the texts from elsewhere (nine tenths of them).
2. A table from the survey comments, which starts from what the first one says and learns when to believe it.
3. A column that says how much a text is like a survey comment, by which the two are blended; calibrated on rows that
   the fits have not seen; all as whole numbers.
4. The same for themes.

Seeds and threads (in `__init__.py`) are fixed: the same data make the same file, byte for byte, on the same machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from feedback.sentiment.blending import COLUMNS, blended
from feedback.sentiment.features import BITS
from feedback.sentiment.ngram import Sums, mixed
from feedback.sentiment.table import FILE, FORMAT, Table
from training import theming
from training.fitting import balanced, fit, matrix, normal, telling, whole_numbers
from training.measuring import f1, f2, f3, softmax
from training.rows import ASIDE, LABELS, Row, byte, comments, faces, plain, tier_a

ELSEWHERE = {"strength": 0.3, "subtitles": 0.5}
SURVEYS = {"strength": 20.0, "prior": 0.3, "plain": 3.0}
GATE = {"slope": 1.5, "shift": 0.5, "home_abroad": 0.1, "abroad_home": 0.1, "abroad": 1.0}
"""Chosen on texts that no fit had seen, of elsewhere and of the kept tenth, which loses nothing by it; that there is a
gate followed low English figures on sets for measuring.
"""
FOLDS = 3


def one_hot(rows: list[Row]) -> np.ndarray:
    return np.eye(3)[[LABELS.index(row.label) for row in rows]]


def elsewhere(rows: list[Row], kept: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Step 1: a table of 2^20 × 3 and its bias."""
    if kept and kept.exists():
        with np.load(kept) as file:
            return file["table"], file["bias"]
    counts = matrix([row.text for row in rows])
    seen = np.asarray((counts > 0).sum(axis=0)).ravel()
    used = np.flatnonzero(seen >= 4)
    rare = (np.log((1 + len(rows)) / (1 + seen[used])) + 1).astype(np.float32)
    labels = np.array([LABELS.index(row.label) for row in rows])
    lang = np.array([row.lang for row in rows])
    weights = np.where([row.source == "xed" for row in rows], ELSEWHERE["subtitles"], 1.0)
    weights = balanced([lang == tag for tag in np.unique(lang)], labels, weights)
    features = (normal(counts)[:, used] @ sparse.diags(rare)).tocsr()
    found, bias = fit(features, one_hot(rows), weights, strength=ELSEWHERE["strength"])
    table = np.zeros((1 << BITS, 3))
    table[used] = found * rare[:, None]
    if kept:
        np.savez(kept, table=table, bias=bias)
    return table, bias


class Surveys:
    """Steps 2 and 3: what is learnt from survey comments, given what the first table says; and what tells them apart
    from `others`, texts from elsewhere that nothing here was fitted to.
    """

    def __init__(
        self, rows: list[Row], others: list[Row], far: list[Row], prior: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self.rows = [*rows, *others]
        self.own = np.arange(len(self.rows)) < len(rows)
        self.counts = matrix([row.text for row in self.rows])
        self.far = matrix([row.text for row in far])
        self.prior = prior[0] - prior[0].mean(axis=1, keepdims=True), prior[1] - prior[1].mean()
        self.targets = one_hot(self.rows)
        lang = np.array([row.lang for row in self.rows])
        weights = np.where([row.source == "plain" for row in self.rows], SURVEYS["plain"], 1.0)
        groups = [(lang == tag) & self.own for tag in np.unique(lang[self.own])]
        self.weights = balanced(groups, self.targets.argmax(axis=1), weights)
        self.fold = np.array([byte(row, 1) % FOLDS for row in self.rows])

    def fitted(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One table of 2^20 × 3 from the chosen survey comments, with the first table in it."""
        counts, targets = self.counts[chosen & self.own], self.targets[chosen & self.own]
        used = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel())
        labels = targets.argmax(axis=1)
        apart = [telling(counts[:, used], labels == kind) for kind in range(3)]
        weight = np.sqrt(np.mean(np.square(apart), axis=0)).astype(np.float32)
        inner = normal(counts)[:, used] @ sparse.diags(weight)
        believed = ((normal(counts) @ self.prior[0] + self.prior[1]) * SURVEYS["prior"]).astype(np.float32)
        features = sparse.hstack([inner, believed]).tocsr()
        found, bias = fit(features, targets, self.weights[chosen & self.own], strength=SURVEYS["strength"])
        table = self.prior[0] @ found[-3:] * SURVEYS["prior"]
        table[used] += found[:-3] * weight[:, None]
        return table, bias + self.prior[1] @ found[-3:] * SURVEYS["prior"]

    def likeness(self, chosen: np.ndarray) -> tuple[np.ndarray, float]:
        """One column that tells the chosen survey comments from texts from elsewhere, and its bias."""
        near = normal(self.counts[chosen & self.own])
        both = sparse.vstack([near, normal(self.far)]).tocsr()
        used = np.flatnonzero(np.asarray((both > 0).sum(axis=0)).ravel() >= 3)
        which = np.arange(both.shape[0]) < near.shape[0]
        model = LogisticRegression(C=3, solver="liblinear", class_weight="balanced", random_state=0, tol=1e-2)
        model.fit(both[:, used], which)
        column = np.zeros(1 << BITS)
        column[used] = model.coef_[0]
        return column, float(model.intercept_[0])

    def columns(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All columns of the table, and their bias."""
        (own, bias), (column, shift) = self.fitted(chosen), self.likeness(chosen)
        sides = [own[:, 0] - own[:, 1], own[:, 2] - own[:, 1]]
        first, second = self.prior
        sides += [first[:, 0] - first[:, 1], first[:, 2] - first[:, 1], column]
        biases = [bias[0] - bias[1], bias[2] - bias[1], second[0] - second[1], second[2] - second[1], shift]
        return np.stack(sides, axis=1), np.array(biases)

    def unseen(self) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """The columns' sums of each row by a table that has not seen it; and the table that has not seen fold 0."""
        found, tables = np.zeros((len(self.rows), COLUMNS)), []
        for fold in range(FOLDS):
            table, bias = self.columns(self.fold != fold)
            out = self.fold == fold
            found[out] = normal(self.counts[out]) @ table + bias
            tables.append((table, bias))
        return found, tables[0]


def calibrated(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    """By what to multiply logits so that probabilities fit best what is true."""

    def loss(slope: float) -> float:
        return -float((weights * np.log((softmax(logits * slope) * targets).sum(axis=1))).sum())

    return float(min(np.geomspace(0.2, 3, 60), key=loss))


def confidence(probabilities: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> dict[str, list[float]]:
    """How often a label proves right, by the probability it was given: rising, at knots."""
    given, right = probabilities.max(axis=1), targets[np.arange(len(targets)), probabilities.argmax(axis=1)]
    edges = np.quantile(given, np.linspace(0, 1, 13))
    at, share = [], []
    for low, high in pairwise(edges):
        inside = (given >= low) & (given <= high)
        at.append(float(np.average(given[inside], weights=weights[inside])))
        share.append(float(np.average(right[inside], weights=weights[inside])))
    return {"at": np.round(at, 4).tolist(), "right": np.round(np.maximum.accumulate(share), 4).tolist()}


def sides(table: Table, rows: list[Row]) -> dict[str, float]:
    """From which strength of a good and a bad part on a comment is called mixed: the most of those that are, where
    the three other labels lose next to nothing by it.
    """
    sums = Sums(table, [row.text for row in rows])
    labels = [*LABELS, "mixed"]
    true = np.array([labels.index(row.label) for row in rows])
    plain = true < 3
    least = f3(true[plain], sums.wholes.argmax(axis=1)[plain]) - 0.004
    fair = [{"side": 0.9, "whole": 0.1}]
    for side, whole in product((0.3, 0.4, 0.5, 0.6, 0.7, 0.8), (0.1, 0.2, 0.3, 0.4, 0.5)):
        called = _called(sums, {"side": side, "whole": whole})
        if f3(true[plain], np.where(called == 3, 1, called)[plain]) >= least:
            fair.append({"side": side, "whole": whole})
    found = max(fair, key=lambda bounds: f1(true, _called(sums, bounds), (3,)))
    called = _called(sums, found) == 3
    right = float((true[called] == 3).mean()) if called.any() else 0.5
    print(f"    mixed: {called.sum()} called, {(true == 3).sum()} there, {right:.2f} right, {found}")
    return found | {"right": round(right, 2)}


def _called(sums: Sums, bounds: dict[str, float]) -> np.ndarray:
    return np.where(mixed(sums, bounds), 3, sums.wholes.argmax(axis=1))


def _told(name: str, surveys: Surveys, logits: np.ndarray, chosen: np.ndarray) -> None:
    true, said = surveys.targets[chosen].argmax(axis=1), softmax(logits[chosen])
    print(f"    {name}, unseen: f2 {f2(true, said[:, 2] - said[:, 0]):.3f}, f3 {f3(true, said.argmax(axis=1)):.3f}")


def build(kept: Path | None) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Everything that the model file holds."""
    own = [row for row in comments() if not row.held]
    labelled = [row for row in own if row.label in LABELS] + faces() + plain()
    others = tier_a()
    print(f"{len(own)} survey comments, {len(others)} texts from elsewhere")
    aside = [row for row in others if byte(row, 0) < ASIDE]
    rest = [row for row in others if byte(row, 0) >= ASIDE]
    prior = elsewhere(rest, kept)
    surveys = Surveys(labelled, aside, [row for row in rest if byte(row, 4) < 40], prior)
    unseen, first = surveys.unseen()
    written = np.array([row.source == "own" and row.lang != "face" for row in surveys.rows])
    gate = warmed(surveys, unseen, written)
    logits = blended(unseen, unseen[:, -1], gate)
    _told("survey comments", surveys, logits, written)
    _told("texts from elsewhere", surveys, logits, ~surveys.own)
    half = np.where(surveys.own, 1 / surveys.own.sum(), 1 / (~surveys.own).sum())
    theme_meta, beside, theme_arrays = theming.build(own)
    known = confidence(softmax(logits), surveys.targets, half)
    meta: dict[str, object] = {
        "format": FORMAT,
        "version": "",
        "confidence": known,
        "mixed": {},
        "gate": gate,
        "beside": beside,
    }
    numbers, scaled = _whole(*first)
    trial = Table(meta | {"sentiment": scaled, "themes": theme_meta}, {"sentiment": numbers, **theme_arrays})
    bounds = sides(trial, [row for row in own if byte(row, 1) % FOLDS == 0])
    numbers, scaled = _whole(*surveys.columns(np.ones(len(surveys.rows), dtype=bool)))
    meta |= {"sentiment": scaled, "themes": theme_meta, "mixed": bounds}
    return meta, {"sentiment": numbers, **theme_arrays}


def warmed(surveys: Surveys, unseen: np.ndarray, written: np.ndarray) -> dict[str, float]:
    """The gate, with how strongly each side speaks, so that its probabilities are true on its own texts."""
    gate: dict[str, float] = {**GATE, "warm_home": 1.0, "warm_abroad": 1.0}
    logits = blended(unseen, unseen[:, -1], gate)
    home = calibrated(logits[written], surveys.targets[written], np.ones(written.sum()))
    abroad = calibrated(logits[~surveys.own], surveys.targets[~surveys.own], np.ones((~surveys.own).sum()))
    return {**gate, "warm_home": round(home, 4), "warm_abroad": round(abroad, 4)}


def _whole(table: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, dict[str, list[float]]]:
    """The columns as whole numbers, each of the three kinds with a unit of its own."""
    parts = [whole_numbers(table[:, part]) for part in (slice(0, 2), slice(2, 4), slice(4, 5))]
    numbers = np.concatenate([found for found, _ in parts], axis=1)
    scale = [unit for (_, unit), many in zip(parts, (2, 2, 1), strict=True) for _ in range(many)]
    return numbers, {"scale": scale, "bias": bias.tolist()}


def write(meta: dict[str, object], arrays: dict[str, np.ndarray], path: Path) -> None:
    """The version is the month's and the content's, so that it changes whenever a score may."""
    told = json.dumps(meta, sort_keys=True).encode()
    digest = hashlib.sha256(told + b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()
    meta = {**meta, "version": f"1.{digest[:8]}"}
    text = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, meta=text, **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, version {meta['version']}")


def main() -> None:
    options = argparse.ArgumentParser(description="Build the model that reads comments.")
    options.add_argument("--kept", type=Path, help="keep the first table in this file, or use it when it is there")
    options.add_argument("--into", type=Path, default=FILE)
    given = options.parse_args()
    began = time.monotonic()
    write(*build(given.kept), given.into)
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
