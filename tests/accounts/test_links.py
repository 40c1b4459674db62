import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from accounts.access import COOKIE
from accounts.role import Role
from accounts.session import Session
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.events import Event
from base.outbox import Mail

NEW = "copper kettle orchard"
SETUP = {
    "company": "Čevlji d.o.o.",
    "language": "sl",
    "zone": "Europe/Ljubljana",
    "name": "Ana Novak",
    "email": "Ana@cevlji.example",
    "password": NEW,
}


def path_of(link):
    return re.sub(r"^https?://[^/]+", "", link)


@pytest.fixture
def setup(app):
    with transaction():
        return path_of(Ticket.setup_link(at=clock.now()))


@pytest.fixture
def invitation(cast):
    with transaction():
        ticket = Ticket.invite("eva@acme.example", workspace_id=cast.workspace.id, role="designer", at=clock.now())
        return path_of(ticket.link)


@pytest.fixture
def reset(ana):
    with transaction():
        return path_of(Ticket.issue("reset", email=ana.email, at=clock.now()).link)


def test_the_first_admin_is_made_by_a_link_that_works_once(app, client, setup):
    assert client.get(setup).status_code == 200
    assert client.get(setup).status_code == 200
    answer = client.post(setup, data=SETUP)
    assert answer.status_code == 303
    assert answer.location == "/w/cevlji-d-o-o/surveys"
    workspace, user = db.session.scalars(select(Workspace)).one(), db.session.scalars(select(User)).one()
    assert (workspace.name, workspace.default_locale, workspace.zone) == ("Čevlji d.o.o.", "sl", "Europe/Ljubljana")
    assert user.email == "ana@cevlji.example"
    assert Role.of(workspace.id, user.id).name == "admin"
    assert client.get("/account").status_code == 200
    again = app.test_client()
    assert again.get(setup).status_code == 404
    assert again.post(setup, data=SETUP | {"email": "eve@evil.example"}).status_code == 404
    assert len(db.session.scalars(select(User)).all()) == 1


def test_the_set_up_link_stays_the_same_until_it_is_used(app, client, setup):
    with transaction():
        assert path_of(Ticket.setup_link(at=clock.now())) == setup
    client.post(setup, data=SETUP)
    with transaction():
        assert Ticket.setup_link(at=clock.now()) is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "7 too few"),
        ("x" * 257, "at most 256"),
        ("passwordpassword", "Attackers"),
        ("qwertyuiop123", "Attackers"),
        ("111111111111", "Attackers"),
        ("abcabcabcabc", "Attackers"),
        ("ana@cevlji.example", "Attackers"),
        ("afterword2026!", "Attackers"),
    ],
)
def test_a_weak_password_is_refused_at_its_field(client, setup, password, words):
    answer = client.post(setup, data=SETUP | {"password": password})
    assert answer.status_code == 422
    assert words in re.search(r'id="password-error".*?</span></span>', answer.text, re.DOTALL).group(0)
    assert f'value="{password}"' not in answer.text


@pytest.mark.parametrize(
    "password", ["correct horse battery", "длинный пароль мой", " leading and trailing ", "a1b2" + "é" * 250]
)
def test_letters_of_any_kind_and_spaces_make_a_password(client, setup, sign_in, password):
    assert client.post(setup, data=SETUP | {"password": password}).status_code == 303
    client.post("/sign-out")
    assert sign_in(client, "ana@cevlji.example", password).status_code == 303


def test_forms_take_no_field_they_do_not_show(client, invitation):
    client.post(invitation, data={"name": "Eva", "password": NEW, "role": "admin", "email": "x@evil.example"})
    eva = User.by_email("eva@acme.example")
    assert [role.name for role in db.session.scalars(select(Role).where(Role.user_id == eva.id))] == ["designer"]


def test_an_invited_colleague_joins_once(app, client, invitation):
    assert client.get(invitation).status_code == 200
    assert client.post(invitation, data={"name": "Eva", "password": NEW}).location == "/w/acme/surveys"
    assert app.test_client().post(invitation, data={"name": "Eve", "password": NEW}).status_code == 404


def test_somebody_with_an_account_joins_only_signed_in(app, cast, client, browser_of):
    with transaction():
        ticket = Ticket.invite(cast.dmitri.email, workspace_id=cast.workspace.id, role="viewer", at=clock.now())
        link = path_of(ticket.link)
    assert "has an account already" in client.get(link).text
    assert client.post(link, data={"name": "D", "password": NEW}).status_code == 403
    assert browser_of(cast.boris).post(link).status_code == 403
    assert browser_of(cast.dmitri).post(link).location == "/w/acme/surveys"
    assert Role.of(cast.workspace.id, cast.dmitri.id).name == "viewer"


