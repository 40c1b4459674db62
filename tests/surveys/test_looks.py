"""The page on which a workspace gets its look, and what designers ask of it."""

import io
import re

import pytest
from sqlalchemy import select

from accounts.workspace import Workspace
from base.db import db
from base.events import Event
from surveys.coloring import derived
from surveys.logo import Logo
from surveys.picturing import LARGEST
from tests.cast import a_draft, a_logo, a_look

LOOK = "/w/acme/settings/look"
NO_LOGO = {
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg", "SVG files can carry scripts"),
    "SVG called PNG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png", "SVG files can carry scripts"),
    "text called PNG": (b"hello", "logo.png", "no PNG, JPEG, WebP or GIF picture"),
    "truncated": (a_logo(noisy=True)[:-4000], "logo.png", "damaged"),
    "1.1 MB": (a_logo() + b"\0" * int(LARGEST * 1.1), "logo.png", "The file has 1.1 MB. Choose one of at most 1 MB."),
    "12 MB": (b"\0" * LARGEST * 12, "logo.png", "The file has 12 MB. Choose one of at most 1 MB."),
    "20000 by 1": (a_logo(size=(20_000, 1), mode="L", noisy=True), "logo.png", "at most 6,000 pixels on a side"),
    "a dot": (a_logo(size=(32, 20)), "logo.png", "has 32 × 20 pixels. Its longer side needs at least 64."),
    "nothing": (b"", "logo.png", "The file is empty"),
}


@pytest.fixture
def ana(cast, browser_of):
    return browser_of(cast.ana)


def acme(cast):
    return db.session.get(Workspace, cast.workspace.id, populate_existing=True)


def sent(browser, file=None, **fields):
    data = {"name": "Acme", "color": "", "logo_id": ""} | fields
    if file:
        data["logo"] = (io.BytesIO(file[0]), file[1])
    return browser.post(LOOK, data=data, content_type="multipart/form-data")


def test_name_logo_and_colour_are_kept_and_told(cast, ana):
    assert sent(ana, (a_logo(), "logo.png"), name="Acme Coffee", color="0B8").status_code == 303
    kept = acme(cast)
    assert (kept.name, kept.color) == ("Acme Coffee", "#00bb88")
    assert db.session.get(Logo, kept.logo_id).workspace_id == cast.workspace.id
    event = db.session.scalars(select(Event).where(Event.kind == "workspace.changed")).one()
    assert event.data == {"changed": ["name", "color", "logo_id"]}
    page = ana.get(LOOK).text
    assert f'value="{kept.logo_id}"' in page
    assert f"/logo/{kept.logo_id}.png" in page
    assert "#00bb88" in page


def test_what_becomes_of_the_colour_is_told_with_numbers(cast, ana):
    a_look(cast.workspace, "#ff0000")
    page = ana.get(LOOK).text
    assert f"would have a contrast of 3.9:1. Buttons use {derived('#ff0000').light.fill}, which has 4.5:1." in page
    assert "Your colour has a contrast of 3.9:1 on white." in page
    a_look(cast.workspace, "#2751b8")
    assert "Buttons use your colour as it is. The words on them have a contrast of 7.1:1." in ana.get(LOOK).text


@pytest.mark.parametrize("name", NO_LOGO)
def test_a_file_that_is_no_logo_is_told_at_its_field_and_everything_else_stays(cast, ana, name):
    raw, filename, words = NO_LOGO[name]
    reply = sent(ana, (raw, filename), name="Acme Coffee", color="#123456")
    assert reply.status_code == 422
    assert words in re.search(r'id="look-logo-error"[^>]*>(.*?)</span></span>', reply.text, re.DOTALL)[1]
    assert 'value="Acme Coffee"' in reply.text
    assert 'value="#123456"' in reply.text
    assert acme(cast).name == "Acme"


def test_a_jpeg_that_is_called_png_is_what_it_is(cast, ana):
    assert sent(ana, (a_logo(mode="RGB", kind="JPEG"), "logo.png")).status_code == 303
    assert db.session.get(Logo, acme(cast).logo_id).page.startswith(b"\x89PNG")


def test_a_good_logo_is_not_lost_to_a_wrong_colour(cast, ana):
    reply = sent(ana, (a_logo(), "logo.png"), color="blue")
    assert reply.status_code == 422
    assert "Write the colour as #" in reply.text
    (ident,) = re.findall(r'name="logo_id" value="([0-9a-f-]{36})"', reply.text)
    assert sent(ana, color="#0000ff", logo_id=ident).status_code == 303
    assert str(acme(cast).logo_id) == ident


