"""A device for everybody: one person after the other, and a network that goes away while they answer."""

import threading
import time

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from base import clock
from base.db import db, transaction
from feedback.response import Response
from surveys.survey import Survey
from tests.cast import a_survey, an_open_link

AWAY = 8
"""Seconds that the server is stopped."""


class Server:
    """The service at an address that stays, and that can go away and come back."""

    def __init__(self, app):
        self._app, self._port = app, 0
        self.start()

    def start(self):
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._port}"


@pytest.fixture
def server(app):
    made = Server(app)
    yield made
    made.stop()


@pytest.fixture
def link(cast):
    survey = a_survey(cast.workspace, locales=("en", "sl"), at=clock.now())
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        asked = [{"id": "score", "kind": "score"}]
        show = {"match": "all", "conditions": [{"about": "band", "is": ["detractor"]}]}
        asked += [{"id": "better", "kind": "one", "choices": ["a", "b"], "required": True, "show": show}]
        asked += [{"id": "comment", "kind": "long"}]
        texts = {"better.title": "What should be better?", "better.choice.a": "Waiting", "better.choice.b": "Food"}
        found.save_draft({**found.draft, "questions": asked, "texts": {"en": texts}}, revision=1, at=clock.now())
        found.publish(at=clock.now())
    return an_open_link(survey, "Tablet at the door", kiosk=True, at=clock.now())


@pytest.fixture
def kiosk(browse, server, link):
    """The device with its page open, at `width` and `height` of a tablet."""

    def open_page(**wishes):
        page = browse(**{"width": 1024, "height": 768} | wishes)
        page.goto(f"{server.address}/o/{link.slug}?kiosk=1")
        return page

    return open_page


def begin(page):
    page.get_by_role("button", name="Touch to begin").click()


def answer(page, score, comment=""):
    begin(page)
    page.locator(f"label:has(#s{score})").click()
    if comment:
        page.locator("textarea").fill(comment)
    page.get_by_role("button", name="Send").click()


def thanked(page):
    page.locator("#k-thanks").wait_for()
    page.locator("#k-thanks").click()
    page.locator("#k-start").wait_for()


def waiting(page):
    return page.evaluate("Object.keys(localStorage).flatMap((key) => JSON.parse(localStorage[key])).length")


def kept():
    db.session.rollback()
    return list(db.session.scalars(select(Response).order_by(Response.created_at)))


def all_delivered(page):
    for _ in range(200):
        if waiting(page) == 0:
            return
        page.wait_for_timeout(200)
    raise AssertionError("answers still wait")


def test_one_person_after_the_other(kiosk):
    page = kiosk()
    for score, comment in ((9, "Lovely."), (10, ""), (8, "Fine.")):
        answer(page, score, comment)
        thanked(page)
        assert page.locator("textarea").input_value() == ""
        assert page.locator("input[name=score]:checked").count() == 0
    all_delivered(page)
    assert [(one.score, one.comment) for one in kept()] == [(9, "Lovely."), (10, None), (8, "Fine.")]
    assert {one.flag_reason for one in kept()} == {None}
    assert page.complaints == []


def test_the_server_goes_away_and_comes_back_nothing_is_lost_nothing_twice(kiosk, server):
    page = kiosk()
    answer(page, 9, "Before.")
    thanked(page)
    all_delivered(page)
    server.stop()
    gone = time.monotonic()
    for number in range(4):
        answer(page, 7, f"While it was away {number}.")
        thanked(page)
    note = page.locator("#k-note")
    note.wait_for()
    assert "There is no connection just now." in note.inner_text()
    assert note.locator("b").inner_text() == "4"
    time.sleep(max(0.0, AWAY - (time.monotonic() - gone)))
    assert waiting(page) == 4
    server.start()
    answer(page, 8, "After.")
    thanked(page)
    all_delivered(page)
    note.wait_for(state="hidden")
    found = sorted(one.comment for one in kept())
    assert found == ["After.", "Before.", *(f"While it was away {number}." for number in range(4))]


def test_an_answer_whose_acknowledgement_was_lost_is_sent_again_and_counts_once(kiosk, link):
    page = kiosk()
    lost = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route("**/o/**", lose)
    answer(page, 6 + 3, "Only once.")
    thanked(page)
    all_delivered(page)
    assert lost == [303]
    assert [one.comment for one in kept()] == ["Only once."]
    db.session.rollback()
    assert db.session.get(type(link), link.id, populate_existing=True).answered == 1


def test_what_waits_survives_the_device_being_started_again_without_a_network(kiosk, server, link):
    page = kiosk()
    page.evaluate("navigator.serviceWorker.ready.then(() => new Promise((done) => setTimeout(done, 500)))")
    server.stop()
    answer(page, 9, "Before the reload.")
    thanked(page)
    page.reload()
    answer(page, 10, "After the reload.")
    thanked(page)
    page.goto(f"{server.address}/o/{link.slug}?kiosk=1")
    assert waiting(page) == 2
    server.start()
    all_delivered(page)
    assert sorted(one.comment for one in kept()) == ["After the reload.", "Before the reload."]


def test_it_begins_again_by_itself_and_forgets_what_was_typed(browse, server, link):
    page = browse(width=1024, height=768)
    page.clock.install()
    page.goto(f"{server.address}/o/{link.slug}?kiosk=1")
    begin(page)
    page.locator("label:has(#s9)").click()
    page.locator("textarea").fill("Something private")
    page.clock.run_for(50_000)
    assert page.locator("#k-start").is_hidden()
    page.clock.run_for(15_000)
    page.locator("#k-start").wait_for()
    assert page.locator("textarea").input_value() == ""
    assert page.evaluate("sessionStorage.length") == 0
    answer(page, 10)
    page.locator("#k-thanks").wait_for()
    page.clock.run_for(15_000)
    assert page.locator("#k-thanks").is_visible()
    page.clock.run_for(6_000)
    page.locator("#k-start").wait_for()


def test_what_must_be_answered_is_asked_for_on_the_device_itself(kiosk, server):
    page = kiosk()
    begin(page)
    page.get_by_role("button", name="Send").click()
    assert "Choose a score from 0 to 10." in page.get_by_role("alert").inner_text()
    page.locator("label:has(#s2)").click()
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("alert").inner_text().endswith("Please answer this question.")
    page.locator("label.pick", has_text="Food").click()
    page.get_by_role("button", name="Send").click()
    thanked(page)
    all_delivered(page)
    assert [one.score for one in kept()] == [2]


def test_another_language_keeps_what_was_typed_and_the_next_person_gets_the_first_one(kiosk):
    page = kiosk()
    begin(page)
    page.locator("textarea").fill("Pol misli")
    page.get_by_role("button", name="Slovenščina").click()
    page.get_by_role("button", name="Pošlji").wait_for()
    assert page.locator("textarea").input_value() == "Pol misli"
    assert page.locator("#k-start").is_hidden()
    page.locator("label:has(#s9)").click()
    page.get_by_role("button", name="Pošlji").click()
    page.locator("#k-thanks").wait_for()
    page.locator("#k-thanks").click()
    page.get_by_role("button", name="Touch to begin").wait_for()
    all_delivered(page)
    assert [(one.locale, one.comment) for one in kept()] == [("sl", "Pol misli")]


def test_targets_are_large_on_a_tablet(kiosk):
    page = kiosk()
    box = page.get_by_role("button", name="Touch to begin").bounding_box()
    assert (round(box["width"]), round(box["height"])) == (1024, 768)
    begin(page)
    size = page.locator("label:has(#s5) .no").bounding_box()
    assert size["height"] >= 60
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
