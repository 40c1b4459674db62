"""A branching survey in three languages, one written from right to left, answered in each branch, with and without
script: what is stored is what was asked.
"""

import pytest
from sqlalchemy import select

from base.db import db, transaction
from feedback.answer import Answer
from feedback.response import Response
from surveys.library import TEMPLATES
from surveys.survey import Survey
from tests.browser.barring import violations
from tests.cast import AT, an_invitation

SENT = ".mark"


@pytest.fixture
def link(cast):
    """A way to new links of the ready-made survey after a ticket, in English, Slovenian and Arabic."""
    with transaction():
        document = TEMPLATES["csat_ticket"].document(("en", "sl", "ar"))
        survey = Survey.create(cast.workspace.id, "After a ticket", document, at=AT)
        survey.publish(at=AT)

    def new(locale, number):
        return f"/s/{an_invitation(survey, email=f'c{number}@customer.example', locale=locale).token}"

    return new


def stored():
    """(score, {question: (choice, text)}) of the newest response."""
    db.session.rollback()
    response = db.session.scalars(select(Response).order_by(Response.id.desc()).limit(1)).one()
    pieces = Answer.of_all([(response.id, response.revision)]).get(response.id, ())
    return response.score, response.comment, {piece.question: (piece.choice, piece.text) for piece in pieces}


BRANCHES = {
    "unhappy and open": ("2", "no", {"q-still_open": "The bill"}, True),
    "unhappy but solved": ("1", "yes", {}, True),
    "happy": ("5", "yes", {}, False),
}


@pytest.mark.parametrize("locale", ["en", "sl", "ar"])
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_each_branch_is_answered_with_and_without_script(browse, link, locale, script):
    for number, (score, resolved, texts, contact) in enumerate(BRANCHES.values()):
        page = browse(width=360, height=760, java_script_enabled=script, theme=("light", "dark")[number % 2])
        page.goto(link(locale, number))
        assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
        page.locator(f"label:has(#s{score})").click()
        page.locator(f"label:has([name=q-resolved][value={resolved}])").click()
        if not script:
            with page.expect_navigation():
                page.locator("#send").click()
        visible = page.locator("[name=q-contact]").is_visible()
        assert visible is contact
        assert page.locator("[name=q-still_open]").is_visible() is bool(texts)
        for name, text in texts.items():
            page.locator(f"[name={name}]").fill(text)
        if contact:
            page.locator("label:has([name=q-contact])").click()
        page.locator("#comment").fill("Hvala شكرا")
        page.locator("#send").click()
        page.locator(SENT).wait_for()
        expected = {"resolved": (resolved, None)}
        expected |= {"still_open": (None, "The bill")} if texts else {}
        expected |= {"contact": ("yes", None)} if contact else {}
        assert stored() == (int(score), "Hvala شكرا", expected)
        assert page.complaints == []
        assert page.elsewhere == []


def test_a_mind_changed_before_sending_leaves_no_answer_behind(browse, link):
    page = browse(width=360)
    page.goto(link("en", 1))
    page.locator("label:has(#s1)").click()
    page.locator("label:has([name=q-resolved][value=no])").click()
    page.locator("[name=q-still_open]").fill("The bill")
    page.locator("label:has([name=q-resolved][value=yes])").click()
    page.locator("label:has(#s5)").click()
    page.locator("#send").click()
    page.locator(SENT).wait_for()
    assert stored() == (5, None, {"resolved": ("yes", None)})


def test_the_language_changes_in_the_middle_and_nothing_typed_is_lost(browse, link):
    page = browse(width=360)
    page.goto(link("en", 1))
    page.locator("label:has(#s2)").click()
    page.locator("label:has([name=q-resolved][value=no])").click()
    page.locator("[name=q-still_open]").fill("The bill")
    page.locator("button[lang=ar]").click()
    page.locator("html[dir=rtl]").wait_for()
    assert page.locator("[name=q-still_open]").input_value() == "The bill"
    assert page.locator("#s2").is_checked()
    page.locator("#send").click()
    page.locator(SENT).wait_for()
    assert stored()[2]["still_open"] == (None, "The bill")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_of_the_page_is_accessible(browse, link, theme):
    for width in (360, 1280):
        page = browse(width=width, theme=theme)
        page.goto(link("en", width))
        assert violations(page) == []
        page.locator("label:has(#s1)").click()
        page.locator("label:has([name=q-resolved][value=no])").click()
        assert violations(page) == []
        page.locator("label:has([name=q-contact])").click()
        page.evaluate("document.getElementById('s1').checked = false")
        page.locator("#send").click()
        page.locator(".error").wait_for()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
