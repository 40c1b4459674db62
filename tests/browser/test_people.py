"""The page of one person, the pages around it, and the page that ends surveys: looked at, pressed, and heard."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from surveys import emails, suppression_list
from surveys.contact import Contact
from surveys.suppressing import EVERYTHING
from surveys.suppression import Suppression, Wish
from tests.browser.barring import SCREENS, too_wide, violations
from tests.cast import a_contact, a_response, a_survey, an_interaction, an_invitation

UNFOLD = "all => all.forEach(one => one.open = true)"


def looked_at(page, name, shots):
    """Nothing bars, complains, or is wider than the screen."""
    assert (name, violations(page), too_wide(page)) == (name, [], 0)
    assert page.complaints == []
    assert page.elsewhere == []
    if shots:
        page.screenshot(path=f"{shots}-{name}.png", full_page=True)


@pytest.fixture
def shots(request):
    """Where pictures go, when somebody wants to look: AFTERWORD_TEST_PICTURES=/tmp/people."""
    return os.environ.get("AFTERWORD_TEST_PICTURES")


@pytest.fixture
def mara(cast):
    """Somebody with a story: asked, answered, skipped, waiting, left alone by one survey, mail came back."""
    survey = a_survey(cast.workspace, name="After the ticket")
    email, now = "mara.zupan@customer.example", clock.now()
    a_response(an_invitation(survey, email=email, at=now - timedelta(days=9), locale="sl"), 9, "Hvala!", at=now)
    waiting = an_invitation(survey, email=email, at=now - timedelta(hours=1), sent=False)
    skipped = an_invitation(survey, email=email, at=now - timedelta(days=3), sent=False)
    contact = a_contact(cast.workspace, email, name="Mara Zupan", properties={"plan": "Gold", "seats": 3})
    an_interaction(contact, external_id="T-77", at=now - timedelta(days=5))
    with transaction() as session:
        session.merge(waiting).send_at = now + timedelta(days=2)
        session.merge(skipped).skip("quarantine", at=now)
        found = session.get(Contact, contact.id)
        found.suppress("unsubscribed", at=now, survey_id=survey.id)
        found.suppress("bounced", at=now, evidence="550 5.1.1 no such user here")
    a_contact(cast.workspace, "m.zupan@home.example", name="Mara Zupan")
    with transaction():
        listed = [f"person{number}@elsewhere.example" for number in range(4)]
        suppression_list.impose(cast.workspace.id, listed, Wish(reason="imported", at=now, evidence="old-tool.csv"))
    return contact


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_the_pages_about_people_bar_nobody(browse, cast, mara, width, theme, shots):
    page, here = browse(cast.ana, width=width, theme=theme), f"/w/acme/contacts/{mara.id}"
    other = db.session.scalars(select(Contact.id).where(Contact.email == "m.zupan@home.example")).one()
    paths = {"person": here, "merge": f"{here}/merge?q=zupan", "pair": f"{here}/merge?with={other}"}
    paths |= {"erase": f"{here}/erase", "list": "/w/acme/contacts?q=zupan", "suppressions": "/w/acme/suppressions"}
    paths |= {"import": "/w/acme/suppressions/import"}
    for name, path in paths.items():
        page.goto(path)
        page.eval_on_selector_all("details.correct", UNFOLD)
        looked_at(page, f"{name}-{width}-{theme}", shots)


@pytest.mark.parametrize(("theme", "width"), SCREENS)
@pytest.mark.parametrize("locale", ["sl", "ru", "ar"])
def test_the_page_that_ends_surveys_is_pressed_once_and_undone(browse, cast, mara, locale, width, theme, shots):
    survey = a_survey(cast.workspace, "csat")
    with transaction():
        db.session.get(Contact, mara.id).welcome_back(at=clock.now())
    page = browse(width=width, theme=theme)
    page.goto(emails.unsubscribe_url(mara.id, survey.id, locale))
    looked_at(page, f"unsubscribe-{locale}-{width}-{theme}", shots)
    press(page)
    looked_at(page, f"unsubscribed-{locale}-{width}-{theme}", shots)
    assert standing(mara, EVERYTHING) == "unsubscribed"
    press(page)
    looked_at(page, f"resumed-{locale}-{width}-{theme}", shots)
    assert standing(mara, EVERYTHING) is None
    page.goto(emails.unsubscribe_url(mara.id, survey.id, locale))
    page.locator(".pick").nth(1).click()
    press(page)
    assert (standing(mara, EVERYTHING), standing(mara, survey.id)) == (None, "unsubscribed")


def press(page):
    """The one button, and the page that comes of it: a click alone does not wait until that has come."""
    with page.expect_navigation():
        page.click("button.act")


def standing(contact, scope):
    db.session.rollback()
    found = Suppression.standing(db.session.get(Contact, contact.id).whom, scope)
    return found and found.reason


def test_a_person_is_corrected_and_joined_by_hand(browse, cast, mara):
    page = browse(cast.boris)
    page.goto(f"/w/acme/contacts/{mara.id}")
    page.locator("details.correct summary").click()
    page.get_by_label("Email address").fill("m.zupan@home.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Join the two").click()
    page.get_by_role("button", name="Join them").click()
    page.locator("dialog").get_by_role("button", name="Join them").click()
    page.wait_for_url(f"**/contacts/{mara.id}")
    assert "The two are one person now" in page.inner_text("body")
    db.session.rollback()
    assert db.session.scalars(select(Contact.name)).all().count("Mara Zupan") == 1
