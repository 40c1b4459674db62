"""Whether an invitation may go out: values in, a decision out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.sending import Decision, Facts, may_send
from surveys.timing import Window

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MOMENTS = st.integers(-(10**6), 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
FACTS = st.builds(
    Facts,
    status=st.sampled_from(["scheduled", "sent", "answered", "expired", "skipped"]),
    send_at=MOMENTS,
    expires_at=MOMENTS,
    closed=st.booleans(),
    published=st.booleans(),
    suppressed=st.booleans(),
    paused=st.booleans(),
    window=st.sampled_from([Window(), Window("Europe/Ljubljana", "12345", 9, 17), Window("UTC", "7", 3, 4)]),
    quarantined_until=st.none() | MOMENTS,
    defer=st.booleans(),
)


def facts(**changes):
    return Facts(**({"status": "scheduled", "send_at": NOW, "expires_at": NOW + timedelta(days=90)} | changes))


def test_what_is_due_and_in_nobodys_way_goes_out():
    assert may_send(facts(), NOW) == Decision("send")


@pytest.mark.parametrize(("changes", "reason"), [
    ({"suppressed": True}, "suppressed"),
    ({"closed": True}, "closed"),
    ({"published": False}, "unpublished"),
    ({"expires_at": NOW}, "expired"),
])  # fmt: skip
def test_what_may_not_go_out_says_why(changes, reason):
    assert may_send(facts(**changes), NOW) == Decision("skip", reason)


def test_what_is_not_due_waits_for_its_moment():
    later = NOW + timedelta(hours=3)
    assert may_send(facts(send_at=later), NOW) == Decision("wait", until=later, cause="due")


def test_who_was_asked_lately_is_not_asked_or_asked_later():
    later = NOW + timedelta(days=3)
    assert may_send(facts(quarantined_until=later), NOW) == Decision("skip", "quarantine")
    assert may_send(facts(quarantined_until=later, defer=True), NOW) == Decision(
        "wait", until=later, cause="quarantine"
    )
    assert may_send(facts(quarantined_until=NOW), NOW) == Decision("send")


def test_a_quarantine_ends_in_hours_when_mail_may_go():
    monday = Window("UTC", "1", 9, 17)
    decision = may_send(facts(quarantined_until=NOW + timedelta(hours=1), defer=True, window=monday), NOW)
    assert decision.until == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_mail_waits_for_its_hours_and_for_a_paused_survey():
    night = Window("UTC", "1234567", 22, 24)
    assert may_send(facts(window=night), NOW).cause == "hours"
    assert may_send(facts(paused=True), NOW) == Decision("hold", cause="paused")


@given(FACTS, MOMENTS)
def test_only_a_scheduled_allowed_and_due_invitation_is_ever_sent(known, now):
    allowed = known.published and not known.closed and not known.suppressed and not known.paused
    due = known.send_at <= now < known.expires_at and known.window.next_open(now) == now
    alone = known.quarantined_until is not None and known.quarantined_until > now
    sent = known.status == "scheduled" and allowed and due and not alone
    assert (may_send(known, now).kind == "send") == sent


@given(FACTS, MOMENTS)
def test_nobody_is_asked_twice_and_every_refusal_has_one_reason(known, now):
    decision = may_send(known, now)
    assert (decision.kind == "leave") == (known.status != "scheduled")
    assert (decision.kind == "skip") == (decision.reason is not None)
    assert (decision.kind == "wait") == (decision.until is not None)
    assert (decision.kind in {"wait", "hold"}) == (decision.cause is not None)


@given(FACTS, MOMENTS)
def test_waiting_until_the_named_moment_leads_further(known, now):
    decision = may_send(known, now)
    if decision.until is not None:
        assert decision.until > now
        then = may_send(known, decision.until)
        assert then.kind in {"send", "skip", "hold"} or then.cause == "quarantine"
