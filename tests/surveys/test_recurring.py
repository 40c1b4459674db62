"""People are asked again some months after they were asked last, a few each workday, and nobody twice."""

import itertools
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, func, select

from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from feedback import schedule
from surveys import recurring, sender, spreading
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.recurrence import Recurrence, Rhythm
from surveys.rule import SendingRule, Terms
from surveys.spreading import is_workday, months_after
from surveys.survey import Survey
from surveys.turn import Turn
from tests.cast import AT, a_contact, a_survey, an_interaction, an_invitation

DAY = timedelta(days=1)
ZONE = "Europe/Ljubljana"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


@pytest.fixture
def midway(monkeypatch):
    """Everybody's lot is the 31st workday of their period, or one after it that is as free; by real lots it is any."""
    monkeypatch.setattr(spreading, "lot", lambda _: 30)


def people(workspace, number, *, at=AT, **known):
    return [a_contact(workspace, f"p{new_id().hex}@customer.example", at=at, **known).id for _ in range(number)]


def rhythm(survey, **wish):
    with transaction() as session:
        Recurrence.decide(session.get_one(Survey, survey.id), Rhythm(**wish), at=clock.now())
    return survey


def started(survey, *, people=0, **wish):
    rhythm(survey, **wish)
    now = clock.now()
    with transaction():
        Recurrence.locked(survey.id).start(people=people, today=clock.local_date(now, ZONE), at=now)
    return survey


def stopped(survey):
    with transaction():
        Recurrence.locked(survey.id).stop(at=clock.now())


def on_terms(survey, **terms):
    with transaction():
        SendingRule.decide(survey.id, Terms(**terms), workspace_id=survey.workspace_id, at=clock.now())
    return survey


def write_mails():
    """What is due is put into the outbox, as its jobs would."""
    waiting = (Invitation.status == "scheduled", Invitation.asked_at.is_(None), Invitation.send_at <= clock.now())
    for ident in db.session.scalars(select(Invitation.id).where(*waiting).order_by(Invitation.send_at)).all():
        sender.write([ident])


@pytest.fixture
def live(app, traveller):
    """`live(30)`: thirty days go by, each with a tick at nine (UTC), or whenever `ticks` says.

    All in one transaction, for hundreds of commits would take minutes; `alone` gives each step its own, as in life.
    """

    def go(days, *, ticks=((9, 0),), alone=False):
        with nullcontext() if alone else transaction():
            for _ in range(days):
                today = clock.now().astimezone(UTC).date()
                for hour, minute in ticks:
                    traveller.move_to(datetime(today.year, today.month, today.day, hour, minute, tzinfo=UTC))
                    recurring.ask_regularly(clock.now())
                    write_mails()
                traveller.move_to(datetime(today.year, today.month, today.day, tzinfo=UTC) + DAY)
        db.session.rollback()

    return go


def asked(survey, contact_id=None):
    """The days on which mails went, in order."""
    rows = select(Invitation.asked_at).where(Invitation.survey_id == survey.id, Invitation.asked_at.is_not(None))
    rows = rows.where(Invitation.contact_id == contact_id) if contact_id else rows
    return [clock.local_date(at, ZONE) for at in db.session.scalars(rows.order_by(Invitation.asked_at))]


def asked_people(survey):
    """Whom mails went to; a turn early in three months may have been followed by the next one."""
    rows = select(Invitation.contact_id).where(Invitation.survey_id == survey.id, Invitation.asked_at.is_not(None))
    return set(db.session.scalars(rows))


def due(survey):
    """Contact → the day of their turn."""
    rows = select(Turn.contact_id, Turn.due_on).where(Turn.survey_id == survey.id)
    return dict(db.session.execute(rows.execution_options(populate_existing=True)).all())


def test_everybody_is_asked_once_in_the_first_period_evenly(cast, survey, live):
    people(cast.workspace, 70)
    started(survey, people=70)
    live(92)
    days = Counter(asked(survey))
    assert all(map(is_workday, days))
    assert sum(days.values()) == 70
    assert len(days) == 65  # workdays from 23 November to 19 February
    assert set(days.values()) == {1, 2}


