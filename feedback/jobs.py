"""What happens to answers after the person has been thanked."""

from __future__ import annotations

import uuid

from base import clock
from base.db import reading, transaction
from base.jobs import job
from feedback import sentiment
from feedback.response import Response
from feedback.revision import Revision
from feedback.suspecting import Sign, Signs, Submission, Visit, signs_seen
from surveys.intent import Intent
from surveys.invitation import Invitation


@job
def read_response(subject_id: uuid.UUID) -> None:
    """Judge whether a person sent it, then detect its language and score it. A newer revision has a job of its own."""
    with reading() as session:
        response = Response.unread(subject_id)
        if response is None:
            return
        revision, comment, locale = response.revision, response.comment, response.locale
        invitation = session.get_one(Invitation, response.invitation_id)
        signs = _signs(session.get_one(Revision, (subject_id, revision)), invitation)
    found = sentiment.read(comment, locale_hint=locale) if comment else None
    with transaction():
        same = Response.unchanged(subject_id, revision)
        if same is not None and same.keep_signs(signs, at=clock.now()):
            same.keep_reading(found, at=clock.now())


def _signs(revision: Revision, invitation: Invitation) -> tuple[Sign, ...]:
    """The signs of the moment of sending, and those that visits to any process of ours add to them."""
    visits = [
        Visit(at=intent.at, client=intent.client, kind=intent.kind, score=intent.score)  # type: ignore[arg-type]
        for intent in Intent.of(invitation.id)
    ]
    sending = Submission(revision.submitted_at, revision.client or "", revision.opened_at, invitation.sent_at)
    then, since = revision.signs_seen, signs_seen(Signs(sending, visits))
    return then + tuple(sign for sign in since if sign not in then)
