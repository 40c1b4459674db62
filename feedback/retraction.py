"""Mails of digests and alerts that are taken back: because somebody they tell of is erased, or because they would go to
whom the digest goes no more. What was to be told is told by another mail.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from base import events
from base.db import db
from base.outbox import EMPTIED, ERASED, Mail
from feedback.digest import Digest
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from feedback.notice import Attempt, Notice
from feedback.recipient import Member
from feedback.response import Response

CORRECTED = "The digest goes to another address now; its mail is written anew."


def retract(responses: Sequence[Response], *, at: datetime) -> None:
    """Empty the mails that told of these answers, all of one workspace; those that wait are written anew without the
    person. Needs a transaction that holds the answers.
    """
    if responses:
        _retract_issues(responses, at)
        _retract_notices(responses, at)


def _retract_issues(responses: Sequence[Response], at: datetime) -> None:
    """By what the mail is called, not by its address: that is another one, once the digest was corrected."""
    idents = {str(one.id) for one in responses}
    member = select(IssueMember.issue_id).where(IssueMember.response_id.in_([one.id for one in responses]))
    bundles = {str(one) for one in db.session.scalars(select(Issue.bundle_id).where(Issue.id.in_(member)))}
    mails = _mails("digest", responses)
    bundles |= {_bundle(mail) for mail in mails if idents & set(mail.about.get("quoted", ()))}
    for mail in mails:
        if _bundle(mail) in bundles and _emptied(mail.id, at):
            issue_again(db.session.get_one(Mail, mail.id, populate_existing=True), at)


def _bundle(mail: Row[Any]) -> str:
    """Which issues it brings, and brought again when staff asked."""
    return str(mail.dedupe_key.split(":")[1])


def _retract_notices(responses: Sequence[Response], at: datetime) -> None:
    """The same of alerts. What a channel was told is out of reach; what it answered may repeat it, and goes."""
    idents = [one.id for one in responses]
    member = select(Member.notice_id).where(Member.response_id.in_(idents), Member.notice_id.is_not(None))
    _run(update(Attempt).where(Attempt.notice_id.in_(member)).values(words=""))
    mailed = select(Notice.mail_id).where(Notice.id.in_(member), Notice.mail_id.is_not(None))
    theirs = {one for one in db.session.scalars(mailed) if one is not None} | _unattended(responses)
    for ident in sorted(theirs):
        waited = _emptied(ident, at)
        _run(update(Mail).where(Mail.id == ident).values(subject="…"))
        if waited:
            notice_again(db.session.get_one(Mail, ident, populate_existing=True), at)


def _unattended(responses: Sequence[Response]) -> set[uuid.UUID]:
    """Mails that tell of these answers, though their alert is removed and with it the rows that knew. Those written
    before mails said whom they show may show anybody.
    """
    idents = {str(one.id) for one in responses}
    known = select(Notice.mail_id).where(Notice.mail_id.is_not(None))
    alone = _mails("alert", responses, Mail.id.not_in(known), Mail.kept != EMPTIED)
    return {mail.id for mail in alone if "shown" not in mail.about or idents & set(mail.about["shown"])}


def _mails(kind: str, responses: Sequence[Response], *wanted: Any) -> Sequence[Row[Any]]:
    """Those of a kind that were written since the first of these answers came."""
    since = min(one.created_at for one in responses)
    here = (Mail.workspace_id == responses[0].workspace_id, Mail.kind == kind, Mail.created_at >= since)
    return db.session.execute(select(Mail.id, Mail.dedupe_key, Mail.about).where(*here, *wanted)).all()


def _emptied(ident: uuid.UUID, at: datetime) -> bool:
    waited = Mail.empty(ident)
    events.record("mail.erased", ident, workspace_id=None, at=at)
    return waited


def digest_unwanted(about: Mapping[str, Any], now: datetime) -> str | None:  # noqa: ARG001 - asked of every kind alike
    """Why the mail of a digest is not wanted any more: its reader was removed, or is another one, while it waited."""
    wanted = [uuid.UUID(ident) for ident in about.get("digest_ids", ())]
    known = [db.session.get(Digest, ident) for ident in wanted]
    living = [digest for digest in known if digest and digest.ended_at is None]
    if wanted and not living:
        return "The digest was removed before its mail went out."
    address = about.get("address")  # not known of mails written before it was kept
    return CORRECTED if address and any(digest.recipient_email != address for digest in living) else None


def issue_again(mail: Mail, now: datetime) -> None:
    """A mail of a digest does not go. Where it was taken back, the issues that it brought are told by another one, to
    whom the digest goes now.
    """
    if not _taken_back(mail):
        return
    if mail.reason == CORRECTED:
        mail.raw = ""  # another mail says them, and it is that one which an erasure must find
    brought = (Issue.workspace_id == mail.workspace_id, Issue.mail_id == mail.id, Issue.state == "posted")
    found = _again(Issue, brought, {"state": "claimed", "mail_id": None})
    for ident in found[:1]:  # one asks for the mail of all
        events.record("issue.claimed", ident, workspace_id=None, at=now)


def notice_again(mail: Mail, now: datetime) -> None:
    """The same of an alert."""
    if not _taken_back(mail):
        return
    again = {"state": "claimed", "mail_id": None, "finished_at": None, "next_try_at": now}
    for ident in _again(Notice, (Notice.mail_id == mail.id,), again):
        events.record("alert.mail_due", ident, workspace_id=None, at=now)


def _taken_back(mail: Mail) -> bool:
    """Whether we took it back so that another one can take its place, which may then have its key."""
    if mail.state != "suppressed" or mail.reason not in (ERASED, CORRECTED):
        return False
    Mail.forget([mail.dedupe_key])
    return True


def _again(table: type[Issue | Notice], which: Iterable[Any], values: Mapping[str, Any]) -> Sequence[uuid.UUID]:
    found = db.session.scalars(select(table.id).where(*which).order_by(table.id)).all()
    _run(update(table).where(table.id.in_(found)).values(**values))
    return found


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