@pytest.mark.web  # the statements of one season, four times
def test_and_then_every_three_months_for_a_year(cast, survey, live):
    everybody = people(cast.workspace, 10)
    started(survey, people=10)
    live(375)  # whose first day was among the last ones comes to the fourth days after the year's end
    assert set(Counter(asked(survey)).values()) == {1}
    for ident in everybody:
        own = asked(survey, ident)
        assert len(own) in (4, 5)
        for before, after in itertools.pairwise(own):
            assert months_after(before, 3) <= after <= months_after(before, 3) + 4 * DAY


def test_a_request_is_an_interaction_of_its_day_that_nothing_else_caused(cast, survey, live, midway):
    [ident] = people(cast.workspace, 1)
    started(survey)
    live(97)
    one = db.session.scalars(select(Interaction)).one()
    day = asked(survey)[0]
    assert (one.source, one.external_id) == ("recurring", f"{survey.id}:{ident}:{day}")
    assert (one.agent, one.team, one.channel, one.properties) == (None, None, None, {})


def test_who_was_asked_by_this_survey_comes_months_after_that_and_not_before(cast, survey, live):
    invitation = an_invitation(survey, at=AT - 30 * DAY)
    other = a_survey(cast.workspace, "csat")
    for number in range(12):
        an_invitation(other, email=f"zala{number}@customer.example", at=AT - 30 * DAY)
    started(survey, months=6)
    live(1)
    days = due(survey)
    assert days.pop(invitation.contact_id) == months_after(date(2026, 10, 21), 6)
    assert min(days.values()) < date(2027, 4, 21)


def test_who_is_asked_meanwhile_because_of_a_ticket_has_their_turn_later(cast, survey, live, traveller):
    invitation = an_invitation(survey, at=AT - 80 * DAY)
    started(survey)
    live(1)
    assert due(survey)[invitation.contact_id] == date(2026, 12, 1)
    an_invitation(survey, at=AT + DAY)
    live(40)
    assert len(asked(survey)) == 2
    assert due(survey)[invitation.contact_id] == date(2027, 2, 22)


def test_a_doubled_tick_and_one_after_a_crash_ask_nobody_twice(cast, survey, live, monkeypatch):
    people(cast.workspace, 8)
    started(survey)
    put = Turn.put

    def crash(of, days):
        if Interaction.__table__ is not None and db.session.scalar(select(func.count(Invitation.id))):
            raise RuntimeError("the power went")
        put(of, days)

    monkeypatch.setattr(Turn, "put", crash)
    live(20, alone=True)
    assert not asked(survey)
    assert db.session.scalar(select(func.count(Interaction.id))) == 0
    monkeypatch.setattr(Turn, "put", put)
    live(90, ticks=((9, 0), (9, 0), (9, 1)), alone=True)
    assert len(asked(survey)) == 8
    assert len({one.contact_id for one in db.session.scalars(select(Invitation))}) == 8


def test_the_tick_of_the_house_asks_regularly():
    assert recurring.ask_regularly in schedule.EVERY_TICK


def test_mail_goes_in_the_hours_of_the_terms_and_the_next_turn_counts_from_then(cast, survey, live):
    [ident] = people(cast.workspace, 1)
    started(on_terms(survey, weekdays="3", start_hour=12, end_hour=14))
    live(105, ticks=((9, 0), (11, 30)))  # a turn on the last day of three months may wait for a Wednesday
    days = list(asked(survey))
    assert {day.isoweekday() for day in days} == {3}
    assert due(survey)[ident] >= months_after(max(days), 3)


def test_conditions_and_shares_on_interactions_do_not_hold_for_those_whose_turn_it_is(cast, survey, live):
    people(cast.workspace, 5)
    team = {"match": "all", "conditions": [{"about": "interaction", "property": "team", "is": ["North"]}]}
    started(on_terms(survey, conditions=team, sample=1))
    live(95)
    assert len(asked_people(survey)) == 5


