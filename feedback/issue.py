from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
    delete,
    false,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError
from base.outbox import Mail
from feedback import digesting
from feedback.digest import Digest
from feedback.digesting import Due, Plan
from feedback.issue_member import IssueMember
from feedback.zoning import local_date

CLAIMED = text("state = 'claimed'")


class Issue(Model):
    """One dated mail of a digest. (digest, local date) is unique: restarts, two schedulers and DST meet in one row."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("digest_id", "local_date"),
        Index("ix_issue_workspace_id", "workspace_id", "id"),
        Index("ix_issue_bundle_id", "bundle_id"),
        Index("ix_issue_claimed", "created_at", sqlite_where=CLAIMED, postgresql_where=CLAIMED),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"))
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    bundle_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    """The id of the first of those that come in one mail; its own, mostly."""
    local_date: Mapped[date] = mapped_column(Date)
    due_at: Mapped[datetime] = mapped_column(Moment)
    period_from: Mapped[datetime] = mapped_column(Moment)
    period_to: Mapped[datetime] = mapped_column(Moment)
    """Scores are of [period_from, period_to); comments are those in `IssueMember`, whenever they came."""
    catches_up_from: Mapped[date | None] = mapped_column(Date)
    """The first missed local date, when this issue makes up for some."""
    trigger: Mapped[str] = mapped_column(String(10), default="schedule")
    """schedule · by hand"""
    detractors: Mapped[int] = mapped_column(Integer, default=0)
    """How many it tells of: detractors, and whomever else its digest is about."""
    state: Mapped[str] = mapped_column(String(10), default="claimed")
    """claimed → posted (the mail is in the outbox) or skipped (nothing to report, as the recipient wished)"""
    mail_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("mail.id", ondelete="SET NULL"))
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    farewell: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """The last one: if it has nobody to tell of, it says that the digest pauses itself."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def drafted(
        cls, digest: Digest, plan: Plan, *, trigger: str, at: datetime, bundle: uuid.UUID | None = None
    ) -> Issue:
        """The issue as it would be, in no session: for the one who takes it and for those who only look."""
        period = digesting.period(digest.rhythm, plan.due, issues=len(plan.local_dates)).current
        ident = new_id()
        return cls(
            id=ident,
            digest_id=digest.id,
            workspace_id=digest.workspace_id,
            bundle_id=bundle or ident,
            local_date=plan.due.local_date,
            due_at=plan.due.at,
            period_from=period.start,
            period_to=period.end,
            catches_up_from=plan.local_dates[0] if plan.is_catch_up else None,
            trigger=trigger,
            detractors=0,
            state="claimed",
            next_due_at=digest.next_due_at and digest.due_after(at, dated_after=plan.due.local_date),
            farewell=trigger == "schedule" and not plan.is_catch_up and digest.idle(at),
            created_at=at,
        )

    @classmethod
    def claim(cls, since: Mapping[uuid.UUID, datetime | None], *, at: datetime) -> list[Issue]:
        """Take the issues that the digests of one reader owe at `at`, as one bundle, with everything untold until then.

        Those that are owed nothing, or whose issue somebody else took, are left out: of several takers the unique row
        decides. `since` says of each digest what `oldest_untold` said before the write lock, None where nothing waits.
        """
        taken: list[Issue] = []
        reader = None
        for digest in Digest.all_locked(since):
            if digest.next_due_at is None or digest.next_due_at > at or digest.reader != (reader or digest.reader):
                continue
            plan = digest.plan(at)
            if plan is None:  # its date was told already, by hand or under another zone
                digest.look_forward(at)
                continue
            bundle = taken[0].bundle_id if taken else None
            issue = cls._take(digest, plan, trigger="schedule", at=at, since=since[digest.id], bundle=bundle)
            if issue is not None:
                reader = digest.reader
                taken.append(issue)
        return taken

    @classmethod
    def claim_by_hand(cls, digest_id: uuid.UUID, *, at: datetime, since: datetime | None, by: uuid.UUID) -> Issue:
        """Take today's issue now, because staff asked. One that was skipped makes way, for nothing came of it.

        Raises ConflictError when today's is there already.
        """
        digest = Digest.locked(digest_id)
        if digest is None or digest.ended_at is not None:
            raise NotFoundError("digest", digest_id)
        ours = (cls.digest_id == digest_id, cls.local_date == local_date(at, digest.zone))
        db.session.execute(delete(cls).where(*ours, cls.state == "skipped"))
        taken = cls._take(digest, today(digest, at), trigger="by hand", at=at, since=since, by=by)
        if taken is None:
            raise ConflictError("Today's issue of this digest exists already.")
        return taken

    @classmethod
    def _take(
        cls,
        digest: Digest,
        plan: Plan,
        *,
        trigger: str,
        at: datetime,
        since: datetime | None,
        by: uuid.UUID | None = None,
        bundle: uuid.UUID | None = None,
    ) -> Issue | None:
        draft = cls.drafted(digest, plan, trigger=trigger, at=at, bundle=bundle)
        digest.took(plan.due.local_date, at=at)
        row = {column.name: getattr(draft, column.name) for column in cls.__table__.columns}
        if not insert_once(cls, row):
            return None
        issue = db.session.get_one(cls, draft.id)
        if since is not None:
            issue.detractors = IssueMember.gather(digest, issue.id, since=since, at=at)
        # One mail is written for all of a bundle, so one of them asks for it.
        kind = "issue.joined" if bundle else "issue.claimed"
        actor = str(by) if by else None
        events.record(kind, issue.id, workspace_id=digest.workspace_id, at=at, actor=actor)
        return issue

    @classmethod
    def bundled(cls, bundle_id: uuid.UUID) -> list[Issue]:
        """Those that come in one mail and are not written yet, as they are now."""
        found = select(cls).where(cls.bundle_id == bundle_id, cls.state == "claimed").order_by(cls.id)
        return list(db.session.scalars(found.execution_options(populate_existing=True)))

    def posted(self, mail: Mail, *, told: int) -> None:
        """Its mail is in the outbox and tells of `told` people."""
        self.state, self.mail_id, self.detractors = "posted", mail.id, told

    def skip(self) -> None:
        """No mail, as the recipient wished or because the digest is paused; what it holds waits for the next issue."""
        self.state, self.detractors = "skipped", 0
        IssueMember.let_go(self.id)

    def give_back(self, responses: Iterable[uuid.UUID]) -> None:
        """Responses that it is not about any more are not told; should they be again, a later issue tells them."""
        if gone := list(responses):
            IssueMember.let_go(self.id, gone)

    @property
    def members(self) -> list[uuid.UUID]:
        """Ids of the responses it holds."""
        return IssueMember.of(self.id)

    @property
    def mates(self) -> list[tuple[Issue, Digest]]:
        """The others that came in the same mail, each with its digest."""
        found = select(Issue, Digest).join(Digest, Digest.id == Issue.digest_id).order_by(Issue.id)
        others = found.where(Issue.bundle_id == self.bundle_id, Issue.id != self.id)
        return [(issue, digest) for issue, digest in db.session.execute(others)]

    @classmethod
    def of(cls, digest: Digest, ident: uuid.UUID) -> Issue:
        """The issue of this digest, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.digest_id == digest.id, cls.id == ident))
        if found is None:
            raise NotFoundError("issue", ident)
        return found

    @classmethod
    def of_today(cls, digest: Digest, at: datetime) -> Issue | None:
        """Today's, unless it was skipped: then there is still one to send."""
        ours = (cls.digest_id == digest.id, cls.local_date == local_date(at, digest.zone), cls.state != "skipped")
        return db.session.scalar(select(cls).where(*ours))

    @classmethod
    def page(cls, digest: Digest, *, before: date | None = None, limit: int = 30) -> list[Issue]:
        """At most `limit` issues dated before `before`, the newest first."""
        found = select(cls).where(cls.digest_id == digest.id).order_by(cls.local_date.desc()).limit(limit)
        return list(db.session.scalars(found.where(cls.local_date < before) if before else found))

    @classmethod
    def newest_of(cls, workspace_id: uuid.UUID) -> dict[uuid.UUID, Issue]:
        """The last issue of each digest of a workspace that has one."""
        days = select(cls.digest_id, func.max(cls.local_date).label("day")).where(cls.workspace_id == workspace_id)
        last = days.group_by(cls.digest_id).subquery()
        found = select(cls).join(last, (last.c.digest_id == cls.digest_id) & (last.c.day == cls.local_date))
        return {issue.digest_id: issue for issue in db.session.scalars(found)}

    @classmethod
    def sent(
        cls, workspace_id: uuid.UUID, *, before: uuid.UUID | None = None, limit: int = 30
    ) -> list[tuple[Issue, Digest]]:
        """At most `limit` issues of all digests of a workspace that were taken before one, the newest first."""
        found = select(cls, Digest).join(Digest, Digest.id == cls.digest_id).where(cls.workspace_id == workspace_id)
        found = found.where(cls.id < before) if before else found
        return [(issue, digest) for issue, digest in db.session.execute(found.order_by(cls.id.desc()).limit(limit))]

    @classmethod
    def stuck(cls, before: datetime) -> list[uuid.UUID]:
        """Ids of issues taken before then whose mail was never written, one of each mail."""
        found = db.session.scalars(select(cls).where(cls.state == "claimed", cls.created_at < before))
        return list({issue.bundle_id: issue.id for issue in found}.values())


def today(digest: Digest, at: datetime) -> Plan:
    """The issue that staff ask for by hand: dated today in the recipient's zone."""
    day = local_date(at, digest.zone)
    return Plan(Due(day, at), (day,))
