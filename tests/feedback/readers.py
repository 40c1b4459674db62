"""Digests and the answers they tell of, made by the product's own verbs at moments of the test's choice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from base.db import db, new_id, transaction
from base.outbox import Mail
from feedback.digest import Digest, Order
from feedback.digesting import Cadence
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from feedback.response import Response
from tests.cast import an_invitation

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EIGHT = Cadence("daily", 8, 0, None, None, "Europe/Ljubljana")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def an_order(cadence=EIGHT, **changes):
    wish = {"recipient_email": "Cvetka@acme.example", "recipient_name": "Cvetka", "locale": "en", "cadence": cadence}
    return Order(**(wish | changes))


def ordered(workspace, *, at=FRIDAY, **changes):
    with transaction():
        return Digest.order(workspace.id, an_order(**changes), at=at)


def answered(survey, score, *, at=FRIDAY, **facts):
    """A response as the answering page keeps it, at a moment of the test's choice."""
    invitation = an_invitation(survey, email=facts.pop("email", f"{new_id().hex}@customer.example"))
    values = {"agent": "Vid", "team": "North", "channel": "email", "comment": None, "locale": "en"} | facts
    kept = {name: getattr(invitation, name) for name in ("version_id", "contact_id")}
    with transaction() as session:
        response = Response(
            **kept,
            **values,
            id=new_id(),
            workspace_id=survey.workspace_id,
            survey_id=survey.id,
            invitation_id=invitation.id,
            submission_key=str(invitation.id),
            metric=survey.metric,
            score=score,
            properties={},
            revision=1,
            created_at=at,
            updated_at=at,
        )
        session.add(response)
    return response.id


def change(response_id, **values):
    with transaction() as session:
        session.execute(update(Response).where(Response.id == response_id).values(**values))


def issues():
    db.session.rollback()
    return list(db.session.scalars(select(Issue).order_by(Issue.local_date)))


def mails():
    return list(db.session.scalars(select(Mail).where(Mail.kind == "digest").order_by(Mail.created_at)))


def told():
    """How often each response is in an issue."""
    return Counter(db.session.scalars(select(IssueMember.response_id)))