def test_a_quarantine_lets_a_turn_go_or_waits_as_the_terms_say(cast, live, midway):
    for when, days in (("drop", []), ("defer", [date(2027, 2, 23)])):
        survey = on_terms(a_survey(cast.workspace, "ces"), quarantine_days=0, when_quarantined=when)
        with transaction() as session:
            session.get_one(Workspace, cast.workspace.id).quarantine_days = 90
            session.execute(delete(Contact))
        an_invitation(a_survey(cast.workspace, "csat"), at=clock.now() + 5 * DAY)
        begun = clock.now()
        started(survey)
        live(100)
        expected = [clock.local_date(begun + 95 * DAY, ZONE)] if days else []
        assert asked(survey) == expected
        stopped(survey)


def test_whoever_unsubscribed_is_not_asked_and_the_reason_is_kept(cast, survey, live, midway):
    [ident] = people(cast.workspace, 1)
    started(survey)
    live(1)
    with transaction():
        Contact.of(cast.workspace.id, ident).suppress("unsubscribed", at=clock.now())
    live(95)
    one = db.session.scalars(select(Invitation)).one()
    assert (one.status, one.reason) == ("skipped", "suppressed")


def test_whoever_is_erased_has_no_turn(cast, survey, live):
    [ident, other] = people(cast.workspace, 2)
    started(survey)
    live(1)
    with transaction() as session:
        session.execute(delete(Contact).where(Contact.id == ident))
    assert set(due(survey)) == {other}
    live(95)
    assert len(asked_people(survey)) == 1


def test_another_workspace_is_not_looked_at(cast, survey, live):
    people(cast.elsewhere, 3)
    started(survey)
    live(95)
    assert not asked(survey)


def test_who_comes_later_gets_a_turn_from_the_next_day_on(cast, survey, live):
    started(survey)
    live(30)
    [ident] = people(cast.workspace, 1, at=clock.now())
    live(2)
    assert due(survey)[ident] > clock.local_date(clock.now() - 2 * DAY, ZONE)
    live(95)
    assert len(asked_people(survey)) == 1


GOLD = {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold"]}]}


def test_only_people_of_the_segment_are_asked_and_whoever_leaves_it_is_not(cast, survey, live):
    people(cast.workspace, 3, properties={"plan": "silver"})
    [ident] = people(cast.workspace, 1, properties={"plan": "gold"})
    started(survey, conditions=GOLD)
    live(1)
    assert set(due(survey)) == {ident}
    with transaction():
        Contact.of(cast.workspace.id, ident).properties = {"plan": "silver"}
    live(95)
    assert not asked(survey)
    assert not due(survey)
    with transaction():
        Contact.of(cast.workspace.id, ident).properties = {"plan": "Gold"}
    live(95)
    assert asked(survey) == asked(survey, ident) != []


@pytest.mark.parametrize(
    ("condition", "belong"),
    [
        ({"about": "interaction", "property": "team", "is": ["North"]}, {"north"}),
        ({"about": "interaction", "property": "team", "is": ["North"], "not": True}, {"south", "nothing"}),
        ({"about": "interaction", "property": "tags", "is": ["vip"]}, {"south"}),
        ({"about": "language", "is": ["sl"]}, {"nothing"}),
        ({"about": "contact", "property": "locale", "is": ["sl"]}, {"nothing"}),
    ],
)
def test_a_segment_knows_what_happened_to_people_and_what_they_read(cast, survey, live, condition, belong):
    who = {name: a_contact(cast.workspace, f"{name}@customer.example") for name in ("north", "south", "nothing")}
    for team in ("South", "North"):
        an_interaction(who["north"], team=team)
    an_interaction(who["south"], team="South", properties={"tags": "new, VIP"})
    with transaction():
        Contact.of(cast.workspace.id, who["nothing"].id).locale = "sl"
    started(survey, conditions={"match": "all", "conditions": [condition]})
    live(1)
    assert set(due(survey)) == {who[name].id for name in belong}


def test_no_day_has_more_than_was_allowed(cast, survey, live):
    people(cast.workspace, 40)
    started(survey, most=1, months=12)
    live(70)
    days = Counter(asked(survey))
    assert set(days.values()) <= {1}
    rhythm(survey, most=2, months=3)
    live(95)
    assert max(Counter(asked(survey)).values()) <= 2


def test_after_a_week_without_ticks_nobody_gets_a_weeks_worth_on_one_morning(cast, survey, live, traveller):
    people(cast.workspace, 130)
    started(survey, people=130)
    live(4)
    traveller.move_to(clock.now() + 7 * DAY)
    live(21)
    days = Counter(asked(survey))
    assert max(days.values()) == 4
    assert sorted(days)[:2] == [date(2026, 11, 23), date(2026, 12, 1)]
    live(63)
    assert len(asked(survey)) == 130


def test_a_closed_survey_asks_nobody_and_goes_on_gently_when_it_opens_again(cast, survey, live):
    people(cast.workspace, 65)
    started(survey, people=65)
    live(4)
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=clock.now())
    before = len(asked(survey))
    live(30)
    assert len(asked(survey)) == before
    with transaction() as session:
        session.get_one(Survey, survey.id).reopen(at=clock.now())
    live(80)
    assert len({one.contact_id for one in db.session.scalars(select(Invitation))}) == 65
    assert max(Counter(asked(survey)).values()) == 2
    assert not db.session.scalar(select(func.count(Invitation.id)).where(Invitation.status == "skipped"))


