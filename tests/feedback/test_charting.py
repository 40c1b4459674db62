"""Charts that do not lie: where the axis starts, what breaks a line, how wide a share is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.charting import Band, Reading, band_bar, distribution, trend

NPS: dict[int, Band] = {
    score: "detractor" if score <= 6 else "passive" if score <= 8 else "promoter" for score in range(11)
}


def month(value: float | None, *, margin: float = 8, n: int = 60, label: str = "May") -> Reading:
    if value is None:
        return Reading(label, None, None, None, 0)
    return Reading(label, value, value - margin, value + margin, n)


def test_an_nps_axis_runs_the_whole_scale_unless_a_zoom_is_asked_for() -> None:
    axis = trend([month(40), month(44)], unit="nps").axis
    assert (axis.low, axis.high, axis.zoomed) == (-100, 100, False)
    assert [tick.value for tick in axis.ticks] == [-100, -50, 0, 50, 100]


def test_a_percentage_axis_starts_at_nought() -> None:
    assert [tick.value for tick in trend([month(70)], unit="percent").axis.ticks] == [0, 25, 50, 75, 100]


def test_a_zoom_says_that_it_is_one_and_still_holds_every_interval() -> None:
    axis = trend([month(40), month(47)], unit="nps", zoom=True).axis
    assert axis.zoomed
    assert axis.low <= 32
    assert axis.high >= 55


def test_a_zoom_that_would_gain_little_shows_the_whole_scale() -> None:
    axis = trend([month(-80), month(80)], unit="nps", zoom=True).axis
    assert (axis.low, axis.high, axis.zoomed) == (-100, 100, False)


def test_no_readings_still_have_an_axis() -> None:
    chart = trend([], unit="nps", zoom=True)
    assert (chart.points, chart.line, chart.band, chart.last) == ((), "", "", None)
    assert chart.axis.low == -100


def test_higher_scores_stand_higher() -> None:
    lower, higher = trend([month(10), month(50)], unit="nps").points
    assert lower.y is not None
    assert higher.y is not None
    assert higher.y < lower.y


def test_a_period_without_answers_breaks_the_line() -> None:
    chart = trend([month(10), month(12), month(None), month(20), month(22)], unit="nps")
    assert chart.line.count("M") == 2
    assert chart.points[2].y is None
    assert chart.points[2].bar_height == 0


def test_one_lonely_period_draws_no_band() -> None:
    assert trend([month(10)], unit="nps").band == ""


def test_an_interval_beyond_the_scale_stops_at_its_end() -> None:
    chart = trend([month(98, margin=9), month(99, margin=9)], unit="nps")
    assert chart.band.startswith("M250 0 L750 0")


def test_the_last_measured_period_carries_the_label() -> None:
    last = trend([month(10), month(12, label="June"), month(None)], unit="nps").last
    assert last is not None
    assert last.reading.label == "June"


def test_fewer_than_ten_answers_are_marked_as_too_few() -> None:
    nine, ten = trend([month(10, n=9), month(10, n=10)], unit="nps").points
    assert (nine.few, ten.few) == (True, False)


def test_the_tallest_bar_is_the_period_with_most_answers() -> None:
    small, large = trend([month(10, n=20), month(10, n=80)], unit="nps").points
    assert large.bar_height == 4 * small.bar_height


@pytest.mark.parametrize("number", [1, 4, 5, 12, 13, 31, 90, 365])
def test_labels_never_crowd_and_the_newest_is_always_named(number: int) -> None:
    points = trend([month(10)] * number, unit="nps").points
    shown = [point.label_shown for point in points]
    assert shown[-1] == "always"
    assert shown.count("always") <= 4
    assert shown.count("always") + shown.count("wide") <= 8


def test_a_year_of_days_has_no_dots() -> None:
    assert trend([month(10)] * 31, unit="nps").dotted
    assert not trend([month(10)] * 365, unit="nps").dotted


def test_a_distribution_has_a_column_for_every_score_even_unused_ones() -> None:
    chart = distribution({10: 5, 9: 5}, NPS)
    assert [column.score for column in chart.columns] == list(range(11))
    assert chart.columns[0].height == 0
    assert chart.columns[10].share == 50


def test_one_answer_among_thousands_is_still_visible() -> None:
    assert distribution({0: 1, 10: 10_000}, NPS).columns[0].height == 2


def test_an_empty_distribution_divides_by_nothing() -> None:
    chart = distribution({}, NPS)
    assert chart.total == 0
    assert chart.few
    assert all(column.share == 0 for column in chart.columns)


def test_an_empty_band_bar_has_no_parts() -> None:
    assert band_bar({}).segments == ()


@given(st.tuples(*[st.integers(min_value=0, max_value=10**6)] * 3))
def test_the_parts_of_a_band_bar_fill_it_in_order(counts: tuple[int, int, int]) -> None:
    bar = band_bar({"detractor": counts[0], "passive": counts[1], "promoter": counts[2]})
    if not bar.total:
        return
    end = bar.segments[-1].x + bar.segments[-1].width
    assert end == pytest.approx(100, abs=0.05)
    assert [part.x for part in bar.segments] == sorted(part.x for part in bar.segments)


@given(values=st.lists(st.one_of(st.none(), st.floats(min_value=-100, max_value=100)), max_size=40), zoom=st.booleans())
def test_every_point_lies_inside_the_plot(*, values: list[float | None], zoom: bool) -> None:
    chart = trend([month(value) for value in values], unit="nps", zoom=zoom)
    for point in chart.points:
        assert 0 <= point.x <= 100
        assert point.y is None or 0 <= point.y <= chart.height
