"""Mail that comes to us: whose it is, what it changes, and what it never may."""

import json
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import UTC, timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from flask.cli import ScriptInfo
from sqlalchemy import func, select

from base import clock, courier, return_path
from base.db import db, transaction
from base.outbox import Mail
from feedback.app import create_app
from feedback.cli import mail as mail_cli
from surveys import jobs, mailroom
from surveys.bounce import EVIDENCE, Bounce
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.survey import Survey
from tests.cast import AT, a_survey, an_api_key
from tests.surveys.test_returning import recorded

PLACEHOLDER = b"bounces+019a8f6c2d3e7b1a8c4d5e6f7a8b9c0d0123456789abcdef@surveys.example.com"
MESSAGE_ID = b"019a8f6c2d3e7b1a8c4d5e6f7a8b9c0d@surveys.example.com"


@pytest.fixture(autouse=True)
def at_nine():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def bounce_address(app, settings):
    app.config["SETTINGS"] = replace(settings, bounce_address="bounces@surveys.example.com")
    yield
    app.config["SETTINGS"] = settings


@pytest.fixture
def asked(app, cast, run_jobs):
    """`asked(email)`: a mail that asks somebody, handed over."""
    survey = a_survey(cast.workspace)
    with transaction() as session:
        session.get_one(type(cast.workspace), cast.workspace.id).reply_to = "help@acme.example"

    def ask(email="mara@customer.example"):
        with transaction():
            occasion = Occasion(email=email, source="helpdesk", external_id=f"T-{clock.now().timestamp()}-{email}")
            [(invitation, _)] = jobs.ask(db.session.get(Survey, survey.id), [occasion], at=clock.now())
        run_jobs()
        return db.session.scalars(select(Mail).where(Mail.dedupe_key == f"invitation:{invitation.id}")).one()

    return ask


def returned(name, mail):
    """A recorded message as it would be about `mail`."""
    return (
        recorded(name)
        .replace(PLACEHOLDER, return_path.of(mail.id).encode())
        .replace(MESSAGE_ID, mail.message_id.strip("<>").encode())
    )


@pytest.fixture
def receive(app, run_jobs):
    def take(raw, recipient="", workspace_id=None):
        with transaction():
            new = mailroom.receive(raw, recipient, workspace_id=workspace_id, at=clock.now())
        run_jobs()
        db.session.expire_all()
        return new

    return take


def contact():
    return db.session.scalars(select(Contact)).one()


def state_of(mail):
    invitation = db.session.get(Invitation, uuid.UUID(mail.about["invitation_id"]))
    return (contact().suppressed_reason, invitation.status, invitation.reason, db.session.get(Mail, mail.id).state)


UNTOUCHED = (None, "sent", None, "sent")


def senders(app, mail):
    """To whom complaints about a mail go."""
    seen, usual = set(), app.extensions["afterword.transport"]

    class Listener:
        def send(self, message, *, envelope_from, to):
            seen.add(envelope_from)
            return usual.send(message, envelope_from=envelope_from, to=to)

    app.extensions["afterword.transport"] = Listener()
    try:
        with transaction() as session:
            session.get_one(Mail, mail.id).retry(at=clock.now())
        courier.deliver_due(lambda: False)
    finally:
        app.extensions["afterword.transport"] = usual
    return seen


def test_the_return_path_is_signed_and_short_enough(app, asked):
    mail = asked()
    address = return_path.of(mail.id)
    local, _, domain = address.partition("@")
    assert domain == "surveys.example.com"
    assert len(local) <= 64
    assert list(return_path.mail_ids(address.upper())) == [mail.id]
    assert senders(app, mail) == {address}


def test_without_a_bounce_address_mails_come_back_to_their_sender(app, asked, settings):
    app.config["SETTINGS"] = settings
    assert senders(app, asked()) == {app.config["MAIL_FROM"].partition("<")[2].rstrip(">")}