def test_a_new_password_ends_every_session_and_every_other_link(app, ana, client, browser_of, sign_in, reset):
    elsewhere = browser_of(ana)
    with transaction():
        second = path_of(Ticket.issue("reset", email=ana.email, at=clock.now()).link)
    assert client.get(reset).status_code == 200
    assert elsewhere.get("/account").status_code == 200
    assert client.post(reset, data={"password": NEW}).status_code == 303
    assert elsewhere.get("/account").status_code == 302
    assert client.get("/account").status_code == 200
    assert app.test_client().post(reset, data={"password": "another one entirely"}).status_code == 404
    assert app.test_client().post(second, data={"password": "another one entirely"}).status_code == 404
    assert sign_in(app.test_client(), ana.email).status_code == 422
    assert sign_in(app.test_client(), ana.email, NEW).status_code == 303


def test_links_expire(client, reset, invitation):
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=5)):
        assert client.get(reset).status_code == 404
        assert client.post(reset, data={"password": NEW}).status_code == 404
        assert client.get(invitation).status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=7, seconds=5)):
        assert client.post(invitation, data={"name": "Eva", "password": NEW}).status_code == 404


def test_a_link_is_good_for_one_purpose_only(client, reset, invitation):
    tokens = {path.split("/")[1]: path.split("/")[2] for path in (reset, invitation)}
    for page in ("welcome", "join", "reset"):
        for purpose, token in tokens.items():
            expected = 200 if page == purpose else 404
            assert client.get(f"/{page}/{token}").status_code == expected, (page, purpose)
            if page != purpose:
                assert client.post(f"/{page}/{token}", data=SETUP).status_code == 404


def test_a_bent_link_is_over(client, reset):
    head, token = reset.rsplit("/", 1)
    for at in range(len(token)):
        bent = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert client.get(f"{head}/{bent}").status_code == 404
    for odd in ("null", "%00", "x" * 5000, "None", "undefined"):
        assert client.get(f"{head}/{odd}").status_code == 404


def test_the_database_holds_no_usable_link(app, ana, reset, invitation, mailed_link, client):
    client.post("/forgot-password", data={"email": ana.email})
    link = mailed_link("/reset/")
    assert client.get(link).status_code == 200
    token = link.rsplit("/", 1)[1]
    assert all(mail.raw == "" for mail in db.session.scalars(select(Mail)))
    assert token not in {ticket.token_hash for ticket in db.session.scalars(select(Ticket))}


def test_asking_for_a_reset_looks_the_same_for_everybody(client, ana, mailed_link):
    known = client.post("/forgot-password", data={"email": ana.email})
    link = mailed_link("/reset/")
    unknown = client.post("/forgot-password", data={"email": "eva@acme.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ana.email, "") == unknown.text.replace("eva@acme.example", "")
    assert mailed_link("/reset/") == link
    assert [mail.to_address for mail in db.session.scalars(select(Mail))] == [ana.email]


def test_a_disabled_person_gets_no_reset(client, ana, mailed_link, reset):
    with transaction():
        db.session.get_one(User, ana.id).disabled_at = clock.now()
    client.post("/forgot-password", data={"email": ana.email})
    assert mailed_link("/reset/") is None
    assert client.get(reset).status_code == 404


def test_mailed_links_ignore_the_host_header(client, ana, mailed_link, settings):
    assert (
        client.post("/forgot-password", data={"email": ana.email}, headers={"Host": "evil.example"}).status_code == 400
    )
    client.post("/forgot-password", data={"email": ana.email}, headers={"X-Forwarded-Host": "evil.example"})
    assert mailed_link("/reset/")
    for file in (settings.data_dir / "outbox").glob("*.eml"):
        assert "evil.example" not in file.read_text()


def test_reset_mails_are_limited(client, ana):
    codes = [client.post("/forgot-password", data={"email": ana.email}).status_code for _try in range(5)]
    assert codes == [200] * 4 + [429]


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(ana, browser_of):
    here, there = browser_of(ana), browser_of(ana)
    wrong = here.post("/account/password", data={"current": "not the right one", "password": NEW})
    assert wrong.status_code == 422
    assert there.get("/account").status_code == 200
    old = here.get_cookie(COOKIE).value
    right = here.post("/account/password", data={"current": "lizard tower seven", "password": NEW})
    assert right.status_code == 303
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200
    there.set_cookie(COOKIE, old)
    assert there.get("/account").status_code == 302
    assert "user.password_changed" in db.session.scalars(select(Event.kind)).all()


def test_own_sessions_can_be_ended_and_nobody_elses(cast, browser_of):
    here, there, boris = browser_of(cast.ana), browser_of(cast.ana), browser_of(cast.boris)
    foreign = Session.of_user(cast.boris.id, now=clock.now())[0].id
    assert here.post("/account/sessions/end", data={"session": str(foreign)}).status_code == 404
    assert boris.get("/account").status_code == 200
    assert here.post("/account/sessions/end", data={"session": "others"}).status_code == 303
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200
