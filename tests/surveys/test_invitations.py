"""From a request to ask somebody to the mail in their inbox."""

import threading
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from sqlalchemy import event, func, select

from base import clock
from base.db import db, transaction
from base.delivery import Delivery
from base.errors import ConflictError
from base.outbox import Mail
from feedback import schedule
from surveys import emails, jobs, sender
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.interaction import Interaction
from surveys.invitation import LIFE, Invitation
from tests.cast import AT, a_contact, a_draft, a_survey, an_invitation


@pytest.fixture(autouse=True)
def friday_morning():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def occasion(external_id="4711", email="mara@customer.example", **known):
    return Occasion(email=email, source="helpdesk", external_id=external_id, **known)


def asked(survey, *occasions):
    with transaction():
        return jobs.ask(survey, occasions or [occasion()], at=clock.now())


def again(invitation):
    """The same invitation as it is now."""
    return db.session.get(Invitation, invitation.id, populate_existing=True)


def the_invitation(survey, **known):
    return asked(survey, occasion(**known))[0][0]


def test_a_person_asked_gets_one_mail_in_their_inbox(cast, run_jobs, outbox):
    invitation = the_invitation(a_survey(cast.workspace), name="Mara Novak")
    run_jobs()
    [mail] = outbox()
    assert str(mail["To"]) == "Mara Novak <mara@customer.example>"
    assert f"http://surveys.example/s/{invitation.token}/10" in mail.get_body(("plain",)).get_content()
    invitation = again(invitation)
    assert (invitation.status, invitation.sent_at) == ("sent", AT)


