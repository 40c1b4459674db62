"""Counting and listing responses."""

from contextlib import suppress
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.db import db, new_id, transaction
from base.errors import InvalidError, NotFoundError
from feedback import feed, tally
from feedback.response import Response
from feedback.tally import Filters
from feedback.zoning import Interval
from tests.cast import AT, a_survey, an_invitation

DAY = Interval(AT, AT + timedelta(days=1))


def answered(survey, score, **facts):
    """A response as the answering page keeps it, at a moment of the test's choice."""
    at, email = facts.pop("at", AT), facts.pop("email", f"{new_id().hex}@customer.example")
    invitation = an_invitation(survey, email=email)
    values = {"agent": "Vid", "team": "North", "channel": "email", "comment": None, "locale": "en"} | facts
    with transaction() as session:
        response = Response(
            id=new_id(),
            workspace_id=survey.workspace_id,
            survey_id=survey.id,
            version_id=invitation.version_id,
            invitation_id=invitation.id,
            contact_id=invitation.contact_id,
            submission_key=str(invitation.id),
            metric=survey.metric,
            score=score,
            properties={},
            revision=1,
            created_at=at,
            updated_at=at,
            **values,
        )
        session.add(response)
    return response


def test_each_score_is_counted_inside_the_interval_only(cast):
    survey = a_survey(cast.workspace)
    for score in (0, 9, 9):
        answered(survey, score)
    answered(survey, 10, at=DAY.end)
    answered(a_survey(cast.workspace, "csat"), 5)
    assert tally.counts(survey.id, DAY) == {0: 1, 9: 2}


def test_what_is_flagged_waits_until_staff_release_it(cast):
    survey = a_survey(cast.workspace)
    answered(survey, 3, flagged_at=AT, flag_reason="decoy")
    answered(survey, 4, flagged_at=AT, released_at=AT)
    assert tally.counts(survey.id, DAY) == {4: 1}


@pytest.mark.parametrize(("metric", "band", "scores"), [
    ("nps", "detractor", {0, 6}), ("nps", "passive", {7, 8}), ("nps", "promoter", {9, 10}),
    ("csat", "detractor", {1, 2}), ("csat", "passive", {3}), ("csat", "promoter", {4, 5}),
    ("ces", "detractor", {1, 3}), ("ces", "passive", {4}), ("ces", "promoter", {5, 7}),
])  # fmt: skip
def test_a_band_means_the_scores_of_the_metric(cast, metric, band, scores):
    survey = a_survey(cast.workspace, metric)
    for score in {"nps": (0, 6, 7, 8, 9, 10), "csat": (1, 2, 3, 4, 5), "ces": (1, 3, 4, 5, 7)}[metric]:
        answered(survey, score)
    assert set(tally.counts(survey.id, DAY, Filters(band=band))) == scores


def test_filters_narrow_together(cast):
    survey = a_survey(cast.workspace)
    answered(survey, 1, agent="Vid", team="North", channel="chat", comment="slabo", language="sl")
    answered(survey, 2, agent="Vid", comment="bad", language="en", sentiment_label="negative")
    answered(survey, 3, agent="Zala", locale="sl-SI")
    assert tally.counts(survey.id, DAY, Filters(agent="Vid")) == {1: 1, 2: 1}
    assert tally.counts(survey.id, DAY, Filters(agent="Vid", channel="chat", team="North")) == {1: 1}
    assert tally.counts(survey.id, DAY, Filters(language="sl")) == {1: 1, 3: 1}
    assert tally.counts(survey.id, DAY, Filters(sentiment="negative")) == {2: 1}
    assert tally.counts(survey.id, DAY, Filters(sentiment="unscored")) == {1: 1}
    assert tally.counts(survey.id, DAY, Filters(version=2)) == {}
    assert tally.counts_by("agent", survey.id, DAY) == {"Vid": {1: 1, 2: 1}, "Zala": {3: 1}}
    assert tally.counts_by("language", survey.id, DAY) == {"sl": {1: 1}, "en": {2: 1}, "sl-SI": {3: 1}}


def test_pages_of_a_list_hold_each_response_once_even_at_one_moment(cast):
    survey = a_survey(cast.workspace)
    made = {answered(survey, score % 11, at=AT + timedelta(microseconds=score // 3)).id for score in range(10)}
    query, seen, place = feed.Query(workspace_id=cast.workspace.id), [], None
    while True:
        found, place = feed.page(query, limit=3, after=place)
        seen += [(entry.response.created_at, entry.response.id) for entry in found]
        if place is None:
            break
        place = feed.Place.read(str(place))
    assert {ident for _, ident in seen} == made
    assert seen == sorted(seen, reverse=True)


def test_lists_show_what_was_asked_for_and_nothing_of_others(cast):
    survey = a_survey(cast.workspace)
    hers = answered(survey, 2, email="Mara@customer.example", comment="slow", flagged_at=AT)
    answered(survey, 9)
    answered(a_survey(cast.elsewhere), 1, email="mara@customer.example")

    def listed(**wanted):
        return {e.response.score for e in feed.page(feed.Query(workspace_id=cast.workspace.id, **wanted), limit=9)[0]}

    assert listed() == {2, 9}
    assert listed(email="mara@CUSTOMER.example") == listed(flagged=True) == listed(commented=True) == {2}
    assert listed(flagged=False) == {9}
    assert listed(since=DAY.end) == listed(until=DAY.start) == set()
    entry = feed.entry(cast.workspace.id, hers.id)
    assert (entry.contact.email, entry.version) == ("Mara@customer.example", 1)
    with pytest.raises(NotFoundError):
        feed.entry(cast.elsewhere.id, hers.id)
    assert [e.response.id for e in feed.entries_of([new_id(), hers.id])] == [hers.id]
    db.session.rollback()


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year >= 1970), st.uuids())
def test_a_cursor_leads_back_to_its_place(at, ident):
    place = feed.Place(at, ident)
    assert feed.Place.read(str(place)) == place


@given(st.text() | st.text("abcXYZ019_-", min_size=20, max_size=60))
def test_a_cursor_of_strangers_never_crashes(text):
    with suppress(InvalidError):
        assert feed.Place.read(text).at.tzinfo is UTC
