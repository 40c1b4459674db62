"""A helpdesk calls, and a customer is asked: kept at once, worked off after, never twice."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from base import clock
from base.db import db, transaction
from base.outbox import Mail
from feedback import schedule
from surveys import receiver
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.received_call import KEPT_BODY, KEPT_REFUSED, KEPT_TAKEN, Parcel, ReceivedCall
from surveys.recipes import KINDS, recipe
from surveys.source import Source
from tests.cast import AT, a_draft, a_survey
from tests.surveys.helpdesk import (
    FORM,
    a_desk,
    a_source,
    calls_of,
    changed_sample,
    connected,
    only_call,
    secured,
    signature_of,
)

BODY = b"id=T-1&email=ana%40customer.example&name=Ana&team=North"


def count(table, *where):
    return db.session.scalar(select(func.count()).select_from(table).where(*where))


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, locales=("en", "sl"))


@pytest.fixture
def desk(cast, survey):
    """A generic source that asks the survey, and the path of its address."""
    return a_source(cast.workspace, "generic", survey)


@pytest.fixture
def helpdesk(app, monkeypatch):
    """LiveAgent on loopback, which the operator allows."""
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_desk() as listening:
        yield listening


def post(client, path, body=BODY, kind=FORM, **headers):
    return client.post(path, data=body, content_type=kind, headers=headers)


@pytest.mark.parametrize("kind", KINDS)
def test_the_recorded_call_of_each_recipe_becomes_a_mail(cast, client, survey, run_jobs, outbox, kind, helpdesk):
    source, path = a_source(cast.workspace, kind, survey)
    sample = recipe(kind).sample
    headers, moment = (
        {},
        {"zendesk": clock.now().isoformat(), "chatwoot": str(int(clock.now().timestamp()))}.get(kind, ""),
    )
    if recipe(kind).scheme:
        source = secured(source, "s3cret of both")
        headers = {source.signature_header: signature_of(source, sample.body, moment)}
        headers |= {"X-Zendesk-Webhook-Signature-Timestamp": moment, "X-Chatwoot-Timestamp": moment}
    if kind == "liveagent":
        connected(source, helpdesk.address)
    reply = post(client, path, sample.body, sample.content_type, **headers)
    assert (reply.status_code, reply.json["state"]) == (202, "received")
    assert count(Invitation) == 0
    run_jobs()
    call = only_call(source)
    assert (call.state, call.reason, call.notes) == ("processed", None, [])
    assert [mail["To"].addresses[0].addr_spec for mail in outbox()] == ["maja.kovac@customer.example"]
    kept = db.session.scalars(select(Interaction)).one()
    assert (kept.source, kept.id) == (source.slug, call.interaction_id)
    assert db.session.scalars(select(Contact)).one().name == "Maja Kovač"


@pytest.mark.parametrize(
    ("body", "kind", "query"),
    [
        (BODY, FORM, ""),
        (BODY, None, ""),
        (BODY, "application/octet-stream", ""),
        (b'{"id": "T-1", "email": "ana@customer.example"}', "application/json", ""),
        (b'{"id": "T-1", "email": "ana@customer.example"}', None, ""),
        (b"", None, "?id=T-1&email=ana@customer.example"),
        (b"id=T-1", FORM, "?email=ana@customer.example"),
        (b"", "application/json", "?id=T-1&email=ana@customer.example"),
    ],
)
def test_json_forms_and_queries_are_all_understood(client, desk, run_jobs, outbox, body, kind, query):
    source, path = desk
    assert post(client, path + query, body, kind).status_code == 202
    run_jobs()
    assert only_call(source).state == "processed"
    assert outbox()[0]["To"].addresses[0].addr_spec == "ana@customer.example"


def test_an_address_that_nobody_has_answers_404_and_keeps_nothing(client, desk):
    source, path = desk
    for wrong in ("/hooks/nothing", path + "x", path[:-1], "/hooks/%00", "/hooks/" + "x" * 5000):
        assert post(client, wrong).status_code == 404
    assert calls_of(source) == []


def test_the_secret_itself_is_kept_nowhere(desk):
    source, path = desk
    secret = path.rpartition("/")[2]
    assert len(secret) >= 22
    assert secret not in str([getattr(source, column.key) for column in Source.__table__.columns])


def test_looking_at_the_address_does_nothing(client, desk, run_jobs):
    source, path = desk
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        assert client.open(f"{path}?id=T-1&email=ana@customer.example", method=method).status_code == 405
    assert client.options(path).status_code == 200
    assert calls_of(source) == []
    assert run_jobs() == 0


def test_no_session_no_cookie_and_no_form_token_is_needed(client, desk, csrf):
    reply = post(client, desk[1])
    assert reply.status_code == 202
    assert "Set-Cookie" not in reply.headers


def test_a_closed_source_is_no_source(client, desk):
    source, path = desk
    with transaction():
        db.session.get(Source, source.id).close(at=AT)
    assert post(client, path).status_code == 404
    with transaction():
        db.session.get(Source, source.id).reopen(at=AT)
    assert post(client, path).status_code == 202


def test_a_new_address_ends_the_old_one(client, desk):
    source, path = desk
    with transaction():
        fresh = db.session.get(Source, source.id).rotate(at=AT)
    assert post(client, path).status_code == 404
    assert post(client, f"/hooks/{fresh}").status_code == 202


def test_a_wrong_or_missing_signature_is_refused_and_shown(client, desk, run_jobs):
    source, path = desk
    source = secured(source, "s3cret", header="X-Sign", scheme="sha256-hex")
    assert post(client, path, **{"X-Sign": signature_of(source, BODY)}).status_code == 202
    assert post(client, path, **{"X-Sign": signature_of(source, BODY + b"x")}).status_code == 401
    reply = post(client, path)
    assert (reply.status_code, reply.content_type) == (401, "application/problem+json")
    assert [(call.state, call.reason) for call in calls_of(source)[1:]] == [
        ("rejected", "signature"),
        ("rejected", "signature_missing"),
    ]
    run_jobs()
    assert count(Invitation) == 1
    assert not any(call.replayable for call in calls_of(source)[1:])


def test_a_stranger_fills_no_disk_with_wrong_signatures(client, desk):
    source, path = desk
    secured(source, "s3cret", header="X-Sign", scheme="sha256-hex")
    assert {post(client, path).status_code for _ in range(70)} == {401}
    assert 60 <= len(calls_of(source)) <= 61


@pytest.mark.parametrize("size", [256 * 1024 + 1, 10 * 1024 * 1024])
def test_a_body_of_ten_megabytes_is_refused_in_words(client, desk, size):
    source, path = desk
    for kind in ("application/json", FORM, "multipart/form-data; boundary=x"):
        reply = post(client, path, b"x" * size, kind)
        assert (reply.status_code, reply.content_type) == (413, "application/problem+json")
        assert "256 KiB" in reply.json["detail"]
    endless = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    reply = client.post(
        path, input_stream=io.BytesIO(b"x=1&" * (size // 4 + 1)), content_type=FORM, environ_overrides=endless
    )
    assert (reply.status_code, reply.content_type) == (413, "application/problem+json")
    assert calls_of(source) == []


def test_a_query_without_end_is_refused(client, desk):
    assert post(client, f"{desk[1]}?id={'x' * 9000}").status_code == 414
    assert calls_of(desk[0]) == []


def test_a_long_body_is_read_whole_and_then_cut(client, desk, run_jobs):
    source, path = desk
    body = json.dumps({"pad": "x" * 200_000, "id": "T-1", "email": "ana@customer.example"}).encode()
    assert post(client, path, body, "application/json").status_code == 202
    run_jobs()
    call = only_call(source)
    assert (call.state, len(call.body), call.size) == ("processed", KEPT_BODY, len(body))
    assert not call.replayable


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"[" * 100_000, "application/json", "body_deep"),
        (b'{"a":' * 40_000, None, "body_deep"),
        (b'{"id": {$id}}', "application/json", "body_json"),
        (b"\x00\xff\xfe", "application/json", "body_json"),
        (b"5", "application/json", "body_shape"),
        (b"id=T-1", FORM, "no_email"),
        (b"id=T-1&email=nobody", FORM, "email"),
        (b"email=ana%40customer.example", FORM, "no_id"),
        (b"id={$conv_id}&email=ana%40customer.example", FORM, "no_id"),
        (b"id=T-1&email={{ticket.requester.email}}", FORM, "no_email"),
        (b"id=%s&email=ana%%40customer.example" % (b"9" * 201), FORM, "long_id"),
        (b"", None, "no_id"),
    ],
)
def test_what_cannot_be_taken_stays_with_its_reason(client, desk, run_jobs, body, kind, reason):
    source, path = desk
    assert post(client, path, body, kind).status_code == 202
    run_jobs()
    call = only_call(source)
    assert (call.state, call.reason, call.body) == ("rejected", reason, body[:KEPT_BODY])
    assert count(Interaction) == 0


def test_odd_letters_reach_the_database_as_text(client, desk, run_jobs):
    source, path = desk
    body = b'{"id": "T\\u0000-1", "email": "ana@customer.example", "name": "A\\ud800na", "product": "\\u0000"}'
    assert post(client, f"{path}?x=%00%ff", body, "application/json").status_code == 202
    run_jobs()
    assert only_call(source).state == "processed"
    assert db.session.scalars(select(Interaction)).one().external_id == "T-1"


def test_the_same_interaction_twice_is_one_invitation(client, desk, run_jobs, outbox):
    source, path = desk
    for _ in range(3):
        post(client, path)
        run_jobs()
    assert [(call.state, call.reason) for call in calls_of(source)] == [
        ("processed", None),
        ("ignored", "repeated"),
        ("ignored", "repeated"),
    ]
    assert len(outbox()) == 1


def test_the_same_call_fifty_times_at_once_is_one_invitation(app, desk):
    source, path = desk

    def call(_number):
        with app.app_context():
            return app.test_client().post(path, data=BODY, content_type=FORM).status_code

    def work(ident):
        with app.app_context():
            receiver.work_off(ident)
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(50))) == {202}
        list(pool.map(work, [call.id for call in calls_of(source)] * 2))
    calls = calls_of(source)
    assert len(calls) == 50
    assert sorted(call.state for call in calls) == ["ignored"] * 49 + ["processed"]
    assert count(Invitation) == 1


def test_each_survey_of_a_source_asks_once(cast, client, survey, run_jobs):
    other = a_survey(cast.workspace, "csat", name="Delivery")
    source, path = a_source(cast.workspace, "generic", survey, other)
    post(client, path)
    run_jobs()
    assert count(Invitation) == 2
    assert {survey_.id for survey_ in source.surveys()} == {survey.id, other.id}


def test_without_a_survey_interactions_are_only_kept(cast, client, run_jobs):
    source, path = a_source(cast.workspace, "generic")
    drafted, other = a_source(cast.workspace, "generic", a_draft(cast.workspace), name="Other")
    for address in (path, path, other):
        post(client, address)
    run_jobs()
    assert [(call.state, call.reason) for call in calls_of(source)] == [
        ("processed", "only_kept"),
        ("ignored", "repeated"),
    ]
    assert only_call(drafted).reason == "unpublished"
    assert (count(Interaction), count(Invitation)) == (2, 0)


def test_only_a_finished_one_is_asked_about_and_a_reopened_one_is_taken_back(cast, client, survey, run_jobs, outbox):
    source, path = a_source(cast.workspace, "chatwoot", survey)

    def told(status):
        body = json.loads(changed_sample("chatwoot")) | {"status": status}
        post(client, path, json.dumps(body).encode(), "application/json")
        db.session.rollback()
        with transaction():
            for call in calls_of(source):
                if call.state == "received":
                    receiver.work_off(call.id)
        db.session.rollback()
        return calls_of(source)[-1]

    assert (told("pending").reason, count(Interaction)) == ("status", 0)
    assert told("resolved").state == "processed"
    taken_back = told("open")
    assert (taken_back.state, taken_back.reason, taken_back.detail) == ("ignored", "cancelled", "1")
    assert db.session.scalars(select(Invitation)).one().reason == "cancelled"
    run_jobs()
    assert outbox() == []
    assert told("open").detail == "0"
    assert told("resolved").state == "processed"
    assert told("resolved").reason == "repeated"
    run_jobs()
    assert len(outbox()) == 1


def test_cancel_in_the_query_takes_back(client, desk, run_jobs):
    source, path = desk
    post(client, path)
    receiver.work_off(only_call(source).id)
    post(client, f"{path}?cancel=1", b"id=T-1")
    receiver.work_off(calls_of(source)[1].id)
    assert db.session.scalars(select(Invitation)).one().reason == "cancelled"


def test_a_person_who_wishes_no_more_is_not_asked_and_the_call_says_so(cast, client, desk, run_jobs):
    with transaction():
        Contact.keep(cast.workspace.id, "ana@customer.example", at=AT).suppress("by hand", at=AT)
    post(client, desk[1])
    run_jobs()
    call = only_call(desk[0])
    assert (call.state, call.reason, call.detail) == ("processed", "skipped", "suppressed")


def keep_calls(source, number, *, at, state="rejected", reason="no_email"):
    with transaction():
        for _ in range(number):
            ReceivedCall.keep(source.id, Parcel("POST", FORM, "", BODY), at=at).settle(state, reason, at=at)


def test_refused_calls_are_kept_for_thirty_days_with_their_reason(app, desk):
    source, _ = desk
    now = clock.now()
    keep_calls(source, 3, at=now)
    for days, left in ((29.9, 3), (30.1, 0)):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            schedule.tick(clock.now())
        assert [call.reason for call in calls_of(source)] == ["no_email"] * left


def test_only_the_newest_taken_calls_stay_and_every_refused_one(cast, desk):
    source, _ = desk
    other, _ = a_source(cast.workspace, name="Other")
    now = clock.now()
    keep_calls(source, KEPT_TAKEN + 7, at=now, state="processed", reason=None)
    keep_calls(source, KEPT_REFUSED + 5, at=now)
    keep_calls(other, 2, at=now, state="ignored", reason="repeated")
    newest = [call.id for call in calls_of(source) if call.state == "processed"][-KEPT_TAKEN:]
    receiver.prune(now)
    calls = calls_of(source)
    assert [call.id for call in calls if call.state == "processed"] == newest
    refused = [call for call in calls if call.state == "rejected"]
    assert len(refused) == KEPT_REFUSED + 5
    assert [len(call.body) > 0 for call in refused] == [False] * 5 + [True] * KEPT_REFUSED
    assert len(calls_of(other)) == 2


def test_a_call_whose_job_was_lost_is_found_again_and_one_that_always_fails_is_given_up(
    client, desk, run_jobs, monkeypatch
):
    source, _path = desk
    now = clock.now()
    with transaction():
        ReceivedCall.keep(source.id, Parcel("POST", FORM, "", BODY), at=now)
    receiver.sweep(now + timedelta(minutes=5))
    assert run_jobs() == 0
    receiver.sweep(now + timedelta(minutes=11))
    run_jobs()
    assert only_call(source).state == "processed"
    with transaction():
        call = ReceivedCall.keep(source.id, Parcel("POST", FORM, "", BODY), at=now)
        call.attempts = receiver.PATIENCE
    receiver.sweep(now + timedelta(minutes=11))
    assert [call.reason for call in calls_of(source)] == [None, "gave_up"]


def test_with_an_erased_interaction_goes_what_told_of_it(client, desk, run_jobs):
    post(client, desk[1])
    run_jobs()
    with transaction() as session:
        session.delete(session.scalars(select(Interaction)).one())
    assert calls_of(desk[0]) == []
    assert count(Mail) == 1
