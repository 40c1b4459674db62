"""The list of comments, tags, notes and what is new, as people and programs use them."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from base import clock
from base.db import db, transaction
from feedback.case import By, Case
from feedback.case_rule import CaseRule
from feedback.export import Export
from feedback.exporter import file_of
from feedback.glance import Glance, is_new
from feedback.note import Note
from feedback.response import Response
from feedback.tag import Tag
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import AT, a_person, a_response, a_survey, an_api_key, an_invitation
from tests.feedback.answers import many_answers
from tests.feedback.said import SAID, all_said

SHAPES = {
    "nps": 'path class="fill-detractor"',
    "ces": 'path class="fill-promoter"',
    "stars": 'circle class="fill-passive"',
}


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support")


@pytest.fixture
def said(survey, run_jobs):
    return all_said(survey, run_jobs)


def test_the_page_narrows_searches_and_marks_and_its_address_is_the_state(cast, said, browser_of):
    cvetka = browser_of(cast.cvetka)
    page = cvetka.get("/w/acme/responses?commented=1&q=PARCEL&agent=Zala&band=passive").text
    assert "0 answers" not in page
    assert "Nothing is like that" in page
    page = cvetka.get("/w/acme/responses?commented=1&q=PARCEL&agent=Zala").text
    assert "<mark>parcel</mark>" in page
    assert page.count('class="inbox-row') == 1
    assert 'value="PARCEL"' in page
    assert "/w/acme/exports/new?" in page
    assert "q=PARCEL" in page.split("/w/acme/exports/new?")[1].split('"')[0]
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        narrowed = "period=7d&sentiment=unread&language=-&theme=speed&score=4"
        assert "Nothing is like that" in cvetka.get(f"/w/acme/responses?commented=1&{narrowed}").text
        assert cvetka.get("/w/acme/responses?commented=1&period=7d").text.count('class="inbox-row') == len(SAID)
    dates = "from=2026-01-01&to=2026-01-02"
    assert "Nothing is like that" in cvetka.get(f"/w/acme/responses?commented=1&{dates}").text
    assert (
        cvetka.get("/w/acme/responses?commented=1&after=nonsense&tag=nothing&survey=none").text.count("inbox-row") == 7
    )


@pytest.mark.parametrize(("metric", "score", "scale"), [("nps", 6, "/10"), ("ces", 6, "/7"), ("stars", 3, "/5")])
def test_a_score_in_a_list_says_of_how_many_it_is_and_bears_the_sign_of_its_band(
    cast, browser_of, metric, score, scale
):
    survey = a_survey(cast.workspace, metric)
    response = a_response(an_invitation(survey), score, "It took long.")
    with transaction() as session:
        Case.open(session.get_one(Response, response.id), CaseRule.of(cast.workspace), By(AT))
    for path in ("/w/acme/responses?commented=1", "/w/acme/cases"):
        mark = (
            browser_of(cast.cvetka).get(path).text.partition('<span class="score score-')[2].partition("<blockquote")[0]
        )
        assert f'{score}<span class="score-of">{scale}</span>' in mark
        assert f'<span class="score-sign"><svg viewBox="0 0 10 10" aria-hidden="true"><{SHAPES[metric]}' in mark


def test_what_is_filtered_is_what_is_exported(cast, said, browser_of, run_jobs):
    cvetka = browser_of(cast.cvetka)
    with transaction() as session:
        tag = session.merge(said[4]).add_tag("Shop", at=AT, by=cast.cvetka.id)
    for narrowed, expected in ((f"q=parcel&tag={tag.id}", [SAID[4]]), ("q=parc&agent=Zala", [SAID[5]]), ("q=..", [])):
        cvetka.post(f"/w/acme/exports?{narrowed}&flagged=1", data={"kind": "jsonl"})
        run_jobs()
        with cvetka.application.app_context():
            export = Export.recent(cast.workspace.id, limit=1)[0]
            lines = file_of(export).read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["comment"] for line in lines] == expected


def test_tags_are_given_and_taken_in_the_list_and_mended_on_one_page(cast, said, browser_of):
    cvetka, at = browser_of(cast.cvetka), f"/w/acme/responses/{said[4].id}/tags"
    sent = cvetka.post(at, data={"name": "  Call   back ", "back": "?commented=1&q=parcel"})
    assert sent.location == f"/w/acme/responses?commented=1&q=parcel#r-{said[4].id}"
    part = cvetka.post(at, data={"name": "call BACK"}, headers={"HX-Request": "true"}).text
    assert part.count("Take away the tag Call back") == 1
    assert "Use at most 40 characters." in cvetka.post(at, data={"name": "x" * 41}, headers={"HX-Request": "true"}).text
    assert cvetka.post(at, data={"name": "No", "back": "//evil.example"}).location.startswith("/w/acme/responses/")
    back = Tag.called(cast.workspace.id, "call back")
    assert ">1 answer<" in cvetka.get("/w/acme/tags").text
    assert '<details class="menu" data-menu>' in cvetka.get("/w/acme/tags").text
    refused = cvetka.post(f"/w/acme/tags/{back.id}", data={"name": "?!"})
    assert refused.status_code == 422
    assert refused.text.count('<details class="menu" data-menu open>') == 1
    assert 'value="?!"' in refused.text
    cvetka.post(f"/w/acme/tags/{back.id}", data={"name": "NO"})
    assert "was merged into" in cvetka.get("/w/acme/tags").text
    assert "Call back" not in cvetka.get("/w/acme/tags").text
    left = Tag.called(cast.workspace.id, "no")
    cvetka.post(f"{at}/{left.id}/remove")
    assert ">0 answers<" in cvetka.get("/w/acme/tags").text
    cvetka.post(f"/w/acme/tags/{left.id}/delete")
    assert "No tags yet" in cvetka.get("/w/acme/tags").text
    assert browser_of(cast.ana).post(f"/w/elsewhere/responses/{said[4].id}/tags", data={"name": "x"}).status_code == 404


def test_what_is_set_aside_is_released_in_the_list(cast, survey, browser_of, run_jobs):
    response = a_response(an_invitation(survey), 0, "Robots everywhere", signs=("decoy",))
    run_jobs()
    cvetka, address = browser_of(cast.cvetka), f"/w/acme/responses/{response.id}/release"
    assert f'action="{address}"' in cvetka.get("/w/acme/responses?flagged=1&q=robots").text
    assert f'action="{address}"' not in browser_of(cast.ana).get("/w/acme/responses?q=nothing").text
    sent = cvetka.post(address, data={"back": "?flagged=1"})
    assert sent.location == f"/w/acme/responses?flagged=1#r-{response.id}"
    assert "Nothing is set aside" in cvetka.get("/w/acme/responses?flagged=1").text
    assert "Robots everywhere" in cvetka.get("/w/acme/responses?commented=1").text


def test_notes_are_for_the_staff_and_go_with_the_person(cast, said, browser_of):
    cvetka, at = browser_of(cast.cvetka), f"/w/acme/responses/{said[4].id}"
    assert "Write something first." in cvetka.post(f"{at}/notes", data={"text": " "}).text
    long = cvetka.post(f"{at}/notes", data={"text": "y" * 4001})
    assert (long.status_code, "y" * 4001 in long.text) == (422, True)
    cvetka.post(f"{at}/notes", data={"text": "He moved <b>house</b>."})
    page = cvetka.get(at).text
    assert "He moved &lt;b&gt;house&lt;/b&gt;." in page
    assert cast.cvetka.name in page
    assert "1 note" in cvetka.get("/w/acme/responses?commented=1").text
    with transaction() as session:
        contact = session.scalar(select(Contact).where(Contact.email == "c4@customer.example"))
        Erasure.of(contact, at=clock.now())
    assert db.session.scalars(select(Note)).all() == []


def test_new_is_what_came_since_this_person_last_looked(cast, survey, browser_of, run_jobs):
    cvetka, boris = browser_of(cast.cvetka), browser_of(cast.boris)
    address, later = "/w/acme/responses?commented=1", AT + timedelta(hours=3)

    def answer(number, at):
        with time_machine.travel(at, tick=False):
            a_response(an_invitation(survey, email=f"n{number}@c.example"), 5, f"Number {number}", at=at)

    def new(browser, at):
        with time_machine.travel(at, tick=False):
            return browser.get(address).text.count("inbox-row inbox-new")

    def look(browser, at, **more):
        with time_machine.travel(at, tick=False):
            browser.post("/w/acme/responses/seen", data={"at": at.isoformat()} | more)

    answer(1, AT)
    assert new(cvetka, AT) == 0  # the first time nothing is new, or all would be
    look(cvetka, AT + timedelta(minutes=1))
    answer(2, AT + timedelta(minutes=2))
    assert new(cvetka, later) == 1
    look(cvetka, later)
    assert (new(cvetka, later + timedelta(minutes=5)), new(boris, later)) == (1, 0)  # still marked while they read on
    answer(3, later + timedelta(minutes=6))
    assert new(cvetka, later + timedelta(minutes=7)) == 2
    look(cvetka, later + timedelta(minutes=8), all="1")
    assert new(cvetka, later + timedelta(minutes=9)) == 0
    look(cvetka, later + timedelta(days=3))  # a clock of somebody else's is not believed, and never leads back
    assert new(cvetka, later + timedelta(days=4)) == 0


def test_an_anonymous_answer_is_new_until_its_day_is_over():
    noon = AT.replace(hour=12, minute=0)
    looked = {hour: is_new(noon, noon.replace(hour=hour), anonymous=True, zone="UTC") for hour in (9, 15)}
    assert looked == {9: True, 15: True}  # whatever the hour was: it would tell when the answer came
    assert not is_new(noon, noon + timedelta(days=1), anonymous=True, zone="UTC")
    assert not is_new(noon, noon.replace(hour=15), anonymous=False, zone="UTC")


def test_as_many_are_counted_as_are_marked_anonymous_ones_too(cast, survey, browser_of, run_jobs):
    noon, cvetka = AT.replace(hour=11, minute=0), browser_of(cast.cvetka)  # noon in Ljubljana
    looked = noon + timedelta(hours=3)
    said = [{"score": 3, "comment": f"Number {number}", "created_at": noon} for number in range(2)]
    anonymous = many_answers(survey, said)
    with transaction() as session:
        session.execute(update(Response).where(Response.id.in_(anonymous)).values(invitation_id=None, contact_id=None))
    many_answers(survey, [{"score": 3, "comment": "Later", "created_at": looked + timedelta(hours=1)}])
    run_jobs()
    Glance.keep(cast.cvetka.id, cast.workspace.id, at=looked)
    db.session.commit()
    with time_machine.travel(looked + timedelta(hours=2), tick=False):
        page = cvetka.get("/w/acme/responses?commented=1").text
    assert page.count("inbox-row inbox-new") == 3
    assert "3 new comments since you last looked" in page


def test_the_api_searches_and_takes_the_name_of_a_tag(cast, said, client):
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}

    def ask(**query):
        reply = client.get("/api/v1/responses", query_string=query, headers=key)
        return reply.json

    with transaction() as session:
        session.merge(said[4]).add_tag("Délai", at=AT, by=cast.cvetka.id)
    first = ask(q="parcel", limit=1)
    assert [one["comment"] for one in first["data"]] == [SAID[5]]
    second = ask(q="parcel", limit=1, cursor=first["next_cursor"])
    assert ([one["comment"] for one in second["data"]], second["next_cursor"]) == ([SAID[4]], None)
    assert [one["comment"] for one in ask(tag="DELAI")["data"]] == [SAID[4]]
    assert [one["comment"] for one in ask(tag="delai", q="shop")["data"]] == [SAID[4]]
    assert ask(tag="nothing")["data"] == []
    assert ask(q="parcel", cursor="x")["status"] == 422


def test_any_date_may_be_asked_of_the_api_and_the_farthest_narrow_nothing(cast, said, client):
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}

    def found(**query):
        answer = client.get("/api/v1/responses", query_string={"q": "parcel", **query}, headers=headers)
        assert answer.status_code == 200, query
        return len(answer.json["data"])

    for far in ("1900-01-01T00:00:00Z", "1700-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
        assert (found(since=far), found(until=far)) == (2, 0)
    for far in ("2039-12-31T00:00:00Z", "2099-12-31T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert (found(since=far), found(until=far)) == (0, 2)


def test_nobody_looked_before_there_was_a_page(cast, said, browser_of):
    cvetka = browser_of(cast.cvetka)
    for at in ("0002-01-01T00:00:00+00:00", "0001-01-01T00:00:00+14:00", "1999-12-31T00:00:00+00:00"):
        assert cvetka.post("/w/acme/responses/seen", data={"at": at}).status_code == 200
    assert Glance.since(cast.cvetka.id, cast.workspace.id, now=clock.now()) > AT - timedelta(days=2000)
    assert cvetka.get("/w/acme/responses?commented=1").status_code == 200


def test_the_way_back_from_a_form_has_what_a_list_knows_and_nothing_else(cast, said, browser_of):
    def led_to(back):
        posted = {"name": "Shop", "back": back}
        return browser_of(cast.cvetka).post(f"/w/acme/responses/{said[4].id}/tags", data=posted).headers["Location"]

    assert led_to("?x\r\nSet-Cookie: a=b") == f"/w/acme/responses#r-{said[4].id}"
    assert led_to("?q=a%0D%0Ab&evil=1&workspace=other&after=12") == (
        f"/w/acme/responses?q=a%0D%0Ab&after=12#r-{said[4].id}"
    )
    assert led_to("//evil.example") == f"/w/acme/responses/{said[4].id}"


def test_notes_are_shown_to_those_who_may_write_them_and_to_nobody_else(cast, said, browser_of):
    with transaction():
        Note.write(said[4].id, "Spoke with Bogdan.", at=AT, by=cast.cvetka.id)
    for person, shown in ((cast.cvetka, True), (a_person("Vera", cast.workspace, "viewer"), False)):
        browser = browser_of(person)
        page = browser.get(f"/w/acme/responses/{said[4].id}").text
        assert ("Spoke with Bogdan." in page, 'id="notes"' in page) == (shown, shown)
        assert ("1 note" in browser.get("/w/acme/responses").text) is shown
