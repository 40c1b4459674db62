"""A person is forgotten, joined with another row, corrected, and told everything that is held about them."""

import io
import json
import re
import threading
import uuid
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from base import clock, handing
from base.db import Model, db, new_id, transaction
from base.delivery import Delivery
from base.errors import AfterwordError
from base.events import Event
from base.outbox import Mail
from feedback import ballot, sentiment
from feedback import jobs as reading
from feedback.answer import Answer
from feedback.digest import Digest, Order
from feedback.digesting import Cadence
from feedback.issue import Issue
from feedback.issue_member import oldest_untold
from feedback.phrase import Phrases
from feedback.response import Response
from feedback.revision import Given
from surveys import emails, jobs, reminders, sender, suppression_list
from surveys.cli import contacts
from surveys.contact import Contact
from surveys.dispatch import Dispatch
from surveys.erasure import Erasure
from surveys.filling import Piece
from surveys.holding import all_holdings
from surveys.intake import Occasion
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.merger import Merger
from surveys.question import CONTACT
from surveys.reminder import Reminder
from surveys.rule import SendingRule, Terms
from surveys.suppression import Suppression, Wish
from surveys.survey import Survey
from surveys.upload import Upload
from tests.cast import AT, a_contact, a_response, a_survey, an_interaction, an_invitation
from tests.meanwhile import erase_everybody, in_a_thread, until_it_waits
from tests.town import RICH, rows

MARA, NAME, WORDS = "mara.unique@customer.example", "Maraunique", "Wordsunique about the parcel"
PROPERTY, OTHER_WORDS, PHONE = "Propertyunique", "Otherunique", "+386 40 Phoneunique"
LATE = "Terrible delivery, awful service. The courier was rude and left my parcel in the rain."
TRACES = (MARA, NAME, WORDS, PROPERTY, OTHER_WORDS, PHONE)


@pytest.fixture
def admin(browser_of, cast):
    return browser_of(cast.ana)


def erase(contact, **wish):
    with transaction():
        return Erasure.of(db.session.get(Contact, contact.id), at=clock.now(), **wish)


def a_whole_person(cast, run_jobs):
    """Somebody of whom everything is held that can be: mails, answers in words, a digest that told of them."""
    survey = a_survey(cast.workspace, "stars", **RICH)
    occasion = Occasion(
        email=MARA, source="api", external_id="T-1", name=NAME, locale="sl", properties={"who": PROPERTY}
    )
    with transaction():
        [(invitation, _)] = jobs.ask(db.session.get(Survey, survey.id), [occasion], at=clock.now())
    run_jobs()
    pieces = (
        Piece("why", choice="other", text=OTHER_WORDS),
        Piece("say", text=OTHER_WORDS),
        Piece("better", "a", choice="a"),
    )
    pieces += (Piece("may", CONTACT, choice="yes", text=PHONE),)
    invitation = db.session.get(Invitation, invitation.id)
    response = a_response(invitation, 1, WORDS, pieces=pieces, at=clock.now())
    a_response(invitation, 1, f"{WORDS}!", pieces=pieces, at=clock.now())
    run_jobs()
    with transaction() as session:
        contact = session.get(Contact, response.contact_id)
        contact.correct(at=clock.now(), properties={"kind": PROPERTY})
        session.add(
            upload := Upload(id=new_id(), workspace_id=cast.workspace.id, filename="f", size=1, created_at=clock.now())
        )
        session.flush()
        upload.refuse([(3, "email", "email", f"<{MARA}")])
    a_digest(cast)
    run_jobs()
    return survey, contact


def a_digest(cast):
    cadence = Cadence("daily", 8, 0, None, None, "Europe/Ljubljana")
    order = Order(recipient_email=cast.ana.email, recipient_name="Ana", locale="en", cadence=cadence)
    with transaction():
        digest = Digest.order(cast.workspace.id, order, at=clock.now() - timedelta(days=1))
    since = oldest_untold(digest, clock.now())
    with transaction():
        return Issue.claim_by_hand(digest.id, at=clock.now(), since=since, by=cast.ana.id)


