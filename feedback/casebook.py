"""Which answers open a case or may have one opened, and what later answers of the same person mean for it."""

from __future__ import annotations

import uuid
from datetime import datetime

from base.db import db
from base.errors import ConflictError
from feedback import feed
from feedback.case import By, Case, is_detractor
from feedback.case_customer import wished_address, wishes_contact
from feedback.case_rule import CaseRule, CaseSurvey
from feedback.response import Response
from surveys.quarantine import lock_contacts


def may_concern(response: Response) -> bool:
    """Whether a case may follow from this answer, asked with one statement or two of every answer that is read."""
    if response.anonymous or response.erased:
        return False
    if is_detractor(response) and db.session.get(CaseSurvey, response.survey_id) is not None:
        return True
    if response.revision > 1 and Case.of_response(response.id) is not None:
        return True
    return response.invitation_id is not None and Case.asking(response.invitation_id) is not None


def consider(response: Response, *, at: datetime) -> None:
    """Open the case of an answer, or tell the one that it belongs to. Twice is once. Needs a transaction."""
    if response.anonymous or response.erased or response.waits:
        return
    asked = Case.asking(response.invitation_id) if response.invitation_id else None
    known = asked or Case.of_response(response.id)
    if known is not None:
        case = Case.locked(known.id)
        if case is not None and asked:
            case.followed(response, at=at)
        elif case is not None:
            case.answered_again(response, at=at)
    elif opens(response):
        Case.open(response, CaseRule.of_id(response.workspace_id), By(at))


def opens(response: Response) -> bool:
    """Whether it is a detractor's, newer than the rule of its survey, from somebody who can be written to, and says
    something or asks for contact.
    """
    survey = db.session.get(CaseSurvey, response.survey_id)
    if survey is None or not is_detractor(response) or response.updated_at < survey.since:
        return False
    if response.contact_id is not None:
        return bool(response.comment) or wishes_contact(response)
    return wished_address(response.id) is not None


def has_person(response: Response) -> bool:
    """Whether staff may follow it up: it counts, and somebody is known who can be written to."""
    if response.anonymous or response.erased or response.waits:
        return False
    return response.contact_id is not None or wished_address(response.id) is not None


def follow_up(workspace_id: uuid.UUID, ident: uuid.UUID, by: By) -> Case:
    """Open the case of an answer by hand, whatever its score; the one that it has, if it has one. Needs a transaction.

    ConflictError where there is nobody to follow up.
    """
    whose = feed.entry(workspace_id, ident).response.contact_id
    lock_contacts([whose] if whose else [])  # the person first, then the answer, as an erasure holds them
    response = db.session.get_one(Response, ident, with_for_update=True, populate_existing=True)
    if Case.about(response) is None:
        if not has_person(response):
            raise ConflictError("Nobody is known whom one could follow up.")
        Case.open(response, CaseRule.of_id(workspace_id), by)
    case = Case.about(response)
    assert case is not None
    return case
