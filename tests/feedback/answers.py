"""Answered surveys for tests of numbers and pages: many rows at once, at moments and with facts of a test's choice."""

from sqlalchemy import insert

from base.db import new_id, transaction
from feedback.answer import Answer
from feedback.response import Response
from feedback.revision import Revision
from surveys.filling import Piece
from tests.cast import AT, an_invitation

FACTS = {"agent": "Vid", "team": "North", "channel": "email", "comment": None, "locale": "en", "flagged_at": None}
FACTS |= {"released_at": None, "language": None, "sentiment_label": None, "polarity": None, "read_at": None}


def many_answers(survey, rows):
    """One response for each of `rows`, dicts with `score` and what differs from the usual; returns their ids.

    All hang on one invitation, which numbers do not look at. A row's `pieces` are its answers to further questions,
    `before` those of an earlier revision.
    """
    rows = [dict(row) for row in rows]
    further = [(row.pop("pieces", ()), row.pop("before", ())) for row in rows]
    invitation = an_invitation(survey)
    full = [
        {"id": new_id(), "created_at": AT, "properties": {}, **FACTS}
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
            "revision": 2 if before else 1,
        }
        for row, (_, before) in zip(rows, further, strict=True)
    ]
    with transaction() as session:
        if full:
            session.execute(insert(Response), full)
            _keep_further(session, full, further)
    return [row["id"] for row in full]


def _keep_further(session, full, further):
    """The revisions and answers of responses that have any."""
    revisions, answers = [], []
    for row, (pieces, before) in zip(full, further, strict=True):
        said = {1: before, 2: pieces} if before else {1: pieces} if pieces else {}
        for number, given in said.items():
            known = {name: row[name] for name in ("score", "comment", "locale")}
            known |= {"form_id": f"form {number}", "submitted_at": row["created_at"]}
            revisions.append({"response_id": row["id"], "number": number, **known})
            answers += [{"response_id": row["id"], "revision": number, **columns(piece)} for piece in given]
    if revisions:
        session.execute(insert(Revision), revisions)
        session.execute(insert(Answer), answers)


def columns(piece):
    return {name: getattr(piece, name) for name in ("question", "part", "choice", "number", "text", "day")}


def one(question, choice, words=None):
    """The answer to a question with one choice, or to yes and no."""
    return Piece(question, choice=choice, text=words)


def some(question, *choices, words=None):
    """The answers to a question with several choices."""
    return tuple(
        Piece(question, choice, choice=choice, text=words if choice == "other" else None) for choice in choices
    )


def rated(question, **rows):
    """The ratings of a matrix."""
    return tuple(Piece(question, row, number=value) for row, value in rows.items())
