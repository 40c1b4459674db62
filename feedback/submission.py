"""How an answer to the link of a mail is kept: once, its newest revision counting, whoever sends what how often."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from base import events
from base.claiming import Claiming
from base.errors import NotFoundError
from base.prepared import Prepared
from feedback import ballot
from feedback.answer import Answer
from feedback.response import Kept, Response, told_of
from feedback.revision import Given, Revision
from feedback.slip import ROWS, content, first_values, sent_as
from surveys.filling import Typed, typed_of
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.question import COMMENT, SCORE


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


def submit(link: Link, given: Given, *, at: datetime) -> Kept:
    """Keep an answer: the first makes the response, later ones become its newest revision.

    The same page sent again is success and changes nothing; the same page with another answer is a
    ConflictError. A suspicious submission never displaces a person's: it is kept beside it.
    """
    if link.anonymous:
        return ballot.drop(link, given, at=at)
    # Of submissions that come together exactly one turns the invitation to answered, and so makes the response.
    values = first_values(link, given, at) | {"v_submission_key": str(link.invitation_id)}
    if _FIRST.run_in_turn(values) if given.pieces else _FIRST.run(values):
        Answer.keep(values["v_id"], 1, given.pieces)
        return Kept(values["v_id"], 1)
    found = _CURRENT.first({"submission_key": values["v_submission_key"]})
    if found is None and _THERE.first({"which": link.invitation_id}) is None:  # the person was erased meanwhile
        raise NotFoundError("link")
    if found is None:  # what was answered before is gone
        _FIRST.write(values)
        Answer.keep(values["v_id"], 1, given.pieces)
        return Kept(values["v_id"], 1)
    return _again(Current(*found), given, at)


def said_before(link: Link) -> Typed:
    """The fields of everything that the person answered and may change; empty when there is no answer."""
    found = _SAID.first({"key": str(link.invitation_id)})
    if found is None:
        return {}
    ident, revision, score, comment = found
    said = {SCORE: (str(score),)} | ({COMMENT: (comment,)} if comment else {})
    return said | typed_of(Answer.of(ident, revision))


def _again(current: Current, given: Given, at: datetime) -> Kept:
    earlier = Revision.sent_before(current.id)
    known = sent_as(given, current.id, earlier)
    if known is not None:
        return Kept(current.id, known)
    number, reason = earlier[-1].number + 1, given.suspicion
    Revision.keep(current.id, number, given, at=at)
    Answer.keep(current.id, number, given.pieces)
    if reason and current.counted:
        kind = "response.set_aside"
    else:
        kind, values = "response.revised", {"revision": number, **content(given, at), **_UNREAD, **_UNRELEASED}
        _REVISE.run({"ident": current.id, **values})
    told = told_of(number, reason)
    events.record(kind, current.id, workspace_id=current.workspace_id, at=at, data=told)
    return Kept(current.id, number)


_UNREAD = dict.fromkeys(
    ("language", "sentiment_label", "polarity", "confidence", "engine", "engine_version", "read_at")
)
_UNRELEASED = {"released_at": None, "released_by": None}

# The statements of the answering path.
_FIRST = Claiming(
    update(Invitation)
    .where(Invitation.id == bindparam("v_invitation_id"), Invitation.answered_at.is_(None))
    .values(answered_at=bindparam("v_at"), status="answered"),
    ROWS,
    event="response.submitted",
)
_THERE = Prepared(select(Invitation.id).where(Invitation.id == bindparam("which")))
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
