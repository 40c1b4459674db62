"""What would become of people and what happened to them, if they were taken in now: decided as when they are."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import select

from base.db import db
from surveys import quarantine
from surveys.contact import Contact
from surveys.foreseeing import Fate, Request, foresee
from surveys.intake import Occasion, batches
from surveys.interaction import Interaction
from surveys.invitation import LIFE, Invitation
from surveys.link import person_of
from surveys.rule import window_of
from surveys.selection import Asker, Candidate, decide, moment_of
from surveys.sending import Facts
from surveys.sheet import Known, Line, Sheet, person_key
from surveys.suppression import Suppression
from surveys.survey import Survey
from surveys.timing import Window, zone_for
from surveys.version import Version

PEOPLE: Final = 500
"""People whose history is read at once."""
_ABOUT: Final = ("agent", "team", "channel", "properties")

Asked = Mapping[uuid.UUID, Mapping[uuid.UUID, datetime]]
"""Contact → survey → when it last asked them."""


def fates(asker: Asker, occasions: Sequence[Occasion], *, at: datetime) -> list[Fate]:
    """What would become of each occasion, in order, if all were taken in together."""
    numbered = list(enumerate(occasions))
    with Sheet() as sheet:
        forecast = Forecast(asker.survey.workspace_id, asker, sheet, at)
        found = dict(forecast.take(numbered))
        sheet.sort()
        while True:
            settled = list(forecast.settle(named=len(occasions)))
            found |= {number: fate for fate, _ in settled for number in fate.rows}
            if not settled:
                return [found[number] for number, _ in numbered]


@dataclass(frozen=True)
class Forecast:
    """A forecast on its way: first each row by itself, then the rows of each person, one after the other."""

    workspace_id: uuid.UUID
    asker: Asker | None
    """None: nobody is asked, the rows are only kept."""
    sheet: Sheet
    at: datetime

    def take(self, occasions: Sequence[tuple[int, Occasion]]) -> Iterator[tuple[int, Fate]]:
        """The fate of those numbered occasions that nothing can change any more; the rest goes on the sheet.

        They are those of one transaction of the real run, which brings what it knows of people up to date first.
        """
        whole = [one for _, one in occasions]
        interactions = self._interactions(whole)
        people = _People.of(self.workspace_id, whole, [row.contact_id for row in interactions.values()])
        if self.asker:
            people.leave_alone(self.asker.survey, whole)
        told = self._told(whole, people.by_key)
        asked = quarantine.last_asked(people.idents) if self.asker and self.asker.quarantine else {}
        lines: list[Line] = []
        for number, one in occasions:
            row = interactions.get((one.source, one.external_id))
            interactions[one.source, one.external_id] = _AGAIN
            if row is _AGAIN or (row is not None and row.asked):
                yield number, Fate("known", (number,))
            elif self.asker is None:
                yield number, Fate("keep" if row is None else "known", (number,))
            else:
                whom = people.whom(one, row, told, asked)
                judged = _judged(self.asker, one, whom, at=self.at)
                if isinstance(judged, Fate):
                    yield number, replace(judged, rows=(number,))
                else:
                    lines.append(whom.line(number, *judged))
        self.sheet.add(lines)

    def settle(self, *, named: int) -> Iterator[tuple[Fate, str]]:
        """The fates of what is on the sheet, with the address, of the next some hundred people; none when all are told.

        At most `named` rows of each fate are named.
        """
        assert self.asker is not None
        after = self.sheet.read("person")
        turns = dict(_some(self.sheet.by_person(after), named))
        idents = {key: uuid.UUID(bytes=own[0][0].contact) for key, own in turns.items() if own[0][0].contact}
        alone = bool(self.asker.quarantine)
        asked = quarantine.last_asked(list(idents.values())) if alone else {}
        lives = {ident: turns[key][0][0] for key, ident in idents.items()}
        others = _waiting(lives, self.asker) if alone else {}
        for key, own in turns.items():
            before, past = (others.get(idents[key], []), asked.get(idents[key], {})) if key in idents else ([], {})
            requests = [*before, *(_request(self.asker, line, rows, count) for line, rows, count in own)]
            yield from ((fate, own[0][0].email) for fate in foresee(requests, past))
        if turns:
            self.sheet.note(person=max(turns))

    def _told(self, occasions: Sequence[Occasion], others: Collection[str]) -> dict[int, Known]:
        """What the table says of these people up to here, which stays with them; also of `others`, by address."""
        known: dict[int, Known] = {}
        keys = {person_key(one.email) for one in occasions} | {person_key(email) for email in others}
        for batch in batches(keys):
            known |= self.sheet.people(batch)
        for one in occasions:
            person = known.setdefault(person_key(one.email), Known())
            person.name, person.locale = one.name or person.name, one.locale or person.locale
            person.zone = one.zone or person.zone
        self.sheet.tell({key: one for key, one in known.items() if one.name or one.locale or one.zone})
        return known

    def _interactions(self, occasions: Sequence[Occasion]) -> dict[tuple[str, str], _Happened]:
        """Those that are known already, by source and name."""
        found: dict[tuple[str, str], _Happened] = {}
        columns = (Interaction.source, Interaction.external_id, Interaction.contact_id)
        facts = [getattr(Interaction, name) for name in _ABOUT]
        survey_id = self.asker.survey.id if self.asker else None
        of = (Invitation.interaction_id == Interaction.id) & (Invitation.survey_id == survey_id)
        query = select(*columns, *facts, Invitation.status, Invitation.reason).outerjoin(Invitation, of)
        for source in {one.source for one in occasions}:
            for batch in batches({one.external_id for one in occasions if one.source == source}):
                those = (Interaction.workspace_id == self.workspace_id, Interaction.source == source)
                for row in db.session.execute(query.where(*those, Interaction.external_id.in_(batch))):
                    asked = row.status is not None and (row.status, row.reason) != ("skipped", "cancelled")
                    about = {name: getattr(row, name) for name in _ABOUT}
                    found[row.source, row.external_id] = _Happened(row.contact_id, about, asked)
        return found


@dataclass(frozen=True)
class _Happened:
    """An interaction that is known, and whether its person was asked about it."""

    contact_id: uuid.UUID
    about: Mapping[str, Any]
    asked: bool


_AGAIN: Final = _Happened(uuid.UUID(int=0), {}, True)
"""Stands for an interaction that came before in the same table."""


@dataclass(frozen=True)
class _Whom:
    """A person as the table leaves them. `contact`: the id, where they are known."""

    contact: uuid.UUID | None
    email: str
    zone: str | None
    locale: str | None
    candidate: Candidate

    def line(self, number: int, send_at: datetime, cause: str | None) -> Line:
        ident = self.contact.bytes if self.contact else None
        return Line(person_key(self.email), send_at, number, cause, ident, self.email, self.zone, self.locale)


@dataclass(frozen=True)
class _People:
    """Contacts by address and by id."""

    by_key: dict[str, Any] = field(default_factory=dict)
    by_id: dict[uuid.UUID, Any] = field(default_factory=dict)
    left_alone: set[str] = field(default_factory=set)
    """Addresses, in lower case, that are not to be asked."""

    @classmethod
    def of(cls, workspace_id: uuid.UUID, occasions: Sequence[Occasion], idents: Collection[uuid.UUID]) -> _People:
        found = cls()
        columns = (Contact.id, Contact.email_key, Contact.email, Contact.name, Contact.locale)
        query = select(*columns, Contact.zone, Contact.properties, Contact.suppressed_at)
        wanted = [Contact.email_key.in_(batch) for batch in batches({one.email.lower() for one in occasions})]
        wanted += [Contact.id.in_(batch) for batch in batches(set(idents))]
        for those in wanted:
            for row in db.session.execute(query.where(Contact.workspace_id == workspace_id, those)):
                found.by_key[row.email_key] = found.by_id[row.id] = row
        return found

    def leave_alone(self, survey: Survey, occasions: Sequence[Occasion]) -> None:
        """Find out who is not to be asked by this survey."""
        for batch in batches({*self.by_key, *(one.email.lower() for one in occasions)}):
            self.left_alone.update(Suppression.refusing(survey.workspace_id, batch, survey.id))

    @property
    def idents(self) -> list[uuid.UUID]:
        return list(self.by_id)

    def whom(self, one: Occasion, happened: _Happened | None, told: Mapping[int, Known], asked: Asked) -> _Whom:
        """The person of an occasion; who they are is known from the interaction, where that is known."""
        row = self.by_id[happened.contact_id] if happened else self.by_key.get(one.email.lower())
        email = row.email if row else one.email
        now = told.get(person_key(email), Known())
        name, locale = now.name or (row and row.name), now.locale or (row and row.locale)
        zone = now.zone or (row and row.zone)
        about = happened.about if happened else {name: getattr(one, name) for name in _ABOUT}
        candidate = Candidate(
            suppressed=bool(row and row.suppressed_at) or email.lower() in self.left_alone,
            zone=zone,
            locale=locale,
            asked=asked.get(row.id, {}) if row else {},
            person=person_of(name, email, locale, row.properties if row else {}, about),
            about=(one.source, one.external_id),
        )
        return _Whom(row.id if row else None, email, zone, locale, candidate)


def _judged(asker: Asker, one: Occasion, whom: _Whom, *, at: datetime) -> Fate | tuple[datetime, str | None]:
    """What stops a request at once, or when it is due and what it waits for until then."""
    send_at = moment_of(asker, one, at)
    decision = decide(asker, whom.candidate, send_at=send_at, at=at)
    if decision.reason is not None:
        until = asker.quarantine.until(asker.survey.id, whom.candidate.asked)
        return Fate("skip", (), at=until if decision.reason == "quarantine" else None, reason=decision.reason)
    return max(decision.until or send_at, send_at), decision.cause


_Turns = list[tuple[Line, tuple[int, ...], int]]


def _some(groups: Iterator[tuple[int, Iterator[Line]]], named: int) -> Iterator[tuple[int, _Turns]]:
    """The lines of the next people; those that share their moment are one: the first line, its rows, their count."""
    for key, own in islice(groups, PEOPLE):
        turns: _Turns = []
        for line in own:
            first, rows, count = turns[-1] if turns else (None, (), 0)
            if first is not None and (first.send_at, first.cause) == (line.send_at, line.cause):
                turns[-1] = (first, (*rows, line.row) if len(rows) < named else rows, count + 1)
            else:
                turns.append((line, (line.row,), 1))
        yield key, turns


def _request(asker: Asker, line: Line, rows: tuple[int, ...], count: int) -> Request:
    facts = Facts(
        status="scheduled",
        send_at=line.send_at,
        expires_at=line.send_at + LIFE,
        window=_window(asker, line),
        defer=asker.terms.when_quarantined == "defer",
    )
    return Request(asker.survey.id, facts, _alone(asker), rows, count, line.cause)


def _window(asker: Asker, line: Line) -> Window:
    return window_of(asker.terms, zone_for(line.zone, line.locale, asker.zone))


def _alone(asker: Asker) -> Any:
    return lambda asked: asker.quarantine.until(asker.survey.id, asked)


def _waiting(lives: Mapping[uuid.UUID, Line], ours: Asker) -> dict[uuid.UUID, list[Request]]:
    """What waits for these people already, oldest first. What is held back stands in nobody's way.

    `lives`: contact → a line that tells by which clock they will live.
    """
    found: dict[uuid.UUID, list[Request]] = {}
    askers: dict[uuid.UUID, Asker] = {ours.survey.id: ours}
    query = (
        select(Invitation, Survey)
        .join(Survey, Survey.id == Invitation.survey_id)
        .where(Invitation.contact_id.in_(list(lives)), Invitation.status == "scheduled", Invitation.asked_at.is_(None))
        .where((Survey.paused_at.is_(None)) | (Survey.id == ours.survey.id))
        .order_by(Invitation.send_at, Invitation.id)
    )
    for one, survey in db.session.execute(query):
        asker = askers.get(survey.id)
        if asker is None:
            version = Version.newest(survey.id)
            if version is None:
                continue
            asker = askers[survey.id] = Asker.of(survey, version)
        facts = Facts(
            status="scheduled",
            send_at=max(one.send_at, one.created_at),
            expires_at=one.expires_at,
            closed=survey.closed_at is not None,
            window=_window(asker, lives[one.contact_id]),
            defer=asker.terms.when_quarantined == "defer",
        )
        found.setdefault(one.contact_id, []).append(
            Request(survey.id, facts, _alone(asker), cause=one.reason, ours=False)
        )
    return found
