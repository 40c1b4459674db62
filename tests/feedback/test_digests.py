"""Who is due a digest is sent one: once a day whatever happens, with everybody who was unhappy, each once."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from base.db import db, new_id, transaction
from base.errors import ConflictError, NotFoundError
from feedback import jobs, schedule
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from feedback.response import Response
from feedback.zoning import instant
from tests.cast import a_survey
from tests.databases import cases
from tests.feedback.readers import DAY, FRIDAY, HOUR, an_order, answered, change, issues, mails, ordered, told


@pytest.fixture
def tick(app, run_jobs):
    """`tick(moment)`: the service lives through one tick at that moment, and does what follows."""

    def live(at):
        with time_machine.travel(at, tick=False):
            schedule.tick(at)
            run_jobs()

    return live


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


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
)
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


@settings(max_examples=cases(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_late_edit_and_a_late_release_come_in_the_next_issue(cast, tick):
    survey = a_survey(cast.workspace)
    edited, released = answered(survey, 9), answered(survey, 1, flagged_at=FRIDAY, flag_reason="decoy")
    ordered(cast.workspace)
    tick(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    assert told() == {}
    change(edited, score=2, updated_at=FRIDAY + DAY)
    change(released, released_at=FRIDAY + DAY)
    tick(datetime(2026, 11, 22, 7, 0, tzinfo=UTC))
    assert told() == {edited: 1, released: 1}
    assert [issue.detractors for issue in issues()] == [0, 2]


def test_only_followed_surveys_are_told(cast, tick):
    wanted, other = a_survey(cast.workspace, "csat"), a_survey(cast.workspace)
    mine = answered(wanted, 1)
    answered(other, 1)
    answered(a_survey(cast.elsewhere), 1)
    ordered(cast.workspace, surveys=(wanted.id,))
    tick(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    assert told() == {mine: 1}


@pytest.mark.parametrize("everything", [True, False])
def test_a_survey_followed_later_does_not_tell_its_whole_past(cast, tick, everything):
    first, second = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    digest = ordered(cast.workspace, surveys=(first.id,))
    past, waiting = answered(second, 1, at=FRIDAY + HOUR), answered(first, 1, at=FRIDAY + HOUR)
    with transaction():
        wish = an_order(surveys=None if everything else (first.id, second.id))
        db.session.get(Digest, digest.id).change(wish, at=FRIDAY + 20 * DAY)
    fresh = answered(second, 1, at=FRIDAY + 20 * DAY + HOUR)
    tick(FRIDAY + 21 * DAY)
    assert told() == {waiting: 1, fresh: 1}
    assert past not in told()


def test_a_paused_digest_sends_nothing_and_tells_everything_afterwards(cast, tick):
    survey = a_survey(cast.workspace)
    digest = ordered(cast.workspace)
    with transaction():
        db.session.get(Digest, digest.id).pause(at=FRIDAY, by="recipient")
    meanwhile = answered(survey, 1, at=FRIDAY + HOUR)
    tick(FRIDAY + 3 * DAY)
    assert issues() == []
    with transaction():
        db.session.get(Digest, digest.id).resume(at=FRIDAY + 3 * DAY, by="recipient")
    tick(FRIDAY + 4 * DAY)
    assert told() == {meanwhile: 1}
    assert [issue.catches_up_from for issue in issues()] == [None]


def test_paused_between_taking_and_writing_it_is_not_sent_and_told_later(cast, run_jobs, tick):
    unhappy = answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    at = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    jobs.claim_digest(digest.id, at)
    with transaction():
        db.session.get(Digest, digest.id).pause(at=at, by="recipient")
    run_jobs()
    assert ([issue.state for issue in issues()], mails(), told()) == (["skipped"], [], {})
    with transaction():
        db.session.get(Digest, digest.id).resume(at=at, by="recipient")
    tick(at + DAY)
    assert told() == {unhappy: 1}


@pytest.mark.parametrize(("when_empty", "states", "count"), [("skip", ["skipped"], 0), ("short", ["posted"], 1)])
def test_nothing_to_report_is_skipped_or_said_shortly(cast, tick, when_empty, states, count):
    answered(a_survey(cast.workspace), 10)
    ordered(cast.workspace, when_empty=when_empty)
    tick(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    assert [issue.state for issue in issues()] == states
    assert len(mails()) == count
    if count:
        assert mails()[0].subject.startswith("No new unhappy customers · ")


def test_weekly_and_monthly_come_on_their_day(cast):
    ordered(cast.workspace, cadence=Cadence("weekly", 7, 30, 0, None, "UTC"), recipient_email="w@acme.example")
    ordered(cast.workspace, cadence=Cadence("monthly", 7, 30, None, 31, "UTC"), recipient_email="m@acme.example")
    for number in range(45):
        jobs.claim_due_digests(FRIDAY + number * DAY)
    days = [issue.local_date for issue in issues()]
    mondays = [date(2026, 11, 23) + 7 * number * DAY for number in range(6)]
    assert days == sorted([*mondays, date(2026, 11, 30), date(2026, 12, 31)])


def test_one_person_has_one_digest_in_a_workspace(cast):
    ordered(cast.workspace)
    ordered(cast.elsewhere)
    with pytest.raises(ConflictError), transaction():
        Digest.order(cast.workspace.id, an_order(recipient_email="CVETKA@acme.example"), at=FRIDAY)
    other = ordered(cast.workspace, recipient_email="ana@acme.example")
    with pytest.raises(ConflictError), transaction():
        db.session.get(Digest, other.id).change(an_order(), at=FRIDAY)


def test_a_survey_of_others_cannot_be_followed(cast):
    with pytest.raises(NotFoundError), transaction():
        Digest.order(cast.workspace.id, an_order(surveys=(a_survey(cast.elsewhere).id,)), at=FRIDAY)


def test_one_broken_digest_does_not_keep_the_others_from_coming(cast, monkeypatch):
    broken, fine = ordered(cast.workspace), ordered(cast.workspace, recipient_email="ana@acme.example")
    claim = Issue.claim

    def explode(since, **more):
        if broken.id in since:
            raise RuntimeError("no")
        return claim(since, **more)

    monkeypatch.setattr(Issue, "claim", explode)
    jobs.claim_due_digests(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    assert [issue.digest_id for issue in issues()] == [fine.id]


def test_taking_an_issue_asks_the_database_little_however_many_are_unhappy(app, cast):
    survey = a_survey(cast.workspace)
    for number in range(12):
        answered(survey, number % 7)
    digest, asked = ordered(cast.workspace), []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        issue_id = jobs.claim_digest(digest.id, datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
        taking = len(asked)
        jobs.compose_issue(issue_id)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert taking <= 12
    assert len(asked) - taking <= 32
    assert len(told()) == 12
