from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Response(Model):
    """One person's submission to one invitation; the newest revision is what counts, and it counts once.

    Score, scale (`metric`) and version are kept raw for ever; bands and scores are computed. Agent, team, channel
    and properties are those of the interaction at the time of answering. Sentiment is None until read; a comment in
    a language that no engine reads stays unscored with its language named.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index("ix_response_survey_created", "survey_id", "created_at", "id"),
        Index("ix_response_workspace_created", "workspace_id", "created_at", "id"),
        Index("ix_response_contact_id", "contact_id"),
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


class Revision(Model):
    """One explicit submission of a response, kept. (response, form) is unique: sending a form again changes nothing."""

    __tablename__ = "response_revision"
    __table_args__ = (UniqueConstraint("response_id", "form_id"),)

    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    form_id: Mapped[str] = mapped_column(String(40))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(12))
    submitted_at: Mapped[datetime] = mapped_column(Moment)
