"""Links and places as staff make them: what is decided, what is refused with a sentence, what is printed."""

import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from base import clock
from base.db import db
from surveys import qrcoding, siting
from surveys.open_link import OpenLink, state_of
from tests.cast import a_logo, a_look, a_person, a_survey, an_open_link

FORM = {
    "name": "Till receipt",
    "opens_on": "2026-12-01",
    "closes_on": "2026-12-31",
    "cap": "500",
    "team": "Centre",
    "agent": "",
    "channel": "till",
    "properties": "city: Ljubljana\r\nfloor: 2: upper\r\n",
    "sites": "shop.example/page\nhttps://www.shop.example",
    "kiosk": "y",
}


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, locales=("en", "ar"), at=clock.now())


@pytest.fixture
def at(survey):
    return f"/w/acme/surveys/{survey.slug}/links"


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


def links(survey):
    db.session.rollback()
    db.session.expire_all()
    return OpenLink.all_of(survey.id)


def test_a_designer_makes_a_link_and_finds_it_on_the_surveys_page(boris, at, survey, cast):
    reply = boris.post(f"{at}/new", data=FORM)
    (link,) = links(survey)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{at}/{link.id}")
    assert (link.opens_on, link.closes_on, link.cap) == (date(2026, 12, 1), date(2026, 12, 31), 500)
    assert (link.team, link.agent, link.channel, link.kiosk) == ("Centre", None, "till", True)
    assert link.properties == {"city": "Ljubljana", "floor": "2: upper"}
    assert link.sites == ["https://shop.example", "https://www.shop.example"]
    assert link.created_by == cast.boris.id
    page = boris.get(f"/w/acme/surveys/{survey.slug}").text
    assert "Till receipt" in page
    assert "of 500" in page


def test_its_page_has_the_address_and_everything_to_copy(boris, at, survey):
    link = an_open_link(survey, sites=("https://shop.example",), kiosk=True, at=clock.now())
    page = boris.get(f"{at}/{link.id}").text
    assert f"http://surveys.example/o/{link.slug}" in page
    assert f"http://surveys.example/o/{link.slug}?kiosk=1" in page
    line = f"&lt;script src=&#34;http://surveys.example/embed.js&#34; data-link=&#34;{link.slug}&#34;"
    assert line in page
    assert f'data-link="{link.slug}"' not in page, "the line is shown, not run"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "  "}, "Say where this link stands"),
        ({"name": "x" * 121}, "At most 120 characters"),
        ({"opens_on": "tomorrow"}, "Write it like 2026-12-31."),
        ({"closes_on": "2026-11-30"}, "This is before the first day."),
        ({"cap": "0"}, "A whole number from 1 to 1,000,000."),
        ({"cap": "many"}, "Write a whole number, such as 500."),
        ({"cap": "1000001"}, "A whole number from 1 to 1,000,000."),
        ({"team": "x" * 121}, "At most 120 characters"),
        ({"channel": "x" * 61}, "At most 60 characters"),
        ({"properties": "just words"}, "Write a name, a colon and a value"),
        ({"properties": f"{'x' * 61}: y"}, "is too long"),
        ({"properties": "\n".join(f"n{n}: v" for n in range(21))}, "At most 20 lines"),
        ({"sites": "not a site!"}, "is no address of a site"),
        ({"sites": "https://shop.example; script-src *"}, "is no address of a site"),
        ({"sites": "\n".join(f"s{n}.example" for n in range(21))}, "At most 20 sites."),
    ],
)
def test_every_limit_is_told_at_its_field_and_keeps_the_rest(boris, at, survey, changed, told):
    reply = boris.post(f"{at}/new", data=FORM | changed)
    assert reply.status_code == 422
    assert told in reply.text
    kept = {name: value for name, value in FORM.items() if name not in changed and value and name != "properties"}
    assert all(value.split("\n")[0] in reply.text for name, value in kept.items() if name != "kiosk")
    assert links(survey) == []


def test_a_link_is_changed_and_its_address_stays(boris, at, survey):
    link = an_open_link(survey, cap=3, at=clock.now())
    assert 'value="3"' in boris.get(f"{at}/{link.id}/edit").text
    assert boris.post(f"{at}/{link.id}/edit", data=FORM | {"name": "Poster", "cap": ""}).status_code == 303
    (changed,) = links(survey)
    assert (changed.name, changed.cap, changed.slug) == ("Poster", None, link.slug)


