"""Who is left alone: by what, for how long, and through which doors nobody gets past it."""

import io
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from base import clock, tokens
from base.db import db, new_id, transaction
from surveys import emails, jobs, sender, suppression_list
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.merger import Merger
from surveys.suppressing import EVERYTHING, fingerprint, outweighs
from surveys.suppression import Suppression, Whom, Wish
from surveys.suppression_list import Asked
from surveys.survey import Survey
from surveys.upload import RefusedRow, Upload
from tests.cast import AT, a_contact, a_survey, an_api_key, an_invitation

MARA = "mara@customer.example"


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


def ask(survey, *emails, at=None):
    """Ask them all about something new; reason by address, None for those who will be asked."""
    at = at or clock.now()
    occasions = [Occasion(email=email, source="api", external_id=new_id().hex) for email in emails]
    with transaction():
        found = jobs.ask(db.session.get(Survey, survey.id), occasions, at=at)
        asked = zip(emails, found, strict=True)
        return {email: (one.reason if one.status == "skipped" else None) for email, (one, _) in asked}


def standing(workspace, address=MARA, scope=EVERYTHING):
    db.session.rollback()
    row = Suppression.standing(Whom(workspace.id, address), scope)
    return row and row.reason


def suppress(contact, reason="unsubscribed", **known):
    with transaction():
        db.session.get(Contact, contact.id).suppress(reason, at=AT, **known)


def erase(contact, **wish):
    with transaction():
        return Erasure.of(db.session.get(Contact, contact.id), at=clock.now(), **wish)


def test_an_address_is_recognised_however_it_is_capitalised_and_only_with_its_salt():
    assert fingerprint("s", "Mara@Customer.example ") == fingerprint("s", "mara@customer.example")
    assert fingerprint("s", MARA) != fingerprint("t", MARA)
    assert len(fingerprint("s", MARA)) == 64


def test_each_workspace_knows_an_address_by_another_hash(cast):
    for workspace in (cast.workspace, cast.elsewhere):
        suppress(a_contact(workspace, MARA))
    hashes = db.session.scalars(select(Suppression.address_hash)).all()
    assert len(set(hashes)) == 2


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        ("unsubscribed", "bounced", "unsubscribed"),
        ("bounced", "unsubscribed", "unsubscribed"),
        ("by hand", "unsubscribed", "by hand"),
        ("unsubscribed", "complained", "complained"),
        ("complained", "unsubscribed", "complained"),
        ("imported", "by hand", "imported"),
    ],
)
def test_the_first_reason_stays_but_a_wish_outweighs_a_bounce_and_a_complaint_everything(cast, first, then, stays):
    mara = a_contact(cast.workspace)
    suppress(mara, first)
    suppress(mara, then)
    assert (mara.suppressed_reason, standing(cast.workspace)) == (stays, stays)
    assert outweighs(then, first) == (stays == then)


def test_one_that_is_lifted_stays_as_history_and_can_stand_again(cast):
    mara = a_contact(cast.workspace)
    suppress(mara, "bounced", evidence="550 no such user")
    with transaction():
        db.session.get(Contact, mara.id).welcome_back(at=AT, actor="somebody")
    row = db.session.scalars(select(Suppression)).one()
    assert (row.lifted_at, row.lifted_by, row.evidence) == (AT, "somebody", "550 no such user")
    assert standing(cast.workspace) is None
    suppress(mara)
    db.session.refresh(row)
    assert (row.lifted_at, row.reason) == (None, "unsubscribed")


def test_whoever_left_one_survey_is_asked_by_the_others(cast, run_jobs, outbox):
    left, other = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    mara = a_contact(cast.workspace, MARA)
    suppress(mara, survey_id=left.id)
    assert mara.suppressed_at is None
    assert ask(left, MARA, "else@customer.example") == {MARA: "suppressed", "else@customer.example": None}
    assert ask(other, MARA) == {MARA: None}
    run_jobs()
    assert len(outbox()) == 2


def test_what_waits_for_one_survey_is_taken_back_and_what_waits_for_another_goes(cast, run_jobs, outbox):
    left, other = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    ask(left, MARA)
    ask(other, MARA)
    suppress(db.session.scalars(select(Contact)).one(), survey_id=left.id)
    run_jobs()
    told = dict(db.session.execute(select(Invitation.survey_id, Invitation.status)).all())
    assert told == {left.id: "skipped", other.id: "sent"}
    assert len(outbox()) == 1


