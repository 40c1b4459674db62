"""People, for other systems: who they are, that they are left alone, that they are forgotten."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import actor, requires_key
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.openapi import operation
from surveys.contact import Contact
from surveys.contact_schemas import ContactDetail, ContactList, ContactOut, ContactsIn, ErasingIn, ErasureOut, ScopeIn
from surveys.erasure import Erasure
from surveys.roster import Filters, Roster, Wanted
from surveys.survey import Survey

bp = Blueprint("api_contacts", __name__)


@bp.get("/api/v1/contacts")
@requires_key
@operation("People, the newest first", query=ContactsIn, answers={200: ContactList})
def index(*, workspace: Workspace, query: ContactsIn) -> ContactList:
    if query.email is not None:
        one = Contact.by_email(workspace.id, query.email)
        return ContactList(data=[ContactOut.of(one)] if one is not None else [])
    filters = Filters(suppressed=bool(query.suppressed))
    wanted = Wanted.read(workspace.id, query.q or "", filters)
    page = Roster.page(wanted, limit=query.limit, after=query.cursor)
    data = [ContactOut.of(contact) for contact, _last in page.people]
    return ContactList(data=data, next_cursor=str(page.older) if page.older else None)


@bp.get("/api/v1/contacts/<uuid:contact_id>")
@requires_key
@operation("One person", answers={200: ContactDetail})
def show(*, workspace: Workspace, contact_id: uuid.UUID) -> ContactDetail:
    return ContactDetail.whole(Contact.of(workspace.id, contact_id))


@bp.delete("/api/v1/contacts/<uuid:contact_id>")
@requires_key
@operation("Erase a person for good", query=ErasingIn, answers={200: ErasureOut})
def erase(*, workspace: Workspace, contact_id: uuid.UUID, query: ErasingIn) -> ErasureOut:
    wish = {"answers_too": query.answers == "remove", "never_again": query.suppress}
    with transaction():
        erasure = Erasure.of(Contact.of(workspace.id, contact_id), at=clock.now(), actor=actor(), **wish)
        return ErasureOut(id=erasure.id, at=erasure.at)


@bp.post("/api/v1/contacts/<uuid:contact_id>/suppress")
@requires_key
@operation("Ask a person no more; again is the same", query=ScopeIn, answers={200: ContactDetail})
def suppress(*, workspace: Workspace, contact_id: uuid.UUID, query: ScopeIn) -> ContactDetail:
    survey_id = _survey(workspace, query)
    with transaction():
        contact = Contact.of(workspace.id, contact_id)
        contact.suppress("by hand", at=clock.now(), actor=actor(), survey_id=survey_id)
        return ContactDetail.whole(contact)


@bp.delete("/api/v1/contacts/<uuid:contact_id>/suppress")
@requires_key
@operation("Let a person be asked again", query=ScopeIn, answers={200: ContactDetail})
def welcome(*, workspace: Workspace, contact_id: uuid.UUID, query: ScopeIn) -> ContactDetail:
    survey_id = _survey(workspace, query)
    with transaction():
        contact = Contact.of(workspace.id, contact_id)
        contact.welcome_back(at=clock.now(), actor=actor(), survey_id=survey_id)
        return ContactDetail.whole(contact)


def _survey(workspace: Workspace, query: ScopeIn) -> uuid.UUID | None:
    return Survey.of(workspace.id, query.survey).id if query.survey else None