def test_a_link_is_paused_with_a_name_and_resumed(boris, at, survey, cast, client):
    link = an_open_link(survey, at=clock.now())
    boris.post(f"{at}/{link.id}/pause")
    assert "Boris paused it." in boris.get(f"{at}/{link.id}").text
    assert links(survey)[0].paused_by == cast.boris.id
    assert client.get(f"/o/{link.slug}").status_code == 410
    boris.post(f"{at}/{link.id}/resume")
    assert client.get(f"/o/{link.slug}").status_code == 200


def test_a_viewer_reads_links_and_changes_none(cast, browser_of, at, survey):
    link = an_open_link(survey, at=clock.now())
    eva = browser_of(a_person("Eva", cast.workspace, "viewer", at=clock.now()))
    page = eva.get(f"/w/acme/surveys/{survey.slug}").text
    assert "Till receipt" in page
    assert "New link" not in page
    assert eva.get(f"{at}/{link.id}").status_code == eva.get(f"{at}/{link.id}/qr.svg").status_code == 200
    assert eva.get(f"{at}/new").status_code == 403
    assert eva.post(f"{at}/{link.id}/pause").status_code == 403


def test_the_code_is_an_image_of_the_address(boris, at, survey):
    link = an_open_link(survey, at=clock.now())
    svg = boris.get(f"{at}/{link.id}/qr.svg?save=1")
    assert svg.headers["Content-Disposition"] == f'attachment; filename="{link.slug}.svg"'
    assert ET.fromstring(svg.data).tag == "{http://www.w3.org/2000/svg}svg"
    png = boris.get(f"{at}/{link.id}/qr.png")
    assert png.data.startswith(b"\x89PNG")
    assert png.data == qrcoding.png(f"http://surveys.example/o/{link.slug}")


def test_the_card_speaks_the_customers_language(boris, at, survey):
    link = an_open_link(survey, at=clock.now())
    english, arabic = (boris.get(f"{at}/{link.id}/card?lang={tag}").text for tag in ("en", "ar"))
    assert "How likely are you to recommend Acme" in english
    assert 'lang="ar" dir="rtl"' in arabic
    for page in (english, arabic):
        assert f"surveys.example/o/{link.slug}" in re.sub(r"<[^>]+>", " ", page)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("shop.example", "https://shop.example"),
        ("https://shop.example/page?x=1#y", "https://shop.example"),
        ("HTTPS://Shop.Example:443/", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:5000", "https://127.0.0.1:5000"),
        ("čaj.example", "https://xn--aj-dma.example"),
        ("*.example", None),
        ("*", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://shop.example", None),
        ("https://user@shop.example", None),
        ("https://shop.example'", None),
        ("https://", None),
        ("https://shop.example:99999", None),
        ("-a.example", None),
        ("'self'", None),
    ],
)
def test_a_site_is_read_as_an_origin_or_refused(written, origin):
    assert siting.origin_of(written) == origin


@pytest.mark.parametrize(
    ("opens", "closes", "paused", "full", "state"),
    [
        (None, None, False, False, "open"),
        (date(2026, 11, 21), None, False, False, "early"),
        (date(2026, 11, 20), date(2026, 11, 20), False, False, "open"),
        (None, date(2026, 11, 19), False, True, "closed"),
        (None, None, True, True, "full"),
        (date(2026, 11, 21), None, True, False, "paused"),
    ],
)
def test_the_most_lasting_reason_is_told(opens, closes, paused, full, state):
    assert state_of(opens, closes, date(2026, 11, 20), paused=paused, full=full) == state


def test_the_card_wears_the_look_of_the_company(cast, browser_of, survey):
    a_look(cast.workspace, "#0b6e4f", a_logo())
    link = an_open_link(survey)
    page = browser_of(cast.boris).get(f"/w/acme/surveys/{survey.slug}/links/{link.id}/card")
    assert "--brand:#0b6e4f" in page.text
    assert re.search(r'<img class="card-logo" src="/logo/[0-9a-f-]{36}.png" alt="Acme">', page.text)
    assert "style-src 'self' 'sha256-" in page.headers["Content-Security-Policy"]
