from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    Uuid,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.claiming import Claiming
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError
from base.prepared import Prepared
from feedback.answer import Answer
from feedback.revision import FIRST, Given, Revision
from feedback.sentiment import Reading
from feedback.suspecting import Reason, Sign, reason_for
from surveys.filling import Typed, typed_of
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.question import COMMENT, SCORE


@dataclass(frozen=True, slots=True)
class Kept:
    """Which response holds the answer, and as which revision."""

    id: uuid.UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Current:
    """What a new submission must know of the response that is there."""

    id: uuid.UUID
    workspace_id: uuid.UUID
    flagged_at: datetime | None
    released_at: datetime | None

    @property
    def counted(self) -> bool:
        return self.flagged_at is None or self.released_at is not None


class Response(Model):
    """One person's submission to one invitation; the newest revision is what counts, and it counts once.

    Score, scale (`metric`) and version are kept raw for ever; bands and scores are computed. Agent, team, channel and
    properties are the interaction's. Sentiment is None until read; no engine for a language means unscored, named.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index("ix_response_survey_created", "survey_id", "created_at", "id"),
        Index("ix_response_workspace_created", "workspace_id", "created_at", "id"),
        Index("ix_response_contact_id", "contact_id"),
        Index(
            "ix_response_set_aside",
            *("workspace_id", "created_at", "id"),
            sqlite_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
            postgresql_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey_version.id"))
    invitation_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("invitation.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    submission_key: Mapped[str] = mapped_column(String(80), unique=True)
    """The invitation's id; for an open link, later, the id of the rendered form."""
    metric: Mapped[str] = mapped_column(String(12))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(12))
    """The language the page was answered in."""
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    flagged_at: Mapped[datetime | None] = mapped_column(Moment)
    flag_reason: Mapped[str | None] = mapped_column(String(40))
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    released_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    language: Mapped[str | None] = mapped_column(String(12))
    """Detected language of the comment; "und" when unknown; None before reading or without a comment."""
    sentiment_label: Mapped[str | None] = mapped_column(String(10))
    polarity: Mapped[float | None] = mapped_column(Float)
    confidence: Mapped[float | None] = mapped_column(Float)
    engine: Mapped[str | None] = mapped_column(String(20))
    engine_version: Mapped[str | None] = mapped_column(String(40))
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the comment was last read, with whatever result; None = still waiting."""

    @classmethod
    def submit(cls, link: Link, given: Given, *, at: datetime) -> Kept:
        """Keep an answer: the first makes the response, later ones become its newest revision.

        The same page sent again is success and changes nothing; the same page with another answer is a
        ConflictError. A suspicious submission never displaces a person's: it is kept beside it.
        """
        # Of submissions that come together exactly one turns the invitation to answered, and so makes the response.
        values = _first(link, given, at)
        if _FIRST.run_in_turn(values) if given.pieces else _FIRST.run(values):
            Answer.keep(values["v_id"], 1, given.pieces)
            return Kept(values["v_id"], 1)
        found = _CURRENT.first({"submission_key": values["v_submission_key"]})
        if found is None:  # what was answered before is gone
            _FIRST.write(values)
            Answer.keep(values["v_id"], 1, given.pieces)
            return Kept(values["v_id"], 1)
        return cls._again(Current(*found), given, at)

    @classmethod
    def said_before(cls, link: Link) -> Typed:
        """The fields of everything that the person answered and may change; empty when there is no answer."""
        found = _SAID.first({"key": str(link.invitation_id)})
        if found is None:
            return {}
        ident, revision, score, comment = found
        said = {SCORE: (str(score),)} | ({COMMENT: (comment,)} if comment else {})
        return said | typed_of(Answer.of(ident, revision))

    @classmethod
    def _again(cls, current: Current, given: Given, at: datetime) -> Kept:
        earlier = Revision.sent_before(current.id)
        for revision in earlier:
            if revision.form_id == given.form_id:
                if not revision.says(given) or set(Answer.of(current.id, revision.number)) != set(given.pieces):
                    raise ConflictError("This page was sent before with another answer.")
                return Kept(current.id, revision.number)
        number, reason = earlier[-1].number + 1, given.suspicion
        Revision.keep(current.id, number, given, at=at)
        Answer.keep(current.id, number, given.pieces)
        if reason and current.counted:
            kind = "response.set_aside"
        else:
            kind, values = "response.revised", {"revision": number, **_content(given, at), **_UNREAD, **_UNRELEASED}
            _REVISE.run({"ident": current.id, **values})
        told = _told(number, reason)
        events.record(kind, current.id, workspace_id=current.workspace_id, at=at, data=told)
        return Kept(current.id, number)

    def release(self, *, at: datetime, by: uuid.UUID) -> None:
        """Staff looked at a flagged response and let it count."""
        if self.flagged_at is not None and self.released_at is None:
            self.released_at, self.released_by = at, by
            events.record("response.released", self.id, workspace_id=self.workspace_id, at=at, actor=str(by))

    @classmethod
    def unread(cls, ident: uuid.UUID) -> Response | None:
        """The response, if its newest answer is still to be read."""
        return db.session.scalar(select(cls).where(cls.id == ident, cls.read_at.is_(None)))

    @classmethod
    def unchanged(cls, ident: uuid.UUID, revision: int) -> Response | None:
        """The response under the write lock, if `revision` is still its newest. Needs a transaction."""
        same = select(cls).where(cls.id == ident, cls.revision == revision).with_for_update()
        return db.session.scalar(same.execution_options(populate_existing=True))

    def keep_reading(self, found: Reading | None, *, at: datetime) -> None:
        """Keep what was read in the comment; None when there is no comment. Told only where something is new."""
        before = (self.read_at is not None, self.language, self.sentiment_label, self.polarity)
        self.language = found.language if found else None
        self.sentiment_label = found.label if found else None
        self.polarity = found.polarity if found else None
        self.confidence = found.confidence if found else None
        self.engine = found.engine if found else None
        self.engine_version = found.engine_version if found else None
        self.read_at = at
        if before != (True, self.language, self.sentiment_label, self.polarity):
            told = {"revision": self.revision, "language": self.language, "label": self.sentiment_label}
            events.record("response.read", self.id, workspace_id=self.workspace_id, at=at, data=told)

    def keep_signs(self, signs: tuple[Sign, ...], *, at: datetime) -> bool:
        """Keep what was found suspicious about the newest answer. Whether the answer stands as it is.

        A suspicious answer is flagged, unless a person answered before: then that answer counts again.
        """
        *earlier, newest = Revision.all_of(self.id, up_to=self.revision)
        newest.signs = " ".join(signs) or None
        reason = reason_for(signs)
        if reason is None or self.flagged_at is not None:
            return True
        told = _told(self.revision, reason)
        clean = next((revision for revision in reversed(earlier) if not reason_for(revision.signs_seen)), None)
        if clean is not None:
            self.revision, self.score = clean.number, clean.score
            self.comment, self.locale = clean.comment, clean.locale
        else:
            self.flagged_at, self.flag_reason = at, reason
        kind = "response.set_aside" if clean else "response.flagged"
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, data=told)
        return clean is None


_UNREAD = dict.fromkeys(
    ("language", "sentiment_label", "polarity", "confidence", "engine", "engine_version", "read_at")
)
_UNRELEASED = {"released_at": None, "released_by": None}

# The statements of the answering path.
_FIRST = Claiming(
    update(Invitation)
    .where(Invitation.id == bindparam("v_invitation_id"), Invitation.answered_at.is_(None))
    .values(answered_at=bindparam("v_at"), status="answered"),
    {
        Response: {
            **{column: f"v_{column}" for column in ("id", "workspace_id", "survey_id", "version_id", "invitation_id")},
            **{column: f"v_{column}" for column in ("contact_id", "submission_key", "metric", "score", "comment")},
            **{column: f"v_{column}" for column in ("locale", "agent", "team", "channel", "properties")},
            **{column: f"v_{column}" for column in ("updated_at", "flagged_at", "flag_reason")},
            "created_at": "v_at",
            "revision": "v_number",
        },
        Revision: FIRST,
    },
    event="response.submitted",
)
_CURRENT = Prepared(
    select(Response.id, Response.workspace_id, Response.flagged_at, Response.released_at)
    .where(Response.submission_key == bindparam("submission_key"))
    .with_for_update()
)
_SAID = Prepared(
    select(Response.id, Response.revision, Response.score, Response.comment).where(
        Response.submission_key == bindparam("key")
    )
)
_CONTENT = ("score", "comment", "locale", "updated_at", "flagged_at", "flag_reason")
_REVISE = Prepared(
    update(Response).where(Response.id == bindparam("ident")), "revision", *_CONTENT, *_UNREAD, *_UNRELEASED
)


def _first(link: Link, given: Given, at: datetime) -> dict[str, Any]:
    """The values of a first answer and its revision."""
    return {
        "v_id": new_id(),
        "v_workspace_id": link.workspace_id,
        "v_survey_id": link.survey_id,
        "v_version_id": link.version_id,
        "v_invitation_id": link.invitation_id,
        "v_contact_id": link.contact_id,
        "v_submission_key": str(link.invitation_id),
        "v_metric": link.metric,
        **{f"v_{name}": value for name, value in (_content(given, at) | link.facts).items()},
        "v_at": at,
        "v_number": 1,
        "v_form_id": given.form_id,
        "v_opened_at": given.opened_at,
        "v_client": given.client or None,
        "v_signs": " ".join(given.signs) or None,
        "v_event_data": _told(1, given.suspicion),
    }


def _content(given: Given, at: datetime) -> dict[str, Any]:
    reason = given.suspicion
    return {
        "score": given.score,
        "comment": given.comment,
        "locale": given.locale,
        "updated_at": at,
        "flagged_at": at if reason else None,
        "flag_reason": reason,
    }


def _told(revision: int, reason: Reason | None) -> dict[str, Any]:
    return {"revision": revision} | ({"flagged": reason} if reason else {})
