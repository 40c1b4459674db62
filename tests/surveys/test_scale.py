"""The three scales and their bands."""

import pytest

from surveys.scale import SCALES


@pytest.mark.parametrize(
    ("metric", "bands"),
    [("nps", "dddddddpp++"), ("csat", "ddp++"), ("ces", "dddp+++")],
)
def test_every_value_has_the_band_the_metric_defines(metric: str, bands: str) -> None:
    scale = SCALES[metric]
    letters = {"detractor": "d", "passive": "p", "promoter": "+"}
    assert "".join(letters[scale.band(value)] for value in scale.values) == bands


@pytest.mark.parametrize(("metric", "score"), [("nps", 11), ("nps", -1), ("csat", 0), ("ces", 8)])
def test_a_score_off_the_scale_has_no_band(metric: str, score: int) -> None:
    with pytest.raises(ValueError, match=metric):
        SCALES[metric].band(score)