def test_mails_held_back_hold_the_turns_back_too(cast, survey, live):
    people(cast.workspace, 20)
    started(survey)
    live(1)
    with transaction() as session:
        session.get_one(Survey, survey.id).paused_at = clock.now()
    live(30)
    assert not db.session.scalar(select(func.count(Invitation.id)))


def test_once_stopped_nobody_is_asked_and_a_new_start_does_not_repeat_what_was(cast, survey, live):
    everybody = people(cast.workspace, 20)
    started(survey)
    live(30)
    before = asked(survey)
    stopped(survey)
    live(30)
    assert asked(survey) == before
    started(survey, people=20)
    live(120)
    for ident in everybody:
        own = asked(survey, ident)
        assert own
        assert all(months_after(a, 3) <= b for a, b in itertools.pairwise(own))


def test_stop_and_start_on_one_day_ask_nobody_twice(cast, survey, live):
    everybody = people(cast.workspace, 20)
    started(survey)
    for _ in range(10):
        live(1)
        stopped(survey)
        started(survey)
    live(95)
    for ident in everybody:
        own = asked(survey, ident)
        assert own
        assert all(months_after(a, 3) <= b for a, b in itertools.pairwise(own))


@pytest.mark.parametrize(
    ("last", "months", "day"),
    [
        (datetime(2028, 2, 29, 10, tzinfo=UTC), 12, date(2029, 2, 28)),
        (datetime(2026, 8, 31, 10, tzinfo=UTC), 6, date(2027, 3, 1)),  # the 28th of February is a Sunday
        (
            datetime(2026, 10, 22, 22, 30, tzinfo=UTC),
            3,
            date(2027, 1, 25),
        ),  # the 23rd in Ljubljana; in three months a Saturday
        (datetime(2026, 12, 29, 10, tzinfo=UTC), 3, date(2027, 3, 29)),  # the day after the clocks change
    ],
)
def test_months_end_where_the_calendar_says(cast, survey, live, traveller, last, months, day):
    an_invitation(survey, at=last)
    traveller.move_to(datetime.combine(day, datetime.min.time(), UTC) - 4 * DAY)
    started(survey, months=months)
    live(7)
    assert asked(survey)[1:] == [day]
    newest = db.session.scalar(select(func.max(Invitation.asked_at)))
    assert newest == datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)
