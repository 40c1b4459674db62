from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Uuid, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError
from feedback.case_entry import CaseEntry
from feedback.case_reason import CaseReason
from feedback.case_rule import CaseRule
from feedback.response import Response
from surveys.scale import SCALES

STAGES = ("responded", "acknowledged", "relieved", "resolved", "removed")
"""In the order in which they usually come; none waits for another."""
OPEN = "closed_at IS NULL"


@dataclass(frozen=True, slots=True)
class By:
    """When something is done to a case, and by whom; None is the system."""

    at: datetime
    user_id: uuid.UUID | None = None

    @property
    def actor(self) -> str | None:
        """As the trail keeps it."""
        return str(self.user_id) if self.user_id else None


def _index(name: str, *columns: str, where: str) -> Index:
    partly = text(where)
    return Index(f"ix_customer_case_{name}", *columns, sqlite_where=partly, postgresql_where=partly)


class Case(Model):
    """One customer being followed up, most often a detractor: whose it is, by when, how far it has come, how it ended.

    A response has at most one. Everything that changes it is an entry of its trail, with the author.
    """

    __tablename__ = "customer_case"
    __table_args__ = (
        _index("due", "workspace_id", "due_at", "id", where=OPEN),
        _index("owner", "workspace_id", "owner_id", "due_at", "id", where=OPEN),
        _index("stage", "workspace_id", "next_stage", "due_at", "id", where=OPEN),
        _index("closed", "workspace_id", "closed_at", "id", where="closed_at IS NOT NULL"),
        _index("untold", "due_at", where=f"{OPEN} AND reminded_at IS NULL"),
        _index("to_ask", "follow_due_at", where="follow_due_at IS NOT NULL"),
        Index("ix_customer_case_survey", "survey_id", "opened_at"),
        Index("ix_customer_case_contact_id", "contact_id"),
        Index("ix_customer_case_follow_response_id", "follow_response_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    response_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("response.id", ondelete="CASCADE"), unique=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="SET NULL"))
    """None once the person was erased, and for whoever left an address at an open link."""
    owner_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("user_account.id", ondelete="SET NULL"))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    next_stage: Mapped[str | None] = mapped_column(String(12))
    """The first stage that is not reached; None when all are."""
    calmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when the person's own newest answer is no longer a detractor's."""
    reminded_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the owner was told that it is overdue, for this due time."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("case_reason.id", ondelete="SET NULL"))
    follow_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the person is to be asked again; None when not, or when they were."""
    follow_invitation_id: Mapped[uuid.UUID | None] = mapped_column(
        Uuid, ForeignKey("invitation.id", ondelete="SET NULL"), unique=True
    )
    follow_response_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("response.id", ondelete="SET NULL"))
    """What they answered to that."""

    @classmethod
    def open(cls, response: Response, rule: CaseRule, by: By) -> bool:
        """Open the case of a response, if it has none; whether it is new. Needs a transaction.

        It is whose the rule says, else of whoever opens it by hand.
        """
        ident = new_id()
        row = {name: getattr(response, name) for name in ("workspace_id", "survey_id", "contact_id")}
        row |= {"id": ident, "response_id": response.id, "next_stage": STAGES[0]}
        if not insert_once(cls, row | {"opened_at": by.at, "due_at": rule.due(by.at)}):
            return False
        case = db.session.get_one(cls, ident)
        case.owner_id = rule.owner_for(response.team, at=by.at) or by.user_id
        owner = str(case.owner_id) if case.owner_id else None
        told = [owner] if owner and owner != by.actor else []
        case.tell("opened", by, data={"owner": owner, "unhappy": is_detractor(response), "tell": told})
        return True

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Case:
        """The case of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("case", ident)
        return found

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Case | None:
        """The case under the write lock, if it is there. Needs a transaction."""
        return db.session.get(cls, ident, with_for_update=True, populate_existing=True)

    @classmethod
    def of_response(cls, response_id: uuid.UUID) -> Case | None:
        """The case that a response opened."""
        return db.session.scalar(select(cls).where(cls.response_id == response_id))

    @classmethod
    def about(cls, response: Response) -> Case | None:
        """The case that a response belongs to: the one after which it was asked for, else its own."""
        asked = cls.asking(response.invitation_id) if response.invitation_id else None
        return asked or cls.of_response(response.id)

    @classmethod
    def asking(cls, invitation_id: uuid.UUID) -> Case | None:
        """The case after which this invitation asked."""
        return db.session.scalar(select(cls).where(cls.follow_invitation_id == invitation_id))

    @classmethod
    def untold(cls, now: datetime, *, limit: int) -> list[uuid.UUID]:
        """Open cases whose due time has passed, and whose owner was not told so."""
        due = (cls.closed_at.is_(None), cls.reminded_at.is_(None), cls.due_at <= now)
        return list(db.session.scalars(select(cls.id).where(*due).order_by(cls.due_at).limit(limit)))

    @classmethod
    def to_ask(cls, now: datetime, *, limit: int) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
        """Cases after which it is time to ask again, with whom."""
        due = (cls.follow_due_at.is_not(None), cls.follow_due_at <= now)
        rows = db.session.execute(select(cls.id, cls.contact_id).where(*due).order_by(cls.follow_due_at).limit(limit))
        return [(row.id, row.contact_id) for row in rows]

    def tell(self, kind: str, by: By, *, ident: uuid.UUID | None = None, **what: Any) -> CaseEntry:
        """Put something into the trail."""
        return CaseEntry.add((self.workspace_id, self.id), kind, at=by.at, actor=by.actor, ident=ident, **what)

    @property
    def reached(self) -> Mapping[str, CaseStage]:
        """The stages that are reached."""
        rows = db.session.scalars(select(CaseStage).where(CaseStage.case_id == self.id))
        return {row.stage: row for row in rows}

    def assign(self, owner_id: uuid.UUID | None, by: By) -> None:
        """Make it somebody's, who is told unless they took it themselves, or nobody's."""
        if owner_id == self.owner_id:
            return
        self.owner_id = owner_id
        owner = str(owner_id) if owner_id else None
        told = [owner] if owner and owner_id != by.user_id else []
        self.tell("owner", by, data={"owner": owner, "tell": told})

    def put_off(self, due_at: datetime, by: By) -> None:
        """Another due time; whoever owns it is reminded of that one."""
        if due_at != self.due_at:
            before, self.due_at, self.reminded_at = self.due_at, due_at, None
            self.tell("due", by, data={"from": before.isoformat(), "to": due_at.isoformat()})

    def reach(self, stage: str, by: By, *, rule: CaseRule | None = None) -> None:
        """A stage is reached; nothing happens when it was. `rule` says whether to ask again once it is resolved."""
        assert stage in STAGES, stage
        row = {"case_id": self.id, "stage": stage, "at": by.at, "by": by.user_id}
        if not insert_once(CaseStage, row):
            return
        if stage == "resolved" and rule is not None:
            self._plan(rule, by.at)
        self._look_ahead()
        self.tell("stage", by, data={"stage": stage})

    def undo(self, stage: str, by: By) -> None:
        """A stage is not reached after all. Nobody is asked again about what is not resolved."""
        row = db.session.get(CaseStage, (self.id, stage))
        if row is None:
            return
        db.session.execute(delete(CaseStage).where(CaseStage.case_id == self.id, CaseStage.stage == stage))
        if stage == "resolved":
            self.follow_due_at = None
        self._look_ahead()
        self.tell("undone", by, data={"stage": stage})

    def _plan(self, rule: CaseRule, at: datetime) -> None:
        if rule.follow_survey_id and self.contact_id and self.follow_invitation_id is None:
            self.follow_due_at = at + timedelta(days=rule.follow_days)

    def _look_ahead(self) -> None:
        db.session.flush()
        done = set(db.session.scalars(select(CaseStage.stage).where(CaseStage.case_id == self.id)))
        self.next_stage = next((stage for stage in STAGES if stage not in done), None)

    def note(self, words: str, by: By, *, ident: uuid.UUID, told: Sequence[str]) -> None:
        """Something for colleagues; `told` are ids of those it mentions."""
        if not CaseEntry.known(ident):
            self.tell("note", by, ident=ident, text=words, data={"tell": [one for one in told if one != by.actor]})

    def close(self, reason: CaseReason, by: By) -> None:
        """End it. ConflictError when somebody did so meanwhile."""
        if self.closed_at is not None:
            raise ConflictError("Somebody closed this case meanwhile.")
        if reason.workspace_id != self.workspace_id:
            raise NotFoundError("reason", reason.id)
        self.closed_at, self.closed_by, self.reason_id = by.at, by.user_id, reason.id
        self.tell("closed", by, data={"reason": reason.name})

    def reopen(self, by: By) -> None:
        """Go on with it; its due time stays what it was."""
        if self.closed_at is not None:
            self.closed_at = self.closed_by = self.reason_id = None
            self.tell("reopened", by)

    def forget(self, *, at: datetime) -> None:
        """Its person is erased: there is nobody to follow up or to ask. Needs a transaction."""
        self.contact_id = self.follow_due_at = self.follow_invitation_id = None
        if self.closed_at is None:
            self.closed_at = at
        self.tell("erased", By(at))

    def answered_again(self, response: Response, *, at: datetime) -> None:
        """The person changed their answer. The case stays as it is; that they are happier is seen on it."""
        unhappy = is_detractor(response)
        if unhappy == CaseEntry.unhappy(self.id):
            return
        self.calmed_at = None if unhappy else at
        owner = [str(self.owner_id)] if self.owner_id and unhappy else []
        self.tell("unhappy" if unhappy else "calmed", By(at), data={"score": response.score, "tell": owner})

    def followed(self, response: Response, *, at: datetime) -> None:
        """The person answered the survey that asked after the case was resolved."""
        if self.follow_response_id == response.id:
            return
        self.follow_response_id = response.id
        unhappy = is_detractor(response)
        told = [str(self.owner_id)] if self.owner_id and unhappy else []
        self.tell("followed", By(at), data={"response": str(response.id), "unhappy": unhappy, "tell": told})


class CaseStage(Model):
    """When a case reached a stage, and who says so."""

    __tablename__ = "case_stage"

    case_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("customer_case.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of_all(cls, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[CaseStage]]:
        """The stages of several cases, by case; who reached none is missing."""
        found: dict[uuid.UUID, list[CaseStage]] = {}
        for row in db.session.scalars(select(cls).where(cls.case_id.in_(case_ids))):
            found.setdefault(row.case_id, []).append(row)
        return found


def is_detractor(response: Response) -> bool:
    """Whether the answer that counts is a detractor's."""
    return SCALES[response.metric].band(response.score) == "detractor"
