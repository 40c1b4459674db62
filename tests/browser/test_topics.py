"""An own topic is tried on comments while its words are typed, and leads to them when it is kept."""

from tests.cast import a_survey
from tests.feedback.said import all_said


def test_words_are_tried_while_they_are_typed(cast, run_jobs, browse):
    all_said(a_survey(cast.workspace, name="Support"), run_jobs)
    page = browse(cast.boris)
    page.goto("/w/acme/topics/new")
    page.get_by_label("Name").fill("Parcels")
    words = page.get_by_role("textbox", name="Words")
    words.press_sequentially("PARC*, škatla")
    page.locator(".topic-found").wait_for()
    assert "2 of the last 7 comments" in page.locator("#trial").inner_text().replace("\xa0", " ")
    assert len(page.locator(".topic-examples li").all()) == 2
    words.press_sequentially(", b*")
    page.get_by_text("write at least 2 letters right in front of *").wait_for()
    assert words.input_value() == "PARC*, škatla, b*"
    words.fill("parc*")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Comments about Parcels").click()
    page.wait_for_url("**/responses?commented=1&topic=*")
    assert len(page.locator(".inbox-row").all()) == 2
    assert page.complaints == page.elsewhere == []
