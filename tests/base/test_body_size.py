"""A route that takes more says so before the check of forms reads the body."""

import io
import re

from tests.cast import a_survey


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
