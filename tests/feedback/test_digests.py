"""Who is due a digest is sent one: once a day whatever happens, with everybody who was unhappy, each once."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update

from base import courier
from base.db import db, new_id, transaction
from base.errors import ConflictError, NotFoundError
from base.outbox import Mail
from feedback import jobs, schedule
from feedback.digest import RECIPIENT, Digest, Order
from feedback.digesting import Cadence
from feedback.issue import Issue, IssueMember
from feedback.response import Response
from feedback.zoning import instant
from tests.cast import a_survey, an_invitation

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EIGHT = Cadence("daily", 8, 0, None, None, "Europe/Ljubljana")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def an_order(cadence=EIGHT, **changes):
    wish = {"recipient_email": "Cvetka@acme.example", "recipient_name": "Cvetka", "locale": "en", "cadence": cadence}
    return Order(**(wish | changes))


def ordered(workspace, *, at=FRIDAY, **changes):
    with transaction():
        return Digest.order(workspace.id, an_order(**changes), at=at)


def answered(survey, score, *, at=FRIDAY, **facts):
    """A response as the answering page keeps it, at a moment of the test's choice."""
    invitation = an_invitation(survey, email=facts.pop("email", f"{new_id().hex}@customer.example"))
    values = {"agent": "Vid", "team": "North", "channel": "email", "comment": None, "locale": "en"} | facts
    kept = {name: getattr(invitation, name) for name in ("version_id", "contact_id")}
    with transaction() as session:
        response = Response(
            **kept,
            **values,
            id=new_id(),
            workspace_id=survey.workspace_id,
            survey_id=survey.id,
            invitation_id=invitation.id,
            submission_key=str(invitation.id),
            metric=survey.metric,
            score=score,
            properties={},
            revision=1,
            created_at=at,
            updated_at=at,
        )
        session.add(response)
    return response.id


def change(response_id, **values):
    with transaction() as session:
        session.execute(update(Response).where(Response.id == response_id).values(**values))


@pytest.fixture
def tick(app, run_jobs):
    """`tick(moment)`: the service lives through one tick at that moment, and does what follows."""

    def live(at):
        with time_machine.travel(at, tick=False):
            schedule.tick(at)
            run_jobs()

    return live


def issues():
    db.session.rollback()
    return list(db.session.scalars(select(Issue).order_by(Issue.local_date)))


def mails():
    return list(db.session.scalars(select(Mail).where(Mail.kind == "digest").order_by(Mail.created_at)))


def told():
    """How often each response is in an issue."""
    return Counter(db.session.scalars(select(IssueMember.response_id)))


def test_an_issue_comes_at_the_hour_and_not_before(cast, tick):
    survey = a_survey(cast.workspace)
    unhappy = answered(survey, 2, comment="Nobody called back.")
    digest = ordered(cast.workspace)
    assert digest.next_due_at == datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    tick(datetime(2026, 11, 21, 6, 59, tzinfo=UTC))
    assert issues() == []
    tick(datetime(2026, 11, 21, 7, 0, 10, tzinfo=UTC))
    [issue], [mail] = issues(), mails()
    assert (issue.local_date, issue.state, issue.detractors) == (date(2026, 11, 21), "posted", 1)
    assert (issue.mail_id, mail.state, mail.to_address) == (mail.id, "sent", "cvetka@acme.example")
    assert told() == {unhappy: 1}
    assert db.session.get(Digest, digest.id).next_due_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def test_ticks_repeat_and_the_issue_does_not(cast, tick):
    answered(a_survey(cast.workspace), 2)
    ordered(cast.workspace)
    for seconds in range(0, 200, 20):
        tick(datetime(2026, 11, 21, 7, 0, tzinfo=UTC) + timedelta(seconds=seconds))
    assert len(issues()) == len(mails()) == 1


