"""What customers see wears the company's colour and logo; each page allows exactly that, and mails bring it along."""

import base64
import gzip
import hashlib
import re

import pytest
import time_machine

from base.db import db, transaction
from feedback.views.doorstep import Doorstep
from surveys import emails, jobs, paging
from surveys.branding import INLINE
from surveys.coloring import derived
from surveys.intake import Occasion
from surveys.survey import Survey
from tests.cast import a_draft, a_logo, a_look, a_survey, an_invitation

TEAL = "#009688"
NOON = "2026-11-20T12:00:00Z"


def styles(page):
    return re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)


def allowed(reply):
    """The page's stylesheets and logo are those that its policy names, and nothing else is named."""
    csp = dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in styles(reply.text)
    ]
    hosted = '<img src="/logo/' in reply.text
    return csp["style-src"].split() == hashes and ("'self'" in csp["img-src"].split()) == hosted


@pytest.fixture
def only_flask(monkeypatch):
    return lambda: monkeypatch.setattr(Doorstep, "_reply", lambda *_: None)


@pytest.fixture
def worn(cast):
    return a_look(cast.workspace, TEAL, a_logo())


def test_without_a_look_a_page_is_as_small_as_ever(client, link):
    reply = client.get(link)
    assert styles(reply.text) == [paging.STYLE]
    assert reply.headers["Content-Security-Policy"] == paging.CONTENT_SECURITY_POLICY
    assert "theme-color" not in reply.text
    assert "<header>Acme</header>" in reply.text


def test_every_page_of_a_respondent_wears_the_look(client, link, send, worn, cast, invitation):
    pages = [client.get(link), client.get(f"{link}/9"), client.get(f"{link}?lang=sl")]
    pages += [client.post(link, data={"score": "", "comment": "x"})]
    assert send(link, score=9).status_code == 303
    pages += [client.get(f"{link}/thanks"), client.get(link)]
    unsubscribe = emails.unsubscribe_url(invitation.contact_id, invitation.survey_id, "sl").removeprefix(
        "http://surveys.example"
    )
    pages += [client.get(unsubscribe), client.post(unsubscribe, data={"List-Unsubscribe": "One-Click"})]
    with transaction() as session:
        session.get_one(Survey, invitation.survey_id).close(at=invitation.sent_at)
    pages += [client.get(link)]
    assert [page.status_code for page in pages] == [200, 200, 200, 422, 200, 200, 200, 200, 410]
    for page in pages:
        assert f"--accent:{derived(TEAL).light.accent}" in styles(page.text)[1]
        assert f'<meta name="theme-color" content="{derived(TEAL).light.fill}"' in page.text
        assert re.search(
            r'<header><img src="data:image/png;base64,[^"]+" width="\d+" height="\d+" alt="Acme"></header>', page.text
        )
        assert allowed(page)


@pytest.mark.parametrize("encoding", ["", "gzip"])
@time_machine.travel(NOON, tick=False)
def test_the_doorstep_dresses_a_page_as_flask_does(client, link, worn, only_flask, form_of, encoding):
    def told(reply):
        body = reply.data if not encoding else gzip.decompress(reply.data)
        text = body.decode()
        return sorted(reply.headers.items()) if not encoding else reply.headers[
            "Content-Security-Policy"
        ], text.replace(form_of(text)["form_id"], "")

    swift = client.get(link, headers={"Accept-Encoding": encoding})
    only_flask()
    assert told(swift) == told(client.get(link, headers={"Accept-Encoding": encoding}))


def test_another_look_is_worn_at_once_and_by_its_own_workspace_only(client, link, cast):
    elsewhere = f"/s/{an_invitation(a_survey(cast.elsewhere)).token}"
    assert len(styles(client.get(link).text)) == 1
    for color in (TEAL, "#ff0000"):
        a_look(cast.workspace, color)
        assert derived(color).light.accent in styles(client.get(link).text)[1]
    assert len(styles(client.get(elsewhere).text)) == 1
    a_look(cast.workspace)
    assert len(styles(client.get(link).text)) == 1


def survey_that_wears(workspace, look):
    survey = a_draft(workspace)
    with transaction() as session:
        own = session.get_one(Survey, survey.id)
        own.draft = {**own.draft, "look": look}
        own.publish(at=own.created_at)
    return survey


def test_a_survey_may_wear_its_own(client, cast, worn):
    other = a_look(cast.workspace, TEAL, a_logo(color=(200, 0, 30), size=(200, 200)))
    survey = survey_that_wears(cast.workspace, {"color": "#ff0000", "logo": str(worn.id)})
    page = client.get(f"/s/{an_invitation(survey).token}").text
    assert derived("#ff0000").light.accent in styles(page)[1]
    assert base64.b64encode(worn.page).decode() in page
    assert other.id != worn.id


