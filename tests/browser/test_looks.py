"""Brands of every colour in a real browser: readable, allowed by the page's own policy, and chosen with sight of it."""

import io

import pytest
from PIL import Image

from accounts.workspace import Workspace
from base.db import db, transaction
from surveys.coloring import derived
from surveys.survey import Survey
from tests.browser.barring import turned, violations
from tests.cast import a_draft, a_logo, a_look, an_invitation

HARD = ("#ffee00", "#0a0a0a", "#fdfdfd", "#ff0000", "#009688")
KINDS = [
    {"id": "score", "kind": "score"},
    {"id": "why", "kind": "many", "choices": ["a", "b"], "other": True},
    {"id": "fine", "kind": "yesno"},
    {"id": "grid", "kind": "matrix", "rows": ["r"], "low": 1, "high": 7},
    {"id": "reach", "kind": "contact"},
    {"id": "comment", "kind": "long"},
]
WORDS = {"why.title": "Why?", "why.choice.a": "Price", "why.choice.b": "Speed", "fine.title": "Fine?"}
WORDS |= {"grid.title": "Rate", "grid.row.r": "Words", "grid.low_label": "bad", "grid.high_label": "good"}


@pytest.fixture
def survey(cast):
    """One with every look of a control, in two languages."""
    made = a_draft(cast.workspace, "csat", locales=("en", "sl"), texts={"en": WORDS, "sl": WORDS})
    with transaction() as session:
        own = session.get_one(Survey, made.id)
        own.draft = {**own.draft, "questions": KINDS}
        own.publish(at=own.created_at)
    return made


def choose_everything(page):
    for box in page.locator("input[type=radio], input[type=checkbox]").all():
        box.check(force=True)
    page.locator(".act").first.hover()


def filled(page):
    return page.evaluate("getComputedStyle(document.querySelector('.act')).backgroundColor")


@pytest.mark.parametrize("color", HARD)
def test_pages_of_a_hard_colour_can_be_read_and_break_no_policy(cast, browse, survey, color):
    heavy = a_logo(size=(900, 400), mode="RGB", kind="JPEG", noisy=True)
    a_look(cast.workspace, color, heavy if color == HARD[0] else a_logo())
    page, token = browse(width=360), an_invitation(survey).token
    page.goto(f"/s/{token}/5")
    assert filled(page) == rgb(derived(color).of("light").fill)
    assert page.evaluate("document.querySelector('header img').naturalWidth") > 0
    assert (violations(page), turned(page, "dark", 360)) == ([], [])
    assert filled(page) == rgb(derived(color).of("dark").fill)
    choose_everything(page)
    assert (violations(page), turned(page, "light", 360)) == ([], [])
    page.goto(f"/s/{token}/5")
    page.click("#send")
    page.wait_for_selector("[data-done]")
    assert (violations(page), turned(page, "dark", 360), page.complaints) == ([], [], [])
    page.goto("/s/nothing")
    assert [words for words in page.complaints if "404" not in words] == []


def rgb(color):
    return f"rgb({int(color[1:3], 16)}, {int(color[3:5], 16)}, {int(color[5:7], 16)})"


def frame_of(page, show, theme):
    return page.frame_locator(f"[data-look-frame*='show={show}'][data-look-frame*='theme={theme}']")


def kept(cast):
    """The workspace as it is in the database now."""
    db.session.rollback()
    return db.session.get(Workspace, cast.workspace.id, populate_existing=True)


def save(page):
    with page.expect_navigation():
        page.click("button:text-is('Save')")
    page.wait_for_selector("text=The look is saved.")


def test_a_look_is_chosen_with_sight_of_it(cast, browse, tmp_path):
    file = tmp_path / "logo.png"
    file.write_bytes(a_logo(size=(400, 160)))
    page = browse(cast.ana)
    page.goto("/w/acme/settings/look")
    page.set_input_files("[data-look-file]", file)
    page.wait_for_selector("[data-look-logo] img[src^='/logo/']")
    page.fill("[data-look-color]", "#FFEE00")
    page.wait_for_selector("text=Your colour has a contrast of 1.2:1 on white")
    frame_of(page, "page", "light").locator("meta[content='#ffee00']").first.wait_for(state="attached")
    assert frame_of(page, "mail", "dark").locator("img[alt=Acme]").get_attribute("src").startswith("data:image/png")
    assert page.input_value("[data-look-picker]") == "#ffee00"
    assert violations(page) == []
    save(page)
    own = kept(cast)
    assert (own.color, own.logo_id is not None) == ("#ffee00", True)
    page.click("[data-look-remove]")
    page.click("[data-look-plain]")
    frame_of(page, "page", "dark").locator("header:has-text('Acme')").wait_for()
    save(page)
    own = kept(cast)
    assert (own.color, own.logo_id) == (None, None)
    assert page.complaints == []
    assert page.elsewhere == []


def test_a_wrong_file_is_told_at_once_and_changes_nothing(cast, browse, tmp_path):
    file = tmp_path / "logo.svg"
    file.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page = browse(cast.ana)
    page.goto("/w/acme/settings/look")
    page.set_input_files("[data-look-file]", file)
    page.wait_for_selector("text=SVG files can carry scripts")
    (tmp_path / "big.png").write_bytes(a_logo() + b"\0" * 1_200_000)
    page.set_input_files("[data-look-file]", tmp_path / "big.png")
    page.wait_for_selector("text=The file has more than 1 MB")
    assert page.locator("[data-look-logo]").is_hidden()


def test_without_script_the_form_does_it_all(cast, browse, tmp_path):
    file = tmp_path / "logo.png"
    file.write_bytes(a_logo())
    page = browse(cast.ana, java_script_enabled=False)
    page.goto("/w/acme/settings/look")
    page.set_input_files("input[type=file]", file)
    page.fill("input[name=color]", "#009688")
    save(page)
    frame = frame_of(page, "page", "light").locator("header img")
    frame.wait_for()
    own = kept(cast)
    assert own.color == "#009688"
    page.check("text=Show the name instead of the logo")
    save(page)
    frame_of(page, "page", "light").locator("header:has-text('Acme')").wait_for()


@pytest.mark.parametrize("color", HARD)
def test_mails_of_a_hard_colour_can_be_read(cast, browse, color):
    a_look(cast.workspace, color, a_logo())
    page = browse(cast.ana, width=360)
    logo = kept(cast).logo_id
    for theme in ("light", "dark"):
        at = f"/w/acme/settings/look/preview?show=mail&theme={theme}&color=%23{color[1:]}&logo={logo}"
        page.set_content(page.request.get(at).text())  # outside of the sandbox, in which no script of axe would run
        assert (theme, violations(page)) == (theme, [])
        picture = Image.open(io.BytesIO(page.locator("img[alt=Acme]").screenshot()))
        assert len(picture.convert("RGB").getcolors(100_000)) > 1