def test_of_several_schedulers_one_takes_the_issue(app, cast, run_jobs):
    answered(a_survey(cast.workspace), 2)
    digest = ordered(cast.workspace)
    at, results, start = datetime(2026, 11, 21, 7, 0, tzinfo=UTC), [], threading.Barrier(6)

    def scheduler():
        with app.app_context():
            start.wait()
            results.append(jobs.claim_digest(digest.id, at))

    threads = [threading.Thread(target=scheduler) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_jobs()
    assert len([result for result in results if result]) == 1
    assert len(results) == 6
    assert len(issues()) == len(mails()) == 1


def test_killed_between_taking_and_writing_the_mail_is_still_written_once(cast, tick, run_jobs, monkeypatch):
    answered(a_survey(cast.workspace), 2)
    digest = ordered(cast.workspace)
    at = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    with monkeypatch.context() as lost:
        lost.setattr("base.events._reactions", {})  # the queue forgot
        jobs.claim_digest(digest.id, at)
    assert [issue.state for issue in issues()] == ["claimed"]
    tick(at + timedelta(minutes=5))
    assert mails() == []
    for minutes in (11, 12, 13):
        tick(at + timedelta(minutes=minutes))
    assert [issue.state for issue in issues()] == ["posted"]
    assert len(mails()) == 1


def test_killed_while_writing_the_mail_leaves_nothing_and_is_repeated(cast, run_jobs, monkeypatch):
    answered(a_survey(cast.workspace), 2)
    digest = ordered(cast.workspace)
    issue_id = jobs.claim_digest(digest.id, datetime(2026, 11, 21, 7, 0, tzinfo=UTC))

    def power_cut(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Issue, "posted", power_cut)
        with pytest.raises(KeyboardInterrupt):
            jobs.compose_issue(issue_id)
    assert mails() == []
    for _ in range(3):
        jobs.compose_issue(issue_id)
    assert len(mails()) == 1
    assert issues()[0].state == "posted"


CHANGES = [date(2026, 3, 27), date(2026, 4, 3), date(2026, 10, 2), date(2026, 10, 30)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"])
@pytest.mark.parametrize("start", CHANGES, ids=str)
def test_days_on_which_clocks_change_have_one_issue_each(cast, zone, start):
    noon = instant(start, time(12), zone)
    hours = [time(0, 0), time(2, 30), time(8, 0)]
    for at in hours:
        daily = Cadence("daily", at.hour, at.minute, None, None, zone)
        ordered(cast.workspace, at=noon, cadence=daily, recipient_email=f"{at:%H%M}@acme.example")
    for number in range(3 * 24):
        jobs.claim_due_digests(noon + number * HOUR)
    expected = [start + number * DAY for number in (1, 2, 3)]
    assert [issue.local_date for issue in issues()] == sorted(expected * len(hours))


def test_clocks_that_step_send_nothing_twice_and_lose_nothing(cast, tick):
    survey = a_survey(cast.workspace)
    ordered(cast.workspace)
    first = answered(survey, 1)
    at = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    for moment in (at, at - HOUR, at, at + DAY, at + timedelta(minutes=1), at - HOUR):
        tick(moment)
    later = answered(survey, 2, at=at + HOUR)
    for moment in (at + DAY, at + DAY, at + 2 * DAY, at + 3 * DAY):
        tick(moment)
    days = [issue.local_date for issue in issues()]
    assert len(set(days)) == len(days)
    assert told() == {first: 1, later: 1}


def test_a_day_without_service_is_made_up_for_once(cast, tick):
    survey = a_survey(cast.workspace)
    lost = answered(survey, 3)
    ordered(cast.workspace)
    tick(datetime(2026, 11, 22, 8, 59, tzinfo=UTC))  # 26 hours after the issue of Saturday was due
    [issue] = issues()
    assert (issue.catches_up_from, issue.local_date) == (date(2026, 11, 21), date(2026, 11, 22))
    assert told() == {lost: 1}
    tick(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))
    assert [issue.local_date for issue in issues()] == [date(2026, 11, 22), date(2026, 11, 23)]


def test_three_days_without_service_become_one_issue_that_says_its_dates(cast, tick):
    survey = a_survey(cast.workspace)
    expected = {answered(survey, 1, at=FRIDAY + number * DAY) for number in range(3)}
    ordered(cast.workspace)
    tick(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    [issue], [mail] = issues(), mails()
    assert "Fri 20 – Sun 22 Nov" in mail.subject
    assert issue.catches_up_from == date(2026, 11, 21)
    assert told() == dict.fromkeys(expected, 1)


@st.composite
def timelines(draw):
    """What happens to a few responses in four days, as (hour, response, what, score); an answer before all else."""
    happenings = []
    for number in range(draw(st.integers(1, 4))):
        born = draw(st.integers(0, 50))
        happenings.append((born, number, "answer", draw(st.sampled_from((0, 3, 6, 7, 10)))))
        for _ in range(draw(st.integers(0, 3))):
            later, what = born + draw(st.integers(0, 40)), draw(st.sampled_from(("edit", "edit", "flag", "release")))
            happenings.append((later, number, what, draw(st.sampled_from((0, 6, 7, 10)))))
    return sorted(happenings, key=lambda happening: (happening[0], happening[2] != "answer"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timeline=timelines())
def test_every_detractor_is_told_exactly_once_whatever_happens_between(app, cast, timeline):
    survey = a_survey(cast.workspace)
    ids, expected, recipient = {}, set(), f"{new_id().hex}@acme.example"
    digest = ordered(cast.workspace, recipient_email=recipient, surveys=(survey.id,))

    def issue_at(at):
        db.session.expire_all()
        rows = [db.session.get(Response, ident) for ident in ids.values()]
        counted = [row for row in rows if row.flagged_at is None or row.released_at is not None]
        expected.update(row.id for row in counted if row.score <= 6)
        jobs.compose_issue(jobs.claim_digest(digest.id, at))

    due = [datetime(2026, 11, day, 7, 0, tzinfo=UTC) for day in range(21, 26)]
    for hour, number, what, score in [*timeline, (5 * 24, None, "end", None)]:
        at = FRIDAY + hour * HOUR
        while due and due[0] <= at:
            issue_at(due.pop(0))
        if what == "answer":
            ids[number] = answered(survey, score, at=at)
        elif what == "edit":
            change(ids[number], score=score, updated_at=at)
        elif what in ("flag", "release"):
            change(ids[number], **({"flagged_at": at, "released_at": None} if what == "flag" else {"released_at": at}))
    mine = select(IssueMember.response_id).where(IssueMember.digest_id == digest.id)
    assert Counter(db.session.scalars(mine)) == dict.fromkeys(expected, 1)
