"""A call names a ticket, and LiveAgent is asked for the rest: warily, patiently, and with an end in sight."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from base import clock, fetch
from base.db import db
from surveys import receiver
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from tests.cast import a_survey
from tests.surveys.helpdesk import FORM, a_desk, a_source, calls_of, connected, only_call


@pytest.fixture
def desk(app, monkeypatch):
    """LiveAgent on loopback, which the operator allows, and impatience."""
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    monkeypatch.setattr(fetch, "PATIENCE", 0.4)
    monkeypatch.setattr(receiver, "_names", {})
    with a_desk() as helpdesk:
        yield helpdesk


@pytest.fixture
def source(cast, desk):
    made = a_source(cast.workspace, "liveagent", a_survey(cast.workspace), name="LiveAgent")
    connected(made[0], desk.address)
    return made


def told(client, source, body=b"ticket_id=xbw1zlv0"):
    assert client.post(source[1], data=body, content_type=FORM).status_code == 202


def later(seconds, run_jobs):
    """Run what is due so much later."""
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True):
        return run_jobs()


@pytest.mark.parametrize(
    "body",
    [b"ticket_id=xbw1zlv0", b"code=LGT-KXWPD-427", b'{"id": "xbw1zlv0"}', b"ticket_id={$id}&ticket_code=LGT-KXWPD-427"],
)
def test_an_id_or_a_code_is_enough(client, source, desk, run_jobs, outbox, body):
    told(client, source, body)
    run_jobs()
    call = only_call(source[0])
    assert (call.state, call.reason) == ("processed", None)
    kept = db.session.scalars(select(Interaction)).one()
    assert (kept.source, kept.external_id, kept.agent, kept.team) == ("liveagent", "xbw1zlv0", "Tom Novak", "Support")
    assert (kept.channel, kept.properties["tags"]) == ("email", ["vip", "delivery"])
    assert kept.properties["Subject"] == "Where is my parcel?"
    assert outbox()[0]["To"].addresses[0].addr_spec == "maja.kovac@customer.example"
    assert {key for _, key in desk.asked} == {"key-1"}


def test_agents_and_departments_are_asked_for_once_an_hour(client, source, desk, run_jobs):
    for _ in range(3):
        told(client, source)
        run_jobs()
    assert [path.split("/")[3] for path, _ in desk.asked].count("agents") == 1
    assert len(desk.asked) == 5
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        told(client, source)
        run_jobs()
    assert len(desk.asked) == 8


def test_the_status_is_read_from_the_ticket_itself(client, source, desk, run_jobs):
    desk.ticket["status"] = "W"
    told(client, source)
    run_jobs()
    assert (only_call(source[0]).state, only_call(source[0]).reason) == ("ignored", "status")
    desk.ticket["status"] = "C"
    told(client, source)
    run_jobs()
    assert calls_of(source[0])[1].reason == "cancelled"


def test_a_ticket_that_nobody_knows_ends_at_once(client, source, run_jobs):
    told(client, source, b"ticket_id=unknown")
    run_jobs()
    call = only_call(source[0])
    assert (call.state, call.reason, call.attempts) == ("rejected", "not_found", 0)


@pytest.mark.parametrize("trouble", [(500, {}), (503, {}), (429, {}), ("stall", None), ("drip", None)])
def test_what_fails_for_now_is_tried_again(client, source, desk, run_jobs, trouble):
    desk.trouble = [trouble]
    told(client, source)
    run_jobs()
    call = only_call(source[0])
    assert (call.state, call.reason, call.attempts) == ("received", "waiting", 1)
    assert run_jobs() == 0
    later(31, run_jobs)
    assert (only_call(source[0]).state, only_call(source[0]).reason) == ("processed", None)


def test_an_agent_who_cannot_be_asked_for_now_delays_and_one_who_is_gone_does_not(client, source, desk, run_jobs):
    desk.trouble = [(200, desk.ticket), (500, {})]
    told(client, source)
    run_jobs()
    assert only_call(source[0]).state == "received"
    desk.known.pop("/api/v3/agents/r4nq7x2p")
    later(31, run_jobs)
    kept = db.session.scalars(select(Interaction)).one()
    assert (kept.agent, kept.team) == (None, "Support")


def test_a_helpdesk_that_stays_away_ends_as_refused_with_the_reason(client, source, desk, run_jobs):
    desk.trouble = [(502, {})] * 20
    told(client, source)
    run_jobs()
    passed = 0
    for wait in receiver.WAITS:
        assert only_call(source[0]).state == "received"
        passed += wait + 1
        later(passed, run_jobs)
    call = only_call(source[0])
    assert (call.state, call.reason, call.detail) == ("rejected", "no_answer", "HTTP 502")
    assert len(desk.asked) == len(receiver.WAITS) + 1


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        ((301, {"to": "http://elsewhere.example/"}), "no_answer", "elsewhere"),
        ((302, {"to": "http://127.0.0.1/"}), "no_answer", "elsewhere"),
        ((401, {}), "key_refused", "401"),
        ((403, {}), "key_refused", "403"),
        ((400, {}), "no_answer", "400"),
        ((200, b"<html>"), "no_answer", "JSON"),
        ((200, b"[" * 100_000), "no_answer", "JSON"),
        ((200, [1, 2]), "no_answer", "something else"),
        ((200, b" " * (1024 * 1024 + 1)), "no_answer", "1 MiB"),
        ((200, {"status": "R"}), "no_id", None),
    ],
)
def test_an_answer_that_helps_nobody_is_told_in_words(client, source, desk, run_jobs, trouble, reason, words):
    desk.trouble = [trouble]
    told(client, source)
    run_jobs()
    call = only_call(source[0])
    assert (call.state, call.reason) == ("rejected", reason)
    assert words is None or words in call.detail
    assert len(desk.asked) == 1
    assert db.session.scalars(select(Invitation)).all() == []


def test_a_private_address_is_refused_unless_the_operator_allows_it(app, client, source, desk, run_jobs, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", False)
    told(client, source)
    run_jobs()
    call = only_call(source[0])
    assert (call.state, call.reason) == ("rejected", "no_answer")
    assert "private network" in call.detail
    assert desk.asked == []


def test_a_call_that_names_no_ticket_asks_nobody(client, source, desk, run_jobs):
    for body in (b"", b"ticket_id={$conv_id}", b"ticket_id=../../agents", b"ticket_id=a%20b", b"ticket_id=%3Fapikey"):
        told(client, source, body)
    run_jobs()
    assert {call.reason for call in calls_of(source[0])} == {"no_ticket"}
    assert desk.asked == []


def test_without_address_and_key_the_call_says_what_is_missing(cast, client, run_jobs):
    source = a_source(cast.workspace, "liveagent")
    told(client, source)
    run_jobs()
    assert only_call(source[0]).reason == "unconnected"


def test_no_transaction_is_open_while_the_helpdesk_is_asked(client, source, desk, run_jobs, monkeypatch):
    from base.db import writing

    seen, ask = [], fetch.get_json
    monkeypatch.setattr(fetch, "get_json", lambda *args: (seen.append(writing()), ask(*args))[1])
    told(client, source)
    run_jobs()
    assert seen == [False] * 3
