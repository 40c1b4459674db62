"""Mails of digests and alerts whose customer is erased or whose reader is another one by now, wherever they are: out,
waiting, on their way, given up, or of an alert that is removed.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from base import clock, courier
from base.db import db, transaction
from base.delivery import Delivery
from base.outbox import EMPTIED, Mail
from feedback import jobs, schedule
from feedback.alert import Alert
from feedback.digest import Digest
from feedback.notice import Notice
from feedback.recipient import Recipient
from feedback.retraction import CORRECTED
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_response, a_survey, an_invitation
from tests.feedback.alerts import alert_mails, an_alert, notices
from tests.feedback.readers import DAY, FRIDAY, HOUR, an_order, answered, issues, mails, ordered, told
from tests.feedback.test_digest_parts import text_of

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MARA, NIKO = "mara@customer.example", "niko@customer.example"
OLD, NEW = "old@acme.example", "new@acme.example"


@pytest.fixture(autouse=True)
def saturday():
    """Eight o'clock of those who read."""
    with time_machine.travel(SATURDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def survey(cast):
    """Mara and Niko were unhappy with it on Friday."""
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    answered(survey, 1, comment="Mara's words.", email=MARA)
    answered(survey, 2, comment="Niko's words.", email=NIKO)
    return survey


@pytest.fixture
def live(run_jobs, saturday):
    """`live()`: what is due goes out; `live(HOUR)`: so much later."""

    def go_on(later=timedelta(0)):
        saturday.shift(later)
        schedule.tick(clock.now())
        run_jobs()

    return go_on


@pytest.fixture
def server(app, monkeypatch):
    """What the mail server does with a mail: `server.meets(verb, delivery)`. It takes all that come afterwards."""

    class Server:
        def __init__(self):
            self.taken, self.next = [], []

        def meets(self, verb, delivery):
            self.next.append((verb, delivery))

        def send(self, data, *, envelope_from, to):
            if self.next:
                verb, delivery = self.next.pop(0)
                verb()
                if delivery.kind != "sent":
                    return delivery
            assert envelope_from
            self.taken.append((to, data.decode()))
            return Delivery.sent("250 taken")

        def forget(self, reply):
            pass

    made = Server()
    monkeypatch.setitem(app.extensions, "afterword.transport", made)
    return made


def erase(email, *, answers_too=False):
    with transaction() as session:
        contact = session.scalars(select(Contact).where(Contact.email == email)).one()
        Erasure.of(contact, at=clock.now(), answers_too=answers_too)


def erase_mara():
    erase(MARA)


def correct(digest, email=NEW, **wish):
    with transaction():
        Digest.locked(digest.id).change(an_order(recipient_email=email, **wish), at=clock.now())


def remove(alert):
    with transaction():
        Alert.held(alert.workspace_id, alert.id).remove(at=clock.now())


def kept():
    """The words of all mails of digests and alerts, as far as they can be read."""
    db.session.rollback()
    return "".join(
        EMPTIED if mail.raw == EMPTIED else mail.raw and text_of(mail) for mail in [*mails(), *alert_mails()]
    )


def now_unhappy(survey, email, words):
    return a_response(an_invitation(survey, email=email, at=FRIDAY), 1, words, at=clock.now())


# --- out already ---


def test_an_erased_customer_leaves_the_mail_of_a_digest_that_goes_to_somebody_else_now(
    cast, survey, live, outbox, browser_of, run_jobs
):
    digest = ordered(cast.workspace, recipient_email=OLD)
    live()
    assert len(outbox()) == 1
    correct(digest)
    erase_mara()
    run_jobs()
    assert outbox() == []
    [issue] = issues()
    page = browser_of(cast.ana).get(f"/w/acme/digests/{digest.id}/issues/{issue.id}/mail").text
    assert "The words of this mail were removed" in page
    assert "words." not in kept()


def test_an_erased_customer_leaves_a_mail_to_an_address_that_the_net_spells_otherwise(cast, survey, live):
    ordered(cast.workspace, recipient_email="boss@müller.example")
    live()
    assert mails()[0].to_address == "boss@xn--mller-kva.example"
    erase_mara()
    assert kept() == EMPTIED


def test_an_erased_customer_leaves_a_mail_that_was_sent_again(cast, survey, live, browser_of):
    digest = ordered(cast.workspace, recipient_email=OLD)
    live()
    browser_of(cast.ana).post(f"/w/acme/digests/{digest.id}/issues/{issues()[0].id}/again")
    live(HOUR)
    correct(digest)
    erase_mara()
    assert [mail.raw == EMPTIED for mail in mails()] == [True, True]


@pytest.mark.parametrize("state", ["sent", "queued"])
def test_an_erased_customer_leaves_the_mails_of_an_alert_that_is_removed(cast, survey, live, state):
    alert = an_alert(cast.workspace, at=SATURDAY, cool_down=0)
    for email in (MARA, NIKO):
        now_unhappy(survey, email, f"{email} writes.")
        live(HOUR)
    with transaction() as session:
        session.execute(update(Mail).where(Mail.kind == "alert").values(state=state, next_try_at=clock.now() + HOUR))
    remove(alert)
    erase_mara()
    assert MARA not in kept()
    assert f"{NIKO} writes." in kept()
    assert alert_mails()[0].subject == "…"
    live(2 * HOUR)
    assert notices() == []


def test_a_mail_of_a_removed_alert_that_does_not_say_whom_it_shows_is_emptied_too(cast, survey, live):
    alert = an_alert(cast.workspace, at=SATURDAY)
    now_unhappy(survey, NIKO, "Nobody knows whose words.")
    live()
    with transaction() as session:  # as earlier versions wrote it
        session.get(Mail, alert_mails()[0].id).about = {"alert_id": str(alert.id)}
    remove(alert)
    erase_mara()
    assert kept() == EMPTIED


# --- waiting ---


def test_a_mail_that_waits_goes_to_whom_the_digest_goes_now(cast, survey, live, server):
    server.meets(lambda: None, Delivery.transient("451 later"))
    digest = ordered(cast.workspace, recipient_email=OLD)
    live()
    correct(digest)
    live(HOUR)
    live(timedelta(minutes=1))
    assert [(to, "Mara's words." in data) for to, data in server.taken] == [(NEW, True)]
    assert [(mail.to_address, mail.state, mail.reason, bool(mail.raw)) for mail in mails()] == [
        (OLD, "suppressed", CORRECTED, False),
        (NEW, "sent", None, True),
    ]
    assert set(told().values()) == {1}
    assert [(issue.state, issue.mail_id) for issue in issues()] == [("posted", mails()[1].id)]


def test_of_two_digests_in_a_mail_that_waits_the_corrected_one_goes_alone(cast, survey, live, server):
    server.meets(lambda: None, Delivery.transient("451 later"))
    stays = ordered(cast.workspace, recipient_email=OLD, title="All")
    moves = ordered(cast.workspace, recipient_email=OLD, title="Nord")
    live()
    assert [mail.about["digest_ids"] for mail in mails()] == [[str(stays.id), str(moves.id)]]
    correct(moves, title="Nord")
    for _ in range(2):
        live(HOUR)
    assert sorted(to for to, _ in server.taken) == [NEW, OLD]
    sent = {mail.to_address: mail.about["digest_ids"] for mail in mails() if mail.state == "sent"}
    assert sent == {NEW: [str(moves.id)], OLD: [str(stays.id)]}
    assert set(told().values()) == {2}


def test_of_two_digests_taken_together_one_corrected_before_the_mail_is_written_goes_alone(cast, survey, live):
    stays = ordered(cast.workspace, recipient_email=OLD, title="All")
    moves = ordered(cast.workspace, recipient_email=OLD, title="Nord")
    jobs.claim_digest(stays.id, SATURDAY)
    correct(moves, title="Nord")
    live()
    assert {mail.to_address: mail.about["digest_ids"] for mail in mails()} == {
        OLD: [str(stays.id)],
        NEW: [str(moves.id)],
    }


def test_a_mail_that_an_earlier_version_wrote_still_goes(cast, survey):
    digest = ordered(cast.workspace)
    jobs.compose_issue(jobs.claim_digest(digest.id, SATURDAY))
    with transaction() as session:
        mail = session.get(Mail, mails()[0].id)
        mail.about = {name: value for name, value in mail.about.items() if name != "address"}
    courier.deliver_due(lambda: False)
    db.session.rollback()
    assert [mail.state for mail in mails()] == ["sent"]


# --- on its way, or given up ---


@pytest.mark.parametrize("answers_too", [False, True])
def test_a_digest_on_its_way_that_is_put_off_is_written_anew_without_who_was_erased(
    cast, survey, live, server, answers_too
):
    server.meets(lambda: erase(MARA, answers_too=answers_too), Delivery.transient("451 later"))
    ordered(cast.workspace)
    live()
    for _ in range(2):
        live(HOUR)
    [(to, data)] = server.taken
    [sent] = [mail for mail in mails() if mail.state == "sent"]
    assert (to, "Niko's words." in text_of(sent), "Mara's" in data) == ("cvetka@acme.example", True, False)
    assert [(mail.state, mail.reason) for mail in mails() if mail.id != sent.id] == [("suppressed", "erased")]
    assert "Mara's" not in kept()


def test_a_digest_whose_server_takes_it_while_somebody_is_erased_goes_once(cast, survey, live, server):
    server.meets(erase_mara, Delivery.sent("250 taken"))
    ordered(cast.workspace)
    live()
    live(HOUR)
    assert (len(server.taken), [(mail.state, mail.raw) for mail in mails()]) == (1, [("sent", EMPTIED)])


def test_an_alert_on_its_way_that_is_put_off_is_written_anew_without_who_was_erased(cast, survey, live, server):
    alert = an_alert(cast.workspace, at=SATURDAY)
    [reader] = Recipient.of_alert(alert.id)
    server.meets(erase_mara, Delivery.transient("451 later"))
    both = [now_unhappy(survey, MARA, "Mara's words.").id, now_unhappy(survey, NIKO, "Niko's words.").id]
    with transaction():
        Notice.claim(reader.id, at=SATURDAY, adding=both)
    live()
    for _ in range(2):
        live(HOUR)
    [(_, data)] = server.taken
    [sent] = [mail for mail in alert_mails() if mail.state == "sent"]
    assert ("Niko's words." in text_of(sent), "Mara's" in data) == (True, False)
    assert [(notice.state, notice.told) for notice in notices()] == [("posted", 1)]


@pytest.mark.parametrize("kind", ["digest", "alert"])
def test_what_is_left_of_a_mail_that_failed_is_not_tried_again(cast, survey, live, server, browser_of, kind):
    server.meets(lambda: None, Delivery.permanent("550 no such user"))
    if kind == "alert":
        an_alert(cast.workspace, at=SATURDAY)
        now_unhappy(survey, MARA, "Mara's words.")
    else:
        ordered(cast.workspace)
    live()
    [mail] = [*mails(), *alert_mails()]
    page = f"/w/acme/outbox/{mail.id}"
    assert "Try again" in browser_of(cast.ana).get(page).text
    erase_mara()
    assert "Try again" not in browser_of(cast.ana).get(page).text
    assert browser_of(cast.ana).post(f"{page}/retry").status_code == 409
    browser_of(cast.ana).post("/w/acme/outbox/retry")
    live(HOUR)
    assert (server.taken, kept()) == ([], EMPTIED)