def test_a_name_is_needed(ana):
    reply = sent(ana, name=" ")
    assert reply.status_code == 422
    assert "Type the name that customers see." in reply.text


def test_the_logo_goes_and_its_picture_stays_for_what_wears_it(cast, ana, client):
    kept = a_look(cast.workspace, None, a_logo())
    assert sent(ana, logo_id=str(kept.id), remove="y").status_code == 303
    assert acme(cast).logo_id is None
    assert client.get(f"/logo/{kept.id}.png").status_code == 200


def test_the_same_file_again_is_the_same_logo(cast, ana):
    for _ in range(2):
        assert sent(ana, (a_logo(), "logo.png")).status_code == 303
    assert db.session.query(Logo).count() == 1


def test_a_logo_of_another_workspace_cannot_be_worn(cast, ana):
    theirs = a_look(cast.elsewhere, None, a_logo())
    assert sent(ana, logo_id=str(theirs.id)).status_code == 303
    assert acme(cast).logo_id is None
    preview = ana.get(f"{LOOK}/preview?logo={theirs.id}").text
    assert "<header>Acme</header>" in preview


@pytest.mark.parametrize("show", ["page", "mail"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_look_can_be_seen_before_it_is_saved(cast, ana, show, theme):
    kept = a_look(cast.workspace, None, a_logo())
    a_look(cast.workspace)
    reply = ana.get(f"{LOOK}/preview?show={show}&theme={theme}&color=%23ff0000&logo={kept.id}&name=Aroma")
    assert derived("#ff0000").light.accent in reply.text
    assert 'alt="Aroma"' in reply.text
    assert "cid:" not in reply.text
    assert "@media (prefers-color-scheme: dark)" not in reply.text
    assert "script-src" not in reply.headers["Content-Security-Policy"]
    assert acme(cast).color is None


def test_a_designer_uploads_a_logo_for_a_survey(cast, browser_of):
    designer = browser_of(cast.boris)
    reply = designer.post("/w/acme/logos", data={"logo": (io.BytesIO(a_logo()), "logo.png")})
    kept = db.session.query(Logo).one()
    assert reply.status_code == 201
    assert reply.json == {"id": str(kept.id), "src": f"/logo/{kept.id}.png", "width": kept.width, "height": kept.height}
    assert acme(cast).logo_id is None


@pytest.mark.parametrize("name", NO_LOGO)
def test_a_designer_is_told_why_a_file_is_no_logo(cast, browser_of, name):
    raw, filename, words = NO_LOGO[name]
    reply = browser_of(cast.boris).post("/w/acme/logos", data={"logo": (io.BytesIO(raw), filename)})
    assert reply.status_code == 422
    assert words in reply.json["error"]
    assert db.session.query(Logo).count() == 0


def test_a_designer_asks_what_becomes_of_a_colour(cast, browser_of):
    designer = browser_of(cast.boris)
    told = designer.get("/w/acme/look/told?color=%23ffee00").text
    assert "Your colour has a contrast of 1.2:1 on white. Links and scores use #8d6a00, which has 5.0:1." in told
    assert "style=" not in told
    assert "<li" not in designer.get("/w/acme/look/told?color=blue").text


def test_the_preview_of_a_draft_wears_what_the_draft_wears(cast, browser_of):
    from base.db import transaction
    from surveys.survey import Survey

    a_look(cast.workspace, "#009688")
    survey = a_draft(cast.workspace)
    designer = browser_of(cast.boris)
    at = f"/w/acme/surveys/{survey.slug}/preview"
    assert derived("#009688").light.accent in designer.get(at).text
    with transaction() as session:
        own = session.get_one(Survey, survey.id)
        own.draft = {**own.draft, "look": {"color": "#ff0000"}}
    for show in ("answer", "thanks", "mail"):
        assert derived("#ff0000").light.accent in designer.get(f"{at}?show={show}").text


def test_publishing_tells_of_a_colour_that_words_cannot_have(cast, browser_of):
    from base.db import transaction
    from surveys.survey import Survey

    survey = a_draft(cast.workspace)
    with transaction() as session:
        own = session.get_one(Survey, survey.id)
        own.draft = {**own.draft, "look": {"color": "#ffee00"}}
    page = browser_of(cast.boris).get(f"/w/acme/surveys/{survey.slug}/publish").text
    assert "The colour has a contrast of 1.2:1 on white" in page
