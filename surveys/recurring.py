"""Asking regularly, as a part of each tick: look who came into the segments, and ask those whose turn it is.

Each step is a short transaction that holds the recurrence, so a crash or a doubled tick repeats nothing: the turn of a
person moves on in the transaction that asks them, and a person is asked at most once a day.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.workspace import Workspace
from base import clock
from base.db import db, reading, transaction
from surveys import jobs
from surveys.intake import RECURRING, Occasion
from surveys.recurrence import Recurrence
from surveys.segment import Segment, Somebody
from surveys.spreading import begins_at, is_workday, months_after
from surveys.survey import Survey
from surveys.turn import Turn, asked_before

STEPS = 20
"""Transactions of one kind in one tick, for one survey."""

log = logging.getLogger("afterword.jobs")


@dataclass(frozen=True)
class Today:
    """The day it is where a workspace is."""

    day: date
    zone: str
    now: datetime

    @classmethod
    def of(cls, now: datetime, zone: str) -> Today:
        return cls(clock.local_date(now, zone), zone, now)

    @property
    def open(self) -> bool:
        """Whether turns are taken by now."""
        return is_workday(self.day) and self.now >= begins_at(self.day, self.zone)


def ask_regularly(now: datetime) -> None:
    """Do what every survey that asks regularly has to do at `now`. One that fails does not keep the others from it."""
    with reading():
        at_work = Recurrence.at_work()
    for survey_id in at_work:
        try:
            _work(survey_id, now)
        except Exception:
            log.exception("survey %s could not ask regularly; the next tick tries again", survey_id)
            db.session.rollback()


def _work(survey_id: uuid.UUID, now: datetime) -> None:
    with reading() as session:
        one = Recurrence.of(survey_id)
        if one is None:
            return
        today = Today.of(now, session.get_one(Workspace, one.workspace_id).zone)
        steps: list[Callable[[uuid.UUID, Today], bool]] = []
        if one.walked_on != today.day:
            steps.append(_look)
        if today.open and one.caught_up_on != today.day:
            steps.append(_catch_up)
        if today.open and (_catch_up in steps or Turn.due(one, today.day)):
            steps.append(_ask)
    for step in steps:
        for _ in range(STEPS):
            with transaction():
                more = step(survey_id, today)
            if not more:
                break


def _look(survey_id: uuid.UUID, today: Today) -> bool:
    """Look at some people of the workspace; whether there are more."""
    one = Recurrence.locked(survey_id)
    if one is None or not one.running or one.walked_on == today.day:
        return False
    Turn.walk(one, today.day, today.zone)
    return one.walked_on != today.day


def _catch_up(survey_id: uuid.UUID, today: Today) -> bool:
    """Give some of those whose day went by another one; whether there are more."""
    one = Recurrence.locked(survey_id)
    if one is None or not one.running or one.caught_up_on is None or one.caught_up_on >= today.day:
        return False
    went_by = Turn.due(one, today.day, before=True)
    if not went_by:
        one.caught_up_on = today.day
        return False
    missed, calendar = one.missed_before(today.day), Turn.calendar(one, today.day)
    Turn.put(one, {person.id: calendar.caught_up(missed) for person in went_by})
    return True


def _ask(survey_id: uuid.UUID, today: Today) -> bool:
    """Ask some of those whose turn it is; whether there are more."""
    one = Recurrence.locked(survey_id)
    survey = db.session.get(Survey, survey_id, populate_existing=True)
    if one is None or not one.running or one.caught_up_on != today.day or survey is None:
        return False
    if survey.closed_at is not None or survey.paused_at is not None:
        return False
    due = Turn.due(one, today.day)
    if due:
        _take(one, survey, due, today)
    return bool(due)


def _take(one: Recurrence, survey: Survey, people: Sequence[Somebody], today: Today) -> None:
    """Ask these people, and give each their next turn; who was asked meanwhile comes later, who left has none."""
    members = Segment(one.workspace_id, one.show).members(people)
    Turn.end(one, {person.id for person in people} - {person.id for person in members})
    last = asked_before(survey.id, [person.id for person in members])
    again = {ident: months_after(clock.local_date(at, today.zone), one.months) for ident, at in last.items()}
    ripe = [person for person in members if again.get(person.id, today.day) <= today.day]
    asked = jobs.ask(survey, [_occasion(survey, person, today) for person in ripe], at=today.now)
    for person, (invitation, _new) in zip(ripe, asked, strict=True):
        day = clock.local_date(max(invitation.send_at, today.now), today.zone)
        again[person.id] = months_after(day, one.months)
    calendar = Turn.calendar(one, today.day + timedelta(days=1))
    Turn.put(one, {person.id: calendar.not_before(again[person.id]) for person in members})


def _occasion(survey: Survey, person: Somebody, today: Today) -> Occasion:
    """That it is a person's turn, known by its day."""
    known_as = f"{survey.id}:{person.id}:{today.day}"
    return Occasion(email=person.email, source=RECURRING, external_id=known_as, send_at=today.now)
