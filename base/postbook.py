"""The outbox as staff look at it: pages, counts, and why mails wait."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Uuid, bindparam, exists, func, select, tuple_
from sqlalchemy.orm import defer

from base.db import Moment, db
from base.outbox import RETRY, Mail

RECENT = timedelta(days=1)
"""How much older than a waiting mail another may be whose fate tells whether the server works."""


def page(
    workspace_id: uuid.UUID,
    *,
    state: str | None = None,
    to: str = "",
    older_than: Mail | None = None,
    newer_than: Mail | None = None,
    limit: int = 50,
) -> list[Mail]:
    """At most `limit` mails, the newest first, beside the one named; `to`: what their address holds. Their text is
    not loaded.
    """
    key = tuple_(Mail.created_at, Mail.id)
    found = select(Mail).where(Mail.workspace_id == workspace_id).options(defer(Mail.kept)).limit(limit)
    if state:
        found = found.where(Mail.state == state)
    if to:
        found = found.where(func.lower(Mail.to_address).contains(to.lower(), autoescape=True))
    if newer_than:
        after = tuple_(bindparam("at", newer_than.created_at, Moment), bindparam("id", newer_than.id, Uuid))
        return list(db.session.scalars(found.where(key > after).order_by(Mail.created_at, Mail.id)))[::-1]
    if older_than:
        before = tuple_(bindparam("at", older_than.created_at, Moment), bindparam("id", older_than.id, Uuid))
        found = found.where(key < before)
    return list(db.session.scalars(found.order_by(Mail.created_at.desc(), Mail.id.desc())))


def counts(workspace_id: uuid.UUID) -> dict[str, int]:
    """How many mails of the workspace are in each state; states without any are left out."""
    grouped = select(Mail.state, func.count()).where(Mail.workspace_id == workspace_id).group_by(Mail.state)
    return dict(db.session.execute(grouped).all())


def failed_ones(workspace_id: uuid.UUID, *, limit: int) -> Sequence[Mail]:
    """At most `limit` mails that never left and may be tried again, the oldest first."""
    failed = (Mail.workspace_id == workspace_id, Mail.state == "failed", Mail.sent_at.is_(None), Mail.raw != "")
    return db.session.scalars(select(Mail).where(*failed).order_by(Mail.created_at, Mail.id).limit(limit)).all()


def held_up(workspace_id: uuid.UUID) -> Mail | None:
    """The waiting mail that was put off last, when the server has taken none of the workspace since then."""
    waiting = (Mail.workspace_id == workspace_id, Mail.state == "queued", Mail.attempts > 0)
    rows = select(Mail).where(*waiting).options(defer(Mail.kept))
    last = db.session.scalars(rows.order_by(Mail.next_try_at.desc()).limit(1)).first()
    if last is None:
        return None
    put_off_at = last.next_try_at - RETRY[min(last.attempts, len(RETRY)) - 1]
    recent = (Mail.workspace_id == workspace_id, Mail.state == "sent", Mail.created_at > last.created_at - RECENT)
    taken = db.session.scalar(select(exists().where(*recent, Mail.sent_at > put_off_at)))
    return None if taken else last