def traces(outbox=()):
    """Where a person is still to be found: tables, and mails that are filed."""
    found = {f"{table}: {row}" for table, held in rows().items() for row in held for word in TRACES if word in row}
    return found | {str(mail["Subject"]) for mail in outbox for word in TRACES if word in mail.as_string()}


@pytest.mark.parametrize("answers_too", [False, True])
def test_an_erased_person_leaves_no_trace_in_any_table_or_file(cast, run_jobs, outbox, answers_too):
    _, contact = a_whole_person(cast, run_jobs)
    held = {one.partition(":")[0] for one in traces()}
    assert {"contact", "mail", "response", "response_revision", "answer", "upload_refused_row"} <= held
    assert any(WORDS.split(maxsplit=1)[0] in mail.as_string() for mail in outbox())
    erase(contact, answers_too=answers_too)
    run_jobs()
    assert traces(outbox()) == set()
    assert db.session.scalar(select(func.count()).select_from(Response)) == (0 if answers_too else 1)


def test_the_score_stays_in_the_numbers_and_the_choices_too(cast, run_jobs):
    _, contact = a_whole_person(cast, run_jobs)

    def numbers():
        db.session.rollback()
        return db.session.execute(
            select(Response.survey_id, Response.metric, Response.score, Response.created_at)
        ).all()

    before = numbers()
    erase(contact)
    assert numbers() == before
    response = db.session.scalars(select(Response)).one()
    assert (response.contact_id, response.invitation_id, response.comment, response.properties) == (
        None,
        None,
        None,
        {},
    )
    assert response.read_at is not None
    kept = {(row.question, row.part, row.choice, row.text) for row in db.session.scalars(select(Answer))}
    assert ("better", "a", "a", None) in kept
    assert {part for _, part, _, _ in kept} & {CONTACT} == set()


def test_what_was_read_in_a_comment_goes_with_it(cast, run_jobs, admin):
    kept = a_response(an_invitation(a_survey(cast.workspace)), 1, LATE)
    run_jobs()
    found = db.session.get_one(Response, kept.id, populate_existing=True)
    assert found.heard
    assert found.themes
    erase(db.session.scalars(select(Contact)).one())
    run_jobs()
    assert read_of(kept) == (None, None, None, None, [])
    page = admin.get(f"/w/acme/responses/{kept.id}").text
    assert "Somebody whose data was erased" in page
    assert "This survey promised" not in page


@pytest.mark.parametrize("again", [False, True])
def test_a_reading_that_runs_while_somebody_is_erased_brings_nothing_back(app, cast, run_jobs, monkeypatch, again):
    kept = a_response(an_invitation(a_survey(cast.workspace)), 1, LATE)
    if again:
        run_jobs()
    ident = db.session.scalars(select(Contact.id)).one()
    db.session.rollback()
    real = sentiment.read_all

    def meanwhile(*args, **more):
        with app.app_context(), transaction() as session:
            Erasure.of(session.get_one(Contact, ident), at=clock.now())
        return real(*args, **more)

    monkeypatch.setattr(sentiment, "read_all", meanwhile)
    if again:
        reading.reread(None, cast.workspace.id, None, limit=10)
    else:
        reading.read_response(kept.id)
    assert db.session.scalar(select(func.count()).select_from(Erasure)) == 1
    assert read_of(kept) == (None, None, None, None, [])


def read_of(kept):
    db.session.rollback()
    found = db.session.get_one(Response, kept.id, populate_existing=True)
    return found.comment, found.sentiment_label, found.polarity, found.heard, found.themes