def test_what_is_no_colour_colours_nothing(client, cast):
    survey = survey_that_wears(cast.workspace, {"color": "#ff0000}body{display:none"})
    assert styles(client.get(f"/s/{an_invitation(survey).token}").text) == [paging.STYLE]


@pytest.mark.parametrize("which", ["theirs", "00000000-0000-7000-8000-000000000000", "0123456789abcdef-not-an-id"])
def test_a_logo_that_is_not_there_or_not_ours_leaves_the_workspaces(client, cast, worn, which):
    theirs = a_look(cast.elsewhere, None, a_logo(color=(1, 200, 3)))
    survey = survey_that_wears(cast.workspace, {"logo": str(theirs.id) if which == "theirs" else which})
    page = client.get(f"/s/{an_invitation(survey).token}").text
    assert base64.b64encode(worn.page).decode() in page


def test_a_heavy_logo_is_asked_for_once_from_our_own_host(client, link, cast):
    kept = a_look(cast.workspace, None, a_logo(size=(900, 400), mode="RGB", kind="JPEG", noisy=True))
    assert len(kept.page) > INLINE
    page = client.get(link)
    assert f'<img src="/logo/{kept.id}.png"' in page.text
    assert allowed(page)
    picture = client.get(f"/logo/{kept.id}.png")
    assert (picture.status_code, picture.content_type, picture.data) == (200, "image/png", kept.page)
    assert picture.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/logo/{cast.workspace.id}.png").status_code == 404


def test_a_page_with_a_logo_in_it_stays_one_small_answer(client, cast):
    heaviest = max((a_logo(color=(11, 29, 79), size=size) for size in ((500, 500), (900, 200))), key=len)
    a_look(cast.workspace, TEAL, heaviest)
    survey = a_survey(cast.workspace, "ces")
    page = client.get(f"/s/{an_invitation(survey).token}", headers={"Accept-Encoding": "gzip"})
    assert len(page.data) <= 14_000


@pytest.mark.parametrize(("color", "dark"), [((10, 10, 10), True), ((255, 255, 255), False), ((0, 150, 136), None)])
def test_a_logo_stands_on_a_chip_where_it_would_not_be_seen(client, link, cast, color, dark):
    a_look(cast.workspace, None, a_logo(color=color))
    style = styles(client.get(link).text)[1]
    light, _, night = style.partition("@media (prefers-color-scheme: dark)")
    assert ("background:#ffffff" in night) == (dark is True)
    assert ("background:#181d27" in light) == (dark is False)


@pytest.fixture
def mailed(cast, run_jobs, outbox):
    """Somebody is asked; the mail that they get."""

    def ask(survey):
        with transaction() as session:
            occasion = Occasion(email="maja@customer.example", source="t", external_id="1", name="Maja", locale="en")
            jobs.ask(session.get_one(Survey, survey.id), [occasion], at=survey.created_at)
        run_jobs()
        return outbox()[-1]

    return ask


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def test_a_mail_wears_the_colour_and_brings_the_logo_along(cast, mailed, worn):
    mail = mailed(a_survey(cast.workspace))
    html, shades = html_of(mail), derived(TEAL)
    assert shades.light.accent in html
    assert shades.light.wash in html
    assert shades.dark.accent in html
    assert "#2350b6" not in html.replace('bgcolor="#2350b6"', "").partition("<body")[2]
    (image,) = re.findall(r"<img [^>]*>", html)
    assert 'alt="Acme"' in image
    assert "http" not in image
    cid = re.search(r'src="cid:([^"]+)"', image)[1]
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert picture["Content-ID"] == f"<{cid}>"
    assert picture.get_content() == worn.mail
    assert picture.get_content_disposition() == "inline"
    assert mail.get_body(("plain",)).get_content().startswith("Hello")


def test_a_mail_without_a_look_is_as_it_was(cast, mailed):
    mail = mailed(a_survey(cast.workspace))
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "<img" not in html_of(mail)
    assert "#2350b6" in html_of(mail)


def test_staff_see_the_logo_of_a_mail_in_the_outbox(cast, mailed, worn, browser_of, app):
    from base.outbox import Mail

    mailed(a_survey(cast.workspace))
    ident = db.session.query(Mail.id).filter(Mail.kind == "invitation").scalar()
    page = browser_of(cast.ana).get(f"/w/acme/outbox/{ident}/html").text
    assert base64.b64encode(worn.mail).decode() in page
    assert "cid:" not in page


def test_a_survey_that_wears_its_own_is_mailed_in_it(cast, mailed, worn):
    survey = survey_that_wears(cast.workspace, {"color": "#ff0000"})
    html = html_of(mailed(survey))
    assert derived("#ff0000").light.accent in html
    assert "cid:logo." in html
