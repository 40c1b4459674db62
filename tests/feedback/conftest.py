"""An invitation, its link, and a browser that answers it as a person's does."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from tests.cast import AT, a_survey, an_invitation


@pytest.fixture
def friday():
    """Two hours after the cast's interactions, and no later until it is moved on."""
    with time_machine.travel(AT + timedelta(hours=2), tick=False) as traveller:
        yield traveller


@pytest.fixture
def invitation(cast):
    return an_invitation(a_survey(cast.workspace, locales=("en", "sl", "el")))


@pytest.fixture
def link(invitation):
    return f"/s/{invitation.token}"


@pytest.fixture
def form_of():
    """The hidden fields of a page's form, as a browser would send them."""

    def read(page):
        hidden = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page)
        return {name: html.unescape(value) for name, value in hidden}

    return read


@pytest.fixture
def send(client, form_of):
    """Opens the page and sends its form with `fields` filled in."""

    def fill_in(link, *, by=client, **fields):
        return by.post("/".join(link.split("/")[:3]), data=form_of(by.get(link).text) | fields)

    return fill_in
