"""The page of an alert on a phone: what can be done with it stands in one row, and removing it is asked first."""

import pytest

from base.db import db
from feedback.alert import Alert
from tests.feedback.alerts import an_alert


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_can_be_done_with_an_alert_stands_in_one_row_of_a_phone(cast, browse, theme):
    ident = an_alert(cast.workspace).id
    page = browse(cast.cvetka, width=360, theme=theme, has_touch=True)
    page.goto(f"/w/acme/alerts/{ident}")
    boxes = [one.bounding_box() for one in page.locator(".page-actions :is(.button, .menu-trigger)").all()]
    assert len(boxes) == 3
    assert len({box["y"] for box in boxes}) == 1
    assert all(min(box["width"], box["height"]) >= 44 for box in boxes)
    page.get_by_label("More").click()
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_url("**/alerts")
    db.session.rollback()
    assert db.session.get(Alert, ident, populate_existing=True) is None
    assert (page.complaints, page.elsewhere) == ([], [])
