"""What is answered in front of Flask is what Flask would have answered; and nothing else is answered there."""

import dataclasses

import pytest
import time_machine

from base.db import db
from feedback.app import create_app
from feedback.response import Response
from feedback.revision import Revision
from feedback.views.doorstep import Doorstep
from tests.cast import a_survey, an_invitation

NOON = "2026-11-20T12:00:00Z"


@pytest.fixture
def asked(monkeypatch):
    """The requests that the doorstep left to Flask, as (method, path)."""
    left, plain = [], Doorstep._reply

    def watched(self, environ):
        reply = plain(self, environ)
        if reply is None:
            left.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return reply

    monkeypatch.setattr(Doorstep, "_reply", watched)
    return left


@pytest.fixture
def only_flask(monkeypatch):
    """From the call of it on, nothing is answered on the doorstep."""
    return lambda: monkeypatch.setattr(Doorstep, "_reply", lambda *_: None)


def told(reply, form_of):
    """Status, headers and body of an answer, without what is new on every page."""
    fresh = form_of(reply.text).get("form_id", "no form")
    return reply.status, sorted(reply.headers), reply.text.replace(fresh, "")


def test_a_plain_page_and_answer_do_not_enter_flask(client, link, send, asked):
    assert client.get(f"{link}/9").status_code == 200
    assert send(link, score=9, comment="Café & crème").status_code == 303
    assert asked == []
    assert db.session.query(Response.comment).scalar() == "Café & crème"


IF_LOW = {"conditions": [{"about": "band", "is": ["detractor"]}]}


@pytest.mark.parametrize("more", [{"required": True}, {"required": True, "show": IF_LOW}, {"show": IF_LOW}])
def test_a_comment_that_is_asked_later_or_must_be_given_is_not_skipped(client, cast, form_of, more):
    survey = a_survey(
        cast.workspace, questions=[{"id": "score", "kind": "score"}, {"id": "comment", "kind": "long", **more}]
    )
    link = f"/s/{an_invitation(survey).token}"
    reply = client.post(link, data=form_of(client.get(link).text) | {"score": "2", "go": "next"})
    assert reply.status_code == (200 if "show" in more else 422)
    assert 'name="comment"' in reply.text
    assert db.session.query(Response).count() == 0
    done = client.post(link, data=form_of(reply.text) | {"score": "2", "comment": "Slow."})
    assert done.status_code == 303
    assert db.session.query(Response.comment).scalar() == "Slow."


@pytest.mark.parametrize("path", ["", "/0", "/10", "/99"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
@time_machine.travel(NOON, tick=False)
def test_a_page_is_the_same_as_from_flask(client, link, form_of, only_flask, path, encoding):
    headers = {"Accept-Encoding": encoding}
    swift = client.get(link + path, headers=headers)
    only_flask()
    plain = client.get(link + path, headers=headers)
    if encoding:
        assert (swift.headers["Content-Encoding"], swift.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert {*swift.headers.keys()} == {*plain.headers.keys()}
    else:
        assert told(swift, form_of) == told(plain, form_of)


@time_machine.travel(NOON, tick=False)
def test_an_answer_is_acknowledged_and_kept_as_by_flask(client, cast, form_of, only_flask):
    survey = a_survey(cast.workspace, locales=("en", "sl"))
    replies, rows = [], []
    for _ in range(2):
        page = f"/s/{an_invitation(survey).token}"
        fields = form_of(client.get(page).text) | {"score": 7, "comment": "Fine\r\nthanks", "lang": "sl"}
        reply = client.post(page, data=fields)
        replies.append((reply.status, sorted(reply.headers.keys()), reply.headers["Location"].replace(page, "")))
        kept = db.session.query(Response).order_by(Response.id.desc()).first()
        revision = Revision.all_of(kept.id)[0]
        rows.append((kept.score, kept.comment, kept.locale, kept.created_at, revision.opened_at, revision.client))
        only_flask()
    assert replies[0] == replies[1]
    assert rows[0] == rows[1]


def test_over_https_it_says_so_too(settings, link):
    secure = create_app(dataclasses.replace(settings, public_url="https://surveys.example"))
    reply = secure.test_client().get(link, base_url="https://surveys.example")
    assert reply.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "request_of",
    [
        lambda link: {"path": link, "method": "HEAD"},
        lambda link: {"path": f"{link}?lang=sl"},
        lambda link: {"path": f"{link}/all"},
        lambda link: {"path": f"{link}/thanks"},
        lambda link: {"path": "/s/" + "A" * 22},
        lambda link: {"path": link, "headers": {"Host": "evil.example"}},
        lambda link: {"path": link, "method": "POST", "data": {"score": "11", "form_id": "12345678"}},
        lambda link: {"path": link, "method": "POST", "data": {"score": "9"}},
        lambda link: {"path": link, "method": "POST", "data": {"score": "9", "form_id": "12345678", "switch": "sl"}},
        lambda link: {"path": link, "method": "POST", "json": {"score": "9"}},
        lambda link: {"path": link, "method": "POST", "data": b"score=9&comment=\xff&form_id=12345678"},
        lambda link: {"path": link, "method": "PUT"},
    ],
)
def test_whatever_is_unusual_is_left_to_flask(client, link, asked, request_of):
    wanted = request_of(link)
    if isinstance(wanted.get("data"), bytes):
        wanted["content_type"] = "application/x-www-form-urlencoded"
    reply = client.open(**wanted)
    assert asked == [(reply.request.method, reply.request.path)]
