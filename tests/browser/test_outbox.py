"""The outbox and its test mail, as an admin uses them."""

from dataclasses import replace

import pytest

from base import clock
from base.db import db, new_id, transaction
from base.outbox import Mail
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.returning import Returned
from tests.base.test_smtp import Postbox, listening
from tests.browser.barring import SCREENS, too_wide, violations
from tests.cast import a_contact


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_a_refused_test_mail_is_read_on_one_page(app, cast, browse, settings, theme, width):
    page = browse(cast.ana, theme=theme, width=width)
    with listening(Postbox(rcpt="554 5.7.1 Relay access denied")) as port:
        app.config["SETTINGS"] = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}")
        try:
            page.goto("/w/acme/outbox")
            page.get_by_role("link", name="Send me a test").click()
            page.get_by_role("button", name="Send me a test").click()
            page.get_by_text("The mail server did not take it").wait_for()
        finally:
            app.config["SETTINGS"] = settings
    assert "554 5.7.1 Relay access denied" in page.locator(".talk").inner_text()
    assert (violations(page), too_wide(page), page.complaints) == ([], 0, [])


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_what_came_back_is_read_on_the_persons_page(app, cast, browse, theme, width):
    contact = a_contact(cast.workspace, "mara@customer.example", name="Mara Novak")
    long = "550 5.1.1 <" + "m" * 300 + "@customer.example>: Recipient address rejected"
    with transaction() as session:
        mara = session.get_one(Contact, contact.id)
        for kind, counted in (
            ("hard", False),
            ("soft", True),
            ("soft", False),
            ("complaint", False),
            ("delayed", False),
        ):
            Bounce.refused(mara, new_id(), Returned(kind, "5.1.1", long, counted=counted), at=clock.now())
    page = browse(cast.ana, theme=theme, width=width)
    page.goto(f"/w/acme/contacts/{contact.id}")
    assert page.locator(".returned-list > li").count() == 5
    assert (violations(page), too_wide(page)) == ([], 0)
    with page.expect_navigation():
        page.get_by_role("link", name="What the server sent").first.click()
    assert (violations(page), too_wide(page), page.complaints) == ([], 0, [])


def test_a_search_needs_no_button(cast, browse):
    with transaction():
        common = {"workspace_id": cast.workspace.id, "kind": "note", "raw": "x", "about": {}, "state": "sent"}
        common |= {"attempts": 1, "next_try_at": clock.now(), "created_at": clock.now()}
        for n in range(3):
            more = {"dedupe_key": f"s{n}", "message_id": f"<{n}@s>", "subject": f"Question {n}"}
            db.session.add(Mail(**common, **more, to_address=f"p{n}@customer.example"))
    page = browse(cast.ana)
    page.goto("/w/acme/outbox")
    page.get_by_label("Address").fill("p2@")
    page.get_by_label("Address").press("Enter")
    page.wait_for_url("**q=p2*")
    assert page.locator("tbody tr").count() == 1
