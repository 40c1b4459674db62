"""What the model knows of words that none of its comments has comes from their meaning."""

import numpy as np
import pytest

from feedback.sentiment.features import fold, rows_of, word_rows
from feedback.sentiment.table import FILE
from feedback.sentiment.themes import THEMES
from training.rows import DATA, comments

NEW = {
    "price": ["impuesto", "impot", "financially", "subsidie", "финансирования"],
    "delivery": ["schepen", "bateau"],
}
"""Words of five languages, folded, that nobody wrote whose comments are trained on."""


@pytest.fixture(scope="module")
def words():
    with np.load(DATA / "words.npz") as file:
        return bytes(file["words"]).decode().split("\n"), file["vectors"]


@pytest.fixture(scope="module")
def taught():
    """Which rows of the table the comments hit: what they have taught directly."""
    hit = np.zeros(1 << 20, dtype=bool)
    hit[rows_of(fold([row.text for row in comments() if not row.held]))[0]] = True
    return hit


def _weights():
    with np.load(FILE) as file:
        return dict(zip(file["theme_rows"].tolist(), file["theme_weights"], strict=True))


def test_every_word_is_folded_and_has_a_vector_of_the_same_length(words):
    names, vectors = words
    assert len(set(names)) == len(names) == len(vectors)
    assert fold(names) == names
    lengths = np.linalg.norm(vectors.astype(float), axis=1) / 256
    assert lengths.min() > 0.8  # the largest numbers are cut
    assert lengths.max() < 1.05


@pytest.mark.parametrize("theme", NEW)
def test_a_word_that_no_comment_has_speaks_of_its_theme(taught, theme):
    rows, weights = word_rows(NEW[theme]), _weights()
    assert not taught[rows].any()
    assert [THEMES[weights[row].argmax()] for row in rows.tolist()] == [theme] * len(rows)
