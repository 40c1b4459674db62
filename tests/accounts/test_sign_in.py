import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from accounts import hashing
from accounts.access import COOKIE
from accounts.jobs import tidy
from accounts.session import Session
from accounts.ticket import Ticket
from accounts.user import User
from base import clock
from base.db import db, transaction
from base.events import Event
from base.throttle import Bucket

PASSWORD = "lizard tower seven"


def cookie(client):
    found = client.get_cookie(COOKIE)
    return found.value if found else None


def kinds():
    return list(db.session.scalars(select(Event.kind).order_by(Event.id)))


def test_the_right_password_opens_the_first_workspace(client, ana, sign_in):
    answer = sign_in(client, "Ana@Acme.example ")
    assert answer.status_code == 303
    assert answer.location == "/"
    assert client.get("/").location == "/w/acme/surveys"
    assert "user.signed_in" in kinds()


def test_cookies_are_http_only_and_lax(client, ana, sign_in):
    answer = sign_in(client, "ana@acme.example")
    session = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Path=/" in session


def test_cookies_insist_on_https_where_there_is_https(app, client, ana, sign_in, monkeypatch):
    monkeypatch.setitem(app.config, "SECURE", True)
    lines = sign_in(client, "ana@acme.example").headers.getlist("Set-Cookie")
    ours = [line for line in lines if "afterword_session" in line or "afterword_device" in line]
    assert len(ours) == 2
    assert all(line.startswith("__Host-") and "Secure" in line and "Domain" not in line for line in ours)


def without_tokens(answer):
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_unknown_disabled_and_mistyped_look_the_same(client, ana, cast, sign_in):
    with transaction():
        db.session.get_one(User, cast.boris.id).disabled_at = clock.now()
        db.session.get_one(User, cast.boris.id).password_hash = ana.password_hash
    unknown = sign_in(client, "nobody@acme.example")
    disabled = sign_in(client, "boris@acme.example")
    passwordless = sign_in(client, "cvetka@acme.example")
    mistyped = sign_in(client, "ana@acme.example", "wrong wrong wrong")
    assert {a.status_code for a in (unknown, disabled, passwordless, mistyped)} == {422}
    assert len({without_tokens(a) for a in (unknown, disabled, passwordless, mistyped)}) == 1
    assert kinds().count("user.sign_in_failed") == 4


def test_everybody_costs_exactly_one_hash(client, ana, cast, sign_in, monkeypatch):
    checked = []

    class Counting:
        def verify(self, kept, password):
            checked.append(kept.split("$")[3])
            return hasher.verify(kept, password)

        hash = staticmethod(hashing.keep)

    hasher = hashing._hasher
    hashing._nobodys()
    monkeypatch.setattr(hashing, "_hasher", Counting())
    for email in ("ana@acme.example", "nobody@acme.example", "cvetka@acme.example"):
        sign_in(client, email, "wrong wrong wrong")
    assert checked == ["m=47104,t=2,p=1"] * 3


def test_what_opens_nothing_any_more_is_forgotten(client, ana, sign_in):
    sign_in(client, "ana@acme.example")
    client.post("/forgot-password", data={"email": ana.email})
    tidy(clock.now())
    assert [count(table) for table in (Session, Ticket, Bucket)] == [1, 1, 4]
    tidy(clock.now() + timedelta(days=40))
    assert [count(table) for table in (Session, Ticket, Bucket)] == [0, 0, 0]


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_cookie_known_before_sign_in_opens_nothing_after_it(client, ana, sign_in):
    client.set_cookie(COOKIE, "planted-by-somebody")
    sign_in(client, "ana@acme.example")
    assert cookie(client) != "planted-by-somebody"
    before = cookie(client)
    sign_in(client, "ana@acme.example")
    assert cookie(client) != before
    client.set_cookie(COOKIE, before)
    assert client.get("/account").status_code == 302


def test_the_old_cookie_is_worth_nothing_after_sign_out(client, ana, sign_in):
    sign_in(client, "ana@acme.example")
    old = cookie(client)
    assert client.get("/account").status_code == 200
    assert client.post("/sign-out").status_code == 303
    client.set_cookie(COOKIE, old)
    assert client.get("/account").status_code == 302
    assert "user.signed_out" in kinds()


def test_signing_out_needs_a_post(client, ana, sign_in):
    sign_in(client, "ana@acme.example")
    assert client.get("/sign-out").status_code == 405
    assert client.get("/account").status_code == 200


def test_a_disabled_person_is_out_at_the_next_request(cast, browser_of):
    boris, ana = browser_of(cast.boris), browser_of(cast.ana)
    assert boris.get("/account").status_code == 200
    assert ana.post(f"/w/acme/settings/people/{cast.boris.id}/disable").status_code == 303
    assert boris.get("/account").status_code == 302


def test_sessions_end_after_a_week_of_silence_and_after_a_month(client, ana, sign_in):
    with time_machine.travel("2026-11-22T09:00:00Z", tick=False) as travel:
        sign_in(client, "ana@acme.example")
        for _day in range(29):
            travel.shift(timedelta(days=1))
            assert client.get("/account").status_code == 200
        travel.shift(timedelta(days=1, seconds=1))
        assert client.get("/account").status_code == 302
        sign_in(client, "ana@acme.example")
        travel.shift(timedelta(days=7, seconds=1))
        assert client.get("/account").status_code == 302


@pytest.mark.web
@pytest.mark.parametrize(
    "foreign",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1@evil.example",
        "evil.example",
        " //evil.example",
        "%2f%2fevil.example",
        "http://[",
    ],
)
def test_next_never_leads_out(client, ana, sign_in, foreign):
    assert sign_in(client, "ana@acme.example", next=foreign).location == "/"
    assert client.get("/sign-in", query_string={"next": foreign}).location == "/"


def test_next_leads_back_to_our_own_page(client, ana, sign_in):
    asked = client.get("/w/acme/settings?tab=1")
    assert asked.status_code == 302
    assert "next=/w/acme/settings" in asked.location
    assert sign_in(client, "ana@acme.example", next="/w/acme/settings?tab=1").location == "/w/acme/settings?tab=1"


def test_a_form_without_its_token_is_refused(csrf, client, ana, sign_in):
    answer = sign_in(client, "ana@acme.example")
    assert answer.status_code == 400
    assert "open too long" in answer.text
    assert cookie(client) is None


def test_a_token_of_another_browser_is_refused(app, csrf, client, ana, sign_in):
    page = app.test_client().get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    client.get("/sign-in")
    assert sign_in(client, "ana@acme.example", csrf_token=token).status_code == 400


def test_an_old_hash_is_renewed_at_sign_in(client, ana, sign_in):
    from argon2 import PasswordHasher

    with transaction():
        db.session.get_one(User, ana.id).password_hash = PasswordHasher(1, 1024, 1).hash(PASSWORD)
    assert sign_in(client, "ana@acme.example").status_code == 303
    kept = db.session.scalar(select(User.password_hash).where(User.id == ana.id))
    assert "m=47104,t=2,p=1" in kept


def test_only_the_hash_of_a_session_is_kept(client, ana, sign_in):
    sign_in(client, "ana@acme.example")
    kept = db.session.scalars(select(Session.token_hash)).all()
    assert cookie(client) not in kept
    assert all(len(one) == 64 for one in kept)


def test_forms_work_by_https_without_a_referrer(csrf, client, ana):
    page = client.get("/sign-in", base_url="https://127.0.0.1")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)
    values = {"email": ana.email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=values, base_url="https://127.0.0.1").status_code == 303
