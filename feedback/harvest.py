"""Responses as rows of a file, batch by batch: however many there are, only one batch is held."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, Text, cast, select

from base.db import db
from feedback import feed, inbox
from feedback.answer import Answer
from feedback.feed import Place, Query
from feedback.response import Response
from surveys.contact import Contact
from surveys.filling import Piece
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.open_link import OpenLink
from surveys.question import OTHER
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.version import Version

BATCH = 1000


def harvest(query: Query, *, further: bool) -> Iterator[list[dict[str, Any]]]:
    """The responses of `query`, newest first, as rows by column; `further`: with the answers to further questions.

    Each batch is a short read of its own, so that a long export holds nobody up; rows that come meanwhile are newer
    than where it began and are left out.
    """
    if inbox.searched(query):
        yield from _searched(query, further=further)
        return
    after: Place | None = None
    while True:
        rows = db.session.connection().execute(_batch(query, after)).all()
        db.session.rollback()
        if not rows:
            return
        yield _told(rows, further=further)
        after = Place(rows[-1].created_at, rows[-1].id)
        if len(rows) < BATCH:
            return


def _searched(query: Query, *, further: bool) -> Iterator[list[dict[str, Any]]]:
    """The same of what a search finds."""
    after: int | None = None
    while True:
        seen = inbox.look(query, limit=BATCH, after=after)
        these = [ident for _, ident in seen.found]
        rows = db.session.connection().execute(_rows().where(Response.id.in_(these))).all() if these else ()
        db.session.rollback()
        known = {row.id: row for row in rows}
        if known:
            yield _told([known[ident] for ident in these if ident in known], further=further)
        after = seen.found[-1][0] if len(these) == BATCH else seen.stopped
        if after is None:
            return


def documents_of(workspace_id: uuid.UUID, survey_id: uuid.UUID) -> list[dict[str, Any]]:
    """What each version of a survey asked, the newest first."""
    of = (Survey.workspace_id == workspace_id, Survey.id == survey_id)
    rows = select(Version.document).join(Survey, Survey.id == Version.survey_id).where(*of)
    return list(db.session.scalars(rows.order_by(Version.number.desc())))


def _batch(query: Query, after: Place | None) -> Select[Any]:
    rows = _rows().where(*feed.wanted(query)).order_by(*feed.ordered("newest", backwards=False)).limit(BATCH)
    return rows if after is None else rows.where(feed.behind(after))


def _rows() -> Select[Any]:
    columns: tuple[Any, ...] = (
        *(Response.id, Response.metric, Response.score, Response.comment, Response.locale, Response.language),
        *(Response.sentiment_label, Response.polarity, Response.agent, Response.team, Response.channel),
        *(Response.revision, Response.created_at, Response.updated_at),
        cast(Response.properties, Text).label("properties"),
        *(Response.flagged_at, Response.flag_reason, Response.released_at, Response.read_at, Response.heard),
        *(Survey.slug, Survey.name.label("survey_name"), Version.number.label("version")),
        *(Contact.name.label("person"), Contact.email, OpenLink.name.label("link")),
        *(Interaction.source, Interaction.external_id),
    )
    return (
        select(*columns)
        .select_from(Response)
        .join(Survey, Survey.id == Response.survey_id)
        .join(Version, Version.id == Response.version_id)
        .outerjoin(Contact, Contact.id == Response.contact_id)
        .outerjoin(OpenLink, OpenLink.id == Response.link_id)
        .outerjoin(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(Interaction, Interaction.id == Invitation.interaction_id)
    )


def _told(rows: Sequence[Any], *, further: bool) -> list[dict[str, Any]]:
    answers = Answer.of_all([(row.id, row.revision) for row in rows]) if further else {}
    names = rows[0]._fields
    told = [_row(row, names) for row in rows]
    for one in told if answers else ():
        one.update(_further(answers.get(one["id"], ())))
    return told


def _row(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """One row of a file, and beside it what it was made of, which is no column."""
    told: dict[str, Any] = dict(zip(names, row, strict=True))  # read below, for a row's own names are found slowly
    heard, said = told["heard"], told["properties"]
    told["response_id"] = str(told["id"])
    told["survey"] = told["slug"]
    told["band"] = SCALES[told["metric"]].band(told["score"])
    told["comment_language"] = told["language"]
    told["sentiment"] = told["sentiment_label"]
    told["themes"] = [theme[:-1] for theme in heard.split()] if heard and told["read_at"] is not None else []
    told["interaction_source"] = told["source"]
    told["interaction_id"] = told["external_id"]
    told["counts"] = told["flagged_at"] is None or told["released_at"] is not None
    told["properties"] = {} if said == "{}" else json.loads(said or "{}") or {}
    return told


def _further(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Column → value. Several choices are a list; what "other" meant stands behind it."""
    found: dict[str, Any] = {}
    for piece in pieces:
        name = f"q.{piece.question}"
        if piece.number is not None:
            found[f"{name}.{piece.part}" if piece.part else name] = piece.number
        elif piece.choice is not None:
            said = f"{piece.choice}: {piece.text}" if piece.choice == OTHER and piece.text else piece.choice
            found.setdefault(name, []).append(said)
        else:
            found[name] = piece.day.isoformat() if piece.day else piece.text
    return found