def test_earlier_keys_still_sign(app, asked):
    mail = asked()
    address = return_path.of(mail.id)
    key, app.config["SECRET_KEY"] = app.config["SECRET_KEY"], "another key of more than 32 characters"
    try:
        assert list(return_path.mail_ids(address)) == []
        app.config["SECRET_KEY_FALLBACKS"] = [key]
        assert list(return_path.mail_ids(address)) == [mail.id]
    finally:
        app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = key, []


@pytest.mark.parametrize("name", ["postfix-user-unknown", "qmail-no-mailbox", "exchange-5.5", "gmail-no-such-user"])
def test_a_hard_bounce_ends_asking_and_keeps_its_evidence(asked, receive, name):
    mail = asked()
    assert receive(returned(name, mail)) is True
    assert state_of(mail) == ("bounced", "skipped", "bounced", "failed")
    [bounce] = Bounce.about(contact().id)
    assert bounce.kind == "hard"
    assert 0 < len(bounce.raw) <= EVIDENCE


@pytest.mark.parametrize("name", ["arf-yahoo", "arf-headers-only", "hotmail-complaint"])
def test_a_complaint_ends_asking(asked, receive, name):
    mail = asked()
    receive(returned(name, mail))
    assert state_of(mail) == ("complained", "sent", None, "sent")


def test_a_complaint_that_only_carries_our_message_id_counts(asked, receive):
    mail = asked()
    raw = returned("arf-headers-only", mail).replace(return_path.of(mail.id).encode(), b"gone@forwarder.example")
    receive(raw)
    assert contact().suppressed_reason == "complained"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "postfix-delayed",
            "exim-warning",
            "gmail-delay",
            "postfix-delivered-receipt",
            "arf-not-spam",
            "read-receipt",
        ),
        *("out-of-office-exchange", "vacation-program", "out-of-office-bare", "challenge", "garbage"),
    ],
)
def test_what_is_no_failure_changes_nothing_and_sends_nothing(asked, receive, name):
    mail = asked()
    before = db.session.scalar(select(func.count()).select_from(Mail))
    receive(returned(name, mail), return_path.of(mail.id))
    assert state_of(mail) == UNTOUCHED
    assert db.session.scalar(select(func.count()).select_from(Mail)) == before


@pytest.mark.parametrize("name", ["postfix-mailbox-full", "postfix-blocklisted", "ms365-not-authorized"])
def test_one_soft_bounce_is_told_and_the_person_stays(asked, receive, name):
    mail = asked()
    receive(returned(name, mail))
    assert state_of(mail) == (None, "skipped", "bounced", "failed")
    assert [bounce.kind for bounce in Bounce.about(contact().id)] == ["soft"]


def soft_ones(asked, receive, traveller, days, name="postfix-mailbox-full"):
    for day in days:
        traveller.move_to(AT + timedelta(days=day))
        receive(returned(name, asked()))


@pytest.mark.parametrize(
    ("days", "reason"), [((0, 3, 7), "bounced"), ((0, 1, 6), None), ((0, 8), None), ((0, 100, 200), None)]
)
def test_three_soft_bounces_over_a_week_end_asking(asked, receive, at_nine, days, reason):
    soft_ones(asked, receive, at_nine, days)
    assert contact().suppressed_reason == reason


def test_what_a_policy_refuses_never_ends_asking(asked, receive, at_nine):
    soft_ones(asked, receive, at_nine, (0, 4, 8, 12), "postfix-blocklisted")
    assert contact().suppressed_reason is None


def test_whoever_is_welcomed_back_starts_anew(asked, receive, at_nine):
    soft_ones(asked, receive, at_nine, (0, 3, 7))
    with transaction():
        contact().welcome_back(at=clock.now())
    soft_ones(asked, receive, at_nine, (9,))
    assert contact().suppressed_reason is None


def test_the_same_message_twice_is_once(asked, receive):
    raw = returned("postfix-mailbox-full", asked())
    assert receive(raw) is True
    assert receive(raw) is False
    assert receive(b"From MAILER-DAEMON Fri Nov 20 09:00:14 2026\n" + raw) is False
    assert db.session.scalar(select(func.count()).select_from(Bounce)) == 1


