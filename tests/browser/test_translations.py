"""Translating by keyboard: from one missing text to the next, saved, and never lost."""

import re

import pytest

from surveys.survey import Survey
from surveys.translating.rows import own_texts
from tests.browser.barring import SCREENS, too_wide, violations
from tests.cast import a_draft
from tests.surveys.test_translations_page import fresh, somebody_else

TEXTS = {"en": {"question": "How was the coffee?", "comment_label": "Why is that?", "thanks_body": "See you soon."}}
PAGE = "/w/acme/surveys/coffee/translations?to=ar"


def opened(cast, browse):
    survey = a_draft(cast.workspace, name="Coffee", locales=("en", "ar"), texts=TEXTS)
    page = browse(cast.boris)
    page.goto(PAGE)
    return survey, page


def test_missing_texts_are_found_and_written_by_keyboard_alone(cast, browse):
    survey, page = opened(cast, browse)
    assert page.locator('[data-row="missing"]').count() == 3
    for words in ("كيف كانت القهوة؟", "لماذا؟", "إلى اللقاء."):
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.type(words)
    assert page.locator('[data-row="missing"]').count() == 0
    assert page.get_by_text("Not saved yet").is_visible()
    page.keyboard.press("Control+s")
    page.get_by_text("Saved. This language is complete.").wait_for()
    assert own_texts(fresh(survey).draft, "ar") == {
        "question": "كيف كانت القهوة؟",
        "comment_label": "لماذا؟",
        "thanks_body": "إلى اللقاء.",
    }
    assert page.complaints == []


def test_words_of_somebody_else_can_be_taken_with_one_press(cast, browse):
    survey, page = opened(cast, browse)
    page.locator("#t-question").fill("القهوة؟")
    somebody_else(survey, "ar", question="كيف القهوة؟")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Use theirs").click()
    assert page.locator("#t-question").input_value() == "كيف القهوة؟"
    page.get_by_role("button", name="Save").click()
    page.get_by_text(re.compile("^Saved")).wait_for()
    assert Survey.of(cast.workspace.id, "coffee").draft["texts"]["ar"] == {"question": "كيف القهوة؟"}


def test_leaving_with_unsaved_words_asks_first(cast, browse):
    _, page = opened(cast, browse)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#t-send").fill("أرسل")
    page.goto("/w/acme/surveys")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_a_file_is_looked_at_on_a_page_that_bars_nobody(cast, browse, theme, width):
    a_draft(cast.workspace, name="Coffee", locales=("en", "ar"), texts=TEXTS)
    page = browse(cast.boris, theme=theme, width=width)
    page.goto(PAGE)
    table = "key,source,target\r\nquestion,How was the tea?,كيف القهوة؟\r\nsend,Send,أرسل {x}\r\nteapot,x,y\r\n"
    file = {"name": "coffee.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.get_by_label("CSV or XLIFF file").set_input_files(file)
    page.get_by_role("button", name="Look at the changes").click()
    page.get_by_text("2 texts cannot be taken").wait_for()
    page.get_by_text("The original changed since").wait_for()
    assert (violations(page), too_wide(page)) == ([], 0)
    page.get_by_role("button", name="Take this text into the draft").click()
    page.get_by_text("One text was taken into the draft.").wait_for()
