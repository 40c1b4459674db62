"""How answers are kept of people whom nobody knows: who came by an open link, and who was promised to stay unknown.

An anonymous answer is dropped into the day's box. Its rows, ids and events say noon of that day, its key is made of a
page that was never written down, and it holds nothing of the invitation, the link or the browser. The invitation only
learns that it was used. docs/decisions/0008 says what that promises and what it cannot.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from base import clock, events, throttle
from base.errors import ConflictError, TooManyError
from base.prepared import Prepared
from feedback.answer import Answer
from feedback.response import Kept, Response
from feedback.revision import Given, Revision
from feedback.slip import ROWS, first_values, sent_as
from feedback.suspecting import LIMITS, Limited
from surveys.door import Door
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.open_link import LOCK, TAKE_PLACE

Senders = Mapping[Limited, str]
"""What tells the browser and the address of an answer from others, as keys that lead back to neither; empty where
nothing limits them.
"""

UNSIGNED = {f"v_{name}": None for name in ("invitation_id", "contact_id", "link_id", "agent", "team", "channel")}


class FullError(ConflictError):
    """The link has as many answers as it may get."""


def drop(link: Link, given: Given, *, at: datetime) -> Kept:
    """Keep the anonymous answer to an invitation, and apart from it that the invitation was answered.

    The same page sent again is success; anything else by the same link is a ConflictError, for nobody knows which
    answer it would change.
    """
    given = unsigned(given, link)
    if _USED.run({"which": link.invitation_id}) == 1:
        return _write(link, given, given.form_id, at)
    return _same(given.form_id, given)


def walk_in(door: Door, given: Given, senders: Senders, *, at: datetime) -> Kept:
    """Keep an answer that came by an open link.

    The same page sent again is success and changes nothing, with another answer it is a ConflictError. A link that is
    full raises FullError. What looks like the work of a program takes no place. Needs a transaction.
    """
    given = unsigned(given, door) if door.anonymous else given
    key = given.form_id if door.anonymous else _blurred(door.link_id, given.form_id)
    answered, cap = LOCK.first({"which": door.link_id}) or (0, 0)  # one at a time, so counting is no race
    if _found(key) is not None:
        return _same(key, given)
    if cap is not None and answered >= cap:
        raise FullError("This link has as many answers as it may get.")
    given = replace(given, signs=(*given.signs, *_over_limits(door, senders, at)))
    if given.suspicion is None:
        TAKE_PLACE.run({"which": door.link_id})
    return _write(door, given, key, at)


def unsigned(given: Given, asked_by: Link | Door) -> Given:
    """The same answer without anything that could lead to its page or its browser."""
    return replace(given, form_id=_blurred(asked_by.survey_id, given.form_id), client="", opened_at=None)


def _write(asked_by: Link | Door, given: Given, key: str, at: datetime) -> Kept:
    if not asked_by.anonymous:
        return _rows(first_values(asked_by, given, at) | {"v_submission_key": key}, given, "response.submitted")
    noon = clock.noon(at, asked_by.zone)
    with clock.standing_at(noon):  # ids are made of moments too
        values = first_values(asked_by, given, noon) | UNSIGNED | {"v_properties": {}, "v_submission_key": key}
        return _rows(values, given, "response.submitted_unsigned")


def _rows(values: dict[str, Any], given: Given, event: str) -> Kept:
    for row in _ROWS:
        row.run(values)
    ident: uuid.UUID = values["v_id"]
    Answer.keep(ident, 1, given.pieces)
    events.record(event, ident, workspace_id=values["v_workspace_id"], at=values["v_at"], data=values["v_event_data"])
    return Kept(ident, 1)


def _same(key: str, given: Given) -> Kept:
    """The response that this very page made; ConflictError when there is none, or it says something else."""
    ident = _found(key)
    number = sent_as(given, ident, Revision.sent_before(ident)) if ident else None
    if ident is None or number is None:
        raise ConflictError("This was answered already, and nobody knows which answer it was.")
    return Kept(ident, number)


def _found(key: str) -> uuid.UUID | None:
    found = _KEYED.first({"key": key})
    return found[0] if found else None


def _over_limits(door: Door, senders: Senders, at: datetime) -> list[Limited]:
    """Of which kinds more came by this link than people send; each answer counts against its own."""
    over = []
    for kind, key in senders.items():
        limit, seconds = LIMITS[kind]
        try:
            throttle.spend(f"answer:{door.link_id.hex}:{key}", limit=limit, per_seconds=seconds, now=at)
        except TooManyError:
            over.append(kind)
    return over


def _blurred(owner: uuid.UUID, form_id: str) -> str:
    """A name for the page that only the page itself could have told; the page's own name holds its moment."""
    return hashlib.blake2b(f"{owner.hex}{form_id}".encode(), digest_size=16).hexdigest()


_USED = Prepared(
    update(Invitation)
    .where(Invitation.id == bindparam("which"), Invitation.status != "answered", Invitation.answered_at.is_(None))
    .values(status="answered")
)
_KEYED = Prepared(select(Response.id).where(Response.submission_key == bindparam("key")))
_ROWS = tuple(
    Prepared(insert(table).values({column: bindparam(name) for column, name in columns.items()}))
    for table, columns in ROWS.items()
)