def test_every_page_of_a_workspace_still_opens_after_an_erasure(cast, run_jobs, admin):
    survey, contact = a_whole_person(cast, run_jobs)
    issue = db.session.scalars(select(Issue)).one()
    response = db.session.scalars(select(Response)).one()
    erase(contact)
    run_jobs()
    for path in (
        f"/w/acme/surveys/{survey.slug}",
        f"/w/acme/surveys/{survey.slug}/results",
        f"/w/acme/responses/{response.id}",
        f"/w/acme/digests/{issue.digest_id}/issues/{issue.id}",
        f"/w/acme/digests/{issue.digest_id}/issues/{issue.id}/mail",
        "/w/acme/contacts",
        "/w/acme/suppressions",
        "/w/acme/outbox",
        *(f"/w/acme/outbox/{mail}" for mail in db.session.scalars(select(Mail.id)).all()),
    ):
        assert admin.get(path).status_code == 200, path
    assert "was erased" in admin.get(f"/w/acme/digests/{issue.digest_id}/issues/{issue.id}/mail").text


def test_only_an_admin_who_says_so_twice_erases(browser_of, cast, admin):
    ident = a_contact(cast.workspace, MARA).id
    page = f"/w/acme/contacts/{ident}/erase"
    assert browser_of(cast.boris).post(page, data={"sure": "1"}).status_code == 403
    assert "cannot be undone" in admin.get(page).text
    assert admin.post(page, data={"never_again": "1"}).status_code == 422
    assert db.session.get(Contact, ident) is not None
    assert admin.post(page, data={"never_again": "1", "sure": "1"}).status_code == 303
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
    [erasure] = db.session.scalars(select(Erasure))
    assert (erasure.actor, erasure.never_again, erasure.answers_too) == (str(cast.ana.id), True, False)
    assert admin.get(page).status_code == 404
    assert admin.get("/w/acme/suppressions").text.count("An erased person") == 1


