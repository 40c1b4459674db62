"""The survey on somebody else's page: inside it, or sliding in; and on no page that the link does not name."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from base import clock
from base.db import db
from feedback.response import Response
from tests.cast import a_survey, an_open_link

PAGE = """<!doctype html><html lang="en" dir="{dir}"><meta charset="utf-8"><title>A shop</title>
<body style="margin:0;font:16px/1.5 sans-serif"><h1>Shoes</h1><button id="buy">Buy</button>
<p style="height:{tall}px">Many shoes.</p>
<script src="{site}/embed.js" data-link="{slug}" data-mode="{mode}" {more} async></script>
<p id="after">Below</p></body></html>"""

PRESS_ESCAPE_SOON = """field => setTimeout(
    () => field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })), 50)"""


class Shop:
    """A site of another host name and port, whose pages a test writes."""

    def __init__(self):
        self.html, shop = "", self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(shop.html.encode())

            def log_message(self, *_args):
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shop():
    made = Shop()
    yield made
    made.close()


@pytest.fixture
def link(cast, shop):
    survey = a_survey(cast.workspace, locales=("en", "ar"), at=clock.now())
    return an_open_link(survey, "On the shop", sites=(shop.origin,), at=clock.now())


@pytest.fixture
def visit(browse, site, shop, link):
    """`visit("inline", …)`: the shop's page with the survey on it, in a fresh browser."""

    def open_page(mode, *, slug=link.slug, tall=100, direction="ltr", more="", page=None, **wishes):
        shop.html = PAGE.format(site=site, slug=slug, mode=mode, tall=tall, dir=direction, more=more)
        page = page or browse(**wishes)
        page.goto(shop.origin)
        return page

    return open_page


def survey_in(page):
    return page.frame_locator("iframe")


def answers(frame, score="9"):
    frame.locator(f"label:has(#s{score})").click()
    frame.get_by_role("button", name="Send").click()
    frame.get_by_role("heading", name="Thank you!").wait_for()


def kept():
    db.session.rollback()
    return list(db.session.scalars(select(Response)))


def test_inside_the_page_it_is_as_high_as_its_content_and_takes_an_answer(visit, link):
    page = visit("inline")
    frame = survey_in(page)
    frame.get_by_role("button", name="Send").wait_for()
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 200")
    box = page.locator("iframe").bounding_box()
    inner = frame.locator("body").evaluate("document.documentElement.scrollHeight")
    assert abs(box["height"] - inner) <= 1
    assert page.locator("iframe").get_attribute("title").startswith("Acme would like to ask you")
    page.wait_for_timeout(1100)
    answers(frame)
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight < {box['height']}")
    (response,) = kept()
    assert (response.score, response.link_id, response.flagged_at) == (9, link.id, None)
    assert page.complaints == []


def test_it_grows_with_what_is_typed(visit):
    page = visit("inline", width=360)
    frame = survey_in(page)
    frame.locator("textarea").wait_for()
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 200")
    before = page.locator("iframe").bounding_box()["height"]
    frame.locator("textarea").fill("A line.\n" * 12)
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight > {before} + 100")
    assert frame.locator("body").evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_site_that_is_not_named_shows_nothing(visit, cast, shop):
    survey = a_survey(cast.workspace, name="Elsewhere only", at=clock.now())
    other = an_open_link(survey, sites=("https://other.example",), at=clock.now())
    page = visit("inline", slug=other.slug)
    page.wait_for_timeout(700)
    assert any("frame-ancestors" in words for words in page.complaints)
    assert page.locator("iframe").bounding_box()["height"] == 0


def test_a_page_that_is_not_named_is_told_nothing(browse, site, link):
    """Even a page of our own host hears no height: only origins that the link names are answered."""
    page = browse()
    page.goto(f"/o/{link.slug}")
    said = page.evaluate(
        """(url) => new Promise((done) => {
            const frame = document.createElement("iframe"), heard = [];
            addEventListener("message", (event) => heard.push(event.data));
            frame.src = url;
            document.body.append(frame);
            frame.onload = () => frame.contentWindow.postMessage({ afterword: "x" }, "*");
            setTimeout(() => done(heard), 600);
        })""",
        f"{site}/o/{link.slug}?embed=1",
    )
    assert said == []


def test_it_slides_in_without_moving_the_page_or_taking_the_focus(visit):
    page = visit("slide", more='data-delay="0"')
    page.locator("#buy").focus()
    panel = page.get_by_role("dialog")
    panel.wait_for()
    page.wait_for_timeout(250)
    box = panel.bounding_box()
    assert (round(box["x"] + box["width"]), round(box["y"] + box["height"])) == (1280 - 16, 900 - 16)
    assert page.evaluate("document.activeElement.id") == "buy"
    assert page.evaluate("document.documentElement.scrollHeight") == 900
    shift = page.evaluate(
        """() => new Promise((done) => { let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 200); })"""
    )
    assert shift == 0
    assert panel.get_attribute("aria-label").startswith("Acme would like")
    assert page.get_by_role("button", name="Close").count() == 1


@pytest.mark.parametrize("way", ["button", "escape", "escape inside"])
def test_it_is_closed_by_keyboard_and_does_not_come_back(visit, way):
    page = visit("slide", more='data-delay="0"')
    panel = page.get_by_role("dialog")
    panel.wait_for()
    page.locator("#buy").focus()
    close = page.get_by_role("button", name="Close")
    if way == "escape inside":
        # Not by the keyboard: the frame goes while the key is down, and Chromium may never say that it took the key.
        survey_in(page).locator("textarea").evaluate(PRESS_ESCAPE_SOON)
    else:
        for _ in range(9):
            page.keyboard.press("Tab")
            if close.evaluate("element => element === document.activeElement"):
                break
        page.keyboard.press("Enter" if way == "button" else "Escape")
    panel.wait_for(state="detached")
    if way != "escape inside":
        assert page.evaluate("document.activeElement.id") == "buy"
    again = visit("slide", more='data-delay="0"', page=page)
    again.wait_for_timeout(600)
    assert again.get_by_role("dialog").count() == 0


def test_it_waits_until_the_page_was_read(visit):
    page = visit("slide", more='data-delay="0" data-scroll="50"', tall=4000)
    page.wait_for_timeout(500)
    assert page.get_by_role("dialog").count() == 0
    page.mouse.wheel(0, 3000)
    page.get_by_role("dialog").wait_for()


def test_who_answered_is_not_asked_again(visit):
    page = visit("slide", more='data-delay="0"')
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(1100)
    answers(survey_in(page), "3")
    page.wait_for_timeout(200)
    again = visit("slide", more='data-delay="0"', page=page)
    again.wait_for_timeout(600)
    assert again.get_by_role("dialog").count() == 0
    assert [one.score for one in kept()] == [3]


def test_from_right_to_left_it_stands_on_the_left_and_speaks_arabic(visit):
    page = visit("slide", direction="rtl", more='data-delay="0" data-lang="ar"')
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(250)
    assert round(page.get_by_role("dialog").bounding_box()["x"]) == 16
    assert survey_in(page).locator("html").get_attribute("dir") == "rtl"


def test_on_a_phone_in_the_dark_it_fits(visit):
    page = visit("slide", more='data-delay="0"', width=360, height=640, theme="dark")
    panel = page.get_by_role("dialog")
    panel.wait_for()
    page.wait_for_timeout(250)
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] >= 0
    assert panel.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(17, 20, 25)"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
