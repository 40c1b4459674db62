"""Reading answers and scores through the REST API."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event, select
from werkzeug.datastructures import MultiDict

from base.db import db, transaction
from feedback import inbox
from feedback.forms.looking import InboxForm
from feedback.jobs import reread
from feedback.response import Response
from feedback.topic import Topic
from surveys.filling import Piece
from surveys.question import CONTACT
from tests.cast import AT, a_response, a_survey, an_api_key, an_invitation
from tests.feedback.answers import many_answers, one, rated, some

NOON = AT + timedelta(hours=3)


@pytest.fixture(autouse=True)
def friday_morning():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(app, cast):
    key = an_api_key(cast.workspace)

    def get(path, **query):
        return app.test_client().get(path, query_string=query, headers={"Authorization": f"Bearer {key}"})

    return get


@pytest.fixture
def answer(client, friday_morning):
    """Answers as a person does, `at` a moment; what is known of the response beyond that is set afterwards."""

    def send(survey, score, comment="", *, email="mara@customer.example", at=AT, after=None, **facts):
        invitation = an_invitation(survey, email=email, at=at - timedelta(days=1), **facts)
        friday_morning.move_to(at)
        sent = client.post(f"/s/{invitation.token}", data={"score": score, "comment": comment})
        assert sent.status_code == 303
        with transaction() as session:
            response = session.scalars(select(Response).where(Response.invitation_id == invitation.id)).one()
            for name, value in (after or {}).items():
                setattr(response, name, value)
        return response

    return send


READ = {"language": "en", "sentiment_label": "negative", "polarity": -0.5, "confidence": 0.9, "read_at": AT}
READ |= {"engine": "textblob", "engine_version": "1"}


def test_a_response_is_told_with_all_that_is_known_of_it(api, cast, answer):
    survey = a_survey(cast.workspace)
    response = answer(survey, 3, "slow and rude", agent="Vid", after=READ)
    told = api(f"/api/v1/responses/{response.id}").json
    assert told == {
        "id": str(response.id),
        "survey_id": str(survey.id),
        "version": 1,
        "invitation_id": str(response.invitation_id),
        "link": None,
        "anonymous": False,
        "email": "mara@customer.example",
        "metric": "nps",
        "score": 3,
        "band": "detractor",
        "comment": "slow and rude",
        "answers": [],
        "language": "en",
        "sentiment": {
            "polarity": -0.5,
            "label": "negative",
            "confidence": 0.9,
            "engine": "textblob",
            "engine_version": "1",
        },
        "themes": [],
        "agent": "Vid",
        "team": "North",
        "channel": "email",
        "properties": {},
        "created_at": "2026-11-20T09:00:00Z",
        "updated_at": "2026-11-20T09:00:00Z",
        "revision": 1,
        "flagged": False,
        "flag_reason": None,
    }
    assert api("/api/v1/responses").json == {"data": [told], "next_cursor": None}


def test_an_unread_comment_has_no_sentiment_and_no_language_yet(api, cast, answer):
    told = api(f"/api/v1/responses/{answer(a_survey(cast.workspace), 3, 'hm').id}").json
    assert (told["sentiment"], told["language"]) == (None, None)


def test_pages_go_through_all_responses_once_newest_first(api, cast, answer):
    survey = a_survey(cast.workspace)
    made = [answer(survey, n, email=f"{n}@x.example", at=AT + timedelta(minutes=n)).id for n in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = api("/api/v1/responses", limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [str(ident) for ident in reversed(made)]


def test_filters_narrow_the_list(api, cast, answer):
    survey, other = a_survey(cast.workspace), a_survey(cast.workspace, "csat", name="Delivery")
    answer(survey, 2, "bad", email="a@x.example", after=READ)
    answer(survey, 10, email="b@x.example", at=NOON, after={"flagged_at": NOON, "flag_reason": "decoy"})
    answer(other, 5, email="c@x.example", at=NOON, locale="sl")

    def scores(**query):
        return [one["score"] for one in api("/api/v1/responses", **query).json["data"]]

    assert sorted(scores()) == [2, 5, 10]
    assert scores(survey=other.slug) == scores(survey=str(other.id)) == scores(email="C@x.example") == [5]
    assert scores(flagged="true") == scores(survey=survey.slug, since="2026-11-20T12:00:00Z") == [10]
    assert sorted(scores(flagged="false")) == [2, 5]
    assert scores(until="2026-11-20T10:00:00+01:00") == []
    assert scores(until="2026-11-20T12:00:00Z") == scores(band="detractor") == scores(sentiment="negative") == [2]
    assert scores(since="2026-11-21") == []
    assert scores(agent="nobody") == []


def test_the_list_is_narrowed_like_that_of_comments(api, cast):
    survey = a_survey(cast.workspace)
    gold, slow = {"plan": "gold"}, {"plan": "basic", "minutes": 12}
    many_answers(survey, [
        {"score": 2, "comment": "Late delivery, wet parcel", "agent": "Vid", "team": None, "properties": gold},
        {"score": 3, "comment": "Deliveries were late", "agent": None, "properties": slow},
        {"score": 9, "comment": "Počasna dostava", "locale": "sl", "channel": None, "properties": {"minutes": 3}},
        {"score": 9, "comment": "!!!", "agent": "-"},
        {"score": 10, "properties": gold},
    ])  # fmt: skip
    reread(None, cast.workspace.id, None, limit=9)
    many_answers(survey, [{"score": 2, "comment": "A parcel, not read yet", "flagged_at": AT}])
    with transaction():
        topic = Topic.make(cast.workspace.id, "Wet parcels", "parcel*, paket", at=AT)
    expected = (
        ({"topic": "wet PARCELS"}, {"topic": topic}, 2),
        ({"topic": topic, "flagged": "false"}, {"topic": topic}, 1),
        ({"phrase": "en:delivery late"}, {"phrase": "en:delivery late"}, 2),
        ({"topic": topic, "phrase": "en:delivery late", "q": "wet"}, {"topic": topic, "q": "wet"}, 1),
        ({"score": 9}, {"score": 9}, 2),
        ({"commented": "true"}, {"commented": 1}, 5),
        ({"sentiment": "unread"}, {"sentiment": "unread"}, 1),
        ({"agent": "-"}, {"agent": "-"}, 1),
        ({"team": "-", "channel": "email"}, {"team": "-"}, 1),
        ({"channel": "-", "language": "sl"}, {"channel": "-"}, 1),
        ({"language": "-", "commented": "true"}, {"language": "-", "commented": 1}, 2),
        ({"property_name": "plan"}, {"trait": "plan"}, 3),
        ({"property_name": "plan", "property_value": "gold"}, {"trait": "plan", "equals": "gold"}, 2),
        ({"property_name": "plan", "property_value": "-"}, {"trait": "plan", "equals": "-"}, 3),
        ({"property_name": "minutes", "property_least": "5"}, {"trait": "minutes", "least": "5"}, 1),
        ({"property_name": "minutes", "property_most": "5"}, {"trait": "minutes", "most": "5"}, 1),
    )  # fmt: skip
    for asked, address, n in expected:
        form = InboxForm.read(MultiDict({name: str(value) for name, value in address.items()}))
        flagged = False if "flagged" in asked else None
        page = inbox.page(form.query(cast.workspace, None, period=None, flagged=flagged), limit=50)
        told = [one["id"] for one in api("/api/v1/responses", **asked).json["data"]]
        assert (told, len(told)) == ([str(entry.response.id) for entry in page.entries], n), asked
    assert api("/api/v1/responses", topic="Nothing").status_code == 404
    numbers = api(f"/api/v1/surveys/{survey.slug}/metrics", property_name="plan", property_value="gold").json
    assert (numbers["n"], numbers["bands"]) == (2, {"detractor": 1, "passive": 0, "promoter": 1})


def test_topics_of_others_do_not_exist_and_pages_of_a_topic_go_through_all(api, cast):
    with transaction():
        theirs = Topic.make(cast.elsewhere.id, "Theirs", "parcel", at=AT)
        Topic.make(cast.workspace.id, "Ours", "parcel", at=AT)
    for name in ("Theirs", str(theirs)):
        assert api("/api/v1/responses", topic=name).status_code == 404
    rows = [{"score": 2, "comment": "parcel", "created_at": AT - timedelta(hours=n)} for n in range(5)]
    idents = many_answers(a_survey(cast.workspace), rows)
    seen, cursor = [], None
    for _ in range(3):
        page = api("/api/v1/responses", topic="ours", limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([str(ident) for ident in idents], None)


@pytest.mark.parametrize(("query", "field", "detail"), [
    ({"limit": "501"}, "limit", "Must be at most 500."),
    ({"limit": "0"}, "limit", "Must be at least 1."),
    ({"limit": "many"}, "limit", "Must be a whole number."),
    ({"since": "yesterday"}, "since", "Must be a moment with its time zone, like 2026-11-20T09:00:00Z."),
    ({"until": "2026-11-20T09:00:00"}, "until", "Must be a moment with its time zone, like 2026-11-20T09:00:00Z."),
    ({"band": "angry"}, "band", "Must be 'detractor', 'passive' or 'promoter'."),
    ({"flagged": "maybe"}, "flagged", "Must be true or false."),
    ({"emial": "x"}, "emial", "There is no such field."),
    ({"cursor": "x"}, "cursor", "Not a cursor."),
    ({"cursor": "\0"}, "cursor", "Must not hold control characters."),
    ({"limit": ["1", "2"]}, "limit", "Given more than once."),
    ({"score": "11"}, "score", "Must be at most 10."),
    ({"property_value": "gold"}, "property_name", "Say which property."),
    ({"property_name": "plan", "property_value": "a\0b"}, "property_value", "Must not hold control characters."),
    ({"property_name": "minutes", "property_least": "many"}, "property_least", "Must be a number."),
    ({"property_name": "minutes", "property_most": "nan"}, "property_most", "Must be a number with at most 30 digits."),
])  # fmt: skip
def test_a_question_that_makes_no_sense_names_its_field(api, cast, query, field, detail):
    refused = api("/api/v1/responses", **query)
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert refused.json["errors"] == [{"field": field, "detail": detail}]


def test_responses_and_numbers_of_others_do_not_exist(api, cast, answer):
    theirs = a_survey(cast.elsewhere, "ces", name="Theirs")
    response = answer(theirs, 1)
    assert api("/api/v1/responses").json["data"] == []
    for path in (f"/api/v1/responses/{response.id}", f"/api/v1/surveys/{theirs.id}/metrics"):
        assert api(path).status_code == 404
    assert api("/api/v1/responses", survey=str(theirs.id)).status_code == 404


def test_a_score_is_told_with_its_method_its_interval_and_the_change(api, cast, answer):
    survey = a_survey(cast.workspace)
    for n, score in enumerate((10, 9, 7, 0)):
        answer(survey, score, email=f"{n}@x.example")
    answer(survey, 10, email="earlier@x.example", at=AT - timedelta(days=40))
    answer(survey, 0, email="robot@x.example", after={"flagged_at": AT, "flag_reason": "decoy"})
    told = api(f"/api/v1/surveys/{survey.slug}/metrics").json
    assert (told["survey_id"], told["metric"], told["method"]) == (str(survey.id), "nps", "nps-adjusted-wald")
    assert (told["value"], told["n"], told["mean"], told["too_few"]) == (25.0, 4, 6.5, True)
    assert told["mean_low"] == 0 < told["mean"] < 10 == told["mean_high"]
    assert (told["previous"]["mean"], told["previous"]["mean_low"], told["previous"]["mean_high"]) == (10, None, None)
    assert told["low"] < 25 < told["high"]
    assert told["margin"] >= 25 - told["low"]
    assert told["bands"] == {"detractor": 1, "passive": 1, "promoter": 2}
    assert told["distribution"] == {str(n): int(n in (0, 7, 9, 10)) for n in range(11)}
    assert (told["previous"]["value"], told["previous"]["n"]) == (100.0, 1)
    assert told["previous"]["until"] == told["since"]
    assert told["change"]["delta"] == -75.0
    assert told["change"]["kind"] == "unclear"


def test_numbers_can_be_asked_of_any_period_and_part(api, cast, answer):
    survey = a_survey(cast.workspace, "csat")
    answer(survey, 5, email="a@x.example", agent="Vid")
    answer(survey, 1, email="b@x.example", agent="Zala", at=NOON)
    path = f"/api/v1/surveys/{survey.id}/metrics"
    period = {"since": "2026-11-20T08:00:00Z", "until": "2026-11-20T10:00:00Z"}
    told = api(path, **period).json
    assert (told["value"], told["n"], told["since"], told["until"]) == (100.0, 1, *period.values())
    assert told["previous"]["since"] == "2026-11-20T06:00:00Z"
    assert told["change"] == {"delta": None, "margin": None, "kind": "no_data"}
    assert api(path, agent="Zala").json["value"] == 0.0
    nobody = api(path, agent="nobody").json
    assert (nobody["n"], nobody["value"], nobody["low"], nobody["too_few"]) == (0, None, None, True)
    wrong = api(path, since="2026-11-20T10:00:00Z", until="2026-11-20T10:00:00Z")
    assert wrong.json["errors"] == [{"field": "until", "detail": "Must be after since."}]
    for field, query in (("since", {"since": "0001-01-01", "until": "9999-12-31"}), ("until", {"until": "0001-01-02"})):
        wrong = api(f"/api/v1/surveys/{survey.slug}/metrics", **query)
        assert (wrong.status_code, [one["field"] for one in wrong.json["errors"]]) == (422, [field])


MORE = {
    "questions": [
        {"id": "score", "kind": "score"},
        {"id": "ok", "kind": "yesno"},
        {"id": "why", "kind": "one", "choices": ["fast"], "other": True},
        {"id": "better", "kind": "many", "choices": ["a", "b"]},
        {"id": "t", "kind": "matrix", "rows": ["r1", "r2"], "low": 1, "high": 5},
        {"id": "day", "kind": "date"},
        {"id": "say", "kind": "short"},
        {"id": "may", "kind": "contact"},
    ],
    "texts": {
        "en": {"ok.title": "Was it solved by {company}?", "better.choice.a": "Prices", "better.choice.b": "Hours"}
        | {"better.title": "What else?", "why.title": "Why?", "t.title": "Rate us", "day.title": "Since?"}
        | {"say.title": "A word?", "may.title": "May we call?"},
    },
}


def kinds_of_answers(words="Fine"):
    return (
        one("ok", "yes"), one("why", "other", "The dog"), *some("better", "a", "b"), *rated("t", r1=4, r2=5),
        Piece("day", day=date(2026, 11, 3)), Piece("say", text=words), Piece("may", CONTACT, choice="yes"),
    )  # fmt: skip


def test_each_answer_has_the_value_of_its_kind(api, cast):
    a_response(an_invitation(a_survey(cast.workspace, **MORE)), 9, pieces=kinds_of_answers())
    [found] = api("/api/v1/responses").json["data"]
    assert {answer["question"]: answer["value"] for answer in found["answers"]} == {
        "ok": {"id": "yes", "label": "Yes"},
        "why": {"id": "other", "label": "Other, please say", "other": "The dog"},
        "better": [{"id": "a", "label": "Prices"}, {"id": "b", "label": "Hours"}],
        "t": {"r1": 4, "r2": 5},
        "day": "2026-11-03",
        "say": "Fine",
        "may": {"consent": True, "address": "mara@customer.example"},
    }
    assert found["answers"][0] == {
        "question": "ok", "kind": "yesno", "title": "Was it solved by Acme?", "value": {"id": "yes", "label": "Yes"},
    }  # fmt: skip
    assert [answer["question"] for answer in found["answers"]] == ["ok", "why", "better", "t", "day", "say", "may"]
    assert api(f"/api/v1/responses/{found['id']}").json == found


def test_answers_narrow_the_list(api, cast):
    survey = a_survey(cast.workspace, **MORE)
    a_response(an_invitation(survey), 9, pieces=kinds_of_answers())
    a_response(an_invitation(survey, email="zala@customer.example"), 9, pieces=(one("ok", "no"),))
    expected = {("ok", "yes"): 1, ("ok", "no"): 1, ("ok", ""): 2}
    expected |= {("t", "r1:4"): 1, ("t", "r1:5"): 0, ("day", "2026-11"): 1}
    asked = {pair: dict(zip(("question", "value"), pair, strict=True)) for pair in expected}
    found = {pair: len(api("/api/v1/responses", **query).json["data"]) for pair, query in asked.items()}
    assert found == expected
    assert len(api("/api/v1/responses", wants_contact="true").json["data"]) == 1
    assert len(api("/api/v1/responses", wants_contact="false").json["data"]) == 1
    assert api("/api/v1/responses", value="<x>").status_code == 422


def test_a_page_takes_as_many_statements_however_many_answers_it_has(api, cast):
    survey = a_survey(cast.workspace, **MORE)
    a_response(an_invitation(survey), 9, pieces=kinds_of_answers())
    api("/api/v1/responses")
    seen = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    api("/api/v1/responses")
    few = len(seen)
    for n in range(12):
        a_response(an_invitation(survey, email=f"{n}@customer.example"), 9, pieces=kinds_of_answers(f"word {n}"))
    seen.clear()
    assert len(api("/api/v1/responses").json["data"]) == 13
    assert len(seen) == few
