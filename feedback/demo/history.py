"""Ninety days, one after the other: yesterday's table is imported, customers are asked, digests go, people answer."""

from __future__ import annotations

import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta

from flask import current_app
from sqlalchemy import select

from base import clock
from base.db import db, new_id, reading, transaction
from base.errors import ConflictError
from base.jobs import Job, Queue
from base.runners import Runner
from feedback import alerter, sentiment
from feedback.alerter import raise_alerts
from feedback.casework import tell_people
from feedback.demo import company, desk, followup, gate, opinion, story
from feedback.demo.company import Company
from feedback.demo.story import ASKED_AT, Happening
from feedback.digest import Digest
from feedback.issue import Issue
from feedback.issue_member import oldest_untold
from feedback.jobs import read_response
from feedback.response import Response
from feedback.revision import Given
from surveys import importer
from surveys.intent import Intent
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.upload import Upload

MAILED_DAYS = 2
"""The invitations of so many last days go through the outbox; of the older ones it is only kept that they were sent."""

ALERTED_DAYS = 5
"""Alerts speak of the answers of so many last days, each at its moment."""

MORNING = time(7, 30)
"""When, UTC, the schedule ticks on each day of the story: after eight in Ljubljana, summer and winter."""

Progress = Callable[[str, int, int], None]


def tell(now: datetime, *, days: int, progress: Progress) -> None:
    """Fill the database with the `days` days up to `now`; `progress` hears the day, how many are told, of how many."""
    happenings = story.read(now.date(), days=days)
    first = datetime.combine(now.date() - timedelta(days=days), time(3), now.tzinfo)
    with clock.standing_at(first):
        made = company.found(first)
    happened: dict[date, list[Happening]] = defaultdict(list)
    answered: dict[date, list[Happening]] = defaultdict(list)
    looked: dict[date, list[Happening]] = defaultdict(list)
    for one in happenings:
        happened[one.occurred_at.date()].append(one)
        if one.answers_at is not None and one.answers_at <= now:
            answered[one.answers_at.date()].append(one)
        if one.looks_at is not None and one.looks_at <= now:
            looked[one.looks_at.date()].append(one)
    for number in range(1, days + 1):
        day = now.date() - timedelta(days=days - number)
        asked_at = min(now, datetime.combine(day, ASKED_AT, now.tzinfo))
        _ask(made, happened[day - timedelta(days=1)], asked_at, mailed=days - number < MAILED_DAYS)
        recent = days - number < ALERTED_DAYS
        early = [one for one in answered[day] if one.answers_at and one.answers_at.time() < MORNING]
        _answer(made, early, alerting=recent)
        _tick(min(now, datetime.combine(day, MORNING, now.tzinfo)))
        later = [one for one in answered[day] if one.answers_at and one.answers_at.time() >= MORNING]
        _answer(made, later, alerting=recent)
        _look(made, looked[day])
        progress(f"{day:%-d %B}", number, days)
    with _without(tell_people, read_response, raise_alerts):
        followup.tell(made, now)
    _send_todays_digest(made, now)
    company.settle(made, now)
    gate.tell(made, now, _runner().drain)
    desk.work(made, now)
    _tick(now)


def _send_todays_digest(made: Company, now: datetime) -> None:
    """Before eight in the morning nothing is due yet: then today's issue is sent by hand, so that there is one."""
    with clock.standing_at(now):
        with reading():
            since = oldest_untold(Digest.of(made.workspace_id, made.daily_digest_id), now)
        with suppress(ConflictError), transaction():
            Issue.claim_by_hand(made.daily_digest_id, at=now, since=since, by=made.admin_id)


def _runner() -> Runner:
    runner: Runner = current_app.extensions["afterword.runner"]
    return runner


def _tick(at: datetime) -> None:
    with clock.standing_at(at):
        _runner().run_tick()
        _runner().drain()


