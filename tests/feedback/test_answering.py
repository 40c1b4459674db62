"""The respondent's path through real requests: what is kept, what is said, and what never happens."""

import html
import re

import pytest
from sqlalchemy import event, func, select

from base.db import db, transaction
from feedback.response import Response
from feedback.revision import Revision
from surveys.intent import Intent
from tests.cast import AT, a_survey, an_invitation


def test_an_answer_is_kept_and_thanked_for(client, link, send):
    page = client.get(link)
    assert page.status_code == 200
    reply = send(link, score=9, comment="Quick and kind.\r\nThank you")
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{link}/thanks")
    assert "Thank you" in client.get(reply.headers["Location"]).text
    [kept] = responses()
    assert (kept.score, kept.comment, kept.revision, kept.agent) == (9, "Quick and kind.\nThank you", 1, "Vid")


def responses():
    return db.session.scalars(select(Response)).all()


@pytest.fixture
def invitation(cast):
    return an_invitation(a_survey(cast.workspace))


@pytest.fixture
def link(invitation):
    return f"/s/{invitation.token}"


@pytest.fixture
def send(client):
    """Opens the page as a browser does and sends its form with `fields` filled in."""

    def send(link, **fields):
        page = client.get(link).text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        return client.post(link, data={name: html.unescape(value) for name, value in hidden} | fields)

    return send
