"""What the page says of the next 30 days is what then happens."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from surveys import recurring, sender
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.outlook import foresee
from surveys.recurrence import Recurrence, Rhythm
from surveys.rule import SendingRule, Terms
from surveys.selection import Asker
from surveys.spreading import workdays_from
from surveys.survey import Survey
from surveys.turn import Turn
from surveys.version import Version
from tests.cast import AT, a_contact, a_survey, a_workspace, an_invitation
from tests.databases import cases

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


def seen(survey):
    found = db.session.get(Survey, survey.id, populate_existing=True)
    one = db.session.get(Recurrence, survey.id, populate_existing=True)
    return foresee(one, Asker.of(found, Version.newest(survey.id)), at=clock.now())


def begin(survey, rhythm, *, people):
    now = clock.now()
    with transaction() as session:
        zone = session.get_one(Workspace, survey.workspace_id).zone
        Recurrence.decide(session.get_one(Survey, survey.id), rhythm, at=now)
        Recurrence.locked(survey.id).start(people=people, today=clock.local_date(now, zone), at=now)
    recurring.ask_regularly(now)


def happened(survey, zone, since):
    """What became of the turns since `since`: kind → day → how many."""
    told = {"asked": Counter(), "quarantine": Counter(), "suppressed": Counter()}
    rows = select(Invitation).join(Interaction, Interaction.id == Invitation.interaction_id)
    rows = rows.where(Invitation.survey_id == survey.id, Interaction.source == "recurring")
    for one in db.session.scalars(rows.execution_options(populate_existing=True)):
        at = one.asked_at or one.created_at
        if (one.asked_at or one.status == "skipped") and clock.local_date(at, zone) >= since:
            told["asked" if one.asked_at else one.reason][clock.local_date(at, zone)] += 1
    return told


@st.composite
def towns(draw):
    """People with what they were asked before, and the terms and the rhythm on which they are asked from now on."""
    person = st.fixed_dictionaries(
        {
            "own": st.one_of(st.none(), st.integers(1, 400)),
            "other": st.one_of(st.none(), st.integers(0, 40)),
            "gone": st.sampled_from([False, False, False, True]),
            "turn": st.integers(0, 12),
            "meanwhile": st.sampled_from([False, False, True]),
            "plan": st.sampled_from(["gold", "gold", "silver"]),
            "locale": st.sampled_from([None, "sl", "ja", "el"]),
        }
    )
    terms = st.fixed_dictionaries(
        {
            "quarantine_days": st.sampled_from([0, 30, 90]),
            "when_quarantined": st.sampled_from(["drop", "defer"]),
            "weekdays": st.sampled_from(["1234567", "12345", "24"]),
            "start_hour": st.sampled_from([0, 11]),
            "sample": st.sampled_from([100, 50]),
        }
    )
    rhythm = st.fixed_dictionaries({"months": st.sampled_from([3, 6]), "most": st.sampled_from([None, 1, 3])})
    alone, closed, skip = st.sampled_from([0, 7, 60]), st.integers(0, 4), st.integers(0, 8)
    return draw(st.tuples(st.lists(person, min_size=4, max_size=20), terms, rhythm, alone, st.tuples(closed, skip)))


GOLD = {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold"]}]}


def settle(home, number, one, surveys):
    """A person with what they were asked before."""
    email = f"{number}@{home.slug}.example"
    a_contact(home, email, properties={"plan": one["plan"]}, locale=one["locale"])
    for survey, days in zip(surveys, (one["own"], one["other"]), strict=True):
        if days is not None:
            an_invitation(survey, email=email, at=AT - days * DAY, locale=one["locale"])
    if one["gone"]:
        Contact.keep(home.id, email, at=AT).suppress("unsubscribed", at=AT)


def crowd(survey, home, people):
    """Their turns come soon and close together, and some are asked after a ticket before that."""
    days = list(islice(workdays_from(AT.date() + DAY), 13))
    for number, one in enumerate(people):
        email = f"{number}@{home.slug}.example"
        ident = db.session.scalar(select(Contact.id).where(Contact.email == email))
        turn = db.session.get(Turn, (survey.id, ident))
        if turn and one["own"] is None:
            turn.due_on = days[one["turn"]]
        if one["meanwhile"]:
            an_invitation(survey, email=email, at=AT - (one["turn"] + 75) * DAY, locale=one["locale"])


def live(traveller, survey, days):
    """Days go by, each with a tick at eight in Ljubljana in winter, and mails written then and later."""
    for _ in range(days):
        today = clock.now().date()
        for hour in (7, 11, 15, 22):  # at 15 the next day begins in Tokyo
            traveller.move_to(datetime(today.year, today.month, today.day, hour, tzinfo=UTC))
            if hour == 7:
                recurring.ask_regularly(clock.now())
            waiting = (Invitation.status == "scheduled", Invitation.asked_at.is_(None))
            due = select(Invitation.id).where(Invitation.survey_id == survey.id, *waiting)
            for ident in db.session.scalars(due.where(Invitation.send_at <= clock.now())).all():
                sender.write([ident])
        traveller.move_to(datetime(today.year, today.month, today.day, 0, 30, tzinfo=UTC) + DAY)


@pytest.mark.long
@pytest.mark.timeout(600)  # a month of mornings, several times
@settings(max_examples=cases(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(towns())
def test_what_is_foreseen_happens_on_its_day(app, traveller, town):
    people, terms, wish, alone, (started_before, downtime) = town
    zone = "Europe/Ljubljana"
    with transaction():  # one for all of it: a month of commits would take the test minutes
        traveller.move_to(AT)
        home = a_workspace(f"Home {new_id().hex}", zone=zone)
        db.session.get_one(Workspace, home.id).quarantine_days = alone
        survey, other = a_survey(home), a_survey(home, "csat")
        SendingRule.decide(survey.id, Terms(**terms), workspace_id=home.id, at=AT)
        for number, one in enumerate(people):
            settle(home, number, one, (survey, other))
        begin(survey, Rhythm(conditions=GOLD, **wish), people=len(people))
        crowd(survey, home, people)
        live(traveller, survey, started_before)
        traveller.move_to(clock.now() + downtime * DAY)
        outlook, since = seen(survey), clock.local_date(clock.now(), zone)
        live(traveller, survey, 30)
        told = happened(survey, zone, since)
    assert outlook.whole
    assert +outlook.asked == told["asked"]
    assert +outlook.quarantine == told["quarantine"]
    assert +outlook.suppressed == told["suppressed"]


def test_a_workspace_without_people_has_nothing_ahead(cast):
    survey = a_survey(cast.workspace)
    begin(survey, Rhythm(), people=0)
    outlook = seen(survey)
    assert (outlook.highest, outlook.waiting, len(outlook.days)) == (0, 0, 30)


def test_who_waits_for_the_end_of_a_quarantine_is_told_apart(cast, traveller):
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).quarantine_days = 98
    survey = a_survey(cast.workspace)
    with transaction():
        deferring = Terms(when_quarantined="defer")
        SendingRule.decide(survey.id, deferring, workspace_id=cast.workspace.id, at=AT)
    an_invitation(a_survey(cast.workspace, "csat"), at=AT)
    begin(survey, Rhythm(), people=1)
    traveller.move_to(AT + 70 * DAY)
    recurring.ask_regularly(clock.now())
    outlook = seen(survey)
    assert (outlook.waiting, outlook.waiting_until) == (1, date(2027, 2, 26))
    assert outlook.asked == {date(2027, 2, 26): 1}
