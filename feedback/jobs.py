"""What happens to answers after the person has been thanked: they are read, and digests tell of them."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from accounts.workspace import Workspace
from base import clock, courier, throttle
from base.db import db, reading, transaction
from base.errors import ConflictError, TooManyError
from base.jobs import enqueue, job
from base.outbox import Mail
from feedback import casebook, emails, feed, fold, generation, sentiment
from feedback.backlog import comments_after
from feedback.digest import ITSELF, Digest
from feedback.issue import Issue
from feedback.issue_member import oldest_untold
from feedback.report import Report
from feedback.response import Response
from feedback.revision import Revision
from feedback.sentiment.themes import with_words
from feedback.suspecting import Sign, Signs, Submission, Visit, signs_seen
from feedback.themebook import Entry, WorkspaceTheme
from surveys.contact import Contact
from surveys.intent import Intent
from surveys.invitation import Invitation
from surveys.quarantine import lock_contacts

PATIENCE = timedelta(minutes=10)
"""How long an issue may be without its mail before it is asked for again."""
ATTEMPTS = 3
"""How often a mail is written anew at once because its digest was changed meanwhile."""

ROLLING = 4.0
"""Seconds that a tick spends on roll-ups at most; the rest waits for the next one."""
ROLLED, REBUILT = 200, 1_000
"""Responses that are counted in one transaction, when they changed and when roll-ups are made anew."""
PAUSE = 0.05

log = logging.getLogger("afterword.jobs")


@job
def read_response(subject_id: uuid.UUID) -> None:
    """Judge whether a person sent it, then detect its language and score it. A newer revision has a job of its own."""
    with reading() as session:
        response = Response.unread(subject_id)
        if response is None:
            return
        revision, comment = response.revision, response.comment
        invitation = session.get(Invitation, response.invitation_id) if response.invitation_id else None
        engine = session.get_one(Workspace, response.workspace_id).sentiment_engine
        book = WorkspaceTheme.book(response.workspace_id)
        contact = session.get(Contact, response.contact_id) if response.contact_id else None
        heard = sentiment.Heard(comment or "", response.locale, contact.locale if contact else None)
        signs = _signs(session.get_one(Revision, (subject_id, revision)), invitation)
    found = sentiment.read_all([heard], engine=engine)[0] if comment else None
    if found and comment:
        found = _named(found, comment, book)
    with transaction():
        for same in Response.all_unchanged({subject_id: (revision, comment)}):
            if same.keep_signs(signs, at=clock.now()):
                same.keep_reading(found, at=clock.now())
                if casebook.may_concern(same):
                    enqueue(consider_case, subject_id)


@job
def consider_case(response_id: uuid.UUID) -> None:
    """Open the case of an answer, if one follows from it. It waits until the answer is read, so that nobody is told to
    follow up the work of a program.
    """
    with reading() as session:
        response = session.get(Response, response_id)
        contact_id = response.contact_id if response else None
    with transaction() as session:
        lock_contacts([contact_id] if contact_id else [])  # an erasure holds the person first, too
        response = session.get(Response, response_id, with_for_update=True, populate_existing=True)
        if response is not None and response.contact_id == contact_id:
            casebook.consider(response, at=clock.now())


def read_unsigned(now: datetime) -> None:  # noqa: ARG001 - every part of a tick is told the time
    """Read anonymous answers. A tick looks for them, for a queue would know their moments; so would their readings,
    which are therefore dated like them.
    """
    with reading():
        waiting = [(one.id, one.created_at) for one in Response.unread_unsigned(limit=200)]
    for ident, day in waiting:
        try:
            with clock.standing_at(day):
                read_response(ident)
        except Exception:
            log.exception("an anonymous answer could not be read; the next tick tries again")
            db.session.rollback()


def roll_up(now: datetime) -> None:  # noqa: ARG001 - every part of a tick is told the time
    """Count what changed since the last tick, and work on roll-ups that are made anew. A tick looks for it, for a
    queue would know the moments of anonymous answers; pages add what waits, so nobody sees whether it was here.
    """
    patience = time.monotonic() + ROLLING
    with reading():
        waiting, due, littered = fold.waiting(), generation.due(), generation.littered()
    for survey_id, zone in waiting:
        _while_patient(patience, partial(fold.fold, survey_id, zone, limit=ROLLED), full=ROLLED)
    for one in due:
        with transaction():
            generation.follow(one.survey_id, one.zone)
        _while_patient(patience, partial(generation.advance, one.survey_id, limit=REBUILT))
    for survey_id in littered:
        _while_patient(patience, partial(generation.sweep, survey_id))


def _while_patient(until: float, step: Callable[[], int], *, full: int = 1) -> None:
    """Take steps, each a transaction, until there is nothing more to do or no time left; people come in between.
    `full`: a step that does less than this left nothing over.
    """
    while (began := time.monotonic()) < until:
        with transaction():
            done = step()
        if done < full:
            return
        time.sleep(min(PAUSE, time.monotonic() - began))


def reread(
    after: uuid.UUID | None,
    workspace_id: uuid.UUID | None,
    survey_id: uuid.UUID | None,
    *,
    limit: int,
    engine: str | None = None,
) -> list[tuple[uuid.UUID, str]]:
    """Read the next comments again, with no transaction open meanwhile; the id and the label of each.

    An answer that changed in between is left to the job that follows its change; one that was erased to nobody.
    """
    with reading():
        rows = comments_after(after, workspace_id, survey_id, limit=limit)
        books = {ident: WorkspaceTheme.book(ident) for ident in {row.workspace_id for row in rows}}
    judged: dict[uuid.UUID, sentiment.Reading] = {}
    for name in {engine or row.engine for row in rows}:
        chosen = [row for row in rows if (engine or row.engine) == name]
        found = sentiment.read_all(
            [sentiment.Heard(row.comment, row.locale, row.contact_locale) for row in chosen], engine=name
        )
        for row, one in zip(chosen, found, strict=True):
            judged[row.id] = _named(one, row.comment, books[row.workspace_id])
    with transaction():
        same = Response.all_unchanged({row.id: (row.revision, row.comment) for row in rows})
        Response.keep_readings([(response, judged[response.id]) for response in same], at=clock.now())
    return [(row.id, judged[row.id].label or f"unscored ({judged[row.id].language})") for row in rows]


def _named(found: sentiment.Reading, comment: str, book: Mapping[str, Entry]) -> sentiment.Reading:
    """What was read, with the themes that the workspace's own words name."""
    words = {theme: entry.words for theme, entry in book.items() if entry.words}
    return replace(found, themes=with_words(found.themes, comment, found.polarity, words)) if words else found


