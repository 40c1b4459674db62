"""A link is its exact token: no other letter, purpose, age or place opens what it opens, and none is told to others."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from accounts.ticket import Ticket
from accounts.user import User
from base import clock, tokens
from base.db import db, transaction
from feedback.digest import Digest
from feedback.response import Response
from feedback.way import pause_url
from surveys.contact import Contact
from surveys.emails import unsubscribe_url
from surveys.intent import Intent
from tests.town import last_part

pytestmark = pytest.mark.web

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PASSWORD = {"password": "correct horse battery staple", "name": "Mallory", "email": "m@m.example", "company": "M"}
FORMS = {
    "/s/": {"score": "0", "comment": "forged", "form_id": "forged", "lang": "en"},
    "/u/": {"List-Unsubscribe": "One-Click"},
    "/digest/pause/": {"List-Unsubscribe": "One-Click"},
    "/reset/": PASSWORD,
    "/join/": PASSWORD,
    "/welcome/": PASSWORD | {"language": "en", "zone": "UTC"},
}


@pytest.fixture
def good(town):
    """A working token behind each kind of address."""
    return {
        "/s/": town.waiting.token,
        "/u/": last_part(unsubscribe_url(town.contact_id, town.survey.id, "sl")),
        "/digest/pause/": last_part(pause_url(db.session.get_one(Digest, town.digest_id))),
        "/reset/": last_part(town.ticket("reset").link),
        "/join/": last_part(town.ticket("invite").link),
        "/welcome/": last_part(town.ticket("setup").link),
    }


def effects():
    """What a forged link would have changed."""
    db.session.rollback()
    counted = (
        select(func.count()).select_from(Response),
        select(func.count()).where(Contact.suppressed_at.is_not(None)),
        select(func.count()).where(Digest.paused_at.is_not(None)),
        select(func.count()).where(User.password_hash.is_not(None)),
        select(func.count()).select_from(User),
        select(func.count()).where(Ticket.used_at.is_not(None)),
    )
    return [db.session.scalar(query) for query in counted]


def spoilt(token):
    """The token with each letter changed, cut at each length, and with something more."""
    for place, letter in enumerate(token):
        yield token[:place] + ALPHABET[(ALPHABET.find(letter) + 17) % 64] + token[place + 1 :]
    last = ALPHABET.find(token[-1])
    yield from (token[:-1] + ALPHABET[(last + step) % 64] for step in (1, 2, 3, 61, 62, 63))  # bits nobody reads
    yield from (token[:length] for length in range(len(token)))
    yield from (token + more for more in ("A", "=", "%00", "%0a", ".", "%20", "%F0%9F%92%A9", "/", token))
    yield from ("%20" + token, "%00", "null", "None", "undefined", "0", "*", "%25", token.swapcase(), token[::-1])


def tried(client, prefix, token):
    """The statuses of looking and of pressing."""
    return (
        client.get(prefix + token).status_code,
        client.post(prefix + token, data=FORMS[prefix], headers={"Origin": "http://localhost"}).status_code,
    )


def test_a_token_with_anything_changed_opens_nothing(client, good):
    before = effects()
    taken = {
        (prefix, token): statuses
        for prefix in FORMS
        for token in spoilt(good[prefix])
        if not set(statuses := tried(client, prefix, token)) <= {404, 405, 308, 410}
    }
    assert taken == {}
    assert effects() == before


def test_a_token_opens_only_what_it_is_for(client, good):
    before = effects()
    taken = {
        (prefix, kind): statuses
        for prefix in FORMS
        for kind, token in good.items()
        if kind != prefix and set(statuses := tried(client, prefix, token)) != {404}
    }
    assert taken == {}
    assert effects() == before


def test_a_value_signed_for_another_purpose_opens_nothing(app, client, town):
    before = effects()
    contact, digest = f"{town.contact_id.hex}sl", str(town.digest_id)
    for purpose in ("unsubscribe", "device", "digest-pause", "preview", ""):
        for value in (contact, digest, {"id": digest}, [digest], None, 7, "x" * 32):
            token = tokens.sign(f"other-{purpose}", value)
            assert set(tried(client, "/u/", token) + tried(client, "/digest/pause/", token)) == {404}
    assert effects() == before


def test_a_link_is_over_when_its_time_is(client, good):
    before, now = effects(), clock.now()
    for prefix, hours in {"/reset/": 1, "/join/": 24 * 7, "/welcome/": 24 * 7}.items():
        with time_machine.travel(now + timedelta(hours=hours, seconds=1), tick=True):
            assert tried(client, prefix, good[prefix]) == (404, 404), prefix
    assert effects() == before


def test_a_second_value_of_a_field_changes_nothing(client, good, town):
    reply = client.post(good_path(good), data={"score": ["2", "9"], "form_id": "twice", "lang": ["en", "sl"]})
    assert reply.status_code in {303, 400, 422}
    assert client.post(f"/u/{good['/u/']}?List-Unsubscribe=One-Click").status_code == 400
    assert db.session.scalar(select(Contact.suppressed_at).where(Contact.id == town.contact_id)) is None


def good_path(good):
    return f"/s/{good['/s/']}"


def secrets_in(text, good, town):
    """Which kinds of secrets a text shows."""
    return {kind for kind, token in good.items() if token in text} | ({"key"} if town.key in text else set())


@pytest.mark.parametrize("role", ["viewer", "manager", "designer"])
def test_nobody_below_an_admin_reads_a_secret_of_others(app, town, good, browser_of, role):
    """Not on any page, not in any answer of it. The mail of an invitation shows its link to designers, who send it."""
    from tests.town import routes

    browser = browser_of(town.colleague(role))
    told = {}
    for rule in routes(app):
        if rule.arguments & {"token"} or "static" in rule.endpoint:
            continue
        reply = browser.get(town.path(app, rule))
        allowed = {"/s/", "/u/", "/digest/pause/"} if role == "designer" and "outbox" in rule.rule else set()
        allowed |= {"/digest/pause/"} if "digests" in rule.rule else set()
        found = secrets_in(reply.get_data().decode(errors="replace") + str(reply.headers), good, town) - allowed
        if found:
            told[rule.rule] = found
    assert told == {}


def test_no_secret_is_kept_in_the_database(app, town, good, client):
    from tests.town import rows

    client.get(good_path(good))
    kept = rows()
    shown = {
        (table, kind)
        for table, found in kept.items()
        for kind in ("/reset/", "/join/", "/welcome/")
        if any(good[kind] in row for row in found)
    }
    assert shown == set()
    assert not any(town.key in row for found in kept.values() for row in found)
    assert db.session.scalar(select(func.count()).select_from(Intent)) >= 0


def test_an_unexpected_error_names_no_token_in_page_or_log(app, town, good, client, monkeypatch, caplog):
    from base import web

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(Ticket, "find", broken)
    monkeypatch.setitem(app.error_handler_spec[None][None], Exception, web._unexpected)
    reply = client.get(f"/reset/{good['/reset/']}")
    assert reply.status_code == 500
    reference = re.search(r"[0-9a-f]{12}", reply.text)
    assert reference
    assert reference[0] in caplog.text
    assert good["/reset/"] not in caplog.text + reply.text


def test_a_failing_statement_tells_no_words_of_people(app):
    with pytest.raises(SQLAlchemyError) as caught, transaction() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:word)"), {"word": "secret@customer.example"})
    assert "secret@customer.example" not in str(caught.value)
