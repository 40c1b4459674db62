"""A designer maps a call in a real browser: chooses fields, sees what it would become, saves, replays."""

import json

import pytest

from base.db import db, transaction
from surveys.received_call import Parcel, ReceivedCall
from surveys.receiver import work_off
from tests.browser.barring import SCREENS, violations
from tests.cast import AT, a_survey
from tests.surveys.helpdesk import a_source, only_call

CALL = {
    "ticket": {
        "id": 9,
        "who": {"mail": "ana@customer.example", "name": '<img src=x onerror="alert(1)">'},
        "state": "done",
    }
}


@pytest.fixture
def desk(cast):
    source, _ = a_source(cast.workspace, "generic", a_survey(cast.workspace, name="After the ticket"))
    with transaction():
        parcel = Parcel("POST", "application/json", "", json.dumps(CALL).encode())
        ident = ReceivedCall.keep(source.id, parcel, at=AT).id
    work_off(ident)
    return source


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_a_call_is_mapped_in_view_of_what_it_becomes(cast, desk, browse, width, theme):
    page = browse(cast.boris, width=width, theme=theme)
    page.goto(f"/w/acme/sources/{desk.id}")
    assert violations(page) == []
    becomes = page.locator("#becomes")
    assert "holds no" in becomes.inner_text()
    page.get_by_label("Email address").select_option("/ticket/who/mail")
    page.get_by_label("Ticket or order id").select_option("/ticket/id")
    becomes.get_by_text("After the ticket would ask about it.").wait_for()
    page.get_by_label("Customer's name").select_option("/ticket/who/name")
    becomes.get_by_text('<img src=x onerror="alert(1)">').wait_for()
    page.get_by_label("Status").select_option("/ticket/state")
    page.get_by_label("Ask when it is").fill("closed")
    becomes.get_by_text("means neither to ask nor to take back").wait_for()
    page.get_by_label("Ask when it is").fill("done")
    becomes.get_by_text("would ask about it").wait_for()
    page.get_by_role("button", name="Save how calls are read").click()
    page.get_by_text("Calls are read like this from now on").wait_for()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("The question is on its way").first.wait_for()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("Already asked about").first.wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (page.complaints, page.elsewhere) == ([], [])
    db.session.rollback()
    assert only_call(desk).interaction_id is not None


def test_without_script_the_page_is_mapped_too(cast, desk, browse):
    page = browse(cast.boris, java_script_enabled=False)
    page.goto(f"/w/acme/sources/{desk.id}")
    page.get_by_label("Email address").select_option("/ticket/who/mail")
    page.get_by_label("Ticket or order id").select_option("")
    page.get_by_role("button", name="Save how calls are read").click()
    assert "Choose which field tells one ticket or order from another" in page.inner_text("main")
    page.get_by_label("Ticket or order id").select_option("/ticket/id")
    page.get_by_role("button", name="Save how calls are read").click()
    assert "After the ticket would ask about it." in page.inner_text("#becomes")