def test_asking_twice_about_one_interaction_is_asking_once(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    (first, new), (second, again), (other, other_new) = asked(survey, occasion(), occasion(), occasion("4712"))
    assert (new, again, other_new) == (True, False, True)
    assert first.id == second.id != other.id
    assert asked(survey)[0] == (first, False)
    run_jobs()
    sender.write([first.id])
    run_jobs()
    assert len(outbox()) == 2


def test_one_interaction_can_be_asked_about_by_two_surveys(cast):
    first, second = the_invitation(a_survey(cast.workspace)), the_invitation(a_survey(cast.workspace, "csat"))
    assert first.id != second.id
    assert first.interaction_id == second.interaction_id


def test_the_mail_goes_when_it_is_due_and_not_before(cast, run_jobs, outbox, friday_morning):
    the_invitation(a_survey(cast.workspace), send_at=AT + timedelta(hours=2))
    run_jobs()
    assert outbox() == []
    friday_morning.move_to(AT + timedelta(hours=2))
    run_jobs()
    assert len(outbox()) == 1


def test_a_job_that_comes_too_early_comes_back_in_time(cast, run_jobs, outbox, friday_morning):
    invitation = the_invitation(a_survey(cast.workspace), send_at=AT + timedelta(hours=2))
    sender.write([invitation.id])
    friday_morning.move_to(AT + timedelta(hours=2))
    run_jobs()
    assert len(outbox()) == 1


def test_who_unsubscribed_is_skipped_at_once(cast, run_jobs, outbox):
    contact = a_contact(cast.workspace)
    with transaction():
        db.session.get(Contact, contact.id).suppress("unsubscribed", at=AT)
    invitation = the_invitation(a_survey(cast.workspace))
    assert (invitation.status, invitation.reason) == ("skipped", "suppressed")
    run_jobs()
    assert outbox() == []


def test_who_unsubscribes_before_the_mail_is_due_gets_none(cast, run_jobs, outbox, friday_morning):
    invitation = the_invitation(a_survey(cast.workspace), send_at=AT + timedelta(days=1))
    with transaction():
        db.session.get(Contact, invitation.contact_id).suppress("unsubscribed", at=AT)
    run_jobs()
    assert again(invitation).status == "skipped"
    friday_morning.shift(timedelta(days=2))
    run_jobs()
    assert outbox() == []


def test_a_mail_that_waits_for_its_server_is_taken_back_from_who_unsubscribed(cast, run_jobs, outbox):
    invitation = the_invitation(a_survey(cast.workspace))
    sender.write([invitation.id])
    with transaction():
        db.session.get(Contact, invitation.contact_id).suppress("unsubscribed", at=AT)
    jobs.withdraw_mails(invitation.contact_id)
    run_jobs()
    [mail] = db.session.scalars(select(Mail))
    assert (mail.state, mail.reason) == ("suppressed", "suppressed")
    assert outbox() == []


def test_who_unsubscribes_while_a_server_puts_their_mail_off_does_not_get_it_later(
    app, cast, run_jobs, outbox, monkeypatch, friday_morning
):
    invitation = the_invitation(a_survey(cast.workspace))
    sender.write([invitation.id])
    usual = app.extensions["afterword.transport"]

    class Busy:
        """Puts a mail off, and the person unsubscribes meanwhile."""

        def send(self, message, **where):
            with transaction():
                db.session.get(Contact, invitation.contact_id).suppress("unsubscribed", at=AT)
            jobs.withdraw_mails(invitation.contact_id)
            return Delivery.transient("450 greylisted")

    monkeypatch.setitem(app.extensions, "afterword.transport", Busy())
    run_jobs()
    monkeypatch.setitem(app.extensions, "afterword.transport", usual)
    friday_morning.shift(timedelta(hours=1))
    run_jobs()
    [mail] = db.session.scalars(select(Mail))
    assert (mail.state, mail.reason) == ("suppressed", "suppressed")
    assert outbox() == []


def test_a_closed_survey_asks_nobody(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    invitation = the_invitation(survey, send_at=AT)
    with transaction():
        survey.close(at=AT)
    run_jobs()
    invitation = again(invitation)
    assert (invitation.status, invitation.reason) == ("skipped", "closed")
    assert outbox() == []


def test_a_survey_that_was_never_published_asks_nobody(cast):
    with pytest.raises(ConflictError):
        asked(a_draft(cast.workspace))


def test_an_address_that_no_server_can_carry_is_skipped_with_a_reason(cast, run_jobs):
    invitation = the_invitation(a_survey(cast.workspace), email="μαρία@customer.example")
    run_jobs()
    invitation = again(invitation)
    assert (invitation.status, invitation.reason) == ("skipped", "undeliverable")


def test_the_newest_version_is_what_goes_out(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    invitation = the_invitation(survey)
    with transaction():
        document = survey.draft | {"texts": {"en": {"question": "Would you come back?"}}}
        survey.save_draft(document, revision=1, at=AT)
        version = survey.publish(at=AT)
    run_jobs()
    assert "Would you come back?" in outbox()[0].get_body(("html",)).get_content()
    assert again(invitation).version_id == version.id


@pytest.mark.parametrize(("asked_for", "spoken", "subject"), [
    ("sl-SI", "pl", "Acme: eno kratko vprašanje"),
    (None, "sl", "Acme: eno kratko vprašanje"),
    ("de", "sl_SI", "Acme: eno kratko vprašanje"),
    ("de", None, "Acme: jedno krótkie pytanie"),
    (None, None, "Acme: jedno krótkie pytanie"),
])  # fmt: skip
def test_the_mail_speaks_the_language_that_fits_best(cast, run_jobs, outbox, asked_for, spoken, subject):
    survey = a_survey(cast.workspace, locales=("pl", "sl"))
    contact = a_contact(cast.workspace)
    invitation = the_invitation(survey)
    with transaction():
        db.session.get(Contact, contact.id).locale = spoken
        again(invitation).locale = asked_for
    run_jobs()
    assert outbox()[0]["Subject"] == subject


def test_bulk_mail_says_who_sends_it_and_how_to_end_it(cast, run_jobs, outbox):
    with transaction():
        cast.workspace.reply_to, cast.workspace.name = "Help Desk <help@acme.example>", 'Žabar "Ž" d.o.o.'
    invitation = the_invitation(a_survey(cast.workspace))
    run_jobs()
    [mail] = outbox()
    unsubscribe = mail["List-Unsubscribe"]
    assert unsubscribe.startswith("<http://surveys.example/u/")
    assert unsubscribe.endswith(">")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "Help Desk <help@acme.example>"
    assert mail["From"].addresses[0].addr_spec == "support@acme.example"
    assert mail["From"].addresses[0].display_name == "Žabar 'Ž' d.o.o."
    assert mail["Message-ID"].endswith("@surveys.example>")
    assert parsedate_to_datetime(mail["Date"]) == AT
    assert unsubscribe[1:-1] in mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert len(html.encode()) < 100 * 1024
    assert "src=" not in html
    assert again(invitation).token in html
    assert mail.get_body(("plain",)) is not None


def test_each_score_has_a_line_of_its_own_in_the_plain_text(cast, run_jobs, outbox):
    invitation = the_invitation(a_survey(cast.workspace, "ces"))
    run_jobs()
    lines = outbox()[0].get_body(("plain",)).get_content().splitlines()
    scores = [line.split()[:2] for line in lines if f"{invitation.token}/" in line]
    assert scores == [[str(n), f"http://surveys.example/s/{invitation.token}/{n}"] for n in range(1, 8)]


def test_a_test_mail_says_so_and_leads_to_the_preview(cast):
    survey = a_survey(cast.workspace)
    to = emails.Recipient(address="boris@acme.example", name="Boris", company="Acme")
    preview = "http://surveys.example/w/acme/surveys/1/preview"
    mail = emails.test_invitation(survey.draft, "en", to, preview_url=preview, at=AT)
    assert mail["Subject"].startswith("[TEST] Acme")
    assert mail["List-Unsubscribe"] is None
    html = mail.get_body(("html",)).get_content()
    assert f'href="{preview}/7"' in html
    assert "/s/" not in html
    assert "/u/" not in html


def test_invitations_nobody_answered_expire_and_answered_ones_stay(cast, friday_morning):
    survey = a_survey(cast.workspace)
    sent, waiting, answered = (an_invitation(survey, sent=index != 1, email=f"{index}@x.example") for index in range(3))
    with transaction():
        db.session.get(Invitation, answered.id).status = "answered"
    schedule.tick(AT + LIFE - timedelta(seconds=1))
    friday_morning.move_to(AT + LIFE)
    assert {again(one).status for one in (sent, waiting, answered)} == {"sent", "scheduled", "answered"}
    schedule.tick(clock.now())
    statuses = [again(one).status for one in (sent, waiting, answered)]
    assert statuses == ["expired", "expired", "answered"]


def test_an_answer_that_comes_while_invitations_expire_stays(app, cast, friday_morning):
    invitation = an_invitation(a_survey(cast.workspace))
    friday_morning.move_to(AT + LIFE)
    marked, expiring = threading.Event(), threading.Event()

    def answer():
        with app.app_context(), transaction() as session:
            session.get_one(Invitation, invitation.id).status = "answered"
            session.flush()
            marked.set()
            expiring.wait(0.3)  # on SQLite the other cannot even begin meanwhile

    def expire():
        marked.wait()
        with app.app_context():
            jobs.expire_invitations(clock.now())
        expiring.set()

    threads = [threading.Thread(target=each) for each in (answer, expire)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again(invitation).status == "answered"


def test_names_and_languages_are_brought_up_to_date_and_nothing_is_forgotten(cast):
    survey = a_survey(cast.workspace)
    asked(survey, occasion("1", name="Mara", locale="sl"), occasion("2", email="MARA@customer.example", name="Mara N."))
    asked(survey, occasion("3"))
    [contact] = db.session.scalars(select(Contact))
    assert (contact.email, contact.name, contact.locale) == ("mara@customer.example", "Mara N.", "sl")


def test_thousands_are_asked_in_few_statements_and_in_order(cast):
    survey, statements = a_survey(cast.workspace), []

    def note(connection, cursor, statement, *rest):
        if "job" not in statement:  # each is asked for apart, in one short statement
            statements.append(statement)

    rows = [
        occasion(str(n), email=f"c{n % 1200}@customer.example", properties={"n": n}, send_at=AT + LIFE)
        for n in range(2000)
    ]
    event.listen(db.engine, "before_cursor_execute", note)
    with transaction():
        found = jobs.ask(survey, rows, at=AT)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) <= 4 * 10 + 5, "\n".join(statements)
    assert [new for _, new in found] == [True] * 2000
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1200
    numbers = {
        row.id: row.properties["n"] for row in db.session.execute(select(Interaction.id, Interaction.properties))
    }
    assert [numbers[invitation.interaction_id] for invitation, _ in found] == list(range(2000))


def test_what_is_queued_can_be_read_as_a_mail(cast):
    invitation = the_invitation(a_survey(cast.workspace))
    sender.write([invitation.id])
    mail = Mail.by_key(f"invitation:{invitation.id}")
    assert message_from_bytes(mail.raw.encode("ascii"), policy=policy.SMTP)["Subject"] == mail.subject
