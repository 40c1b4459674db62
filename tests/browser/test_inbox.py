"""The list of comments by keyboard: through it, a tag on one of them, and a search while typing."""

import pytest

from tests.cast import a_survey
from tests.feedback.said import all_said


@pytest.fixture
def said(cast, run_jobs):
    return all_said(a_survey(cast.workspace, name="Support"), run_jobs)


def test_the_list_is_worked_through_without_a_mouse(cast, said, browse):
    page = browse(cast.cvetka)
    page.goto("/w/acme/responses?commented=1")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('.inbox-row').id") == f"r-{said[-1].id}"
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.keyboard.type("Call back")
    page.keyboard.press("Enter")
    row = page.locator(f"#r-{said[-2].id}")
    row.get_by_role("button", name="Take away the tag Call back").wait_for()
    assert page.evaluate("document.activeElement.closest('.inbox-row').id") == f"r-{said[-2].id}"
    page.keyboard.press("/")
    page.keyboard.type("pArC")
    page.wait_for_url("**/responses?commented=1&q=pArC")
    assert page.locator(".inbox-row mark").all_inner_texts() == ["parcel", "parcel"]
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Tab")
    page.locator(".inbox-open").first.press("Enter")
    page.wait_for_url(f"**/responses/{said[5].id}")
    assert page.complaints == page.elsewhere == []