def _signs(revision: Revision, invitation: Invitation | None) -> tuple[Sign, ...]:
    """The signs of the moment of sending, and those that visits to any process of ours add to them."""
    if invitation is None:
        return revision.signs_seen
    visits = [
        Visit(at=intent.at, client=intent.client, kind=intent.kind, score=intent.score)  # type: ignore[arg-type]
        for intent in Intent.of(invitation.id)
    ]
    sending = Submission(revision.submitted_at, revision.client or "", revision.opened_at, invitation.delivered_at)
    then, since = revision.signs_seen, signs_seen(Signs(sending, visits))
    return then + tuple(sign for sign in since if sign not in then)


def claim_due_digests(now: datetime) -> None:
    """Take every issue that is owed at `now`; part of every tick. One that fails does not keep the others from it."""
    with reading():
        owed = Digest.due(now)
    for digest_id in owed:
        try:
            claim_digest(digest_id, now)
        except Exception:
            log.exception("digest %s could not be taken; the next tick tries again", digest_id)


def claim_digest(digest_id: uuid.UUID, now: datetime) -> uuid.UUID | None:
    """Take the issue that a digest owes, and those that come in the same mail, in one transaction; the id of the
    first, or None when somebody else was faster.
    """
    with reading() as session:
        digest = session.get(Digest, digest_id)
        owed = digest.companions(now) if digest else []
        since = {one.id: oldest_untold(one, now) for one in owed}
    with transaction():
        taken = Issue.claim(since, at=now) if since else []
    return taken[0].id if taken else None


