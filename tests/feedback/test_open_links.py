"""Open links: anybody may answer, looking keeps nothing, and what nobody believes is set aside rather than lost."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from base import clock
from base.db import db, new_id, transaction
from feedback import ballot, tally
from feedback.answer import Answer
from feedback.response import Response
from feedback.revision import Revision
from feedback.views import visiting
from surveys.door import Door
from surveys.open_link import OpenLink
from surveys.survey import Survey
from tests.cast import a_draft, a_survey, an_open_link

PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1"


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, locales=("en", "sl"), at=clock.now())


@pytest.fixture
def link(survey):
    return an_open_link(survey, team="North", properties={"city": "Ljubljana"}, at=clock.now())


@pytest.fixture
def post(client, form_of):
    """Opens a link, waits as people do, and sends its form: to the address that the form names."""

    def send(slug, *, by=client, query="", seconds=8, headers=None, **fields):
        page = by.get(f"/o/{slug}{query}", headers=headers)
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)[1]
        data = form_of(page.text) | {"opened_at": str(int((clock.now().timestamp() - seconds) * 1000))} | fields
        return by.post(action, data=data, headers={"User-Agent": PERSON} | (headers or {}))

    return send


def responses():
    db.session.rollback()
    return list(db.session.scalars(select(Response).order_by(Response.id)))


def now_of(link):
    db.session.rollback()
    return db.session.get(OpenLink, link.id, populate_existing=True)


def test_somebody_answers_and_nobody_knows_who(link, post, client):
    reply = post(link.slug, score="9", comment="Quick and friendly.")
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"/o/{link.slug}/thanks"
    assert "Thank you!" in client.get(reply.headers["Location"]).text
    (response,) = responses()
    assert (response.score, response.comment, response.team) == (9, "Quick and friendly.", "North")
    assert response.properties == {"city": "Ljubljana"}
    assert (response.contact_id, response.invitation_id, response.link_id) == (None, None, link.id)
    assert (response.flagged_at, now_of(link).answered) == (None, 1)


def test_looking_keeps_no_answer_and_sets_no_cookie(app, link, client):
    for method in ("HEAD", "GET", "GET"):
        reply = client.open(f"/o/{link.slug}", method=method)
        assert reply.status_code == 200
        assert "Set-Cookie" not in reply.headers
    app.extensions[visiting.KEY].openings.flush()
    assert responses() == []
    assert (now_of(link).opened, now_of(link).answered) == (2, 0)


def test_the_newest_version_is_asked_and_the_one_shown_is_answered(survey, link, client, post, form_of):
    page = client.get(f"/o/{link.slug}").text
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "texts": {"en": {"question": "And now?"}}}, revision=1, at=clock.now())
        found.publish(at=clock.now())
    assert "And now?" in client.get(f"/o/{link.slug}").text
    client.post(re.search(r'action="([^"]+)"', page)[1], data=form_of(page) | {"score": "3"})
    post(link.slug, score="4")
    numbers = [tally.Version.number, Response.score]
    rows = db.session.execute(select(*numbers).join(Response).order_by(Response.score)).all()
    assert [tuple(row) for row in rows] == [(1, 3), (2, 4)]


def test_a_version_that_never_was_takes_nothing(link, client):
    assert client.post(f"/o/{link.slug}/7", data={"score": "3"}).status_code == 404
    assert client.post(f"/o/{link.slug}/{'9' * 30}", data={"score": "3"}).status_code == 404
    assert client.post("/o/nothing-here", data={"score": "3"}).status_code == 404
    assert responses() == []


def test_the_same_form_sent_again_is_the_same_answer(link, client, form_of):
    data = form_of(client.get(f"/o/{link.slug}").text) | {"score": "7", "opened_at": ""}
    first, second = (client.post(f"/o/{link.slug}/1", data=data) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(responses()) == 1
    assert now_of(link).answered == 1


def test_the_same_form_sent_again_is_the_same_answer_though_the_link_is_full_by_now(survey, client, form_of):
    link = an_open_link(survey, cap=1, at=clock.now())
    first, other = (form_of(client.get(f"/o/{link.slug}").text) | {"score": "7", "opened_at": ""} for _ in range(2))
    assert [client.post(f"/o/{link.slug}/1", data=first).status_code for _ in range(2)] == [303, 303]
    for odd in ({}, {"score": ""}, {"switch": "sl"}):
        assert client.post(f"/o/{link.slug}/1", data=other | odd).status_code == 410
    assert (len(responses()), now_of(link).answered) == (1, 1)


def test_the_same_form_with_another_answer_is_told_kindly(link, client, form_of):
    data = form_of(client.get(f"/o/{link.slug}").text) | {"score": "7", "opened_at": ""}
    client.post(f"/o/{link.slug}/1", data=data)
    reply = client.post(f"/o/{link.slug}/1", data=data | {"score": "2", "comment": "Wait, no."})
    assert reply.status_code == 409
    assert "An answer from this page has already been received." in reply.text
    assert "Wait, no." in reply.text
    assert [one.score for one in responses()] == [7]
    assert client.post(f"/o/{link.slug}/1", data=form_of(reply.text) | {"score": "2"}).status_code == 303


def test_the_language_is_the_browsers_until_somebody_chooses(link, client, form_of):
    slovenian = {"Accept-Language": "sl-SI,sl;q=0.9,en;q=0.5"}
    assert '<html lang="sl"' in client.get(f"/o/{link.slug}", headers=slovenian).text
    assert '<html lang="en"' in client.get(f"/o/{link.slug}?lang=en", headers=slovenian).text
    page = client.get(f"/o/{link.slug}").text
    target = re.search(r'formaction="([^"]+lang=sl)"', page)[1]
    turned = client.post(target, data=form_of(page) | {"comment": "Half a thought", "switch": "sl"})
    assert '<html lang="sl"' in turned.text
    assert "Half a thought" in turned.text
    assert responses() == []
    done = client.post(f"/o/{link.slug}/1", data=form_of(turned.text) | {"score": "9", "opened_at": ""})
    assert done.headers["Location"].endswith("/thanks?lang=sl")


@pytest.mark.parametrize(
    ("terms", "title", "status"),
    [
        ({"opens_on": date(2026, 11, 21)}, "This survey is not open yet", 404),
        ({"closes_on": date(2026, 11, 19)}, "This survey is closed", 410),
        ({"opens_on": date(2026, 11, 20), "closes_on": date(2026, 11, 20)}, None, 200),
    ],
)
def test_days_are_those_of_the_workspace(survey, client, terms, title, status):
    with time_machine.travel("2026-11-19T23:30:00Z"):  # in Ljubljana it is the twentieth
        link = an_open_link(survey, at=clock.now(), **terms)
        reply = client.get(f"/o/{link.slug}")
        assert reply.status_code == status
        assert title is None or title in reply.text
        sent = client.post(f"/o/{link.slug}/1", data={"score": "3", "form_id": "form-12345"})
    assert sent.status_code == (303 if status == 200 else status)
    assert len(responses()) == (1 if status == 200 else 0)


def test_a_paused_link_and_a_closed_survey_take_nothing(survey, link, client):
    with transaction() as session:
        session.get_one(OpenLink, link.id).pause(at=clock.now())
    assert client.get(f"/o/{link.slug}").status_code == 410
    with transaction() as session:
        session.get_one(OpenLink, link.id).resume(at=clock.now())
    assert client.get(f"/o/{link.slug}").status_code == 200
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=clock.now())
    assert client.post(f"/o/{link.slug}/1", data={"score": "3"}).status_code == 410
    assert responses() == []


def test_a_survey_that_was_never_published_is_not_there_yet(cast, client):
    link = an_open_link(a_draft(cast.workspace, at=clock.now()), at=clock.now())
    assert client.get(f"/o/{link.slug}").status_code == 404


def test_a_full_link_says_so_and_takes_no_more(survey, post, client):
    link = an_open_link(survey, cap=2, at=clock.now())
    for score in ("5", "6"):
        assert post(link.slug, score=score).status_code == 303
    reply = client.get(f"/o/{link.slug}")
    assert reply.status_code == 410
    assert "This survey is complete" in reply.text
    late = client.post(f"/o/{link.slug}/1", data={"score": "1", "form_id": "late-12345"})
    assert (late.status_code, len(responses())) == (410, 2)


def test_of_many_at_once_never_more_are_counted_than_the_cap(app, survey):
    link = an_open_link(survey, cap=5, at=clock.now())
    at = clock.now()

    def answer(number):
        with app.app_context():
            given = ballot.Given(score=number % 11, comment=None, locale="en", form_id=f"form-{number:06d}")
            try:
                with transaction():
                    ballot.walk_in(Door.by_slug(link.slug), given, {}, at=at)
            except ballot.FullError:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(answer, range(24)))
    assert (sum(kept), len(responses()), now_of(link).answered) == (5, 5, 5)


def test_the_same_form_from_many_threads_is_one_answer(app, link):
    given = ballot.Given(score=4, comment="once", locale="en", form_id=new_id().hex)
    at = clock.now()

    def answer(_):
        with app.app_context(), transaction():
            kept = ballot.walk_in(Door.by_slug(link.slug), given, {}, at=at)
        with app.app_context():
            db.session.remove()
        return kept.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(answer, range(16)))) == 1
    assert (len(responses()), now_of(link).answered) == (1, 1)


def test_one_browser_that_answers_again_and_again_is_set_aside_not_dropped(survey, post, cast, browser_of):
    link = an_open_link(survey, cap=100, at=clock.now())
    for score in range(6):
        assert post(link.slug, score=str(score)).status_code == 303
    found = responses()
    assert [one.flag_reason for one in found] == [None] * 3 + ["many_browser"] * 3
    assert now_of(link).answered == 3
    page = browser_of(cast.cvetka).get(f"/w/acme/responses/{found[-1].id}").text
    assert "The same browser sent more answers by this link" in page
    browser_of(cast.cvetka).post(f"/w/acme/responses/{found[-1].id}/release")
    assert now_of(link).answered == 4


def test_the_cookie_comes_after_the_answer_and_stays_on_this_site(link, post, client):
    reply = post(link.slug, score="7")
    (cookie,) = reply.headers.getlist("Set-Cookie")
    assert cookie.startswith("afterword_answered=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Set-Cookie" not in client.get(f"/o/{link.slug}").headers


def test_one_address_with_many_browsers_is_believed_so_far(app, link, post):
    for score in range(32):
        assert post(link.slug, by=app.test_client(), score=str(score % 11)).status_code == 303
    reasons = [one.flag_reason for one in responses()]
    assert reasons[:30] == [None] * 30
    assert reasons[30:] == ["many_address"] * 2


def test_a_device_for_everybody_answers_as_often_as_people_come(survey, post):
    link = an_open_link(survey, kiosk=True, at=clock.now())
    replies = [post(link.slug, query="?kiosk=1", score=str(score % 11)) for score in range(40)]
    assert not any("Set-Cookie" in reply.headers for reply in replies)
    assert {one.flag_reason for one in responses()} == {None}
    assert now_of(link).answered == 40


def test_who_sends_within_a_second_is_a_program(link, post):
    post(link.slug, score="0", seconds=0)
    post(link.slug, score="9", seconds=4)
    assert [one.flag_reason for one in responses()] == ["instant", None]


def test_a_flag_survives_the_reading_of_the_comment(link, post, run_jobs):
    post(link.slug, score="0", seconds=0, comment="Terrible, never again.")
    run_jobs()
    (response,) = responses()
    assert response.flag_reason == "instant"
    assert response.read_at is None or response.flagged_at is not None
    (revision,) = db.session.scalars(select(Revision))
    assert "instant" in revision.signs_seen


def test_a_comment_that_came_by_a_link_is_read(link, post, run_jobs):
    post(link.slug, score="0", comment="Terrible, never again.")
    run_jobs()
    (response,) = responses()
    assert response.sentiment_label == "negative"


def test_further_answers_are_kept_typed(cast, client, form_of):
    survey = a_survey(cast.workspace, at=clock.now())
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        asked = [{"id": "score", "kind": "score"}, {"id": "found", "kind": "yesno", "required": True}]
        texts = {"en": {"found.title": "Did you find it?"}}
        found.save_draft({**found.draft, "questions": asked, "texts": texts}, revision=1, at=clock.now())
        found.publish(at=clock.now())
    link = an_open_link(survey, at=clock.now())
    page = client.get(f"/o/{link.slug}").text
    data = form_of(page) | {"score": "3", "opened_at": ""}
    assert client.post(f"/o/{link.slug}/2", data=data).status_code == 422
    assert client.post(f"/o/{link.slug}/2", data=data | {"q-found": "no"}).status_code == 303
    (response,) = responses()
    assert [piece.choice for piece in Answer.of(response.id, 1)] == ["no"]


def test_a_database_that_is_away_loses_no_word(link, client, form_of, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def broken(*_args, **_more):
        raise OperationalError("INSERT", None, Exception("away"))

    page = client.get(f"/o/{link.slug}").text
    monkeypatch.setattr(ballot, "walk_in", broken)
    reply = client.post(f"/o/{link.slug}/1", data=form_of(page) | {"score": "2", "comment": "Long and thoughtful."})
    assert reply.status_code == 503
    assert "Long and thoughtful." in reply.text
    assert form_of(reply.text)["form_id"] == form_of(page)["form_id"]
    assert reply.headers["Retry-After"]


def test_lists_digests_and_the_api_say_by_which_link(link, post, cast, browser_of, client):
    from tests.cast import an_api_key

    post(link.slug, score="1", comment="Cold soup.")
    (response,) = responses()
    browser = browser_of(cast.cvetka)
    assert "Somebody, by the link “Till receipt”" in browser.get("/w/acme/responses").text
    assert "Somebody, by the link “Till receipt”" in browser.get(f"/w/acme/responses/{response.id}").text
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    (out,) = client.get("/api/v1/responses", headers=key).json["data"]
    assert (out["email"], out["invitation_id"], out["link"], out["anonymous"]) == (None, None, link.slug, False)
    assert client.get("/api/v1/responses?email=a@b.example", headers=key).json["data"] == []
    assert db.session.scalar(select(func.count()).select_from(Response)) == 1


def test_only_named_sites_may_show_it_and_only_embedded(survey, client):
    link = an_open_link(survey, sites=("https://shop.example", "http://localhost:8080"), at=clock.now())
    plain = client.get(f"/o/{link.slug}").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in plain
    for reply in (
        client.get(f"/o/{link.slug}?embed=1"),
        client.get(f"/o/{link.slug}/thanks?embed=1"),
        client.post(f"/o/{link.slug}/1/embed", data={"score": "77"}),
    ):
        policy = reply.headers["Content-Security-Policy"]
        assert "frame-ancestors https://shop.example http://localhost:8080;" in policy
        assert "unsafe" not in policy
    done = client.post(f"/o/{link.slug}/1/embed", data={"score": "7", "form_id": "form-12345"})
    assert done.headers["Location"] == f"/o/{link.slug}/thanks?embed=1"
    unnamed = an_open_link(survey, at=clock.now())
    assert "frame-ancestors 'none'" in client.get(f"/o/{unnamed.slug}?embed=1").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get("/o/nothing-here?embed=1").headers["Content-Security-Policy"]


def test_a_link_that_is_no_kiosk_shows_the_plain_page(link, client):
    assert "k-all" not in client.get(f"/o/{link.slug}?kiosk=1").text


def test_the_script_for_other_sites_is_small_and_stored(client):
    reply = client.get("/embed.js")
    assert len(reply.get_data()) <= 5 * 1024
    assert reply.headers["Cache-Control"] == "public, max-age=3600"
    assert reply.content_type.startswith("text/javascript")


def test_an_address_is_readable_and_stays(survey):
    link = an_open_link(survey, "Kavarna pri Ljubljanici – šank", at=clock.now())
    assert re.fullmatch(r"kavarna-pri-ljubljanici-sank-[a-z2-9]{4}", link.slug)
    slugs = {an_open_link(survey, "Kavarna", at=clock.now()).slug for _ in range(12)}
    assert len(slugs) == 12
    assert timedelta(0) <= clock.now() - link.created_at


def test_what_a_device_kept_without_a_network_counts_when_it_was_given(survey, client, form_of):
    link = an_open_link(survey, kiosk=True, closes_on=clock.local_date(clock.now(), "Europe/Ljubljana"), at=clock.now())
    data = form_of(client.get(f"/o/{link.slug}?kiosk=1").text) | {"score": "9", "opened_at": ""}
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert client.post(f"/o/{link.slug}/1/kiosk", data=data).status_code == 410
        late = data | {"waited": str(24 * 3600 * 1000)}
        assert client.post(f"/o/{link.slug}/1", data=late).status_code == 410  # only a device may have waited
        assert client.post(f"/o/{link.slug}/1/kiosk", data=late).status_code == 303
    assert [response.score for response in responses()] == [9]


def test_stepping_back_and_sending_again_is_no_second_vote(link, client, form_of):
    first = client.get(f"/o/{link.slug}")
    action = re.search(r'<form method="post" action="([^"]+)"', first.text)[1]
    wrong = client.post(action, data=form_of(first.text), headers={"User-Agent": PERSON})
    assert wrong.status_code == 422
    assert form_of(wrong.text)["form_id"] == form_of(first.text)["form_id"]
    assert client.post(action, data=form_of(wrong.text) | {"score": "9"}).status_code == 303
    assert client.post(action, data=form_of(wrong.text) | {"score": "2"}).status_code == 409
    assert [response.score for response in responses()] == [9]
