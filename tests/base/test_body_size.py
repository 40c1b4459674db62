"""A route that takes more says so before the check of forms reads the body."""

import io
import re

import pytest
from sqlalchemy import func, select

from base.db import db
from surveys import mailroom
from surveys.bounce import Bounce
from tests.cast import a_survey, an_api_key


def token(browser, page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(page).text)[1]


def test_a_table_of_a_megabyte_passes_the_check_of_forms(cast, browser_of, csrf):
    browser, table = browser_of(cast.boris), b"email,ticket\n" + b"a@b.example,1\n" * 80_000
    survey = str(a_survey(cast.workspace).id)
    data = {
        "csrf_token": token(browser, "/w/acme/import"),
        "survey": survey,
        "file": (io.BytesIO(table), "tickets.csv"),
    }
    assert browser.post("/w/acme/import", data=data, content_type="multipart/form-data").status_code == 303


def test_other_routes_take_what_people_type_and_no_more(cast, browser_of):
    answer = browser_of(cast.boris).post("/w/acme/surveys/new/start?from=nps", data={"name": "x" * 300_000})
    assert answer.status_code == 413


ENDLESS = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
HEAD = b"From: a@b.example\r\nSubject: x\r\n\r\n"


@pytest.mark.parametrize(("size", "status"), [(mailroom.LARGEST, 200), (mailroom.LARGEST + 1, 413)])
@pytest.mark.parametrize("kind", ["message/rfc822", "application/x-www-form-urlencoded"])
def test_a_body_of_unknown_length_is_taken_whole_or_refused_and_never_cut(client, cast, kind, size, status):
    head = HEAD if kind == "message/rfc822" else b"message=From: a@b.example%0D%0A%0D%0A"
    answer = client.post(
        "/api/v1/mail/inbound",
        input_stream=io.BytesIO(head.ljust(size, b"x")),
        content_type=kind,
        headers={"Authorization": f"Bearer {an_api_key(cast.workspace)}"},
        environ_overrides=ENDLESS,
    )
    assert answer.status_code == status, answer.text
    assert db.session.scalar(select(func.count()).select_from(Bounce)) == (status == 200)
