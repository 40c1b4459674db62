"""A forecast is what then happens: decided by the same rules, for people as they would be, and written nowhere."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from surveys import jobs
from surveys.contact import Contact
from surveys.forecast import fates
from surveys.intake import Occasion
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.rule import SendingRule, Terms
from surveys.selection import Asker
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import AT, a_contact, a_survey, a_workspace, an_invitation
from tests.databases import cases

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


def on_terms(survey, **terms):
    with transaction():
        SendingRule.decide(survey.id, Terms(**terms), workspace_id=survey.workspace_id, at=clock.now())
    return survey


def about(name, email="mara@customer.example", **known):
    return Occasion(email=email, source="csv", external_id=name, **known)


def foreseen(survey, *occasions):
    own = db.session.get(Survey, survey.id)
    found = fates(Asker.of(own, Version.newest(own.id)), occasions, at=clock.now())
    db.session.rollback()
    return found


def keys(survey, *occasions):
    return [fate.key for fate in foreseen(survey, *occasions)]


def test_nothing_is_written_but_paper(cast):
    foreseen(a_survey(cast.workspace), about("T-1"), about("T-2", "b@customer.example"))
    for table in (Contact, Interaction, Invitation):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_who_unsubscribed_is_not_asked(cast):
    person = a_contact(cast.workspace)
    with transaction() as session:
        session.get_one(Contact, person.id).suppress("unsubscribed", at=AT)
    assert keys(a_survey(cast.workspace), about("T-1", "Mara@customer.example"), about("T-2", "b@x.example")) == [
        "skip.suppressed",
        "ask",
    ]


def test_the_second_ticket_of_a_person_falls_into_the_quarantine_that_the_first_begins(cast):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=30)
    first, second = foreseen(survey, about("T-1"), about("T-2"))
    assert (first.key, first.at) == ("ask", AT)
    assert (second.key, second.at) == ("skip.quarantine", AT + 30 * DAY)


def test_who_is_put_off_is_asked_when_the_quarantine_ends(cast):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=30, when_quarantined="defer")
    told = foreseen(survey, about("T-1"), about("T-2"), about("T-3"))
    assert [(one.key, one.at) for one in told] == [("ask", AT), ("later", AT + 30 * DAY), ("later", AT + 60 * DAY)]


def test_a_mail_that_waits_already_begins_the_quarantine_when_it_goes(cast):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=7)
    with transaction() as session:
        other = session.get_one(Survey, survey.id)
        jobs.ask(other, [about("T-0", send_at=AT + DAY)], at=AT)
    assert keys(survey, about("T-1", send_at=AT + 2 * DAY)) == ["skip.quarantine"]
    assert keys(survey, about("T-1")) == ["ask"]


def test_an_interaction_is_asked_about_once(cast):
    survey = a_survey(cast.workspace)
    with transaction() as session:
        jobs.ask(session.get_one(Survey, survey.id), [about("T-1")], at=AT)
    assert keys(survey, about("T-1"), about("T-2"), about("T-2")) == ["known", "ask", "known"]


def test_what_was_taken_back_is_asked_about_when_it_happens_again(cast):
    survey = a_survey(cast.workspace)
    with transaction() as session:
        jobs.ask(session.get_one(Survey, survey.id), [about("T-1")], at=AT)
        jobs.cancel(cast.workspace.id, "csv", "T-1", at=AT)
    assert keys(survey, about("T-1")) == ["ask"]


def test_weekends_and_delays_are_told_with_their_end(cast):
    survey = on_terms(a_survey(cast.workspace), delay_minutes=60, weekdays="12345", start_hour=9, end_hour=17)
    friday, evening = foreseen(survey, about("T-1", zone="UTC"), about("T-2", "b@x.example", zone="Asia/Tokyo"))
    assert (friday.cause, friday.at) == ("due", AT + timedelta(minutes=60))
    assert (evening.cause, evening.at) == ("hours", datetime(2026, 11, 23, 0, 0, tzinfo=UTC))


def test_a_closed_survey_asks_nobody(cast):
    survey = a_survey(cast.workspace)
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=AT)
    assert keys(survey, about("T-1")) == ["skip.closed"]


def test_another_workspace_changes_nothing(cast):
    an_invitation(a_survey(cast.elsewhere))
    survey = on_terms(a_survey(cast.workspace), quarantine_days=365)
    assert keys(survey, about("T-1")) == ["ask"]


PEOPLE = ("ana", "bo", "cveta", "dora")


def occasions(day, *, days=(-40, -3, -1, 0), **unique):
    """Tables of that day: few people, few tickets, so that everything collides."""
    one = st.fixed_dictionaries(
        {
            "name": st.integers(0, 12).map(lambda n: f"T-{day}-{n}"),
            "email": st.sampled_from(PEOPLE),
            "locale": st.sampled_from([None, None, "sl", "el"]),
            "zone": st.sampled_from([None, None, "Asia/Tokyo"]),
            "team": st.sampled_from([None, "North", "South"]),
            "days": st.sampled_from([None, *days]),
        }
    )
    return st.lists(one, max_size=10, **unique)


def terms(**chosen):
    north = {"match": "all", "conditions": [{"about": "interaction", "property": "team", "is": ["North"], "not": True}]}
    usual = {
        "delay_minutes": st.sampled_from([0, 60, 2880, 14400]),
        "quarantine_days": st.sampled_from([0, 7, 14, 30]),
        "when_quarantined": st.sampled_from(["drop", "defer"]),
        "weekdays": st.sampled_from(["1234567", "12345", "3"]),
        "start_hour": st.sampled_from([0, 9]),
        "end_hour": st.sampled_from([17, 24]),
        "sample": st.sampled_from([100, 100, 60]),
        "conditions": st.sampled_from([{}, {}, north]),
    }
    return st.fixed_dictionaries(usual | {name: st.just(value) for name, value in chosen.items()})


ALWAYS = {"weekdays": "1234567", "start_hour": 0, "end_hour": 24, "when_quarantined": "drop"}


@st.composite
def worlds(draw):
    """Either people whose earlier mails are out, or ones for whom others wait, all due at different moments: which of
    two mails that are due at the same moment goes first is nobody's promise.
    """
    crowded = draw(st.booleans())
    each = terms(**ALWAYS) if crowded else terms()
    before = occasions("before") if crowded else occasions("before", days=(-40,), unique_by=lambda row: row["email"])
    return {
        "terms": draw(st.tuples(each, each)),
        "alone": draw(st.sampled_from([0, 7, 30])),
        "before": draw(before),
        "pending": draw(occasions("pending")) if crowded else [],
        "suppressed": draw(st.sets(st.sampled_from(PEOPLE), max_size=1)),
        "table": draw(occasions("table")) + draw(occasions("before")),
    }


def moment(days, seconds):
    return None if days is None else AT + timedelta(days=days, seconds=seconds)


def rows_of(home, rows, second):
    """The rows as occasions, no two of which happened in the same second."""
    plain = [{key: value for key, value in row.items() if key != "days"} for row in rows]
    times = [moment(row["days"], second + number) for number, row in enumerate(rows)]
    emails = [f"{row['email']}@{home.slug}.example" for row in rows]
    return [about(**row | {"email": e, "occurred_at": at}) for row, e, at in zip(plain, emails, times, strict=True)]


def take_in(survey, table):
    with transaction() as session:
        return [(one.id, new) for one, new in jobs.ask(session.get_one(Survey, survey.id), table, at=clock.now())]


def live_on(app, home, traveller, until):
    """Let time pass from mail to mail."""
    drain = app.extensions["afterword.runner"].drain
    drain()
    query = select(func.min(Invitation.send_at)).where(
        Invitation.workspace_id == home.id, Invitation.status == "scheduled", Invitation.asked_at.is_(None)
    )
    while (at := db.session.scalar(query)) is not None and at <= until:
        traveller.move_to(max(at, clock.now()))
        drain()
        db.session.rollback()
    traveller.move_to(until)


@settings(max_examples=cases(25), phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_what_was_foreseen_is_what_happens(app, traveller, world):
    traveller.move_to(AT - 20 * DAY)
    home = a_workspace(f"Home {new_id().hex}")
    with transaction() as session:
        session.get_one(Workspace, home.id).quarantine_days = world["alone"]
    surveys = [
        on_terms(a_survey(home, metric), **each) for metric, each in zip(("nps", "csat"), world["terms"], strict=True)
    ]
    take_in(surveys[0], rows_of(home, world["before"], -100))
    live_on(app, home, traveller, AT - 2 * DAY)
    take_in(surveys[1], rows_of(home, world["pending"], -200))
    live_on(app, home, traveller, AT)
    for name in world["suppressed"]:
        person = a_contact(home, f"{name}@{home.slug}.example")
        with transaction() as session:
            session.get_one(Contact, person.id).suppress("by hand", at=AT)
    table, horizon = rows_of(home, world["table"], -300), AT + 300 * DAY
    told = foreseen(surveys[0], *table)
    became = take_in(surveys[0], table)
    live_on(app, home, traveller, horizon)
    assert counted(told, table, horizon) == found(became, table)


def counted(told, table, horizon):
    def told_of(fate):
        if fate.kind in ("ask", "later"):
            return ("asked", fate.at) if fate.at <= horizon else ("waits", None)
        return (fate.key, None)

    return Counter((one.email, *told_of(fate)) for one, fate in zip(table, told, strict=True))


def found(became, table):
    def became_of(ident, new):
        one = db.session.get(Invitation, ident, populate_existing=True)
        if not new:
            return ("known", None)
        if one.status == "skipped":
            return (f"skip.{one.reason}", None)
        return ("asked", one.asked_at) if one.asked_at else ("waits", None)

    return Counter((one.email, *became_of(*end)) for one, end in zip(table, became, strict=True))
