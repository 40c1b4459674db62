"""The list of comments by keyboard: through it, a tag on one of them, and a search while typing."""

import pytest
from playwright.sync_api import expect

from base.db import transaction
from tests.cast import AT, a_survey
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


def test_what_opens_on_a_phone_stays_on_its_screen(cast, said, browse):
    page = browse(cast.boris, width=360, has_touch=True)
    for path, opener, shown in (
        ("/w/acme/responses?commented=1", "Filter", "Period"),
        ("/w/acme/results", "Filter", "Agent"),
        ("/w/acme/results", "Dates", "To and including"),
        ("/w/acme/surveys/support", "More", "Versions"),
    ):
        page.goto(path)
        page.locator("summary", has_text=opener).click()
        box = page.locator("[open] > .menu-list").bounding_box()
        assert 0 <= box["x"] <= 360 - box["width"], (path, opener, box)
        expect(page.locator("[open] > .menu-list").get_by_text(shown, exact=True)).to_be_visible()


def test_a_tag_is_merged_behind_its_menu(cast, said, browse):
    with transaction() as session:
        for response, name in ((said[-1], "Call back"), (said[-2], "Phone")):
            session.merge(response).add_tag(name, at=AT, by=cast.cvetka.id)
    page = browse(cast.cvetka, width=360, has_touch=True)
    page.goto("/w/acme/tags")
    name = page.get_by_label("New name of Phone")
    expect(name).to_be_hidden()
    page.get_by_label("Rename, merge or delete Phone").click()
    box = page.locator("[open] > .menu-list").bounding_box()
    assert 0 <= box["x"] <= 360 - box["width"]
    name.fill("call back")
    name.press("Enter")
    expect(page.get_by_text("“Phone” was merged into “Call back”.")).to_be_visible()
    expect(page.locator(".tag-line")).to_have_count(1)
    expect(page.get_by_text("2 answers")).to_be_visible()
    assert page.complaints == page.elsewhere == []
