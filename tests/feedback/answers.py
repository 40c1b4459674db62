"""Answered surveys for tests of numbers and pages: many rows at once, at moments and with facts of a test's choice."""

from sqlalchemy import insert

from base.db import new_id, transaction
from feedback.response import Response
from tests.cast import AT, an_invitation

FACTS = {"agent": "Vid", "team": "North", "channel": "email", "comment": None, "locale": "en", "flagged_at": None}
FACTS |= {"released_at": None, "language": None, "sentiment_label": None, "polarity": None, "read_at": None}


def many_answers(survey, rows):
    """One response for each of `rows`, dicts with `score` and what differs from the usual; returns their ids.

    All hang on one invitation, which numbers do not look at.
    """
    invitation = an_invitation(survey)
    full = [
        {"id": new_id(), "created_at": AT, **FACTS}
        | row
        | {
            "workspace_id": survey.workspace_id,
            "survey_id": survey.id,
            "version_id": invitation.version_id,
            "invitation_id": invitation.id,
            "contact_id": invitation.contact_id,
            "submission_key": new_id().hex,
            "metric": survey.metric,
            "updated_at": AT,
            "properties": {},
            "revision": 1,
        }
        for row in rows
    ]
    with transaction() as session:
        if full:
            session.execute(insert(Response), full)
    return [row["id"] for row in full]