def test_a_forged_address_changes_nothing(asked, receive):
    mail = asked()
    genuine = return_path.of(mail.id)
    local, _, domain = genuine.partition("@")
    for at in range(len("bounces+"), len(local)):
        forged = f"{local[:at]}{'0' if local[at] != '0' else '1'}{local[at + 1 :]}@{domain}"
        receive(returned("postfix-user-unknown", mail).replace(genuine.encode(), forged.encode()), forged)
    assert state_of(mail) == UNTOUCHED


def test_a_genuine_address_inside_a_message_to_a_forged_one_changes_nothing(asked, receive):
    mail = asked()
    receive(returned("postfix-user-unknown", mail), PLACEHOLDER.decode())
    assert state_of(mail) == UNTOUCHED


def test_a_report_without_a_signed_address_changes_nothing(asked, receive):
    mail = asked()
    receive(
        returned("exim-unrouteable", mail).replace(return_path.of(mail.id).encode(), b"support@surveys.example.com")
    )
    assert state_of(mail) == UNTOUCHED


def test_after_thirty_days_an_address_has_no_power(asked, receive, at_nine):
    mail = asked()
    at_nine.move_to(AT + timedelta(days=30, minutes=1))
    receive(returned("postfix-user-unknown", mail))
    assert state_of(mail) == UNTOUCHED


def test_a_key_of_another_workspace_changes_nothing(cast, asked, receive):
    mail = asked()
    receive(returned("postfix-user-unknown", mail), workspace_id=cast.elsewhere.id)
    assert state_of(mail) == UNTOUCHED
    receive(returned("postfix-user-unknown", mail), workspace_id=cast.workspace.id)
    assert contact().suppressed_reason == "bounced"


def test_a_bounce_of_an_old_address_spares_the_new_one(asked, receive):
    mail = asked()
    with transaction() as session:
        known = session.get_one(Contact, contact().id)
        known.email = known.email_key = "mara@elsewhere.example"
    receive(returned("postfix-user-unknown", mail))
    assert state_of(mail)[0] is None


def test_an_answer_that_came_first_stays(asked, receive):
    mail = asked()
    with transaction() as session:
        session.scalars(select(Invitation)).one().status = "answered"
    receive(returned("postfix-user-unknown", mail))
    assert state_of(mail)[:2] == ("bounced", "answered")


def mails_to(address):
    rows = db.session.scalars(select(Mail).where(Mail.to_address == address))
    return [message_from_bytes(mail.raw.encode(), policy=policy.SMTP) for mail in rows]


def test_a_persons_reply_goes_on_to_the_reply_address(asked, receive):
    receive(returned("reply-plain", asked()))
    [mail] = mails_to("help@acme.example")
    assert "Nobody has called me back yet" in mail.get_body(("plain",)).get_content()
    assert mail["Reply-To"] == "mara@customer.example"
    assert str(mail["From"]).startswith("Mara Novak <")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    [whole] = mail.iter_attachments()
    assert b"Message-ID: <9abc@customer.example>" in whole.get_content()
    assert contact().suppressed_reason is None


def test_a_reply_in_html_and_another_language_goes_on_as_words(asked, receive):
    receive(returned("reply-html", asked("ziga@customer.example")))
    [mail] = mails_to("help@acme.example")
    assert mail["Subject"] == "Re: Kako smo se odrezali?"
    assert "Nihče me ni poklical." in mail.get_body(("plain",)).get_content()
    assert "alert" not in mail.get_body(("html",)).get_content()


def test_a_reply_that_can_go_nowhere_is_kept(cast, asked, receive):
    mail = asked()
    with transaction() as session:
        session.get_one(type(cast.workspace), cast.workspace.id).reply_to = None
    receive(returned("reply-plain", mail))
    [bounce] = Bounce.about(contact().id)
    assert (bounce.kind, bounce.passed_to) == ("reply", None)
    assert b"Nobody has called me back" in bounce.raw


