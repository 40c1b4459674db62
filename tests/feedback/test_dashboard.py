"""The numbers of a results page, beside a plain recount."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.db import db, transaction
from feedback import dashboard, jobs, metric, tally
from feedback.dashboard import Dashboard
from feedback.figure import Figures
from feedback.ranging import between, chosen
from feedback.tally import Filters
from feedback.zoning import Interval, days_between, local_date
from surveys.intent import Intent
from surveys.scale import SCALES
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.databases import cases
from tests.feedback.answers import many_answers

ZONE = "Europe/Ljubljana"
PERIOD = chosen({"period": "30d"}, AT, ZONE)

moments = st.datetimes(datetime(2026, 9, 10), datetime(2026, 11, 22), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
answers = st.fixed_dictionaries(
    {
        "score": st.integers(0, 10),
        "created_at": moments,
        "agent": st.sampled_from(["Vid", "Zala", None]),
        "comment": st.sampled_from([None, "so so"]),
        "locale": st.sampled_from(["sl", "sl-SI", "en"]),
        "language": st.sampled_from(["en", "und", None]),
        "sentiment_label": st.sampled_from(["negative", None]),
        "read_at": st.sampled_from([AT, None]),
        "flagged_at": st.sampled_from([None, None, AT]),
        "released_at": st.sampled_from([None, AT]),
    }
)


def counted(row, interval):
    return row["created_at"] in interval and (row["flagged_at"] is None or row["released_at"] is not None)


def spoken(row):
    known = row["language"] if row["comment"] else row["locale"]
    return None if known in (None, "und") else known.split("-")[0]


@settings(max_examples=cases(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(answers, max_size=60))
def test_every_number_equals_a_plain_recount(cast, rows):
    survey = a_survey(cast.workspace)
    many_answers(survey, rows)
    page = Dashboard.of(survey, PERIOD, "day")
    now = [row for row in rows if counted(row, PERIOD.interval)]
    before = [row for row in rows if counted(row, PERIOD.previous)]
    assert page.counts == Counter(row["score"] for row in now)
    assert page.score == metric.score("nps", Counter(row["score"] for row in now))
    assert page.before == metric.score("nps", Counter(row["score"] for row in before))
    assert page.change == metric.change(page.score, page.before)
    days = Counter(local_date(row["created_at"], ZONE) for row in now)
    assert {column.first_day: of.n for column, of in page.trend if of.n} == days
    assert {row.name: row.score.n for row in page.segments["agent"]} == Counter(row["agent"] for row in now)
    assert {row.name: row.score.n for row in page.segments["language"]} == Counter(map(spoken, now))
    said = [row for row in now if row["comment"]]
    kinds = Counter(row["sentiment_label"] or ("unscored" if row["read_at"] else "unread") for row in said)
    assert page.sentiments == kinds
    assert page.commented == len(said)
    assert page.set_aside == sum(row["flagged_at"] is not None and row["released_at"] is None for row in rows)


@pytest.mark.parametrize(("inside", "outside", "day"), [
    (("2026-10-24T22:00", "2026-10-25T22:59"), ("2026-10-24T21:59", "2026-10-25T23:00"), date(2026, 10, 25)),
    (("2026-03-28T23:00", "2026-03-29T21:59"), ("2026-03-28T22:59", "2026-03-29T22:00"), date(2026, 3, 29)),
])  # fmt: skip
def test_a_day_on_which_clocks_change_holds_its_25_or_23_hours(cast, inside, outside, day):
    survey = a_survey(cast.workspace)
    rows = [{"score": 9, "created_at": datetime.fromisoformat(f"{at}+00:00")} for at in (*inside, *outside)]
    many_answers(survey, rows)
    around = between(day - timedelta(days=1), day + timedelta(days=1), ZONE)
    page = Dashboard.of(survey, around, "day")
    assert [of.n for _, of in page.trend] == [1, 2, 1]
    assert Dashboard.of(survey, between(day, day, ZONE)).score.n == 2


def test_what_is_narrowed_narrows_all_but_the_comparison_itself(cast):
    survey = a_survey(cast.workspace)
    many_answers(survey, [{"score": 9, "agent": "Vid"}, {"score": 1, "agent": "Zala"}, {"score": 2, "agent": None}])
    page = Dashboard.of(survey, PERIOD, filters=Filters(agent="Zala"))
    assert page.counts == {1: 1}
    assert {row.name for row in page.segments["agent"]} == {"Vid", "Zala", None}
    assert sum(row.score.n for row in page.segments["team"]) == 1
    assert Dashboard.of(survey, PERIOD, filters=Filters(agent="")).counts == {2: 1}


def test_a_few_happy_answers_do_not_outrank_a_hundred(cast):
    survey = a_survey(cast.workspace)
    rows = [{"score": 10, "agent": "New"}] * 2 + [{"score": 10, "agent": "Steady"}] * 90
    many_answers(survey, rows + [{"score": 7, "agent": "Steady"}] * 10 + [{"score": 10, "agent": None}] * 50)
    assert [row.name for row in Dashboard.of(survey, PERIOD).segments["agent"]] == ["Steady", "New", None]


def test_days_with_few_answers_are_drawn_as_weeks_unless_days_are_asked_for(cast):
    survey = a_survey(cast.workspace)
    many_answers(survey, [{"score": 9, "created_at": AT - timedelta(days=day)} for day in range(30)])
    weeks = Dashboard.of(survey, PERIOD)
    assert (weeks.by, sum(of.n for _, of in weeks.trend), weeks.score.n) == ("week", 30, 30)
    assert Dashboard.of(survey, PERIOD, "day").by == "day"
    many_answers(survey, [{"score": 9}] * 900)
    assert Dashboard.of(survey, PERIOD).by == "day"


@pytest.mark.parametrize(("days", "newest"), [
    ([40] + [1] * 11, 11),  # the average day has more than most days, so that more days are looked at than were thought
    ([1] * 4 + [40], 1),
    ([1] * 12 + [40] + [0] * 5, 5),
    ([6, 6, 6], 2),
])  # fmt: skip
def test_the_newest_days_with_few_enough_answers_are_looked_at_by_row(cast, monkeypatch, days, newest):
    monkeypatch.setattr(dashboard, "MOST_ROWS", 12)
    survey = a_survey(cast.workspace)
    ages = [age for age, n in enumerate(reversed(days)) for _ in range(n)]
    many_answers(survey, [{"score": 9, "created_at": AT - timedelta(days=age)} for age in ages])
    first = PERIOD.last_day - timedelta(days=newest - 1)
    assert Dashboard.of(survey, PERIOD).recent == days_between(first, PERIOD.last_day + timedelta(days=1), ZONE)
    jobs.roll_up(AT)
    assert Dashboard.of(survey, PERIOD).recent == days_between(first, PERIOD.last_day + timedelta(days=1), ZONE)


def test_reach_follows_those_asked_in_the_period(cast):
    survey = a_survey(cast.workspace)
    answered = an_invitation(survey, email="a@customer.example")
    a_response(answered, 9, "good")
    scanned = an_invitation(survey, email="b@customer.example")
    a_response(scanned, 0, signs=("decoy",))
    clicked = an_invitation(survey, email="c@customer.example", agent="Zala")
    with transaction():
        Intent.keep([{"invitation_id": clicked.id, "at": AT, "kind": "open", "score": 3, "client": "x"}])
    an_invitation(survey, email="d@customer.example", sent=False)
    an_invitation(survey, email="e@customer.example", at=AT - timedelta(days=60))
    skipped = an_invitation(survey, email="f@customer.example", sent=False)
    with transaction():
        db.session.merge(skipped).skip("suppressed", at=AT)
    reach = Dashboard.of(survey, PERIOD).reach
    assert (reach.asked, reach.sent, reach.clicked, reach.answered, reach.commented) == (4, 3, 1, 1, 1)
    assert Dashboard.of(survey, PERIOD, filters=Filters(agent="Zala")).reach.asked == 1


def test_summaries_name_each_survey_that_has_answers(cast):
    nps, csat = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    a_survey(cast.workspace, "ces")
    many_answers(nps, [{"score": 10}, {"score": 0, "flagged_at": AT}])
    many_answers(csat, [{"score": 5}, {"score": 1}])
    many_answers(a_survey(cast.elsewhere), [{"score": 0}])
    found = dashboard.summaries(cast.workspace.id)
    assert {ident: (one.n, one.score, one.unit) for ident, one in found.items()} == {
        nps.id: (1, 100, "nps"),
        csat.id: (2, 50, "percent"),
    }


@pytest.mark.parametrize("key", SCALES)
def test_a_survey_without_answers_has_no_score_and_no_order(cast, key):
    page = Dashboard.of(a_survey(cast.workspace, key), PERIOD)
    assert (page.score.n, page.score.value, page.change.kind) == (0, None, "no_data")
    assert not any(page.segments.values())
    assert page.line.high == 100


def test_all_numbers_of_a_page_are_of_one_moment(app, cast):
    survey = a_survey(cast.workspace)
    many_answers(survey, [{"score": 9}, {"score": 2, "agent": "Zala"}])
    at_all, of_some = Interval(AT - timedelta(days=1), AT + timedelta(days=1)), Filters(agent="Zala", score=2)

    def somebody_answers():
        with app.app_context():
            many_answers(survey, [{"score": 2, "agent": "Zala"}])
            db.session.remove()

    with Figures.of(survey.id) as figures, ThreadPoolExecutor(1) as elsewhere:
        before = figures.counts(at_all)
        elsewhere.submit(somebody_answers).result()
        assert (before, figures.counts(at_all, of_some)) == ({2: 1, 9: 1}, {2: 1})
        assert tally.counts(survey.id, at_all) == {2: 1, 9: 1}
    db.session.rollback()
    with Figures.of(survey.id) as figures:
        assert figures.counts(at_all) == {2: 2, 9: 1}