def recompose_issues(now: datetime) -> None:
    """Ask again for mails of issues that were taken long ago; part of every tick. The queue is only speed."""
    with reading():
        stuck = Issue.stuck(now - PATIENCE)
    for issue_id in stuck:
        with suppress(TooManyError), transaction():
            throttle.spend(f"issue:{issue_id}", limit=1, per_seconds=int(PATIENCE.total_seconds()), now=now)
            enqueue(compose_issue, issue_id, at=now)


@job
def compose_issue(issue_id: uuid.UUID) -> None:
    """Write the mail of a taken issue, and of those that come with it, into the outbox, once: their rows say whether
    that was done.
    """
    for _ in range(ATTEMPTS):
        with reading() as session:
            issue = session.get(Issue, issue_id)
            told = _told(issue.bundle_id) if issue else []
            if not told:
                return
            prepared = emails.digest(session.get_one(Workspace, told[0].digest.workspace_id), told, at=clock.now())
        with transaction():
            if _settle(prepared):
                return
    raise ConflictError("The digest was changed whenever its mail was written; it is tried again.")


def _told(bundle_id: uuid.UUID) -> list[Report]:
    """What one mail tells: the issues whose digests still go to the reader of the first."""
    issues = [(db.session.get_one(Digest, issue.digest_id), issue) for issue in Issue.bundled(bundle_id)]
    return [Report.of(one, issue, issue.members) for one, issue in issues if one.reader == issues[0][0].reader]


def _settle(prepared: emails.Prepared) -> bool:
    """Keep what became of the issues of a mail; False when they are not any more what the mail was written of."""
    bundle_id, now = prepared.reports[0].issue.bundle_id, clock.now()
    digests = {one.id: one for one in Digest.all_locked({report.digest.id for report in prepared.reports})}
    issues = {one.id: one for one in Issue.bundled(bundle_id)}
    if not issues:
        return True
    if prepared.stands_for != emails.standing(digests, issues, feed.seen_now(prepared.shown)):
        return False
    mail = post_issue(prepared, key=f"issue:{bundle_id}") if prepared.message else None
    for report in prepared.reports:
        issue, digest = issues[report.issue.id], digests[report.digest.id]
        if mail is None or not report.wanted:
            issue.skip()
            continue
        issue.give_back(report.stale)
        issue.posted(mail, told=report.told)
        if not report.nothing or issue.catches_up_from:
            digest.stirred_at = now
        if report.farewell:
            digest.pause(at=now, by=ITSELF)
    for issue in issues.values():
        if issue.digest_id not in digests:
            issue.bundle_id = issue.id  # it goes to another reader by now, in a mail of its own
            enqueue(compose_issue, issue.id, at=now)
    return True


def post_issue(prepared: emails.Prepared, *, key: str) -> Mail:
    """Put a digest's mail into the outbox, once a key. Needs a transaction."""
    assert prepared.message is not None
    sent = [report for report in prepared.reports if report.wanted]
    about = {
        "issue_id": str(sent[0].issue.id),
        "digest_id": str(sent[0].digest.id),
        "digest_ids": [str(report.digest.id) for report in sent],
        "address": sent[0].digest.recipient_email,
        "quoted": sorted({str(late.response_id) for report in sent for late in report.cases.late}),
    }
    workspace_id, at = sent[0].digest.workspace_id, clock.now()
    return courier.post(prepared.message, kind="digest", dedupe_key=key, workspace_id=workspace_id, at=at, about=about)
