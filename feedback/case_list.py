"""Cases as lists show them, a page at a time: open ones by their due time, closed ones the newest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, or_, select

from base.db import db
from feedback.case import Case
from feedback.feed import Place
from feedback.response import Response
from surveys.contact import Contact

Show = Literal["open", "overdue", "closed"]
NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which cases of a workspace. `owner`: an id, NOBODY, or None for all; `stage`: the one that comes next."""

    workspace_id: uuid.UUID
    show: Show = "open"
    owner: uuid.UUID | str | None = None
    stage: str | None = None
    survey_id: uuid.UUID | None = None
    now: datetime


@dataclass(frozen=True)
class Row:
    """A case with what its line in a list says."""

    case: Case
    response: Response
    contact: Contact | None

    @property
    def person(self) -> str | None:
        """What the customer is called; None when nobody knows them."""
        return (self.contact.name or self.contact.email) if self.contact else None


@dataclass(frozen=True)
class Window:
    """Some neighbouring rows, and the places that the pages on either side go on from."""

    rows: list[Row]
    earlier: Place | None
    later: Place | None


def window(query: Query, *, limit: int, after: Place | None = None, before: Place | None = None) -> Window:
    """At most `limit` rows behind `after` or right in front of `before`."""
    rows, backwards = _rows().where(*_wanted(query)), before is not None
    moment, falling = _moment(query), (query.show == "closed") != backwards
    place = before or after
    if place is not None:
        rows = rows.where(_beyond(moment, place, falling=falling))
    order = (moment.desc(), Case.id.desc()) if falling else (moment.asc(), Case.id.asc())
    found = [Row(*row) for row in db.session.execute(rows.order_by(*order).limit(limit + 1)).all()]
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    if not found:
        return Window([], None, None)
    ends = [Place(one.closed_at or one.due_at, one.id) for one in (found[0].case, found[-1].case)]
    earlier = ends[0] if (more if backwards else after is not None) else None
    return Window(found, earlier, ends[1] if more or backwards else None)


def _rows() -> Select[Case, Response, Contact | None]:
    return (
        select(Case, Response, Contact)
        .join(Response, Response.id == Case.response_id)
        .outerjoin(Contact, Contact.id == Case.contact_id)
    )


def _moment(query: Query) -> Any:
    return Case.closed_at if query.show == "closed" else Case.due_at


def _beyond(moment: Any, place: Place, *, falling: bool) -> ColumnElement[bool]:
    """Later in the list; the first half is what an index can use."""
    same = moment == place.at
    if falling:
        return and_(moment <= place.at, or_(moment < place.at, and_(same, Case.id < place.ident)))
    return and_(moment >= place.at, or_(moment > place.at, and_(same, Case.id > place.ident)))


def _wanted(query: Query) -> Iterator[ColumnElement[bool]]:
    yield Case.workspace_id == query.workspace_id
    yield Case.closed_at.is_not(None) if query.show == "closed" else Case.closed_at.is_(None)
    if query.show == "overdue":
        yield Case.due_at <= query.now
    if query.owner is not None:
        yield Case.owner_id.is_(None) if query.owner == NOBODY else Case.owner_id == query.owner
    if query.stage is not None:
        yield Case.next_stage == query.stage
    if query.survey_id is not None:
        yield Case.survey_id == query.survey_id