def test_what_no_database_keeps_is_left_out(asked, receive):
    mail = asked()
    raw = returned("qmail-remote-said", mail).replace(b"No such user", b"No such \0user \xff\xed\xa0\x80")
    receive(raw, return_path.of(mail.id) + "\0\udcff")
    assert state_of(mail) == ("bounced", "skipped", "bounced", "failed")
    reply = (
        returned("reply-plain", mail)
        .replace(b"Nobody has", b"No\0body has")
        .replace(b"Mara Novak <mara", b"M\0 <ma\0ra")
    )
    receive(reply)
    [passed] = mails_to("help@acme.example")
    assert "Nobody has called" in passed.get_body(("plain",)).get_content()


def test_a_loop_ends(asked, receive):
    mail = asked()
    raw = returned("reply-plain", mail)
    for n in range(15):
        receive(raw.replace(b"9abc@", b"%d@" % n))
    assert len(mails_to("help@acme.example")) == mailroom.A_PERSON_A_DAY
    for sender in (b"help@acme.example", return_path.of(mail.id).encode()):
        receive(raw.replace(b"mara@customer.example", sender))
    receive(raw.replace(b"<9abc@customer.example>", mail.message_id.encode()))
    assert len(mails_to("help@acme.example")) == mailroom.A_PERSON_A_DAY


def test_our_own_passed_on_mail_is_not_passed_on_again(asked, receive):
    receive(returned("reply-plain", asked()))
    [mail] = mails_to("help@acme.example")
    receive(mail.as_bytes(), return_path.of(db.session.scalars(select(Mail.id).where(Mail.kind == "reply")).one()))
    assert len(mails_to("help@acme.example")) == 1


def test_a_refusal_at_the_door_that_speaks_of_the_address_ends_asking(asked):
    mail = asked()
    with transaction() as session:
        invitation = session.scalars(select(Invitation)).one()
        invitation.status, invitation.sent_at = "scheduled", None
        kept = session.get_one(Mail, mail.id)
        kept.failed("550 5.1.1 <mara@customer.example>: User unknown")
        mailroom.invitation_failed(kept, clock.now())
    assert state_of(mail) == ("bounced", "skipped", "undeliverable", "failed")
    assert [bounce.words for bounce in Bounce.about(contact().id)] == [
        "550 5.1.1 <mara@customer.example>: User unknown"
    ]


def test_a_refusal_at_the_door_that_speaks_of_us_spares_the_person(asked):
    mail = asked()
    with transaction() as session:
        kept = session.get_one(Mail, mail.id)
        kept.failed("554 5.7.1 Client host blocked using zen.spamhaus.org")
        mailroom.invitation_failed(kept, clock.now())
    assert contact().suppressed_reason is None


def test_old_messages_that_prove_nothing_are_forgotten(asked, receive, at_nine):
    mail = asked()
    receive(returned("out-of-office-exchange", mail))
    receive(returned("postfix-user-unknown", mail))
    at_nine.move_to(AT + timedelta(days=31))
    mailroom.sweep(clock.now())
    assert list(db.session.scalars(select(Bounce.kind))) == ["hard"]


def test_a_message_whose_job_was_lost_is_settled_by_the_tick(app, asked, at_nine, run_jobs):
    mail = asked()
    with transaction():
        Bounce.receive(returned("postfix-user-unknown", mail), "", workspace_id=None, at=clock.now())
    at_nine.move_to(AT + timedelta(minutes=2))
    mailroom.sweep(clock.now())
    run_jobs()
    assert contact().suppressed_reason == "bounced"


# ── By the API ──


@pytest.fixture
def post(client, cast):
    key = an_api_key(cast.workspace)

    def send(data, **options):
        headers = {"Authorization": f"Bearer {key}"} | options.pop("headers", {})
        return client.post("/api/v1/mail/inbound", data=data, headers=headers, **options)

    return send


def test_the_api_takes_a_raw_message(asked, post, run_jobs):
    raw = returned("postfix-user-unknown", asked())
    replies = [post(raw, content_type="message/rfc822") for _ in range(2)]
    assert [(reply.status_code, reply.json) for reply in replies] == [
        (200, {"status": "received"}),
        (200, {"status": "known"}),
    ]
    run_jobs()
    assert contact().suppressed_reason == "bounced"


