"""The editor in a real browser: the preview follows the typing, and everything works without script too."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from base.db import db, transaction
from surveys.survey import Survey
from tests.cast import a_draft, a_survey

pytestmark = pytest.mark.browser


@pytest.fixture
def survey(cast):
    survey = a_survey(cast.workspace, name="Support", locales=("en", "sl"), texts={"en": {"question": "How was it?"}})
    with transaction():
        draft = {**survey.draft, "texts": {"en": {"question": "How was our help?"}}}
        db.session.get(Survey, survey.id).save_draft(draft, revision=1, at=survey.created_at)
    return survey


def saved(survey):
    db.session.expire_all()
    return db.session.get(Survey, survey.id).draft["texts"]


def shown(page):
    """The one frame of the preview, once the newest answer is there."""
    expect(page.locator("[data-stage] iframe")).to_have_count(1)
    return page.frame_locator("[data-stage] iframe")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_bars_anybody_on_the_designers_pages(cast, browse, survey, theme, width):
    page = browse(cast.boris, width=width, theme=theme)
    for path in ("", "/new", "/support", "/support/edit", "/support/publish", "/support/versions"):
        page.goto(f"/w/acme/surveys{path}")
        page.eval_on_selector_all("details.fold, details.more", "all => all.forEach(one => one.open = true)")
        found = Axe().run(page, options={"iframes": False}).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == page.elsewhere == []


def test_the_preview_follows_the_typing_and_leaves_the_history_alone(cast, browse, survey):
    page = browse(cast.boris)
    page.goto("/w/acme/surveys/support/edit")
    steps = page.evaluate("history.length")
    page.fill("#en-question", "Still <b>unsaved</b>, {company}?")
    page.wait_for_timeout(500)
    heading = shown(page).get_by_role("heading", name="Still <b>unsaved</b>, Acme?")
    heading.wait_for()
    page.check("[name=theme][value=dark]")
    page.click("[data-tab=sl]")
    shown(page).locator("html[lang=sl]").wait_for()
    assert page.evaluate("history.length") == steps
    assert saved(survey)["en"]["question"] == "How was our help?"
    assert page.complaints == []


def test_send_in_the_preview_shows_the_thanks_and_keeps_nothing(cast, browse, survey):
    page = browse(cast.boris)
    page.goto("/w/acme/surveys/support/edit")
    page.fill("#en-thanks_title", "Cheers!")
    page.check("[name=show][value=answer]")
    shown(page).locator("label:has(#s9)").click()
    shown(page).get_by_role("button", name="Send").click()
    shown(page).get_by_role("heading", name="Cheers!").wait_for()


def test_without_script_all_languages_stand_below_each_other_and_a_button_previews(cast, browse):
    survey = a_draft(cast.workspace, name="Support", locales=("en", "sl"))
    page = browse(cast.boris, java_script_enabled=False)
    page.goto("/w/acme/surveys/support/edit")
    page.fill("#sl-question", "Kako je bilo?")
    page.fill("#en-question", "Plain?")
    page.get_by_role("button", name="Show in preview").click()
    page.frame_locator("[name=preview]").get_by_role("heading", name="Plain?").wait_for()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("Draft saved.").wait_for()
    assert (saved(survey)["en"], saved(survey)["sl"]) == ({"question": "Plain?"}, {"question": "Kako je bilo?"})