def test_nobody_is_asked_who_left_a_survey_between_the_asking_and_the_sending(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    [(invitation, _)] = _asked_later(survey, MARA)
    with transaction():  # by whatever way, without the job that takes waiting mails back
        whom = Whom(cast.workspace.id, MARA, invitation.contact_id)
        Suppression.put(whom, Wish(reason="unsubscribed", at=AT, scope=survey.id))
    with transaction():
        db.session.get(Invitation, invitation.id).send_at = AT
    sender.write([invitation.id])
    db.session.refresh(invitation)
    assert (invitation.status, invitation.reason) == ("skipped", "suppressed")
    assert outbox() == []


def _asked_later(survey, email):
    at = clock.now()
    with transaction():
        occasion = Occasion(email=email, source="api", external_id="1", send_at=at + timedelta(days=1))
        return jobs.ask(db.session.get(Survey, survey.id), [occasion], at=at)


@pytest.mark.parametrize("reason", ["unsubscribed", "bounced", "complained", "by hand", "imported"])
def test_an_erased_person_is_left_alone_again_when_they_come_in_again(cast, reason, run_jobs, outbox):
    survey, mara = a_survey(cast.workspace), a_contact(cast.workspace, MARA)
    suppress(mara, reason)
    erase(mara, never_again=False)
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
    assert ask(survey, "MARA@customer.example", "new@customer.example") == {
        "MARA@customer.example": "suppressed",
        "new@customer.example": None,
    }
    again = Contact.by_email(cast.workspace.id, MARA)
    assert (again.suppressed_reason, again.suppressed_at) == (reason, AT)
    run_jobs()
    assert [mail["To"].addresses[0].addr_spec for mail in outbox()] == ["new@customer.example"]


def test_who_left_one_survey_and_was_erased_has_left_it_still(cast):
    survey, mara = a_survey(cast.workspace), a_contact(cast.workspace, MARA)
    suppress(mara, survey_id=survey.id)
    erase(mara, never_again=False)
    assert ask(survey, MARA) == {MARA: "suppressed"}


@pytest.mark.parametrize("door", ["api", "batch", "keep", "merge", "readdress", "page"])
def test_no_door_leads_past_an_address_that_is_left_alone(cast, client, browser, run_jobs, outbox, door):
    survey = a_survey(cast.workspace)
    with transaction():
        suppression_list.impose(cast.workspace.id, [MARA], Wish(reason="imported", at=AT))
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    body = {"survey": survey.slug, "email": "Mara@Customer.example"}
    match door:
        case "api":
            assert client.post("/api/v1/invitations", headers=key, json=body).json["reason"] == "suppressed"
        case "batch":
            answer = client.post("/api/v1/invitations/batch", headers=key, json={"invitations": [body, body]})
            assert {one["reason"] for one in answer.json["data"]} == {"suppressed"}
        case "keep":
            assert a_contact(cast.workspace, MARA).suppressed_reason == "imported"
        case "merge":
            one, two = a_contact(cast.workspace, "other@customer.example"), a_contact(cast.workspace, MARA)
            page = f"/w/acme/contacts/{one.id}/merge"
            assert browser.post(page, data={"with": str(two.id), "email": one.email}).status_code == 303
            assert ask(survey, one.email, MARA) == {one.email: "suppressed", MARA: "suppressed"}
        case "readdress":
            other = a_contact(cast.workspace, "other@customer.example")
            browser.post(f"/w/acme/contacts/{other.id}", data={"name": "", "email": MARA, "locale": ""})
            assert ask(survey, MARA) == {MARA: "suppressed"}
        case "page":
            assert "imported" in browser.get("/w/acme/suppressions?reason=imported").text
    ask(survey, MARA)
    run_jobs()
    assert outbox() == []


def test_another_workspace_may_ask_the_same_address(cast):
    suppress(a_contact(cast.workspace, MARA))
    assert ask(a_survey(cast.elsewhere), MARA) == {MARA: None}


def test_the_hash_survives_a_new_secret_key(cast, app, monkeypatch):
    mara = a_contact(cast.workspace, MARA)
    suppress(mara)
    erase(mara, never_again=False)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key that nobody has ever seen before")
    assert ask(a_survey(cast.workspace), MARA) == {MARA: "suppressed"}


def test_a_link_of_an_earlier_version_still_ends_everything(client, cast):
    mara = a_contact(cast.workspace, MARA)
    old = f"/u/{tokens.sign('unsubscribe', f'{mara.id.hex}sl')}"
    assert client.get(old).text.count('type="radio"') == 0
    assert client.post(old, data={"end": "this"}).status_code == 200
    assert standing(cast.workspace) == "unsubscribed"


def test_the_page_offers_this_survey_or_everything_and_takes_one_press(client, cast):
    survey, mara = a_survey(cast.workspace), a_contact(cast.workspace, MARA)
    path = emails.unsubscribe_url(mara.id, survey.id, "sl").removeprefix("http://surveys.example")
    page = client.get(path).text
    assert page.count('type="radio"') == 2
    assert 'value="all" checked' in page
    assert client.post(path, data={"end": "this"}).status_code == 200
    assert (standing(cast.workspace), standing(cast.workspace, scope=survey.id)) == (None, "unsubscribed")
    assert "Takšnih anket" in client.get(path).text
    assert client.post(path, data={"undo": "1"}).status_code == 200
    assert standing(cast.workspace, scope=survey.id) is None
    assert client.post(path, data={"end": "all"}).status_code == 200
    assert standing(cast.workspace) == "unsubscribed"


def test_one_click_ends_everything_whatever_survey_the_mail_was_about(app, cast):
    client, survey, mara = app.test_client(use_cookies=False), a_survey(cast.workspace), a_contact(cast.workspace, MARA)
    path = emails.unsubscribe_url(mara.id, survey.id, "en").removeprefix("http://surveys.example")
    for _ in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert standing(cast.workspace) == "unsubscribed"


def test_the_link_of_another_workspaces_survey_is_no_way_to_it(client, cast):
    mara, strange = a_contact(cast.workspace, MARA), a_survey(cast.elsewhere)
    path = emails.unsubscribe_url(mara.id, strange.id, "en").removeprefix("http://surveys.example")
    assert client.get(path).text.count('type="radio"') == 0
    client.post(path, data={"end": "this"})
    assert standing(cast.workspace) == "unsubscribed"


def upload(browser, data, name="list.csv"):
    answer = browser.post("/w/acme/suppressions/import", data={"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize(
    "data",
    [
        b"a@x.example\nb@x.example\n",
        b"Name;E-mail;When\nAna;a@x.example;1\nBo;B@x.example;2\n",
        b"a@x.example,why\nb@x.example,why\n",
        "Ime\tE-pošta\nŽiva\ta@x.example\nBo\tb@x.example\n".encode("cp1250"),
        "address\r\na@x.example\r\nb@x.example\r\n".encode("utf-16"),
        b"Ana <a@x.example>\nmailto:b@x.example\n",
        b"\n\na@x.example\n\nb@x.example\na@x.example",
    ],
)
def test_a_list_is_taken_in_whatever_its_shape(browser, cast, run_jobs, data):
    page = upload(browser, data)
    run_jobs()
    db.session.rollback()
    done = db.session.scalars(select(Upload)).one()
    assert (done.state, done.added, done.refused) == ("done", 2, 0)
    assert {standing(cast.workspace, f"{who}@x.example") for who in "ab"} == {"imported"}
    assert "list.csv" in browser.get(page).text


def test_what_is_no_address_is_told_with_its_row_and_the_rest_is_taken(browser, cast, run_jobs):
    known = a_contact(cast.workspace, "a@x.example")
    suppress(known)
    page = upload(browser, b"email\na@x.example\nnobody\n=1+1\nc@x.example\n")
    run_jobs()
    db.session.rollback()
    done = db.session.scalars(select(Upload)).one()
    assert (done.added, done.repeated, done.refused) == (1, 1, 2)
    refused = db.session.execute(select(RefusedRow.row, RefusedRow.value).order_by(RefusedRow.row)).all()
    assert [tuple(row) for row in refused] == [(3, "nobody"), (4, "=1+1")]
    assert "nobody" in browser.get(page).text
    assert standing(cast.workspace, "a@x.example") == "unsubscribed"


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02\xff\xfe\x81"])
def test_a_file_that_is_no_list_is_refused_in_words(browser, cast, data):
    answer = browser.post("/w/acme/suppressions/import", data={"file": (io.BytesIO(data), "x.bin")})
    assert answer.status_code in {303, 422}
    assert answer.status_code == 303 or "not text that we can read" in answer.text


def test_people_of_a_list_are_not_asked_and_what_waited_for_them_is_taken_back(browser, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    waiting = an_invitation(survey, email=MARA, sent=False)
    upload(browser, MARA.encode())
    run_jobs()
    db.session.refresh(waiting)
    assert (waiting.status, waiting.reason) == ("skipped", "suppressed")
    assert outbox() == []


def test_all_whom_a_search_finds_are_left_alone_and_nobody_else(browser, cast, run_jobs):
    for number in range(3):
        a_contact(cast.workspace, f"p{number}@shop.example")
    a_contact(cast.workspace, "other@customer.example")
    a_contact(cast.elsewhere, "p0@shop.example")
    assert browser.post("/w/acme/contacts/suppress", data={}).headers["Location"].startswith("/w/acme/contacts")
    answer = browser.post("/w/acme/contacts/suppress", data={"q": "@shop.example"})
    run_jobs()
    assert "not asked any more" in browser.get(answer.headers["Location"]).text
    ended = db.session.scalars(select(Contact.email).where(Contact.suppressed_at.is_not(None))).all()
    assert sorted(ended) == [f"p{number}@shop.example" for number in range(3)]


def test_the_list_is_searched_filtered_lifted_and_paged(browser, cast):
    for number in range(60):
        with transaction():
            suppression_list.impose(cast.workspace.id, [f"p{number}@x.example"], Wish(reason="imported", at=AT))
    suppress(a_contact(cast.workspace, MARA, name="Mara Čop"), "complained")
    page = browser.get("/w/acme/suppressions").text
    assert "Mara Čop" in page
    assert "data-confirm" in page
    assert "Older" in page
    assert "Mara Čop" in browser.get("/w/acme/suppressions?q=cop").text
    assert "Mara Čop" not in browser.get("/w/acme/suppressions?reason=imported").text
    row = Suppression.standing(Whom(cast.workspace.id, MARA), EVERYTHING)
    assert browser.post(f"/w/acme/suppressions/{row.id}/lift").status_code == 303
    assert standing(cast.workspace) is None
    assert db.session.scalars(select(Contact.suppressed_at)).one() is None
    asked = Asked(cast.workspace.id)
    first = suppression_list.page(asked, limit=25)
    second = suppression_list.page(asked, limit=25, after=first.older)
    back = suppression_list.page(asked, limit=25, before=second.newer)
    assert [e.suppression.id for e in back.entries] == [e.suppression.id for e in first.entries]
    assert len(list(suppression_list.everybody(asked, batch=7))) == 60


def test_the_export_has_addresses_where_known_and_hashes_where_erased(browser, cast):
    suppress(a_contact(cast.workspace, "=cmd@x.example"))
    mara = a_contact(cast.workspace, MARA)
    suppress(mara, "complained")
    erase(mara)
    lines = browser.get("/w/acme/suppressions/export.csv").get_data(as_text=True).splitlines()
    assert len(lines) == 3
    assert MARA not in "".join(lines)
    assert any(line.startswith("'=cmd@x.example,") for line in lines)
    assert any(line.startswith(",") and ",complained," in line for line in lines)


def test_a_long_list_is_taken_in_whole_over_many_turns(browser, cast, run_jobs):
    upload(browser, "\n".join(f"person{number}@list.example" for number in range(12_000)).encode())
    while db.session.scalars(select(Upload.state)).one() == "importing":
        run_jobs()
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 12_000


class History:
    """What happens to a few addresses by chance, beside whom we expect to be left alone."""

    def __init__(self, workspace, survey, chance):
        self.workspace, self.survey, self.chance = workspace, survey, chance
        self.addresses = [f"p{number}@customer.example" for number in range(5)]
        self.alone, self.asked = set(), []

    def who(self, address):
        return Contact.by_email(self.workspace.id, address)

    def suppress(self, address):
        if self.who(address):
            with transaction():
                self.who(address).suppress(self.chance.choice(["unsubscribed", "complained", "by hand"]), at=AT)
            self.alone.add(address)

    def impose(self, address):
        with transaction():
            suppression_list.impose(self.workspace.id, [address.upper()], Wish(reason="imported", at=AT))
        self.alone.add(address)

    def erase(self, address):
        never = self.chance.random() < 0.3
        if self.who(address):
            with transaction():
                Erasure.of(self.who(address), at=clock.now(), never_again=never)
            self.alone |= {address} if never else set()

    def welcome(self, address):
        if self.who(address):
            with transaction():
                self.who(address).welcome_back(at=AT)
            self.alone.discard(address)

    def ask(self, address):
        address = self.chance.choice([address, address.upper()])
        told = ask(self.survey, address)[address]
        assert (told == "suppressed") == (address.lower() in self.alone), address
        self.asked += [] if told else [address.lower()]

    def join(self, address):
        other = self.chance.choice(self.addresses)
        if other != address and self.who(address) and self.who(other):
            with transaction():
                Merger.join(self.who(address), self.who(other), email=self.who(address).email, at=AT)
            self.alone |= {address} if other in self.alone else set()

    def readdress(self, address):
        other = self.chance.choice(self.addresses)
        if self.who(address) and not self.who(other):
            with transaction():
                self.who(address).readdress(other, at=AT)
            self.alone |= {other} if address in self.alone else set()

    def step(self):
        acts = [self.suppress, self.impose, self.erase, self.welcome, self.join, self.readdress, *[self.ask] * 6]
        self.chance.choice(acts)(self.chance.choice(self.addresses))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_nobody_who_is_left_alone_is_ever_asked(cast, seed):
    history = History(cast.workspace, a_survey(cast.workspace), random.Random(seed))
    for _ in range(60):
        history.step()
    assert history.asked
    assert history.alone
    standing_now = {one for one in history.addresses if standing(cast.workspace, one)}
    assert standing_now == history.alone
    told = select(Contact.email_key).where(Contact.suppressed_at.is_not(None))
    assert set(db.session.scalars(told)) <= history.alone
