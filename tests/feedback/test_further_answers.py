"""Answering a survey of several questions: in one page with script, page by page without, and nothing lost between."""

import re

import pytest
from sqlalchemy import select

from base.db import db, transaction
from feedback.answer import Answer
from feedback.response import Response
from feedback.revision import Revision
from surveys.filling import Piece
from surveys.survey import Survey
from tests.cast import AT, an_invitation

QUESTIONS = [
    {"id": "score", "kind": "score"},
    {"id": "resolved", "kind": "yesno", "required": True},
    {"id": "open", "kind": "short", "required": True, "show": {"conditions": [
        {"about": "answer", "question": "resolved", "is": ["no"]}]}},
    {"id": "better", "kind": "many", "choices": ["speed", "tone"], "other": True, "show": {"conditions": [
        {"about": "band", "is": ["detractor"]}]}},
    {"id": "ratings", "kind": "matrix", "rows": ["clear", "quick"], "low": 1, "high": 7},
    {"id": "visited", "kind": "date"},
    {"id": "comment", "kind": "long"},
    {"id": "contact", "kind": "contact"},
]  # fmt: skip
TEXTS = {
    "en": {
        "resolved.title": "Solved, {{ contact.name | dear customer }}?",
        "open.title": "What is open?",
        "better.title": "What should be better?",
        "better.choice.speed": "Speed",
        "better.choice.tone": "Tone",
        "ratings.title": "Rate us",
        "ratings.row.clear": "Clear",
        "ratings.row.quick": "Quick",
        "ratings.low_label": "Never",
        "ratings.high_label": "Always",
        "visited.title": "When was it?",
    },
    "sl": {"resolved.title": "Rešeno?", "open.title": "Kaj je še odprto?"},
}


@pytest.fixture
def survey(cast):
    document = {"metric": "csat", "default_locale": "en", "locales": ["en", "sl"], "texts": TEXTS}
    with transaction():
        made = Survey.create(cast.workspace.id, "Ticket", document | {"questions": QUESTIONS}, at=AT)
        made.publish(at=AT)
    return made


@pytest.fixture
def link(survey):
    return f"/s/{an_invitation(survey).token}"


def kept():
    """The answers of the newest revision of the only response."""
    response = db.session.scalars(select(Response)).one()
    return response, set(Answer.of_all([(response.id, response.revision)]).get(response.id, ()))


def test_all_at_once_every_answer_is_kept_typed(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "2", "q-resolved": "no", "q-open": " The bill "}
    fields |= {
        "q-better": ["tone", "other"],
        "q-better-other": "Parking",
        "q-ratings-clear": "7",
        "q-ratings-quick": "9",
    }
    fields |= {"q-visited": "2026-11-19", "comment": "Slow", "q-contact": "yes"}
    assert client.post(link, data=fields).status_code == 303
    response, pieces = kept()
    assert (response.score, response.comment) == (2, "Slow")
    assert pieces == {
        Piece("resolved", choice="no"),
        Piece("open", text="The bill"),
        Piece("better", "tone", choice="tone"),
        Piece("better", "other", choice="other", text="Parking"),
        Piece("ratings", "clear", number=7),
        Piece("visited", day=next(piece.day for piece in pieces if piece.day)),
        Piece("contact", "contact", choice="yes"),
    }
    assert next(str(piece.day) for piece in pieces if piece.day) == "2026-11-19"


def test_what_no_longer_applies_is_not_stored(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "5", "q-resolved": "yes"}
    fields |= {"q-open": "typed before the mind changed", "q-better": "speed"}
    assert client.post(link, data=fields).status_code == 303
    assert kept()[1] == {Piece("resolved", choice="yes")}


def walk(client, link, form_of, *steps):
    """Fill in page after page without script, carrying along what each page carries; the last reply."""
    reply = client.get(link)
    for fields, go in steps:
        data = form_of(reply.text) | fields | ({"go": go} if go != "send" else {})
        reply = client.post(link, data=data)
    return reply


