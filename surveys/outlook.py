from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy import select

from base import clock
from base.db import db
from surveys import quarantine
from surveys.contact import Contact
from surveys.intake import RECURRING, batches
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.recurrence import Recurrence
from surveys.segment import COLUMNS, PAGE, Segment, Somebody
from surveys.selection import Asker, Candidate, decide
from surveys.spreading import begins_at, months_after, workdays_between, workdays_from
from surveys.suppression import Suppression
from surveys.turn import Turn, asked_before

DAYS = 30
"""How far it looks ahead."""


@dataclass
class Outlook:
    """What becomes of everybody whose turn comes within the next days, as far as is known today.

    It takes the turns as the tick will, and asks the same decisions; what other surveys will ask meanwhile it does not
    know.
    """

    first: date
    asked: Counter[date] = field(default_factory=Counter)
    """Day → mails that go out."""
    quarantine: Counter[date] = field(default_factory=Counter)
    """Day → people whose turn is let go because they were asked not long before."""
    suppressed: Counter[date] = field(default_factory=Counter)
    """Day → people who are not to be asked."""
    waiting: int = 0
    """How many are asked later than their turn, at the end of a quarantine."""
    waiting_until: date | None = None
    """The last day of those."""
    whole: bool = True
    """Whether everybody in the segment has a turn yet."""

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.first + timedelta(days=DAYS)

    @property
    def highest(self) -> int:
        """The most on one day."""
        return max(self.asked[day] + self.left(day) for day in self.days)

    def left(self, day: date) -> int:
        """How many whose turn comes on a day are not asked."""
        return self.quarantine[day] + self.suppressed[day]

    def put(self, kind: str, day: date) -> None:
        """What becomes of the turn of a person, and on which day."""
        if kind == "waits":
            self.waiting, kind = self.waiting + 1, "asked"
            self.waiting_until = max(self.waiting_until or day, day)
        if day < self.end:
            {"asked": self.asked, "suppressed": self.suppressed}.get(kind, self.quarantine)[day] += 1


def foresee(one: Recurrence, asker: Asker, *, at: datetime) -> Outlook:
    """The outlook of a survey that asks regularly, from `at` on."""
    asker = asker.regular
    seen = Outlook(clock.local_date(at, asker.zone), whole=one.walked_on is not None)
    for waits, people in _on_their_way(asker):
        for (send_at, reason), who in zip(waits, _candidates(asker, people), strict=True):
            _settle(seen, asker, who, max(send_at, at), waits=reason == "quarantine")
    for day, people in _in_turn(one, seen, asker.zone):
        for who in _candidates(asker, people):
            _settle(seen, asker, who, max(begins_at(day, asker.zone), at))
    return seen


def _on_their_way(asker: Asker) -> Iterator[tuple[list[tuple[datetime, str | None]], list[Somebody]]]:
    """Whose turn came already and whose mail still waits, a page at a time: until when and what for, and who."""
    waiting = (Invitation.survey_id == asker.survey.id, Invitation.status == "scheduled", Invitation.asked_at.is_(None))
    columns = (Invitation.id, Invitation.send_at, Invitation.reason, *COLUMNS)
    rows = select(*columns).join(Contact, Contact.id == Invitation.contact_id)
    rows = rows.join(Interaction, Interaction.id == Invitation.interaction_id)
    rows = rows.where(*waiting, Interaction.source == RECURRING).order_by(Invitation.id).limit(PAGE)
    page = db.session.execute(rows).all()
    while page:
        yield [(row[1], row[2]) for row in page], [Somebody(*row[3:]) for row in page]
        page = db.session.execute(rows.where(Invitation.id > page[-1][0])).all()


def _in_turn(one: Recurrence, seen: Outlook, zone: str) -> Iterator[tuple[date, list[Somebody]]]:
    """Who is asked on which day, a page at a time, as the ticks of these days will take them."""
    segment, moved = Segment(one.workspace_id, one.show), defaultdict[date, list[Somebody]](list)
    opened = next(workdays_from(seen.first))
    calendar, missed = Turn.calendar(one, opened), one.missed_before(opened)
    for went_by in Turn.pages(one, opened, before=True):
        for person in went_by:
            moved[calendar.caught_up(missed)].append(person)
    for day in workdays_between(opened, seen.end):
        calendar = calendar.on(day + timedelta(days=1))
        for people in chain(Turn.pages(one, day), batches(moved.pop(day, ()))):
            members = segment.members(people)
            last = asked_before(one.survey_id, [person.id for person in members])
            again = {ident: months_after(clock.local_date(then, zone), one.months) for ident, then in last.items()}
            for person in members:
                if again.get(person.id, day) > day:
                    moved[calendar.not_before(again[person.id])].append(person)
            yield day, [person for person in members if again.get(person.id, day) <= day]


def _candidates(asker: Asker, people: Sequence[Somebody]) -> list[Candidate]:
    asked = quarantine.last_asked([one.id for one in people]) if asker.quarantine else {}
    unwilling = Suppression.among({one.id for one in people}, asker.survey.id)
    return [
        Candidate(
            suppressed=one.suppressed_at is not None or one.id in unwilling,
            zone=one.zone,
            locale=one.locale,
            asked=asked.get(one.id, {}),
            person=one.person,
            about=(RECURRING, one.id.hex),
        )
        for one in people
    ]


def _settle(seen: Outlook, asker: Asker, who: Candidate, turn: datetime, *, waits: bool = False) -> None:
    """Decide about a person as will be decided, again and again until they are asked or not."""
    moment, kind = turn, "waits" if waits else "asked"
    while True:
        found = decide(asker, who, send_at=moment, at=moment)
        if found.until is None:
            seen.put(found.reason or kind, clock.local_date(moment, asker.zone))
            return
        moment, kind = found.until, "waits" if found.cause == "quarantine" else kind
