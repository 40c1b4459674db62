"""Whoever may no longer look at a workspace gets none of its customers' words by mail either."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from accounts.role import Role
from accounts.user import User
from base.db import db, transaction
from base.outbox import Mail
from feedback import alerter, casework, farewell, jobs
from feedback.alert_emails import stop_url
from feedback.case_entry import CaseEntry
from feedback.digest import Digest
from feedback.jobs import consider_case
from feedback.recipient import Recipient
from feedback.way import read_url
from tests.cast import a_person, a_response, a_survey, an_invitation
from tests.feedback.alerts import BOSS, alert_mails, an_alert, notices
from tests.feedback.answers import many_answers
from tests.feedback.followers import cases, ruled
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered, issues, mails, ordered

MINUTE = timedelta(minutes=1)
SATURDAY = FRIDAY + DAY - 2 * HOUR


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY + MINUTE, tick=False) as traveller:
        yield traveller


def removed(workspace, person, *, at=FRIDAY + MINUTE):
    with transaction():
        Role.of(workspace.id, person.id).remove(at=at)


def demoted(workspace, person, role="viewer", *, at=FRIDAY + MINUTE):
    with transaction():
        Role.of(workspace.id, person.id).change(role, at=at)


def disabled(workspace, person):
    with transaction() as session:
        session.get_one(User, person.id).disable(workspace_id=workspace.id, at=FRIDAY + MINUTE)


def living():
    """Whom digests are ordered for, and whom alerts tell."""
    db.session.rollback()
    digests = select(Digest.recipient_email).where(Digest.ended_at.is_(None)).order_by(Digest.recipient_email)
    told = select(Recipient.address).where(Recipient.stopped_at.is_(None)).order_by(Recipient.address)
    return list(db.session.scalars(digests)), list(db.session.scalars(told))


@pytest.mark.parametrize("gone", [removed, demoted, disabled])
def test_whoever_is_removed_demoted_or_disabled_gets_neither_digest_nor_alert(cast, run_jobs, friday, gone):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    answered(survey, 2, comment="Wordsunique", language="en")
    ordered(cast.workspace)
    an_alert(cast.workspace)
    gone(cast.workspace, cast.cvetka)
    run_jobs()
    friday.shift(HOUR)
    asked = an_invitation(survey, email="x@customer.example", at=FRIDAY - HOUR)
    a_response(asked, 1, "Wordsunique again", at=FRIDAY + HOUR)
    run_jobs()
    friday.move_to(SATURDAY)
    jobs.claim_due_digests(SATURDAY)
    run_jobs()
    assert (alert_mails(), mails(), living()) == ([], [], ([], []))


@pytest.mark.parametrize("gone", [removed, demoted])
def test_a_guest_who_had_no_account_when_it_was_ordered_goes_on(cast, run_jobs, gone):
    ordered(cast.workspace, recipient_email="vera@acme.example", at=FRIDAY - 2 * HOUR)
    vera = a_person("Vera", cast.workspace, "manager", at=FRIDAY - HOUR)
    ordered(cast.workspace, recipient_email="vera@acme.example", title="Mine", at=FRIDAY)
    gone(cast.workspace, vera)
    run_jobs()
    assert living() == (["vera@acme.example"], [])


def test_a_role_that_still_sees_them_keeps_digests_and_alerts_and_so_does_who_has_it_back(cast, run_jobs):
    ordered(cast.workspace)
    an_alert(cast.workspace)
    demoted(cast.workspace, cast.cvetka, "designer")
    demoted(cast.workspace, cast.cvetka, "manager")
    run_jobs()
    assert living() == (["cvetka@acme.example"], ["cvetka@acme.example"])
    demoted(cast.workspace, cast.cvetka)
    demoted(cast.workspace, cast.cvetka, "manager")
    run_jobs()
    assert living() == (["cvetka@acme.example"], ["cvetka@acme.example"])


def test_who_comes_back_in_a_lesser_role_is_told_no_more_than_that_role_sees(cast, run_jobs):
    ordered(cast.workspace)
    an_alert(cast.workspace)
    removed(cast.workspace, cast.cvetka)
    with transaction():
        Role.grant(cast.workspace.id, cast.cvetka.id, "viewer", at=FRIDAY + MINUTE)
    run_jobs()
    assert living() == ([], [])


def test_links_that_a_guest_had_show_nothing_to_who_was_demoted(cast, run_jobs, client, friday):
    answered(a_survey(cast.workspace, at=FRIDAY - DAY), 2, comment="Wordsunique", language="en")
    order = ordered(cast.workspace)
    friday.move_to(SATURDAY)
    jobs.claim_due_digests(SATURDAY)
    run_jobs()
    link = read_url(issues()[0].id, order.recipient_email, SATURDAY + DAY).removeprefix("http://surveys.example")
    assert client.get(link).status_code == 200
    demoted(cast.workspace, cast.cvetka, at=SATURDAY)
    run_jobs()
    assert client.get(link).status_code == 410


def test_cases_of_who_was_demoted_are_nobodys(cast, run_jobs):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka, at=FRIDAY - DAY)
    consider_case(answered(survey, 2, comment="Nobody called."))
    assert [case.owner_id for case in cases()] == [cast.cvetka.id]
    demoted(cast.workspace, cast.cvetka)
    run_jobs()
    assert [case.owner_id for case in cases()] == [None]


def test_it_ends_where_the_person_left_and_for_the_one_who_left(cast, run_jobs):
    for workspace in (cast.workspace, cast.elsewhere):
        ordered(workspace)
        an_alert(workspace)
    ordered(cast.workspace, recipient_email=cast.boris.email)
    removed(cast.workspace, cast.cvetka)
    run_jobs()
    assert living() == (["boris@acme.example", "cvetka@acme.example"], ["cvetka@acme.example"])


def test_what_is_ordered_for_somebody_who_left_is_for_a_guest_and_who_is_back_keeps_everything(cast, run_jobs, friday):
    ordered(cast.workspace)
    removed(cast.workspace, cast.cvetka)
    with transaction():
        Role.grant(cast.workspace.id, cast.cvetka.id, "manager", at=FRIDAY + MINUTE)
    run_jobs()
    assert living() == (["cvetka@acme.example"], [])
    friday.shift(MINUTE)
    removed(cast.workspace, cast.cvetka, at=FRIDAY + 2 * MINUTE)
    run_jobs()
    assert living() == ([], [])
    friday.shift(HOUR)
    ordered(cast.workspace, at=FRIDAY + HOUR)
    farewell.tell_no_more(cast.cvetka.id)
    assert living() == (["cvetka@acme.example"], [])


@pytest.mark.parametrize(("gone", "of_digest", "of_alert"), [
    (removed, "because its reader left the workspace", "they left the workspace"),
    (demoted, "because the role of its reader does not show digests any more", "role does not show alerts any more"),
    (disabled, "because its reader may not sign in any more", "they may not sign in any more"),
])  # fmt: skip
def test_admins_see_why_and_only_they_resume(cast, run_jobs, browser_of, client, gone, of_digest, of_alert):
    order, alert = ordered(cast.workspace), an_alert(cast.workspace, mails=BOSS)
    gone(cast.workspace, cast.cvetka)
    run_jobs()
    ana = browser_of(cast.ana)
    assert of_digest in ana.get(f"/w/acme/digests/{order.id}").text
    assert of_alert in ana.get(f"/w/acme/alerts/{alert.id}").text
    [recipient] = Recipient.of_alert(alert.id)
    link = stop_url(recipient.id).removeprefix("http://surveys.example")
    assert client.post(link, data={"resume": "1"}).status_code == 404
    assert ana.post(f"/w/acme/alerts/{alert.id}/recipients/{recipient.id}/resume").status_code == 303
    assert living() == ([], ["cvetka@acme.example"])


def test_a_mail_of_an_alert_that_waits_does_not_go_to_who_left(cast, run_jobs):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    an_alert(cast.workspace)
    alerter.raise_alerts(many_answers(survey, [{"score": 1, "read_at": FRIDAY, "created_at": FRIDAY}])[0])
    alerter.write_mail(notices()[0].id)
    assert [mail.state for mail in alert_mails()] == ["queued"]
    removed(cast.workspace, cast.cvetka)
    farewell.tell_no_more(cast.cvetka.id)
    run_jobs()
    assert [mail.state for mail in alert_mails()] == ["suppressed"]


@pytest.mark.parametrize(("gone", "state"), [(removed, "suppressed"), (disabled, "suppressed"), (None, "sent")])
def test_a_notice_of_a_case_that_waits_does_not_go_to_who_left(cast, run_jobs, gone, state):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka, at=FRIDAY - DAY)
    consider_case(answered(survey, 2, comment="Nobody called."))
    told = CaseEntry.of(cases()[0].id)[0]
    casework.tell_people(told.id)
    if gone:
        gone(cast.workspace, cast.cvetka)
    run_jobs()
    waited = select(Mail.state).where(Mail.kind == casework.NOTICE, Mail.to_address == cast.cvetka.email)
    assert db.session.scalars(waited).all() == [state]
