"""Alerts at work: who is told of an answer, what waits for the end of a cool-down, the look of each morning, and the
messages themselves.

The ledger carries the guarantee (`recipient`, `notice`); jobs and ticks may come twice, late or not at all.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select

from base import clock, courier, fetch
from base.db import db, new_id, reading, transaction
from base.errors import ConflictError
from base.fetch import Failure
from base.jobs import enqueue, enqueue_missing, job, slow_job
from feedback import alert_emails, alerting, posting
from feedback.alert import Alert
from feedback.alerting import Fall, Told
from feedback.bulletin import Bulletin, counts_of, facts_of, slump_of
from feedback.figure import Figures
from feedback.notice import Attempt, Notice
from feedback.recipient import Drop, Member, Recipient
from feedback.response import Response
from feedback.tally import COUNTED
from feedback.watch import Watch
from feedback.zoning import ONE_DAY, day_start, days_between, local_date
from surveys.survey import Survey

FRESH = timedelta(days=7)
"""Answers that are older, as after a long stop of the service, alert nobody any more."""
PATIENCE = timedelta(minutes=5)
"""How long an answer may wait for its reading before it alerts without one."""
ATTEMPTS = 3
"""How often a message is written anew at once because an answer in it was changed meanwhile."""
MORNINGS = 3
"""Days of anonymous answers that a morning looks at, so that one that was read late is still told."""

log = logging.getLogger("afterword.alerts")


@job
def raise_alerts(response_id: uuid.UUID) -> None:
    """Tell of an answer that was read or released. Anonymous ones wait for the morning, erased ones are not told."""
    now = clock.now()
    with reading() as session:
        response = session.get(Response, response_id)
        untold = response is None or response.anonymous or response.erased
        wanted = [] if response is None or untold else _concerned(response, now)
    for recipient_id in wanted:
        with transaction():
            Notice.claim(recipient_id, at=now, adding=[response_id])


def raise_unread(now: datetime) -> None:
    """Tell of answers whose comments were not read in time, by all that is known without a reading; part of a tick."""
    with reading() as session:
        workspaces = Alert.listened_to()
        unread = select(Response.id).where(
            Response.read_at.is_(None),
            Response.updated_at <= now - PATIENCE,
            Response.updated_at > now - FRESH,
            Response.workspace_id.in_(workspaces),
        )
        late = list(session.scalars(unread.order_by(Response.id.desc()).limit(500))) if workspaces else []
    for ident in late:
        _each(raise_alerts, ident)


def tell_waiting(now: datetime) -> None:
    """Tell what came during a cool-down that is over; part of every tick."""
    with reading():
        waiting = Recipient.waiting(now)

    def tell(recipient_id: uuid.UUID) -> None:
        with transaction():
            Notice.claim(recipient_id, at=now)

    for ident in waiting:
        _each(tell, ident)


def look_around(now: datetime) -> None:
    """Every alert looks once each morning: at anonymous answers, or at scores; part of every tick."""
    with reading():
        due = Alert.due(now)

    def look(alert_id: uuid.UUID) -> None:
        with reading() as session:
            alert = session.get_one(Alert, alert_id)
            kind, surveys = alert.kind, alert.surveys
        if kind == "drop":
            for survey in surveys:
                _look_at(alert_id, survey, now)
        else:
            _tell_unsigned(alert_id, now)
        with transaction():
            found = Alert.locked(alert_id)
            if found is not None and found.next_look_at is not None and found.next_look_at <= now:
                found.looked(now)

    for ident in due:
        _each(look, ident)


def retry_stuck(now: datetime) -> None:
    """See to messages that no job is about any more; part of every tick."""
    with reading():
        stuck = Notice.stuck(now)
    with transaction():
        enqueue_missing(write_mail, [ident for ident, kind in stuck if kind == "mail"])
        enqueue_missing(post_to_channel, [ident for ident, kind in stuck if kind != "mail"])


@job
def write_mail(notice_id: uuid.UUID) -> None:
    """Put the mail of a message into the outbox, once: its row says whether that was done."""
    now = clock.now()
    for _ in range(ATTEMPTS):
        with reading() as session:
            notice = session.get(Notice, notice_id)
            if notice is None or notice.state != "claimed":
                return
            bulletin = Bulletin.of(notice)
            message = None if bulletin.unwanted else alert_emails.alert(bulletin, at=now)
        with transaction():
            if bulletin.stands:
                _settle(notice_id, bulletin, message, now)
                return
    raise ConflictError("The answers of an alert changed whenever its mail was written; it is tried again.")


def _settle(notice_id: uuid.UUID, bulletin: Bulletin, message: EmailMessage | None, now: datetime) -> None:
    if message is None:
        Notice.skip(notice_id, bulletin.recipient.id, at=now)
        return
    found = Notice.locked(notice_id)
    if found is None:
        return
    found.give_back(bulletin.stale)
    shown = [str(card.entry.response.id) for card in bulletin.cards]
    mail = courier.post(
        message,
        kind="alert",
        dedupe_key=f"alert:{notice_id}",
        workspace_id=bulletin.workspace.id,
        at=now,
        about={"notice_id": str(notice_id), "alert_id": str(found.alert_id), "shown": shown},
    )
    found.posted(mail, told=bulletin.told, at=now)


@slow_job
def post_to_channel(notice_id: uuid.UUID) -> None:
    """Try to speak in a channel, and keep what came back. Of several workers one tries."""
    now = clock.now()
    with transaction():
        ours = Notice.lease(notice_id, at=now)
    if not ours:
        return
    bulletin, message = _for_a_channel(notice_id)
    recipient = bulletin.recipient
    if message is None:
        with transaction():
            _settle(notice_id, bulletin, None, now)
        return
    answer = fetch.post_json(recipient.address, posting.payload(recipient.kind, message))
    answer = replace(answer, words=recipient.without_secrets(answer.words))
    with transaction():
        stands, found = bulletin.stands, Notice.locked(notice_id)
        if found is None:
            return
        found.give_back(bulletin.stale)
        at, final = clock.now(), isinstance(answer, Failure) and answer.final
        attempt = _attempt(notice_id, answer, at)
        if not stands:
            attempt.words = ""  # they may repeat what was erased meanwhile
        found.tried(attempt, final=final, told=bulletin.told)
        if found.state == "claimed":
            enqueue(post_to_channel, notice_id, at=found.next_try_at)


def _for_a_channel(notice_id: uuid.UUID) -> tuple[Bulletin, posting.Message | None]:
    """What is to be said, looked at once more when it is written: what a channel was told nobody takes back."""
    for _ in range(ATTEMPTS):
        with reading() as session:
            session.expire_all()
            bulletin = Bulletin.of(session.get_one(Notice, notice_id))
            message = None if bulletin.unwanted else alert_emails.alert_message(bulletin)
        with reading():
            if bulletin.stands:
                return bulletin, message
    raise ConflictError("The answers of an alert changed whenever it was written; it is tried again.")


def _attempt(notice_id: uuid.UUID, answer: fetch.Taken | Failure, at: datetime) -> Attempt:
    words = answer.words if isinstance(answer, fetch.Taken) else " – ".join(filter(None, (answer.reason, answer.words)))
    fine = isinstance(answer, fetch.Taken)
    return Attempt(id=new_id(), notice_id=notice_id, at=at, fine=fine, status=answer.status, words=words)


def _concerned(response: Response, now: datetime) -> list[uuid.UUID]:
    """Who is to be told of an answer, in one order for all, so that nobody waits in a circle."""
    given = max(response.updated_at, response.released_at or response.updated_at)
    if response.waits or given < now - FRESH:
        return []
    facts, found = facts_of(response), []
    for alert in Alert.listening(response.workspace_id, response.survey_id):
        if given >= alert.covers_from and alerting.matches(alert.conditions, facts):
            found += [one.id for one in Recipient.of_alert(alert.id) if one.listens]
    return sorted(set(found) - Member.knowing(response.id))


def _tell_unsigned(alert_id: uuid.UUID, now: datetime) -> None:
    """Tell of the anonymous answers of finished days, all at once, so that nobody learns the moment of one."""
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        today = local_date(now, alert.zone)
        days = days_between(today - MORNINGS * ONE_DAY, today, alert.zone)
        covered = day_start(local_date(alert.covers_from, alert.zone), alert.zone)  # of these only the day is known
        wanted = select(Response).where(
            Response.workspace_id == alert.workspace_id,
            Response.created_at >= max(days.start, covered),
            Response.created_at < days.end,
            *Response.unsigned(),
            Response.contact_id.is_(None),
            COUNTED,
        )
        if not alert.all_surveys:
            wanted = wanted.where(Response.survey_id.in_(alert.chosen))
        conditions = alert.conditions
        found = [one.id for one in session.scalars(wanted) if alerting.matches(conditions, facts_of(one))]
        recipients = sorted(one.id for one in Recipient.of_alert(alert_id) if one.listens)
    for recipient_id in recipients if found else []:
        with transaction():
            Notice.claim(recipient_id, at=now, adding=found)


def _look_at(alert_id: uuid.UUID, survey: Survey, now: datetime) -> None:
    """Look at one score, once a day; when it dropped, every recipient is told."""
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        today, days = local_date(now, alert.zone), alert.days
        watch = session.get(Watch, (alert_id, survey.id))
        before = today - days * ONE_DAY
        told = _told(alert, survey, watch, before)
        with Figures.of(survey.id) as figures:
            counts = [counts_of(alert, figures, end, days) for end in (today, before)]
    outcome, _fall = alerting.drop(survey.metric, counts[0], counts[1], told, least=alert.least)
    compared = watch.told_on if watch is not None and watch.told_on is not None else before
    with transaction() as session:
        if Alert.locked(alert_id) is None:
            return
        watch = Watch.locked(alert_id, survey.id)
        if watch is None:
            session.add(watch := Watch(alert_id=alert_id, survey_id=survey.id, looked_on=date.min))
        if watch.looked_on >= today:
            return
        watch.looked_on = today
        if outcome == "recovered":
            watch.told_on = watch.before_on = None
        if outcome == "dropped":
            watch.told_on, watch.before_on = today, compared
            _add_drops(alert_id, survey.id, today, compared, days)
    with reading():
        recipients = sorted(one.id for one in Recipient.of_alert(alert_id))
    for recipient_id in recipients if outcome == "dropped" else []:
        with transaction():
            Notice.claim(recipient_id, at=now)


def _add_drops(alert_id: uuid.UUID, survey_id: uuid.UUID, day: date, before: date, days: int) -> None:
    for recipient in Recipient.of_alert(alert_id):
        if recipient.listens:
            db.session.add(Drop(recipient_id=recipient.id, survey_id=survey_id, day=day, before=before, days=days))
    db.session.flush()


def _told(alert: Alert, survey: Survey, watch: Watch | None, before: date) -> Told | None:
    """The drop that was told last and has not recovered since."""
    if watch is None or watch.told_on is None or watch.before_on is None:
        return None
    slump = slump_of(alert, survey, watch.told_on, watch.before_on, alert.days)
    return Told(Fall(slump.fall.now, slump.fall.before), past=watch.told_on <= before)


def _each(step: Callable[[uuid.UUID], None], ident: uuid.UUID) -> None:
    """One that fails does not keep the others from their turn."""
    try:
        step(ident)
    except Exception:
        log.exception("alert work about %s failed; the next tick tries again", ident)
        db.session.rollback()