def test_without_script_the_pages_follow_the_answers(client, link, form_of):
    reply = walk(client, link, form_of, ({"score": "1", "q-resolved": "no"}, "next"))
    assert reply.status_code == 200
    assert 'name="q-open"' in reply.text
    assert 'name="q-better"' in reply.text
    assert form_of(reply.text)["score"] == "1"
    reply = client.post(link, data=form_of(reply.text) | {"q-open": "Bill", "q-ratings-clear": "3"})
    assert reply.status_code == 303
    response, pieces = kept()
    assert response.score == 1
    assert pieces == {Piece("resolved", choice="no"), Piece("open", text="Bill"), Piece("ratings", "clear", number=3)}


def test_one_can_go_back_and_nothing_typed_is_lost(client, link, form_of):
    second = walk(client, link, form_of, ({"score": "1", "q-resolved": "no"}, "next"))
    first = client.post(link, data=form_of(second.text) | {"q-open": "Bill", "comment": "Hm", "go": "back"})
    assert re.search(r'value="1" checked', first.text)
    assert form_of(first.text)["page"] == "0"
    again = client.post(link, data=form_of(first.text) | {"score": "1", "q-resolved": "no", "go": "next"})
    assert again.status_code == 200
    assert 'value="Bill"' in again.text
    assert "Hm</textarea>" in again.text


def test_a_missing_answer_is_told_at_its_question_with_everything_kept(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "2", "q-better": "speed", "comment": "Why?"}
    reply = client.post(link, data=fields)
    assert reply.status_code == 422
    assert '<a href="#f-resolved">Please answer this question.</a>' in reply.text
    assert 'value="speed" checked' in reply.text
    assert "Why?" in reply.text
    assert db.session.scalars(select(Response)).all() == []


def test_the_language_changes_without_losing_a_word(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "2", "q-open": "Bill", "switch": "sl"}
    reply = client.post(f"{link}?lang=sl", data=fields)
    assert "Rešeno?" in reply.text
    assert 'value="Bill"' in reply.text


def test_merge_fields_speak_of_the_person_or_use_their_fallback(client, link, survey):
    assert "Solved, dear customer?" in client.get(link).text
    other = an_invitation(survey, email="zoja@customer.example")
    with transaction():
        from surveys.contact import Contact

        Contact.keep(survey.workspace_id, "zoja@customer.example", at=AT, name="Zoja {{ 7*7 }} <b>")
    page = client.get(f"/s/{other.token}").text
    assert "Solved, dear customer?" in page  # a name with braces and brackets greets nobody


def test_a_changed_mind_finds_its_answers_and_replaces_them(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "2", "q-resolved": "no", "q-open": "Bill"}
    client.post(link, data=fields | {"q-better": ["speed"], "q-ratings-clear": "5"})
    page = client.get(link).text
    assert 'value="speed" checked' in page
    assert 'value="Bill"' in page
    client.post(link, data=form_of(page) | {"page": "all", "score": "5", "q-resolved": "yes"})
    response, pieces = kept()
    assert (response.score, response.revision) == (5, 2)
    assert pieces == {Piece("resolved", choice="yes"), Piece("ratings", "clear", number=5)}
    first = Answer.of_all([(response.id, 1)])[response.id]
    assert Piece("open", text="Bill") in first


def test_the_same_page_sent_again_is_the_same_answer_and_another_one_is_told(client, link, form_of):
    fields = form_of(client.get(link).text) | {"page": "all", "score": "4", "q-resolved": "yes", "q-ratings-quick": "2"}
    assert [client.post(link, data=fields).status_code for _ in range(3)] == [303, 303, 303]
    assert client.post(link, data=fields | {"q-ratings-quick": "3"}).status_code == 409
    assert len(db.session.scalars(select(Revision)).all()) == 1
    assert kept()[1] == {Piece("resolved", choice="yes"), Piece("ratings", "quick", number=2)}