@pytest.mark.parametrize(
    "form",
    [
        lambda raw, to: {"email": raw.decode(), "envelope": json.dumps({"to": [to], "from": ""})},
        lambda raw, to: {"body-mime": raw.decode(), "recipient": to},
    ],
)
def test_the_api_takes_the_forms_of_services(asked, post, run_jobs, form):
    mail = asked()
    raw = returned("exchange-2003-text", mail).replace(return_path.of(mail.id).encode(), b"somebody@elsewhere.example")
    sent = post(form(raw, return_path.of(mail.id)), content_type="multipart/form-data", query_string="form=mime")
    assert sent.status_code == 200
    run_jobs()
    assert contact().suppressed_reason == "bounced"


def test_the_api_takes_a_key_as_the_password_of_an_address(client, cast, asked):
    raw = returned("postfix-user-unknown", asked())
    for key, status in ((an_api_key(cast.workspace), 200), ("sv_x_y", 401), ("", 401)):
        reply = client.post("/api/v1/mail/inbound", data=raw, content_type="message/rfc822", auth=("afterword", key))
        assert reply.status_code == status


def test_the_api_answers_a_forged_message_like_any_other(asked, post, run_jobs):
    mail = asked()
    assert post(recorded("postfix-user-unknown"), content_type="message/rfc822").status_code == 200
    run_jobs()
    assert state_of(mail) == UNTOUCHED


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", "message/rfc822", 422),
        (b"no header here", "message/rfc822", 422),
        ({"other": "x"}, "multipart/form-data", 422),
        (b"{}", "application/json", 415),
        (b"Subject: x\n\n" + b"x" * (10 * 1024 * 1024), "message/rfc822", 413),
    ],
)
def test_the_api_says_what_is_wrong(post, data, kind, status):
    assert post(data, content_type=kind).status_code == status


# ── By a pipe ──


@pytest.mark.web
def test_the_pipe_takes_a_message_and_tells_the_mail_server_what_became_of_it(app, asked, settings, run_jobs, at_nine):
    """Twice by a process, which takes seconds to start; what the command says is the same without one."""
    today = time_machine.escape_hatch.datetime.datetime.now(UTC)  # another process lives in its own time
    at_nine.move_to(today)
    mail = asked()
    environ = {
        "PATH": "/usr/bin:/bin",
        "AFTERWORD_DATA_DIR": str(settings.data_dir),
        "AFTERWORD_DATABASE_URL": settings.database_url,
        "AFTERWORD_SECRET_KEY": settings.secret_key,
    }

    def pipe(raw, **more):
        command = [sys.executable, "-m", "feedback", "mail", "receive"]
        done = subprocess.run(command, input=raw, env=environ | more, capture_output=True, check=False)
        return done.returncode, done.stderr.decode()

    def receive(raw, *words, **more):
        return app.test_cli_runner().invoke(mail_cli.mail, ["receive", *words], input=raw, **more).exit_code

    db.session.rollback()
    raw = returned("exchange-2003-text", mail).replace(return_path.of(mail.id).encode(), b"undisclosed:;")
    assert pipe(raw, ORIGINAL_RECIPIENT=return_path.of(mail.id)) == (0, "")
    assert receive(raw, "--recipient", return_path.of(mail.id)) == 0
    assert receive(b"") == 65
    assert receive(b"x" * (mailroom.LARGEST + 1)) == 65
    code, words = pipe(raw, AFTERWORD_DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert code == 75
    assert "try again" in words
    assert receive(raw, obj=ScriptInfo(create_app=create_app), env=environ | {"AFTERWORD_PORT": "x"}) == 75
    at_nine.move_to(today + timedelta(minutes=5))
    run_jobs()
    db.session.expire_all()
    assert contact().suppressed_reason == "bounced"
    assert db.session.scalar(select(func.count()).select_from(Bounce)) == 1
