"""Asking people through the REST API."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from base.db import db, transaction
from base.errors import NotFoundError
from surveys import wording
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.rule import SendingRule, Terms
from tests.cast import AT, a_contact, a_draft, a_survey, an_api_key, an_invitation

PATH = "/api/v1/invitations"


@pytest.fixture(autouse=True)
def friday_morning():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(app, cast):
    """A program with a key of Acme."""
    key = an_api_key(cast.workspace)

    def call(method, path, **options):
        client = app.test_client()
        return client.open(path, method=method, headers={"Authorization": f"Bearer {key}"}, **options)

    return call


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


def wish(survey, **changes):
    ticket = {"source": "helpdesk", "external_id": "4711", "agent": "Vid", "team": "North", "channel": "email"}
    ticket["occurred_at"] = "2026-11-20T09:30:00+01:00"
    return {"survey": survey.slug, "email": "mara@customer.example", "interaction": ticket} | changes


def test_asking_somebody_gives_the_link_of_their_answer(api, survey, run_jobs, outbox):
    answer = api("POST", PATH, json=wish(survey, name="Mara", locale="sl", properties={"plan": "gold", "seats": 3}))
    assert answer.status_code == 201
    told = answer.json
    assert list(told) == ["id", "status", "reason", "answer_url", "send_at", "until"]
    invitation = db.session.scalars(select(Invitation)).one()
    assert told == {
        "id": str(invitation.id),
        "status": "scheduled",
        "reason": None,
        "answer_url": f"http://surveys.example/s/{invitation.token}",
        "send_at": "2026-11-20T09:00:00Z",
        "until": None,
    }
    interaction, contact = db.session.scalars(select(Interaction)).one(), db.session.scalars(select(Contact)).one()
    assert (interaction.agent, interaction.team, interaction.channel) == ("Vid", "North", "email")
    assert interaction.properties == {"plan": "gold", "seats": 3}
    assert interaction.occurred_at == AT - timedelta(minutes=30)
    assert (contact.name, contact.locale) == ("Mara", "sl")
    run_jobs()
    assert len(outbox()) == 1
    assert api("GET", f"{PATH}/{told['id']}").json == told | {"status": "sent"}


def test_the_same_interaction_again_is_the_same_invitation(api, survey):
    first, second = api("POST", PATH, json=wish(survey)), api("POST", PATH, json=wish(survey, email="other@x.example"))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


def test_without_an_interaction_every_request_is_one_of_its_own(api, survey):
    body = {"survey": str(survey.id), "email": "mara@customer.example"}
    assert api("POST", PATH, json=body).json["id"] != api("POST", PATH, json=body).json["id"]


def test_parallel_requests_about_one_interaction_make_one_invitation(app, api, survey):
    ready = threading.Barrier(8)

    def call(_):
        with app.app_context():
            ready.wait()
            return api("POST", PATH, json=wish(survey))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1


@pytest.mark.parametrize(("when", "send_at"), [
    ({"delay_seconds": 3600}, "2026-11-20T10:00:00Z"),
    ({"send_at": "2026-11-21T09:00:00+01:00"}, "2026-11-21T08:00:00Z"),
    ({"send_at": "2026-11-19T08:00:00Z"}, "2026-11-20T09:00:00Z"),
    ({"delay_seconds": 365 * 86400}, "2027-11-20T09:00:00Z"),
])  # fmt: skip
def test_the_mail_can_wait(api, survey, when, send_at):
    assert api("POST", PATH, json=wish(survey, **when)).json["send_at"] == send_at


def test_who_unsubscribed_is_not_asked_and_the_reason_is_told(api, cast, survey):
    contact = a_contact(cast.workspace)
    with transaction():
        db.session.get(Contact, contact.id).suppress("unsubscribed", at=AT)
    told = api("POST", PATH, json=wish(survey)).json
    assert (told["status"], told["reason"]) == ("skipped", "suppressed")


TICKET = {"source": "helpdesk", "external_id": "1"}


@pytest.mark.parametrize(("changes", "field", "detail"), [
    ({"email": "nobody"}, "email", "Must be an email address."),
    ({"email": "a@b@c.example"}, "email", "Must be an email address."),
    ({"email": 5}, "email", "Must be a text."),
    ({"email": None}, "email", "Must be a text."),
    ({"email": "mara@customer.example\r\nBcc: x@y.example"}, "email",
     "Must be one email address; send a request for each."),
    ({"email": "mara@customer.example, x@y.example"}, "email",
     "Must be one email address; send a request for each."),
    ({"email": "μαρία@customer.example"}, "email",
     "Must be an address that every mail server can carry: a–z before the @."),
    ({"locale": "klingon!"}, "locale", "Must be a language, like en or sl-SI."),
    ({"naem": "Mara"}, "naem", "There is no such field."),
    ({"id": "1"}, "id", "There is no such field."),
    ({"status": "answered"}, "status", "There is no such field."),
    ({"name": "x" * 201}, "name", "Must have at most 200 characters."),
    ({"name": "a\0b"}, "name", "Must not hold control characters."),
    ({"interaction": {"source": "helpdesk"}}, "interaction.external_id", "This field is required."),
    ({"interaction": TICKET | {"external_id": " "}}, "interaction.external_id", "Must not be empty."),
    ({"interaction": TICKET | {"external_id": 7}}, "interaction.external_id", "Must be a text."),
    ({"interaction": TICKET | {"agnet": "Vid"}}, "interaction.agnet", "There is no such field."),
    ({"interaction": TICKET | {"occurred_at": "yesterday"}}, "interaction.occurred_at",
     "Must be a moment with its time zone, like 2026-11-20T09:00:00Z."),
    ({"interaction": TICKET | {"occurred_at": "2027-11-20T09:00:00Z"}}, "interaction.occurred_at",
     "Must not be that far in the future."),
    ({"interaction": "4711"}, "interaction", "Must be an object."),
    ({"delay_seconds": -1}, "delay_seconds", "Must be at least 0."),
    ({"delay_seconds": 365 * 86400 + 1}, "delay_seconds", "Must be at most 31536000."),
    ({"delay_seconds": "60"}, "delay_seconds", "Must be a whole number."),
    ({"delay_seconds": True}, "delay_seconds", "Must be a whole number."),
    ({"send_at": "2026-11-21T09:00:00"}, "send_at", "Must be a moment with its time zone, like 2026-11-20T09:00:00Z."),
    ({"send_at": 1700000000}, "send_at", "Must be a moment with its time zone, like 2026-11-20T09:00:00Z."),
    ({"send_at": "2026-13-21T09:00:00Z"}, "send_at", "There is no such moment."),
    ({"send_at": "0001-01-01T00:00:00+14:00"}, "send_at", "There is no such moment."),
    ({"send_at": "2028-01-01T00:00:00Z"}, "send_at", "Must not be that far in the future."),
    ({"properties": {"a": {"b": 1}}}, "properties", "a must be a text, a number, true, false or null."),
    ({"properties": {str(n): n for n in range(51)}}, "properties", "Must have at most 50 entries."),
    ({"properties": {"a": "\0"}}, "properties", "a must have at most 1000 characters, and no NUL."),
    ({"properties": []}, "properties", "Must be an object."),
    ({"survey": ""}, "survey", "Must not be empty."),
    ({"survey": 5}, "survey", "Must be a text."),
])  # fmt: skip
def test_a_field_that_cannot_be_accepted_is_named_in_a_plain_sentence(api, survey, changes, field, detail):
    answer = api("POST", PATH, json=wish(survey) | changes)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert answer.json["errors"] == [{"field": field, "detail": detail}]
    assert field in answer.json["detail"]
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_all_wrong_fields_are_told_at_once(api, survey):
    answer = api("POST", PATH, json={"email": "x", "extra": 1})
    assert {error["field"] for error in answer.json["errors"]} == {"survey", "email", "extra"}


def test_two_moments_are_one_too_many(api, survey):
    answer = api("POST", PATH, json=wish(survey, delay_seconds=1, send_at="2026-11-21T09:00:00Z"))
    assert "delay_seconds or send_at" in answer.json["detail"]


@pytest.mark.parametrize(("data", "kind", "status"), [
    (b"{", "application/json", 400),
    (b"\xff", "application/json", 400),
    (b'{"email": NaN}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"email": "\\ud800"}', "application/json", 400),
    (b"[]", "application/json", 422),
    (b"5", "application/json", 422),
    (b"email=a", "application/x-www-form-urlencoded", 415),
    (b"{}", "text/plain", 415),
    (b'{"email": "' + b"x" * 300_000 + b'"}', "application/json", 413),
])  # fmt: skip
def test_a_body_that_is_no_json_object_is_a_problem_and_no_crash(api, data, kind, status):
    answer = api("POST", PATH, data=data, content_type=kind)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_survey_nobody_can_answer_yet_is_a_conflict(api, cast):
    answer = api("POST", PATH, json=wish(a_draft(cast.workspace)))
    assert answer.status_code == 409
    assert "published" in answer.json["detail"]


def test_surveys_and_invitations_of_others_do_not_exist(api, cast):
    theirs = a_survey(cast.elsewhere)
    foreign = api("POST", PATH, json=wish(theirs) | {"survey": str(theirs.id)})
    missing = api("POST", PATH, json=wish(theirs) | {"survey": "missing"})
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json == missing.json
    assert api("GET", f"{PATH}/{an_invitation(theirs).id}").status_code == 404
    with pytest.raises(NotFoundError):
        Invitation.of(cast.workspace.id, an_invitation(theirs).id)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Bearer aw_1_2", "Basic YTpi", "Bearer aw_\xff_x"])
def test_without_a_known_key_nothing_is_told(client, cast, header):
    headers = {} if header is None else {"Authorization": header}
    answer = client.post(PATH, json={}, headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_unknown_paths_and_methods_are_problems_too(api):
    assert api("GET", "/api/v1/nothing").content_type == "application/problem+json"
    assert api("GET", f"{PATH}/not-an-id").status_code == 404
    wrong = api("DELETE", PATH)
    assert (wrong.status_code, wrong.content_type) == (405, "application/problem+json")
    assert "POST" in wrong.headers["Allow"]


def test_a_batch_answers_in_order_with_each_ones_problem(api, cast, survey, run_jobs, outbox):
    other, draft = a_survey(cast.workspace, "csat"), a_draft(cast.workspace, "ces")
    items = [
        wish(survey, interaction={"external_id": "1"}),
        wish(survey, email="nobody"),
        wish(other, interaction={"external_id": "1"}),
        "not an object",
        wish(survey) | {"survey": "missing"},
        wish(survey, interaction={"external_id": "1"}),
        wish(draft),
        wish(survey, interaction={"external_id": "2"}, delay_seconds=60),
        wish(survey, send_at="2099-01-01T00:00:00Z"),
    ]
    answer = api("POST", f"{PATH}/batch", json={"invitations": items})
    assert answer.status_code == 200
    data = answer.json["data"]
    statuses = ["scheduled", 422, "scheduled", 422, 404, "scheduled", 409, "scheduled", 422]
    assert [told["status"] for told in data] == statuses
    assert data[0] == data[5]
    assert data[0]["id"] != data[2]["id"]
    assert data[1]["errors"] == [{"field": "email", "detail": "Must be an email address."}]
    assert data[7]["send_at"] == "2026-11-20T09:01:00Z"
    run_jobs()
    assert len(outbox()) == 2


def test_a_batch_takes_a_thousand_and_not_one_more(api, survey):
    many = [wish(survey, interaction={"external_id": str(n)}, properties={"note": "x" * 900}) for n in range(1000)]
    answer = api("POST", f"{PATH}/batch", json={"invitations": many})
    assert {told["status"] for told in answer.json["data"]} == {"scheduled"}
    assert len({told["id"] for told in answer.json["data"]}) == 1000
    refused = api("POST", f"{PATH}/batch", json={"invitations": [*many, wish(survey)]})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "invitations", "detail": "Must have at most 1000 entries."}]
    assert api("POST", f"{PATH}/batch", json={"invitations": []}).status_code == 422


def test_surveys_are_listed_with_what_a_program_needs(api, cast, survey):
    a_survey(cast.elsewhere)
    draft = a_draft(cast.workspace, "ces", name="Zadovoljstvo", locales=("sl", "en"))
    listed = api("GET", "/api/v1/surveys").json
    assert listed["next_cursor"] is None
    assert [one["slug"] for one in listed["data"]] == [survey.slug, "zadovoljstvo"]
    title = wording.built_in("sl", "ces")["question"].replace("{company}", "Acme")
    assert listed["data"][1] == {
        "id": str(draft.id),
        "slug": "zadovoljstvo",
        "name": "Zadovoljstvo",
        "metric": "ces",
        "version": None,
        "default_locale": "sl",
        "locales": ["sl", "en"],
        "questions": [
            {"id": "score", "kind": "score", "required": True, "title": title},
            {"id": "comment", "kind": "long", "required": False, "title": "Kaj je glavni razlog za vašo oceno?"},
        ],
        "created_at": "2026-11-20T09:00:00Z",
        "closed_at": None,
    }
    for name in (draft.slug, draft.id):
        assert api("GET", f"/api/v1/surveys/{name}").json == listed["data"][1] | {"document": draft.draft}
    assert api("GET", "/api/v1/surveys/missing").status_code == 404


def test_planned_mails_are_sent_on_their_day(api, survey, run_jobs, outbox, friday_morning):
    api("POST", PATH, json=wish(survey, delay_seconds=86400))
    run_jobs()
    assert outbox() == []
    friday_morning.shift(timedelta(days=1))
    run_jobs()
    assert len(outbox()) == 1


def dry(api, *wishes):
    answer = api("POST", f"{PATH}/batch?dry_run=1", json={"invitations": list(wishes)})
    return [(one["status"], one["reason"], one["until"]) for one in answer.json["data"]]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(api, survey, run_jobs, outbox):
    answer = api("POST", f"{PATH}?dry_run=1", json=wish(survey, delay_seconds=60))
    assert answer.status_code == 200
    told = {"id": None, "status": "scheduled", "reason": None, "answer_url": None, "until": None}
    assert answer.json == told | {"send_at": "2026-11-20T09:01:00Z"}
    run_jobs()
    assert outbox() == []
    for table in (Contact, Interaction, Invitation):
        assert db.session.scalars(select(table)).all() == []


def test_a_dry_run_tells_the_quarantine_that_a_person_would_be_in(api, survey):
    with transaction():
        terms = Terms(quarantine_days=7)
        SendingRule.decide(survey.id, terms, workspace_id=survey.workspace_id, at=AT - timedelta(days=1))
    first, second = (wish(survey) | {"interaction": {"external_id": name}} for name in ("1", "2"))
    assert dry(api, first, second) == [
        ("scheduled", None, None),
        ("skipped", "quarantine", "2026-11-27T09:00:00Z"),
    ]


def test_a_dry_run_of_what_was_asked_about_is_what_is_there(api, survey):
    asked = api("POST", PATH, json=wish(survey)).json
    assert api("POST", f"{PATH}?dry_run=true", json=wish(survey)).json == asked
    assert api("POST", f"{PATH}?dry_run=perhaps", json=wish(survey)).status_code == 422
