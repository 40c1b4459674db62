"""A person is erased while a message about them is written: it says nothing of them, whoever is faster."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from base import clock
from base.db import db, new_id, transaction
from base.errors import ConflictError
from base.outbox import Mail
from feedback import alert_emails, case_emails, casework, emails, jobs
from feedback.case import By, Case
from feedback.case_entry import CaseEntry
from surveys.contact import Contact
from surveys.merger import Merger
from tests.cast import AT, a_contact, a_response, a_survey, an_invitation
from tests.feedback.alerts import a_channel, alert_mails, an_alert, notices
from tests.feedback.followers import cases, ruled, told_us, trail
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered, issues, mails, ordered
from tests.meanwhile import erase_everybody, happens_after, held_up
from tests.town import rows

MARA, WORDS = "mara@customer.example", "Wordsunique about the parcel."
SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def traces():
    held = str(rows()).lower()
    return [word for word in (MARA, "wordsunique", "sorryunique", "noteunique", "thanksunique") if word in held]


@pytest.fixture
def friday():
    with time_machine.travel(AT + timedelta(hours=2), tick=False) as traveller:
        yield traveller


@pytest.fixture
def case(cast, friday, run_jobs):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka)
    told_us(survey, 2, WORDS)
    run_jobs()
    return cases()[0]


def unhappy(survey, email=MARA):
    return a_response(an_invitation(survey, email=email, at=FRIDAY - HOUR), 1, WORDS, at=FRIDAY + HOUR)


def test_an_alert_that_was_written_before_tells_nobody_of_the_person(cast, run_jobs, monkeypatch):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    an_alert(cast.workspace)
    done = happens_after(monkeypatch, alert_emails, "alert", erase_everybody)
    with time_machine.travel(FRIDAY + HOUR, tick=False):
        unhappy(survey)
        run_jobs()
    assert done
    assert [(notice.state, notice.told) for notice in notices()] == [("skipped", 0)]
    assert alert_mails() == []
    assert traces() == []


def test_a_channel_is_told_only_what_is_left_when_it_is_told(app, cast, run_jobs, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    done = happens_after(monkeypatch, alert_emails, "alert_message", erase_everybody)
    with a_channel() as channel, time_machine.travel(FRIDAY + HOUR, tick=False):
        an_alert(cast.workspace, mails=(), channel=("slack", channel.address))
        unhappy(survey)
        run_jobs()
        assert done
        assert channel.heard == []
    assert traces() == []


def test_a_digest_that_was_written_before_is_written_anew(cast, run_jobs, monkeypatch):
    answered(a_survey(cast.workspace), 2, comment=WORDS, language="en", email=MARA)
    ordered(cast.workspace)
    done = happens_after(monkeypatch, emails, "digest", erase_everybody)
    with time_machine.travel(SATURDAY, tick=False):
        jobs.claim_due_digests(SATURDAY)
        run_jobs()
    assert done
    assert ([issue.state for issue in issues()], len(mails())) == (["posted"], 1)
    assert traces() == []


def test_a_digest_is_written_anew_without_the_words_of_an_overdue_case(cast, case, friday, run_jobs, monkeypatch):
    ordered(cast.workspace)
    friday.move_to(case.due_at + 2 * DAY)
    jobs.claim_due_digests(clock.now())  # this one tells of the answer itself; the next only of the case
    run_jobs()
    friday.shift(7 * DAY)
    written, real = [], emails.digest

    def digest(*args, **more):
        written.append([late.words for report in args[1] for late in report.cases.late])
        return real(*args, **more)

    monkeypatch.setattr(emails, "digest", digest)
    happens_after(monkeypatch, emails, "digest", erase_everybody)
    jobs.claim_due_digests(clock.now())
    run_jobs()
    assert written[:2] == [[WORDS], []]
    assert traces() == []


def test_a_colleague_who_is_told_of_a_case_reads_nothing_of_who_was_erased(cast, friday, run_jobs, monkeypatch):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka)
    done = happens_after(monkeypatch, case_emails, "notice", erase_everybody)
    told_us(survey, 2, WORDS)
    run_jobs()
    assert done
    assert traces() == []


def test_a_colleague_is_told_even_when_the_person_is_joined_with_another_meanwhile(cast, friday, run_jobs, monkeypatch):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka)
    older = a_contact(cast.workspace, "older@customer.example").id

    def join():
        with transaction() as session:
            younger = session.scalars(select(Contact).where(Contact.email == MARA)).one()
            Merger.join(session.get_one(Contact, older), younger, email=MARA, at=clock.now(), actor=None)

    done = happens_after(monkeypatch, case_emails, "notice", join)
    told_us(survey, 2, WORDS)
    run_jobs()
    assert done
    assert [case.contact_id for case in cases()] == [older]
    assert len(db.session.scalars(select(Mail.id).where(Mail.kind == "case-notice")).all()) == 1


@pytest.mark.parametrize("kind", ["sent", "note", "received"])
def test_what_is_put_into_a_case_while_its_person_is_erased_goes_with_them(cast, case, kind):
    faults, by = [], By(clock.now(), cast.boris.id)
    with held_up(erase_everybody, faults):
        same = Case.locked(case.id)
        if kind == "sent":
            casework.write_to(same, "Sorryunique, Mara.", cast.boris, key=new_id(), at=clock.now())
        elif kind == "note":
            same.note("Noteunique", by, ident=new_id(), told=[str(cast.cvetka.id)])
        else:
            same.tell("received", by, text="Thanksunique", data={"from": MARA})
    assert faults == []
    assert traces() == []
    assert trail(cases()[0])[-1] == "erased"
    waiting = select(Mail.id).where(Mail.kind == "case", Mail.state == "queued")
    assert db.session.scalars(waiting).all() == []


def test_nothing_is_written_to_somebody_who_is_erased_first(cast, case):
    faults = []

    def write():
        with transaction():
            casework.write_to(Case.locked(case_id), "Sorryunique.", cast.boris, key=new_id(), at=clock.now())

    case_id = case.id
    with held_up(write, faults):
        erase_everybody()
    assert [type(fault) for fault in faults] == [ConflictError]
    assert traces() == []


def test_a_mail_to_somebody_who_was_erased_is_taken_back(case):
    assert casework.may_still_go({"case_id": str(case.id)}, clock.now()) is None
    erase_everybody()
    db.session.rollback()
    assert casework.may_still_go({"case_id": str(case.id)}, clock.now()) == "withdrawn"
    assert CaseEntry.forgotten(case.id)
