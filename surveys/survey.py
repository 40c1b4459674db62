from __future__ import annotations

import copy
import re
import unicodedata
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Integer, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from base.hold import Hold
from surveys.draft import Draft
from surveys.version import Version
from surveys.wording import freeze

Document = dict[str, Any]


class Survey(Model):
    """One question to customers: a draft document, and numbered versions frozen by publishing (`version`)."""

    __tablename__ = "survey"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    metric: Mapped[str] = mapped_column(String(12))
    draft: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is asked, as `surveys.question` describes it."""
    draft_revision: Mapped[int] = mapped_column(Integer, default=1)
    """Goes up with each save; two people editing notice each other by it."""
    draft_saved_at: Mapped[datetime] = mapped_column(Moment)
    draft_saved_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    published_number: Mapped[int | None] = mapped_column(Integer)
    """Number of the newest version; None while never published."""
    published_revision: Mapped[int | None] = mapped_column(Integer)
    """The draft revision of the newest version; differs from draft_revision when there are edits since."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when its mails are held back; who was mailed before may still answer."""
    paused_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    stopping_at: Mapped[datetime | None] = mapped_column(Moment)
    """Who was to be asked before that is being skipped, a batch after the other."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def create(
        cls, workspace_id: uuid.UUID, name: str, document: Document, *, at: datetime, by: uuid.UUID | None = None
    ) -> Survey:
        """A new survey with `document` as its first draft; its slug is made of the name, unique in the workspace."""
        survey = cls(
            id=new_id(),
            workspace_id=workspace_id,
            slug=cls._free_slug(workspace_id, name),
            name=name,
            metric=document["metric"],
            draft=document,
            draft_revision=1,
            draft_saved_at=at,
            draft_saved_by=by,
            created_at=at,
            created_by=by,
        )
        db.session.add(survey)
        db.session.flush()
        events.record("survey.created", survey.id, workspace_id=workspace_id, at=at, actor=_actor(by))
        return survey

    @classmethod
    def _free_slug(cls, workspace_id: uuid.UUID, name: str) -> str:
        stem = slugify(name) or "survey"
        stem = "new-survey" if stem == "new" else stem  # …/surveys/new is the page that makes one
        taken = set(
            db.session.scalars(
                select(cls.slug).where(cls.workspace_id == workspace_id, cls.slug.startswith(stem, autoescape=True))
            )
        )
        if stem not in taken:
            return stem
        return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: str | uuid.UUID) -> Survey:
        """The survey of this workspace with this id or slug, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls._named(ident)))
        if found is None:
            raise NotFoundError("survey", ident)
        return found

    @classmethod
    def open_of(cls, workspace_id: uuid.UUID) -> list[Survey]:
        """Those of a workspace that can be asked: published, and not closed."""
        return [one for one in cls.all_of(workspace_id) if one.is_open]

    @property
    def is_open(self) -> bool:
        """Whether it takes answers."""
        return self.published_number is not None and self.closed_at is None

    @classmethod
    def newest_versions(cls, workspace_id: uuid.UUID) -> dict[uuid.UUID, Version]:
        """The newest version of every published survey of a workspace, by survey."""
        same = (Version.survey_id == cls.id) & (Version.number == cls.published_number)
        rows = db.session.scalars(select(Version).join(cls, same).where(cls.workspace_id == workspace_id))
        return {version.survey_id: version for version in rows}

    @classmethod
    def _named(cls, ident: str | uuid.UUID) -> ColumnElement[bool]:
        try:
            return cls.id == (ident if isinstance(ident, uuid.UUID) else uuid.UUID(ident))
        except ValueError:
            return cls.slug == ident

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[Survey]:
        """All surveys of a workspace, by name."""
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(cls.name, cls.id)))

    @property
    def has_edits(self) -> bool:
        """Whether the draft differs from the newest version."""
        return self.draft_revision != self.published_revision

    def rename(self, name: str) -> None:
        """Call it otherwise; its address stays."""
        self.name = name

    def save_draft(self, document: Document, *, revision: int, at: datetime, by: uuid.UUID | None = None) -> None:
        """Keep `document` as the draft of the next version, if nobody saved since `revision` was read."""
        if revision != self.draft_revision:
            raise ConflictError("Somebody else saved this survey meanwhile.")
        if self.published_number is not None and document["metric"] != self.metric:
            raise ConflictError("The metric of a published survey cannot change; make a new survey for another one.")
        self.draft, self.metric, self.draft_revision = document, document["metric"], self.draft_revision + 1
        self.draft_saved_at, self.draft_saved_by = at, by

    def restore(self, version: Version, *, revision: int, at: datetime, by: uuid.UUID | None = None) -> Draft | None:
        """Make an older version the draft. Publishing it makes a new version; edits that were not published are put
        aside, and returned.
        """
        document = {key: value for key, value in version.document.items() if key != "frozen"}
        kept = self._replace(document, revision=revision, at=at, by=by)
        self.agree(version)
        data = {"number": version.number}
        self._tell("survey.restored", at, by, data)
        return kept

    def agree(self, version: Version) -> None:
        """The draft says what `version` says; if that is the newest one, nothing waits to be published."""
        if version.number == self.published_number:
            self.published_revision = self.draft_revision

    def take_up(self, draft: Draft, *, revision: int, at: datetime, by: uuid.UUID | None = None) -> Draft | None:
        """Make edits that were put aside the draft again; what they replace is put aside in turn."""
        kept = self._replace(draft.document, revision=revision, at=at, by=by)
        db.session.delete(draft)
        self._tell("survey.restored", at, by, {})
        return kept

    def _replace(self, document: Document, *, revision: int, at: datetime, by: uuid.UUID | None) -> Draft | None:
        had_edits, before = self.has_edits, (self.draft, self.draft_saved_at, self.draft_saved_by)
        self.save_draft(copy.deepcopy(document), revision=revision, at=at, by=by)
        if not had_edits:
            return None
        was, saved_at, saved_by = before
        kept = Draft(
            id=new_id(), survey_id=self.id, document=was, saved_at=saved_at, saved_by=saved_by, kept_at=at, kept_by=by
        )
        db.session.add(kept)
        return kept

    def copy(self, name: str, *, metric: str | None = None, at: datetime, by: uuid.UUID | None = None) -> Survey:
        """A new draft survey with the same document, which may measure something else: then the ends of its scale are
        called as the other scale's are.
        """
        document = copy.deepcopy(self.draft) | {"metric": metric or self.metric}
        if document["metric"] != self.metric:
            for texts in document["texts"].values():
                for key in ("low_label", "mid_label", "high_label"):
                    texts.pop(key, None)
        return Survey.create(self.workspace_id, name, document, at=at, by=by)

    def _tell(self, kind: str, at: datetime, by: uuid.UUID | None, data: dict[str, Any]) -> None:
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by), data=data)

    @property
    def editor(self) -> User | None:
        """Who saved the draft last."""
        return db.session.get(User, self.draft_saved_by) if self.draft_saved_by else None

    def publish(self, *, at: datetime, by: uuid.UUID | None = None) -> Version:
        """Freeze the draft as the next version; what goes out from now on is that one."""
        number = (self.published_number or 0) + 1
        version = Version(
            id=new_id(),
            survey_id=self.id,
            number=number,
            metric=self.metric,
            document=freeze(copy.deepcopy(self.draft)),
            published_at=at,
            published_by=by,
        )
        db.session.add(version)
        self.published_number, self.published_revision = number, self.draft_revision
        db.session.flush()
        events.record(
            "survey.published",
            self.id,
            workspace_id=self.workspace_id,
            at=at,
            actor=_actor(by),
            data={"number": number},
        )
        return version

    def close(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Take no more answers and send nothing more."""
        self.closed_at, self.closed_by = at, by
        events.record("survey.closed", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def reopen(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        self.closed_at = self.closed_by = None
        events.record("survey.reopened", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def pause(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Hold back what waits to be sent, in the outbox too. Who was mailed before may answer."""
        if self.paused_at is None:
            self.paused_at, self.paused_by = at, by
            Hold.put(self.id, at=at)
            events.record("survey.paused", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def resume(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Send what was held back."""
        if self.paused_at is not None:
            self.paused_at = self.paused_by = None
            if self.stopping_at is None:
                Hold.lift(self.id)
            events.record("survey.resumed", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def stop_waiting(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Do not ask whom it was to ask up to now. Nothing of it goes out from here on; `jobs.stop_waiting` skips
        them.
        """
        self.stopping_at = at
        Hold.put(self.id, at=at)
        events.record("survey.stopped", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def stopped(self) -> None:
        """Nobody of them waits any more: whom it is to ask from now on is asked."""
        self.stopping_at = None
        if self.paused_at is None:
            Hold.lift(self.id)


def slugify(name: str) -> str:
    """`name` as part of an address: a–z, 0–9, hyphens, at most 60 characters; accents folded."""
    folded = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-")


def _actor(by: uuid.UUID | None) -> str | None:
    return str(by) if by else None
