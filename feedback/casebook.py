"""Which answers open a case, and what later answers of the same person mean for it."""

from __future__ import annotations

from datetime import datetime

from base.db import db
from feedback.case import Case, is_detractor
from feedback.case_customer import wished_address, wishes_contact
from feedback.case_rule import CaseRule, CaseSurvey
from feedback.response import Response


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
        Case.open(response, CaseRule.of_id(response.workspace_id), at=at)


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