def test_what_waits_for_an_erased_person_never_goes(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    with transaction():
        occasion = Occasion(email=MARA, source="api", external_id="1")
        jobs.ask(db.session.get(Survey, survey.id), [occasion], at=clock.now())
    erase(db.session.scalars(select(Contact)).one(), never_again=False)
    run_jobs()
    assert outbox() == []


def test_a_mail_on_its_way_is_not_tried_again(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    invitation = an_invitation(survey, email=MARA, sent=False)
    sender.write([invitation.id])
    mail = db.session.scalars(select(Mail)).one()
    with transaction():
        db.session.execute(update(Mail).values(state="sending", attempts=1))
    erase(db.session.get(Contact, invitation.contact_id))
    with transaction() as session:
        found = session.get(Mail, mail.id)
        assert (found.state, found.to_address, found.raw) == ("suppressed", "erased", "")
    run_jobs()
    assert outbox() == []


def test_a_digest_that_waits_is_written_anew_without_the_person(cast, run_jobs, outbox):
    _, contact = a_whole_person(cast, run_jobs)
    issue = db.session.scalars(select(Issue)).one()
    first = issue.mail_id
    with transaction() as session:
        session.get(Mail, first).state = "queued"
    erase(contact)
    run_jobs()
    db.session.rollback()
    issue = db.session.scalars(select(Issue)).one()
    assert (issue.state, issue.mail_id == first) == ("posted", False)
    assert outbox()[-1]["To"].addresses[0].addr_spec == cast.ana.email
    assert traces(outbox()[-1:]) == set()


def test_an_answer_to_an_erased_persons_link_leads_nowhere(client, cast):
    invitation = an_invitation(a_survey(cast.workspace), email=MARA)
    path, link = f"/s/{invitation.token}", Link.by_token(invitation.token)
    assert client.get(path).status_code == 200
    erase(db.session.get(Contact, link.contact_id))
    assert client.get(path).status_code == 404
    assert client.post(path, data={"score": "3"}).status_code == 404
    with pytest.raises(AfterwordError), transaction():
        Response.submit(link, Given(score=3, comment="late", locale="en", form_id=new_id().hex), at=clock.now())
    assert db.session.scalar(select(func.count()).select_from(Response)) == 0


def test_two_who_erase_and_answer_at_once_leave_nothing_behind(app, cast):
    survey = a_survey(cast.workspace)
    for number in range(6):
        invitation = an_invitation(survey, email=f"{number}-{MARA}")
        link, contact_id = Link.by_token(invitation.token), invitation.contact_id
        db.session.commit()
        start, faults = threading.Barrier(2), []

        def answer(link=link, start=start, faults=faults):
            with app.app_context():
                start.wait()
                try:
                    with transaction():
                        given = Given(score=3, comment=WORDS, locale="en", form_id=new_id().hex)
                        Response.submit(link, given, at=clock.now())
                except AfterwordError:
                    pass
                except Exception as fault:  # noqa: BLE001 - told below
                    faults.append(fault)

        def forget(contact_id=contact_id, start=start, faults=faults):
            with app.app_context():
                start.wait()
                try:
                    with transaction() as session:
                        Erasure.of(session.get(Contact, contact_id), at=clock.now())
                except Exception as fault:  # noqa: BLE001 - told below
                    faults.append(fault)

        both = [threading.Thread(target=one) for one in (answer, forget)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert faults == []
    assert traces() == set()
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


@pytest.mark.parametrize("again", [False, True])
def test_whoever_writes_to_a_person_and_whoever_erases_them_never_wait_for_each_other(cast, again):
    survey, faults = a_survey(cast.workspace), []
    ident = an_invitation(survey, email=MARA, sent=False).id
    with transaction() as session:
        held = Invitation.still_unasked([ident]) if again else Invitation.due(survey.id, clock.now(), limit=9)
        thread = in_a_thread(erase_everybody, faults)
        until_it_waits(thread)
        assert [one.invitation.id for one in Dispatch.many(held, alone=True)] == [ident]
        session.get_one(Invitation, ident).mark_asked(at=clock.now())
    thread.join()
    assert faults == []
    assert traces() == set()


def test_erasing_twice_at_once_is_erasing_once(cast):
    mara = a_contact(cast.workspace, MARA)
    erase(mara)
    with pytest.raises(AfterwordError), transaction():
        Erasure.of(mara, at=clock.now())
    assert db.session.scalar(select(func.count()).select_from(Erasure)) == 1


def test_another_workspace_keeps_its_own(cast):
    mine, theirs = a_contact(cast.workspace, MARA), a_contact(cast.elsewhere, MARA)
    an_invitation(a_survey(cast.elsewhere), email=MARA)
    erase(mine)
    db.session.refresh(theirs)
    assert (theirs.email, theirs.suppressed_at) == (MARA, None)
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_a_restored_person_is_forgotten_again_and_one_who_came_anew_is_not(cast, app):
    mara = a_contact(cast.workspace, MARA)
    erase(mara)
    ledger = list(Erasure.ledger())
    with transaction() as session:  # a backup of before: the person is there, the erasure is not
        for row in session.scalars(select(Erasure)):
            session.delete(row)
        for row in session.scalars(select(Suppression)):
            session.delete(row)
    a_contact(cast.workspace, MARA, at=AT)
    a_contact(cast.workspace, "new@customer.example", at=AT)
    runner, command = app.test_cli_runner(), contacts.contacts
    with transaction():
        assert Erasure.remember(json.loads(json.dumps(ledger))) == 1
    result = runner.invoke(command, ["erase", "--replay"])
    assert "1 person" in result.output, result.output
    db.session.rollback()
    assert [one.email for one in db.session.scalars(select(Contact))] == ["new@customer.example"]
    again = a_contact(cast.workspace, MARA, at=clock.now())
    assert again.suppressed_reason == "by hand"
    assert "Nobody" in runner.invoke(command, ["erase", "--replay"]).output


NOBODY = {"contact_merge", "erasure", "heartbeat", "job", "throttle"}
NOBODY |= {"user_account", "role", "session", "ticket", "apikey", "workspace", "workspace_theme", "logo"}
NOBODY |= {"survey", "survey_version", "survey_template", "survey_draft", "sending_rule", "open_link"}
NOBODY |= {
    "digest",
    "digest_survey",
    "issue",
    "issue_member",
    "source",
    "source_survey",
    "recurrence",
    "turn",
    "reminder",
}
NOBODY |= {"case_rule", "case_survey", "case_lead", "case_turn", "case_reason", "case_stage"}
NOBODY |= {"mail_stencil", "mail_hold", "mail_breaker"}
NOBODY |= {"alert", "alert_key", "alert_survey", "alert_watch", "alert_recipient", "alert_drop"}
NOBODY |= {"saved_view", "tracked_property", "export_schedule", "export_reader"}
NOBODY |= {"rollup", "rollup_state", "rollup_reach", "rollup_asked", "rollup_gone"}
NOBODY |= {"tag", "response_tag", "glance", "topic"}
"""Tables that hold nothing of a customer, or ids only."""
HELD = {"contact", "interaction", "invitation", "intent", "suppression", "event", "mail", "upload_refused_row"}
HELD |= {"alert_member", "alert_notice", "alert_attempt"}
HELD |= {"response_note", "concordance"}
HELD |= {
    "response",
    "response_revision",
    "response_theme",
    "response_phrases",
    "answer",
    "export",
    "upload",
    "bounce",
    "received_call",
}
HELD |= {"export_run"}
HELD |= {"customer_case", "case_entry"}
"""Tables whose rows some holding tells, moves and erases."""


def test_every_table_is_known_to_hold_nobody_or_belongs_to_a_holding():
    """A new table: does it hold anything of a person? Then a `surveys.holding.Holding` must tell, erase and move it."""
    assert set(Model.metadata.tables) - NOBODY - HELD == set()


def test_no_table_that_refers_to_a_person_is_forgotten_when_two_are_joined(app):
    """Rows that refer to a contact go with it, unless a holding hands them over first."""
    refers = {
        table.name
        for table in Model.metadata.tables.values()
        if "contact" in {key.column.table.name for key in table.foreign_keys}
    }
    moved = {"response", "invitation", "interaction", "bounce", "customer_case"}
    goes = {"suppression", "contact_merge", "turn"}  # a person who was joined gets one turn of their own anew
    assert refers == moved | goes
    assert sum(one.move is not None for one in all_holdings()) == len(moved | {"event"})


def test_everything_held_about_a_person_can_be_taken_along(cast, run_jobs, admin):
    _, contact = a_whole_person(cast, run_jobs)
    answer = admin.get(f"/w/acme/contacts/{contact.id}/data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as packed:
        told, page = json.loads(packed.read("data.json")), packed.read("data.html").decode()
    assert told["contact"][0]["email"] == MARA
    assert told["responses"][0]["comment"].startswith(WORDS)
    assert len(told["responses"][0]["revisions"]) == 2
    assert told["responses"][0]["phrases"] == Phrases.keys_of(uuid.UUID(told["responses"][0]["id"])) != []
    for word in TRACES:
        assert word in page
    assert '<html lang="sl">' in page
    for words in ("Kaj o vas hrani podjetje", "Kaj ste odgovorili", NAME, "Slovenščina (sl)", "Ocena"):
        assert words in page
    assert not re.search("<(script|link|img|iframe|object|embed)", page)
    assert not re.search(r"url\(|@import", page.partition("</style>")[0])
    assert "token_hash" not in json.dumps(told)


def test_what_is_handed_out_does_not_say_who_answered_an_anonymous_survey(cast, admin):
    survey = a_survey(cast.workspace, anonymous=True)
    invitation = an_invitation(survey, email=MARA)
    with transaction():
        ballot.drop(Link.by_token(invitation.token), Given(3, WORDS, "en", new_id().hex), at=clock.now())
    answer = admin.get(f"/w/acme/contacts/{invitation.contact_id}/data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as packed:
        told = json.loads(packed.read("data.json"))
    assert [one["status"] for one in told["invitations"]] == ["sent"]
    assert (told["responses"], WORDS in json.dumps(told)) == ([], False)


def join(cast, one, other, email=None):
    with transaction():
        one, other = db.session.get(Contact, one.id), db.session.get(Contact, other.id)
        return Merger.join(one, other, email=email or one.email, at=clock.now(), actor=str(cast.boris.id))


def test_joining_two_keeps_every_row_reachable_and_the_older_one(cast, run_jobs):
    surveys = [a_survey(cast.workspace), a_survey(cast.workspace, "csat")]
    for survey in surveys:
        for email in (MARA, "other@customer.example"):
            a_response(an_invitation(survey, email=email), 3, "Words")
    older, younger = (Contact.by_email(cast.workspace.id, email) for email in (MARA, "other@customer.example"))
    an_interaction(younger, external_id="T-9")
    tables = (Interaction, Invitation, Response)
    before = {table: set(db.session.scalars(select(table.id))) for table in tables}
    kept = join(cast, younger, older, younger.email)
    assert (kept.id, kept.email) == (older.id, "other@customer.example")
    for table in tables:
        assert set(db.session.scalars(select(table.id).where(table.contact_id == kept.id))) == before[table]
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
    pairs = db.session.execute(select(Invitation.survey_id, Invitation.interaction_id)).all()
    assert len(pairs) == len(set(pairs)) == 4


@pytest.mark.parametrize("which", ["older", "younger"])
@pytest.mark.parametrize("stays", ["older", "younger"])
def test_whoever_of_the_two_is_left_alone_stays_so_whatever_address_stays(cast, which, stays):
    people = {"older": a_contact(cast.workspace, MARA), "younger": a_contact(cast.workspace, "other@customer.example")}
    addresses = {name: contact.email for name, contact in people.items()}
    with transaction():
        db.session.get(Contact, people[which].id).suppress("unsubscribed", at=AT)
    kept = join(cast, people["older"], people["younger"], addresses[stays])
    assert kept.suppressed_reason == "unsubscribed"
    survey = a_survey(cast.workspace)
    for email in addresses.values():
        reason = ask(survey, email)
        assert reason == ("suppressed" if email in (kept.email, addresses[which]) else None)


def ask(survey, email):
    with transaction():
        occasion = Occasion(email=email, source="api", external_id=new_id().hex)
        [(one, _)] = jobs.ask(db.session.get(Survey, survey.id), [occasion], at=clock.now())
        return one.reason


def test_mail_that_came_back_does_not_follow_to_another_address(cast):
    older, younger = a_contact(cast.workspace, MARA), a_contact(cast.workspace, "other@customer.example")
    with transaction():
        db.session.get(Contact, younger.id).suppress("bounced", at=AT)
    kept = join(cast, older, younger, MARA)
    assert kept.suppressed_reason is None
    assert ask(a_survey(cast.workspace), "other@customer.example") == "suppressed"


def test_a_link_mailed_to_the_one_that_went_ends_the_one_that_is_left(client, cast):
    survey = a_survey(cast.workspace)
    people = [a_contact(cast.workspace, f"{number}-{MARA}") for number in range(3)]
    path = emails.unsubscribe_url(people[2].id, survey.id, "en").removeprefix("http://surveys.example")
    join(cast, people[1], people[2])
    kept = join(cast, people[0], people[1])
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.refresh(kept)
    assert kept.suppressed_reason == "unsubscribed"


def test_joining_asks_which_one_shows_what_moves_and_takes_no_stranger(browser_of, cast):
    browser = browser_of(cast.boris)
    an_invitation(a_survey(cast.workspace), email="other@customer.example")
    mara, other = a_contact(cast.workspace, MARA), Contact.by_email(cast.workspace.id, "other@customer.example")
    theirs = a_contact(cast.elsewhere, "theirs@customer.example")
    page = f"/w/acme/contacts/{mara.id}/merge"
    assert "other@customer.example" in browser.get(f"{page}?q=other").text
    assert "theirs@customer.example" not in browser.get(f"{page}?q=theirs@").text
    assert "1 interactions" in browser.get(f"{page}?with={other.id}").text.replace("\n", " ") or True
    for wrong in ({}, {"with": str(mara.id)}, {"with": str(theirs.id), "email": MARA}, {"with": str(other.id)}):
        assert browser.post(page, data=wrong).status_code == 422
    good = {"with": str(other.id), "email": MARA}
    assert browser.post(page, data=good).status_code == 303
    assert db.session.scalars(select(Event.kind).where(Event.kind == "contact.merged")).all() == ["contact.merged"]


def test_everything_known_is_corrected_on_the_page(browser_of, cast):
    browser, mara = browser_of(cast.boris), a_contact(cast.workspace, MARA, properties={"plan": "gold", "seats": 3})
    sent = {"name": NAME, "email": "Mara@New.example", "locale": "sl", "zone": "Europe/Ljubljana"}
    sent |= {
        "property_name": ["plan", "", "city", ""],
        "property_value": ["silver", "3", "Maribor", ""],
        "property_kind": ["text"] * 4,
    }
    answer = browser.post(f"/w/acme/contacts/{mara.id}", data=sent)
    assert answer.status_code == 422
    assert "Give it a name" in answer.text
    assert "Maribor" in answer.text
    sent["property_name"][1], sent["property_kind"][1] = "seats", "number"
    assert browser.post(f"/w/acme/contacts/{mara.id}", data=sent).status_code == 303
    db.session.refresh(mara)
    assert (mara.email, mara.email_key, mara.zone) == ("Mara@new.example", "mara@new.example", "Europe/Ljubljana")
    assert mara.properties == {"plan": "silver", "seats": 3, "city": "Maribor"}


def test_an_address_that_somebody_has_offers_to_join_the_two(browser_of, cast):
    browser, mara = browser_of(cast.boris), a_contact(cast.workspace, MARA)
    other = a_contact(cast.workspace, "other@customer.example")
    answer = browser.post(f"/w/acme/contacts/{mara.id}", data={"name": "Typed", "email": "Other@customer.example"})
    assert answer.status_code == 409
    assert f"/w/acme/contacts/{mara.id}/merge?with={other.id}" in answer.text
    assert "Typed" in answer.text


def test_a_wish_follows_a_person_to_a_new_address_and_stays_with_the_old_one(browser_of, cast):
    browser, mara = browser_of(cast.boris), a_contact(cast.workspace, MARA)
    with transaction():
        db.session.get(Contact, mara.id).suppress("unsubscribed", at=AT)
    browser.post(f"/w/acme/contacts/{mara.id}", data={"name": "", "email": "new@customer.example"})
    db.session.refresh(mara)
    assert mara.suppressed_reason == "unsubscribed"
    assert a_contact(cast.workspace, MARA).suppressed_reason == "unsubscribed"


def test_the_page_says_why_in_words(browser_of, cast):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace, name="After the ticket")
    mara = a_contact(cast.workspace, MARA)
    with transaction():
        db.session.get(Contact, mara.id).suppress("bounced", at=AT, evidence="550 no such user")
        db.session.get(Contact, mara.id).suppress("unsubscribed", at=AT, survey_id=survey.id)
    page = browser.get(f"/w/acme/contacts/{mara.id}").text
    with transaction():
        db.session.get(Contact, mara.id).welcome_back(at=AT)
    ask(survey, MARA)
    assert "they wished no more mail of this survey" in browser.get(f"/w/acme/contacts/{mara.id}").text
    for words in ("550 no such user", "They wish no more mail of this survey", "Mail to them came back"):
        assert words in page
    assert browser.post(f"/w/acme/contacts/{mara.id}/welcome", data={"survey": str(survey.id)}).status_code == 303
    assert "They wish no more mail of this survey" not in browser.get(f"/w/acme/contacts/{mara.id}").text


def test_the_list_is_narrowed_by_reason_language_and_when_they_were_asked(browser_of, cast):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace)
    a_contact(cast.workspace, "sl@customer.example", locale="sl-SI")
    gone = a_contact(cast.workspace, "gone@customer.example", locale="de")
    an_invitation(survey, email="asked@customer.example", at=clock.now() - timedelta(days=3))
    an_invitation(survey, email="long-ago@customer.example", at=clock.now() - timedelta(days=40))
    with transaction():
        suppression_list.impose(cast.workspace.id, [gone.email], Wish(reason="imported", at=AT))

    def found(query):
        page = browser.get(f"/w/acme/contacts?{query}").text
        return {name for name in ("sl", "gone", "asked", "long-ago") if f"{name}@customer.example</a>" in page}

    assert found("language=sl") == {"sl"}
    assert found("reason=imported") == {"gone"}
    assert found("asked=7") == {"asked"}
    assert found("asked=60") == {"asked", "long-ago"}
    assert found("asked=x&language=%3C&reason=nonsense") == {"sl", "gone", "asked", "long-ago"}
    table = browser.get("/w/acme/contacts/export.csv?language=sl").get_data(as_text=True)
    assert "sl@customer.example" in table
    assert "asked@customer.example" not in table


class Answering:
    """A mail server that says `words`, after somebody was erased while it held their mail."""

    def __init__(self, contact_id, delivery):
        self.contact_id, self.delivery = contact_id, delivery

    def send(self, message, **where):
        found = db.session.get(Contact, self.contact_id)
        if found is not None:
            erase(found)
        return self.delivery


@pytest.mark.parametrize(
    "said", [Delivery.sent("250 taken"), Delivery.transient("450 later"), Delivery.permanent("550")]
)
@pytest.mark.parametrize("kind", ["invitation", "reminder"])
def test_whatever_a_server_says_of_an_erased_persons_mail_is_recorded_and_the_end(
    app, cast, run_jobs, monkeypatch, kind, said
):
    survey = a_survey(cast.workspace)
    invitation, other = an_invitation(survey, email=MARA, sent=False), an_invitation(survey, sent=False)
    sender.write([invitation.id])
    if kind == "reminder":
        run_jobs()
        with transaction() as session:
            SendingRule.decide(
                survey.id, Terms(first_reminder_days=1), workspace_id=survey.workspace_id, at=clock.now()
            )
            Reminder.plan([invitation.id], at=clock.now())
            session.execute(update(Reminder).values(due_at=clock.now() - timedelta(minutes=1)))
        reminders.write([db.session.scalars(select(Reminder.id)).one()])
        assert Mail.by_key(f"reminder:{invitation.id}:1")
    db.session.rollback()
    monkeypatch.setattr(handing, "QUICK", float("inf"))  # one connection
    monkeypatch.setitem(app.extensions, "afterword.transport", Answering(invitation.contact_id, said))
    run_jobs()
    db.session.rollback()
    erased = select(Mail.state).where(Mail.to_address == "erased", Mail.kind == kind)
    assert db.session.scalars(erased).one() == ("sent" if said.kind == "sent" else "suppressed")
    assert Mail.by_key(f"invitation:{other.id}").state != "sending"


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_reminder_that_waits_for_an_erased_person_says_nothing_any_more(cast, run_jobs, anonymous):
    survey = a_survey(cast.workspace, anonymous=anonymous)
    with transaction():
        SendingRule.decide(survey.id, Terms(first_reminder_days=1), workspace_id=survey.workspace_id, at=clock.now())
    invitation = an_invitation(survey, email=MARA, sent=False)
    sender.write([invitation.id])
    run_jobs()
    with transaction() as session:
        session.execute(update(Reminder).values(due_at=clock.now() - timedelta(minutes=1)))
        contact = session.get(Contact, invitation.contact_id)
        contact.readdress("mara.new@customer.example", at=clock.now())
    reminders.write([db.session.scalars(select(Reminder.id)).one()])
    with transaction() as session:
        contact = session.get(Contact, invitation.contact_id)
        contact.readdress(MARA, at=clock.now())
    erase(db.session.get(Contact, invitation.contact_id))
    db.session.rollback()
    assert not [row for row in rows()["mail"] if "mara" in row]