class _QuietQueue:
    """Forgets the jobs that this story does itself, many in one transaction, and passes on the others."""

    def __init__(self, queue: Queue, *quiet: Job) -> None:
        self._queue = queue
        self._quiet = {job.name for job in quiet}

    def put(self, name: str, subject_id: uuid.UUID, at: datetime | None) -> None:
        if name not in self._quiet:
            self._queue.put(name, subject_id, at)

    def waiting(self, name: str, subject_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        return self._queue.waiting(name, subject_ids)


@contextmanager
def _without(*jobs: Job) -> Iterator[None]:
    queue = current_app.extensions["afterword.queue"]
    current_app.extensions["afterword.queue"] = _QuietQueue(queue, *jobs)
    try:
        yield
    finally:
        current_app.extensions["afterword.queue"] = queue


def _ask(made: Company, happenings: Sequence[Happening], at: datetime, *, mailed: bool) -> None:
    """Import the table of a day for each survey, as a designer would, and let the mails go."""
    with clock.standing_at(at):
        for metric, survey_id in made.surveys.items():
            rows = [one.row for one in happenings if one.metric == metric]
            if rows:
                importer.import_upload(_upload(made, survey_id, rows, at))
        if not mailed:
            with transaction():
                for invitation in db.session.scalars(select(Invitation).where(Invitation.status == "scheduled")):
                    invitation.mark_sent(at=at)
        _runner().drain()


def _upload(made: Company, survey_id: uuid.UUID, rows: Sequence[dict[str, str]], at: datetime) -> uuid.UUID:
    table = io.StringIO()
    writer = csv.DictWriter(table, story.COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    ident, data = new_id(), table.getvalue().encode()
    path = importer.file_of(ident)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with transaction() as session:
        upload = Upload(
            id=ident,
            workspace_id=made.workspace_id,
            survey_id=survey_id,
            filename=f"interactions-{at:%Y-%m-%d}.csv",
            size=len(data),
            encoding="utf-8",
            state="uploaded",
            created_at=at,
        )
        session.add(upload)
        session.flush()
        upload.plan(list(CHOICES), survey_id, at=at)
        upload.start(at=at, by=None)
    return ident


CHOICES = ("external_id", "occurred_at", "email", "name", "locale", "agent", "team", "channel", "property", "property")
"""What each of `story.COLUMNS` means."""


def _answer(made: Company, happenings: Sequence[Happening], *, alerting: bool) -> None:
    """Let people open their links and press Send, each at their moment, then let their comments be read."""
    if not happenings:
        return
    invited = _invited(made, [one.row["external_id"] for one in happenings])
    tokens = {external_id: invitation.token for external_id, invitation in invited.items()}
    answered: list[uuid.UUID] = []
    with transaction(), _without(read_response):
        for one in sorted(happenings, key=lambda one: one.answers_at or one.occurred_at):
            if one.answers_at is not None and one.row["external_id"] in invited:
                with clock.standing_at(one.answers_at):
                    link = Link.by_token(tokens[one.row["external_id"]])
                    answered.append(_send(one, link, one.answers_at))
    with transaction() as session, _without(raise_alerts):
        for response in session.scalars(select(Response).where(Response.id.in_(answered))):
            found = sentiment.read(response.comment, locale_hint=response.locale) if response.comment else None
            response.keep_reading(found, at=response.created_at + timedelta(seconds=1))
    if alerting:
        _alert(answered)


def _alert(answered: Sequence[uuid.UUID]) -> None:
    """Let alerts speak of these answers, each a moment after it was given."""
    with reading() as session:
        given = select(Response.id, Response.created_at).where(Response.id.in_(answered)).order_by(Response.created_at)
        moments = session.execute(given).all()
    for ident, moment in moments:
        with clock.standing_at(moment + timedelta(seconds=2)):
            alerter.tell_waiting(clock.now())
            raise_alerts(ident)
            _runner().drain()


def _look(made: Company, happenings: Sequence[Happening]) -> None:
    """Let people open their links and leave, all of a day at once."""
    invited = _invited(made, [one.row["external_id"] for one in happenings])
    visits = [
        {"invitation_id": invited[ident].id, "client": ident, "score": None, "at": one.looks_at, "kind": "open"}
        for one in happenings
        if (ident := one.row["external_id"]) in invited
    ]
    if visits:
        with transaction():
            Intent.keep(visits)


def _invited(made: Company, external_ids: Sequence[str]) -> dict[str, Invitation]:
    query = select(Interaction.external_id, Invitation).join(Invitation, Invitation.interaction_id == Interaction.id)
    of_these = (Interaction.workspace_id == made.workspace_id, Interaction.external_id.in_(external_ids))
    with reading():
        found = db.session.execute(query.where(*of_these, Invitation.status == "sent"))
        return {row.external_id: row.Invitation for row in found}


def _send(one: Happening, link: Link, at: datetime) -> uuid.UUID:
    visit = {"invitation_id": link.invitation_id, "client": one.row["external_id"], "score": one.score}
    Intent.keep([visit | {"at": at - timedelta(seconds=25), "kind": "open"}])
    locale = one.row["language"] if one.row["language"] in company.LANGUAGES else "en"
    given = Given(
        score=one.score,
        comment=one.comment or None,
        locale=locale,
        form_id=new_id().hex,
        client=one.row["external_id"],
        opened_at=at - timedelta(seconds=25),
        signs=("decoy",) if one.scanned else (),
        pieces=opinion.pieces(link, one.row["external_id"], one.score, locale),
    )
    return Response.submit(link, given, at=at).id
