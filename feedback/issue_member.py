"""Which responses an issue tells, and which a digest has not told yet: membership rows, not time windows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, Uuid, delete, exists, insert, literal, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, db
from feedback.digest import Digest
from feedback.digest_survey import DigestSurvey
from feedback.response import Response


class IssueMember(Model):
    """A response told in an issue. The key makes it exactly one issue of each digest."""

    __tablename__ = "issue_member"
    __table_args__ = (
        Index("ix_issue_member_issue_id", "issue_id"),
        Index("ix_issue_member_response_id", "response_id"),
    )

    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    issue_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("issue.id", ondelete="CASCADE"))

    @classmethod
    def gather(cls, digest: Digest, issue_id: uuid.UUID, *, since: datetime, at: datetime) -> int:
        """Put all untold responses that came from `since` until `at` into an issue, in one statement; how many."""
        rows = _untold(digest, since, at).add_columns(literal(digest.id, Uuid), literal(issue_id, Uuid))
        made = insert(cls).from_select(["response_id", "digest_id", "issue_id"], rows)
        found = db.session.connection().execute(made, execution_options={"preserve_rowcount": True})
        return int(found.rowcount)

    @classmethod
    def of(cls, issue_id: uuid.UUID) -> list[uuid.UUID]:
        """Ids of the responses that an issue holds."""
        return list(db.session.scalars(select(cls.response_id).where(cls.issue_id == issue_id)))

    @classmethod
    def let_go(cls, issue_id: uuid.UUID, responses: Iterable[uuid.UUID] | None = None) -> None:
        """These of an issue, or all of them, are not told; a later issue tells them."""
        mine = [cls.issue_id == issue_id]
        if responses is not None:
            mine.append(cls.response_id.in_(responses))
        db.session.execute(delete(cls).where(*mine))


def oldest_untold(digest: Digest, at: datetime) -> datetime | None:
    """When the oldest response came that the digest covers and has not told, None when all are told.

    It may read a long history; asked before the write lock, it keeps what happens under the lock short.
    """
    found = _untold(digest, digest.covers_from, at).with_only_columns(Response.created_at)
    return db.session.scalar(found.order_by(Response.created_at).limit(1))


def untold(digest: Digest, at: datetime) -> list[uuid.UUID]:
    """Ids of the responses that an issue taken at `at` would hold."""
    return list(db.session.scalars(_untold(digest, digest.covers_from, at)))


def _untold(digest: Digest, since: datetime, at: datetime) -> Select[uuid.UUID]:
    followed = (DigestSurvey.digest_id == digest.id) & (DigestSurvey.survey_id == Response.survey_id)
    told = exists().where(IssueMember.digest_id == digest.id, IssueMember.response_id == Response.id)
    return (
        select(Response.id)
        .join(DigestSurvey, followed, isouter=digest.all_surveys)
        .where(
            Response.workspace_id == digest.workspace_id,
            Response.created_at >= max(since, digest.covers_from),
            Response.created_at <= at,
            or_(DigestSurvey.covers_from.is_(None), Response.created_at >= DigestSurvey.covers_from),
            *digest.scope.told,
            ~told,
        )
    )
